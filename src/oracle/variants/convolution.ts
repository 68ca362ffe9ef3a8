/**
 * Variants of convolution and transposed convolution: kernels, groups, biases, and what is added at the end.
 *
 * @module
 */
import { flip } from "../../cnn/convolution.ts";
import { permute } from "../../tensor/layout.ts";
import { generate, map, reshape } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options } from "../catalog/operation.ts";
import { answerChanged, answerOf, backwardUnder, cornered, misread, referenceTo, stored, throughInput, underOptions, withName } from "./variant.ts";
import type { Variant } from "./variant.ts";
import { convolutions } from "./windows.ts";

const spatial = ({ shape }: Tensor): readonly number[] => shape.slice(2).map((_, axis) => axis + 2);
const groupsOf = (options: Options): number => options["groups"] as number;

/** The channels, taken as a table of so many rows, in the order of its columns. */
const byColumns = (tensor: Tensor, rows: number): Tensor => {
  const [samples, channels, ...space] = tensor.shape as [number, number, ...number[]];
  const table = reshape(tensor, [samples, rows, channels / rows, sizeOf(space)]);
  return reshape(permute(table, [0, 2, 1, 3]), tensor.shape);
};

/** The axes of the window in the opposite order. */
const windowReversed = (kernel: Tensor): Tensor | undefined => (kernel.shape.length < 4 ? undefined : permute(kernel, [0, 1, ...spatial(kernel).toReversed()]));

/** Every group with the biases of the first. */
const firstGroup = (bias: Tensor, { options }: Case): Tensor | undefined => {
  const filters = bias.shape[0]! / groupsOf(options);
  return groupsOf(options) < 2 ? undefined : map(bias, (_, filter) => bias.values[filter % filters]!);
};

/** What the first group gathers for all of them. */
const ontoFirstGroup = (gradient: Tensor, { options }: Case): Tensor => {
  const filters = gradient.shape[0]! / groupsOf(options);
  const { values } = gradient;
  return map(gradient, (_, filter) => (filter < filters ? values.reduce((sum, value, i) => (i % filters === filter ? sum + value : sum), 0) : 0));
};

const extraOf = (options: Options): readonly number[] => options["outputPadding"] as readonly number[];

/** Zeros in the cells that output padding adds. */
const withoutExtra = (output: Tensor, options: Options): Tensor => {
  const kept = output.shape.map((size, axis) => (axis < 2 ? size : size - extraOf(options)[axis - 2]!));
  return kept.includes(0) ? map(output, () => 0) : cornered(cornered(output, kept), output.shape);
};

