/**
 * Statistics: what the errors of many sums show together and no single one can.
 *
 * A bound that holds for every order of n terms is γ_n·Σ|terms|; honest errors are far smaller, and with thousands of terms a sum over
 * bfloat16 inputs fits below it. All elements of a tensor together tell: with terms of both signs and mean 0,
 *
 *     RMS of (ŷ − y) / (u·Σ|terms|)
 *
 * is about ½ at every n for honest sums one after the other, and less for most other orders. Inputs or sums of fewer bits give values from
 * 10 to 10⁵. Numbers that are cut off instead of rounded show as a bias: the mean error away from 0 is negative, and large for its spread.
 *
 * Source: Higham and Mary, "A new approach to probabilistic rounding error analysis" (2019), for √n; the thresholds are measured, see the page
 * of this module.
 *
 * @module
 */
import { raw, adopt } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findOperation, reference } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Options, Tensors, Terms } from "./catalog/operation.ts";
import type { Cause } from "./diagnosis.ts";
import { noise, tensorOf } from "./lattice.ts";
import { isNormwise, precisions } from "./precision.ts";
import type { Format, Precision } from "./precision.ts";
import { nearest } from "./storage.ts";

/** Above this RMS no honest order of summation lies; the worst one measured is 0.6. @internal */
export const mostRms = 4;

/**
 * The same for algorithms that are normwise, whose errors are a few times as large: Winograd's F(4×4, 3×3) leaves up to 4. A bias says
 * nothing of them: the rounded coefficients of a transform are the same in every output, and shift all errors alike.
 *
 * @internal
 */
export const mostNormwiseRms = 16;

/** How many standard errors the mean may be from 0, and how much of the RMS it must be to count. @internal */
export const mostBias = { deviations: 6, share: 0.25 } as const;

/** The numbers of terms at which sums are looked at. @internal */
export const reductionLengths = [9, 576, 4608] as const;

