/**
 * Recurrent cells with one mistake: the recurrent weights are transposed, h·whᵀ in place of h·wh. They are square, so that no shape tells; the formulas
 * of ONNX's GRU were once written so, with the transposition at the input's weights alone (onnx/onnx, issue 1019). All else is right.
 *
 *     etalon verify examples/candidates/flawed/recurrent-transposed.ts
 */
import { gruCell } from "../im2col/gru.ts";
import { lstmCell } from "../im2col/lstm.ts";
import { reading } from "../im2col/reading.ts";
import { recurrent } from "../im2col/recurrent.ts";
import { simpleRnnCell } from "../im2col/simple-rnn.ts";
import type { Tensor } from "../types.ts";

const transposed = ({ shape, data }: Tensor): Tensor => {
  const [size] = shape as [number];
  return { shape, data: data.map((_, i) => data[(i % size) * size + Math.floor(i / size)]!) };
};

const turned = reading((name) => name, (weight, name) => (name.endsWith("wh") ? transposed(weight) : weight)); // the mistake: weight would be right

export default {
  name: "recurrent weights transposed",
  precision: "float32",
  operations: { simpleRnn: recurrent(turned(simpleRnnCell)), lstm: recurrent(turned(lstmCell)), gru: recurrent(turned(gruCell)) },
};
