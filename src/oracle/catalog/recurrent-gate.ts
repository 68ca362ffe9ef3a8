/**
 * Gates and activations of recurrent cells on a tape: which code is honest.
 *
 * With u the unit roundoff and functions of a library good to four units in the last place, 8·u, one step of honest code errs by
 *
 *     a = x·wx + h·wh + b   a rounding for each product and each addition, in any order; one more where there are two biases
 *     y = σ(a)              8·(1 − y) + 2 of y as 1 / (1 + e^−a) or by powers of the other sign; 4·|2·y − 1| + y as ½·(1 + tanh(a/2))
 *     σ' = y·(1 − y)        4 of σ', or y² + σ' as y − y²; and |1 − 2·y| times the error of y, where y is computed anew from a
 *     y = tanh(a)           8 of y
 *     tanh' = 1 − y²        1, or 3 of tanh' as (1 − y)·(1 + y)
 *     hard sigmoid          of r = 0.2·a + 0.5: 2·0.2·|a| + r, or 3 of r as 0.2·(a + 2.5); its derivative 0.2 is rounded once
 *
 * times u. The derivatives see the rounded y of the step before, which the tape knows.
 *
 * At a kink the derivative jumps. Where honest code may find a on the other side, its derivative may be off by the whole jump.
 *
 * @module
 */
import { functionRoundings } from "../error-bound.ts";
import type { Node, Tape, Term } from "../first-order.ts";

/** Numbers of a tape, one for each unit or feature. @internal */
export type Vector = readonly Node[];

/** An activation at one number: what it gives, and its derivative. @internal */
export interface Activated {
  readonly value: Node;
  readonly slope: Node;
}

/** One of a cell's activations at a node. @internal */
export type ActivationOf = (tape: Tape, a: Node) => Activated;

/** All of a function's value may be lost where it lies below the normal numbers: fast libraries give 0 there. */
const lost = (value: number, { unit, tiny }: Tape): number => (Math.abs(value) < tiny / (2 * unit) ? Math.abs(value) + tiny : 0);

const sigmoid: ActivationOf = (tape, a) => {
  const y = 1 / (1 + Math.exp(-tape.value(a)));
  const slope = y * (1 - y);
  const own = tape.unit * Math.max(y * (functionRoundings * (1 - y) + 2), functionRoundings / 2 * Math.abs(2 * y - 1) + y) + lost(y, tape);
  const value = tape.step(y, own, [a], [slope]);
  const ownSlope = tape.unit * Math.max(4 * slope, y * y + slope) + Math.abs(1 - 2 * y) * own + tape.tiny;
  return { value, slope: tape.step(slope, ownSlope, [value], [1 - 2 * y]) };
};

const tanh: ActivationOf = (tape, a) => {
  const y = Math.tanh(tape.value(a));
  const slope = (1 - y) * (1 + y);
  const value = tape.step(y, functionRoundings * tape.unit * Math.abs(y) + lost(y, tape), [a], [slope]);
  return { value, slope: tape.step(slope, tape.unit * Math.max(1, 3 * slope) + tape.tiny, [value], [-2 * y]) };
};

/**
 * What lies between two bounds as it is, with a derivative of 1 there and of 0 beyond; at a bound as `atBound` says. Bounds may be rounded.
 *
 * Where the derivative may be either, it counts as 1 that may be wrong by 1: what is multiplied with it has errors of its own.
 */
const between = (low: number, high: number, atBound: number, rounding = 0): ActivationOf => (tape, a) => {
  const x = tape.value(a);
  const [inside, outside] = [x > low && x < high, x < low || x > high];
  const crosses = tape.mayCross(a, low) || tape.mayCross(a, high);
  const limited = Math.min(high, Math.max(low, x));
  return {
    value: tape.step(limited, inside && !crosses ? 0 : rounding, [a], [inside || crosses ? 1 : 0]),
    slope: crosses ? tape.step(1, 1, [], []) : tape.exact(inside ? 1 : outside ? 0 : atBound),
  };
};

