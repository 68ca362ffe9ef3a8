import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { adaptiveAveragePoolingEntry, adaptiveMaxPoolingEntry } from "../../../src/oracle/catalog/adaptive-pooling.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor, zeros } from "../../../src/tensor/tensor.ts";
import { partsOf } from "../../definitions/adaptive-pooling.ts";
import { indices } from "../../definitions/nested.ts";
import { runs } from "../../support/runs.ts";
import { drawn, summations } from "../support.ts";
import { shares } from "./shares.ts";

const f = Math.fround;
const u = 2 ** -24;
const row = tensor([[[1, -5, 3, 2, 4]]]);
const options = { outputSize: 3 };

describe("adaptive max pooling in the catalog", () => {
  it("allows outputs and positions no error at all: they are copied", () => {
    const { outputs } = adaptiveMaxPoolingEntry.radius({ input: row }, options, undefined, precisions.float16);
    expect([outputs["output"]!.values, outputs["indices"]!.values]).toEqual([[0, 0, 0], [0, 0, 0]]);
  });

  it("bounds a gradient by how many windows an element wins: two roundings for two terms", () => {
    const { expected, radius } = reference("adaptiveMaxPooling", { input: row }, { outputSize: 4 }, { output: tensor([[[1, 0.1, 0.2, 4]]]) });
    expect(expected.outputs["indices"]!.values).toEqual([0, 2, 2, 4]);
    const sum = f(0.1) + f(0.2);
    expect(radius.gradients["input"]!.values).toEqual([0, 0, gamma(2, u) * sum + 2 * 2 ** -149 + 2 * 2 ** -53 * sum, 0, 0]);
  });
});

/** How honest float32 code takes a mean: of the cells at once by some order of summation, or of one axis after the other. */
const means: Readonly<Record<string, (sum: (terms: readonly number[]) => number) => (terms: readonly number[], count: number) => number>> = {
  "a sum, divided": (sum) => (terms, count) => f(sum(terms) / count),
  "a sum times a reciprocal": (sum) => (terms, count) => f(sum(terms) * f(1 / count)),
};

type Mean = (terms: readonly number[], count: number) => number;

/** The mean over the cells at once, and each cell's share of the gradient added up. */
function direct({ inputs, options: given, cotangents }: Case, mean: Mean, sum: (terms: readonly number[]) => number): Answers {
  const { shape } = inputs["input"]!;
  const { cellsOf, outputShape } = partsOf(shape, given as never);
  const [x, dy] = [raw(inputs["input"]!), raw(cotangents!["output"]!)];
  const parts: number[][] = Array.from(x, () => []);
  const output = indices(outputShape).map(([n, c, ...part], p) => {
    const cells = cellsOf(part).map((cell) => [n!, c!, ...cell].reduce((flat, i, axis) => flat * shape[axis]! + i, 0));
    for (const cell of cells) parts[cell]!.push(mean([dy[p]!], cells.length));
    return mean(cells.map((cell) => x[cell]!), cells.length);
  });
  return { output, input: parts.map(sum) };
}

interface Answers {
  readonly output: readonly number[];
  readonly input: readonly number[];
}

/** One axis after the other: rows of means of rows, the gradient likewise from the last axis to the first. */
function separable({ inputs, options: given, cotangents }: Case, mean: Mean, sum: (terms: readonly number[]) => number): Answers {
  const { shape } = inputs["input"]!;
  const sizes = given["outputSize"] as readonly number[];
  const touching = (length: number, outputs: number): readonly (readonly number[])[] => {
    const { cellsOf } = partsOf([1, 1, length], { outputSize: outputs });
    return Array.from({ length: outputs }, (_, part) => cellsOf([part]).map(([cell]) => cell!));
  };
  let values: readonly number[] = Array.from(raw(inputs["input"]!));
  let lengths: readonly number[] = shape;
  sizes.forEach((outputs, i) => {
    const [axis, windows] = [i + 2, touching(lengths[i + 2]!, outputs)];
    const [before, from] = [values, lengths];
    lengths = lengths.with(axis, outputs);
    values = indices(lengths).map((index) => mean(windows[index[axis]!]!.map((cell) => before[flat(index.with(axis, cell), from)]!), windows[index[axis]!]!.length));
  });
  const output = values;
  values = Array.from(raw(cotangents!["output"]!));
  sizes.forEach((outputs, i) => {
    const [axis, windows] = [i + 2, touching(shape[i + 2]!, outputs)];
    const [before, from] = [values, lengths];
    lengths = lengths.with(axis, shape[axis]!);
    values = indices(lengths).map((index) => sum(windows.flatMap((window, part) =>
      window.includes(index[axis]!) ? [mean([before[flat(index.with(axis, part), from)]!], window.length)] : [])));
  });
  return { output, input: values };
}

const flat = (index: readonly number[], lengths: readonly number[]): number => index.reduce((sum, i, axis) => sum * lengths[axis]! + i, 0);

const cases = (["structure", "rounding"] as const).flatMap((tier) => drawn("adaptiveAveragePooling", tier, runs(6), 31));

