import { describe, expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

/** One sample, one channel, three cells, under a kernel of two taps. */
const row = { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]) };
const options = { stride: [1], padding: [[1, 0]], dilation: [1], groups: 1 };
const output = (name: string, changed: object = options, inputs: Parameters<typeof answersOf>[2] = row, operation = "convolution") =>
  answersOf(name, operation, inputs, changed)?.outputs["output"];

/** Two axes, where their order can be mistaken: each cell is 10 · row + column. */
const plane = { input: tensor([[[[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]]]), kernel: tensor([[[[1]]]]) };
const square = { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 };

describe("habits of padding", () => {
  it("take its sides for each other, one side for both, or none", () => {
    // Right, with a cell in front: 10, 21, 32.
    expect(output("paddingSidesSwapped")).toEqual([21, 32, 3]);
    expect(output("paddingBeforeOnBothSides")).toEqual([10, 21, 32, 3]);
    expect(output("paddingIgnored")).toEqual([21, 32]);
  });

  it("take its axes in the opposite order, or a list of it in pairs", () => {
    const padded = { ...square, padding: [[1, 2], [3, 4]] };
    const shape = (name: string) => answersOf(name, "convolution", plane, padded)!.shape;
    // Right: 1 + 3 + 2 by 3 + 4 + 4.
    expect(shape("paddingAxesReversed")).toEqual([1, 1, 3 + 3 + 4, 1 + 4 + 2]);
    // Before both axes 1, 3; after them 2, 4: in pairs [1, 3] and [2, 4].
    expect(shape("paddingReadInPairs")).toEqual([1, 1, 1 + 3 + 3, 2 + 4 + 4]);
    expect(output("paddingReadInPairs")).toBeUndefined();
  });
});

describe("habits of strides and dilations", () => {
  it("leave them out, or take them in another order", () => {
    const strided = { ...square, stride: [2, 3] };
    // Right: 0, 3, 20, 23.
    expect(output("strideAxesReversed", strided, plane)).toEqual([0, 2]);
    expect(output("strideOfFirstAxis", strided, plane)).toEqual([0, 2, 20, 22]);
    expect(output("strideIgnored", strided, plane)).toHaveLength(12);
    expect(output("strideAxesReversed")).toBeUndefined();
  });

  it("read taps that lie together, whatever the dilation, under an output that knows it or not", () => {
    const dilated = { ...options, padding: [[0, 0]], dilation: [2] };
    // Right: 1 + 30.
    expect(output("dilationIgnored", dilated)).toEqual([21, 32]);
    expect(output("dilationOnlyInShape", dilated)).toEqual([21]);
    const gradients = answersOf("dilationOnlyInShape", "convolution", row, dilated, tensor([[[2]]]))!.gradients;
    expect(gradients).toEqual({ input: [2, 20, 0], kernel: [2, 4] });
  });

  it("count the gaps between taps, or move dilations on by an axis", () => {
    expect(output("dilationCountsGaps", { ...options, padding: [[0, 0]] })).toEqual([31]);
    const two = { input: plane.input, kernel: tensor([[[[1, 1000]]]]) };
    const dilated = { ...square, dilation: [2, 3] };
    expect(output("dilationAxesReversed", dilated, two)).toEqual([2000, 3001, 12010, 13011, 22020, 23021]);
    expect(output("dilationShifted", dilated, two)).toEqual(output("dilationAxesReversed", dilated, two));
    expect(output("dilationShifted", { ...options, dilation: [2] })).toBeUndefined();
  });
});

describe("habits of layout", () => {
  const input = tensor([[[1, 2, 3], [4, 5, 6]]]);
  const pool = { window: [1], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false };
  const given = tensor([[[10, 20, 30], [40, 50, 60]]]);

  it("answer with channels last", () => {
    const { outputs, gradients, shape } = answersOf("answerChannelsLast", "maxPooling", { input }, pool, given)!;
    expect([shape, outputs["output"], gradients["input"]]).toEqual([[1, 3, 2], [1, 4, 2, 5, 3, 6], [10, 40, 20, 50, 30, 60]]);
  });

  it("write values in that order, and read what comes back for them in it", () => {
    const { outputs, gradients, shape } = answersOf("valuesChannelsLast", "maxPooling", { input }, pool, given)!;
    expect([shape, outputs["output"]]).toEqual([[1, 2, 3], [1, 4, 2, 5, 3, 6]]);
    // The six cotangents belong to the cells 1, 4, 2, 5, 3, 6.
    expect(gradients["input"]).toEqual([10, 30, 50, 20, 40, 60]);
  });

  it("read the input in that order, and write its gradient so", () => {
    const { outputs, gradients } = answersOf("inputReadChannelsLast", "maxPooling", { input }, pool, given)!;
    expect(outputs["output"]).toEqual([1, 3, 5, 2, 4, 6]);
    expect(gradients["input"]).toEqual([10, 40, 20, 50, 30, 60]);
  });
});
