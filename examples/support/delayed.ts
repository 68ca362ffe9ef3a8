/** A network that answers for a step before it has read that step. */
import type { Sequence } from "etalon/rnn";
import { zeros } from "etalon/tensor";
import type { Tensor } from "etalon/tensor";

/** The network fed each step one later, and zeros first: its output at a step knows the steps before it, and not that one. */
export const delayed = <P, S, Y>(sequence: Sequence<P, S, Tensor, Y>): Sequence<P, S, Tensor, Y> => ({
  ...sequence,
  apply: (params, [state, inputs, lengths], key) => {
    const nothing = zeros(inputs[0]!.shape);
    const [output, pullback] = sequence.apply(params, [state, [nothing, ...inputs.slice(0, -1)], lengths], key);
    return [output, (dOutput) => {
      const [dParams, [dState, dInputs]] = pullback(dOutput);
      return [dParams, [dState, [...dInputs.slice(1), nothing]]];
    }];
  },
});
