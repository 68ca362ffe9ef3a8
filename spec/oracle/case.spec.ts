import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/oracle/arbitraries.ts";
import { caseOf, findOperation, isFree, reference, withElement } from "../../src/oracle/case.ts";
import type { CaseNumbers } from "../../src/oracle/case.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { sumsAreExact } from "../../src/oracle/lattice.ts";
import { declaredPrecision, precisions } from "../../src/oracle/precision.ts";
import { isWide, raw, tensor } from "../../src/tensor/tensor.ts";
import { thrown } from "../support/thrown.ts";
import { runs } from "../support/runs.ts";
import { drawn, mapNames, summations, tiersOf, wideAll } from "./support.ts";

const one: CaseNumbers = {
  fields: { samples: 2, groups: 1, channels: 2, filters: 3, bias: 1, padding: 0 },
  axes: [{ taps: 2, stride: 2, dilation: 1, before: 1, after: 0, positions: 3, slack: 0 }],
  regime: 0, seed: 42,
};
const convolution = findOperation("convolution");

describe("a case", () => {
  it("is what its whole numbers describe", () => {
    const { inputs, options, cotangents, features } = caseOf(convolution, "structure", one);
    expect(mapNames(inputs, ({ shape }) => shape)).toEqual({ input: [2, 2, 5], kernel: [3, 2, 2], bias: [3] });
    expect(options).toEqual({ stride: [2], padding: [[1, 0]], dilation: [1], groups: 1 });
    expect(cotangents!["output"]!.shape).toEqual([2, 3, 3]);
    expect(features).toEqual(["samples", "channels", "filters", "bias", "taps", "stride", "before", "positions"]);
  });

  it("is the same whenever it is drawn, and another one for another seed", () => {
    expect(caseOf(convolution, "rounding", one)).toEqual(caseOf(convolution, "rounding", one));
    expect(caseOf(convolution, "rounding", { ...one, seed: 43 }).inputs).not.toEqual(caseOf(convolution, "rounding", one).inputs);
  });

  it("keeps its numbers when a size shrinks", () => {
    const smaller = caseOf(convolution, "rounding", { ...one, fields: { ...one.fields, samples: 1, filters: 2 } });
    const { inputs } = caseOf(convolution, "rounding", one);
    expect(smaller.inputs["input"]!.values).toEqual(inputs["input"]!.values.slice(0, 10));
    expect(smaller.inputs["kernel"]!.values).toEqual(inputs["kernel"]!.values.slice(0, 8));
  });

  it("has no cotangents where the operation has no gradient", () => {
    expect(drawn("gradientDescent", "structure", 1)[0]!.cotangents).toBeUndefined();
  });

  it("is drawn again where nothing follows from it: a relu of negative numbers alone gets positive ones; one number stays", () => {
    const drawnIn = (regime: number, axes: CaseNumbers["axes"]): readonly number[] => caseOf(findOperation("relu"), "structure", { fields: {}, axes, regime, seed: 5 }).inputs["input"]!.values;
    expect(drawnIn(2, [{ size: 3 }])).toEqual(drawnIn(3, [{ size: 3 }]));
    expect(drawnIn(2, [{ size: 3 }]).every((value) => value > 0)).toBe(true);
    expect(drawnIn(2, [])[0]).toBeLessThan(0);
  });

  it("sends only numbers that float32 holds, and cotangents that are never all ones", () => {
    for (const { name } of catalog) {
      for (const each of drawn(name, "rounding", 10)) {
        expect([...Object.values(each.inputs), ...Object.values(each.cotangents ?? {})].some(isWide)).toBe(false);
      }
    }
    const cotangents = drawn("convolution", "structure", 30).flatMap(({ cotangents: all }) => all!["output"]!.values);
    expect(cotangents.filter((value) => value === 1).length / cotangents.length).toBeLessThan(0.2);
    expect(cotangents).not.toContain(0);
  });
});

