/**
 * Each disagreement of docs/findings.md in plain TensorFlow.js, without etalon: what it answers, beside the arithmetic by hand.
 *
 *     npm run reproduce
 *
 * All tensors are in TensorFlow.js' own layout, channels last; values are written so that one can follow them by eye.
 */
import * as tf from "@tensorflow/tfjs";

await tf.setBackend("cpu");
await tf.ready();

/** A number as text; JSON has none for infinities and NaN. @param {number} x */
const shown = (x) => (Number.isFinite(x) ? x : String(x));

/** What a computation gives, in words. @param {() => tf.Tensor} compute */
const attempt = (compute) => {
  try {
    const tensor = compute();
    return `shape [${tensor.shape}] values ${JSON.stringify(Array.from(tensor.dataSync(), shown)).replaceAll('"', "")}`;
  } catch (thrown) {
    return `throws ${thrown.message}`;
  }
};

/** The gradient of the sum of f's outputs. */
const gradientAt = (x, f) => tf.grad((v) => tf.sum(f(v)))(x);

const image = (values, height, width) => tf.tensor4d(values, [1, height, width, 1]);
const volume = (values, depth, height, width) => tf.tensor5d(values, [1, depth, height, width, 1]);

const reproductions = [
  {
    name: "conv1d pads the axis it makes up",
    code: "tf.conv1d(tf.tensor3d([1, 2, 3], [1, 3, 1]), tf.tensor3d([1], [1, 1, 1]), 1, 1)",
    got: () => tf.conv1d(tf.tensor3d([1, 2, 3], [1, 3, 1]), tf.tensor3d([1], [1, 1, 1]), 1, 1),
    expected: "shape [1,5,1] values [0,1,2,3,0]: one tap of weight 1 over 0 1 2 3 0",
  },
  {
    name: "a number as padding sizes the width by the height's window and stride",
    code: "tf.conv2d(image([1, 2, 3], 1, 3), tf.ones([1, 3, 1, 1]), 1, 1)",
    got: () => tf.conv2d(image([1, 2, 3], 1, 3), tf.ones([1, 3, 1, 1]), 1, 1),
    expected: "shape [1,3,3,1] values [0,0,0,3,6,5,0,0,0]: (1 + 2 − 1)/1 + 1 = 3 rows, (3 + 2 − 3)/1 + 1 = 3 columns; 0+1+2, 1+2+3, 2+3+0",
  },
  {
    name: "'same' in three dimensions crops where the stride passes the window",
    code: "tf.conv3d(volume([5, 7], 2, 1, 1), tf.ones([1, 1, 1, 1, 1]), [2, 1, 1], 'same')",
    got: () => tf.conv3d(volume([5, 7], 2, 1, 1), tf.ones([1, 1, 1, 1, 1]), [2, 1, 1], "same"),
    expected: "shape [1,1,1,1,1] values [5]: ceil(2/2) = 1 position, max(0, 0·2 + 1 − 2) = 0 padding, so the first cell; conv2d gives it",
  },
  {
    name: "the same of maxPool3d",
    code: "tf.maxPool3d(volume([5, 7], 2, 1, 1), [1, 1, 1], [2, 1, 1], 'same')",
    got: () => tf.maxPool3d(volume([5, 7], 2, 1, 1), [1, 1, 1], [2, 1, 1], "same"),
    expected: "shape [1,1,1,1,1] values [5]",
  },
  {
    name: "tf.pool with dilations fills 'same' padding with zeros: max",
    code: "tf.pool(image([-1, -2, -3, -4], 2, 2), [3, 1], 'max', 'same', [2, 2], 1)",
    got: () => tf.pool(image([-1, -2, -3, -4], 2, 2), [3, 1], "max", "same", [2, 2], 1),
    expected: "shape [1,2,2,1] values [-1,-2,-3,-4]: rows p − 2, p, p + 2, of which only p exists; no zero is in the input",
  },
  {
    name: "tf.pool with dilations fills 'same' padding with zeros: avg",
    code: "tf.pool(image([3, 6, 9, 12], 2, 2), [3, 1], 'avg', 'same', [2, 2], 1)",
    got: () => tf.pool(image([3, 6, 9, 12], 2, 2), [3, 1], "avg", "same", [2, 2], 1),
    expected: "shape [1,2,2,1] values [3,6,9,12]: one cell in each window; without dilations avgPool divides by the cells of the input alone",
  },
  {
    name: "tf.pool with dilations ignores a number as padding",
    code: "tf.pool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 2, 'max', 1, 2, 1)",
    got: () => tf.pool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 2, "max", 1, 2, 1),
    expected: "shape [1,3,3,1] values [5,6,5,8,9,8,5,6,5]: 3 + 2 − 3 + 1 = 3 positions; taps at p − 1 and p + 1",
  },
  {
    name: "tf.pool with dilations refuses dimRoundingMode",
    code: "tf.pool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 2, 'max', 0, 2, 1, 'ceil')",
    got: () => tf.pool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 2, "max", 0, 2, 1, "ceil"),
    expected: "shape [1,1,1,1] values [9]: the pad that it refuses ('valid') is of its own making",
  },
  {
    name: "sizes rounded up count windows wholly beyond the input",
    code: "tf.maxPool(image([1 … 9], 3, 3), 1, 4, 0, 'ceil')",
    got: () => tf.maxPool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 1, 4, 0, "ceil"),
    expected: "shape [1,1,1,1] values [1]: of ceil((3 − 1)/4) + 1 = 2 positions the second starts at cell 4 of 0 … 2, so it is dropped",
  },
  {
    name: "the same of avgPool",
    code: "tf.avgPool(image([1 … 9], 3, 3), 1, 4, 0, 'ceil')",
    got: () => tf.avgPool(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 1, 4, 0, "ceil"),
    expected: "shape [1,1,1,1] values [1]",
  },
  {
    name: "the same where input and output have one shape: the stride is forgotten",
    code: "tf.maxPool(image([1, 2, 3, 4], 2, 2), 1, 2, 0, 'ceil')",
    got: () => tf.maxPool(image([1, 2, 3, 4], 2, 2), 1, 2, 0, "ceil"),
    expected: "shape [1,1,1,1] values [1]; by its own size 1 −Infinity −Infinity −Infinity, as above",
  },
  {
    name: "the gradient of maxPool forgets dimRoundingMode",
    code: "tf.grad(x => tf.sum(tf.maxPool(x, 2, 2, 0, 'ceil')))(image([1 … 9], 3, 3))",
    got: () => gradientAt(image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), (x) => tf.maxPool(x, 2, 2, 0, "ceil")),
    expected: "shape [1,3,3,1] values [0,0,0,0,1,1,0,1,1]: the winners of the four windows are 5, 6, 8 and 9",
  },
  {
    name: "the gradient of avgPool divides by the whole window",
    code: "tf.grad(x => tf.sum(tf.avgPool(x, 3, 1, 'same')))(image([8], 1, 1))",
    got: () => gradientAt(image([8], 1, 1), (x) => tf.avgPool(x, 3, 1, "same")),
    expected: "shape [1,1,1,1] values [1]: the output is the input itself (8/1, padding does not count), so its slope is 1; 1/9 is not",
  },
  {
    name: "the same of avgPool3d",
    code: "tf.grad(x => tf.sum(tf.avgPool3d(x, 3, 1, 'same')))(volume([8], 1, 1, 1))",
    got: () => gradientAt(volume([8], 1, 1, 1), (x) => tf.avgPool3d(x, 3, 1, "same")),
    expected: "shape [1,1,1,1,1] values [1]",
  },
  {
    name: "the gradient of maxPool3d mistakes positions in windows of unequal height and width",
    code: "tf.grad(x => tf.sum(tf.maxPool3d(x, [1, 2, 3], 1, 'valid')))(volume([1, 2, 3, 9, 4, 5], 1, 2, 3))",
    got: () => gradientAt(volume([1, 2, 3, 9, 4, 5], 1, 2, 3), (x) => tf.maxPool3d(x, [1, 2, 3], 1, "valid")),
    expected: "shape [1,1,2,3,1] values [0,0,0,1,0,0]: the one window's largest value is 9",
  },
  {
    name: "the gradient of maxPool3d takes the last of equal values, that of maxPool the first",
    code: "tf.grad(x => tf.sum(tf.maxPool3d(x, [1, 1, 2], 1, 'valid')))(volume([4, 4], 1, 1, 2))",
    got: () => gradientAt(volume([4, 4], 1, 1, 2), (x) => tf.maxPool3d(x, [1, 1, 2], 1, "valid")),
    expected: `values [1,0] by the rule of its own maxPool: ${attempt(() => gradientAt(image([4, 4], 1, 2), (x) => tf.maxPool(x, [1, 2], 1, "valid")))}`,
  },
  {
    name: "the gradient of matMul keeps broadcast axes",
    code: "tf.grad(b => tf.sum(tf.matMul(tf.ones([2, 1, 1]), b)))(tf.ones([1, 1]))",
    got: () => gradientAt(tf.ones([1, 1]), (b) => tf.matMul(tf.ones([2, 1, 1]), b)),
    expected: "shape [1,1] values [2]: the one matrix takes part in two products, 1 each",
  },
  {
    name: "the gradient of mirrorPad forgets what is mirrored",
    code: "tf.grad(x => tf.sum(tf.mirrorPad(x, [[1, 1]], 'reflect')))(tf.tensor1d([1, 2, 3]))",
    got: () => gradientAt(tf.tensor1d([1, 2, 3]), (x) => tf.mirrorPad(x, [[1, 1]], "reflect")),
    expected: "shape [3] values [1,3,1]: the output is 2 1 2 3 2, in which 2 stands three times",
  },
  {
    name: "a window of minus infinities has no winner",
    code: "tf.maxPoolWithArgmax(image([-Infinity, -Infinity], 1, 2), [1, 2], 1, 'valid').indexes",
    got: () => tf.maxPoolWithArgmax(image([-Infinity, -Infinity], 1, 2), [1, 2], 1, "valid").indexes,
    expected: "shape [1,1,1,1] values [0], the first of equal values",
  },
  {
    name: "the gradient of the same",
    code: "tf.grad(x => tf.sum(tf.maxPool(x, [1, 2], 1, 'valid')))(image([-Infinity, -Infinity], 1, 2))",
    got: () => gradientAt(image([-Infinity, -Infinity], 1, 2), (x) => tf.maxPool(x, [1, 2], 1, "valid")),
    expected: "shape [1,1,2,1] values [1,0]",
  },
  {
    name: "the position of NaN",
    code: "tf.maxPoolWithArgmax(image([NaN], 1, 1), 1, 1, 'valid').indexes",
    got: () => tf.maxPoolWithArgmax(image([NaN], 1, 1), 1, 1, "valid").indexes,
    expected: "shape [1,1,1,1] values [0]",
  },
  {
    name: "a number as padding, in the convolution that is transposed",
    code: "tf.conv2dTranspose(image([1, 2, 3], 1, 3), tf.tensor4d([1, 10], [2, 1, 1, 1]), [1, 1, 1, 1], [2, 1], 1)",
    got: () => tf.conv2dTranspose(image([1, 2, 3], 1, 3), tf.tensor4d([1, 10], [2, 1, 1, 1]), [1, 1, 1, 1], [2, 1], 1),
    expected: "shape [1,1,1,1] values [20]: rows 0 and 1 hold 1 2 3 and 10 20 30; without the first row and one column from either side 20 is left",
  },
];

for (const { name, code, got, expected } of reproductions) {
  console.log(`${name}\n  ${code}\n  got       ${attempt(got)}\n  expected  ${expected}\n`);
}
