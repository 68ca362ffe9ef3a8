/**
 * Recurrent networks on top of each other, for specs: drawn layers, the network they make, and one definition behind the other.
 */
import { stacked } from "../../src/rnn/index.ts";
import type { AnySequence } from "../../src/rnn/index.ts";
import { raw } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Definition, Inputs } from "../definitions/definition.ts";
import { definitions } from "../definitions/index.ts";
import { nest } from "../definitions/nested.ts";
import type { Nested } from "../definitions/nested.ts";
import { caseOf, named, optionsOf } from "./sequences.ts";
import type { Case, Drawn } from "./sequences.ts";

/** Layers that fit on each other: each reads what the one below it puts out, over the same steps of the same samples. */
export const fitting = (layers: readonly Drawn[]): readonly Drawn[] => layers.reduce<readonly Drawn[]>((below, layer) => {
  const last = below.at(-1);
  if (last === undefined) return [layer];
  const width = last.direction === "bidirectional" && last.merge === "concat" ? 2 * last.units : last.units;
  return [...below, { ...layer, steps: last.steps, samples: last.samples, shares: last.shares, features: width }];
}, []);

/** The network that these layers make, its parameters and states one entry a layer. */
export function stackOf(layers: readonly Drawn[]): Case {
  const cases = layers.map((layer) => caseOf(layer));
  const [lowest, highest] = [cases[0]!, cases.at(-1)!];
  return {
    network: stacked(cases.map(({ network }) => network)) as AnySequence, params: cases.map(({ params }) => params),
    state: cases.map(({ state }) => state), dLast: cases.map(({ dLast }) => dLast), inputs: lowest.inputs, ends: lowest.ends, dOutputs: highest.dOutputs,
  };
}

const under = (layer: number, named: Inputs<number>): Inputs<number> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [`${layer}:${name}`, value]));

/** A tree of each layer under the names of its definition, with the layer's number before them. */
export const namedLayers = (trees: unknown, layers: readonly Drawn[], part = ""): Inputs<number> =>
  Object.assign({}, ...(trees as readonly unknown[]).map((tree, l) => under(l, named(tree, layers[l]!, part)))) as Inputs<number>;

export const nestedSteps = (steps: readonly Tensor[]): Nested<number> => steps.map((leaf) => nest(raw(leaf), leaf.shape));

/** One definition behind the other. */
export const stackedDefinition = (layers: readonly Drawn[]): Definition => (a, inputs) => {
  let steps = inputs["input"]!;
  const last = layers.flatMap((layer, l) => {
    const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${l}:`)).map(([name, value]) => [name.slice(2), value] as const);
    const { lengths } = inputs;
    const { output, ...states } = definitions[layer.operation]!(a, { ...Object.fromEntries(own), input: steps, ...(lengths && { lengths }) }, optionsOf(layer));
    steps = output!;
    return Object.entries(states).map(([name, value]) => [`${l}:${name}`, value] as const);
  });
  return { output: steps, ...Object.fromEntries(last) };
};

/** The inputs of that definition. */
export const stackedInputs = ({ inputs, params, state, ends }: Case, layers: readonly Drawn[]): Inputs<number> => ({
  input: nestedSteps(inputs), ...namedLayers(params, layers), ...namedLayers(state, layers, "initialState."), ...(ends && { lengths: ends }),
});

/** What arrives at its outputs. */
export const stackedCotangents = ({ dOutputs, dLast }: Case, layers: readonly Drawn[]): Inputs<number> =>
  ({ output: nestedSteps(dOutputs), ...namedLayers(dLast, layers, "finalState.") });
