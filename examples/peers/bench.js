/**
 * How fast etalon is beside TensorFlow.js' plain JavaScript backend: the table of docs/performance.md.
 *
 *     npm run bench                    (ROUNDS=9 npm run bench for steadier medians)
 *
 * Both run in this one process. Time is the processor time of the process, so that other programs do not count; every round times all
 * contestants of a row one after the other, ratios are formed within a round, and the median of the rounds is told. What remains is that
 * neighbours slow the caches down: a ratio may still be off by a third.
 */
import * as tf from "@tensorflow/tfjs";
import { convolution, convolutionBackward, maxPooling } from "../../dist/cnn/index.js";
import { interior, offsets, origins, slideWindow, fillImage } from "../../dist/cnn/window.js";
import { fullyConnected } from "../../dist/learning/index.js";
import { moduleCandidate, verify } from "../../dist/oracle/index.js";
import { Lstm, scan } from "../../dist/rnn/index.js";
import { addresses, contract } from "../../dist/tensor/contraction.js";
import { Tensor, toChannelsLast, zeros } from "../../dist/tensor/index.js";
import { median, micro, microFlops, noise, race, rounds } from "./race.js";

await tf.setBackend("cpu");
await tf.ready();

const toTf = (tensor) => tf.tensor(Float32Array.from(tensor.values), [...tensor.shape]);
const imageToTf = (tensor) => toTf(toChannelsLast(tensor));
const kernelToTf = (kernel) => tf.transpose(toTf(kernel), [2, 3, 1, 0]);
const freed = (compute) => () => compute().dispose();

/** Largest difference between an etalon tensor and a TensorFlow.js one, brought to the same layout. */
const difference = (ours, theirs) => {
  const flat = theirs.rank === 4 ? tf.transpose(theirs, [0, 3, 1, 2]).dataSync() : theirs.dataSync();
  return ours.values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - flat[i])), 0);
};

const figure = (value, digits = 2) => (value >= 100 ? value.toFixed(0) : value.toPrecision(digits + 1));
const spread = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return `${figure(median(sorted))} (${figure(sorted[0])}–${figure(sorted.at(-1))})`;
};
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

/**
 * One row of the speed table: both contestants and the limit in every round.
 *
 * @param {number} flops multiplications and additions of one call of ours; 0 where there are none to count
 * @param {number} share how much more work a call of ours does than one of theirs
 */
const compareRow = (name, flops, ours, theirs, target, off, share = 1) => {
  const times = race({ ours, theirs, micro });
  const of = (f) => figure(median(times.map(f)));
  row(
    name, of((t) => t.ours),
    flops ? of((t) => flops / t.ours / 1e6) : "", flops ? of((t) => (flops / t.ours) / (microFlops / t.micro)) : "",
    of((t) => t.theirs), spread(times.map((t) => (share * t.theirs) / t.ours)), target, off.toExponential(0),
  );
};

const header = ["work", "etalon ms", "GFLOP/s", "of the limit", "tfjs-cpu ms", "tfjs-cpu / etalon: median (range)", "target", "largest difference"];
console.log(`Node ${process.version}, tfjs ${tf.version_core}, ${rounds} rounds\n`);
row(...header);
row(...header.map(() => "---"));

const convolutions = [
  { name: "LeNet conv2, batch 32: 6→16, 5×5 on 14×14", input: [32, 6, 14, 14], kernel: [16, 6, 5, 5], stride: 1, padding: 0 },
  { name: "ResNet block: 64→64, 3×3 on 56×56, padding 1", input: [1, 64, 56, 56], kernel: [64, 64, 3, 3], stride: 1, padding: 1 },
  { name: "AlexNet conv1: 3→96, 11×11, stride 4 on 227×227", input: [1, 3, 227, 227], kernel: [96, 3, 11, 11], stride: 4, padding: 0 },
].map((each) => {
  const x = noise(each.input, 1);
  const params = { kernel: noise(each.kernel, 2) };
  const options = { stride: each.stride, padding: each.padding };
  const y = convolution(params, x, options);
  const dy = noise(y.shape, 3);
  const flops = 2 * y.values.length * each.kernel.slice(1).reduce((a, b) => a * b);
  return { ...each, x, params, options, y, dy, flops, tx: imageToTf(x), tw: kernelToTf(params.kernel), tdy: imageToTf(dy) };
});

