/**
 * Directions: a sequence read from its end, and two networks that read it from both ends.
 *
 *     reverse:        the steps in reverse order through the network, its outputs back in the order of the steps
 *     bidirectional:  y_t = merge(forward_t, backward_t)
 *
 * A sample of length L is read backwards from its own last step, L − 1, and not from the filling behind it.
 *
 * Layout: outputs `[N, H]` a step; merged by concatenation `[N, 2·H]`, forward first.
 * Notes: bidirectional recurrent neural networks. Source: Schuster, Paliwal, "Bidirectional recurrent neural networks" (1997); ONNX RNN-22,
 * direction; Keras `Bidirectional`, merge_mode.
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import { checkOptions } from "../tensor/options.ts";
import { foldIn } from "../tensor/random.ts";
import { sameShape, show, sizeOf, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { add, adopt, checkTensorOf, combine, emptyStorage, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { checkGradients, reverseSteps } from "./lengths.ts";
import type { Sequence } from "./unroll.ts";
import { zeroState } from "./zero-state.ts";

/**
 * A network over sequences that reads them from the end: from each sample's last step to its first.
 *
 * The state it returns is the one after the first step, which it reads last. Outputs stand at the step they were made at.
 *
 * @param sequence - a network over sequences, such as `scan` makes of a cell
 *
 * @example
 * ```ts
 * import { SimpleRnn, reverse, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const sum = { wx: tensor([[1]]), wh: tensor([[1]]) }; // a running sum
 * const backwards = reverse(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })));
 * const steps = [1, 10, 100].map((x) => tensor([[x]]));
 * backwards.apply(sum, [{ h: tensor([[0]]) }, steps])[0][1].map(({ values }) => values); // => [[111], [110], [100]]
 * ```
 */
export function reverse<P, S, X, Y>(sequence: Sequence<P, S, X, Y>): Sequence<P, S, X, Y> {
  checkLayer("reverse", "sequence", sequence);
  return {
    init: sequence.init,
    zeroState: (samples) => zeroState(sequence, samples),
    apply: (params, [state, inputs, lengths], key) => {
      const [[last, outputs], pullback] = sequence.apply(params, [state, reverseSteps(inputs, lengths), lengths], key);
      return [[last, reverseSteps(outputs, lengths)], ([dLast, dOutputs]) => {
        checkGradients("reverse", dOutputs, outputs.length);
        const [dParams, [dState, dInputs]] = pullback([dLast, reverseSteps(dOutputs, lengths)]);
        return [dParams, [dState, reverseSteps(dInputs, lengths)]];
      }];
    },
  };
}

/** How the outputs of both directions become one: one behind the other, their sum, or half of it. */
export type Merge = "concat" | "sum" | "average";

/** One thing for each direction. */
export type BothDirections<F, B> = {
  readonly forward: F;
  readonly backward: B;
};

/**
 * Two networks over the same sequence, one reading it from its beginning and one from its end, with their outputs merged at every step.
 *
 * @param forward - reads from the first step on
 * @param backward - as it would read from the first step on; it is given the steps in reverse
 * @throws RangeError for an unknown merge; applied, where sums and averages are of outputs of different shapes
 *
 * @example
 * ```ts
 * import { SimpleRnn, bidirectional, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const runningSum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));
 * const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
 * const zero = { h: tensor([[0]]) };
 * const steps = [1, 10, 100].map((x) => tensor([[x]]));
 * const [[, outputs]] = bidirectional(runningSum, runningSum).apply({ forward: one, backward: one }, [{ forward: zero, backward: zero }, steps]);
 * outputs.map(({ values }) => values); // => [[1, 111], [11, 110], [111, 100]]
 * ```
 */
