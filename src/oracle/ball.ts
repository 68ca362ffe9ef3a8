/**
 * Balls: a value, and how far from it correct code may be.
 *
 * A formula run on balls bounds the rounding error of the same formula in a candidate's precision, to every order and through any number of
 * steps. Each operation holds whatever comes out when its operands are anywhere in their balls:
 *
 *     x ± a  plus or minus  y ± b      a + b
 *     x ± a  times          y ± b      |x|·b + |y|·a + a·b
 *     x ± a  over           y ± b      (a + |x/y|·b) / (|y| − b), infinite where the denominator may be 0
 *     root of               x ± a      √x − √(x − a)
 *
 * On top comes what rounding the result z to the nearest number costs, in the candidate's precision and in the reference's doubles:
 *
 *     u·(|z| + error)       and never more than the way to a number at hand: to an operand of a sum, else to ±1. So 1 + 10⁻³⁰ is off by about
 *                           10⁻³⁰, not by u, which a product with 10³⁰ would turn into a bound on nothing
 *     nothing               where a number of the precision is multiplied with a power of two, or divided by one
 *     the spacing η         of subnormal numbers, where a product or quotient underflows; sums and roots do not
 *
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 2.2, 2.8 and 3.3 (running error analysis); Moore, Interval
 * Analysis (1966).
 *
 * @module
 */
import { precisions } from "./precision.ts";
import type { Precision } from "./precision.ts";

/** A value, and the most by which correct code may be away from it. @internal */
export interface Ball {
  readonly value: number;
  readonly error: number;
}

/** What can be done with balls in one precision. @internal */
export interface BallArithmetic {
  /** The unit roundoff of its precision. */
  readonly unit: number;
  /** A number that the code was given. */
  readonly exact: (value: number) => Ball;
  /** An option, or a number written in the code: used as a double, or as the precision has it. */
  readonly constant: (value: number) => Ball;
  readonly sum: (a: Ball, b: Ball) => Ball;
  readonly difference: (a: Ball, b: Ball) => Ball;
  readonly product: (a: Ball, b: Ball) => Ball;
  readonly quotient: (a: Ball, b: Ball) => Ball;
  /** The square root of what is at least 0. */
  readonly root: (a: Ball) => Ball;
  readonly negate: (a: Ball) => Ball;
  /** What the code, too, keeps between two bounds. */
  readonly within: (low: number, high: number, a: Ball) => Ball;
  /** The same after further roundings of numbers of a size, by default its own: what other groupings of a formula may cost. */
  readonly rounded: (a: Ball, roundings: number, size?: number) => Ball;
}

/** Arithmetic on balls whose every result is rounded once. With a unit of 0 nothing is rounded at all, and balls bound sizes. @internal */
export function ballArithmetic({ unit, tiny, flushed = false }: Pick<Precision, "unit" | "tiny" | "flushed">): BallArithmetic {
  const double = unit === 0 ? 0 : precisions.float64.unit;

  /** A result within `passed` of its value, rounded by no more than the way to a number at hand, by default ±1. */
  const rounded = (value: number, passed: number, near = Math.abs(Math.abs(value) - 1) + passed): Ball => {
    const size = Math.abs(value) + passed;
    return { value, error: passed + Math.min(times(unit, size), near) + Math.min(times(double, size), near) };
  };

  /** The same, with what is lost below the normal numbers; one binary digit above them, an error may still lead there. */
  const underflowing = ({ value, error }: Ball): Ball => ({ value, error: Math.abs(value) < tiny / unit ? error + tiny : error });

  /** How far a double is from the nearest number of the precision. */
  const missing = (value: number): number => distanceFrom(value, unit, tiny);

  /** Whether code holds the very number: what it was given may have too many bits, what it has computed has not. */
  const isHeld = ({ value, error }: Ball): boolean => error > 0 || missing(value) === 0;

  const sum = (a: Ball, b: Ball): Ball => {
    const [toA, toB] = [Math.abs(b.value) + b.error, Math.abs(a.value) + a.error];
    const near = Math.min(isHeld(a) ? toA : Infinity, isHeld(b) ? toB : Infinity);
    const result = rounded(a.value + b.value, a.error + b.error, near);
    return flushed ? underflowing(result) : result;
  };

  const negate = ({ value, error }: Ball): Ball => ({ value: -value, error });

  return {
    unit,
    exact: (value) => ({ value, error: 0 }),
    constant: (value) => ({ value, error: missing(value) }),
    sum,
    difference: (a, b) => sum(a, negate(b)),
    product: (a, b) => {
      const value = a.value * b.value;
      const passed = times(Math.abs(a.value), b.error) + times(Math.abs(b.value), a.error) + times(a.error, b.error);
      if (isZero(a) || isZero(b)) return { value, error: passed };
      const isScaled = (isPower(a) && isHeld(b)) || (isPower(b) && isHeld(a));
      return underflowing(isScaled ? { value, error: passed } : rounded(value, passed));
    },
    quotient: (a, b) => {
      const value = a.value / b.value;
      const least = Math.abs(b.value) - b.error;
      const passed = least > 0 ? (a.error + times(Math.abs(value), b.error)) / least : Infinity;
      if (isZero(a)) return { value, error: passed };
      return underflowing(isPower(b) && isHeld(a) ? { value, error: passed } : rounded(value, passed));
    },
    root: ({ value, error }) => rounded(Math.sqrt(value), rootError(value, error)),
    negate,
    within: (low, high, { value, error }) => ({ value, error: Math.min(error, Math.max(value - low, high - value)) }),
    rounded: ({ value, error }, roundings, size = Math.abs(value) + error) =>
      ({ value, error: error + times(roundings * (unit + double), size) }),
  };
}

/** The widest of some balls around one value: what code may be off that computes it in any of these ways. @internal */
export const widest = (balls: readonly Ball[]): Ball => balls.reduce((most, each) => (each.error > most.error ? each : most));

/** No error spoils nothing, whatever it is multiplied with. */
const times = (size: number, error: number): number => (error === 0 || size === 0 ? 0 : size * error);

/** Whether a number is 0 for certain. @internal */
export const isZero = ({ value, error }: Ball): boolean => value === 0 && error === 0;

/** Whether a number is a power of two and known for certain: a significand of one bit, of which u is ½. */
const isPower = ({ value, error }: Ball): boolean => error === 0 && value !== 0 && distanceFrom(value, 0.5, 0) === 0;

/** √x is steepest below x; nothing lies below 0. */
const rootError = (x: number, error: number): number =>
  error === 0 ? 0
  : error <= x ? error / (Math.sqrt(x) + Math.sqrt(x - error))
  : Math.max(Math.sqrt(x), error / (Math.sqrt(x + error) + Math.sqrt(x)));

/** How far a double is from the nearest number with a unit roundoff; below the normal numbers these are `tiny` apart. */
function distanceFrom(value: number, unit: number, tiny: number): number {
  if (!Number.isFinite(value)) return 0;
  if (2 * unit * Math.abs(value) < tiny) return Math.abs(value - Math.round(value / tiny) * tiny);
  // Veltkamp's splitting leaves as many bits as the significand has.
  const spread = value * (2 ** 53 * unit + 1);
  return Math.abs(value - (spread - (spread - value)));
}
