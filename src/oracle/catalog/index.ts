/**
 * The catalog: every operation that can be verified and served, under its name in library and protocol.
 *
 * @module
 */
import { eluEntry, hardSigmoidEntry, leakyReluEntry, reluEntry, seluEntry, softsignEntry } from "./activation.ts";
import { adaptiveAveragePoolingEntry, adaptiveMaxPoolingEntry } from "./adaptive-pooling.ts";
import { convolutionEntry } from "./convolution.ts";
import { padEntry } from "./padding.ts";
import { transposedConvolutionEntry } from "./transposed-convolution.ts";
import { dropoutEntry } from "./dropout.ts";
import { fullyConnectedEntry } from "./fully-connected.ts";
import { adagradEntry, adamEntry, adamWEntry, rmsPropEntry } from "./adaptive.ts";
import { clipByGlobalNormEntry, clipByValueEntry } from "./clipping.ts";
import { gradientDescentEntry, momentumEntry } from "./gradient-descent.ts";
import { binaryCrossEntropyEntry, binaryCrossEntropyWithLogitsEntry } from "./binary-cross-entropy.ts";
import { crossEntropyEntry, negativeLogLikelihoodEntry } from "./cross-entropy.ts";
import { absoluteErrorEntry, huberEntry, squaredErrorEntry } from "./loss.ts";
import { logSoftmaxEntry, softmaxEntry } from "./softmax.ts";
import { lpPoolingEntry } from "./lp-pooling.ts";
import { matrixProductEntry } from "./matrix-product.ts";
import { deepFreeze } from "../../tensor/tree.ts";
import type { Operation } from "./operation.ts";
import { gruEntry } from "./gru.ts";
import { lstmEntry } from "./lstm.ts";
import { simpleRnnEntry } from "./simple-rnn.ts";
import { geluEntry, sigmoidEntry, siluEntry, softplusEntry, tanhEntry } from "./smooth-activation.ts";
import { averagePoolingEntry, maxPoolingEntry, minPoolingEntry } from "./pooling.ts";

/** All operations, in the order of the notes. */
export const catalog: readonly Operation[] = deepFreeze([
  convolutionEntry, transposedConvolutionEntry, padEntry,
  maxPoolingEntry, minPoolingEntry, averagePoolingEntry, lpPoolingEntry, adaptiveMaxPoolingEntry, adaptiveAveragePoolingEntry,
  fullyConnectedEntry, matrixProductEntry, reluEntry,
  leakyReluEntry, eluEntry, seluEntry, softsignEntry, hardSigmoidEntry, sigmoidEntry, tanhEntry, siluEntry, softplusEntry, geluEntry,
  softmaxEntry, logSoftmaxEntry, squaredErrorEntry, absoluteErrorEntry, huberEntry,
  crossEntropyEntry, negativeLogLikelihoodEntry, binaryCrossEntropyEntry, binaryCrossEntropyWithLogitsEntry,
  gradientDescentEntry, momentumEntry, rmsPropEntry, adagradEntry, adamEntry, adamWEntry, clipByGlobalNormEntry, clipByValueEntry, dropoutEntry,
  simpleRnnEntry, lstmEntry, gruEntry,
]);
