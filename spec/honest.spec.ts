/** No false alarm: honest float32 candidates, put through whole verifications. */
import { describe, expect, it } from "vitest";
import { catalog } from "../src/oracle/catalog/index.ts";
import { moduleCandidate } from "../src/oracle/module-candidate.ts";
import type { CandidateFunction, CandidateModule } from "../src/oracle/module-candidate.ts";
import type { Candidate } from "../src/oracle/protocol.ts";
import { verify } from "../src/oracle/verify.ts";
import { everything } from "./support/runs.ts";
import { loadKernels, orders } from "./oracle/kernels.ts";
import { referenceCandidate } from "./oracle/support.ts";

const kernels = await loadKernels();
const isFull = everything;
const { exp, expm1, fround, log1p, max, tanh } = Math;

/** Operations whose kernels sum: they have an order. All others have one of the groupings below, or one way only. */
const summing = [
  "convolution", "transposedConvolution", "averagePooling", "fullyConnected", "matrixProduct", "softmax", "logSoftmax",
  "squaredError", "absoluteError", "huber", "crossEntropy", "negativeLogLikelihood", "binaryCrossEntropy", "binaryCrossEntropyWithLogits",
  "simpleRnn", "lstm", "gru",
];

const pointwise = (value: (x: number) => number): CandidateFunction => ({ input }) =>
  ({ outputs: { output: { shape: input!.shape, data: Float32Array.from(input!.data, value) } } });

const sigmoids: Readonly<Record<string, (x: number) => number>> = {
  "one exponential": (x) => fround(1 / fround(1 + fround(exp(-x)))),
  "by sign": (x) => (x >= 0 ? fround(1 / fround(1 + fround(exp(-x)))) : fround(fround(exp(x)) / fround(1 + fround(exp(x))))),
  "double inside": (x) => fround(1 / (1 + exp(-x))),
};

/** Other honest ways to write a function of one number. */
const forms: readonly (readonly [name: string, operations: CandidateModule["operations"]])[] = [
  ...Object.entries(sigmoids).map(([name, sigmoid]) => [`sigmoid with ${name}`, { sigmoid: pointwise(sigmoid), silu: pointwise((x) => x * sigmoid(x)) }] as const),
  ["silu as a quotient", { silu: pointwise((x) => x / fround(1 + fround(exp(-x)))) }],
  ["tanh by expm1", { tanh: pointwise((x) => {
    const power = fround(expm1(-2 * Math.abs(x)));
    return Math.sign(x) * fround(-power / fround(power + 2));
  }) }],
  ["softplus by log1p", { softplus: pointwise((x) => fround(max(x, 0) + fround(log1p(fround(exp(-Math.abs(x))))))) }],
  ["softplus in doubles", { softplus: pointwise((x) => max(x, 0) + log1p(exp(-Math.abs(x)))) }],
  ["softsign as a share", { softsign: pointwise((x) => fround(x * fround(1 / fround(1 + Math.abs(x))))) }],
  ["tanh in doubles", { tanh: pointwise(tanh) }],
];

const algorithms: readonly (readonly [name: string, candidate: Candidate])[] = [
  ...Object.entries(orders).map(([name, sum]) => [name, moduleCandidate({ name, operations: kernels({ sum }) })] as const),
  ["reciprocal averages", moduleCandidate({ name: "reciprocal", operations: kernels({ sum: orders["sequential"]!, reciprocal: true }) })],
];

let verified = 0;

async function expectNoAlarm(candidate: Candidate, operations: readonly string[], seeds: number, cases: number): Promise<void> {
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await verify(candidate, { operations: operations.filter((name) => candidate.operations.includes(name)), tiers: ["structure", "rounding"], cases, seed });
    const alarms = verdict.operations.flatMap(({ failures }) => failures.map(({ operation, fault }) => `${operation} ${fault.where}: ${fault.message} (seed ${seed})`));
    expect(alarms, candidate.name).toEqual([]);
    verified += verdict.operations.reduce((sum, { tiers }) => sum + tiers.reduce((all, tier) => all + tier.cases, 0), 0);
  }
}

describe("an honest candidate raises no alarm", () => {
  const [seeds, cases] = isFull ? [20, 3] : [1, 2];
  const some = isFull ? summing : ["averagePooling", "softmax"];

  it.each(isFull ? algorithms : algorithms.slice(-2))("that sums: %s", { timeout: 1_800_000 }, async (_, candidate) => {
    await expectNoAlarm(candidate, some, seeds, cases);
  });

  it.each(forms)("that writes its function so: %s", { timeout: 600_000 }, async (name, operations) => {
    await expectNoAlarm(moduleCandidate({ name, operations }), Object.keys(operations), seeds, cases);
  });

  it("that computes every operation in doubles, and one that rounds every step", { timeout: 1_800_000 }, async () => {
    const all = isFull ? catalog.map(({ name }) => name) : ["relu", "pad", "adam"];
    await expectNoAlarm(referenceCandidate(), all, seeds, cases);
    await expectNoAlarm(algorithms[0]![1], all, seeds, cases);
    expect(Object.keys(orders).length).toBeGreaterThanOrEqual(9);
    if (isFull) console.log(`${verified} cases without a false alarm`);
  });
});
