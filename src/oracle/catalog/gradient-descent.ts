/**
 * Gradient descent in the catalog, without and with momentum.
 *
 * Admitted are the formula as it stands, with or without fused multiply–add; with the products multiplied out, w·(1 − rate·decay) − rate·g,
 * (w − rate·g) − rate·decay·w or w − (rate·g + rate·decay·w); and with the rate inside the velocity, as Keras keeps it.
 *
 * @module
 */
import { GradientDescent } from "../../learning/gradient-descent.ts";
import type { GradientDescentOptions } from "../../learning/gradient-descent.ts";
import { Momentum } from "../../learning/momentum.ts";
import { widest } from "../ball.ts";
import type { Ball } from "../ball.ts";
import type { BallFunctions } from "../ball-functions.ts";
import type { Operation } from "./operation.ts";
import { ruleEntry, slope } from "./rule.ts";
import type { RuleEntry } from "./rule.ts";

/** g = gradient + decay·w. Where the rate stands inside, gradient and g are each rounded once more, as rate times it. */
const ballSlope = (balls: BallFunctions, weight: Ball, gradient: Ball, weightDecay: number): Ball => {
  const g = balls.rounded(slope(balls, weight, gradient, weightDecay), 1);
  return weightDecay === 0 ? g : balls.rounded(g, 1, Math.abs(gradient.value));
};

/** A step of gradient descent in its groupings. That of w − (rate·g + rate·decay·w) costs no more than the first or the last of these. */
const descents = (balls: BallFunctions, { rate, weightDecay }: Required<GradientDescentOptions>, weight: Ball, gradient: Ball): readonly Ball[] => {
  const { difference, product, constant, exact } = balls;
  const asItStands = difference(weight, product(constant(rate), slope(balls, weight, gradient, weightDecay)));
  if (weightDecay === 0) return [asItStands];
  const step = product(constant(rate), gradient);
  const share = product(constant(rate), constant(weightDecay));
  return [
    asItStands,
    difference(product(weight, difference(exact(1), share)), step),
    difference(difference(weight, step), product(share, weight)),
  ];
};

const rates = { structure: [1, 0.5, 0.25], rounding: [0.1, 0.01, 0.75] } as const;
const decays = { structure: [0, 1, 1], rounding: [0, 0.05, 0.3] } as const;

/** What is gradient descent's own in the catalog. @internal */
export const gradientDescentRule: RuleEntry = {
  name: "gradientDescent",
  summary: "each weight less the rate times its gradient, step after step",
  options: { weightDecay: "draws weights towards 0, default 0" },
  defaults: { weightDecay: 0 },
  rule: GradientDescent,
  averages: 0,
  exact: true,
  step: (balls, options: Required<GradientDescentOptions>) => (weight, gradient) => [widest(descents(balls, options, weight, gradient)), []],
  fields: { rate: [0, 2], decay: [0, 2] },
  draw: ({ rate, decay }, tier) => ({ rate: rates[tier][rate!], weightDecay: decays[tier][decay!] }),
};

/** The catalog's entry for gradient descent. @internal */
export const gradientDescentEntry: Operation = ruleEntry(gradientDescentRule);

interface MomentumNumbers extends Required<GradientDescentOptions> {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** What is gradient descent with momentum's own in the catalog. @internal */
export const momentumRule: RuleEntry = {
  name: "momentum",
  summary: "each weight less the rate times its velocity, which keeps a share of itself and gains the gradient",
  options: {
    momentum: "the share of the velocity that is kept, default 0.9", nesterov: "whether to step by gradient + momentum·velocity, default false",
    weightDecay: "draws weights towards 0, default 0",
  },
  defaults: { momentum: 0.9, nesterov: false, weightDecay: 0 },
  rule: Momentum,
  averages: 1,
  exact: true,
  step: (balls, { rate, momentum, nesterov, weightDecay }: MomentumNumbers) => (weight, gradient, [velocity]) => {
    const g = ballSlope(balls, weight, gradient, weightDecay);
    const share = balls.constant(momentum);
    const next = balls.sum(balls.product(share, velocity!), g);
    const direction = nesterov ? balls.sum(g, balls.product(share, next)) : next;
    return [balls.difference(weight, balls.product(balls.constant(rate), direction)), [next]];
  },
  fields: { rate: [0, 2], momentum: [0, 2], nesterov: [0, 1], decay: [0, 2] },
  draw: ({ rate, momentum, nesterov, decay }, tier) => ({
    rate: tier === "structure" ? [1, 0.5, 0.5][rate!] : rates[tier][rate!],
    momentum: (tier === "structure" ? [0.5, 1, 0.5] : [0.9, 0.5, 0.99])[momentum!],
    nesterov: nesterov === 1,
    weightDecay: decays[tier][decay!],
  }),
};

/** The catalog's entry for gradient descent with momentum. @internal */
export const momentumEntry: Operation = ruleEntry(momentumRule);
