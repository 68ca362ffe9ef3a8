import { expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

const input = tensor([[[1, 2, 3]]]);
const ones = tensor([[[1, 10, 100, 1000, 10000, 100000]]]);
const padded = (name: string, mode: string, more: object = {}) => answersOf(name, "pad", { input }, { padding: [[2, 1]], mode, ...more }, ones);

it("habits of padding repeat the edge of a reflection, or exchange it for the edge alone", () => {
  // Right: 3, 2 | 1, 2, 3 | 2.
  const { outputs, gradients } = padded("reflectionRepeatsEdge", "reflect")!;
  expect([outputs["output"], gradients["input"]]).toEqual([[2, 1, 1, 2, 3, 3], [110, 1001, 110000]]);
  expect(padded("reflectionRepeatsEdge", "replicate")).toBeUndefined();
  expect(padded("reflectAndReplicateExchanged", "reflect")!.outputs["output"]).toEqual([1, 1, 1, 2, 3, 3]);
  expect(padded("reflectAndReplicateExchanged", "replicate")!.outputs["output"]).toEqual([3, 2, 1, 2, 3, 2]);
  expect(padded("reflectAndReplicateExchanged", "circular")).toBeUndefined();
  const plane = answersOf("reflectionRepeatsEdge", "pad", { input: tensor([[[[1, 2], [3, 4]]]]) }, { padding: [[1, 0], [0, 1]], mode: "reflect" })!;
  expect(plane.outputs["output"]).toEqual([1, 2, 2, 1, 2, 2, 3, 4, 4]);
});

it("habits of padding put zeros there, whatever was asked for", () => {
  expect(padded("modeIgnored", "circular")!.outputs["output"]).toEqual([0, 0, 1, 2, 3, 0]);
  expect(padded("constantIgnored", "constant", { value: 7 })!.outputs["output"]).toEqual([0, 0, 1, 2, 3, 0]);
  expect(padded("constantIgnored", "zero")).toBeUndefined();
});

it("habits of padding hand back the input itself", () => {
  expect(padded("inputAsGradient", "zero")!.gradients["input"]).toEqual([1, 2, 3]);
});
