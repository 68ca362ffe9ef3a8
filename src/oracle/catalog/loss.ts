/**
 * Losses of numbers in the catalog, and what a reduction adds to the error of single losses.
 *
 * @module
 */
import {
  absoluteError, absoluteErrorBackward, huber, huberBackward, squaredError, squaredErrorBackward,
} from "../../learning/loss.ts";
import type { HuberOptions } from "../../learning/loss.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import { adopt, map, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Numbers } from "../lattice.ts";
import type { Reduction } from "../../learning/reduction.ts";
import { absolute, gamma, onesLike, withReference } from "../error-bound.ts";
import type { Precision } from "../precision.ts";
import { caseSpace, mapNamed } from "./operation.ts";
import type { Operation, Range, Tensors, Terms } from "./operation.ts";

/** A single loss: its absolute value, and how far honest code may be from it. @internal */
export interface Single {
  readonly size: number;
  readonly error: number;
}

/** Roundings of a mean's scale: a quotient, or a reciprocal and a product; twice, where the mean is taken axis by axis. @internal */
export const scaleRoundings = 4;

/**
 * The radius of losses under a reduction: the errors of the single losses, n − 1 additions of what they came to, in any order, and the
 * roundings of the scale by which a mean is divided, before or behind the sum.
 *
 * @internal
 */
export function reducedRadius(
  singles: readonly Single[], shape: Shape, reduction: Reduction, precision: Precision, divisor: number = singles.length,
  scale: number = scaleRoundings,
): Tensor {
  if (reduction === "none") return adopt(shape, Float64Array.from(singles, ({ error }) => error));
  const [error, size] = singles.reduce(([e, s], single) => [e + single.error, s + single.size], [0, 0]);
  const mean = reduction === "mean";
  const roundings = Math.max(0, singles.length - 1) + (mean ? scale : 0);
  const sum = error + gamma(roundings, withReference(precision)) * (size + error);
  return adopt([], Float64Array.of(!mean ? sum : divisor === 0 ? 0 : sum / divisor + (singles.length + 1) * precision.tiny));
}

/** Whole numbers have an exact mean where it divides by a power of two; elsewhere the structure tier takes the sum. @internal */
export const drawnReduction = (field: number, count: number, tier: Numbers): Reduction => {
  const reduction = (["mean", "sum", "none"] as const)[field]!;
  return reduction === "mean" && tier === "structure" && !Number.isInteger(Math.log2(count)) ? "sum" : reduction;
};

/** What is known of one loss. */
interface Kind {
  readonly name: string;
  readonly summary: string;
  readonly forward: typeof huber;
  readonly backward: typeof huberBackward;
  /** How far honest code may be from the loss of an error d. */
  readonly error: (d: number, unit: number, delta: number) => number;
  /** Roundings of the slope at an error, and of its product with the cotangent. */
  readonly slopeRoundings: number;
  readonly delta: boolean;
}

const reductionHelp = "mean, sum or none, default mean";

const pair = (inputs: Tensors): readonly [input: Tensor, target: Tensor] => [inputs["input"]!, inputs["target"]!];

