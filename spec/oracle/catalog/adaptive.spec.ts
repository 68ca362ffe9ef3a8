import { describe, expect, it } from "vitest";
import { precisions } from "../../../src/oracle/precision.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { known, oneWeight, radiusOf, worstShare } from "./weights.ts";
import type { WeightStep } from "./weights.ts";

const f = Math.fround;
const root = (x: number): number => f(Math.sqrt(x));
const square = (x: number): number => f(x * x);

interface Numbers {
  readonly rate: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decay: number;
  readonly beta1: number;
  readonly beta2: number;
}

const slope = (w: number, g: number, weightDecay: number): number => (weightDecay === 0 ? g : f(g + f(f(weightDecay) * w)));

/** Averages as float32 code forms them. */
type Mix = (share: number, old: number, fresh: number) => number;
const mixed: Mix = (share, old, fresh) => f(f(f(share) * old) + f(f(1 - f(share)) * fresh));
const mixedFromDouble: Mix = (share, old, fresh) => f(f(f(share) * old) + f(f(1 - share) * fresh));
const interpolated: Mix = (share, old, fresh) => f(old + f(f(1 - f(share)) * f(fresh - old)));
const fused: Mix = (share, old, fresh) => f(f(share) * old + f(f(1 - f(share)) * fresh));

/** w − rate·numerator / denominator in several orders. */
type Move = (w: number, rate: number, numerator: number, denominator: number) => number;
const productFirst: Move = (w, rate, n, d) => f(w - f(f(f(rate) * n) / d));
const quotientFirst: Move = (w, rate, n, d) => f(w - f(f(rate) * f(n / d)));
const rateFirst: Move = (w, rate, n, d) => f(w - f(f(f(rate) / d) * n));
const byReciprocal: Move = (w, rate, n, d) => f(w - f(f(rate) * f(n * f(1 / d))));

const rmsProp = (mix: Mix, move: Move): WeightStep<Numbers> => (w, dw, kept, { rate, epsilon, decay, weightDecay }) => {
  const g = slope(w, dw, weightDecay);
  kept[0] = mix(decay, kept[0]!, square(g));
  return move(w, rate, g, f(root(kept[0]) + f(epsilon)));
};

const adagrad = (move: Move): WeightStep<Numbers> => (w, dw, kept, { rate, epsilon, weightDecay }) => {
  const g = slope(w, dw, weightDecay);
  kept[0] = f(kept[0]! + square(g));
  return move(w, rate, g, f(root(kept[0]) + f(epsilon)));
};

/** β^t as float32 code has it. */
type Power = (beta: number, t: number) => number;
const byLibrary: Power = (beta, t) => f(f(beta) ** t);
const oneUnitHigh: Power = (beta, t) => f(f(f(beta) ** t) * (1 + 2 ** -23));
const repeated: Power = (beta, t) => Array.from({ length: t - 1 }).reduce<number>((product) => f(product * f(beta)), f(beta));

type Correction = (w: number, mean: number, square: number, options: Numbers, shares: readonly [number, number]) => number;
const textbook: Correction = (w, m, s, { rate, epsilon }, [c1, c2]) => productFirst(w, rate, f(m / c1), f(root(f(s / c2)) + f(epsilon)));
const stepSizeFirst: Correction = (w, m, s, { rate, epsilon }, [c1, c2]) => f(w - f(f(f(rate) / c1) * f(m / f(f(root(s) / root(c2)) + f(epsilon)))));
const oneFactorFirst: Correction = (w, m, s, { rate, epsilon }, [c1, c2]) =>
  f(w - f(f(f(f(f(rate) * root(c2)) / c1) * m) / f(root(s) + f(f(epsilon) * root(c2)))));

const adamOf = (mix: Mix, power: Power, correct: Correction, start: (w: number, options: Numbers) => number, slopeOf: typeof slope): WeightStep<Numbers> =>
  (w, dw, kept, options, t) => {
    const g = slopeOf(w, dw, options.weightDecay);
    [kept[0], kept[1]] = [mix(options.beta1, kept[0]!, g), mix(options.beta2, kept[1]!, square(g))];
    return correct(start(w, options), kept[0], kept[1], options, [f(1 - power(options.beta1, t)), f(1 - power(options.beta2, t))]);
  };

