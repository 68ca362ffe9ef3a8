/**
 * Binary cross entropy in the catalog, of probabilities and of logits.
 *
 * @module
 */
import {
  binaryCrossEntropy, binaryCrossEntropyBackward, binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward,
} from "../../learning/binary-cross-entropy.ts";
import type { BinaryCrossEntropyWithLogitsOptions } from "../../learning/binary-cross-entropy.ts";
import type { Reduction } from "../../learning/reduction.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { functionRoundings, gamma, withReference } from "../error-bound.ts";
import type { Precision } from "../precision.ts";
import { reducedRadius, scaleRoundings } from "./loss.ts";
import type { Single } from "./loss.ts";
import { caseSpace } from "./operation.ts";
import type { InputDraft, Operation, Options, Tensors } from "./operation.ts";

const weighed = ({ weight, posWeight }: Tensors, options: Options): BinaryCrossEntropyWithLogitsOptions =>
  ({ ...options, ...(weight && { weight }), ...(posWeight && { posWeight }) });

/** One value: its input, its target, what it weighs, and what a yes weighs; none where there is no such weight. */
interface Value {
  readonly x: number;
  readonly t: number;
  readonly weight: number;
  readonly posWeight: number | undefined;
}

interface Bounds {
  /** How far honest code may be from a value's loss, its weight left out. */
  readonly error: (value: Value, precision: Precision) => number;
  /** The same for the slope, before so many roundings of weight, cotangent and scale. */
  readonly slope: (value: Value, roundings: number, precision: Precision) => number;
  /** By what a product that underflows may be multiplied before it is the slope. Default 1. */
  readonly magnified?: (value: Value) => number;
}

/**
 * Probabilities. With q = 1 − p, which is exact from ½ on and has one rounding below, honest code has
 *
 *     log p, log q   8·u times their value, and u more for log q: the rounding of q, where it is not log1p(−p)
 *     loss           |t|·error + |1 − t|·error, and four roundings: 1 − t, a product, the sum, the weight
 *     slope          (p − t) / (p·q), or (1 − t) / q − t / p: five roundings of terms (|t|·q + |1 − t|·p) / max(p·q, 1e−12)
 * The logs are cut off at −100, where nothing jumps. The 1e−12 may be held in float32, as PyTorch does in every precision.
 */
const ofProbabilities: Bounds = {
  error: ({ x: p, t }, precision) => {
    const u = withReference(precision);
    const terms = Math.abs(t) * Math.min(-Math.log(p), 100) + Math.abs(1 - t) * Math.min(-Math.log1p(-p), 100);
    return gamma(functionRoundings + 4, u) * terms + Math.abs(1 - t) * u;
  },
  slope: ({ x: p, t }, roundings, precision) => {
    const spread = p * (1 - p);
    const terms = (Math.abs(t) * (1 - p) + Math.abs(1 - t) * p) / Math.max(spread, 1e-12);
    return (gamma(roundings + 6, withReference(precision)) + (spread < 1e-12 ? boundError : 0)) * terms;
  },
  // dy·(p − t) may underflow, and is divided by p·q then.
  magnified: ({ x: p }) => 1 / Math.max(p * (1 - p), 1e-12),
};

/** What a 1e−12 held in float32 is off by, as a share. */
const boundError = 1e-12 / Math.fround(1e-12) - 1;

/**
 * Logits. With e = exp(−|x|) and L = log(1 + e), honest code has
 *
 *     L        γ_8·(e / (1 + e) + L) + u: the exponential, the logarithm, and the sum 1 + e where it is not log1p
 *     loss     (1 − t)·x + l·(L + max(−x, 0)) with l = 1 + (q − 1)·t, or max(x, 0) − x·t + L, or q·t·softplus(−x) + (1 − t)·softplus(x):
 *              l times the error of L, and eight roundings of terms (1 + |t|)·|x| + l·(L + max(−x, 0)), which may cancel
 *     σ(x)     γ_11, and a smallest normal number where 1 / (1 + exp(−x)) overflows to 0; γ_6 whatever its size from ½ + ½·tanh(x/2), which XLA
 *              takes: half of a hyperbolic tangent, the sum and the halving
 *     slope    (q·t + 1 − t)·σ(x) − q·t, or σ(x) − t, or (1 − t)·σ(x) − q·t·σ(−x): roundings of (l + |t|)·σ(x) + |q·t|, which may cancel
 * where l counts 1 without posWeight, and 1 + (|q| + 1)·|t| with it: that much of it is rounded.
 */
const ofLogits: Bounds = {
  error: ({ x, t, posWeight }, precision) => {
    const u = withReference(precision);
    const e = Math.exp(-Math.abs(x));
    const log = Math.log1p(e);
    const factor = factorOf(t, posWeight);
    const logError = gamma(functionRoundings, u) * (e / (1 + e) + log) + u;
    return factor * logError + gamma(8, u) * ((1 + Math.abs(t)) * Math.abs(x) + factor * (log + Math.max(-x, 0)));
  },
  slope: ({ x, t, posWeight = 1 }, roundings, precision) => {
    const sigmoid = x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
    const factor = factorOf(t, posWeight) + Math.abs(t);
    const smallestNormal = precision.tiny / (2 * precision.unit);
    const u = withReference(precision);
    const fromTanh = gamma(functionRoundings / 2 + 2, u);
    return gamma(functionRoundings + 3 + 5 + roundings, u) * (factor * sigmoid + Math.abs(posWeight * t)) + factor * (fromTanh + smallestNormal);
  },
};

const factorOf = (t: number, posWeight: number | undefined): number => (posWeight === undefined ? 1 : 1 + (Math.abs(posWeight) + 1) * Math.abs(t));

