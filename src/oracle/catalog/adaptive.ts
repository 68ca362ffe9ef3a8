/**
 * RMSProp, Adagrad, Adam and AdamW in the catalog.
 *
 * Admitted are the formulas as they stand, with or without fused multiply–add, and these:
 *
 *     averages   decay·a + (1 − decay)·x, or a + (1 − decay)·(x − a); 1 − decay from the double or from the rounded decay
 *     steps      rate·(m/d), (rate·m)/d or (rate/d)·m; a reciprocal multiplied with
 *     Adam       m̂ and ŝ by division; rate/(1 − beta1^t) first, and √s/√(1 − beta2^t), as PyTorch does; or first
 *                rate·√(1 − beta2^t)/(1 − beta1^t), with epsilon·√(1 − beta2^t) beside √s
 *     powers     beta^t by a library function, or multiplied again at every step
 *     AdamW      w·(1 − rate·decay) or w − rate·decay·w, before the step or together with it
 *
 * An epsilon elsewhere, under the root or beside an uncorrected root, is another rule.
 *
 * @module
 */
import { Adagrad } from "../../learning/adagrad.ts";
import { Adam, AdamW } from "../../learning/adam.ts";
import { RmsProp } from "../../learning/rms-prop.ts";
import type { Ball } from "../ball.ts";
import type { BallFunctions } from "../ball-functions.ts";
import type { Operation } from "./operation.ts";
import { ruleEntry, slope } from "./rule.ts";
import type { RuleEntry } from "./rule.ts";

