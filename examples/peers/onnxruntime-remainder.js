/**
 * ONNX Runtime as in onnxruntime.js, with all that `known` describes set aside: the rest should agree.
 *
 *     npm run onnx-remainder -- --cases 5000
 */
import onnxruntime from "./onnxruntime.js";

const recurrent = ["simpleRnn", "lstm", "gru"];

/** The disagreements of ONNX Runtime 1.30.0, each as the condition under which it shows. */
export const known = [
  {
    name: "a sample of length 0 ends with a state of zeros, and not with its initial state",
    operations: recurrent,
    applies: ({ lengths, ...inputs }) => lengths?.data.includes(0) && Object.keys(inputs).some((name) => name.includes("initialState")),
  },
  {
    name: "the tanh of RNN is 2·sigmoid(2x) − 1, which near zero has nothing of the digits left",
    operations: ["simpleRnn"],
    applies: (_, { activation }) => activation === "tanh",
  },
  {
    name: "output padding that reaches the stride is refused, even below the dilation",
    operations: ["transposedConvolution"],
    applies: (_, { outputPadding, stride }) => outputPadding.some((size, axis) => size >= stride[axis]),
  },
  {
    name: "the largest is never below that of float32's numbers: minus infinities, and NaN alone, give -3.4e38",
    operations: ["adaptiveMaxPooling"],
    applies: ({ input: { data } }) => data.some((value) => value === -Infinity || Number.isNaN(value)),
  },
  {
    name: "LSTM and GRU with a bias clip NaN, of the inputs or of infinities, as if it were a large number",
    operations: ["lstm", "gru"],
    applies: ({ input: { data } }) => !data.every(Number.isFinite),
  },
  {
    name: "LSTM and GRU end the process where there are no samples",
    operations: ["lstm", "gru"],
    applies: ({ input: { shape } }) => shape[1] === 0,
  },
  {
    name: "SoftmaxCrossEntropyLoss refuses a batch without samples",
    operations: ["crossEntropy"],
    applies: ({ input: { shape } }) => shape[0] === 0,
  },
  {
    name: "softmax has zeros where exp(x - max) is below the normal numbers",
    operations: ["softmax"],
    applies: ({ input: { data } }) => Math.max(...data) - Math.min(...data) > 87,
  },
];

const withoutKnown = (name, operation) => async (inputs, options) => {
  const found = known.find(({ operations, applies }) => operations.includes(name) && applies(inputs, options));
  return found ? { skipped: `known: ${found.name}` } : operation(inputs, options);
};

export default {
  ...onnxruntime,
  name: `${onnxruntime.name}, known disagreements set aside`,
  operations: Object.fromEntries(Object.entries(onnxruntime.operations).map(([name, operation]) => [name, withoutKnown(name, operation)])),
};
