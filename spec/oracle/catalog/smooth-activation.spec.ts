import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { geluEntry } from "../../../src/oracle/catalog/smooth-activation.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { widestShares } from "./machine.ts";
import type { Code, Machine } from "./machine.ts";
import { shares } from "./shares.ts";

type Value = (x: number) => number;

/** Sigmoids as people write them. */
const sigmoids: Readonly<Record<string, (machine: Machine) => Value>> = {
  "1 / (1 + e^-x)": ({ fl, exp }) => (x) => fl(1 / fl(1 + exp(-x))),
  "by the sign of x": ({ fl, exp }) => (x) => (x < 0 ? fl(exp(x) / fl(1 + exp(x))) : fl(1 / fl(1 + exp(-x)))),
  "by tanh": ({ fl, tanh }) => (x) => fl(0.5 * fl(1 + tanh(0.5 * x))),
};

const eachSigmoid = (code: (machine: Machine, s: Value) => ReturnType<Code>): Readonly<Record<string, Code>> =>
  Object.fromEntries(Object.entries(sigmoids).map(([name, sigmoid]) => [name, (machine: Machine) => code(machine, sigmoid(machine))]));

const cubic = ({ fl }: Machine): Value => (x) => fl(fl(Math.sqrt(2 / Math.PI)) * fl(x + fl(fl(0.044715) * fl(fl(x * x) * x))));
const cubicSlope = ({ fl }: Machine): Value => (x) => fl(fl(Math.sqrt(2 / Math.PI)) * fl(1 + fl(fl(3 * fl(0.044715)) * fl(x * x))));
const density = ({ fl, exp }: Machine): Value => (x) => fl(exp(fl(-0.5 * fl(x * x))) * fl(1 / Math.sqrt(2 * Math.PI)));

/** A share of x, and how x times the share grows. */
const shared = (fl: Value, share: Value, growth: Value): ReturnType<Code> => ({ value: (x) => fl(x * share(x)), slope: (x) => fl(share(x) + growth(x)) });

