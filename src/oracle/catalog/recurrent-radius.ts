/**
 * How far honest code may be from a recurrent network's true values: the whole network on a tape, sample by sample, forward and backward.
 *
 * The gradients are part of the same tape as the states that they are made of: what rounding does to a state reaches them through the
 * derivatives of derivatives. The backward pass alone does not bound them.
 *
 * A gradient of weights is one sum over all steps and samples: code that sums step by step rounds no term more often.
 *
 * @module
 */
import type { Shape } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { withReference } from "../error-bound.ts";
import { newTape } from "../first-order.ts";
import type { Node, Tape, Term } from "../first-order.ts";
import { mapNamed } from "./operation.ts";
import type { Operation, Tensors } from "./operation.ts";
import { together } from "./recurrent-gate.ts";
import type { Vector, Weights } from "./recurrent-gate.ts";
import type { StateOf, TapedCell, Terms, WeightGradient } from "./recurrent-step.ts";
import { sequencesOf } from "./recurrent.ts";
import type { CellEntry, Sequences, Way } from "./recurrent.ts";

type Named<T> = Readonly<Record<string, T>>;

/** Nodes in the shape of a tensor; where there is none, nothing is rounded. */
interface Nodes {
  readonly shape: Shape;
  readonly nodes: readonly (Node | undefined)[];
}

/**
 * How many roundings lie one on top of another in a step: with fewer, emulated bfloat16 cells left the bound after thirty steps; with these, for which
 * that bound is 32 times the first order, none did. In seven steps, which are the most that are drawn, it is a third wider.
 */
const roundingsPerStep = 8;

/** The radius of a recurrent network. @internal */
export const recurrentRadius = (entry: CellEntry, cell: TapedCell): Operation["radius"] => (inputs, options, cotangents, precision) => {
  const sequences = sequencesOf(entry, inputs, options);
  const tape = newTape({ unit: withReference(precision), tiny: precision.tiny }, roundingsPerStep * (sequences.steps + 1));
  const { lengths: _, ...differentiable } = inputs;
  const network: Network = {
    tape, cell, sequences, states: entry.states,
    numbers: mapNamed(differentiable, (tensor) => Array.from(raw(tensor), tape.exact)),
    arriving: cotangents && cotangentsOnTape(tape, sequences, cotangents),
  };
  const directions = sequences.ways.map((way) => directionOf(network, way, entry.weights.map(({ name }) => name)));
  const radii = ({ shape, nodes }: Nodes): Tensor => adopt(shape, Float64Array.from(nodes, (node) => (node === undefined ? 0 : tape.error(node))));
  const gradients = mapNamed(differentiable, (_each, name) => {
    const [first, ...others] = directions.map((direction) => direction.gradients[name]!) as [Terms, ...Terms[]];
    return together(first, ...others);
  });
  return {
    outputs: mapNamed(outputsOf(network, directions), radii),
    gradients: cotangents === undefined ? {} : mapNamed(gradients, (terms, name) =>
      radii({ shape: inputs[name]!.shape, nodes: terms.map((each) => tape.sum(each)) })),
  };
};

/** What all directions share. */
interface Network {
  readonly tape: Tape;
  readonly cell: TapedCell;
  readonly sequences: Sequences;
  readonly states: readonly string[];
  /** Of every input. */
  readonly numbers: Readonly<Record<string, Vector>>;
  readonly arriving: Arriving | undefined;
}

/** What one direction gives: its outputs, the state in which it leaves each sample, and its terms of the gradients of all inputs. */
interface Direction {
  readonly output: Nodes;
  readonly last: readonly StateOf<Vector>[];
  readonly gradients: Named<Terms>;
}

const rowOf = (vector: Vector, row: number, width: number): Vector => vector.slice(row * width, (row + 1) * width);

