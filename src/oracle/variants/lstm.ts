/**
 * Variants of the LSTM: the orders in which frameworks keep its gates, and the ways in which they use them.
 *
 * @module
 */
import { map } from "../../tensor/tensor.ts";
import { detour, reread, without } from "./detour.ts";
import { regated, whereClipped } from "./gate-habits.ts";
import { lstmCell } from "./recurrent-cells.ts";
import type { LstmHabits } from "./recurrent-cells.ts";
import { unrolled } from "./recurrent-network.ts";
import type { Variant } from "./variant.ts";

const lstmWith = (habits: LstmHabits): Variant["answer"] => unrolled(lstmCell(habits));

/** @internal */
export const lstmVariants: readonly Variant[] = [
  {
    name: "inputAndForgetSwapped",
    says: "the weights of the input gate and of the forget gate taken for each other's",
    kind: "mistake",
    source: "https://github.com/NX-AI/xlstm/issues/98",
    operations: ["lstm"],
    answer: regated({ input: "forget", forget: "input" }),
  },
  {
    name: "forgetAndCandidateSwapped",
    says: "the weights of the forget gate and of the candidate taken for each other's (TensorFlow's order i, j, f, o read as i, f, c, o, or the reverse)",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/29308",
    operations: ["lstm"],
    answer: regated({ forget: "candidate", candidate: "forget" }),
  },
  {
    name: "candidateAndOutputSwapped",
    says: "the weights of the candidate and of the output gate taken for each other's",
    kind: "mistake",
    source: "https://github.com/apple/coremltools/pull/93",
    operations: ["lstm"],
    answer: regated({ candidate: "output", output: "candidate" }),
  },
  {
    name: "gatesOfOnnxReadAsPytorch",
    says: "weights in ONNX's order of gates (i, o, f, c) read in PyTorch's (i, f, g, o)",
    kind: "convention",
    source: "https://github.com/CrispStrobe/CrispASR/pull/106",
    operations: ["lstm"],
    answer: regated({ output: "forget", forget: "candidate", candidate: "output" }),
  },
  {
    name: "gatesOfPytorchReadAsOnnx",
    says: "weights in PyTorch's order of gates (i, f, g, o) read in ONNX's (i, o, f, c)",
    kind: "convention",
    source: "https://onnx.ai/onnx/operators/onnx__LSTM.html (W[iofc])",
    operations: ["lstm"],
    answer: regated({ forget: "output", candidate: "forget", output: "candidate" }),
  },
  {
    name: "forgetBiasAdded",
    says: "1 added to the bias of the forget gate",
    kind: "convention",
    source: "https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/nn/rnn_cell/BasicLSTMCell (forget_bias)",
    operations: ["lstm"],
    // What is not sent cannot be raised.
    answer: detour((one) => reread(one, (name) => name.endsWith(".forget.bias"), (bias) => map(bias, (value) => value + 1), (gradient) => gradient)),
  },
  {
    name: "peepholesIgnored",
    says: "no peepholes",
    kind: "mistake",
    source: "https://github.com/PINTO0309/onnx2tf/pull/286",
    operations: ["lstm"],
    answer: detour((one) => without(one, (name) => name.endsWith(".peephole"))),
  },
  {
    name: "peepholesSwapped",
    says: "the peepholes of the forget gate and of the output gate taken for each other's (i, o, f read as i, f, o)",
    kind: "convention",
    source: "https://onnx.ai/onnx/operators/onnx__LSTM.html (P[iof])",
    operations: ["lstm"],
    answer: regated({ forget: "output", output: "forget" }, ["peephole"]),
  },
  {
    name: "outputPeepholeSeesOldCell",
    says: "the output gate's peephole on the cell state before the step",
    kind: "mistake",
    source: "https://github.com/Atcold/pytorch-CortexNet/issues/9 (all three gates look at the previous cell state)",
    operations: ["lstm"],
    answer: lstmWith({ peephole: "oldCell" }),
  },
  {
    name: "outputPeepholeAfterActivation",
    says: "the output gate's peephole added behind its activation",
    kind: "mistake",
    source: "https://github.com/Lasagne/Lasagne/issues/448",
    operations: ["lstm"],
    answer: lstmWith({ peephole: "afterActivation" }),
  },
  {
    name: "cellClipped",
    says: "the cell state limited to ±clip, and the gates not",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/raw_ops/LSTMBlockCell (cell_clip)",
    operations: ["lstm"],
    answer: whereClipped(lstmWith({ clip: "cell" })),
  },
  {
    name: "shownCellClipped",
    says: "the new cell state, too, limited to ±clip before its activation",
    kind: "convention",
    source: "https://github.com/microsoft/onnxruntime/issues/27224",
    operations: ["lstm"],
    answer: whereClipped(lstmWith({ clip: "shownToo" })),
  },
  {
    name: "cellShownWithoutActivation",
    says: "no activation of the new cell state: h = o·c",
    kind: "mistake",
    source: "https://github.com/XiaLiPKU/RESCAN/issues/2",
    operations: ["lstm"],
    answer: lstmWith({ shown: "cell" }),
  },
  {
    name: "candidateShown",
    says: "the candidate shown in the place of the new cell state: h = o·g",
    kind: "mistake",
    source: "https://github.com/chengtan9907/OpenSTL/issues/68",
    operations: ["lstm"],
    answer: lstmWith({ shown: "candidate" }),
  },
];
