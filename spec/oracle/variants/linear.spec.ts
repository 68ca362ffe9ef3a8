import { expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

it("habits of the fully connected layer read the weight as the other library stores it", () => {
  // Two outputs of three inputs, 1, 10, 100 | 2, 20, 200, read as three inputs of two outputs: 1, 100, 20 and 10, 2, 200.
  const inputs = { input: tensor([1, 2, 3]), weight: tensor([[1, 10, 100], [2, 20, 200]]) };
  const { outputs, gradients } = answersOf("weightReadInputsFirst", "fullyConnected", inputs, {}, tensor([1, 0]))!;
  expect(outputs["output"]).toEqual([261, 614]);
  expect(gradients).toEqual({ input: [1, 100, 20], weight: [1, 0, 2, 0, 3, 0] });
});

const product = (name: string, left: Parameters<typeof tensor>[0], right: Parameters<typeof tensor>[0], options: object = {}, cotangent?: Parameters<typeof tensor>[0]) =>
  answersOf(name, "matrixProduct", { left: tensor(left), right: tensor(right) }, { transposeLeft: false, transposeRight: false, ...options }, cotangent === undefined ? undefined : tensor(cotangent));

it("habits of the matrix product ignore that an operand is transposed", () => {
  // Left is stored as two rows of one, and one row of two is wanted.
  const { outputs, gradients } = product("transposesIgnored", [[1, 2], [3, 4], [5, 6]], [[1], [10], [100]], { transposeLeft: true }, [[1], [0]])!;
  expect(outputs["output"]).toEqual([321, 654]); // right: 531, 642
  expect(gradients).toEqual({ left: [1, 10, 100, 0, 0, 0], right: [1, 2, 3] });
});

it("habits of the matrix product go down the columns", () => {
  // Read so, left is 1, 3, 5 | 2, 4, 6.
  const { outputs, gradients } = product("columnMajor", [[1, 2, 3], [4, 5, 6]], [[1], [10], [100]], {}, [[1], [0]])!;
  expect(outputs["output"]).toEqual([531, 642]);
  expect(gradients).toEqual({ left: [1, 0, 10, 0, 100, 0], right: [1, 3, 5] });
  expect(product("columnMajor", [[1], [2]], [[1, 10]])!.outputs["output"]).toEqual([1, 2, 10, 20]);
});

it("habits of the matrix product know one matrix only", () => {
  const { outputs, gradients } = product("laterMatricesZero", [[[1]], [[2]]], [[[3]], [[4]]], {}, [[[1]], [[1]]])!;
  expect([outputs["output"], gradients]).toEqual([[3, 0], { left: [3, 0], right: [1, 0] }]);
});

it("habits of the matrix product leave a gradient for each pair", () => {
  const { outputs, gradients } = product("gradientNotSummedOverBatch", [[[1]], [[2]]], [[3]], {}, [[[1]], [[10]]])!;
  expect([outputs["output"], gradients]).toEqual([[3, 6], { left: [3, 30], right: [1, 20] }]);
});
