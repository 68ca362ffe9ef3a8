/** Honest float32 algorithms for every operation of the catalog, by name. */
import { catalog } from "../../../src/oracle/catalog/index.ts";
import type { CandidateFunction } from "../../../src/oracle/module-candidate.ts";
import type { Tensors } from "../../../src/oracle/catalog/operation.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { Tensor } from "../../../src/tensor/tensor.ts";
import type { Code, Machine } from "../catalog/machine.ts";
import { recurrentAnswer } from "../catalog/recurrent-machine.ts";
import type { Style } from "../catalog/recurrent-machine.ts";
import { loadKernels, orders } from "../kernels.ts";
import type { Summation } from "../kernels.ts";
import { mapNames } from "../support.ts";
import { activationCodes } from "./activations.ts";
import { libraries } from "./library.ts";
import { normClippings, ruleOf, ruleSteps, valueClippings } from "./rules.ts";
import { adaptiveMeans, dividing, dropouts, extremes, lpPooling, normForms, padding } from "./windows.ts";

type Algorithms = Readonly<Record<string, CandidateFunction>>;

/** One activation as a candidate's function: what it returns is rounded where it is stored. */
const activationOf = (code: Code, machine: Machine): CandidateFunction => ({ input }, options, cotangents) => {
  const { value, slope } = code(machine, options as never);
  const { shape, data } = input!;
  return {
    outputs: { output: { shape, data: Float32Array.from(data, value) } },
    ...(cotangents && { gradients: { input: { shape, data: Float32Array.from(cotangents["output"]!.data, (d, i) => machine.fl(slope(data[i]!)) * d) } } }),
  };
};

/** What has no library in it is written for float32 and for doubles alone. */
const withoutLibrary = ["relu", "leakyRelu", "softsign", "hardSigmoid"];

/** Expm1 is -1 at the far end, and its error counts twice in tanh: three units there would be six. */
const isHonest = (name: string, form: string, library: string): boolean =>
  withoutLibrary.includes(name) ? library === "a library rounded once" || library === "doubles inside"
    : !(name === "tanh" && form.startsWith("expm1") && library.includes("three units"));

const activations = (name: string): Algorithms => Object.fromEntries(Object.entries(activationCodes[name]!).flatMap(([form, code]) =>
  Object.entries(libraries).filter(([library]) => isHonest(name, form, library))
    .map(([library, machine]) => [`${form}, ${library}`, activationOf(code, machine)])));

const eachOrder = (algorithm: (sum: Summation, order: string) => CandidateFunction): Algorithms =>
  Object.fromEntries(Object.entries(orders).map(([order, sum]) => [order, algorithm(sum, order)]));

/** The styles of recurrent code, one for each order of sums. */
const styles: readonly Omit<Style, "sum">[] = [
  { product: "fused", sigmoid: "quotient", sigmoidSlope: "y(1 - y)", tanhSlope: "1 - y²", mixture: 0, gradients: "long", off: 0 },
  { product: "separate", sigmoid: "powers", sigmoidSlope: "y - y²", tanhSlope: "(1 - y)(1 + y)", mixture: 1, gradients: "by steps", off: 3 },
  { product: "two biases", sigmoid: "tanh", sigmoidSlope: "from a", tanhSlope: "1 - y²", mixture: 1, gradients: "long", off: -3 },
];

