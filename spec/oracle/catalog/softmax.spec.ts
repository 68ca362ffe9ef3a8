import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { logSoftmaxEntry, roundedRow, rowsAlong, softmaxEntry } from "../../../src/oracle/catalog/softmax.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { exp, expectWithin, f, log, sums } from "./honest.ts";
import type { Answer, Sum } from "./honest.ts";
import { shares } from "./shares.ts";

interface Rows {
  readonly softmax: (x: readonly number[]) => readonly number[];
  readonly logSoftmax: (x: readonly number[]) => readonly number[];
  readonly sum: Sum;
  /** p·(dy − m), or p·dy − p·m. */
  readonly factored: boolean;
}

const shifted = (x: readonly number[]): readonly number[] => x.map((value) => f(value - Math.max(...x)));

/** How honest float32 code groups a row. */
const groupings: Readonly<Record<string, Rows>> = {
  "shifted by the maximum, p as a quotient": {
    softmax: (x) => {
      const e = shifted(x).map(exp);
      return e.map((value) => f(value / sums.forwards(e)));
    },
    logSoftmax: (x) => shifted(x).map((value, _, d) => f(value - log(sums.forwards(d.map(exp))))),
    sum: sums.forwards, factored: true,
  },
  "log-sum-exp first, p as exp(log p)": {
    softmax: (x) => groupings["log-sum-exp first, p as exp(log p)"]!.logSoftmax(x).map(exp),
    logSoftmax: (x) => {
      const whole = f(Math.max(...x) + log(sums.pairwise(shifted(x).map(exp))));
      return x.map((value) => f(value - whole));
    },
    sum: sums.pairwise, factored: false,
  },
  "exponentials summed backwards, p by a reciprocal": {
    softmax: (x) => {
      const e = shifted(x).map(exp);
      return e.map((value) => f(value * f(1 / sums.backwards(e))));
    },
    logSoftmax: (x) => shifted(x).map((value, _, d) => f(value - log(sums.backwards(d.map(exp))))),
    sum: sums.backwards, factored: true,
  },
};

const answer = (name: "softmax" | "logSoftmax", { softmax, logSoftmax, sum, factored }: Rows) => ({ inputs, options, cotangents }: Case): Answer => {
  const [x, dy] = [raw(inputs["input"]!), raw(cotangents!["output"]!)];
  const output = new Array<number>(x.length).fill(0);
  const input = new Array<number>(x.length).fill(0);
  for (const places of rowsAlong(inputs["input"]!.shape, options["axis"] as number)) {
    const row = places.map((at) => x[at]!);
    const d = places.map((at) => dy[at]!);
    const p = softmax(row);
    const logs = logSoftmax(row);
    const total = sum(d);
    const mean = sum(p.map((each, c) => f(each * d[c]!)));
    places.forEach((at, c) => {
      output[at] = name === "softmax" ? p[c]! : logs[c]!;
      const gradient = factored ? f(p[c]! * f(d[c]! - mean)) : f(f(p[c]! * d[c]!) - f(p[c]! * mean));
      input[at] = name === "softmax" ? gradient : f(d[c]! - f((factored ? exp(logs[c]!) : p[c]!) * total));
    });
  }
  return { output, input };
};

describe.each(["softmax", "logSoftmax"] as const)("the radius of %s", (name) => {
  it.each(Object.entries(groupings))("holds for honest float32 code: %s", (grouping, rows) => {
    expectWithin(name, grouping, answer(name, rows), runs(60));
  });

  it("is left by code that forgets a digit: 1 in 10⁴ off is far outside, but where scores are large beside it", () => {
    for (const one of drawn(name, "rounding", 40, 37)) {
      const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents);
      expected.outputs["output"]!.values.forEach((value, i) => {
        const scores = one.inputs["input"]!.values.filter(Number.isFinite).map(Math.abs);
        if (Math.abs(value) > 1e-2 * Math.max(1, ...scores) && Number.isFinite(value)) expect(Math.abs(value) * 1e-4).toBeGreaterThan(radius.outputs["output"]!.values[i]!);
      });
    }
  });
});

/** Differences of numbers near 1 lose digits: radii of 1e-6 keep nine. */
const close = (actual: number, expected: number): void => expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-9);

