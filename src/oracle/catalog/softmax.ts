/**
 * Softmax and its logarithm in the catalog, and what rounding does to a row of logits.
 *
 * @module
 */
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "../../learning/softmax.ts";
import type { SoftmaxOptions } from "../../learning/softmax.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { functionRoundings, gamma, withReference } from "../error-bound.ts";
import type { Precision } from "../precision.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options } from "./operation.ts";

/** A share of nothing counts nothing, even of a logit of −Infinity. @internal */
export const times = (share: number, value: number): number => (share === 0 ? 0 : share * value);

/** The places of each row along an axis, in a tensor of that shape. @internal */
export function rowsAlong(shape: Shape, axis: number): readonly (readonly number[])[] {
  const along = axis < 0 ? shape.length + axis : axis;
  const [count, step] = [shape[along]!, sizeOf(shape.slice(along + 1))];
  return Array.from({ length: sizeOf(shape) / count }, (_, row) => {
    const start = Math.floor(row / step) * step * count + (row % step);
    return Array.from({ length: count }, (_unused, i) => start + i * step);
  });
}

/** What a row of logits comes to, entry by entry, and how far honest code may be from it. @internal */
export interface RoundedRow {
  readonly p: readonly number[];
  /** −log p. */
  readonly surprise: readonly number[];
  readonly pError: readonly number[];
  readonly logError: readonly number[];
}

/**
 * A row under softmax. With d_c = max − x_c, e_c = exp(−d_c) and S = Σ e_c, honest code is off by
 *
 *     e_c      a factor exp(±(d_c·u + γ_8)): the rounding of the difference, and of the exponential
 *     S        a factor exp(±λ), λ = log(Σ e_c·exp(d_c·u) / S) + γ_{C+8}: those, weighed by their shares, and C additions
 *     log S    λ + 8·u·log S
 *     log p_c  that, and u·(|max| + 2·d_c + 2·log S): (x_c − max) − log S, or x_c − (max + log S), each difference rounded
 *     p_c      a factor exp(±(error of log p_c + γ_10)): e_c / S or e_c·(1 / S), which use less of it, or exp(log p_c)
 *
 * and by what underflows. Factors are kept as exponents, so that this holds for coarse precisions too, where d_c·u is no small number.
 *
 * @internal
 */
export function roundedRow(x: readonly number[], precision: Precision): RoundedRow {
  const u = withReference(precision);
  const max = Math.max(...x);
  const distance = x.map((value) => max - value);
  const shares = distance.map((d) => Math.exp(-d));
  const sum = shares.reduce((total, e) => total + e, 0);
  const logSum = Math.log(sum);
  const widened = distance.reduce((total, d, c) => total + times(shares[c]!, Math.exp(d * u)), 0);
  const sumError = Math.log(widened / sum) + gamma(x.length + functionRoundings, u);
  const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
  const logError = distance.map((d) => finite(sumError + u * (functionRoundings * logSum + Math.abs(max) + 2 * (d + logSum))));
  const p = shares.map((e) => e / sum);
  return {
    p,
    surprise: distance.map((d) => d + logSum),
    logError,
    pError: p.map((each, c) => times(each, Math.expm1(logError[c]! + gamma(functionRoundings + 2, u))) + 4 * precision.tiny),
  };
}

interface Row {
  readonly places: readonly number[];
  readonly row: RoundedRow;
  /** The row's part of the cotangent; none where no gradient is asked for. */
  readonly dy: readonly number[] | undefined;
}

/** The radius of an operation by rows: what is allowed for each entry of the output, and of the gradient. */
const byRows = (
  output: (row: RoundedRow) => readonly number[], gradient: (row: RoundedRow, dy: readonly number[], precision: Precision) => readonly number[],
): Operation["radius"] => (inputs, options, cotangents, precision) => {
  const { input } = inputs as { input: Tensor };
  const { axis = -1 } = options as SoftmaxOptions;
  const rows = rowsAlong(input.shape, axis).map((places): Row => ({
    places, row: roundedRow(places.map((i) => raw(input)[i]!), precision), dy: cotangents && places.map((i) => raw(cotangents["output"]!)[i]!),
  }));
  const filled = (entries: (row: Row) => readonly number[]): Tensor => {
    const radii = new Float64Array(sizeOf(input.shape));
    for (const row of rows) entries(row).forEach((radius, c) => (radii[row.places[c]!] = radius));
    return adopt(input.shape, radii);
  };
  return {
    outputs: { output: filled(({ row }) => output(row)) },
    gradients: cotangents === undefined ? {} : { input: filled(({ row, dy }) => gradient(row, dy!, precision)) },
  };
};

