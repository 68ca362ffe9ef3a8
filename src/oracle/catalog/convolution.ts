/**
 * Convolution in the catalog.
 *
 * @module
 */
import { convolution, convolutionBackward } from "../../cnn/convolution.ts";
import type { ConvolutionOptions, ConvolutionParams } from "../../cnn/convolution.ts";
import { slideWindow } from "../../cnn/window.ts";
import type { WindowOptions } from "../../cnn/window.ts";
import { radiusOfSums, termsOfProducts } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options, Tensors } from "./operation.ts";
import { dilatedAxis, evenlyPadded, windowAxes, windowInput, windowOptions } from "./window.ts";

const params = ({ kernel, bias }: Tensors): ConvolutionParams => (bias === undefined ? { kernel: kernel! } : { kernel: kernel!, bias });

const forward = (inputs: Tensors, options: Options): Tensors => ({
  output: convolution(params(inputs), inputs["input"]!, options as ConvolutionOptions),
});

const backward = (inputs: Tensors, options: Options, cotangents: Tensors): Tensors => {
  const gradient = convolutionBackward(params(inputs), inputs["input"]!, cotangents["output"]!, options as ConvolutionOptions);
  return { input: gradient.input, ...gradient.params };
};

const terms = termsOfProducts(forward, backward);

/** The catalog's entry for convolution. @internal */
export const convolutionEntry: Operation = {
  name: "convolution",
  summary: "filters slid over the input, at each place a sum of products (cross-correlation), any number of spatial axes",
  inputs: [
    { name: "input", axes: "[N, C, …space]", optional: false, differentiable: true },
    { name: "kernel", axes: "[K, C/groups, …window]", optional: false, differentiable: true },
    { name: "bias", axes: "[K]", optional: true, differentiable: true },
  ],
  outputs: [{ name: "output", axes: "[N, K, …positions]", cotangent: true }],
  options: {
    stride: "per axis, default 1", padding: "[before, after] per axis, default none", dilation: "per axis, default 1",
    groups: "independent groups of channels, default 1",
  },
  exact: true,
  scaled: false,
  complete: (inputs, options) => {
    const { shape } = inputs["input"]!;
    const { stride, padding, dilation } = slideWindow("convolution", shape.slice(2), inputs["kernel"]!.shape.slice(2), options as WindowOptions);
    return { stride, padding, dilation, groups: options["groups"] ?? 1 };
  },
  forward,
  backward,
  terms,
  radius: radiusOfSums(terms, { outputs: 0, gradients: 0 }),
  space: caseSpace({
    fields: { samples: [1, 3], groups: [1, 3], channels: [1, 3], filters: [1, 3], bias: [0, 1], dilated: [0, 1], padding: [0, 3] },
    axes: windowAxes,
    axisCount: [1, 3],
    build: ({ samples, groups, channels, filters, bias, dilated, padding }, drawnAxes) => {
      const each = drawnAxes.map((axis) => dilatedAxis(dilated, axis));
      const axes = padding === 1 ? evenlyPadded(each) : each;
      return {
        inputs: {
          input: { shape: [samples, groups * channels, ...axes.map(windowInput)] },
          kernel: { shape: [groups * filters, channels, ...axes.map(({ taps }) => taps)] },
          ...(bias === 1 ? { bias: { shape: [groups * filters] } } : {}),
        },
        options: { ...windowOptions(padding, axes), groups },
      };
    },
  }),
};
