/**
 * Typical arguments for every function that the package exports, by chapter and name. `immutability.spec.ts` fails where an export has
 * no entry here, or an entry no export.
 */
import fc from "fast-check";
import { convolution } from "../../src/cnn/convolution.ts";
import { Relu as relu } from "../../src/learning/activation.ts";
import { FullyConnected as fullyConnected } from "../../src/learning/fully-connected.ts";
import { GradientDescent as gradientDescentRule } from "../../src/learning/gradient-descent.ts";
import { noSteps } from "../../src/learning/rule.ts";
import type { Schedule } from "../../src/learning/schedule.ts";
import { shuffledBatches } from "../../src/learning/batches.ts";
import type { Rule } from "../../src/learning/rule.ts";
import { squaredError, squaredErrorBackward } from "../../src/learning/loss.ts";
import { saveTraining } from "../../src/learning/checkpoint.ts";
import { saveTensors } from "../../src/learning/safetensors.ts";
import { lossFunction, startTraining } from "../../src/learning/train.ts";
import type { Loss } from "../../src/learning/train.ts";
import { vectorsOf } from "../../src/oracle/vectors.ts";
import { matrixProduct } from "../../src/tensor/matrix-product.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { SimpleRnn as simpleRnn } from "../../src/rnn/simple-rnn.ts";
import { scan } from "../../src/rnn/unroll.ts";
import type { Cell } from "../../src/rnn/unroll.ts";
import { add, generate, map, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** Fresh values of one seed. */
export interface Draw {
  readonly key: Key;
  /** A tensor with numbers between -2 and 2. */
  readonly tensor: (...shape: number[]) => Tensor;
  /** Class indices below `count`. */
  readonly classes: (count: number, ...shape: number[]) => Tensor;
}

/** How one export is tried. */
export interface Trial {
  /** What it is called with; an exported constant has none. */
  readonly args?: readonly unknown[];
  /** What the layer is applied to that the call returns, or that the constant is. */
  readonly input?: unknown;
  /** What else is done with the result. */
  readonly then?: (result: never) => unknown;
  /** The part of the result that the same arguments give again; default all of it. */
  readonly lasting?: (result: never) => unknown;
}

/** The numbers of a seed. */
export function drawFrom(seed: number): Draw {
  let drawn = 0;
  const next = (): Key => foldIn(key(seed), drawn++);
  return {
    key: key(seed),
    tensor: (...shape) => uniform(next(), shape, -2, 2),
    classes: (count, ...shape) => map(uniform(next(), shape, 0, count), Math.floor),
  };
}

type Chapter = Readonly<Record<string, (draw: Draw) => Trial>>;

const call = (...args: readonly unknown[]): Trial => ({ args });

const tensorChapter: Chapter = {
  Tensor: () => call([2, 3], new Float32Array([1, 2, 3, 4, 5, 6])),
  add: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  at: (draw) => call(draw.tensor(2, 3), [1, 2]),
  combine: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), (a: number, b: number) => a * b),
  equals: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  filled: () => call([2, 3], 0.1),
  foldIn: (draw) => call(draw.key, 5),
  fromSteps: (draw) => call([draw.tensor(2, 3), draw.tensor(2, 3)], "batchFirst"),
  generate: () => call([2, 3], (position: number) => position / 3),
  key: () => call(12),
  leavesOf: (draw) => call({ kernel: draw.tensor(2), rest: [draw.tensor(3)] }),
  map: (draw) => call(draw.tensor(2, 3), Math.abs),
  mapTree: (draw) => call({ a: draw.tensor(2), b: [draw.tensor(3)] }, (leaf: Tensor) => leaf, { a: draw.tensor(2), b: [draw.tensor(3)] }),
  matrixProduct: (draw) => call(draw.tensor(2, 3), draw.tensor(4, 3), { transposeRight: true }),
  matrixProductBackward: (draw) => call(draw.tensor(5, 2, 3), draw.tensor(3, 4), draw.tensor(5, 2, 4), {}),
  normal: (draw) => call(draw.key, [2, 3], 1, 2),
  permute: (draw) => call(draw.tensor(2, 3, 4), [2, 0, 1]),
  reshape: (draw) => call(draw.tensor(2, 3), [3, 2]),
  sameShape: () => call([2, 3], [2, 3]),
  show: () => call([2, [3, 4]]),
  sizeOf: () => call([2, 3]),
  split: (draw) => call(draw.key, 3),
  stridesOf: () => call([2, 3]),
  tensor: () => call([[1, 2], [3, 4]]),
  threefry: (draw) => call(draw.key, 0, 7),
  toChannelsFirst: (draw) => call(draw.tensor(2, 4, 5, 3)),
  toChannelsLast: (draw) => call(draw.tensor(2, 3, 4, 5)),
  toNested: (draw) => call(draw.tensor(2, 3)),
  toSteps: (draw) => call(draw.tensor(2, 3, 4), "batchFirst"),
  uniform: (draw) => call(draw.key, [2, 3], -1, 1),
  zeros: () => call([2, 3]),
};

