/**
 * What ONNX Runtime answers for drawn parameters in ONNX's own layout: one JSON object a line, which the specs hold converters, cells and
 * definitions against.
 *
 *     node record-onnxruntime.js COUNT SEED > ../../spec/layouts/onnxruntime.jsonl
 *
 * Weights and inputs are multiples of 1/16 between −1 and 1, which are short in decimals. The options are etalon's names of the attributes.
 */
import { activationsOf, runModel } from "./onnxruntime.js";
import { real } from "./onnx-model.js";

const [count, seed] = process.argv.slice(2).map(Number);

/** Marsaglia's xorshift: the same cases on every machine. */
let state = (seed ^ 0x9e3779b9) | 1;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
};
const upTo = (largest) => 1 + Math.floor(next() * largest);
const one = (...choices) => choices[Math.floor(next() * choices.length)];
const tensor = (...shape) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Array.from({ length }, () => (Math.floor(next() * 33) - 16) / 16) };
};

const operators = { simpleRnn: { op: "RNN", gates: 1 }, lstm: { op: "LSTM", gates: 4 }, gru: { op: "GRU", gates: 3 } };

const optionsOf = (cell) => {
  if (cell === "simpleRnn") return { activation: one("tanh", "relu", "identity") };
  const shared = { gateActivation: one("sigmoid", "hardSigmoid"), candidateActivation: one("tanh", "relu"), ...(next() < 0.4 && { clip: one(0.25, 0.5, 1) }) };
  return cell === "gru" ? { resetAfter: one(true, false), ...shared } : { coupled: next() < 0.3, ...shared };
};

const attributesOf = (cell, { activation, gateActivation: f, candidateActivation: g, clip, coupled, resetAfter }, directions) => ({
  ...activationsOf({ simpleRnn: [activation], gru: [f, g], lstm: [f, g, g] }[cell], directions),
  ...(clip !== undefined && { clip: real(clip) }),
  ...(cell === "lstm" && { input_forget: Number(coupled) }), ...(cell === "gru" && { linear_before_reset: Number(resetAfter) }),
});

/** As JSON holds it: the shortest decimals that are the same float32. */
const plain = ({ shape, data }) => ({ shape, values: Array.from(data, (value) => Number(value.toPrecision(9))) });

for (let number = 0; number < count; number++) {
  const cell = ["simpleRnn", "lstm", "gru"][number % 3];
  const { op, gates } = operators[cell];
  const direction = one("forward", "reverse", "bidirectional");
  const [directions, steps, samples, inputs, units] = [direction === "bidirectional" ? 2 : 1, upTo(4), upTo(3), upTo(3), upTo(3)];
  const options = optionsOf(cell);
  const weights = {
    W: tensor(directions, gates * units, inputs), R: tensor(directions, gates * units, units),
    ...(next() < 0.7 && { B: tensor(directions, 2 * gates * units) }), ...(cell === "lstm" && next() < 0.5 && { P: tensor(directions, 3 * units) }),
  };
  const input = tensor(steps, samples, inputs);
  const states = cell === "lstm" ? ["h", "c"] : ["h"];
  const initial = next() < 0.6 ? states.map(() => tensor(directions, samples, units)) : undefined;
  // Without steps ONNX Runtime leaves a state of zeros, whatever the initial one: so there is none where a length is 0.
  const lengths = next() < 0.6 ? Array.from({ length: samples }, () => (initial ? upTo(steps) : upTo(steps + 1) - 1)) : undefined;
  const ends = lengths && { shape: [samples], data: lengths, type: "int32" };
  const feeds = { X: input, W: weights.W, R: weights.R, B: weights.B, lengths: ends, h: initial?.[0], c: initial?.[1], P: weights.P };
  const names = Object.entries(feeds).filter(([name]) => cell === "lstm" || !["c", "P"].includes(name)).map(([name, value]) => (value ? name : ""));
  const given = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, value && { type: "float32", ...value }]));
  const outputs = Object.fromEntries(["Y", ...states.map((each) => `Y_${each}`)].map((name) => [name, "float32"]));
  const attributes = { hidden_size: units, direction, ...attributesOf(cell, options, directions) };
  const answer = await runModel(given, outputs, [{ op, inputs: names, outputs: Object.keys(outputs), attributes }]);
  console.log(JSON.stringify({
    cell, direction, options, weights: Object.fromEntries(Object.entries(weights).map(([name, each]) => [name, plain(each)])), input: plain(input), lengths,
    initial: initial?.map(plain), output: plain(answer.Y), final: states.map((each) => plain(answer[`Y_${each}`])),
  }));
}
