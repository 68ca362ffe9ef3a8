/**
 * What the specs of whole recurrent networks share: drawn sequences, of samples that differ in length, and what a network must equal on them,
 * the literal twin of the whole operation and its derivative.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { Gru, Lstm, SimpleRnn, bidirectional, reverse, scan } from "../../src/rnn/index.ts";
import type { AnySequence, Merge } from "../../src/rnn/index.ts";
import { adopt, map, raw, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { gradient } from "../definitions/derivative.ts";
import type { Definition, Inputs, Options } from "../definitions/definition.ts";
import { definitions } from "../definitions/index.ts";
import { flatten, nest } from "../definitions/nested.ts";
import type { Nested } from "../definitions/nested.ts";
import { numbers } from "../definitions/scalar.ts";
import { drawing, expectClose } from "./cells.ts";
import type { Drawing } from "./cells.ts";

export interface Drawn {
  readonly operation: "simpleRnn" | "lstm" | "gru";
  /** Of the cell; default none. */
  readonly options?: Options;
  /** Whether the gates of an LSTM see the cell state; default false. */
  readonly peepholes?: boolean;
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly merge: Merge;
  readonly steps: number;
  readonly features: number;
  readonly units: number;
  readonly samples: number;
  /** Of each of up to three samples, as a share of all steps; absent means that all have all steps. */
  readonly shares: readonly number[] | undefined;
  readonly seed: number;
}

export const sequences = (
  largest: number, directions: readonly Drawn["direction"][], operations: readonly Drawn["operation"][] = ["simpleRnn", "lstm"],
): fc.Arbitrary<Drawn> =>
  fc.record({
    operation: fc.constantFrom(...operations), direction: fc.constantFrom(...directions), merge: fc.constantFrom<Merge>("concat", "sum", "average"),
    steps: fc.integer({ min: 1, max: largest + 1 }), features: fc.integer({ min: 1, max: largest }), units: fc.integer({ min: 1, max: largest }),
    samples: fc.integer({ min: 1, max: 3 }), seed: fc.integer({ min: 0, max: 2 ** 30 }),
    shares: fc.option(fc.array(fc.constantFrom(0, 0.3, 0.5, 0.7, 1), { minLength: 3, maxLength: 3 }), { nil: undefined, freq: 3 }),
  });

/** What the drawn cases must have among them. */
export const featuresOf = ({ operation, samples, steps, shares }: Drawn): Record<string, boolean> => {
  const ends = lengthsOf(steps, samples, shares);
  return {
    simple: operation === "simpleRnn", lstm: operation === "lstm", "one step": steps === 1, "several samples": samples > 1, "no lengths": ends === undefined,
    "lengths that differ": new Set(ends).size > 1, "no step of a sample": ends?.includes(0) === true, "all steps of a sample": ends?.includes(steps) === true,
  };
};

const lengthsOf = (steps: number, samples: number, shares: Drawn["shares"]): readonly number[] | undefined =>
  shares?.slice(0, samples).map((share) => Math.round(share * steps));

/** Numbers of a seed between ±size, stored as float32. */
export function drawingNarrow(seed: number): Drawing {
  let drawn = 0;
  return (size, ...shape) => uniform(foldIn(key(seed), drawn++), shape, -size, size);
}

/** A network on a sequence, and what arrives at its last state and at its outputs. */
export interface Case {
  readonly network: AnySequence;
  readonly params: unknown;
  readonly state: unknown;
  readonly inputs: readonly Tensor[];
  readonly ends: readonly number[] | undefined;
  readonly dLast: unknown;
  readonly dOutputs: readonly Tensor[];
}

const cells = { simpleRnn: SimpleRnn, lstm: Lstm, gru: Gru } as const;

/** The forms of the gates' parameters with a peephole each, where there is one to be had. */
const seeing = (params: object, units: number): object => Object.fromEntries(Object.entries(params).map(([gate, weights]: [string, object]) =>
  [gate, gate === "candidate" ? weights : { ...weights, peephole: tensor(Array.from({ length: units }, () => 0)) }]));

export function caseOf(
  { operation, options = {}, peepholes = false, direction, merge, steps, features, units, samples, shares, seed }: Drawn, draw: Drawing = drawing(seed),
): Case {
  const cell = cells[operation]({ inputs: features, units, ...options } as never);
  const one: AnySequence = scan(cell as ReturnType<typeof SimpleRnn>);
  const form = peepholes ? seeing(cell.init(key(seed)), units) : cell.init(key(seed));
  const ofCell = (): unknown => mapTree(form as unknown, ({ shape }) => draw(1, ...shape));
  const states = (): unknown => ({ h: draw(1, samples, units), ...(operation === "lstm" && { c: draw(1, samples, units) }) });
  const both = direction === "bidirectional";
  const each = (make: () => unknown): unknown => (both ? { forward: make(), backward: make() } : make());
  return {
    network: both ? bidirectional(one, one, { merge }) : direction === "reverse" ? reverse(one) : one,
    params: each(ofCell), state: each(states), dLast: each(states), ends: lengthsOf(steps, samples, shares),
    inputs: Array.from({ length: steps }, () => draw(1, samples, features)),
    dOutputs: Array.from({ length: steps }, () => draw(1, samples, both && merge === "concat" ? 2 * units : units)),
  };
}

