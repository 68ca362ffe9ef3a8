/**
 * The disagreement of TensorFlow.js' WebAssembly backend in docs/findings.md in plain TensorFlow.js, without etalon, beside the arithmetic by hand.
 *
 *     node reproductions-wasm.js
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

const volume = (values, width) => tf.tensor5d(values, [1, 1, 1, width, 1]);
const kernel = (values) => tf.tensor5d(values, [1, 1, values.length, 1, 1]);

/** The gradients of the sum of the outputs with respect to input and kernel. */
const gradients = (x, w, stride) => tf.grads((input, filter) => tf.sum(tf.conv3d(input, filter, [1, 1, stride], "valid")))([x, w])
  .map((gradient) => Array.from(gradient.dataSync()).join(" ")).join("; ");

for (const backend of ["cpu", "wasm"]) {
  await tf.setBackend(backend);
  await tf.ready();
  console.log(`${backend}\n  stride 1, 1 2 3 with the kernel 1: ${gradients(volume([1, 2, 3], 3), kernel([1]), 1)}\n    expected 1 1 1; 1 + 2 + 3 = 6`);
  console.log(`  stride 2, 1 2 3 with the kernel 1: ${gradients(volume([1, 2, 3], 3), kernel([1]), 2)}\n    expected 1 0 1; 1 + 3 = 4`);
  console.log(`  stride 2, 1 2 3 4 with the kernel 1 1: ${gradients(volume([1, 2, 3, 4], 4), kernel([1, 1]), 2)}\n    expected 1 1 1 1; 1 + 3 = 4, 2 + 4 = 6`);
}
