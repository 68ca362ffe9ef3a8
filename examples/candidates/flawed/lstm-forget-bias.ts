/**
 * An LSTM with one mistake: it adds 1 to the bias of its forget gate each time it runs. TensorFlow's BasicLSTMCell does so unless it is told not to
 * (forget_bias), and its weights mean nothing elsewhere without that 1; libraries that add it to weights which include it already, or leave it out,
 * give other numbers from the second step on (coremltools, issue 309). All else is right.
 *
 *     etalon verify examples/candidates/flawed/lstm-forget-bias.ts
 */
import { lstmCell } from "../im2col/lstm.ts";
import type { LstmOptions } from "../im2col/lstm.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf, Weights } from "../im2col/recurrent.ts";

const raised = (weights: Weights): Weights => (name) => {
  const weight = weights(name);
  if (name !== "forget.bias" || !weight) return weight;
  return { shape: weight.shape, data: weight.data.map((bias) => bias + 1) }; // the mistake: the bias as it is would be right
};

const cellOf: CellOf<LstmOptions> = (weights, options) => lstmCell(raised(weights), options);

export default { name: "forget bias added at run time", precision: "float32", operations: { lstm: recurrent(cellOf) } };
