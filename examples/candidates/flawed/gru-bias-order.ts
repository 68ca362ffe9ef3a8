/**
 * A GRU with one mistake: the biases of its reset and update gates are taken for each other's, while the matrices are in their places. Both orders are
 * in use, reset first in PyTorch and update first in Keras and ONNX; OpenVINO turned the matrices and left the bias (pull request 17651), and
 * with biases of zero, as they are before training, nothing shows.
 *
 *     etalon verify examples/candidates/flawed/gru-bias-order.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { reading } from "../im2col/reading.ts";
import { recurrent } from "../im2col/recurrent.ts";

const sentAs: Readonly<Record<string, string>> = { "reset.bias": "update.bias", "update.bias": "reset.bias" }; // the mistake

export default { name: "biases in another order", precision: "float32", operations: { gru: recurrent(reading((name) => sentAs[name] ?? name)(gruCell)) } };