const radiusOf = (
  forward: Operation["forward"], { error, slope, magnified = () => 1 }: Bounds,
): Operation["radius"] => (inputs, options, cotangents, precision) => {
  const { input, target, weight, posWeight } = inputs as { input: Tensor; target: Tensor; weight?: Tensor; posWeight?: Tensor };
  const { reduction } = options as { readonly reduction: Reduction };
  const at = (tensor: Tensor | undefined, i: number): number | undefined => tensor && raw(tensor)[i % raw(tensor).length]!;
  const values = Array.from(raw(input), (x, i): Value => ({ x, t: raw(target)[i]!, weight: Math.abs(at(weight, i) ?? 1), posWeight: at(posWeight, i) }));
  const losses = raw(forward(inputs, { ...options, reduction: "none" })["output"]!);
  const singles = values.map((value, i): Single =>
    ({ size: Math.abs(losses[i]!), error: value.weight * error(value, precision) + 4 * precision.tiny }));
  const mean = reduction === "mean";
  // The products with weight and cotangent, and the scale of a mean.
  const roundings = 2 + (mean ? scaleRoundings : 0);
  const dy = cotangents && raw(cotangents["output"]!);
  const gradients = dy && values.map((value, i) =>
    (value.weight * Math.abs(dy[reduction === "none" ? i : 0]!) * slope(value, roundings, precision)) / (mean ? values.length : 1)
    + 4 * precision.tiny * Math.max(1, magnified(value)));
  return {
    outputs: { output: reducedRadius(singles, input.shape, reduction, precision) },
    gradients: gradients === undefined ? {} : { input: adopt(input.shape, Float64Array.from(gradients)) },
  };
};

/** The shape that a weight is drawn with: none, one for all, the last axis, all but the first, all. */
const weightShape = (field: number, shape: readonly number[]): readonly number[] | undefined =>
  [undefined, [], shape.slice(-1), shape.slice(1), shape][field];

const positive = (shape: readonly number[] | undefined, most: number): InputDraft | undefined =>
  shape && { shape, value: (noise) => Math.fround(0.25 + most * noise) };

/** Even spread; close to 0 and to 1, down to where the gradient is cut off; and 0, 1 and the least float32, where the logs are. */
const probabilityOf = (spread: number) => (noise: number): number => {
  const inner = Math.fround(2 ** -10 + noise * (1 - 2 ** -9));
  const tiny = 2 ** -(1 + Math.floor(((noise * 1024) % 1) * 44));
  if (spread === 0) return inner;
  if (spread === 1) return noise < 0.5 ? tiny : Math.fround(1 - tiny);
  return [0, 1, 2 ** -149, inner][Math.floor(4 * noise)]!;
};

const targetOf = (soft: number) => (noise: number): number => (soft === 1 ? Math.fround(noise) : noise < 0.5 ? 0 : 1);

const entry = (
  name: string, summary: string, run: typeof binaryCrossEntropy, runBackward: typeof binaryCrossEntropyBackward, bounds: Bounds, ofLogit: boolean,
): Operation => {
  const forward: Operation["forward"] = (inputs, options) => ({ output: run(inputs["input"]!, inputs["target"]!, weighed(inputs, options)) });
  return {
    name, summary, forward,
    inputs: [
      { name: "input", axes: ofLogit ? "[…]: logits" : "[…]: probabilities", optional: false, differentiable: true },
      { name: "target", axes: "the input's", optional: false, differentiable: false },
      { name: "weight", axes: "the input's, or its last", optional: true, differentiable: false },
      ...(ofLogit ? [{ name: "posWeight", axes: "the input's, or its last", optional: true, differentiable: false }] : []),
    ],
    outputs: [{ name: "output", axes: "[], or the input's without reduction", cotangent: true }],
    options: { reduction: "mean, sum or none, default mean" },
    exact: false,
    scaled: true,
    complete: (_, { reduction = "mean" }) => ({ reduction }),
    backward: (inputs, options, cotangents) => ({
      input: runBackward(inputs["input"]!, inputs["target"]!, cotangents["output"]!, weighed(inputs, options)),
    }),
    radius: radiusOf(forward, bounds),
    space: caseSpace({
      fields: { reduction: [0, 2], soft: [0, 1], spread: [0, 2], weight: [0, 4], ...(ofLogit ? { posWeight: [0, 4] as const } : {}) },
      axes: { size: [1, 3] },
      axisCount: [0, 3],
      build: (fields, axes) => {
        const shape = axes.map(({ size }) => size);
        const width = [4, 16, 200][fields.spread]!;
        const weight = positive(weightShape(fields.weight, shape), 1);
        const posWeight = positive(weightShape((fields as { readonly posWeight?: number }).posWeight ?? 0, shape), 4);
        return {
          inputs: {
            input: { shape, value: ofLogit ? (noise) => Math.fround(width * (2 * noise - 1)) : probabilityOf(fields.spread) },
            target: { shape, value: targetOf(fields.soft) },
            ...(weight && { weight }), ...(posWeight && { posWeight }),
          },
          options: { reduction: ["mean", "sum", "none"][fields.reduction] },
        };
      },
    }),
  };
};

/** The catalog's entry for binary cross entropy of probabilities. @internal */
export const binaryCrossEntropyEntry: Operation = entry(
  "binaryCrossEntropy", "binary cross entropy of probabilities; logs no less than -100, p(1 - p) no less than 1e-12 in the gradient",
  binaryCrossEntropy, binaryCrossEntropyBackward, ofProbabilities, false,
);

/** The catalog's entry for binary cross entropy of logits. @internal */
export const binaryCrossEntropyWithLogitsEntry: Operation = entry(
  "binaryCrossEntropyWithLogits", "binary cross entropy of the logits' sigmoids, with a weight for targets of 1",
  binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward, ofLogits, true,
);
