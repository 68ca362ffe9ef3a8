import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, candidates } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let loader: string;
beforeAll(async () => { loader = pathToFileURL(join((await build()).dist, "cli/load-module.js")).href; }, 60_000);

/** What Node itself makes of it: here the specs' own runner would take every import over. */
const load = (path: string): string => spawnSync(process.execPath, ["--input-type=module", "--eval", `
  import { loadModule } from ${JSON.stringify(loader)};
  await loadModule(${JSON.stringify(path)}).then((value) => console.log(JSON.stringify(value)), (error) => console.log(String(error)));
`], { encoding: "utf8" }).stdout.trim();

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("a candidate's module", () => {
  it("is its default export, from JavaScript and from TypeScript that imports more of it", () => {
    expect(load(write("mine.mjs", 'export default { name: "mine" };'))).toBe('{"name":"mine"}');
    expect(load(join(candidates, "im2col.ts"))).toBe('{"name":"im2col","precision":"float32","operations":{}}');
  });

  it("is undefined where there is no default export", () => {
    expect(load(write("none.mjs", "export const name = 1;"))).toBe("undefined");
  });

  it("fails in words where there is no file", () => {
    expect(load("nowhere/mine.js")).toBe("Error: etalon: expected a candidate's module, got no file at nowhere/mine.js");
  });

  it("fails with its path and its own error where it throws or does not parse, JavaScript or TypeScript", () => {
    const throws = write("throws.mjs", 'throw new RangeError("not today");');
    expect(load(throws)).toBe(`Error: etalon: expected a module that loads, got ${throws}, which says RangeError: not today`);
    const broken = write("broken.mjs", "export default {");
    expect(load(broken)).toBe(`Error: etalon: expected a module that loads, got ${broken}, which says SyntaxError: Unexpected end of input`);
    const typed = write("broken.ts", "export default { name: ");
    expect(load(typed).startsWith(`Error: etalon: expected a module that loads, got ${typed}, which says `)).toBe(true);
  });
});