const weights = (draw: Draw): { weight: Tensor; bias: Tensor } => ({ weight: draw.tensor(2, 3), bias: draw.tensor(2) });

/** A probability for every number from -2 to 2. */
const likely = (value: number): number => (value + 2) / 4;

/** A rule, or what makes one, is tried by a first and a second step from the same numbers. */
const twoSteps = (draw: Draw): ((rule: Rule) => unknown) => {
  const [params, gradients] = [{ a: draw.tensor(2), b: [draw.tensor(3)] }, { a: draw.tensor(2), b: [draw.tensor(3)] }];
  return (rule) => rule(...rule(noSteps, params, gradients), gradients);
};
const ruleArgs = (draw: Draw): readonly unknown[] => [noSteps, { a: draw.tensor(2), b: [draw.tensor(3)] }, { a: draw.tensor(2), b: [draw.tensor(3)] }];
const rates = (schedule: Schedule): unknown => [0, 1, 2, 9].map(schedule);

const learningChapter: Chapter = {
  Adagrad: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  Adam: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  AdamW: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  GradientDescent: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  Momentum: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  RmsProp: (draw) => ({ args: [{ rate: 0.1 }], then: twoSteps(draw) }),
  adagrad: (draw) => call(...ruleArgs(draw), { rate: 0.1 }),
  adam: (draw) => call(...ruleArgs(draw), { rate: 0.1, weightDecay: 0.1 }),
  adamW: (draw) => call(...ruleArgs(draw), { rate: 0.1 }),
  clipByGlobalNorm: (draw) => call({ a: draw.tensor(2), b: [draw.tensor(3)] }, { maxNorm: 1 }),
  clipByValue: (draw) => call({ a: draw.tensor(2), b: [draw.tensor(3)] }, { limit: 1 }),
  clipped: (draw) => ({ args: [gradientDescentRule({ rate: 1 }), { maxNorm: 1 }], then: twoSteps(draw) }),
  constantRate: () => ({ args: [0.1], then: rates }),
  cosineDecay: () => ({ args: [{ rate: 0.1, steps: 5 }], then: rates }),
  exponentialDecay: () => ({ args: [{ rate: 0.1, factor: 0.5 }], then: rates }),
  linearWarmUp: () => ({ args: [0.1, { steps: 5 }], then: rates }),
  noSteps: () => ({}),
  momentum: (draw) => call(...ruleArgs(draw), { rate: 0.1, nesterov: true }),
  rmsProp: (draw) => call(...ruleArgs(draw), { rate: 0.1 }),
  stepDecay: () => ({ args: [{ rate: 0.1, every: 3 }], then: rates }),
  Dropout: (draw) => ({ args: [{ rate: 0.3, maps: true }], input: draw.tensor(4, 3, 2) }),
  FullyConnected: (draw) => ({ args: [{ inputs: 3, outputs: 2 }], input: draw.tensor(4, 3) }),
  Relu: (draw) => ({ input: draw.tensor(4, 3) }),
  accuracy: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4)),
  absoluteError: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { reduction: "sum" }),
  absoluteErrorBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), draw.tensor(2, 3), { reduction: "none" }),
  binaryCrossEntropy: (draw) => call(map(draw.tensor(2, 3), likely), map(draw.tensor(2, 3), likely), { weight: draw.tensor(3) }),
  binaryCrossEntropyBackward: (draw) => call(map(draw.tensor(2, 3), likely), map(draw.tensor(2, 3), likely), draw.tensor(), { weight: draw.tensor(3) }),
  binaryCrossEntropyWithLogits: (draw) => call(draw.tensor(2, 3), map(draw.tensor(2, 3), likely), { weight: draw.tensor(2, 3), posWeight: draw.tensor(3) }),
  binaryCrossEntropyWithLogitsBackward: (draw) => call(draw.tensor(2, 3), map(draw.tensor(2, 3), likely), draw.tensor(), { posWeight: draw.tensor(3) }),
  both: (draw) => ({ args: [relu, fullyConnected({ inputs: 3, outputs: 2 })], input: draw.tensor(4, 3) }),
  chain: (draw) => ({ args: [fullyConnected({ inputs: 3, outputs: 2 }), relu], input: draw.tensor(4, 3) }),
  checkGradient: (draw) => call((x: Tensor) => map(x, (value) => value * value), (x: Tensor, dy: Tensor) => generate(x.shape, (i) => 2 * x.values[i]! * dy.values[i]!),
    draw.tensor(3), { key: draw.key, atMost: 2 }),
  crossEntropy: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), { weight: map(draw.tensor(3), Math.abs), labelSmoothing: 0.1 }),
  crossEntropyBackward: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), draw.tensor(4), { reduction: "none" }),
  dropout: (draw) => call(draw.tensor(4, 3), { rate: 0.3, key: draw.key }),
  dropoutBackward: (draw) => call(draw.tensor(4, 3, 2), draw.tensor(4, 3, 2), { rate: 0.3, mask: draw.classes(2, 4, 3, 1) }),
  dropoutMask: (draw) => call(draw.key, [4, 3], 0.3),
  fansOf: () => call([2, 3, 4]),
  fullyConnected: (draw) => call(weights(draw), draw.tensor(4, 3)),
  fullyConnectedBackward: (draw) => call(weights(draw), draw.tensor(4, 3), draw.tensor(4, 2)),
  glorotNormal: (draw) => call(draw.key, [2, 3], { fanIn: 3, fanOut: 2 }),
  glorotUniform: (draw) => call(draw.key, [2, 3], { fanIn: 3, fanOut: 2 }),
  gradientDescent: (draw) => call({ a: draw.tensor(2), b: [draw.tensor(3)] }, { a: draw.tensor(2), b: [draw.tensor(3)] }, { rate: 0.1, weightDecay: 0.01 }),
  heNormal: (draw) => call(draw.key, [2, 3], { fanIn: 3 }),
  heUniform: (draw) => call(draw.key, [2, 3], { fanIn: 3 }),
  huber: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { delta: 0.5 }),
  huberBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), draw.tensor(), { delta: 0.5 }),
  loadTensors: (draw) => call(saveTensors({ a: draw.tensor(2, 3) }, { step: "1" })),
  loadTraining: (draw) => {
    const layer = fullyConnected({ inputs: 3, outputs: 2 });
    return call(saveTraining(startTraining(layer, draw.key)), layer);
  },
  logSoftmax: (draw) => call(draw.tensor(2, 3), { axis: 0 }),
  logSoftmaxBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), {}),
  lossFunction: (draw) => {
    const [output, target] = [draw.tensor(4, 3), draw.tensor(4, 3)];
    return { args: [squaredError, squaredErrorBackward, { reduction: "sum" }], then: (loss: Loss<Tensor, Tensor>) => loss(output, target)[0] };
  },
  model: (draw) => ({ args: [["hidden", fullyConnected({ inputs: 3, outputs: 2 })], relu], input: draw.tensor(4, 3) }),
  negativeLogLikelihood: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), { weight: draw.tensor(3), ignoreIndex: 1 }),
  negativeLogLikelihoodBackward: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), draw.tensor(4), { reduction: "none", ignoreIndex: 1 }),
  orthogonal: (draw) => call(draw.key, [4, 3, 2], { gain: 2 }),
  parameterless: (draw) => ({ args: [(x: Tensor) => x, (_x: Tensor, dy: Tensor) => dy], input: draw.tensor(3) }),
  relu: (draw) => call(draw.tensor(2, 3)),
  reluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  // Activations, each with its layer.
  Elu: (draw) => ({ args: [{ alpha: 0.5 }], input: draw.tensor(4, 3) }),
  elu: (draw) => call(draw.tensor(2, 3), { alpha: 0.5 }),
  eluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { alpha: 0.5 }),
  Selu: (draw) => ({ args: [{ alpha: 2 }], input: draw.tensor(4, 3) }),
  selu: (draw) => call(draw.tensor(2, 3), { alpha: 2 }),
  seluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { alpha: 2 }),
  LeakyRelu: (draw) => ({ args: [{ slope: 0.2 }], input: draw.tensor(4, 3) }),
  leakyRelu: (draw) => call(draw.tensor(2, 3), { slope: 0.2 }),
  leakyReluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { slope: 0.2 }),
  HardSigmoid: (draw) => ({ args: [{ offset: 0.25 }], input: draw.tensor(4, 3) }),
  hardSigmoid: (draw) => call(draw.tensor(2, 3), { offset: 0.25 }),
  hardSigmoidBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { offset: 0.25 }),
  Gelu: (draw) => ({ args: [{ form: "tanh" }], input: draw.tensor(4, 3) }),
  gelu: (draw) => call(draw.tensor(2, 3), { form: "tanh" }),
  geluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { form: "tanh" }),
  Softsign: (draw) => ({ input: draw.tensor(4, 3) }),
  softsign: (draw) => call(draw.tensor(2, 3)),
  softsignBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  Sigmoid: (draw) => ({ input: draw.tensor(4, 3) }),
  sigmoid: (draw) => call(draw.tensor(2, 3)),
  sigmoidBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  Tanh: (draw) => ({ input: draw.tensor(4, 3) }),
  tanh: (draw) => call(draw.tensor(2, 3)),
  tanhBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  Silu: (draw) => ({ input: draw.tensor(4, 3) }),
  silu: (draw) => call(draw.tensor(2, 3)),
  siluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  Softplus: (draw) => ({ input: draw.tensor(4, 3) }),
  softplus: (draw) => call(draw.tensor(2, 3)),
  softplusBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  residual: (draw) => ({ args: [fullyConnected({ inputs: 3, outputs: 3 })], input: draw.tensor(4, 3) }),
  restoreTensors: (draw) => call({ a: [draw.tensor(2, 3)] }, { "a.0": draw.tensor(2, 3) }),
  saveTensors: (draw) => call({ a: draw.tensor(2, 3), b: [draw.tensor(4)] }, { step: "1" }),
  saveTraining: (draw) => call(startTraining(fullyConnected({ inputs: 3, outputs: 2 }), draw.key)),
  oneHot: (draw) => call(draw.classes(3, 4), 3),
  shuffledBatches: (draw) => ({ args: [{ input: draw.tensor(5, 3), target: draw.tensor(5) }, 2],
    then: (batches: (key: Key) => Iterable<unknown>) => [...batches(draw.key)] }),
  softmax: (draw) => call(draw.tensor(2, 3), { axis: -2 }),
  softmaxBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), {}),
  squaredError: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { reduction: "none" }),
  squaredErrorBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), draw.tensor(), {}),
  startTraining: (draw) => call(fullyConnected({ inputs: 3, outputs: 2 }), draw.key),
  train: (draw) => {
    const layer = fullyConnected({ inputs: 3, outputs: 2 });
    const rule = gradientDescentRule({ rate: 0.01 });
    const batches = shuffledBatches({ input: draw.tensor(5, 3), target: draw.tensor(5, 2) }, 2);
    return call(startTraining(layer, draw.key), { layer, loss: lossFunction(squaredError, squaredErrorBackward), rule, batches, epochs: 2 });
  },
};

