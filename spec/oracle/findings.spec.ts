import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { habitNamed, newRanking } from "../../src/oracle/diagnosis.ts";
import { alreadyFound, causeOfFailures, conclude, isFirstOfItsCause, withoutSubsumed } from "../../src/oracle/findings.ts";
import type { Found } from "../../src/oracle/findings.ts";
import type { Fault } from "../../src/oracle/judgement.ts";
import { newEvidence } from "../../src/oracle/likeness.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Failure } from "../../src/oracle/verdict.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const precision = precisions.float32;
const one = (features: readonly string[] = []): Case => ({ operation: "relu", tier: "structure", features, inputs: { input: tensor([1, -2]) }, options: {} });
const value = (where = "output"): Fault => ({ kind: "value", where, message: "expected 1, got 2" });
const found = (fault: Fault, features: readonly string[] = [], causes: Failure["causes"] = [], tier: Failure["tier"] = "structure"): Found => {
  const answered = { one: one(features), reply: {} };
  const failure: Failure = { operation: "relu", tier, fault, request: { id: "a", ...answered.one }, got: undefined, taps: [], causes, also: [], seed: 1, path: "0" };
  return { failure, features, also: new Map(), ranking: newRanking(fault.where, causes, answered, precision) };
};
const cause = { variant: "slopeAtZeroFromAbove", says: "b" };

describe("a fault", () => {
  const seen = (before: readonly Found[], fault: Fault, features: readonly string[] = []): boolean =>
    alreadyFound(before, fault, newEvidence({ one: one(features), reply: {} }, precision), precision);

  it("is known if one of its kind and place was found that needs no more features", () => {
    expect(seen([found(value(), ["stride"])], value(), ["bias", "stride"])).toBe(true);
    expect(seen([found(value(), ["stride"])], value(), ["bias"])).toBe(false);
    expect(seen([found(value())], value("gradient of input"))).toBe(false);
    expect(seen([found(value())], { ...value(), kind: "form" })).toBe(false);
  });

  it("that is no wrong number is known by its words, whatever numbers it mentions", () => {
    const form = (message: string): Fault => ({ kind: "form", where: "output", message });
    expect(seen([found(form("expected 3 values, got 4"), ["axes"])], form("expected 5 values, got 6"))).toBe(true);
    expect(seen([found(form("expected 3 values, got 4"), ["axes"])], form("expected a tensor"))).toBe(false);
    expect(seen([found(value(), ["axes"])], value())).toBe(false);
    const flaky = (message: string): Fault => ({ kind: "flaky", where: "output", message });
    expect(seen([found(flaky("a"), ["axes"])], flaky("b"))).toBe(true);
  });

  it("of a law says nothing new where the answer is wrong for a reason that is known", () => {
    const law = (where: string): Fault => ({ kind: "law", where, message: "a law" });
    const explained = found(value(), [], [cause]);
    expect(["output", "output and gradient of input", "gradient of input"].map((where) => seen([explained], law(where)))).toEqual([true, true, false]);
    expect([seen([found(value())], law("output")), seen([found(law("gradient of output"), [], [cause])], law("output"))]).toEqual([false, false]);
    explained.also.set("gradient of input", newEvidence({ one: one(), reply: {} }, precision));
    expect(seen([explained], law("gradient of input"))).toBe(true);
  });

  it("takes the place of those in its tier that need more features, and have no cause", () => {
    const added = found(value(), ["stride"]);
    const others = [found(value(), ["bias", "stride"]), found(value(), ["bias", "stride"], [cause]), found(value(), ["bias"]), found(value(), ["stride", "bias"], [], "rounding")];
    expect(withoutSubsumed(others, added)).toEqual([...others.slice(1), added]);
  });
});

describe("failures", () => {
  it("are told with what else their cause explains", () => {
    const each = found(value(), [], [cause]);
    each.also.set("gradient of input", newEvidence({ one: one(), reply: {} }, precision));
    expect(conclude(each)).toMatchObject({ also: ["gradient of input"], causes: [cause] });
  });

  it("are told once by place and cause; without a cause each", () => {
    const all = [found(value(), [], [cause]), found(value(), ["bias"], [cause]), found(value("gradient of input"), [], [cause]), found(value()), found(value())].map(({ failure }) => failure);
    expect(all.map((failure, i) => isFirstOfItsCause(failure, i, all))).toEqual([true, false, true, true, true]);
  });

  it("have one cause with what speaks against it for one of them", () => {
    const atZero: Case = { ...one(), inputs: { input: tensor([0]) }, cotangents: { output: tensor([1]) } };
    const reply = { outputs: {}, gradients: { input: { shape: [1], values: [1] } } };
    const told = (says: string): Found => {
      const each = found(value("gradient of input"), [], [{ ...cause, says }]);
      return { ...each, ranking: newRanking("gradient of input", each.failure.causes, { one: atZero, reply }, precision) };
    };
    const { says } = habitNamed(cause.variant)!;
    const all = [told(says), told(`${says}, but not in output`)];
    expect(causeOfFailures(findOperation("relu"), all.map(({ failure }) => failure), all)).toEqual({ ...cause, says: `${says}, but not in output` });
  });

  it("have one cause only where there are several, all of them wrong answers", () => {
    const all = [found(value()), found({ ...value(), kind: "error" })];
    expect(causeOfFailures(findOperation("relu"), all.map(({ failure }) => failure), all)).toBeUndefined();
    expect(causeOfFailures(findOperation("relu"), [all[0]!.failure], [all[0]!])).toBeUndefined();
  });
});
