import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { averagePoolingEntry, maxPoolingEntry, minPoolingEntry } from "../../../src/oracle/catalog/pooling.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { tensor, zeros } from "../../../src/tensor/tensor.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

const u = 2 ** -24;
const row = tensor([[[1, -5, 3, 2]]]);

describe("max and min pooling in the catalog", () => {
  it("allow outputs and positions no error at all: they are copied", () => {
    for (const entry of [maxPoolingEntry, minPoolingEntry]) {
      const { outputs } = entry.radius({ input: row }, { window: 2 }, undefined, precisions.float16);
      expect([outputs["output"]!.values, outputs["indices"]!.values]).toEqual([[0, 0], [0, 0]]);
    }
  });

  it("bound a gradient by how many windows an element wins: two roundings for two terms", () => {
    const { expected, radius } = reference("maxPooling", { input: row }, { window: 2, stride: 1 }, { output: tensor([[[0.1, 0.2, 0.4]]]) });
    expect(expected.outputs["indices"]!.values).toEqual([0, 2, 2]);
    const sum = Math.fround(0.2) + Math.fround(0.4);
    expect(radius.gradients["input"]!.values).toEqual([0, 0, gamma(2, u) * sum + 2 * 2 ** -149 + 2 * 2 ** -53 * sum, 0]);
  });
});

describe("average pooling in the catalog", () => {
  it("counts the taps without the divisor, sums them with it, and allows two roundings for the division", () => {
    const { outputs, gradients } = averagePoolingEntry.terms!({ input: row }, { window: 2, divisor: 5 }, { output: tensor([[[10, -20]]]) });
    expect(outputs["output"]!.count.values).toEqual([2, 2]);
    expect(outputs["output"]!.sum.values).toEqual([6 / 5, 1]);
    expect(gradients["input"]!.count.values).toEqual([1, 1, 1, 1]);
    expect(gradients["input"]!.sum.values).toEqual([2, 2, 4, 4]);
    const { radius } = reference("averagePooling", { input: row }, { window: 2 });
    expect(radius.outputs["output"]!.values[0]).toBe(gamma(2 + 2, u) * 3 + 4 * 2 ** -149 + 2 * 2 ** -53 * 3);
  });

  it("counts only what lies inside, even where padding counts in the divisor", () => {
    const { outputs } = averagePoolingEntry.terms!({ input: row }, { window: 3, stride: 2, padding: [[1, 0]], countPadding: true }, undefined);
    expect(outputs["output"]!.count.values).toEqual([2, 3]);
    expect(outputs["output"]!.sum.values).toEqual([2, 10 / 3]);
  });
});

describe("the options of pooling", () => {
  it("are written out in full, the stride with the window's size", () => {
    expect(maxPoolingEntry.complete({ input: zeros([1, 1, 6, 6]) }, { window: [3, 2] }))
      .toEqual({ window: [3, 2], stride: [3, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1], ceilMode: false });
    expect(averagePoolingEntry.complete({ input: zeros([1, 1, 6]) }, { window: 2, padding: 1, divisor: 3 }))
      .toEqual({ window: [2], stride: [2], padding: [[1, 1]], dilation: [1], ceilMode: false, countPadding: false, divisor: 3 });
    expect(averagePoolingEntry.complete({ input: zeros([1, 1, 6]) }, { window: 2 })).not.toHaveProperty("divisor");
  });

  it("are drawn so that they can hurt", () => {
    const padded = ({ options }: { readonly options: Readonly<Record<string, unknown>> }): boolean => (options["padding"] as readonly number[][]).some(([before, after]) => before! + after! > 0);
    const floored = shares(drawn("averagePooling", "structure", 300, 9), {
      ceilMode: ({ options }) => options["ceilMode"] === true,
      "a last window that hangs over": (one) => {
        if (one.options["ceilMode"] !== true) return false;
        const { expected } = reference("averagePooling", one.inputs, { ...one.options, ceilMode: false });
        return `${expected.outputs["output"]!.shape}` !== `${reference("averagePooling", one.inputs, one.options).expected.outputs["output"]!.shape}`;
      },
      "padding that counts": (one) => one.options["countPadding"] === true && padded(one),
      "padding that does not count": (one) => one.options["countPadding"] === false && padded(one),
      "a divisor": ({ options }) => options["divisor"] !== undefined,
      "no divisor": ({ options }) => options["divisor"] === undefined,
    });
    expect(Object.entries(floored).filter(([, share]) => share < 0.15), JSON.stringify(floored)).toEqual([]);
    const ties = shares(drawn("maxPooling", "structure", 300, 9), {
      "ties within the plane": ({ inputs }) => new Set(inputs["input"]!.values).size < inputs["input"]!.values.length,
      "all negative": ({ inputs }) => inputs["input"]!.values.every((value) => value < 0),
    });
    expect(Object.entries(ties).filter(([, share]) => share < 0.15), JSON.stringify(ties)).toEqual([]);
  });
});
