import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { functionRoundings } from "../../src/oracle/error-bound.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { ballFunctions } from "../../src/oracle/ball-functions.ts";
import type { BallFunctions } from "../../src/oracle/ball-functions.ts";
import type { Ball } from "../../src/oracle/ball.ts";
import { normalDistribution } from "../../src/learning/normal-distribution.ts";
import { runs } from "../support/runs.ts";

/** The candidate's rounding and that of the reference in double. */
const u = 2 ** -24 + 2 ** -53;
const tiny = 2 ** -149;
const b = ballFunctions(precisions.float32);

/** What code in float32 has for a number of the arithmetic: a float32 number within its error, chosen by where ∈ [−1, 1]. */
const held = ({ value, error }: Ball, where: number): number => {
  const moved = Math.fround(value + where * error);
  return Math.abs(moved - value) <= error ? moved : value;
};

interface Definition {
  readonly bound: (on: BallFunctions, a: Ball) => Ball;
  readonly exact: (a: number) => number;
}

const functions: Readonly<Record<string, Definition>> = {
  exp: { bound: (on, a) => on.exp(a), exact: Math.exp },
  expm1: { bound: (on, a) => on.expm1(a), exact: Math.expm1 },
  log: { bound: (on, a) => on.log(a), exact: Math.log },
  log1p: { bound: (on, a) => on.log1p(a), exact: Math.log1p },
  tanh: { bound: (on, a) => on.tanh(a), exact: Math.tanh },
  erf: { bound: (on, a) => on.erf(a), exact: (a) => 1 - 2 * normalDistribution(-Math.SQRT2 * a) },
  erfc: { bound: (on, a) => on.erfc(a), exact: (a) => 2 * normalDistribution(-Math.SQRT2 * a) },
};

/** Numbers of either sign from 2⁻²⁰ to 2⁴, and how many of its last places an argument may be off. */
const argument = fc.record({
  sign: fc.constantFrom(-1, 1), exponent: fc.integer({ min: -20, max: 4 }), fraction: fc.double({ min: 1, max: 2, noNaN: true }),
  off: fc.constantFrom(0, 1, 40), where: fc.double({ min: -1, max: 1, noNaN: true }),
});

