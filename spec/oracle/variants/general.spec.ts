import { expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

it("habits of any backward pass: another sign, twice, nothing, or a cotangent of ones", () => {
  const gradient = (name: string) => answersOf(name, "relu", { input: tensor([2, -1]) }, {}, tensor([3, 5]))!;
  expect(["gradientNegated", "gradientDoubled", "gradientZero", "cotangentOfOnes"].map((name) => gradient(name).gradients["input"])).toEqual([[-3, 0], [6, 0], [0, 0], [1, 0]]);
  expect(gradient("gradientNegated").outputs["output"]).toEqual([2, 0]);
  expect(answersOf("cotangentOfOnes", "relu", { input: tensor([2, -1]) }, {})!.gradients).toEqual({});
});

it("habits of parameters: the last sample alone, or a mean over samples", () => {
  const inputs = { input: tensor([[1], [2]]), weight: tensor([[10]]), bias: tensor([0]) };
  const gradients = (name: string, input = inputs.input) => answersOf(name, "fullyConnected", { ...inputs, input }, {}, input.shape.length === 2 ? tensor([[3], [4]]) : tensor([3]))?.gradients;
  expect(gradients("parameterGradientsOfLastSample")).toEqual({ input: [30, 40], weight: [8], bias: [4] });
  expect(gradients("parameterGradientsOverSamples")).toEqual({ input: [30, 40], weight: [5.5], bias: [3.5] });
  expect(gradients("parameterGradientsOfLastSample", tensor([1]))).toBeUndefined();
  expect(gradients("parameterGradientsOverSamples", tensor([1]))).toEqual({ input: [30], weight: [3], bias: [3] });
});
