import { describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateFunction } from "../../src/oracle/module-candidate.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { questioner } from "../../src/oracle/question.ts";
import { report } from "../../src/oracle/report.ts";
import { lengthsFor, verifyStatistics } from "../../src/oracle/statistics-tier.ts";
import { nearest } from "../../src/oracle/storage.ts";
import { verify } from "../../src/oracle/verify.ts";
import { loadKernels, orders } from "./kernels.ts";

const kernels = await loadKernels();
const { matrixProduct: rounding } = kernels({ sum: orders["sequential"]!, given: (value) => nearest(value, precisions.bfloat16) });

const run = (matrixProduct: CandidateFunction, deadline = Infinity, isMine = (_: number): boolean => true) => {
  const operation = findOperation("matrixProduct");
  return verifyStatistics(operation, precisions.float32, questioner(moduleCandidate({ name: "mine", operations: { matrixProduct } }), operation), { lengths: [9], seed: 1, deadline, isMine }, []);
};

it("the longest sums are those of a full run", () => {
  expect([20, 60, 200].map(lengthsFor)).toEqual([[9], [9, 576], [9, 576, 4608]]);
});

describe("the tier in a verification", () => {
  it("has its line in the report, its cause, and the numbers behind it", { timeout: 60_000 }, async () => {
    const verdict = await verify(moduleCandidate({ name: "half", operations: { matrixProduct: rounding! } }), { tiers: ["statistics"], cases: 20 });
    expect(verdict.operations.find(({ operation }) => operation === "matrixProduct")).toMatchObject({
      verdict: "disagrees", tiers: [{ tier: "statistics", cases: 2, failed: 2 }], failures: [{ causes: [{ variant: "bfloat16 inputs" }] }, {}, {}],
    });
    expect(report(verdict)).toContain("Likely cause: the answer equals the reference with its inputs rounded to bfloat16.");
  });

  it("leaves out what is skipped or missing, and reports an error", async () => {
    expect((await run(() => ({ skipped: "no" }))).report).toMatchObject({ cases: 0, skipped: { no: 2 } });
    expect((await run(() => ({ error: "broken" }))).failures).toMatchObject([{ fault: { kind: "error", message: "broken" }, causes: [] }]);
    expect((await run(() => ({ skipped: "no" }), Infinity, (number) => number === 1))).toMatchObject({ own: 1, report: { skipped: { no: 1 } } });
    expect((await run(() => ({}), 0)).report).toMatchObject({ cases: 0, stopped: "stopped at the time limit" });
  });
});
