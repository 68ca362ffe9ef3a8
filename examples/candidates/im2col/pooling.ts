import type { Cotangents, Tensor, WindowOptions } from "../types.ts";
import { count, zeros } from "./tensor.ts";
import { OVERHANG, windows } from "./window.ts";

interface Inputs {
  readonly input: Tensor;
}

type Options = WindowOptions & { readonly window: readonly number[] };
type AverageOptions = Options & { readonly countPadding: boolean; readonly divisor?: number };

/** The first of the extreme values wins, the first NaN wins over all numbers. */
const extremePooling = (beats: (value: number, best: number) => boolean) =>
  ({ input }: Inputs, options: Options, cotangents: Cotangents) => {
    const { planes, plane, outputShape, positions, taps, source } = planOf(input, options);
    const output = zeros(outputShape);
    const indices = zeros(outputShape);
    const dInput = zeros(input.shape);
    for (let p = 0; p < planes; p++) {
      for (let position = 0; position < positions; position++) {
        let winner = -1;
        let best = 0;
        for (let tap = 0; tap < taps; tap++) {
          const at = source[tap * positions + position]!;
          if (at < 0) continue;
          const value = input.data[p * plane + at]!;
          if (winner < 0 || beats(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) {
            winner = at;
            best = value;
          }
        }
        if (winner < 0) throw new RangeError("pooling: expected windows that meet the input, got one wholly in the padding");
        const o = p * positions + position;
        output.data[o] = best;
        indices.data[o] = winner;
        if (cotangents) dInput.data[p * plane + winner]! += cotangents.output.data[o]!;
      }
    }
    return { outputs: { output, indices }, ...(cotangents && { gradients: { input: dInput } }) };
  };

export const maxPooling = extremePooling((value, best) => value > best);
export const minPooling = extremePooling((value, best) => value < best);

export const averagePooling = ({ input }: Inputs, options: AverageOptions, cotangents: Cotangents) => {
  const { planes, plane, outputShape, positions, taps, source } = planOf(input, options);
  const output = zeros(outputShape);
  const dInput = zeros(input.shape);
  const divisors = new Float32Array(positions);
  source.forEach((at, i) => {
    if (options.countPadding ? at !== OVERHANG : at >= 0) divisors[i % positions]! += 1;
  });
  if (options.divisor !== undefined) divisors.fill(options.divisor);
  for (let p = 0; p < planes; p++) {
    for (let i = 0; i < taps * positions; i++) {
      const at = source[i]!;
      if (at < 0) continue;
      const o = p * positions + (i % positions);
      output.data[o]! += input.data[p * plane + at]!;
      if (cotangents) dInput.data[p * plane + at]! += Math.fround(cotangents.output.data[o]! / divisors[i % positions]!);
    }
  }
  for (let o = 0; o < output.data.length; o++) output.data[o]! /= divisors[o % positions]!;
  return { outputs: { output }, ...(cotangents && { gradients: { input: dInput } }) };
};

const planOf = (input: Tensor, options: Options) => {
  const [batch, channels, ...space] = input.shape as [number, number, ...number[]];
  const sliding = windows(space, options.window, options);
  return { planes: batch * channels, plane: count(space), outputShape: [batch, channels, ...sliding.shape], ...sliding };
};
