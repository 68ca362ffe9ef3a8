/**
 * Activations in the catalog: those made of straight lines, fractions and exponential units.
 *
 * @module
 */
import {
  elu, eluBackward, hardSigmoid, hardSigmoidBackward, leakyRelu, leakyReluBackward, relu, reluBackward, selu, seluBackward, softsign,
  softsignBackward,
} from "../../learning/activation.ts";
import { radiusOfSums, termsOfProducts } from "../error-bound.ts";
import type { Ball } from "../ball.ts";
import type { BallFunctions } from "../ball-functions.ts";
import { precisions } from "../precision.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options } from "./operation.ts";
import { activationEntry, whole } from "./pointwise.ts";
import type { Form, SlopeForm } from "./pointwise.ts";

const forward: Operation["forward"] = (inputs) => ({ output: relu(inputs["input"]!) });

const backward: NonNullable<Operation["backward"]> = (inputs, _, cotangents) => ({ input: reluBackward(inputs["input"]!, cotangents["output"]!) });

const terms = termsOfProducts(forward, backward);

/** The catalog's entry for relu. @internal */
export const reluEntry: Operation = {
  name: "relu",
  summary: "the value where it is above 0, else 0; the gradient at 0 is 0",
  inputs: [{ name: "input", axes: "[…]", optional: false, differentiable: true }],
  outputs: [{ name: "output", axes: "[…]", cotangent: true }],
  options: {},
  exact: true,
  scaled: false,
  complete: () => ({}),
  forward,
  backward,
  terms,
  // One term and nothing to round.
  radius: radiusOfSums(terms, { outputs: -1, gradients: -1 }),
  space: caseSpace({
    fields: {},
    axes: { size: [1, 7] },
    axisCount: [0, 4],
    build: (_, axes) => ({ inputs: { input: { shape: axes.map(({ size }) => size) } }, options: {} }),
  }),
};

const one = (b: BallFunctions): Ball => b.exact(1);

const option = (b: BallFunctions, options: Options, name: string): Ball => b.constant(options[name] as number);

/** One form above 0, others elsewhere. */
const above = (positive: Form, ...others: readonly Form[]): readonly Form[] =>
  others.map((other): Form => (b, x, options) => (x.value > 0 ? positive : other)(b, x, options));

/** The catalog's entry for leaky relu: one product, without rounding where the slope is a power of two. @internal */
export const leakyReluEntry: Operation = activationEntry({
  name: "leakyRelu",
  summary: "the value where it is above 0, else its product with a slope; the gradient at 0 is the slope",
  options: { slope: ["factor of what is not above 0", 0.01] },
  exact: true,
  forward: leakyRelu,
  backward: leakyReluBackward,
  outputs: () => above((_, x) => x, (b, x, options) => b.product(option(b, options, "slope"), x)),
  slopes: () => above(one, (b, _, options) => option(b, options, "slope")).map(whole),
  choices: { structure: [{ slope: 0.25 }, { slope: 0.5 }, { slope: 0.125 }], rounding: [{ slope: 0.01 }, { slope: 0.2 }, { slope: 0.3 }] },
});

/** e^x − 1 as a difference, whose error next to 0 is absolute, and as a function of its own. */
const powers: readonly Form[] = [(b, x) => b.difference(b.exp(x), one(b)), (b, x) => b.expm1(x)];

/** The catalog's entry for elu: its derivative as alpha·e^x, or as the output plus alpha. @internal */
export const eluEntry: Operation = activationEntry({
  name: "elu",
  summary: "the value where it is above 0, else alpha·(e^x - 1); the gradient at 0 is alpha",
  options: { alpha: ["how far below 0 outputs reach", 1] },
  exact: false,
  forward: elu,
  backward: eluBackward,
  outputs: () => above((_, x) => x, ...powers.map((power): Form => (b, x, options) => b.product(option(b, options, "alpha"), power(b, x, options)))),
  slopes: () => above(
    one,
    (b, x, options) => b.product(option(b, options, "alpha"), b.exp(x)),
    ...powers.map((power): Form => (b, x, options) =>
      b.sum(b.product(option(b, options, "alpha"), power(b, x, options)), option(b, options, "alpha"))),
  ).map(whole),
  choices: { structure: [{}], rounding: [{ alpha: 1 }, { alpha: 0.5 }, { alpha: 1.7 }] },
});

/** The product of both constants, each of them rounded. */
const both = (b: BallFunctions, options: Options): Ball => b.product(option(b, options, "scale"), option(b, options, "alpha"));