describe("a row with its rounding", () => {
  it("has the probabilities, their surprises, and bounds that follow the formula", () => {
    // Two equal scores of 3: d = 0, S = 2.
    const u = 2 ** -24 + 2 ** -53;
    const { p, surprise, logError, pError } = roundedRow([3, 3], precisions.float32);
    expect([p, surprise]).toEqual([[0.5, 0.5], [Math.log(2), Math.log(2)]]);
    const expected = gamma(2 + 8, u) + u * (8 * Math.log(2) + 3 + 2 * Math.log(2));
    expect(logError).toEqual([expected, expected]);
    expect(pError[0]).toBe(0.5 * Math.expm1(expected + gamma(10, u)) + 4 * 2 ** -149);
  });

  it("counts the distance from the maximum: twice for a logarithm, by its share for the sum", () => {
    const u = 2 ** -24 + 2 ** -53;
    const [e, logSum] = [Math.exp(-1), Math.log(1 + Math.exp(-1))];
    const { logError } = roundedRow([4, 3], precisions.float32);
    const sumError = Math.log((1 + e * Math.exp(u)) / (1 + e)) + gamma(10, u);
    close(logError[0]!, sumError + u * (8 * logSum + 4 + 2 * logSum));
    close(logError[1]!, sumError + u * (8 * logSum + 4 + 2 * (1 + logSum)));
    // 100 away the sum hears nothing of it, the logarithm does.
    const far = roundedRow([0, -100], precisions.float32).logError;
    close(far[1]! - far[0]!, 200 * u);
  });

  it("bounds the gradients that its probabilities make", () => {
    const u = 2 ** -24 + 2 ** -53;
    const inputs = { input: tensor([3, 3]) };
    const cotangents = { output: tensor([8, -4]) };
    const of = (name: string): number => reference(name, inputs, { axis: 0 }, cotangents).radius.gradients["input"]!.values[0]!;
    const [pError] = roundedRow([3, 3], precisions.float32).pError as readonly [number, number];
    // Softmax: m = 2 of terms 4 + 2; the difference is 6.
    const differenceError = pError * 12 + gamma(2, u) * 6 + 2 * u * (8 + 6);
    close(of("softmax"), pError * (6 + differenceError) * (1 + u) + 0.5 * (differenceError * (1 + u) + 6 * u) + 4 * 2 ** -149);
    // Its logarithm: 8 − ½·4, of a sum with terms 8 + 4.
    const product = (0.5 + pError) * (4 + gamma(2, u) * 12);
    close(of("logSoftmax"), product - 2 + u * (8 + product) + 4 * 2 ** -149);
  });

  it("allows no error where the logarithm is −Infinity, and nothing but underflow where the probability is 0", () => {
    const { p, logError, pError } = roundedRow([1, -Infinity], precisions.float32);
    expect([p, logError[1], pError[1]]).toEqual([[1, 0], 0, 4 * 2 ** -149]);
  });

  it("holds to coarse precisions, where the distance times u is no small number", () => {
    // exp(−200·(1 ± 2⁻⁸)) is off by a factor e^±0.78.
    const { p, pError } = roundedRow([0, -200], precisions.bfloat16);
    expect(pError[1]! / p[1]!).toBeGreaterThan(Math.expm1(200 * 2 ** -8));
  });
});

describe("rows along an axis", () => {
  it("lie a step apart, one for each place of the other axes", () => {
    expect(rowsAlong([2, 3], -1)).toEqual([[0, 1, 2], [3, 4, 5]]);
    expect(rowsAlong([2, 3], 0)).toEqual([[0, 3], [1, 4], [2, 5]]);
    expect(rowsAlong([2, 2, 2], -2)).toEqual([[0, 2], [1, 3], [4, 6], [5, 7]]);
  });
});

describe("softmax in the catalog", () => {
  it("writes out the axis as it was given", () => {
    const inputs = { input: tensor([[1, 2]]) };
    expect([softmaxEntry.complete(inputs, {}), logSoftmaxEntry.complete(inputs, { axis: 0 })]).toEqual([{ axis: -1 }, { axis: 0 }]);
  });

  it("draws the largest scores late in long rows, beyond what the power of 88.7 holds above the first of them", () => {
    const late = ["softmax", "logSoftmax", "crossEntropy"].map((name) => drawn(name, "sizes", 60).filter(({ inputs, options }) => {
      const { shape, values } = inputs["input"]!;
      const axis = name === "crossEntropy" ? 1 : ((options["axis"] as number) + shape.length) % shape.length;
      const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
      const row = Array.from({ length: shape[axis]! }, (_, i) => values[i * inner]!);
      return row.length > 16 && Math.max(...row.slice(16)) > Math.max(...row.slice(0, 16)) + 88.7;
    }).length);
    expect(late.every((count) => count > 1), late.join()).toBe(true);
  });

  it("draws every axis from both ends, large scores, and masked ones", () => {
    const rank = ({ inputs }: Case): number => inputs["input"]!.shape.length;
    const found = shares(drawn("softmax", "rounding", 300), {
      "an axis counted from the end": ({ options }) => (options["axis"] as number) < 0,
      "an axis that is not the last": (one) => ((one.options["axis"] as number) + rank(one)) % rank(one) < rank(one) - 1,
      "the first of several axes": (one) => ((one.options["axis"] as number) + rank(one)) % rank(one) === 0 && rank(one) > 1,
      "scores beyond 100, where exp overflows": ({ inputs }) => inputs["input"]!.values.some((value) => value > 100),
      "masked scores": ({ inputs }) => inputs["input"]!.values.includes(-Infinity),
      "rows of one": ({ inputs, options }) => inputs["input"]!.shape.at(options["axis"] as number) === 1,
      "rows longer than four lanes": ({ inputs, options }) => inputs["input"]!.shape.at(options["axis"] as number)! > 4,
      "unequal sizes": ({ inputs }) => new Set(inputs["input"]!.shape).size > 1,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.05), JSON.stringify(found)).toEqual([]);
  });

  it("draws no row of masked scores alone: it would have no probabilities", () => {
    for (const name of ["softmax", "logSoftmax"]) for (const { inputs, options } of drawn(name, "rounding", 150, 5)) {
      expect(reference(name, inputs, options).expected.outputs["output"]!.values.some(Number.isNaN)).toBe(false);
    }
  });
});
