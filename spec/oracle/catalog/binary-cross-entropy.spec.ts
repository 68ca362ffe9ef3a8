import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { binaryCrossEntropyWithLogitsEntry } from "../../../src/oracle/catalog/binary-cross-entropy.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { exp, expectWithin, f, log, log1p, means, sums } from "./honest.ts";
import type { Answer } from "./honest.ts";
import { shares } from "./shares.ts";

const u = 2 ** -24 + 2 ** -53;
const tiny = 2 ** -149;

interface Form {
  readonly value: (x: number, t: number, q: number) => number;
  readonly slope: (x: number, t: number, q: number) => number;
  readonly order: keyof typeof sums;
  readonly mean: string;
}

const bounded = (value: number): number => Math.max(value, -100);
const spread = (p: number): number => f(p * f(1 - p));
const quotient = (p: number, t: number): number => f(f(p - t) / Math.max(spread(p), f(1e-12)));

const sigmoid = (x: number): number => f(1 / f(1 + exp(-x)));
const twoSided = (x: number): number => (x < 0 ? f(exp(x) / f(1 + exp(x))) : sigmoid(x));
/** Of a hyperbolic tangent that is off by two units in its last place. */
const fromTanh = (x: number): number => f(0.5 + f(0.5 * f(f(Math.tanh(x / 2)) * (1 + 2 ** -23))));
const softplus = (x: number): number => f(Math.max(x, 0) + log1p(exp(-Math.abs(x))));

const forms: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  binaryCrossEntropy: {
    "log1p, one quotient": {
      value: (p, t) => f(f(f(t - 1) * bounded(log1p(-p))) - f(t * bounded(log(p)))), slope: quotient, order: "forwards", mean: "by a reciprocal",
    },
    "log(1 − p), two quotients": {
      value: (p, t) => f(-f(f(t * bounded(log(p))) + f(f(1 - t) * bounded(log(f(1 - p)))))),
      slope: (p, t) => (spread(p) < 1e-12 ? quotient(p, t) : f(f(f(1 - t) / f(1 - p)) - f(t / p))), order: "pairwise", mean: "divided before the sum",
    },
  },
  binaryCrossEntropyWithLogits: {
    "the first softplus, and the logit between both": {
      value: (x, t, q) => f(f(f(1 - t) * x) + f(f(f(f(q - 1) * t) + 1) * f(log1p(exp(-Math.abs(x))) + Math.max(-x, 0)))),
      slope: (x, t, q) => f(f(f(f(q * t) + f(1 - t)) * sigmoid(x)) - f(q * t)), order: "forwards", mean: "divided behind the sum",
    },
    "log(1 + e), one exponential taken out": {
      value: (x, t, q) => {
        const larger = Math.max(-x, 0);
        return f(f(f(1 - t) * x) + f(f(1 + f(f(q - 1) * t)) * f(log(f(exp(-larger) + exp(f(-x - larger)))) + larger)));
      },
      slope: (x, t, q) => f(f(f(1 - t) * sigmoid(x)) - f(f(q * t) * sigmoid(-x))), order: "backwards", mean: "by a reciprocal",
    },
    "both softplus": {
      value: (x, t, q) => f(f(f(q * t) * softplus(-x)) + f(f(1 - t) * softplus(x))),
      slope: (x, t, q) => (q === 1 ? f(twoSided(x) - t) : f(f(f(1 - t) * twoSided(x)) - f(f(q * t) * twoSided(-x)))), order: "pairwise", mean: "divided before the sum",
    },
    "a sigmoid from the hyperbolic tangent": {
      value: (x, t, q) => f(f(f(q * t) * softplus(-x)) + f(f(1 - t) * softplus(x))),
      slope: (x, t, q) => f(f(f(f(q * t) + f(1 - t)) * fromTanh(x)) - f(q * t)), order: "forwards", mean: "divided before the sum",
    },
  },
};