const filters = (draw: Draw): { kernel: Tensor; bias: Tensor } => ({ kernel: draw.tensor(4, 1, 2, 3), bias: draw.tensor(4) });
const sliding = { stride: [1, 2], padding: [[1, 0], 1], dilation: 1 };
const lifting = { stride: [1, 2], padding: [[1, 0], 1], outputPadding: [0, 1], groups: 2 };
const pooling = { window: [2, 3], stride: 1, padding: [[0, 1], 1] };

const adaptive = { outputSize: [3, 2] };

const cnnChapter: Chapter = {
  AdaptiveAveragePooling: (draw) => ({ args: [adaptive], input: draw.tensor(2, 3, 4, 5) }),
  AdaptiveMaxPooling: (draw) => ({ args: [adaptive], input: draw.tensor(2, 3, 4, 5) }),
  GlobalAveragePooling: (draw) => ({ input: draw.tensor(2, 3, 4, 5) }),
  GlobalMaxPooling: (draw) => ({ input: draw.tensor(2, 3, 4, 5) }),
  LpPooling: (draw) => ({ args: [{ ...pooling, power: 3 }], input: draw.tensor(2, 3, 4, 5) }),
  adaptiveAveragePooling: (draw) => call(draw.tensor(2, 3, 4, 5), adaptive),
  adaptiveAveragePoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 3, 2), adaptive),
  adaptiveMaxPooling: (draw) => call(draw.tensor(2, 3, 4, 5), adaptive),
  adaptiveMaxPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 3, 2), adaptive),
  adaptiveMaxPoolingWithIndices: (draw) => call(draw.tensor(2, 3, 4, 5), adaptive),
  globalAveragePooling: (draw) => call(draw.tensor(2, 3, 4, 5)),
  globalAveragePoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 1, 1)),
  globalMaxPooling: (draw) => call(draw.tensor(2, 3, 4, 5)),
  globalMaxPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 1, 1)),
  lpPooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  lpPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  AveragePooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  Convolution: (draw) => ({ args: [{ inputChannels: 2, outputChannels: 4, window: [2, 3], ...sliding, groups: 2 }], input: draw.tensor(2, 2, 4, 5) }),
  MaxPooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  MinPooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  Pad: (draw) => ({ args: [{ padding: [[0, 2], 1], mode: "reflect" }], input: draw.tensor(2, 3, 4, 5) }),
  TransposedConvolution: (draw) => ({ args: [{ inputChannels: 4, outputChannels: 2, window: [2, 3], ...lifting }], input: draw.tensor(2, 4, 3, 2) }),
  Unravel: (draw) => ({ input: draw.tensor(2, 3, 4) }),
  averagePooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  averagePoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  boxBlur: () => call([3, 2]),
  convolution: (draw) => call(filters(draw), draw.tensor(2, 2, 4, 5), { ...sliding, groups: 2 }),
  convolutionBackward: (draw) => {
    const [params, input, options] = [filters(draw), draw.tensor(2, 2, 4, 5), { stride: [1, 2], padding: [[1, 0], 1], groups: 2 } as const];
    return call(params, input, draw.tensor(...convolution(params, input, options).shape), options);
  },
  convolutionCost: () => call({ inputChannels: 4, outputChannels: 6, window: [3, 2], stride: [1, 2], padding: [[1, 0], 1], groups: 2 }, [4, 7, 8]),
  edgeDetection: () => call(8),
  emboss: () => call(),
  flip: (draw) => call(draw.tensor(2, 3, 2, 2)),
  fullyConnectedCost: () => call({ inputs: 3, outputs: 2 }),
  gaussianBlur: () => call([3, 5], 0.8),
  identityFilter: () => call([3, 5]),
  laplacian: () => call(4),
  maxPooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  maxPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  maxPoolingWithIndices: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  minPooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  minPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  minPoolingWithIndices: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  parameterCount: (draw) => call({ conv: { kernel: draw.tensor(2, 3), bias: draw.tensor(2) }, rest: [draw.tensor(3)] }),
  perChannel: (draw) => call(draw.tensor(2, 3), 4),
  poolingCost: () => call(pooling, [3, 4, 5]),
  prewitt: () => call("x"),
  receptiveCells: () => call([7, 8], [{ window: [3, 2], stride: 1, dilation: [2, 1] }, { window: 2, stride: [2, 1], padding: [[1, 0], 1] }], [1, 2]),
  receptiveField: () => call([7, 8], [{ window: [3, 2], stride: 1, dilation: [2, 1] }, { window: 2, stride: [2, 1], padding: [[1, 0], 1] }]),
  sharpen: () => call(8),
  sobel: () => call("y"),
  templateScore: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  templateScores: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(3, 2, 3), { stride: [1, 2], padding: [[1, 0], 1], normalized: true }),
  translate: (draw) => call(draw.tensor(2, 3, 4, 5), [1, -2]),
  pad: (draw) => call(draw.tensor(2, 3, 4, 5), { padding: [[0, 2], 1], mode: "constant", value: 0.1 }),
  padBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 6, 7), { padding: [[0, 2], 1], mode: "circular" }),
  transposedConvolution: (draw) => call({ kernel: draw.tensor(4, 1, 2, 3), bias: draw.tensor(2) }, draw.tensor(2, 4, 3, 2), lifting),
  transposedConvolutionBackward: (draw) =>
    call({ kernel: draw.tensor(4, 1, 2, 3), bias: draw.tensor(2) }, draw.tensor(2, 4, 3, 2), draw.tensor(2, 2, 3, 4), lifting),
  unravel: (draw) => call(draw.tensor(2, 3, 4)),
  unravelBackward: (draw) => call(draw.tensor(2, 3, 4), draw.tensor(2, 12)),
};

