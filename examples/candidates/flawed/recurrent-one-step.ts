/**
 * Recurrent cells with one mistake: backpropagation stops after one step, because the state before is taken for a constant. All outputs are right, and
 * so are all gradients of sequences of one step that start from nothing. GRU4Rec was trained so on purpose (issue 30); elsewhere it is a
 * `detach` at the wrong place.
 *
 *     etalon verify examples/candidates/flawed/recurrent-one-step.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { lstmCell } from "../im2col/lstm.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf } from "../im2col/recurrent.ts";
import { simpleRnnCell } from "../im2col/simple-rnn.ts";

const detached = <O>(cellOf: CellOf<O>): CellOf<O> => (weights, options) => {
  const cell = cellOf(weights, options);
  return {
    ...cell,
    step: (x, state) => {
      const { next, back } = cell.step(x, state);
      return {
        next,
        back: (dNext) => {
          const { dx, before } = back(dNext);
          return { dx, before: Object.fromEntries(Object.entries(before).map(([name, rows]) => [name, rows.map(() => 0)])) }; // the mistake: before
        },
      };
    },
  };
};

export default {
  name: "one step back",
  precision: "float32",
  operations: { simpleRnn: recurrent(detached(simpleRnnCell)), lstm: recurrent(detached(lstmCell)), gru: recurrent(detached(gruCell)) },
};