/** What a tensor of errors shows. @internal */
export interface Statistic {
  /** How many different errors there are. */
  readonly count: number;
  /** In units of u·Σ|terms|. */
  readonly rms: number;
  /** The mean error away from 0, in the same units. */
  readonly bias: number;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** The shapes in which an operation sums n terms: of its outputs, or of its gradients. */
const shapesOf: Readonly<Record<string, (n: number) => readonly (readonly [Shapes, Options])[]>> = {
  matrixProduct: (n) => [
    [{ left: [12, n], right: [n, 12] }, {}],
    [{ left: [8, 9], right: [9, n] }, {}],
  ],
  fullyConnected: (n) => [
    [{ input: [12, n], weight: [12, n], bias: [12] }, {}],
    [{ input: [n, 9], weight: [8, 9], bias: [8] }, {}],
  ],
  convolution: (n) => [
    [{ input: [2, n / 9, 5, 6], kernel: [8, n / 9, 3, 3], bias: [8] }, {}],
    [{ input: [1, 2, 2 + n / 3, 5], kernel: [6, 2, 3, 3], bias: [6] }, {}],
  ],
  transposedConvolution: (n) => [
    [{ input: [2, n / 9, 4, 5], kernel: [n / 9, 6, 3, 3], bias: [6] }, { padding: [[1, 1], [1, 1]] }],
    [{ input: [1, 2, n / 3, 3], kernel: [2, 6, 3, 3], bias: [6] }, {}],
  ],
  averagePooling: (n) => [[{ input: [1, 48, n / 3, 4] }, { window: [n / 3, 3], stride: [n / 3, 1] }]],
};

/** Whether an operation has sums whose errors are looked at together. @internal */
export const hasStatistics = (operation: string): boolean => Object.hasOwn(shapesOf, operation);

/**
 * The cases of one number of terms: reals of both signs with mean 0, those of the first input about 2⁻¹², where float16 has fewer bits than tf32.
 *
 * @internal
 */
export function statisticsCases(operation: string, n: number, seed: number, precision: Precision): readonly Case[] {
  const entry = findOperation(operation);
  const held = precision.storage === undefined ? (value: number) => value : (value: number) => nearest(value, precision.storage!);
  return shapesOf[operation]!(n).map(([shapes, options]) => {
    const [leading] = Object.keys(shapes);
    const drawn = (name: string, shape: readonly number[]): Tensor => {
      const scale = name === leading || name === "bias" ? 2 ** -12 : 1; // a bias as large as one term
      return tensorOf(shape, (index) => held(Math.fround(scale * (2 * noise(seed, name, index, 0) - 1))));
    };
    const inputs = mapNamed(shapes, (shape, name) => drawn(name, shape));
    const completed = entry.complete(inputs, options);
    const { output } = entry.forward(inputs, completed);
    const cotangents = { output: drawn("cotangent", output!.shape) };
    return { operation, tier: "statistics", inputs, options: completed, cotangents, features: [`${n} terms`] };
  });
}

/** What a case's errors are measured with: the true values, and for each the error that one rounding of all its terms makes. */
interface Yardstick {
  readonly expected: Answers<Tensor>;
  readonly unit: Answers<Tensor>;
}

/** @internal */
export function yardstick(one: Case, precision: Precision): Yardstick {
  const { expected } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const terms = findOperation(one.operation).terms!(one.inputs, one.options, one.cotangents);
  const stored = (value: number): number =>
    (precision.storage === undefined ? 0 : precision.storage.unit * Math.abs(value) + precision.storage.tiny / 2);
  const normwise = isNormwise(precision, one.operation);
  const unitOf = (values: Tensors, named: Readonly<Record<string, Terms>>): Tensors => mapNamed(named, ({ sum, count }, name) => {
    const [sums, counts, value] = [raw(sum), raw(count), raw(values[name]!)];
    const squares = (sums as Float64Array).reduce((all, size) => all + size * size, 0);
    const common = normwise ? Math.sqrt(squares / Math.max(1, sums.length)) : undefined;
    return adopt(sum.shape, Float64Array.from(sums, (size, i) => precision.unit * (common ?? size) + counts[i]! * precision.tiny + stored(value[i]!)));
  });
  return { expected, unit: { outputs: unitOf(expected.outputs, terms.outputs), gradients: unitOf(expected.gradients, terms.gradients) } };
}

/** What the errors of one tensor show. @internal */
export function statisticOf(got: ArrayLike<number>, expected: ArrayLike<number>, unit: ArrayLike<number>): Statistic {
  let [squares, bias, count] = [0, 0, 0];
  // One error that many elements share, as the gradients of one window do, says nothing many times.
  const distinct = new Set<number>();
  for (let i = 0; i < expected.length; i++) {
    if (unit[i] === 0) continue;
    const error = (got[i]! - expected[i]!) / unit[i]!;
    squares += error * error;
    bias += error * Math.sign(expected[i]!);
    distinct.add(error);
    count++;
  }
  return { count: distinct.size, rms: count === 0 ? 0 : Math.sqrt(squares / count), bias: count === 0 ? 0 : bias / count };
}

/** The largest RMS of honest code, by what it declares. @internal */
export const mostRmsOf = (precision: Precision, operation: string): number => (isNormwise(precision, operation) ? mostNormwiseRms : mostRms);

/** What is wrong with a statistic, if anything. @internal */
export function faultOfStatistic({ count, rms, bias }: Statistic, most: number = mostRms): "precision" | "bias" | undefined {
  if (!(rms <= most)) return "precision";
  const deviation = rms / Math.sqrt(count);
  return most === mostRms && count >= 30 && Math.abs(bias) > mostBias.deviations * deviation && Math.abs(bias) > mostBias.share * rms ? "bias" : undefined;
}

/** Formats that code rounds to without saying so, fewest bits first. */
const suspects: readonly Format[] = [precisions.bfloat16, precisions.float16, precisions.tf32];

/**
 * What explains errors that are too large: inputs of fewer bits, if the reference with such inputs leaves errors as small as honest ones;
 * answers that all have few bits, if one rounding each explains them; else sums of fewer bits.
 *
 * @param got - the candidate's answer of that name
 *
 * @internal
 */
export function causesOfError(
  one: Case, where: { readonly kind: "outputs" | "gradients"; readonly name: string }, got: ArrayLike<number>, precision: Precision,
): readonly Cause[] {
  const { expected, unit } = yardstick(one, precision);
  const [values, units] = [raw(expected[where.kind][where.name]!), raw(unit[where.kind][where.name]!)];
  const most = mostRmsOf(precision, one.operation);
  const explains = (answer: ArrayLike<number>): boolean => faultOfStatistic(statisticOf(got, answer, units), most) === undefined;
  const answerOf = (changed: Case): ArrayLike<number> =>
    raw(reference(changed.operation, changed.inputs, changed.options, changed.cotangents).expected[where.kind][where.name]!);
  const roundedTo = (to: Format) => (tensors: Tensors): Tensors =>
    mapNamed(tensors, (tensor) => adopt(tensor.shape, Float32Array.from(raw(tensor), (value) => nearest(value, to))));
  const cause = (part: string, to: Format, says: string): Cause => ({ variant: `${to.name} ${part}`, says });

  const names = Object.keys(one.inputs);
  /** Which inputs are rounded, and whether what flows back is: all, all but a bias, one alone. */
  const groups: readonly (readonly [what: string, says: string, rounded: readonly string[]])[] = [
    ["inputs", "its inputs", names],
    ...(names.includes("bias") ? [["inputs", "its inputs but the bias", names.filter((name) => name !== "bias")] as const] : []),
    ...names.map((name) => [name, `its ${name}`, [name]] as const),
  ];
  for (const [what, says, rounded] of groups) {
    const changed = (to: Format): Case => ({
      ...one,
      inputs: { ...one.inputs, ...roundedTo(to)(Object.fromEntries(rounded.map((name) => [name, one.inputs[name]!]))) },
      ...(what === "inputs" && { cotangents: roundedTo(to)(one.cotangents!) }),
    });
    const found = suspects.filter((to) => explains(answerOf(changed(to))));
    if (found.length > 0) return found.map((to) => cause(what, to, `${says} rounded to ${to.name}`));
  }

  const holding = suspects.filter((to) => Array.from(got).every((value) => nearest(value, to) === value));
  const held = holding.filter(({ unit: own }) => holding.every((to) => to.unit <= own));
  if (held.length > 0) {
    const stored = held.filter((to) => isOneRounding(got, values, units, to, most));
    return stored.length > 0 ? stored.map((to) => cause("answers", to, `its answers rounded to ${to.name}`))
      : held.map((to) => cause("sums", to, `sums kept in ${to.name}`));
  }
  const { rms, bias } = statisticOf(got, values, units);
  if (bias < -mostBias.share * rms && rms * precision.unit < 2 ** -16) {
    return [{ variant: "cut off", says: "numbers cut off towards 0 instead of rounded" }];
  }
  // What a fast algorithm makes of short sums is larger than they are: their size does not tell the format.
  if (isNormwise(precision, one.operation)) return [{ variant: "short sums", says: "sums kept in fewer bits than declared" }];
  const bits = -Math.log2(2 * rms * precision.unit);
  if (!(bits > 5)) return [];
  const alike = bits < 10 ? [precisions.bfloat16] : bits < 13 ? [precisions.float16, precisions.tf32] : [];
  return alike.length > 0 ? alike.map((to) => cause("sums", to, `sums kept in ${to.name}, in part at least`))
    : [{ variant: "short sums", says: `sums kept in about ${Math.round(bits)} bits` }];
}

/** Whether no answer is further from the true value than honest sums and one rounding to a format lead. */
const isOneRounding = (got: ArrayLike<number>, expected: ArrayLike<number>, honest: ArrayLike<number>, { unit, tiny }: Format, most: number): boolean =>
  Array.from(got).every((value, i) => Math.abs(value - expected[i]!) <= 1.01 * unit * Math.abs(expected[i]!) + tiny + 2 * most * honest[i]!);
