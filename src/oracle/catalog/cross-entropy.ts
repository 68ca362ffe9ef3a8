/**
 * Cross entropy and negative log likelihood in the catalog.
 *
 * @module
 */
import {
  crossEntropy, crossEntropyBackward, negativeLogLikelihood, negativeLogLikelihoodBackward,
} from "../../learning/cross-entropy.ts";
import type { CrossEntropyOptions, NegativeLogLikelihoodOptions } from "../../learning/cross-entropy.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { absolute, functionRoundings, gamma, onesLike, withReference } from "../error-bound.ts";
import { drawnReduction, reducedRadius } from "./loss.ts";
import type { Single } from "./loss.ts";
import { caseSpace, mapNamed } from "./operation.ts";
import type { InputDraft, InputSlot, Operation, Options, Tensors, Terms } from "./operation.ts";
import { logit, roundedRow, rowsAlong, times, widths } from "./softmax.ts";

type Loss = (input: Tensor, target: Tensor, options?: CrossEntropyOptions) => Tensor;
type LossBackward = (input: Tensor, target: Tensor, dOutput: Tensor, options?: CrossEntropyOptions) => Tensor;

const withWeight = ({ weight }: Tensors, options: Options): CrossEntropyOptions => ({ ...options, ...(weight === undefined ? {} : { weight }) });

const forwardOf = (loss: Loss): Operation["forward"] => (inputs, options) => ({
  output: loss(inputs["input"]!, inputs["target"]!, withWeight(inputs, options)),
});

const backwardOf = (lossBackward: LossBackward): NonNullable<Operation["backward"]> => (inputs, options, cotangents) => ({
  input: lossBackward(inputs["input"]!, inputs["target"]!, cotangents["output"]!, withWeight(inputs, options)),
});

/** What both radii read of a case. */
interface Rows {
  /** Whether targets are probabilities. */
  readonly soft: boolean;
  /** Where the classes of each row lie. */
  readonly places: readonly (readonly number[])[];
  readonly ignored: (row: number) => boolean;
  /** What a row counts in the mean: the weight of its class; 1 where targets are probabilities. */
  readonly weightAt: (row: number) => number;
  /** What losses and gradients are divided by. */
  readonly divisor: number;
  /** The absolute cotangent of a row's loss. */
  readonly dy: (row: number) => number;
}

function rowsOf({ input, target, weight }: Tensors, { reduction = "mean", ignoreIndex }: NegativeLogLikelihoodOptions, cotangents: Tensors | undefined): Rows {
  const [t, dy] = [raw(target!), cotangents && raw(cotangents["output"]!)];
  const soft = sameShape(input!.shape, target!.shape);
  const places = rowsAlong(input!.shape, 1);
  const ignored = (row: number): boolean => !soft && t[row] === ignoreIndex;
  const weightAt = (row: number): number => (soft || weight === undefined ? 1 : raw(weight)[t[row]!]!);
  const used = places.reduce((sum, _, row) => (ignored(row) ? sum : sum + weightAt(row)), 0);
  return {
    soft, places, ignored, weightAt, divisor: reduction === "mean" ? Math.abs(used) : 1,
    dy: (row) => Math.abs(dy?.[reduction === "none" ? row : 0] ?? 0),
  };
}

/** Roundings of the divisor of a mean over rows, a sum of as many weights, and of the division or of reciprocal and product. */
const divisorRoundings = (rows: number): number => Math.max(0, rows - 1) + 2;

/** The shape of single losses: that of the input without its classes. */
const rowsShape = ({ input }: Tensors): readonly number[] => input!.shape.toSpliced(1, 1);

/**
 * The radius of cross entropy. With p_c and log p_c of a row as {@link roundedRow} bounds them, an honest implementation has
 *
 *     loss     Σ share_c times the error of log p_c, and C + 8 roundings of the shares and the sum of their products
 *     mean     n − 1 additions of the losses, n − 1 of the divisor's weights, and two roundings of the division
 *     dx_c     dy / divisor · (p_c·Σ share − share_c), each factor with its roundings
 */
