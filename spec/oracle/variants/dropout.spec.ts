import { expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

/** Two of three values kept; a quarter is dropped. Right: 4, 0, 16, and the cotangent likewise. */
const inputs = { input: tensor([3, 6, 12]), mask: tensor([1, 0, 1]) };
const dropped = (name: string, options: object = {}) => answersOf(name, "dropout", inputs, { rate: 0.25, training: true, ...options }, tensor([3, 3, 3]));
const both = (name: string, options: object = {}) => {
  const answers = dropped(name, options);
  return answers && [answers.outputs["output"], answers.gradients["input"]];
};

it("habits of dropout scale what is kept by another number, or at another time", () => {
  expect(both("keptNotScaled")).toEqual([[3, 0, 12], [3, 0, 3]]);
  expect(both("keptNotScaled", { training: false })).toBeUndefined();
  expect(both("scaledInInference")).toEqual([[3, 0, 12], [3, 0, 3]]);
  expect(both("scaledInInference", { training: false })).toEqual([[2.25, 4.5, 9], [2.25, 2.25, 2.25]]);
  expect(both("dividedByRate")).toEqual([[12, 0, 48], [12, 0, 12]]);
  expect(both("dividedByRate", { rate: 0 })).toBeUndefined();
  expect(both("scaledTwice", { rate: 0.5 })).toEqual([[12, 0, 48], [12, 0, 12]]);
  expect(both("gradientNotScaled")).toEqual([[4, 0, 16], [3, 0, 3]]);
});

it("habits of dropout drop what they should keep", () => {
  expect(both("maskInverted")).toEqual([[0, 8, 0], [0, 4, 0]]);
  expect(both("maskInverted", { training: false })).toBeUndefined();
  expect(both("alwaysTraining", { training: false })).toEqual([[4, 0, 16], [4, 0, 4]]);
  expect(both("alwaysTraining")).toBeUndefined();
});
