import { describe, expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

const pool = { window: [2], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false };
const answers = (name: string, values: readonly number[], changed: object = {}, cotangent?: readonly number[], operation = "maxPooling") =>
  answersOf(name, operation, { input: tensor([[values]]) }, { ...pool, ...changed }, cotangent && tensor([[cotangent]]));

describe("habits of windows", () => {
  it("take the window for the stride, and the other rounding of sizes", () => {
    expect(answers("strideOfWindow", [1, 2, 3, 4])!.outputs["output"]).toEqual([2, 4]);
    expect(answers("roundingOfSizeExchanged", [1, 2, 3], { stride: [2] })!.outputs["output"]).toEqual([2, 3]);
    expect(answers("roundingOfSizeExchanged", [1, 2, 3], { stride: [2], ceilMode: true })!.outputs["output"]).toEqual([2]);
  });

  it("take its axes in the opposite order, or the first for both", () => {
    const square = { ...pool, window: [1, 2], stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1] };
    const input = tensor([[[[1, 2], [3, 4]]]]);
    const output = (name: string) => answersOf(name, "maxPooling", { input }, square)!.outputs["output"];
    expect([output("windowAxesReversed"), output("windowOfFirstAxis")]).toEqual([[3, 4], [1, 2, 3, 4]]);
  });
});

describe("habits of overlapping windows", () => {
  it("overwrite what an earlier window gave", () => {
    expect(answers("overlapOverwritten", [1, 5, 1], {}, [10, 20])!.gradients["input"]).toEqual([0, 20, 0]);
    expect(answers("overlapOverwritten", [5, 1, 5], {}, [10, 20], "minPooling")!.gradients["input"]).toEqual([0, 20, 0]);
    expect(answers("overlapOverwritten", [1, 5, 1], { countPadding: false }, [10, 20], "averagePooling")!.gradients["input"]).toEqual([5, 10, 10]);
  });
});

describe("habits of the divisor", () => {
  const average = (name: string, values: readonly number[], changed: object, cotangent?: readonly number[]) =>
    answers(name, values, { countPadding: false, stride: [2], ...changed }, cotangent, "averagePooling");

  it("count padding where it should not be, or the reverse", () => {
    expect(average("divisorCountsPadding", [1, 2, 3], { padding: [[1, 0]] })!.outputs["output"]).toEqual([0.5, 2.5]);
    expect(average("divisorCountsPadding", [1, 2, 3], { padding: [[1, 0]], countPadding: true })!.outputs["output"]).toEqual([1, 2.5]);
  });

  it("count what hangs over the end, forward and backward or backward alone", () => {
    const hanging = { ceilMode: true, countPadding: true };
    expect(average("divisorCountsOverhang", [1, 3, 8], hanging, [2, 2])).toMatchObject({ outputs: { output: [2, 4] }, gradients: { input: [1, 1, 1] } });
    expect(average("gradientDivisorCountsOverhang", [1, 3, 8], hanging, [2, 2])).toMatchObject({ outputs: { output: [2, 8] }, gradients: { input: [1, 1, 1] } });
    expect(average("divisorCountsOverhang", [1, 3, 8], { ceilMode: true })).toBeUndefined();
    expect(average("gradientDivisorCountsOverhang", [1, 3, 8], { ...hanging, divisor: 3 }, [2, 2])).toBeUndefined();
  });

  it("ignore it where it is given, or do not divide at all", () => {
    expect(average("divisorIgnored", [1, 3], { divisor: 8 })!.outputs["output"]).toEqual([2]);
    expect(average("divisorIgnored", [1, 3], { divisor: 8, countPadding: true })).toBeUndefined();
    expect(average("sumInsteadOfMean", [1, 3], {}, [5])).toMatchObject({ outputs: { output: [4] }, gradients: { input: [5, 5] } });
    expect(average("gradientNotDivided", [1, 3], {}, [5])).toMatchObject({ outputs: { output: [2] }, gradients: { input: [5, 5] } });
    const adaptive = (name: string) => answersOf(name, "adaptiveAveragePooling", { input: tensor([[[1, 3, 8]]]) }, { outputSize: [1] }, tensor([[[5]]]));
    expect(adaptive("sumInsteadOfMean")).toMatchObject({ outputs: { output: [12] }, gradients: { input: [5, 5, 5] } });
    expect(adaptive("gradientNotDivided")).toMatchObject({ outputs: { output: [4] }, gradients: { input: [5, 5, 5] } });
  });
});

describe("habits of powers", () => {
  it("divide by the taps under the root, or keep the sign", () => {
    expect(answers("meanOfPowers", [3, 4], { power: 1 }, [2], "lpPooling")).toMatchObject({ outputs: { output: [3.5] }, gradients: { input: [1, 1] } });
    expect(answers("signedPowers", [-3, 4], { power: 1 }, [2], "lpPooling")).toMatchObject({ outputs: { output: [1] }, gradients: { input: [2, 2] } });
    // A norm of 2 over the root of four taps.
    expect(answers("meanOfPowers", [1, 1, 1, 1], { power: 2, window: [4] }, [8], "lpPooling")).toMatchObject({ outputs: { output: [1] }, gradients: { input: [2, 2, 2, 2] } });
    // 27 + 64 + 125 = 6³, and a slope of (x / 6)².
    expect(answers("signedPowers", [3, 4, 5], { power: 3, window: [3] }, [36], "lpPooling")).toMatchObject({ outputs: { output: [6] }, gradients: { input: [9, 16, 25] } });
    expect(answers("signedPowers", [-2, -2], { power: 3 }, undefined, "lpPooling")!.outputs["output"]).toEqual([NaN]);
    expect(answers("signedPowers", [0, 0], { power: 3 }, [2], "lpPooling")!.gradients["input"]).toEqual([0, 0]);
    expect(answers("signedPowers", [-3, 4], { power: 2 }, undefined, "lpPooling")).toBeUndefined();
  });
});
