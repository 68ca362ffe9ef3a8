/**
 * Max, min and average pooling in the catalog.
 *
 * @module
 */
import { averagePooling, averagePoolingBackward } from "../../cnn/average-pooling.ts";
import type { AveragePoolingOptions } from "../../cnn/average-pooling.ts";
import { maxPoolingBackward, maxPoolingWithIndices, minPoolingBackward, minPoolingWithIndices } from "../../cnn/pooling.ts";
import type { PooledWithIndices, PoolingOptions } from "../../cnn/pooling.ts";
import { perAxis } from "../../tensor/options.ts";
import type { Shape } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { slideWindow } from "../../cnn/window.ts";
import { absolute, onesLike, radiusOfSums, termsOfProducts } from "../error-bound.ts";
import type { Numbers } from "../lattice.ts";
import { caseSpace } from "./operation.ts";
import type { CaseSpace, Draft, InputDraft, InputSlot, Operation, Options, Range, Tensors } from "./operation.ts";
import { dilatedAxis, evenlyPadded, windowAxes, windowInput, windowOptions } from "./window.ts";
import type { WindowAxis } from "./window.ts";

/** The one input of every pooling. @internal */
export const pooled: InputSlot = { name: "input", axes: "[N, C, …space]", optional: false, differentiable: true };

/** What the options of a window mean. @internal */
export const windowHelp = {
  window: "taps per axis", stride: "per axis, default the window", padding: "[before, after] per axis, default none",
  dilation: "per axis, default 1", ceilMode: "whether a last window may hang over the end, default false",
};

/** The options of a pooling's window, every one explicit. @internal */
export const completeWindow = (name: string, inputs: Tensors, options: Options): Options => {
  const space = inputs["input"]!.shape.slice(2);
  const size = perAxis(name, "window", options["window"], space.length, 1);
  const { ceilMode = false } = options as unknown as PoolingOptions;
  const { stride, padding, dilation } = slideWindow(name, space, size, { ...options, stride: (options["stride"] ?? size) as readonly number[] }, ceilMode);
  return { window: size, stride, padding, dilation, ceilMode };
};

/** Taps, and less padding on each side than the window reaches, so that no window lies wholly in padding. */
const poolingAxis = (axis: WindowAxis): WindowAxis => {
  const reach = (axis.taps - 1) * axis.dilation;
  return { ...axis, before: Math.min(axis.before, reach), after: Math.min(axis.after, reach) };
};

/** Whole numbers by name, as drawn. */
type Fields = Readonly<Record<string, number>>;

/**
 * Cases of a pooling with windows.
 *
 * @param more - fields beside those of the window
 * @param extra - options beside those of the window
 * @param numbers - how the input's numbers are drawn
 * @param emptyWindows - whether windows may lie wholly in padding
 *
 * @internal
 */
export const poolingSpace = (
  more: Readonly<Record<string, Range>>, extra: (fields: Fields) => Options, numbers: (fields: Fields, tier: Numbers) => Omit<InputDraft, "shape">,
  emptyWindows = false,
): CaseSpace =>
  caseSpace({
    fields: { samples: [1, 3], channels: [1, 3], ceilMode: [0, 1], dilated: [0, 1], padding: [0, 1], ...more },
    axes: windowAxes,
    axisCount: [1, 3],
    build: (fields, drawnAxes, tier): Draft => {
      const dilated = drawnAxes.map((axis) => dilatedAxis(fields["dilated"]!, axis));
      const each = emptyWindows ? dilated : dilated.map(poolingAxis);
      const axes = fields["padding"] === 1 ? evenlyPadded(each) : each;
      const shape: Shape = [fields["samples"]!, fields["channels"]!, ...axes.map(emptyWindows ? windowInput : poolingInput)];
      return {
        inputs: { input: { shape, ...numbers(fields, tier) } },
        options: { ...windowOptions(0, axes), window: axes.map(({ taps }) => taps), ceilMode: fields["ceilMode"] === 1, ...extra(fields) },
      };
    },
  });

/** With dilation a window may step over a short input: as many cells as two neighbouring taps lie apart make sure that one is hit. */
const poolingInput = (axis: WindowAxis): number => Math.max(windowInput(axis), axis.dilation);

type BackwardOf = (input: Tensor, dOutput: Tensor, options: never) => Tensor;

