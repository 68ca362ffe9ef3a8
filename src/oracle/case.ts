/**
 * A case: one request to a candidate, the whole numbers it was drawn from, and what the reference answers to it.
 *
 * @module
 */
import { show, wrongValue } from "../tensor/shape.ts";
import { adopt, raw, widen } from "../tensor/tensor.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { catalog } from "./catalog/index.ts";
import { mapNamed, slotOf } from "./catalog/operation.ts";
import type { Answers, Draft, Operation, Options, Tensors } from "./catalog/operation.ts";
import { isVacuous } from "./vacuity.ts";
import { nameHash, noise, noiseOf, numbersOf, placeHash, realNumber, sumsAreExact, tensorOf, wholeNumber } from "./lattice.ts";
import type { Numbers, Tier } from "./lattice.ts";
import { lawOf } from "./laws.ts";
import { classRadius } from "./normwise.ts";
import { isNormwise, precisions } from "./precision.ts";
import type { Precision } from "./precision.ts";
import { specialNumber } from "./special.ts";
import { fitting, mostOf, storedRadius } from "./storage.ts";
import { operationMeant } from "./words.ts";

/** The whole numbers from which a case is made; drawn and shrunk by fast-check. @internal */
export interface CaseNumbers {
  readonly fields: Readonly<Record<string, number>>;
  readonly axes: readonly Readonly<Record<string, number>>[];
  readonly regime: number;
  readonly seed: number;
}

/** One request to a candidate, valid by construction. */
export interface Case {
  readonly operation: string;
  readonly tier: Tier;
  readonly inputs: Tensors;
  /** Complete and explicit, as candidates receive them. */
  readonly options: Options;
  /** One per output through which gradients flow; absent where the operation has no gradient. */
  readonly cotangents?: Tensors;
  /** In the laws tier: the name of the law that it is to show. */
  readonly law?: string;
  /** What makes the case more than the smallest one: the names of the numbers that exceed their least value. */
  readonly features: readonly string[];
}

/** The reference's answer: true values in double, and for each the error that a correct candidate may show. */
export interface Reference {
  readonly expected: Answers<Tensor>;
  readonly radius: Answers<Tensor>;
}

/**
 * The catalog's entry of a name.
 *
 * @throws RangeError for a name that the catalog does not hold
 *
 * @example
 * ```ts
 * import { findOperation } from "etalon/oracle";
 * findOperation("convolution").outputs[0]?.name; // => "output"
 * findOperation("maxpool"); // throws RangeError: etalon: expected an operation of the catalog (did you mean maxPooling or adaptiveMaxPooling?)
 * ```
 */
export function findOperation(name: string): Operation {
  const operation = catalog.find((entry) => entry.name === name);
  if (operation === undefined) throw wrongValue("etalon", operationMeant(name, catalog.map((entry) => entry.name)), show(name));
  return operation;
}

/**
 * What the reference answers, and how far a candidate of the given precision may be from it.
 *
 * Runs over double storage, so that expected values carry no float32 rounding.
 *
 * @example
 * ```ts
 * import { reference } from "etalon/oracle";
 * import { tensor } from "etalon/tensor";
 * const inputs = { left: tensor([[1, 2]]), right: tensor([[3], [4]]) };
 * const { expected, radius } = reference("matrixProduct", inputs, {});
 * expected.outputs["output"]?.values; // => [11]
 * (radius.outputs["output"]?.values[0] ?? 1) < 2e-6; // => true
 * ```
 */
export function reference(
  name: string, inputs: Tensors, options: Options, cotangents?: Tensors, precision: Precision = precisions.float32,
): Reference {
  const operation = findOperation(name);
  const [wideInputs, wideCotangents] = [widenAll(inputs), cotangents && widenAll(cotangents)];
  const expected = {
    outputs: operation.forward(wideInputs, options),
    gradients: wideCotangents === undefined || operation.backward === undefined ? {} : operation.backward(wideInputs, options, wideCotangents),
  };
  return {
    expected,
    // Worked out only where it is asked for: whole numbers do without.
    get radius(): Answers<Tensor> {
      const summed = operation.radius(wideInputs, options, wideCotangents, precision);
      const asked = { inputs: wideInputs, options, cotangents: wideCotangents };
      return storedRadius(expected, classRadius(operation, asked, precision, summed), precision);
    },
  };
}

const widenAll = (tensors: Tensors): Tensors => mapNamed(tensors, widen);

/**
 * The case that some whole numbers describe: shapes and options from the catalog, values from seed, regime and tier.
 *
 * In the structure tier values shrink, and then grow rare, until every sum is proved exact for the precision's accumulator; under a normwise
 * declaration also, where that can be had, until every radius is below ½, so that no other whole number lies within it.
 *
 * @internal
 */
export function caseOf(operation: Operation, tier: Tier, numbers: CaseNumbers, precision: Precision = precisions.float32): Case {
  const law = tier === "laws" ? lawOf(operation, numbers.regime) : undefined;
  const kind = law === undefined ? numbersOf(tier, operation.exact) : operation.exact ? law.numbers : "rounding";
  const one = tellingCase(operation, (seed, regime) => drawnCase(operation, tier, kind, { ...numbers, seed, regime }, precision), kind, numbers);
  return law === undefined ? one : { ...one, law: law.name };
}

/** How often a case that proves nothing is drawn again. */
const mostDraws = 5;

/**
 * A case of which something follows, if one is found in a few draws: where all whole numbers are negative, they are positive instead, then of
 * both signs; else other numbers come from another seed. Sizes and options stay, and with them what no numbers can change.
 */
