/**
 * An Lp pooling along one or two axes, with whole powers.
 *
 * The mistake: its gradient takes x to the power p - 1, which has the sign of x only where p is even. For odd p, negative numbers get the
 * gradient of positive ones.
 *
 *     etalon verify examples/candidates/written-wrong/lp-pooling-odd-power.ts
 */
import type { Cotangents, Tensor, WindowOptions } from "../types.ts";

type Options = WindowOptions & { readonly window: readonly number[]; readonly power: number };

const lpPooling = ({ input }: { readonly input: Tensor }, options: Options, cotangents: Cotangents) => {
  const { power, ceilMode } = options;
  const axes = input.shape.length - 2;
  if (axes > 2) return { skipped: "no volumes" };
  if (ceilMode) return { skipped: "no ceilMode" };
  if (!Number.isInteger(power)) return { skipped: "whole powers only" };
  const space = input.shape.slice(2);
  const out = space.map((size, a) => {
    const [before, after] = options.padding[a]!;
    return Math.floor((size + before + after - (options.window[a]! - 1) * options.dilation[a]! - 1) / options.stride[a]!) + 1;
  });
  /** Along one axis, the cells of one window. */
  const cells = (a: number, position: number): number[] => {
    const first = position * options.stride[a]! - options.padding[a]![0];
    return Array.from({ length: options.window[a]! }, (_, t) => first + t * options.dilation[a]!).filter((at) => at >= 0 && at < space[a]!);
  };
  const columns = axes === 2 ? space[1]! : 1;
  const [outRows, outColumns] = [out[0]!, out[1] ?? 1];

  const output: number[] = [];
  const dInput = new Float64Array(input.data.length);
  for (let plane = 0; plane < input.shape[0]! * input.shape[1]!; plane++) {
    for (let oy = 0; oy < outRows; oy++) for (let ox = 0; ox < outColumns; ox++) {
      const places = cells(0, oy).flatMap((y) => (axes === 2 ? cells(1, ox) : [0]).map((x) => (plane * space[0]! + y) * columns + x));
      const sum = places.reduce((total, place) => total + Math.abs(input.data[place]!) ** power, 0);
      const norm = sum ** (1 / power);
      if (cotangents && norm !== 0) {
        for (const place of places) dInput[place]! += cotangents.output.data[output.length]! * (input.data[place]! / norm) ** (power - 1); // the mistake
      }
      output.push(norm);
    }
  }
  return {
    outputs: { output: { shape: [input.shape[0]!, input.shape[1]!, ...out], data: Float32Array.from(output) } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: Float32Array.from(dInput) } } }),
  };
};

export default { name: "even powers for all", precision: "float32", operations: { lpPooling } };
