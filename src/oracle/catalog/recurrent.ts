/**
 * Recurrent networks in the catalog: what the entries of all cells share, their names, directions, lengths and states, and how cases are drawn.
 *
 * Everything that belongs to one direction stands under `forward.` or `backward.`; a network that only reads in reverse uses `backward.`.
 *
 * @module
 */
import { bidirectional, reverse } from "../../rnn/bidirectional.ts";
import type { Merge } from "../../rnn/bidirectional.ts";
import { checkLengths } from "../../rnn/lengths.ts";
import { scan } from "../../rnn/unroll.ts";
import type { Cell, Sequence } from "../../rnn/unroll.ts";
import type { CellSize } from "../../rnn/cell.ts";
import { fromSteps, toSteps } from "../../tensor/layout.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { OptionKind } from "../../tensor/options.ts";
import { show, sizeOf, wrongValue } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import { adopt, checkTensor, checkTensorOf, emptyStorage } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { leavesOf } from "../../tensor/tree.ts";
import type { InputSlot, Operation, Options, OutputSlot, Tensors } from "./operation.ts";

/** A weight of a cell: its name, and whether it is a matrix from the input, one from the hidden state, or a vector. @internal */
export interface Weight {
  readonly name: string;
  readonly axes: "[F, H]" | "[H, H]" | "[H]";
  /** Under which options there is no such weight, in the words of the error. */
  readonly refused?: (options: Options) => string | undefined;
}

/** The weights of one gate; the vectors may be absent. @internal */
export const gateWeights = (gate: string, vectors: readonly string[], refused?: Weight["refused"]): readonly Weight[] => {
  const prefix = gate === "" ? "" : `${gate}.`;
  const weight = (name: string, axes: Weight["axes"]): Weight => ({ name: `${prefix}${name}`, axes, ...(refused && { refused }) });
  return [weight("wx", "[F, H]"), weight("wh", "[H, H]"), ...vectors.map((name) => weight(name, "[H]"))];
};

type Tree = Readonly<Record<string, unknown>>;

/** What is each cell's own. @internal */
export interface CellEntry {
  readonly name: string;
  readonly weights: readonly Weight[];
  /** The tensors of a state, h first. */
  readonly states: readonly string[];
  /** The cell's own options: kinds, and what they are by default where they are anything. */
  readonly kinds: Readonly<Record<string, OptionKind>>;
  readonly defaults: Options;
  /** The cell of the library. */
  readonly cell: (settings: never) => unknown;
}

/** The directions in which a network reads. @internal */
export type Way = "forward" | "backward";

const ways: readonly Way[] = ["forward", "backward"];

const waysOf: Readonly<Record<string, readonly Way[]>> = { forward: ["forward"], reverse: ["backward"], bidirectional: ways };

const sharedKinds = { direction: ["forward", "reverse", "bidirectional"], merge: ["concat", "sum", "average"] } as const;

const stateName = (way: Way, state: string): string => `${way}.initialState.${state}`;

const finalName = (way: Way, state: string): string => `${way}.finalState.${state}`;

const isOptional = ({ axes }: Weight): boolean => axes === "[H]";

/** All names under which inputs may come. @internal */
export const inputsOf = ({ weights, states }: CellEntry): readonly InputSlot[] => [
  { name: "input", axes: "[T, N, F]", optional: false, differentiable: true },
  { name: "lengths", axes: "[N], whole numbers up to T", optional: true, differentiable: false },
  // A network of one direction does without the other's.
  ...ways.flatMap((way) => [
    ...weights.map(({ name, axes }): InputSlot => ({ name: `${way}.${name}`, axes, optional: true, differentiable: true })),
    ...states.map((state): InputSlot => ({ name: stateName(way, state), axes: "[N, H]", optional: true, differentiable: true })),
  ]),
];

/** All names of outputs. @internal */
export const outputsOf = ({ states }: CellEntry): readonly OutputSlot[] => [
  { name: "output", axes: "[T, N, H], or [T, N, 2·H] where two directions are concatenated", cotangent: true },
  ...ways.flatMap((way) => states.map((state): OutputSlot => ({ name: finalName(way, state), axes: "[N, H]", cotangent: true }))),
];

