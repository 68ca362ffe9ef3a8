import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, candidates } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const [mine, none, throws, broken] = [
  write("mine.mjs", 'export default { name: "mine" };'), write("none.mjs", "export const name = 1;"),
  write("throws.mjs", 'throw new RangeError("not today");'), write("broken.mjs", "export default {"),
];
const [typed, brokenTyped] = [join(candidates, "im2col.ts"), write("broken.ts", "export default { name: ")];

/** What Node itself makes of each, in one process: here the specs' own runner would take every import over. */
const said = new Map<string, string>();
beforeAll(async () => {
  const loader = pathToFileURL(join((await build()).dist, "cli/load-module.js")).href;
  const paths = [mine, none, throws, broken, typed, brokenTyped, "nowhere/mine.js"];
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", `
    import { loadModule } from ${JSON.stringify(loader)};
    const said = [];
    for (const path of ${JSON.stringify(paths)}) said.push([path, await loadModule(path).then((value) => String(JSON.stringify(value)), String)]);
    console.log(JSON.stringify(said));
  `], { encoding: "utf8" });
  for (const [path, text] of JSON.parse(stdout) as [string, string][]) said.set(path, text);
}, 60_000);

describe("a candidate's module", () => {
  it("is its default export, from JavaScript and from TypeScript that imports more of it", () => {
    expect(said.get(mine)).toBe('{"name":"mine"}');
    expect(said.get(typed)).toBe('{"name":"im2col","precision":"float32","operations":{}}');
  });

  it("is undefined where there is no default export", () => {
    expect(said.get(none)).toBe("undefined");
  });

  it("fails in words where there is no file", () => {
    expect(said.get("nowhere/mine.js")).toBe("Error: etalon: expected a candidate's module, got no file at nowhere/mine.js");
  });

  it("fails with its path and its own error where it throws or does not parse, JavaScript or TypeScript", () => {
    expect(said.get(throws)).toBe(`Error: etalon: expected a module that loads, got ${throws}, which says RangeError: not today`);
    expect(said.get(broken)).toBe(`Error: etalon: expected a module that loads, got ${broken}, which says SyntaxError: Unexpected end of input`);
    expect(said.get(brokenTyped)).toMatch(/^Error: etalon: expected a module that loads, got .*broken\.ts, which says /);
  });
});
