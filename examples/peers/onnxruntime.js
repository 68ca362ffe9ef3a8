/**
 * A candidate: the released ONNX Runtime on the CPU, forward only, for it has no gradients.
 *
 *     npm run build                                            (at the top of the repository)
 *     npm ci && npm run onnx                                   (here)
 *
 * The adapter only names things: each case becomes an ONNX model of one operator with the options as its attributes. Where etalon's layout differs
 * from ONNX's, numbers are moved. What the standard has no operator or attribute for is skipped, with the reason; what throws beyond that is
 * reported as it is thrown.
 */
import * as ort from "onnxruntime-node";
import { onnxModel, real } from "./onnx-model.js";

/**
 * @typedef {{ readonly shape: readonly number[], readonly data: ArrayLike<number> }} Plain a tensor as etalon hands it over
 * @typedef {Readonly<Record<string, Plain>>} Named tensors by name
 */

const documentation = "https://onnx.ai/onnx/operators/";

/** @param {string} reason */
const skip = (reason) => ({ skipped: reason, url: documentation });

const stores = {
  float32: (data) => Float32Array.from(data), int32: (data) => Int32Array.from(data), int64: (data) => BigInt64Array.from(Array.from(data, BigInt)),
};

/** A graph's input: a tensor, and which numbers it is made of. @param {Plain} tensor */
const of = ({ shape, data }, type = "float32") => ({ shape, data, type });

