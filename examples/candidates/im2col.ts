/**
 * A candidate: float32 kernels of the usual fast kind. Convolution copies its windows into the columns of one matrix
 * (im2col) and multiplies it with the kernel; every addition and multiplication is rounded to float32.
 *
 *     etalon verify examples/candidates/im2col.ts
 */
import {
  elu, gelu, hardSigmoid, leakyRelu, relu, selu, sigmoid, silu, softplus, softsign, tanh,
} from "./im2col/activation.ts";
import { adaptiveAveragePooling, adaptiveMaxPooling } from "./im2col/adaptive-pooling.ts";
import { clipByGlobalNorm, clipByValue } from "./im2col/clipping.ts";
import { convolution } from "./im2col/convolution.ts";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./im2col/binary-cross-entropy.ts";
import { crossEntropy, negativeLogLikelihood } from "./im2col/cross-entropy.ts";
import { absoluteError, huber, squaredError } from "./im2col/loss.ts";
import { logSoftmax, softmax } from "./im2col/softmax.ts";
import { dropout } from "./im2col/dropout.ts";
import { fullyConnected, matrixProduct } from "./im2col/linear.ts";
import { lpPooling } from "./im2col/lp-pooling.ts";
import { adagrad, adam, adamW, gradientDescent, momentum, rmsProp } from "./im2col/optimizer.ts";
import { pad } from "./im2col/padding.ts";
import { averagePooling, maxPooling, minPooling } from "./im2col/pooling.ts";
import { gru } from "./im2col/gru.ts";
import { lstm } from "./im2col/lstm.ts";
import { simpleRnn } from "./im2col/simple-rnn.ts";
import { transposedConvolution } from "./im2col/transposed-convolution.ts";

export default {
  name: "im2col",
  precision: "float32",
  operations: {
    convolution,
    transposedConvolution,
    pad,
    maxPooling,
    minPooling,
    averagePooling,
    lpPooling,
    adaptiveMaxPooling,
    adaptiveAveragePooling,
    fullyConnected,
    matrixProduct,
    relu,
    leakyRelu,
    elu,
    selu,
    softsign,
    hardSigmoid,
    sigmoid,
    tanh,
    silu,
    softplus,
    gelu,
    softmax,
    logSoftmax,
    squaredError,
    absoluteError,
    huber,
    crossEntropy,
    negativeLogLikelihood,
    binaryCrossEntropy,
    binaryCrossEntropyWithLogits,
    gradientDescent,
    momentum,
    rmsProp,
    adagrad,
    adam,
    adamW,
    clipByGlobalNorm,
    clipByValue,
    dropout,
    simpleRnn,
    lstm,
    gru,
  },
};