export function bidirectional<FP, FS, BP, BS, X>(
  forward: Sequence<FP, FS, X, Tensor>, backward: Sequence<BP, BS, X, Tensor>, options: { readonly merge?: Merge } = {},
): Sequence<BothDirections<FP, BP>, BothDirections<FS, BS>, X, Tensor> {
  checkOptions("bidirectional", options, { merge: ["concat", "sum", "average"] });
  checkLayer("bidirectional", "forward", forward);
  checkLayer("bidirectional", "backward", backward);
  const backwards = reverse(backward);
  const { merge = "concat" } = options;
  return {
    init: (key) => ({ forward: forward.init(foldIn(key, 0)), backward: backward.init(foldIn(key, 1)) }),
    zeroState: (samples) => ({ forward: zeroState(forward, samples), backward: zeroState(backward, samples) }),
    apply: (params, [state, inputs, lengths], key) => {
      const [[lastForward, there], pullForward] = forward.apply(params.forward, [state.forward, inputs, lengths], key && foldIn(key, 0));
      const [[lastBackward, back], pullBackward] = backwards.apply(params.backward, [state.backward, inputs, lengths], key && foldIn(key, 1));
      const outputs = there.map((output, t) => merged(merge, output, back[t]!));
      return [[{ forward: lastForward, backward: lastBackward }, outputs], ([dState, dOutputs]) => {
        checkGradients("bidirectional", dOutputs, outputs.length);
        const parts = dOutputs.map((dOutput, t) => split(merge, dOutput, there[t]!, back[t]!));
        const [dForward, [dFirst, dThere]] = pullForward([dState.forward, parts.map(([part]) => part)]);
        const [dBackward, [dLast, dBack]] = pullBackward([dState.backward, parts.map(([, part]) => part)]);
        return [
          { forward: dForward, backward: dBackward },
          [{ forward: dFirst, backward: dLast }, dThere.map((d, t) => mapTree(d, (left, right) => add(left, right!), dBack[t]!))],
        ];
      }];
    },
  };
}

function merged(merge: Merge, forward: Tensor, backward: Tensor): Tensor {
  if (merge === "concat") return concatenate("bidirectional", forward, backward);
  if (!sameShape(forward.shape, backward.shape)) {
    throw wrongValue("bidirectional", "outputs of one shape to add", `${show(forward.shape)} and ${show(backward.shape)}`);
  }
  return combine(forward, backward, (a, b) => (merge === "average" ? 0.5 * (a + b) : a + b));
}

/** What arrives at each of the two outputs. */
function split(merge: Merge, dOutput: Tensor, forward: Tensor, backward: Tensor): readonly [Tensor, Tensor] {
  if (merge === "concat") return separate("bidirectional", dOutput, forward.shape, backward.shape);
  checkTensorOf("bidirectional", "dOutput", dOutput, forward.shape);
  const each = merge === "average" ? map(dOutput, (d) => 0.5 * d) : dOutput;
  return [each, each];
}

/** Two tensors side by side along the last axis. @internal */
export function concatenate(name: string, left: Tensor, right: Tensor): Tensor {
  const [l, r] = [left.shape.at(-1), right.shape.at(-1)];
  if (l === undefined || r === undefined || !sameShape(left.shape.slice(0, -1), right.shape.slice(0, -1))) {
    throw wrongValue(name, "outputs that differ in their last axis alone", `${show(left.shape)} and ${show(right.shape)}`);
  }
  const rows = sizeOf(left.shape.slice(0, -1));
  const output = emptyStorage([left, right], rows * (l + r));
  for (let row = 0; row < rows; row++) {
    output.set(raw(left).subarray(row * l, (row + 1) * l), row * (l + r));
    output.set(raw(right).subarray(row * r, (row + 1) * r), row * (l + r) + l);
  }
  return adopt([...left.shape.slice(0, -1), l + r], output);
}

/** The two parts of what {@link concatenate} joined. @internal */
export function separate(name: string, joined: Tensor, left: Shape, right: Shape): readonly [Tensor, Tensor] {
  const [l, r] = [left.at(-1)!, right.at(-1)!];
  const values = raw(checkTensorOf(name, "dOutput", joined, [...left.slice(0, -1), l + r]));
  const part = (shape: Shape, start: number, width: number): Tensor => {
    const output = emptyStorage([joined], sizeOf(shape));
    for (let at = 0, row = 0; at < output.length; at += width, row++) output.set(values.subarray(row * (l + r) + start, row * (l + r) + start + width), at);
    return adopt(shape, output);
  };
  return [part(left, 0, l), part(right, l, r)];
}
