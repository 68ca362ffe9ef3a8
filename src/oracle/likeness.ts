/**
 * Likeness: whether a wrong answer is what a known habit would have answered.
 *
 * It is where it lies within the habit's own radius, that is, no farther from the habit's answer than an honest implementation with that
 * habit may be; where the habit's answer is not the reference's; and where it is nearer to the candidate's wrong numbers than the reference is.
 *
 * @module
 */
import { sameShape } from "../tensor/shape.ts";
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findOperation, reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import type { Answers, Operation } from "./catalog/operation.ts";
import { compare, overflowOf } from "./compare.ts";
import { gradientOf, placeOf, whereOf } from "./place.ts";
import { precisions } from "./precision.ts";
import type { Precision } from "./precision.ts";
import { readAnswer } from "./protocol.ts";
import type { Reply } from "./protocol.ts";
import type { Variant } from "./variants/index.ts";

/** A case and what the candidate answered to it. @internal */
export interface Answered {
  readonly one: Case;
  readonly reply: Reply;
}

/** An answer with all that habits are compared with: worked out when it is first asked for, and once. @internal */
export interface Evidence extends Answered {
  readonly precision: Precision;
  /** What there is to explain in one place. */
  readonly known: (where: string) => Known;
  /** What a habit answers to the case, or to the case without its cotangents; nothing where it leaves no valid case: a window that does not fit, say. */
  readonly answerBy: (habit: Variant, forwardOnly: boolean) => Answers<Tensor> | undefined;
  /** How far an honest candidate with the habit may be from that, as far as it is known. */
  readonly radiusBy: (habit: Variant, forwardOnly: boolean) => Answers<Tensor> | undefined;
}

/** What there is to explain in one place of an answer. @internal */
export interface Known {
  readonly evidence: Evidence;
  readonly where: string;
  readonly got: unknown;
  readonly expected: Tensor | undefined;
  /** How far a right answer may be off. */
  readonly radius: Tensor | undefined;
  /** How many numbers the case has. */
  readonly size: number;
}

/** An answer with what is worked out of it, unless it has that already. @internal */
export const evidenceOf = (answered: Answered, precision: Precision): Evidence =>
  ("answerBy" in answered ? answered as Evidence : newEvidence(answered, precision));

/**
 * An answer to which nothing has been compared yet.
 *
 * @param right - what the reference answers, where that is known already
 *
 * @internal
 */
export function newEvidence(answered: Answered, precision: Precision, right?: Reference): Evidence {
  const { one: asked, reply } = answered;
  const { cotangents, ...forward } = asked;
  const size = Object.values(asked.inputs).reduce((sum, input) => sum + raw(input).length, 0);
  const places = new Map<string, Known>();
  let found = right;
  const referenceOf = (): Reference => (found ??= reference(asked.operation, asked.inputs, asked.options, cotangents, precision));
  const remembered = (operation: () => Operation): Evidence["answerBy"] => {
    const answers = new Map<string, { readonly given: Answers<Tensor> | undefined }>();
    return (habit, forwardOnly) => {
      const name = `${habit.name}${forwardOnly ? "" : " and gradients"}`;
      const answer = answers.get(name) ?? { given: answerBy(habit, operation(), forwardOnly ? forward : asked) };
      answers.set(name, answer);
      return answer.given;
    };
  };
  const knownIn = (where: string): Known => {
    const { expected, radius } = referenceOf();
    const [got, right, off] = [reply as Partial<Answers<unknown>>, expected, radius].map((answers) => named(answers, where));
    return { evidence, where, size, got, expected: right as Tensor | undefined, radius: off as Tensor | undefined };
  };
  const evidence: Evidence = {
    ...answered,
    precision,
    answerBy: remembered(() => findOperation(asked.operation)),
    radiusBy: remembered(() => answeringRadii(findOperation(asked.operation), precision)),
    known: (where) => {
      const known = places.get(where) ?? knownIn(where);
      places.set(where, known);
      return known;
    },
  };
  return evidence;
}

/** The case without cotangents is enough where an output is wrong: a habit may give outputs of another shape, which they do not fit. */
const isForward = (where: string): boolean => placeOf(where).kind === "outputs";

function answerBy(habit: Variant, operation: Operation, one: Case): Answers<Tensor> | undefined {
  try {
    return habit.answer(operation, one);
  } catch {
    return undefined;
  }
}

/** The operation with its radii in the place of its answers: what a habit makes of these bounds what may be lost under the habit. */
const answeringRadii = (operation: Operation, precision: Precision): Operation => ({
  ...operation,
  forward: (inputs, options) => operation.radius(inputs, options, undefined, precision).outputs,
  ...(operation.backward && { backward: (inputs, options, cotangents) => operation.radius(inputs, options, cotangents, precision).gradients }),
});

