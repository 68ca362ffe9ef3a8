/**
 * Each disagreement of ONNX Runtime in docs/findings.md in plain onnxruntime-node, without etalon: what it answers, beside the arithmetic by hand.
 *
 *     npm run onnx-reproduce
 *
 * onnx-model.js only writes the bytes of a model of one operator; all sizes are small enough to follow by eye.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { onnxModel } from "./onnx-model.js";

const stores = {
  float32: (values) => Float32Array.from(values), int32: (values) => Int32Array.from(values), int64: (values) => BigInt64Array.from(values, BigInt),
};

/** An input of a model. */
const of = (values, shape, type = "float32") => ({ values, shape, type });

/** What one operator gives, in words; an input that is undefined is left out. */
const attempt = async (op, inputs, attributes, outputs = ["Y"]) => {
  const given = Object.entries(inputs).filter(([, input]) => input !== undefined);
  const names = Object.entries(inputs).map(([name, input]) => (input === undefined ? "" : name));
  const model = onnxModel(Object.fromEntries(given.map(([name, { type }]) => [name, type])),
    Object.fromEntries(outputs.map((name) => [name, "float32"])), [{ op, inputs: names, outputs, attributes }]);
  try {
    const session = await ort.InferenceSession.create(model, { executionProviders: ["cpu"], intraOpNumThreads: 1, logSeverityLevel: 4 });
    const results = await session.run(Object.fromEntries(given.map(([name, { values, shape, type }]) =>
      [name, new ort.Tensor(type, stores[type](values), shape)])));
    await session.release();
    return outputs.map((name) => `${name} [${results[name].dims}] ${Array.from(results[name].data).join(" ")}`).join("; ");
  } catch (thrown) {
    return `throws ${thrown.message.trim()}`;
  }
};

/** One step of one cell whose state does not matter: tanh(x). */
const rnn = (x) => attempt("RNN", { X: of([x], [1, 1, 1]), W: of([1], [1, 1, 1]), R: of([0], [1, 1, 1]) }, { hidden_size: 1 }, ["Y_h"]);

/** The final states of two samples of lengths 0 and 1 that both start at 5, with weights of zero. */
const lengths = (op, gates) => attempt(op, {
  X: of([0, 0], [1, 2, 1]), W: of(new Array(gates).fill(0), [1, gates, 1]), R: of(new Array(gates).fill(0), [1, gates, 1]), B: undefined,
  sequence_lens: of([0, 1], [2], "int32"), initial_h: of([5, 5], [1, 2, 1]),
}, { hidden_size: 1 }, ["Y", "Y_h"]);

/** One step of a cell without a past, weights of zero, with a bias of zero or none. */
const atNaN = (op, gates, bias) => attempt(op, {
  X: of([NaN], [1, 1, 1]), W: of(new Array(gates).fill(0), [1, gates, 1]), R: of(new Array(gates).fill(0), [1, gates, 1]),
  B: bias ? of(new Array(2 * gates).fill(0), [1, 2 * gates]) : undefined,
}, { hidden_size: 1 }, ["Y"]);

/** One step of no samples. */
const withoutSamples = (op, gates) => attempt(op, {
  X: of([], [1, 0, 1]), W: of(new Array(gates).fill(0), [1, gates, 1]), R: of(new Array(gates).fill(0), [1, gates, 1]),
}, { hidden_size: 1 });

/** The same in a process of its own, which it may end. */
const inProcess = (op, gates) => {
  const { stdout, signal } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), op, String(gates)], { encoding: "utf8" });
  return signal === null ? stdout.trim() : `ended by ${signal}`;
};

const transposed = (strides, dilations, outputPadding) =>
  attempt("ConvTranspose", { X: of([1], [1, 1, 1]), W: of([1], [1, 1, 1]) }, { strides: [strides], dilations: [dilations], output_padding: [outputPadding] });