const entry = ({ name, summary, forward, backward, error, slopeRoundings, delta: hasDelta }: Kind): Operation => {
  const run: Operation["forward"] = (inputs, options) => ({ output: forward(...pair(inputs), options as HuberOptions) });
  const runBackward: NonNullable<Operation["backward"]> = (inputs, options, cotangents) =>
    ({ input: backward(...pair(inputs), cotangents["output"]!, options as HuberOptions) });
  return {
    name, summary,
    inputs: [
      { name: "input", axes: "[…]", optional: false, differentiable: true },
      { name: "target", axes: "the input's", optional: false, differentiable: false },
    ],
    outputs: [{ name: "output", axes: "[], or the input's without reduction", cotangent: true }],
    options: { reduction: reductionHelp, ...(hasDelta ? { delta: "the error up to which it is squared, above 0, default 1" } : {}) },
    exact: true,
    scaled: true,
    complete: (_, { reduction = "mean", delta = 1 }) => ({ reduction, ...(hasDelta ? { delta } : {}) }),
    forward: run,
    backward: runBackward,
    // In halves, the smallest step of Huber's loss, and before a mean divides: by a power of two it keeps all digits.
    terms: (inputs, options, cotangents) => {
      const undivided = options["reduction"] === "mean" ? { ...options, reduction: "sum" } : options;
      const inHalves = (tensors: Tensors): Readonly<Record<string, Terms>> =>
        mapNamed(tensors, (tensor) => ({ sum: map(absolute(tensor), (value) => 2 * value), count: onesLike(tensor) }));
      return {
        outputs: inHalves(run(inputs, undivided)),
        gradients: cotangents === undefined ? {} : inHalves(runBackward(inputs, undivided, cotangents)),
      };
    },
    radius: (inputs, options, cotangents, precision) => {
      const { reduction = "mean", delta = 1 } = options as HuberOptions;
      const [input, target] = pair(inputs);
      const u = withReference(precision);
      const sizes = raw(run(inputs, { ...options, reduction: "none" })["output"]!);
      const singles = Array.from(sizes, (size, i): Single =>
        ({ size, error: error(Math.abs(raw(input)[i]! - raw(target)[i]!), u, delta) + precision.tiny }));
      const roundings = slopeRoundings + (reduction === "mean" ? scaleRoundings : 0);
      return {
        outputs: { output: reducedRadius(singles, input.shape, reduction, precision) },
        gradients: cotangents === undefined ? {} : mapNamed(runBackward(inputs, options, cotangents), (gradient) =>
          map(absolute(gradient), (value) => gamma(roundings, u) * value + roundings * precision.tiny)),
      };
    },
    space: caseSpace({
      fields: { reduction: [0, 2], spread: [0, 2], ...(hasDelta ? { delta: [0, 3] as Range } : {}) },
      axes: { size: [1, 4] },
      axisCount: [0, 3],
      build: (fields, axes, tier) => {
        const shape = axes.map(({ size }) => size);
        const deltas = tier === "structure" ? [1, 2, 4, 8] : [1, 0.5, 3, 0.1];
        const draft = tier === "structure" ? { shape } : { shape, value: (noise: number) => realOf(fields.spread, noise) };
        const delta = (fields as { readonly delta?: number }).delta;
        return {
          inputs: { input: draft, target: draft },
          options: { reduction: drawnReduction(fields.reduction, sizeOf(shape), tier), ...(delta === undefined ? {} : { delta: deltas[delta] }) },
        };
      },
    }),
  };
};

/** Even spread, exponents from −20 to 19, or numbers next to ±1, whose differences are small. No square of theirs overflows. */
const realOf = (spread: number, noise: number): number => {
  const [sign, part] = noise < 0.5 ? [-1, 2 * noise] : [1, 2 * noise - 1];
  if (spread === 0) return Math.fround(2 * sign * part);
  if (spread === 2) return Math.fround(sign * (1 + part * 2 ** -12));
  const exponent = Math.floor(40 * part);
  return Math.fround(sign * (1 + (40 * part - exponent)) * 2 ** (exponent - 20));
};

/**
 * The catalog's entry for squared error.
 *
 * The difference of two given numbers has one rounding, no matter how they cancel; its square has that twice, and one of its own.
 *
 * @internal
 */
export const squaredErrorEntry: Operation = entry({
  name: "squaredError", summary: "the squared differences of input and target, their sum or mean",
  forward: squaredError, backward: squaredErrorBackward, delta: false,
  error: (d, unit) => gamma(3, unit) * d ** 2,
  slopeRoundings: 2,
});

/** The catalog's entry for absolute error: one rounding, and none in the slope. @internal */
export const absoluteErrorEntry: Operation = entry({
  name: "absoluteError", summary: "the absolute differences of input and target, their sum or mean; the gradient at 0 is 0",
  forward: absoluteError, backward: absoluteErrorBackward, delta: false,
  error: (d, unit) => gamma(1, unit) * d,
  slopeRoundings: 0,
});

/**
 * The catalog's entry for Huber's loss.
 *
 * Up to δ it is half a square, with the roundings of one. Beyond it is δ·(|d| − δ/2), δ·|d| − δ²/2 or δ²/2 + δ·(|d| − δ): of the largest terms,
 * δ·|d| and δ²/2, five roundings, those of d and of δ among them. Where a rounding takes d across δ the pieces differ by less than its square.
 *
 * @internal
 */
export const huberEntry: Operation = entry({
  name: "huber", summary: "half the squared difference up to delta, a straight line of the same slope beyond",
  forward: huber, backward: huberBackward, delta: true,
  error: (d, unit, delta) => (d * (1 + 8 * unit) < delta ? (gamma(3, unit) * d ** 2) / 2 : gamma(5, unit) * delta * (d + delta / 2)),
  slopeRoundings: 2,
});
