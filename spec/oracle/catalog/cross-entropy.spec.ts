import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { crossEntropyEntry, negativeLogLikelihoodEntry } from "../../../src/oracle/catalog/cross-entropy.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { exp, expectWithin, f, log, means, orders, sums } from "./honest.ts";
import type { Answer } from "./honest.ts";
import { shares } from "./shares.ts";

const sum = sums.forwards;

/** How honest float32 code groups log softmax and softmax. */
const groupings: Readonly<Record<string, (x: readonly number[]) => { readonly logs: readonly number[]; readonly p: readonly number[] }>> = {
  "shifted by the maximum, p as a quotient": (x) => {
    const max = Math.max(...x);
    const e = x.map((value) => exp(f(value - max)));
    return { logs: x.map((value) => f(f(value - max) - log(sum(e)))), p: e.map((value) => f(value / sum(e))) };
  },
  "log-sum-exp first, p as exp(log p)": (x) => {
    const max = Math.max(...x);
    const whole = f(max + log(sum(x.map((value) => exp(f(value - max))))));
    const logs = x.map((value) => f(value - whole));
    return { logs, p: logs.map(exp) };
  },
  "exponentials summed backwards, p by a reciprocal": (x) => {
    const max = Math.max(...x);
    const e = x.map((value) => exp(f(value - max)));
    const total = sum(e.toReversed());
    return { logs: x.map((value) => f(value - f(max + log(total)))), p: e.map((value) => f(value * f(1 / total))) };
  },
};

/** Cross entropy and its gradient as float32 code computes them. */
function honest({ inputs, options, cotangents }: Case, group: (typeof groupings)[string]): { readonly output: number[]; readonly input: number[] } {
  const { input, target, weight } = inputs;
  const [samples, classes, ...space] = input!.shape as [number, number, ...number[]];
  const places = space.reduce((product, size) => product * size, 1);
  const [x, t, dy] = [raw(input!), raw(target!), raw(cotangents!["output"]!)];
  const smoothing = f(options["labelSmoothing"] as number);
  const reduction = options["reduction"] as string;
  const soft = target!.shape.length === input!.shape.length;
  const losses: number[] = [];
  const divisors: number[] = [];
  const gradients = new Array<number>(x.length).fill(0);
  const rows: { readonly place: (c: number) => number; readonly shares: readonly number[]; readonly p: readonly number[]; readonly row: number }[] = [];
  for (let row = 0; row < samples * places; row++) {
    const place = (c: number): number => (Math.floor(row / places) * classes + c) * places + (row % places);
    const weightOf = (c: number): number => (weight === undefined ? 1 : raw(weight)[c]!);
    if (!soft && t[row] === options["ignoreIndex"]) {
      losses.push(0);
      continue;
    }
    const all = Array.from({ length: classes }, (_, c) => c);
    const { logs, p } = group(all.map((c) => x[place(c)]!));
    const shares = all.map((c) => {
      const wanted = f(f(f(1 - smoothing) * (soft ? t[place(c)]! : Number(t[row] === c))) + f(smoothing / classes));
      return f(wanted * weightOf(c));
    });
    losses.push(sum(shares.map((share, c) => f(share * -logs[c]!))));
    divisors.push(soft ? 1 : weightOf(t[row]!));
    rows.push({ place, shares, p, row });
  }
  const divisor = reduction === "mean" ? sum(divisors) : 1;
  for (const { place, shares, p, row } of rows) {
    const scale = f(dy[reduction === "none" ? row : 0]! / divisor);
    shares.forEach((share, c) => {
      gradients[place(c)] = f(scale * f(f(p[c]! * sum(shares)) - share));
    });
  }
  return { output: reduction === "none" ? losses : [f(sum(losses) / divisor)], input: gradients };
}

