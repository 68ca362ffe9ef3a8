/**
 * Recurrent cells with one mistake: the state is not carried on, every step starts from zeros. It takes no more than a new state that is given back and
 * not kept, in a loop over cells (JWFanggit/LOTVS-CAP, issue 9), or an argument left out whose default is zeros (the examples of
 * pytorch_geometric_temporal, issue 145). On sequences of one step it is right.
 *
 *     etalon verify examples/candidates/flawed/recurrent-forgetful.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { lstmCell } from "../im2col/lstm.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf, State } from "../im2col/recurrent.ts";
import { simpleRnnCell } from "../im2col/simple-rnn.ts";

const zeroed = (state: State): State => Object.fromEntries(Object.entries(state).map(([name, rows]) => [name, rows.map(() => 0)]));

const forgetful = <O>(cellOf: CellOf<O>): CellOf<O> => (weights, options) => {
  const cell = cellOf(weights, options);
  return {
    ...cell,
    step: (x, before) => {
      const { next, back } = cell.step(x, zeroed(before)); // the mistake: before would be right
      return {
        next,
        back: (dNext) => {
          const gradient = back(dNext);
          return { dx: gradient.dx, before: zeroed(gradient.before) };
        },
      };
    },
  };
};

export default {
  name: "state not carried on",
  precision: "float32",
  operations: { simpleRnn: recurrent(forgetful(simpleRnnCell)), lstm: recurrent(forgetful(lstmCell)), gru: recurrent(forgetful(gruCell)) },
};
