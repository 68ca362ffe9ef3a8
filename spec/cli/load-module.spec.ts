import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, candidates } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The built function: here the specs' own runner would take every import over. */
let loadModule: (path: string) => Promise<unknown>;
beforeAll(async () => {
  ({ loadModule } = (await import(/* @vite-ignore */ pathToFileURL(join(build().dist, "cli/load-module.js")).href)) as { readonly loadModule: typeof loadModule });
}, 60_000);

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("a candidate's module", () => {
  it("is its default export, from JavaScript and from TypeScript that imports more of it", async () => {
    expect(await loadModule(write("mine.mjs", 'export default { name: "mine" };'))).toEqual({ name: "mine" });
    expect(await loadModule(join(candidates, "im2col.ts"))).toMatchObject({ name: "im2col", precision: "float32" });
  });

  it("is undefined where there is no default export", async () => {
    expect(await loadModule(write("none.mjs", "export const name = 1;"))).toBeUndefined();
  });

  it("fails where there is no file, in words; where it throws or does not parse, with its own error", async () => {
    await expect(loadModule("nowhere/mine.js")).rejects.toThrow(new Error("etalon: expected a candidate's module, got no file at nowhere/mine.js"));
    await expect(loadModule(write("throws.mjs", 'throw new Error("not today");'))).rejects.toThrow("not today");
    await expect(loadModule(write("broken.mjs", "export default {"))).rejects.toThrow(SyntaxError);
  });
});
