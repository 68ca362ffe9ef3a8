import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { lpPoolingEntry } from "../../../src/oracle/catalog/lp-pooling.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor, zeros } from "../../../src/tensor/tensor.ts";
import { indices } from "../../definitions/nested.ts";
import { windowsOf } from "../../definitions/pooling.ts";
import { isInside } from "../../definitions/window.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

const f = Math.fround;
/** The library function, rounded, and one unit in the last place off, as mathematical libraries are. */
const exp = (x: number): number => f(f(Math.exp(x)) * (1 + 2 ** -23));
const log = (x: number): number => f(f(Math.log(x)) * (1 - 2 ** -23));
const pow = (x: number, p: number): number => f(f(Math.pow(x, p)) * (1 + 2 ** -23));
const sum = (values: readonly number[]): number => values.reduce((total, value) => f(total + value), 0);
const repeated = (x: number, p: number): number => (Number.isInteger(p) ? Array.from({ length: p }, () => x).reduce((product) => f(product * x), 1) : pow(x, p));
const root = (x: number, p: number): number => (p === 1 ? x : p === 2 ? f(Math.sqrt(x)) : pow(x, f(1 / p)));

/** How honest float32 code takes the norm of numbers above 0, and its slope for one of them. */
interface Form {
  readonly norm: (sizes: readonly number[], p: number) => number;
  readonly slope: (size: number, norm: number, p: number, dy: number) => number;
}

const power = (x: number, p: number): number => (p === 0 ? 1 : p === 1 ? x : pow(x, p));

const forms: Readonly<Record<string, Form>> = {
  "products and a square root": {
    norm: (sizes, p) => root(sum(sizes.map((size) => repeated(size, p))), p),
    slope: (size, norm, p, dy) => f(dy * power(f(size / norm), p - 1)),
  },
  "powers, summed backwards, both parts of the quotient raised": {
    norm: (sizes, p) => pow(sum(sizes.map((size) => pow(size, p)).toReversed()), f(1 / p)),
    slope: (size, norm, p, dy) => f(f(power(size, p - 1) * pow(norm, 1 - p)) * dy),
  },
  "exp of p·log x": {
    norm: (sizes, p) => exp(f(log(sum(sizes.map((size) => exp(f(p * log(size)))))) * f(1 / p))),
    slope: (size, norm, p, dy) => f(dy * exp(f(f(p - 1) * f(log(size) - log(norm))))),
  },
  "scaled by the largest": {
    norm: (sizes, p) => f(Math.max(...sizes) * root(sum(sizes.map((size) => repeated(f(size / Math.max(...sizes)), p))), p)),
    slope: (size, norm, p, dy) => f(dy * power(f(size / norm), p - 1)),
  },
  "log-sum-exp": {
    norm: (sizes, p) => {
      const exponents = sizes.map((size) => f(p * log(size)));
      const most = Math.max(...exponents);
      return exp(f(f(most + log(sum(exponents.map((exponent) => exp(f(exponent - most)))))) / p));
    },
    slope: (size, norm, p, dy) => f(dy * exp(f(f(p - 1) * log(f(size / norm))))),
  },
  "the mean of the powers times their number, differentiated step by step": {
    norm: (sizes, p) => pow(f(f(sum(sizes.map((size) => pow(size, p))) / sizes.length) * sizes.length), f(1 / p)),
    slope: (size, norm, p, dy) => f(f(f(dy * f(1 / p)) * pow(pow(norm, p), f(f(1 / p) - 1))) * f(p * power(size, p - 1))),
  },
  "x·|x|^(p − 2)": {
    norm: (sizes, p) => root(sum(sizes.map((size) => pow(size, p))), p),
    slope: (size, norm, p, dy) => f(f(size * pow(size, p - 2)) * f(dy / pow(norm, p - 1))),
  },
  "double inside": {
    norm: (sizes, p) => f(sizes.reduce((total, size) => total + size ** p, 0) ** (1 / p)),
    slope: (size, norm, p, dy) => f(dy * (size / norm) ** (p - 1)),
  },
};

/** Lp pooling and its gradient as float32 code of one form computes them. */
function honest({ inputs, options, cotangents }: Case, { norm, slope }: Form): { readonly output: number[]; readonly input: number[] } {
  const input = inputs["input"]!;
  const p = options["power"] as number;
  const { axes, windowAt, outputShape } = windowsOf(input.shape, options as never);
  const [x, dy] = [raw(input), raw(cotangents!["output"]!)];
  const gradients = new Array<number>(x.length).fill(0);
  const output = indices(outputShape).map(([n, c, ...o], q) => {
    const cells = windowAt(o).filter((position) => isInside(axes, position))
      .map((position) => [n!, c!, ...position].reduce((flat, i, axis) => flat * input.shape[axis]! + i, 0)).filter((cell) => x[cell] !== 0);
    if (cells.length === 0) return 0;
    const y = norm(cells.map((cell) => Math.abs(x[cell]!)), p);
    for (const cell of cells) gradients[cell] = f(gradients[cell]! + Math.sign(x[cell]!) * slope(Math.abs(x[cell]!), y, p, dy[q]!));
    return y;
  });
  return { output, input: gradients };
}

