/**
 * Stacking: recurrent layers on top of each other, each reading the outputs of the one below.
 *
 *     y⁰_t = x_t,   [sˡ_t, yˡ_t] = layerˡ(yˡ⁻¹_t),   l = 1 … n
 *
 * Between two layers there may be dropout, with a mask of its own at every step; never before the first or behind the last.
 *
 * Notes: recurrent neural networks (several hidden layers). Source: PyTorch `torch.nn.LSTM`, num_layers and dropout; Graves, Mohamed, Hinton,
 * "Speech recognition with deep recurrent neural networks" (2013).
 *
 * @module
 */
import { Dropout } from "../learning/dropout.ts";
import { checkLayer } from "../learning/layer.ts";
import { foldIn } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Sequence } from "./unroll.ts";
import { zeroState } from "./zero-state.ts";

/** Any network over sequences of tensors. */
export type AnySequence = Sequence<any, any, Tensor, Tensor>;

/** The parameters, or the states, of each layer. */
export type PerLayer<Layers extends readonly AnySequence[], Which extends "params" | "state"> = {
  readonly [K in keyof Layers]: Layers[K] extends Sequence<infer P, infer S, Tensor, Tensor> ? (Which extends "params" ? P : S) : never;
};

/**
 * Several networks over sequences as one; its parameters and its state are arrays, one entry a layer.
 *
 * @param layers - the lowest first, at least one
 * @throws TypeError for what is no layer, RangeError for none at all or a rate out of range
 *
 * @example
 * ```ts
 * import { SimpleRnn, scan, stacked } from "etalon/rnn";
 * import { key, zeros } from "etalon/tensor";
 * const network = stacked([scan(SimpleRnn({ inputs: 3, units: 5 })), scan(SimpleRnn({ inputs: 5, units: 2 }))], { dropout: 0.5 });
 * const start = [{ h: zeros([4, 5]) }, { h: zeros([4, 2]) }] as const;
 * const [[state, outputs]] = network.apply(network.init(key(1)), [start, [zeros([4, 3]), zeros([4, 3])]]);
 * outputs.map(({ shape }) => shape); // => [[4, 2], [4, 2]]
 * state[0].h.shape; // => [4, 5]
 * ```
 */
export function stacked<const Layers extends readonly AnySequence[]>(
  layers: Layers, options: { readonly dropout?: number } = {},
): Sequence<PerLayer<Layers, "params">, PerLayer<Layers, "state">, Tensor, Tensor> {
  if (!Array.isArray(layers)) throw wrongKind("stacked", "an array of layers", show(layers));
  if (layers.length === 0) throw wrongValue("stacked", "at least one layer", "none");
  layers.forEach((layer, i) => checkLayer("stacked", `layer ${i}`, layer));
  checkOptions("stacked", options, { dropout: "number" });
  const { dropout = 0 } = options;
  if (!(dropout >= 0 && dropout <= 1)) throw wrongValue("stacked", "dropout from 0 to 1", show(dropout));
  const between = Dropout({ rate: dropout });
  const network: Sequence<readonly unknown[], readonly unknown[], Tensor, Tensor> = {
    init: (key) => layers.map((layer: AnySequence, l) => layer.init(foldIn(key, l)) as unknown),
    zeroState: (samples) => layers.map((layer: AnySequence) => zeroState<unknown>(layer, samples)),
    apply: (params, [state, inputs, lengths], key) => {
      checkEach("params", params);
      checkEach("state", state);
      let steps = inputs;
      const climbed = layers.map((layer: AnySequence, l) => {
        const [kept, dropBackward] = l === 0 ? [steps, (d: readonly Tensor[]) => d] as const : dropped(steps, key && foldIn(key, 2 * l - 1));
        const [[last, outputs], pullback] = layer.apply(params[l], [state[l], kept, lengths], key && foldIn(key, 2 * l));
        steps = outputs;
        return { last: last as unknown, pullback, dropBackward };
      });
      return [[climbed.map(({ last }) => last), steps], ([dLast, dOutputs]) => {
        checkEach("dState", dLast);
        let dSteps = dOutputs;
        const back = climbed.map((layer, l) => ({ ...layer, dState: dLast[l] })).toReversed().map(({ pullback, dropBackward, dState }) => {
          const [dParams, [dFirst, dInputs]] = pullback([dState, dSteps]);
          dSteps = dropBackward(dInputs);
          return { dParams: dParams as unknown, dFirst: dFirst as unknown };
        }).toReversed();
        return [back.map(({ dParams }) => dParams), [back.map(({ dFirst }) => dFirst), dSteps]];
      }];
    },
  };
  return network as unknown as Sequence<PerLayer<Layers, "params">, PerLayer<Layers, "state">, Tensor, Tensor>;

  function checkEach(what: string, each: unknown): void {
    if (!Array.isArray(each)) throw wrongKind("stacked", `${what} as an array, one entry a layer`, show(each));
    if (each.length !== layers.length) throw wrongValue("stacked", `${what} for each of ${layers.length} layers`, String(each.length));
  }

  function dropped(steps: readonly Tensor[], key: Key | undefined): readonly [readonly Tensor[], (dSteps: readonly Tensor[]) => readonly Tensor[]] {
    const each = steps.map((step, t) => between.apply({}, step, key && foldIn(key, t)));
    return [each.map(([output]) => output), (dSteps) => dSteps.map((d, t) => each[t]![1](d)[1])];
  }
}
