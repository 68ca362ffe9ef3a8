/**
 * Diagnosis: which known habit explains a wrong answer.
 *
 * A habit explains a fault if, on every case at hand, the candidate's answer is the habit's and not the reference's (see likeness). Of several
 * that do, the one that agrees with more of the candidate's other answers comes first, else the simpler one. Where no single habit fits, two at
 * once are tried: first on the smallest case, and those that fit there on the others.
 * Nothing is guessed: where no two fit, nothing is said.
 *
 * @module
 */
import { accountsFor, agreement, evidenceOf, explains, isNeeded, shows, speakingAgainst } from "./likeness.ts";
import type { Answered, Evidence, Known } from "./likeness.ts";
import type { Precision } from "./precision.ts";
import { variants } from "./variants/index.ts";
import type { Variant } from "./variants/index.ts";
import { composed } from "./variants/variant.ts";

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
 * @param others - the smallest case with other numbers: what a cause must account for, whether the candidate is right or wrong there
 *
 * @internal
 */
export function diagnose(
  operation: string, where: string, answered: readonly Answered[], precision: Precision, others: readonly Answered[] = [],
): readonly Cause[] {
  const habits = habitsOf(operation);
  const evidence = answered.map((each) => evidenceOf(each, precision));
  const known = evidence.map((each) => each.known(where));
  const further = others.map((each) => evidenceOf(each, precision));
  const alike = further.map((each) => each.known(where));
  const single = habits.filter((habit) => explainsAll(habit, known) && alike.every((each) => accountsFor(habit, each)));
  const found = single.length > 0 ? single : pairsOf(habits, habits, known, alike);
  return likeliestFirst(found, [...evidence, ...further]).map(causeOf);
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
  /** Takes note of a further case that is answered right. */
  readonly weighRight: (answered: Answered) => void;
  /** Those that explained the most come first, else as they were given; a pair where it explains what no single habit does. */
  readonly causes: () => readonly Cause[];
  /** The smallest case and the further ones. */
  readonly known: () => readonly Known[];
}

/** Further cases by which possible causes are told apart: as many that some cause explains, and as many that none does. */
const mostEvidence = 10;

/** Right answers that are compared with what a cause would have made of them: the latest before a failure, and as many after it. @internal */
export const mostRight = 60;

/** Further cases that no cause explains, and more than some cause does, after which none is named: under other options they do not fit. */
const enoughRefuting = 3;

/**
 * A ranking of the causes of one failure, among which nothing is decided yet.
 *
 * @param smallest - the failure's smallest case, and what the candidate answered to it
 * @param others - what it answered to the same case with other numbers, right or wrong
 *
 * @internal
 */
export function newRanking(
  where: string, causes: readonly Cause[], smallest: Answered, precision: Precision, others: readonly Answered[] = [],
): Ranking {
  const explained = new Map(causes.map(({ variant }) => [variant, 0]));
  const contradicted = new Map<string, number>();
  let right = 0;
  const least = evidenceOf(smallest, precision).known(where);
  const alike = others.map((each) => evidenceOf(each, precision).known(where));
  const open: Known[] = [];
  const settled: Known[] = [];
  /** A cause with what speaks against it: it is one all the same where nothing else is known that gives these numbers. */
  const qualified = ({ variant, says }: Cause): Cause => {
    const habit = habitNamed(variant)!;
    const places = [...new Set([smallest, ...others].flatMap((each) => speakingAgainst(habit, evidenceOf(each, precision))))];
    const cases = contradicted.get(variant) ?? 0;
    const but = places.length > 0 ? `, but not in ${places.join(", ")}` : cases > 0 ? ", but not in all cases where that would show" : "";
    return { variant, says: `${says}${but}` };
  };
  return {
    weigh: (answered) => {
      if (causes.length === 0 || settled.length >= mostEvidence || open.length >= mostEvidence) return;
      const known = evidenceOf(answered, precision).known(where);
      const explaining = causes.filter(({ variant }) => explains(habitNamed(variant)!, known));
      for (const { variant } of explaining) explained.set(variant, explained.get(variant)! + 1);
      (explaining.length > 0 ? settled : open).push(known);
    },
    weighRight: (answered) => {
      if (right >= 2 * mostRight) return;
      const evidence = evidenceOf(answered, precision);
      const against = causes.filter(({ variant }) => speakingAgainst(habitNamed(variant)!, evidence).includes(where));
      for (const { variant } of against) contradicted.set(variant, (contradicted.get(variant) ?? 0) + 1);
      right++;
    },
    causes: () => {
      const ranked = causes.toSorted((a, b) => explained.get(b.variant)! - explained.get(a.variant)!
        || (contradicted.get(a.variant) ?? 0) - (contradicted.get(b.variant) ?? 0)).map(qualified);
      if (open.length === 0) return ranked;
      const part = causes.flatMap(({ variant }) => (variant.includes(between) ? [] : [habitNamed(variant)!]));
      const known = [least, ...open, ...settled];
      const pairs = likeliestFirst(pairsOf(part, habitsOf(smallest.one.operation), known, alike), evidenceIn(known));
      if (pairs.length > 0) return pairs.map(causeOf).map(qualified);
      return open.length >= enoughRefuting && open.length > settled.length ? [] : ranked;
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
function pairsOf(some: readonly Variant[], others: readonly Variant[], known: readonly Known[], alike: readonly Known[] = []): readonly Variant[] {
  const [smallest, ...rest] = known.toSorted((a, b) => a.size - b.size);
  if (smallest === undefined) return [];
  const showing = new Set(others.filter((habit) => shows(habit, smallest)));
  const fits = (pair: Variant): boolean =>
    explains(pair, smallest) && alike.every((each) => accountsFor(pair, each)) && rest.every((each) => explains(pair, each));
  const all = [...known, ...alike];
  const areBothNeeded = (pair: Variant, one: Variant, other: Variant): boolean =>
    all.some((each) => isNeeded(one, other, pair, each)) && all.some((each) => isNeeded(other, one, pair, each));
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

const explainsAll = (habit: Variant, known: readonly Known[]): boolean => known.every((each) => explains(habit, each));
