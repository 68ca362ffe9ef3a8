/**
 * Whole recurrent networks of PyTorch beside those that `stacked`, `bidirectional` and `scan` make: asked for live where PyTorch is installed,
 * recorded for everywhere else.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Gru, Lstm, SimpleRnn, bidirectional, scan, stacked } from "../../src/rnn/index.ts";
import type { AnySequence, Cell } from "../../src/rnn/index.ts";
import { fromSteps, toSteps } from "../../src/tensor/layout.ts";
import { Tensor, raw, tensor, widen } from "../../src/tensor/tensor.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import { read } from "../support/documents.ts";

interface Written {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

type Named = Readonly<Record<string, Written>>;

/** A network, what goes through it and what comes of it; names begin with the number of the layer and the direction. */
export interface Network {
  readonly cell: "tanh" | "relu" | "lstm" | "gru";
  readonly layers: number;
  readonly ways: readonly ("forward" | "backward")[];
  readonly inputs: number;
  readonly units: number;
  readonly lengths?: readonly number[];
  readonly input: Written;
  readonly params: Named;
  readonly state: Named;
  readonly dOutput: Written;
  readonly dLast: Named;
  readonly output: Written;
  readonly last: Named;
  readonly dInput: Written;
  readonly dParams: Named;
  readonly dState: Named;
}

const lines = (text: string): readonly Network[] => text.trim().split("\n").map((line) => JSON.parse(line) as Network);

/** Random networks of a seed, by a Python that has PyTorch. */
export function askNetworks(python: string, seed: number, count: number): readonly Network[] {
  const script = fileURLToPath(new URL("recurrent-networks.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, String(seed), String(count)], { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`expected networks of PyTorch, got ${stderr}`);
  return lines(stdout);
}

/** What was recorded. */
export const recordedNetworks = (): readonly Network[] => lines(read("spec/pytorch/recurrent-networks.jsonl"));

type Storage = (value: Tensor) => Tensor;

const cellOf = ({ cell }: Network, inputs: number, units: number): Cell<any, any, Tensor, Tensor> =>
  cell === "lstm" ? Lstm({ inputs, units }) : cell === "gru" ? Gru({ inputs, units, resetAfter: true }) : SimpleRnn({ inputs, units, activation: cell });

/** As many layers as PyTorch has; those above the first read what both directions of the one below say. */
function layersOf(network: Network): readonly AnySequence[] {
  const { layers, ways, inputs, units } = network;
  return Array.from({ length: layers }, (_, layer) => {
    const one = scan(cellOf(network, layer === 0 ? inputs : units * ways.length, units));
    return ways.length === 2 ? bidirectional(one, one) : one;
  });
}

/** Names as a tree, layers as an array; a single direction has no name of its own. */
function treeOf(named: Named, { layers, ways }: Network, storage: Storage): readonly unknown[] {
  const under = (prefix: string): unknown => {
    const own = Object.entries(named).filter(([name]) => name.startsWith(prefix));
    const next = new Set(own.map(([name]) => name.slice(prefix.length).split(".")[0]!));
    return Object.fromEntries([...next].map((part) => {
      const leaf = named[prefix + part];
      return [part, leaf ? storage(new Tensor(leaf.shape, leaf.values)) : under(`${prefix}${part}.`)];
    }));
  };
  return Array.from({ length: layers }, (_, layer) => under(ways.length === 2 ? `${layer}.` : `${layer}.forward.`));
}

/** The reverse of that. */
const namesOf = (tree: unknown, { ways }: Network): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(leavesOf(tree).map(([path, leaf]) => [ways.length === 2 ? path : path.replace(".", ".forward."), leaf]));

/** What the library makes of the same network, under the same names. */
function answersOf(network: Network, storage: Storage): Readonly<Record<string, Readonly<Record<string, Tensor>>>> {
  const input = storage(new Tensor(network.input.shape, network.input.values));
  const tree = (named: Named): never => treeOf(named, network, storage) as never;
  const lengths = network.lengths && tensor(network.lengths);
  const [[last, outputs], pullback] = stacked(layersOf(network)).apply(tree(network.params), [tree(network.state), toSteps(input), lengths]);
  const dOutput = storage(new Tensor(network.dOutput.shape, network.dOutput.values));
  const [dParams, [dState, dInputs]] = pullback([tree(network.dLast), toSteps(dOutput)]);
  return {
    output: { output: fromSteps(outputs) }, last: namesOf(last, network),
    dInput: { input: fromSteps(dInputs) }, dParams: namesOf(dParams, network), dState: namesOf(dState, network),
  };
}

/** The farthest that any number lies from PyTorch's, as a part of the largest number of its tensor or of 1; names and shapes must be the same. */
export function farthest(network: Network, wide: boolean): { readonly error: number; readonly where: string } {
  const answers = answersOf(network, wide ? widen : (value) => value);
  const theirs: Readonly<Record<string, Named>> = {
    output: { output: network.output }, last: network.last, dInput: { input: network.dInput }, dParams: network.dParams, dState: network.dState,
  };
  let [error, where] = [0, ""];
  for (const [kind, named] of Object.entries(theirs)) {
    const own = answers[kind]!;
    const [names, expected] = [Object.keys(own).sort().join(), Object.keys(named).sort().join()];
    if (names !== expected) return { error: Infinity, where: `${kind}: ${names} instead of ${expected}` };
    for (const [name, { shape, values }] of Object.entries(named)) {
      if (`${own[name]!.shape}` !== `${shape}`) return { error: Infinity, where: `${kind} of ${name}: [${own[name]!.shape}] instead of [${shape}]` };
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      raw(own[name]!).forEach((value, i) => {
        const apart = Math.abs(value - values[i]!) / largest;
        if (!(apart <= error)) [error, where] = [apart, `${kind} of ${name} at ${i}: ${value} instead of ${values[i]}`];
      });
    }
  }
  return { error, where };
}
