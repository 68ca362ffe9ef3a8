import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readJson } from "../../src/cli/read-json.ts";
import { thrown } from "../support/thrown.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "some.json");

it("reads a file of JSON", () => {
  writeFileSync(path, '{"a":[1]}');
  expect(readJson(path)).toEqual({ a: [1] });
});

it("says which file cannot be read, and which is none", () => {
  expect(thrown(() => readJson(`${path}.no`))).toBe(`Error: etalon: expected a file of JSON, got none to read at ${path}.no (ENOENT)`);
  expect(thrown(() => readJson(folder))).toBe(`Error: etalon: expected a file of JSON, got none to read at ${folder} (EISDIR)`);
  writeFileSync(path, "{a}");
  expect(thrown(() => readJson(path))).toMatch(`Error: etalon: expected a file of JSON, got ${path}, which says `);
});
