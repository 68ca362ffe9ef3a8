/**
 * A GRU with one mistake: its update gate says what is renewed, h' = z∘n + (1 − z)∘h, and not what stays. So do Chung et al. (2014) write it, and the
 * ConvGRU of XiaLiPKU/RESCAN (issue 2); PyTorch, Keras and ONNX have it the other way. Trained from the start either learns as well: only weights of
 * the other kind give it away. Because 1 − σ(a) = σ(−a), its weights are read with the wrong sign here, which is the same. All else is right.
 *
 *     etalon verify examples/candidates/flawed/gru-update.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { reading } from "../im2col/reading.ts";
import { recurrent } from "../im2col/recurrent.ts";

const renewing = reading((name) => name, (weight, name) =>
  (name.startsWith("update.") ? { shape: weight.shape, data: weight.data.map((w) => -w) } : weight)); // the mistake: weight would be right

export default { name: "update gate renews", precision: "float32", operations: { gru: recurrent(renewing(gruCell)) } };
