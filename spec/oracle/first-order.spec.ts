import { describe, expect, it } from "vitest";
import { gamma } from "../../src/oracle/error-bound.ts";
import { newTape } from "../../src/oracle/first-order.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Precision } from "../../src/oracle/precision.ts";

/** So fine that nothing of second order is left of the widening. */
const unit = 2 ** -40;
const tape = (tiny = 0) => newTape({ unit, tiny }, 64);

const inUnits = (error: number): number => Math.round(1e6 * (error / unit)) / 1e6;

describe("a sum of products on a tape", () => {
  it("counts for each term the further factors and the further terms, in any order", () => {
    const { exact, step, sum, error, value } = tape();
    const node = sum([[exact(2), exact(3)], [exact(-5)], [exact(8), exact(0.5), exact(0.5)]]);
    expect(value(node)).toBe(3);
    // 6 with 1 + 2 roundings, 5 with 0 + 2, 2 with 2 + 2.
    expect(inUnits(error(node))).toBe(6 * 3 + 5 * 2 + 2 * 4);
    // Times 1, or −1, is no rounding where it is just that.
    expect(inUnits(error(sum([[exact(2), exact(1), exact(3), exact(-1)], [exact(1), exact(7)]])))).toBe(6 * 2 + 7);
    expect(inUnits(error(sum([[exact(2), step(1, unit, [], [])]])))).toBe(2 + 2);
    expect(inUnits(error(sum([[exact(2), exact(3)], [exact(-5)]], 1)))).toBe(6 * 3 + 5 * 2);
  });

  it("counts two additions where there are zeros beside two terms, and none beside one", () => {
    const { exact, sum, error } = tape();
    const [zero, two, five] = [exact(0), exact(2), exact(5)];
    expect(inUnits(error(sum([[two, exact(3)], [zero, five], [exact(-5)]])))).toBe(6 * 3 + 5 * 2);
    expect(inUnits(error(sum([[two, exact(3)], [zero], [exact(-5)]], 1)))).toBe(6 * 3 + 5 * 2);
    expect(inUnits(error(sum([[two, exact(3)], [zero], [exact(-5)], [exact(7)]])))).toBe(6 * 3 + 5 * 2 + 7 * 2);
    expect(inUnits(error(sum([[two, exact(3)], [zero], [zero]])))).toBe(6);
  });

  it("leaves out what is multiplied by nothing, and rounds nothing where one number is left", () => {
    const { exact, sum, error, value } = tape();
    const [zero, seven] = [exact(0), exact(7)];
    expect(inUnits(error(sum([[exact(2), exact(3)], [zero, seven]])))).toBe(6);
    expect(sum([[zero, seven], [seven]])).toBe(seven);
    expect([value(sum([[zero]])), error(sum([])), error(seven)]).toEqual([0, 0, 0]);
  });

  it("may lose a subnormal number with every product", () => {
    const { exact, sum, error } = newTape({ unit: 2 ** -200, tiny: 1 }, 64);
    const [one, two] = [exact(1), exact(2)];
    expect(error(sum([[two, two, two], [two, one, two], [two], [one, two]]))).toBe(3);
  });
});