/** PyTorch takes the corrections in double. */
const inDouble: Correction = (w, m, s, { rate, epsilon, ...options }, [t]) =>
  f(w - f(f(rate / (1 - options.beta1 ** t)) * f(m / f(f(root(s) / f(Math.sqrt(1 - options.beta2 ** t))) + f(epsilon)))));

const pytorch = (start: (w: number, options: Numbers) => number, slopeOf: typeof slope): WeightStep<Numbers> => (w, dw, kept, options, t) => {
  const g = slopeOf(w, dw, options.weightDecay);
  [kept[0], kept[1]] = [mixedFromDouble(options.beta1, kept[0]!, g), f(f(f(options.beta2) * kept[1]!) + f(f(f(1 - options.beta2) * g) * g))];
  return inDouble(start(w, options), kept[0], kept[1], options, [t, t]);
};

const doubleInside: WeightStep<Numbers> = (w, dw, kept, { rate, epsilon, weightDecay, beta1, beta2 }, t) => {
  const g = dw + weightDecay * w;
  const [m, s] = [beta1 * kept[0]! + (1 - beta1) * g, beta2 * kept[1]! + (1 - beta2) * g * g];
  [kept[0], kept[1]] = [f(m), f(s)];
  return f(w - (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(s / (1 - beta2 ** t)) + epsilon));
};

const whole = (w: number): number => w;
const alone = (_: number, g: number): number => g;
const shrunk = (w: number, { rate, weightDecay }: Numbers): number => f(w * f(1 - f(f(rate) * f(weightDecay))));
const lessened = (w: number, { rate, weightDecay }: Numbers): number => f(w - f(f(f(rate) * f(weightDecay)) * w));

const groupings: Readonly<Record<string, Readonly<Record<string, WeightStep<Numbers>>>>> = {
  rmsProp: {
    "as the formula stands": rmsProp(mixed, productFirst), "an interpolated mean, the quotient first": rmsProp(interpolated, quotientFirst),
    "fused, the rate first": rmsProp(fused, rateFirst), "1 − decay in double, a reciprocal": rmsProp(mixedFromDouble, byReciprocal),
  },
  adagrad: { "as the formula stands": adagrad(productFirst), "the quotient first": adagrad(quotientFirst), "the rate first": adagrad(rateFirst), "a reciprocal": adagrad(byReciprocal) },
  adam: {
    "as the formula stands": adamOf(mixed, byLibrary, textbook, whole, slope),
    "interpolated means, powers by multiplication, the step size first": adamOf(interpolated, repeated, stepSizeFirst, whole, slope),
    "one factor first, powers one unit off": adamOf(fused, oneUnitHigh, oneFactorFirst, whole, slope),
    "corrections in double": pytorch(whole, slope),
    "double inside, averages stored in float32": doubleInside,
  },
  adamW: {
    "as the formula stands": adamOf(mixed, byLibrary, textbook, lessened, alone),
    "a factor of the weight, powers by multiplication, the step size first": adamOf(interpolated, repeated, stepSizeFirst, shrunk, alone),
    "one factor first, powers one unit off": adamOf(fused, oneUnitHigh, oneFactorFirst, shrunk, alone),
    "corrections in double": pytorch(shrunk, alone),
  },
};

