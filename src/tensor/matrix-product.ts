/**
 * The matrix product and its gradient, over one or many pairs of matrices.
 *
 *     y[…, i, j] = Σ_k left[…, i, k] · right[…, k, j]
 *
 * Layout: left `[…, m, k]`, right `[…, k, n]`, output `[…, m, n]`. The leading axes are equal, or absent on one side, whose one
 * matrix then serves for all. Source: ONNX MatMul-13 for the rule of the axes.
 *
 * @module
 */
import { addresses, contract } from "./contraction.ts";
import { checkOptions } from "./options.ts";
import { sameShape, show, sizeOf, wrongValue } from "./shape.ts";
import { adopt, checkTensor, checkTensorOf, doubles, emptyStorage, fromDoubles, raw } from "./tensor.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** How the operands of {@link matrixProduct} are read. */
export interface MatrixProductOptions {
  /** Whether `left` is stored as `[…, k, m]`. Default false. */
  readonly transposeLeft?: boolean;
  /** Whether `right` is stored as `[…, n, k]`. Default false. */
  readonly transposeRight?: boolean;
}

interface Plan {
  readonly outputShape: Shape;
  /** How many products, and how far apart the matrices of each operand lie: 0 where one serves for all. */
  readonly products: number;
  readonly leftStep: number;
  readonly rightStep: number;
  readonly outputStep: number;
  /** Where i, k and j lie within one matrix of each operand. */
  readonly leftRows: Int32Array;
  readonly leftColumns: Int32Array;
  readonly rightRows: Int32Array;
  readonly rightColumns: Int32Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

function plan(name: string, left: Tensor, right: Tensor, options: MatrixProductOptions): Plan {
  checkOptions(name, options, { transposeLeft: "boolean", transposeRight: "boolean" });
  const { transposeLeft = false, transposeRight = false } = options;
  const [a, b] = [checkTensor(name, "left", left).shape, checkTensor(name, "right", right).shape];
  const shapes = (): string => `left ${show(a)}, right ${show(b)}`;
  if (a.length < 2 || b.length < 2) throw wrongValue(name, "operands of at least two axes", shapes());
  const [m, k] = transposeLeft ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [rightK, n] = transposeRight ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  if (k !== rightK) throw wrongValue(name, `right with ${k} values to sum over, as left has`, `${rightK}; ${shapes()}`);
  const [leftBatch, rightBatch] = [a.slice(0, -2), b.slice(0, -2)];
  if (leftBatch.length > 0 && rightBatch.length > 0 && !sameShape(leftBatch, rightBatch)) {
    throw wrongValue(name, "equal leading axes, or none on one side", shapes());
  }
  const batch = leftBatch.length > 0 ? leftBatch : rightBatch;
  return {
    outputShape: [...batch, m, n], products: sizeOf(batch),
    leftStep: leftBatch.length > 0 ? m * k : 0, rightStep: rightBatch.length > 0 ? k * n : 0, outputStep: m * n,
    leftRows: addresses([m], [transposeLeft ? 1 : k]), leftColumns: addresses([k], [transposeLeft ? m : 1]),
    rightRows: addresses([k], [transposeRight ? 1 : n]), rightColumns: addresses([n], [transposeRight ? k : 1]),
    rows: addresses([m], [n]), columns: addresses([n], [1]),
  };
}

/**
 * The product of two matrices, or of many pairs of them.
 *
 * @param left - `[…, m, k]`
 * @param right - `[…, k, n]`
 * @returns `[…, m, n]`; a sum over nothing (k = 0) is 0
 * @throws RangeError where the axes do not fit
 *
 * @example
 * ```ts
 * import { matrixProduct, tensor, toNested } from "etalon/tensor";
 * toNested(matrixProduct(tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]]))); // => [[19, 22], [43, 50]]
 * matrixProduct(tensor([[1, 2]]), tensor([[1, 2]])); // throws RangeError: matrixProduct: expected right with 2 values to sum over
 * ```
 */
export function matrixProduct(left: Tensor, right: Tensor, options: MatrixProductOptions = {}): Tensor {
  const { outputShape, products, leftStep, rightStep, outputStep, leftRows, leftColumns, rightRows, rightColumns, rows, columns } =
    plan("matrixProduct", left, right, options);
  const output = emptyStorage([left, right], sizeOf(outputShape));
  const [a, b] = [doubles(left), doubles(right)];
  for (let i = 0; i < products; i++) {
    const l = a.subarray(i * leftStep);
    const r = b.subarray(i * rightStep);
    const y = output.subarray(i * outputStep);
    contract({ data: l, line: leftRows, depth: leftColumns }, { data: r, line: rightColumns, depth: rightRows }, { row: rows, column: columns }, y);
  }
  return adopt(outputShape, output);
}

/**
 * Σ left·right over pairs of matrices, and a row added to every row: all in one sum a number, without a matrix for each product. In double.
 *
 * @internal
 */
export function sumOfProducts(pairs: readonly (readonly [left: Tensor, right: Tensor])[], row: Tensor | undefined): Tensor {
  const products = pairs.map(([left, right]) => ({ left: doubles(left), right: doubles(right), ...plan("sumOfProducts", left, right, {}) }));
  const { outputShape, rows, columns } = products[0]!;
  const sums = new Float64Array(sizeOf(outputShape));
  if (row !== undefined) for (const start of rows) sums.set(raw(row), start);
  for (const { left, right, leftRows, leftColumns, rightRows, rightColumns } of products) {
    contract({ data: left, line: leftRows, depth: leftColumns }, { data: right, line: rightColumns, depth: rightRows }, { row: rows, column: columns }, sums);
  }
  return adopt(outputShape, sums);
}

/**
 * The gradient of {@link matrixProduct} with respect to both operands.
 *
 * y[i,j] = Σ_k l[i,k]·r[k,j] is linear in each operand, so
 *
 *     dl[i,k] = Σ_j dy[i,j]·r[k,j]
 *     dr[k,j] = Σ_i l[i,k]·dy[i,j]
 * and where one matrix serves for many products, its gradient is the sum over them.
 *
 * @param dOutput - `[…, m, n]`, the gradient that arrives at the output
 * @returns the gradients, each of its operand's shape
 * @throws RangeError where the axes do not fit
 *
 * @example
 * ```ts
 * import { matrixProductBackward, tensor, toNested } from "etalon/tensor";
 * const gradient = matrixProductBackward(tensor([[1, 2]]), tensor([[3], [4]]), tensor([[10]]));
 * toNested(gradient.left); // => [[30, 40]]
 * toNested(gradient.right); // => [[10], [20]]
 * ```
 */
export function matrixProductBackward(
  left: Tensor, right: Tensor, dOutput: Tensor, options: MatrixProductOptions = {},
): { readonly left: Tensor; readonly right: Tensor } {
  const { outputShape, products, leftStep, rightStep, outputStep, leftRows, leftColumns, rightRows, rightColumns, rows, columns } =
    plan("matrixProductBackward", left, right, options);
  checkTensorOf("matrixProductBackward", "dOutput", dOutput, outputShape);
  const [a, b, dOutputs] = [doubles(left), doubles(right), doubles(dOutput)];
  const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)];
  for (let i = 0; i < products; i++) {
    const l = a.subarray(i * leftStep);
    const r = b.subarray(i * rightStep);
    const dy = dOutputs.subarray(i * outputStep);
    const dl = da.subarray(i * leftStep);
    const dr = db.subarray(i * rightStep);
    contract({ data: dy, line: rows, depth: columns }, { data: r, line: rightRows, depth: rightColumns }, { row: leftRows, column: leftColumns }, dl);
    contract({ data: l, line: leftColumns, depth: leftRows }, { data: dy, line: columns, depth: rows }, { row: rightRows, column: rightColumns }, dr);
  }
  const operands = [left, right, dOutput];
  return { left: fromDoubles(operands, left.shape, da), right: fromDoubles(operands, right.shape, db) };
}
