import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ballArithmetic, isZero, widest } from "../../src/oracle/ball.ts";
import type { Ball, BallArithmetic } from "../../src/oracle/ball.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { runs } from "../support/runs.ts";

const f = Math.fround;
const balls = ballArithmetic(precisions.float32);
const coarse = ballArithmetic(precisions.bfloat16);
/** Nothing is rounded: what is left is how errors pass on. */
const passing = ballArithmetic({ unit: 0, tiny: 0 });
/** The candidate's rounding and that of the reference in double. */
const u = 2 ** -24 + 2 ** -53;
const { tiny } = precisions.float32;

const number = fc.tuple(fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }), fc.integer({ min: -12, max: 12 }), fc.boolean())
  .map(([size, exponent, negative]) => (negative ? -1 : 1) * size * 2 ** exponent);
const share = fc.double({ min: -1, max: 1, noNaN: true });

/** A ball and a number of float32 in it. */
interface Held {
  readonly ball: Ball;
  readonly inside: number;
}

const held = fc.tuple(number, fc.constantFrom(0, 2 ** -20, 2 ** -8, 0.5, 3), share).map(([value, relative, place]): Held => {
  const inside = f(value + place * relative * Math.abs(value));
  return { ball: { value, error: Math.max(relative * Math.abs(value), Math.abs(inside - value)) }, inside };
});

/** The same, known as it is or nearly: a power of two, 1, or a number far below the others. */
const special: fc.Arbitrary<Held> = fc.tuple(fc.constantFrom(1, -1, 0.25, -8, 2 ** -40, 3 * 2 ** -60, 1 + 2 ** -23), fc.constantFrom(0, 2 ** -40))
  .map(([value, error]) => ({ ball: { value, error }, inside: value }));

const some = fc.oneof(held, special);

describe("a ball", () => {
  it("of an exact number has no error", () => {
    expect(balls.exact(0.1)).toEqual({ value: 0.1, error: 0 });
    expect(balls.unit).toBe(2 ** -24);
  });

  it("of a constant holds what its precision makes of it", () => {
    expect(balls.constant(0.5)).toEqual({ value: 0.5, error: 0 });
    expect(balls.constant(0.1)).toEqual({ value: 0.1, error: f(0.1) - 0.1 });
    expect([0, 1, -0.75, 2 ** -100, 16777215].map((x) => balls.constant(x).error)).toEqual([0, 0, 0, 0, 0]);
    expect([balls.constant(16777217).error, balls.constant(-16777219).error]).toEqual([1, 1]);
    expect(ballArithmetic(precisions.float64).constant(0.1).error).toBe(0);
    // 8 bits: between ½ and 1 numbers lie 2⁻⁸ apart, 1 is the nearest to 0.999; between 256 and 512 they lie 2 apart.
    expect(coarse.constant(0.999).error).toBeCloseTo(0.001, 15);
    expect([coarse.constant(0.75).error, coarse.constant(257).error]).toEqual([0, 1]);
    // Nothing of float16 but 0 is near 1e-8, and below the normal numbers of float32 only multiples of 2⁻¹⁴⁹ are left.
    expect(ballArithmetic(precisions.float16).constant(1e-8)).toEqual({ value: 1e-8, error: 1e-8 });
    expect([balls.constant(1.25 * tiny).error, balls.constant(1.75 * tiny).error]).toEqual([0.25 * tiny, 0.25 * tiny]);
    expect([balls.constant(Infinity).error, passing.constant(0.1).error]).toEqual([0, 0]);
    fc.assert(fc.property(number, (value) => {
      expect(balls.constant(value).error).toBe(Math.abs(f(value) - value));
    }), { numRuns: runs(50) });
  });

  it("is 0 where it is 0 for certain", () => {
    expect([{ value: 0, error: 0 }, { value: -0, error: 0 }, { value: 0, error: tiny }, { value: tiny, error: 0 }].map(isZero)).toEqual([true, true, false, false]);
  });

  it("is the widest of those that stand for one value", () => {
    expect(widest([{ value: 1, error: 2 }, { value: 1, error: 3 }, { value: 1, error: 0 }])).toEqual({ value: 1, error: 3 });
    expect(widest([{ value: 1, error: 2 }])).toEqual({ value: 1, error: 2 });
  });
});