/** @internal */
export const convolutionVariants: readonly Variant[] = [
  {
    name: "kernelFlipped",
    says: "the kernel flipped along its spatial axes (the convolution of mathematics instead of cross-correlation)",
    kind: "convention",
    source: "https://docs.scipy.org/doc/scipy/reference/generated/scipy.signal.convolve2d.html",
    operations: convolutions,
    answer: throughInput("kernel", flip, flip),
  },
  {
    name: "kernelAxesReversed",
    says: "the kernel's spatial axes in the opposite order",
    kind: "mistake",
    source: "https://github.com/mlpack/mlpack/pull/3376",
    operations: convolutions,
    answer: throughInput("kernel", windowReversed, (gradient) => windowReversed(gradient)!),
  },
  {
    name: "kernelChannelsExchanged",
    says: "the kernel's values read with its first two axes exchanged (input channels first instead of output channels, or the reverse)",
    kind: "convention",
    source: "https://github.com/apache/tvm/pull/9336",
    operations: convolutions,
    answer: throughInput("kernel", (kernel) => misread(kernel, [1, 0, ...spatial(kernel)]), (gradient) => stored(gradient, [1, 0, ...spatial(gradient)])),
  },
  {
    name: "kernelReadWindowFirst",
    says: "the kernel's values read as [window…, second axis, first axis], the layout of TensorFlow",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/30044",
    operations: convolutions,
    answer: throughInput("kernel", (kernel) => misread(kernel, [...spatial(kernel), 1, 0]), (gradient) => stored(gradient, [...spatial(gradient), 1, 0])),
  },
  {
    name: "groupsInterleaved",
    says: "every groups-th input channel in one group, instead of neighbours",
    kind: "convention",
    source: "https://github.com/Theano/Theano/issues/6297",
    operations: convolutions,
    answer: throughInput(
      "input",
      (input, { options }) => byColumns(input, input.shape[1]! / groupsOf(options)),
      (gradient, { options }) => byColumns(gradient, groupsOf(options)),
    ),
  },
  {
    name: "filtersInterleaved",
    says: "the output channels of the groups taken in turn, instead of group after group",
    kind: "convention",
    source: "https://github.com/Theano/Theano/issues/6297",
    operations: convolutions,
    answer: (operation, one) => {
      const groups = groupsOf(one.options);
      const { outputs, gradients } = referenceTo(operation, {
        ...one, ...(one.cotangents && { cotangents: mapNamed(one.cotangents, (each) => byColumns(each, each.shape[1]! / groups)) }),
      });
      return { outputs: mapNamed(outputs, (output) => byColumns(output, groups)), gradients };
    },
  },
  {
    name: "biasLeftOut",
    says: "the bias left out",
    kind: "mistake",
    source: "https://github.com/uxlfoundation/oneDNN/issues/314 (the backward pass of a convolution has none)",
    operations: [...convolutions, "fullyConnected"],
    answer: (operation, one) => {
      const { bias, ...others } = one.inputs;
      return bias && answerOf(operation, others, one.options, one.cotangents);
    },
  },
  {
    name: "biasOfFirstGroup",
    says: "the first group's biases used by every group",
    kind: "mistake",
    source: "https://github.com/robertknight/rten/pull/1408",
    operations: convolutions,
    answer: throughInput("bias", firstGroup, ontoFirstGroup),
  },
  {
    name: "biasOfSample",
    says: "the bias indexed by the sample instead of the filter",
    kind: "mistake",
    source: "https://github.com/kraiskil/onnx2c/issues/7",
    operations: convolutions,
    answer: (operation, { inputs: { bias, ...others }, options, cotangents }) => {
      if (bias === undefined || others["input"]!.shape[0]! > bias.shape[0]!) return undefined;
      const { outputs, gradients } = answerOf(operation, others, options, cotangents);
      const { shape } = outputs["output"]!;
      const each = sizeOf(shape.slice(1));
      const sums = (cotangent: Tensor): Tensor => {
        const { values } = cotangent;
        return generate(bias.shape, (filter) => values.reduce((sum, value, i) => (Math.floor(i / each) === filter ? sum + value : sum), 0));
      };
      return {
        outputs: mapNamed(outputs, (output) => map(output, (value, i) => value + bias.values[Math.floor(i / each)]!)),
        gradients: cotangents === undefined ? {} : { ...gradients, bias: sums(cotangents["output"]!) },
      };
    },
  },
  {
    name: "parameterGradientsOverPositions",
    says: "the parameters' gradients divided by the number of positions of the window",
    kind: "convention",
    source: "https://github.com/Oneflow-Inc/oneflow/pull/255",
    operations: ["convolution"],
    answer: answerChanged(({ outputs, gradients }) => {
      const positions = sizeOf(outputs["output"]!.shape.slice(2));
      const divided = (gradient: Tensor, name: string): Tensor => (name === "input" ? gradient : map(gradient, (value) => value / positions));
      return { outputs, gradients: mapNamed(gradients, divided) };
    }),
  },
  {
    name: "kernelGradientFlipped",
    says: "the kernel's gradient flipped along its spatial axes",
    kind: "mistake",
    source: "https://github.com/Site1997/LeNet-python/issues/2",
    operations: convolutions,
    answer: answerChanged(({ outputs, gradients }) => ({ outputs, gradients: withName(gradients, "kernel", flip) })),
  },
  {
    name: "inputGradientOfFlippedKernel",
    says: "the input's gradient taken through a flipped kernel",
    kind: "mistake",
    source: "https://github.com/BVLC/caffe/issues/5812 (whether the backward pass turns the kernel)",
    operations: convolutions,
    answer: (operation, one) => {
      const right = referenceTo(operation, one);
      const flipped = backwardUnder(({ inputs }) => ({ inputs: withName(inputs, "kernel", flip) }))(operation, one);
      return { outputs: right.outputs, gradients: withName(right.gradients, "input", (gradient) => flipped?.gradients["input"] ?? gradient) };
    },
  },
  {
    name: "outputPaddingIgnored",
    says: "no output padding",
    kind: "mistake",
    source: "https://github.com/ENOT-AutoDL/onnx2torch/pull/41",
    operations: ["transposedConvolution"],
    answer: underOptions((options) => ({ ...options, outputPadding: extraOf(options).map(() => 0) })),
  },
  {
    name: "outputPaddingOfZeros",
    says: "zeros where output padding adds cells, instead of what the kernel lays there",
    kind: "convention",
    source: "https://github.com/onnx/onnx/issues/2333",
    operations: ["transposedConvolution"],
    answer: (operation, one) => {
      const { options, cotangents } = one;
      const { outputs, gradients } = referenceTo(operation, {
        ...one, ...(cotangents && { cotangents: mapNamed(cotangents, (each) => withoutExtra(each, options)) }),
      });
      return { outputs: mapNamed(outputs, (output) => withoutExtra(output, options)), gradients };
    },
  },
];
