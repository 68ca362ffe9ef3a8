/**
 * Unrolling: one small network used again at every step of a sequence, with a state handed from step to step.
 *
 *     s_0 given,   [s_t, y_t] = cell(params, [s_{t−1}, x_t])   for t = 1 … T
 *
 * The network has one set of parameters however long the sequence is. Its gradient is backpropagation through time: the pullbacks of the
 * steps, last to first, the state's gradient handed back from each to the one before, the parameters' gradients summed.
 *
 * Layout: a sequence is an array of steps, each of any form, usually `[N, features]`.
 * Notes: recurrent neural networks (one network processes one step; the network is reused at different time steps).
 * Source: Werbos, "Backpropagation through time: what it does and how to do it" (1990).
 *
 * @module
 */
import type { Layer, Pullback } from "../learning/layer.ts";
import { foldIn } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { sizeOf, wrongValue } from "../tensor/shape.ts";
import { adopt, isWide, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";
import { amongZeros, checkGradients, checkLengths, checkSteps, rowsOf, samplesOf, withRows } from "./lengths.ts";
import { zeroState } from "./zero-state.ts";

/** One step of a recurrent network: from the state before and an input to the state after and an output. */
export interface Cell<P, S, X, Y> extends Layer<P, readonly [state: S, input: X], readonly [state: S, output: Y]> {
  /** The state of zeros for so many samples; a cell of one's own may do without. */
  readonly zeroState?: (samples: number) => S;
  /** What `apply` does, with the parameters made ready once for all steps of a sequence; a cell of one's own may do without. */
  readonly prepare?: (params: P) => PreparedCell<P, S, X, Y>;
}

/** A cell whose parameters are given: from the state before and an input to the state after and an output, and the pullback of that. */
export type PreparedCell<P, S, X, Y> = (
  input: readonly [state: S, input: X], key?: Key,
) => readonly [output: readonly [state: S, output: Y], pullback: Pullback<P, readonly [state: S, input: X], readonly [state: S, output: Y]>];

/**
 * A network over a whole sequence: from the first state and all inputs to the last state and all outputs.
 *
 * Where samples differ in length, a third input says how long each is, `[N]`: past its length a sample's state stays, its output is 0, and no
 * gradient passes; not even the cell sees what stands there. Lengths have no gradient.
 */
export interface Sequence<P, S, X, Y>
  extends Layer<P, readonly [state: S, inputs: readonly X[], lengths?: Tensor | undefined], readonly [state: S, outputs: readonly Y[]]> {
  /** The state of zeros for so many samples, where the cells that it is made of have one. */
  readonly zeroState?: (samples: number) => S;
}

/**
 * A cell applied to every step of a sequence in turn; its pullback is backpropagation through time.
 *
 * With L the loss, and ds_t what arrives at the state after step t from all later steps,
 *
 *     [dparams_t, [ds_{t−1}, dx_t]] = pullback_t([ds_t, dy_t])   for t = T … 1
 *     dparams = Σ_t dparams_t
 *
 * The sum over the steps is gathered in double and rounded once. Every step gets a key of its own.
 *
 * @param cell - one step
 * @returns the layer over sequences; it refuses a sequence without steps with a RangeError
 *
 * @example
 * ```ts
 * import { scan } from "etalon/rnn";
 * import { add, tensor } from "etalon/tensor";
 * import type { Tensor } from "etalon/tensor";
 * import type { Cell } from "etalon/rnn";
 * // a running sum: the state is the sum so far, and also the output
 * const sum: Cell<{}, Tensor, Tensor, Tensor> = {
 *   init: () => ({}),
 *   apply: (_, [state, input]) => {
 *     const total = add(state, input);
 *     return [[total, total], ([dState, dOutput]) => [{}, [add(dState, dOutput), add(dState, dOutput)]]];
 *   },
 * };
 * const [[last, outputs], pullback] = scan(sum).apply({}, [tensor([0]), [tensor([1]), tensor([2]), tensor([3])]]);
 * outputs.map(({ values }) => values); // => [[1], [3], [6]]
 * last.values; // => [6]
 * const one = tensor([1]);
 * const [, [, dInputs]] = pullback([tensor([0]), [one, one, one]]);
 * dInputs.map(({ values }) => values); // => [[3], [2], [1]]
 * ```
 */
export function scan<P, S, X, Y>(cell: Cell<P, S, X, Y>): Sequence<P, S, X, Y> {
  return {
    init: cell.init,
    zeroState: (samples) => zeroState(cell, samples),
    apply: (params, [initial, inputs, lengths], key) => {
      checkSteps("scan", "inputs", inputs);
      const ends = lengths === undefined ? undefined : checkLengths("scan", lengths, samplesOf("scan", "inputs and state", [initial, inputs]), inputs.length);
      const prepared = prepareCell(cell, params);
      let state = initial;
      const steps = inputs.map((input: X, t: number) => {
        const [[next, output], pullback] = stepAt(prepared, t, ends)([state, input], key && foldIn(key, t));
        state = next;
        return { output, pullback };
      });
      const throughTime = ([dFinal, dOutputs]: readonly [S, readonly Y[]]): readonly [P, readonly [S, readonly X[]]] => {
        checkGradients("scan", dOutputs, steps.length);
        const samples = ends && samplesOf("scan", "gradients", [dFinal, dOutputs]);
        if (samples !== ends?.length) throw wrongValue("scan", `gradients of ${ends?.length} samples`, String(samples));
        const dParams = treeSum(params);
        let dState = dFinal;
        const dInputs = steps.map(({ pullback }, t) => ({ pullback, dOutput: dOutputs[t]! })).toReversed().map(({ pullback, dOutput }) => {
          const [dStepParams, [dBefore, dInput]] = pullback([dState, dOutput]);
          dParams.add(dStepParams);
          dState = dBefore;
          return dInput;
        }).toReversed();
        return [dParams.total(), [dState, dInputs]];
      };
      return [[state, steps.map(({ output }) => output)], throughTime];
    },
  };
}

/** The cell with its parameters given. @internal */
export const prepareCell = <P, S, X, Y>(cell: Cell<P, S, X, Y>, params: P): PreparedCell<P, S, X, Y> =>
  cell.prepare?.(params) ?? ((input, key) => cell.apply(params, input, key));

/** The cell on the samples that have not ended; it never sees the others, whose state, and whose state's gradient, stay as they are. */
function stepAt<P, S, X, Y>(cell: PreparedCell<P, S, X, Y>, t: number, ends: readonly number[] | undefined): PreparedCell<P, S, X, Y> {
  if (ends === undefined || ends.every((end) => t < end)) return cell;
  const going = ends.flatMap((end, row) => (t < end ? [row] : []));
  return ([state, input], key) => {
    const [[next, output], pullback] = cell([rowsOf(state, going), rowsOf(input, going)], key);
    return [[withRows(state, going, next), amongZeros(output, going, ends.length)], ([dNext, dOutput]) => {
      const [dParams, [dState, dInput]] = pullback([rowsOf(dNext, going), rowsOf(dOutput, going)]);
      return [dParams, [withRows(dNext, going, dState), amongZeros(dInput, going, ends.length)]];
    }];
  };
}

/** Adds trees of one form up in double; the total is rounded once, and not where one of them is wide. @internal */
export function treeSum<P>(like: P): { readonly add: (tree: P) => void; readonly total: () => P } {
  const sums = leavesOf(like).map(([, { shape }]) => new Float64Array(sizeOf(shape)));
  const wide = leavesOf(like).map(([, leaf]) => isWide(leaf));
  return {
    add: (tree) => leavesOf(tree).forEach(([, leaf], i) => {
      const [sum, values] = [sums[i]!, raw(leaf)];
      wide[i] ||= isWide(leaf);
      for (let j = 0; j < sum.length; j++) sum[j]! += values[j]!;
    }),
    total: () => {
      let i = 0;
      return mapTree(like, (leaf) => {
        const [sum, isSumWide] = [sums[i]!, wide[i++]!];
        return adopt(leaf.shape, isSumWide ? sum : new Float32Array(sum));
      });
    },
  };
}