const answer = ({ value, slope, order, mean }: Form) => ({ inputs, options, cotangents }: Case): Answer => {
  const { input, target, weight, posWeight } = inputs;
  const { reduction } = options;
  const [x, t, dy] = [raw(input!), raw(target!), raw(cotangents!["output"]!)];
  const at = (name: typeof weight, i: number): number => (name === undefined ? 1 : raw(name)[i % raw(name).length]!);
  const each = (of: Form["value"]): readonly number[] => Array.from(x, (_, i) => f(at(weight, i) * of(x[i]!, t[i]!, at(posWeight, i))));
  const losses = each(value);
  return {
    output: reduction === "none" ? losses : [reduction === "sum" ? sums[order](losses) : means[mean]!(losses, losses.length, sums[order])],
    input: each(slope).map((s, i) => {
      if (reduction !== "mean") return f(s * dy[reduction === "none" ? i : 0]!);
      return mean === "divided before the sum" ? f(f(s / losses.length) * dy[0]!) : f(f(dy[0]! * f(1 / losses.length)) * s);
    }),
  };
};

describe.each(Object.entries(forms))("the radius of %s", (name, kinds) => {
  it.each(Object.entries(kinds))("holds for honest float32 code: %s", (kind, form) => {
    expectWithin(name, kind, answer(form), runs(80), 0.05);
  });

  it("is left by code that forgets a digit: 1 in 10⁴ off is far outside, but where large terms cancel", () => {
    let compared = 0;
    for (const one of drawn(name, "rounding", 60, 37)) {
      const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents);
      expected.outputs["output"]!.values.forEach((value, i) => {
        if (!(value > 1e-2 * Math.max(1, ...one.inputs["input"]!.values.map(Math.abs)))) return;
        compared++;
        expect(value * 1e-4).toBeGreaterThan(radius.outputs["output"]!.values[i]!);
      });
    }
    expect(compared).toBeGreaterThan(30);
  });
});

describe("the radii of single values, by hand", () => {
  const at = (name: string, x: number, t: number, more: object = {}): readonly [number, number] => {
    const { radius } = reference(name, { input: tensor([x]), target: tensor([t]), ...more } as never, { reduction: "none" }, { output: tensor([10]) });
    return [radius.outputs["output"]!.values[0]!, radius.gradients["input"]!.values[0]!];
  };
  const close = (actual: number, expected: number): void => expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-12);

  it("of probabilities follow both logarithms, and the quotient's terms", () => {
    const [loss, slope] = at("binaryCrossEntropy", 0.25, 1);
    close(loss, gamma(12, u) * Math.log(4) + 4 * tiny);
    close(slope, (10 * gamma(8, u) * 0.75) / 0.1875 + 4 * tiny);
    const [other, otherSlope] = at("binaryCrossEntropy", 0.25, 0);
    close(other, gamma(12, u) * -Math.log(0.75) + u + 4 * tiny);
    close(otherSlope, (10 * gamma(8, u) * 0.25) / 0.1875 + 4 * tiny);
  });

  it("of probabilities stay finite where the loss is cut off", () => {
    close(at("binaryCrossEntropy", 0, 1)[0], gamma(12, u) * 100);
    // There the bound of 1e−12 may be held in float32, which is 4e−9 less.
    close(at("binaryCrossEntropy", 0, 1)[1], (10 * (gamma(8, u) + (1e-12 / f(1e-12) - 1))) / 1e-12);
    close(at("binaryCrossEntropy", 1, 0)[0], gamma(12, u) * 100 + u);
  });

  it("grow with the weight", () => {
    const weight = tensor([4]);
    close(at("binaryCrossEntropy", 0.25, 1, { weight })[0], 4 * gamma(12, u) * Math.log(4));
    close(at("binaryCrossEntropyWithLogits", 3, 1, { weight })[0], 4 * at("binaryCrossEntropyWithLogits", 3, 1)[0]);
    close(at("binaryCrossEntropyWithLogits", 3, 1, { weight })[1], 4 * at("binaryCrossEntropyWithLogits", 3, 1)[1]);
  });

  it("of logits follow the terms that may cancel, not the loss alone", () => {
    const [e, L] = [Math.exp(-100), Math.log1p(Math.exp(-100))];
    const [loss, slope] = at("binaryCrossEntropyWithLogits", -100, 0);
    close(loss, gamma(8, u) * (e / (1 + e) + L) + u + gamma(8, u) * (100 + L + 100) + 4 * tiny);
    close(slope, 10 * (gamma(18, u) * (e / (1 + e)) + gamma(6, u) + 2 ** -126) + 4 * tiny);
    const [weighed, weighedSlope] = at("binaryCrossEntropyWithLogits", 100, 1, { posWeight: tensor([3]) });
    close(weighed, 5 * (gamma(8, u) * (e / (1 + e) + L) + u) + gamma(8, u) * (200 + 5 * L) + 4 * tiny);
    close(weighedSlope, 10 * (gamma(18, u) * (6 / (1 + e) + 3) + 6 * (gamma(6, u) + 2 ** -126)) + 4 * tiny);
  });

  it("take a mean's scale into the gradient, and divide it", () => {
    const inputs = { input: tensor([0.25, 0.25]), target: tensor([1, 1]) };
    const { radius } = reference("binaryCrossEntropy", inputs, { reduction: "mean" }, { output: tensor(10) });
    close(radius.gradients["input"]!.values[1]!, ((10 / 2) * gamma(12, u) * 0.75) / 0.1875);
  });

  it("are finite in every precision", () => {
    for (const precision of Object.values(precisions)) {
      const inputs = { input: tensor([-200, -89, 0, 89, 200]), target: tensor([0, 1, 0.5, 0, 1]), posWeight: tensor(2) };
      const { outputs, gradients } = binaryCrossEntropyWithLogitsEntry.radius(inputs, { reduction: "none" }, { output: tensor([1, 1, 1, 1, 1]) }, precision);
      expect([...outputs["output"]!.values, ...gradients["input"]!.values].filter((value) => !(value >= 0 && Number.isFinite(value)))).toEqual([]);
    }
  });
});

