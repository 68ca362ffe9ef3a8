/**
 * Long short-term memory: a cell that keeps a second vector, the cell state c, and decides by gates what is written to it, what stays
 * there and what is shown of it.
 *
 *     i  = σ(x·wx_i + h·wh_i + p_i∘c  + b_i)     input gate: what is written
 *     f  = σ(x·wx_f + h·wh_f + p_f∘c  + b_f)     forget gate: what stays
 *     g  = φ(x·wx_g + h·wh_g + b_g)              candidate: what would be written
 *     c' = f∘c + i∘g
 *     o  = σ(x·wx_o + h·wh_o + p_o∘c' + b_o)     output gate: what is shown
 *     h' = o∘φ(c')
 *
 * with σ the gate activation, φ the candidate activation, and p the peepholes: weights, one a unit, by which gates also see the cell state.
 * The input and forget gates look at the old one, the output gate at the new one. A coupled cell has no forget gate of its own: f = 1 − i.
 *
 * Layout: x `[N, F]`, h and c `[N, H]`, wx `[F, H]`, wh `[H, H]`, bias and peephole `[H]`.
 * Notes: long short-term memory. Source: Hochreiter, Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber, Cummins, "Learning to
 * forget" (2000), for the forget gate; Gers, Schraudolph, Schmidhuber, "Learning precise timing with LSTM recurrent networks" (2002),
 * for peepholes; Greff et al., "LSTM: a search space odyssey" (2017), for the coupled gate; ONNX LSTM-22 for clip.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { foldIn } from "../tensor/random.ts";
import { wrongValue } from "../tensor/shape.ts";
import { zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cellOf, checkCellSize, checkFields, checkStep, roundedSteps } from "./cell.ts";
import type { CellGradient, CellSize, Steps } from "./cell.ts";
import { activations, checkGate, clipped, gate, initGate, minus, oneMinus, sum, times } from "./gate.ts";
import type { GateParams, PeepholeGateParams } from "./gate.ts";
import type { Cell } from "./unroll.ts";

/** The weights of the cell; their gradients have the same form. */
export type LstmParams = {
  readonly input: PeepholeGateParams;
  /** Absent where the gates are coupled. */
  readonly forget?: PeepholeGateParams;
  readonly candidate: GateParams;
  readonly output: PeepholeGateParams;
};

/** What the cell remembers. */
export type LstmState = {
  /** The hidden state, `[N, H]`, which is also the output. */
  readonly h: Tensor;
  /** The cell state, `[N, H]`. */
  readonly c: Tensor;
};

/** Which LSTM it is. */
export interface LstmOptions {
  /** Whether the forget gate is 1 minus the input gate; then there are no parameters `forget`. Default false. */
  readonly coupled?: boolean;
  /** Limits what goes into the activation of every gate and of the candidate to ±clip, a number above 0. Default none. */
  readonly clip?: number;
  /** σ; the hard sigmoid has slope 0.2 and offset 0.5. Default `"sigmoid"`. */
  readonly gateActivation?: "sigmoid" | "hardSigmoid";
  /** φ, of the candidate and of the new cell state. Default `"tanh"`. */
  readonly candidateActivation?: "tanh" | "relu";
}

/** The size of an {@link Lstm} cell, and which LSTM it is. */
export interface LstmSettings extends CellSize, LstmOptions {
  /** The first bias of the forget gate: at 1 a fresh cell remembers (Jozefowicz, Zaremba, Sutskever, 2015). Default 1; coupled gates have none. */
  readonly forgetBias?: number;
}

const optionKinds = {
  coupled: "boolean", clip: "positive", gateActivation: ["sigmoid", "hardSigmoid"], candidateActivation: ["tanh", "relu"],
} as const;

/**
 * One step of long short-term memory.
 *
 * Everything is computed in double, and h' and c' are rounded once.
 *
 * @param params - a gate each under input, forget, candidate and output
 * @param state - `{ h, c }`, each `[N, H]`
 * @param input - `[N, F]`
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { lstmStep } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const open = { wx: tensor([[0]]), wh: tensor([[0]]), bias: tensor([100]) };
 * const shut = { ...open, bias: tensor([-100]) };
 * const candidate = { ...open, wx: tensor([[1]]), bias: tensor([0]) };
 * const params = { input: shut, forget: open, candidate, output: open };
 * const next = lstmStep(params, { h: tensor([[0]]), c: tensor([[Math.log(2)]]) }, tensor([[5]])); // nothing is written, nothing is lost
 * [next.c.values, next.h.values]; // => [[0.693147182], [0.600000024]]
 * ```
 */
export function lstmStep(params: LstmParams, state: LstmState, input: Tensor, options: LstmOptions = {}): LstmState {
  return stepsOf("lstmStep", params, options)(state, input).next;
}