describe("a function on balls", () => {
  it("is off by four units in the last place of what the code has, and so is the reference", () => {
    expect(functionRoundings).toBe(8);
    const near = ({ error }: Ball, wanted: number): void => expect(error / wanted).toBeCloseTo(1, 12);
    near(b.exp(b.exact(1)), 8 * u * Math.E);
    near(b.log(b.exact(3)), 8 * u * Math.log(3));
    near(b.expm1(b.exact(1)), 8 * u * Math.expm1(1));
    // Of what the code has, not of the exact value: tanh moves by as much as its argument times its slope.
    const passed = u / Math.cosh(0.25 - u) ** 2;
    near(b.tanh({ value: 0.25, error: u }), passed + 8 * u * (Math.tanh(0.25) + passed));
    const steep = (2 / Math.sqrt(Math.PI)) * Math.exp(-((1 - u) ** 2)) * u;
    near(b.erf({ value: 1, error: u }), steep + 8 * u * (0.8427007929497149 + steep));
    near(b.erfc({ value: 1, error: u }), steep + 8 * u * (0.15729920705028513 + steep));
  });

  it("is exact at 0", () => {
    const zero = b.exact(0);
    expect(b.exp(zero)).toEqual({ value: 1, error: 0 });
    expect([b.expm1(zero), b.log1p(zero), b.tanh(zero), b.erf(zero)]).toEqual([zero, zero, zero, zero]);
    expect(b.exp({ value: 0, error: u }).error).toBeGreaterThan(8 * u);
    expect(b.tanh({ value: 0, error: u }).error).toBeGreaterThanOrEqual(u);
  });

  it("may lose all of a result below the normal numbers, which fast libraries do not give", () => {
    expect(b.exp(b.exact(-100)).error).toBeGreaterThan(Math.exp(-100));
    expect(b.exp(b.exact(-100)).error).toBeLessThan(Math.exp(-100) + 2 * tiny);
    // Or be the next subnormal number.
    expect(b.exp(b.exact(-105)).error).toBeGreaterThanOrEqual(tiny);
    expect(b.exp(b.exact(-87)).error / (8 * u * Math.exp(-87))).toBeCloseTo(1, 12);
    // Above them, with an error that leads below.
    expect(b.exp({ value: -87, error: 0.5 }).error).toBeGreaterThan(1.6 * Math.exp(-87));
    expect(b.power(b.exact(1e-20), 2).error).toBeGreaterThanOrEqual(1e-40);
  });

  it("tanh and erf are off only by what is missing to ±1, twice, where this is less than u/64: at 10 NumPy's is still 1 − u", () => {
    expect(b.tanh(b.exact(-9)).error / (8 * u * Math.tanh(9))).toBeCloseTo(1, 12);
    expect(b.tanh(b.exact(-10)).error).toBeGreaterThan(7.9 * u);
    expect(b.tanh(b.exact(-11)).error).toBe(4 / (1 + Math.exp(22)));
    expect(b.erf(b.exact(3.5)).error).toBeGreaterThan(7.9 * u);
    expect(b.erf(b.exact(5)).error).toBe(4 * normalDistribution(-5 * Math.SQRT2));
    expect(b.erf(b.exact(-5)).value).toBe(-(1 - 2 * normalDistribution(-5 * Math.SQRT2)));
    expect(b.tanh(b.exact(1e30))).toEqual({ value: 1, error: 0 });
    expect(b.tanh({ value: 11, error: 1e-3 }).error).toBeGreaterThan(4 / (1 + Math.exp(22)));
    expect(b.tanh({ value: 0.5, error: 1e9 }).error).toBe(1 + Math.tanh(0.5));
  });

  it("is infinite where code might take the logarithm of nothing, and finite where a power of e overflows", () => {
    expect(b.log({ value: 1, error: 1 }).error).toBe(Infinity);
    expect(b.log1p({ value: 0, error: 1 }).error).toBe(Infinity);
    const { value, error } = b.quotient(b.exact(1), b.sum(b.exact(1), b.exp(b.exact(1e30))));
    expect([value < 1e-299, error <= 1e-290 + 2 * tiny]).toEqual([true, true]);
    expect(Number.isFinite(b.expm1(b.exact(1e30)).error)).toBe(true);
  });

  describe("power", () => {
    it("is off by two units in the last place, or by a rounding for each multiplication but the first", () => {
      expect(b.power(b.exact(0.5), 3).value).toBe(0.125);
      expect(b.power(b.exact(0.5), 3).error / (0.125 * 4 * u)).toBeCloseTo(1, 12);
      expect(b.power(b.exact(0.5), 9).error / (2 ** -9 * 8 * u)).toBeCloseTo(1, 12);
      // To all orders: (0.5 + 0.01)³ − 0.5³.
      expect(b.power({ value: 0.5, error: 0.01 }, 3).error).toBeCloseTo(0.51 ** 3 - 0.125, 6);
      expect(b.power({ value: 0, error: 0.1 }, 2).error).toBeCloseTo(0.01, 6);
    });

    it("holds what repeated multiplication gives, and a function nearly two units off", () => {
      fc.assert(fc.property(fc.double({ min: 0.05, max: 0.9999, noNaN: true }), fc.integer({ min: 1, max: 12 }), (beta, t) => {
        const { value, error } = b.power(b.constant(beta), t);
        const repeated = Array.from({ length: t - 1 }).reduce<number>((product) => Math.fround(product * Math.fround(beta)), Math.fround(beta));
        const off = Math.fround(beta) ** t * (1 + 3.9 * 2 ** -24);
        for (const got of [repeated, off]) expect(Math.abs(got - value)).toBeLessThanOrEqual(error);
      }), { numRuns: runs(100) });
    });
  });

  it("leaves arithmetic to that of its precision", () => {
    expect(b.sum(b.exact(1), b.exact(2)).error).toBe(3 * u);
    expect([b.unit, ballFunctions(precisions.bfloat16).unit]).toEqual([2 ** -24, 2 ** -8]);
  });

  describe.each(Object.entries(functions))("%s", (name, { bound, exact }) => {
    it("holds whatever the argument is within its error, and is not much too wide", () => {
      let widest = 0;
      fc.assert(fc.property(argument, fc.double({ min: -1, max: 1, noNaN: true }), ({ sign, exponent, fraction, off, where }, own) => {
        const drawn = Math.fround((name === "log" ? 1 : sign) * fraction * 2 ** exponent);
        const a = { value: name === "log1p" && drawn <= -1 ? -0.75 : drawn, error: off * u * Math.abs(drawn) };
        const { value, error } = bound(b, a);
        const computed = exact(held(a, where)) * (1 + functionRoundings * 2 ** -24 * own);
        expect(Math.abs(value - exact(a.value))).toBeLessThanOrEqual(2 ** -53);
        // tanh and erf never leave ±1, and stay there where little is missing.
        const bounded = name === "tanh" || name === "erf" ? Math.max(-1, Math.min(computed, 1)) : computed;
        const saturated = (name === "tanh" || name === "erf") && 1 - Math.abs(value) < u / 8;
        const apart = Math.abs((saturated ? Math.sign(value) : bounded) - value);
        // Doubles compute the ideal, too; erf from its distance to 1.
        expect(apart).toBeLessThanOrEqual(error + 2 ** -50 * (name === "erf" ? 1 : Math.abs(value)));
        if (error > 0) widest = Math.max(widest, apart / error);
      }), { numRuns: runs(80) });
      expect(widest).toBeGreaterThan(0.4);
    });
  });
});
