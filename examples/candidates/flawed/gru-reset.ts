/**
 * A GRU with one mistake: it knows one place for the reset gate alone, behind the product with the recurrent weights, where cuDNN and PyTorch have it;
 * whoever asks for it before the product gets the other network without a word. ONNX has a switch for the two, linear_before_reset, which the
 * converter of onnxscript left at its default for PyTorch's GRU, the same mistake from the other side (microsoft/onnxscript, issue 2852).
 *
 *     etalon verify examples/candidates/flawed/gru-reset.ts
 */
import { gruCell } from "../im2col/gru.ts";
import type { GruOptions } from "../im2col/gru.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf } from "../im2col/recurrent.ts";

const cellOf: CellOf<GruOptions> = (weights, options) => gruCell(weights, { ...options, resetAfter: true }); // the mistake: options as they are

export default { name: "reset behind the product, always", precision: "float32", operations: { gru: recurrent(cellOf) } };
