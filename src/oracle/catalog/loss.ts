/**
 * Losses in the catalog.
 *
 * @module
 */
import { crossEntropy, crossEntropyBackward } from "../../learning/loss.ts";
import type { CrossEntropyOptions } from "../../learning/loss.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import { gamma } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options, Tensors } from "./operation.ts";

const withWeight = ({ weight }: Tensors, options: Options): CrossEntropyOptions => ({ ...options, ...(weight === undefined ? {} : { weight }) });

const forward: Operation["forward"] = (inputs, options) => ({
  output: crossEntropy(inputs["input"]!, inputs["target"]!, withWeight(inputs, options)),
});

const backward: NonNullable<Operation["backward"]> = (inputs, options, cotangents) => ({
  input: crossEntropyBackward(inputs["input"]!, inputs["target"]!, cotangents["output"]!, withWeight(inputs, options)),
});

/** A share of nothing counts nothing, even of a logit of −Infinity. */
const times = (share: number, value: number): number => (share === 0 ? 0 : share * value);

/** Roundings that the exponential and the logarithm may cost: three units in the last place are common, four are allowed. */
const functionRoundings = 8;

/**
 * The radius of cross entropy. With d_c = max − x_c and S = Σ exp(−d_c), an honest float32 implementation has
 *
 *     S        a relative error of (Σ exp(−d_c)·d_c / S + C + 8)·u: the differences, the exponentials, the sum
 *     log p_c  that, and 8·u·(|log S| + |max| + |x_c|): the logarithm, and log p_c = x_c − (max + log S) in either grouping
 *     loss     Σ share_c times that, and C + 8 roundings of the sum of products
 *     mean     N more roundings of the sum, N of the divisor
 *     p_c      a relative error of (error of log p_c) + (d_c + 12)·u, as a quotient or as exp(log p_c)
 *     dx_c     dy / divisor · (p_c·Σ share − share_c), each factor with its roundings
 */
const radius: Operation["radius"] = (inputs, options, cotangents, { unit, tiny }) => {
  const [input, target, weight] = [inputs["input"]!, inputs["target"]!, inputs["weight"]];
  const { reduction = "mean", ignoreIndex, labelSmoothing = 0 } = options as CrossEntropyOptions;
  const [samples, classes, ...space] = input.shape;
  const [x, t, w] = [raw(input), raw(target), weight && raw(weight)];
  const places = sizeOf(space);
  const rows = samples! * places;
  const soft = sameShape(input.shape, target.shape);
  const at = (row: number, c: number): number => (Math.floor(row / places) * classes! + c) * places + (row % places);
  const weightOf = (c: number): number => w?.[c] ?? 1;
  const isIgnored = (row: number): boolean => !soft && t[row] === ignoreIndex;
  const share = (row: number, c: number): number => {
    const hard = soft ? t[at(row, c)]! : Number(t[row] === c);
    return ((1 - labelSmoothing) * hard + labelSmoothing / classes!) * weightOf(c);
  };
  const used = Array.from({ length: rows }, (_, row) => row).filter((row) => !isIgnored(row));
  const divisor = reduction !== "mean" ? 1 : soft ? rows : Math.abs(used.reduce((sum, row) => sum + weightOf(t[row]!), 0));
  const count = reduction === "mean" ? 2 * rows : rows;
  const outputShape = reduction === "none" ? [samples!, ...space] : [];
  const outputs = new Float64Array(sizeOf(outputShape));
  const gradients = new Float64Array(x.length);
  const dy = cotangents && raw(cotangents["output"]!);
  const all = Array.from({ length: classes! }, (_, c) => c);
  for (const row of used) {
    const logits = all.map((c) => x[at(row, c)]!);
    const max = Math.max(...logits);
    const distance = logits.map((value) => max - value);
    const exponentials = distance.map((d) => Math.exp(-d));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const sumError = (exponentials.reduce((total, e, c) => total + times(e, distance[c]!), 0) / sum + classes! + functionRoundings) * unit;
    const logError = logits.map((value) => sumError + functionRoundings * unit * (Math.log(sum) + Math.abs(max) + Math.abs(value)));
    const shares = all.map((c) => Math.abs(share(row, c)));
    const loss = all.reduce((total, c) => total + times(shares[c]!, distance[c]! + Math.log(sum)), 0);
    const lossError = all.reduce((total, c) => total + times(shares[c]!, logError[c]!), 0) + gamma(classes! + functionRoundings, unit) * loss;
    const at0 = reduction === "none" ? row : 0;
    outputs[at0]! += (lossError + gamma(count + functionRoundings, unit) * loss) / divisor + tiny;
    if (dy === undefined) continue;
    const total = shares.reduce((a, b) => a + b, 0);
    const scale = Math.abs(dy[at0]!) / divisor;
    for (const c of all) {
      const p = exponentials[c]! / sum;
      const pError = times(p, logError[c]! + (distance[c]! + 12) * unit) + 4 * tiny;
      gradients[at(row, c)] = scale * (total * pError + gamma(classes! + count + 12, unit) * (p * total + shares[c]!)) + 4 * tiny;
    }
  }
  return {
    outputs: { output: adopt(outputShape, outputs) },
    gradients: dy === undefined ? {} : { input: adopt(input.shape, gradients) },
  };
};

/** The catalog's entry for softmax cross entropy. @internal */
export const crossEntropyEntry: Operation = {
  name: "crossEntropy",
  summary: "softmax cross entropy of logits with class indices or probabilities; the class axis is 1",
  inputs: [
    { name: "input", axes: "[N, C, …]: logits", optional: false, differentiable: true },
    { name: "target", axes: "[N, …]: class indices, or [N, C, …]: probabilities", optional: false, differentiable: false },
    { name: "weight", axes: "[C]", optional: true, differentiable: false },
  ],
  outputs: [{ name: "output", axes: "[], or [N, …] without reduction", cotangent: true }],
  options: {
    reduction: "mean, sum or none, default mean", ignoreIndex: "class index of rows that do not count; absent means none",
    labelSmoothing: "share spread evenly over all classes, default 0",
  },
  exact: false,
  scaled: true,
  complete: (_, { reduction = "mean", ignoreIndex, labelSmoothing = 0 }) => ({
    reduction, labelSmoothing, ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
  }),
  forward,
  backward,
  radius,
  space: caseSpace({
    fields: { samples: [1, 4], classes: [1, 6], soft: [0, 1], weight: [0, 1], reduction: [0, 2], ignored: [0, 2], smoothing: [0, 2], spread: [0, 2] },
    axes: { size: [1, 3] },
    axisCount: [0, 2],
    build: ({ samples, classes, soft, weight, reduction, ignored, smoothing, spread }, axes) => {
      const space = axes.map(({ size }) => size);
      const ignoreIndex = soft === 1 ? undefined : [undefined, -100, 0][ignored];
      const width = [4, 16, 200][spread]!;
      return {
        inputs: {
          input: { shape: [samples, classes, ...space], value: (noise) => Math.fround(width * (2 * noise - 1)) },
          target: soft === 1
            ? { shape: [samples, classes, ...space], value: (noise, index, noiseAt) => probability(noise, index, noiseAt, classes) }
            : { shape: [samples, ...space], value: (noise) => (ignoreIndex === -100 && noise > 0.8 ? -100 : Math.floor((noise * 997) % classes)) },
          ...(weight === 1 ? { weight: { shape: [classes], value: (noise: number) => Math.fround(0.25 + noise) } } : {}),
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
