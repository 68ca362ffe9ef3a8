/** Poolings, padding and dropout as honest float32 code computes them, their sums in any order. Which numbers meet is told by the im2col candidate. */
import { adaptiveMaxPooling } from "../../../examples/candidates/im2col/adaptive-pooling.ts";
import { maxPooling, minPooling } from "../../../examples/candidates/im2col/pooling.ts";
import { pad } from "../../../examples/candidates/im2col/padding.ts";
import { windows } from "../../../examples/candidates/im2col/window.ts";
import type { CandidateFunction } from "../../../src/oracle/module-candidate.ts";
import type { PlainTensor, Reply } from "../../../src/oracle/protocol.ts";
import type { Summation } from "../kernels.ts";
import type { Machine } from "../catalog/machine.ts";

const { abs, fround: f, sign } = Math;

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const answer = (shape: readonly number[], output: readonly number[], like: PlainTensor, gradient: readonly number[] | undefined): Reply => ({
  outputs: { output: { shape, data: Float32Array.from(output) } },
  ...(gradient && { gradients: { input: { shape: like.shape, data: Float32Array.from(gradient) } } }),
});

/** What arrives at each of so many cells, added up in an order. */
const gathered = (cells: number, sum: Summation, arriving: (add: (cell: number, value: number) => void) => void): readonly number[] => {
  const all: number[][] = Array.from({ length: cells }, () => []);
  arriving((cell, value) => all[cell]!.push(value));
  return all.map((values) => (values.length === 1 ? f(values[0]!) : sum(values)));
};

/** Padding that copies; its gradient adds up what came from one cell. */
export const padding = (sum: Summation): CandidateFunction => ({ input }, options, cotangents) => {
  const numbered = { shape: input!.shape, data: Float32Array.from(input!.data, (_, i) => i + 1) };
  const { output } = pad({ input: numbered as never }, { ...options, value: 0 } as never, undefined).outputs;
  const value = f((options["value"] as number | undefined) ?? 0);
  const dOutput = cotangents?.["output"]!.data;
  return answer(output.shape, Array.from(output.data, (from) => (from === 0 ? value : input!.data[from - 1]!)), input!, dOutput &&
    gathered(input!.data.length, sum, (add) => output.data.forEach((from, o) => void (from > 0 && add(from - 1, dOutput[o]!)))));
};

/** Pooling by extremes: winners are copied, and what they win is added up. */
const winners = (pooling: typeof maxPooling | typeof adaptiveMaxPooling) => (sum: Summation): CandidateFunction => (inputs, options, cotangents) => {
  const { outputs } = (pooling as typeof maxPooling)(inputs as never, options as never, undefined);
  const input = inputs["input"]!;
  const [plane, positions] = [count(input.shape.slice(2)), count(outputs.output.shape.slice(2))];
  const dOutput = cotangents?.["output"]!.data;
  const cellOf = (o: number): number => Math.floor(o / positions) * plane + outputs.indices.data[o]!;
  const reply = answer(outputs.output.shape, Array.from(outputs.output.data, (_, o) => input.data[cellOf(o)]!), input, dOutput &&
    gathered(input.data.length, sum, (add) => Array.from(dOutput).forEach((value, o) => add(cellOf(o), value))));
  return { ...reply, outputs: { ...reply.outputs, indices: outputs.indices } };
};

/** The three that copy. */
export const extremes = { maxPooling: winners(maxPooling), minPooling: winners(minPooling), adaptiveMaxPooling: winners(adaptiveMaxPooling) };

/** How a mean divides. */
export const dividing = {
  "divided": (value: number, by: number): number => f(value / by),
  "times a reciprocal": (value: number, by: number): number => f(value * f(1 / by)),
};

/** For each window of an axis the cells that it touches. */
const touched = (length: number, outputs: number): readonly (readonly number[])[] => Array.from({ length: outputs }, (_, i) => {
  const [start, end] = [Math.floor((i * length) / outputs), Math.ceil(((i + 1) * length) / outputs)];
  return Array.from({ length: end - start }, (_cell, at) => start + at);
});

/** Means of adaptive windows: of all cells at once. */
export const adaptiveMeans = (sum: Summation, divide: (value: number, by: number) => number): CandidateFunction => ({ input }, { outputSize }, cotangents) => {
  const { shape, data } = input!;
  const space = shape.slice(2);
  const cells = space.reduce<readonly (readonly number[])[]>((outer, length, axis) => outer.flatMap((rows) =>
    touched(length, (outputSize as number[])[axis]!).map((own) => rows.flatMap((row) => own.map((cell) => row * length + cell)))), [[0]]);
  const [planes, plane] = [shape[0]! * shape[1]!, count(space)];
  const dOutput = cotangents?.["output"]!.data;
  const output = Array.from({ length: planes * cells.length }, (_, o) => {
    const own = cells[o % cells.length]!;
    return divide(sum(own.map((cell) => data[Math.floor(o / cells.length) * plane + cell]!)), own.length);
  });
  return answer([...shape.slice(0, 2), ...(outputSize as number[])], output, input!, dOutput && gathered(data.length, sum, (add) =>
    Array.from(dOutput).forEach((value, o) => {
      const own = cells[o % cells.length]!;
      for (const cell of own) add(Math.floor(o / cells.length) * plane + cell, divide(value, own.length));
    })));
};