/**
 * The gradient of {@link lstmStep}, from those of the new states.
 *
 * From the end of the equations to their beginning, with a_i, a_f, a_g and a_o what goes into the activations:
 *
 *     do  = dh'∘φ(c'),                  da_o = σ'(a_o)∘do
 *     dc' ← dc' + dh'∘o∘φ'(c') + p_o∘da_o
 *     di  = dc'∘g,                      da_i = σ'(a_i)∘di
 *     df  = dc'∘c,                      da_f = σ'(a_f)∘df         (coupled: di = dc'∘(g − c) instead)
 *     dg  = dc'∘i,                      da_g = φ'(a_g)∘dg
 *     dc  = dc'∘f + p_i∘da_i + p_f∘da_f
 *     dp_i = Σ_n da_i∘c,  dp_f = Σ_n da_f∘c,  dp_o = Σ_n da_o∘c'
 * and each gate's da goes on to its weights, to x and to h; what arrives there is summed over the gates.
 *
 * @param dState - `{ h, c }`, of the new state
 * @returns the gradients of the parameters, of the state before and of the input
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { lstmStepBackward } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const open = { wx: tensor([[0]]), wh: tensor([[0]]), bias: tensor([100]) };
 * const params = { input: open, forget: open, candidate: { ...open, bias: tensor([0]) }, output: open };
 * const state = { h: tensor([[0]]), c: tensor([[3]]) };
 * const gradient = lstmStepBackward(params, state, tensor([[5]]), { h: tensor([[0]]), c: tensor([[2]]) });
 * gradient.state.c.values; // => [2]
 * gradient.params.candidate.bias?.values; // => [2]
 * gradient.params.candidate.wx.values; // => [10]
 * ```
 */
export function lstmStepBackward(
  params: LstmParams, state: LstmState, input: Tensor, dState: LstmState, options: LstmOptions = {},
): CellGradient<LstmParams, LstmState> {
  return stepsOf("lstmStepBackward", params, options)(state, input).pullback(dState);
}

/**
 * Long short-term memory as a cell, for `scan`: weights by Glorot's uniform rule; the biases are zero, but that of the forget gate.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { Lstm, scan } from "etalon/rnn";
 * import { key, zeros } from "etalon/tensor";
 * const network = scan(Lstm({ inputs: 3, units: 5 }));
 * const params = network.init(key(1));
 * params.forget?.bias?.values; // => [1, 1, 1, 1, 1]
 * const [[state]] = network.apply(params, [{ h: zeros([2, 5]), c: zeros([2, 5]) }, [zeros([2, 3]), zeros([2, 3])]]);
 * state.c.shape; // => [2, 5]
 * ```
 */
export function Lstm(settings: LstmSettings): Cell<LstmParams, LstmState, Tensor, Tensor> {
  checkOptions("Lstm", settings, { inputs: "wholeNumber", units: "wholeNumber", forgetBias: "number", ...optionKinds });
  const { inputs, units, forgetBias = 1, ...options } = settings;
  const size = { inputs, units };
  checkCellSize("Lstm", size);
  if (options.coupled === true && settings.forgetBias !== undefined) throw wrongValue("Lstm", "no forgetBias where the gates are coupled", String(forgetBias));
  return {
    init: (key) => ({
      input: initGate(foldIn(key, 0), size),
      ...(options.coupled !== true && { forget: initGate(foldIn(key, 1), size, forgetBias) }),
      candidate: initGate(foldIn(key, 2), size),
      output: initGate(foldIn(key, 3), size),
    }),
    zeroState: (samples) => ({ h: zeros([samples, units]), c: zeros([samples, units]) }),
    ...cellOf((params) => stepsOf("Lstm", params, options)),
  };
}

function stepsOf(name: string, params: LstmParams, options: LstmOptions): Steps<LstmParams, LstmState> {
  checkOptions(name, options, optionKinds);
  const { coupled = false, clip, gateActivation = "sigmoid", candidateActivation = "tanh" } = options;
  const sigma = clipped(activations[gateActivation], clip);
  const phi = activations[candidateActivation];
  const check = (state: LstmState, input: Tensor): void => checkParams(name, params, checkStep(name, input, state, ["h", "c"]), coupled);
  return roundedSteps(name, params, check, (weights, { h: before, c }, x) => {
    const inputGate = gate(weights.input, sigma, x, before, c);
    const forgetGate = weights.forget && gate(weights.forget, sigma, x, before, c);
    const candidate = gate(weights.candidate, clipped(phi, clip), x, before);
    const [i, g] = [inputGate.value, candidate.value];
    const f = forgetGate?.value ?? oneMinus(i);
    const next = sum(times(f, c), times(i, g));
    const outputGate = gate(weights.output, sigma, x, before, next);
    const o = outputGate.value;
    const shown = phi.value(next);
    return {
      next: { h: times(o, shown), c: next },
      pullback: ({ h: dh, c: dc }) => {
        const ofOutput = outputGate.backward(times(dh, shown));
        const dNext = sum(dc, phi.backward(next, times(dh, o)), ofOutput.c);
        const ofInput = inputGate.backward(times(dNext, forgetGate ? g : minus(g, c)));
        const ofForget = forgetGate?.backward(times(dNext, c));
        const ofCandidate = candidate.backward(times(dNext, i));
        return {
          params: { input: ofInput.params, ...(ofForget && { forget: ofForget.params }), candidate: ofCandidate.params, output: ofOutput.params },
          state: {
            h: sum(ofInput.h, ofForget?.h, ofCandidate.h, ofOutput.h),
            c: sum(times(dNext, f), ofInput.c, ofForget?.c),
          },
          input: sum(ofInput.x, ofForget?.x, ofCandidate.x, ofOutput.x),
        };
      },
    };
  });
}

function checkParams(name: string, params: unknown, size: CellSize, coupled: boolean): void {
  const gates = ["input", ...(coupled ? [] : ["forget"]), "candidate", "output"];
  const fields = checkFields(name, "params", params, gates);
  for (const each of gates) checkGate(name, `params.${each}`, fields[each], size, each === "candidate" ? [] : ["peephole"]);
}
