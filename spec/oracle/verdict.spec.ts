import { expect, it } from "vitest";
import { report } from "../../src/oracle/report.ts";
import type { Failure, OperationReport, TierReport, Verdict } from "../../src/oracle/verdict.ts";
import { verify } from "../../src/oracle/verify.ts";
import { candidateOf } from "./support.ts";

it("a verdict has these fields and no others, as the page on reports lists them", async () => {
  const candidate = candidateOf({ relu: ({ input }) => ({ outputs: { output: input } }) });
  const verdict: Verdict = await verify(candidate, { operations: ["relu", "convolution"], cases: 20, tiers: ["structure"] });
  expect(Object.keys(verdict)).toEqual(["candidate", "seed", "seconds", "agrees", "operations", "unknown"] satisfies (keyof Verdict)[]);
  const [, relu] = verdict.operations as readonly [OperationReport, OperationReport];
  expect(Object.keys(relu)).toEqual(["operation", "verdict", "tiers", "failures"] satisfies (keyof OperationReport)[]);
  expect(Object.keys(relu.tiers[0]!)).toEqual(["tier", "cases", "failed", "skipped", "missing", "worst"] satisfies (keyof TierReport)[]);
  expect(Object.keys(relu.failures[0]!).sort())
    .toEqual((["also", "causes", "expected", "fault", "got", "operation", "path", "request", "seed", "taps", "tier"] satisfies (keyof Failure)[]).sort());
});

it("a verdict without a single comparison is no agreement, whoever made it", () => {
  const nothing: Verdict = { candidate: { name: "x", precision: "float32" }, seed: 1, seconds: 0, agrees: false, operations: [], unknown: [] };
  expect(report(nothing).split("\n").at(-1)).toBe("Nothing was compared.");
});
