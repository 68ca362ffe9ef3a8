import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { findOperation, reference } from "../../../src/oracle/case.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn, mapNames } from "../support.ts";
import { shares } from "./shares.ts";
import { known } from "./weights.ts";

const f = Math.fround;
const total = (values: readonly number[]): number => values.reduce((sum, value) => f(sum + value), 0);
const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Norms of several tensors as float32 code takes them. */
type Norm = (tensors: readonly (readonly number[])[], power: number) => number;

const flat: Norm = (tensors, power) => {
  const all = tensors.flat();
  return power === Infinity ? largest(all) : power === 1 ? total(all.map(Math.abs)) : f(Math.sqrt(total(all.map((g) => f(g * g)))));
};
const normOfNorms: Norm = (tensors, power) => flat([tensors.map((values) => flat([values], power))], power);
const sumOfTensorSums: Norm = (tensors, power) =>
  power === 2 ? f(Math.sqrt(total(tensors.map((values) => f(f(Math.sqrt(total(values.map((g) => f(g * g))))) ** 2))))) : normOfNorms(tensors, power);
const relativeToLargest: Norm = (tensors, power) => {
  const most = largest(tensors.flat());
  return power !== 2 || most === 0 ? flat(tensors.map((values) => values.toReversed()), power)
    : f(most * f(Math.sqrt(total(tensors.flat().map((g) => f(f(g / most) ** 2))))));
};

/** How the scale is applied. */
const scalings: Readonly<Record<string, (g: number, maxNorm: number, norm: number) => number>> = {
  "one factor": (g, maxNorm, norm) => f(g * Math.min(1, f(maxNorm / norm))),
  "product first": (g, maxNorm, norm) => (norm <= maxNorm ? g : f(f(g * maxNorm) / norm)),
  "over the larger": (g, maxNorm, norm) => f(f(g * maxNorm) / Math.max(norm, maxNorm)),
  reciprocals: (g, maxNorm, norm) => (norm <= maxNorm ? g : f(f(g * maxNorm) * f(1 / norm))),
};

const norms: Readonly<Record<string, Norm>> = { "in one sum": flat, "the norm of norms": normOfNorms, "squared again": sumOfTensorSums, "relative to the largest": relativeToLargest };

type Answers = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;

const clippedBy = ({ inputs, options }: Case, norm: Norm, scale: (g: number, maxNorm: number, norm: number) => number): Answers => {
  const size = norm(Object.values(inputs).map(({ values }) => values), options["norm"] as number);
  const clipped = Object.entries(inputs).map(([name, { shape, values }]) =>
    [name.replace("gradients", "clipped"), { shape, data: values.map((g) => (g === 0 ? 0 : scale(g, f(options["maxNorm"] as number), size))) }] as const);
  return { ...Object.fromEntries(clipped), norm: { shape: [], data: [size] } };
};

