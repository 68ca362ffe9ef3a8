/**
 * Variants of everything that slides a window over images or pads them: where padding, strides and dilations go, and in which order axes lie.
 *
 * @module
 */
import { toChannelsLast } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options } from "../catalog/operation.ts";
import { misread, ofFirstAxis, perAxisChanged, referenceTo, reversed, stored, throughInput, underOptions, underOptionsCropped, withName } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** Convolution by a kernel, in both directions. @internal */
export const convolutions: readonly string[] = ["convolution", "transposedConvolution"];

/** Pooling by windows of a given size. @internal */
export const pools: readonly string[] = ["maxPooling", "minPooling", "averagePooling", "lpPooling"];

/** Pooling to a given size. @internal */
export const adaptivePools: readonly string[] = ["adaptiveMaxPooling", "adaptiveAveragePooling"];

const windows = [...convolutions, ...pools];
const padded = [...windows, "pad"];
const images = [...padded, ...adaptivePools];

/** The order of axes in which channels come last. */
const lastChannels = ({ shape }: Tensor): readonly number[] => [0, ...shape.slice(2).map((_, axis) => axis + 2), 1];

const storedLast = (tensor: Tensor): Tensor => stored(tensor, lastChannels(tensor));
const readLast = (tensor: Tensor): Tensor => misread(tensor, lastChannels(tensor));

type Sides = readonly [before: number, after: number];

/** Other padding, from the padding of all axes; none where it is the same. */
const repadded = (change: (sides: readonly Sides[]) => readonly Sides[] | undefined) => (options: Options): Options | undefined => {
  const padding = change(options["padding"] as readonly Sides[]);
  return padding && { ...options, padding };
};

const ones = (name: string) => (options: Options): Options => ({ ...options, [name]: (options[name] as readonly number[]).map(() => 1) });

/** @internal */
export const windowVariants: readonly Variant[] = [
  {
    name: "answerChannelsLast",
    says: "its axes in the order [N, …space, C] (channels last)",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/nn/conv2d (data_format)",
    operations: images,
    answer: (operation, one) => {
      const { outputs, gradients } = referenceTo(operation, one);
      return { outputs: mapNamed(outputs, toChannelsLast), gradients: withName(gradients, "input", toChannelsLast) };
    },
  },
  {
    name: "valuesChannelsLast",
    says: "its values written in channels-last order under a channels-first shape",
    kind: "mistake",
    source: "https://github.com/nntrainer/nntrainer/pull/697 (dimensions reordered, the data not)",
    operations: images,
    answer: (operation, one) => {
      const { outputs, gradients } = referenceTo(operation, { ...one, ...(one.cotangents && { cotangents: mapNamed(one.cotangents, readLast) }) });
      return { outputs: mapNamed(outputs, storedLast), gradients };
    },
  },
  {
    name: "inputReadChannelsLast",
    says: "the input's values read as [N, …space, C] (channels last), and its gradient written so",
    kind: "mistake",
    source: "https://github.com/nntrainer/nntrainer/pull/697 (NHWC data under NCHW dimensions)",
    operations: images,
    answer: throughInput("input", readLast, storedLast),
  },
  {
    name: "paddingSidesSwapped",
    says: "the padding's two sides swapped along every axis",
    kind: "mistake",
    source: "https://onnx.ai/onnx/operators/onnx__Conv.html (auto_pad SAME_UPPER, SAME_LOWER)",
    operations: padded,
    answer: underOptions(repadded((padding) => padding.map(([before, after]) => [after, before]))),
  },
  {
    name: "paddingBeforeOnBothSides",
    says: "the padding before the first cell used after the last one as well",
    kind: "mistake",
    source: "https://github.com/tracel-ai/burn/issues/5601",
    operations: padded,
    answer: underOptions(repadded((padding) => padding.map(([before]) => [before, before]))),
  },
  {
    name: "paddingAxesReversed",
    says: "the padding in the opposite order of axes",
    kind: "mistake",
    source: "https://github.com/llvm/torch-mlir/pull/3611",
    operations: padded,
    answer: underOptions(reversed("padding")),
  },
  {
    name: "paddingReadInPairs",
    says: "the padding, listed as all sides before and then all sides after, read in pairs, axis by axis",
    kind: "mistake",
    source: "https://github.com/microsoft/onnxruntime/pull/17325",
    operations: padded,
    answer: underOptions(repadded((padding) => {
      const listed = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
      return padding.length < 2 ? undefined : padding.map((_, axis) => [listed[2 * axis]!, listed[2 * axis + 1]!]);
    })),
  },
  {
    name: "paddingIgnored",
    says: "no padding",
    kind: "mistake",
    source: "https://github.com/dotnet/TorchSharp/issues/496",
    operations: padded,
    answer: underOptions(repadded((padding) => padding.map(() => [0, 0]))),
  },
  {
    name: "strideIgnored",
    says: "a stride of 1",
    kind: "mistake",
    source: "https://github.com/tf-encrypted/tf-encrypted/pull/384",
    operations: windows,
    answer: underOptions(ones("stride")),
  },
  {
    name: "strideAxesReversed",
    says: "the strides in the opposite order of axes",
    kind: "mistake",
    source: "https://github.com/mlpack/mlpack/issues/4050",
    operations: windows,
    answer: underOptions(reversed("stride")),
  },
  {
    name: "strideOfFirstAxis",
    says: "the stride of the first axis used for every axis",
    kind: "mistake",
    source: "https://github.com/apache/mxnet/pull/4704",
    operations: windows,
    answer: underOptions(ofFirstAxis("stride")),
  },
  {
    name: "dilationIgnored",
    says: "a dilation of 1",
    kind: "mistake",
    source: "https://github.com/xboot/libonnx/issues/24",
    operations: windows,
    answer: underOptions(ones("dilation")),
  },
  {
    name: "dilationOnlyInShape",
    says: "a dilation that counts in the size of the output and not where the taps are read",
    kind: "mistake",
    source: "https://github.com/CanReader/FastNN/issues/4",
    operations: ["convolution", ...pools],
    answer: underOptionsCropped(ones("dilation")),
  },
  {
    name: "dilationCountsGaps",
    says: "a dilation that counts the cells between two taps, so that 0 is none",
    kind: "convention",
    source: "https://github.com/uxlfoundation/oneDNN/pull/1126 (kh · (DH + 1))",
    operations: windows,
    answer: underOptions((options) => ({ ...options, dilation: (options["dilation"] as readonly number[]).map((each) => each + 1) })),
  },
  {
    name: "dilationAxesReversed",
    says: "the dilations in the opposite order of axes",
    kind: "mistake",
    source: "https://github.com/mlpack/mlpack/issues/4050",
    operations: windows,
    answer: underOptions(reversed("dilation")),
  },
  {
    name: "dilationShifted",
    says: "the dilations moved on by one axis, a 1 in front of them",
    kind: "mistake",
    source: "https://github.com/tensorflow/tfjs-converter/pull/363",
    operations: windows,
    answer: underOptions(perAxisChanged("dilation", (dilations) => [1, ...dilations.slice(0, -1)])),
  },
];
