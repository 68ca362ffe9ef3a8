/**
 * Variants of pooling: what a window is, and what divides its sum.
 *
 * @module
 */
import { adopt, map, raw, widen } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers, Operation, Options, Tensors } from "../catalog/operation.ts";
import { answerChanged, answerOf, backwardUnder, ofFirstAxis, reversed, underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";
import { cellsOf, gathered, inputGradient } from "./cells.ts";
import { adaptivePools, pools } from "./windows.ts";
import { extremes, signOf } from "./winners.ts";

const windowOf = (options: Options): readonly number[] => options["window"] as readonly number[];
const taps = (options: Options): number => sizeOf(windowOf(options));

/** The whole window as the divisor, where padding counts and no other divisor is given. */
const wholeWindow = (options: Options): Options | undefined =>
  (options["divisor"] === undefined && options["countPadding"] === true ? { ...options, divisor: taps(options) } : undefined);

/** A mean's sum: the mean of the cells times how many there are, before anything is rounded. */
const summed = (operation: Operation, one: Case, chosen: readonly ("outputs" | "gradients")[]): Answers<Tensor> => {
  const counts = cellsOf(one).lists.map(({ length }) => length);
  const times = (tensor: Tensor): Tensor => map(tensor, (value, position) => value * counts[position % counts.length]!);
  const wide = (tensors: Tensors): Tensors => mapNamed(tensors, widen);
  const { outputs, gradients } = answerOf(operation, wide(one.inputs), one.options, one.cotangents
    && (chosen.includes("gradients") ? mapNamed(wide(one.cotangents), times) : one.cotangents));
  const rounded = (tensor: Tensor): Tensor => adopt(tensor.shape, Float32Array.from(raw(tensor)));
  return { outputs: mapNamed(outputs, (output) => rounded(chosen.includes("outputs") ? times(output) : output)), gradients: mapNamed(gradients, rounded) };
};

/** Every window's share written to its cells, whatever stood there before. */
const overwritten: Variant["answer"] = (operation, one) => {
  const { outputs } = answerOf(operation, one.inputs, one.options, undefined);
  const sign = signOf(one.operation);
  const divides = one.operation.toLowerCase().includes("average");
  const cells = cellsOf(one);
  const ofOnes = divides ? operation.forward(mapNamed(one.inputs, (input) => map(input, () => 1)), one.options)["output"]! : undefined;
  const shares = (values: readonly number[], position: number): readonly number[] => {
    const first = values.reduce((best, value, i) => (sign * value > sign * values[best]! ? i : best), 0);
    return values.map((_, i) => (ofOnes === undefined ? Number(i === first) : ofOnes.values[position]! / values.length));
  };
  return { outputs, gradients: inputGradient(one, cells, shares, true) };
};

/** The norm without absolute values: (Σxᵖ)^(1/p), which is no number where the sum is negative. */
const signedPowers: Variant["answer"] = (_, one) => {
  const p = one.options["power"] as number;
  if (p === 2) return undefined;
  const cells = cellsOf(one);
  const norm = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** p, 0) ** (1 / p);
  const shares = (values: readonly number[]): readonly number[] => {
    const y = norm(values);
    return values.map((value) => (y === 0 ? 0 : value ** (p - 1) * y ** (1 - p)));
  };
  return { outputs: { output: gathered(one.inputs["input"]!, cells, norm) }, gradients: inputGradient(one, cells, shares) };
};