const recurrent = (operation: string): Algorithms => eachOrder((sum, order) => (inputs, options, cotangents) => {
  const tensors = (all: typeof inputs): Tensors => mapNames(all, ({ shape, data }) => new Tensor(shape, Array.from(data)));
  const style = { ...styles[Object.keys(orders).indexOf(order) % styles.length]!, sum };
  const one = { operation, tier: "rounding", features: [], options, inputs: tensors(inputs), ...(cotangents && { cotangents: tensors(cotangents) }) } as const;
  const { outputs, gradients } = recurrentAnswer(one, precisions.float32, style);
  const { lengths: _, ...differentiable } = inputs;
  const [T, N] = inputs["input"]!.shape as readonly [number, number, number];
  const H = Object.entries(inputs).find(([name]) => name.endsWith("wh"))![1].shape[1]!;
  const width = options["direction"] === "bidirectional" && options["merge"] === "concat" ? 2 * H : H;
  return {
    outputs: mapNames(outputs, (values, name) => ({ shape: name === "output" ? [T, N, width] : [N, H], data: Float32Array.from(values) })),
    ...(cotangents && { gradients: mapNames(differentiable, ({ shape }, name) => ({ shape, data: Float32Array.from(gradients[name] ?? []) })) }),
  };
});

/** Runs a function with another library under `Math`. */
const withLibrary = (run: CandidateFunction, { exp, expm1, log, log1p, tanh }: Machine): CandidateFunction => (...given) => {
  const usual = { exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, tanh: Math.tanh };
  Object.assign(Math, { exp, expm1, log, log1p, tanh });
  try {
    return run(...given);
  } finally {
    Object.assign(Math, usual);
  }
};

/** Operations whose kernels sum and use a library, too. */
const withBoth = ["softmax", "logSoftmax", "crossEntropy", "binaryCrossEntropy", "binaryCrossEntropyWithLogits", "simpleRnn", "lstm", "gru"];

/** The kernels of the im2col candidate with sums in every order, and where they use a library, with each of them. */
async function summed(name: string): Promise<Algorithms> {
  const kernels = await kernelsOnce();
  return {
    ...eachOrder((sum) => kernels({ sum })[name]!),
    ...(name === "averagePooling" ? { "a reciprocal": kernels({ sum: orders["sequential"]!, reciprocal: true })[name]! } : {}),
    ...(withBoth.includes(name) ? Object.fromEntries(Object.entries(libraries).slice(1, -1).map(([library, machine]) =>
      [library, withLibrary(kernels({ sum: orders["sequential"]! })[name]!, machine)])) : {}),
  };
}

const kernelsOnce = (() => {
  let loaded: ReturnType<typeof loadKernels> | undefined;
  return () => (loaded ??= loadKernels());
})();

const named = (prefix: string, algorithms: Algorithms): Algorithms =>
  Object.fromEntries(Object.entries(algorithms).map(([name, run]) => [`${prefix}: ${name}`, run]));

const together = (several: readonly Algorithms[]): Algorithms => Object.fromEntries(several.flatMap((each) => Object.entries(each)));

const alone: Readonly<Record<string, () => Algorithms>> = {
  ...mapNames(activationCodes, (_, name) => () => activations(name)),
  ...mapNames(ruleSteps, (steps) => () => mapNames(steps, ruleOf)),
  clipByValue: () => valueClippings,
  clipByGlobalNorm: () => together(Object.entries(orders).map(([order, sum]) => named(order, normClippings(sum)))),
  dropout: () => dropouts,
  pad: () => eachOrder(padding),
  ...mapNames(extremes, (pooling) => () => eachOrder(pooling)),
  adaptiveAveragePooling: () => together(Object.entries(dividing).map(([name, divide]) => named(name, eachOrder((sum) => adaptiveMeans(sum, divide))))),
  lpPooling: () => together(Object.entries(normForms).map(([name, form], i) =>
    named(name, eachOrder((sum) => lpPooling(sum, form, Object.values(libraries)[i]!))))),
};

const recurrentCells = ["simpleRnn", "lstm", "gru"];

/** The algorithms of an operation. */
export const algorithmsOf = async (operation: string): Promise<Algorithms> =>
  (alone[operation]?.() ?? { ...(await summed(operation)), ...(recurrentCells.includes(operation) ? named("another cell", recurrent(operation)) : {}) });

/** The names of all operations. */
export const operations: readonly string[] = catalog.map(({ name }) => name);