describe("binary cross entropy in the catalog", () => {
  it("writes out its options", () => {
    expect(binaryCrossEntropyWithLogitsEntry.complete({ input: tensor([1]), target: tensor([0]) }, {})).toEqual({ reduction: "mean" });
  });

  const weights = (name: string): Readonly<Record<string, (one: Case) => boolean>> => ({
    [`${name} of a scalar`]: ({ inputs }) => inputs[name]?.shape.length === 0 && inputs["input"]!.shape.length > 0,
    [`${name} of the last axis`]: ({ inputs }) => inputs[name]?.shape.length === 1 && inputs["input"]!.shape.length > 1,
    [`${name} of all values`]: ({ inputs }) => inputs[name]?.shape.length === inputs["input"]!.shape.length,
    [`no ${name}`]: ({ inputs }) => inputs[name] === undefined,
  });
  const common: Readonly<Record<string, (one: Case) => boolean>> = {
    mean: ({ options }) => options["reduction"] === "mean", sum: ({ options }) => options["reduction"] === "sum", none: ({ options }) => options["reduction"] === "none",
    "targets between 0 and 1": ({ inputs }) => inputs["target"]!.values.some((t) => t > 0 && t < 1),
    "several values": ({ inputs }) => inputs["input"]!.values.length > 2,
    ...weights("weight"),
  };

  it("draws probabilities between, near and at 0 and 1", () => {
    const p = ({ inputs }: Case): readonly number[] => inputs["input"]!.values;
    const wrong = (one: Case, at: number): boolean => p(one).some((value, i) => value === at && one.inputs["target"]!.values[i] !== at);
    const found = shares(drawn("binaryCrossEntropy", "rounding", 300), {
      ...common,
      "0 where yes is possible": (one) => wrong(one, 0), "1 where no is possible": (one) => wrong(one, 1),
      "a logarithm that is cut off": (one) => p(one).includes(2 ** -149),
      "p·(1 − p) below 1e−12": (one) => p(one).some((value) => value > 2 ** -126 && value < 1e-12),
      "close to 1": (one) => p(one).some((value) => value < 1 && value > 1 - 2 ** -12),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.05), JSON.stringify(found)).toEqual([]);
    // Between 2⁻¹⁴⁴, where the logarithm is −100, and 2⁻¹²⁶ code that flushes subnormal numbers could not be right.
    expect(drawn("binaryCrossEntropy", "rounding", 200).flatMap(p).filter((value) => value > 2 ** -149 && value < 2 ** -126)).toEqual([]);
  });

  it("draws large logits, and positive weights of every shape", () => {
    const found = shares(drawn("binaryCrossEntropyWithLogits", "rounding", 400), {
      ...common, ...weights("posWeight"),
      "logits beyond 100": ({ inputs }) => inputs["input"]!.values.some((x) => x > 100),
      "both weights": ({ inputs }) => inputs["weight"] !== undefined && inputs["posWeight"] !== undefined,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.08), JSON.stringify(found)).toEqual([]);
  });
});
