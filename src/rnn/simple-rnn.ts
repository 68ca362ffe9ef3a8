/**
 * The simple recurrent cell: the new state is one layer's view of the input and of the state before.
 *
 *     h' = f(x·wx + h·wh + bias),   f = tanh, relu or the identity
 *
 * Layout: x `[N, F]`, h `[N, H]`, wx `[F, H]`, wh `[H, H]`, bias `[H]`.
 * Notes: recurrent neural networks (hidden state). Source: Elman, "Finding structure in time" (1990); PyTorch `torch.nn.RNNCell`, whose
 * two biases are one here; ONNX RNN-22.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cellOf, checkCellSize, checkStep, roundedSteps } from "./cell.ts";
import type { CellGradient, CellSize, Steps } from "./cell.ts";
import { activations, checkGate, gate, initGate } from "./gate.ts";
import type { GateParams } from "./gate.ts";
import type { Cell } from "./unroll.ts";

/** The weights of the cell; their gradients have the same form. */
export type SimpleRnnParams = GateParams;

/** What the cell remembers. */
export type SimpleRnnState = {
  /** The hidden state, `[N, H]`, which is also the output. */
  readonly h: Tensor;
};

/** Which function the cell applies. */
export interface SimpleRnnOptions {
  /** Default `"tanh"`. */
  readonly activation?: "tanh" | "relu" | "identity";
}

/** The size of a {@link SimpleRnn} cell, and which function it applies. */
export interface SimpleRnnSettings extends CellSize, SimpleRnnOptions {}

const optionKinds = { activation: ["tanh", "relu", "identity"] } as const;

/**
 * One step of the simple recurrent cell.
 *
 * The sums and the activation are computed in double, and h' is rounded once.
 *
 * @param params - wx `[F, H]`, wh `[H, H]`, bias `[H]` or none
 * @param state - `{ h }`, `[N, H]`
 * @param input - `[N, F]`
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { simpleRnnStep } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const params = { wx: tensor([[2]]), wh: tensor([[3]]), bias: tensor([1]) };
 * simpleRnnStep(params, { h: tensor([[10]]) }, tensor([[4]]), { activation: "identity" }).h.values; // => [39]
 * ```
 */
export function simpleRnnStep(params: SimpleRnnParams, state: SimpleRnnState, input: Tensor, options: SimpleRnnOptions = {}): SimpleRnnState {
  return stepsOf("simpleRnnStep", params, options)(state, input).next;
}

/**
 * The gradient of {@link simpleRnnStep}, from that of the new state.
 *
 *     da = f'(a)·dh'
 *     dwx = xᵀ·da, dwh = hᵀ·da, dbias = Σ_n da, dx = da·wxᵀ, dh = da·whᵀ
 *
 * @param dState - `{ h }`, of the new state
 * @returns the gradients of the parameters, of the state before and of the input
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { simpleRnnStepBackward } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const params = { wx: tensor([[2]]), wh: tensor([[3]]), bias: tensor([1]) };
 * const gradient = simpleRnnStepBackward(params, { h: tensor([[10]]) }, tensor([[4]]), { h: tensor([[1]]) }, { activation: "identity" });
 * [gradient.params.wx.values, gradient.params.wh.values, gradient.input.values, gradient.state.h.values]; // => [[4], [10], [2], [3]]
 * ```
 */
export function simpleRnnStepBackward(
  params: SimpleRnnParams, state: SimpleRnnState, input: Tensor, dState: SimpleRnnState, options: SimpleRnnOptions = {},
): CellGradient<SimpleRnnParams, SimpleRnnState> {
  return stepsOf("simpleRnnStepBackward", params, options)(state, input).pullback(dState);
}

/**
 * The simple recurrent cell, for `scan`: weights by Glorot's uniform rule, bias zero; the output is the new hidden state.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { SimpleRnn, scan } from "etalon/rnn";
 * import { key, zeros } from "etalon/tensor";
 * const network = scan(SimpleRnn({ inputs: 3, units: 5 }));
 * const [[state, outputs]] = network.apply(network.init(key(1)), [{ h: zeros([2, 5]) }, [zeros([2, 3]), zeros([2, 3])]]);
 * [state.h.shape, outputs.length]; // => [[2, 5], 2]
 * ```
 */
export function SimpleRnn(settings: SimpleRnnSettings): Cell<SimpleRnnParams, SimpleRnnState, Tensor, Tensor> {
  checkOptions("SimpleRnn", settings, { inputs: "wholeNumber", units: "wholeNumber", ...optionKinds });
  const { inputs, units, ...options } = settings;
  checkCellSize("SimpleRnn", { inputs, units });
  return {
    init: (key) => initGate(key, { inputs, units }),
    zeroState: (samples) => ({ h: zeros([samples, units]) }),
    ...cellOf((params) => stepsOf("SimpleRnn", params, options)),
  };
}

function stepsOf(name: string, params: SimpleRnnParams, options: SimpleRnnOptions): Steps<SimpleRnnParams, SimpleRnnState> {
  checkOptions(name, options, optionKinds);
  const f = activations[options.activation ?? "tanh"];
  const check = (state: SimpleRnnState, input: Tensor): void => checkGate(name, "params", params, checkStep(name, input, state, ["h"]));
  return roundedSteps(name, params, check, (weights, { h: before }, x) => {
    const { value, backward } = gate(weights, f, x, before);
    return {
      next: { h: value },
      pullback: (dState) => {
        const { params: dParams, x: input, h } = backward(dState.h);
        return { params: dParams, state: { h }, input };
      },
    };
  });
}
