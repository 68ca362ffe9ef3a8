/**
 * Readouts: predictions from the hidden state, after the last step or at every step.
 *
 *     last step:   y   = head(h_L),   h_L the hidden state after each sample's own last step
 *     every step:  y_t = head(h_t),   t = 1 … L, with the same parameters at every step
 *
 * A network that reads from both ends has two last hidden states, that of each direction after the step that it reads last; they are joined.
 *
 * Layout: hidden state `[N, H]`; joined `[N, H₁ + H₂]`, forward first.
 * Notes: recurrent neural networks (how do we get predictions). Source: Graves, "Supervised sequence labelling with recurrent neural networks"
 * (2012), section 3.2.
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import type { Layer, NoParams } from "../learning/layer.ts";
import type { Loss } from "../learning/train.ts";
import { foldIn } from "../tensor/random.ts";
import { isPlainObject, show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { fromSteps, toSteps } from "../tensor/layout.ts";
import { Tensor, reshape } from "../tensor/tensor.ts";
import { concatenate, separate } from "./bidirectional.ts";
import { checkSteps } from "./lengths.ts";
import { scan } from "./unroll.ts";
import type { Cell, Sequence } from "./unroll.ts";
import { startOf, zeroState, zerosLike } from "./zero-state.ts";
import type { Steps } from "./zero-state.ts";

/** The parameters of a network over sequences and of the layer that reads its hidden state. */
export type ReadoutParams<P, Q> = {
  readonly sequence: P;
  readonly head: Q;
};

/**
 * A state in which the hidden state can be found: `h` of a cell, both directions' joined, the topmost layer's of a stack; a tensor is it itself.
 */
export type HiddenState =
  | Tensor | { readonly h: Tensor } | { readonly forward: HiddenState; readonly backward: HiddenState } | readonly HiddenState[];

/**
 * The hidden state within a state.
 *
 * @throws RangeError for a stack without layers, TypeError where there is no hidden state
 *
 * @example
 * ```ts
 * import { hiddenState } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const [low, there, back] = [[7], [1, 2], [3]].map((h) => ({ h: tensor([h]) })) as [any, any, any];
 * hiddenState([low, { forward: there, backward: back }]).values; // => [1, 2, 3]
 * ```
 */
export function hiddenState(state: HiddenState): Tensor {
  if (state instanceof Tensor) return state;
  if (isLayered(state)) return hiddenState(topOf(state));
  if (isTwofold(state)) return concatenate("hiddenState", hiddenState(state.forward), hiddenState(state.backward));
  const hidden: unknown = isPlainObject(state) ? state["h"] : undefined;
  if (!(hidden instanceof Tensor)) throw wrongKind("hiddenState", "a state with a hidden state h", show(state));
  return hidden;
}

/** The gradient of a state of which only the hidden state was read. */
function gradientOfState<S extends HiddenState>(state: S, dHidden: Tensor): S {
  const visit = (each: HiddenState, d: Tensor): HiddenState => {
    if (each instanceof Tensor) return d;
    if (isLayered(each)) return [...zerosLike(each.slice(0, -1)), visit(topOf(each), d)];
    if (!isTwofold(each)) return { ...zerosLike(each), h: d };
    const [there, back] = separate("hiddenState", d, hiddenState(each.forward).shape, hiddenState(each.backward).shape);
    return { forward: visit(each.forward, there), backward: visit(each.backward, back) };
  };
  return visit(state, dHidden) as S;
}

const isLayered = (state: HiddenState): state is readonly HiddenState[] => Array.isArray(state);

const isTwofold = (state: HiddenState): state is { readonly forward: HiddenState; readonly backward: HiddenState } =>
  isPlainObject(state) && "forward" in state && "backward" in state;

function topOf(layers: readonly HiddenState[]): HiddenState {
  const top = layers.at(-1);
  if (top === undefined) throw wrongValue("hiddenState", "the state of at least one layer", "none");
  return top;
}

/**
 * One prediction for a whole sequence: a layer that reads the hidden state after the last step.
 *
 * The network begins with zeros. Where samples differ in length, each is read after its own last step; one without steps is read as it began.
 * Nothing but the last hidden state is read, so the gradient enters there.
 *
 * @param sequence - a network over sequences, whose cells have a state of zeros
 * @param head - from the hidden state to the prediction
 * @throws TypeError for what is no layer; applied, as the two do
 *
 * @example
 * ```ts
 * import { SimpleRnn, lastStep, scan } from "etalon/rnn";
 * import { FullyConnected } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const network = lastStep(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })), FullyConnected({ inputs: 1, outputs: 1, bias: false }));
 * const params = { sequence: { wx: tensor([[1]]), wh: tensor([[1]]) }, head: { weight: tensor([[2]]) } }; // twice the sum
 * const steps = [tensor([[1], [1]]), tensor([[10], [10]]), tensor([[100], [NaN]])];
 * network.apply(params, [steps, tensor([3, 2])])[0].values; // => [222, 22]
 * ```
 */
