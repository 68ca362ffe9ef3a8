import { describe, expect, it } from "vitest";
import { findOperation } from "../src/oracle/case.ts";
import { catalog } from "../src/oracle/catalog/index.ts";
import { moduleCandidate } from "../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../src/oracle/module-candidate.ts";
import { declaredPrecision, precisions } from "../src/oracle/precision.ts";
import { questioner } from "../src/oracle/question.ts";
import { everything, runs } from "./support/runs.ts";
import { loadFewBits } from "./oracle/few-bits.ts";
import { drawn, tiersOf } from "./oracle/support.ts";

const inFormat = await loadFewBits();
const formats = ["bfloat16", "float16", "tf32"] as const;

const module = (format: (typeof formats)[number], declared: Omit<CandidateModule, "name" | "operations">): CandidateModule =>
  ({ ...declared, name: `im2col in ${format}`, operations: inFormat(precisions[format]) });

async function faultsOf(candidate: CandidateModule, operation: string, count: number, seed: number): Promise<readonly string[]> {
  const ask = questioner(moduleCandidate(candidate), findOperation(operation));
  const found: string[] = [];
  for (const tier of tiersOf(findOperation(operation))) {
    for (const one of drawn(operation, tier, count, seed, declaredPrecision("spec", candidate))) {
      for (const { where, message, ratio } of (await ask(one)).judgement.faults) found.push(`${operation} ${tier} ${where}: ${message} (${ratio}) ${JSON.stringify(one.options)}`);
    }
  }
  return found;
}

describe("an honest candidate with few bits in every sum", () => {
  it.each(formats)("%s: no false alarm in any operation", { timeout: 900_000 }, async (format) => {
    const found: string[] = [];
    // The full run puts every operation through every format, a short one through one of them.
    const some = catalog.filter((_, i) => everything || i % formats.length === formats.indexOf(format));
    for (const { name } of some) found.push(...(await faultsOf(module(format, { precision: format, storage: format }), name, runs(1), 21)));
    expect(found).toEqual([]);
  });

  it("is rejected by some case of every operation with sums or products where it says that it has float32", { timeout: 900_000 }, async () => {
    const copying = ["pad", "maxPooling", "minPooling", "adaptiveMaxPooling", "relu", "clipByValue", "absoluteError"];
    for (const { name } of catalog.filter((entry) => everything || ["convolution", "sigmoid", "softmax", "adam"].includes(entry.name))) {
      if (copying.includes(name)) continue;
      expect((await faultsOf(module("bfloat16", {}), name, 4, 5)).length, name).toBeGreaterThan(0);
    }
  });
});
