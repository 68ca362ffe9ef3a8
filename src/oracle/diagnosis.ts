/**
 * Diagnosis: which known habit explains a wrong answer.
 *
 * A habit explains a fault if, on every case at hand, its answer lies within the radius where the candidate was wrong, while it
 * differs there from the reference. Of several that do, the one that agrees with more of the candidate's other answers comes first, else
 * the simpler one. Where no single habit fits, two at once are tried: first on the smallest case, and those that fit there on the others.
 * Nothing is guessed: where no two fit, nothing is said.
 *
 * @module
 */
import { filled, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case } from "./case.ts";
import { findOperation } from "./case.ts";
import type { Answers } from "./catalog/operation.ts";
import { compare } from "./compare.ts";
import { gradientOf } from "./judgement.ts";
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
  const known = answered.map((each) => knownOf(where, each, precision));
  const single = habits.filter((habit) => known.every((each) => explains(habit, each)));
  const found = single.length > 0 ? single : pairsOf(habits, habits, known);
  const agreeing = new Map(found.map((habit) => [habit, answered.reduce((sum, each) => sum + agreement(habit, each, precision), 0)]));
  return found.toSorted((a, b) => agreeing.get(b)! - agreeing.get(a)!).map(causeOf);
}

/** Whether a habit, by its name, explains what is wrong with one answer. @internal */
export const isCause = (name: string, where: string, answered: Answered, precision: Precision): boolean => {
  const habit = habitNamed(name);
  return habit !== undefined && explains(habit, knownOf(where, answered, precision));
};

/** What further cases say of the possible causes of one failure. @internal */
export interface Ranking {
  /** Takes note of a further case that shows the same fault. */
  readonly weigh: (answered: Answered) => void;
  /** Those that explained the most come first, else as they were given; a pair where it explains what no single habit does. */
  readonly causes: () => readonly Cause[];
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
  const open: Known[] = [];
  const settled: Known[] = [];
  return {
    weigh: (answered) => {
      if (causes.length === 0 || settled.length >= mostEvidence || open.length >= mostEvidence) return;
      const known = knownOf(where, answered, precision);
      const explaining = causes.filter(({ variant }) => explains(habitNamed(variant)!, known));
      for (const { variant } of explaining) explained.set(variant, explained.get(variant)! + 1);
      (explaining.length > 0 ? settled : open).push(known);
    },
    causes: () => {
      const ranked = causes.toSorted((a, b) => explained.get(b.variant)! - explained.get(a.variant)!);
      if (open.length === 0) return ranked;
      const part = causes.flatMap(({ variant }) => (variant.includes(between) ? [] : [habitNamed(variant)!]));
      const pairs = pairsOf(part, habitsOf(smallest.one.operation), [knownOf(where, smallest, precision), ...open, ...settled]);
      return pairs.length > 0 ? pairs.map(causeOf) : ranked;
    },
  };
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
  const found: Variant[] = [];
  some.forEach((one, i) => {
    others.forEach((other, j) => {
      const seen = some === others ? j <= i : one === other;
      if (seen || found.length >= mostPairs || !(showing.has(one) || showing.has(other))) return;
      const [first, second] = variants.indexOf(one) < variants.indexOf(other) ? [one, other] : [other, one];
      const pair = [composed(first, second), composed(second, first)].find(fits);
      if (pair !== undefined) found.push(pair);
    });
  });
  return found;
}

/** What there is to explain in one answer: worked out once for all habits. */
interface Known {
  /** The case, without cotangents where an output is wrong: a habit may give outputs of another shape, which they do not fit. */
  readonly one: Case;
  readonly where: string;
  readonly got: unknown;
  readonly expected: Tensor | undefined;
  /** The largest radius: a habit's sums have terms of the same size elsewhere, and so one radius serves for all elements. */
  readonly radius: number;
  /** How many numbers the case has. */
  readonly size: number;
}

function knownOf(where: string, { one: asked, reply }: Answered, precision: Precision): Known {
  const { cotangents, ...forward } = asked;
  const { expected, radius } = reference(asked.operation, asked.inputs, asked.options, cotangents, precision);
  return {
    one: cotangents !== undefined && where.startsWith(gradientOf("")) ? asked : forward,
    where,
    got: named(reply as Partial<Answers<unknown>>, where),
    expected: named(expected, where) as Tensor | undefined,
    radius: largest(named(radius, where) as Tensor | undefined),
    size: Object.values(asked.inputs).reduce((sum, input) => sum + raw(input).length, 0),
  };
}

const largest = (radius: Tensor | undefined): number => (radius === undefined ? 0 : Array.from(raw(radius)).reduce((most, each) => Math.max(most, each), 0));

/** What a habit answers to a case; nothing where it leaves no valid case: a window that does not fit, say. */
function answerBy(habit: Variant, one: Case): Answers<Tensor> | undefined {
  try {
    return habit.answer(findOperation(one.operation), one);
  } catch {
    return undefined;
  }
}

/** Whether a habit changes what a case is about, or leaves nothing of it. */
function shows(habit: Variant, { one, where, expected }: Known): boolean {
  try {
    const answers = habit.answer(findOperation(one.operation), one);
    return answers !== undefined && expected !== undefined && !compare(named(answers, where), expected).agrees;
  } catch {
    return true;
  }
}

function explains(habit: Variant, { one, where, got, expected, radius }: Known): boolean {
  if (got === undefined || expected === undefined) return false;
  const answers = answerBy(habit, one);
  const answer = answers && named(answers, where) as Tensor | undefined;
  return answer !== undefined && !compare(answer, expected).agrees && compare(got, answer, filled(answer.shape, radius)).agrees;
}

/** How many of the candidate's answers to a case are what the habit would have answered. */
function agreement(habit: Variant, { one, reply }: Answered, precision: Precision): number {
  const { cotangents: _, ...forward } = one;
  const answers = answerBy(habit, one) ?? answerBy(habit, forward);
  const { radius } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const agrees = (where: string): boolean => {
    const [got, answer] = [named(reply as Partial<Answers<unknown>>, where), answers && named(answers, where) as Tensor | undefined];
    return answer !== undefined && got !== undefined && compare(got, answer, filled(answer.shape, largest(named(radius, where) as Tensor | undefined))).agrees;
  };
  return [...Object.keys(answers?.outputs ?? {}), ...Object.keys(answers?.gradients ?? {}).map(gradientOf)].filter(agrees).length;
}

const named = (answers: Partial<Answers<unknown>> | undefined, where: string): unknown =>
  answers?.outputs?.[where] ?? Object.entries(answers?.gradients ?? {}).find(([name]) => gradientOf(name) === where)?.[1];
