import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { casesOf, noise, numbersOf, realNumber, regimes, sumsAreExact, tensorOf, tiers, wholeNumber } from "../../src/oracle/lattice.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { indices } from "../definitions/nested.ts";
import { runs } from "../support/runs.ts";

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("noise", () => {
  it("is a function of seed, name, index and stream alone", () => {
    const one = noise(1, "input", [2, 3], 0);
    expect(noise(1, "input", [2, 3], 0)).toBe(one);
    const others = [noise(2, "input", [2, 3], 0), noise(1, "inputs", [2, 3], 0), noise(1, "input", [3, 2], 0), noise(1, "input", [2, 3, 0], 0), noise(1, "input", [2, 3], 1)];
    expect(new Set([one, ...others]).size).toBe(6);
  });

  it("spreads evenly over [0, 1), without a trace of the index", () => {
    const values = indices([2, 3, 30, 50]).map((index) => noise(5, "x", index, 0));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    // Ten equal bins of 9000 numbers: 900 each, with a standard deviation of 28; six of them are allowed.
    for (let bin = 0; bin < 10; bin++) expect(Math.abs(values.filter((value) => Math.floor(value * 10) === bin).length - 900)).toBeLessThan(170);
    const correlation = values.slice(1).reduce((sum, value, i) => sum + (value - 0.5) * (values[i]! - 0.5), 0) / values.length;
    expect(Math.abs(correlation) * 12).toBeLessThan(0.06);
    expect(new Set(values).size).toBeGreaterThan(8990);
  });
});

describe("the structure tier", () => {
  it("draws whole numbers within its range: two signs without zero, ties around zero, all negative, all positive", () => {
    fc.assert(fc.property(share, share, fc.integer({ min: 1, max: 4096 }), (first, second, range) => {
      const all = [0, 1, 2, 3].map((regime) => wholeNumber(regime, range, first, second)) as [number, number, number, number];
      expect(all.every((value) => Number.isInteger(value) && Math.abs(value) <= range)).toBe(true);
      expect([Math.abs(all[0]) >= 1, Math.abs(all[1]) <= 1, all[2] < 0, all[3] > 0]).toEqual([true, true, true, true]);
    }), { numRuns: runs(300) });
    const drawn = (regime: number): Set<number> => new Set(Array.from({ length: 300 }, (_, i) => wholeNumber(regime, 2, noise(1, "", [i], 0), noise(1, "", [i], 1))));
    expect([...drawn(0)].sort((a, b) => a - b)).toEqual([-2, -1, 1, 2]);
    expect([...drawn(1)].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
  });

  it("grow rare where even ones would be too many: of a range of 1/8 about every eighth is left", () => {
    for (const regime of [0, 2, 3]) {
      const values = Array.from({ length: 2000 }, (_, i) => wholeNumber(regime, 1 / 8, noise(1, "", [i], 0), noise(1, "", [i], 1)));
      expect(new Set(values.map(Math.abs))).toEqual(new Set([0, 1]));
      expect(values.filter((value) => value !== 0).length / 2000).toBeCloseTo(1 / 8, 1);
    }
  });
});

describe("the rounding tier", () => {
  it("draws float32 numbers: even, wide, of one sign, cancelling, huge beside tiny", () => {
    fc.assert(fc.property(share, share, share, fc.boolean(), fc.integer({ min: 0, max: regimes.rounding - 1 }), (first, second, third, leading, regime) => {
      const value = realNumber(regime, leading, first, second, third);
      expect(value).toBe(Math.fround(value));
      expect(Number.isFinite(value)).toBe(true);
    }), { numRuns: runs(500) });
    expect(realNumber(1, true, 0.5, 0.7, 0)).toBe(1.5 * 2 ** -20);
    expect(realNumber(1, true, 0.5, 0.2, 0.999)).toBe(-1.5 * 2 ** 20);
    expect(realNumber(2, true, 0, 0, 0)).toBeGreaterThan(0);
    expect(Math.abs(realNumber(3, true, 0.5, 0, 0) + 1)).toBeLessThan(2 ** -12);
    expect(realNumber(4, true, 1, 0, 0) / realNumber(4, false, 1, 0, 0)).toBe(2 ** 180);
  });
});

describe("the tensor of a function of the index", () => {
  it("asks for every index once, in row-major order", () => {
    expect(tensorOf([2, 3], ([i, j]) => 10 * i! + j!).values).toEqual([0, 1, 2, 10, 11, 12]);
    expect(tensorOf([], () => 7)).toEqual(tensor(7));
    expect(tensorOf([2, 0], () => 1).shape).toEqual([2, 0]);
  });

  it("keeps the rest when an axis shrinks", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(shape, fc.nat(), fc.integer(), (sizes, pick, seed) => {
      const axis = pick % sizes.length;
      const smaller = sizes.map((size, i) => (i === axis ? size - 1 : size));
      const of = (index: readonly number[]): number => Math.fround(noise(seed, "x", index, 0));
      const [large, small] = [tensorOf(sizes, of), tensorOf(smaller, of)];
      expect(small.values).toEqual(large.values.filter((_, position) => indices(sizes)[position]![axis]! < smaller[axis]!));
    }), { numRuns: runs(100) });
  });
});

describe("the proof of exactness", () => {
  const terms = (...sums: number[]) => ({ sum: tensor(sums), count: tensor(sums.map(() => 1)) });

  it("wants every sum of absolute terms below the limit, outputs and gradients alike", () => {
    expect(sumsAreExact({ outputs: { output: terms(1, 15) }, gradients: {} }, 16)).toBe(true);
    expect(sumsAreExact({ outputs: { output: terms(1, 16) }, gradients: {} }, 16)).toBe(false);
    expect(sumsAreExact({ outputs: {}, gradients: { a: terms(3), b: terms(17, 1) } }, 16)).toBe(false);
  });

  it("is needed: above it the order of a float32 sum shows", () => {
    const sum = (values: readonly number[]): number => values.reduce((total, value) => Math.fround(total + value), 0);
    const values = [2 ** 24, 1, 1];
    expect(sum(values)).not.toBe(sum(values.toReversed()));
  });
});

it("there are six tiers of drawn cases, and structure comes first; each has its share of the cases", () => {
  expect(tiers.slice(0, 2)).toEqual(["structure", "rounding"]);
  expect([...tiers]).toEqual(expect.arrayContaining(["special", "degenerate", "sizes", "laws"]));
  expect(Object.keys(regimes)).toEqual(expect.arrayContaining(["structure", "rounding", "special", "degenerate", "sizes", "laws"]));
  expect((["structure", "rounding", "special", "degenerate", "sizes", "laws"] as const).map((tier) => casesOf(tier, 200))).toEqual([200, 200, 60, 60, 30, 40]);
  expect(casesOf("laws", 1)).toBe(1);
});

it("edges and long axes take whole numbers where an operation is exact on them, special values stand among reals", () => {
  expect((["structure", "rounding", "special", "degenerate", "sizes"] as const).map((tier) => numbersOf(tier, true))).toEqual(["structure", "rounding", "rounding", "structure", "structure"]);
  expect(numbersOf("degenerate", false)).toBe("rounding");
});