/** Runs a graph once, and takes it down again. */
export const runModel = async (inputs, outputs, nodes) => {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
  const model = onnxModel(Object.fromEntries(Object.entries(given).map(([name, { type }]) => [name, type])), outputs, nodes);
  const session = await ort.InferenceSession.create(model, { executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const feeds = Object.fromEntries(Object.entries(given).map(([name, { shape, data, type }]) =>
      [name, new ort.Tensor(type, stores[type](data), [...shape])]));
    const results = await session.run(feeds);
    return Object.fromEntries(Object.keys(outputs).map((name) => [name, { shape: results[name].dims.map(Number), data: results[name].data }]));
  } finally {
    await session.release();
  }
};

/** One operator with the given inputs, an absent one passed as an empty name. */
const runNode = (op, inputs, attributes = {}, outputs = { output: "float32" }) => {
  const names = Object.entries(inputs).map(([name, tensor]) => (tensor ? name : ""));
  while (names.at(-1) === "") names.pop();
  return runModel(inputs, outputs, [{ op, inputs: names, outputs: Object.keys(outputs), attributes }]);
};

/** An operator of one input. */
const unary = (op, attributesOf = () => ({})) => async ({ input }, options) => ({ outputs: await runNode(op, { input: of(input) }, attributesOf(options)) });

const padsOf = (padding) => [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
const windowOf = ({ window, stride, padding, dilation, ceilMode }) =>
  ({ kernel_shape: window, strides: stride, pads: padsOf(padding), dilations: dilation, ceil_mode: Number(ceilMode) });

const convolution = async ({ input, kernel, bias }, { stride, padding, dilation, groups }) => ({
  outputs: await runNode("Conv", { input: of(input), kernel: of(kernel), bias: bias && of(bias) },
    { strides: stride, pads: padsOf(padding), dilations: dilation, group: groups }),
});

const transposedConvolution = async ({ input, kernel, bias }, { stride, padding, dilation, groups, outputPadding }) => ({
  outputs: await runNode("ConvTranspose", { input: of(input), kernel: of(kernel), bias: bias && of(bias) },
    { strides: stride, pads: padsOf(padding), dilations: dilation, group: groups, output_padding: outputPadding }),
});

const padModes = { zero: "constant", constant: "constant", reflect: "reflect", replicate: "edge", circular: "wrap" };

const pad = async ({ input }, { padding, mode, value = 0 }) => {
  const sides = padsOf([[0, 0], [0, 0], ...padding]);
  const pads = of({ shape: [sides.length], data: sides }, "int64");
  return { outputs: await runNode("Pad", { input: of(input), pads, value: of({ shape: [], data: [value] }) }, { mode: padModes[mode] }) };
};

/** The reason why ONNX Runtime pools no such window. */
const refusal = ({ window, padding }) =>
  padding.some((sides, axis) => Math.max(...sides) >= window[axis]) ? "Pad should be smaller than kernel (ONNX Runtime)" : undefined;

const maxPooling = async ({ input }, options) => {
  if (refusal(options)) return skip(refusal(options));
  const { output, indices } = await runNode("MaxPool", { input: of(input) }, windowOf(options), { output: "float32", indices: "int64" });
  const plane = input.shape.slice(2).reduce((product, size) => product * size, 1);
  return { outputs: { output, indices: { shape: indices.shape, data: Float32Array.from(indices.data, (index) => Number(index) % plane) } } };
};

const averagePooling = async ({ input }, options) => {
  if (refusal(options)) return skip(refusal(options));
  if (options.divisor !== undefined) return skip("AveragePool has no divisor of one's own");
  return { outputs: await runNode("AveragePool", { input: of(input) }, { ...windowOf(options), count_include_pad: Number(options.countPadding) }) };
};

const lpPooling = async ({ input }, options) => {
  if (refusal(options)) return skip(refusal(options));
  if (!Number.isInteger(options.power)) return skip("LpPool has whole powers");
  return { outputs: await runNode("LpPool", { input: of(input) }, { ...windowOf(options), p: options.power }) };
};

const globalPooling = (op) => async ({ input }, { outputSize }) => {
  if (outputSize.some((size) => size !== 1)) return skip("no adaptive pooling but the global one");
  return { outputs: await runNode(op, { input: of(input) }) };
};

const fullyConnected = async ({ input, weight, bias }) => {
  const [rest, inputs] = [input.shape.slice(0, -1), input.shape.at(-1)];
  const rows = { shape: [rest.reduce((product, size) => product * size, 1), inputs], data: input.data };
  const { output } = await runNode("Gemm", { input: of(rows), weight: of(weight), bias: bias && of(bias) }, { transB: 1 });
  return { outputs: { output: { shape: [...rest, weight.shape[0]], data: output.data } } };
};

const matrixProduct = async ({ left, right }, { transposeLeft, transposeRight }) => {
  const turned = (name, { shape }) => {
    const axes = shape.map((_, axis) => axis);
    return { op: "Transpose", inputs: [name], outputs: [`${name}Turned`], attributes: { perm: [...axes.slice(0, -2), axes.at(-1), axes.at(-2)] } };
  };
  const nodes = [
    ...(transposeLeft ? [turned("left", left)] : []), ...(transposeRight ? [turned("right", right)] : []),
    { op: "MatMul", inputs: [transposeLeft ? "leftTurned" : "left", transposeRight ? "rightTurned" : "right"], outputs: ["output"] },
  ];
  return { outputs: await runModel({ left: of(left), right: of(right) }, { output: "float32" }, nodes) };
};

const silu = async ({ input }) => ({
  outputs: await runModel({ input: of(input) }, { output: "float32" }, [
    { op: "Sigmoid", inputs: ["input"], outputs: ["gate"] }, { op: "Mul", inputs: ["input", "gate"], outputs: ["output"] },
  ]),
});

const loss = (op, first) => async ({ input, target, weight }, { reduction, ignoreIndex, labelSmoothing = 0 }) => {
  if (target.shape.length === input.shape.length) return skip(`${op} takes class indices`);
  if (labelSmoothing > 0) return skip(`${op} has no label smoothing`);
  return {
    outputs: await runNode(op, { [first]: of(input), target: of(target, "int64"), weight: weight && of(weight) },
      { reduction, ...(ignoreIndex !== undefined && { ignore_index: ignoreIndex }) }),
  };
};

const clipByValue = async (inputs, { limit }) => {
  const bound = (value) => of({ shape: [], data: [value] });
  const clipped = await Promise.all(Object.entries(inputs).map(async ([name, gradient]) => {
    const { output } = await runNode("Clip", { input: of(gradient), low: bound(-limit), high: bound(limit) });
    return [name.replace("gradients.", "clipped."), output];
  }));
  return { outputs: Object.fromEntries(clipped) };
};

const activationNames = { tanh: "Tanh", relu: "Relu", sigmoid: "Sigmoid", hardSigmoid: "HardSigmoid", identity: "Affine" };

/** The activations of every direction, with the constants of those that have any. */
export const activationsOf = (names, directions) => {
  const all = Array.from({ length: directions }, () => names).flat();
  const constants = all.flatMap((name) => (name === "hardSigmoid" ? [[0.2, 0.5]] : name === "identity" ? [[1, 0]] : []));
  return {
    activations: all.map((name) => activationNames[name]),
    ...(constants.length > 0 && { activation_alpha: real(constants.map(([alpha]) => alpha)), activation_beta: real(constants.map(([, beta]) => beta)) }),
  };
};

/** [rows, columns] as [columns, rows]. */
const transposed = ({ shape: [rows, columns], data }) =>
  Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);

/**
 * RNN, GRU or LSTM.
 *
 * @param {readonly string[]} gates in ONNX's order; the simple cell has one without a name
 * @param {readonly string[]} states
 */
const recurrent = (op, gates, states, attributesOf, finish = (final) => final) => async (inputs, options) => {
  const { input, lengths } = inputs;
  const ways = { forward: ["forward"], reverse: ["backward"], bidirectional: ["forward", "backward"] }[options.direction];
  const [steps, samples] = input.shape;
  const path = (way, gate, name) => (gate === "" ? `${way}.${name}` : `${way}.${gate}.${name}`);
  const units = inputs[path(ways[0], gates.at(-1), "wh")].shape[0];
  const zeros = (size) => new Array(size).fill(0);
  const vector = (way, gate, name) => Array.from(inputs[path(way, gate, name)]?.data ?? zeros(units));
  const matrix = (way, gate, name, rows) => transposed(inputs[path(way, gate, name)] ?? { shape: [rows, units], data: zeros(rows * units) });
  const stacked = (size, part) => ({ shape: [ways.length, ...size], data: ways.flatMap(part), type: "float32" });
  const features = input.shape[2];
  const feeds = {
    X: of(input),
    W: stacked([gates.length * units, features], (way) => gates.flatMap((gate) => matrix(way, gate, "wx", features))),
    R: stacked([gates.length * units, units], (way) => gates.flatMap((gate) => matrix(way, gate, "wh", units))),
    B: stacked([2 * gates.length * units], (way) => [
      ...gates.flatMap((gate) => vector(way, gate, "bias")), ...gates.flatMap((gate) => vector(way, gate, "recurrentBias")),
    ]),
    lengths: lengths && of(lengths, "int32"),
  };
  for (const state of states) {
    const first = (way) => inputs[`${way}.initialState.${state}`];
    const start = stacked([samples, units], (way) => Array.from(first(way)?.data ?? zeros(samples * units)));
    feeds[`initial_${state}`] = ways.some(first) ? start : undefined;
  }
  if (op === "LSTM") {
    const seen = Object.keys(inputs).some((name) => name.endsWith(".peephole"));
    feeds.P = seen ? stacked([3 * units], (way) => ["input", "output", "forget"].flatMap((gate) => vector(way, gate, "peephole"))) : undefined;
  }
  const outputs = Object.fromEntries(["Y", ...states.map((state) => `Y_${state}`)].map((name) => [name, "float32"]));
  const direction = { forward: "forward", reverse: "reverse", bidirectional: "bidirectional" }[options.direction];
  const answer = await runNode(op, feeds, {
    hidden_size: units, direction, ...(options.clip !== undefined && { clip: real(options.clip) }), ...attributesOf(options, ways.length),
  }, outputs);
  const size = samples * units;
  const finals = ways.flatMap((way, place) => states.map((state) =>
    [`${way}.finalState.${state}`, { shape: [samples, units], data: answer[`Y_${state}`].data.slice(place * size, (place + 1) * size) }]));
  return { outputs: { output: merged(answer.Y, steps, samples, units, options.merge), ...Object.fromEntries(finals) } };
};

/** [T, D, N, H] as one output a step: ONNX leaves both directions apart. */
const merged = ({ shape: [, directions], data }, steps, samples, units, merge) => {
  if (directions === 1) return { shape: [steps, samples, units], data };
  const at = (t, way, n, j) => data[((t * 2 + way) * samples + n) * units + j];
  const width = merge === "concat" ? 2 * units : units;
  const output = Float32Array.from({ length: steps * samples * width }, (_, i) => {
    const [t, n, j] = [Math.floor(i / (samples * width)), Math.floor(i / width) % samples, i % width];
    if (merge === "concat") return at(t, j < units ? 0 : 1, n, j % units);
    const sum = Math.fround(at(t, 0, n, j) + at(t, 1, n, j));
    return merge === "average" ? sum / 2 : sum;
  });
  return { shape: [steps, samples, width], data: output };
};

const simpleRnn = recurrent("RNN", [""], ["h"], ({ activation }, directions) => activationsOf([activation], directions));
const lstm = recurrent("LSTM", ["input", "output", "forget", "candidate"], ["h", "c"], ({ coupled, gateActivation, candidateActivation }, directions) =>
  ({ input_forget: Number(coupled), ...activationsOf([gateActivation, candidateActivation, candidateActivation], directions) }));
const gru = recurrent("GRU", ["update", "reset", "candidate"], ["h"], ({ resetAfter, gateActivation, candidateActivation }, directions) =>
  ({ linear_before_reset: Number(resetAfter), ...activationsOf([gateActivation, candidateActivation], directions) }));

export default {
  name: `onnxruntime-node ${ort.env.versions.node}`,
  precision: "float32",
  operations: {
    convolution, transposedConvolution, pad, maxPooling, averagePooling, lpPooling,
    adaptiveMaxPooling: globalPooling("GlobalMaxPool"), adaptiveAveragePooling: globalPooling("GlobalAveragePool"),
    fullyConnected, matrixProduct, relu: unary("Relu"),
    sigmoid: unary("Sigmoid"), tanh: unary("Tanh"), softplus: unary("Softplus"), softsign: unary("Softsign"),
    silu, leakyRelu: unary("LeakyRelu", ({ slope }) => ({ alpha: real(slope) })), elu: unary("Elu", ({ alpha }) => ({ alpha: real(alpha) })),
    selu: unary("Selu", ({ alpha, scale }) => ({ alpha: real(alpha), gamma: real(scale) })),
    gelu: unary("Gelu", ({ form }) => ({ approximate: form === "tanh" ? "tanh" : "none" })),
    hardSigmoid: unary("HardSigmoid", ({ slope, offset }) => ({ alpha: real(slope), beta: real(offset) })),
    softmax: unary("Softmax", ({ axis }) => ({ axis })), logSoftmax: unary("LogSoftmax", ({ axis }) => ({ axis })),
    crossEntropy: loss("SoftmaxCrossEntropyLoss", "scores"), negativeLogLikelihood: loss("NegativeLogLikelihoodLoss", "input"), clipByValue,
    simpleRnn, lstm, gru,
  },
};
