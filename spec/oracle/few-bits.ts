/**
 * The im2col candidate in any format: every `Float32Array` that it makes, and every `Math.fround` that it calls, rounds to that format instead.
 *
 * The candidate is loaded after both have been replaced, and they mean the usual thing but while one of its functions runs.
 */
import { vi } from "vitest";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import type { Format } from "../../src/oracle/precision.ts";
import { nearest } from "../../src/oracle/storage.ts";
import { mapNames } from "./support.ts";

type Plain = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;

/** The candidate's functions, with all numbers that they store or round in a format. */
export async function loadFewBits(): Promise<(format: Format) => CandidateModule["operations"]> {
  const { Float32Array: Native } = globalThis;
  const { fround } = Math;
  let current: Format | undefined;
  const round = (value: number): number => (current === undefined ? fround(value) : nearest(value, current));

  const wrap = (cells: Float64Array): Float64Array => new Proxy(cells, {
    get: (_, key) => {
      switch (key) {
        case "map": return (f: (value: number, i: number) => number) => wrap(cells.map((value, i) => round(f(value, i))));
        case "slice": return (...range: number[]) => wrap(cells.slice(...range));
        case "subarray": return (...range: number[]) => wrap(cells.subarray(...range));
        case "fill": return (value: number, ...range: number[]) => wrap(cells.fill(round(value), ...range));
        case "set": return (values: ArrayLike<number>, from?: number) => cells.set(Array.from(values, round), from);
        default: {
          const found: unknown = Reflect.get(cells, key, cells);
          return typeof found === "function" ? found.bind(cells) : found;
        }
      }
    },
    set: (_, key, value: number) => Reflect.set(cells, key, round(value), cells),
  });
  const rounded = (values: Iterable<number> | ArrayLike<number>, f: (value: number, i: number) => number = (value) => value): Float64Array =>
    wrap(Float64Array.from(Array.from(values as ArrayLike<number>, f), round));
  const Stand = Object.assign(function (this: unknown, given: number | ArrayLike<number>): Float64Array {
    return typeof given === "number" ? wrap(new Float64Array(given)) : rounded(given);
  }, { of: (...values: number[]) => rounded(values), from: rounded, BYTES_PER_ELEMENT: 4 });

  vi.resetModules(); // other specs of this process may have loaded the candidate with the usual rounding
  Math.fround = round;
  const { default: candidate } = (await import("../../examples/candidates/im2col.ts")) as unknown as { default: CandidateModule };
  Math.fround = fround;
  vi.resetModules();

  const wrapped = (tensors: Plain): Plain => mapNames(tensors, ({ shape, data }) => ({ shape, data: rounded(data) }));
  const plain = (tensors: Plain): Plain => mapNames(tensors, ({ shape, data }) => ({ shape, data: Native.from(data) }));
  return (format) => mapNames(candidate.operations, (run, name) => (inputs, options, cotangents) => {
    const held = (option: string, otherwise: number): number => nearest(Number(options[option] ?? otherwise), format);
    if (held("epsilon", 1) === 0) return { skipped: `epsilon is 0 in ${format.name}` };
    if (held("beta1", 0) === 1 || held("beta2", 0) === 1) return { skipped: `a decay is 1 in ${format.name}` };
    const unbounded = name === "binaryCrossEntropy" && nearest(1e-12, format) === 0; // what keeps its denominators from 0
    const positions = (run(inputs, options, undefined) as { outputs: Plain }).outputs["indices"]; // nobody rounds whole numbers of their own kind
    current = format;
    globalThis.Float32Array = Stand as never;
    Math.fround = round;
    try {
      const { outputs, gradients } = run(wrapped(inputs), options, cotangents && wrapped(cotangents)) as { outputs: Plain; gradients?: Plain };
      return { outputs: { ...plain(outputs), ...(positions && { indices: positions }) }, ...(gradients && !unbounded && { gradients: plain(gradients) }) };
    } finally {
      current = undefined;
      globalThis.Float32Array = Native;
      Math.fround = fround;
    }
  });
}