/** The catalog's entry for selu: its derivative as scale·alpha·e^x, or as the output plus scale·alpha. @internal */
export const seluEntry: Operation = activationEntry({
  name: "selu",
  summary: "elu times a scale, both constants such that mean 0 and variance 1 are kept; the gradient at 0 is scale·alpha",
  options: { alpha: ["as of elu", 1.6732632423543772], scale: ["the slope above 0", 1.0507009873554805] },
  exact: false,
  forward: selu,
  backward: seluBackward,
  outputs: () => above(
    (b, x, options) => b.product(option(b, options, "scale"), x),
    ...powers.flatMap((power): Form[] => [
      (b, x, options) => b.product(both(b, options), power(b, x, options)),
      (b, x, options) => b.product(option(b, options, "scale"), b.product(option(b, options, "alpha"), power(b, x, options))),
    ]),
  ),
  slopes: () => above(
    (b, _, options) => option(b, options, "scale"),
    (b, x, options) => b.product(both(b, options), b.exp(x)),
    ...powers.map((power): Form => (b, x, options) => b.sum(b.product(both(b, options), power(b, x, options)), both(b, options))),
  ).map(whole),
  choices: {
    structure: [{}],
    // The constants of the paper, those of ONNX (rounded to float32), and others.
    rounding: [
      { alpha: 1.6732632423543772, scale: 1.0507009873554805 }, { alpha: 1.6732631921768188, scale: 1.0507010221481323 }, { alpha: 0.7, scale: 2.2 },
    ],
  },
});

/** 1 + |x|. */
const distance = (b: BallFunctions, x: Ball): Ball => b.sum(one(b), x.value < 0 ? b.negate(x) : x);

/**
 * The catalog's entry for softsign. Its derivative is 1/(1 + |x|)²; automatic differentiation of the quotient makes it
 * 1/(1 + |x|) − |x|/(1 + |x|)/(1 + |x|), which cancels.
 *
 * @internal
 */
export const softsignEntry: Operation = activationEntry({
  name: "softsign",
  summary: "x / (1 + |x|)",
  options: {},
  exact: false,
  forward: softsign,
  backward: softsignBackward,
  outputs: () => [(b, x) => b.quotient(x, distance(b, x)), (b, x) => b.product(x, b.quotient(one(b), distance(b, x)))],
  slopes: () => [
    (b, x) => [b.quotient(one(b), b.product(distance(b, x), distance(b, x)))],
    (b, x) => [b.product(b.quotient(one(b), distance(b, x)), b.quotient(one(b), distance(b, x)))],
    (b, x) => {
      const d = distance(b, x);
      return [b.quotient(one(b), d), b.quotient(b.quotient(x.value < 0 ? x : b.negate(x), d), d)];
    },
  ],
  choices: { structure: [{}], rounding: [{}] },
});

/** The line of the hard sigmoid: slope·x + offset, or slope·(x + offset/slope). */
const lines: readonly Form[] = [
  (b, x, options) => b.sum(b.product(option(b, options, "slope"), x), option(b, options, "offset")),
  (b, x, options) => {
    const [slope, offset] = [options["slope"] as number, options["offset"] as number];
    return slope === 0 ? b.constant(offset) : b.product(b.constant(slope), b.sum(x, b.quotient(b.constant(offset), b.constant(slope))));
  },
];

/** Where honest code may be on either side of a kink, it may give the derivative of either side; not at a kink that float32 code must hit. */
const lineSlope = (line: Form): SlopeForm => (b, x, options) => {
  const { value, error } = line(b, x, options);
  const slope = option(b, options, "slope");
  if (value > error && value < 1 - error) return [slope];
  if (value <= -error || value >= 1 + error || (b.unit === precisions.float32.unit && isHit(x.value, options))) return [b.exact(0)];
  return [{ value: value > 0 && value < 1 ? slope.value : 0, error: Math.abs(slope.value) + slope.error }];
};

/** Whether x is a kink in double, and stays at or beyond it when the options are rounded to float32, whether or not the sum is fused. */
const isHit = (x: number, options: Options): boolean => {
  const [slope, offset] = [options["slope"] as number, options["offset"] as number];
  const line = slope * x + offset;
  const product = Math.fround(slope) * x;
  const beyond = (sum: number): boolean => (line === 0 ? Math.fround(sum) <= 0 : Math.fround(sum) >= 1);
  return (line === 0 || line === 1) && beyond(product + Math.fround(offset)) && beyond(Math.fround(product) + Math.fround(offset));
};

/** The catalog's entry for the hard sigmoid. @internal */
export const hardSigmoidEntry: Operation = activationEntry({
  name: "hardSigmoid",
  summary: "slope·x + offset, but not below 0 and not above 1; the gradient is 0 from where these are reached",
  options: { slope: ["of the line", 1 / 6], offset: ["the line's value at 0", 0.5] },
  exact: true,
  forward: hardSigmoid,
  backward: hardSigmoidBackward,
  outputs: () => lines.map((line): Form => (b, x, options) => {
    const { value, error } = line(b, x, options);
    return { value: Math.max(0, Math.min(value, 1)), error: value + error <= 0 || value - error >= 1 ? 0 : error };
  }),
  slopes: () => lines.map(lineSlope),
  choices: {
    structure: [{ slope: 0.25, offset: 0.5 }, { slope: 0.125, offset: 0.5 }, { slope: 0.5, offset: 0.25 }],
    rounding: [{ slope: 1 / 6, offset: 0.5 }, { slope: 0.2, offset: 0.5 }, { slope: 0.3, offset: 0.4 }],
  },
  marks: ({ slope, offset }) => (offset === 0.5 ? [0, -0.5 / (slope as number), 0.5 / (slope as number)] : [0]),
});
