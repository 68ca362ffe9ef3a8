import { describe, expect, it } from "vitest";
import { lossVariants } from "../../../src/oracle/variants/losses.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(lossVariants);
const one = { output: 1 };
const mean = { reduction: "mean" };

describe("errors with a habit", () => {
  it("halve the square, or its slope: right are 5, and the gradient 1, 3", () => {
    const pair = { input: [1, 3], target: [0, 0] };
    expect(habit("lossHalved", "squaredError", pair, mean, one)).toEqual({ outputs: { output: [2.5] }, gradients: { input: [0.5, 1.5] } });
    expect(habit("slopeWithoutTwo", "squaredError", pair, mean, one)).toEqual({ outputs: { output: [5] }, gradients: { input: [0.5, 1.5] } });
  });

  it("divide by the number of samples: right is 2.5", () => {
    const pair = { input: [[1, 3], [0, 0]], target: [[0, 0], [0, 0]] };
    expect(habit("meanOverSamples", "squaredError", pair, mean, one)).toEqual({ outputs: { output: [5] }, gradients: { input: [1, 3, 0, 0] } });
    expect(habit("meanOverSamples", "squaredError", pair, { reduction: "sum" })).toBeUndefined();
    expect(habit("meanOverSamples", "squaredError", { input: [1, 3], target: [0, 0] }, mean)).toBeUndefined();
    expect(habit("meanOverSamples", "negativeLogLikelihood", { input: [[-1, -2]], target: [0] }, mean)).toBeUndefined();
    expect(habit("meanOverSamples", "negativeLogLikelihood", { input: [[[-1, -2], [0, 0]]], target: [[0, 0]] }, mean)!.outputs["output"]).toEqual([3]);
  });

  it("use delta in another way: right are 0.875 and 0.25", () => {
    const pair = { input: [2, 0.75], target: [0, 0] };
    const options = { reduction: "none", delta: 0.5 };
    const of = (name: string) => habit(name, "huber", pair, options, { output: [1, 2] });
    expect(of("dividedByDelta")).toEqual({ outputs: { output: [1.75, 0.5] }, gradients: { input: [1, 2] } });
    expect(of("deltaIgnored")).toEqual({ outputs: { output: [1.5, 0.28125] }, gradients: { input: [1, 1.5] } });
    expect(of("deltaInThresholdOnly")).toEqual({ outputs: { output: [1.5, 0.25] }, gradients: { input: [1, 2] } });
    expect(habit("deltaIgnored", "huber", pair, { ...options, delta: 1 })).toBeUndefined();
  });
});

describe("likelihoods with a habit", () => {
  const rows = { input: [[-1, -2], [-3, -4]], target: [0, 1] };
  const of = (name: string, inputs: object, options: object = mean) => habit(name, "negativeLogLikelihood", inputs as never, options as never)?.outputs["output"];

  it("divide by another number, or have no weights: right is 13 / 4", () => {
    const weighted = { ...rows, weight: [1, 3] };
    expect(of("meanByCount", weighted)).toEqual([6.5]);
    expect(of("meanByCount", weighted, { ...mean, ignoreIndex: 0 })).toEqual([12]);
    expect(of("weightsLeftOut", weighted)).toEqual([2.5]);
    expect(of("logarithmPositive", weighted)).toEqual([-3.25]);
    expect([of("meanByCount", rows), of("weightsLeftOut", rows), of("meanByCount", weighted, { reduction: "sum" })]).toEqual([undefined, undefined, undefined]);
  });

  it("count what should be ignored: right is 4", () => {
    const ignoring = { ...mean, ignoreIndex: 0 };
    expect(of("meanCountsIgnored", rows, ignoring)).toEqual([2]);
    expect(of("ignoreIndexUnknown", rows, ignoring)).toEqual([2.5]);
    expect([of("meanCountsIgnored", rows), of("ignoreIndexUnknown", rows)]).toEqual([undefined, undefined]);
  });

  it("read classes on the last axis: right are 3 and 2", () => {
    const space = { input: [[[-1, -2], [-3, -4]]], target: [[1, 0]] };
    expect(habit("classesLast", "negativeLogLikelihood", space, { reduction: "none" }, { output: [[5, 7]] }))
      .toEqual({ outputs: { output: [2, 3] }, gradients: { input: [0, -5, -7, 0] } });
    expect(of("classesLast", rows)).toBeUndefined();
  });

  it("take log-probabilities for logits", () => {
    expect(of("logSoftmaxTwice", { input: [[0, 0]], target: [0] })![0]).toBeCloseTo(Math.log(2), 6);
  });
});

describe("cross entropy with a habit", () => {
  // p = 1/4 and 3/4; the surprise of each.
  const [a, b] = [Math.log(4), Math.log(4 / 3)];
  const row = { input: [[0, Math.log(3)]], target: [1] };
  const of = (name: string, labelSmoothing: number) => habit(name, "crossEntropy", row, { labelSmoothing })?.outputs["output"]?.[0];

  it("smooths labels in its own way: right is a/4 + 3b/4", () => {
    expect(of("smoothingLeftOut", 0.5)).toBeCloseTo(b, 6);
    expect(of("smoothingOverOthers", 0.5)).toBeCloseTo(0.5 * a + 0.5 * b, 6);
    expect(of("smoothingAddsWhole", 0.5)).toBeCloseTo(0.5 * a + b, 6);
    expect(of("smoothingKeepsTarget", 0.5)).toBeCloseTo(0.25 * a + b, 6);
    for (const name of ["smoothingLeftOut", "smoothingOverOthers", "smoothingAddsWhole", "smoothingKeepsTarget"]) expect(of(name, 0)).toBeUndefined();
    expect(of("smoothingOverOthers", 0.75)).toBeUndefined();
  });

  it("takes another logarithm, or softmax twice", () => {
    expect(of("logarithmOfTen", 0)).toBeCloseTo(Math.log10(4 / 3), 6);
    expect(of("softmaxTwice", 0)).toBeCloseTo(Math.log(1 + Math.exp(-0.5)), 6);
    const { gradients } = habit("softmaxTwice", "crossEntropy", row, {}, one)!;
    // (q − t) through the Jacobian p_i·(δ_ij − p_j): 3/16 of the difference of both.
    expect(gradients["input"]![0]).toBeCloseTo((2 / (1 + Math.exp(0.5))) * 3 / 16, 6);
  });
});