/** Whether two answers differ by more than that one of them is stored in float32. */
const isAnother = (answer: unknown, expected: Tensor): boolean =>
  !compare(answer, expected, adopt(expected.shape, Float64Array.from(raw(expected), (value) => (Number.isFinite(value) ? stored(value) : 0)))).agrees;

const stored = (value: number): number => 2 * precisions.float32.unit * Math.abs(value) + precisions.float32.tiny;

/** Whether a habit changes what a case is about, or leaves nothing of it. @internal */
export function shows(habit: Variant, { evidence: { one: asked }, where, expected }: Known): boolean {
  const { cotangents: _, ...forward } = asked;
  try {
    const answers = habit.answer(findOperation(asked.operation), isForward(where) ? forward : asked);
    return answers !== undefined && expected !== undefined && isAnother(named(answers, where), expected);
  } catch {
    return true;
  }
}

/**
 * Whether one habit of a pair changes something on a case: by itself, or in what the other one answers. What leaves all as it is may still make a
 * case valid that the other leaves none of; that is no sign of it.
 *
 * @internal
 */
export function isNeeded(habit: Variant, other: Variant, pair: Variant, known: Known): boolean {
  const { evidence, where } = known;
  const [alone, both] = [other, pair].map((each) => named(evidence.answerBy(each, isForward(where)), where) as Tensor | undefined);
  return shows(habit, known) || (alone !== undefined && both !== undefined && isAnother(both, alone));
}

/** Whether the candidate's answer in one place is the habit's and not the reference's. @internal */
export function explains(habit: Variant, known: Known): boolean {
  const { evidence, where, got, expected } = known;
  const answer = named(evidence.answerBy(habit, isForward(where)), where) as Tensor | undefined;
  if (got === undefined || expected === undefined || answer === undefined) return false;
  return isAnother(answer, expected) && isNearer(answer, habit, known) && isAnswer(answer, habit, known);
}

const isRight = ({ evidence: { precision }, got, expected, radius }: Known): boolean =>
  got !== undefined && expected !== undefined && compare(got, expected, radius, overflowOf(precision)).agrees;

/** The places where an answer is right and a habit would make it wrong. @internal */
export function speakingAgainst(habit: Variant, evidence: Evidence): readonly string[] {
  const answers = evidence.answerBy(habit, false) ?? evidence.answerBy(habit, true);
  const places = (["outputs", "gradients"] as const).flatMap((kind) => Object.keys(answers?.[kind] ?? {}).map((name) => whereOf({ kind, name })));
  return places.map(evidence.known).filter((known) => isRight(known) && !accountsFor(habit, known)).map(({ where }) => where);
}

/** Whether a habit accounts for an answer, right or wrong: it explains what is wrong, and leaves right what is right. @internal */
export function accountsFor(habit: Variant, known: Known): boolean {
  const { evidence: { answerBy: answersBy, precision }, where, got, expected, radius } = known;
  if (got === undefined || expected === undefined) return true;
  if (!isRight(known)) return explains(habit, known);
  const answer = named(answersBy(habit, isForward(where)), where) as Tensor | undefined;
  if (answer === undefined) return true;
  // Where the reference's answer will do, its radius does, too.
  const { got: given, wanted } = finite(answer, known);
  return compare(given, wanted, atLeast(largestOf(radius), roundingsOf(answer, precision), answer), overflowOf(precision)).agrees;
}

/**
 * Whether a habit's answer is, wherever the candidate's is wrong by more than its own radius, at most half as far from it as the reference's, or
 * within the habit's own radius.
 *
 * The largest radius alone would let a habit explain an error that is larger than the radius of its own element, but smaller than that of
 * another, by answering there what the reference does.
 */
function isNearer(answer: Tensor, habit: Variant, known: Known): boolean {
  const { got, expected, radius } = known;
  const given = readAnswer(got);
  if (typeof given === "string" || !sameShape(answer.shape, expected!.shape) || !sameShape(given.shape, answer.shape)) return true;
  const own = raw(answer);
  const isNear = (within?: ArrayLike<number>): boolean => Array.from(raw(expected!)).every((right, i) => {
    const [off, left] = [Math.abs(given.data[i]! - right), Math.abs(given.data[i]! - own[i]!)];
    return !(off > (radius === undefined ? 0 : raw(radius)[i]!)) || off === Infinity || 2 * left <= off || left <= (within?.[i] ?? 0);
  });
  return isNear() || isNear(ownRadius(answer, habit, known));
}

