/**
 * Variants of max and min pooling: which cell of a window wins, what of equal ones becomes, and how its position is counted.
 *
 * @module
 */
import { pad, padBackward } from "../../cnn/padding.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { map } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import { cellsOf, gathered, inputGradient } from "./cells.ts";
import { answerChanged, answerOf } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** Pooling that copies one cell of a window of given size. @internal */
export const extremes: readonly string[] = ["maxPooling", "minPooling"];

const winning = [...extremes, "adaptiveMaxPooling"];

/** 1 where larger values win, -1 where smaller do. @internal */
export const signOf = (operation: string): number => (operation === "minPooling" ? -1 : 1);

/** The best of the values: the largest, or the smallest. */
const bestOf = (values: readonly number[], sign: number): number => sign * values.reduce((best, value) => Math.max(best, sign * value), -Infinity);

/** The winners' gradients by shares of each window, the outputs as they should be. */
const winnersShare = (shares: (values: readonly number[], best: number) => readonly number[]): Variant["answer"] => (operation, one) => {
  const { outputs } = answerOf(operation, one.inputs, one.options, undefined);
  const sign = signOf(one.operation);
  return { outputs, gradients: inputGradient(one, cellsOf(one), (values) => shares(values, bestOf(values, sign))) };
};

/** The positions of winners counted in another way: from coordinates in their plane, the plane's number and the case. */
const indicesBy = (count: (at: readonly number[], plane: number, one: Case) => number): Variant["answer"] => answerChanged((answers, one) => {
  const { indices } = answers.outputs;
  if (indices === undefined) return undefined;
  const space = one.inputs["input"]!.shape.slice(2);
  const each = sizeOf(indices.shape.slice(2));
  const at = (index: number): readonly number[] => space.map((size, axis) => Math.floor(index / sizeOf(space.slice(axis + 1))) % size);
  return { ...answers, outputs: { ...answers.outputs, indices: map(indices, (index, position) => count(at(index), Math.floor(position / each), one)) } };
});

const flat = (at: readonly number[], space: readonly number[]): number => at.reduce((index, each, axis) => index * space[axis]! + each, 0);
const spaceOf = ({ inputs }: Case): readonly number[] => inputs["input"]!.shape.slice(2);

/** The reference over an input that has its padding already: cells of 0. */
const zeroPadded: Variant["answer"] = (operation, { inputs: { input }, options, cotangents }) => {
  const around = { padding: options["padding"] as readonly (readonly [number, number])[], mode: "zero" as const };
  const unpadded = { ...options, padding: around.padding.map(() => [0, 0]) };
  const { outputs: { output }, gradients } = answerOf(operation, { input: pad(input!, around) }, unpadded, cotangents);
  return { outputs: { output: output! }, gradients: mapNamed(gradients, (gradient) => padBackward(input!, gradient, around)) };
};

/** A search that begins with 0 as the best value so far, and so finds nothing better where all are worse. */
const fromZero: Variant["answer"] = (operation, { operation: name, inputs, options, cotangents }) => {
  const output = operation.forward(inputs, options)["output"]!;
  const found = (value: number): boolean => signOf(name) * value > 0;
  const given = cotangents && mapNamed(cotangents, (cotangent) => map(cotangent, (value, i) => (found(output.values[i]!) ? value : 0)));
  return {
    outputs: { output: map(output, (value) => (found(value) ? value : 0)) },
    gradients: given === undefined || operation.backward === undefined ? {} : operation.backward(inputs, options, given),
  };
};

/** @internal */
export const winnerVariants: readonly Variant[] = [
  {
    name: "paddingOfZerosTakesPart",
    says: "padding taken for zeros that can win",
    kind: "convention",
    source: "https://github.com/apache/mxnet/issues/2753",
    operations: extremes,
    answer: zeroPadded,
  },
  {
    name: "searchFromZero",
    says: "0 as the best value so far when the search begins",
    kind: "mistake",
    source: "https://github.com/tensorflow/tfjs/pull/4854",
    operations: winning,
    answer: fromZero,
  },
  {
    name: "lastOfTiesWins",
    says: "the last of equal values as the winner instead of the first",
    kind: "convention",
    source: "https://github.com/pytorch/xla/issues/2415",
    operations: winning,
    answer: (operation, one) => {
      const shared = winnersShare((values, best) => values.map((_, i) => Number(i === values.lastIndexOf(best))))(operation, one)!;
      const cells = cellsOf(one);
      const last = (values: readonly number[], position: number): number =>
        cells.lists[position]![values.lastIndexOf(bestOf(values, signOf(one.operation)))]!;
      return { ...shared, outputs: { ...shared.outputs, indices: gathered(one.inputs["input"]!, cells, last) } };
    },
  },
  {
    name: "everyTieWins",
    says: "the whole cotangent given to each of several equal winners",
    kind: "convention",
    source: "https://github.com/Theano/Theano/issues/5248",
    operations: winning,
    answer: winnersShare((values, best) => values.map((value) => Number(value === best))),
  },
  {
    name: "tiesShare",
    says: "the cotangent divided equally among equal winners",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/51682 (what reduce_max does)",
    operations: winning,
    answer: winnersShare((values, best) => values.map((value) => Number(value === best) / values.filter((each) => each === best).length)),
  },
  {
    name: "indicesOverPaddedPlane",
    says: "the winners' positions counted in the padded plane",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/10216",
    operations: extremes,
    answer: indicesBy((at, _, one) => {
      const padding = one.options["padding"] as readonly (readonly [number, number])[];
      return flat(at.map((each, axis) => each + padding[axis]![0]), spaceOf(one).map((size, axis) => size + padding[axis]![0] + padding[axis]![1]));
    }),
  },
  {
    name: "indicesOverWholeInput",
    says: "the winners' positions counted over all samples and channels",
    kind: "convention",
    source: "https://github.com/sonos/tract/pull/2860 (as ONNX counts)",
    operations: winning,
    answer: indicesBy((at, plane, one) => plane * sizeOf(spaceOf(one)) + flat(at, spaceOf(one))),
  },
  {
    name: "indicesChannelsLast",
    says: "the winners' positions counted with the channel last, (y · width + x) · channels + channel",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/pull/7090",
    operations: winning,
    answer: indicesBy((at, plane, one) => {
      const channels = one.inputs["input"]!.shape[1]!;
      return flat(at, spaceOf(one)) * channels + (plane % channels);
    }),
  },
  {
    name: "indicesColumnMajor",
    says: "the winners' positions counted down the columns, the first axis fastest",
    kind: "convention",
    source: "https://github.com/openvinotoolkit/openvino/pull/33833 (storage_order 1 of ONNX)",
    operations: winning,
    answer: indicesBy((at, _, one) => flat(at.toReversed(), spaceOf(one).toReversed())),
  },
];
