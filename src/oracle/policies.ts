/**
 * Policies: where frameworks legitimately answer special values otherwise than the reference.
 *
 * An answer that differs from the reference only as a policy allows is no disagreement. It is reported as what it is: a choice, with its name.
 *
 * @module
 */
import { map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case } from "./case.ts";
import type { Answers } from "./catalog/operation.ts";
import { mapNamed } from "./catalog/operation.ts";
import { errorRatio } from "./compare.ts";
import { isNormwise, normwiseOperations } from "./precision.ts";
import type { Precision } from "./precision.ts";

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
  /** Whether an input with such a number lets the policy apply. */
  readonly when: (value: number) => boolean;
  /** What it takes such numbers for: an answer may be as far off as the reference's to the changed inputs, where they are taken so in part. */
  readonly instead?: (value: number) => number;
  /** What else it allows where a number was expected. */
  readonly allows?: (got: number, expected: number, where: string) => boolean;
}

const isInfinite = (value: number): boolean => Math.abs(value) === Infinity;

const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < 2 ** -126;

const isGradient = (where: string): boolean => where.startsWith("gradient of ");

const smooth = ["elu", "selu", "gelu", "silu", "softsign", "sigmoid", "tanh", "softplus"];

const recurrent = ["simpleRnn", "lstm", "gru"];

/** All policies. @internal */
export const policies: readonly Policy[] = [
  {
    name: "subnormalFlushed",
    says: "subnormal numbers count as 0",
    source: "Intel Software Developer's Manual, volume 1, 10.2.3.3 (flush to zero) and 10.2.3.4 (denormals are zeros); PyTorch torch.set_flush_denormal",
    when: isSubnormal,
    instead: (value) => (isSubnormal(value) ? 0 : value),
    allows: (got, expected) => got === 0 && isSubnormal(expected),
  },
  {
    name: "nanLosesAgainstNumbers",
    says: "a window's largest or smallest number is taken among those that are no NaN",
    source: "ONNX Runtime MaxPool (pool_functors.h), whose first number stands until one is > it; PyTorch and the reference let NaN win",
    operations: ["maxPooling", "minPooling", "adaptiveMaxPooling"],
    when: Number.isNaN,
    // Where the NaN stood first it may stay, elsewhere it may lose: gradient and position go wherever the winner is.
    allows: (_, expected, where) => Number.isNaN(expected) || where !== "output",
  },
  {
    name: "nanStopped",
    says: "relu and its like take NaN for a number that is not above the bound",
    source: "PyTorch issues 7999 and 10238; TensorFlow issue 32730; IEEE 754-2008 maxNum, which returns the number",
    operations: ["relu", "leakyRelu", "hardSigmoid", "clipByValue", "simpleRnn", "lstm", "gru"],
    when: Number.isNaN,
    allows: (got, expected, where) => Number.isFinite(got) && (Number.isNaN(expected) || isGradient(where)),
  },
  {
    name: "gradientAtNaN",
    says: "the gradient at NaN is NaN, 0, or what arrives there times a slope",
    source: "PyTorch threshold_backward (passes) beside TensorFlow ReluGrad, a product with 0 or 1; leaky_relu, elu, selu and hardsigmoid in PyTorch 1.13",
    operations: [...smooth, "relu", "leakyRelu", "hardSigmoid", "dropout", "absoluteError", "huber", ...recurrent],
    when: Number.isNaN,
    allows: (_, __, where) => isGradient(where),
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
    name: "cutOffLeftOut",
    says: "what padding cuts off the output has no part in the kernel's gradient, though it is NaN or infinite; 0·∞ is NaN where it is multiplied by 0",
    source: "TensorFlow.js 4.22 and jax-js 0.1.25, which sum over the output alone; PyTorch 1.13 and the reference multiply by zeros around it",
    operations: ["transposedConvolution"],
    when: (value) => !Number.isFinite(value),
    allows: (_, expected, where) => where === "gradient of kernel" && Number.isNaN(expected),
  },
  {
    name: "nanInside",
    says: "infinite inputs make NaN before the first activation, which stops it or lets it pass, and so does its gradient",
    source: "IEEE 754-2019, section 7.2: ∞ − ∞ is NaN; then as relu and its like of each framework",
    operations: recurrent,
    when: (value) => !Number.isFinite(value),
    allows: (_, expected, where) => Number.isNaN(expected) || isGradient(where),
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
    name: "spreads",
    says: "NaN and infinities reach everything that a fast algorithm transforms together with them",
    source: "IEEE 754-2019, section 7.2: ∞ − ∞ and 0·∞ are NaN in a tile (Winograd), a plane (Fourier) or a block (Strassen)",
    operations: normwiseOperations,
    normwise: true,
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

const policiesOf = ({ operation, inputs }: Case, precision: Precision): readonly Policy[] => {
  const values = Object.values(inputs).map(raw);
  return policies.filter(({ operations, normwise, when }) =>
    (operations === undefined || operations.includes(operation)) && (normwise !== true || isNormwise(precision, operation))
    && values.some((each) => (each as Float32Array).some(when)));
};

/** Asks which policies allow one number of an answer; none where it must agree. @internal */
export type Allowance = (kind: keyof Answers<unknown>, name: string, position: number, got: number, expected: number) => string | undefined;

/** The policies of a case. @internal */
export function allowanceOf(one: Case, precision: Precision): Allowance {
  const own = policiesOf(one, precision);
  const instead = new Map<string, Answers<{ readonly value: Tensor; readonly radius: Tensor | undefined }>>();
  /** The reference's answer to what a policy makes of the inputs. */
  const otherwise = ({ name, instead: change }: Policy): Answers<{ readonly value: Tensor; readonly radius: Tensor | undefined }> => {
    const known = instead.get(name);
    if (known !== undefined) return known;
    const { expected, radius } = reference(one.operation, mapNamed(one.inputs, (tensor) => map(tensor, change!)), one.options, one.cotangents, precision);
    const made = {
      outputs: mapNamed(expected.outputs, (value, each) => ({ value, radius: radius.outputs[each] })),
      gradients: mapNamed(expected.gradients, (value, each) => ({ value, radius: radius.gradients[each] })),
    };
    instead.set(name, made);
    return made;
  };
  return (kind, name, position, got, expected) => own.find((policy) => {
    if (policy.allows?.(got, expected, kind === "outputs" ? name : `gradient of ${name}`) === true) return true;
    const other = policy.instead && otherwise(policy)[kind][name];
    if (other === undefined) return false;
    const [value, radius] = [raw(other.value)[position]!, (other.radius && raw(other.radius)[position]) ?? 0];
    return errorRatio(got, expected, radius + Math.abs(value - expected)) <= 1;
  })?.name;
}
