import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { drawnReduction, huberEntry, reducedRadius, squaredErrorEntry } from "../../../src/oracle/catalog/loss.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { judge } from "../../../src/oracle/judgement.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { expectWithin, f, means, orders, sums } from "./honest.ts";
import type { Answer, Sum } from "./honest.ts";
import { shares } from "./shares.ts";

const u = 2 ** -24 + 2 ** -53;
const tiny = 2 ** -149;

type Piece = (error: number, delta: number) => number;

interface Form {
  readonly value: Piece;
  readonly slope: Piece;
  readonly sum: Sum;
  readonly mean: string;
}

/** Half a square of what lies within delta, and the rest at its slope. */
const split: Piece = (error, delta) => {
  const within = Math.min(Math.abs(error), delta);
  return f(f(f(within * within) / 2) + f(delta * f(Math.abs(error) - within)));
};
const line: Piece = (error, delta) => f(f(delta * Math.abs(error)) - f(f(delta * delta) / 2));

const huberSlope: Piece = (error, delta) => (Math.abs(error) <= delta ? error : f(delta * Math.sign(error)));

const forms: Readonly<Record<string, readonly (readonly [name: string, form: Form])[]>> = {
  squaredError: orders.map(([order, mean]) =>
    [`${order}, ${mean}`, { value: (error) => f(error * error), slope: (error) => f(2 * error), sum: sums[order], mean }] as const),
  absoluteError: orders.map(([order, mean]) => [`${order}, ${mean}`, { value: Math.abs, slope: Math.sign, sum: sums[order], mean }] as const),
  huber: [
    ["delta · (|d| − delta / 2)", { value: (error, delta) => (Math.abs(error) <= delta ? f(f(error * error) / 2) : f(delta * f(Math.abs(error) - delta / 2))), slope: huberSlope, sum: sums.forwards, mean: "by a reciprocal" }],
    ["delta · |d| − delta² / 2", { value: (error, delta) => (Math.abs(error) < delta ? f(f(error * error) / 2) : line(error, delta)), slope: huberSlope, sum: sums.backwards, mean: "divided before the sum" }],
    ["within² / 2 + delta · rest", { value: split, slope: (error, delta) => Math.min(Math.max(error, -delta), delta), sum: sums.pairwise, mean: "divided behind the sum" }],
  ],
};

const answer = ({ value, slope, sum, mean }: Form) => ({ inputs, options, cotangents }: Case): Answer => {
  const delta = f((options["delta"] as number | undefined) ?? 1);
  const errors = inputs["input"]!.values.map((x, i) => f(x - inputs["target"]!.values[i]!));
  const dy = raw(cotangents!["output"]!);
  const losses = errors.map((error) => value(error, delta));
  const { reduction } = options;
  return {
    output: reduction === "none" ? losses : [reduction === "sum" ? sum(losses) : means[mean]!(losses, losses.length, sum)],
    input: errors.map((error, i) => {
      const product = f(slope(error, delta) * dy[reduction === "none" ? i : 0]!);
      if (reduction !== "mean") return product;
      return mean === "divided before the sum" ? f(slope(error, delta) * f(dy[0]! / errors.length)) : mean === "by a reciprocal" ? f(product * f(1 / errors.length)) : f(product / errors.length);
    }),
  };
};

