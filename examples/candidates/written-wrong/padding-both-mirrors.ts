/**
 * A padding that works axis by axis; backward, every cell gathers from its copies.
 *
 * The mistake: with reflect, a cell that was mirrored at both ends gathers from the copy before the start alone.
 *
 *     etalon verify examples/candidates/written-wrong/padding-both-mirrors.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Options {
  readonly padding: readonly (readonly [before: number, after: number])[];
  readonly mode: "zero" | "constant" | "reflect" | "replicate" | "circular";
  readonly value?: number;
}

/** The sum over all copies of cell j of an axis of so many cells; at(i) is the gradient of padded cell i. */
const gather = (mode: Options["mode"], j: number, size: number, before: number, after: number, at: (i: number) => number): number => {
  let sum = at(before + j);
  if (mode === "reflect") {
    if (j > 0 && j <= before) sum += at(before - j);
    else if (j < size - 1 && j >= size - 1 - after) sum += at(before + 2 * (size - 1) - j); // the mistake: no else
  }
  if (mode === "replicate") {
    if (j === 0) for (let i = 0; i < before; i++) sum += at(i);
    if (j === size - 1) for (let i = 0; i < after; i++) sum += at(before + size + i);
  }
  if (mode === "circular") {
    if (j >= size - before) sum += at(before + j - size);
    if (j < after) sum += at(before + size + j);
  }
  return sum;
};

const sourceOf = (mode: Options["mode"], i: number, size: number): number => {
  if (i >= 0 && i < size) return i;
  if (mode === "reflect") return i < 0 ? -i : 2 * (size - 1) - i;
  if (mode === "replicate") return i < 0 ? 0 : size - 1;
  return mode === "circular" ? (i + size) % size : -1;
};

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

const pad = ({ input }: { readonly input: Tensor }, { padding, mode, value }: Options, cotangents: Cotangents) => {
  let shape = input.shape;
  let data = Float64Array.from(input.data);
  padding.forEach(([before, after], a) => {
    const size = shape[a + 2]!;
    const inner = product(shape.slice(a + 3));
    const wide = before + size + after;
    const padded = new Float64Array(product(shape.slice(0, a + 2)) * wide * inner);
    for (let p = 0; p < padded.length; p++) {
      const from = sourceOf(mode, (Math.floor(p / inner) % wide) - before, size);
      padded[p] = from < 0 ? value ?? 0 : data[(Math.floor(p / inner / wide) * size + from) * inner + (p % inner)]!;
    }
    shape = shape.map((each, axis) => (axis === a + 2 ? wide : each));
    data = padded;
  });
  const output = { shape, data: Float32Array.from(data) };
  if (!cotangents) return { outputs: { output } };

  let gradient = Float64Array.from(cotangents.output.data);
  for (let a = padding.length - 1; a >= 0; a--) {
    const [before, after] = padding[a]!;
    const size = input.shape[a + 2]!;
    const inner = product(input.shape.slice(a + 3));
    const wide = before + size + after;
    const arriving = gradient;
    gradient = new Float64Array((arriving.length / wide) * size).map((_, p) => {
      const start = Math.floor(p / inner / size) * wide * inner + (p % inner);
      return gather(mode, Math.floor(p / inner) % size, size, before, after, (i) => arriving[start + i * inner]!);
    });
  }
  return { outputs: { output }, gradients: { input: { shape: input.shape, data: Float32Array.from(gradient) } } };
};

export default { name: "one mirror at a time", precision: "float32", operations: { pad } };