const ratios = (one: Case, got: { readonly output: readonly number[]; readonly input: readonly number[] }): { readonly output: number; readonly input: number } => {
  const { expected, radius } = reference("lpPooling", one.inputs, one.options, one.cotangents);
  const [y, dx] = [expected.outputs["output"]!, expected.gradients["input"]!];
  return {
    output: compare({ shape: y.shape, data: got.output }, y, radius.outputs["output"]).ratio,
    input: compare({ shape: dx.shape, data: got.input }, dx, radius.gradients["input"]).ratio,
  };
};

const cases = (["structure", "rounding"] as const).flatMap((tier) => drawn("lpPooling", tier, runs(20), 31));

describe("the radius of Lp pooling", () => {
  it.each(Object.entries(forms))("holds for honest float32 code: %s", (name, form) => {
    let worst = { output: 0, input: 0 };
    for (const one of cases) {
      const { output, input } = ratios(one, honest(one, form));
      worst = { output: Math.max(worst.output, output), input: Math.max(worst.input, input) };
    }
    console.info(`${name}: worst error as a share of the radius, output ${worst.output.toFixed(3)}, gradient ${worst.input.toFixed(3)}`);
    expect(Math.max(worst.output, worst.input)).toBeLessThanOrEqual(1);
    expect(Math.min(worst.output, worst.input), "so wide that it means nothing").toBeGreaterThan(0.02);
  });

  it("is left by numbers that are off by 1 in 10⁴", () => {
    for (const one of cases.slice(0, 30)) {
      const { expected } = reference("lpPooling", one.inputs, one.options, one.cotangents);
      if (expected.outputs["output"]!.values.every((value) => value === 0)) continue;
      const off = (values: readonly number[]): readonly number[] => values.map((value) => value * 1.0001);
      const { output, input } = ratios(one, { output: off(expected.outputs["output"]!.values), input: off(expected.gradients["input"]!.values) });
      expect(Math.min(output, input)).toBeGreaterThan(1);
    }
  });

  it("is finite and at least 0 for numbers of any size, and where a power is large", () => {
    const input = tensor([[[3, 1e30, -1e-30, 2 ** -149, 0, 0, Infinity, 1, NaN, 2, 5, -5]]]);
    for (const power of [1, 1.5, 2, 3, 50]) {
      for (const precision of [precisions.float32, precisions.float64]) {
        const { outputs, gradients } = lpPoolingEntry.radius({ input }, { window: 2, power }, { output: tensor([[[1, 2, 3, 4, 5, 6]]]) }, precision);
        const all = [...outputs["output"]!.values, ...gradients["input"]!.values];
        expect(all.filter((value) => !(value >= 0 && Number.isFinite(value)))).toEqual([]);
        expect(outputs["output"]!.values.slice(2, 5), "of a sum of 0, of an infinity and of NaN").toEqual([0, 0, 0]);
        expect([0, 1, 5].every((q) => outputs["output"]!.values[q]! > 0)).toBe(true);
      }
    }
  });

  it("grows with the number of taps and with the distance from 1, where logarithms are large", () => {
    const radiusOf = (...values: readonly number[]): number =>
      lpPoolingEntry.radius({ input: tensor([[values]]) }, { window: values.length, power: 2 }, undefined, precisions.float32).outputs["output"]!.values[0]!;
    const u = 2 ** -24;
    // One tap of 1: (2 + 8 + 1 + 2)/2 roundings of the sum, 8 + 2 of the root.
    expect(radiusOf(1) / u).toBeCloseTo(6.5 + 10, 3);
    expect(radiusOf(4) / 4).toBeGreaterThan(radiusOf(1));
    expect(radiusOf(1, 1, 1, 1) / 2).toBeGreaterThan(radiusOf(1));
    expect(radiusOf(1, 0, 0, 0)).toBe(radiusOf(1));
    // A subnormal number for each tap, where honest code underflows.
    expect(radiusOf(2 ** -149, 2 ** -149)).toBeGreaterThanOrEqual(2 * 2 ** -149);
  });

  it("is what the derivation says, on windows that can be done by hand", () => {
    const of = (values: readonly number[], power: number): readonly number[] => {
      const { outputs, gradients } = lpPoolingEntry.radius({ input: tensor([[values]]) }, { window: values.length, power }, { output: tensor([[[1]]]) }, precisions.float32);
      return [...outputs["output"]!.values, ...gradients["input"]!.values].map((radius) => radius / 2 ** -24);
    };
    const close = (actual: readonly number[], expected: readonly number[]): void => actual.forEach((value, i) => expect(value / expected[i]!).toBeCloseTo(1, 4));
    // One tap of 1, power 3: the norm (3 + 8 + 1 + 2)/3 + 8 + 2, its slope twice that and 3 + 2·8 + 4 + 1.
    close(of([1], 3), [14 / 3 + 10, 2 * (14 / 3 + 10) + 24]);
    // One tap of 4, power 2: as with 1, and 10·log 4 each for the power and for the root; the slope 10·2·log 4 for its own power.
    const log4 = Math.log(4);
    close(of([4], 2), [4 * (6.5 + 10 * log4 + 10 + 10 * log4), 6.5 + 10 * log4 + 10 + 10 * log4 + 23 + 20 * log4]);
    // Taps of 1 and 2, power 1: shares 1/3 and 2/3; log 1 counts as log 2, its distance from the largest.
    const [log2, log3] = [Math.log(2), Math.log(3)];
    const norm = 10 * log2 + 1 + 8 + 2 + 2 + 10 + 10 * log3;
    close(of([1, 2], 1), [3 * norm, 1 + 16 + 4 + 10 * log3 + 1, 1 + 16 + 4 + 10 * log2 + 1]);
    // Of a gradient of 0 a subnormal number is left.
    const still = lpPoolingEntry.radius({ input: tensor([[[1]]]) }, { window: 1 }, { output: tensor([[[0]]]) }, precisions.float32);
    expect(still.gradients["input"]!.values).toEqual([2 ** -149]);
  });

  it("of a gradient that a window with an infinity leaves alone is the rounding of its additions", () => {
    const inputs = { input: tensor([[[Infinity, 1, 2]]]) };
    const { values } = lpPoolingEntry.radius(inputs, { window: 2, stride: 1, power: 1 }, { output: tensor([[[4, 0]]]) }, precisions.float32).gradients["input"]!;
    // The first cell is in one window, the second in two; the other window's cotangent is 0 and leaves a subnormal number.
    expect(values.map((value) => Number((value / 2 ** -24).toFixed(4)))).toEqual([4, 8, 0]);
  });

  it("of a gradient counts the windows that a cell is in", () => {
    const radiusOf = (stride: number, padding: number): readonly number[] => {
      const input = tensor([[[1, 1, 1]]]);
      const options = { window: 2, stride, padding };
      const { shape } = lpPoolingEntry.forward({ input }, options)["output"]!;
      const cotangents = { output: tensor([[Array.from({ length: shape[2]! }, () => 1)]]) };
      return lpPoolingEntry.radius({ input }, options, cotangents, precisions.float32).gradients["input"]!.values;
    };
    const [first, second, third] = radiusOf(1, 0) as [number, number, number];
    expect(second).toBeGreaterThan(first + third);
    expect(first).toBe(third);
    expect(radiusOf(2, 0)[2], "a cell that no window reads").toBe(0);
    const [inputs, cotangents] = [{ input: tensor([[[1, 2], [1, 2]], [[1, 2], [1, 2]]]) }, { output: tensor([[[1], [1]], [[1], [1]]]) }];
    const { values } = lpPoolingEntry.radius(inputs, { window: 2 }, cotangents, precisions.float32).gradients["input"]!;
    expect(values, "the same in every plane").toEqual([0, 1, 0, 1, 0, 1, 0, 1].map((i) => values[i]!));
    expect(values[1]).toBeGreaterThan(values[0]!);
  });
});