export function lastStep<P, S extends HiddenState, X, H, Q, Y>(
  sequence: Sequence<P, S, X, H>, head: Layer<Q, Tensor, Y>,
): Layer<ReadoutParams<P, Q>, Steps<X>, Y> {
  checkLayer("lastStep", "sequence", sequence);
  checkLayer("lastStep", "head", head);
  return {
    init: (key) => ({ sequence: sequence.init(foldIn(key, 0)), head: head.init(foldIn(key, 1)) }),
    apply: (params, [inputs, lengths], key) => {
      const start = startOf("lastStep", sequence, inputs);
      const [[last, outputs], pullSequence] = sequence.apply(params.sequence, [start, inputs, lengths], key && foldIn(key, 0));
      const [prediction, pullHead] = head.apply(params.head, hiddenState(last), key && foldIn(key, 1));
      return [prediction, (dPrediction) => {
        const [dHead, dHidden] = pullHead(dPrediction);
        const [dSequence, [, dInputs]] = pullSequence([gradientOfState(last, dHidden), zerosLike(outputs)]);
        return [{ sequence: dSequence, head: dHead }, [dInputs]];
      }];
    },
  };
}

/**
 * A prediction at every step: a layer that reads every output of a network over sequences, with the same parameters at all steps.
 *
 * It is a network over sequences again. Past the end of a sample the prediction is 0, and no gradient passes. The gradient of the layer's
 * parameters is summed over the steps in double and rounded once; with a key, every step has one of its own.
 *
 * @param sequence - a network over sequences
 * @param head - from the output of a step to the prediction
 * @throws TypeError for what is no layer; applied, as the two do
 *
 * @example
 * ```ts
 * import { SimpleRnn, everyStep, scan } from "etalon/rnn";
 * import { FullyConnected } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const network = everyStep(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })), FullyConnected({ inputs: 1, outputs: 1, bias: false }));
 * const params = { sequence: { wx: tensor([[1]]), wh: tensor([[1]]) }, head: { weight: tensor([[2]]) } };
 * const [[, predictions]] = network.apply(params, [{ h: tensor([[0]]) }, [1, 10, 100].map((x) => tensor([[x]]))]);
 * predictions.map(({ values }) => values); // => [[2], [22], [222]]
 * ```
 */
export function everyStep<P, S, X, H, Q, Y>(sequence: Sequence<P, S, X, H>, head: Layer<Q, H, Y>): Sequence<ReadoutParams<P, Q>, S, X, Y> {
  checkLayer("everyStep", "sequence", sequence);
  checkLayer("everyStep", "head", head);
  const heads = scan(stateless(head));
  return {
    init: (key) => ({ sequence: sequence.init(foldIn(key, 0)), head: head.init(foldIn(key, 1)) }),
    zeroState: (samples) => zeroState(sequence, samples),
    apply: (params, [state, inputs, lengths], key) => {
      const [[last, hidden], pullSequence] = sequence.apply(params.sequence, [state, inputs, lengths], key && foldIn(key, 0));
      const [[, predictions], pullHeads] = heads.apply(params.head, [{}, hidden, lengths], key && foldIn(key, 1));
      return [[last, predictions], ([dLast, dPredictions]) => {
        const [dHead, [, dHidden]] = pullHeads([{}, dPredictions]);
        const [dSequence, dBefore] = pullSequence([dLast, dHidden]);
        return [{ sequence: dSequence, head: dHead }, dBefore];
      }];
    },
  };
}

/** A layer as a cell that remembers nothing. */
const stateless = <P, X, Y>(layer: Layer<P, X, Y>): Cell<P, NoParams, X, Y> => ({
  init: layer.init,
  apply: (params, [state, input], key) => {
    const [output, pullback] = layer.apply(params, input, key);
    return [[state, output], ([dState, dOutput]) => {
      const [dParams, dInput] = pullback(dOutput);
      return [dParams, [dState, dInput]];
    }];
  },
});

/**
 * A loss over the predictions of all steps: T steps of N samples as one batch of T·N, in the order of the steps.
 *
 * What a sample has behind its end is to be left out by the loss itself, such as by cross entropy's `ignoreIndex` in the targets there.
 *
 * @param loss - of one batch of predictions and one of targets
 * @returns the loss of predictions and targets that are arrays of steps
 *
 * @example
 * ```ts
 * import { everyStepLoss } from "etalon/rnn";
 * import { lossFunction, squaredError, squaredErrorBackward } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const loss = everyStepLoss(lossFunction(squaredError, squaredErrorBackward));
 * const [value, pullback] = loss([tensor([[1]]), tensor([[5]])], [tensor([[0]]), tensor([[2]])]);
 * value.values; // => [5]
 * pullback(tensor(1)).map(({ values }) => values); // => [[1], [3]]
 * ```
 */
export function everyStepLoss(loss: Loss<Tensor, Tensor>): Loss<readonly Tensor[], readonly Tensor[]> {
  if (typeof loss !== "function") throw wrongKind("everyStepLoss", "loss as a function", show(loss));
  return (predictions, targets) => {
    checkSteps("everyStepLoss", "predictions", predictions);
    checkSteps("everyStepLoss", "targets", targets);
    if (predictions.length !== targets.length) throw wrongValue("everyStepLoss", `targets for each of ${predictions.length} steps`, String(targets.length));
    const steps = fromSteps(predictions);
    const [value, pullback] = loss(asOneBatch(steps), asOneBatch(fromSteps(targets)));
    return [value, (dLoss) => toSteps(reshape(pullback(dLoss), steps.shape))];
  };
}

const asOneBatch = (steps: Tensor): Tensor => {
  const [length, samples, ...rest] = steps.shape as readonly [number, number, ...number[]];
  return reshape(steps, [length * samples, ...rest]);
};
