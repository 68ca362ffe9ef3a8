/**
 * Correct rounding of exact fractions to binary floating point, and the judgement "rounded correctly, but for what lies within
 * a radius of a rounding boundary".
 *
 * Source: IEEE 754-2019, section 4.3.1 (roundTiesToEven), section 7.4 (overflow); the radius n·2⁻⁵³·Σ|terms| is the first-order
 * error of n accumulations in double (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1).
 *
 * @module
 */
import { rational, rationalDistance, rationals, type Rational } from "./rational.ts";

interface Format {
  /** Bits of the significand, the leading one included. */
  readonly precision: number;
  /** The exponent of the smallest subnormal. */
  readonly smallest: number;
  /** Values whose rounding reaches 2^limit are infinite. */
  readonly limit: number;
}

const float32: Format = { precision: 24, smallest: -149, limit: 128 };
const float64: Format = { precision: 53, smallest: -1074, limit: 1024 };

/** The float32 nearest to `r`, ties to the even significand; ±Infinity from 2¹²⁸ − 2¹⁰³ on; keeps the sign of what underflows. */
export const nearestFloat32 = (r: Rational): number => nearest(r, float32);

/** The double nearest to `r`, by the same rules. */
export const nearestFloat64 = (r: Rational): number => nearest(r, float64);

/**
 * How far `r` lies from the nearest rounding boundary of float32, the midpoints of neighbouring float32 (with 2¹²⁸ − 2¹⁰³,
 * where overflow begins, as the last one). A value moved by less than this distance still rounds to the same float32.
 */
export function roundingBoundaryDistance(r: Rational): Rational {
  const magnitude = rationalDistance(r, rational(0n));
  const { significand, quantum } = split(magnitude, float32);
  const below = rationals.multiply(rational(significand), powerOfTwo(quantum));
  const lastBoundary = rationals.subtract(powerOfTwo(float32.limit), powerOfTwo(float32.limit - float32.precision - 1));
  if (rationals.compare(magnitude, lastBoundary) >= 0) return rationalDistance(magnitude, lastBoundary);
  const toNext = rationalDistance(magnitude, rationals.add(below, powerOfTwo(quantum - 1)));
  // Where a binade starts, the spacing below it is half as wide, unless the values below are subnormal.
  const startsBinade = significand === 1n << BigInt(float32.precision - 1) && quantum > float32.smallest;
  if (!startsBinade) return toNext;
  const toPrevious = rationalDistance(magnitude, rationals.subtract(below, powerOfTwo(quantum - 2)));
  return rationals.compare(toPrevious, toNext) < 0 ? toPrevious : toNext;
}

/** `"rounded"`: the nearest float32; `"excused"`: not it, but the nearest float32 of a value within the radius; `"wrong"`. */
export type Rounding = "rounded" | "excused" | "wrong";

/**
 * Judges `actual` as the float32 result of a computation whose exact value is `exact` and whose double had an error of at most
 * `radius`. Rounding is monotone, so the values within the radius round to exactly the float32 between the two ends' roundings;
 * where `radius` is below {@link roundingBoundaryDistance} only the correctly rounded value is left.
 */
export function judgeRounding(actual: number, exact: Rational, radius: Rational): Rounding {
  if (Math.fround(actual) !== actual) return "wrong";
  if (actual === nearestFloat32(exact)) return "rounded";
  const lowest = nearestFloat32(rationals.subtract(exact, radius));
  const highest = nearestFloat32(rationals.add(exact, radius));
  return lowest <= actual && actual <= highest ? "excused" : "wrong";
}

/** n·2⁻⁵³·Σ|terms|: what n accumulations in double may add to the error of a sum. */
export const accumulationRadius = (count: number, sumOfAbsoluteTerms: Rational): Rational =>
  rationals.multiply(rational(BigInt(count), 1n << 53n), sumOfAbsoluteTerms);

function nearest(r: Rational, format: Format): number {
  const negative = r.numerator < 0n;
  const magnitude = negative ? rationals.negate(r) : r;
  const { significand, quantum, rest } = split(magnitude, format);
  const half = rationals.compare(rest, rational(1n, 2n));
  const roundsUp = half > 0 || (half === 0 && significand % 2n === 1n);
  const rounded = roundsUp ? significand + 1n : significand;
  const overflows = quantum + bitLength(rounded) > format.limit;
  const value = overflows ? Infinity : Number(rounded) * 2 ** quantum;
  return negative ? -value : value;
}

/** magnitude = (significand + rest)·2^quantum with 0 ≤ rest < 1 and as many bits in the significand as the format has there. */
function split(magnitude: Rational, format: Format): { significand: bigint; quantum: number; rest: Rational } {
  if (magnitude.numerator === 0n) return { significand: 0n, quantum: format.smallest, rest: magnitude };
  const guess = bitLength(magnitude.numerator) - bitLength(magnitude.denominator);
  const exponent = rationals.compare(magnitude, powerOfTwo(guess)) < 0 ? guess - 1 : guess;
  const quantum = Math.max(exponent - format.precision + 1, format.smallest);
  const scaled = rationals.divide(magnitude, powerOfTwo(quantum));
  const significand = scaled.numerator / scaled.denominator;
  return { significand, quantum, rest: rationals.subtract(scaled, rational(significand)) };
}

const powerOfTwo = (exponent: number): Rational =>
  exponent < 0 ? rational(1n, 1n << BigInt(-exponent)) : rational(1n << BigInt(exponent));

const bitLength = (n: bigint): number => n.toString(2).length;
