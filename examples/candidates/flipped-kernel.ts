/**
 * A candidate with the classic mistake: it computes the convolution of mathematics, whose kernel is flipped along its spatial
 * axes, where networks compute the cross-correlation. All else is right, and the gradients are those of what it computes.
 *
 *     etalon verify examples/candidates/flipped-kernel.ts
 */
import type { Cotangents, Tensor, WindowOptions } from "./types.ts";

interface Inputs {
  readonly input: Tensor;
  readonly kernel: Tensor;
  readonly bias?: Tensor;
}

type Options = WindowOptions & { readonly groups: number };
type Pair = [number, number];
type Visit = (output: number, input: number, kernel: number) => void;

const convolution = ({ input, kernel, bias }: Inputs, options: Options, cotangents: Cotangents) => {
  if (input.shape.length !== 4) return { skipped: "two spatial axes only" };
  const shape = outputShape(input.shape, kernel.shape, options);
  const [, filters, height, width] = shape as [number, number, number, number];
  const filterOf = (index: number): number => Math.floor(index / (height * width)) % filters;

  const output = zeros(shape);
  const { data: y } = output;
  const { data: x } = input;
  const { data: w } = kernel;
  if (bias) y.forEach((_, index) => (y[index] = bias.data[filterOf(index)]!));
  forEachTap(input.shape, kernel.shape, shape, options, (o, i, k) => { y[o]! += x[i]! * w[k]!; });
  if (!cotangents) return { outputs: { output } };

  const { data: dy } = cotangents.output;
  const dInput = zeros(input.shape);
  const dKernel = zeros(kernel.shape);
  const dBias = zeros([filters]);
  forEachTap(input.shape, kernel.shape, shape, options, (o, i, k) => {
    dInput.data[i]! += dy[o]! * w[k]!;
    dKernel.data[k]! += dy[o]! * x[i]!;
  });
  dy.forEach((value, index) => (dBias.data[filterOf(index)]! += value));
  return { outputs: { output }, gradients: { input: dInput, kernel: dKernel, ...(bias && { bias: dBias }) } };
};

/** Visits every product of the convolution: flat positions in output, input and kernel. */
const forEachTap = (
  input: readonly number[], kernel: readonly number[], output: readonly number[], options: Options, visit: Visit,
): void => {
  const [batch, channels, height, width] = input as [number, number, number, number];
  const [filters, share, tall, wide] = kernel as [number, number, number, number];
  const [strideY, strideX] = options.stride as Pair;
  const [dilationY, dilationX] = options.dilation as Pair;
  const [top, left] = options.padding.map(([before]) => before) as Pair;
  const [outHeight, outWidth] = output.slice(2) as Pair;
  for (let n = 0; n < batch; n++) for (let k = 0; k < filters; k++) for (let c = 0; c < share; c++) {
    const channel = Math.floor((k * options.groups) / filters) * share + c;
    for (let oy = 0; oy < outHeight; oy++) for (let ox = 0; ox < outWidth; ox++) {
      for (let ky = 0; ky < tall; ky++) for (let kx = 0; kx < wide; kx++) {
        const y = oy * strideY + ky * dilationY - top;
        const x = ox * strideX + kx * dilationX - left;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        visit(
          ((n * filters + k) * outHeight + oy) * outWidth + ox,
          ((n * channels + channel) * height + y) * width + x,
          ((k * share + c) * tall + (tall - 1 - ky)) * wide + (wide - 1 - kx), // the mistake: ky and kx would be right
        );
      }
    }
  }
};

const outputShape = (input: readonly number[], kernel: readonly number[], { stride, padding, dilation }: Options): number[] => [
  input[0]!,
  kernel[0]!,
  ...input.slice(2).map((size, axis) => {
    const [before, after] = padding[axis]!;
    const extent = (kernel[axis + 2]! - 1) * dilation[axis]! + 1;
    return Math.floor((size + before + after - extent) / stride[axis]!) + 1;
  }),
];

const zeros = (shape: readonly number[]): Tensor => ({
  shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

export default { name: "flipped-kernel", precision: "float32", operations: { convolution } };