describe("the radius of clipping by global norm", () => {
  const cases = known(drawn("clipByGlobalNorm", "rounding", runs(40), 61));

  it.each(Object.entries(norms).flatMap(([n, norm]) => Object.entries(scalings).map(([s, scale]) => [`${n}, ${s}`, norm, scale] as const)))("holds for honest float32 code: %s", (name, norm, scale) => {
    let worst = { clipped: 0, norm: 0 };
    for (const { one, expected, radius } of cases) {
      for (const [output, got] of Object.entries(clippedBy(one, norm, scale))) {
        const { ratio, message } = compare(got, expected.outputs[output]!, radius.outputs[output]);
        if (ratio > 1) expect(ratio, `${output}: ${message} of ${JSON.stringify(one)}`).toBeLessThanOrEqual(1);
        worst = output === "norm" ? { ...worst, norm: Math.max(worst.norm, ratio) } : { ...worst, clipped: Math.max(worst.clipped, ratio) };
      }
    }
    console.info(`${name}: worst error as a share of the radius, clipped ${worst.clipped.toFixed(3)}, norm ${worst.norm.toFixed(3)}`);
    expect(Math.min(worst.clipped, worst.norm), "so wide that it means nothing").toBeGreaterThan(0.1);
  });

  const radiusOf = (options: object, ...values: readonly number[]): readonly [clipped: readonly number[], norm: number] => {
    const { outputs } = reference("clipByGlobalNorm", { "gradients.w": tensor([...values]) }, { norm: 2, ...options }).radius;
    return [outputs["clipped.w"]!.values, outputs["norm"]!.values[0]!];
  };

  it("is 0 for every 0, and three roundings where the norm is surely small enough, two for a power of two", () => {
    expect(radiusOf({ maxNorm: 1 }, 3, 0)[0][1]).toBe(0);
    expect(radiusOf({ maxNorm: 0 }, 0, 0)).toEqual([[0, 0], 0]);
    for (const maxNorm of [5.001, Infinity]) radiusOf({ maxNorm }, 3, 4)[0].forEach((each, i) => expect(each / ((2 ** -24 + 2 ** -53) * [3, 4][i]!)).toBeCloseTo([3, 2][i]!, 5));
  });

  it("shrinks with what it is the radius of", () => {
    const [clipped] = radiusOf({ maxNorm: 2 ** -10 }, 3, 4);
    expect(clipped.every((each) => each > 2 ** -24 * 2 ** -12 && each < 2 ** -24 * 2 ** -10 * 20)).toBe(true);
  });

  it("allows for the scale where the norm may be seen on either side of the largest", () => {
    const [clipped, norm] = radiusOf({ maxNorm: 5 }, 3, 4);
    expect(norm).toBeGreaterThan(0);
    expect(clipped.map((each) => each / 2 ** -24).every((each) => each > 3 && each < 80)).toBe(true);
  });

  it("is 0 for the largest value, and counts every number in sums", () => {
    expect(radiusOf({ maxNorm: 1, norm: Infinity }, 3, 4)[1]).toBe(0);
    expect(radiusOf({ maxNorm: 1, norm: 1 }, 3, 4, 1)[1] / ((2 ** -24 + 2 ** -53) * 8)).toBeCloseTo(2, 5);
    expect(radiusOf({ maxNorm: 1, norm: 1 }, 3)[1]).toBe(0);
    // Half of two numbers and one tensor, and four.
    expect(radiusOf({ maxNorm: 1 }, 3, 4)[1] / ((2 ** -24 + 2 ** -53) * 5)).toBeCloseTo(5.5, 5);
    expect(reference("clipByGlobalNorm", { "gradients.w": tensor(new Array<number>(300).fill(1)) }, { maxNorm: 1, norm: 1 }, undefined, precisions.bfloat16).radius.outputs["norm"]!.values).toEqual([Infinity]);
  });

  it("is 0 for every 0 even where nothing is known of the norm, and 0 for all where the norm is infinite", () => {
    const many = tensor([...new Array<number>(300).fill(1), 0]);
    const { outputs } = reference("clipByGlobalNorm", { "gradients.w": many }, { maxNorm: 1, norm: 1 }, undefined, precisions.bfloat16).radius;
    expect(outputs["clipped.w"]!.values.slice(299)).toEqual([Infinity, 0]);
    expect(radiusOf({ maxNorm: 1 }, Infinity, 1, 0)).toEqual([[0, 0, 0], 0]);
    expect(radiusOf({ maxNorm: 1, norm: 1 }, -Infinity, 1)).toEqual([[0, 0], 0]);
  });

  it("allows squares to underflow, by no more than they can", () => {
    const [, norm] = radiusOf({ maxNorm: 1 }, 1e-25, 1e-25);
    expect(norm).toBeGreaterThan(Math.SQRT2 * 1e-25);
    expect(norm).toBeLessThan(1e-21);
    expect(radiusOf({ maxNorm: 1 }, 1e-10, 1e-10)[1]).toBeLessThan(1e-16);
    expect(radiusOf({ maxNorm: 1 }, 1e-18, 1e-18)[1]).toBeLessThan(1e-24);
  });

  it("is left by 1e-6 beside a small norm, and by norms of single tensors", () => {
    const inputs = { "gradients.a": tensor([3e-3]), "gradients.b": tensor([4e-3]) };
    const { expected, radius } = reference("clipByGlobalNorm", inputs, { maxNorm: 1e-3, norm: 2 });
    const ratio = (a: number): number => compare(tensor([a]), expected.outputs["clipped.a"]!, radius.outputs["clipped.a"]).ratio;
    expect(ratio(3e-3 * f(f(1e-3) / f(5e-3)))).toBeLessThanOrEqual(1);
    expect(ratio((3e-3 * 1e-3) / (5e-3 + 1e-6))).toBeGreaterThan(100);
    expect(ratio(1e-3)).toBeGreaterThan(1000);
  });
});

