/**
 * Smooth activations in the catalog.
 *
 * The forms say which code is honest. A sigmoid may be a quotient of powers or come from tanh, or from a rational function that
 * approximates its distance from ½ (Eigen, ONNX Runtime): hence an absolute error of some u, however small it is. Those that are products
 * with such a share have an error of some u·|x|; where tanh and erf are ±1 in the precision, their small tails may be lost altogether. The
 * derivative of gelu is ½ + ½·erf + x·φ, summed from either end: PyTorch's vector kernel gives 0 at −8, where −4·10⁻¹⁴ is right.
 *
 * @module
 */
import {
  gelu, geluBackward, sigmoid, sigmoidBackward, silu, siluBackward, softplus, softplusBackward, tanh, tanhBackward,
} from "../../learning/smooth-activation.ts";
import type { Ball } from "../ball.ts";
import type { BallFunctions } from "../ball-functions.ts";
import type { Operation } from "./operation.ts";
import { activationEntry, whole } from "./pointwise.ts";
import type { Form, SlopeForm } from "./pointwise.ts";

const none = { structure: [{}], rounding: [{}] };

const one = (b: BallFunctions): Ball => b.exact(1);

const half = (b: BallFunctions, x: Ball): Ball => b.product(b.exact(0.5), x);

/** e^−|x|. */
const power = (b: BallFunctions, x: Ball): Ball => b.exp(x.value < 0 ? x : b.negate(x));

/** 1 / (1 + e^−x); the same by powers that do not overflow; ½·(1 + tanh(x/2)). */
const logistic: readonly Form[] = [
  (b, x) => b.within(0, 1, b.quotient(one(b), b.sum(one(b), b.exp(b.negate(x))))),
  (b, x) => b.within(0, 1, b.quotient(x.value < 0 ? power(b, x) : one(b), b.sum(one(b), power(b, x)))),
  (b, x) => half(b, b.sum(one(b), b.tanh(half(b, x)))),
];

/** e^−|x| / (1 + e^−|x|)². */
const logisticSlope: Form = (b, x) => {
  const sum = b.sum(one(b), power(b, x));
  return b.quotient(power(b, x), b.product(sum, sum));
};

/** The catalog's entry for the sigmoid: its derivative as s·(1 − s), or by powers. @internal */
export const sigmoidEntry: Operation = activationEntry({
  name: "sigmoid",
  summary: "1 / (1 + e^-x)",
  options: {},
  exact: false,
  forward: sigmoid,
  backward: sigmoidBackward,
  outputs: () => logistic,
  slopes: () => [...logistic.map((share): Form => (b, x, options) => complement(b, share(b, x, options))), logisticSlope].map(whole),
  choices: none,
});

/** s·(1 − s). */
const complement = (b: BallFunctions, s: Ball): Ball => b.product(s, b.difference(one(b), s));

/** The catalog's entry for tanh, a library's function: its derivative as 1 − t², as (1 − t)·(1 + t), or by powers. @internal */
export const tanhEntry: Operation = activationEntry({
  name: "tanh",
  summary: "the hyperbolic tangent",
  options: {},
  exact: false,
  forward: tanh,
  backward: tanhBackward,
  outputs: () => [(b, x) => b.tanh(x)],
  slopes: () => [
    (b, x) => [one(b), b.negate(b.product(b.tanh(x), b.tanh(x)))],
    (b, x) => [b.product(b.difference(one(b), b.tanh(x)), b.sum(one(b), b.tanh(x)))],
    (b, x, options) => [b.product(b.exact(4), logisticSlope(b, b.product(b.exact(2), x), options))],
  ],
  choices: none,
});

/** The catalog's entry for silu: its derivative as s·(1 + x·(1 − s)), or as s + y·(1 − s). @internal */
export const siluEntry: Operation = activationEntry({
  name: "silu",
  summary: "x times its sigmoid, also called swish",
  options: {},
  exact: false,
  forward: silu,
  backward: siluBackward,
  outputs: () => [
    ...logistic.map((share): Form => (b, x, options) => b.product(x, share(b, x, options))),
    (b, x) => b.quotient(x, b.sum(one(b), b.exp(b.negate(x)))),
  ],
  slopes: () => logistic.flatMap((share): SlopeForm[] => [
    (b, x, options) => {
      const s = share(b, x, options);
      return [b.product(s, b.sum(one(b), b.product(x, b.difference(one(b), s))))];
    },
    (b, x, options) => {
      const s = share(b, x, options);
      return [s, b.product(b.product(x, s), b.difference(one(b), s))];
    },
  ]),
  choices: none,
});