describe("the radius of adaptive average pooling", () => {
  const variants = Object.entries(means).flatMap(([division, make]) => Object.entries(summations).flatMap(([order, sum]) =>
    [["at once", direct] as const, ["axis by axis", separable] as const].map(([way, run]) =>
      ({ name: `${way}, ${division}, ${order}`, run: (one: Case): Answers => run(one, make(sum), sum) }))));

  it("holds for honest float32 code of every kind", () => {
    const worst = new Map<string, number>();
    for (const one of cases) {
      const { expected, radius } = reference("adaptiveAveragePooling", one.inputs, one.options, one.cotangents);
      const [y, dx] = [expected.outputs["output"]!, expected.gradients["input"]!];
      for (const { name, run } of variants) {
        const { output, input } = run(one);
        const ratio = Math.max(
          compare({ shape: y.shape, data: output }, y, radius.outputs["output"]).ratio,
          compare({ shape: dx.shape, data: input }, dx, radius.gradients["input"]).ratio,
        );
        worst.set(name, Math.max(worst.get(name) ?? 0, ratio));
      }
    }
    const found = [...worst].sort(([, a], [, b]) => b - a);
    console.info(`adaptive average pooling, ${found.length} forms: worst errors as shares of the radius ${found.map(([, ratio]) => ratio.toFixed(2)).join(", ")}`);
    expect(found.filter(([, ratio]) => ratio > 1)).toEqual([]);
    expect(found[0]![1], "so wide that it means nothing").toBeGreaterThan(0.3);
  });

  it("counts the cells of each window and the windows of each cell, and allows two roundings an axis for the division", () => {
    // Windows 0–1, 1–3, 3–4.
    const { outputs, gradients } = adaptiveAveragePoolingEntry.terms!({ input: row }, options, { output: tensor([[[10, -30, 4]]]) });
    expect(outputs["output"]!.count.values).toEqual([2, 3, 2]);
    expect(outputs["output"]!.sum.values).toEqual([3, 10 / 3, 3]);
    expect(gradients["input"]!.count.values).toEqual([1, 2, 1, 2, 1]);
    expect(gradients["input"]!.sum.values).toEqual([5, 15, 10, 12, 2]);
    const { radius } = reference("adaptiveAveragePooling", { input: row }, options);
    expect(radius.outputs["output"]!.values[0]).toBe(gamma(2 + 2, u) * 3 + 4 * 2 ** -149 + 2 * 2 ** -53 * 3);
    const square = reference("adaptiveAveragePooling", { input: tensor([[[[1, 1], [1, 1]]]]) }, { outputSize: 1 }).radius;
    expect(square.outputs["output"]!.values[0]).toBe(gamma(7, u) + 7 * 2 ** -149 + 4 * 2 ** -53);
  });

  it("counts anew in every plane", () => {
    const { outputs, gradients } = adaptiveAveragePoolingEntry.terms!({ input: zeros([2, 2, 3]) }, { outputSize: 2 }, { output: zeros([2, 2, 2]) });
    expect(outputs["output"]!.count.values).toEqual(new Array(8).fill(2));
    expect(gradients["input"]!.count.values).toEqual(Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? 2 : 1)));
    expect(adaptiveAveragePoolingEntry.terms!({ input: zeros([0, 2, 3]) }, { outputSize: 2 }, { output: zeros([0, 2, 2]) }).gradients["input"]!.count.shape).toEqual([0, 2, 3]);
  });
});

describe("the options of adaptive pooling", () => {
  it("are written out in full", () => {
    for (const entry of [adaptiveMaxPoolingEntry, adaptiveAveragePoolingEntry]) {
      expect(entry.complete({ input: zeros([1, 1, 6, 6]) }, { outputSize: 3 })).toEqual({ outputSize: [3, 3] });
      expect(entry.complete({ input: zeros([1, 1, 6, 6]) }, { outputSize: [3, 1] })).toEqual({ outputSize: [3, 1] });
    }
  });

  it.each(["adaptiveMaxPooling", "adaptiveAveragePooling"])("of %s are drawn so that they can hurt", (operation) => {
    const some = (has: (size: number, outputs: number) => boolean) => ({ inputs, options: { outputSize } }: Case): boolean =>
      (outputSize as readonly number[]).some((outputs, axis) => has(inputs["input"]!.shape[axis + 2]!, outputs));
    const found = shares(drawn(operation, "structure", 120, 9), {
      "windows that overlap": some((size, outputs) => outputs > 1 && outputs < size && size % outputs !== 0),
      "windows side by side": some((size, outputs) => outputs < size && size % outputs === 0),
      "more outputs than cells": some((size, outputs) => outputs > size),
      "as many outputs as cells": some((size, outputs) => outputs === size),
      "unequal axes": ({ inputs, options: { outputSize } }) => new Set(inputs["input"]!.shape.slice(2)).size > 1 && new Set(outputSize as number[]).size > 1,
      "several samples": ({ inputs }) => inputs["input"]!.shape[0]! > 1,
      "several channels": ({ inputs }) => inputs["input"]!.shape[1]! > 1,
      "ties or all negative": ({ inputs }) => new Set(inputs["input"]!.values).size < inputs["input"]!.values.length || inputs["input"]!.values.every((value) => value < 0),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.1), JSON.stringify(found)).toEqual([]);
    const thirds = shares(drawn(operation, "structure", 120, 9), {
      "thirds of a cell that meet a whole number before the end": some((size, outputs) => outputs === 6 && (size === 2 || size === 4)),
    });
    expect(Object.values(thirds)[0]).toBeGreaterThan(0.03);
  });
});
