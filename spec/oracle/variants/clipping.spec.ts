import { describe, expect, it } from "vitest";
import { clippingVariants } from "../../../src/oracle/variants/clipping.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(clippingVariants);
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));

describe("clipping by global norm with a habit", () => {
  // Of norm 5: right are 0.6 and 0.8, where 1 is allowed.
  const gradients = { "gradients.w": [3], "gradients.b": [4] };
  const of = (name: string, options: object, inputs: object = gradients) => habit(name, "clipByGlobalNorm", inputs as never, options as never)?.outputs;

  it("takes another norm", () => {
    expect(of("clippedOneByOne", { maxNorm: 1 })).toEqual({ "clipped.w": [1], "clipped.b": [1] });
    expect(of("normsAdded", { maxNorm: 1 })).toEqual({ "clipped.w": near([3 / 7]), "clipped.b": near([4 / 7]), norm: [7] });
    expect(of("normAlwaysTwo", { maxNorm: 1, norm: 1 })).toEqual({ "clipped.w": near([0.6]), "clipped.b": near([0.8]), norm: [5] });
    expect(of("normAlwaysTwo", { maxNorm: 1 })).toBeUndefined();
    expect(of("averageNorms", { maxNorm: 1 }, { "gradients.w": [3, 4] })).toEqual({ "clipped.w": near([1.2, 1.6]) });
    expect(of("clippedOneByOne", { maxNorm: 3, norm: Infinity })).toEqual({ "clipped.w": [3], "clipped.b": [3] });
    expect(of("normsAdded", { maxNorm: 2, norm: 1 })!["norm"]).toEqual([7]);
  });

  it("divides by something else", () => {
    expect(of("epsilonBesideNorm", { maxNorm: 1e-6 }, { "gradients.w": [1e-6] })!["clipped.w"]).toEqual([expect.closeTo(5e-7, 12)]);
    expect(of("epsilonBesideNorm", { maxNorm: 10 })).toEqual({ "clipped.w": [3], "clipped.b": [4], norm: [5] });
    expect(of("dividedByNorm", { maxNorm: 10 })).toEqual({ "clipped.w": near([0.6]), "clipped.b": near([0.8]), norm: [5] }); // right: 3 and 4
  });
});

describe("clipping by value with a habit", () => {
  it("has one limit, or scales whole tensors: right are 2, −2, and 1", () => {
    const of = (name: string) => habit(name, "clipByValue", { "gradients.w": [3, -4], "gradients.b": [1] }, { limit: 2 })!.outputs;
    expect(of("clippedFromAbove")).toEqual({ "clipped.w": [2, -4], "clipped.b": [1] });
    expect(of("clippedByLargest")).toEqual({ "clipped.w": [1.5, -2], "clipped.b": [1] });
    expect(of("clippedByOwnNorm")).toEqual({ "clipped.w": near([1.2, -1.6]), "clipped.b": [1] });
    const share = 2 / Math.sqrt(26);
    expect(of("clippedByNormOfAll")).toEqual({ "clipped.w": near([3 * share, -4 * share]), "clipped.b": near([share]) });
  });
});
