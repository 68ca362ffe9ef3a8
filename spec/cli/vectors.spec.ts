import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeVectors } from "../../src/cli/vectors.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { read } from "../support/documents.ts";
import { atLength } from "../support/runs.ts";
import { breaches } from "../support/schema.ts";
import { thrown } from "../support/thrown.ts";
import { hasPython, withoutPython } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true }));
const texts = (name: string): Record<string, string> =>
  Object.fromEntries(readdirSync(join(folder, name)).sort().map((file) => [file, readFileSync(join(folder, name, file), "utf8")]));

/** All operations in the full test. */
const operations = atLength ? catalog.map(({ name }) => name) : ["relu", "fullyConnected"];

describe("a folder of vectors", () => {
  it("holds a file for each operation and the schema that they keep, the same bytes each time", { timeout: 600_000 }, () => {
    const lines: string[] = [];
    expect(writeVectors({ folder: join(folder, "one/deep"), operations }, (line) => lines.push(line))).toBe(true);
    expect(writeVectors({ folder: join(folder, "two"), operations, seed: 1 }, () => {})).toBe(true);
    const [one, two] = [texts("one/deep"), texts("two")];
    expect(one).toEqual(two);
    expect(Object.keys(one).sort()).toEqual([...operations.map((name) => `${name}.json`), "schema.json"].sort());
    expect(lines.map((line) => line.split(":")[0])).toEqual(operations.map((name) => `${name}.json`));
    const schema = JSON.parse(one["schema.json"]!) as Record<string, unknown>;
    for (const name of operations) expect(breaches(schema, JSON.parse(one[`${name}.json`]!))).toEqual([]);
  });

  it("is read by a few lines of Python, which find a wrong answer", { timeout: 60_000 }, ({ skip }) => {
    skip(!hasPython, withoutPython);
    const page = read("docs/oracle/vectors.md");
    const program = /```python\n([^]*?)```/.exec(page)![1]!;
    expect(program.trimEnd().split("\n").length).toBeLessThanOrEqual(18);
    writeVectors({ folder: join(folder, "python"), operations: ["relu"] }, () => {});
    const outcome = (text: string): readonly [number | null, string] => {
      writeFileSync(join(folder, "read.py"), text.replace("vectors/relu.json", join(folder, "python/relu.json")));
      const { status, stdout, stderr } = spawnSync("python3", [join(folder, "read.py")], { encoding: "utf8" });
      return [status, stdout + stderr];
    };
    expect(outcome(program)).toEqual([0, "all right\n"]);
    const [status, said] = outcome(program.replace("max(x, 0.0)", "abs(x)"));
    expect([status, said]).toEqual([1, expect.stringContaining("relu/")]);
  });

  it("is not begun for an operation that does not exist", () => {
    expect(thrown(() => writeVectors({ folder: join(folder, "none"), operations: ["relu", "rely"] }, () => {}))).toMatch(/^RangeError: etalon: expected an operation of the catalog/);
    expect(readdirSync(folder)).not.toContain("none");
  });
});