/** All samples through time, forward, and backward where cotangents arrive. */
function directionOf({ tape, cell, sequences, states, numbers, arriving }: Network, way: Way, names: readonly string[]): Direction {
  const { steps, samples, inputs: features, units, lengths, options } = sequences;
  const weights: Weights = Object.fromEntries(names.map((name) => [name, numbers[`${way}.${name}`]]));
  const gradients: Named<readonly Term[][]> = mapNamed(numbers, (vector) => vector.map(() => []));
  const hidden = new Array<Node | undefined>(steps * samples * units).fill(undefined);
  const none = Array.from({ length: samples * units }, () => tape.exact(0));
  const last = lengths.map((length, n) => {
    let state: StateOf<Vector> = Object.fromEntries(states.map((each) => [each, rowOf(numbers[`${way}.initialState.${each}`] ?? none, n, units)]));
    const done = Array.from({ length }, (_, i) => (way === "forward" ? i : length - 1 - i)).map((t) => {
      const row = t * samples + n;
      const step = cell(tape, weights, options, rowOf(numbers["input"]!, row, features), state);
      state = step.next;
      state["h"]!.forEach((node, j) => (hidden[row * units + j] = node));
      return { row, step };
    });
    if (arriving === undefined) return state;
    let dState: StateOf<Terms> = Object.fromEntries(states.map((each) => [each, asTerms(rowOf(arriving.last(way, each) ?? none, n, units))]));
    for (const { row, step } of done.toReversed()) {
      const dOutput = asTerms(arriving.output(way, row));
      const { before, dx, params } = step.backward({ ...dState, h: together(dState["h"]!, dOutput) });
      dState = before;
      dx.forEach((terms, i) => gradients["input"]![row * features + i]!.push(...terms));
      for (const [name, gradient] of Object.entries(params)) {
        const into = gradients[`${way}.${name}`];
        if (into) placed(gradient).forEach((term, place) => into[place]!.push(term));
      }
    }
    for (const each of states) dState[each]!.forEach((terms, j) => gradients[`${way}.initialState.${each}`]?.[n * units + j]!.push(...terms));
    return state;
  });
  return { output: { shape: [steps, samples, units], nodes: hidden }, last, gradients };
}

const asTerms = (vector: Vector): Terms => vector.map((node) => [[node]]);

/** One step's part in the gradient of a matrix, rows times columns, or of a vector. */
const placed = ([rows, columns]: WeightGradient): readonly Term[] =>
  (rows === undefined ? columns : rows.flatMap((row) => columns.map((term): Term => [row, ...term])));

const outputsOf = ({ tape, states, sequences: { ways, merge, samples, units } }: Network, directions: readonly Direction[]): Named<Nodes> => ({
  output: merged(tape, merge, directions.map(({ output }) => output)),
  ...Object.fromEntries(ways.flatMap((way, i) => states.map((state) =>
    [`${way}.finalState.${state}`, { shape: [samples, units], nodes: directions[i]!.last.flatMap((each) => each[state]!) }]))),
});

/** What arrives at the output of each direction, row by row, and at its last state. */
interface Arriving {
  readonly output: (way: Way, row: number) => Vector;
  readonly last: (way: Way, state: string) => Vector | undefined;
}

/** Side by side each direction has a part of its own, of a sum the whole, of an average the half, which may underflow. */
function cotangentsOnTape(tape: Tape, { ways, merge, units }: Sequences, cotangents: Tensors): Arriving {
  const dOutput = cotangents["output"] && raw(cotangents["output"]);
  const named = mapNamed(cotangents, (tensor) => Array.from(raw(tensor), tape.exact));
  const [parts, share] = ways.length === 1 || merge === "sum" ? [1, 1] : merge === "concat" ? [2, 1] : [1, 0.5];
  return {
    last: (way, state) => named[`${way}.finalState.${state}`],
    output: (way, row) => Array.from({ length: units }, (_, j) => {
      const part = parts === 2 && way === "backward" ? 1 : 0;
      const value = share * (dOutput?.[(row * parts + part) * units + j] ?? 0);
      return share === 1 || value === 0 ? tape.exact(value) : tape.step(value, tape.tiny, [], []);
    }),
  };
}

/** The outputs of all directions as one: side by side, their sum, or half of it. */
function merged(tape: Tape, merge: Sequences["merge"], directions: readonly Nodes[]): Nodes {
  const [first, second] = directions as readonly [Nodes, Nodes | undefined];
  if (second === undefined) return first;
  const { shape } = first;
  const units = shape.at(-1)!;
  if (merge === "concat") {
    const part = ({ nodes }: Nodes, row: number): readonly (Node | undefined)[] => nodes.slice(row * units, (row + 1) * units);
    const rows = Array.from({ length: first.nodes.length / units }, (_, row) => directions.map((each) => part(each, row)));
    return { shape: [...shape.slice(0, -1), 2 * units], nodes: rows.flat(2) };
  }
  return {
    shape,
    nodes: first.nodes.map((node, i) => {
      const other = second.nodes[i];
      if (node === undefined || other === undefined) return undefined;
      const sum = tape.sum([[node], [other]]);
      return merge === "sum" ? sum : tape.step(0.5 * tape.value(sum), tape.tiny, [sum], [0.5]);
    }),
  };
}
