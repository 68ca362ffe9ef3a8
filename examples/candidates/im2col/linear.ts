import type { Cotangents, Tensor } from "../types.ts";
import { addProduct, matrix, transposed } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import { count, zeros } from "./tensor.ts";

interface LayerInputs {
  readonly input: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** output = input · weightᵀ + bias, over all leading axes. */
export const fullyConnected = ({ input, weight, bias }: LayerInputs, _options: object, cotangents: Cotangents) => {
  const [size, inputSize] = weight.shape as [number, number];
  const leading = input.shape.slice(0, -1);
  const rows = count(leading);
  const asRows = ({ data }: Tensor, columns: number): Matrix => matrix(data, rows, columns);

  const output = zeros([...leading, size]);
  if (bias) for (let row = 0; row < rows; row++) output.data.set(bias.data, row * size);
  addProduct(asRows(input, inputSize), transposed(matrix(weight.data, size, inputSize)), asRows(output, size));
  if (!cotangents) return { outputs: { output } };

  const dOutput = cotangents.output;
  const dInput = zeros(input.shape);
  const dWeight = zeros(weight.shape);
  const dBias = zeros([size]);
  addProduct(asRows(dOutput, size), matrix(weight.data, size, inputSize), asRows(dInput, inputSize));
  addProduct(transposed(asRows(dOutput, size)), asRows(input, inputSize), matrix(dWeight.data, size, inputSize));
  dOutput.data.forEach((value, i) => (dBias.data[i % size]! += value));
  return { outputs: { output }, gradients: { input: dInput, weight: dWeight, ...(bias && { bias: dBias }) } };
};

interface Factors {
  readonly left: Tensor;
  readonly right: Tensor;
}

interface ProductOptions {
  readonly transposeLeft: boolean;
  readonly transposeRight: boolean;
}

/** A factor without leading axes takes part in every product of the batch, and gathers the gradient of all. */
export const matrixProduct = ({ left, right }: Factors, options: ProductOptions, cotangents: Cotangents) => {
  const leading = left.shape.length > right.shape.length ? left.shape.slice(0, -2) : right.shape.slice(0, -2);
  const leftOf = (data: Float32Array, b: number): Matrix => matrixOf(data, left.shape, b, options.transposeLeft);
  const rightOf = (data: Float32Array, b: number): Matrix => matrixOf(data, right.shape, b, options.transposeRight);
  const rows = left.shape.at(options.transposeLeft ? -1 : -2)!;
  const columns = right.shape.at(options.transposeRight ? -2 : -1)!;

  const output = zeros([...leading, rows, columns]);
  const dLeft = zeros(left.shape);
  const dRight = zeros(right.shape);
  for (let b = 0; b < count(leading); b++) {
    addProduct(leftOf(left.data, b), rightOf(right.data, b), matrixOf(output.data, output.shape, b, false));
    if (!cotangents) continue;
    const dOutput = matrixOf(cotangents.output.data, output.shape, b, false);
    addProduct(dOutput, transposed(rightOf(right.data, b)), leftOf(dLeft.data, b));
    addProduct(transposed(leftOf(left.data, b)), dOutput, rightOf(dRight.data, b));
  }
  return { outputs: { output }, ...(cotangents && { gradients: { left: dLeft, right: dRight } }) };
};

const matrixOf = (data: Float32Array, shape: readonly number[], item: number, transpose: boolean): Matrix => {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const stored = matrix(data, rows, columns, shape.length > 2 ? item * rows * columns : 0);
  return transpose ? transposed(stored) : stored;
};