const reproductions = [
  ["RNN with W = 1, R = 0, x = 1e-3", () => rnn(1e-3), "tanh(0.001) = 0.001 − 0.001³/3 = 0.000999999667"],
  ["the same with x = 1e-6", () => rnn(1e-6), "1e-6 to float32: x³/3 is 3e-19"],
  ["the same with x = 1e-8", () => rnn(1e-8), "1e-8"],
  ["its own Tanh of 1e-3, 1e-6, 1e-8", () => attempt("Tanh", { X: of([1e-3, 1e-6, 1e-8], [3]) }, {}), "0.000999999667, 1e-6, 1e-8"],
  ["its own GRU at 1e-6, with an update gate of σ(−100) ≈ 0, that is, h = tanh(x)",
    () => attempt("GRU", { X: of([1e-6], [1, 1, 1]), W: of([0, 0, 1], [1, 3, 1]), R: of([0, 0, 0], [1, 3, 1]), B: of([-100, 0, 0, 0, 0, 0], [1, 6]) },
      { hidden_size: 1 }, ["Y"]), "1e-6"],
  ["RNN with sequence_lens 0 and 1, initial_h 5 and 5, weights 0", () => lengths("RNN", 1), "Y_h 5 (no step was made), tanh(0) = 0"],
  ["GRU, the same", () => lengths("GRU", 3), "Y_h 5, (1 − σ(0))·tanh(0) + σ(0)·5 = 2.5"],
  ["LSTM, the same, initial_c absent", () => lengths("LSTM", 4), "Y_h 5, σ(0)·tanh(0) = 0"],
  ["ConvTranspose, strides 1, dilations 2, output_padding 1", () => transposed(1, 2, 1), "1·(1 − 1) + 1 + ((1 − 1)·2 + 1) = 2 positions: 1 0"],
  ["the same, strides 2, dilations 1: the same numbers", () => transposed(2, 1, 1), "2·(1 − 1) + 1 + 1 = 2 positions: 1 0"],
  ["strides 1, dilations 1: outside of the standard, and the limit it names", () => transposed(1, 1, 1), "an error"],
  ["Softmax of 0 and −87", () => attempt("Softmax", { X: of([0, -87], [1, 2]) }, { axis: 1 }), "1, exp(−87) = 1.6458e-38"],
  ["Softmax of 0 and −88", () => attempt("Softmax", { X: of([0, -88], [1, 2]) }, { axis: 1 }), "1, exp(−88) = 6.0546e-39"],
  ["Softmax of 73 and 173", () => attempt("Softmax", { X: of([73, 173], [1, 2]) }, { axis: 1 }),
    "exp(−100) = 3.72e-44, in float32 27 · 2^-149 = 3.78e-44; 1"],
  ["its own Exp of −88 and −100", () => attempt("Exp", { X: of([-88, -100], [2]) }, {}), "6.0546e-39 3.78e-44"],
  ["AveragePool, kernel_shape 2, strides 2, pads 2 and 3, count_include_pad 1, of 1 2 3 4 5",
    () => attempt("AveragePool", { X: of([1, 2, 3, 4, 5], [1, 1, 5]) }, { kernel_shape: [2], strides: [2], pads: [2, 3], count_include_pad: 1 }),
    "0/2, (1 + 2)/2, (3 + 4)/2, (5 + 0)/2, 0/2 = 0 1.5 3.5 2.5 0"],
  ["MaxPool, kernel_shape 2, dilations 3, pads 2 and 2, of 1 2 3: the window spans 4 cells, twice the padding",
    () => attempt("MaxPool", { X: of([1, 2, 3], [1, 1, 3]) }, { kernel_shape: [2], dilations: [3], pads: [2, 2] }),
    "cells −2 and 1, −1 and 2, 0 and 3, 1 and 4: 2 3 1 2"],
  ["GlobalMaxPool of −Infinity", () => attempt("GlobalMaxPool", { X: of([-Infinity], [1, 1, 1]) }, {}), "−Infinity, the one number there is"],
  ["GlobalMaxPool of NaN", () => attempt("GlobalMaxPool", { X: of([NaN], [1, 1, 1]) }, {}), "NaN, the same"],
  ["MaxPool of −Infinity, kernel_shape 1", () => attempt("MaxPool", { X: of([-Infinity], [1, 1, 1]) }, { kernel_shape: [1] }), "−Infinity"],
  ["LSTM of NaN with weights of 0, without a bias", () => atNaN("LSTM", 4, false), "NaN: 0·NaN is NaN, and so are its sigmoid and tanh"],
  ["the same with a bias of 0", () => atNaN("LSTM", 4, true), "NaN"],
  ["GRU, without a bias", () => atNaN("GRU", 3, false), "NaN"],
  ["the same with a bias of 0", () => atNaN("GRU", 3, true), "NaN"],
  ["RNN with a bias of 0", () => atNaN("RNN", 1, true), "NaN"],
  ["RNN of no samples", () => inProcess("RNN", 1), "[1,1,0,1], without values"],
  ["GRU of no samples", () => inProcess("GRU", 3), "the same"],
  ["LSTM of no samples", () => inProcess("LSTM", 4), "the same"],
  ["SoftmaxCrossEntropyLoss of no samples, reduction 'sum'",
    () => attempt("SoftmaxCrossEntropyLoss", { X: of([], [0, 2]), T: of([], [0], "int64") }, { reduction: "sum" }), "0, the sum of nothing"],
];

const [op, gates] = process.argv.slice(2);
if (op !== undefined) console.log(await withoutSamples(op, Number(gates)));
else for (const [name, got, expected] of reproductions) console.log(`${name}\n  got       ${await got()}\n  expected  ${expected}\n`);
