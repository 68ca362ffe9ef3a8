import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { gradientDescentEntry } from "../../../src/oracle/catalog/gradient-descent.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";
import { answered, known, oneWeight, radiusOf, worstShare } from "./weights.ts";
import type { WeightStep } from "./weights.ts";

const f = Math.fround;

interface Numbers {
  readonly rate: number;
  readonly weightDecay: number;
}

/** One step on one weight, as float32 code groups it. */
const descents: Readonly<Record<string, WeightStep<Numbers>>> = {
  "w − rate·(g + decay·w)": (w, g, _, { rate, weightDecay }) => f(w - f(f(rate) * f(g + f(f(weightDecay) * w)))),
  "w·(1 − rate·decay) − rate·g": (w, g, _, { rate, weightDecay }) => f(f(w * f(1 - f(f(rate) * f(weightDecay)))) - f(f(rate) * g)),
  "w − rate·g − rate·decay·w": (w, g, _, { rate, weightDecay }) => f(f(w - f(f(rate) * g)) - f(f(f(rate) * f(weightDecay)) * w)),
  "with fused multiply–add": (w, g, _, { rate, weightDecay }) => f(w - f(rate) * f(g + f(weightDecay) * w)),
  "double inside, options in double": (w, g, _, { rate, weightDecay }) => f(w - rate * (g + weightDecay * w)),
};

interface MomentumNumbers extends Numbers {
  readonly momentum: number;
  readonly nesterov: boolean;
}

const slope = (w: number, g: number, weightDecay: number): number => (weightDecay === 0 ? g : f(g + f(f(weightDecay) * w)));

const momenta: Readonly<Record<string, WeightStep<MomentumNumbers>>> = {
  "velocity of gradients": (w, dw, kept, { rate, momentum, nesterov, weightDecay }) => {
    const g = slope(w, dw, weightDecay);
    kept[0] = f(f(f(momentum) * kept[0]!) + g);
    return f(w - f(f(rate) * (nesterov ? f(g + f(f(momentum) * kept[0])) : kept[0])));
  },
  "the rate inside the velocity": (w, dw, kept, { rate, momentum, nesterov, weightDecay }) => {
    const step = f(f(rate) * slope(w, dw, weightDecay));
    kept[0] = f(f(f(momentum) * kept[0]!) - step);
    return f(w + (nesterov ? f(f(f(momentum) * kept[0]) - step) : kept[0]));
  },
  "with fused multiply–add": (w, dw, kept, { rate, momentum, nesterov, weightDecay }) => {
    const g = f(dw + f(weightDecay) * w);
    kept[0] = f(f(momentum) * kept[0]! + g);
    return f(w - f(rate) * (nesterov ? f(g + f(momentum) * kept[0]) : kept[0]));
  },
  "double inside, velocity stored in float32": (w, dw, kept, { rate, momentum, nesterov, weightDecay }) => {
    const g = dw + weightDecay * w;
    const velocity = momentum * kept[0]! + g;
    kept[0] = f(velocity);
    return f(w - rate * (nesterov ? g + momentum * velocity : velocity));
  },
};