const crossEntropyRadius: Operation["radius"] = (inputs, options, cotangents, precision) => {
  const { input, target, weight } = inputs as { input: Tensor; target: Tensor; weight?: Tensor };
  const { reduction = "mean", labelSmoothing = 0 } = options as CrossEntropyOptions;
  const u = withReference(precision);
  const classes = input.shape[1]!;
  const { soft, places, ignored, divisor, dy } = rowsOf(inputs, options, cotangents);
  const count = reduction === "mean" ? 2 * places.length : places.length;
  const gradients = new Float64Array(raw(input).length);
  const singles = places.map((place, row): Single => {
    if (ignored(row)) return { size: 0, error: 0 };
    const shares = place.map((at, c) => {
      const hard = soft ? raw(target)[at]! : Number(raw(target)[row] === c);
      return Math.abs(((1 - labelSmoothing) * hard + labelSmoothing / classes) * (weight === undefined ? 1 : raw(weight)[c]!));
    });
    const { p, surprise, pError, logError } = roundedRow(place.map((at) => raw(input)[at]!), precision);
    const total = shares.reduce((a, b) => a + b, 0);
    const scale = dy(row) / divisor;
    place.forEach((at, c) => {
      const rounded = gamma(classes + count + 12, u) * (p[c]! * total + shares[c]!);
      gradients[at] = scale * (total * pError[c]! + rounded) + 4 * precision.tiny;
    });
    const size = shares.reduce((sum, share, c) => sum + times(share, surprise[c]!), 0);
    const error = shares.reduce((sum, share, c) => sum + times(share, logError[c]!), 0) + gamma(classes + functionRoundings, u) * size;
    return { size, error: error + precision.tiny };
  });
  return {
    outputs: { output: reducedRadius(singles, rowsShape(inputs), reduction, precision, divisor, divisorRoundings(places.length)) },
    gradients: cotangents === undefined ? {} : { input: adopt(input.shape, gradients) },
  };
};

/**
 * The radius of negative log likelihood: entries are copied, or multiplied by a weight, with one rounding; a mean adds n − 1 additions, those
 * of the divisor where it is a sum of weights, and two roundings of the division.
 */
const likelihoodRadius: Operation["radius"] = (inputs, options, cotangents, precision) => {
  const { input, target, weight } = inputs as { input: Tensor; target: Tensor; weight?: Tensor };
  const { reduction = "mean" } = options as NegativeLogLikelihoodOptions;
  const u = withReference(precision);
  const { places, ignored, weightAt, divisor, dy } = rowsOf(inputs, options, cotangents);
  const product = weight === undefined ? 0 : 1;
  const scale = weight === undefined ? 2 : divisorRoundings(places.length);
  const roundings = product + (reduction === "mean" ? scale : 0);
  const gradients = new Float64Array(raw(input).length);
  const singles = places.map((place, row): Single => {
    if (ignored(row)) return { size: 0, error: 0 };
    const at = place[raw(target)[row]!]!;
    gradients[at] = gamma(roundings, u) * Math.abs(weightAt(row) * dy(row)) / divisor + roundings * precision.tiny;
    const size = Math.abs(weightAt(row) * raw(input)[at]!);
    return { size, error: gamma(product, u) * size + product * precision.tiny };
  });
  return {
    outputs: { output: reducedRadius(singles, rowsShape(inputs), reduction, precision, divisor, scale) },
    gradients: cotangents === undefined ? {} : { input: adopt(input.shape, gradients) },
  };
};

const targetAndWeight = (target: string): readonly InputSlot[] => [
  { name: "target", axes: target, optional: false, differentiable: false },
  { name: "weight", axes: "[C]", optional: true, differentiable: false },
];

const output = { name: "output", axes: "[], or [N, …] without reduction", cotangent: true };

const help = {
  reduction: "mean, sum or none, default mean", ignoreIndex: "class index of rows that do not count; absent means none",
};

/** What is ignored: nothing, what is no class, from below or above, the first class, or the last. */
const ignoreIndexOf = (ignored: number, classes: number): number | undefined => [undefined, -100, 0, classes - 1, 255][ignored];

/** Class indices; where one that is no class is ignored, every fifth of them. */
const classesOf = (shape: readonly number[], classes: number, ignoreIndex: number | undefined): InputDraft => ({
  shape,
  value: (noise) =>
    (ignoreIndex !== undefined && (ignoreIndex < 0 || ignoreIndex >= classes) && noise > 0.8 ? ignoreIndex : Math.floor((noise * 997) % classes)),
});

const weights = (classes: number): InputDraft => ({ shape: [classes], value: (noise: number) => Math.fround(0.25 + noise) });