interface AdaptiveNumbers {
  readonly rate: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

interface RmsPropNumbers extends AdaptiveNumbers {
  readonly decay: number;
}

interface AdamNumbers extends AdaptiveNumbers {
  readonly beta1: number;
  readonly beta2: number;
}

/**
 * decay·a + (1 − decay)·x. As a + (1 − decay)·(x − a) it rounds the difference, 1 − decay and their product: three more roundings of
 * (1 − decay)·|a|, and two more of (1 − decay)·|x|. Its last one is then larger than that of the sum where x is small beside a, by no more than
 * the rounding of decay·a, which it does without; where decay is a power of two, it does without that of 1 − decay instead.
 */
const average = (balls: BallFunctions, decay: number, last: Ball, fresh: Ball): Ball => {
  const share = balls.constant(decay);
  const rest = balls.difference(balls.exact(1), share);
  const sum = balls.sum(balls.product(share, last), balls.product(rest, balls.rounded(fresh, 2)));
  return balls.rounded(sum, 3, (1 - decay) * Math.abs(last.value));
};

/** rate·numerator / (√square + epsilon), and some roundings more for other orders of the same product. */
const measured = (balls: BallFunctions, { rate, epsilon }: AdaptiveNumbers, numerator: Ball, square: Ball, roundings: number): Ball => {
  const root = balls.sum(balls.root(square), balls.constant(epsilon));
  return balls.rounded(balls.quotient(balls.product(balls.constant(rate), numerator), root), roundings);
};

const help = { epsilon: "added to the root, default 1e-8", weightDecay: "draws weights towards 0, default 0" };

const fields = { rate: [0, 2], epsilon: [0, 2], decay: [0, 2] } as const;

const draw: RuleEntry["draw"] = ({ rate, epsilon, decay }) => ({
  rate: [0.1, 0.001, 0.75][rate!], epsilon: [1e-8, 0.0001, 0.1][epsilon!], weightDecay: [0, 0.05, 0.3][decay!],
});

/** What is RMSProp's own in the catalog. @internal */
export const rmsPropRule: RuleEntry = {
  name: "rmsProp",
  summary: "each weight less the rate times its gradient over the root of the mean square of its gradients",
  options: { decay: "the share of the mean square that is kept, default 0.99", ...help },
  defaults: { decay: 0.99, epsilon: 1e-8, weightDecay: 0 },
  rule: RmsProp,
  averages: 1,
  exact: false,
  step: (balls, options: RmsPropNumbers) => (weight, gradient, [last]) => {
    const g = slope(balls, weight, gradient, options.weightDecay);
    const square = average(balls, options.decay, last!, balls.product(g, g));
    return [balls.difference(weight, measured(balls, options, g, square, 1)), [square]];
  },
  fields: { ...fields, kept: [0, 2] },
  draw: (drawn, tier) => ({ ...draw(drawn, tier), decay: [0.99, 0.9, 0.5][drawn["kept"]!] }),
};

/** The catalog's entry for RMSProp. @internal */
export const rmsPropEntry: Operation = ruleEntry(rmsPropRule);

/** What is Adagrad's own in the catalog. @internal */
export const adagradRule: RuleEntry = {
  name: "adagrad",
  summary: "each weight less the rate times its gradient over the root of the sum of its squared gradients",
  options: { ...help, epsilon: "added to the root, default 1e-10" },
  defaults: { epsilon: 1e-10, weightDecay: 0 },
  rule: Adagrad,
  averages: 1,
  exact: false,
  step: (balls, options: AdaptiveNumbers) => (weight, gradient, [last]) => {
    const g = slope(balls, weight, gradient, options.weightDecay);
    const square = balls.sum(last!, balls.product(g, g));
    return [balls.difference(weight, measured(balls, options, g, square, 1)), [square]];
  },
  fields,
  draw: (drawn, tier) => ({ ...draw(drawn, tier), epsilon: [1e-10, 0.0001, 0.1][drawn["epsilon"]!] }),
};

/** The catalog's entry for Adagrad. @internal */
export const adagradEntry: Operation = ruleEntry(adagradRule);

/** Adam's step on balls, with the weight and the gradient that it starts from. */
function adamStep(
  balls: BallFunctions, options: AdamNumbers, step: number, weight: Ball, g: Ball, averages: readonly Ball[],
): readonly [Ball, readonly Ball[]] {
  const { beta1, beta2 } = options;
  const mean = average(balls, beta1, averages[0]!, g);
  const square = average(balls, beta2, averages[1]!, balls.product(g, g));
  const share = (beta: number): Ball => balls.difference(balls.exact(1), balls.power(balls.constant(beta), step));
  const move = measured(balls, options, balls.quotient(mean, share(beta1)), balls.quotient(square, share(beta2)), 4);
  return [balls.difference(weight, move), [mean, square]];
}

const adamHelp = {
  beta1: "the share of the mean gradient that is kept, default 0.9", beta2: "the share of the mean square that is kept, default 0.999", ...help,
};

const adamFields = { ...fields, beta1: [0, 2], beta2: [0, 2] } as const;

const drawAdam: RuleEntry["draw"] = (drawn, tier) =>
  ({ ...draw(drawn, tier), beta1: [0.9, 0.5, 0.75][drawn["beta1"]!], beta2: [0.999, 0.96875, 0.75][drawn["beta2"]!] });

/** What is Adam's own in the catalog. @internal */
export const adamRule: RuleEntry = {
  name: "adam",
  summary: "each weight less the rate times the mean of its gradients over the root of their mean square, both corrected for their start at 0",
  options: adamHelp,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  rule: Adam,
  averages: 2,
  exact: false,
  step: (balls, options: AdamNumbers, step) => (weight, gradient, averages) =>
    adamStep(balls, options, step, weight, slope(balls, weight, gradient, options.weightDecay), averages),
  fields: adamFields,
  draw: drawAdam,
};

/** The catalog's entry for Adam. @internal */
export const adamEntry: Operation = ruleEntry(adamRule);

/** What is AdamW's own in the catalog. @internal */
export const adamWRule: RuleEntry = {
  name: "adamW",
  summary: "Adam whose weights decay on their own, by rate·weightDecay of themselves before each step",
  options: { ...adamHelp, weightDecay: "the share of a weight, times the rate, that each step takes off, default 0.01" },
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  rule: AdamW,
  averages: 2,
  exact: false,
  step: (balls, options: AdamNumbers, step) => {
    const { rate, weightDecay } = options;
    const decay = balls.product(balls.constant(rate), balls.constant(weightDecay));
    // As w·(1 − rate·decay), w is rounded once more.
    const decayed = (weight: Ball): Ball => (weightDecay === 0 ? weight : balls.rounded(balls.difference(weight, balls.product(decay, weight)), 1));
    return (weight, gradient, averages) => adamStep(balls, options, step, decayed(weight), gradient, averages);
  },
  fields: adamFields,
  draw: drawAdam,
};

/** The catalog's entry for AdamW. @internal */
export const adamWEntry: Operation = ruleEntry(adamWRule);