for (const { name, x, params, options, y, flops, tx, tw, stride, padding } of convolutions) {
  const theirs = () => tf.conv2d(tx, tw, stride, padding);
  compareRow(`forward, ${name}`, flops, () => convolution(params, x, options), freed(theirs), "≥ 3", difference(y, theirs()));
}
for (const { name, x, params, options, dy, flops, tx, tw, tdy, stride, padding } of convolutions) {
  const ours = () => convolutionBackward(params, x, dy, options);
  const theirs = () => tf.conv2dTranspose(tdy, tw, tx.shape, stride, padding);
  compareRow(`gradients ¹, ${name}`, 2 * flops, ours, freed(theirs), "≥ 3", difference(ours().input, theirs()), 2);
}
{
  const [lenet] = convolutions;
  const x = noise([1, 6, 14, 14], 4);
  const dy = noise([1, 16, 10, 10], 5);
  const attributes = { strides: 1, pad: 0, dataFormat: "NHWC", filterShape: lenet.tw.shape };
  const [tx, tdy] = [imageToTf(x), imageToTf(dy)];
  const theirs = () => tf.engine().runKernel("Conv2DBackpropFilter", { x: tx, dy: tdy }, attributes);
  const ours = () => convolutionBackward(lenet.params, x, dy);
  const flat = tf.transpose(theirs(), [3, 2, 0, 1]).dataSync();
  const off = ours().params.kernel.values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - flat[i])), 0);
  compareRow("gradients ², LeNet conv2, batch 1", (2 * lenet.flops) / 32, ours, freed(theirs), "", off, 2);
}
{
  const [x, kernel] = [noise([1, 64, 56, 56], 6), noise([64, 1, 3, 3], 7)];
  const [tx, tw] = [imageToTf(x), tf.transpose(toTf(kernel), [2, 3, 0, 1])];
  const ours = () => convolution({ kernel }, x, { padding: 1, groups: 64 });
  const theirs = () => tf.depthwiseConv2d(tx, tw, 1, 1);
  compareRow("depthwise 3×3, 64 channels on 56×56, padding 1", 2 * 9 * 64 * 56 * 56, ours, freed(theirs), "≥ 3", difference(ours(), theirs()));
}
{
  const x = noise([1, 64, 112, 112], 8);
  const tx = imageToTf(x);
  const ours = () => maxPooling(x, { window: 3, stride: 2, padding: 1 });
  const theirs = () => tf.maxPool(tx, 3, 2, 1);
  compareRow("max pooling 3×3, stride 2, padding 1, 64 channels on 112×112", 0, ours, freed(theirs), "≥ 1.7", difference(ours(), theirs()));
}
{
  const [x, weight] = [noise([256, 1024], 9), noise([512, 1024], 10)];
  const [tx, tw] = [toTf(x), toTf(weight)];
  const ours = () => fullyConnected({ weight }, x);
  const theirs = () => tf.matMul(tx, tw, false, true);
  compareRow("fully connected 256×1024×512", 2 * 256 * 1024 * 512, ours, freed(theirs), "≥ 4", difference(ours(), theirs()));
}
{
  const [steps, samples, features, units] = [32, 16, 64, 128];
  const gates = ["input", "forget", "candidate", "output"];
  const params = Object.fromEntries(gates.map((gate, i) =>
    [gate, { wx: noise([features, units], 20 + i), wh: noise([units, units], 30 + i), bias: noise([units], 40 + i) }]));
  const [state, nothing] = [{ h: noise([samples, units], 50), c: noise([samples, units], 51) }, { h: zeros([samples, units]), c: zeros([samples, units]) }];
  const [inputs, dOutputs] = [Array.from({ length: steps }, (_, t) => noise([samples, features], 60 + t)),
    Array.from({ length: steps }, (_, t) => noise([samples, units], 100 + t))];
  const network = scan(Lstm({ inputs: features, units }));
  const forward = () => network.apply(params, [state, inputs]);
  const both = () => forward()[1]([nothing, dOutputs]);
  // The cell of TensorFlow.js has one kernel, from input and state side by side, with gates in the order input, candidate, forget, output.
  const order = ["input", "candidate", "forget", "output"].map((gate) => params[gate]);
  const beside = (tensors) => tf.concat(tensors.map(toTf), tensors[0].shape.length - 1);
  const kernel = tf.concat([beside(order.map(({ wx }) => wx)), beside(order.map(({ wh }) => wh))], 0);
  const bias = beside(order.map((gate) => gate.bias));
  const [tInputs, tState, none] = [inputs.map(toTf), { h: toTf(state.h), c: toTf(state.c) }, tf.scalar(0)];
  const run = (weights, biases) => {
    let { h, c } = tState;
    return tInputs.map((x) => {
      [c, h] = tf.basicLSTMCell(none, weights, biases, x, c, h);
      return h;
    });
  };
  const theirForward = () => tf.tidy(() => {
    run(kernel, bias);
  });
  const tCotangents = dOutputs.map(toTf);
  const gradient = tf.grads((weights, biases) => tf.addN(run(weights, biases).map((h, t) => tf.sum(tf.mul(h, tCotangents[t])))));
  const theirBoth = () => tf.dispose(gradient([kernel, bias]));
  const flops = 2 * steps * samples * 4 * units * (features + units);
  const name = `LSTM, ${steps} steps of ${samples} samples, ${features} inputs, ${units} units`;
  const last = tf.tidy(() => run(kernel, bias).at(-1));
  compareRow(`forward, ${name}`, flops, forward, theirForward, "≥ 7", difference(forward()[0][1].at(-1), last));
  const [dKernel] = gradient([kernel, bias]);
  const [dParams, { wx }] = [both()[0], both()[0].input];
  const off = difference(wx, tf.slice(dKernel, [0, 0], [features, units])) / Math.max(...wx.values.map(Math.abs), ...dParams.output.wx.values.map(Math.abs));
  compareRow(`forward and gradients ³, ${name}`, 3 * flops, both, theirBoth, "≥ 7", off);
}
{
  const [x, kernel] = [noise([1, 2, 5, 5], 11), noise([3, 2, 3, 3], 12)];
  const [tx, tw] = [imageToTf(x), kernelToTf(kernel)];
  const times = race({ ours: () => convolution({ kernel }, x), theirs: freed(() => tf.conv2d(tx, tw, 1, "valid")) });
  const perSecond = (name) => `${figure(median(times.map((t) => 1 / t[name])))} k/s`;
  row("tiny convolution, 1×2×5×5 by 3×2×3×3", perSecond("ours"), "", "", perSecond("theirs"),
    spread(times.map(({ ours, theirs }) => theirs / ours)), "≥ 1", "");
}