const products = (draw: Draw): Record<string, Tensor> => ({ left: draw.tensor(2, 3), right: draw.tensor(3, 4) });

const copying = (input: { readonly shape: readonly number[]; readonly data: Float32Array }): unknown =>
  ({ outputs: { output: { shape: input.shape, data: input.data.slice() } } });

const candidate = {
  name: "copy", precision: "float32", operations: ["relu"],
  run: async ({ inputs }: { inputs: { input: { shape: number[]; values: number[] } } }) =>
    copying({ shape: inputs.input.shape, data: Float32Array.from(inputs.input.values) }),
};

const verdict = {
  candidate: { name: "copy", precision: "float32" }, seed: 1, seconds: 0.5, agrees: true, unknown: [],
  operations: [{ operation: "relu", verdict: "agrees", tiers: [], failures: [] }],
};

const oracleChapter: Chapter = {
  answerLine: () => call('{"command":"run","id":1,"operation":"relu","inputs":{"input":{"shape":[2],"values":[-1,2]}}}'),
  catalog: () => ({}),
  compare: (draw) => call({ shape: [2], data: new Float32Array([1, 2]) }, draw.tensor(2), draw.tensor(2)),
  declaredPrecision: () => call("mine", { precision: "float32", storage: "bfloat16", subnormals: "flushed" }),
  encodeRequest: (draw) => call({ id: 1, operation: "matrixProduct", inputs: products(draw), options: {}, cotangents: { output: draw.tensor(2, 4) } }),
  expectAgrees: (draw) => {
    const inputs = products(draw);
    return call({ shape: [2, 4], data: Float32Array.from(matrixProduct(inputs["left"]!, inputs["right"]!).values) }, "matrixProduct", inputs);
  },
  findOperation: () => call("convolution"),
  gamma: () => call(3, 2 ** -24),
  moduleCandidate: (draw) => {
    const request = { id: 1, operation: "relu", inputs: { input: draw.tensor(3) }, options: {} };
    return {
      args: [{ name: "copy", operations: { relu: ({ input }: { input: Parameters<typeof copying>[0] }) => copying(input) } }],
      then: ({ run }: { run: (request: unknown) => unknown }) => run(request),
    };
  },
  precisions: () => ({}),
  protocolVersion: () => ({}),
  report: () => call(verdict, {}),
  reportJson: () => call(verdict),
  explainReport: () => call(verdict),
  readReport: () => call(verdict),
  reportJunit: () => call(verdict),
  readAllowances: () => call([{ operation: "relu", where: "output", reason: "known" }]),
  withAllowances: () => call(verdict, [{ operation: "relu", where: "output", reason: "known" }]),
  reference: (draw) => call("matrixProduct", products(draw), {}, { output: draw.tensor(2, 4) }),
  vectorsOf: () => call("relu"),
  vectorsText: () => call({ ...vectorsOf("relu"), vectors: [] }),
  verify: () => ({ args: [candidate, { operations: ["relu"], cases: 10 }], lasting: ({ seconds: _, ...verdict }: { seconds: number }) => verdict }),
};

