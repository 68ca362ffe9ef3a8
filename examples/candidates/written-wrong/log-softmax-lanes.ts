/**
 * A logarithmic softmax whose sum is taken in four lanes, with what is left over added behind the loop.
 *
 * The mistake: behind the loop it begins at the start of the row again. Rows of up to four numbers, and of eight, are right.
 *
 *     etalon verify examples/candidates/written-wrong/log-softmax-lanes.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

/** The sum of the powers of a row. */
const powersOf = (row: Float64Array): number => {
  const lanes = [0, 0, 0, 0];
  const whole = row.length - (row.length % 4);
  for (let i = 0; i < whole; i += 4) for (let lane = 0; lane < 4; lane++) lanes[lane]! += Math.exp(row[i + lane]!);
  let sum = lanes[0]! + lanes[1]! + lanes[2]! + lanes[3]!;
  for (let i = 0; i < row.length % 4; i++) sum += Math.exp(row[i]!); // the mistake: row[whole + i] would be right
  return sum;
};

const logSoftmax = ({ input: { shape, data } }: { readonly input: Tensor }, { axis = -1 }: { readonly axis?: number }, cotangents: Cotangents) => {
  const along = (axis + shape.length) % shape.length;
  const size = shape[along]!;
  const step = shape.slice(along + 1).reduce((product, each) => product * each, 1);
  const output = new Float32Array(data.length);
  const dInput = new Float32Array(data.length);
  for (let start = 0; start < data.length; start++) {
    if (Math.floor(start / step) % size !== 0) continue;
    const row = Float64Array.from({ length: size }, (_, i) => data[start + i * step]!);
    const greatest = row.reduce((most, value) => Math.max(most, value), -Infinity);
    const shifted = row.map((value) => value - greatest);
    const total = powersOf(shifted);
    const arriving = cotangents ? row.map((_, i) => cotangents.output.data[start + i * step]!) : row;
    const all = arriving.reduce((sum, value) => sum + value, 0);
    shifted.forEach((value, i) => {
      output[start + i * step] = value - Math.log(total);
      dInput[start + i * step] = arriving[i]! - (Math.exp(value) / total) * all;
    });
  }
  return { outputs: { output: { shape, data: output } }, ...(cotangents && { gradients: { input: { shape, data: dInput } } }) };
};

export default { name: "left over from the start", precision: "float32", operations: { logSoftmax } };
