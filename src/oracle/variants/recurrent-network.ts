/**
 * Recurrent networks with a habit: cells and the loop over the steps number by number, with a place for each way to differ.
 *
 * Without any habit it is the reference. The gradients are those of what is computed, habit and all.
 *
 * @module
 */
import { logistic } from "../../learning/smooth-activation.ts";
import { fromDoubles, raw } from "../../tensor/tensor.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options, Tensors } from "../catalog/operation.ts";
import { newScalars } from "./scalars.ts";
import type { Scalar, Scalars, Slope } from "./scalars.ts";
import type { Variant } from "./variant.ts";

type Way = "forward" | "backward";

/** Numbers of one sample, one a unit. @internal */
export type Row = readonly Scalar[];

/** What a cell remembers of one sample; c is a row of zeros where it has none. @internal */
export interface RowState {
  readonly h: Row;
  readonly c: Row;
}

/** What a cell has to work with, in one direction. @internal */
export interface Kit {
  readonly scalars: Scalars;
  readonly options: Options;
  /** A vector of weights, if it was sent. */
  readonly vector: (name: string) => Row | undefined;
  /** v·w with a matrix of weights; none where it was not sent. */
  readonly times: (v: Row, matrix: string) => Row | undefined;
  /** x·wx + h·wh + bias of a gate; none where the gate was not sent. */
  readonly gate: (name: string, x: Row, h: Row) => Row | undefined;
}

/** One step of a cell; it may know whether it is the first one, from a state that nobody gave. @internal */
export type CellStep = (kit: Kit, x: Row, state: RowState, isFresh: boolean) => RowState;

/** Ways in which the loop over the steps may differ. @internal */
export interface LoopHabits {
  /** Every step starts from the initial state. */
  readonly forgetful?: boolean;
  /** The state before a step is a constant to the gradient. */
  readonly detached?: boolean;
  /** The recurrent weights' gradient sees the state after a step in the place of the one before it. */
  readonly late?: boolean;
  /** In reverse, filling is read before the sample; what is put out there is blanked. */
  readonly paddingFirst?: boolean;
  /** Forwards, the state runs on through the filling; what is put out there is blanked. */
  readonly runsOn?: boolean;
  /** In reverse, outputs stand in the order in which they were made. */
  readonly notTurned?: boolean;
}

const one = (): number => 1;
/** @internal */
export const slopes: Readonly<Record<"sigmoid" | "hardSigmoid" | "tanh" | "relu" | "identity", Slope>> = {
  sigmoid: [logistic, (a) => logistic(a) * logistic(-a)],
  hardSigmoid: hardSigmoidOf(0.2),
  tanh: [Math.tanh, (a) => 1 - Math.tanh(a) ** 2],
  relu: [(a) => Math.max(a, 0), (a) => (a > 0 ? 1 : 0)],
  identity: [(a) => a, one],
};

/** A line of that slope through ½, between 0 and 1. @internal */
export function hardSigmoidOf(slope: number): Slope {
  const line = (a: number): number => slope * a + 0.5;
  return [(a) => Math.min(Math.max(line(a), 0), 1), (a) => (line(a) > 0 && line(a) < 1 ? slope : 0)];
}

/** A limit to ±clip, if there is one. @internal */
export const limit = (clip: unknown): Slope => (typeof clip === "number"
  ? [(a) => Math.min(Math.max(a, -clip), clip), (a) => (Math.abs(a) > clip ? 0 : 1)]
  : slopes.identity);

/** The rows combined unit by unit. @internal */
export const units = (f: (...each: readonly Scalar[]) => Scalar, first: Row, ...others: readonly Row[]): Row =>
  first.map((each, unit) => f(each, ...others.map((other) => other[unit]!)));

/** A network of such a cell, with a habit of its loop or without. @internal */
export const unrolled = (cell: CellStep, habits: LoopHabits = {}): Variant["answer"] => (_, { inputs, options, cotangents }) => {
  const after = habits.late === true ? runNetwork(cell, habits, inputs, options, undefined).states : undefined;
  const { scalars, leaves, outputs } = runNetwork(cell, habits, inputs, options, after);
  const operands = Object.values(inputs);
  const toTensor = (shape: Shape, numbers: readonly number[]): Tensor => fromDoubles(operands, shape, Float64Array.from(numbers));
  const answers = mapNamed(outputs, ({ shape, places }) => toTensor(shape, places.map(scalars.value)));
  if (cotangents === undefined) return { outputs: answers, gradients: {} };
  const seeds = Object.entries(cotangents).flatMap(([name, cotangent]) => outputs[name]!.places.map((place, i) => [place, raw(cotangent)[i]!] as const));
  const found = scalars.derivatives(seeds);
  const gradients = Object.entries(inputs).filter(([name]) => name !== "lengths")
    .map(([name, { shape }]) => [name, toTensor(shape, leaves(name)!.map((leaf) => found[leaf]!))] as const);
  return { outputs: answers, gradients: Object.fromEntries(gradients) };
};

const waysOf: Readonly<Record<string, readonly Way[]>> = { forward: ["forward"], reverse: ["backward"], bidirectional: ["forward", "backward"] };

