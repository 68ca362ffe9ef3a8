/**
 * Recurrent cells with one mistake: read backwards, every sample begins at the last step of the batch, with what fills it up, and ends before its own
 * first steps: the whole batch is turned, where each sample should be within its length (TensorFlow has reverse and reverse_sequence for the two).
 * deeplearning4j did so in its first bidirectional LSTM (issue 1030). Forwards, and where all samples are equally long, all is right.
 *
 *     etalon verify examples/candidates/flawed/recurrent-padding-first.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { lstmCell } from "../im2col/lstm.ts";
import { recurrent } from "../im2col/recurrent.ts";
import { simpleRnnCell } from "../im2col/simple-rnn.ts";

const begin = (_: number, steps: number): number => steps - 1; // the mistake: length - 1 would be right

export default {
  name: "padding first",
  precision: "float32",
  operations: { simpleRnn: recurrent(simpleRnnCell, begin), lstm: recurrent(lstmCell, begin), gru: recurrent(gruCell, begin) },
};
