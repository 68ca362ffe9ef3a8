/**
 * Update rules in the catalog: what all their entries share. A case is some parameters and several sets of gradients; the answer is what the
 * parameters are after every step.
 *
 * The reference runs in double from the first step to the last, where a candidate rounds what it keeps from step to step: its parameters and
 * its averages. The radius follows it. For each weight the rule's formula runs on balls, step after step, from the stored numbers of the
 * last; what the other usual groupings of the formula may cost besides is added where an entry says so.
 *
 * Options arrive as doubles. Code may use them so, or as its own precision rounds them, each time that they occur: where 1 − beta2 is 0.001,
 * the rounding of beta2 to float32 alone is a hundred-thousandth of it.
 *
 * @module
 */
import { noSteps } from "../../learning/rule.ts";
import type { Rule, RuleState } from "../../learning/rule.ts";
import { show, wrongValue } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Ball } from "../ball.ts";
import { ballFunctions } from "../ball-functions.ts";
import type { BallFunctions } from "../ball-functions.ts";
import { onesLike } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { CaseSpace, InputDraft, Operation, Options, Range, Tensors } from "./operation.ts";
import type { Numbers } from "../lattice.ts";

/** One weight in one step: the new weight and the new averages, from the old ones and the gradient. @internal */
export type BallStep = (weight: Ball, gradient: Ball, averages: readonly Ball[]) => readonly [weight: Ball, averages: readonly Ball[]];

/** What is each rule's own. @internal */
export interface RuleEntry {
  readonly name: string;
  readonly summary: string;
  /** Each option's meaning and default, but for the rate. */
  readonly options: Readonly<Record<string, string>>;
  /** The options that may be left out, and what they are then. */
  readonly defaults: Options;
  readonly rule: (options: never) => Rule;
  /** How many averages the rule keeps. */
  readonly averages: number;
  /** The formula on balls, in a step counted from 1. */
  readonly step: (balls: BallFunctions, options: never, step: number) => BallStep;
  /** Whether it is made of sums and products alone, so that whole numbers and powers of two give exact results. */
  readonly exact: boolean;
  /** The numbers from which options are drawn, and what they make. */
  readonly fields: Readonly<Record<string, Range>>;
  readonly draw: (fields: Readonly<Record<string, number>>, tier: Numbers) => Options;
}

/** The gradient with the decay of its weight: gradient + weightDecay·w. @internal */
export const slope = (balls: BallFunctions, weight: Ball, gradient: Ball, weightDecay: number): Ball =>
  weightDecay === 0 ? gradient : balls.sum(gradient, balls.product(balls.constant(weightDecay), weight));

/** The inputs under a prefix, by what is left of their names. */
const under = (inputs: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(inputs).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));

/** The sets of gradients, step after step from 1. */
function gradientsOf(name: string, inputs: Tensors): readonly Tensors[] {
  const numbers = [...new Set(Object.keys(inputs).flatMap((input) => (input.startsWith("gradients.") ? [input.split(".")[1]!] : [])))];
  const missing = numbers.findIndex((_, i) => !numbers.includes(String(i + 1)));
  if (missing >= 0) throw wrongValue(name, "gradients.1.*, gradients.2.* and so on without a gap", show(numbers));
  return numbers.map((_, i) => under(inputs, `gradients.${i + 1}.`));
}

/** The errors of every weight after every step, under the names of the outputs. */
function errors(entry: RuleEntry, balls: BallFunctions, inputs: Tensors, options: Options, ballOf: (value: number) => Ball): Tensors {
  const sets = gradientsOf(entry.name, inputs);
  const steps = sets.map((_, t) => entry.step(balls, options as never, t + 1));
  return Object.fromEntries(Object.entries(under(inputs, "params.")).flatMap(([name, start]) => {
    const found = sets.map(() => new Float64Array(raw(start).length));
    raw(start).forEach((value, position) => {
      let weight = ballOf(value);
      let averages: readonly Ball[] = Array.from({ length: entry.averages }, () => balls.exact(0));
      steps.forEach((step, t) => {
        [weight, averages] = step(weight, ballOf(raw(sets[t]![name]!)[position]!), averages);
        found[t]![position] = Number.isFinite(weight.value) && weight.error >= 0 ? weight.error : Infinity;
      });
    });
    return found.map((each, t): [string, Tensor] => [`params.${t + 1}.${name}`, adopt(start.shape, each)]);
  }));
}

