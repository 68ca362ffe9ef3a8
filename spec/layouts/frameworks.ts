/**
 * What other frameworks once answered for parameters in their own layout, and what the library and the definitions answer to the same.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { Gru, Lstm, SimpleRnn, bidirectional, reverse, scan, stacked } from "../../src/rnn/index.ts";
import type { AnySequence, CellName } from "../../src/rnn/index.ts";
import { fromSteps, toSteps } from "../../src/tensor/layout.ts";
import { adopt, raw, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import type { Inputs, Options } from "../definitions/definition.ts";
import { definitions } from "../definitions/index.ts";
import { flatten, nest } from "../definitions/nested.ts";
import { numbers } from "../definitions/scalar.ts";

/** A tensor as JSON holds it. */
export interface Written {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** One case with its answer. */
export interface Answered {
  readonly cell: CellName;
  readonly framework?: "Keras" | "TensorFlow 1";
  readonly options: Options;
  /** How the one layer reads its input. Default `"forward"`. */
  readonly direction?: "forward" | "reverse" | "bidirectional";
  readonly forgetBias?: number;
  /** Default 1. */
  readonly layers?: number;
  readonly weights: Readonly<Record<string, Written>>;
  /** `[T, N, F]`. */
  readonly input: Written;
  readonly lengths?: readonly number[];
  /** Of h, and of c: `[N, H]`, or one such for each direction of each layer, layers first. */
  readonly initial?: readonly Written[];
  readonly output: Written;
  readonly final: readonly Written[];
}

/** The cases of a file beside this one. */
export const recorded = (file: string): readonly Answered[] =>
  readFileSync(new URL(file, import.meta.url), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Answered);

/** In double, so that nothing is rounded that the framework did not round. */
export const read = ({ shape, values }: Written): Tensor => adopt(shape, new Float64Array(values));

export const readAll = (named: Answered["weights"]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(named).map(([name, written]) => [name, read(written)]));

/** The parameters of each direction of each layer. */
export type Layers = readonly (readonly unknown[])[];

/** One state for each direction of each layer, layers first: `[layers·directions, N, H]`, or one `[N, H]`. */
const entriesOf = (written: Written): readonly Tensor[] => {
  const whole = read(written);
  return whole.shape.length === 2 ? [whole] : toSteps(whole);
};

/** The start of each direction of each layer. */
function initialStates({ cell, initial, input }: Answered, params: Layers): readonly (readonly unknown[])[] {
  const names = cell === "lstm" ? ["h", "c"] : ["h"];
  const units = leavesOf(params).find(([path]) => path.endsWith("wh"))![1].shape[0]!;
  const nothing = zeros([input.shape[1]!, units]);
  return params.map((each, layer) => each.map((_, direction) =>
    Object.fromEntries(names.map((name, i) => [name, initial === undefined ? nothing : entriesOf(initial[i]!)[layer * each.length + direction]!]))));
}

/** What the library answers: the output `[T, N, D·H]`, and the last states, layers first. */
export function answerOf(one: Answered, params: Layers): { readonly output: Tensor; readonly final: readonly (readonly Tensor[])[] } {
  const { cell, options, direction, lengths, input } = one;
  const sequenceOf = (weights: unknown): AnySequence => {
    const wh = leavesOf(weights).find(([path]) => path.endsWith("wh"))![1];
    const wx = leavesOf(weights).find(([path]) => path.endsWith("wx"))![1];
    const settings = { inputs: wx.shape[0]!, units: wh.shape[0]!, ...options };
    const made = cell === "lstm" ? Lstm(settings as never) : cell === "gru" ? Gru(settings as never) : SimpleRnn(settings as never);
    return scan(made as never) as AnySequence;
  };
  const starts = initialStates(one, params);
  const both = params[0]!.length === 2;
  const layers = params.map(([first, second]): AnySequence =>
    (both ? bidirectional(sequenceOf(first), sequenceOf(second)) : direction === "reverse" ? reverse(sequenceOf(first)) : sequenceOf(first)));
  const form = ([first, second]: readonly unknown[]): unknown => (both ? { forward: first, backward: second } : first);
  const [[last, outputs]] = stacked(layers).apply(
    params.map(form) as never, [starts.map(form), toSteps(read(input)), lengths && tensor(lengths as number[])] as never,
  );
  const states = (last as readonly unknown[]).flatMap((state) => (both ? Object.values(state as object) as unknown[] : [state])) as Record<string, Tensor>[];
  return { output: fromSteps(outputs), final: Object.keys(states[0]!).map((name) => states.map((state) => state[name]!)) };
}

/** What the definition answers to a single layer, in the same form. */
export function definitionOf(one: Answered, params: Layers): ReturnType<typeof answerOf> {
  const { cell, options, direction = "forward", lengths, input } = one;
  const [weights] = params as [readonly unknown[]];
  const ways = weights.length === 2 ? ["forward", "backward"] : [direction === "reverse" ? "backward" : "forward"];
  const [starts] = initialStates(one, params) as [readonly unknown[]];
  const nested = (leaf: Tensor): Inputs<number>[string] => nest(raw(leaf), leaf.shape);
  const named = (prefix: string, tree: unknown): Inputs<number> => Object.fromEntries(leavesOf(tree).map(([path, leaf]) => [`${prefix}${path}`, nested(leaf)]));
  const inputs = Object.assign({ input: nested(read(input)), ...(lengths && { lengths }) },
    ...ways.flatMap((way, i) => [named(`${way}.`, weights[i]), named(`${way}.initialState.`, starts[i])])) as Inputs<number>;
  const twin = definitions[cell]!(numbers, inputs, { ...options, direction: weights.length === 2 ? "bidirectional" : direction });
  const plain = (values: Inputs<number>[string]): Tensor => read({ shape: [flatten(values).length], values: flatten(values) });
  const names = cell === "lstm" ? ["h", "c"] : ["h"];
  return { output: plain(twin["output"]!), final: names.map((name) => ways.map((way) => plain(twin[`${way}.finalState.${name}`]!))) };
}

/** The largest |a − b| / max(1, |b|) of an answer beside the framework's; infinite where the counts differ. */
export function distance({ output, final }: ReturnType<typeof answerOf>, expected: Pick<Answered, "output" | "final">): number {
  const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
    [output.values, expected.output.values],
    ...final.map((each, i) => [each.flatMap(({ values }) => values), expected.final[i]!.values] as const),
  ];
  return Math.max(...pairs.map(([own, theirs]) =>
    (own.length === theirs.length ? Math.max(...own.map((value, i) => Math.abs(value - theirs[i]!) / Math.max(1, Math.abs(theirs[i]!)))) : Infinity)));
}