describe("the radius of cross entropy", () => {
  it.each(Object.entries(groupings))("holds for honest float32 code: %s", (name, group) => {
    expectWithin("crossEntropy", name, (one) => honest(one, group), runs(80));
  });

  it("is left by code that forgets the maximum's digits: 1 in 10⁴ off is far outside", () => {
    for (const one of drawn("crossEntropy", "rounding", 60, 37)) {
      const { expected, radius } = reference("crossEntropy", one.inputs, one.options, one.cotangents);
      const values = expected.outputs["output"]!.values;
      if (values.some((value) => !(value > 1e-2))) continue;
      expect(compare({ shape: expected.outputs["output"]!.shape, data: values.map((value) => value * 1.0001) }, expected.outputs["output"]!, radius.outputs["output"]).ratio).toBeGreaterThan(1);
    }
  });

  it("is finite and at least 0 where logits are masked by −Infinity, or weights and shares negative", () => {
    const finite = (inputs: Parameters<typeof reference>[1], options: object): readonly number[] => {
      const { expected, radius } = reference("crossEntropy", inputs, options as never, { output: tensor(1) });
      expect(expected.outputs["output"]!.values.every(Number.isFinite)).toBe(true);
      return [...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values].filter((value) => !(value >= 0 && Number.isFinite(value)));
    };
    expect(finite({ input: tensor([[1, -Infinity, 2]]), target: tensor([0]) }, {})).toEqual([]);
    expect(finite({ input: tensor([[1, 3, 2]]), target: tensor([[-0.5, 1, 0.5]]) }, {})).toEqual([]);
    expect(finite({ input: tensor([[1, 3, 2]]), target: tensor([0]), weight: tensor([-2, 1, 1]) }, {})).toEqual([]);
  });

  it("counts every row where targets are probabilities, which know no ignored class", () => {
    const inputs = { input: tensor([[1, 3], [2, 0]]), target: tensor([[0, 1], [0, 1]]) };
    const of = (options: object): readonly number[] => {
      const { radius } = reference("crossEntropy", inputs, options as never, { output: tensor(1) });
      return [...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values];
    };
    expect(of({ reduction: "mean", ignoreIndex: 0 })).toEqual(of({ reduction: "mean" }));
  });
});

/** Negative log likelihood as float32 code computes it. */
const likelihood = (order: keyof typeof sums, mean: string) => ({ inputs, options, cotangents }: Case): Answer => {
  const { input, target, weight } = inputs;
  const { reduction, ignoreIndex } = options;
  const [, classes, ...space] = input!.shape as [number, number, ...number[]];
  const places = space.reduce((product, size) => product * size, 1);
  const [x, dy] = [raw(input!), raw(cotangents!["output"]!)];
  const gradients = new Array<number>(x.length).fill(0);
  const weightOf = (c: number): number => (weight === undefined ? 1 : raw(weight)[c]!);
  const used = target!.values.filter((c) => c !== ignoreIndex);
  const divisor = sums[order](used.map(weightOf));
  const losses = target!.values.map((c, row) => {
    if (c === ignoreIndex) return 0;
    const at = (Math.floor(row / places) * classes + c) * places + (row % places);
    const product = f(-weightOf(c) * dy[reduction === "none" ? row : 0]!);
    gradients[at] = reduction !== "mean" ? product : mean === "by a reciprocal" ? f(product * f(1 / divisor)) : f(-weightOf(c) * f(dy[0]! / divisor));
    return f(-weightOf(c) * x[at]!);
  });
  return { output: reduction === "none" ? losses : [reduction === "sum" ? sums[order](losses) : means[mean]!(losses, divisor, sums[order])], input: gradients };
};

