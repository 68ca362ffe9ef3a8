/**
 * Variants of activations: other constants, approximations of one function by another, and derivatives taken at the wrong place.
 *
 * @module
 */
import { logistic } from "../../learning/smooth-activation.ts";
import { combine, map } from "../../tensor/tensor.ts";
import type { Operation, Options } from "../catalog/operation.ts";
import { hardSigmoidOf, slopes } from "./recurrent-network.ts";
import type { Slope } from "./scalars.ts";
import { underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** Another function in the place of the right one, with its own derivative; none where the options leave none. */
const asFunction = (f: (options: Options) => Slope | undefined): Variant["answer"] => (_, { inputs, options, cotangents }) => {
  const slope = f(options);
  const { input } = inputs as { readonly input: Parameters<typeof map>[0] };
  return slope && {
    outputs: { output: map(input, slope[0]) },
    gradients: cotangents === undefined ? {} : { input: combine(input, cotangents["output"]!, (x, dy) => slope[1](x) * dy) },
  };
};

/** The right function with another derivative. */
const withSlope = (
  derivative: (x: number, options: Options, operation: Operation) => number,
): Variant["answer"] => (operation, { inputs, options, cotangents }) => ({
  outputs: operation.forward(inputs, options),
  gradients: cotangents === undefined ? {}
    : { input: combine(inputs["input"]!, cotangents["output"]!, (x, dy) => derivative(x, options, operation) * dy) },
});

/** The number that stands there under a name. */
const numberOf = (options: Options, name: string): number => options[name] as number;

const withOption = (name: string, value: number): Variant["answer"] =>
  underOptions((options) => (options[name] === value ? undefined : { ...options, [name]: value }));

const smooth = ["elu", "selu", "softsign", "hardSigmoid", "sigmoid", "tanh", "silu", "softplus", "gelu"];

/** x times a function that stands for its sigmoid. */
const gated = ([f, derivative]: Slope): Slope => [(x) => x * f(x), (x) => f(x) + x * derivative(x)];

/** σ(factor·x). */
const steeper = (factor: number): Slope => [(x) => logistic(factor * x), (x) => factor * logistic(factor * x) * logistic(-factor * x)];

/** @internal */
export const activationVariants: readonly Variant[] = [
  {
    name: "slopeOfOne",
    says: "the cotangent handed on as it is, without the derivative",
    kind: "mistake",
    source: "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
    operations: ["relu", "leakyRelu", ...smooth],
    answer: withSlope(() => 1),
  },
  {
    name: "slopeAtOutput",
    says: "the derivative at the output in the place of the input",
    kind: "mistake",
    source: "https://github.com/iamtrask/Grokking-Deep-Learning/issues/56",
    operations: smooth,
    answer: (operation, { inputs, options, cotangents }) => {
      const outputs = operation.forward(inputs, options);
      return { outputs, gradients: cotangents === undefined ? {} : operation.backward!({ input: outputs["output"]! }, options, cotangents) };
    },
  },
  {
    name: "slopeFormulaOfOutputAtInput",
    says: "the derivative's formula in terms of the output, y(1 - y) or 1 - y^2, with the input put in",
    kind: "mistake",
    source: "https://github.com/BoltzmannEntropy/interviews.ai/issues/15",
    operations: ["sigmoid", "tanh"],
    answer: withSlope((x, _, { name }) => (name === "sigmoid" ? x * (1 - x) : 1 - x * x)),
  },
  {
    name: "slopeAtZeroFromAbove",
    says: "the derivative at 0 that holds above it",
    kind: "convention",
    source: "https://github.com/tensorflow/playground/issues/19",
    operations: ["relu", "leakyRelu"],
    answer: withSlope((x, options) => (x >= 0 ? 1 : Number(options["slope"] ?? 0))),
  },
  {
    name: "slopeAsOfTensorFlow",
    says: "a slope of 0.2",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/nn/leaky_relu (alpha)",
    operations: ["leakyRelu"],
    answer: withOption("slope", 0.2),
  },
  {
    name: "slopeAsOfDarknet",
    says: "a slope of 0.1",
    kind: "convention",
    source: "https://github.com/jinyu121/DW2TF/issues/2",
    operations: ["leakyRelu"],
    answer: withOption("slope", 0.1),
  },
  {
    name: "alphaIgnored",
    says: "an alpha of 1",
    kind: "mistake",
    source: "https://github.com/tflearn/tflearn/pull/853",
    operations: ["elu", "selu"],
    answer: withOption("alpha", 1),
  },
  {
    name: "alphaDividesExponent",
    says: "alpha·(e^(x/alpha) - 1) below 0 (CELU)",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html",
    operations: ["elu"],
    answer: asFunction((options) => {
      const alpha = numberOf(options, "alpha");
      return [(x) => (x > 0 ? x : alpha * Math.expm1(x / alpha)), (x) => (x > 0 ? 1 : Math.exp(x / alpha))];
    }),
  },
  {
    name: "straightBelowZero",
    says: "the straight line scale·alpha·x below 0",
    kind: "mistake",
    source: "https://github.com/jax-ml/jax/pull/1446",
    operations: ["selu"],
    answer: asFunction((options) => {
      const [scale, below] = [numberOf(options, "scale"), numberOf(options, "scale") * numberOf(options, "alpha")];
      return [(x) => (x > 0 ? scale : below) * x, (x) => (x > 0 ? scale : below)];
    }),
  },
  {
    name: "slopeScaledTwice",
    says: "the derivative scale·(y + alpha) below 0, from an output y that is scaled already",
    kind: "mistake",
    source: "https://github.com/RubixML/ML/pull/427",
    operations: ["selu"],
    answer: withSlope((x, options) => {
      const [scale, alpha] = [numberOf(options, "scale"), numberOf(options, "alpha")];
      return x > 0 ? scale : scale * (scale * alpha * Math.expm1(x) + alpha);
    }),
  },
  {
    name: "slopeAsOfOnnx",
    says: "a slope of 0.2",
    kind: "convention",
    source: "https://onnx.ai/onnx/operators/onnx__HardSigmoid.html (alpha)",
    operations: ["hardSigmoid"],
    answer: withOption("slope", 0.2),
  },
  {
    name: "slopeAsOfPytorch",
    says: "a slope of 1/6",
    kind: "convention",
    source: "https://github.com/tinygrad/tinygrad/pull/7433",
    operations: ["hardSigmoid"],
    answer: withOption("slope", 1 / 6),
  },
  {
    name: "slopeOfHalf",
    says: "a slope of 1/2",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/139381",
    operations: ["hardSigmoid"],
    answer: withOption("slope", 0.5),
  },
  {
    name: "hardSigmoidInstead",
    says: "the hard sigmoid 0.2·x + 0.5, between 0 and 1, in its place",
    kind: "convention",
    source: "https://www.tensorflow.org/versions/r2.13/api_docs/python/tf/keras/activations/hard_sigmoid (a faster approximation)",
    operations: ["sigmoid"],
    answer: asFunction(() => slopes.hardSigmoid),
  },
  {
    name: "hardSwishInstead",
    says: "x·relu6(x + 3)/6 in its place",
    kind: "convention",
    source: "https://github.com/jax-ml/jax/pull/2709",
    operations: ["silu"],
    answer: asFunction(() => gated(hardSigmoidOf(1 / 6))),
  },
  {
    name: "formExchanged",
    says: "the formula by erf and its approximation by tanh exchanged",
    kind: "convention",
    source: "https://github.com/chelsea0x3b/dfdx/issues/804",
    operations: ["gelu"],
    answer: underOptions((options) => ({ ...options, form: options["form"] === "erf" ? "tanh" : "erf" })),
  },
  {
    name: "quickGelu",
    says: "the approximation x·sigmoid(1.702·x)",
    kind: "convention",
    source: "https://github.com/ROCm/AMDMIGraphX/issues/2542",
    operations: ["gelu"],
    answer: asFunction(() => gated(steeper(1.702))),
  },
  {
    name: "exponentialOverflows",
    says: "log(1 + e^x) where e^x overflows in float32: infinite from 88.7 on, with a gradient that is no number",
    kind: "mistake",
    source: "https://github.com/tracel-ai/burn/issues/5373",
    operations: ["softplus"],
    answer: asFunction(() => {
      const power = (x: number): number => Math.fround(Math.exp(x));
      return [(x) => Math.log1p(power(x)), (x) => power(x) / (1 + power(x))];
    }),
  },
];
