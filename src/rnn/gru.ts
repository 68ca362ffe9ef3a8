/**
 * The gated recurrent unit: a cell that decides by gates how much of its state to renew, and how much of it to look at when it does.
 *
 *     r  = σ(x·wx_r + h·wh_r + b_r)                        reset gate: what of the state the candidate sees
 *     z  = σ(x·wx_z + h·wh_z + b_z)                        update gate: what of the state stays
 *     n  = φ(x·wx_n + (r∘h)·wh_n + b_n)                    candidate, reset before the product (the paper)
 *     n  = φ(x·wx_n + b_n + r∘(h·wh_n + b'_n))             candidate, reset after it (cuDNN), with a recurrent bias b'
 *     h' = (1 − z)∘n + z∘h
 *
 * with σ the gate activation and φ the candidate activation.
 *
 * Layout: x `[N, F]`, h `[N, H]`, wx `[F, H]`, wh `[H, H]`, bias and recurrentBias `[H]`.
 * Notes: gated recurrent unit. Source: Cho et al., "Learning phrase representations using RNN encoder–decoder" (2014), equations 5–8; PyTorch
 * `torch.nn.GRU` for the reset after the product; ONNX GRU-22, whose linear_before_reset tells the two apart.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { foldIn } from "../tensor/random.ts";
import { zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cellOf, checkCellSize, checkFields, checkStep, roundedSteps } from "./cell.ts";
import type { CellGradient, CellSize, Steps } from "./cell.ts";
import { activations, checkGate, clipped, gate, initGate, minus, oneMinus, product, productBackward, sum, times } from "./gate.ts";
import type { Activation, GateParams } from "./gate.ts";
import type { Cell } from "./unroll.ts";

/** The weights of the candidate. */
export type GruCandidateParams = GateParams & {
  /** Added to h·wh before the reset gate, `[H]`: only where the reset comes after the product; absent means zero. */
  readonly recurrentBias?: Tensor;
};

/** The weights of the cell; their gradients have the same form. */
export type GruParams = {
  readonly reset: GateParams;
  readonly update: GateParams;
  readonly candidate: GruCandidateParams;
};

/** What the cell remembers. */
export type GruState = {
  /** The hidden state, `[N, H]`, which is also the output. */
  readonly h: Tensor;
};

/** Which GRU it is. */
export interface GruOptions {
  /** Whether the reset gate is applied after the product with the recurrent weights. Default false. */
  readonly resetAfter?: boolean;
  /** Limits what goes into the activation of both gates and of the candidate to ±clip, a number above 0. Default none. */
  readonly clip?: number;
  /** σ; the hard sigmoid has slope 0.2 and offset 0.5. Default `"sigmoid"`. */
  readonly gateActivation?: "sigmoid" | "hardSigmoid";
  /** φ. Default `"tanh"`. */
  readonly candidateActivation?: "tanh" | "relu";
}

/** The size of a {@link Gru} cell, and which GRU it is. */
export interface GruSettings extends CellSize, GruOptions {}

const optionKinds = {
  resetAfter: "boolean", clip: "positive", gateActivation: ["sigmoid", "hardSigmoid"], candidateActivation: ["tanh", "relu"],
} as const;

/**
 * One step of the gated recurrent unit.
 *
 * Everything is computed in double, and h' is rounded once.
 *
 * @param params - a gate each under reset, update and candidate
 * @param state - `{ h }`, `[N, H]`
 * @param input - `[N, F]`
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { gruStep } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const gate = { wx: tensor([[0]]), wh: tensor([[0]]), bias: tensor([0]) }; // a gate that is half open
 * const candidate = { ...gate, wh: tensor([[1]]), bias: tensor([-1]) };
 * const params = { reset: gate, update: gate, candidate };
 * gruStep(params, { h: tensor([[2]]) }, tensor([[5]])).h.values; // => [1]
 * ```
 */
export function gruStep(params: GruParams, state: GruState, input: Tensor, options: GruOptions = {}): GruState {
  return stepsOf("gruStep", params, options)(state, input).next;
}

/**
 * The gradient of {@link gruStep}, from that of the new state.
 *
 * From the end of the equations to their beginning, with a_r, a_z and a_n what goes into the activations:
 *
 *     dz = dh'∘(h − n),         da_z = σ'(a_z)∘dz
 *     dn = dh'∘(1 − z),         da_n = φ'(a_n)∘dn
 *     reset before:  s = r∘h,             ds = da_n·wh_nᵀ,  dr = ds∘h,    dh ← ds∘r
 *     reset after:   q = h·wh_n + b'_n,   dq = da_n∘r,      dr = da_n∘q,  dh ← dq·wh_nᵀ
 *     da_r = σ'(a_r)∘dr
 *     dh ← dh + dh'∘z + da_r·wh_rᵀ + da_z·wh_zᵀ
 * and each da goes on to its weights and to x.
 *
 * @param dState - `{ h }`, of the new state
 * @returns the gradients of the parameters, of the state before and of the input
 * @throws RangeError where shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { gruStepBackward } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const gate = { wx: tensor([[0]]), wh: tensor([[0]]), bias: tensor([0]) };
 * const candidate = { ...gate, bias: tensor([0]) };
 * const gradient = gruStepBackward({ reset: gate, update: gate, candidate }, { h: tensor([[2]]) }, tensor([[5]]), { h: tensor([[4]]) });
 * gradient.state.h.values; // => [2]
 * gradient.params.update.bias?.values; // => [2]
 * gradient.params.candidate.wx.values; // => [10]
 * ```
 */