/** @internal */
export const poolingVariants: readonly Variant[] = [
  {
    name: "windowAxesReversed",
    says: "the window's sizes in the opposite order of axes",
    kind: "mistake",
    source: "https://github.com/deeplearning4j/deeplearning4j/pull/964",
    operations: pools,
    answer: underOptions(reversed("window")),
  },
  {
    name: "windowOfFirstAxis",
    says: "the window's size along the first axis used for every axis",
    kind: "mistake",
    source: "https://github.com/apache/mxnet/pull/4704 (only one dimension of the kernel considered)",
    operations: pools,
    answer: underOptions(ofFirstAxis("window")),
  },
  {
    name: "strideOfWindow",
    says: "a stride of the window's size",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/6494",
    operations: pools,
    answer: underOptions((options) => ({ ...options, stride: windowOf(options) })),
  },
  {
    name: "roundingOfSizeExchanged",
    says: "the number of windows rounded up where it should be rounded down, or the reverse",
    kind: "convention",
    source: "https://github.com/BVLC/caffe/pull/6282",
    operations: pools,
    answer: underOptions((options) => ({ ...options, ceilMode: !(options["ceilMode"] as boolean) })),
  },
  {
    name: "overlapOverwritten",
    says: "the gradient of overlapping windows overwritten by the last of them instead of summed",
    kind: "mistake",
    source: "https://github.com/ROCm/composable_kernel/pull/750",
    operations: [...extremes, "averagePooling", ...adaptivePools],
    answer: overwritten,
  },
  {
    name: "divisorCountsPadding",
    says: "padding counted in the divisor where it should not be, or the reverse",
    kind: "convention",
    source: "https://github.com/BVLC/caffe/issues/6297",
    operations: ["averagePooling"],
    answer: underOptions((options) => ({ ...options, countPadding: !(options["countPadding"] as boolean) })),
  },
  {
    name: "divisorCountsOverhang",
    says: "the whole window as the divisor, even where it hangs over the padding",
    kind: "convention",
    source: "https://github.com/sonos/tract/pull/2851",
    operations: ["averagePooling"],
    answer: underOptions(wholeWindow),
  },
  {
    name: "divisorIgnored",
    says: "the given divisor ignored where padding does not count",
    kind: "mistake",
    source: "https://github.com/pytorch/executorch/pull/18616",
    operations: ["averagePooling"],
    answer: underOptions(({ divisor, ...options }) => (divisor === undefined || options["countPadding"] === true ? undefined : options)),
  },
  {
    name: "gradientDivisorCountsOverhang",
    says: "the gradient divided by the whole window, even where it hangs over the padding",
    kind: "mistake",
    source: "https://github.com/tracel-ai/burn/issues/5604",
    operations: ["averagePooling"],
    answer: backwardUnder(({ options }) => {
      const changed = wholeWindow(options);
      return changed && { options: changed };
    }),
  },
  {
    name: "sumInsteadOfMean",
    says: "the sum of each window instead of its mean",
    kind: "convention",
    source: "https://mxnet.apache.org/versions/master/api/python/docs/api/npx/generated/mxnet.npx.pooling.html (pool_type)",
    operations: ["averagePooling", "adaptiveAveragePooling"],
    answer: (operation, one) => (one.operation === "averagePooling"
      ? underOptions((options) => ({ ...options, divisor: 1 }))(operation, one) : summed(operation, one, ["outputs", "gradients"])),
  },
  {
    name: "gradientNotDivided",
    says: "the gradient not divided by the number of cells",
    kind: "mistake",
    source: "https://github.com/rasmusbergpalm/DeepLearnToolbox/issues/129",
    operations: ["averagePooling", "adaptiveAveragePooling"],
    answer: (operation, one) => (one.operation === "averagePooling"
      ? backwardUnder(({ options }) => ({ options: { ...options, divisor: 1 } }))(operation, one) : summed(operation, one, ["gradients"])),
  },
  {
    name: "meanOfPowers",
    says: "the mean of the powers under the root instead of their sum",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html (called power-average pooling; its formula sums)",
    operations: ["lpPooling"],
    answer: answerChanged(({ outputs, gradients }, { options }) => {
      const times = (tensor: Tensor): Tensor => map(tensor, (value) => value * taps(options) ** (-1 / (options["power"] as number)));
      return { outputs: mapNamed(outputs, times), gradients: mapNamed(gradients, times) };
    }),
  },
  {
    name: "signedPowers",
    says: "powers of the values themselves instead of their absolute values",
    kind: "mistake",
    source: "https://github.com/FluxML/NNlib.jl/pull/639",
    operations: ["lpPooling"],
    answer: signedPowers,
  },
];