console.log("\n¹ etalon: of kernel and input together; tfjs-cpu: of the input alone. The ratio is that of the times per multiply–add.");
console.log("² likewise; tfjs-cpu: of the kernel alone.");
console.log("³ etalon: of weights, biases, inputs and first states; tfjs-cpu: of weights and biases alone. The difference is relative to the largest gradient.");
console.log("\nThe tiled kernel alone, one sample, without padding and gathering; GFLOP/s and the share of the limit\n");
row("shape", "forward", "input gradient", "kernel gradient", "kernel gradient / forward in time, target ≤ 1.3", "limit, GFLOP/s");
row("---", "---", "---", "---", "---", "---");
for (const { name, x, params, y, dy, options } of convolutions) {
  const [, channels, ...space] = x.shape;
  const [filters, , ...size] = params.kernel.shape;
  const positions = y.shape.slice(2).reduce((a, b) => a * b);
  const taps = params.kernel.values.length / filters;
  const window = slideWindow("bench", space, size, options);
  const table = (count, step) => addresses([count], [step]);
  const [filter, tap, map, position] = [table(filters, taps), table(taps, 1), table(filters, positions), table(positions, 1)];
  const [origin, offset] = [origins(window), offsets(window, channels)];
  const image = new Float64Array(channels * window.image.reduce((a, b) => a * b));
  fillImage(window, interior(window), channels, Float32Array.from(x.values.slice(0, x.values.length / x.shape[0])), image);
  const [w, d] = [Float64Array.from(params.kernel.values), Float64Array.from(dy.values.slice(0, filters * positions))];
  const [output, dImage, dKernel] = [new Float32Array(filters * positions), new Float64Array(image.length), new Float64Array(w.length)];
  const operand = (data, line, depth) => ({ data, line, depth });
  const times = race({
    forward: () => contract(operand(w, filter, tap), operand(image, origin, offset), { row: map, column: position }, output),
    input: () => contract(operand(w, tap, filter), operand(d, position, map), { row: offset, column: origin }, dImage),
    kernel: () => contract(operand(d, map, position), operand(image, offset, origin), { row: filter, column: tap }, dKernel),
    micro,
  });
  const flops = 2 * filters * taps * positions;
  const of = (f) => figure(median(times.map(f)));
  const cell = (part) => `${of((t) => flops / t[part] / 1e6)} (${of((t) => (flops / t[part]) / (microFlops / t.micro))})`;
  row(name, cell("forward"), cell("input"), cell("kernel"), of((t) => t.kernel / t.forward), of((t) => microFlops / t.micro / 1e6));
}

