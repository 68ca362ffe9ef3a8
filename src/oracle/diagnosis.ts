/**
 * Diagnosis: which known habit explains a wrong answer.
 *
 * A habit explains a fault if, on every case at hand, its answer lies within the radius where the candidate was wrong, while it
 * differs there from the reference, and is nearer to the candidate's wrong numbers than that is. Of several that do, the one that agrees with
 * more of the candidate's other answers comes first, else the simpler one. Where no single habit fits, two at once are tried: first on the
 * smallest case, and those that fit there on the others.
 * Nothing is guessed: where no two fit, nothing is said.
 *
 * @module
 */
import { sameShape } from "../tensor/shape.ts";
import { filled, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import { findOperation } from "./case.ts";
import type { Answers } from "./catalog/operation.ts";
import { compare } from "./compare.ts";
import { gradientOf } from "./judgement.ts";
import { readAnswer } from "./protocol.ts";
import type { Reply } from "./protocol.ts";
import type { Precision } from "./precision.ts";
import { variants } from "./variants/index.ts";
import type { Variant } from "./variants/index.ts";
import { composed } from "./variants/variant.ts";

/** A case and what the candidate answered to it. @internal */
export interface Answered {
  readonly one: Case;
  readonly reply: Reply;
}

/** An answer with all that habits are compared with: worked out when it is first asked for, and once. @internal */
export interface Evidence extends Answered {
  /** What there is to explain in one place. */
  readonly known: (where: string) => Known;
  /** How far a right answer may be off. */
  readonly radius: () => Answers<Tensor>;
  /** What a habit answers to the case, or to the case without its cotangents; nothing where it leaves no valid case: a window that does not fit, say. */
  readonly answerBy: (habit: Variant, forwardOnly: boolean) => Answers<Tensor> | undefined;
}

/** What there is to explain in one place of an answer. @internal */
export interface Known {
  readonly evidence: Evidence;
  readonly where: string;
  readonly got: unknown;
  readonly expected: Tensor | undefined;
  /** The largest radius: a habit's sums have terms of the same size elsewhere, and so one radius serves for all elements. */
  readonly radius: number;
  /** How many numbers the case has. */
  readonly size: number;
}

/** A habit that explains a fault, or two at once. */
export interface Cause {
  /** Its name; two names are joined by " + ". */
  readonly variant: string;
  readonly says: string;
}

const between = " + ";

/** Pairs of habits that are named for one fault; further ones are as good a guess as any. */
const mostPairs = 3;

const causeOf = ({ name, says }: Variant): Cause => ({ variant: name, says });

const habitsOf = (operation: string): readonly Variant[] => variants.filter(({ operations }) => operations.includes(operation));

/** The habit of a name, or two at once. @internal */
export function habitNamed(name: string): Variant | undefined {
  const [outer, inner] = name.split(between).map((each) => variants.find((variant) => variant.name === each));
  return outer !== undefined && inner !== undefined ? composed(outer, inner) : name.includes(between) ? undefined : outer;
}

/**
 * The habits whose answers equal the candidate's where it is wrong, on every one of the given cases: single ones, or else pairs.
 *
 * @param where - what disagrees, as a fault names it
 *
 * @internal
 */
export function diagnose(operation: string, where: string, answered: readonly Answered[], precision: Precision): readonly Cause[] {
  const habits = habitsOf(operation);
  const evidence = answered.map((each) => evidenceOf(each, precision));
  const known = evidence.map((each) => each.known(where));
  const single = habits.filter((habit) => explainsAll(habit, known));
  const found = single.length > 0 ? single : pairsOf(habits, habits, known);
  return likeliestFirst(found, evidence).map(causeOf);
}

/** Those that agree with more of the candidate's answers first, right ones included. */
function likeliestFirst(habits: readonly Variant[], evidence: readonly Evidence[]): readonly Variant[] {
  if (habits.length < 2) return habits;
  const agreeing = new Map(habits.map((habit) => [habit, evidence.reduce((sum, each) => sum + agreement(habit, each), 0)]));
  return habits.toSorted((a, b) => agreeing.get(b)! - agreeing.get(a)!);
}

const evidenceIn = (known: readonly Known[]): readonly Evidence[] => [...new Set(known.map(({ evidence }) => evidence))];

/** Whether a habit, by its name, explains what is wrong with one answer. @internal */
export const isCause = (name: string, where: string, answered: Answered, precision: Precision): boolean => {
  const habit = habitNamed(name);
  return habit !== undefined && explains(habit, evidenceOf(answered, precision).known(where));
};

/** What further cases say of the possible causes of one failure. @internal */
export interface Ranking {
  /** Takes note of a further case that shows the same fault. */
  readonly weigh: (answered: Answered) => void;
  /** Those that explained the most come first, else as they were given; a pair where it explains what no single habit does. */
  readonly causes: () => readonly Cause[];
  /** The smallest case and the further ones. */
  readonly known: () => readonly Known[];
}

/** Further cases by which possible causes are told apart: as many that some cause explains, and as many that none does. */
const mostEvidence = 10;

/**
 * A ranking of the causes of one failure, among which nothing is decided yet.
 *
 * @param smallest - the failure's smallest case, and what the candidate answered to it
 *
 * @internal
 */
export function newRanking(where: string, causes: readonly Cause[], smallest: Answered, precision: Precision): Ranking {
  const explained = new Map(causes.map(({ variant }) => [variant, 0]));
  const least = evidenceOf(smallest, precision).known(where);
  const open: Known[] = [];
  const settled: Known[] = [];
  return {
    weigh: (answered) => {
      if (causes.length === 0 || settled.length >= mostEvidence || open.length >= mostEvidence) return;
      const known = evidenceOf(answered, precision).known(where);
      const explaining = causes.filter(({ variant }) => explains(habitNamed(variant)!, known));
      for (const { variant } of explaining) explained.set(variant, explained.get(variant)! + 1);
      (explaining.length > 0 ? settled : open).push(known);
    },
    causes: () => {
      const ranked = causes.toSorted((a, b) => explained.get(b.variant)! - explained.get(a.variant)!);
      if (open.length === 0) return ranked;
      const part = causes.flatMap(({ variant }) => (variant.includes(between) ? [] : [habitNamed(variant)!]));
      const known = [least, ...open, ...settled];
      const pairs = likeliestFirst(pairsOf(part, habitsOf(smallest.one.operation), known), evidenceIn(known));
      return pairs.length > 0 ? pairs.map(causeOf) : ranked;
    },
    known: () => [least, ...open, ...settled],
  };
}

/**
 * The one cause of several failures: a habit, or else two at once, that explains every case of every one of them.
 *
 * @param causes - what was found to be the cause of some of them
 * @param known - the cases of all of them
 *
 * @internal
 */
export function causeOfAll(operation: string, causes: readonly Cause[], known: readonly Known[]): Cause | undefined {
  const names = new Set(causes.flatMap(({ variant }) => variant.split(between)));
  const named = habitsOf(operation).filter(({ name }) => names.has(name));
  const single = named.filter((habit) => explainsAll(habit, known));
  const pairs = (): readonly Variant[] => {
    const among = pairsOf(named, named, known);
    return among.length > 0 ? among : pairsOf(named, habitsOf(operation), known);
  };
  const [likeliest] = likeliestFirst(single.length > 0 ? single : pairs(), evidenceIn(known));
  return likeliest && causeOf(likeliest);
}

/**
 * Pairs of one habit each from two lists, in either order, that explain all cases: tried on the smallest case first. There a pair can fit
 * only if one of its habits shows by itself; the other may show where the first has changed something.
 */
function pairsOf(some: readonly Variant[], others: readonly Variant[], known: readonly Known[]): readonly Variant[] {
  const [smallest, ...rest] = known.toSorted((a, b) => a.size - b.size);
  if (smallest === undefined) return [];
  const showing = new Set(others.filter((habit) => shows(habit, smallest)));
  const fits = (pair: Variant): boolean => explains(pair, smallest) && rest.every((each) => explains(pair, each));
  const areBothNeeded = (pair: Variant, one: Variant, other: Variant): boolean =>
    known.some((each) => isNeeded(one, other, pair, each)) && known.some((each) => isNeeded(other, one, pair, each));
  const found: Variant[] = [];
  some.forEach((one, i) => {
    others.forEach((other, j) => {
      const seen = some === others ? j <= i : one === other;
      if (seen || found.length >= mostPairs || !(showing.has(one) || showing.has(other))) return;
      const [first, second] = variants.indexOf(one) < variants.indexOf(other) ? [one, other] : [other, one];
      const pair = [composed(first, second), composed(second, first)].find(fits);
      if (pair !== undefined && areBothNeeded(pair, one, other)) found.push(pair);
    });
  });
  return found;
}

/** An answer with what is worked out of it, unless it has that already. */
const evidenceOf = (answered: Answered, precision: Precision): Evidence => ("answerBy" in answered ? answered as Evidence : newEvidence(answered, precision));

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
  const [places, answers] = [new Map<string, Known>(), new Map<string, { readonly given: Answers<Tensor> | undefined }>()];
  let [found, radii]: [Reference | undefined, Answers<Tensor> | undefined] = [right, undefined];
  const referenceOf = (): Reference => (found ??= reference(asked.operation, asked.inputs, asked.options, cotangents, precision));
  const radius = (): Answers<Tensor> => (radii ??= referenceOf().radius);
  const evidence: Evidence = {
    ...answered,
    radius,
    answerBy: (habit, forwardOnly) => {
      const name = `${habit.name}${forwardOnly ? "" : " and gradients"}`;
      const answer = answers.get(name) ?? { given: answerBy(habit, forwardOnly ? forward : asked) };
      answers.set(name, answer);
      return answer.given;
    },
    known: (where) => {
      const known = places.get(where) ?? {
        evidence, where, size,
        got: named(reply as Partial<Answers<unknown>>, where),
        expected: named(referenceOf().expected, where) as Tensor | undefined,
        radius: largest(named(radius(), where) as Tensor | undefined),
      };
      places.set(where, known);
      return known;
    },
  };
  return evidence;
}