/** Binary digits behind the point of a power of two. */
const fractionBits = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.max(0, -Math.log2(value)) : 0);

/**
 * How large weights may become, counted in units of their last binary digit: below the last exact number of the precision, nothing was
 * rounded on the way, in whatever grouping. Each step adds the digits of every option that it multiplies with.
 */
const terms = (entry: RuleEntry): NonNullable<Operation["terms"]> => (inputs, options) => {
  const sizes = errors(entry, ballFunctions({ unit: 0, tiny: 0 }), inputs, options, (value) => ({ value: 0, error: Math.abs(value) }));
  const digits = Object.values(options).reduce<number>((sum, value) => sum + fractionBits(value), 0);
  return {
    outputs: Object.fromEntries(Object.entries(sizes).map(([name, size]) => {
      const step = Number(name.split(".")[1]);
      return [name, { sum: adopt(size.shape, raw(size).map((each) => each * 2 ** (digits * step))), count: onesLike(size) }];
    })),
    gradients: {},
  };
};

/** The entry of a rule. @internal */
export function ruleEntry(entry: RuleEntry): Operation {
  const { name, summary, defaults, exact } = entry;
  return {
    name,
    summary,
    inputs: [
      { name: "params.*", axes: "any", optional: false, differentiable: false },
      { name: "gradients.*", axes: "gradients.1.NAME, gradients.2.NAME … for each params.NAME, of its shape", optional: false, differentiable: false },
    ],
    outputs: [{ name: "params.*", axes: "params.1.NAME, params.2.NAME … after each step", cotangent: false }],
    options: { rate: "step per unit of gradient; no default", ...entry.options },
    exact,
    scaled: false,
    complete: (_, options) => ({ rate: options["rate"], ...defaults, ...options }),
    forward: (inputs, options) => {
      const rule = entry.rule(options as never);
      let current: readonly [RuleState<Tensors>, Tensors] = [noSteps, under(inputs, "params.")];
      return Object.fromEntries(gradientsOf(name, inputs).flatMap((gradients, t) => {
        current = rule(current[0], current[1], gradients);
        return Object.entries(current[1]).map(([param, tensor]) => [`params.${t + 1}.${param}`, tensor]);
      }));
    },
    radius: (inputs, options, _, precision) => {
      const balls = ballFunctions(precision);
      return { outputs: errors(entry, balls, inputs, options, balls.exact), gradients: {} };
    },
    ...(exact ? { terms: terms(entry) } : {}),
    space: ruleSpace(entry),
  };
}

function ruleSpace({ fields, draw, exact }: RuleEntry): CaseSpace {
  return caseSpace({
    fields: { steps: [1, 4], sizes: [1, 5], more: [0, 3], ...fields },
    build: ({ steps, sizes, more, ...others }, _, tier) => {
      // Of the same shape, they show whose averages are kept by shape.
      const shapes: Readonly<Record<string, readonly number[]>> = more === 0 ? { w: [sizes] } : { w: [sizes], bias: more === 1 ? [sizes] : [more, 2] };
      // Two steps of whole numbers stay exact in 8 bits.
      const count = tier === "structure" ? Math.min(steps, 2) : steps;
      const [param, gradient]: readonly Partial<InputDraft>[] = exact ? [{}, {}] : [{ value: weightOf }, { value: gradientOf }];
      return {
        inputs: {
          ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`params.${name}`, { shape, ...param }])),
          ...Object.fromEntries(Array.from({ length: count }, (_step, t) =>
            Object.entries(shapes).map(([name, shape]) => [`gradients.${t + 1}.${name}`, { shape, ...gradient }] as const)).flat()),
        },
        options: draw(others, tier),
      };
    },
  });
}

/** Weights of either sign from 2⁻¹⁰ to 2 or so: beside much larger ones the steps of an adaptive rule, of the size of its rate, would not show. */
const weightOf = (noise: number): number => Math.fround((4 * noise - 2) * 2 ** -Math.floor(((noise * 1009) % 1) * 12));

/**
 * Gradients of either sign from 2⁻²⁸ to 8, one in ten 0: beside every epsilon some are smaller and some are larger. Squares of float32 do
 * not overflow there, as they do from 2⁶⁴ on.
 */
const gradientOf = (noise: number): number => {
  const part = (factor: number): number => (noise * factor) % 1;
  if (part(13) < 0.1) return 0;
  return Math.fround((part(31) < 0.5 ? -1 : 1) * (1 + part(1009)) * 2 ** (Math.floor(part(101) * 31) - 28));
};
