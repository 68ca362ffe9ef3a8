/**
 * Combinators: layers made of layers.
 *
 *     chain      y = g(f(x))          dx = f*(g*(dy))
 *     both       y = (f(x), g(x))     dx = f*(dy₁) + g*(dy₂)
 *
 * where f* is the pullback of f. {@link model} is {@link chain} with names: `model(["conv1", Convolution({…})], Relu, …)` has the
 * parameters `{ conv1: … }`. The pullback of a composition is the composition of the pullbacks in reverse order.
 *
 * Each layer draws from a key of its own, `foldIn(key, position)`, for its parameters as for its randomness in training.
 * Source: Fong, Spivak, Tuyéras, "Backprop as functor" (2019), for layers that compose together with their gradients.
 *
 * @module
 */
import { foldIn, key as keyOf } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { add } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { checkLayer } from "./layer.ts";
import type { AnyLayer, InputOf, Layer, NoParams, OutputOf, ParamsOf } from "./layer.ts";

/** What {@link model} is made of: a layer under its name, or a layer without parameters, which needs none. */
export type ModelEntry = AnyLayer | readonly [name: string, layer: AnyLayer];

type LayerOf<Entry> = Entry extends readonly [string, infer L] ? L : Entry;
type NameOf<Entry> = Entry extends readonly [infer Name, AnyLayer] ? Name : never;

/** The output type of an entry; of nothing (before the first entry), any type at all. */
type Before<Entry> = Entry extends undefined ? any : OutputOf<LayerOf<Entry>>;

/** The names of the entries that stand before the one at position I. */
type NamesBefore<Entries extends readonly unknown[], I, Seen extends readonly unknown[] = []> =
  `${Seen["length"]}` extends I ? NameOf<Seen[number]>
  : Entries extends readonly [infer First, ...infer Rest] ? NamesBefore<Rest, I, readonly [...Seen, First]> : never;

/** The entry itself where it fits behind the one before it, else what should stand in its place. */
type Fitting<Entry, Previous> = LayerOf<Entry> extends Layer<any, Before<Previous>, any> ? Entry : Layer<any, Before<Previous>, any>;

type Fit<Entries extends readonly unknown[], Shifted = readonly [undefined, ...Entries]> = {
  readonly [I in keyof Entries]: Fitting<Entries[I], I extends keyof Shifted ? Shifted[I] : never>
};

type Named<Entry, Names> =
  Entry extends readonly [infer Name, AnyLayer] ? (Name extends Names ? `the name ${Name & string} is taken` : Entry)
  : ParamsOf<Entry> extends NoParams ? Entry : readonly [name: string, layer: Entry];

type Naming<Entries extends readonly unknown[]> = { readonly [I in keyof Entries]: Named<Entries[I], NamesBefore<Entries, I>> };

type Last<T extends readonly unknown[]> = T extends readonly [...unknown[], infer L] ? L : never;

/** The parameters of a {@link chain}: one entry per layer. */
export type ChainParams<Layers extends readonly AnyLayer[]> = { readonly [I in keyof Layers]: ParamsOf<Layers[I]> };

/** The parameters of a {@link model}: one field per name. */
export type ModelParams<Entries extends readonly ModelEntry[]> = {
  readonly [Entry in Extract<Entries[number], readonly [string, AnyLayer]> as Entry[0]]: ParamsOf<Entry[1]>
};

/**
 * Layers one after the other; the parameters are a tuple with one entry per layer.
 *
 * @param layers - each takes what the one before it returns
 * @throws TypeError where one is not a layer, RangeError where there are none
 *
 * @example
 * ```ts
 * import { FullyConnected, Relu, chain } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const layer = chain(FullyConnected({ inputs: 2, outputs: 1 }), Relu);
 * const [output, pullback] = layer.apply([{ weight: tensor([[3, 4]]), bias: tensor([1]) }, {}], tensor([[10, 20]]));
 * output.values; // => [111]
 * const [[dFull], dInput] = pullback(tensor([[2]]));
 * dFull.weight.values; // => [20, 40]
 * dInput.values; // => [6, 8]
 * ```
 */
export function chain<const Layers extends readonly AnyLayer[]>(
  ...layers: Layers & Fit<Layers>
): Layer<ChainParams<Layers>, InputOf<Layers[0]>, OutputOf<Last<Layers>>> {
  const checked = layers.map((layer, i) => checkLayer("chain", `argument ${i + 1}`, layer));
  if (checked.length === 0) throw wrongValue("chain", "at least one layer", "none");
  return {
    init: (key) => initInTurn(checked, key) as ChainParams<Layers>,
    apply: (params, input, key) => {
      if (!Array.isArray(params) || params.length !== checked.length) {
        throw wrongValue("chain", `params as an array with one entry for each of ${checked.length} layers`, show(params));
      }
      const [output, pullback] = applyInTurn(checked, params, input, key);
      return [output as OutputOf<Last<Layers>>, pullback as never];
    },
  };
}

/**
 * Layers one after the other; those with parameters carry a name, under which the parameters are found.
 *
 * @param entries - `[name, layer]`, or a bare layer where it has no parameters
 * @throws TypeError where an entry is neither, RangeError where a name is missing, empty, a number or taken
 *
 * @example
 * ```ts
 * import { FullyConnected, Relu, model } from "etalon/learning";
 * import { key, leavesOf } from "etalon/tensor";
 * const net = model(["hidden", FullyConnected({ inputs: 4, outputs: 8 })], Relu, ["out", FullyConnected({ inputs: 8, outputs: 3 })]);
 * leavesOf(net.init(key(1))).map(([path]) => path); // => ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
 * ```
 */
