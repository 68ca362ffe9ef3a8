/**
 * An LSTM with one mistake: the peephole of its output gate sees the cell state before the step, as those of the other two gates do, and not the new
 * one. It makes one product of all gates and all peepholes possible; KimUyen/ConvLSTM-Pytorch has it (issue 1). Its gradients are those of what it
 * computes. All else is right.
 *
 *     etalon verify examples/candidates/flawed/lstm-peephole.ts
 */
import { lstmCellBy } from "../im2col/lstm.ts";
import { recurrent } from "../im2col/recurrent.ts";

export default { name: "output gate looks at the old cell state", precision: "float32", operations: { lstm: recurrent(lstmCellBy("old")) } };