/** Whether the candidate's answer is a habit's, but for rounding: first as the reference may be rounded, which costs nothing to know. */
function isAnswer(answer: Tensor, habit: Variant, known: Known): boolean {
  const { evidence: { precision }, radius } = known;
  const { got, wanted } = finite(answer, known);
  const isWithin = (own: ArrayLike<number>): boolean => compare(got, wanted, atLeast(largestOf(radius), own, answer), overflowOf(precision)).agrees;
  return isWithin(roundingsOf(answer, precision)) || isWithin(ownRadius(answer, habit, known));
}

/**
 * What is compared with a habit's answer. In the special tier a candidate with a habit may follow a policy besides, which changes numbers that are
 * not finite: these are passed over where a finite one tells.
 */
function finite(answer: Tensor, { evidence: { one: { tier } }, got, expected, radius }: Known): { readonly got: unknown; readonly wanted: Tensor } {
  const given = readAnswer(got);
  if (tier !== "special" || typeof given === "string" || !sameShape(given.shape, answer.shape)) return { got, wanted: answer };
  const [data, own, isComparable] = [given.data, raw(answer), sameShape(answer.shape, expected!.shape)];
  const isFinite = (i: number): boolean => Number.isFinite(data[i]!) && Number.isFinite(own[i]!);
  const isWrong = (i: number): boolean => !isComparable || !(Math.abs(data[i]! - raw(expected!)[i]!) <= (radius === undefined ? 0 : raw(radius)[i]!));
  const tells = Array.from(data).some((_, i) => isFinite(i) && isWrong(i));
  if (!tells) return { got, wanted: answer };
  return {
    got: adopt(answer.shape, Float64Array.from(data, (value, i) => (isFinite(i) ? value : 0))),
    wanted: adopt(answer.shape, Float64Array.from(own, (value, i) => (isFinite(i) ? value : 0))),
  };
}

/** Roundings at the size of a habit's answer that a candidate may be off from it in any case. */
const fewRoundings = 8;

/** A few roundings of each number, and what may be lost below the normal numbers. */
const roundingsOf = (answer: Tensor, { unit, tiny, storage }: Precision): readonly number[] =>
  Array.from(raw(answer), (value) => fewRoundings * (Math.max(unit, storage?.unit ?? 0) * Math.abs(value) + tiny));

/** The most that a habit may make of radii, in roundings of the answer's largest number: some habits answer without asking the operation. */
const mostRoundings = 1024;

/** How far a candidate that has a habit may be from the habit's answer: as far as its sums allow, where that is known, and a few roundings more. */
function ownRadius(answer: Tensor, habit: Variant, { evidence: { precision, radiusBy }, where }: Known): readonly number[] {
  const known = named(radiusBy(habit, isForward(where)), where) as Tensor | undefined;
  const roundings = roundingsOf(answer, precision);
  if (known === undefined || !sameShape(known.shape, answer.shape)) return roundings;
  const most = mostRoundings * precision.unit * largestOf(answer);
  return roundings.map((few, i) => few + (Number.isFinite(raw(known)[i]!) ? Math.min(Math.abs(raw(known)[i]!), most) : 0));
}

/** The largest finite number, by size. */
const largestOf = (tensor: Tensor | undefined): number =>
  Array.from(tensor === undefined ? [] : raw(tensor), Math.abs).filter(Number.isFinite).reduce((most, each) => Math.max(most, each), 0);

/** Radii of an answer, none below the largest of the reference's: a habit's sums have terms of the same size elsewhere. */
const atLeast = (least: number, own: ArrayLike<number>, answer: Tensor): Tensor =>
  adopt(answer.shape, Float64Array.from(raw(answer), (value, i) => (Number.isFinite(value) ? Math.max(least, own[i]!) : 0)));

/** How many of the candidate's answers to a case are what the habit would have answered. @internal */
export function agreement(habit: Variant, evidence: Evidence): number {
  const answers = evidence.answerBy(habit, false) ?? evidence.answerBy(habit, true);
  const agrees = (where: string): boolean => {
    const [known, answer] = [evidence.known(where), named(answers, where) as Tensor | undefined];
    return answer !== undefined && known.got !== undefined && known.expected !== undefined && isAnswer(answer, habit, known);
  };
  return [...Object.keys(answers?.outputs ?? {}), ...Object.keys(answers?.gradients ?? {}).map(gradientOf)].filter(agrees).length;
}

function named(answers: Partial<Answers<unknown>> | undefined, where: string): unknown {
  const { kind, name } = placeOf(where);
  return answers?.[kind]?.[name];
}
