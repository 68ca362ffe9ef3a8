/**
 * An average pooling by an integral image: every window costs four reads, whatever its size.
 *
 * The mistake: the table is kept in float32. A window far from the corner is the small difference of large sums.
 *
 *     etalon verify examples/candidates/written-wrong/average-pooling-integral.ts
 */
import type { Tensor, WindowOptions } from "../types.ts";

type Options = WindowOptions & { readonly window: readonly number[]; readonly countPadding: boolean; readonly divisor?: number };

const averagePooling = ({ input }: { readonly input: Tensor }, options: Options) => {
  const { window, stride, padding, dilation, ceilMode, countPadding, divisor } = options;
  if (input.shape.length !== 4) return { skipped: "pictures only" };
  if (ceilMode) return { skipped: "no ceilMode" };
  if (dilation.some((each) => each !== 1)) return { skipped: "no dilation" };
  const [batch, channels, height, width] = input.shape as [number, number, number, number];
  const outSize = (axis: number, size: number): number =>
    Math.floor((size + padding[axis]![0] + padding[axis]![1] - window[axis]!) / stride[axis]!) + 1;
  const [outHeight, outWidth] = [outSize(0, height), outSize(1, width)];

  const output = new Float32Array(batch * channels * outHeight * outWidth);
  const table = new Float32Array((height + 1) * (width + 1)); // the mistake: double storage would do
  let next = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += input.data[(plane * height + y) * width + x]!;
        table[(y + 1) * (width + 1) + x + 1] = table[y * (width + 1) + x + 1]! + row;
      }
    }
    const corner = (y: number, x: number): number => table[y * (width + 1) + x]!;
    for (let oy = 0; oy < outHeight; oy++) for (let ox = 0; ox < outWidth; ox++) {
      const [y, x] = [oy * stride[0]! - padding[0]![0], ox * stride[1]! - padding[1]![0]];
      const [y0, x0] = [Math.max(y, 0), Math.max(x, 0)];
      const [y1, x1] = [Math.min(y + window[0]!, height), Math.min(x + window[1]!, width)];
      const sum = corner(y1, x1) - corner(y0, x1) - corner(y1, x0) + corner(y0, x0);
      output[next++] = sum / (divisor ?? (countPadding ? window[0]! * window[1]! : (y1 - y0) * (x1 - x0)));
    }
  }
  return { outputs: { output: { shape: [batch, channels, outHeight, outWidth], data: output } } };
};

export default { name: "integral image in float32", precision: "float32", operations: { averagePooling } };