describe("the radius of negative log likelihood", () => {
  it.each(orders)("holds for honest float32 code: %s, %s", (order, mean) => {
    expectWithin("negativeLogLikelihood", `${order}, ${mean}`, likelihood(order, mean), runs(50), 0.1);
  });

  it("allows nothing where entries are copied, one rounding where they are weighed", () => {
    const u = 2 ** -24 + 2 ** -53;
    const inputs = { input: tensor([[-3, -5]]), target: tensor([1]) };
    const of = (weight: object, options: object): readonly (readonly number[])[] => {
      const { radius } = reference("negativeLogLikelihood", { ...inputs, ...weight } as never, options as never, { output: tensor((options as { reduction: string }).reduction === "none" ? [8] : 8) });
      return [radius.outputs["output"]!.values, radius.gradients["input"]!.values];
    };
    expect(of({}, { reduction: "none" })).toEqual([[0], [0, 0]]);
    const weight = tensor([1, 0.5]);
    expect(of({ weight }, { reduction: "none" })).toEqual([[gamma(1, u) * 2.5 + 2 ** -149], [0, gamma(1, u) * 4 + 2 ** -149]]);
    // One row: no addition; the quotient, or reciprocal and product.
    expect(of({}, { reduction: "mean" })).toEqual([[gamma(2, u) * 5 + 2 * 2 ** -149], [0, gamma(2, u) * 8 + 2 * 2 ** -149]]);
  });

  it("allows the roundings of the divisor where it is a sum of weights", () => {
    const u = 2 ** -24 + 2 ** -53;
    const inputs = { input: tensor([[-3, -5], [-1, -1], [-2, -2]]), target: tensor([1, 0, 0]), weight: tensor([1, 2]) };
    const { radius } = reference("negativeLogLikelihood", inputs, { reduction: "mean" }, { output: tensor(8) });
    // Additions 2, divisor 2, division 2; each product has one of its own.
    expect(radius.gradients["input"]!.values[1]).toBe(gamma(1 + 4, u) * 16 / 4 + 5 * 2 ** -149);
    const error = gamma(1, u) * 13 + 3 * 2 ** -149;
    expect(Math.abs(radius.outputs["output"]!.values[0]! - ((error + gamma(6, u) * (13 + error)) / 4 + 4 * 2 ** -149))).toBeLessThan(1e-20);
  });
});

describe("cross entropy in the catalog", () => {
  it("leaves an absent ignoreIndex absent", () => {
    const inputs = { input: tensor([[1, 2]]), target: tensor([0]) };
    expect(crossEntropyEntry.complete(inputs, {})).toEqual({ reduction: "mean", labelSmoothing: 0 });
    expect(crossEntropyEntry.complete(inputs, { ignoreIndex: -100, reduction: "sum" })).toEqual({ reduction: "sum", labelSmoothing: 0, ignoreIndex: -100 });
  });

  it("draws probabilities that sum to 1 over axis 1", () => {
    for (const { inputs } of drawn("crossEntropy", "rounding", 60).filter((one) => one.inputs["target"]!.shape.length === one.inputs["input"]!.shape.length)) {
      const [samples, classes, ...space] = inputs["target"]!.shape as [number, number, ...number[]];
      const places = space.reduce((product, size) => product * size, 1);
      for (let n = 0; n < samples; n++) for (let place = 0; place < places; place++) {
        const total = Array.from({ length: classes }, (_, c) => inputs["target"]!.values[(n * classes + c) * places + place]!).reduce((a, b) => a + b);
        expect(Math.abs(total - 1)).toBeLessThan(classes * 2 ** -24);
      }
    }
  });

  it("draws every kind of target, reduction and option, and large logits", () => {
    const found = shares(drawn("crossEntropy", "rounding", 300), {
      probabilities: ({ inputs }) => inputs["target"]!.shape.length === inputs["input"]!.shape.length,
      "ignored rows": ({ inputs, options }) => options["ignoreIndex"] !== undefined && inputs["target"]!.values.includes(options["ignoreIndex"] as number),
      "an ignored index above all classes": ({ inputs, options }) => options["ignoreIndex"] === 255 && inputs["target"]!.values.includes(255),
      "the last of several classes ignored": ({ inputs, options }) => options["ignoreIndex"] === inputs["input"]!.shape[1]! - 1 && options["ignoreIndex"] !== 0,
      weights: ({ inputs }) => inputs["weight"] !== undefined,
      mean: ({ options }) => options["reduction"] === "mean",
      sum: ({ options }) => options["reduction"] === "sum",
      none: ({ options }) => options["reduction"] === "none",
      smoothing: ({ options }) => options["labelSmoothing"] !== 0,
      "logits beyond 100, where exp overflows": ({ inputs }) => inputs["input"]!.values.some((value) => value > 100),
      "axes behind the classes": ({ inputs }) => inputs["input"]!.shape.length > 2,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.05), JSON.stringify(found)).toEqual([]);
  });
});

