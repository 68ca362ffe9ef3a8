import { describe, expect, it } from "vitest";
import { report, reportJson } from "../../src/oracle/report.ts";
import { explainReport, readReport } from "../../src/oracle/saved-report.ts";
import type { Verdict } from "../../src/oracle/verdict.ts";
import { verify } from "../../src/oracle/verify.ts";
import { thrown } from "../support/thrown.ts";
import { candidateOf, referenceCandidate } from "./support.ts";

const saved = (verdict: Verdict): Record<string, any> => JSON.parse(JSON.stringify(reportJson(verdict))) as Record<string, any>;
const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: input!.data } } }) }, "copy");
const verdict = await verify(copy, { operations: ["relu", "tanh"], tiers: ["structure"], cases: 20 });
/** What is told beyond the report itself. */
const anew = (json: unknown): readonly string[] => explainReport(readReport(json)).split("\n\nWorked out anew by this release, without the candidate:\n")[1]?.split("\n") ?? [];
const changed = (json: Record<string, any>, change: (failure: Record<string, any>) => object): Record<string, any> =>
  ({ ...json, operations: json["operations"].map((each: Record<string, any>) => ({ ...each, failures: each["failures"].map((one: Record<string, any>) => ({ ...one, ...change(one) })) })) });

describe("a saved report", () => {
  it("tells what the report told", () => {
    expect(report(readReport(saved(verdict)))).toBe(report(verdict));
    expect(reportJson(readReport(saved(verdict)))).toEqual(reportJson(verdict));
  });

  it("keeps the numbers that JSON lacks, and gradients", async () => {
    const odd = referenceCandidate(({ outputs }, { cotangents }) =>
      ({ outputs, gradients: { input: { shape: cotangents?.["output"]?.shape, data: Array.from(cotangents?.["output"]?.values ?? [], () => NaN) } } }));
    const found = await verify(odd, { operations: ["relu"], tiers: ["structure"], cases: 20 });
    expect(report(readReport(saved(found)))).toBe(report(found));
    expect(anew(saved(found))).toEqual(["  relu · gradient of input (structure tier)", expect.stringMatching(/^ {4}the reference {2}\[.*\] {2}/), expect.stringMatching(/^ {4}the candidate {2}\[.*\] {2}NaN.*: still wrong$/)]);
  });

  it("is judged anew, by the bound that it holds", () => {
    const json = saved(verdict);
    expect(anew(json)).toEqual(["  relu · output (structure tier)", "    the reference  []  0", "    the candidate  []  -1: still wrong"]);
    expect(anew(changed(json, () => ({ got: { shape: [], values: [0] } }))).at(-1)).toBe("    the candidate  []  0: not wrong any more");
    expect(anew(changed(json, ({ expected }) => ({ expected: { ...expected, values: [5] } })))[1]).toBe("    the reference  []  0, which is not what the report says");
    expect(anew(changed(json, ({ expected }) => ({ tier: "rounding", expected: { ...expected, radius: [1] } }))).at(-1)).toBe("    the candidate  []  -1: not wrong any more");
    expect(anew(changed(json, () => ({ got: undefined }))).at(-1)).toBe("    the candidate gave nothing here");
    expect(anew(changed(json, ({ fault }) => ({ fault: { ...fault, kind: "flaky" } }))).at(-1)).toBe("    the candidate  []  -1");
    const noTensor = changed(json, ({ fault }) => ({ got: "rubbish", fault: { ...fault, kind: "form" } }));
    expect(anew(noTensor).at(-1)).toBe('    the candidate  expected a tensor, got "rubbish": still wrong');
    expect(anew(changed(json, () => ({ got: "rubbish" }))).at(-1)).toBe('    the candidate  expected a tensor, got "rubbish": still wrong');
  });

  it("shows the outputs where there was no answer to compare", () => {
    const died = changed(saved(verdict), () => ({ fault: { kind: "died", where: "answer", message: "killed" }, got: undefined, expected: undefined, taps: [] }));
    expect(anew(JSON.parse(JSON.stringify(changed(saved(verdict), () => ({ expected: undefined })))))).toEqual(["  relu · output (structure tier)", "    the reference's output  []  0"]);
    expect(anew(JSON.parse(JSON.stringify(died)))).toEqual(["  relu · answer (structure tier)", "    the reference's output  []  0"]);
  });

  it("has nothing to work out where all agrees", async () => {
    const fine = await verify(referenceCandidate(), { operations: ["relu"], tiers: ["structure"], cases: 3 });
    expect(explainReport(readReport(saved(fine)))).toBe(report(fine));
  });
});

describe("what is no report", () => {
  const json = saved(verdict);
  it.each<[unknown, string]>([
    [[], "TypeError: report: expected a report of etalon verify --json, got []"],
    [{}, "TypeError: report: expected candidate as an object, got undefined"],
    [{ ...json, candidate: { precision: "float32" } }, "TypeError: report: expected the candidate's name, got undefined"],
    [{ ...json, candidate: { name: "x" } }, "TypeError: report: expected the candidate's precision in words, got undefined"],
    [{ ...json, seed: "1" }, 'TypeError: report: expected seed as a number, got "1"'],
    [{ ...json, unknown: undefined }, "TypeError: report: expected unknown as a list, got undefined"],
    [{ ...json, operations: {} }, "TypeError: report: expected operations as a list, got an object with no fields"],
    [{ ...json, operations: [7] }, "TypeError: report: expected operation 0 as an object, got 7"],
    [{ ...json, operations: [{}] }, "TypeError: report: expected the name of operation 0, got undefined"],
    [{ ...json, operations: [{ operation: "relu" }] }, "TypeError: report: expected tiers of relu as a list, got undefined"],
    [{ ...json, operations: [{ operation: "relu", tiers: [] }] }, "TypeError: report: expected failures of relu as a list, got undefined"],
    [{ ...json, operations: [{ operation: "relu", tiers: [], failures: [{}] }] }, "TypeError: report: expected the request of a failure of relu, got undefined"],
    [changed(json, () => ({ fault: 1 })), "TypeError: report: expected the fault of a failure of relu, got 1"],
    [changed(json, () => ({ request: { inputs: { input: { shape: [2], values: [1] } } } })), "RangeError: report: input: expected 2 values for shape [2], got 1"],
  ])("is refused in words (%#)", (value, message) => {
    expect(thrown(() => readReport(value))).toBe(message);
  });
});
