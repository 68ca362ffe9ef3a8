/** What the specifications of the oracle share: cases drawn without shrinking, the twins' answers, and sums as honest float32 code makes them. */
import fc from "fast-check";
import { casesLater } from "../../src/oracle/arbitraries.ts";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import type { Operation, Tensors } from "../../src/oracle/catalog/operation.ts";
import type { Tier } from "../../src/oracle/lattice.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Precision } from "../../src/oracle/precision.ts";
import type { Candidate, Reply } from "../../src/oracle/protocol.ts";
import { raw, widen } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { definitions, flatten, nest, numbers, shapeOf } from "../definitions/index.ts";
import type { Definition, Inputs, Nested } from "../definitions/index.ts";

/** Cases as a verification draws them. */
export const drawn = (operation: string, tier: Tier, count: number, seed = 7, precision: Precision = precisions.float32): readonly Case[] =>
  fc.sample(casesLater(operation, { tier, precision }), { numRuns: count, seed }).map((make) => make());

export const tiersOf = ({ exact }: Operation): readonly Tier[] => (exact ? ["structure", "rounding"] : ["rounding"]);

export const nested = (tensor: Tensor): Nested<number> => nest(Array.from(raw(tensor)), tensor.shape);

export const nestedAll = (tensors: Tensors): Inputs<number> => mapNames(tensors, nested);

export const mapNames = <T, R>(record: Readonly<Record<string, T>>, f: (value: T, name: string) => R): Readonly<Record<string, R>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));

/** The same tensors over double storage. */
export const wideAll = (tensors: Tensors): Tensors => mapNames(tensors, widen);

export const definitionOf = (operation: string): Definition => definitions[operation]!;

/** The twin's outputs of a case, as numbers by name. */
export const twinOutputs = ({ operation, inputs, options }: Case): Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>> =>
  mapNames(definitionOf(operation)(numbers, nestedAll(inputs), options), (output) => ({ shape: shapeOf(output), values: flatten(output) }));

/** How far numbers lie apart: |a − b| / max(1, |b|), the largest. */
export const distance = (actual: readonly number[], expected: readonly number[]): number => {
  if (actual.length !== expected.length) return Infinity;
  return actual.reduce((most, a, i) => Math.max(most, Object.is(a, expected[i]) ? 0 : Math.abs(a - expected[i]!) / Math.max(1, Math.abs(expected[i]!))), 0);
};

const add = (a: number, b: number): number => Math.fround(a + b);

/** Ways to sum that honest float32 code has; each gets exact products of float32 numbers. */
export const summations: Readonly<Record<string, (products: readonly number[]) => number>> = {
  sequential: (products) => products.reduce((sum, product) => add(sum, Math.fround(product)), 0),
  reversed: (products) => products.reduceRight((sum, product) => add(sum, Math.fround(product)), 0),
  pairwise: (products) => pairwise(products.map(Math.fround)),
  blocked: (products) => {
    const lanes = [0, 0, 0, 0];
    products.forEach((product, i) => {
      lanes[i % 4] = add(lanes[i % 4]!, Math.fround(product));
    });
    return lanes.reduce(add);
  },
  fused: (products) => products.reduce((sum, product) => add(sum, product), 0),
  "double inside": (products) => Math.fround(products.reduce((sum, product) => sum + product, 0)),
};

const pairwise = (terms: readonly number[]): number => {
  if (terms.length <= 1) return terms[0] ?? 0;
  const half = terms.length >> 1;
  return add(pairwise(terms.slice(0, half)), pairwise(terms.slice(half)));
};

/** The reference itself as a candidate, its answers rounded to float32 and changed as a test wants. */
export const referenceCandidate = (change: (reply: Required<Pick<Reply, "outputs" | "gradients">>, one: Case) => Reply = (reply) => reply, name = "copy"): Candidate => ({
  name, precision: "float32",
  operations: Object.keys(definitions).filter((each) => isKnown(each)),
  run: ({ operation: wanted, inputs, options, cotangents }) => {
    const operation = findOperation(wanted);
    const outputs = operation.forward(inputs, options);
    const gradients = cotangents === undefined || operation.backward === undefined ? {} : operation.backward(inputs, options, cotangents);
    const one: Case = { operation: wanted, tier: "structure", inputs, options, features: [], ...(cotangents && { cotangents }) };
    return change({ outputs: { ...outputs }, gradients: { ...gradients } }, one);
  },
});

const isKnown = (name: string): boolean => {
  try {
    return findOperation(name).name === name;
  } catch {
    return false;
  }
};

/** A module candidate of some operations. */
export const candidateOf = (operations: CandidateModule["operations"], name = "mine"): Candidate => moduleCandidate({ name, operations });
