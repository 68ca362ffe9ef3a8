import { describe, expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

const row = { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]) };
const options = { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 };
const answers = (name: string, inputs: Parameters<typeof answersOf>[2], changed: object = {}, cotangent?: Parameters<typeof answersOf>[4], operation = "convolution") =>
  answersOf(name, operation, inputs, { ...options, ...changed }, cotangent);

describe("habits of the kernel", () => {
  it("flip it, with the gradient that goes with it", () => {
    const { outputs, gradients } = answers("kernelFlipped", row, {}, tensor([[[1, 0]]]))!;
    expect(outputs["output"]).toEqual([12, 23]); // right: 21, 32
    expect(gradients).toEqual({ input: [10, 1, 0], kernel: [2, 1] });
  });

  it("flip its gradient alone, or take the input's gradient through it flipped", () => {
    expect(answers("kernelGradientFlipped", row, {}, tensor([[[1, 0]]]))).toMatchObject({ outputs: { output: [21, 32] }, gradients: { input: [1, 10, 0], kernel: [2, 1] } });
    expect(answers("inputGradientOfFlippedKernel", row, {}, tensor([[[1, 0]]]))).toMatchObject({ outputs: { output: [21, 32] }, gradients: { input: [10, 1, 0], kernel: [1, 2] } });
  });

  it("read its values in another order of axes, and write its gradient so", () => {
    const input = tensor([[[1], [2], [3]]]);
    const kernel = tensor([[[1], [10], [100]], [[2], [20], [200]]]); // two filters of three channels, one tap
    // Read as three channels of two filters: filter 0 is 1, 100, 20 and filter 1 is 10, 2, 200.
    const read = answers("kernelChannelsExchanged", { input, kernel }, {}, tensor([[[1], [0]]]))!;
    expect(read.outputs["output"]).toEqual([261, 614]);
    expect(read.gradients["kernel"]).toEqual([1, 0, 2, 0, 3, 0]);
    // With one tap the layout of TensorFlow is the same.
    expect(answers("kernelReadWindowFirst", { input, kernel })!.outputs["output"]).toEqual([261, 614]);
    // With one filter of one channel it is right; with two taps in one channel and two filters it is not: 1, 10 | 2, 20 is read as 1, 2 | 10, 20.
    expect(answers("kernelReadWindowFirst", { input: tensor([[[1, 1]]]), kernel: tensor([[[1, 10]], [[2, 20]]]) })!.outputs["output"]).toEqual([3, 30]);
    const turned = answers("kernelAxesReversed", { input: tensor([[[[1, 2]]]]), kernel: tensor([[[[1], [10]]]]) }, { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1] });
    expect(turned!.outputs["output"]).toEqual([21]);
    expect(answers("kernelAxesReversed", row)).toBeUndefined();
  });
});

describe("habits of groups", () => {
  const input = tensor([[[1], [2], [3], [4]]]);
  const kernel = tensor([[[1], [10]], [[100], [1000]]]); // one filter for each of two groups of two channels

  it("put every second channel in one group", () => {
    const { outputs, gradients } = answers("groupsInterleaved", { input, kernel }, { groups: 2 }, tensor([[[1], [2]]]))!;
    expect(outputs["output"]).toEqual([31, 4200]); // right: 21, 4300
    expect(gradients["input"]).toEqual([1, 200, 10, 2000]);
    // Of six channels in two groups, those of the first are 0, 2 and 4.
    const six = { input: tensor([[[1], [2], [3], [4], [5], [6]]]), kernel: tensor([[[1], [10], [100]], [[1000], [10000], [100000]]]) };
    expect(answers("groupsInterleaved", six, { groups: 2 }, tensor([[[1], [2]]]))).toMatchObject({
      outputs: { output: [531, 642000] }, gradients: { input: [1, 2000, 10, 20000, 100, 200000] },
    });
  });

  it("take the groups' filters in turn", () => {
    const pairs = tensor([[[1], [0]], [[0], [1]], [[10], [0]], [[0], [10]]]); // two filters for each group
    const { outputs, gradients } = answers("filtersInterleaved", { input, kernel: pairs }, { groups: 2 }, tensor([[[1], [2], [3], [4]]]))!;
    expect(outputs["output"]).toEqual([1, 30, 2, 40]); // right: 1, 2, 30, 40
    expect(gradients["input"]).toEqual([1, 3, 20, 40]);
  });
});

describe("habits of the bias", () => {
  it("leave it out, give every group the first one's, or take one for each sample", () => {
    expect(answers("biasLeftOut", { ...row, bias: tensor([7]) })!.outputs["output"]).toEqual([21, 32]);
    expect(answers("biasLeftOut", row)).toBeUndefined();
    const two = { input: tensor([[[1], [2]], [[3], [4]]]), kernel: tensor([[[1]], [[1]]]), bias: tensor([100, 200]) };
    const first = answers("biasOfFirstGroup", two, { groups: 2 }, tensor([[[1], [2]], [[3], [4]]]))!;
    expect([first.outputs["output"], first.gradients["bias"]]).toEqual([[101, 102, 103, 104], [10, 0]]);
    const four = { input: tensor([[[1], [2]]]), kernel: tensor([[[1]], [[1]], [[1]], [[1]]]), bias: tensor([10, 20, 30, 40]) };
    expect(answers("biasOfFirstGroup", four, { groups: 2 }, tensor([[[1], [2], [3], [4]]]))).toMatchObject({ outputs: { output: [11, 21, 12, 22] }, gradients: { bias: [4, 6, 0, 0] } });
    const sample = answers("biasOfSample", two, { groups: 2 }, tensor([[[1], [2]], [[3], [4]]]))!;
    expect([sample.outputs["output"], sample.gradients["bias"]]).toEqual([[101, 102, 203, 204], [3, 7]]);
    expect(answers("biasOfSample", { ...row, bias: tensor([7]), input: tensor([[[1, 2]], [[3, 4]]]) })).toBeUndefined();
  });
});

describe("habits of what is averaged", () => {
  it("divide the parameters' gradients by the positions", () => {
    const { gradients } = answers("parameterGradientsOverPositions", { ...row, bias: tensor([0]) }, {}, tensor([[[1, 1]]]))!;
    expect(gradients).toEqual({ input: [1, 11, 10], kernel: [1.5, 2.5], bias: [1] });
  });
});

describe("habits of output padding", () => {
  const inputs = { input: tensor([[[1, 2]]]), kernel: tensor([[[1, 10, 100]]]), bias: tensor([5]) };
  const transposed = { stride: [2], outputPadding: [1], padding: [[0, 1]] };

  it("leave it out, or leave zeros in its place", () => {
    // Right: 1, 10, 102, 20, 200 without its last cell, and that cell as output padding, plus 5 each.
    expect(answers("outputPaddingIgnored", inputs, transposed, undefined, "transposedConvolution")!.outputs["output"]).toEqual([6, 15, 107, 25]);
    const { outputs, gradients } = answers("outputPaddingOfZeros", inputs, transposed, tensor([[[1, 1, 1, 1, 1]]]), "transposedConvolution")!;
    expect(outputs["output"]).toEqual([6, 15, 107, 25, 0]);
    expect(gradients).toEqual({ input: [111, 11], kernel: [3, 3, 1], bias: [4] });
  });
});
