/** What the specifications of this chapter share: random tensors whose values follow from a seed and a shape, comparison, error texts. */
import fc from "fast-check";
import type { Shape } from "../../src/tensor/shape.ts";
import { key, uniform } from "../../src/tensor/random.ts";
import { Tensor, adopt, raw } from "../../src/tensor/tensor.ts";
import { nest, type Nested } from "../definitions/index.ts";

const draw = (seed: number, shape: Shape, value: (u: number, i: number) => number): Tensor =>
  new Tensor(shape, Array.from(raw(uniform(key(seed), shape)), value));

/** Whole numbers from −limit to limit. */
export const whole = (seed: number, shape: Shape, limit = 8): Tensor => draw(seed, shape, (u) => Math.floor(u * (2 * limit + 1)) - limit);

/** Odd numbers: none is closer to 0 than 1, so a step of 1/2 crosses no kink there. */
export const odd = (seed: number, shape: Shape, limit = 8): Tensor => draw(seed, shape, (u) => 2 * (Math.floor(u * 2 * limit) - limit) + 1);

/** Multiples of 2⁻¹⁰ from −limit to limit. */
export const grid = (seed: number, shape: Shape, limit = 2): Tensor => draw(seed, shape, (u) => Math.floor((2 * u - 1) * limit * 1024) / 1024);

/** Full float32 significands of either sign, with exponents from −spread to spread. */
export const wild = (seed: number, shape: Shape, spread = 30): Tensor => {
  const exponents = raw(uniform(key(seed + 1), shape, -spread, spread));
  const signs = raw(uniform(key(seed + 2), shape, -1, 1));
  return draw(seed, shape, (u, i) => Math.sign(signs[i]!) * (1 + u) * 2 ** Math.round(exponents[i]!));
};

/** A seed that leaves room for its neighbours. */
export const seeds: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 31 }).map((n) => n * 16);

/** The tensor as the definitions take it. */
export const nested = (tensor: Tensor): Nested<number> => nest(Array.from(raw(tensor)), tensor.shape);

/** The values with −0 as 0: the sign of a zero is not compared. */
export const unsigned = (tensor: Tensor): readonly number[] => Array.from(raw(tensor), (value) => value + 0);

/** Shape and values over double storage, with −0 as 0. */
export const plain = (tensor: Tensor): Tensor => adopt(tensor.shape, Float64Array.from(unsigned(tensor)));

/** The error that a call ends with, as name and message. */
export const refusal = (run: () => unknown): string => {
  try {
    return `no error but ${String(run())}`;
  } catch (error) {
    return String(error);
  }
};

/** The largest |a − b| / max(1, |b|); NaN where just one side is NaN. */
export const distance = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length) return NaN;
  return Array.from(actual).reduce((most, a, i) => {
    const b = expected[i]!;
    const apart = Object.is(a, b) ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b));
    return apart > most || Number.isNaN(apart) ? apart : most;
  }, 0);
};

/** How often each property held among the configurations of a run. */
export interface Seen {
  readonly count: (held: Readonly<Record<string, boolean>>) => void;
  readonly shares: () => Readonly<Record<string, number>>;
  /** The properties that never held, or so seldom that chance alone does not make them so rare where they are due to hold in such a share. */
  readonly missing: (share: number) => readonly string[];
}

/** Counts how often each property held among the configurations of a run. */
export const tally = (): Seen => {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    count: (held) => {
      total++;
      for (const [name, holds] of Object.entries(held)) counts.set(name, (counts.get(name) ?? 0) + Number(holds));
    },
    shares: () => Object.fromEntries([...counts].map(([name, count]) => [name, count / total])),
    missing: (share) => {
      const least = Math.max(1, share * total - 4 * Math.sqrt(share * (1 - share) * total));
      return total === 0 ? ["all"] : [...counts].flatMap(([name, count]) => (count < least ? [name] : []));
    },
  };
};

/** The shares in words, for a test's annotation. */
export const inWords = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares).map(([name, share]) => `${name} ${Math.round(share * 100)} %`).join(", ");
