/**
 * Error bounds: how far a correct implementation may be from the true value, whatever order it sums in.
 *
 * For a sum of n products, computed in any order with unit roundoff u, with or without fused multiply–add,
 *
 *     |ŷ − y| ≤ γ_n · Σ|terms| + n·η,   γ_n = n·u / (1 − n·u)
 *
 * where η is the distance between subnormal numbers. The operation supplies both ingredients itself: run on absolute values it sums the
 * absolute terms, run on ones it counts them. The reference's own double sums add n·2⁻⁵³·Σ|terms|.
 *
 * Two terms are given γ_3. A compensated sum rounds them twice where zeros follow, those of a padding for instance: what the first addition lost is added
 * once more. Through three terms or more it has no more roundings than any other order.
 *
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1, 4.3 (compensated summation) and 2.8 (underflow).
 *
 * @module
 */
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Operation, Options, Tensors, Terms } from "./catalog/operation.ts";
import type { Precision } from "./precision.ts";

/**
 * γ_n: the largest relative error of n roundings one on top of the other; infinite where n·u reaches 1.
 *
 * @example
 * ```ts
 * import { gamma } from "etalon/oracle";
 * gamma(1, 2 ** -24) / 2 ** -24; // => 1.00000006
 * gamma(300, 2 ** -8); // => Infinity
 * ```
 */
export function gamma(roundings: number, unit: number): number {
  return roundings * unit < 1 ? (roundings * unit) / (1 - roundings * unit) : Infinity;
}

/** Roundings that a library's exp, log, tanh or power may cost: three units in the last place are common, four are allowed. @internal */
export const functionRoundings = 8;

/** The reference is itself computed in doubles: candidate and reference together are as far off as code whose roundings are this large. @internal */
export const withReference = ({ unit }: Precision): number => unit + 2 ** -53;

/**
 * The radius of every element of a result that is a sum.
 *
 * @param extra - roundings beyond one a term: 0 for sums of products, −1 for plain sums, more where a scaling follows
 *
 * @internal
 */
export function sumRadius({ sum, count }: Terms, extra: number, { unit, tiny }: Precision): Tensor {
  const [sums, counts] = [raw(sum), raw(count)];
  const radii = new Float64Array(sums.length);
  for (let i = 0; i < radii.length; i++) {
    const [terms, n] = [sums[i]!, counts[i]!];
    const roundings = Math.max(0, (n === 2 ? 3 : n) + extra);
    if (n === 0 || roundings === 0) continue;
    radii[i] = (terms === 0 ? 0 : gamma(roundings, unit) * terms) + roundings * tiny + n * 2 ** -53 * terms; // γ may be infinite
  }
  return adopt(sum.shape, radii);
}

/** The radius of an operation whose outputs and gradients are sums of terms. @internal */
export const radiusOfSums = (
  terms: NonNullable<Operation["terms"]>, extra: { readonly outputs: number; readonly gradients: number },
): Operation["radius"] =>
  (inputs, options, cotangents, precision) => {
    const { outputs, gradients } = terms(inputs, options, cotangents);
    const radii = (of: Readonly<Record<string, Terms>>, more: number): Tensors =>
      mapNamed(of, (each) => sumRadius(each, more, precision));
    return { outputs: radii(outputs, extra.outputs), gradients: radii(gradients, extra.gradients) };
  };

/** The tensor's absolute values, over double storage. @internal */
export const absolute = (tensor: Tensor): Tensor => {
  const sizes = new Float64Array(raw(tensor));
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(sizes[i]!);
  return adopt(tensor.shape, sizes);
};

/** Ones of the tensor's shape, over double storage. @internal */
export const onesLike = (tensor: Tensor): Tensor => adopt(tensor.shape, new Float64Array(raw(tensor).length).fill(1));

/**
 * The terms of an operation that is a sum of products in its inputs: itself on absolute values, and itself on ones.
 *
 * @param counting - the options without any scale or divisor, so that ones are counted
 *
 * @internal
 */
export const termsOfProducts = (
  forward: Operation["forward"], backward: NonNullable<Operation["backward"]>, counting: (options: Options) => Options = (options) => options,
) => (inputs: Tensors, options: Options, cotangents: Tensors | undefined): Answers<Terms> => {
  const sizes = mapNamed(inputs, absolute);
  // The proof that sums are exact asks for sums alone: terms are counted where a count is read.
  const paired = (sums: Tensors, counts: () => Tensors): Readonly<Record<string, Terms>> => {
    const counted = once(counts);
    return mapNamed(sums, (sum, name) => ({
      sum,
      get count(): Tensor {
        return counted()[name]!;
      },
    }));
  };
  return {
    outputs: paired(forward(sizes, options), () => forward(mapNamed(inputs, onesLike), counting(options))),
    gradients: cotangents === undefined ? {} : paired(
      backward(sizes, options, mapNamed(cotangents, absolute)),
      () => backward(mapNamed(inputs, onesLike), counting(options), mapNamed(cotangents, onesLike)),
    ),
  };
};

/** Makes something at the first asking, and keeps it. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};
