import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare } from "../../src/oracle/compare.ts";
import { reference } from "../../src/oracle/case.ts";
import { absolute, gamma, onesLike, radiusOfSums, sumRadius, termsOfProducts } from "../../src/oracle/error-bound.ts";
import { noise, realNumber } from "../../src/oracle/lattice.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { Tensor, tensor } from "../../src/tensor/tensor.ts";
import { rational, rationalDistance, rationals } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { orders } from "./kernels.ts";
import { summations } from "./support.ts";

const u = 2 ** -24;

describe("the bound of n roundings", () => {
  it("is n·u / (1 − n·u), and infinite from n·u = 1 on", () => {
    expect(gamma(0, u)).toBe(0);
    expect(gamma(1, u)).toBe(u / (1 - u));
    expect(gamma(1000, u)).toBe((1000 * u) / (1 - 1000 * u));
    expect(gamma(255, 2 ** -8)).toBe(255);
    expect(gamma(256, 2 ** -8)).toBe(Infinity);
  });
});

describe("the radius of a sum", () => {
  const radius = (sum: number, count: number, extra: number, precision = precisions.float32): number =>
    sumRadius({ sum: tensor([sum]), count: tensor([count]) }, extra, precision).values[0]!;

  it("has a rounding for each term, one subnormal step each, and the reference's own double sum", () => {
    expect(radius(10, 3, 0)).toBe(gamma(3, u) * 10 + 3 * 2 ** -149 + 3 * 2 ** -53 * 10);
    expect(radius(10, 3, 1)).toBe(gamma(4, u) * 10 + 4 * 2 ** -149 + 3 * 2 ** -53 * 10);
    expect(radius(10, 3, 0, precisions.float64)).toBe(gamma(3, 2 ** -53) * 10 + 3 * 2 ** -1074 + 3 * 2 ** -53 * 10);
  });

  it("is 0 where nothing is rounded: no terms, or one term that is only copied", () => {
    expect(radius(0, 0, 0)).toBe(0);
    expect(radius(5, 1, -1)).toBe(0);
    expect(radius(5, 2, -1)).toBeGreaterThan(0);
  });

  it("is a number even where the sum is 0 and the roundings have no bound", () => {
    expect(radius(0, 300, 0, precisions.bfloat16)).not.toBeNaN();
    expect(radius(1, 300, 0, precisions.bfloat16)).toBe(Infinity);
  });
});

describe("the terms of a sum of products", () => {
  const dot = termsOfProducts(
    ({ a, b }) => ({ output: tensor(a!.values.reduce((sum, value, i) => sum + value * b!.values[i]!, 0)) }),
    ({ a, b }, _, { output }) => ({ a: new Tensor(b!.shape, b!.values.map((value) => value * output!.values[0]!)), b: new Tensor(a!.shape, a!.values.map((value) => value * output!.values[0]!)) }),
  );

  it("are summed on absolute values and counted on ones", () => {
    const { outputs, gradients } = dot({ a: tensor([1, -2]), b: tensor([-3, 4]) }, {}, { output: tensor(-5) });
    expect(outputs["output"]!.sum.values).toEqual([11]);
    expect(outputs["output"]!.count.values).toEqual([2]);
    expect(gradients["a"]!.sum.values).toEqual([15, 20]);
    expect(gradients["b"]!.count.values).toEqual([1, 1]);
    expect(dot({ a: tensor([1]), b: tensor([1]) }, {}, undefined).gradients).toEqual({});
  });

  it("get their extra roundings apart for outputs and gradients", () => {
    const { outputs, gradients } = radiusOfSums(dot, { outputs: 0, gradients: 3 })({ a: tensor([2]), b: tensor([3]) }, {}, { output: tensor(1) }, precisions.float32);
    expect(outputs["output"]!.values[0]).toBe(gamma(1, u) * 6 + 2 ** -149 + 2 ** -53 * 6);
    expect(gradients["a"]!.values[0]).toBe(gamma(4, u) * 3 + 4 * 2 ** -149 + 2 ** -53 * 3);
  });

  it("are taken from double copies that change nothing", () => {
    const given = tensor([-1, 2]);
    expect([absolute(given).values, onesLike(given).values, given.values]).toEqual([[1, 2], [1, 1], [-1, 2]]);
  });
});

/** Two vectors of float32 numbers of one regime of the rounding tier. */
const vectors = fc.record({ size: fc.integer({ min: 1, max: 60 }), regime: fc.integer({ min: 0, max: 4 }), seed: fc.integer() }).map(({ size, regime, seed }) => {
  const vector = (name: string): number[] => Array.from({ length: size }, (_, i) => {
    const [first, second, third] = [0, 1, 2].map((stream) => noise(seed, name, [i], stream)) as [number, number, number];
    return realNumber(regime, name === "left", first, second, third);
  });
  return { left: vector("left"), right: vector("right") };
});