const sampled = (...args: readonly unknown[]): Trial =>
  ({ args, then: (cases: fc.Arbitrary<unknown>) => fc.sample(cases, { seed: 1, numRuns: 2 }), lasting: () => undefined });

const arbitrariesChapter: Chapter = {
  cases: () => sampled("convolution", { tier: "structure" }),
  casesLater: () => sampled("convolution", { tier: "structure" }),
};

/** A cell whose state and output are the sum of its inputs so far; it has a parameter of which it makes no use. */
const summing: Cell<{ readonly factor: Tensor }, Tensor, Tensor, Tensor> = {
  init: () => ({ factor: generate([], () => 1) }),
  zeroState: (samples) => generate([samples, 3], () => 0),
  apply: (_, [state, input]) => {
    const total = add(state, input);
    return [[total, total], ([dState, dOutput]) => [{ factor: generate([], () => 0) }, [add(dState, dOutput), add(dState, dOutput)]]];
  },
};

/** The weights of a gate from three inputs to two units. */
const gateWeights = (draw: Draw): { wx: Tensor; wh: Tensor; bias: Tensor } => ({ wx: draw.tensor(3, 2), wh: draw.tensor(2, 2), bias: draw.tensor(2) });
const seeingGate = (draw: Draw): ReturnType<typeof gateWeights> & { peephole: Tensor } => ({ ...gateWeights(draw), peephole: draw.tensor(2) });
const gruArgs = (draw: Draw): readonly unknown[] => [
  { reset: gateWeights(draw), update: gateWeights(draw), candidate: { ...gateWeights(draw), recurrentBias: draw.tensor(2) } },
  { h: draw.tensor(4, 2) }, draw.tensor(4, 3),
];
const lstmArgs = (draw: Draw): readonly unknown[] => [
  { input: seeingGate(draw), forget: seeingGate(draw), candidate: gateWeights(draw), output: seeingGate(draw) },
  { h: draw.tensor(4, 2), c: draw.tensor(4, 2) }, draw.tensor(4, 3),
];