interface Network {
  readonly scalars: Scalars;
  readonly leaves: (name: string) => Row | undefined;
  readonly outputs: Readonly<Record<string, { readonly shape: Shape; readonly places: Row }>>;
  /** The values of h after each step, by direction, sample and time. */
  readonly states: ReadonlyMap<string, readonly number[]>;
}

function runNetwork(cell: CellStep, habits: LoopHabits, inputs: Tensors, options: Options, after: Network["states"] | undefined): Network {
  const scalars = newScalars();
  const nodes = new Map(Object.entries(inputs).filter(([name]) => name !== "lengths").map(([name, tensor]) => [name, Array.from(raw(tensor), scalars.leaf)]));
  const leaves = (name: string): Row | undefined => nodes.get(name);
  const [steps, samples, features] = inputs["input"]!.shape as readonly [number, number, number];
  const ways = waysOf[options["direction"] as string]!;
  const size = inputs[Object.keys(inputs).find((name) => name.endsWith("wh"))!]!.shape[0]!;
  const zero = scalars.leaf(0);
  const zeros: Row = Array.from({ length: size }, () => zero);
  const states = new Map<string, readonly number[]>();
  const lengths = inputs["lengths"] === undefined ? undefined : raw(inputs["lengths"]);
  const detach = (row: Row): Row => row.map((each) => scalars.leaf(scalars.value(each)));

  const sampleOf = (way: Way, n: number): { readonly outputs: readonly Row[]; readonly last: RowState } => {
    const end = lengths?.[n] ?? steps;
    const initial = (state: string): Row => leaves(`${way}.initialState.${state}`)?.slice(n * size, (n + 1) * size) ?? zeros;
    const start: RowState = { h: initial("h"), c: initial("c") };
    const isGiven = leaves(`${way}.initialState.h`) !== undefined;
    const isLong = way === "forward" ? habits.runsOn === true : habits.paddingFirst === true;
    const count = isLong ? steps : end;
    const outputs: Row[] = Array.from({ length: steps }, () => zeros);
    let state = start;
    for (let k = 0; k < count; k++) {
      const t = way === "forward" ? k : count - 1 - k;
      const before = habits.forgetful === true ? start : state;
      const from = habits.detached === true ? { h: detach(before.h), c: detach(before.c) } : before;
      const x = leaves("input")!.slice((t * samples + n) * features, (t * samples + n + 1) * features);
      const key = `${way} ${n} ${t}`;
      state = cell(kitOf(scalars, leaves, way, options, size, after?.get(key)), x, from, k === 0 && !isGiven);
      states.set(key, state.h.map(scalars.value));
      if (t < end) outputs[way === "backward" && habits.notTurned === true ? k : t] = state.h;
    }
    return { outputs, last: state };
  };

  const samplesOf = new Map(ways.map((way) => [way, Array.from({ length: samples }, (_, n) => sampleOf(way, n))]));
  const merged = (t: number, n: number): Row => {
    const [first, second] = ways.map((way) => samplesOf.get(way)![n]!.outputs[t]!) as [Row, Row | undefined];
    if (second === undefined) return first;
    if (options["merge"] === "concat") return [...first, ...second];
    const share = options["merge"] === "average" ? 0.5 : 1;
    return units((a, b) => scalars.step(share * (scalars.value(a!) + scalars.value(b!)), [a!, b!], [share, share]), first, second);
  };
  const width = merged(0, 0).length;
  const places = Array.from({ length: steps * samples }, (_, i) => merged(Math.floor(i / samples), i % samples)).flat();
  const finals = ways.flatMap((way) => (["h", "c"] as const).map((state) =>
    [`${way}.finalState.${state}`, { shape: [samples, size], places: samplesOf.get(way)!.flatMap(({ last }) => last[state]) }] as const));
  // Only the cell of gates with an input gate keeps a c.
  const kept = finals.filter(([name]) => name.endsWith("h") || leaves(`${ways[0]!}.input.wx`) !== undefined);
  return { scalars, leaves, states, outputs: { output: { shape: [steps, samples, width], places }, ...Object.fromEntries(kept) } };
}

function kitOf(
  scalars: Scalars, leaves: Network["leaves"], way: Way, options: Options, size: number, late: readonly number[] | undefined,
): Kit {
  const vector = (name: string): Row | undefined => leaves(`${way}.${name}`);
  const times = (v: Row, matrix: string): Row | undefined => {
    const w = vector(matrix);
    return w && Array.from({ length: size }, (_, unit) => {
      const column = v.map((_each, i) => w[i * size + unit]!);
      const seen = late !== undefined && matrix.endsWith("wh") ? late : v.map(scalars.value);
      const total = v.reduce((sum, each, i) => sum + scalars.value(each) * scalars.value(column[i]!), 0);
      return scalars.step(total, [...v, ...column], [...column.map(scalars.value), ...seen]);
    });
  };
  return {
    scalars, options, vector, times,
    gate: (name, x, h) => {
      const prefix = name === "" ? "" : `${name}.`;
      const [ofInput, ofState, bias] = [times(x, `${prefix}wx`), times(h, `${prefix}wh`), vector(`${prefix}bias`)];
      return ofInput && ofState && units(scalars.sum, ofInput, ofState, ...(bias ? [bias] : []));
    },
  };
}