const dotReference = (left: readonly number[], right: readonly number[]) => {
  const inputs = { left: new Tensor([1, left.length], left), right: new Tensor([right.length, 1], right) };
  const { expected, radius } = reference("matrixProduct", inputs, {});
  return { expected: expected.outputs["output"]!, radius: radius.outputs["output"]! };
};

describe("honest float32 code", () => {
  const worst: Record<string, number> = {};

  it.each(Object.entries(summations))("stays within the bound: %s", (name, sum) => {
    fc.assert(fc.property(vectors, ({ left, right }) => {
      const { expected, radius } = dotReference(left, right);
      const got = sum(left.map((value, i) => value * right[i]!)); // exact: 24 bits times 24 bits
      const { agrees, ratio } = compare({ shape: [1, 1], data: [got] }, expected, radius);
      worst[name] = Math.max(worst[name] ?? 0, ratio);
      expect(agrees, `${ratio}`).toBe(true);
    }), { numRuns: runs(200) });
  });

  it("stays within the bound where zeros are added as well: two terms leave γ_2 in Kahan's sum", () => {
    fc.assert(fc.property(vectors, fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.constantFrom(...Object.values(orders)), ({ left, right }, before, behind, sum) => {
      const zeros = (count: number): readonly number[] => new Array<number>(count).fill(0);
      const { expected, radius } = dotReference(left, right);
      const got = sum([...zeros(before), ...left.map((value, i) => value * right[i]!), ...zeros(behind)]);
      expect(compare({ shape: [1, 1], data: [got] }, expected, radius).agrees).toBe(true);
    }), { numRuns: runs(200) });
    const [left, right] = [[1.093144178390503, 1.3849741220474243], [1.711583137512207, 1.5409718751907349]];
    const products = left.map((value, i) => value * right[i]!);
    const size = products[0]! + products[1]!;
    expect(Math.abs(orders["compensated"]!([...products, 0]) - size) / (gamma(2, u) * size)).toBeGreaterThan(1.1);
    expect(dotReference(left, right).radius.values).toEqual([gamma(3, u) * size + 3 * 2 ** -149 + 2 * 2 ** -53 * size]);
  });

  it("stays within the bound where products and sums are subnormal", () => {
    const small = fc.array(fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -9999, max: 9999 })), { minLength: 1, maxLength: 40 });
    fc.assert(fc.property(small, fc.constantFrom(...Object.values(summations)), (pairs, sum) => {
      const [left, right] = [0, 1].map((side) => pairs.map((pair) => Math.fround(pair[side]! * 2 ** -83))) as [number[], number[]];
      const { expected, radius } = dotReference(left, right);
      expect(compare({ shape: [1, 1], data: [sum(left.map((value, i) => value * right[i]!))] }, expected, radius).agrees).toBe(true);
    }), { numRuns: runs(200) });
  });

  it("comes near enough to the bound that it means something, where the sum has few terms", () => {
    expect(Math.max(...Object.values(worst)), JSON.stringify(worst)).toBeGreaterThan(0.5);
    expect(Math.max(...Object.values(worst))).toBeLessThanOrEqual(1);
  });
});

describe("the reference's double sums", () => {
  it("lie within n·2⁻⁵³·Σ|terms| of the true value", () => {
    fc.assert(fc.property(vectors, ({ left, right }) => {
      const exact = left.reduce((sum, value, i) => rationals.add(sum, rationals.multiply(rationals.from(value), rationals.from(right[i]!))), rational(0n));
      const got = dotReference(left, right).expected.values[0]!;
      const size = left.reduce((sum, value, i) => sum + Math.abs(value * right[i]!), 0);
      expect(rationals.toNumber(rationalDistance(rationals.from(got), exact))).toBeLessThanOrEqual(left.length * 2 ** -53 * size);
    }), { numRuns: runs(60) });
  });
});

describe("code with less precision than it says", () => {
  const ones = fc.record({ size: fc.integer({ min: 8, max: 60 }), seed: fc.integer() }).map(({ size, seed }) =>
    Array.from({ length: size }, (_, i) => Math.fround(1 + noise(seed, "x", [i], 0))));

  it.each([["products cut to 12 bits", 12], ["products cut to the 8 bits of bfloat16", 8]])("exceeds the bound: %s", (_, bits) => {
    const cut = (value: number): number => value - (value % 2 ** (Math.floor(Math.log2(value)) - bits + 1));
    fc.assert(fc.property(ones, (left) => {
      const { expected, radius } = dotReference(left, left);
      const got = left.reduce((sum, value) => Math.fround(sum + cut(value * value)), 0);
      expect(compare({ shape: [1, 1], data: [got] }, expected, radius).agrees).toBe(false);
    }), { numRuns: runs(60) });
  });

  it("exceeds the bound where one small term of many is left out", () => {
    fc.assert(fc.property(ones, (left) => {
      const { expected, radius } = dotReference(left, left);
      const got = summations["sequential"]!(left.slice(1).map((value) => value * value));
      expect(compare({ shape: [1, 1], data: [got] }, expected, radius).agrees).toBe(false);
    }), { numRuns: runs(200) });
  });
});