const code: Readonly<Record<string, Readonly<Record<string, Code>>>> = {
  sigmoid: {
    ...eachSigmoid(({ fl }, s) => ({ value: s, slope: (x) => fl(s(x) * fl(1 - s(x))) })),
    "its slope by powers": ({ fl, exp }) => ({
      value: (x) => fl(1 / fl(1 + exp(-x))),
      slope: (x) => fl(exp(-Math.abs(x)) / fl(fl(1 + exp(-Math.abs(x))) ** 2)),
    }),
  },
  tanh: {
    "1 - t²": ({ fl, tanh }) => ({ value: tanh, slope: (x) => fl(1 - fl(tanh(x) ** 2)) }),
    "(1 - t)·(1 + t)": ({ fl, tanh }) => ({ value: tanh, slope: (x) => fl(fl(1 - tanh(x)) * fl(1 + tanh(x))) }),
    "by powers": ({ fl, tanh, exp }) => ({ value: tanh, slope: (x) => fl(4 * fl(exp(-2 * Math.abs(x)) / fl(fl(1 + exp(-2 * Math.abs(x))) ** 2))) }),
  },
  silu: {
    ...eachSigmoid(({ fl }, s) => ({ value: (x) => fl(x * s(x)), slope: (x) => fl(s(x) * fl(1 + fl(x * fl(1 - s(x))))) })),
    "as a quotient, s + y·(1 - s)": ({ fl, exp }) => {
      const s = (x: number): number => fl(1 / fl(1 + exp(-x)));
      return { value: (x) => fl(x / fl(1 + exp(-x))), slope: (x) => fl(s(x) + fl(fl(x * s(x)) * fl(1 - s(x)))) };
    },
  },
  softplus: {
    "log(1 + e^x) up to 88": ({ fl, exp, log }) => ({ value: (x) => (x > 88 ? x : log(fl(1 + exp(x)))), slope: (x) => fl(1 / fl(1 + exp(-x))) }),
    "log1p, and x from where 1 + e^-x is 1": ({ fl, exp, log1p }) => {
      // PyTorch cuts at 20 in every precision, which is right in float32.
      const cut = fl(1 + exp(-20)) === 1 ? 20 : 40;
      return { value: (x) => (x > cut ? x : log1p(exp(x))), slope: (x) => (x > cut ? 1 : fl(exp(x) / fl(exp(x) + 1))) };
    },
    "max and log1p": ({ fl, exp, log1p, tanh }) => ({
      value: (x) => fl(Math.max(x, 0) + log1p(exp(-Math.abs(x)))),
      slope: (x) => fl(0.5 * fl(1 + tanh(0.5 * x))),
    }),
  },
  gelu: {
    "erf or tanh": (machine, { form }) => {
      const { fl, erf, tanh } = machine;
      if (form === "erf") return shared(fl, (x) => fl(0.5 * fl(1 + erf(fl(x * fl(Math.SQRT1_2))))), (x) => fl(x * density(machine)(x)));
      const t = (x: number): number => tanh(cubic(machine)(x));
      return shared(fl, (x) => fl(0.5 * fl(1 + t(x))), (x) => fl(fl(fl(0.5 * x) * fl(1 - fl(t(x) ** 2))) * cubicSlope(machine)(x)));
    },
    "½·x first": (machine, { form }) => {
      const { fl, erf, tanh } = machine;
      const of = form === "erf" ? (x: number): number => erf(fl(x / fl(Math.SQRT2))) : (x: number): number => tanh(cubic(machine)(x));
      const slope: Value = form === "erf"
        ? (x) => fl(fl(0.5 * fl(1 + of(x))) + fl(x * density(machine)(x)))
        : (x) => fl(fl(0.5 * fl(1 + of(x))) + fl(fl(fl(0.5 * x) * fl(fl(1 - of(x)) * fl(1 + of(x)))) * cubicSlope(machine)(x)));
      return { value: (x) => fl(fl(0.5 * x) * fl(1 + of(x))), slope };
    },
    "erfc, or the sigmoid of 2a": (machine, { form }) => {
      const { fl, erfc, exp } = machine;
      if (form === "erf") return shared(fl, (x) => fl(0.5 * erfc(fl(-x * fl(Math.SQRT1_2)))), (x) => fl(x * density(machine)(x)));
      const s = (x: number): number => fl(1 / fl(1 + exp(fl(-2 * cubic(machine)(x)))));
      return shared(fl, s, (x) => fl(fl(fl(x * s(x)) * fl(1 - s(x))) * fl(2 * cubicSlope(machine)(x))));
    },
  },
};

describe.each(Object.keys(code))("the radius of %s", (operation) => {
  it("holds for honest code, with a library that is exact or off by 3 units in the last place, and is not much too wide", () => {
    for (const [precision, count] of [["float32", 12], ["float64", 6]] as const) {
      const { output, gradient } = widestShares(operation, code[operation]!, precisions[precision], runs(count));
      expect(Math.min(output, gradient)).toBeGreaterThan(0.3);
    }
  });

  it("is finite for every precision, and 0 at what is not finite", () => {
    const input = tensor([-1e30, -1e4, -100, -20, -1, -1e-30, 0, 1, 20, 100, 1e12, Infinity, -Infinity, NaN]);
    for (const precision of Object.values(precisions)) {
      const { radius, expected } = reference(operation, { input }, {}, { output: tensor(Array.from({ length: 14 }, () => 3)) }, precision);
      const both = ({ outputs, gradients }: typeof radius): readonly number[] => [...outputs["output"]!.values, ...gradients["input"]!.values];
      const all = both(radius);
      expect(all.filter((value) => !(value >= 0 && Number.isFinite(value))), precision.name).toEqual([]);
      const infinite = both(expected).flatMap((value, i) => (Number.isFinite(value) ? [] : [all[i]!]));
      expect(infinite.length).toBeGreaterThanOrEqual(2);
      expect(infinite.filter((each) => each !== 0)).toEqual([]);
    }
  });
});