export function gruStepBackward(
  params: GruParams, state: GruState, input: Tensor, dState: GruState, options: GruOptions = {},
): CellGradient<GruParams, GruState> {
  return stepsOf("gruStepBackward", params, options)(state, input).pullback(dState);
}

/**
 * The gated recurrent unit as a cell, for `scan`: weights by Glorot's uniform rule, biases zero.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { Gru, scan } from "etalon/rnn";
 * import { key, zeros } from "etalon/tensor";
 * const network = scan(Gru({ inputs: 3, units: 5 }));
 * const [[state]] = network.apply(network.init(key(1)), [{ h: zeros([2, 5]) }, [zeros([2, 3]), zeros([2, 3])]]);
 * state.h.shape; // => [2, 5]
 * ```
 */
export function Gru(settings: GruSettings): Cell<GruParams, GruState, Tensor, Tensor> {
  checkOptions("Gru", settings, { inputs: "wholeNumber", units: "wholeNumber", ...optionKinds });
  const { inputs, units, ...options } = settings;
  const size = { inputs, units };
  checkCellSize("Gru", size);
  return {
    init: (key) => {
      const candidate = initGate(foldIn(key, 2), size);
      return {
        reset: initGate(foldIn(key, 0), size), update: initGate(foldIn(key, 1), size),
        candidate: options.resetAfter === true ? { ...candidate, recurrentBias: candidate.bias } : candidate,
      };
    },
    zeroState: (samples) => ({ h: zeros([samples, units]) }),
    ...cellOf((params) => stepsOf("Gru", params, options)),
  };
}

function stepsOf(name: string, params: GruParams, options: GruOptions): Steps<GruParams, GruState> {
  checkOptions(name, options, optionKinds);
  const { resetAfter = false, clip, gateActivation = "sigmoid", candidateActivation = "tanh" } = options;
  const sigma = clipped(activations[gateActivation], clip);
  const phi = clipped(activations[candidateActivation], clip);
  const candidateOf = resetAfter ? resetAfterProduct : resetBeforeProduct;
  const check = (state: GruState, input: Tensor): void => checkParams(name, params, checkStep(name, input, state, ["h"]), resetAfter);
  return roundedSteps(name, params, check, (weights, { h }, x) => {
    const reset = gate(weights.reset, sigma, x, h);
    const update = gate(weights.update, sigma, x, h);
    const candidate = candidateOf(weights.candidate, phi, x, h, reset.value);
    const [z, n] = [update.value, candidate.value];
    return {
      next: { h: sum(times(oneMinus(z), n), times(z, h)) },
      pullback: ({ h: dh }) => {
        const ofUpdate = update.backward(times(dh, minus(h, n)));
        const ofCandidate = candidate.backward(times(dh, oneMinus(z)));
        const ofReset = reset.backward(ofCandidate.r);
        return {
          params: { reset: ofReset.params, update: ofUpdate.params, candidate: ofCandidate.params },
          state: { h: sum(times(dh, z), ofReset.h, ofUpdate.h, ofCandidate.h) },
          input: sum(ofReset.x, ofUpdate.x, ofCandidate.x),
        };
      },
    };
  });
}

/** The candidate at one step, and how its gradient flows back, to the reset gate too. */
interface Candidate {
  readonly value: Tensor;
  readonly backward: (dValue: Tensor) => {
    readonly params: GruCandidateParams; readonly x: Tensor; readonly h: Tensor; readonly r: Tensor;
  };
}

/** n = φ(x·wx + (r∘h)·wh + bias): a gate that sees r∘h in the place of h. */
function resetBeforeProduct(weights: GruCandidateParams, phi: Activation, x: Tensor, h: Tensor, r: Tensor): Candidate {
  const { value, backward } = gate(weights, phi, x, times(r, h));
  return {
    value,
    backward: (dValue) => {
      const { params, x: dx, h: ds } = backward(dValue);
      return { params, x: dx, h: times(ds, r), r: times(ds, h) };
    },
  };
}

/** n = φ(x·wx + bias + r∘(h·wh + recurrentBias)). */
function resetAfterProduct({ wx, wh, bias, recurrentBias }: GruCandidateParams, phi: Activation, x: Tensor, h: Tensor, r: Tensor): Candidate {
  const q = product(h, wh, recurrentBias);
  const a = sum(product(x, wx, bias), times(r, q));
  return {
    value: phi.value(a),
    backward: (dValue) => {
      const da = phi.backward(a, dValue);
      const ofInput = productBackward(x, wx, bias, da);
      const ofState = productBackward(h, wh, recurrentBias, times(da, r));
      return {
        params: {
          wx: ofInput.weight, wh: ofState.weight,
          ...(ofInput.bias && { bias: ofInput.bias }), ...(ofState.bias && { recurrentBias: ofState.bias }),
        },
        x: ofInput.input, h: ofState.input, r: times(da, q),
      };
    },
  };
}

function checkParams(name: string, params: unknown, size: CellSize, resetAfter: boolean): void {
  const gates = ["reset", "update", "candidate"];
  const fields = checkFields(name, "params", params, gates);
  for (const each of gates) checkGate(name, `params.${each}`, fields[each], size, each === "candidate" && resetAfter ? ["recurrentBias"] : []);
}