/** The catalog's entry for softmax cross entropy. @internal */
export const crossEntropyEntry: Operation = {
  name: "crossEntropy",
  summary: "softmax cross entropy of logits with class indices or probabilities; the class axis is 1",
  inputs: [
    { name: "input", axes: "[N, C, …]: logits", optional: false, differentiable: true },
    ...targetAndWeight("[N, …]: class indices, or [N, C, …]: probabilities"),
  ],
  outputs: [output],
  options: { ...help, labelSmoothing: "share spread evenly over all classes, default 0" },
  exact: false,
  scaled: true,
  complete: (_, { reduction = "mean", ignoreIndex, labelSmoothing = 0 }) => ({
    reduction, labelSmoothing, ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
  }),
  forward: forwardOf(crossEntropy),
  backward: backwardOf(crossEntropyBackward),
  radius: crossEntropyRadius,
  space: caseSpace({
    fields: { samples: [1, 4], classes: [1, 6], soft: [0, 1], weight: [0, 1], reduction: [0, 2], ignored: [0, 4], smoothing: [0, 2], spread: [0, 2] },
    axes: { size: [1, 3] },
    axisCount: [0, 2],
    build: ({ samples, classes: drawnClasses, soft, weight, reduction, ignored, smoothing, spread }, axes) => {
      // One class alone is certain: there is no loss and no gradient.
      const classes = spread > 0 ? Math.max(2, drawnClasses) : drawnClasses;
      const space = axes.map(({ size }) => size);
      const ignoreIndex = soft === 1 ? undefined : ignoreIndexOf(ignored, classes);
      const width = widths[spread]!;
      return {
        inputs: {
          input: { shape: [samples, classes, ...space], value: (noise, index) => logit(noise, width, index[1]!, classes) },
          target: soft === 1
            ? { shape: [samples, classes, ...space], value: (noise, index, noiseAt) => probability(noise, index, noiseAt, classes) }
            : classesOf([samples, ...space], classes, ignoreIndex),
          ...(weight === 1 ? { weight: weights(classes) } : {}),
        },
        options: {
          reduction: ["mean", "sum", "none"][reduction],
          labelSmoothing: [0, 0.1, 0.5][smoothing],
          ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
        },
      };
    },
  }),
};

/** A share of its row: all classes of a row sum to 1. */
const probability = (noise: number, index: readonly number[], noiseAt: (index: readonly number[]) => number, classes: number): number => {
  const row = Array.from({ length: classes }, (_, c) => noiseAt(index.with(1, c)) + 2 ** -10);
  return (noise + 2 ** -10) / row.reduce((a, b) => a + b, 0);
};

/** The catalog's entry for negative log likelihood. @internal */
export const negativeLogLikelihoodEntry: Operation = {
  name: "negativeLogLikelihood",
  summary: "log-probabilities of the true classes with the sign turned, their sum or weighted mean; the class axis is 1",
  inputs: [
    { name: "input", axes: "[N, C, …]: log-probabilities", optional: false, differentiable: true },
    ...targetAndWeight("[N, …]: class indices"),
  ],
  outputs: [output],
  options: help,
  exact: true,
  scaled: true,
  complete: (_, { reduction = "mean", ignoreIndex }) => ({ reduction, ...(ignoreIndex === undefined ? {} : { ignoreIndex }) }),
  forward: forwardOf(negativeLogLikelihood),
  backward: backwardOf(negativeLogLikelihoodBackward),
  // Before a mean divides: in the structure tier it does so by a power of two.
  terms: (inputs, options, cotangents) => {
    const undivided = options["reduction"] === "mean" ? { ...options, reduction: "sum" } : options;
    const sizes = mapNamed(inputs, (tensor, name) => (name === "target" ? tensor : absolute(tensor)));
    const termsOf = (tensors: Tensors): Readonly<Record<string, Terms>> =>
      mapNamed(tensors, (tensor) => ({ sum: absolute(tensor), count: onesLike(tensor) }));
    return {
      outputs: termsOf(forwardOf(negativeLogLikelihood)(sizes, undivided)),
      gradients: cotangents === undefined ? {} : termsOf(backwardOf(negativeLogLikelihoodBackward)(sizes, undivided, cotangents)),
    };
  },
  radius: likelihoodRadius,
  space: caseSpace({
    fields: { samples: [1, 4], classes: [1, 6], weight: [0, 1], reduction: [0, 2], ignored: [0, 4], spread: [0, 1] },
    axes: { size: [1, 3] },
    axisCount: [0, 2],
    build: ({ samples, classes, weight, reduction, ignored, spread }, axes, tier) => {
      const rows = [samples, ...axes.map(({ size }) => size)];
      const shape = [samples, classes, ...rows.slice(1)];
      const kept = drawnReduction(reduction, sizeOf(rows), tier);
      // Weights and ignored rows decide a divisor that need be no power of two.
      const plain = tier === "structure" && kept === "mean";
      const ignoreIndex = plain ? undefined : ignoreIndexOf(ignored, classes);
      return {
        inputs: {
          input: tier === "structure" ? { shape } : { shape, value: (noise) => Math.fround(spread === 0 ? Math.log(noise + 2 ** -32) : -200 * noise) },
          target: classesOf(rows, classes, ignoreIndex),
          ...(weight === 0 || plain ? {} : { weight: tier === "structure" ? { shape: [classes] } : weights(classes) }),
        },
        options: { reduction: kept, ...(ignoreIndex === undefined ? {} : { ignoreIndex }) },
      };
    },
  }),
};
