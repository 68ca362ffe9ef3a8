import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/oracle/arbitraries.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { raw } from "../../src/tensor/tensor.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";
import { tiersOf } from "./support.ts";

describe("the cases of an operation", () => {
  it.each(catalog.map((operation) => [operation.name, operation] as const))("are valid, every one: %s", (name, operation) => {
    for (const tier of tiersOf(operation)) {
      fc.assert(fc.property(cases(name, { tier }), ({ inputs, options, cotangents }) => {
        const outputs = operation.forward(inputs, options);
        if (cotangents !== undefined) operation.backward!(inputs, options, cotangents);
        expect(Object.values(outputs).every(({ shape }) => shape.every((size) => size > 0))).toBe(true);
      }), { numRuns: runs(12) });
    }
  });

  it("are narrowed by ranges of the numbers that they are drawn from", () => {
    const plain = cases("convolution", { ranges: { groups: 1, dilation: [1, 2], padding: 0 }, axisCount: 2 });
    fc.assert(fc.property(plain, ({ inputs, options }) => {
      expect(inputs["input"]!.shape).toHaveLength(4);
      expect(options["groups"]).toBe(1);
      expect((options["dilation"] as number[]).every((each) => each <= 2)).toBe(true);
    }), { numRuns: runs(60) });
  });

  it("are refused beyond the catalog's own ranges", () => {
    expect(thrown(() => cases("convolution", { ranges: { groups: [0, 1] } }))).toBe("RangeError: cases: expected groups of convolution within [1, 3], got [0, 1]");
    expect(thrown(() => cases("convolution", { ranges: { taps: [3, 2] } }))).toBe("RangeError: cases: expected taps of convolution within [1, 4], got [3, 2]");
    expect(thrown(() => cases("convolution", { axisCount: 4 }))).toBe("RangeError: cases: expected axisCount of convolution within [1, 3], got [4, 4]");
    expect(thrown(() => cases("relu", { ranges: { groups: 1 } }))).toBe("RangeError: cases: expected a range of relu (size), got groups");
    expect(thrown(() => cases("relo"))).toMatch(/^RangeError: etalon: expected an operation of the catalog/);
  });

  it("shrink to the smallest one, and keep their numbers on the way", () => {
    const failing = fc.check(fc.property(cases("fullyConnected", { tier: "rounding" }), ({ inputs }) => inputs["input"]!.values.length < 4), { seed: 3, numRuns: 200 });
    const { inputs, features } = failing.counterexample![0];
    expect(inputs["input"]!.values).toHaveLength(4);
    expect(inputs["weight"]!.values.length).toBeLessThanOrEqual(4);
    expect(features.length).toBeLessThanOrEqual(3);
    const one = fc.sample(cases("relu", { tier: "rounding" }), { seed: 5, numRuns: 1 })[0]!;
    expect(fc.sample(cases("relu", { tier: "rounding" }), { seed: 5, numRuns: 1 })[0]).toEqual(one);
  });

  it("hold smaller whole numbers for a candidate whose sums are exact to fewer bits", () => {
    const largest = (precision: (typeof precisions)["float32"]): number =>
      Math.max(...fc.sample(cases("convolution", { tier: "structure", precision: precision.name }), { seed: 1, numRuns: 100 }).flatMap(({ inputs }) => Array.from(raw(inputs["input"]!), Math.abs)));
    expect([largest(precisions.float32), largest(precisions.bfloat16) <= 8]).toEqual([8, true]);
  });
});

describe("long axes", () => {
  const lengths = (name: string, constraints: object = {}, numRuns = 60): readonly number[][] =>
    fc.sample(cases(name, { tier: "sizes", ...constraints }), { seed: 4, numRuns }).map(({ inputs }) => Object.values(inputs).flatMap(({ shape }) => [...shape]));

  it.each(catalog.map(({ name }) => name))("are drawn for %s, in few numbers", (name) => {
    const drawn = fc.sample(cases(name, { tier: "sizes" }), { seed: 2, numRuns: 20 });
    const most = drawn.map(({ inputs }) => Math.max(0, ...Object.values(inputs).flatMap(({ shape }) => shape)));
    expect(most.filter((size) => size > 16).length).toBeGreaterThan(3);
    for (const { inputs } of drawn) expect(Object.values(inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBeLessThanOrEqual(6000);
  });

  it("are one or two at a time, of up to 130 and 20 elements; all others are short", () => {
    const shapes = lengths("matrixProduct", { ranges: { leading: 0 } });
    const axes = shapes.map((each) => [...new Set(each)].toSorted((a, b) => b - a));
    expect(axes.every(([first = 0, second = 0, third = 0]) => first <= 130 && second <= 20 * (first > 20 ? 1 : 7) && third <= 2)).toBe(true);
    expect(axes.some(([first = 0, second = 0]) => first > 64 && second > 8)).toBe(true);
  });

  it("are every axis that has a length of its own, and no choice, stride or margin", () => {
    const drawn = fc.sample(cases("maxPooling", { tier: "sizes" }), { seed: 3, numRuns: 200 });
    const most = (of: (one: (typeof drawn)[number]) => readonly number[]): number => Math.max(...drawn.flatMap(of));
    const [samples, channels] = [0, 1].map((axis) => most(({ inputs }) => [inputs["input"]!.shape[axis]!]));
    expect([samples! > 60, channels! > 60, most(({ options }) => options["window"] as number[]) > 60]).toEqual([true, true, true]);
    expect([most(({ options }) => options["stride"] as number[]), most(({ options }) => (options["padding"] as number[][]).flat()) <= 65]).toEqual([4, true]);
  });

  it.each(["simpleRnn", "lstm", "gru"])("are steps in time, up to 34 of them: %s", (name) => {
    const steps = fc.sample(cases(name, { tier: "sizes" }), { seed: 4, numRuns: 60 }).map(({ inputs }) => inputs["input"]!.shape[0]!);
    expect([steps.filter((count) => count > 16).length > 3, Math.max(...steps) <= 34, steps.filter((count) => count <= 2).length > 10]).toEqual([true, true, true]);
  });

  it("are the steps of a rule", () => {
    const steps = fc.sample(cases("adam", { tier: "sizes" }), { seed: 4, numRuns: 60 }).map(({ inputs }) =>
      Math.max(...Object.keys(inputs).flatMap((name) => (name.startsWith("gradients.") ? [Number(name.split(".")[1])] : []))));
    expect([steps.filter((count) => count > 16).length > 3, Math.max(...steps) <= 34]).toEqual([true, true]);
  });

  it("leave alone what is narrowed", () => {
    expect(Math.max(...lengths("fullyConnected", { ranges: { inputs: [1, 4], outputs: 3, samples: 2, steps: 1 } }).flat())).toBeLessThanOrEqual(4);
  });

  it("shrink to the least that shows a fault", () => {
    const { counterexample } = fc.check(fc.property(cases("relu", { tier: "sizes" }), ({ inputs }) => inputs["input"]!.values.length <= 16), { seed: 1, numRuns: 200 });
    expect(sizeOf(counterexample![0].inputs["input"]!.shape)).toBeLessThanOrEqual(18);
  });
});

it("constraints that do not exist are refused", () => {
  expect(() => cases("relu", { axiscount: 1 } as never)).toThrow("cases: expected only tier, ranges, axisCount, precision, got axiscount");
  for (const tier of ["structur", "laws", "statistics"] as const) {
    expect(() => cases("relu", { tier: tier as never })).toThrow(`cases: expected tier structure, rounding, special, degenerate, sizes, got "${tier}"`);
  }
});