describe.each([["gradientDescent", descents, 41], ["momentum", momenta, 45]] as const)("the radius of %s", (operation, groupings, seed) => {
  const cases = known(drawn(operation, "rounding", runs(40), seed));

  it.each(Object.entries(groupings))("holds for honest float32 code: %s", (name, step) => {
    const { ratio, where, moved } = worstShare(cases, step as WeightStep<MomentumNumbers>);
    console.info(`${operation}, ${name}: worst error as a share of the radius ${ratio.toFixed(3)}, of weights that moved ${moved.toFixed(3)}`);
    expect(ratio, where).toBeLessThanOrEqual(1);
    expect(moved, "so wide that it means nothing").toBeGreaterThan(0.3);
  });

  it("is exact in its structure tier: float32 code of every grouping gives the very numbers", () => {
    for (const one of drawn(operation, "structure", runs(25), seed + 1)) {
      const { expected } = reference(operation, one.inputs, one.options);
      for (const [name, step] of Object.entries(groupings)) {
        for (const [output, got] of Object.entries(answered(one, step as WeightStep<MomentumNumbers>))) expect(compare(got, expected.outputs[output]!).agrees, `${name}: ${output}`).toBe(true);
      }
    }
  });

  it("is exact there in any precision: no sum on the way needs more digits", () => {
    for (const precision of Object.values(precisions)) {
      for (const one of drawn(operation, "structure", runs(12), seed + 2, precision)) {
        // Rounds like the precision does.
        const round = (value: number): number => { const unit = 2 * precision.unit * 2 ** Math.floor(Math.log2(Math.abs(value) || 1)); return Math.round(value / unit) * unit; };
        const step: WeightStep<MomentumNumbers> = (w, dw, kept, { rate, momentum = 0, nesterov, weightDecay }) => {
          const g = round(dw + round(weightDecay * w));
          kept[0] = round(round(momentum * kept[0]!) + g);
          return round(w - round(rate * (nesterov ? round(g + round(momentum * kept[0])) : kept[0])));
        };
        const { expected } = reference(operation, one.inputs, one.options);
        for (const [output, got] of Object.entries(answered(one, step))) {
          expect(compare(got, expected.outputs[output]!).agrees, `${precision.name}: ${output} of ${JSON.stringify(one)}`).toBe(true);
        }
      }
    }
  });

  it("counts the reference's own rounding where the candidate sums in double, too", () => {
    const double: WeightStep<MomentumNumbers> = (w, dw, kept, { rate, momentum = 0, nesterov, weightDecay }) => {
      const step = rate * dw + rate * weightDecay * w;
      kept[0] = momentum * kept[0]! + step;
      return w - (nesterov ? step + momentum * kept[0] : kept[0]);
    };
    const { ratio, where } = worstShare(known(drawn(operation, "rounding", runs(25), seed + 3, precisions.float64), precisions.float64), double);
    console.info(`${operation}, regrouped in double: worst error as a share of the radius of float64 ${ratio.toFixed(3)}`);
    expect(ratio, where).toBeLessThanOrEqual(1);
    expect(ratio).toBeGreaterThan(0.05);
  });
});

describe("the radius of gradient descent", () => {
  it("is left by a rate that is one part in 10⁵ off, and by weight decay that is forgotten", () => {
    const one = oneWeight("gradientDescent", 1, [2], { rate: 0.1, weightDecay: 0.05 });
    const ratio = (got: number): number => Math.abs(got - (1 - 0.1 * 2.05)) / radiusOf(one);
    expect(ratio(f(1 - 0.1 * 2.05))).toBeLessThanOrEqual(1);
    expect(ratio(1 - 0.100001 * 2.05)).toBeGreaterThan(1);
    expect(ratio(1 - 0.1 * 2)).toBeGreaterThan(1000);
  });

  const u = precisions.float32.unit + 2 ** -53;

  it("is, by hand, one rounding of the step and one of what comes out; a rate that is a power of two rounds nothing, and so does a gradient of 0", () => {
    const without = (rate: number, w: number, ...gradients: readonly number[]): number => radiusOf(oneWeight("gradientDescent", w, gradients, { rate, weightDecay: 0 })) / u;
    // The step 2.25, then −¼; with a rate of ½ the step is exact, and the difference is ½.
    expect(without(0.75, 2, 3)).toBeCloseTo(2.25 + 0.25, 5);
    expect(without(0.5, 2, 3)).toBeCloseTo(0.5, 5);
    // A second step adds to the error of the first: 3.75, and −4.
    expect(without(0.75, 2, 3, 5)).toBeCloseTo(2.5 + 3.75 + 4, 5);
    expect(without(0.75, 1, 0, 0)).toBe(0);
  });

  it("is, with decay by hand, that of the worst grouping", () => {
    const lost = Math.abs(f(0.3) - 0.3);
    const beside = (w: number, g: number, shareOfLost: number): number => (radiusOf(oneWeight("gradientDescent", w, [g], { rate: 0.75, weightDecay: 0.3 })) - shareOfLost * lost) / u;
    // As it stands: ¾·(0.45 and 4.45), 3.3375; the difference −1.8375.
    expect(beside(1.5, 4, 1.5 * 0.75)).toBeCloseTo(0.75 * (0.45 + 4.45) + 3.3375 + 1.8375, 4);
    // A factor of the weight: 3·(0.225 and 0.775), 2.325; no step.
    expect(beside(3, 0, 3 * 0.75)).toBeCloseTo(3 * (0.225 + 0.775) + 2.325, 4);
    // One difference after the other: the step −2.25, 3.25; 0.225, 3.025.
    expect(beside(1, -3, 0.75)).toBeCloseTo(2.25 + 3.25 + 0.225 + 3.025, 4);
  });
});