describe("what the radius finds", () => {
  /** The worst error of some numbers as a share of the radius. */
  const share = (operation: string, x: number, got: { readonly output?: number; readonly gradient?: number }, options = {}): number => {
    const { expected, radius } = reference(operation, { input: tensor(x) }, options, { output: tensor(1) });
    const of = (value: number | undefined, what: "outputs" | "gradients", name: string): number =>
      value === undefined ? 0 : compare({ shape: [], data: Float64Array.of(value) }, expected[what][name]!, radius[what][name]).ratio;
    return Math.max(of(got.output, "outputs", "output"), of(got.gradient, "gradients", "input"));
  };

  it("a softplus that overflows, or is cut to x from too early on", () => {
    expect(share("softplus", 100, { output: Infinity })).toBe(Infinity);
    expect(share("softplus", 8, { output: 8 })).toBeGreaterThan(50);
    expect(share("softplus", 20, { output: 20 })).toBeLessThan(1);
    // Beyond 88 the plain formula is Infinity in float32, and its wide bound does not count: one rounding of 100 is all there is.
    expect(share("softplus", 100, { output: 100 + 2 ** -16 })).toBeGreaterThan(2);
  });

  it("the tanh form of gelu where erf is asked for, and the reverse, wherever they differ", () => {
    for (const x of [-3, -2, -1, 0.5, 1, 2, 3]) {
      const [byErf, byTanh] = ["erf", "tanh"].map((form) => reference("gelu", { input: tensor(x) }, { form }, { output: tensor(1) }).expected);
      expect(share("gelu", x, { output: byTanh!.outputs["output"]!.values[0]! }), `${x}`).toBeGreaterThan(10);
      expect(share("gelu", x, { gradient: byErf!.gradients["input"]!.values[0]! }, { form: "tanh" }), `${x}`).toBeGreaterThan(10);
    }
  });

  it("a quick sigmoid, right to four digits", () => {
    expect(share("sigmoid", 1, { output: 0.7311 })).toBeGreaterThan(50);
    expect(share("sigmoid", -10, { output: 0 })).toBeGreaterThan(100);
    // What is left below 10⁻⁸ may be lost to 1 + tanh.
    expect(share("sigmoid", -20, { output: 0 })).toBeLessThan(1);
  });

  it("a tanh that is not odd, or is a difference of powers next to 0", () => {
    expect(share("tanh", 1e-4, { output: 1.0001e-4 })).toBeGreaterThan(10);
    expect(share("tanh", 1e-8, { output: 0 })).toBeGreaterThan(1e5);
  });

  it("a silu whose gradient forgets that x counts twice", () => {
    expect(share("silu", 1, { gradient: 0.731058578 })).toBeGreaterThan(1e4);
  });
});

describe("smooth activations in the catalog", () => {
  it("are asked with the form written out", () => {
    expect(geluEntry.complete({}, {})).toEqual({ form: "erf" });
    expect(geluEntry.options).toEqual({ form: "erf or tanh, default erf" });
  });

  it.each(Object.keys(code))("%s is drawn at 0, with both signs, where powers overflow, and at sizes from 1e-30 on", (operation) => {
    const some = (holds: (x: number) => boolean) => ({ inputs }: { readonly inputs: Readonly<Record<string, { readonly values: readonly number[] }>> }): boolean =>
      inputs["input"]!.values.some(holds);
    const found = shares(drawn(operation, "rounding", 80), {
      "a zero": some((x) => x === 0),
      "positive": some((x) => x > 0),
      "negative": some((x) => x < 0),
      "within ±4": some((x) => Math.abs(x) > 0.01 && Math.abs(x) < 4),
      "beyond 89": some((x) => x > 89),
      "below −89": some((x) => x < -89),
      "below 1e-20": some((x) => x !== 0 && Math.abs(x) < 1e-20),
      "beyond 1e8": some((x) => Math.abs(x) > 1e8),
      "several axes": ({ inputs }) => inputs["input"]!.shape.length > 1,
      "a scalar": ({ inputs }) => inputs["input"]!.shape.length === 0,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.08), JSON.stringify(found)).toEqual([]);
  });

  it("the tanh form of gelu is not drawn where the square of x overflows", () => {
    const largest = (form: string): number => Math.max(...drawn("gelu", "rounding", 80, 5)
      .filter(({ options }) => options["form"] === form).flatMap(({ inputs }) => inputs["input"]!.values.map(Math.abs)));
    expect(largest("tanh")).toBeLessThanOrEqual(1.0001e12);
    expect(largest("tanh")).toBeGreaterThan(1e10);
    expect(largest("erf")).toBeGreaterThan(1e24);
  });
});