/** The case without cotangents is enough where an output is wrong: a habit may give outputs of another shape, which they do not fit. */
const isForward = (where: string): boolean => !where.startsWith(gradientOf(""));

const largest = (radius: Tensor | undefined): number => (radius === undefined ? 0 : Array.from(raw(radius)).reduce((most, each) => Math.max(most, each), 0));

function answerBy(habit: Variant, one: Case): Answers<Tensor> | undefined {
  try {
    return habit.answer(findOperation(one.operation), one);
  } catch {
    return undefined;
  }
}

/** Whether a habit changes what a case is about, or leaves nothing of it. */
function shows(habit: Variant, { evidence: { one: asked }, where, expected }: Known): boolean {
  const { cotangents: _, ...forward } = asked;
  try {
    const answers = habit.answer(findOperation(asked.operation), isForward(where) ? forward : asked);
    return answers !== undefined && expected !== undefined && !compare(named(answers, where), expected).agrees;
  } catch {
    return true;
  }
}

/**
 * Whether one habit of a pair changes something on a case: by itself, or in what the other one answers. What leaves all as it is may still make a
 * case valid that the other leaves none of; that is no sign of it.
 */
function isNeeded(habit: Variant, other: Variant, pair: Variant, known: Known): boolean {
  const { evidence, where } = known;
  const [alone, both] = [other, pair].map((each) => named(evidence.answerBy(each, isForward(where)), where) as Tensor | undefined);
  return shows(habit, known) || (alone !== undefined && both !== undefined && !compare(both, alone).agrees);
}

