/**
 * The numbers of a case: for each element a function of its place and one seed, so that a case keeps its numbers when its shape shrinks.
 *
 * The structure tier draws small whole numbers. All its sums are then exact in every order and every precision whose accumulator holds
 * Σ|terms|, which is proved for each case before it is used: an implementation must return the very number. The rounding tier draws reals
 * that make sums hard: mixed and equal signs, wide exponents, cancellation, very large beside very small. The special tier puts NaN, infinities
 * and their like among reals; the degenerate tier takes whole numbers where they are exact, else reals, and the sizes at their edges; the sizes
 * tier takes the same numbers for tensors with long axes; laws take either.
 *
 * @module
 */
import { sizeOf } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Answers, Terms } from "./catalog/operation.ts";
import { specialRegimes } from "./special.ts";

/** The kinds of data: each finds what the others cannot. */
export type Tier = "structure" | "rounding" | "special" | "degenerate" | "sizes" | "laws" | "statistics";

/** Whether numbers are whole or real, by the tier that is made of such. */
export type Numbers = "structure" | "rounding";

/** All tiers, in the order in which they are run. @internal */
export const tiers: readonly Tier[] = ["structure", "rounding", "special", "degenerate", "sizes", "laws", "statistics"];

/** How many kinds of numbers each tier has; a case draws one. @internal */
export const regimes: Readonly<Record<Tier, number>> = {
  structure: 4, rounding: 5, special: specialRegimes.length, degenerate: 4, sizes: 2, laws: 60, statistics: 1,
};

/** How many cases a tier has where the structure and rounding tiers have 200. @internal */
export const casesOf = (tier: Tier, cases: number): number =>
  Math.ceil(cases * { structure: 1, rounding: 1, special: 0.3, degenerate: 0.3, sizes: 0.15, laws: 0.2, statistics: 1 }[tier]);

/** Whether a tier's numbers are whole or real: edges and long axes take whole ones where an operation is exact on them. @internal */
export const numbersOf = (tier: Tier, exact: boolean): Numbers =>
  (exact && (tier === "structure" || tier === "degenerate" || tier === "sizes") ? "structure" : "rounding");

/** Noise in [0, 1) for one element: a hash of the seed, the tensor's name, the index along each axis, and a stream. @internal */
export const noise = (seed: number, name: string, index: readonly number[], stream: number): number =>
  noiseOf(placeHash(nameHash(seed, name), index), stream);

/** The hash of a tensor's name, which all its elements share. @internal */
export function nameHash(seed: number, name: string): number {
  let hash = seed | 0;
  for (let i = 0; i < name.length; i++) hash = stir(hash, name.charCodeAt(i));
  return hash;
}

/** The hash of one element's place, which all its streams share. @internal */
export function placeHash(name: number, index: readonly number[]): number {
  let hash = name;
  for (let axis = 0; axis < index.length; axis++) hash = stir(hash, index[axis]! + 1 + (axis << 16));
  return stir(hash, index.length);
}

/** The noise of a place in one stream. @internal */
export const noiseOf = (place: number, stream: number): number => (stir(place, stream + 0x1234567) >>> 0) * 2 ** -32;

function stir(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  const spread = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return spread ^ (spread >>> 16);
}

/**
 * A whole number of the structure tier: nonzero of both signs, with ties and zeros, all negative, or all positive. Of a range below 1 only
 * that share of the numbers is left, the others are 0.
 *
 * @internal
 */
export function wholeNumber(regime: number, range: number, first: number, second: number): number {
  if (first >= range) return 0;
  const size = 1 + Math.floor(first * range);
  switch (regime) {
    case 0: return second < 0.5 ? -size : size;
    case 1: return Math.floor(first * 3) - 1;
    case 2: return -size;
    default: return size;
  }
}

/**
 * A real number of the rounding tier, already rounded to float32: even spread, wide exponents, one sign, cancellation, and magnitudes of
 * 10²⁷ for the first input beside 10⁻²⁷ for all others.
 *
 * @internal
 */
export function realNumber(regime: number, leading: boolean, first: number, second: number, third: number): number {
  const sign = second < 0.5 ? -1 : 1;
  switch (regime) {
    case 0: return Math.fround(2 * first - 1);
    case 1: return Math.fround(sign * (1 + first) * 2 ** (Math.floor(third * 41) - 20));
    case 2: return Math.fround(first + 2 ** -20);
    case 3: return Math.fround(sign * (1 + first * 2 ** -12));
    default: return Math.fround((2 * first - 1) * (leading ? 2 ** 90 : 2 ** -90));
  }
}

/** A tensor whose every element is a function of its index. @internal */
export function tensorOf(shape: Shape, value: (index: readonly number[]) => number): Tensor {
  const data = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(index);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return adopt(shape, data);
}

/** Whether every sum of a case stays where all partial sums are exact: Σ|terms| below the accumulator's last exact number. @internal */
export const sumsAreExact = ({ outputs, gradients }: Answers<Terms>, exactBelow: number): boolean =>
  [...Object.values(outputs), ...Object.values(gradients)].every(({ sum }) => raw(sum).every((terms) => terms < exactBelow));
