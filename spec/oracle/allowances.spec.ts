import { describe, expect, it } from "vitest";
import { readAllowances, withAllowances } from "../../src/oracle/allowances.ts";
import type { Allowance } from "../../src/oracle/allowances.ts";
import { report } from "../../src/oracle/report.ts";
import { verify } from "../../src/oracle/verify.ts";
import { thrown } from "../support/thrown.ts";
import { candidateOf } from "./support.ts";

/** relu passes negative numbers on, and is nothing but that. */
const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: input!.data } } }) });
const verdict = await verify(copy, { operations: ["relu", "tanh"], tiers: ["structure"], cases: 20 });
const known: Allowance = { operation: "relu", where: "output", reason: "negative slopes are wanted", url: "https://example.org/1" };

describe("a known failure", () => {
  it("is shown with its reason, and the run does not fail for it", () => {
    const allowed = withAllowances(verdict, [known]);
    expect(verdict).toMatchObject({ agrees: false, operations: [{ verdict: "disagrees" }, { verdict: "not offered" }] });
    expect(allowed).toMatchObject({ agrees: true, outdated: [], operations: [{ verdict: "allowed", failures: [{ allowed: known }] }, { verdict: "not offered" }] });
    const lines = report(allowed).split("\n");
    expect(lines.find((line) => line.startsWith("~ relu  "))).toMatch(/of 20 disagree$/);
    expect(lines).toContain("~ relu · output (structure tier), allowed: negative slopes are wanted (https://example.org/1)");
    expect(lines.at(-1)).toBe("Agrees in nothing; allowed to fail in relu. 20 cases.");
    expect(lines.join("\n")).not.toContain("The smallest case");
  });

  it("may be narrowed to a kind of fault or to a likely cause", () => {
    const cause = verdict.operations[0]!.failures[0]!.causes[0]?.variant;
    const outcome = (more: Partial<Allowance>): string => withAllowances(verdict, [{ ...known, ...more }]).operations[0]!.verdict;
    expect(outcome({ kind: "value" })).toBe("allowed");
    expect(outcome({ kind: "died" })).toBe("disagrees");
    expect(outcome({ cause: "gradientNegated" })).toBe("disagrees");
    if (cause !== undefined) expect(outcome({ cause })).toBe("allowed");
    expect(outcome({ where: "gradient of input" })).toBe("disagrees");
    expect(outcome({ operation: "tanh" })).toBe("disagrees");
  });

  it("does not cover the other failures of its operation", () => {
    const [relu, tanh] = verdict.operations;
    const [failure] = relu!.failures;
    const two = { ...verdict, operations: [{ ...relu!, failures: [failure!, { ...failure!, fault: { ...failure!.fault, where: "gradient of input" } }] }, tanh!] };
    const partly = withAllowances(two, [known]);
    expect(partly).toMatchObject({ agrees: false, operations: [{ verdict: "disagrees" }, {}] });
    expect(report(partly)).toContain("✗ relu · gradient of input");
    expect(report(partly).split("\n").at(-1)).toBe("Disagrees in relu; agrees in nothing. 20 cases.");
  });

  it("is outdated where its operation was verified and nothing of the kind failed", () => {
    const [gone, unasked] = [{ operation: "relu", where: "answer", kind: "died", reason: "a crash" } as const, { operation: "tanh", where: "output", reason: "not offered here" }];
    const checked = withAllowances(verdict, [known, gone, unasked]);
    expect(checked.outdated).toEqual([gone]);
    expect(checked.agrees).toBe(true);
    expect(report(checked)).toContain("\nAllowed, but nothing of the kind failed:\n  relu · answer · died: a crash\n");
    expect(report(verdict)).not.toContain("Allowed, but");
  });

  it("makes no agreement out of nothing", () => {
    const none = { ...verdict, operations: [verdict.operations[1]!] };
    expect(withAllowances({ ...none, agrees: false }, [known]).agrees).toBe(false);
  });
});

describe("a list of known failures", () => {
  it("is taken as it is written", () => {
    const list = [known, { operation: "relu", where: "answer", kind: "died", cause: "x", reason: "y" }];
    expect(readAllowances(list)).toEqual(list);
    expect(readAllowances([])).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{}, "TypeError: allow: expected a list of known failures, got an object with no fields"],
    [[1], "TypeError: allow: expected entry 0 as an object, got 1"],
    [[known, { where: "output", reason: "x" }], "RangeError: allow: expected entry 1 to have operation, got none"],
    [[{ operation: "relu", reason: "x" }], "RangeError: allow: expected entry 0 to have where, got none"],
    [[{ operation: "relu", where: "output" }], "RangeError: allow: expected entry 0 to have reason, got none"],
    [[{ ...known, reason: "" }], 'TypeError: allow: expected reason of entry 0 as words, got ""'],
    [[{ ...known, until: "May" }], "RangeError: allow: expected entry 0 with only operation, where, reason, kind, cause, url, got until"],
  ])("refuses %j", (value, message) => {
    expect(thrown(() => readAllowances(value))).toBe(message);
  });

  it("wants operations of the catalog: a misspelt name would never fail again", () => {
    expect(thrown(() => readAllowances([{ ...known, operation: "rely" }]))).toBe('RangeError: allow: expected in entry 0 an operation of the catalog (did you mean relu or leakyRelu?), got "rely"');
  });

  it("wants kinds that faults have", () => {
    expect(thrown(() => readAllowances([known, { ...known, kind: "crash" }])))
      .toBe('RangeError: allow: expected kind of entry 1 as value, form, error, died, hung, flooded, garbled, wroteInputs, reusedBuffer, flaky, law, got "crash"');
  });
});
