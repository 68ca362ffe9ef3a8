import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation, reference } from "../../src/oracle/case.ts";
import { judge } from "../../src/oracle/judgement.ts";
import { declaredPrecision } from "../../src/oracle/precision.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const one: Case = {
  operation: "fullyConnected", tier: "structure", features: [], options: {},
  inputs: { input: tensor([1, 2]), weight: tensor([[3, 4]]) }, cotangents: { output: tensor([5]) },
};
const operation = findOperation("fullyConnected");
const answer = { outputs: { output: tensor([11]) }, gradients: { input: tensor([15, 20]), weight: tensor([[5, 10]]) } };

const judged = (reply: unknown, changed: Case = one) => judge(operation, changed, reference("fullyConnected", changed.inputs, changed.options, changed.cotangents), reply);
const faults = (reply: unknown, changed: Case = one): string[] => judged(reply, changed).faults.map(({ kind, where, message }) => `${kind} · ${where} · ${message}`);

describe("a reply", () => {
  it("is right where every name is", () => {
    expect(judged(answer)).toEqual({ faults: [], ratios: { output: 0, "gradient of input": 0, "gradient of weight": 0 }, missing: [] });
  });

  it("is told every name that is wrong, outputs before gradients", () => {
    expect(faults({ outputs: { output: tensor([12]) }, gradients: { input: tensor([15, 20]), weight: tensor([[5, 11]]) } }))
      .toEqual(["value · output · expected 11 at [0], got 12", "value · gradient of weight · expected 10 at [0, 1], got 11"]);
  });

  it("is compared exactly in the structure tier, within its radius in the rounding tier", () => {
    const near = { outputs: { output: { shape: [1], data: [11 + 2 ** -21] } } };
    expect(faults(near)).toEqual(["value · output · expected 11 at [0], got 11.000000476837158"]);
    expect(faults(near, { ...one, tier: "rounding" })).toEqual([]);
    expect(judged(near, { ...one, tier: "rounding" }).ratios["output"]).toBeCloseTo(8 / 33, 6); // 2⁻²¹ of three roundings of 11
  });

  it("has a fault of form for a wrong shape, a wrong count, and what are no numbers", () => {
    expect(faults({ outputs: { output: tensor([[11]]) } })).toEqual(["form · output · expected shape [1], got [1, 1]"]);
    expect(faults({ outputs: { output: { shape: [1], data: [] } } })).toEqual(["form · output · expected 1 values for its shape [1], got 0"]);
    expect(faults({ outputs: { output: { shape: [1], data: ["11"] } } })).toEqual(['form · output · expected numbers, got "11" at position 0']);
    expect(faults({ outputs: { output: [11] } })).toEqual(["form · output · expected a tensor, got [11]"]);
  });

  it("has a wrong value where it has NaN", () => {
    expect(faults({ outputs: { output: tensor([NaN]) } })).toEqual(["value · output · expected 11 at [0], got NaN"]);
  });

  it("is missing what it leaves out, which is neither right nor wrong", () => {
    expect(judged({ outputs: {} })).toEqual({ faults: [], ratios: {}, missing: ["output", "gradient of input", "gradient of weight"] });
    expect(judged({ outputs: { output: null }, gradients: { weight: tensor([[5, 10]]) } }).missing).toEqual(["output", "gradient of input"]);
    expect(judged({ ...answer, gradients: undefined }).missing).toEqual(["gradient of input", "gradient of weight"]);
  });

  it("has no gradients where it says why, whatever it sends beside", () => {
    expect(judged({ ...answer, gradients: { input: tensor([0, 0]) }, gradientError: "not differentiable here" }))
      .toEqual({ faults: [], ratios: { output: 0 }, missing: ["gradient of input", "gradient of weight"] });
  });

  it("is not asked for gradients without cotangents, and may send them all the same", () => {
    const { cotangents: _, ...forward } = one;
    expect(judged({ ...answer, gradients: { input: tensor([9, 9]) } }, forward)).toEqual({ faults: [], ratios: { output: 0 }, missing: [] });
  });

  it("is told of names that nobody asked for, even of those that every object has", () => {
    expect(faults({ outputs: { ...answer.outputs, result: tensor([11]) } })).toEqual(["form · result · expected only output, gradient of input, gradient of weight, got result"]);
    expect(faults({ ...answer, gradients: { ...answer.gradients, bias: tensor([5]) } })).toEqual(["form · gradient of bias · expected only output, gradient of input, gradient of weight, got gradient of bias"]);
    expect(faults({ outputs: { ...answer.outputs, constructor: tensor([11]) } })).toEqual(["form · constructor · expected only output, gradient of input, gradient of weight, got constructor"]);
  });

  it("is a refusal where it says skipped, and an error where it says error", () => {
    expect(judged({ skipped: "no bias" })).toEqual({ faults: [], ratios: {}, missing: [], skipped: "no bias" });
    expect(faults({ error: "out of memory" })).toEqual(["error · answer · out of memory"]);
    expect(faults({ failure: "hung", error: "no answer within 1 s" })).toEqual(["hung · answer · no answer within 1 s"]);
    expect(faults({ failure: "died" })).toEqual(["died · answer · died"]);
  });

  it("may write what it does not have as null", () => {
    expect(judged({ ...answer, error: null, skipped: null, gradientError: null, failure: null }).ratios).toEqual({ output: 0, "gradient of input": 0, "gradient of weight": 0 });
    expect(judged({ ...answer, gradients: null })).toMatchObject({ faults: [], missing: ["gradient of input", "gradient of weight"] });
  });

  it.each([
    [undefined, "expected an answer { outputs }, got undefined"],
    [null, "expected an answer { outputs }, got null"],
    ["done", 'expected an answer { outputs }, got "done"'],
    [{}, "expected outputs as an object of tensors, got undefined"],
    [{ outputs: 3 }, "expected outputs as an object of tensors, got 3"],
    [{ outputs: {}, gradients: "none" }, 'expected gradients as an object of tensors, got "none"'],
  ])("has a fault of form where it is %j", (reply, message) => {
    expect(faults(reply)).toEqual([`form · answer · ${message}`]);
  });
});