/** The catalog's entry for softplus; log(1 + e^x) as it stands, wide for large x, only where e^x is finite in float32. @internal */
export const softplusEntry: Operation = activationEntry({
  name: "softplus",
  summary: "log(1 + e^x)",
  options: {},
  exact: false,
  forward: softplus,
  backward: softplusBackward,
  outputs: () => [
    (b, x) => (x.value > 88 ? x : b.log(b.sum(one(b), b.exp(x)))),
    (b, x) => b.sum(positivePart(b, x), b.log1p(power(b, x))),
  ],
  slopes: () => logistic.map(whole),
  choices: none,
});

const positivePart = (b: BallFunctions, x: Ball): Ball => (x.value > 0 ? x : b.exact(0));

/** A number of the formula that code may have at hand, or work out from others. */
const workedOut = (b: BallFunctions, x: number): Ball => b.rounded(b.constant(x), 1);

/** x/√2. */
const scaled = (b: BallFunctions, x: Ball): Ball => b.product(x, b.constant(Math.SQRT1_2));

/** ½·(1 + erf(x/√2)), and ½·erfc(−x/√2). */
const normalShares: readonly Form[] = [
  (b, x) => half(b, b.sum(one(b), b.erf(scaled(b, x)))),
  (b, x) => half(b, b.erfc(b.negate(scaled(b, x)))),
];

/** e^(−x²/2) / √(2π). */
const normalDensity: Form = (b, x) =>
  b.product(b.exp(half(b, b.negate(b.product(x, x)))), workedOut(b, 1 / Math.sqrt(2 * Math.PI)));

/** a = √(2/π)·(x + 0.044715·x³). */
const tanhArgument: Form = (b, x) =>
  b.product(workedOut(b, Math.sqrt(2 / Math.PI)), b.sum(x, b.product(b.constant(0.044715), b.product(b.product(x, x), x))));

/** a' = √(2/π)·(1 + 3·0.044715·x²). */
const tanhArgumentSlope: Form = (b, x) =>
  b.product(workedOut(b, Math.sqrt(2 / Math.PI)), b.sum(one(b), b.product(b.product(b.exact(3), b.constant(0.044715)), b.product(x, x))));

/** ½·(1 + tanh a), which is the sigmoid of 2a. */
const tanhShares: readonly Form[] = [
  (b, x, options) => half(b, b.sum(one(b), b.tanh(tanhArgument(b, x, options)))),
  ...logistic.slice(0, 2).map((share): Form => (b, x, options) => share(b, b.product(b.exact(2), tanhArgument(b, x, options)), options)),
];

/** The catalog's entry for gelu in both forms, its derivative as Φ + x·φ, or as s + x·(1 − tanh²)/2·a' and s + x·s·(1 − s)·2a'. @internal */
export const geluEntry: Operation = activationEntry({
  name: "gelu",
  summary: "x times the probability that a normally distributed number is smaller, or its approximation by tanh",
  options: { form: ["erf or tanh", "erf"] },
  exact: false,
  forward: gelu,
  backward: geluBackward,
  outputs: ({ form }) =>
    (form === "tanh" ? tanhShares : normalShares).map((share): Form => (b, x, options) => b.product(x, share(b, x, options))),
  slopes: ({ form }) => (form === "tanh"
    ? [
      (b, x, options) => {
        const t = b.tanh(tanhArgument(b, x, options));
        const bend = b.difference(one(b), b.product(t, t));
        const growth = b.product(b.product(half(b, x), bend), tanhArgumentSlope(b, x, options));
        return [b.exact(0.5), half(b, t), growth];
      },
      ...tanhShares.map((share): SlopeForm => (b, x, options) => {
        const s = share(b, x, options);
        return [s, b.product(b.product(x, complement(b, s)), b.product(b.exact(2), tanhArgumentSlope(b, x, options)))];
      }),
    ]
    : [
      (b, x, options) => [b.exact(0.5), half(b, b.erf(scaled(b, x))), b.product(x, normalDensity(b, x, options))],
      (b, x, options) => [half(b, b.erfc(b.negate(scaled(b, x)))), b.product(x, normalDensity(b, x, options))],
    ]),
  choices: { structure: [{}], rounding: [{ form: "erf" }, { form: "tanh" }] },
  reach: ({ form }) => (form === "tanh" ? 1e12 : 1e30),
});