/**
 * The entry of a pooling that copies the winners of its windows.
 *
 * @param options - what the options mean, how they are completed, and which are drawn
 *
 * @internal
 */
export const extreme = (
  name: string, summary: string, forwardOf: (input: Tensor, options: never) => PooledWithIndices, backwardOf: BackwardOf,
  options: Pick<Operation, "options" | "complete" | "space">, axes: string,
): Operation => {
  const forward: Operation["forward"] = (inputs, given) => ({ ...forwardOf(inputs["input"]!, given as never) });
  const backward = (inputs: Tensors, given: Options, cotangents: Tensors): Tensors =>
    ({ input: backwardOf(inputs["input"]!, cotangents["output"]!, given as never) });
  const zerosLike = (tensor: Tensor): Tensor => adopt(tensor.shape, new Float64Array(raw(tensor).length));
  const terms: NonNullable<Operation["terms"]> = (inputs, given, cotangents) => {
    const { output, indices } = forward(inputs, given) as { output: Tensor; indices: Tensor };
    const exactly = { sum: zerosLike(output), count: zerosLike(output) };
    return {
      outputs: indices === undefined ? { output: exactly } : { output: exactly, indices: exactly },
      gradients: cotangents === undefined ? {} : { input: {
        sum: backward(inputs, given, { output: absolute(cotangents["output"]!) })["input"]!,
        count: backward(inputs, given, { output: onesLike(cotangents["output"]!) })["input"]!,
      } },
    };
  };
  return {
    name, summary, forward, backward, terms, ...options,
    inputs: [pooled],
    outputs: [
      { name: "output", axes, cotangent: true },
      { name: "indices", axes: `${axes}: flat positions in the sample's own unpadded plane`, cotangent: false },
    ],
    exact: true,
    scaled: false,
    radius: radiusOfSums(terms, { outputs: 0, gradients: -1 }),
  };
};

const windowed = (name: string): Pick<Operation, "options" | "complete" | "space"> => ({
  options: windowHelp,
  complete: (inputs, options) => completeWindow(name, inputs, options),
  space: poolingSpace({}, () => ({}), () => ({ range: 4096 })),
});

/** The catalog's entry for max pooling. @internal */
export const maxPoolingEntry: Operation = extreme(
  "maxPooling", "the largest value of each window", maxPoolingWithIndices, maxPoolingBackward, windowed("maxPooling"), "[N, C, …positions]",
);

/** The catalog's entry for min pooling. @internal */
export const minPoolingEntry: Operation = extreme(
  "minPooling", "the smallest value of each window", minPoolingWithIndices, minPoolingBackward, windowed("minPooling"), "[N, C, …positions]",
);

const averageForward: Operation["forward"] = (inputs, options) =>
  ({ output: averagePooling(inputs["input"]!, options as unknown as AveragePoolingOptions) });

const averageBackward = (inputs: Tensors, options: Options, cotangents: Tensors): Tensors =>
  ({ input: averagePoolingBackward(inputs["input"]!, cotangents["output"]!, options as unknown as AveragePoolingOptions) });

const averageTerms = termsOfProducts(averageForward, averageBackward, (options) => ({ ...options, divisor: 1 }));

/** The catalog's entry for average pooling. @internal */
export const averagePoolingEntry: Operation = {
  name: "averagePooling",
  summary: "the mean of each window",
  inputs: [pooled],
  outputs: [{ name: "output", axes: "[N, C, …positions]", cotangent: true }],
  options: {
    ...windowHelp, countPadding: "whether padding counts in the divisor, default false", divisor: "divides every sum instead; absent means the count",
  },
  exact: true,
  scaled: true,
  complete: (inputs, options) => ({
    ...completeWindow("averagePooling", inputs, options),
    countPadding: options["countPadding"] ?? false,
    ...(options["divisor"] === undefined ? {} : { divisor: options["divisor"] }),
  }),
  forward: averageForward,
  backward: averageBackward,
  terms: averageTerms,
  // n − 1 additions, then one division, or two roundings where a reciprocal is multiplied; gradients scale each term first.
  radius: radiusOfSums(averageTerms, { outputs: 1, gradients: 1 }),
  space: poolingSpace(
    { countPadding: [0, 1], divisor: [0, 4] },
    ({ countPadding, divisor }) => ({ countPadding: countPadding === 1, ...(divisor! > 2 ? { divisor: 2 * divisor! - 3 } : {}) }),
    () => ({ range: 8 }),
  ),
};