function tellingCase(operation: Operation, draw: (seed: number, regime: number) => Case, kind: Numbers, { seed, regime }: CaseNumbers): Case {
  const first = draw(seed, regime);
  for (let i = 1, one = first; ; i++) {
    if (!isSilent(operation, one)) return one;
    if (i > mostDraws) return first;
    one = kind === "structure" && regime === 2 && i === 1 ? draw(seed, 3) : draw(seed + Math.imul(i, 0x9e3779b1), kind === "structure" ? 0 : regime);
  }
}

/** Whether nothing follows from a case, and something might from other numbers. */
function isSilent(operation: Operation, { tier, inputs, options, cotangents }: Case): boolean {
  const outputs = Object.values(operation.forward(inputs, options)).map(raw);
  // One number alone stays what it is: failures shrink to it.
  if (!isVacuous(tier, outputs) || outputs.every(({ length }) => length <= 1)) return false;
  return cotangents === undefined || isVacuous(tier, Object.values(operation.backward!(inputs, options, cotangents)).map(raw));
}

function drawnCase(operation: Operation, tier: Tier, kind: Numbers, numbers: CaseNumbers, precision: Precision): Case {
  const draft = operation.space.build(numbers.fields, numbers.axes, kind);
  for (let limit = Infinity; ; limit = limit > 8 ? 8 : limit / 2) {
    const candidate = filledCase(operation, tier, kind, numbers, draft, limit, precision);
    if (kind !== "structure" || operation.terms === undefined || limit < 2 ** -16) return candidate;
    const terms = operation.terms(widenAll(candidate.inputs), candidate.options, candidate.cotangents && widenAll(candidate.cotangents));
    if (sumsAreExact(terms, precision.exactBelow) && (limit < 1 || !isNormwise(precision, operation.name) || isTold(candidate, precision))) return candidate;
  }
}

/** Whether every radius is too small to hold another whole number. */
function isTold({ operation, inputs, options, cotangents }: Case, precision: Precision): boolean {
  const { radius: { outputs, gradients } } = reference(operation, inputs, options, cotangents, precision);
  return [...Object.values(outputs), ...Object.values(gradients)].every((radius) => (raw(radius) as Float64Array).every((each) => each < 0.5));
}

function filledCase(
  operation: Operation, tier: Tier, kind: Numbers, { fields, axes, regime: drawnRegime, seed }: CaseNumbers, draft: Draft, limit: number,
  precision: Precision,
): Case {
  const fit = fitting(precision);
  const [leading] = Object.keys(draft.inputs);
  // Special values stand among evenly spread ones; a law has its own use for the regime.
  const regime = tier === "special" ? 0 : tier === "laws" ? (seed >>> 8) % 4 : drawnRegime;
  const drawn = (name: string, shape: Shape, range: number, group: number): Tensor => {
    const hash = nameHash(seed, name);
    const tensor = tensorOf(shape, (index) => {
      const place = placeHash(hash, index);
      const [first, second] = [noiseOf(place, 0), noiseOf(place, 1)];
      if (kind === "structure") return wholeNumber(group, Math.min(limit, range), first, second);
      return realNumber(group, name === leading, first, second, noiseOf(place, 2));
    });
    return fit(tensor, kind === "structure" ? mostOf.whole : mostOf.free);
  };
  const specialTensor = (tensor: Tensor, name: string): Tensor => {
    let position = 0;
    return fit(tensorOf(tensor.shape, (index) => {
      const value = raw(tensor)[position]!;
      return specialNumber(operation.name, drawnRegime, value, position++ === 0, noise(seed, name, index, 3), noise(seed, name, index, 4));
    }), mostOf.own);
  };
  const ordinary = mapNamed(draft.inputs, ({ shape, value, range = 8 }, name) => {
    const noiseAt = (index: readonly number[]): number => noise(seed, name, index, 0);
    if (value === undefined) return drawn(name, shape, range, regime);
    return fit(tensorOf(shape, (index) => value(noiseAt(index), index, noiseAt)), mostOf.own);
  });
  const inputs = tier !== "special" ? ordinary : mapNamed(ordinary, (tensor, name) => (name === leading ? specialTensor(tensor, name) : tensor));
  const options = operation.complete(inputs, draft.options);
  const common = { operation: operation.name, tier, inputs, options, features: featuresOf(operation, fields, axes) };
  if (operation.backward === undefined) return common;
  const outputs = operation.forward(inputs, options);
  const cotangents = operation.outputs.filter(({ name, cotangent }) => cotangent && outputs[name] !== undefined).map(({ name }) =>
    [name, drawn(`cotangent ${name}`, outputs[name]!.shape, 8, kind === "structure" ? 0 : Math.min(regime, 3))] as const);
  return { ...common, cotangents: Object.fromEntries(cotangents) };
}

function featuresOf({ space }: Operation, fields: CaseNumbers["fields"], axes: CaseNumbers["axes"]): readonly string[] {
  const raised = (ranges: Operation["space"]["fields"], values: Readonly<Record<string, number>>): string[] =>
    Object.keys(ranges).filter((name) => (values[name] ?? ranges[name]![0]) !== ranges[name]![0]);
  return [...new Set([
    ...raised(space.fields, fields),
    ...axes.flatMap((axis) => raised(space.axes, axis)),
    ...(axes.length > space.axisCount[0] ? ["axes"] : []),
  ])];
}

/** Whether an input is one whose values shrinking may change freely: class indices and masks are not. @internal */
export const isFree = (operation: Operation, name: string): boolean =>
  slotOf(operation, name)?.differentiable === true || operation.backward === undefined;

/** The same tensor with one element replaced. @internal */
export const withElement = (tensor: Tensor, position: number, value: number): Tensor => {
  const data = raw(tensor).slice();
  data[position] = value;
  return adopt(tensor.shape, data);
};