describe("an error on its way through a tape", () => {
  it("is multiplied by the derivatives on each path, and what paths do to each other is kept", () => {
    const { exact, step, sum, negative, error } = tape();
    const x = step(5, 3 * unit, [], []);
    const twice = step(10, 0, [x], [2]);
    expect(inUnits(error(step(7, unit, [twice, x], [-4, 1])))).toBe(3 * 7 + 1);
    // x − x is 0 whatever the error of x: sums of absolute values would count 6.
    expect(inUnits(error(sum([[x], [negative(x)]])))).toBe(5 + 5);
    expect(inUnits(error(step(0, 0, [x, negative(x)], [1, 1])))).toBe(0);
    // A factor passes its error on by the others: 2·3·(5 ± 3).
    expect(inUnits(error(sum([[exact(2), x, exact(3)]])))).toBe(2 * 30 + 2 * 3 * 3);
  });

  it("is asked for as often as one likes", () => {
    const { step, error } = tape();
    const x = step(1, unit, [], []);
    const nodes = Array.from({ length: 3000 }, () => x).reduce((node) => step(1, unit, [node], [1]), x);
    expect([inUnits(error(nodes)), inUnits(error(nodes)), inUnits(error(x))]).toEqual([3001, 3001, 1]);
  });

  it("is infinite where it cannot be told", () => {
    const { step, error } = tape();
    const x = step(1, unit, [], []);
    expect(error(step(NaN, 0, [x], [NaN]))).toBe(Infinity);
  });

  it("is none in an infinite number, nor in what saturates there", () => {
    const { exact, sum, step, error } = tape();
    const x = step(1, unit, [], []);
    const infinite = sum([[x, exact(Infinity)], [x]]);
    expect([error(infinite), error(step(1, 0, [infinite], [0])), error(step(2, 0, [infinite, x], [0, 3])) > 0]).toEqual([0, 0, true]);
  });

  it("does not vanish with both factors of a product: their errors are multiplied", () => {
    const { exact, step, sum, error } = tape();
    const [a, b] = [step(0, 2 ** -10, [], []), step(2 ** -12, 2 ** -11, [], [])];
    const [alone, both] = [error(sum([[a, exact(3)]])), error(sum([[a, b, exact(3)]]))];
    expect(alone / (3 * 2 ** -10)).toBeCloseTo(1, 9);
    expect(both / (3 * (2 ** -10 * 2 ** -12 + 2 ** -10 * 2 ** -11))).toBeCloseTo(1, 9);
  });

  it("is widened once, at the end, and not again in what is made of it", () => {
    const { step, sum, error } = newTape({ unit: 2 ** -8, tiny: 0 }, 128);
    const [a, b] = [step(0, 2 ** -10, [], []), step(0, 2 ** -12, [], [])];
    expect(error(sum([[a, b]]))).toBe(2 * 2 ** -22);
  });

  it("is widened by what so many roundings leave out: next to nothing in float32, a third in bfloat16, without end where they fill the precision", () => {
    const widened = (precision: Precision, depth: number): number => {
      const { exact, step, error } = newTape(precision, depth);
      expect(error(exact(3))).toBe(0);
      return error(step(1, precision.unit, [], [])) / precision.unit;
    };
    expect(widened(precisions.float32, 64)).toBe(gamma(64, 2 ** -24) / (64 * 2 ** -24));
    expect(widened(precisions.float32, 64)).toBeCloseTo(1 + 64 * 2 ** -24, 10);
    expect([64, 128, 256].map((depth) => widened(precisions.bfloat16, depth))).toEqual([expect.closeTo(4 / 3, 12), 2, Infinity]);
  });

  it("counts a product with 1 where numbers come finer than the code computes: it may round them there", () => {
    const product = ({ unit: u }: Precision): number => {
      const { exact, sum, error } = newTape({ unit: u, tiny: 0 }, 1);
      return Math.round(error(sum([[exact(1), exact(3)]])) / u);
    };
    expect([precisions.float64, precisions.float32, precisions.tf32, precisions.bfloat16].map(product)).toEqual([0, 0, 3, 3]);
  });
});

describe("a kink", () => {
  it("may be crossed where it is as near as the error, with what cancels in it; never by what is exact", () => {
    const { exact, step, mayCross } = tape();
    const x = step(1, 0.25, [], []);
    expect([0.7, 0.76, 1, 1.24, 1.3].map((kink) => mayCross(x, kink))).toEqual([false, true, true, true, false]);
    const still = step(1, 2 ** -10, [x, x], [1, -1]);
    expect([mayCross(still, 1.2), mayCross(still, 1.0009)]).toEqual([false, true]);
    expect([mayCross(exact(1), 1), mayCross(x, Infinity)]).toEqual([false, false]);
    const turned = step(-1, 0, [x], [-1]);
    expect([-0.7, -0.8, -1.2, -1.3].map((kink) => mayCross(turned, kink))).toEqual([false, true, true, false]);
  });
});
