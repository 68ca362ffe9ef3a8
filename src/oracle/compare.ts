/**
 * Comparison: whether an answer lies within its radius of the expected value, element by element.
 *
 * There is no tolerance to choose. The error is measured as a fraction of the radius that a correct implementation may need; above 1 no
 * correct implementation can be. NaN is expected where NaN is expected, an infinity where that infinity is; -0 equals 0.
 *
 * @module
 */
import { sameShape, show } from "../tensor/shape.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Precision } from "./precision.ts";
import { readAnswer } from "./protocol.ts";

/** How one answer compares with what was expected. */
export interface Comparison {
  readonly agrees: boolean;
  /** The worst error as a fraction of its radius; 0 where all is exact, Infinity where no radius was allowed. */
  readonly ratio: number;
  /** Why it disagrees, in words; absent where it agrees. */
  readonly message?: string;
  /** Where the worst element lies, and what stands there. */
  readonly worst?: { readonly index: readonly number[]; readonly got: number; readonly expected: number; readonly radius: number };
}

/** From where on numbers of a precision round to infinity. @internal */
export const overflowOf = ({ largest, unit, storage }: Precision): number =>
  Math.min(largest * (1 + unit / 2), storage === undefined ? Infinity : storage.largest * (1 + storage.unit / 2));

/**
 * The error of one number as a fraction of its radius.
 *
 * @param overflow - from where on a number rounds to infinity
 *
 * @internal
 */
export function errorRatio(got: number, expected: number, radius: number, overflow: number = Infinity): number {
  if (got === expected || (Number.isNaN(got) && Number.isNaN(expected))) return 0;
  if (overflow < Infinity && got === Math.sign(expected) * Infinity && Math.abs(expected) + radius >= overflow) return 0;
  if (!Number.isFinite(expected) || !Number.isFinite(got)) return Infinity;
  const error = Math.abs(got - expected);
  return radius > 0 ? error / radius : Infinity;
}

/**
 * Compares one answer with the expected tensor.
 *
 * @param answer - a Tensor, `{ shape, data }` or `{ shape, values }`; anything else disagrees
 * @param radius - of the expected shape; absent means that only equality will do
 * @param overflow - from where on an infinity is right, because the precision has no such number; default nowhere
 *
 * @example
 * ```ts
 * import { compare } from "etalon/oracle";
 * import { filled, tensor } from "etalon/tensor";
 * compare(tensor([1, 2]), tensor([1, 2])).agrees; // => true
 * compare(tensor([1, 2.5]), tensor([1, 2]), filled([2], 1)).ratio; // => 0.5
 * compare(tensor([1, 3]), tensor([1, 2])).worst?.index; // => [1]
 * compare(tensor([[1, 2]]), tensor([1, 2])).message; // => "expected shape [2], got [1, 2]"
 * ```
 */
export function compare(answer: unknown, expected: Tensor, radius?: Tensor, overflow?: number): Comparison {
  const read = readAnswer(answer);
  if (typeof read === "string") return { agrees: false, ratio: Infinity, message: read };
  if (!sameShape(read.shape, expected.shape)) {
    return { agrees: false, ratio: Infinity, message: `expected shape ${show(expected.shape)}, got ${show(read.shape)}` };
  }
  const [wanted, allowed] = [raw(expected), radius && raw(radius)];
  let [ratio, position] = [0, -1];
  for (let i = 0; i < wanted.length; i++) {
    const error = errorRatio(read.data[i]!, wanted[i]!, allowed?.[i] ?? 0, overflow);
    if (error > ratio) [ratio, position] = [error, i];
  }
  if (position < 0) return { agrees: true, ratio };
  const worst = { index: indexOf(position, expected), got: read.data[position]!, expected: wanted[position]!, radius: allowed?.[position] ?? 0 };
  if (ratio <= 1) return { agrees: true, ratio, worst };
  return { agrees: false, ratio, worst, message: `expected ${worst.expected} at ${show(worst.index)}, got ${worst.got}` };
}

/** The index of a flat position, one number per axis. @internal */
export const indexOf = (position: number, { shape }: Pick<Tensor, "shape">): readonly number[] => {
  let rest = position;
  return shape.map((_, axis) => shape[shape.length - 1 - axis]!).map((size) => {
    const index = rest % size;
    rest = (rest - index) / size;
    return index;
  }).reverse();
};