describe("arithmetic on balls", () => {
  const [x, y] = [{ value: 10, error: 1 }, { value: -4, error: 0.5 }];

  it("passes errors on by hand", () => {
    expect(passing.sum(x, y)).toEqual({ value: 6, error: 1.5 });
    expect(passing.difference(x, y)).toEqual({ value: 14, error: 1.5 });
    // 10·½ + 4·1 + 1·½.
    expect(passing.product(x, y)).toEqual({ value: -40, error: 9.5 });
    // (1 + 2.5·½) / (4 − ½).
    expect(passing.quotient(x, y)).toEqual({ value: -2.5, error: 2.25 / 3.5 });
    // √25 − √16, and √2 where less than nothing would be left.
    expect(passing.root({ value: 25, error: 9 })).toEqual({ value: 5, error: 1 });
    expect(passing.root({ value: 2, error: 3 }).error).toBe(Math.SQRT2);
    expect(passing.root({ value: 0, error: 9 })).toEqual({ value: 0, error: 3 });
    expect(passing.root({ value: 0, error: 0 })).toEqual({ value: 0, error: 0 });
    expect(passing.negate(x)).toEqual({ value: -10, error: 1 });
    expect(passing.rounded(x, 3)).toEqual(x);
  });

  it("rounds every result once, from where its error may have led, and the reference's once beside it", () => {
    const near = ({ error }: Ball, wanted: number): void => expect(error / wanted).toBeCloseTo(1, 14);
    near(balls.sum(x, y), 1.5 + u * 7.5);
    near(balls.difference(x, y), 1.5 + u * 15.5);
    near(balls.product(x, y), 9.5 + u * 49.5);
    near(balls.quotient(x, y), 2.25 / 3.5 + u * (2.5 + 2.25 / 3.5));
    near(balls.root({ value: 25, error: 9 }), 1 + u * 6);
    const wide = ballArithmetic(precisions.float64);
    expect(wide.sum(wide.exact(1), wide.exact(2)).error).toBe(3 * 2 ** -52);
  });

  it("counts further roundings where it is told to, of its own size or of another", () => {
    expect(balls.rounded(balls.exact(8), 3)).toEqual({ value: 8, error: 24 * u });
    expect(balls.rounded(x, 2)).toEqual({ value: 10, error: 1 + 22 * u });
    expect(balls.rounded(x, 2, 5)).toEqual({ value: 10, error: 1 + 10 * u });
  });

  it("does not round products with a power of two, and quotients by one", () => {
    const [number, near] = [balls.exact(f(0.1)), { value: 0.1, error: 2 ** -30 }];
    expect(balls.product(number, balls.exact(-0.25)).error).toBe(0);
    expect(balls.product(balls.exact(4), near).error).toBe(2 ** -28);
    expect(balls.quotient(number, balls.exact(4)).error).toBe(0);
    expect(balls.quotient(near, balls.exact(-0.5)).error).toBe(2 ** -29);
    expect(balls.product(balls.exact(3), number).error / (u * 3 * f(0.1))).toBeCloseTo(1, 12);
    expect(balls.quotient(number, balls.exact(3)).error / ((u * f(0.1)) / 3)).toBeCloseTo(1, 12);
    // Nearly a power of two is none, and a number with too many bits is rounded by whatever is done with it.
    expect(balls.product({ value: 0.5, error: 2 ** -30 }, balls.exact(3)).error).toBeGreaterThan(u * 1.5);
    expect(balls.product(balls.exact(0.1), balls.exact(0.5)).error).toBe(u * 0.05);
    expect(coarse.quotient(number, coarse.exact(2)).error).toBeGreaterThan(2 ** -8 * 0.05);
  });

  it("rounds a sum by no more than the way to an operand, by the candidate and by the reference", () => {
    expect(balls.sum(balls.exact(1), balls.exact(1e-30)).error).toBe(2e-30);
    expect(balls.difference(balls.exact(1e-30), balls.exact(1)).error).toBe(2e-30);
    expect(balls.sum(balls.exact(3), { value: 1e-30, error: 1e-30 }).error).toBeCloseTo(5e-30, 40);
    expect(balls.sum(balls.exact(7), balls.exact(0)).error).toBe(0);
    // Where only the reference can do better.
    expect(balls.sum(balls.exact(1), balls.exact(2 ** -30)).error).toBe(2 ** -30 + 2 ** -53 * (1 + 2 ** -30));
    // bfloat16 has not the number 0.1 of float32 at hand, but what it has computed it has.
    expect(coarse.sum(coarse.exact(f(0.1)), coarse.exact(0)).error).toBe((2 ** -8 + 2 ** -53) * f(0.1));
    expect(coarse.sum({ value: 0.1, error: 1e-9 }, coarse.exact(0)).error).toBe(1e-9);
  });

  it("rounds a product, a quotient and a root by no more than the way to 1, and its error besides", () => {
    // 1 / (1 + 1e-12): the sum may be 1 or 1 + 2e-12, and so may be the quotient on its side.
    const { value, error } = balls.quotient(balls.exact(1), balls.sum(balls.exact(1), balls.exact(1e-12)));
    expect(1 - value).toBeCloseTo(1e-12, 15);
    expect(error).toBeGreaterThan(1.9e-12);
    expect(error).toBeLessThan(5e-12);
    expect(balls.product({ value: 1, error: 1e-12 }, { value: -1, error: 1e-12 }).error).toBeLessThan(5e-12);
    expect(balls.root({ value: 1, error: 1e-12 }).error).toBeLessThan(2e-12);
    expect(balls.product(balls.exact(f(1.1)), balls.exact(f(1.1))).error).toBe((u * f(1.1)) * f(1.1));
  });

  it("lets products and quotients underflow, but not with a certain 0, and neither sums nor roots", () => {
    const [zero, small] = [balls.exact(0), balls.exact(f(1e-30))];
    expect(balls.product(small, balls.exact(f(0.3e-10))).error).toBeGreaterThanOrEqual(tiny);
    expect(balls.quotient(small, balls.exact(f(3e10))).error).toBeGreaterThanOrEqual(tiny);
    expect(balls.product(balls.exact(f(1e-40)), balls.exact(0.5)).error).toBe(tiny);
    expect(balls.quotient(balls.exact(f(1e-40)), balls.exact(2)).error).toBe(tiny);
    expect(balls.product(small, balls.exact(0.5)).error).toBe(0);
    expect(balls.product({ value: 0, error: 1e-30 }, small).error).toBeGreaterThanOrEqual(tiny);
    expect([balls.product(zero, small), balls.product(small, zero), balls.quotient(zero, small), balls.sum(zero, zero), balls.root(zero)].map(({ error }) => error)).toEqual([0, 0, 0, 0, 0]);
    expect(balls.sum(balls.exact(1e-40), balls.exact(1e-40)).error).toBeLessThan(tiny);
    expect(balls.root(balls.exact(tiny)).error).toBeLessThan(2 * u * Math.sqrt(tiny));
  });

  it("knows no bound where something may be 0 that is divided by", () => {
    expect(balls.quotient(balls.exact(1), { value: 1, error: 1 }).error).toBe(Infinity);
    expect(balls.quotient(balls.exact(1), balls.exact(0)).error).toBe(Infinity);
    expect(balls.quotient(balls.exact(0), { value: 1, error: 1 }).error).toBe(Infinity);
  });

  it("is not spoiled by infinite numbers that meet no error", () => {
    expect(passing.product(passing.exact(Infinity), passing.exact(2)).error).toBe(0);
    expect(passing.product(passing.exact(0), { value: 1, error: Infinity }).error).toBe(0);
  });

  it("is cut by bounds that the code keeps, too", () => {
    expect(balls.within(0, 1, { value: 0.25, error: 5 }).error).toBe(0.75);
    expect(balls.within(0, 1, { value: 0.75, error: 5 }).error).toBe(0.75);
    expect(balls.within(0, 1, { value: 0.25, error: 0.5 }).error).toBe(0.5);
  });

  const binary: readonly (readonly [keyof BallArithmetic, (a: number, b: number) => number])[] =
    [["sum", (a, b) => a + b], ["difference", (a, b) => a - b], ["product", (a, b) => a * b], ["quotient", (a, b) => a / b]];

  it.each(binary)("%s holds whatever comes out of numbers within, rounded", (name, exact) => {
    let reached = 0;
    fc.assert(fc.property(some, some, (a, b) => {
      const { value, error } = (balls[name] as BallArithmetic["sum"])(a.ball, b.ball);
      expect(value).toBe(exact(a.ball.value, b.ball.value));
      const away = Math.abs(f(exact(a.inside, b.inside)) - value);
      reached = Math.max(reached, error === 0 || error === Infinity ? 0 : away / error);
      expect(away).toBeLessThanOrEqual(error);
    }), { numRuns: runs(100) });
    expect(reached).toBeGreaterThan(0.2);
  });

  it("root holds whatever comes out of numbers within, rounded", () => {
    fc.assert(fc.property(held, ({ ball, inside }) => {
      const value = Math.abs(ball.value);
      const { error } = balls.root({ value, error: ball.error });
      for (const each of [Math.sign(ball.value) * inside, Math.max(0, value - ball.error), value + ball.error]) {
        if (each >= 0) expect(Math.abs(f(Math.sqrt(f(each))) - Math.sqrt(value))).toBeLessThanOrEqual(error + 2 ** -23 * Math.sqrt(each));
      }
      expect(Math.abs(Math.sqrt(value + ball.error) - Math.sqrt(value))).toBeLessThanOrEqual(error);
    }), { numRuns: runs(100) });
  });
});
