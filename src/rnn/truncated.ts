/**
 * Truncated backpropagation through time: a long sequence in chunks, the state handed on from chunk to chunk, its gradient not.
 *
 *     forward:   the network over the whole sequence, as if it were not cut
 *     backward:  ∂ with the state at the beginning of every chunk taken for a constant
 *
 * What is learned reaches back no further than a chunk. The forward results are those of one run.
 *
 * Notes: recurrent neural networks (statically sized networks, long sequences). Source: Williams, Peng, "An efficient gradient-based algorithm
 * for on-line training of recurrent network trajectories" (1990).
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import { foldIn } from "../tensor/random.ts";
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { map, tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { amongZeros, checkGradients, checkLengths, checkSteps, rowsOf, samplesOf } from "./lengths.ts";
import { treeSum } from "./unroll.ts";
import type { Sequence } from "./unroll.ts";
import { zeroState } from "./zero-state.ts";

/**
 * A network over sequences whose gradient does not cross from one chunk to the one before.
 *
 * The gradient of the first state is that of the first chunk; what arrives at the last state enters the last chunk, of each sample its own:
 * where samples differ in length, that in which the sample ends.
 *
 * Chunks are read first to last, so the network must be one that reads forwards; `reverse(truncated(…))` reads from the end.
 *
 * @param sequence - a network over sequences, such as `scan` makes of a cell
 * @param steps - of a chunk, at least 1; the last chunk has what is left
 * @throws RangeError where steps is no whole number of at least 1, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { SimpleRnn, scan, truncated } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const sum = { wx: tensor([[1]]), wh: tensor([[1]]) }; // a running sum
 * const network = truncated(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })), 2);
 * const one = tensor([[1]]);
 * const [[state], pullback] = network.apply(sum, [{ h: tensor([[0]]) }, [one, one, one]]);
 * state.h.values; // => [3]
 * const [, [dState, dInputs]] = pullback([{ h: tensor([[0]]) }, [one, one, one]]);
 * [dInputs.map(({ values }) => values), dState.h.values]; // => [[[2], [1], [1]], [2]]
 * ```
 */
export function truncated<P, S, X, Y>(sequence: Sequence<P, S, X, Y>, steps: number): Sequence<P, S, X, Y> {
  checkLayer("truncated", "sequence", sequence);
  if (typeof steps !== "number") throw wrongKind("truncated", "steps as a whole number of at least 1", show(steps));
  if (!Number.isInteger(steps) || steps < 1) throw wrongValue("truncated", "steps as a whole number of at least 1", show(steps));
  return {
    init: sequence.init,
    zeroState: (samples) => zeroState(sequence, samples),
    apply: (params, [initial, inputs, lengths], key) => {
      checkSteps("truncated", "inputs", inputs);
      const samples = lengths && samplesOf("truncated", "inputs and state", [initial, inputs]);
      const ends = lengths === undefined ? undefined : checkLengths("truncated", lengths, samples!, inputs.length);
      let state = initial;
      const chunks = Array.from({ length: Math.ceil(inputs.length / steps) }, (_, c) => {
        const part = inputs.slice(c * steps, (c + 1) * steps);
        const left = ends && tensor(ends.map((end) => Math.min(Math.max(end - c * steps, 0), part.length)));
        const [[last, outputs], pullback] = sequence.apply(params, [state, part, left], key && foldIn(key, c));
        state = last;
        return { outputs, pullback };
      });
      return [[state, chunks.flatMap(({ outputs }) => outputs)], ([dLast, dOutputs]) => {
        checkGradients("truncated", dOutputs, inputs.length);
        const dParams = treeSum(params);
        const back = chunks.map(({ pullback }, c) => {
          const dState = c === chunks.length - 1 ? dLast : arriving(dLast, ends, (c + 1) * steps);
          const [dChunk, dBefore] = pullback([dState, dOutputs.slice(c * steps, (c + 1) * steps)]);
          dParams.add(dChunk);
          return dBefore;
        });
        return [dParams.total(), [back[0]![0], back.flatMap(([, dInputs]) => dInputs)]];
      }];
    },
  };
}

/** Of the last state's gradient what belongs to samples that have no step from `next` on: for them, the chunk before it is the last. */
function arriving<S>(dLast: S, ends: readonly number[] | undefined, next: number): S {
  if (ends === undefined) return mapTree(dLast, (leaf) => map(leaf, () => 0));
  const done = ends.flatMap((end, row) => (end <= next ? [row] : []));
  return amongZeros(rowsOf(dLast, done), done, ends.length);
}
