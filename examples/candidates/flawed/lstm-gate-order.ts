/**
 * An LSTM with one mistake: its weights come packed in the order input, forget, candidate, output, as PyTorch has them, and it takes them to be in
 * that of ONNX: input, output, forget, candidate. CrispASR had it the other way round (pull request 106), coremltools in its documentation
 * (pull request 93). All shapes fit. Where the gates are coupled, nothing is packed.
 *
 *     etalon verify examples/candidates/flawed/lstm-gate-order.ts
 */
import { lstmCell } from "../im2col/lstm.ts";
import { reading } from "../im2col/reading.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf } from "../im2col/recurrent.ts";
import type { LstmOptions } from "../im2col/lstm.ts";

const sentAs: Readonly<Record<string, string>> = { output: "forget", forget: "candidate", candidate: "output" }; // the mistake

const misread = reading((name) => {
  const [gate, part] = name.split(".") as [string, string];
  return part === "peephole" ? name : `${sentAs[gate] ?? gate}.${part}`;
})(lstmCell);

const cellOf: CellOf<LstmOptions> = (weights, options) => (options.coupled ? lstmCell : misread)(weights, options);

export default { name: "gates in another order", precision: "float32", operations: { lstm: recurrent(cellOf) } };
