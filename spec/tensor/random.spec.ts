import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldIn, key, normal, split, threefry, uniform } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Fixed, so that a statistic comes out the same at every run. */
const someKey = key(20_260_101);
const count = 100_000;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const moment = (values: readonly number[], power: number): number => mean(values.map((value) => value ** power));

describe("the generator", () => {
  it.each([
    // Random123, tests/kat_vectors: "threefry2x32 20", counter, key, result.
    [[0x00000000, 0x00000000], [0x00000000, 0x00000000], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xc4923a9c, 0x483df7a0]],
  ] as readonly (readonly [Key, Key, Key])[])("turns counter %j under key %j into %j, as its authors' known answers say", (counter, from, words) => {
    expect(threefry(from, ...counter)).toEqual(words);
  });

  it("is a bijection of its counter: different blocks never agree", () => {
    const from: Key = [1, 2];
    const seen = new Set(Array.from({ length: 10_000 }, (_, i) => threefry(from, 0, i).join()));
    expect(seen.size).toBe(10_000);
  });
});

describe("a key", () => {
  it("is the seed in two words, so that no two seeds share one", () => {
    expect(key(7)).toEqual([0, 7]);
    expect(key(2 ** 32 + 5)).toEqual([1, 5]);
    expect(key(Number.MAX_SAFE_INTEGER)).toEqual([2 ** 21 - 1, 2 ** 32 - 1]);
    fc.assert(fc.property(seeds, (seed) => key(seed)[0] * 2 ** 32 + key(seed)[1] === seed), { numRuns: runs(200) });
  });

  it("splits into keys that differ from it and from each other", () => {
    fc.assert(fc.property(seeds, fc.integer({ min: 0, max: 50 }), (seed, n) => {
      const keys = split(key(seed), n);
      return keys.length === n && new Set([key(seed), ...keys].map(String)).size === n + 1;
    }), { numRuns: runs(100) });
    expect(split(someKey)).toEqual([foldIn(someKey, 0), foldIn(someKey, 1)]);
  });

  it("folded with a number gives what no block drawn from it is made of", () => {
    // Draws count with a first word of 0, folding with one whose highest bit is set.
    fc.assert(fc.property(seeds, fc.integer({ min: 0, max: 1000 }), (seed, data) => {
      const drawn = Array.from({ length: 1001 }, (_, i) => String(threefry(key(seed), 0, i)));
      return !drawn.includes(String(foldIn(key(seed), data)));
    }), { numRuns: runs(10) });
    expect(foldIn(someKey, 2 ** 32)).not.toEqual(foldIn(someKey, 0));
  });

  it.each([
    [() => key(-1), "RangeError: key: expected a whole number from 0 to 2^53 - 1, got -1"],
    [() => key(0.5), "RangeError: key: expected a whole number from 0 to 2^53 - 1, got 0.5"],
    [() => key(2 ** 53), "RangeError: key: expected a whole number from 0 to 2^53 - 1, got 9007199254740992"],
    [() => key("1" as never), 'TypeError: key: expected a whole number from 0 to 2^53 - 1, got "1"'],
    [() => foldIn(someKey, -1), "RangeError: foldIn: expected a whole number from 0 to 2^53 - 1, got -1"],
    [() => foldIn(7 as never, 1), "TypeError: foldIn: expected a key (from key, split or foldIn), got 7"],
    [() => foldIn([1, 2 ** 32], 1), "TypeError: foldIn: expected a key (from key, split or foldIn), got [1, 4294967296]"],
    [() => foldIn([1, -1], 1), "TypeError: foldIn: expected a key (from key, split or foldIn), got [1, -1]"],
    [() => foldIn([1, 0.5], 1), "TypeError: foldIn: expected a key (from key, split or foldIn), got [1, 0.5]"],
    [() => foldIn([1] as never, 1), "TypeError: foldIn: expected a key (from key, split or foldIn), got [1]"],
    [() => split(someKey, -1), "RangeError: split: expected a whole number of keys, got -1"],
    [() => split(someKey, 1.5), "RangeError: split: expected a whole number of keys, got 1.5"],
    [() => split(7 as never, 0), "TypeError: split: expected a key (from key, split or foldIn), got 7"],
    [() => uniform(7 as never, [1]), "TypeError: uniform: expected a key (from key, split or foldIn), got 7"],
    [() => uniform(someKey, [-1]), "RangeError: uniform: expected a shape of whole sizes of at least 0, got [-1]"],
    [() => uniform(someKey, [1], 2, 1), "RangeError: uniform: expected finite bounds, low ≤ high, got 2 and 1"],
    [() => uniform(someKey, [1], 0, 1e39), "RangeError: uniform: expected finite bounds, low ≤ high, got 0 and 1e+39"],
    [() => uniform(someKey, [1], NaN), "RangeError: uniform: expected finite bounds, low ≤ high, got NaN and 1"],
    [() => uniform(someKey, [1], "0" as never), 'RangeError: uniform: expected finite bounds, low ≤ high, got "0" and 1'],
    [() => normal(7 as never, [1]), "TypeError: normal: expected a key (from key, split or foldIn), got 7"],
    [() => normal(someKey, [1], 0, -1), "RangeError: normal: expected a finite mean and a finite deviation of at least 0, got 0 and -1"],
    [() => normal(someKey, [1], NaN), "RangeError: normal: expected a finite mean and a finite deviation of at least 0, got NaN and 1"],
    [() => normal(someKey, [1], 0, Infinity), "RangeError: normal: expected a finite mean and a finite deviation of at least 0, got 0 and Infinity"],
  ])("or what goes with it is refused where it does not fit: %#", (call, message) => {
    expect(thrown(call)).toBe(message);
  });
});

