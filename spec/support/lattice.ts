/**
 * Numbers on which nothing is rounded, drawn from a seed: so a property that fails shrinks its geometry and keeps its numbers.
 */
import { Tensor } from "../../src/tensor/tensor.ts";
import type { Shape } from "../../src/tensor/shape.ts";

const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** A stream of uniform numbers in [0, 1): Marsaglia's xorshift, "Xorshift RNGs" (2003). */
export function stream(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** Whole multiples of a unit from −reach to reach; every fourth seed gives numbers above zero only, every fourth numbers below. */
export function lattice(seed: number, shape: Shape, unit = 1, reach = 5): Tensor {
  const next = stream(seed);
  const draw = [
    (): number => 1 + Math.floor(next() * reach),
    (): number => -1 - Math.floor(next() * reach),
  ][seed % 4] ?? ((): number => Math.floor(next() * (2 * reach + 1)) - reach);
  return new Tensor(shape, Array.from({ length: sizeOf(shape) }, () => unit * draw()));
}

/** Whole numbers two apart in random order, so that no two are equal within any window, around zero or to one side of it. */
export function distinct(seed: number, shape: Shape): Tensor {
  const next = stream(seed);
  const size = sizeOf(shape);
  const lowest = [2, -2 * size - 2][seed % 4] ?? -size;
  const values = Array.from({ length: size }, (_, i) => lowest + 2 * i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return new Tensor(shape, values);
}

/** Whole numbers of which many are equal, with −Infinity and NaN among them: what ties and special values do. */
export function rough(seed: number, shape: Shape): Tensor {
  const next = stream(seed);
  const few = [-Infinity, -1, -0, 0, 1, 1, Infinity, ...(seed % 2 === 0 ? [NaN] : [])];
  return new Tensor(shape, Array.from({ length: sizeOf(shape) }, () => few[Math.floor(next() * few.length)]!));
}

/**
 * Full float32 numbers for the checks of rounding, by the seed of one of three kinds: of like size, of sizes spread over 2^±20, or ± three
 * magnitudes far apart, so that sums of products cancel and leave what is small.
 */
export function wild(seed: number, shape: Shape): Tensor {
  const next = stream(seed);
  const spread = (exponents: number) => (): number => (1 + next()) * 2 ** (Math.floor(next() * (2 * exponents + 1)) - exponents);
  const [large, middle, small] = [(1 + next()) * 2 ** 20, 1 + next(), (1 + next()) * 2 ** -20];
  const draw = [spread(2), spread(20)][seed % 3] ?? ((): number => [large, large, large, middle, small][Math.floor(next() * 5)]!);
  return new Tensor(shape, Array.from({ length: sizeOf(shape) }, () => (next() < 0.5 ? -1 : 1) * draw()));
}
