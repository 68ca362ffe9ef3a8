/**
 * Residual connections of recurrent networks: around the step, and around the layer.
 *
 *     from step to step:    h_t = f(h_{t−1}, x_t) + h_{t−1}
 *     from layer to layer:  y_t = f(x)_t + x_t
 *
 * The first gives the gradient a way around every step back through time, the second a way around every layer of a stack.
 *
 * Layout: h `[N, H]`; x and y alike in shape.
 * Notes: vanishing gradients (residual connections). Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015), for the
 * connection; Yue, Fu, Liang, "Residual recurrent neural networks for learning sequential representations" (2018), from step to step; Wu et al.,
 * "Google's neural machine translation system" (2016), section 3.1, from layer to layer.
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import { sameShape, show, wrongValue } from "../tensor/shape.ts";
import { add } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { checkGradients, withinLengths } from "./lengths.ts";
import { prepareCell } from "./unroll.ts";
import type { Cell, PreparedCell, Sequence } from "./unroll.ts";
import { zeroState } from "./zero-state.ts";

/**
 * A cell that adds to the hidden state, instead of replacing it.
 *
 * The rest of the state, such as an LSTM's cell state, is the cell's own. With f* the pullback of the cell and dh what arrives at the new hidden
 * state, which is also the output,
 *
 *     dh_{t−1} = f*(dh) + dh
 * so ∂h_t/∂h_{t−1} = ∂f/∂h + 1: where the first vanishes the second stays; where it does not, the product over many steps may grow.
 *
 * @param cell - one whose output is its hidden state h, as those of the library are
 * @throws TypeError for what is no layer; applied, as the cell does, and where its output and h differ in shape
 *
 * @example
 * ```ts
 * import { SimpleRnn, residualCell, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const forgetful = { wx: tensor([[1]]), wh: tensor([[0]]) }; // by itself it only shows its input
 * const network = scan(residualCell(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })));
 * const [[, outputs]] = network.apply(forgetful, [{ h: tensor([[0]]) }, [1, 10, 100].map((x) => tensor([[x]]))]);
 * outputs.map(({ values }) => values); // => [[1], [11], [111]]
 * ```
 */
export function residualCell<P, S extends { readonly h: Tensor }, X>(cell: Cell<P, S, X, Tensor>): Cell<P, S, X, Tensor> {
  checkLayer("residualCell", "cell", cell);
  const prepare = (params: P): PreparedCell<P, S, X, Tensor> => {
    const prepared = prepareCell(cell, params);
    return ([state, input], key) => {
      const [[next, output], pullback] = prepared([state, input], key);
      return [[{ ...next, h: sum("residualCell", next.h, state.h) }, sum("residualCell", output, state.h)], ([dState, dOutput]) => {
        const [dParams, [dBefore, dInput]] = pullback([dState, dOutput]);
        return [dParams, [{ ...dBefore, h: add(dBefore.h, add(dState.h, dOutput)) }, dInput]];
      }];
    };
  };
  return { init: cell.init, zeroState: (samples) => zeroState(cell, samples), prepare, apply: (params, input, key) => prepare(params)(input, key) };
}

/**
 * A network over sequences that adds its inputs to its outputs, step by step; its state is not changed.
 *
 * Past the end of a sample the sum is 0 as well, and no gradient passes. With f* the pullback of the network, dx = f*(dy) + dy.
 *
 * @param sequence - one whose outputs have the form of its inputs
 * @throws TypeError for what is no layer; applied, as the network does, and where outputs and inputs differ in shape
 *
 * @example
 * ```ts
 * import { SimpleRnn, residualSequence, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
 * const network = residualSequence(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }))); // the running sum, plus the input
 * const [[, outputs]] = network.apply(one, [{ h: tensor([[0]]) }, [1, 10, 100].map((x) => tensor([[x]]))]);
 * outputs.map(({ values }) => values); // => [[2], [21], [211]]
 * ```
 */
export function residualSequence<P, S, X>(sequence: Sequence<P, S, X, X>): Sequence<P, S, X, X> {
  checkLayer("residualSequence", "sequence", sequence);
  return {
    init: sequence.init,
    zeroState: (samples) => zeroState(sequence, samples),
    apply: (params, [state, inputs, lengths], key) => {
      const [[last, outputs], pullback] = sequence.apply(params, [state, inputs, lengths], key);
      const around = withinLengths(inputs, lengths);
      return [[last, outputs.map((output, t) => mapTree(output, (y, x) => sum("residualSequence", y, x!), around[t]))], ([dLast, dOutputs]) => {
        checkGradients("residualSequence", dOutputs, outputs.length);
        const [dParams, [dState, dInputs]] = pullback([dLast, dOutputs]);
        const dAround = withinLengths(dOutputs, lengths);
        return [dParams, [dState, dInputs.map((dInput, t) => mapTree(dInput, (dx, dy) => add(dx, dy!), dAround[t]))]];
      }];
    },
  };
}

function sum(name: string, change: Tensor, before: Tensor): Tensor {
  if (!sameShape(change.shape, before.shape)) throw wrongValue(name, `what keeps the shape ${show(before.shape)}`, show(change.shape));
  return add(change, before);
}