/**
 * The gradient p_c·(dy_c − m), m = Σ_j p_j·dy_j, from probabilities that are off by pError:
 *
 *     m     Σ_j pError_j·|dy_j| + γ_C·Σ_j p_j·|dy_j|
 *     dx_c  the errors of both factors, 2·u·(|dy_c| + |m|) for the difference of either grouping, p·(dy − m) or p·dy − p·m, and a product
 */
const softmaxGradient = ({ p, pError }: RoundedRow, dy: readonly number[], precision: Precision): readonly number[] => {
  const u = withReference(precision);
  const mean = p.reduce((sum, each, c) => sum + each * dy[c]!, 0);
  const terms = p.reduce((sum, each, c) => sum + each * Math.abs(dy[c]!), 0);
  const meanError = pError.reduce((sum, each, c) => sum + each * Math.abs(dy[c]!), 0) + gamma(p.length, u) * terms;
  return p.map((each, c) => {
    const difference = Math.abs(dy[c]! - mean);
    const differenceError = meanError + 2 * u * (Math.abs(dy[c]!) + terms);
    return times(difference + differenceError, pError[c]!) * (1 + u) + each * (differenceError * (1 + u) + difference * u) + 4 * precision.tiny;
  });
};

/** The gradient dy_c − p_c·Σ_j dy_j: the error of p_c, C roundings of the sum and its product, one of the difference. */
const logSoftmaxGradient = ({ p, pError }: RoundedRow, dy: readonly number[], precision: Precision): readonly number[] => {
  const u = withReference(precision);
  const sum = Math.abs(dy.reduce((total, value) => total + value, 0));
  const sumError = gamma(dy.length, u) * dy.reduce((total, value) => total + Math.abs(value), 0);
  return p.map((each, c) => {
    const product = (each + pError[c]!) * (sum + sumError);
    return product - each * sum + u * (Math.abs(dy[c]!) + product) + 4 * precision.tiny;
  });
};

/** How wide logits are drawn: alike, far apart, and so far that the powers of most are 0 in float32. @internal */
export const widths = [4, 16, 200] as const;

/**
 * A logit of either sign. Where a long row is wide the larger ones come late, so that a power overflows which is taken of them less the largest of the
 * row's first few.
 *
 * @internal
 */
export const logit = (noise: number, width: number, place: number, size: number): number =>
  Math.fround((2 * noise - 1) * (size > 8 && width > widths[0] ? (widths[2] * (place + 1)) / size : width));

const space = caseSpace({
  fields: { axis: [0, 7], spread: [0, 2], masked: [0, 2] },
  axes: { size: [1, 4] },
  axisCount: [1, 4],
  build: ({ axis, spread, masked }, axes) => {
    const rank = axes.length;
    const chosen = (axis % (2 * rank)) - rank;
    const along = chosen < 0 ? chosen + rank : chosen;
    const width = widths[spread]!;
    // What is masked lies behind the first of its row, so that no row is empty of probabilities.
    const value = (noise: number, index: readonly number[]): number =>
      masked === 2 && index[along]! > 0 && noise > 0.8 ? -Infinity : logit(noise, width, index[along]!, shape[along]!);
    // A row of one number has nothing to show but itself.
    const least = (size: number): number => (spread > 0 ? Math.max(2, size) : size);
    // Rows of five to seven show what is left over behind four lanes.
    const shape = axes.map(({ size }, i) => (i !== along ? size : masked === 1 && size > 1 ? size + 3 : least(size)));
    return { inputs: { input: { shape, value } }, options: { axis: chosen } };
  },
});

const entry = (
  name: string, summary: string, run: typeof softmax, runBackward: typeof softmaxBackward, radius: Operation["radius"],
): Operation => ({
  name, summary, radius, space,
  inputs: [{ name: "input", axes: "[…], at least one", optional: false, differentiable: true }],
  outputs: [{ name: "output", axes: "the input's", cotangent: true }],
  options: { axis: "the axis of a row, default -1; negative counts from the end" },
  exact: false,
  scaled: true,
  complete: (_, { axis = -1 }) => ({ axis }),
  forward: (inputs, options) => ({ output: run(inputs["input"]!, options as SoftmaxOptions) }),
  backward: (inputs, options: Options, cotangents) => ({ input: runBackward(inputs["input"]!, cotangents["output"]!, options as SoftmaxOptions) }),
});

/** The catalog's entry for softmax. @internal */
export const softmaxEntry: Operation = entry(
  "softmax", "the probabilities that belong to rows of numbers", softmax, softmaxBackward, byRows(({ pError }) => pError, softmaxGradient),
);

/** The catalog's entry for the logarithm of softmax. @internal */
export const logSoftmaxEntry: Operation = entry(
  "logSoftmax", "the logarithms of the probabilities of softmax", logSoftmax, logSoftmaxBackward, byRows(({ logError }) => logError, logSoftmaxGradient),
);
