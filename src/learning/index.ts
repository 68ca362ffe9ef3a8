/**
 * Learning: layers and their composition, losses, gradient descent.
 *
 * @module
 */
export { parameterless } from "./layer.ts";
export type { AnyLayer, InputOf, Layer, NoParams, OutputOf, ParamsOf, Pullback } from "./layer.ts";
export {
  Elu, HardSigmoid, LeakyRelu, Relu, Selu, Softsign, elu, eluBackward, hardSigmoid, hardSigmoidBackward, leakyRelu, leakyReluBackward, relu,
  reluBackward, selu, seluBackward, softsign, softsignBackward,
} from "./activation.ts";
export type { EluOptions, HardSigmoidOptions, LeakyReluOptions, SeluOptions } from "./activation.ts";
export {
  Gelu, Sigmoid, Silu, Softplus, Tanh, gelu, geluBackward, sigmoid, sigmoidBackward, silu, siluBackward, softplus, softplusBackward, tanh,
  tanhBackward,
} from "./smooth-activation.ts";
export type { GeluOptions } from "./smooth-activation.ts";
export { both, chain, model } from "./combinators.ts";
export type { ChainParams, ModelEntry, ModelParams } from "./combinators.ts";
export { FullyConnected, fullyConnected, fullyConnectedBackward } from "./fully-connected.ts";
export type { FullyConnectedParams, FullyConnectedSize } from "./fully-connected.ts";
export { residual } from "./residual.ts";
export { fansOf, glorotNormal, glorotUniform, heNormal, heUniform, orthogonal } from "./initialization.ts";
export type { Fans, OrthogonalOptions } from "./initialization.ts";
export { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "./softmax.ts";
export type { SoftmaxOptions } from "./softmax.ts";
export type { LossOptions, Reduction } from "./reduction.ts";
export { absoluteError, absoluteErrorBackward, huber, huberBackward, squaredError, squaredErrorBackward } from "./loss.ts";
export type { HuberOptions } from "./loss.ts";
export { crossEntropy, crossEntropyBackward, negativeLogLikelihood, negativeLogLikelihoodBackward } from "./cross-entropy.ts";
export type { CrossEntropyOptions, NegativeLogLikelihoodOptions } from "./cross-entropy.ts";
export {
  binaryCrossEntropy, binaryCrossEntropyBackward, binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward,
} from "./binary-cross-entropy.ts";
export type { BinaryCrossEntropyOptions, BinaryCrossEntropyWithLogitsOptions } from "./binary-cross-entropy.ts";
export { GradientDescent, gradientDescent } from "./gradient-descent.ts";
export type { GradientDescentOptions, GradientDescentRuleOptions } from "./gradient-descent.ts";
export { Momentum, momentum } from "./momentum.ts";
export type { MomentumOptions } from "./momentum.ts";
export { RmsProp, rmsProp } from "./rms-prop.ts";
export type { RmsPropOptions } from "./rms-prop.ts";
export { Adagrad, adagrad } from "./adagrad.ts";
export type { AdagradOptions } from "./adagrad.ts";
export { Adam, AdamW, adam, adamW } from "./adam.ts";
export type { AdamOptions } from "./adam.ts";
export { clipByGlobalNorm, clipByValue, clipped } from "./clipping.ts";
export type { ClipByGlobalNormOptions, ClipByValueOptions } from "./clipping.ts";
export { constantRate, cosineDecay, exponentialDecay, linearWarmUp, stepDecay } from "./schedule.ts";
export type { CosineDecayOptions, ExponentialDecayOptions, LinearWarmUpOptions, Schedule, StepDecayOptions } from "./schedule.ts";
export { checkGradient } from "./gradient-check.ts";
export type { GradientCheckOptions, GradientComparison, GradientKink, GradientPlace, GradientReport } from "./gradient-check.ts";
export { accuracy } from "./accuracy.ts";
export { oneHot } from "./one-hot.ts";
export { shuffledBatches } from "./batches.ts";
export type { Batch } from "./batches.ts";
export { Dropout, dropout, dropoutBackward, dropoutMask } from "./dropout.ts";
export type { DropoutOptions } from "./dropout.ts";
export { loadTraining, saveTraining } from "./checkpoint.ts";
export { loadTensors, restoreTensors, saveTensors } from "./safetensors.ts";
export type { LoadedTensors } from "./safetensors.ts";
export { lossFunction, startTraining, train } from "./train.ts";
export type { EpochRecord, Loss, TrainOptions, Training } from "./train.ts";
export { noSteps } from "./rule.ts";
export type { Rule, RuleState } from "./rule.ts";
