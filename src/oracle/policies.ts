/**
 * Policies: where frameworks legitimately answer special values otherwise than the reference.
 *
 * An answer that differs from the reference only as a policy allows is no disagreement. It is reported as what it is: a choice, with its name.
 * A policy excuses only what a special number reaches (see latitude), and there only the values that it names. An answer is held to the choice that it made
 * itself: where a NaN lost in its output, it has no part in the gradient of that window either.
 *
 * @module
 */
import { sizeOf } from "../tensor/shape.ts";
import { map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import type { Answers, Options } from "./catalog/operation.ts";
import { errorRatio } from "./compare.ts";
import { latitudeOf } from "./latitude.ts";
import type { Element, Latitude } from "./latitude.ts";
import { isNormwise, normwiseOperations } from "./precision.ts";
import type { Precision } from "./precision.ts";
import { readAnswer } from "./protocol.ts";

/** A choice that implementations make where an input holds special values. @internal */
export interface Policy {
  readonly name: string;
  /** The choice in a few words. */
  readonly says: string;
  /** Who makes it, and where that can be read. */
  readonly source: string;
  /** Names of the catalog; absent for all. */
  readonly operations?: readonly string[];
  /** Whether it is only for those who declare their algorithm to be normwise. */
  readonly normwise?: boolean;
  /** Whether it is only for some options; absent for all. */
  readonly applies?: (options: Options) => boolean;
  /** Whether an input with such a number lets the policy apply. */
  readonly when: (value: number) => boolean;
  /** What it takes such numbers for: an answer may be as far off as the reference's to the changed inputs, where they are taken so in part. */
  readonly instead?: (value: number) => number;
  /** What else it allows where a number was expected, of the elements that such numbers reach. */
  readonly allows?: (got: number, expected: number, where: string, around: Around) => boolean;
  /** Whether it excuses what such numbers do not reach. */
  readonly everywhere?: boolean;
}

/** What surrounds one number of an answer. @internal */
export interface Around {
  readonly operation: string;
  /** Whether the reference gives what was got, within its radius, where the special numbers of the inputs are another number. */
  readonly near: (value: number) => boolean;
  /** Whether a special number stands at that position of the number's plane. */
  readonly pointsAt: (place: number) => boolean;
  /** Whether a special number stands at the number's own place of an input of the same shape. */
  readonly isSpecial: () => boolean;
  /** Whether the answer has no output that tells which choice it made. */
  readonly untold: boolean;
}

/** What a number is taken for by code that compares: the comparison fails, and a bound or nothing is left. */
const asSomeNumber = ({ near }: Around): boolean => [-Infinity, 0, Infinity].some(near);

const isInfinite = (value: number): boolean => Math.abs(value) === Infinity;

const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < 2 ** -126;

const isGradient = (where: string): boolean => where.startsWith("gradient of ");

const smooth = ["elu", "selu", "gelu", "silu", "softsign", "sigmoid", "tanh", "softplus"];

const recurrent = ["simpleRnn", "lstm", "gru"];

const extremes = ["maxPooling", "minPooling", "adaptiveMaxPooling"];

/** What loses against every number. */
const least = (operation: string): number => (operation === "minPooling" ? Infinity : -Infinity);

/** All policies. @internal */
export const policies: readonly Policy[] = [
  {
    name: "subnormalFlushed",
    says: "subnormal numbers count as 0",
    source: "Intel Software Developer's Manual, volume 1, 10.2.3.3 (flush to zero) and 10.2.3.4 (denormals are zeros); PyTorch torch.set_flush_denormal",
    when: isSubnormal,
    everywhere: true,
    instead: (value) => (isSubnormal(value) ? 0 : value),
    allows: (got, expected) => got === 0 && isSubnormal(expected),
  },
  {
    name: "nanLosesAgainstNumbers",
    says: "a window's largest or smallest number is taken among those that are no NaN",
    source: "ONNX Runtime MaxPool (pool_functors.h), whose first number stands until one is > it; PyTorch and the reference let NaN win",
    operations: extremes,
    when: Number.isNaN,
    // Where the NaN stood first it may stay: each window chooses for itself. Gradient and position go where its winner is (impliedBy).
    allows: (got, _, where, { operation, near, untold }) =>
      (isGradient(where) ? untold && Number.isFinite(got) : (untold || where === "output") && near(least(operation))),
  },
  {
    name: "anyNaNWins",
    says: "of several NaN in a window another than the first is the winner, or none",
    source: "PyTorch 1.13 and 2.13 max_pool and adaptive_max_pool, whose last NaN wins; TensorFlow.js 4.22.0, where none does; the reference takes the first",
    operations: extremes,
    when: Number.isNaN,
    allows: (got, expected, where, { pointsAt, isSpecial }) => (isGradient(where) ? Number.isFinite(got) && isSpecial()
      : where === "indices" && pointsAt(expected) && pointsAt(got)),
  },
  {
    name: "nanStopped",
    says: "relu and its like take NaN for a number that is not above the bound",
    source: "PyTorch issues 7999 and 10238; TensorFlow issue 32730; IEEE 754-2008 maxNum, which returns the number",
    operations: ["relu", "leakyRelu", "hardSigmoid", "clipByValue"],
    when: Number.isNaN,
    allows: (got, expected, where, around) => Number.isFinite(got) && (Number.isNaN(expected) || isGradient(where)) && asSomeNumber(around),
  },
  {
    name: "gradientAtNaN",
    says: "the gradient at NaN is NaN, 0, or what arrives there times a slope",
    source: "PyTorch threshold_backward (passes) beside TensorFlow ReluGrad, a product with 0 or 1; leaky_relu, elu, selu and hardsigmoid in PyTorch 1.13",
    operations: [...smooth, "relu", "leakyRelu", "hardSigmoid", "absoluteError", "huber"],
    when: Number.isNaN,
    allows: (got, _, where, around) => isGradient(where) && (Number.isNaN(got) || got === 0 || asSomeNumber(around)),
  },
  {
    name: "productWithNothing",
    says: "0·∞ or ∞/∞ is NaN, where the reference leaves out what has no part or takes the limit",
    source: "IEEE 754-2019, section 7.2; PyTorch 1.13 GELU, SiLU and Softsign at infinities; ONNX Dropout-13, scale * data * mask",
    operations: [
      ...smooth, "hardSigmoid", "dropout", "crossEntropy", "negativeLogLikelihood", "binaryCrossEntropyWithLogits", "lpPooling", "clipByGlobalNorm",
      ...recurrent,
    ],
    when: (value) => isInfinite(value) || Number.isNaN(value),
    allows: (got) => Number.isNaN(got),
  },
  {
    name: "nanInside",
    says: "NaN, of the inputs or of ∞ − ∞ before an activation, is stopped by it or passes, and so does its gradient",
    source: "IEEE 754-2019, section 7.2: ∞ − ∞ is NaN; then as relu and its like of each framework",
    operations: recurrent,
    // Sigmoid and tanh stop nothing.
    applies: ({ activation, gateActivation, candidateActivation, clip }) =>
      activation === "relu" || gateActivation === "hardSigmoid" || candidateActivation === "relu" || clip !== undefined,
    when: (value) => !Number.isFinite(value),
    allows: (_, expected, where) => Number.isNaN(expected) || isGradient(where),
  },
  {
    name: "cutOffLeftOut",
    says: "what padding cuts off the output has no part in the kernel's gradient, though it is NaN or infinite; 0·∞ is NaN where it is multiplied by 0",
    source: "TensorFlow.js 4.22 and jax-js 0.1.25, which sum over the output alone; PyTorch 1.13 and the reference multiply by zeros around it",
    operations: ["transposedConvolution"],
    when: (value) => !Number.isFinite(value),
    allows: (_, expected, where) => where === "gradient of kernel" && Number.isNaN(expected),
  },
  {
    name: "decayFactored",
    says: "an infinite parameter stays infinite under weight decay, or becomes NaN: w·(1 − rate·decay) or w − rate·decay·w",
    source: "PyTorch AdamW, param.mul_(1 − lr·weight_decay); Optax add_decayed_weights, which adds decay·w to the update",
    operations: ["gradientDescent", "momentum", "rmsProp", "adagrad", "adam", "adamW"],
    when: isInfinite,
    allows: (got, expected) => (Number.isNaN(expected) && isInfinite(got)) || (isInfinite(expected) && Number.isNaN(got)),
  },
  {
    name: "momentByDifference",
    says: "a mean of squares that overflows is infinite, and becomes NaN in the next step of v + (1 − beta)·(g² − v)",
    source: "Keras 3 Adam, update_step: v.assign_add((square(gradient) − v) · (1 − beta_2)); IEEE 754-2019, section 7.2: ∞ − ∞ is NaN",
    operations: ["rmsProp", "adam", "adamW"],
    when: (value) => Math.abs(value) >= 2 ** 60,
    allows: (got, _, where) => Number.isNaN(got) && !where.startsWith("params.1."),
  },
  {
    name: "spreads",
    says: "NaN and infinities reach everything that a fast algorithm transforms together with them",
    source: "IEEE 754-2019, section 7.2: ∞ − ∞ and 0·∞ are NaN in a tile (Winograd), a plane (Fourier) or a block (Strassen)",
    operations: normwiseOperations,
    normwise: true,
    everywhere: true,
    when: (value) => !Number.isFinite(value),
    allows: (got) => !Number.isFinite(got),
  },
  {
    name: "nanNotClipped",
    says: "a norm of NaN is not above the limit, and nothing is clipped",
    source: "Keras 2 optimizers.clip_norm, which scales where norm >= limit; PyTorch, TensorFlow and the reference make all NaN",
    operations: ["clipByGlobalNorm"],
    when: Number.isNaN,
    allows: (_, expected) => Number.isNaN(expected),
  },
];

const policiesOf = ({ operation, inputs, options }: Case, precision: Precision): readonly Policy[] => {
  const values = Object.values(inputs).map(raw);
  return policies.filter(({ operations, normwise, applies, when }) =>
    (operations === undefined || operations.includes(operation)) && (normwise !== true || isNormwise(precision, operation))
    && (applies === undefined || applies(options)) && values.some((each) => (each as Float32Array).some(when)));
};

/** Asks which policies allow one number of an answer; none where it must agree. @internal */
export type Allowance = (kind: keyof Answers<unknown>, name: string, position: number, got: number, expected: number) => string | undefined;

/**
 * What is expected of the rest of an answer whose output made a choice: where a NaN lost in a window, position and gradient belong to the number that won.
 *
 * @internal
 */
export function impliedBy(outputs: Answers<unknown>["outputs"], one: Case, known: Reference, precision: Precision): Reference {
  const { operation, inputs, options, cotangents } = one;
  const output = known.expected.outputs["output"];
  const answer = outputs["output"] === undefined ? "" : readAnswer(outputs["output"]);
  if (!extremes.includes(operation) || output === undefined || typeof answer === "string" || answer.data.length !== sizeOf(output.shape)) return known;
  const isLost = (i: number): boolean => Number.isNaN(raw(output)[i]) && !Number.isNaN(answer.data[i]);
  if (!answer.data.some((_, i) => isLost(i))) return known;
  const numbers = { ...inputs, input: map(inputs["input"]!, (value) => (Number.isNaN(value) ? least(operation) : value)) };
  const { indices } = known.expected.outputs;
  const others = raw(reference(operation, numbers, options).expected.outputs["indices"]!);
  const chosen = { output, indices: map(indices!, (place, i) => (isLost(i) ? others[i]! : place)) };
  const dOutput = cotangents?.["output"];
  if (dOutput === undefined) return { expected: { outputs: chosen, gradients: {} }, radius: known.radius };
  /** The gradients of both kinds of windows, added. */
  const added = (change: (value: number) => number): Tensor => {
    const [lost, rest] = [true, false].map((kind) => reference(operation, kind ? numbers : inputs, options, {
      output: map(dOutput, (value, i) => (isLost(i) === kind ? change(value) : 0)),
    }).expected.gradients["input"]!);
    return map(lost!, (value, i) => value + raw(rest!)[i]!);
  };
  // No sum has more terms than there are windows.
  const roundings = sizeOf(output.shape) * precision.unit + (precision.storage?.unit ?? 0);
  return {
    expected: { outputs: chosen, gradients: { input: added((value) => value) } },
    radius: { outputs: known.radius.outputs, gradients: { input: map(added(Math.abs), (sum) => sum * roundings) } },
  };
}

/** The policies of a case, for an answer with these outputs. @internal */
export function allowanceOf(one: Case, precision: Precision, outputs: Answers<unknown>["outputs"]): Allowance {
  const leading = Object.values(one.inputs)[0]!;
  const own = policiesOf(one, precision).map((policy): readonly [Policy, Latitude] => [policy, latitudeOf(one, policy.when, precision)]);
  const allows = ([policy, latitude]: readonly [Policy, Latitude], element: Element, got: number, expected: number): boolean => {
    // Beside NaN a radius may be lost: what nothing special reaches has the one that it has beside 0.
    if (policy.everywhere !== true && !latitude.touches(element)) return errorRatio(got, expected, latitude.otherwise(0, element).radius) <= 1;
    const near = (value: number): boolean => {
      const other = latitude.otherwise(value, element);
      return errorRatio(got, other.value, other.radius) <= 1;
    };
    const where = element.kind === "outputs" ? element.name : `gradient of ${element.name}`;
    const pointsAt = (place: number): boolean => latitude.pointsAt(element, place);
    const isSpecial = (): boolean => pointsAt(element.position % sizeOf(leading.shape.slice(2)));
    const untold = outputs["output"] === undefined;
    if (policy.allows?.(got, expected, where, { operation: one.operation, near, pointsAt, isSpecial, untold }) === true) return true;
    if (policy.instead === undefined) return false;
    const { value, radius } = latitude.otherwise(policy.instead, element);
    return errorRatio(got, expected, radius + Math.abs(value - expected)) <= 1;
  };
  return (kind, name, position, got, expected) =>
    own.find((each) => allows(each, { kind, name, position }, got, expected))?.[0].name;
}
