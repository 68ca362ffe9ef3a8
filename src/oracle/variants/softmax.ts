/**
 * Variants of softmax and its logarithm: over which numbers a row goes, overflow, and halves of the gradient.
 *
 * @module
 */
import { sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import { adopt, emptyStorage, raw, reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import { rowsAlong } from "../catalog/softmax.ts";
import { detour } from "./detour.ts";
import type { Detour } from "./detour.ts";
import { underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";

const both = ["softmax", "logSoftmax"];

/** The axis counted from the beginning. */
const axisOf = ({ inputs, options }: Pick<Case, "inputs" | "options">): number => {
  const { length } = inputs["input"]!.shape;
  const axis = options["axis"] as number;
  return axis < 0 ? axis + length : axis;
};

/** Rows of another shape, along its last axis. */
const reshaped = (one: Case, shape: Shape): Detour => {
  const { inputs, cotangents } = one;
  const back = (tensor: Tensor): Tensor => reshape(tensor, inputs["input"]!.shape);
  const there = (tensor: Tensor): Tensor => reshape(tensor, shape);
  return {
    one: { ...one, inputs: mapNamed(inputs, there), options: { axis: -1 }, ...(cotangents && { cotangents: mapNamed(cotangents, there) }) },
    back: ({ outputs, gradients }) => ({ outputs: mapNamed(outputs, back), gradients: mapNamed(gradients, back) }),
  };
};

/** A function of whole rows, in the place of the outputs or of the gradient. */
const byRows = (tensor: Tensor, axis: number, f: (places: readonly number[]) => readonly number[]): Tensor => {
  const found = emptyStorage([tensor], sizeOf(tensor.shape));
  for (const places of rowsAlong(tensor.shape, axis)) f(places).forEach((value, c) => (found[places[c]!] = value));
  return adopt(tensor.shape, found);
};

/** The right outputs, and a gradient of each entry from its output and its cotangent. */
const withGradient = (gradient: (name: string, y: number, dy: number) => number): Variant["answer"] => (operation, { inputs, options, cotangents }) => {
  const outputs = operation.forward(inputs, options);
  const dy = cotangents?.["output"];
  if (dy === undefined) return { outputs, gradients: {} };
  const y = raw(outputs["output"]!);
  const input = byRows(inputs["input"]!, axisOf({ inputs, options }), (places) => places.map((at) => gradient(operation.name, y[at]!, raw(dy)[at]!)));
  return { outputs, gradients: { input } };
};

/** Other outputs, row by row, in numbers of float32; the gradient as these have it, from p. */
const withRows = (row: (x: readonly number[]) => { readonly y: readonly number[]; readonly p: readonly number[] }): Variant["answer"] =>
  (operation, { inputs, options, cotangents }) => {
    const input = inputs["input"]!;
    const axis = axisOf({ inputs, options });
    const at = (places: readonly number[], tensor: Tensor): readonly number[] => places.map((place) => raw(tensor)[place]!);
    const output = byRows(input, axis, (places) => row(at(places, input)).y);
    const dy = cotangents?.["output"];
    if (dy === undefined) return { outputs: { output }, gradients: {} };
    const gradient = byRows(input, axis, (places) => {
      const { p } = row(at(places, input));
      const d = at(places, dy);
      const total = d.reduce((sum, each, c) => sum + each * (operation.name === "softmax" ? p[c]! : 1), 0);
      return p.map((each, c) => (operation.name === "softmax" ? each * (d[c]! - total) : d[c]! - each * total));
    });
    return { outputs: { output }, gradients: { input: gradient } };
  };

const float = Math.fround;

/** e^x as it is, in float32. */
const unshifted = (x: readonly number[]): { readonly powers: readonly number[]; readonly sum: number } => {
  const powers = x.map((each) => float(Math.exp(each)));
  return { powers, sum: powers.reduce((sum, each) => float(sum + each), 0) };
};

/** @internal */
export const softmaxVariants: readonly Variant[] = [
  {
    name: "axisLast",
    says: "rows along the last axis",
    kind: "mistake",
    source: "https://github.com/nntrainer/nntrainer/pull/430",
    operations: both,
    answer: underOptions((options) => (options["axis"] === -1 ? undefined : { ...options, axis: -1 })),
  },
  {
    name: "axisOne",
    says: "rows along axis 1",
    kind: "convention",
    source: "https://github.com/robertknight/rten/pull/1414",
    operations: both,
    answer: detour((one) => (one.inputs["input"]!.shape.length < 2 || axisOf(one) === 1 ? undefined
      : { one: { ...one, options: { axis: 1 } }, back: (answers) => answers })),
  },
  {
    name: "flattenedFromAxis",
    says: "all axes from the given one on as one row (ONNX before version 13)",
    kind: "convention",
    source: "https://github.com/openvinotoolkit/openvino/issues/37823",
    operations: both,
    answer: detour((one) => {
      const { shape } = one.inputs["input"]!;
      const axis = axisOf(one);
      return axis === shape.length - 1 ? undefined : reshaped(one, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
    }),
  },
  {
    name: "allAxes",
    says: "the whole tensor as one row",
    kind: "mistake",
    source: "https://github.com/nntrainer/nntrainer/pull/430 (than all the axis)",
    operations: both,
    answer: detour((one) => reshaped(one, [sizeOf(one.inputs["input"]!.shape)])),
  },
  {
    name: "largestNotSubtracted",
    says: "powers of the numbers as they are, which overflow in float32 from 88.7 on",
    kind: "mistake",
    source: "https://github.com/deeplearning4j/deeplearning4j/issues/6039",
    operations: ["softmax"],
    answer: withRows((x) => {
      const { powers, sum } = unshifted(x);
      const p = powers.map((each) => each / sum);
      return { y: p, p };
    }),
  },
  {
    name: "logOfSumNotShifted",
    says: "x - log(sum of e^x), whose powers overflow in float32 from 88.7 on",
    kind: "mistake",
    source: "https://github.com/dwavesystems/dwave-optimization/issues/555",
    operations: ["logSoftmax"],
    answer: withRows((x) => {
      const { powers, sum } = unshifted(x);
      return { y: x.map((each) => each - Math.log(sum)), p: powers.map((each) => each / sum) };
    }),
  },
  {
    name: "logOfProbability",
    says: "the logarithm of a probability that underflows to 0 in float32",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html (two operations, numerically unstable)",
    operations: ["logSoftmax"],
    answer: withRows((x) => {
      const { powers, sum } = unshifted(x.map((each) => each - Math.max(...x)));
      const p = powers.map((each) => float(each / sum));
      return { y: p.map(Math.log), p };
    }),
  },
  {
    name: "gradientOfDiagonal",
    says: "the gradient of each entry by its own number alone, p(1 - p)",
    kind: "mistake",
    source: "https://github.com/deeplearning4j/libnd4j/issues/440",
    operations: both,
    answer: withGradient((name, y, dy) => (name === "softmax" ? y * (1 - y) : 1 - Math.exp(y)) * dy),
  },
  {
    name: "probabilityAdded",
    says: "the gradient dy + p",
    kind: "mistake",
    source: "https://github.com/mlpack/mlpack/issues/2360",
    operations: ["logSoftmax"],
    answer: withGradient((_, y, dy) => dy + Math.exp(y)),
  },
  {
    name: "meanNotSubtracted",
    says: "the gradient p·dy, without the mean of dy",
    kind: "mistake",
    source: "https://github.com/HomericIntelligence/Odyssey/issues/2134 (the missing dot product)",
    operations: ["softmax"],
    answer: withGradient((_, y, dy) => y * dy),
  },
];
