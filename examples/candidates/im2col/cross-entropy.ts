import type { Cotangents, Tensor } from "../types.ts";
import { count, zeros } from "./tensor.ts";

const { fround } = Math;

interface Inputs {
  /** Logits [N, C, ...space]. */
  readonly input: Tensor;
  /** Class indices [N, ...space] or probabilities [N, C, ...space]. */
  readonly target: Tensor;
  readonly weight?: Tensor;
}

interface Options {
  readonly reduction: "mean" | "sum" | "none";
  readonly ignoreIndex?: number;
  readonly labelSmoothing: number;
}

/**
 * loss = -Σ_c share_c · log p_c with p = softmax(logits) and share_c = weight_c · ((1 - smoothing) · target_c + smoothing / C);
 * its gradient is p_c · Σ share - share_c.
 */
export const crossEntropy = ({ input, target, weight }: Inputs, options: Options, cotangents: Cotangents) => {
  const [batch, classes, ...space] = input.shape as [number, number, ...number[]];
  const plane = count(space);
  const rows = batch * plane;
  const hasProbabilities = target.shape.length === input.shape.length;
  const smoothing = fround(options.labelSmoothing);
  const kept = fround(1 - smoothing);
  const spread = fround(smoothing / classes);

  const placeOf = (row: number, c: number): number => (Math.floor(row / plane) * classes + c) * plane + (row % plane);
  const isIgnored = (row: number): boolean => !hasProbabilities && target.data[row] === options.ignoreIndex;
  const weightOf = (c: number): number => weight?.data[c] ?? 1;
  const sharesOf = (row: number): Float32Array =>
    Float32Array.from({ length: classes }, (_, c) => {
      const wanted = hasProbabilities ? target.data[placeOf(row, c)]! : Number(target.data[row] === c);
      return weightOf(c) * fround(fround(kept * wanted) + spread);
    });
  const logitsOf = (row: number): Float32Array => Float32Array.from({ length: classes }, (_, c) => input.data[placeOf(row, c)]!);

  const losses = zeros([batch, ...space]);
  let divisor = hasProbabilities ? rows : 0;
  for (let row = 0; row < rows; row++) {
    if (isIgnored(row)) continue;
    const { shifted, logSum } = softmaxParts(logitsOf(row));
    sharesOf(row).forEach((share, c) => {
      // A class that is not wanted may have a probability of zero, whose logarithm is -Infinity.
      if (share !== 0) losses.data[row]! += fround(share * fround(logSum - shifted[c]!));
    });
    if (!hasProbabilities) divisor = fround(divisor + weightOf(target.data[row]!));
  }
  const output = reduce(losses, options.reduction, divisor);
  if (!cotangents) return { outputs: { output } };

  const dOutput = cotangents.output.data;
  const dInput = zeros(input.shape);
  for (let row = 0; row < rows; row++) {
    if (isIgnored(row)) continue;
    const scale = options.reduction === "none" ? dOutput[row]! : options.reduction === "sum" ? dOutput[0]! : fround(dOutput[0]! / divisor);
    const { powers, powerSum } = softmaxParts(logitsOf(row));
    const shares = sharesOf(row);
    const total = sum(shares);
    shares.forEach((share, c) => {
      const probability = fround(powers[c]! / powerSum);
      dInput.data[placeOf(row, c)] = scale * fround(fround(probability * total) - share);
    });
  }
  return { outputs: { output }, gradients: { input: dInput } };
};

/** Shifted by the maximum, so that no exponential overflows. */
const softmaxParts = (logits: Float32Array) => {
  const highest = Math.max(...logits);
  const shifted = logits.map((logit) => logit - highest);
  const powers = shifted.map(Math.exp);
  const powerSum = sum(powers);
  return { shifted, powers, powerSum, logSum: fround(Math.log(powerSum)) };
};

const reduce = (losses: Tensor, reduction: Options["reduction"], divisor: number): Tensor => {
  if (reduction === "none") return losses;
  const total = sum(losses.data);
  return { shape: [], data: Float32Array.of(reduction === "mean" ? total / divisor : total) };
};

const sum = (values: Float32Array): number => values.reduce((total, value) => fround(total + value), 0);