describe.each(Object.entries(forms))("the radius of %s", (name, kinds) => {
  it.each(kinds)("holds for honest float32 code: %s", (kind, form) => {
    expectWithin(name, kind, answer(form), runs(30), 0.1);
  });

  it("is the same for exact sums in the order of axes: a mean of means", () => {
    // Two axes of 3 and 5: each mean is rounded, the sum of five and its quotient, then that of three.
    const values = Array.from({ length: 15 }, (_, i) => f(0.1 + i / 7));
    const inputs = { input: tensor([0, 1, 2].map((row) => values.slice(5 * row, 5 * row + 5))), target: tensor([0, 1, 2].map(() => [0, 0, 0, 0, 0])) };
    const losses = reference(name, inputs, { reduction: "none" }).expected.outputs["output"]!.values.map(f);
    const rows = [0, 1, 2].map((row) => f(sums.forwards(losses.slice(5 * row, 5 * row + 5)) * f(1 / 5)));
    const { expected, radius } = reference(name, inputs, { reduction: "mean" });
    const error = Math.abs(f(sums.forwards(rows) * f(1 / 3)) - expected.outputs["output"]!.values[0]!);
    expect(error).toBeLessThanOrEqual(radius.outputs["output"]!.values[0]!);
    expect(radius.outputs["output"]!.values[0]! / expected.outputs["output"]!.values[0]!).toBeLessThan(2e-6);
  });

  it("is left by one part in a hundred thousand", () => {
    for (const one of drawn(name, "rounding", 40, 37)) {
      const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents);
      for (const [values, radii] of [[expected.outputs["output"]!, radius.outputs["output"]!], [expected.gradients["input"]!, radius.gradients["input"]!]] as const) {
        values.values.forEach((value, i) => value !== 0 && expect(Math.abs(value) * 1e-5).toBeGreaterThan(radii.values[i]!));
      }
    }
  });
});

describe("the radii of single losses, by hand", () => {
  const at = (name: string, error: number, options: object): readonly [number, number] => {
    const { radius } = reference(name, { input: tensor([error]), target: tensor([0]) }, { reduction: "none", ...options }, { output: tensor([10]) });
    return [radius.outputs["output"]!.values[0]!, radius.gradients["input"]!.values[0]!];
  };

  it("count three roundings of a square, two of its slope", () => {
    expect(at("squaredError", 3, {})).toEqual([gamma(3, u) * 9 + tiny, gamma(2, u) * 60 + 2 * tiny]);
  });

  it("count one rounding of a difference, none of its sign", () => {
    expect(at("absoluteError", -3, {})).toEqual([gamma(1, u) * 3 + tiny, 0]);
  });

  it("count three roundings of half a square, five of the line's terms", () => {
    expect(at("huber", 1, { delta: 2 })).toEqual([(gamma(3, u) * 1) / 2 + tiny, gamma(2, u) * 10 + 2 * tiny]);
    expect(at("huber", 5, { delta: 2 })).toEqual([gamma(5, u) * 2 * (5 + 1) + tiny, gamma(2, u) * 20 + 2 * tiny]);
    // At delta itself either piece may have been taken.
    expect(at("huber", -2, { delta: 2 })[0]).toBe(gamma(5, u) * 2 * (2 + 1) + tiny);
  });
});

describe("the radius under a reduction", () => {
  const singles = [{ size: 3, error: 0.5 }, { size: 4, error: 0.25 }];
  const of = (...args: readonly [reduction: "mean" | "sum" | "none", divisor?: number, scale?: number]): readonly number[] => {
    const [reduction, divisor, scale] = args;
    return reducedRadius(singles, [2], reduction, precisions.float32, divisor, scale).values;
  };

  it("keeps the errors apart, or adds them with one rounding fewer than there are losses", () => {
    expect(of("none")).toEqual([0.5, 0.25]);
    expect(of("sum")).toEqual([0.75 + gamma(1, u) * 7.75]);
    expect(of("sum", 5, 9)).toEqual(of("sum"));
  });

  it("divides them for a mean, with the roundings of its scale", () => {
    expect(of("mean")).toEqual([(0.75 + gamma(5, u) * 7.75) / 2 + 3 * tiny]);
    expect(of("mean", 5, 2)).toEqual([(0.75 + gamma(3, u) * 7.75) / 5 + 3 * tiny]);
  });

  it("is 0 for a mean over nothing, which is NaN", () => {
    expect(of("mean", 0)).toEqual([0]);
    expect(reducedRadius([], [0], "mean", precisions.float32).values).toEqual([0]);
    expect(reducedRadius([], [0], "sum", precisions.float32).values).toEqual([0]);
  });
});