describe("the radius of clipping by value", () => {
  it("is what the limit loses, where it is reached, and 0 elsewhere", () => {
    const { radius } = reference("clipByValue", { "gradients.w": tensor([0.05, 0.1, 5, -5, 0]) }, { limit: 0.1 });
    const lost = f(0.1) - 0.1;
    expect(radius.outputs["clipped.w"]!.values).toEqual([0, lost, lost, lost, 0]);
    expect(reference("clipByValue", { "gradients.w": tensor([5]) }, { limit: 0.5 }).radius.outputs["clipped.w"]!.values).toEqual([0]);
  });

  it("holds for code that rounds the limit and for code that does not, in every case", () => {
    for (const tier of ["structure", "rounding"] as const) {
      for (const { inputs, options } of drawn("clipByValue", tier, runs(30), 67)) {
        const { expected, radius } = reference("clipByValue", inputs, options);
        for (const limit of [options["limit"] as number, f(options["limit"] as number)]) {
          for (const [name, { shape, values }] of Object.entries(inputs)) {
            const got = { shape, data: values.map((g) => Math.max(-limit, Math.min(limit, g))) };
            expect(compare(got, expected.outputs[name.replace("gradients", "clipped")]!, tier === "structure" ? undefined : radius.outputs[name.replace("gradients", "clipped")]).agrees).toBe(true);
          }
        }
      }
    }
  });
});

describe("clipping in the catalog", () => {
  it("names what comes out after what went in", () => {
    const inputs = { "gradients.w": tensor([6]), "gradients.gradients.b": tensor([[-8]]) };
    expect(mapNames(findOperation("clipByGlobalNorm").forward(inputs, { maxNorm: 5 }), ({ values }) => values)).toEqual({ "clipped.w": [3], "clipped.gradients.b": [-4], norm: [10] });
    expect(mapNames(findOperation("clipByValue").forward(inputs, { limit: 7 }), ({ values }) => values)).toEqual({ "clipped.w": [6], "clipped.gradients.b": [-7] });
    expect(findOperation("clipByGlobalNorm").complete(inputs, { maxNorm: 5 })).toEqual({ maxNorm: 5, norm: 2 });
  });

  it("rounds its norm as its inputs are stored", () => {
    const norm = (wide: boolean): unknown => raw((wide ? reference("clipByGlobalNorm", { "gradients.w": tensor([1, 1]) }, { maxNorm: 1 }).expected.outputs : findOperation("clipByGlobalNorm").forward({ "gradients.w": tensor([1, 1]) }, { maxNorm: 1 }))["norm"]!);
    expect(norm(false)).toEqual(Float32Array.of(Math.SQRT2));
    expect(norm(true)).toEqual(Float64Array.of(Math.SQRT2));
  });

  it("is drawn with one to three tensors, with every norm, above and below the largest; and by value with numbers on both sides of the limit", () => {
    const found = shares(drawn("clipByGlobalNorm", "rounding", 120), {
      "several tensors": ({ inputs }) => Object.keys(inputs).length > 1,
      "norm 1": ({ options }) => options["norm"] === 1,
      "norm 2": ({ options }) => options["norm"] === 2,
      "norm ∞": ({ options }) => options["norm"] === Infinity,
      clipped: ({ inputs, options }) => (findOperation("clipByGlobalNorm").forward(inputs, options)["norm"]!.values[0]!) > (options["maxNorm"] as number),
      "left alone": ({ inputs, options }) => (findOperation("clipByGlobalNorm").forward(inputs, options)["norm"]!.values[0]!) < (options["maxNorm"] as number),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.2), JSON.stringify(found)).toEqual([]);
    for (const tier of ["structure", "rounding"] as const) {
      const limited = shares(drawn("clipByValue", tier, 100), {
        "above the limit": ({ inputs, options }) => inputs["gradients.w"]!.values.some((g) => g > (options["limit"] as number)),
        "below −limit": ({ inputs, options }) => inputs["gradients.w"]!.values.some((g) => g < -(options["limit"] as number)),
        within: ({ inputs, options }) => inputs["gradients.w"]!.values.some((g) => Math.abs(g) < (options["limit"] as number)),
      });
      expect(Object.entries(limited).filter(([, share]) => share < 0.2), JSON.stringify(limited)).toEqual([]);
    }
  });
});