/** What a derivative of 1 or 0 leaves of another: nothing is rounded. */
const masked = ({ step, value }: Tape, slope: Node, mask: Node): Node =>
  step(value(slope) * value(mask), 0, [slope, mask], [value(mask), value(slope)]);

const relu = between(0, Infinity, 0);

const hardSigmoid: ActivationOf = (tape, a) => {
  const part = 0.2 * tape.value(a);
  const r = tape.step(part + 0.5, tape.unit * Math.max(2 * Math.abs(part) + Math.abs(part + 0.5), 3 * Math.abs(part + 0.5)), [a], [0.2]);
  const { value, slope } = between(0, 1, 0)(tape, r);
  return { value, slope: masked(tape, tape.step(0.2, 0.2 * tape.unit, [], []), slope) };
};

const identity: ActivationOf = (tape, a) => ({ value: a, slope: tape.exact(1) });

/** By the names that options have. @internal */
export const activationsOf: Readonly<Record<string, ActivationOf>> = { sigmoid, tanh, relu, hardSigmoid, identity };

/** The activation of a limited to ±clip; the limit may be rounded. @internal */
export const clipped = (activation: ActivationOf, clip: unknown): ActivationOf => (typeof clip !== "number" ? activation : (tape, a) => {
  const limited = between(-clip, clip, 1, tape.unit * clip)(tape, a);
  const { value, slope } = activation(tape, limited.value);
  return { value, slope: masked(tape, slope, limited.slope) };
});

/** The weights of a network on a tape, flat, by their names. @internal */
export type Weights = Readonly<Record<string, Vector | undefined>>;

/** A gate at one step: what it lets pass, and the gradient of what goes into its activation from the factors of that of its value. @internal */
export interface TapedGate {
  readonly value: Vector;
  readonly backward: (dValue: (unit: number) => Term) => Vector;
}

/** The terms of x·w, for each column of the matrix. @internal */
export const productTerms = (x: Vector, w: Vector): readonly (readonly Term[])[] => {
  const columns = w.length / x.length;
  return Array.from({ length: columns }, (_, j) => x.map((each, i): Term => [each, w[i * columns + j]!]));
};

/** The terms of da·wᵀ, for each row of the matrix. @internal */
export const transposedTerms = (da: Vector, w: Vector): readonly (readonly Term[])[] =>
  Array.from({ length: w.length / da.length }, (_, i) => da.map((each, j): Term => [each, w[i * da.length + j]!]));

/** Terms to the same units, side by side. @internal */
export const together = (first: readonly (readonly Term[])[], ...others: readonly (readonly (readonly Term[])[])[]): readonly (readonly Term[])[] =>
  first.map((terms, i) => [...terms, ...others.flatMap((each) => each[i]!)]);

/** A vector as one term to each unit; none where there is none. @internal */
export const single = (vector: Vector | undefined, units: number): readonly (readonly Term[])[] =>
  Array.from({ length: units }, (_, j) => (vector ? [[vector[j]!]] : []));

/** f(a) of sums of terms; `more` additions are allowed beside those of the terms. @internal */
export function activated(tape: Tape, f: ActivationOf, terms: readonly (readonly Term[])[], more = 0): TapedGate {
  const units = terms.map((each) => f(tape, tape.sum(each, more)));
  return {
    value: units.map(({ value }) => value),
    backward: (dValue) => units.map(({ slope }, j) => tape.sum([[...dValue(j), slope]])),
  };
}

/** y = f(a), a = x·wx + h·wh + bias, and + peephole∘c where there is one. @internal */
export function tapedGate(tape: Tape, weights: Weights, gate: string, f: ActivationOf, x: Vector, h: Vector, c?: Vector): TapedGate {
  const [bias, peephole] = [weights[`${gate}bias`], weights[`${gate}peephole`]];
  return activated(tape, f, together(
    productTerms(x, weights[`${gate}wx`]!), productTerms(h, weights[`${gate}wh`]!), single(bias, h.length),
    ...(peephole && c ? [c.map((each, j): readonly Term[] => [[each, peephole[j]!]])] : []),
  ), bias ? 1 : 0);
}