export function model<const Entries extends readonly ModelEntry[]>(
  ...entries: Entries & Fit<Entries> & Naming<Entries>
): Layer<ModelParams<Entries>, InputOf<LayerOf<Entries[0]>>, OutputOf<LayerOf<Last<Entries>>>> {
  const { names, layers } = readEntries(entries);
  const used = names.filter((name) => name !== undefined);
  const named = (values: readonly unknown[]): ModelParams<Entries> =>
    Object.fromEntries(names.flatMap((name, i) => (name === undefined ? [] : [[name, values[i]]]))) as ModelParams<Entries>;
  return {
    init: (key) => named(initInTurn(layers, key)),
    apply: (params, input, key) => {
      const given = typeof params === "object" && params !== null ? Object.keys(params) : [];
      if (given.length !== used.length || used.some((name) => !given.includes(name))) {
        throw wrongValue("model", `params with ${used.join(", ") || "no fields"}`, given.length > 0 ? given.join(", ") : show(params));
      }
      const byPosition = names.map((name) => (name === undefined ? {} : (params as Readonly<Record<string, unknown>>)[name]));
      const [output, pullback] = applyInTurn(layers, byPosition, input, key);
      return [output as OutputOf<LayerOf<Last<Entries>>>, (dOutput) => {
        const [dParams, dInput] = pullback(dOutput);
        return [named(dParams), dInput as InputOf<LayerOf<Entries[0]>>];
      }];
    },
  };
}

function readEntries(entries: readonly unknown[]): { readonly names: readonly (string | undefined)[]; readonly layers: readonly AnyLayer[] } {
  if (entries.length === 0) throw wrongValue("model", "at least one layer", "none");
  const names = entries.map((entry) => (Array.isArray(entry) ? (entry[0] as unknown) : undefined));
  const layers = entries.map((entry, i) => checkLayer("model", `argument ${i + 1}`, Array.isArray(entry) ? entry[1] : entry));
  entries.forEach((entry, i) => {
    const name = names[i];
    if (!Array.isArray(entry)) {
      const params: unknown = layers[i]!.init(keyOf(0));
      const bare = typeof params === "object" && params !== null && !Array.isArray(params) && Object.keys(params).length === 0;
      if (!bare) throw wrongValue("model", `a name for argument ${i + 1}, a layer with parameters: [name, layer]`, "the layer alone");
    } else if (entry.length !== 2 || typeof name !== "string") {
      throw wrongKind("model", `argument ${i + 1} as [name, layer] or as a layer without parameters`, show(entry));
    } else if (name === "" || /^\d+$/.test(name)) {
      throw wrongValue("model", `a name with a letter for argument ${i + 1}`, show(name));
    } else if (names.indexOf(name) < i) throw wrongValue("model", "names that differ", `${show(name)} twice`);
  });
  return { names: names as readonly (string | undefined)[], layers };
}

/**
 * Two layers side by side on one input; the output is the pair of theirs, and their input gradients are added.
 *
 * @throws TypeError where an argument is not a layer
 *
 * @example
 * ```ts
 * import { FullyConnected, Relu, both } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const layer = both(FullyConnected({ inputs: 1, outputs: 1, bias: false }), Relu);
 * const [[scaled, positive], pullback] = layer.apply([{ weight: tensor([[5]]) }, {}], tensor([[2]]));
 * [scaled.values, positive.values]; // => [[10], [2]]
 * pullback([tensor([[1]]), tensor([[100]])])[1].values; // => [105]
 * ```
 */
export function both<P, Q, X, Y, Z>(first: Layer<P, X, Y>, second: Layer<Q, X, Z>): Layer<readonly [P, Q], X, readonly [Y, Z]> {
  checkLayer("both", "first", first);
  checkLayer("both", "second", second);
  return {
    init: (key) => [first.init(foldIn(key, 0)), second.init(foldIn(key, 1))],
    apply: ([p, q], input, key) => {
      const [y, pullFirst] = first.apply(p, input, key && foldIn(key, 0));
      const [z, pullSecond] = second.apply(q, input, key && foldIn(key, 1));
      return [[y, z], ([dy, dz]) => {
        const [dp, dx] = pullFirst(dy);
        const [dq, alsoDx] = pullSecond(dz);
        return [[dp, dq], mapTree(dx, (a, b) => add(a, b!), alsoDx)];
      }];
    },
  };
}

const initInTurn = (layers: readonly AnyLayer[], key: Key): readonly unknown[] => layers.map((layer, i) => layer.init(foldIn(key, i)) as unknown);

type Pull = (dOutput: unknown) => readonly [dParams: readonly unknown[], dInput: unknown];

/** Forward through all layers in order; the pullback goes through theirs from the last to the first. */
function applyInTurn(layers: readonly AnyLayer[], params: readonly unknown[], input: unknown, key?: Key): readonly [output: unknown, pullback: Pull] {
  let output = input;
  const pullbacks = layers.map((layer, i) => {
    const [next, pullback] = layer.apply(params[i], output, key && foldIn(key, i));
    output = next;
    return pullback;
  });
  return [output, (dOutput) => {
    let gradient = dOutput;
    const dParams = pullbacks.toReversed().map((pullback) => {
      const [dLayer, dInput] = pullback(gradient);
      gradient = dInput;
      return dLayer as unknown;
    });
    return [dParams.reverse(), gradient];
  }];
}
