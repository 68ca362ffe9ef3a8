/**
 * Variants of what slides a window over images: convolution and pooling.
 *
 * @module
 */
import { flip } from "../../cnn/convolution.ts";
import { toChannelsFirst, toChannelsLast } from "../../tensor/layout.ts";
import { reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import { answerOf, referenceTo, reversed, underOptions, values, withName } from "./variant.ts";
import type { Variant } from "./variant.ts";

const windows = ["convolution", "maxPooling", "minPooling", "averagePooling"];

/** @internal */
export const windowVariants: readonly Variant[] = [
  {
    name: "kernelFlipped",
    says: "the kernel flipped along its spatial axes (the convolution of mathematics instead of cross-correlation)",
    kind: "convention",
    source: "https://docs.scipy.org/doc/scipy/reference/generated/scipy.signal.convolve2d.html",
    operations: ["convolution"],
    answer: (operation, one) => {
      const { outputs, gradients } = answerOf(operation, withName(one.inputs, "kernel", flip), one.options, one.cotangents);
      return { outputs, gradients: withName(gradients, "kernel", flip) };
    },
  },
  {
    name: "answerChannelsLast",
    says: "its axes in the order [N, …space, C] (channels last)",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/nn/conv2d (data_format)",
    operations: windows,
    answer: (operation, one) => {
      const { outputs, gradients } = referenceTo(operation, one);
      return { outputs: mapNamed(outputs, toChannelsLast), gradients: withName(gradients, "input", toChannelsLast) };
    },
  },
  {
    name: "valuesChannelsLast",
    says: "its values written in channels-last order under a channels-first shape",
    kind: "mistake",
    source: "https://www.tensorflow.org/api_docs/python/tf/nn/conv2d (data_format)",
    operations: windows,
    answer: (operation, one) => {
      const last = (tensor: Tensor): Tensor => values(tensor, toChannelsLast);
      const { outputs, gradients } = referenceTo(operation, one);
      return { outputs: mapNamed(outputs, last), gradients: withName(gradients, "input", last) };
    },
  },
  {
    name: "inputReadChannelsLast",
    says: "the input's values read as [N, …space, C] (channels last)",
    kind: "mistake",
    source: "https://www.tensorflow.org/api_docs/python/tf/nn/conv2d (data_format)",
    operations: windows,
    answer: (operation, one) => {
      const read = (tensor: Tensor): Tensor => {
        const [samples, channels, ...space] = tensor.shape;
        return toChannelsFirst(reshape(tensor, [samples!, ...space, channels!]));
      };
      return answerOf(operation, withName(one.inputs, "input", read), one.options, one.cotangents);
    },
  },
  {
    name: "paddingSidesSwapped",
    says: "the padding's two sides swapped along every axis",
    kind: "mistake",
    source: "https://onnx.ai/onnx/operators/onnx__Conv.html (auto_pad SAME_UPPER, SAME_LOWER)",
    operations: windows,
    answer: underOptions((options) => ({ ...options, padding: (options["padding"] as readonly number[][]).map((sides) => sides.toReversed()) })),
  },
  {
    name: "dilationIgnored",
    says: "a dilation of 1",
    kind: "mistake",
    source: "https://onnx.ai/onnx/operators/onnx__MaxPool.html (dilations, since version 10)",
    operations: windows,
    answer: underOptions((options) => ({ ...options, dilation: (options["dilation"] as readonly number[]).map(() => 1) })),
  },
  { name: "strideAxesReversed", says: "the strides in the opposite order of axes", kind: "mistake", source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (stride)", operations: windows, answer: underOptions(reversed("stride")) },
  { name: "dilationAxesReversed", says: "the dilations in the opposite order of axes", kind: "mistake", source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (dilation)", operations: windows, answer: underOptions(reversed("dilation")) },
  {
    name: "biasLeftOut",
    says: "the bias left out",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (bias)",
    operations: ["convolution", "fullyConnected"],
    answer: (operation, one) => {
      const { bias, ...others } = one.inputs;
      return bias && answerOf(operation, others, one.options, one.cotangents);
    },
  },
  {
    name: "divisorCountsPadding",
    says: "padding counted in the divisor where it should not be, or the reverse",
    kind: "convention",
    source: "https://github.com/onnx/onnx/issues/4958",
    operations: ["averagePooling"],
    answer: underOptions((options) => ({ ...options, countPadding: !(options["countPadding"] as boolean) })),
  },
];
