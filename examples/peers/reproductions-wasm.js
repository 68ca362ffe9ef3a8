/**
 * Each disagreement of TensorFlow.js' WebAssembly backend in docs/findings.md in plain TensorFlow.js, without etalon, beside the arithmetic by hand.
 *
 *     npm run wasm-reproduce
 *
 * The plain JavaScript backend, whose own disagreements reproductions.js shows, answers the same first. The last one spoils the memory of all that
 * comes after.
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

/** What a computation gives, in words. @param {() => tf.Tensor | tf.Tensor[]} compute */
const attempt = (compute) => {
  try {
    const tensors = [compute()].flat();
    return tensors.map((tensor) => `[${tensor.shape}] ${Array.from(tensor.dataSync()).join(" ")}`).join("; ");
  } catch (thrown) {
    return `throws ${thrown.message}`;
  }
};

const image = (values, height, width) => tf.tensor4d(values, [1, height, width, 1]);
const volume = (values, depth, height, width) => tf.tensor5d(values, [1, depth, height, width, 1]);
const range = (length) => Array.from({ length }, (_, i) => i + 1);

/** The gradients of the sum of f's outputs. */
const slopes = (f, ...at) => tf.grads((...tensors) => tf.sum(f(...tensors)))(at);
const slope = (f, x) => slopes(f, x)[0];

const wide = (width, taps, stride) =>
  slopes((x, w) => tf.conv3d(x, w, [1, 1, stride], "valid"), volume(range(width), 1, 1, width), tf.ones([1, 1, taps, 1, 1]));
const nine = () => image(range(9), 3, 3);
const pair = () => image([-3, -1], 1, 2);

const rows = () => tf.conv2d(tf.ones([1, 1, 40, 1]), tf.ones([41, 1, 1, 1]), 1, 20);

const reproductions = [
  ["the gradients of conv3d, 1 2 3, kernel 1, stride 1", () => wide(3, 1, 1), "1 1 1; 1 + 2 + 3 = 6"],
  ["the same, stride 2", () => wide(3, 1, 2), "1 0 1; 1 + 3 = 4"],
  ["the same, 1 2 3 4, kernel 1 1, stride 2", () => wide(4, 2, 2), "1 1 1 1; 1 + 3 = 4, 2 + 4 = 6"],
  ["the same along the depth, 1 2 3, kernel 1, stride 1",
    () => slopes((x, w) => tf.conv3d(x, w, 1, "valid"), volume(range(3), 3, 1, 1), tf.ones([1, 1, 1, 1, 1])),
    "1 1 1; 1 + 2 + 3 = 6"],
  ["conv3dTranspose of 1 2 along the depth, kernel 1",
    () => tf.conv3dTranspose(volume([1, 2], 2, 1, 1), tf.ones([1, 1, 1, 1, 1]), [1, 2, 1, 1, 1], 1, "valid"), "1 2"],
  ["maxPool3d of −3 −1", () => tf.maxPool3d(volume([-3, -1], 1, 1, 2), [1, 1, 2], 1, "valid"), "−1"],
  ["maxPool of −3 −1", () => tf.maxPool(pair(), [1, 2], 1, "valid"), "−1"],
  ["its gradient", () => slope((x) => tf.maxPool(x, [1, 2], 1, "valid"), pair()), "0 1"],
  ["the gradient of −1 and −2, two channels of one cell, by windows of one cell",
    () => slope((x) => tf.maxPool(x, 1, 1, "valid"), tf.tensor4d([-1, -2], [1, 1, 1, 2])), "1 1"],
  ["the gradient of maxPool of 4 4", () => slope((x) => tf.maxPool(x, [1, 2], 1, "valid"), image([4, 4], 1, 2)), "1 0 or 0 1"],
  ["the positions of maxPoolWithArgmax of −3 −1", () => tf.maxPoolWithArgmax(pair(), [1, 2], 1, "valid").indexes, "1"],
  ["conv2d with 'same', 5 6 7, kernel 1 10, stride 3", () => tf.conv2d(image([5, 6, 7], 1, 3), tf.tensor4d([1, 10], [1, 2, 1, 1]), 3, "same"), "5 + 60 = 65"],
  ["depthwiseConv2d with the same, and of 1 2 3 4 with a kernel of 1 1, stride 4",
    () => [tf.depthwiseConv2d(image([5, 6, 7], 1, 3), tf.tensor4d([1, 10], [1, 2, 1, 1]), 3, "same"),
      tf.depthwiseConv2d(image(range(4), 1, 4), tf.ones([1, 2, 1, 1]), 4, "same")], "65; 1 + 2 = 3"],
  ["avgPool with dimRoundingMode 'ceil', 1 … 9 by windows of 2", () => tf.avgPool(nine(), 2, 2, 0, "ceil"),
    "(1 + 2 + 4 + 5)/4 = 3, (3 + 6)/2 = 4.5, (7 + 8)/2 = 7.5, 9"],
  ["maxPool, the same", () => tf.maxPool(nine(), 2, 2, 0, "ceil"), "5 6 8 9"],
  ["conv2d, the same, kernel of ones", () => tf.conv2d(nine(), tf.ones([2, 2, 1, 1]), 2, 0, "NHWC", 1, "ceil"), "12, 3 + 6 = 9, 7 + 8 = 15, 9"],
  ["the sum of nothing, twice", () => [tf.sum(tf.zeros([0])), tf.sum(tf.zeros([0]))], "0; 0"],
  ["the sums of no rows", () => tf.sum(tf.zeros([0, 2]), 0), "0 0"],
  ["no rows of 2 by 3, transposed", () => tf.transpose(tf.zeros([0, 2, 3]), [0, 2, 1]), "[0,3,2], without values"],
  ["avgPool of 0 and NaN", () => tf.avgPool(image([0, NaN], 1, 2), [1, 2], 1, "valid"), "NaN"],
  ["maxPool of NaN and 0, and of 0 and NaN",
    () => [tf.maxPool(image([NaN, 0], 1, 2), [1, 2], 1, "valid"), tf.maxPool(image([0, NaN], 1, 2), [1, 2], 1, "valid")], "NaN, or 0, in both"],
  ["softmax of 0 and −88", () => tf.softmax(tf.tensor1d([0, -88])), "1, e^−88 = 6.0546e-39"],
  ["conv2d of a row of 40 ones, kernel of 41 rows of one, a padding of 20", rows,
    "1 + 40 − 41 + 1 = 1 row of 40 + 40 − 1 + 1 = 80: 20 zeros, 40 ones, 20 zeros"],
  ["relu of 1 and −1, after 30 of these", () => {
    for (let i = 0; i < 30; i++) rows().dataSync();
    return tf.relu(tf.tensor1d([1, -1]));
  }, "1 0"],
];

for (const backend of ["cpu", "wasm"]) {
  await tf.setBackend(backend);
  await tf.ready();
  console.log(`== ${backend} ==\n`);
  for (const [name, got, expected] of reproductions) console.log(`${name}\n  got       ${attempt(got)}\n  expected  ${expected}\n`);
}
