/**
 * Each disagreement of jax-js in docs/findings.md in plain jax-js, without etalon: what it answers, beside the arithmetic by hand.
 *
 *     node reproductions-jax.js
 */
import * as jax from "@jax-js/jax";

const { lax, nn, numpy: np } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");

const array = (values, ...shape) => np.array(Float32Array.from(values)).reshape(shape);
const shown = (result) => `shape [${result.shape}] values ${Array.from(result.dataSync(), (x) => (Object.is(x, -0) ? 0 : x)).join(" ")}`;

/** What a computation gives, in words. */
const attempt = (compute) => {
  try {
    return shown(compute());
  } catch (thrown) {
    return `throws ${thrown.message}`;
  }
};

/** The gradient of the sum of f's outputs with respect to its first argument. */
const slope = (f, ...at) => jax.grad((...arrays) => np.sum(f(...arrays)))(...at);

const convolve = (stride, padding) => (x, w) => lax.convGeneralDilated(x, w, [stride], [padding]);
const zeros = (...shape) => np.zeros(shape);

const reproductions = [
  ["np.matmul of [2, 1], 1 10, and [2, 2, 1, 1], 1 2 3 4", () => np.matmul(array([1, 10], 2, 1), array([1, 2, 3, 4], 2, 2, 1, 1)),
    "shape [2,2,2,1] values 1 10 2 20 3 30 4 40: one column times each of four matrices"],
  ["the same, and [2, 1, 1], 1 2", () => np.matmul(array([1, 10], 2, 1), array([1, 2], 2, 1, 1)), "shape [2,2,1] values 1 10 2 20"],
  ["np.matmul of [2, 2, 1, 1], 1 2 3 4, and [2, 1, 1], 1 10", () => np.matmul(array([1, 2, 3, 4], 2, 2, 1, 1), array([1, 10], 2, 1, 1)),
    "shape [2,2,1,1] values 1 20 3 40"],
  ["softplus of 0 and 1", () => nn.softplus(array([0, 1], 2)), "log 2 = 0.693147181, log(1 + e) = 1.313261688"],
  ["log of 1 and 3.7182818", () => np.log(array([1, 3.7182818], 2)), "0 1.313261682"],
  ["softplus of 0 and 100", () => nn.softplus(array([0, 100], 2)), "0.693147181 100"],
  ["its slopes there", () => slope(nn.softplus, array([0, 100], 2)), "0.5 1"],
  ["the slopes of elu at 0.5 and 100", () => slope((x) => nn.elu(x), array([0.5, 100], 2)), "1 1"],
  ["the slopes of selu there", () => slope((x) => nn.selu(x), array([0.5, 100], 2)), "1.0507 1.0507"],
  ["the slopes of sigmoid at −45 and −100", () => slope((x) => nn.sigmoid(x), array([-45, -100], 2)), "e^−45 = 2.862518e-20, e^−100 = 3.8e-44"],
  ["the slopes of silu there", () => slope((x) => nn.silu(x), array([-45, -100], 2)), "−44·e^−45 = −1.259508e-18, −99·e^−100 = −3.7e-42"],
  ["the slopes of softSign at 1000 and 1e20", () => slope((x) => nn.softSign(x), array([1000, 1e20], 2)), "1/1001² = 9.980030e-7, 1e-40"],
  ["tanh of 1e-3, 4e-3, 1e-6, 1e-8", () => np.tanh(array([1e-3, 4e-3, 1e-6, 1e-8], 4)), "9.99999667e-4 3.99997867e-3 1e-6 1e-8"],
  ["softmax of 73 and 173", () => nn.softmax(array([73, 173], 2), -1), "e^−100 = 3.7e-44, 1"],
  ["logSoftmax of 1 2 3 4", () => nn.logSoftmax(array([1, 2, 3, 4], 4), -1), "−3.4401897 −2.4401897 −1.4401897 −0.4401897"],
  ["the slope of relu at 0", () => slope(nn.relu, array([0], 1)), "0 in JAX, whose documentation says so"],
  ["the slope of leakyRelu(0.25) at 0", () => slope((x) => nn.leakyRelu(x, 0.25), array([0], 1)), "0.25 or 1"],
  ["the slope of elu(0.5) at 0", () => slope((x) => nn.elu(x, 0.5), array([0], 1)), "0.5 or 1"],
  ["the slope of hardSigmoid at 3", () => slope((x) => nn.hardSigmoid(x), array([3], 1)), "0 or 1/6"],
  ["the gradient of the largest of 4 4", () => slope((x) => lax.reduceWindow(x, (v) => np.max(v), [2], [1]), array([4, 4], 2)), "1 0, 0 1 or ½ ½"],
  ["convolution, input 1 2 3 4, kernel of 4, stride 4: [1,1,1,4], rows of stride 4",
    () => lax.convGeneralDilated(array([1, 2, 3, 4], 1, 1, 1, 4), array([1, 1, 1, 1], 1, 1, 1, 4), [4, 1], [[0, 0], [0, 0]]), "shape [1,1,1,1] values 10"],
  ["the means of 1 3, [1, 2], by windows of 1 and 2, strides of 4 and 1",
    () => lax.reduceWindow(array([1, 3], 1, 2), (v) => np.mean(v), [1, 2], [4, 1]), "shape [1,1] values 2"],
  ["the gradient of convTranspose of 5 by 2, strides 4 and 1, dilations 1 and 2, with respect to the input",
    () => slope((x, w) => lax.convTranspose(x, w, [4, 1], [[0, 0], [0, 0]], { rhsDilation: [1, 2], transposeKernel: true }),
      array([5], 1, 1, 1, 1), array([2], 1, 1, 1, 1)), "shape [1,1,1,1] values 2: the output is 5·2"],
  ["convolution, input 5, kernel 1, stride 2, padding 3 before: the gradient with respect to the input",
    () => slope(convolve(2, [3, 0]), array([5], 1, 1, 1), array([1], 1, 1, 1)), "positions −3 and −1: shape [1,1,1] values 0"],
  ["the same forward", () => convolve(2, [3, 0])(array([5], 1, 1, 1), array([1], 1, 1, 1)), "shape [1,1,2] values 0 0"],
  ["convTranspose of 1 2, kernel 1, stride 3, padding 2 and 1",
    () => lax.convTranspose(array([1, 2], 1, 1, 2), array([1], 1, 1, 1), [3], [[2, 1]], { transposeKernel: true }),
    "1 0 0 2 without its first two cells and the last: 0"],
  ["the gradient of a convolution of no samples with respect to its kernel, twice",
    () => slope((w, x) => convolve(1, [3, 3])(x, w), array([4, -1, -5, -1], 1, 1, 4), zeros(0, 1, 1)), "0 0 0 0"],
  ["the same once more", () => slope((w, x) => convolve(1, [3, 3])(x, w), array([4, -1, -5, -1], 1, 1, 4), zeros(0, 1, 1)), "0 0 0 0"],
  ["the sum of nothing", () => np.sum(zeros(0)), "0"],
  ["the sums of no rows of 2", () => np.sum(zeros(0, 2), 0), "0 0"],
];

for (const [name, got, expected] of reproductions) console.log(`${name}\n  got       ${attempt(got)}\n  expected  ${expected}\n`);

for (const rows of [96, 192, 384]) {
  const start = performance.now();
  slope((x) => lax.reduceWindow(x, (v) => np.mean(v), [rows, 3], [rows, 1]), np.ones([1, 8, rows, 4])).dataSync();
  console.log(`the gradient of means over ${rows} x 3 of ${32 * rows} numbers: ${Math.round(performance.now() - start)} ms`);
}
