/**
 * Functions on balls: what a library's exp, log, tanh, erf and powers make of them.
 *
 * The argument's error passes on by the steepest slope that it reaches, and the function adds its own:
 *
 *     exp, log, erfc …   8·u times the result, four units in the last place: CUDA documents up to 2 for expf, logf, tanhf and erff, 4 for erfcf
 *     tanh, erf          where less than u/64 is missing to ±1, only twice what is missing: libraries give ±1 there, NumPy's tanh from u/14 on
 *     powers             4·u: bases and exponents are small, which libraries are best at; or a rounding for each multiplication but the first
 *     subnormal results  all of it, because fast libraries (SLEEF, Eigen) give 0
 *     at 0               nothing
 *
 * Source: CUDA C++ Programming Guide, mathematical functions, table of maximum errors; Higham as for balls.
 *
 * @module
 */
import { normalDistribution } from "../learning/normal-distribution.ts";
import { ballArithmetic, isZero } from "./ball.ts";
import type { Ball, BallArithmetic } from "./ball.ts";
import { functionRoundings } from "./error-bound.ts";
import type { Precision } from "./precision.ts";

/** What can be done with balls in one precision, and with a mathematical library. @internal */
export interface BallFunctions extends BallArithmetic {
  readonly exp: (a: Ball) => Ball;
  readonly expm1: (a: Ball) => Ball;
  readonly log: (a: Ball) => Ball;
  readonly log1p: (a: Ball) => Ball;
  readonly tanh: (a: Ball) => Ball;
  readonly erf: (a: Ball) => Ball;
  readonly erfc: (a: Ball) => Ball;
  /** A whole power of at least 1 of what is at least 0, by a library's function or by multiplying again and again. */
  readonly power: (a: Ball, exponent: number) => Ball;
}

/** Where powers are cut off, so that what follows stays finite. */
const huge = 1e300;

const powerRoundings = 4;

/** The arithmetic of a precision and its functions. @internal */
export function ballFunctions(precision: Pick<Precision, "unit" | "tiny" | "flushed">): BallFunctions {
  const { unit, tiny } = precision;
  const balls = ballArithmetic(precision);

  /** What a function gives; all of it may be lost where it is below the normal numbers. */
  const computed = (value: number, passed: number, roundings = functionRoundings): Ball => {
    const { error } = balls.rounded({ value, error: passed }, roundings);
    return { value, error: Math.abs(value) - error < tiny / (2 * unit) ? error + Math.abs(value) + tiny : error };
  };

  /** A function that tends to ±1, `missing` short of it, where its derivative is at most `slope` between value and error. */
  const saturating = (value: number, missing: number, { error }: Ball, slope: number): Ball => {
    const passed = error * slope;
    const { error: own } = missing < unit / 64 ? { error: passed + 2 * missing } : computed(value, passed);
    return { value, error: Math.min(own, 1 + Math.abs(value)) };
  };

  /** How far a power of e moves with its exponent. */
  const spread = ({ value, error }: Ball): number =>
    Math.min(error < 1 ? Math.min(Math.exp(value), huge) * Math.expm1(error) : Math.exp(value + error), huge);

  return {
    ...balls,
    exp: (a) => (isZero(a) ? balls.exact(1) : computed(Math.min(Math.exp(a.value), huge), spread(a))),
    expm1: (a) => (isZero(a) ? a : computed(Math.min(Math.expm1(a.value), huge), spread(a))),
    log: ({ value, error }) => computed(Math.log(value), error < value ? -Math.log1p(-error / value) : Infinity),
    log1p: (a) => (isZero(a) ? a : computed(Math.log1p(a.value), a.error < 1 + a.value ? -Math.log1p(-a.error / (1 + a.value)) : Infinity)),
    tanh: (a) => (isZero(a) ? a : saturating(Math.tanh(a.value), 2 / (1 + Math.exp(2 * Math.abs(a.value))), a, 1 / Math.cosh(least(a)) ** 2)),
    erf: (a) => {
      const short = 2 * normalDistribution(-Math.SQRT2 * Math.abs(a.value));
      return isZero(a) ? a : saturating(Math.sign(a.value) * (1 - short), short, a, bell(least(a)));
    },
    erfc: (a) => computed(2 * normalDistribution(-Math.SQRT2 * a.value), a.error * bell(least(a))),
    power: ({ value, error }, exponent) =>
      computed(value ** exponent, (value + error) ** exponent - value ** exponent, Math.max(powerRoundings, exponent - 1)),
  };
}

/** The argument nearest to 0 that the error allows. */
const least = ({ value, error }: Ball): number => Math.max(0, Math.abs(value) - error);

/** The derivative of erf. */
const bell = (x: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
