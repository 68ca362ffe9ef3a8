/**
 * Adaptive pooling in the catalog.
 *
 * @module
 */
import {
  adaptiveAveragePooling, adaptiveAveragePoolingBackward, adaptiveMaxPoolingBackward, adaptiveMaxPoolingWithIndices, adaptiveWindows,
} from "../../cnn/adaptive-pooling.ts";
import type { AdaptivePoolingOptions } from "../../cnn/adaptive-pooling.ts";
import { perAxis } from "../../tensor/options.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { absolute, radiusOfSums } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { CaseSpace, Operation, Options, Tensors } from "./operation.ts";
import { extreme, pooled } from "./pooling.ts";

const outputSize = (name: string, inputs: Tensors, options: Options): readonly number[] =>
  perAxis(name, "outputSize", options["outputSize"], inputs["input"]!.shape.length - 2, 1);

const cases = (range: number): CaseSpace => caseSpace({
  fields: { samples: [1, 3], channels: [1, 3] },
  // Six outputs of two or four cells are the least where thirds of a cell meet a whole number before the end.
  axes: { size: [1, 7], outputs: [1, 6] },
  axisCount: [1, 3],
  build: ({ samples, channels }, axes) => ({
    inputs: { input: { shape: [samples, channels, ...axes.map(({ size }) => size)], range } },
    options: { outputSize: axes.map(({ outputs }) => outputs) },
  }),
});

const described = (name: string, range: number): Pick<Operation, "options" | "complete" | "space"> => ({
  options: { outputSize: "outputs per axis" },
  complete: (inputs, options) => ({ outputSize: outputSize(name, inputs, options) }),
  space: cases(range),
});

/** The catalog's entry for adaptive max pooling. @internal */
export const adaptiveMaxPoolingEntry: Operation = extreme(
  "adaptiveMaxPooling", "the largest value of each of a given number of windows", adaptiveMaxPoolingWithIndices, adaptiveMaxPoolingBackward,
  described("adaptiveMaxPooling", 4096), "[N, C, …outputSize]",
);

const forward: Operation["forward"] = (inputs, options) =>
  ({ output: adaptiveAveragePooling(inputs["input"]!, options as unknown as AdaptivePoolingOptions) });

const backward = (inputs: Tensors, options: Options, cotangents: Tensors): Tensors =>
  ({ input: adaptiveAveragePoolingBackward(inputs["input"]!, cotangents["output"]!, options as unknown as AdaptivePoolingOptions) });

/** Sums of absolute values by the operation itself; cells of a window, and windows of a cell, are counted. */
const terms: NonNullable<Operation["terms"]> = (inputs, options, cotangents) => {
  const input = inputs["input"]!;
  const space = input.shape.slice(2);
  const windows = [...adaptiveWindows(space, outputSize("adaptiveAveragePooling", inputs, options))];
  const windowsOf = new Float64Array(sizeOf(space));
  for (const window of windows) for (const cell of window) windowsOf[cell]! += 1;
  const repeated = (like: Tensor, counts: ArrayLike<number>): Tensor =>
    adopt(like.shape, Float64Array.from({ length: raw(like).length }, (_, i) => counts[i % counts.length]!));
  const { output } = forward({ input: absolute(input) }, options) as { output: Tensor };
  return {
    outputs: { output: { sum: output, count: repeated(output, windows.map(({ length }) => length)) } },
    gradients: cotangents === undefined ? {} : { input: {
      sum: backward(inputs, options, { output: absolute(cotangents["output"]!) })["input"]!,
      count: repeated(input, windowsOf),
    } },
  };
};

/** The catalog's entry for adaptive average pooling. @internal */
export const adaptiveAveragePoolingEntry: Operation = {
  name: "adaptiveAveragePooling",
  summary: "the mean of each of a given number of windows",
  inputs: [pooled],
  outputs: [{ name: "output", axes: "[N, C, …outputSize]", cotangent: true }],
  exact: true,
  scaled: true,
  ...described("adaptiveAveragePooling", 8),
  forward,
  backward,
  terms,
  // n − 1 additions at most, and two roundings for a division, as a reciprocal that is multiplied. Honest code may take the mean of one axis
  // after the other, which divides once an axis. Gradients scale each term and add them up, in either way too.
  radius: (inputs, options, cotangents, precision) => {
    const extra = 2 * (inputs["input"]!.shape.length - 2) - 1;
    return radiusOfSums(terms, { outputs: extra, gradients: extra })(inputs, options, cotangents, precision);
  },
};