/** A case as it was read: everything fits. @internal */
export interface Sequences {
  readonly ways: readonly Way[];
  readonly steps: number;
  readonly samples: number;
  readonly inputs: number;
  readonly units: number;
  readonly merge: Merge;
  /** Of each sample. */
  readonly lengths: readonly number[];
  readonly options: Options;
}

/** Every option written out. @internal */
export const completed = ({ name, kinds, defaults }: CellEntry, options: Options): Options => {
  checkOptions(name, options, { ...sharedKinds, ...kinds });
  return { direction: "forward", merge: "concat", ...defaults, ...options };
};

/** Reads a case, and refuses what does not fit together. @internal */
export function sequencesOf(entry: CellEntry, inputs: Tensors, given: Options): Sequences {
  const { name, weights, states } = entry;
  const options = completed(entry, given);
  const read = waysOf[options["direction"] as string]!;
  checkInputNames(entry, inputs, options, read);
  const { shape } = checkTensor(name, "input", inputs["input"]);
  const [steps, samples, features] = shape as readonly [number, number, number];
  if (shape.length !== 3 || steps === 0 || features === 0) throw wrongValue(name, "input [T, N, F] with T and F of at least 1", show(shape));
  const first = `${read[0]}.${weights[0]!.name}`;
  const { shape: [, units], shape: found } = checkTensor(name, first, inputs[first]);
  if (units === undefined || units === 0) throw wrongValue(name, `${first} [${features}, H] with H of at least 1`, show(found));
  const shapes: Readonly<Record<Weight["axes"], Shape>> = { "[F, H]": [features, units], "[H, H]": [units, units], "[H]": [units] };
  const check = (input: string, wanted: Shape): unknown => inputs[input] && checkTensorOf(name, input, inputs[input], wanted);
  for (const way of read) {
    for (const weight of weights) check(`${way}.${weight.name}`, shapes[weight.axes]);
    for (const state of states) check(stateName(way, state), [samples, units]);
  }
  const all = Array.from({ length: samples }, () => steps);
  const lengths = inputs["lengths"] === undefined ? all : checkLengths(name, inputs["lengths"], samples, steps);
  return { ways: read, steps, samples, inputs: features, units, merge: options["merge"] as Merge, lengths, options };
}

function checkInputNames(entry: CellEntry, inputs: Tensors, options: Options, read: readonly Way[]): void {
  const { name, weights } = entry;
  const known = inputsOf(entry).map((slot) => slot.name);
  const refusal = (weight: Weight): string | undefined => weight.refused?.(options);
  for (const input of Object.keys(inputs)) {
    if (!known.includes(input)) throw wrongValue(name, `only the inputs ${known.join(", ")}`, input);
    const way = ways.find((each) => input.startsWith(`${each}.`));
    if (way !== undefined && !read.includes(way)) {
      throw wrongValue(name, `only ${read[0]}.* beside input and lengths where the direction is ${show(options["direction"])}`, input);
    }
    const refused = weights.filter((weight) => input === `${way}.${weight.name}`).map(refusal)[0];
    if (refused !== undefined) throw wrongValue(name, refused, input);
  }
  const needed = weights.filter((weight) => !isOptional(weight) && refusal(weight) === undefined);
  const wanted = read.flatMap((way) => needed.map((weight) => `${way}.${weight.name}`));
  const missing = ["input", ...wanted].find((each) => inputs[each] === undefined);
  if (missing !== undefined) throw wrongValue(name, `the input ${missing}`, "none of that name");
}

const zerosLike = (tensor: Tensor, shape: Shape): Tensor => adopt(shape, emptyStorage([tensor], sizeOf(shape)));

/** Names with dots as a tree. */
function treeOf(named: Tensors): Tree {
  const [leaves, branches] = [new Map<string, Tensor>(), new Map<string, Record<string, Tensor>>()];
  for (const [name, tensor] of Object.entries(named)) {
    const dot = name.indexOf(".");
    if (dot < 0) leaves.set(name, tensor);
    else branches.set(name.slice(0, dot), { ...branches.get(name.slice(0, dot)), [name.slice(dot + 1)]: tensor });
  }
  return Object.fromEntries([...leaves, ...[...branches].map(([name, rest]) => [name, treeOf(rest)] as const)]);
}

type Network = Sequence<Tree, Tree, Tensor, Tensor>;