describe("the radius of momentum", () => {
  it("is, by hand, that of a velocity; and in Nesterov's form of the velocity and the gradient", () => {
    const u = precisions.float32.unit + 2 ** -53;
    const at = (nesterov: boolean, ...gradients: readonly number[]): number =>
      radiusOf(oneWeight("momentum", 3, gradients, { rate: 0.75, momentum: 0.75, nesterov, weightDecay: 0 })) / u;
    // g = 1 once, as rate·g; v = 0 + g is exact. ¾·v: ¾ + ¾. The difference 2.25.
    expect(at(false, 1)).toBeCloseTo(0.75 + 0.75 + 2.25, 5);
    // ¾·v again: 1.5; v = ¾ + g: 1.5 + 1 + 1.75. ¾·v: ¾·4.25 + 1.3125. The difference 0.9375.
    expect(at(false, 1, 1)).toBeCloseTo(3.75 + 0.75 * 4.25 + 1.3125 + 0.9375, 5);
    // The direction g + ¾·v is 1.75 at once: 1 + 1.5 + 1.75; the difference 1.6875.
    expect(at(true, 1)).toBeCloseTo(0.75 * 4.25 + 1.3125 + 1.6875, 5);
    // With a decay of ½: ½·w is exact, g = 1 + 1.5 once, as rate·g, and 1 as rate·gradient: 6. ¾·v: ¾·6 + 1.875. The difference 1.125.
    const decayed = radiusOf(oneWeight("momentum", 3, [1], { rate: 0.75, momentum: 0.75, nesterov: false, weightDecay: 0.5 })) / u;
    expect(decayed).toBeCloseTo(0.75 * 6 + 1.875 + 1.125, 5);
  });

  it("is left by a velocity that gains 1 − momentum of the gradient, by a forgotten look-ahead, and by a look-ahead with the old velocity", () => {
    const options = { rate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0 };
    const one = oneWeight("momentum", 1, [1, 1], options);
    const right = 1 - 0.1 * (1 + 0.9) - 0.1 * (1 + 0.9 * 1.9);
    const radius = radiusOf(one);
    expect(Math.abs(f(right) - right)).toBeLessThan(radius);
    for (const wrong of [1 - 0.1 * (0.1 + 0.09) - 0.1 * (0.1 + 0.9 * 0.19), 1 - 0.1 - 0.19, 1 - 0.1 - 0.1 * (1 + 0.9)]) expect(Math.abs(wrong - right) / radius).toBeGreaterThan(1000);
  });

  it("remembers what the velocity lost", () => {
    // At momentum 1 an error of the velocity counts in every later step: 1, 1 + 2, 1 + 2 + 3 times.
    const at = (steps: number): number => radiusOf(oneWeight("momentum", 0, [1, ...new Array<number>(steps - 1).fill(0)], { rate: 1, momentum: 1, nesterov: false, weightDecay: 0 })) * 2 ** 24;
    expect(at(3) - at(2)).toBeGreaterThan(at(2) - at(1) + 0.9);
  });
});

describe("gradient descent in the catalog", () => {
  it("is drawn with one to four steps, one or two parameters, with and without decay", () => {
    const found = shares(drawn("gradientDescent", "rounding", 100), {
      "three steps": ({ inputs }) => inputs["gradients.3.w"] !== undefined,
      "two parameters": ({ inputs }) => inputs["params.bias"] !== undefined,
      decay: ({ options }) => options["weightDecay"] !== 0,
      "no decay": ({ options }) => options["weightDecay"] === 0,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.2), JSON.stringify(found)).toEqual([]);
  });

  it("is drawn with momentum of every kind, and steps that remember earlier ones in both tiers", () => {
    for (const tier of ["structure", "rounding"] as const) {
      const found = shares(drawn("momentum", tier, 100), {
        "two steps": ({ inputs }) => inputs["gradients.2.w"] !== undefined,
        nesterov: ({ options }) => options["nesterov"] === true,
        "a share of one half": ({ options }) => options["momentum"] === 0.5,
        "another share": ({ options }) => options["momentum"] !== 0.5,
        decay: ({ options }) => options["weightDecay"] !== 0,
      });
      expect(Object.entries(found).filter(([, share]) => share < 0.2), JSON.stringify(found)).toEqual([]);
    }
  });

  it("fills in what is left out", () => {
    expect(gradientDescentEntry.complete({}, { rate: 1 })).toEqual({ rate: 1, weightDecay: 0 });
  });
});
