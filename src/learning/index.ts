/**
 * Learning: layers and their composition, losses, gradient descent.
 *
 * @module
 */
export { parameterless } from "./layer.ts";
export type { AnyLayer, InputOf, Layer, NoParams, OutputOf, ParamsOf, Pullback } from "./layer.ts";
export { Relu, relu, reluBackward } from "./activation.ts";
export { both, chain, model } from "./combinators.ts";
export type { ChainParams, ModelEntry, ModelParams } from "./combinators.ts";
export { FullyConnected, fullyConnected, fullyConnectedBackward } from "./fully-connected.ts";
export type { FullyConnectedParams, FullyConnectedSize } from "./fully-connected.ts";
export { residual } from "./residual.ts";
export { fansOf, glorotUniform, heUniform } from "./initialization.ts";
export type { Fans } from "./initialization.ts";
export { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "./softmax.ts";
export type { SoftmaxOptions } from "./softmax.ts";
export { crossEntropy, crossEntropyBackward, squaredError, squaredErrorBackward } from "./loss.ts";
export type { CrossEntropyOptions, Reduction, SquaredErrorOptions } from "./loss.ts";
export { gradientDescent } from "./gradient-descent.ts";
export type { GradientDescentOptions } from "./gradient-descent.ts";
export { checkGradient } from "./gradient-check.ts";
export type { GradientCheckOptions, GradientComparison, GradientKink, GradientPlace, GradientReport } from "./gradient-check.ts";