describe("losses of numbers in the catalog", () => {
  it("write out their options, delta for Huber's alone", () => {
    const inputs = { input: tensor([1]), target: tensor([2]) };
    expect(squaredErrorEntry.complete(inputs, {})).toEqual({ reduction: "mean" });
    expect(huberEntry.complete(inputs, { reduction: "sum" })).toEqual({ reduction: "sum", delta: 1 });
    expect(huberEntry.complete(inputs, { delta: 0.5 })).toEqual({ reduction: "mean", delta: 0.5 });
  });

  it("prove sums of whole numbers exact in halves, before a mean divides them", () => {
    const inputs = { input: tensor([3, -1]), target: tensor([0, 0]) };
    const { outputs, gradients } = squaredErrorEntry.terms!(inputs, { reduction: "mean" }, { output: tensor(5) });
    expect([outputs["output"]!.sum.values, gradients["input"]!.sum.values]).toEqual([[20], [60, 20]]);
    const none = huberEntry.terms!(inputs, { reduction: "none", delta: 2 }, { output: tensor([5, 5]) });
    expect([none.outputs["output"]!.sum.values, none.gradients["input"]!.sum.values]).toEqual([[8, 1], [20, 10]]);
  });

  it("may be off by the roundings of a running mean", () => {
    const one: Case = { operation: "squaredError", tier: "structure", features: [], inputs: { input: tensor([1, 3, 0, 2]), target: tensor([0, 0, 0, 0]) }, options: { reduction: "mean" } };
    const known = reference("squaredError", one.inputs, one.options);
    const faults = (value: number): number => judge(squaredErrorEntry, one, known, { outputs: { output: { shape: [], values: [value] } } }).faults.length;
    expect([faults(3.5), faults(3.5 + 2 ** -22), faults(3.51)]).toEqual([0, 0, 1]);
  });

  it("take a mean of whole numbers only where it divides by a power of two", () => {
    expect([1, 2, 3, 4, 6, 8].map((count) => drawnReduction(0, count, "structure"))).toEqual(["mean", "mean", "sum", "mean", "sum", "mean"]);
    expect([drawnReduction(0, 3, "rounding"), drawnReduction(1, 4, "structure"), drawnReduction(2, 3, "structure")]).toEqual(["mean", "sum", "none"]);
  });

  it.each(["squaredError", "absoluteError", "huber"])("%s is drawn with ties, every reduction, and both sides of delta", (name) => {
    const errors = ({ inputs }: Case): readonly number[] => inputs["input"]!.values.map((x, i) => Math.abs(x - inputs["target"]!.values[i]!));
    const delta = ({ options }: Case): number => (options["delta"] as number | undefined) ?? 1;
    const structure = shares(drawn(name, "structure", 300), {
      "an error of 0": (one) => errors(one).includes(0),
      "an error of delta": (one) => errors(one).includes(delta(one)),
      "an error beyond delta": (one) => errors(one).some((error) => error > delta(one)),
      mean: ({ options }) => options["reduction"] === "mean",
      none: ({ options }) => options["reduction"] === "none",
      "a scalar": ({ inputs }) => inputs["input"]!.shape.length === 0,
      "several values": ({ inputs }) => inputs["input"]!.values.length > 3,
    });
    expect(Object.entries(structure).filter(([, share]) => share < 0.1), JSON.stringify(structure)).toEqual([]);
    const rounding = shares(drawn(name, "rounding", 300), {
      "a mean over no power of two": ({ inputs, options }) => options["reduction"] === "mean" && !Number.isInteger(Math.log2(inputs["input"]!.values.length)),
      "an error within delta": (one) => errors(one).some((error) => error < delta(one)),
      "an error beyond delta": (one) => errors(one).some((error) => error > delta(one)),
      "large beside small": ({ inputs }) => inputs["input"]!.values.some((x) => Math.abs(x) > 1000) && inputs["input"]!.values.some((x) => Math.abs(x) < 1e-3),
      "cancelling": (one) => errors(one).some((error, i) => error > 0 && error < 2 ** -10 * Math.abs(one.inputs["input"]!.values[i]!)),
      ...(name === "huber" ? { "a delta that is no float32": (one: Case) => delta(one) !== f(delta(one)) } : {}),
    });
    expect(Object.entries(rounding).filter(([, share]) => share < 0.1), JSON.stringify(rounding)).toEqual([]);
  });
});
