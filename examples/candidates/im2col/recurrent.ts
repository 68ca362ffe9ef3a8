/** Recurrent operations: a cell walks over the steps in one direction or both, and its gradients walk back. */
import type { Tensor } from "../types.ts";
import { zeros } from "./tensor.ts";

export type Named = Readonly<Record<string, Tensor>>;

/** One row for each sample, row after row. */
export type Rows = Float32Array;

/** What a cell remembers, by name: h, and c of an LSTM. */
export type State = Readonly<Record<string, Rows>>;

export interface Step {
  readonly next: State;
  /** From the gradient of the new state to those of the input and of the state before; the weights' are added up by the cell. */
  readonly back: (dNext: State) => { readonly dx: Rows; readonly before: State };
}

/** One step of a recurrent network, for any number of samples. */
export interface Cell {
  readonly units: number;
  readonly states: readonly string[];
  readonly step: (x: Rows, before: State) => Step;
  /** The gradients of the weights, over all steps that went back. */
  readonly gradients: () => Named;
}

/** A weight of the cell by its name, without the prefix of its direction. */
export type Weights = (name: string) => Tensor | undefined;

export interface DirectionOptions {
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly merge?: "concat" | "sum" | "average";
}

interface Walk {
  readonly output: Tensor;
  readonly finalState: Named;
  readonly back: (dOutput: Tensor, cotangents: Named) => { readonly dInput: Tensor; readonly gradients: Named };
}

export type CellOf<O> = (weights: Weights, options: O) => Cell;

/** The step that a sample is read backwards from. */
type Begin = (length: number, steps: number) => number;

const ownLast: Begin = (length) => length - 1;

/** The operation that a cell makes: output and final states, and all gradients where any are asked for. */
export const recurrent = <O extends DirectionOptions>(cellOf: CellOf<O>, begin = ownLast) =>
  (inputs: Named, options: O, cotangents: Named | undefined) => {
    const prefixes = { forward: ["forward."], reverse: ["backward."], bidirectional: ["forward.", "backward."] }[options.direction];
    const walks = prefixes.map((prefix) => walk(inputs, prefix, cellOf((name) => inputs[prefix + name], options), begin));
    const output = merged(walks.map((each) => each.output), options);
    const outputs = Object.assign({ output }, ...walks.map(({ finalState }) => finalState)) as Named;
    if (!cotangents) return { outputs };

    const dOutput = cotangents["output"] ?? zeros(output.shape);
    const back = walks.map((each, i) => each.back(partOf(dOutput, walks[i]!.output, i, options), cotangents));
    const dInput = back.map((each) => each.dInput).reduce(sum);
    return { outputs, gradients: Object.assign({ input: dInput }, ...back.map(({ gradients }) => gradients)) as Named };
  };

