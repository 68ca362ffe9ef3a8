import { expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

/** Five cells in three windows: right are 0–1, 1–3 and 3–4. */
const five = tensor([[[1, 2, 4, 8, 16]]]);
const mean = (name: string, outputs: number, input = five) =>
  answersOf(name, "adaptiveAveragePooling", { input }, { outputSize: [outputs] }, tensor([[Array.from({ length: outputs }, (_, i) => 6 * (i + 1))]]));
const largest = (name: string, outputs: number, input = five) =>
  answersOf(name, "adaptiveMaxPooling", { input }, { outputSize: [outputs] }, tensor([[Array.from({ length: outputs }, (_, i) => 6 * (i + 1))]]));

it("habits of adaptive windows round their ends down", () => {
  // 0, 1–2, 3–4.
  expect(mean("windowEndRoundedDown", 3)).toMatchObject({ outputs: { output: [1, 3, 12] }, gradients: { input: [6, 6, 6, 9, 9] } });
  expect(largest("windowEndRoundedDown", 3)).toMatchObject({ outputs: { output: [1, 4, 16], indices: [0, 2, 4] }, gradients: { input: [6, 0, 12, 0, 18] } });
  expect(mean("windowEndRoundedDown", 3, tensor([[[1, 2]]]))).toBeUndefined();
});

it("habits of adaptive windows make them all of one size", () => {
  // A stride of ⌊5 / 3⌋ = 1, windows of 5 − 2 = 3 cells: 0–2, 1–3, 2–4.
  expect(largest("windowsOfOneSize", 3)!.outputs).toEqual({ output: [4, 8, 16], indices: [2, 3, 4] });
  expect(mean("windowsOfOneSize", 2)).toMatchObject({ outputs: { output: [7 / 3, 28 / 3].map(Math.fround) }, gradients: { input: [2, 2, 6, 4, 4] } });
  expect(mean("windowsOfOneSize", 3, tensor([[[1, 2]]]))).toBeUndefined();
});

it("habits of adaptive windows take cells that lie apart", () => {
  const four = tensor([[[1, 2, 4, 8]]]);
  expect(largest("windowsInterleaved", 2, four)).toMatchObject({ outputs: { output: [4, 8], indices: [2, 3] }, gradients: { input: [0, 0, 6, 12] } });
  // Along an axis that does not divide evenly nothing is mistaken.
  expect(mean("windowsInterleaved", 3)!.outputs["output"]).toEqual([1.5, 14 / 3, 12].map(Math.fround));
  const plane = answersOf("windowsInterleaved", "adaptiveAveragePooling", { input: tensor([[[[1, 2, 4, 8], [16, 32, 64, 128]]]]) }, { outputSize: [1, 2] })!;
  expect(plane.outputs["output"]).toEqual([85 / 4, 170 / 4]);
});