function explains(habit: Variant, { evidence, where, got, expected, radius }: Known): boolean {
  if (got === undefined || expected === undefined) return false;
  const answers = evidence.answerBy(habit, isForward(where));
  const answer = answers && named(answers, where) as Tensor | undefined;
  if (answer !== undefined && !isNearer(answer, got, expected, named(evidence.radius(), where) as Tensor | undefined)) return false;
  return answer !== undefined && !compare(answer, expected).agrees && compare(got, answer, filled(answer.shape, radius)).agrees;
}

/**
 * Whether a habit's answer is, wherever the candidate's is wrong by more than its own radius, at most half as far from it as the reference's.
 *
 * The largest radius alone would let a habit explain an error that is larger than the radius of its own element, but smaller than that of
 * another, by answering there what the reference does.
 */
function isNearer(answer: Tensor, got: unknown, expected: Tensor, allowed: Tensor | undefined): boolean {
  const given = readAnswer(got);
  if (typeof given === "string" || !sameShape(answer.shape, expected.shape) || !sameShape(given.shape, answer.shape)) return true;
  const [own, radii] = [raw(answer), allowed && raw(allowed)];
  return raw(expected).every((right, i) => {
    const off = Math.abs(given.data[i]! - right);
    return !(off > (radii?.[i] ?? 0)) || off === Infinity || 2 * Math.abs(given.data[i]! - own[i]!) <= off;
  });
}

const explainsAll = (habit: Variant, known: readonly Known[]): boolean => known.every((each) => explains(habit, each));

/** How many of the candidate's answers to a case are what the habit would have answered. */
function agreement(habit: Variant, { reply, answerBy: answersBy, radius }: Evidence): number {
  const answers = answersBy(habit, false) ?? answersBy(habit, true);
  const agrees = (where: string): boolean => {
    const [got, answer] = [named(reply as Partial<Answers<unknown>>, where), answers && named(answers, where) as Tensor | undefined];
    const allowed = largest(named(radius(), where) as Tensor | undefined);
    return answer !== undefined && got !== undefined && compare(got, answer, filled(answer.shape, allowed)).agrees;
  };
  return [...Object.keys(answers?.outputs ?? {}), ...Object.keys(answers?.gradients ?? {}).map(gradientOf)].filter(agrees).length;
}

const named = (answers: Partial<Answers<unknown>> | undefined, where: string): unknown =>
  answers?.outputs?.[where] ?? Object.entries(answers?.gradients ?? {}).find(([name]) => gradientOf(name) === where)?.[1];
