/**
 * Every operation a second time, straight from its textbook formula, by the operation's name in the protocol. These twins share
 * no line with the library: a specification runs both on the same inputs and compares.
 *
 * @module
 */
import { relu } from "./activation.ts";
import { convolution } from "./convolution.ts";
import type { Definition } from "./definition.ts";
import { fullyConnected, matrixProduct } from "./fully-connected.ts";
import { gradientDescent } from "./gradient-descent.ts";
import { crossEntropy, squaredError } from "./loss.ts";
import { averagePooling, maxPooling, minPooling } from "./pooling.ts";
import { simpleRnn } from "./recurrent.ts";
import { logSoftmax, softmax } from "./softmax.ts";

export type { Definition, Inputs, Options, Outputs, Padding, PerAxis } from "./definition.ts";
export * from "./derivative.ts";
export * from "./nested.ts";
export * from "./scalar.ts";

export const definitions: Readonly<Record<string, Definition>> = {
  averagePooling, convolution, crossEntropy, fullyConnected, gradientDescent, logSoftmax, matrixProduct, maxPooling, minPooling,
  relu, simpleRnn, softmax, squaredError,
};