console.log("\nCost growth: 3×3 convolution, 8→8 channels, padding 1; nanoseconds a multiply–add, target: within 1.5 of each other\n");
{
  const sizes = [16, 32, 64, 128, 256, 512];
  const contestants = Object.fromEntries(sizes.map((size) => {
    const [x, kernel] = [noise([1, 8, size, size], 13), noise([8, 8, 3, 3], 14)];
    return [size, () => convolution({ kernel }, x, { padding: 1 })];
  }));
  const times = race(contestants);
  const cost = (size) => median(times.map((t) => (t[size] * 1e6) / (576 * size * size)));
  row("image", ...sizes.map((size) => `${size}²`), "largest / smallest");
  row("---", ...sizes.map(() => "---"), "---");
  const costs = sizes.map(cost);
  row("ns", ...costs.map((each) => figure(each)), figure(Math.max(...costs) / Math.min(...costs)));
}

console.log("\nVerifying: convolution cases a second of processor time, forward and gradients, drawn, answered by etalon itself and judged;");
console.log("target ≥ 2000\n");
{
  const own = ({ shape, data }) => new Tensor(shape, data);
  const plain = ({ shape, values }) => ({ shape, data: Float32Array.from(values) });
  const candidate = moduleCandidate({
    name: "itself",
    operations: {
      convolution: ({ input, kernel, bias }, options, cotangents) => {
        const params = bias ? { kernel: own(kernel), bias: own(bias) } : { kernel: own(kernel) };
        const outputs = { output: plain(convolution(params, own(input), options)) };
        if (!cotangents) return { outputs };
        const gradient = convolutionBackward(params, own(input), own(cotangents.output), options);
        const dParams = Object.fromEntries(Object.entries(gradient.params).map(([name, value]) => [name, plain(value)]));
        return { outputs, gradients: { input: plain(gradient.input), ...dParams } };
      },
    },
  });
  const rate = async () => {
    const start = process.cpuUsage();
    const { operations } = await verify(candidate, { operations: ["convolution"], tiers: ["structure", "rounding"], cases: 1000 });
    const { user, system } = process.cpuUsage(start);
    return operations[0].tiers.reduce((sum, { cases }) => sum + cases, 0) / ((user + system) / 1e6);
  };
  await rate();
  const rates = [];
  for (let round = 0; round < rounds; round++) rates.push(await rate());
  console.log(`${figure(median(rates))} cases/s (${figure(Math.min(...rates))}–${figure(Math.max(...rates))})`);
}