/** The steps with NaN behind the end of every sample. */
export const spoilt = (steps: readonly Tensor[], ends: readonly number[] | undefined): readonly Tensor[] =>
  ends === undefined ? steps : steps.map((step, t) => {
    const width = step.values.length / ends.length;
    return map(step, (value, at) => (t < ends[Math.floor(at / width)]! ? value : NaN));
  });

/** One sample of every tensor, as a batch of its own. */
export const sampleOf = <Tree>(tree: Tree, n: number): Tree =>
  mapTree(tree, (leaf) => {
    const width = leaf.values.length / leaf.shape[0]!;
    return adopt([1, ...leaf.shape.slice(1)], raw(leaf).slice(n * width, (n + 1) * width));
  });

/** What goes through the network and back, with NaN behind the end of every sample, in the inputs and in what arrives at the outputs. */
export function run({ network, params, state, inputs, ends, dLast, dOutputs }: Case): {
  readonly last: unknown; readonly outputs: readonly Tensor[]; readonly dParams: unknown; readonly dState: unknown; readonly dInputs: readonly Tensor[];
} {
  const [[last, outputs], pullback] = network.apply(params, [state, spoilt(inputs, ends), ends && tensor(ends)]);
  const [dParams, [dState, dInputs]] = pullback([dLast, spoilt(dOutputs, ends)]);
  return { last: last as unknown, outputs, dParams: dParams as unknown, dState: dState as unknown, dInputs };
}

const nested = (leaf: Tensor): Nested<number> => nest(raw(leaf), leaf.shape);

/** A tree of each direction under the names of the definition. */
export const named = (tree: unknown, { direction }: Pick<Drawn, "direction">, part = ""): Inputs<number> => {
  const both = direction === "bidirectional" ? tree : { [direction === "reverse" ? "backward" : "forward"]: tree };
  return Object.fromEntries(Object.entries(both as object).flatMap(([prefix, own]) =>
    leavesOf(own).map(([path, leaf]) => [`${prefix}.${part}${path}`, nested(leaf)])));
};

/** The options of the definition. */
export const optionsOf = ({ options = {}, direction, merge }: Drawn): Options => ({ ...options, direction, merge });

/** The inputs of the definition. */
export const twinInputs = ({ params, state, inputs, ends }: Case, drawn: Pick<Drawn, "direction">): Inputs<number> => ({
  input: inputs.map(nested), ...named(params, drawn), ...named(state, drawn, "initialState."), ...(ends && { lengths: ends }),
});

/** Outputs and last states are those of the definition. */
export function expectTwin(drawn: Drawn, tolerance = 1e-12): void {
  const each = caseOf(drawn);
  const { last, outputs } = run(each);
  expectNames({ output: outputs.map(nested), ...named(last, drawn, "finalState.") },
    definitions[drawn.operation]!(numbers, twinInputs(each, drawn), optionsOf(drawn)), tolerance);
}

/** The gradients of parameters, states and inputs are the derivatives of the definition. */
export function expectTwinGradient(drawn: Drawn, tolerance = 1e-12): void {
  const each = caseOf(drawn);
  const { dParams, dState, dInputs } = run(each);
  const cotangents = { output: each.dOutputs.map(nested), ...named(each.dLast, drawn, "finalState.") };
  const actual = { input: dInputs.map(nested), ...named(dParams, drawn), ...named(dState, drawn, "initialState.") };
  expectNames(actual, gradients(definitions[drawn.operation]!, twinInputs(each, drawn), optionsOf(drawn), cotangents), tolerance);
}

/** The derivative of a definition in every input but lengths. */
export const gradients = (definition: Definition, inputs: Inputs<number>, options: Options, cotangents: Inputs<number>): Inputs<number> =>
  Object.fromEntries(Object.keys(inputs).filter((name) => !name.endsWith("lengths"))
    .map((name) => [name, gradient(definition, inputs, options, cotangents, name)]));

/** The same names, and under each the same numbers. */
export function expectNames(actual: Inputs<number>, expected: Inputs<number>, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(actual)) expectClose(name, flatten(values), flatten(expected[name]!), tolerance);
}

/** Every sample of the batch has the outputs, the last state and the gradients that it has alone, without filling: bit for bit. */
export function expectSamplesAlone(each: Case): void {
  const batch = run(each);
  each.ends!.forEach((end, n) => {
    const [outputs, dInputs] = [sampleOf(batch.outputs, n), sampleOf(batch.dInputs, n)];
    for (const filled of [...outputs.slice(end), ...dInputs.slice(end)]) expect(filled.values.every((value) => Object.is(value, 0))).toBe(true);
    if (end === 0) {
      expect([sampleOf(batch.last, n), sampleOf(batch.dState, n)]).toEqual([sampleOf(each.state, n), sampleOf(each.dLast, n)]);
      return;
    }
    const [{ inputs, dOutputs }, own] = [each, (tree: unknown) => sampleOf(tree, n)];
    const alone = run({
      ...each, ends: undefined, state: own(each.state), dLast: own(each.dLast), inputs: sampleOf(inputs, n).slice(0, end),
      dOutputs: sampleOf(dOutputs, n).slice(0, end),
    });
    expect([own(batch.last), outputs.slice(0, end)]).toEqual([alone.last, alone.outputs]);
    expect([own(batch.dState), dInputs.slice(0, end)]).toEqual([alone.dState, alone.dInputs]);
  });
}