describe.each(Object.entries(groupings))("the radius of %s", (operation, variants) => {
  const cases = known(drawn(operation, "rounding", runs(40), 51));

  it.each(Object.entries(variants))("holds for honest float32 code: %s", (name, step) => {
    const { ratio, where, moved } = worstShare(cases, step);
    console.info(`${operation}, ${name}: worst error as a share of the radius ${ratio.toFixed(3)}, of weights that moved ${moved.toFixed(3)}`);
    expect(ratio, where).toBeLessThanOrEqual(1);
    expect(moved, "so wide that it means nothing").toBeGreaterThan(0.3);
  });

  it("counts the reference's own rounding where the candidate sums in double, too", () => {
    const wide = known(drawn(operation, "rounding", runs(15), 52, precisions.float64), precisions.float64);
    const step: WeightStep<Numbers> = operation === "rmsProp" || operation === "adagrad"
      ? (w, dw, kept, { rate, epsilon, decay, weightDecay }) => {
          const g = dw + weightDecay * w;
          kept[0] = operation === "adagrad" ? kept[0]! + g * g : kept[0]! + (1 - decay) * (g * g - kept[0]!);
          return w - rate * (g / (Math.sqrt(kept[0]) + epsilon));
        }
      : (w, dw, kept, { rate, epsilon, weightDecay, beta1, beta2 }, t) => {
          const g = operation === "adamW" ? dw : dw + weightDecay * w;
          [kept[0], kept[1]] = [kept[0]! + (1 - beta1) * (g - kept[0]!), kept[1]! + (1 - beta2) * (g * g - kept[1]!)];
          const [c1, c2] = [1 - beta1 ** t, Math.sqrt(1 - beta2 ** t)];
          return (operation === "adamW" ? w * (1 - rate * weightDecay) : w) - ((rate * c2) / c1) * (kept[0] / (Math.sqrt(kept[1]) + epsilon * c2));
        };
    const { ratio, where } = worstShare(wide, step);
    console.info(`${operation}, regrouped in double: worst error as a share of the radius of float64 ${ratio.toFixed(3)}`);
    expect(ratio, where).toBeLessThanOrEqual(1);
    expect(ratio).toBeGreaterThan(0.05);
  });
});

