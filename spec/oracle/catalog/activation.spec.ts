import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { eluEntry, hardSigmoidEntry, leakyReluEntry, seluEntry } from "../../../src/oracle/catalog/activation.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { widestShares } from "./machine.ts";
import type { Code } from "./machine.ts";
import { shares } from "./shares.ts";

const u = 2 ** -24;

const some = (holds: (x: number) => boolean) => ({ inputs }: { readonly inputs: Readonly<Record<string, { readonly values: readonly number[] }>> }): boolean =>
  inputs["input"]!.values.some(holds);

describe("relu in the catalog", () => {
  it("allows no error: what it gives was given", () => {
    const { expected, radius } = reference("relu", { input: tensor([-0.1, 0.1, 0]) }, {}, { output: tensor([0.3, 0.3, 0.3]) });
    expect(expected.outputs["output"]!.values).toEqual([0, Math.fround(0.1), 0]);
    expect(expected.gradients["input"]!.values).toEqual([0, Math.fround(0.3), 0]);
    expect([...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is drawn with zeros, whose gradient is a rule, in scalars and up to four axes", () => {
    const found = shares(drawn("relu", "structure", 300), {
      "a zero": some((x) => x === 0),
      "both signs": (one) => some((x) => x < 0)(one) && some((x) => x > 0)(one),
      "a scalar": ({ inputs }) => inputs["input"]!.shape.length === 0,
      "four axes": ({ inputs }) => inputs["input"]!.shape.length === 4,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.1), JSON.stringify(found)).toEqual([]);
  });
});

/** What stands above 0, with the powers of what stands elsewhere taken as a difference or by expm1. */
const code: Readonly<Record<string, Readonly<Record<string, Code>>>> = {
  leakyRelu: {
    "by a condition": ({ fl }, { slope }) => ({ value: (x) => (x > 0 ? x : fl(fl(slope) * x)), slope: (x) => (x > 0 ? 1 : fl(slope)) }),
    "as a maximum": ({ fl }, { slope }) => ({ value: (x) => Math.max(x, fl(fl(slope) * x)), slope: (x) => (x > 0 ? 1 : fl(slope)) }),
  },
  elu: {
    "e^x - 1": ({ fl, exp }, { alpha }) => ({ value: (x) => (x > 0 ? x : fl(fl(alpha) * fl(exp(x) - 1))), slope: (x) => (x > 0 ? 1 : fl(fl(alpha) * exp(x))) }),
    "expm1, its slope from the output": ({ fl, expm1 }, { alpha }) => {
      const value = (x: number): number => (x > 0 ? x : fl(fl(alpha) * expm1(x)));
      return { value, slope: (x) => (x > 0 ? 1 : fl(value(x) + fl(alpha))) };
    },
  },
  selu: {
    "one factor below 0": ({ fl, exp }, { alpha, scale }) => {
      const factor = fl(fl(scale) * fl(alpha));
      return { value: (x) => (x > 0 ? fl(fl(scale) * x) : fl(factor * fl(exp(x) - 1))), slope: (x) => (x > 0 ? fl(scale) : fl(factor * exp(x))) };
    },
    "the scale of elu, its slope from the output": ({ fl, expm1 }, { alpha, scale }) => {
      const below = (x: number): number => fl(fl(scale) * fl(fl(alpha) * expm1(x)));
      return { value: (x) => (x > 0 ? fl(fl(scale) * x) : below(x)), slope: (x) => (x > 0 ? fl(scale) : fl(below(x) + fl(fl(scale) * fl(alpha)))) };
    },
  },
  softsign: {
    "a quotient": ({ fl }) => ({ value: (x) => fl(x / fl(1 + Math.abs(x))), slope: (x) => fl(1 / fl(fl(1 + Math.abs(x)) ** 2)) }),
    "a reciprocal": ({ fl }) => {
      const share = (x: number): number => fl(1 / fl(1 + Math.abs(x)));
      return { value: (x) => fl(x * share(x)), slope: (x) => fl(share(x) ** 2) };
    },
    "differentiated automatically": ({ fl }) => {
      const d = (x: number): number => fl(1 + Math.abs(x));
      return { value: (x) => fl(x / d(x)), slope: (x) => fl(fl(1 / d(x)) - fl(fl(Math.abs(x) / d(x)) / d(x))) };
    },
  },
  hardSigmoid: {
    "slope·x + offset": ({ fl }, { slope, offset }) => {
      const line = (x: number): number => fl(fl(fl(slope) * x) + fl(offset));
      return { value: (x) => Math.max(0, Math.min(line(x), 1)), slope: (x) => (line(x) > 0 && line(x) < 1 ? fl(slope) : 0) };
    },
    "fused": ({ fl }, { slope, offset }) => {
      const line = (x: number): number => fl(fl(slope) * x + fl(offset));
      return { value: (x) => Math.max(0, Math.min(line(x), 1)), slope: (x) => (line(x) > 0 && line(x) < 1 ? fl(slope) : 0) };
    },
    "between the kinks, as PyTorch": ({ fl }, { slope, offset }) => {
      const [start, end] = [fl(fl(-offset) / fl(slope)), fl(fl(1 - offset) / fl(slope))];
      return {
        value: (x) => fl(Math.max(0, Math.min(fl(x - start), fl(end - start))) * fl(slope)),
        slope: (x) => (x > start && x < end ? fl(slope) : 0),
      };
    },
  },
};

describe.each(Object.keys(code))("the radius of %s", (operation) => {
  it("holds for honest code, with a library that is exact or off by 3 units in the last place, and is not much too wide", () => {
    for (const [precision, count] of [["float32", 12], ["float64", 6]] as const) {
      const { output, gradient } = widestShares(operation, code[operation]!, precisions[precision], runs(count));
      // A double holds every option as it is, and then some of this code does not round at all.
      if (precision === "float32") expect(Math.min(output, gradient)).toBeGreaterThan(0.3);
    }
  });

  it("is finite for every precision, and 0 at what is not finite", () => {
    const input = tensor([-1e30, -100, -3, -1, -1e-30, 0, 1e-30, 1, 3, 100, 1e30, Infinity, -Infinity, NaN]);
    for (const precision of Object.values(precisions)) {
      const { radius } = reference(operation, { input }, {}, { output: tensor(Array.from({ length: 14 }, () => 3)) }, precision);
      const all = [...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values];
      expect(all.filter((value) => !(value >= 0 && Number.isFinite(value))), precision.name).toEqual([]);
      const wanted = reference(operation, { input }, {}).expected.outputs["output"]!.values;
      expect([11, 12, 13].filter((i) => !Number.isFinite(wanted[i]!) && all[i] !== 0)).toEqual([]);
      expect(all[27]).toBe(0);
    }
  });

  it("is drawn at 0, with both signs, and at sizes from 1e-30 to 1e30", () => {
    const found = shares(drawn(operation, "rounding", 80), {
      "a zero": some((x) => x === 0),
      "positive": some((x) => x > 0),
      "negative": some((x) => x < 0),
      "within ±4": some((x) => Math.abs(x) > 0.01 && Math.abs(x) < 4),
      "below −89": some((x) => x < -89),
      "below 1e-20": some((x) => x !== 0 && Math.abs(x) < 1e-20),
      "beyond 1e8": some((x) => Math.abs(x) > 1e8),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.08), JSON.stringify(found)).toEqual([]);
  });
});

/** The radius of the output and of the gradient at one number, for a cotangent of 1. */
const radiusAt = (operation: string, x: number, options = {}): readonly number[] => {
  const { radius } = reference(operation, { input: tensor(x) }, options, { output: tensor(1) });
  return [radius.outputs["output"]!.values[0]!, radius.gradients["input"]!.values[0]!];
};

describe("kinks in the catalog", () => {
  /** Whether a gradient at one number is accepted. */
  const accepts = (operation: string, x: number, gradient: number, options = {}): boolean => {
    const { expected, radius } = reference(operation, { input: tensor(x) }, options, { output: tensor(1) });
    return compare({ shape: [], data: Float32Array.of(gradient) }, expected.gradients["input"]!, radius.gradients["input"]).agrees;
  };

  it("have the one derivative that the library gives them", () => {
    expect([accepts("leakyRelu", 0, 0.01), accepts("leakyRelu", 0, 1), accepts("leakyRelu", 0, 0)]).toEqual([true, false, false]);
    expect([accepts("elu", 0, 2, { alpha: 2 }), accepts("elu", 0, 1, { alpha: 2 })]).toEqual([true, false]);
    expect([accepts("selu", 0, 1.75809934), accepts("selu", 0, 1.05070099)]).toEqual([true, false]);
    for (const [kink, slope] of [[3, 1 / 6], [2.5, 0.2], [2, 0.25]] as const) for (const x of [-kink, kink]) {
      expect([accepts("hardSigmoid", x, 0, { slope }), accepts("hardSigmoid", x, slope, { slope })], `${x}`).toEqual([true, false]);
    }
  });

  it("admit either side so close by that rounding may cross them, and no third", () => {
    const near = 3 - 2 ** -22;
    expect([0, 1 / 6, 1 / 12].map((gradient) => accepts("hardSigmoid", near, gradient))).toEqual([true, true, true]);
    expect(accepts("hardSigmoid", near, 0.5)).toBe(false);
    expect([0, 1 / 6].map((gradient) => accepts("hardSigmoid", 2.999, gradient))).toEqual([false, true]);
    expect([0, 1 / 6].map((gradient) => accepts("hardSigmoid", 3.001, gradient))).toEqual([true, false]);
  });

  it("admit either side where a kink is missed once the options are rounded to float32", () => {
    // 0.02 is rounded down: at −25 a fused 0.02·x + 0.5 comes out above 0; at 25 it is next to 1, and rounded to 1.
    expect([0, 0.02].map((gradient) => accepts("hardSigmoid", -25, gradient, { slope: 0.02 }))).toEqual([true, true]);
    expect([0, 0.02].map((gradient) => accepts("hardSigmoid", 25, gradient, { slope: 0.02 }))).toEqual([true, false]);
    // Nor is −3 hit by 1/6 in doubles, fused, or in bfloat16.
    for (const precision of [precisions.float64, precisions.bfloat16]) {
      const { radius } = reference("hardSigmoid", { input: tensor(-3) }, {}, { output: tensor(1) }, precision);
      expect(radius.gradients["input"]!.values[0]).toBeGreaterThanOrEqual(1 / 6);
    }
  });

  it("are drawn: 0 for all, both ends of the line for the hard sigmoid", () => {
    for (const [tier, kinks] of [["structure", [2, 4]], ["rounding", [3, 2.5]]] as const) {
      const found = shares(drawn("hardSigmoid", tier, 150), Object.fromEntries(kinks.flatMap((kink) => [-1, 1].map((sign) =>
        [`${tier}: at ${sign * kink} of its line`, (one) => one.options["slope"] === 0.5 / kink && some((x) => x === sign * kink)(one)]))));
      expect(Object.entries(found).filter(([, share]) => share < 0.03), JSON.stringify(found)).toEqual([]);
    }
    const structure = shares(drawn("leakyRelu", "structure", 150), { "a zero": some((x) => x === 0), "both signs": (one) => some((x) => x < 0)(one) && some((x) => x > 0)(one) });
    expect(Object.values(structure).filter((share) => share < 0.1)).toEqual([]);
  });
});

describe("the radius by hand", () => {
  it("of leaky relu is none above 0 or with a power of two, else what the slope loses and the rounding of the product", () => {
    expect(radiusAt("leakyRelu", 5)).toEqual([0, 0]);
    expect(radiusAt("leakyRelu", -5, { slope: 0.25 })).toEqual([0, 0]);
    const [output, gradient] = radiusAt("leakyRelu", -5);
    const lost = 0.01 - Math.fround(0.01);
    expect(output! / (5 * lost + 5 * 0.01 * u)).toBeCloseTo(1, 4);
    expect(gradient! / lost).toBeCloseTo(1, 4);
  });

  it("of the hard sigmoid is that of slope·(x + offset/slope), where both options and their quotient are rounded", () => {
    const [slope, offset] = [0.3, 0.4].map((option) => Math.abs(Math.fround(option) - option)) as [number, number];
    const quotient = (offset + (4 / 3) * slope) / 0.3 + u * (4 / 3);
    expect(radiusAt("hardSigmoid", 1, { slope: 0.3, offset: 0.4 })[0]! / (0.3 * (quotient + u * (7 / 3)) + (7 / 3) * slope + u * 0.7)).toBeCloseTo(1, 4);
  });

  it("of elu is absolute next to 0, where e^x − 1 cancels", () => {
    expect(radiusAt("elu", -1e-10)[0]! / (8 * u)).toBeCloseTo(1, 2);
    expect(radiusAt("elu", 1)).toEqual([0, 0]);
  });

  it("of softsign's gradient is that of 1/d − |x|/d/d, which cancels for large x", () => {
    const [output, gradient] = radiusAt("softsign", 999);
    expect(output! / (3 * u)).toBeLessThan(1);
    expect(gradient! * 1000 / u).toBeGreaterThan(3);
    expect(gradient! * 1000 / u).toBeLessThan(7);
  });
});

describe("the options of activations", () => {
  it("are written out in full", () => {
    expect(leakyReluEntry.complete({}, {})).toEqual({ slope: 0.01 });
    expect(eluEntry.complete({}, { alpha: 2 })).toEqual({ alpha: 2 });
    expect(seluEntry.complete({}, { scale: 2 })).toEqual({ alpha: 1.6732632423543772, scale: 2 });
    expect(hardSigmoidEntry.complete({}, {})).toEqual({ slope: 1 / 6, offset: 0.5 });
  });

  it("are drawn so that the structure tier is exact: slopes that are powers of two", () => {
    for (const operation of ["leakyRelu", "hardSigmoid"]) for (const { options, inputs, cotangents } of drawn(operation, "structure", 40)) {
      expect(Number.isInteger(Math.log2(options["slope"] as number))).toBe(true);
      const { expected } = reference(operation, inputs, options, cotangents);
      for (const { values } of [expected.outputs["output"]!, expected.gradients["input"]!]) expect(values.map(Math.fround)).toEqual(values);
    }
  });

  it("are drawn with more than their defaults", () => {
    const found = shares([...drawn("elu", "rounding", 60), ...drawn("selu", "rounding", 60), ...drawn("hardSigmoid", "rounding", 60), ...drawn("leakyRelu", "rounding", 60)], {
      "alpha 1.7": ({ options }) => options["alpha"] === 1.7,
      "ONNX's constants of selu": ({ options }) => options["scale"] === 1.0507010221481323,
      "slope 0.2 of a line": ({ operation, options }) => operation === "hardSigmoid" && options["slope"] === 0.2,
      "slope 0.2 below 0": ({ operation, options }) => operation === "leakyRelu" && options["slope"] === 0.2,
      "an offset other than 0.5": ({ options }) => options["offset"] === 0.4,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.03), JSON.stringify(found)).toEqual([]);
  });
});
