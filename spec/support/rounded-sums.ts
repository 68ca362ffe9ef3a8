/**
 * Correct rounding, judged with exact rationals: every output and every gradient of convolution and average pooling is a sum of products,
 * gathered in double and rounded once to float32. It must be the float32 nearest to the true sum, or else the true sum must lie within
 * n·2⁻⁵³ Σ|terms| of a rounding boundary.
 *
 * Which products belong to which sum is told by the geometry of the definitions, not by the library's.
 */
import { expect } from "vitest";
import type { AveragePoolingOptions } from "../../src/cnn/average-pooling.ts";
import type { ConvolutionOptions } from "../../src/cnn/convolution.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { accumulationRadius, judgeRounding, rational, rationals } from "../definitions/index.ts";
import type { Options, Rational } from "../definitions/index.ts";
import { indices } from "../definitions/nested.ts";
import { axesOf, isInside, isInsidePadded, perAxis, positionOf } from "../definitions/window.ts";

/** For each number of a result the terms that it is the sum of. */
export type Sums = readonly (readonly Rational[])[];

const exact = rationals.from;

const flatOf = (index: readonly number[], shape: readonly number[]): number => index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0);

const emptySums = (tensor: Tensor): Rational[][] => tensor.values.map(() => []);

/** The terms of a convolution and of its gradients: each triple of a tap, a position and a number under the tap is one in each. */
export function convolutionTerms(
  input: Tensor, kernel: Tensor, bias: Tensor | undefined, dOutput: Tensor, options: ConvolutionOptions,
): { readonly outputs: Sums; readonly kernels: Sums; readonly biases: Sums; readonly inputs: Sums } {
  const [, channels, ...lengths] = input.shape as [number, number, ...number[]];
  const [filters, groupChannels, ...sizes] = kernel.shape as [number, number, ...number[]];
  const axes = axesOf(lengths, sizes, options as Options, 1);
  const [outputs, kernels, inputs] = [dOutput, kernel, input].map(emptySums) as [Rational[][], Rational[][], Rational[][]];
  const biases: Rational[][] = Array.from({ length: bias === undefined ? 0 : filters }, () => []);
  const [x, w, dy] = [input, kernel, dOutput].map(({ values }) => values.map(exact)) as [Rational[], Rational[], Rational[]];
  for (const [n, k, ...o] of indices(dOutput.shape) as [number, number, ...number[]][]) {
    const at = flatOf([n, k, ...o], dOutput.shape);
    if (bias !== undefined) outputs[at]!.push(exact(bias.values[k]!));
    biases[k]?.push(dy[at]!);
    for (const [c, ...t] of indices([groupChannels, ...sizes]) as [number, ...number[]][]) {
      const position = positionOf(axes, o, t);
      if (!isInside(axes, position)) continue;
      const tap = flatOf([k, c, ...t], kernel.shape);
      const cell = flatOf([n, Math.floor(k / (filters / (channels / groupChannels))) * groupChannels + c, ...position], input.shape);
      outputs[at]!.push(rationals.multiply(w[tap]!, x[cell]!));
      kernels[tap]!.push(rationals.multiply(dy[at]!, x[cell]!));
      inputs[cell]!.push(rationals.multiply(w[tap]!, dy[at]!));
    }
  }
  return { outputs, kernels, biases, inputs };
}

/** The terms of an average pooling and of its gradient, each divided by its window's divisor. */
export function poolingTerms(input: Tensor, dOutput: Tensor, options: AveragePoolingOptions): { readonly outputs: Sums; readonly inputs: Sums } {
  const lengths = input.shape.slice(2);
  const sizes = perAxis("window", options.window, lengths.length);
  const axes = axesOf(lengths, sizes, options, sizes);
  const [outputs, inputs] = [dOutput, input].map(emptySums) as [Rational[][], Rational[][]];
  for (const [n, c, ...o] of indices(dOutput.shape) as [number, number, ...number[]][]) {
    const at = flatOf([n, c, ...o], dOutput.shape);
    const taps = indices(sizes).map((t) => positionOf(axes, o, t));
    const inside = taps.filter((position) => isInside(axes, position));
    const counted = options.countPadding === true ? taps.filter((position) => isInsidePadded(axes, position)) : inside;
    const divisor = exact(options.divisor ?? counted.length);
    for (const position of inside) {
      const cell = flatOf([n, c, ...position], input.shape);
      outputs[at]!.push(rationals.divide(exact(input.values[cell]!), divisor));
      inputs[cell]!.push(rationals.divide(exact(dOutput.values[at]!), divisor));
    }
  }
  return { outputs, inputs };
}

const total = (terms: readonly Rational[]): Rational => terms.reduce(rationals.add, rational(0n));

const magnitude = (term: Rational): Rational => (term.numerator < 0n ? rationals.negate(term) : term);

/** How one number compares with the exact sum of its terms. */
export const judgeSum = (actual: number, terms: readonly Rational[]): ReturnType<typeof judgeRounding> =>
  judgeRounding(actual, total(terms), accumulationRadius(terms.length, total(terms.map(magnitude))));

/** Counts judgements over many results; anything but "rounded" and "excused" fails at once, many excuses fail at the end. */
export function expectRounded(what: string): { readonly judge: (result: Tensor, sums: Sums) => void; readonly report: () => void } {
  const counts = { rounded: 0, excused: 0, long: 0, longInFloat32: 0 };
  return {
    judge: (result, sums) => {
      expect(result.values.length).toBe(sums.length);
      result.values.forEach((value, i) => {
        const verdict = judgeSum(value, sums[i]!);
        expect(verdict, `${what}: ${value} at ${i}`).not.toBe("wrong");
        counts[verdict as "rounded" | "excused"]++;
        if (sums[i]!.length < 3) return;
        counts.long++;
        const naive = sums[i]!.reduce((sum, term) => Math.fround(sum + rationals.toNumber(term)), 0);
        if (judgeSum(naive, sums[i]!) !== "wrong") counts.longInFloat32++;
      });
    },
    report: () => {
      const all = counts.rounded + counts.excused;
      const inFloat32 = counts.longInFloat32 / counts.long;
      console.info(`${what}: ${counts.excused} of ${all} numbers excused; gathered in float32, ${Math.round(100 * (1 - inFloat32))} % of the longer sums would be wrong`);
      // The excuse is for cancellation: it must stay the exception. And coarser sums must be found out.
      expect(counts.excused / all, what).toBeLessThan(0.02);
      expect(inFloat32, what).toBeLessThan(0.95);
    },
  };
}