describe("policies on special values", () => {
  const relu = findOperation("relu");
  const inputs = { input: tensor([NaN, 2]) };
  const given = (values: readonly number[], tier: Case["tier"]) =>
    judge(relu, { operation: "relu", tier, features: [], inputs, options: {} }, reference("relu", inputs, {}), { outputs: { output: tensor([...values]) } });

  it("excuse the numbers that they allow, and not the wrong one beside", () => {
    expect(given([0, 2], "special")).toMatchObject({ faults: [], policies: ["nanStopped"] });
    expect(given([0, 3], "special").faults).toMatchObject([{ kind: "value", where: "output", worst: { index: [1], got: 3, expected: 2 } }]);
  });

  it("excuse nothing in any other tier", () => {
    expect(given([0, 2], "rounding").faults).toMatchObject([{ kind: "value", where: "output", worst: { index: [0], got: 0 } }]);
  });
});

describe("operations that are declared to be normwise", () => {
  it("are compared within their radius in the structure tier too: their sums are not those of whole numbers alone", () => {
    const near = { outputs: { output: { shape: [1], data: [11 + 2 ** -21] } } };
    const under = (algorithm: "normwise" | "componentwise") => {
      const precision = declaredPrecision("spec", { algorithm });
      return judge(operation, one, reference("fullyConnected", one.inputs, one.options, one.cotangents, precision), near, precision).faults.map(({ where }) => where);
    };
    expect([under("normwise"), under("componentwise")]).toEqual([[], ["output"]]);
  });
});

describe("special values", () => {
  it("are taken in one way by one answer: where NaN lost in the output, the gradient goes to the number that won", () => {
    const inputs = { input: tensor([[[NaN, 1]]]) };
    const options = { window: [2], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false };
    const pooled: Case = { operation: "maxPooling", tier: "special", features: [], inputs, options, cotangents: { output: tensor([[[3]]]) } };
    const wrong = (output: number, gradient: number[]) => judge(findOperation("maxPooling"), pooled, reference("maxPooling", inputs, options, pooled.cotangents), {
      outputs: { output: tensor([[[output]]]) }, gradients: { input: tensor([[gradient]]) },
    }).faults.map(({ where }) => where);
    expect([wrong(1, [0, 3]), wrong(NaN, [3, 0])]).toEqual([[], []]);
    expect([wrong(1, [3, 0]), wrong(NaN, [0, 3])]).toEqual([["gradient of input"], ["gradient of input"]]);
  });
});

describe("scaled operations", () => {
  it("are compared within their radius in the structure tier too: honest code may divide by a reciprocal", () => {
    const average = findOperation("averagePooling");
    const inputs = { input: tensor([[[1, 2, 4]]]) };
    const options = average.complete(inputs, { window: 3 });
    const byReciprocal = Math.fround(7 * Math.fround(1 / 3));
    const pooled: Case = { operation: "averagePooling", tier: "structure", features: [], inputs, options };
    expect(byReciprocal).not.toBe(Math.fround(7 / 3));
    expect(judge(average, pooled, reference("averagePooling", inputs, options), { outputs: { output: tensor([[[byReciprocal]]]) } }).faults).toEqual([]);
  });
});
