/**
 * A matrix product by dot products of four lanes each, with what is left over added behind the loop.
 *
 * The mistake: of three that are left over, the last one is forgotten. Any number of products but 3, 7, 11 … comes out right.
 *
 *     etalon verify examples/candidates/written-wrong/matrix-product-lanes.ts
 */
import type { Tensor } from "../types.ts";

interface Inputs { readonly left: Tensor; readonly right: Tensor }
interface Options { readonly transposeLeft: boolean; readonly transposeRight: boolean }

/** The dot product of two runs of numbers. */
const dot = (a: Float32Array, startA: number, stepA: number, b: Float32Array, startB: number, stepB: number, count: number): number => {
  const product = (i: number): number => a[startA + i * stepA]! * b[startB + i * stepB]!;
  const lanes = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < count; i += 4) for (let lane = 0; lane < 4; lane++) lanes[lane]! += product(i + lane);
  let sum = lanes[0]! + lanes[1]! + (lanes[2]! + lanes[3]!);
  if (count & 2) sum += product(i) + product(i + 1);
  else if (count & 1) sum += product(i); // the mistake: three are two and one
  return sum;
};

const matrixProduct = ({ left, right }: Inputs, { transposeLeft, transposeRight }: Options) => {
  const [rowsLeft, columnsLeft] = left.shape.slice(-2) as [number, number];
  const [rowsRight, columnsRight] = right.shape.slice(-2) as [number, number];
  const [m, k] = transposeLeft ? [columnsLeft, rowsLeft] : [rowsLeft, columnsLeft];
  const n = transposeRight ? rowsRight : columnsRight;
  const leading = left.shape.length > right.shape.length ? left.shape.slice(0, -2) : right.shape.slice(0, -2);
  const batch = leading.reduce((total, size) => total * size, 1);
  const output = new Float32Array(batch * m * n);
  let next = 0;
  for (let b = 0; b < batch; b++) {
    const startLeft = left.shape.length === 2 ? 0 : b * m * k;
    const startRight = right.shape.length === 2 ? 0 : b * k * n;
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
      const [atLeft, stepLeft] = transposeLeft ? [i, m] : [i * k, 1];
      const [atRight, stepRight] = transposeRight ? [j * k, 1] : [j, n];
      output[next++] = dot(left.data, startLeft + atLeft, stepLeft, right.data, startRight + atRight, stepRight, k);
    }
  }
  return { outputs: { output: { shape: [...leading, m, n], data: output } } };
};

export default { name: "two of three left over", precision: "float32", operations: { matrixProduct } };