describe("Lp pooling in the catalog", () => {
  it("writes its options out in full", () => {
    expect(lpPoolingEntry.complete({ input: zeros([1, 1, 6, 6]) }, { window: [3, 2] }))
      .toEqual({ window: [3, 2], stride: [3, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1], ceilMode: false, power: 2 });
    expect(lpPoolingEntry.complete({ input: zeros([1, 1, 6]) }, { window: 2, power: 3 })["power"]).toBe(3);
  });

  it("draws what can hurt, and numbers whose powers no precision loses", () => {
    const norms = (one: Case): readonly number[] => reference("lpPooling", one.inputs, one.options).expected.outputs["output"]!.values;
    const values = ({ inputs }: Case): readonly number[] => inputs["input"]!.values;
    for (const tier of ["structure", "rounding"] as const) {
      const found = shares(drawn("lpPooling", tier, 150, 9), {
        "power 1": ({ options }) => options["power"] === 1,
        "power 2": ({ options }) => options["power"] === 2,
        "an odd power over negative numbers": (one) => [1, 3].includes(one.options["power"] as number) && values(one).some((value) => value < 0),
        "a power that is not whole": ({ options }) => !Number.isInteger(options["power"]),
        zeros: (one) => values(one).includes(0),
        "a window whose sum is 0": (one) => norms(one).includes(0),
        "numbers of both signs": (one) => values(one).some((value) => value < 0) && values(one).some((value) => value > 0),
        ceilMode: ({ options }) => options["ceilMode"] === true,
        "unequal sides": ({ options }) => (options["padding"] as readonly number[][]).some(([before, after]) => before !== after),
        "a dilation": ({ options }) => (options["dilation"] as readonly number[]).some((dilation) => dilation > 1),
      });
      expect(Object.entries(found).filter(([, share]) => share < 0.08), JSON.stringify(found)).toEqual([]);
    }
    const sizes = drawn("lpPooling", "rounding", 100, 9).flatMap(values).map(Math.abs).filter((value) => value > 0);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1 / 16);
    expect(Math.min(...sizes)).toBeLessThan(1 / 10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
    expect(Math.max(...sizes)).toBeGreaterThan(3.5);
  });
});