/** At its step s, the samples that are longer than s. */
const walk = (inputs: Named, prefix: string, cell: Cell, begin: Begin): Walk => {
  const input = inputs["input"]!;
  const [steps, samples, features] = input.shape as [number, number, number];
  const { units } = cell;
  const lengths = inputs["lengths"]?.data ?? new Float32Array(samples).fill(steps);
  const placeOf = (s: number, n: number): number => (prefix === "backward." ? begin(lengths[n]!, steps) - s : s) * samples + n;

  const initial = (name: string): Tensor | undefined => inputs[`${prefix}initialState.${name}`];
  const state = states(cell, (name) => initial(name)?.data.slice() ?? new Float32Array(samples * units));
  const output = zeros([steps, samples, units]);
  const taken: { readonly rows: readonly number[]; readonly places: readonly number[]; readonly back: Step["back"] }[] = [];
  for (let s = 0; s < steps; s++) {
    const rows = Array.from(lengths.keys()).filter((n) => s < lengths[n]!);
    if (rows.length === 0) break;
    const places = rows.map((n) => placeOf(s, n));
    const { next, back } = cell.step(gathered(input.data, places, features), states(cell, (name) => gathered(state[name]!, rows, units)));
    for (const name of cell.states) scatter(next[name]!, state[name]!, rows, units);
    scatter(next["h"]!, output.data, places, units);
    taken.push({ rows, places, back });
  }
  const tensors = (data: State, part: string): Named =>
    Object.fromEntries(cell.states.map((name) => [`${prefix}${part}.${name}`, { shape: [samples, units], data: data[name]! }]));

  return {
    output,
    finalState: tensors(state, "finalState"),
    back: (dOutput, cotangents) => {
      const dState = states(cell, (name) => cotangents[`${prefix}finalState.${name}`]?.data.slice() ?? new Float32Array(samples * units));
      const dInput = zeros(input.shape);
      for (const { rows, places, back } of taken.toReversed()) {
        const dNext = states(cell, (name) => gathered(dState[name]!, rows, units));
        const arriving = gathered(dOutput.data, places, units);
        const { dx, before } = back({ ...dNext, h: plus(dNext["h"]!, arriving) });
        for (const name of cell.states) scatter(before[name]!, dState[name]!, rows, units);
        scatter(dx, dInput.data, places, features);
      }
      const given = Object.entries(tensors(dState, "initialState")).filter(([name]) => inputs[name] !== undefined);
      const weights = Object.entries(cell.gradients()).map(([name, gradient]) => [prefix + name, gradient] as const);
      return { dInput, gradients: Object.fromEntries([...given, ...weights]) };
    },
  };
};

const states = (cell: Cell, rowsOf: (name: string) => Rows): State => Object.fromEntries(cell.states.map((name) => [name, rowsOf(name)]));

const gathered = (data: Float32Array, places: readonly number[], width: number): Rows => {
  const rows = new Float32Array(places.length * width);
  places.forEach((place, i) => rows.set(data.subarray(place * width, (place + 1) * width), i * width));
  return rows;
};

const scatter = (rows: Rows, data: Float32Array, places: readonly number[], width: number): void =>
  places.forEach((place, i) => data.set(rows.subarray(i * width, (i + 1) * width), place * width));

/** Element by element; the store rounds. */
export const plus = (left: Rows, right: Rows): Rows => left.map((value, i) => value + right[i]!);

const sum = (left: Tensor, right: Tensor): Tensor => ({ shape: left.shape, data: plus(left.data, right.data) });

const scaled = ({ shape, data }: Tensor, factor: number): Tensor => ({ shape, data: data.map((value) => factor * value) });

const merged = (outputs: readonly Tensor[], { merge }: DirectionOptions): Tensor => {
  const [forward, backward] = outputs as readonly [Tensor, Tensor?];
  if (!backward) return forward;
  if (merge !== "concat") return scaled(sum(forward, backward), merge === "average" ? 0.5 : 1);
  const [steps, samples, units] = forward.shape as [number, number, number];
  return { shape: [steps, samples, 2 * units], data: sideBySide([forward.data, backward.data], units) };
};

/** What arrives at the output of one direction. */
const partOf = (dOutput: Tensor, { shape }: Tensor, direction: number, { direction: both, merge }: DirectionOptions): Tensor => {
  if (both !== "bidirectional") return dOutput;
  if (merge !== "concat") return scaled(dOutput, merge === "average" ? 0.5 : 1);
  return { shape, data: columns(dOutput.data, 2, direction, shape[2]!) };
};

/** The rows of several blocks of equal width, joined. */
export const sideBySide = (blocks: readonly Rows[], width: number): Rows => {
  const rows = new Float32Array(blocks.length * blocks[0]!.length);
  blocks.forEach((block, b) => {
    for (let at = 0; at < block.length; at += width) rows.set(block.subarray(at, at + width), at * blocks.length + b * width);
  });
  return rows;
};

/** One of those blocks. */
export const columns = (rows: Rows, blocks: number, block: number, width: number): Rows => {
  const part = new Float32Array(rows.length / blocks);
  for (let at = 0; at < part.length; at += width) {
    const from = at * blocks + block * width;
    part.set(rows.subarray(from, from + width), at);
  }
  return part;
};