/** A network of one direction, with its parameters and states under the name of that direction. */
const under = (way: Way, sequence: Network): Network => ({
  init: (key) => ({ [way]: sequence.init(key) }),
  apply: (params, [state, inputs, lengths]) => {
    const [[last, outputs], pullback] = sequence.apply(params[way] as Tree, [state[way] as Tree, inputs, lengths]);
    return [[{ [way]: last }, outputs], ([dLast, dOutputs]) => {
      const [dParams, [dState, dInputs]] = pullback([dLast[way] as Tree, dOutputs]);
      return [{ [way]: dParams }, [{ [way]: dState }, dInputs]];
    }];
  },
});

function networkOf({ cell, kinds }: CellEntry, { ways: read, inputs, units, merge, options }: Sequences): Network {
  const own = Object.fromEntries(Object.entries(options).filter(([option]) => Object.hasOwn(kinds, option)));
  const settings: CellSize & Options = { inputs, units, ...own };
  const one = scan(cell(settings as never) as Cell<Tree, Tree, Tensor, Tensor>);
  const [way] = read as readonly [Way];
  return read.length === 2 ? bidirectional(one, one, { merge }) as unknown as Network : under(way, way === "backward" ? reverse(one) : one);
}

/** The network applied to a case. */
function applied(entry: CellEntry, inputs: Tensors, given: Options): {
  readonly sequences: Sequences;
  readonly outputs: Tensors;
  readonly pullback: ReturnType<Network["apply"]>[1];
} {
  const sequences = sequencesOf(entry, inputs, given);
  const { ways: read, samples, units } = sequences;
  const input = inputs["input"]!;
  const params = treeOf(Object.fromEntries(read.flatMap((way) => entry.weights.flatMap(({ name }) => {
    const weight = inputs[`${way}.${name}`];
    return weight === undefined ? [] : [[`${way}.${name}`, weight]];
  }))));
  const states = treeOf(Object.fromEntries(read.flatMap((way) => entry.states.map((state) =>
    [`${way}.${state}`, inputs[stateName(way, state)] ?? zerosLike(input, [samples, units])]))));
  const [[last, outputs], pullback] = networkOf(entry, sequences).apply(params, [states, toSteps(input), inputs["lengths"]]);
  const finals = leavesOf(last).map(([path, leaf]) => [path.replace(".", ".finalState."), leaf] as const);
  return { sequences, pullback, outputs: { output: fromSteps(outputs), ...Object.fromEntries(finals) } };
}

/** The outputs of a case. @internal */
export const forwardOf = (entry: CellEntry): Operation["forward"] => (inputs, options) => applied(entry, inputs, options).outputs;

/** The gradients of a case: of a state only where one was given. @internal */
export const backwardOf = (entry: CellEntry): NonNullable<Operation["backward"]> => (inputs, options, cotangents) => {
  const { sequences, outputs, pullback } = applied(entry, inputs, options);
  const cotangent = cotangentsOf(entry, outputs, cotangents);
  const dLast = treeOf(Object.fromEntries(sequences.ways.flatMap((way) =>
    entry.states.map((state) => [`${way}.${state}`, cotangent(finalName(way, state))]))));
  const [dParams, [dStates, dInputs]] = pullback([dLast, toSteps(cotangent("output"))]);
  const ofStates = leavesOf(dStates).map(([path, leaf]) => [path.replace(".", ".initialState."), leaf] as const);
  return {
    input: fromSteps(dInputs), ...Object.fromEntries(leavesOf(dParams)),
    ...Object.fromEntries(ofStates.filter(([name]) => inputs[name] !== undefined)),
  };
};

/** The cotangent of each output; a missing one is zero. */
function cotangentsOf({ name }: CellEntry, outputs: Tensors, cotangents: Tensors): (output: string) => Tensor {
  for (const [each, cotangent] of Object.entries(cotangents)) {
    if (outputs[each] === undefined) throw wrongValue(name, `only cotangents of ${Object.keys(outputs).join(", ")}`, each);
    checkTensorOf(name, `the cotangent of ${each}`, cotangent, outputs[each].shape);
  }
  return (output) => cotangents[output] ?? zerosLike(outputs[output]!, outputs[output]!.shape);
}