describe("the structure tier's promise: the very number, whatever the order", () => {
  it.each(Object.values(precisions))("is proved for every sum of every drawn case: $name", (precision) => {
    for (const operation of catalog.filter(({ exact, terms }) => exact && terms !== undefined)) {
      fc.assert(fc.property(cases(operation.name, { tier: "structure", precision: precision.name }), ({ inputs, options, cotangents }) => {
        expect(sumsAreExact(operation.terms!(wideAll(inputs), options, cotangents && wideAll(cotangents)), precision.exactBelow)).toBe(true);
      }), { numRuns: runs(8) });
    }
  });

  it("holds: float32 sums of a matrix product are equal in every order", () => {
    for (const { inputs, options } of drawn("matrixProduct", "structure", runs(60))) {
      if (options["transposeLeft"] === true || options["transposeRight"] === true || inputs["left"]!.shape.length + inputs["right"]!.shape.length > 4) continue;
      const [m, k] = inputs["left"]!.shape as [number, number];
      const [, n] = inputs["right"]!.shape as [number, number];
      const { expected } = reference("matrixProduct", inputs, options);
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
        const products = Array.from({ length: k }, (_, l) => raw(inputs["left"]!)[i * k + l]! * raw(inputs["right"]!)[l * n + j]!);
        for (const [order, sum] of Object.entries(summations)) expect(sum(products) + 0, order).toBe(expected.outputs["output"]!.values[i * n + j]! + 0);
      }
    }
  });

  it("makes the numbers smaller where eight is too much", () => {
    const large: CaseNumbers = { ...one, fields: { ...one.fields, samples: 3, channels: 3, groups: 1 }, axes: [1, 2, 3].map(() => ({ taps: 4, stride: 1, dilation: 1, before: 0, after: 0, positions: 4, slack: 0 })), regime: 3 };
    const largest = ({ inputs }: ReturnType<typeof caseOf>): number => Math.max(...inputs["input"]!.values, ...inputs["kernel"]!.values);
    expect(largest(caseOf(convolution, "structure", large, precisions.float32))).toBe(8);
    expect(largest(caseOf(convolution, "structure", large, precisions.float16))).toBe(4);
    expect(largest(caseOf(convolution, "structure", large, precisions.bfloat16))).toBe(1);
  });
});

describe("the structure tier under a normwise declaration", () => {
  const normwise = declaredPrecision("spec", { algorithm: "normwise" });
  const plane: CaseNumbers = { ...one, fields: { ...one.fields, samples: 3, channels: 3 }, axes: [1, 2].map(() => ({ taps: 4, stride: 1, dilation: 1, before: 0, after: 0, positions: 4, slack: 0 })), regime: 3 };
  const most = (drawnAs: typeof normwise): number => {
    const { inputs, options, cotangents } = caseOf(convolution, "structure", plane, drawnAs);
    const { outputs, gradients } = reference("convolution", inputs, options, cotangents, normwise).radius;
    return [...Object.values(outputs), ...Object.values(gradients)].flatMap(({ values }) => values).reduce((all, each) => Math.max(all, each), 0);
  };

  it("has numbers so small that no other whole number lies within the radius", () => {
    expect(most(precisions.float32)).toBeGreaterThan(0.5);
    expect(most(normwise)).toBeLessThan(0.5);
  });
});

describe("the reference's answer", () => {
  it("has values in double, unrounded, with the radius of the precision asked for", () => {
    const inputs = { left: tensor([[0.1]]), right: tensor([[0.1]]) };
    const { expected, radius } = reference("matrixProduct", inputs, {});
    const exact = Math.fround(0.1) * Math.fround(0.1);
    expect(expected.outputs["output"]!.values).toEqual([exact]);
    expect(exact).not.toBe(Math.fround(exact));
    expect(radius.outputs["output"]!.values[0]! / exact / 2 ** -24).toBeCloseTo(1, 6);
    expect(reference("matrixProduct", inputs, {}, undefined, precisions.float16).radius.outputs["output"]!.values[0]! / exact / 2 ** -11).toBeCloseTo(1, 1);
    expect(expected.gradients).toEqual({});
  });

  it("has the radius of the algorithm that is declared", () => {
    const inputs = { left: tensor([[1, 2]]), right: tensor([[3], [4]]) };
    const [normwise, componentwise] = [declaredPrecision("spec", { algorithm: "normwise" }), precisions.float32].map((precision) => reference("matrixProduct", inputs, {}, undefined, precision).radius.outputs["output"]!.values[0]!);
    // 16 times ten roundings of √5·5, beside the three of two terms, of 11.
    expect(normwise! / componentwise!).toBeCloseTo((160 * Math.sqrt(5) * 5) / 33, 1);
  });

  it("wants an operation of the catalog", () => {
    expect(thrown(() => findOperation("convolve"))).toBe('RangeError: etalon: expected an operation of the catalog (did you mean convolution or transposedConvolution?), got "convolve"');
    expect(thrown(() => findOperation("attention"))).toBe(`RangeError: etalon: expected an operation of the catalog (${catalog.map(({ name }) => name).join(", ")}), got "attention"`);
  });
});

describe("what shrinking may change", () => {
  it("is every number with a gradient, and all of an operation that has none; class indices stay", () => {
    expect(["input", "target", "weight"].map((name) => isFree(findOperation("crossEntropy"), name))).toEqual([true, false, false]);
    expect(isFree(findOperation("gradientDescent"), "params.w")).toBe(true);
  });

  it("is changed in a copy", () => {
    const given = tensor([[1, 2], [3, 4]]);
    expect([withElement(given, 2, 9).values, given.values]).toEqual([[1, 2, 9, 4], [1, 2, 3, 4]]);
  });
});

it("a case names what makes it more than the smallest one", () => {
  for (const operation of catalog) {
    for (const tier of tiersOf(operation)) {
      const known = [...Object.keys(operation.space.fields), ...Object.keys(operation.space.axes), "axes"];
      for (const { features } of drawn(operation.name, tier, runs(5))) expect(features.filter((feature) => !known.includes(feature))).toEqual([]);
    }
  }
});
