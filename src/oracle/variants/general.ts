/**
 * Variants of the backward pass that any operation with a gradient may have.
 *
 * @module
 */
import { map } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { catalog } from "../catalog/index.ts";
import { mapNamed } from "../catalog/operation.ts";
import { answerChanged, backwardUnder, gradientsMapped, referenceTo } from "./variant.ts";
import type { Variant } from "./variant.ts";

const withGradients = catalog.filter(({ backward }) => backward !== undefined).map(({ name }) => name);

/** What learns from samples: its first input has one along the first axis, and it has parameters. */
const layers = ["convolution", "transposedConvolution", "fullyConnected"];

const samplesOf = ({ shape }: Tensor): number => (shape.length < 2 ? 1 : shape[0]!);

/** The cotangents of the last sample, zeros for the others. */
const ofLastSample = (cotangent: Tensor): Tensor => {
  const before = sizeOf(cotangent.shape) - sizeOf(cotangent.shape.slice(1));
  return map(cotangent, (value, position) => (position < before ? 0 : value));
};

/** The gradients of parameters from the last sample, that of the input from all. */
const parametersOfLastSample: Variant["answer"] = (operation, one) => {
  if (samplesOf(one.inputs["input"]!) < 2) return undefined;
  const { outputs, gradients } = referenceTo(operation, one);
  const part = backwardUnder(({ cotangents }) => ({ cotangents: mapNamed(cotangents, ofLastSample) }))(operation, one)!.gradients;
  return { outputs, gradients: mapNamed(gradients, (gradient, name) => (name === "input" ? gradient : part[name]!)) };
};

/** @internal */
export const generalVariants: readonly Variant[] = [
  {
    name: "parameterGradientsOfLastSample",
    says: "the parameters' gradients of the last sample alone, each overwriting the one before",
    kind: "mistake",
    source: "https://github.com/karpathy/convnetjs/issues/17 (set to zero on each backward pass)",
    operations: layers,
    answer: parametersOfLastSample,
  },
  {
    name: "parameterGradientsOverSamples",
    says: "the parameters' gradients divided by the number of samples",
    kind: "convention",
    source: "https://github.com/rasmusbergpalm/DeepLearnToolbox/issues/169",
    operations: layers,
    answer: answerChanged(({ outputs, gradients }, { inputs }) =>
      ({
      outputs,
      gradients: mapNamed(gradients, (gradient, name) => (name === "input" ? gradient : map(gradient, (value) => value / samplesOf(inputs["input"]!)))),
    })),
  },
  {
    name: "gradientNegated",
    says: "the opposite sign",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/23925",
    operations: withGradients,
    answer: gradientsMapped((value) => -value),
  },
  {
    name: "gradientDoubled",
    says: "the gradient counted twice",
    kind: "mistake",
    source: "https://github.com/karpathy/micrograd/pull/102",
    operations: withGradients,
    answer: gradientsMapped((value) => 2 * value),
  },
  {
    name: "gradientZero",
    says: "a gradient of zeros",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/193279 (a backward pass that returns zeros)",
    operations: withGradients,
    answer: gradientsMapped(() => 0),
  },
  {
    name: "cotangentOfOnes",
    says: "a cotangent of ones, whatever was given",
    kind: "mistake",
    source: "https://github.com/apache/mxnet/issues/19043",
    // Softmax sums to 1 whatever goes in: under a cotangent of ones its gradient is 0.
    operations: withGradients.filter((name) => name !== "softmax"),
    answer: backwardUnder(({ cotangents }) => ({ cotangents: mapNamed(cotangents, (cotangent) => map(cotangent, () => 1)) })),
  },
];
