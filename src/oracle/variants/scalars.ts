/**
 * Formulas number by number, and their gradients: a habit of the forward pass is written down once, and its gradient follows.
 *
 * Each number knows its value, the earlier ones that it is made of, and its derivatives by them. One sweep from the last to the first tells
 * the derivative of a weighted sum of some of them by all others: the chain rule, backwards.
 *
 * @module
 */

/** A number of a computation, by its place. @internal */
export type Scalar = number;

/** A function of one number and its derivative. @internal */
export type Slope = readonly [f: (x: number) => number, derivative: (x: number) => number];

/** A computation that is being written down. @internal */
export interface Scalars {
  /** A number that is given. */
  readonly leaf: (value: number) => Scalar;
  readonly value: (of: Scalar) => number;
  /** Any function of earlier numbers: its value, and its derivatives by them. */
  readonly step: (value: number, from: readonly Scalar[], derivatives: readonly number[]) => Scalar;
  readonly sum: (...terms: readonly Scalar[]) => Scalar;
  readonly product: (left: Scalar, right: Scalar) => Scalar;
  readonly apply: (f: Slope, x: Scalar) => Scalar;
  /** The derivatives of Σ seed·number by every number. */
  readonly derivatives: (seeds: readonly (readonly [Scalar, number])[]) => Float64Array;
}

/** A computation without any number yet. @internal */
export function newScalars(): Scalars {
  const values: number[] = [];
  const parents: (readonly Scalar[])[] = [];
  const slopes: (readonly number[])[] = [];
  const step: Scalars["step"] = (value, from, by) => {
    parents.push(from);
    slopes.push(by);
    return values.push(value) - 1;
  };
  const value = (of: Scalar): number => values[of]!;
  return {
    step, value,
    leaf: (given) => step(given, [], []),
    sum: (...terms) => step(terms.reduce((total, term) => total + value(term), 0), terms, terms.map(() => 1)),
    product: (left, right) => step(value(left) * value(right), [left, right], [value(right), value(left)]),
    apply: ([f, derivative], x) => step(f(value(x)), [x], [derivative(value(x))]),
    derivatives: (seeds) => {
      const found = new Float64Array(values.length);
      for (const [place, seed] of seeds) found[place]! += seed;
      for (let i = values.length - 1; i >= 0; i--) {
        if (found[i] !== 0) parents[i]!.forEach((parent, j) => (found[parent]! += found[i]! * slopes[i]![j]!));
      }
      return found;
    },
  };
}
