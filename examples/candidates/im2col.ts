/**
 * A candidate: float32 kernels of the usual fast kind. Convolution copies its windows into the columns of one matrix
 * (im2col) and multiplies it with the kernel; every addition and multiplication is rounded to float32.
 *
 *     etalon verify examples/candidates/im2col.ts
 */
import { convolution } from "./im2col/convolution.ts";
import { crossEntropy } from "./im2col/cross-entropy.ts";
import { gradientDescent } from "./im2col/gradient-descent.ts";
import { fullyConnected, matrixProduct } from "./im2col/linear.ts";
import { averagePooling, maxPooling, minPooling } from "./im2col/pooling.ts";
import { relu } from "./im2col/relu.ts";

export default {
  name: "im2col",
  precision: "float32",
  operations: {
    convolution,
    maxPooling,
    minPooling,
    averagePooling,
    fullyConnected,
    matrixProduct,
    relu,
    crossEntropy,
    gradientDescent,
  },
};