describe("uniform numbers", () => {
  it("are 24 random bits of one block each", () => {
    const expected = Array.from({ length: 5 }, (_, i) => (threefry(someKey, 0, i)[0] >>> 8) / 2 ** 24);
    expect(uniform(someKey, [5]).values).toEqual(expected);
    expect(uniform(someKey, [5], -1, 3).values).toEqual(expected.map((value) => Math.fround(-1 + 4 * value)));
  });

  it("come again for the same key, whatever the shape, and differ for another", () => {
    expect(uniform(someKey, [2, 3]).values).toEqual(uniform(someKey, [6]).values);
    expect(uniform(key(1), [6]).values).not.toEqual(uniform(key(2), [6]).values);
  });

  it("stay within [low, high), both rounded to float32, however narrow it is", () => {
    fc.assert(fc.property(seeds, fc.float({ noNaN: true, noDefaultInfinity: true }), fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 1, max: 4 }), (seed, a, b, ulps) => {
      const bits = new Int32Array(new Float32Array([a]).buffer);
      const near = new Float32Array(new Int32Array([bits[0]! + ulps]).buffer)[0]!;
      for (const other of [b, Number.isFinite(near) ? near : b]) {
        const [low, high] = a < other ? [a, other] : [other, a];
        for (const value of uniform(key(seed), [20], low, high).values) expect(value >= low && (value < high || low === high)).toBe(true);
      }
    }), { numRuns: runs(100) });
    expect(uniform(someKey, [3], 2, 2).values).toEqual([2, 2, 2]);
    expect(uniform(someKey, [1000], 0.7, 1).values.every((value) => value >= Math.fround(0.7))).toBe(true);
  });

  it("are spread evenly", () => {
    const values = uniform(someKey, [count]).values;
    const buckets = new Array<number>(100).fill(0);
    for (const value of values) buckets[Math.floor(value * 100)]!++;
    const chiSquare = buckets.reduce((sum, n) => sum + (n - count / 100) ** 2 / (count / 100), 0);
    // 99 degrees of freedom: 99 ± 14; between the 0.05 % and the 99.95 % quantile.
    expect(chiSquare).toBeGreaterThan(58);
    expect(chiSquare).toBeLessThan(152);
    // Standard errors √(1/12 / count) = 0.0009 and about 0.0002; four of each.
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(0.0037);
    expect(Math.abs(moment(values.map((value) => value - 1 / 2), 2) - 1 / 12)).toBeLessThan(0.001);
  });

  it("are uncorrelated with their neighbours and with those of related keys", () => {
    const centred = (values: readonly number[]): readonly number[] => values.map((value) => value - 1 / 2);
    const values = centred(uniform(someKey, [count]).values);
    const correlation = (others: readonly number[]): number => 12 * mean(values.map((value, i) => value * others[i % others.length]!));
    // Standard error 1/√count = 0.0032; four of them.
    for (const shift of [1, 2, 3]) expect(Math.abs(correlation([...values.slice(shift), ...values.slice(0, shift)]))).toBeLessThan(0.0127);
    for (const other of [...split(someKey, 3), foldIn(someKey, 99), key(20_260_102)]) {
      expect(Math.abs(correlation(centred(uniform(other, [count]).values)))).toBeLessThan(0.0127);
    }
  });
});

describe("normal numbers", () => {
  const values = normal(someKey, [count]).values;

  it("have the moments 0, 1, 0, 3", () => {
    // Standard errors √(k/count) with k = 1, 2, 15, 96; four of each.
    [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]].forEach(([power, expected, k]) => {
      expect(Math.abs(moment(values, power!) - expected!)).toBeLessThan(4 * Math.sqrt(k! / count));
    });
  });

  it("lie within one, two and three deviations as often as the table says", () => {
    for (const [deviations, share] of [[1, 0.6826895], [2, 0.9544997], [3, 0.9973002]] as const) {
      const within = values.filter((value) => Math.abs(value) < deviations).length / count;
      expect(Math.abs(within - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / count));
    }
  });

  it("scale with deviation and mean", () => {
    const standard = Array.from({ length: 10 }, (_, i) => {
      const [first, second] = threefry(someKey, 0, i);
      return Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * second) / 2 ** 32);
    });
    expect(normal(someKey, [10]).values).toEqual(standard.map(Math.fround));
    normal(someKey, [10], 5, 2).values.forEach((value, i) => expect(value).toBeCloseTo(5 + 2 * standard[i]!, 5));
    expect(normal(someKey, [2], 3, 0).values).toEqual([3, 3]);
  });

  it("are finite, and at most 6.66 deviations out", () => {
    expect(Math.sqrt(64 * Math.LN2)).toBeCloseTo(6.66, 2);
    expect(values.every((value) => Math.abs(value) <= Math.sqrt(64 * Math.LN2))).toBe(true);
  });
});
