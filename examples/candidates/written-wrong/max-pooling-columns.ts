/**
 * A max pooling over pictures in two passes: the winner of every column of a window, then the winner of these.
 *
 * The mistake: where equal numbers tie, the first column wins, not the first row. Outputs are right, indices and gradients are not.
 *
 *     etalon verify examples/candidates/written-wrong/max-pooling-columns.ts
 */
import type { Cotangents, Tensor, WindowOptions } from "../types.ts";

type Options = WindowOptions & { readonly window: readonly number[] };

/** The place of the greatest of some places; of equal ones and of NaNs the first. */
const winner = (data: Float32Array, places: readonly number[]): number => {
  let best = places[0]!;
  for (const place of places) {
    if (Number.isNaN(data[best]!)) break;
    if (data[place]! > data[best]! || Number.isNaN(data[place]!)) best = place;
  }
  return best;
};

const maxPooling = ({ input }: { readonly input: Tensor }, { window, stride, padding, dilation, ceilMode }: Options, cotangents: Cotangents) => {
  if (input.shape.length !== 4) return { skipped: "pictures only" };
  if (ceilMode) return { skipped: "no ceilMode" };
  const [batch, channels, height, width] = input.shape as [number, number, number, number];
  const taps = (axis: number, size: number, position: number): number[] =>
    Array.from({ length: window[axis]! }, (_, t) => position * stride[axis]! + t * dilation[axis]! - padding[axis]![0]).filter((at) => at >= 0 && at < size);
  const outSize = (axis: number, size: number): number =>
    Math.floor((size + padding[axis]![0] + padding[axis]![1] - (window[axis]! - 1) * dilation[axis]! - 1) / stride[axis]!) + 1;
  const [outHeight, outWidth] = [outSize(0, height), outSize(1, width)];

  const shape = [batch, channels, outHeight, outWidth];
  const output = new Float32Array(batch * channels * outHeight * outWidth);
  const indices = new Float32Array(output.length);
  const dInput = new Float64Array(input.data.length);
  let next = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    const start = plane * height * width;
    for (let oy = 0; oy < outHeight; oy++) {
      const rows = taps(0, height, oy);
      const ofColumn = Array.from({ length: width }, (_, x) => winner(input.data, rows.map((y) => start + y * width + x)));
      for (let ox = 0; ox < outWidth; ox++) {
        const best = winner(input.data, taps(1, width, ox).map((x) => ofColumn[x]!)); // the mistake: a tie ought to be won by the lower row
        output[next] = input.data[best]!;
        indices[next] = best - start;
        if (cotangents) dInput[best]! += cotangents.output.data[next]!;
        next++;
      }
    }
  }
  return {
    outputs: { output: { shape, data: output }, indices: { shape, data: indices } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: Float32Array.from(dInput) } } }),
  };
};

export default { name: "the first column wins", precision: "float32", operations: { maxPooling } };