describe("the radius of adaptive rules", () => {
  const usual = { rate: 0.1, epsilon: 1e-8, weightDecay: 0 };
  /** How far a wrong step of a weight from 0 is outside, in radii; the right step is known. */
  const outside = (operation: string, gradients: readonly number[], options: object, right: number, wrong: number): number => {
    const radius = radiusOf(oneWeight(operation, 0, gradients, options));
    expect(Math.abs(f(right) - right)).toBeLessThanOrEqual(radius);
    return Math.abs(wrong - right) / radius;
  };

  it("is, by hand, what the formula and its other groupings round, in units of u", () => {
    const u = 2 ** -24 + 2 ** -53;
    const inUnits = (operation: string, w: number, gradients: readonly number[], options: object): number => radiusOf(oneWeight(operation, w, gradients, { weightDecay: 0, ...options })) / u;
    // s = 9: 9 of the square; its sum with 0 is exact. √s: 9/6 + 3. √s + 1: 4 more. 36: 36. The quotient 9: (36 + 9·8.5)/4 + 9, and 9 for other orders. 91: 91.
    expect(inUnits("adagrad", 100, [3], { rate: 12, epsilon: 1 })).toBeCloseTo(46.125 + 91, 3);
    // g² = 4 is exact: 8 for other means. 1 − ¾: ¼. ¼·g²: ¼·8 + 4·¼ + 1. √s = 1: 2 + 1. √s + 1: 2 more. The quotient 1: 5/2 + 1, and 1.
    expect(inUnits("rmsProp", 0, [2], { rate: 1, decay: 0.75, epsilon: 1 })).toBeCloseTo(4.5, 3);
    // ¼·g², g² = 1: ¼·2 + ¼ + ¼. ¾·s: ¾·4 + ¾. Their sum 1, and 3·¼ for a mean that is interpolated: 6.5. √s: 4.25. + 1: 6.25. ½: 3.125/2 + ½, and ½. 1.5.
    expect(inUnits("rmsProp", 0, [2, 1], { rate: 1, decay: 0.75, epsilon: 1 })).toBeCloseTo(4.5 + 2.5625 + 1.5, 3);
    // m = 4: ½·16 + 8·½ + 4, m̂ = 8: (16 + 8·2.5)/½ + 8 = 80. s = 16: ¼·128 + 64·¼ + 16, ŝ = 64: (64 + 64·3.25)/¼ + 64 = 1152; its root 72 + 8, with epsilon 92.
    // The step 4: (6·80 + 48 + 4·92)/12 + 4, and 4·4 for other orders; then 6.
    const options = { rate: 6, beta1: 0.5, beta2: 0.75, epsilon: 4 };
    const step = (6 * 80 + 48 + 4 * 92) / 12 + 4 + 16;
    expect(inUnits("adam", 10, [8], options)).toBeCloseTo(step + 6, 2);
    // 3.75 = rate·decay·w. 6.25: once, and once more as a factor of the weight; then 2.25.
    expect(inUnits("adamW", 10, [8], { ...options, weightDecay: 0.0625 })).toBeCloseTo(3.75 + 12.5 + step + 2.25, 2);
  });

  it("is left by an epsilon under the root, where it matters", () => {
    const g = 1e-3;
    const right = -(0.1 * g) / (0.1 * g + 1e-8);
    expect(outside("rmsProp", [g], { ...usual, decay: 0.99 }, right, -(0.1 * g) / Math.sqrt(0.01 * g * g + 1e-8))).toBeGreaterThan(1000);
    expect(outside("adam", [g], { ...usual, beta1: 0.9, beta2: 0.999 }, -(0.1 * g) / (g + 1e-8), -(0.1 * g) / Math.sqrt(g * g + 1e-8))).toBeGreaterThan(20);
  });

  it("is left by an epsilon beside the root that is not corrected, as Keras has it, by missing corrections, and by those of the wrong step", () => {
    const options = { ...usual, epsilon: 1e-3, beta1: 0.9, beta2: 0.999 };
    const right = -0.1 / (1 + 1e-3);
    expect(outside("adam", [1], options, right, (-0.1 * Math.sqrt(0.001)) / (Math.sqrt(0.001) + 1e-3))).toBeGreaterThan(100);
    expect(outside("adam", [1], options, right, -0.01 / (Math.sqrt(0.001) + 1e-3))).toBeGreaterThan(1000);
    const [c1, c2] = [1 - 0.81, 1 - 0.998001];
    expect(outside("adam", [1], options, right, (-0.1 * 0.1) / c1 / (Math.sqrt(0.001 / c2) + 1e-3))).toBeGreaterThan(1000);
  });

  it("is left by decay in the gradient where it belongs to the weight, and the other way round", () => {
    const options = { ...usual, weightDecay: 0.3, beta1: 0.9, beta2: 0.999 };
    const [coupled, decoupled] = [oneWeight("adam", 1, [1], options), oneWeight("adamW", 1, [1], options)];
    expect((1 - 0.1 - (1 - 0.03 - 0.1)) / radiusOf(coupled)).toBeGreaterThan(1000);
    expect((1 - 0.1 - (1 - 0.03 - 0.1)) / radiusOf(decoupled)).toBeGreaterThan(1000);
  });

  it("knows what the rounding of beta2 costs: much where 1 − beta2 is small, nothing where float32 holds it", () => {
    const at = (beta2: number): number => radiusOf(oneWeight("adam", 0, [1], { ...usual, rate: 1, beta1: 0.5, beta2 }));
    // The power's four roundings of nearly 1, over 0.001, count half under the root.
    expect(at(0.999) / ((4 * 2 ** -24) / 0.001 / 2)).toBeGreaterThan(1);
    expect(at(0.999) / ((4 * 2 ** -24) / 0.001 / 2)).toBeLessThan(1.2);
    expect(at(0.75)).toBeLessThan(at(0.999) / 50);
    expect(at(0.7)).toBeGreaterThan(at(0.7 + (f(0.7) - 0.7)));
  });

  it("stays small where squares underflow, and where nothing was ever seen", () => {
    for (const [operation, own] of [["rmsProp", { decay: 0.99 }], ["adagrad", {}], ["adam", { beta1: 0.9, beta2: 0.999 }], ["adamW", { beta1: 0.9, beta2: 0.999 }]] as const) {
      expect(radiusOf(oneWeight(operation, 0, [0], { ...usual, ...own })), operation).toBeLessThan(1e-30);
      expect(radiusOf(oneWeight(operation, 0, [1e-30, 0], { ...usual, ...own })), operation).toBeLessThan(1e-20);
    }
    expect(radiusOf(oneWeight("rmsProp", 0, [1e-30], { ...usual, epsilon: 0, decay: 0.99 }))).toBe(Infinity);
  });
});
