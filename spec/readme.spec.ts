import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import im2col from "../examples/candidates/im2col.ts";
import flippedKernel from "../examples/candidates/flipped-kernel.ts";
import { commandCandidate } from "../src/cli/candidate-process.ts";
import { moduleCandidate } from "../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../src/oracle/module-candidate.ts";
import { report } from "../src/oracle/report.ts";
import { verify } from "../src/oracle/verify.ts";
import { read } from "./support/documents.ts";
import { atLength } from "./support/runs.ts";

const readme = read("README.md");

/** The first fenced block of a language that holds a text. */
const block = (language: string, holding: string): string =>
  [...readme.matchAll(/^```(\w+)\n([^]*?)^```/gm)].find(([, info, code]) => info === language && code!.includes(holding))![2]!;

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe("what the README shows works as it says", () => {
  test("the candidate in TypeScript is verified and agrees", async () => {
    const { outputText } = ts.transpileModule(block("ts", "satisfies CandidateModule"), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(outputText)}`)) as { readonly default: CandidateModule };
    const verdict = await verify(moduleCandidate(module.default), { cases: 50 });
    expect(verdict.operations.filter((each) => each.verdict !== "not offered").map((each) => [each.operation, each.verdict])).toEqual([["fullyConnected", "agrees"]]);
  });

  test.runIf(hasPython)("the candidate in Python is verified and agrees (where there is python3)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "etalon-"));
    try {
      writeFileSync(join(folder, "my_python.py"), block("python", "import json, math, sys"));
      const candidate = await commandCandidate(`python3 ${join(folder, "my_python.py")}`, 10_000);
      const verdict = await verify(candidate, { cases: 30 });
      await candidate.close();
      expect(verdict.operations.filter((each) => each.verdict !== "not offered").map((each) => [each.operation, each.verdict])).toEqual([["relu", "agrees"]]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.runIf(atLength)("the report on the example is the one that is printed", async () => {
    const shown = block("text", "im2col (float32)").trimEnd().split("\n").slice(1, -1);
    const operations = shown.flatMap((line) => /^✓ (\w+)/.exec(line)?.[1] ?? []);
    expect(operations.length).toBeGreaterThanOrEqual(2);
    // Columns are as wide as the longest name of a run.
    const narrow = (line: string): string => line.replace(/ +/g, " ");
    const printed = report(await verify(moduleCandidate(im2col as unknown as CandidateModule), { operations })).split("\n").map(narrow);
    for (const line of shown) expect(printed, line).toContain(narrow(line));
  });

  test.runIf(atLength)("the report on the flipped kernel is the one that is printed", async () => {
    const printed = report(await verify(moduleCandidate(flippedKernel as unknown as CandidateModule))).split("\n");
    const shown = block("text", "Likely cause").trimEnd().split("\n");
    expect(shown.length).toBeGreaterThan(5);
    for (const line of shown) expect(printed.some((each) => each.startsWith(line.replace(/\(….*/, ""))), line).toBe(true);
  });
});
