/**
 * A convolution along any number of axes that works out where each window reads once for a geometry, and remembers it.
 *
 * The mistake: two geometries are taken for one if their sizes and strides agree. Dilation and padding are not part of the key.
 *
 *     etalon verify examples/candidates/written-wrong/convolution-cached-taps.ts
 */
import type { Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
type Options = WindowOptions & { readonly groups: number };

const remembered = new Map<string, Int32Array>();

/** [positions, taps]: the cell of a plane, or -1 in the padding. */
const tapsOf = (space: readonly number[], window: readonly number[], out: readonly number[], { stride, dilation, padding }: Options): Int32Array => {
  const key = [space, window, out, stride].join(";"); // the mistake: dilation and padding ought to be in it
  const known = remembered.get(key);
  if (known) return known;
  let table = [0];
  let [positions, taps] = [1, 1];
  space.forEach((size, a) => {
    const wider: number[] = [];
    for (let p = 0; p < positions * out[a]!; p++) for (let t = 0; t < taps * window[a]!; t++) {
      const outer = table[Math.floor(p / out[a]!) * taps + Math.floor(t / window[a]!)]!;
      const at = (p % out[a]!) * stride[a]! + (t % window[a]!) * dilation[a]! - padding[a]![0];
      wider.push(outer < 0 || at < 0 || at >= size ? -1 : outer * size + at);
    }
    table = wider;
    positions *= out[a]!;
    taps *= window[a]!;
  });
  remembered.set(key, Int32Array.from(table));
  return remembered.get(key)!;
};

const convolution = ({ input, kernel, bias }: Inputs, options: Options) => {
  const [batch, channels, ...space] = input.shape as [number, number, ...number[]];
  const [filters, share, ...window] = kernel.shape as [number, number, ...number[]];
  const out = space.map((size, a) =>
    Math.floor((size + options.padding[a]![0] + options.padding[a]![1] - (window[a]! - 1) * options.dilation[a]! - 1) / options.stride[a]!) + 1);
  const [cells, taps, positions] = [space, window, out].map((sizes) => sizes.reduce((product, size) => product * size, 1)) as [number, number, number];
  const table = tapsOf(space, window, out, options);
  const output = new Float32Array(batch * filters * positions);
  for (let n = 0; n < batch; n++) for (let k = 0; k < filters; k++) for (let p = 0; p < positions; p++) {
    let sum = bias?.data[k] ?? 0;
    for (let c = 0; c < share; c++) for (let t = 0; t < taps; t++) {
      const cell = table[p * taps + t]!;
      const plane = n * channels + Math.floor((k * options.groups) / filters) * share + c;
      if (cell >= 0) sum += input.data[plane * cells + cell]! * kernel.data[(k * share + c) * taps + t]!;
    }
    output[(n * filters + k) * positions + p] = sum;
  }
  return { outputs: { output: { shape: [batch, filters, ...out], data: output } } };
};

export default { name: "windows remembered by size", precision: "float32", operations: { convolution } };