const rnnChapter: Chapter = {
  Gru: (draw) => ({ args: [{ inputs: 3, units: 2, resetAfter: true, clip: 0.5 }], input: [{ h: draw.tensor(4, 2) }, draw.tensor(4, 3)] }),
  Lstm: (draw) => ({ args: [{ inputs: 3, units: 2, clip: 0.5 }], input: [{ h: draw.tensor(4, 2), c: draw.tensor(4, 2) }, draw.tensor(4, 3)] }),
  SimpleRnn: (draw) => ({ args: [{ inputs: 3, units: 2, activation: "identity" }], input: [{ h: draw.tensor(4, 2) }, draw.tensor(4, 3)] }),
  gruStep: (draw) => call(...gruArgs(draw), { resetAfter: true }),
  gruStepBackward: (draw) => call(...gruArgs(draw), { h: draw.tensor(4, 2) }, { resetAfter: true }),
  lstmStep: (draw) => call(...lstmArgs(draw), { clip: 0.5 }),
  lstmStepBackward: (draw) => call(...lstmArgs(draw), { h: draw.tensor(4, 2), c: draw.tensor(4, 2) }, { clip: 0.5 }),
  simpleRnnStep: (draw) => call(gateWeights(draw), { h: draw.tensor(4, 2) }, draw.tensor(4, 3), { activation: "identity" }),
  simpleRnnStepBackward: (draw) => call(gateWeights(draw), { h: draw.tensor(4, 2) }, draw.tensor(4, 3), { h: draw.tensor(4, 2) }, { activation: "identity" }),
  fromKeras: (draw) => call("gru", { kernel: draw.tensor(3, 6), recurrent_kernel: draw.tensor(2, 6), bias: draw.tensor(2, 6) }),
  fromOnnx: (draw) => call("lstm", { W: draw.tensor(2, 8, 3), R: draw.tensor(2, 8, 2), B: draw.tensor(2, 16), P: draw.tensor(2, 6) }, { coupled: true }),
  fromPyTorch: (draw) => call("lstm", {
    weight_ih_l0: draw.tensor(8, 3), weight_hh_l0: draw.tensor(8, 2), bias_ih_l0: draw.tensor(8), bias_hh_l0: draw.tensor(8),
  }),
  fromTensorFlow1: (draw) => call("lstm", {
    kernel: draw.tensor(5, 8), bias: draw.tensor(8), w_i_diag: draw.tensor(2), w_f_diag: draw.tensor(2), w_o_diag: draw.tensor(2),
  }, { forgetBias: 0.5 }),
  toKeras: (draw) => call("gru", gruArgs(draw)[0], { resetAfter: true }),
  toOnnx: (draw) => call("lstm", [lstmArgs(draw)[0], lstmArgs(draw)[0]]),
  toPyTorch: (draw) => call("gru", gruArgs(draw)[0], { suffix: "_l1" }),
  toTensorFlow1: (draw) => call("lstm", lstmArgs(draw)[0], { forgetBias: 0.5 }),
  bidirectional: (draw) => ({
    args: [scan(summing), scan(summing), { merge: "average" }],
    input: [{ forward: draw.tensor(2, 3), backward: draw.tensor(2, 3) }, [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])],
  }),
  reverse: (draw) => ({ args: [scan(summing)], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([1, 2])] }),
  reverseSteps: (draw) => call([draw.tensor(2, 3), draw.tensor(2, 3)], tensor([1, 2])),
  scan: (draw) => ({ args: [summing], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([1, 0])] }),
  stacked: (draw) => ({
    args: [[scan(summing), scan(summing)], { dropout: 0.5 }], input: [[draw.tensor(2, 3), draw.tensor(2, 3)], [draw.tensor(2, 3), draw.tensor(2, 3)]],
  }),
  encoderDecoder: (draw) => ({
    args: [scan(summing), scan(summing)],
    input: { encoder: [[draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])], decoder: [[draw.tensor(2, 3)], tensor([1, 0])] },
  }),
  everyStep: (draw) => ({ args: [scan(summing), relu], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])] }),
  everyStepLoss: (draw) => {
    const [predictions, targets] = [[draw.tensor(2, 3)], [draw.tensor(2, 3)]];
    return { args: [lossFunction(squaredError, squaredErrorBackward)], then: (loss: Loss<readonly Tensor[], readonly Tensor[]>) => loss(predictions, targets)[0] };
  },
  fromZeros: (draw) => ({ args: [scan(summing)], input: [[draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])] }),
  gradientFlow: (draw) => call(simpleRnn({ inputs: 3, units: 2 }), gateWeights(draw), { h: draw.tensor(1, 2) }, [draw.tensor(1, 3)]),
  greedyDecode: (draw) => call(scan(summing), { factor: tensor(1) }, draw.tensor(2, 3), { classes: 3, start: 1, end: 2, steps: 4 }),
  gruCost: () => call({ inputs: 3, units: 2, resetAfter: true }),
  hiddenState: (draw) => call([{ forward: { h: draw.tensor(2, 3) }, backward: draw.tensor(2, 1) }]),
  historyCost: () => call({ inputs: 3, units: 2, steps: 4 }),
  lastStep: (draw) => ({ args: [scan(summing), relu], input: [[draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])] }),
  lstmCost: () => call({ inputs: 3, units: 2, coupled: true }),
  residualCell: (draw) => ({ args: [simpleRnn({ inputs: 3, units: 2 })], input: [{ h: draw.tensor(4, 2) }, draw.tensor(4, 3)] }),
  residualSequence: (draw) => ({ args: [scan(summing)], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])] }),
  simpleRnnCost: () => call({ inputs: 3, units: 2 }),
  zeroState: () => call(simpleRnn({ inputs: 3, units: 2 }), 4),
  truncated: (draw) => ({ args: [scan(summing), 1], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)], tensor([2, 1])] }),
};

/** By the name of the entry point. */
export const trials: Readonly<Record<string, Chapter>> = {
  tensor: tensorChapter, learning: learningChapter, cnn: cnnChapter, rnn: rnnChapter, oracle: oracleChapter, arbitraries: arbitrariesChapter,
};
