/**
 * Typical arguments for every function that the package exports, by chapter and name. `immutability.spec.ts` fails where an export has
 * no entry here, or an entry no export.
 */
import fc from "fast-check";
import { convolution } from "../../src/cnn/convolution.ts";
import { Relu as relu } from "../../src/learning/activation.ts";
import { FullyConnected as fullyConnected } from "../../src/learning/fully-connected.ts";
import { matrixProduct } from "../../src/tensor/matrix-product.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { add, generate, map } from "../../src/tensor/tensor.ts";
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

const learningChapter: Chapter = {
  FullyConnected: (draw) => ({ args: [{ inputs: 3, outputs: 2 }], input: draw.tensor(4, 3) }),
  Relu: (draw) => ({ input: draw.tensor(4, 3) }),
  both: (draw) => ({ args: [relu, fullyConnected({ inputs: 3, outputs: 2 })], input: draw.tensor(4, 3) }),
  chain: (draw) => ({ args: [fullyConnected({ inputs: 3, outputs: 2 }), relu], input: draw.tensor(4, 3) }),
  checkGradient: (draw) => call((x: Tensor) => map(x, (value) => value * value), (x: Tensor, dy: Tensor) => generate(x.shape, (i) => 2 * x.values[i]! * dy.values[i]!),
    draw.tensor(3), { key: draw.key, atMost: 2 }),
  crossEntropy: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), { weight: map(draw.tensor(3), Math.abs), labelSmoothing: 0.1 }),
  crossEntropyBackward: (draw) => call(draw.tensor(4, 3), draw.classes(3, 4), draw.tensor(4), { reduction: "none" }),
  fansOf: () => call([2, 3, 4]),
  fullyConnected: (draw) => call(weights(draw), draw.tensor(4, 3)),
  fullyConnectedBackward: (draw) => call(weights(draw), draw.tensor(4, 3), draw.tensor(4, 2)),
  glorotUniform: (draw) => call(draw.key, [2, 3], { fanIn: 3, fanOut: 2 }),
  gradientDescent: (draw) => call({ a: draw.tensor(2), b: [draw.tensor(3)] }, { a: draw.tensor(2), b: [draw.tensor(3)] }, { rate: 0.1, weightDecay: 0.01 }),
  heUniform: (draw) => call(draw.key, [2, 3], { fanIn: 3 }),
  logSoftmax: (draw) => call(draw.tensor(2, 3), { axis: 0 }),
  logSoftmaxBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), {}),
  model: (draw) => ({ args: [["hidden", fullyConnected({ inputs: 3, outputs: 2 })], relu], input: draw.tensor(4, 3) }),
  parameterless: (draw) => ({ args: [(x: Tensor) => x, (_x: Tensor, dy: Tensor) => dy], input: draw.tensor(3) }),
  relu: (draw) => call(draw.tensor(2, 3)),
  reluBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3)),
  residual: (draw) => ({ args: [fullyConnected({ inputs: 3, outputs: 3 })], input: draw.tensor(4, 3) }),
  softmax: (draw) => call(draw.tensor(2, 3), { axis: -2 }),
  softmaxBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), {}),
  squaredError: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), { reduction: "none" }),
  squaredErrorBackward: (draw) => call(draw.tensor(2, 3), draw.tensor(2, 3), draw.tensor(), {}),
};

const filters = (draw: Draw): { kernel: Tensor; bias: Tensor } => ({ kernel: draw.tensor(4, 1, 2, 3), bias: draw.tensor(4) });
const sliding = { stride: [1, 2], padding: [[1, 0], 1], dilation: 1 };
const pooling = { window: [2, 3], stride: 1, padding: [[0, 1], 1] };

const cnnChapter: Chapter = {
  AveragePooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  Convolution: (draw) => ({ args: [{ inputChannels: 2, outputChannels: 4, window: [2, 3], ...sliding, groups: 2 }], input: draw.tensor(2, 2, 4, 5) }),
  MaxPooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  MinPooling: (draw) => ({ args: [pooling], input: draw.tensor(2, 3, 4, 5) }),
  Unravel: (draw) => ({ input: draw.tensor(2, 3, 4) }),
  averagePooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  averagePoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  convolution: (draw) => call(filters(draw), draw.tensor(2, 2, 4, 5), { ...sliding, groups: 2 }),
  convolutionBackward: (draw) => {
    const [params, input, options] = [filters(draw), draw.tensor(2, 2, 4, 5), { stride: [1, 2], padding: [[1, 0], 1], groups: 2 } as const];
    return call(params, input, draw.tensor(...convolution(params, input, options).shape), options);
  },
  flip: (draw) => call(draw.tensor(2, 3, 2, 2)),
  maxPooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  maxPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  maxPoolingWithIndices: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  minPooling: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
  minPoolingBackward: (draw) => call(draw.tensor(2, 3, 4, 5), draw.tensor(2, 3, 4, 5), pooling),
  minPoolingWithIndices: (draw) => call(draw.tensor(2, 3, 4, 5), pooling),
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
  reference: (draw) => call("matrixProduct", products(draw), {}, { output: draw.tensor(2, 4) }),
  verify: () => ({ args: [candidate, { operations: ["relu"], cases: 10 }], lasting: ({ seconds: _, ...verdict }: { seconds: number }) => verdict }),
};

const sampled = (...args: readonly unknown[]): Trial =>
  ({ args, then: (cases: fc.Arbitrary<unknown>) => fc.sample(cases, { seed: 1, numRuns: 2 }), lasting: () => undefined });

const arbitrariesChapter: Chapter = {
  cases: () => sampled("convolution", { tier: "structure" }),
};

/** A cell whose state and output are the sum of its inputs so far; it has a parameter of which it makes no use. */
const summing = {
  init: (): { factor: Tensor } => ({ factor: generate([], () => 1) }),
  apply: (_: unknown, [state, input]: readonly [Tensor, Tensor]): unknown => {
    const total = add(state, input);
    return [[total, total], ([dState, dOutput]: readonly [Tensor, Tensor]) => [{ factor: generate([], () => 0) }, [add(dState, dOutput), add(dState, dOutput)]]];
  },
};

const rnnChapter: Chapter = {
  scan: (draw) => ({ args: [summing], input: [draw.tensor(2, 3), [draw.tensor(2, 3), draw.tensor(2, 3)]] }),
};

/** By the name of the entry point. */
export const trials: Readonly<Record<string, Chapter>> = {
  tensor: tensorChapter, learning: learningChapter, cnn: cnnChapter, rnn: rnnChapter, oracle: oracleChapter, arbitraries: arbitrariesChapter,
};
