/**
 * A convolution over planes that are copied, with their padding, into one scratch buffer that is kept between calls.
 *
 * The mistake: the buffer is zero only where it was just allocated. After a call with other sizes, old numbers stand in the padding.
 *
 *     etalon verify examples/candidates/written-wrong/convolution-scratch.ts
 */
import type { Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
type Pair = readonly [number, number];

let scratch = new Float32Array(0);

const convolution = ({ input, kernel, bias }: Inputs, { stride, padding, dilation, groups }: WindowOptions & { readonly groups: number }) => {
  if (input.shape.length !== 4) return { skipped: "pictures only" };
  const [batch, channels, height, width] = input.shape as [number, number, number, number];
  const [filters, share, tall, wide] = kernel.shape as [number, number, number, number];
  const [[top, bottom], [left, right]] = padding as [Pair, Pair];
  const [strideY, strideX] = stride as Pair;
  const [dilationY, dilationX] = dilation as Pair;
  const rowLength = left + width + right;
  const paddedHeight = top + height + bottom;
  const outHeight = Math.floor((paddedHeight - (tall - 1) * dilationY - 1) / strideY) + 1;
  const outWidth = Math.floor((rowLength - (wide - 1) * dilationX - 1) / strideX) + 1;

  const planeSize = paddedHeight * rowLength;
  if (scratch.length < channels * planeSize) scratch = new Float32Array(channels * planeSize); // the mistake: else it ought to be cleared

  const output = new Float32Array(batch * filters * outHeight * outWidth);
  let next = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const from = ((n * channels + c) * height + y) * width;
        scratch.set(input.data.subarray(from, from + width), c * planeSize + (top + y) * rowLength + left);
      }
    }
    for (let k = 0; k < filters; k++) {
      const first = Math.floor(k / (filters / groups)) * share;
      for (let oy = 0; oy < outHeight; oy++) for (let ox = 0; ox < outWidth; ox++) {
        let sum = bias ? bias.data[k]! : 0;
        let tap = k * share * tall * wide;
        for (let c = 0; c < share; c++) for (let ky = 0; ky < tall; ky++) {
          const row = (first + c) * planeSize + (oy * strideY + ky * dilationY) * rowLength + ox * strideX;
          for (let kx = 0; kx < wide; kx++) sum += scratch[row + kx * dilationX]! * kernel.data[tap++]!;
        }
        output[next++] = sum;
      }
    }
  }
  return { outputs: { output: { shape: [batch, filters, outHeight, outWidth], data: output } } };
};

export default { name: "scratch kept between calls", precision: "float32", operations: { convolution } };