/** How the norm of numbers above 0 is taken, and its derivative by one of them. */
export interface NormForm {
  readonly norm: (sizes: readonly number[], p: number, sum: Summation, machine: Machine) => number;
  readonly slope: (size: number, norm: number, p: number, machine: Machine) => number;
}

const powerOf = (x: number, p: number): number => (p === 0 ? 1 : p === 1 ? x : p === 2 ? f(x * x) : f(x ** p));
const rootOf = (x: number, p: number): number => (p === 1 ? x : p === 2 ? f(Math.sqrt(x)) : f(x ** f(1 / p)));

/** Norms by powers, relative to the largest, and by logarithms. */
export const normForms: Readonly<Record<string, NormForm>> = {
  "powers and a root": {
    norm: (sizes, p, sum) => rootOf(sum(sizes.map((size) => powerOf(size, p))), p),
    slope: (size, norm, p) => powerOf(f(size / norm), p - 1),
  },
  "relative to the largest": {
    norm: (sizes, p, sum) => {
      const largest = Math.max(...sizes);
      return f(largest * rootOf(sum(sizes.map((size) => powerOf(f(size / largest), p))), p));
    },
    slope: (size, norm, p) => f(powerOf(size, p - 1) / powerOf(norm, p - 1)),
  },
  "exponentials of logarithms": {
    norm: (sizes, p, sum, { exp, log }) => exp(f(log(sum(sizes.map((size) => exp(f(p * log(size)))))) * f(1 / p))),
    slope: (size, norm, p, { exp, log }) => exp(f(f(p - 1) * f(log(size) - log(norm)))),
  },
};

/** Lp pooling by such a norm. */
export const lpPooling = (sum: Summation, { norm, slope }: NormForm, machine: Machine): CandidateFunction => ({ input }, options, cotangents) => {
  const { shape, data } = input!;
  const { window, power: p } = options as { window: readonly number[]; power: number };
  const space = shape.slice(2);
  const { shape: sizes, positions, taps, source } = windows(space, window, options as never);
  const [planes, plane] = [shape[0]! * shape[1]!, count(space)];
  const dOutput = cotangents?.["output"]!.data;
  const cellsOf = (o: number): readonly number[] => Array.from({ length: taps }, (_, tap) => source[tap * positions + (o % positions)]!)
    .filter((at) => at >= 0).map((at) => Math.floor(o / positions) * plane + at).filter((cell) => data[cell] !== 0);
  const output = Array.from({ length: planes * positions }, (_, o) => {
    const cells = cellsOf(o);
    return cells.length === 0 ? 0 : norm(cells.map((cell) => abs(data[cell]!)), p, sum, machine);
  });
  return answer([...shape.slice(0, 2), ...sizes], output, input!, dOutput && gathered(data.length, sum, (add) => output.forEach((y, o) => {
    for (const cell of cellsOf(o)) add(cell, f(sign(data[cell]!) * f(f(slope(abs(data[cell]!), y, p, machine)) * dOutput[o]!)));
  })));
};

/** How what is kept in dropout grows: from a number, its mask of 0 or 1, and the rate. */
const drops: Readonly<Record<string, (x: number, kept: number, rate: number) => number>> = {
  "times a scale": (x, kept, rate) => (kept === 0 ? 0 : f(x * f(1 / (1 - rate)))),
  "times a scale of rounded numbers": (x, kept, rate) => (kept === 0 ? 0 : f(x * f(1 / f(1 - f(rate))))),
  "divided by what is kept": (x, kept, rate) => (kept === 0 ? 0 : f(x / f(1 - rate))),
  "divided by what is kept of rounded numbers": (x, kept, rate) => (kept === 0 ? 0 : f(x / f(1 - f(rate)))),
  "a mask that is scaled first": (x, kept, rate) => f(x * (kept === 0 ? 0 : f(kept / f(1 - rate)))),
  "the mask, then the scale": (x, kept, rate) => (kept === 0 ? 0 : f(f(x * kept) * f(1 / f(1 - rate)))),
  "the scale, then the mask": (x, kept, rate) => f(x * f(1 / (1 - rate))) * kept,
  "doubles inside": (x, kept, rate) => (kept === 0 ? 0 : f(x / (1 - rate))),
};

/** Dropout in its forms. */
export const dropouts: Readonly<Record<string, CandidateFunction>> = Object.fromEntries(Object.entries(drops).map(([name, drop]): [string, CandidateFunction] =>
  [name, ({ input, mask }, { rate, training }, cotangents) => {
    const through = ({ data }: PlainTensor): readonly number[] => Array.from(data, (x, i) =>
      (training === false ? x : rate === 1 ? 0 : drop(x, mask!.data[Math.floor(i / (data.length / mask!.data.length))]!, rate as number)));
    return answer(input!.shape, through(input!), input!, cotangents && through(cotangents["output"]!));
  }]));
