/**
 * The first state: where nothing is known of the past, a network begins with zeros.
 *
 * Each cell knows what its state is made of, and every network over sequences asks those that it is made of: a pair of states for one that
 * reads from both ends, one a layer for a stack.
 *
 * Layout: every tensor of a state `[N, …]`.
 * Notes: recurrent neural networks (the initial state is usually a vector of zeros).
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import type { Layer } from "../learning/layer.ts";
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { checkSteps, samplesOf } from "./lengths.ts";
import type { Sequence } from "./unroll.ts";

/** The inputs of a network that begins with zeros, and of each sample how many of them are its own, `[N]`; absent means all. */
export type Steps<X> = readonly [inputs: readonly X[], lengths?: Tensor | undefined];

/**
 * The state of zeros of a cell or of a network over sequences.
 *
 * @param network - a cell of the library, or a network over sequences that is made of such cells
 * @param samples - N, at least 0
 * @throws RangeError where samples is no whole number of at least 0, TypeError where the cell does not say what its state is made of
 *
 * @example
 * ```ts
 * import { Gru, Lstm, scan, stacked, zeroState } from "etalon/rnn";
 * const network = stacked([scan(Lstm({ inputs: 3, units: 2 })), scan(Gru({ inputs: 2, units: 1 }))]);
 * const [lower, upper] = zeroState(network, 4);
 * [lower.h.shape, lower.c.shape, upper.h.shape]; // => [[4, 2], [4, 2], [4, 1]]
 * ```
 */
export function zeroState<S>(network: { readonly zeroState?: (samples: number) => S }, samples: number): S {
  if (typeof samples !== "number") throw wrongKind("zeroState", "samples as a whole number of at least 0", show(samples));
  if (!Number.isSafeInteger(samples) || samples < 0) throw wrongValue("zeroState", "samples as a whole number of at least 0", show(samples));
  if (typeof network?.zeroState !== "function") throw wrongKind("zeroState", "a cell or network that has a state of zeros", show(network));
  return network.zeroState(samples);
}

/**
 * A network over sequences that begins with zeros: from inputs to outputs, and no state is seen.
 *
 * @param sequence - a network over sequences, whose cells have a state of zeros
 * @throws TypeError for what is no layer; applied, as {@link zeroState} and the network itself do
 *
 * @example
 * ```ts
 * import { SimpleRnn, fromZeros, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const sum = fromZeros(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })));
 * const [outputs] = sum.apply({ wx: tensor([[1]]), wh: tensor([[1]]) }, [[1, 10, 100].map((x) => tensor([[x]]))]);
 * outputs.map(({ values }) => values); // => [[1], [11], [111]]
 * ```
 */
export function fromZeros<P, S, X, Y>(sequence: Sequence<P, S, X, Y>): Layer<P, Steps<X>, readonly Y[]> {
  checkLayer("fromZeros", "sequence", sequence);
  return {
    init: sequence.init,
    apply: (params, [inputs, lengths], key) => {
      const [[last, outputs], pullback] = sequence.apply(params, [startOf("fromZeros", sequence, inputs), inputs, lengths], key);
      return [outputs, (dOutputs) => {
        const [dParams, [, dInputs]] = pullback([zerosLike(last), dOutputs]);
        return [dParams, [dInputs]];
      }];
    },
  };
}

/** The state of zeros for the samples of these inputs. @internal */
export function startOf<S, X>(name: string, sequence: { readonly zeroState?: (samples: number) => S }, inputs: readonly X[]): S {
  checkSteps(name, "inputs", inputs);
  return zeroState(sequence, samplesOf(name, "inputs", inputs));
}

/** Zeros in the place of every number. @internal */
export const zerosLike = <Tree>(tree: Tree): Tree => mapTree(tree, ({ shape }) => zeros(shape));
