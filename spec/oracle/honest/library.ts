/** Mathematical libraries as float32 code calls them: rounded once, three units in the last place off, and two that are float32 code themselves. */
import { precisions } from "../../../src/oracle/precision.ts";
import { machineOf } from "../catalog/machine.ts";
import type { Machine } from "../catalog/machine.ts";

type Value = (x: number) => number;

const f = Math.fround;

/** A polynomial from its highest coefficient on, each step rounded. */
const polynomial = (...coefficients: readonly number[]): Value => (x) => coefficients.map(f).reduce((sum, each) => f(f(sum * x) + each));

/** e^x for |x| up to ½·log 2, less 1 + x. */
const restOfPower: Value = (x) =>
  f(f(x * x) * polynomial(1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)(x));

/** A power of two times a number; what is subnormal is rounded once. */
const scaled = (x: number, exponent: number): number => f(x * 2 ** exponent);

const nearest = machineOf(precisions.float32, 0);

/** Arguments are brought near 0, with log 2 in two parts of which the first has few digits; then polynomials, as Cephes has them. */
const cephes: Machine = (() => {
  const exp: Value = (x) => {
    if (x > 89) return Infinity;
    if (x < -104) return 0;
    const k = Math.round(f(x * f(Math.LOG2E)));
    const r = f(f(x - f(k * 0.693359375)) - f(k * f(-2.12194440e-4)));
    return scaled(f(f(restOfPower(r) + r) + 1), k);
  };
  const log: Value = (x) => {
    if (x === 0) return -Infinity;
    let k = Math.floor(Math.log2(x));
    let m = x / 2 ** k;
    if (m > Math.SQRT2) [m, k] = [m / 2, k + 1];
    const r = f(m - 1);
    const z = f(r * r);
    const tail = polynomial(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)(r);
    const y = f(f(f(f(tail * r) * z) + f(k * f(-2.12194440e-4))) - f(0.5 * z));
    return f(f(r + y) + f(k * 0.693359375));
  };
  const expm1: Value = (x) => {
    if (Math.abs(x) > 0.69) return f(exp(x) - 1);
    const half = f(restOfPower(x / 2) + x / 2);
    return f(half * f(half + 2));
  };
  const log1p: Value = (x) => {
    const sum = f(1 + x);
    return sum === 1 ? x : f(log(sum) * f(x / f(sum - 1)));
  };
  const tanh: Value = (x) => {
    const size = Math.abs(x);
    if (size > 10) return Math.sign(x);
    if (size >= 0.625) return Math.sign(x) * f(1 - f(2 / f(exp(f(2 * size)) + 1)));
    const z = f(x * x);
    return f(f(f(polynomial(-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)(z) * z) * x) + x);
  };
  return { ...nearest, exp, log, expm1, log1p, tanh };
})();

/** Powers of e as powers of two, and logarithms from those to base two; tanh by the power less 1. */
const binary: Machine = (() => {
  const high = f(Math.LOG2E);
  const low = f(Math.LOG2E - high);
  const exp: Value = (x) => {
    const k = Math.round(f(x * high));
    return Math.abs(k) > 200 ? (k > 0 ? Infinity : 0) : scaled(f(2 ** f(f(x * high - k) + f(x * low))), k);
  };
  const log: Value = (x) => f(f(Math.log2(x)) * f(Math.LN2));
  const tanh: Value = (x) => {
    const lost = f(Math.expm1(-2 * Math.abs(x)));
    return Math.sign(x) * f(-lost / f(2 + lost));
  };
  return { ...nearest, exp, log, tanh };
})();

/** All of them, and doubles throughout, which are rounded where they are stored. */
export const libraries = {
  "a library rounded once": nearest,
  "a library three units too large": machineOf(precisions.float32, 3),
  "a library three units too small": machineOf(precisions.float32, -3),
  "polynomials": cephes,
  "powers of two": binary,
  "doubles inside": machineOf(precisions.float64, 0),
} as const satisfies Readonly<Record<string, Machine>>;