describe("negative log likelihood in the catalog", () => {
  it("leaves an absent ignoreIndex absent", () => {
    const inputs = { input: tensor([[1, 2]]), target: tensor([0]) };
    expect(negativeLogLikelihoodEntry.complete(inputs, {})).toEqual({ reduction: "mean" });
    expect(negativeLogLikelihoodEntry.complete(inputs, { ignoreIndex: 0, reduction: "none" })).toEqual({ reduction: "none", ignoreIndex: 0 });
  });

  it("proves sums of whole numbers exact before a mean divides them", () => {
    const inputs = { input: tensor([[-3, 5], [2, -7]]), target: tensor([1, 0]), weight: tensor([-2, 4]) };
    const { outputs, gradients } = negativeLogLikelihoodEntry.terms!(inputs, { reduction: "mean" }, { output: tensor(-5) });
    expect([outputs["output"]!.sum.values, gradients["input"]!.sum.values]).toEqual([[24], [0, 20, 10, 0]]);
  });

  it("takes a mean of whole numbers only where it divides by a power of two", () => {
    for (const { inputs, options } of drawn("negativeLogLikelihood", "structure", 200).filter((one) => one.options["reduction"] === "mean")) {
      expect([inputs["weight"], options["ignoreIndex"], Math.log2(inputs["target"]!.values.length) % 1]).toEqual([undefined, undefined, 0]);
    }
  });

  it("draws every reduction, weights, ignored rows, and now and then nothing else", () => {
    const ignored = ({ inputs, options }: Case): number => inputs["target"]!.values.filter((c) => c === options["ignoreIndex"]).length;
    const found = shares(drawn("negativeLogLikelihood", "rounding", 300), {
      "ignored rows": (one) => ignored(one) > 0 && ignored(one) < one.inputs["target"]!.values.length,
      "weights in a mean": ({ inputs, options }) => inputs["weight"] !== undefined && options["reduction"] === "mean",
      sum: ({ options }) => options["reduction"] === "sum",
      none: ({ options }) => options["reduction"] === "none",
      "axes behind the classes": ({ inputs }) => inputs["input"]!.shape.length > 2,
      "likelihoods below e⁻¹⁰⁰": ({ inputs }) => inputs["input"]!.values.some((value) => value < -100),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.1), JSON.stringify(found)).toEqual([]);
    const nothing = shares(drawn("negativeLogLikelihood", "rounding", 300), { "a mean over nothing": (one) => one.options["reduction"] === "mean" && ignored(one) === one.inputs["target"]!.values.length });
    expect(Object.values(nothing).every((share) => share > 0.005 && share < 0.1)).toBe(true);
    const structure = shares(drawn("negativeLogLikelihood", "structure", 300), { mean: ({ options }) => options["reduction"] === "mean", weights: ({ inputs }) => inputs["weight"] !== undefined });
    expect(Object.values(structure).every((share) => share > 0.1)).toBe(true);
  });

  it("wants NaN for a mean over nothing, and a gradient of 0", () => {
    const inputs = { input: tensor([[-1, -2]]), target: tensor([-100]) };
    const { expected, radius } = reference("negativeLogLikelihood", inputs, { reduction: "mean", ignoreIndex: -100 }, { output: tensor(3) });
    expect([expected.outputs["output"]!.values, radius.outputs["output"]!.values]).toEqual([[NaN], [0]]);
    expect([expected.gradients["input"]!.values, radius.gradients["input"]!.values]).toEqual([[0, 0], [0, 0]]);
    expect(compare(tensor(NaN), expected.outputs["output"]!, radius.outputs["output"]).agrees).toBe(true);
    expect(compare(tensor(0), expected.outputs["output"]!, radius.outputs["output"]).agrees).toBe(false);
  });
});
