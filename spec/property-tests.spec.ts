/** The files of examples/property-tests run as they are: with vitest, with Node's runner, with Hypothesis. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cases } from "../src/oracle/arbitraries.ts";
import { expectAgrees } from "../src/oracle/expect-agrees.ts";
import { build } from "./cli/support.ts";
import type { Build } from "./cli/support.ts";
import { list, read, root } from "./support/documents.ts";
import { atLength } from "./support/runs.ts";

const folder = "examples/property-tests";
let built: Build;
beforeAll(async () => { built = await build(); }, 60_000);

/** A copy beside the built package, whose name then leads to it. */
function beside(file: string, change: (text: string) => string = (text) => text): string {
  const path = join(dirname(built.dist), "property-tests", `${process.pid}-${file}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, change(read(`${folder}/${file}`)));
  return path;
}

const run = (command: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}): { readonly code: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: dirname(built.dist), encoding: "utf8", env: { ...process.env, ...environment } });
  return { code: status, said: stdout + stderr };
};

describe("the example for vitest", async () => {
  // Its tests become tests of this file, over the sources.
  const text = read(`${folder}/vitest.test.ts`)
    .replace('"etalon/arbitraries"', `"${root}src/oracle/arbitraries.ts"`).replace('"etalon/oracle"', `"${root}src/oracle/index.ts"`);
  const copy = join(root, ".build/property-tests", "vitest.ts");
  mkdirSync(dirname(copy), { recursive: true });
  writeFileSync(copy, text);
  await import(/* @vite-ignore */ copy);
});

describe("the example for node:test", () => {
  it.runIf(atLength)("passes, and fails for a bias that is added twice, with seed, path and what is wrong", { timeout: 60_000 }, () => {
    const right = run(process.execPath, ["--test", beside("node.test.js")]);
    expect(right, right.said).toMatchObject({ code: 0, said: expect.stringMatching(/pass 2\n/) });
    const wrong = run(process.execPath, ["--test", beside("node.test.js", (text) => text.replace("?? 0;", "* 2 || 0;"))]);
    expect(wrong.code).toBe(1);
    expect(wrong.said).toMatch(/\{ seed: -?\d+, path: "[\d:]+", endOnFailure: true \}/);
    expect(wrong.said).toContain("fullyConnected: expected output");
  });
});

const hasHypothesis = spawnSync("python3", ["-c", "import hypothesis"]).status === 0;
const withoutHypothesis = "did not run: there is no python3 with hypothesis here (apt-get install python3-hypothesis)";

describe("the example for Hypothesis", () => {
  it.runIf(atLength)("passes, and fails for a kernel that is flipped, with the smallest case", { timeout: 120_000 }, ({ skip }) => {
    skip(!hasHypothesis, withoutHypothesis);
    const environment = { ETALON: `${process.execPath} ${built.etalon} serve` };
    const right = run("python3", [beside("hypothesis_example.py")], environment);
    expect(right).toEqual({ code: 0, said: "" });
    const flipped = (text: string): string => text.replace("* kernel[tap] for tap", "* kernel[-1 - tap] for tap");
    const wrong = run("python3", [beside("hypothesis_example.py", flipped)], environment);
    expect(wrong.code).toBe(1);
    expect(wrong.said).toMatch(/Falsifying example: test_convolution\(\s+problem=\(\[/);
    expect(wrong.said).toMatch(/AssertionError: outputs output\[\d+\]: expected \S+ \+- \S+, got \S+/);
  });
});

describe("a property that fails", () => {
  const property = fc.property(cases("relu"), ({ inputs }) => expectAgrees(inputs["input"], "relu", inputs));
  const said = (parameters: fc.Parameters<[any]> = {}): string => {
    const { errorInstance, seed, counterexamplePath, numRuns } = fc.check(property, { ...parameters, endOnFailure: parameters.path !== undefined });
    return `${seed} ${counterexamplePath} ${numRuns}\n${(errorInstance as Error).message}`;
  };

  it("names its seed and path, and shows the smallest case again by them", () => {
    const [numbers, ...first] = said({ seed: 7 }).split("\n");
    const [seed, path] = numbers!.split(" ");
    const [, ...again] = said({ seed: Number(seed), path: path! }).split("\n");
    expect(again).toEqual(first);
    expect(first[0]).toMatch(/^relu: expected output 0 ± 0 at \[.*\], got -\d+$/);
  });
});

describe("the examples of property tests", () => {
  it("are all run here, and shown on their page", () => {
    const page = read("docs/property-tests.md");
    const files = [".ts", ".js", ".py"].flatMap((end) => list(folder, end));
    expect(files).toEqual(["vitest.test.ts", "node.test.js", "hypothesis_example.py"].map((file) => `${folder}/${file}`));
    for (const file of files) expect(page).toContain(`](../${file})`);
  });
});
