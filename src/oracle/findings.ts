/**
 * Findings: the distinct faults of one operation while a run goes on, and what counts as a further one.
 *
 * A fault is new if none of its kind and place was found that needs no more features to show than the case at hand has, and no cause that is known
 * already explains it.
 *
 * @module
 */
import { causeOfAll, isCause } from "./diagnosis.ts";
import type { Cause, Ranking } from "./diagnosis.ts";
import type { Evidence } from "./likeness.ts";
import type { Fault } from "./judgement.ts";
import type { Operation } from "./catalog/operation.ts";
import { placesIn } from "./place.ts";
import type { Precision } from "./precision.ts";
import { sameFault } from "./question.ts";
import type { Failure } from "./verdict.ts";

/**
 * What explains several failures at once, where that is known: no failure may be of another kind than a wrong answer.
 *
 * @internal
 */
export function causeOfFailures(operation: Operation, shown: readonly Failure[], found: readonly Found[]): Cause | undefined {
  if (shown.length < 2 || shown.some(({ fault: { kind } }) => kind !== "value" && kind !== "form")) return undefined;
  const known = found.flatMap(({ ranking, also }) => [...ranking.known(), ...[...also].map(([where, evidence]) => evidence.known(where))]);
  const causes = shown.flatMap((failure) => failure.causes);
  const cause = causeOfAll(operation.name, causes, known);
  // What speaks against a cause of one of them does so here as well.
  return causes.find(({ variant, says }) => variant === cause?.variant && says !== cause.says) ?? cause;
}

/** A failure, what a further case must differ in to be another one, and what else its cause explains. @internal */
export interface Found {
  readonly failure: Failure;
  readonly features: readonly string[];
  /** Other places, with the first case that shows each. */
  readonly also: Map<string, Evidence>;
  readonly ranking: Ranking;
}

/** A failure with what the whole run said of its causes. @internal */
export const conclude = ({ failure, also, ranking }: Found): Failure => ({ ...failure, also: [...also.keys()], causes: ranking.causes() });

/** Whether no earlier failure is the same fault by the same cause: two habits at once often show one after the other. @internal */
export const isFirstOfItsCause = ({ fault, causes: [likely] }: Failure, i: number, all: readonly Failure[]): boolean =>
  likely === undefined || !all.slice(0, i).some((earlier) => sameFault(earlier.fault, fault) && earlier.causes[0]?.variant === likely.variant);

/**
 * Whether a fault shows nothing new: its like was found with no more features than this case has, or under a cause that explains it too.
 *
 * @internal
 */
export function alreadyFound(found: readonly Found[], fault: Fault, evidence: Evidence, precision: Precision): boolean {
  if (followsFrom(found, fault)) return true;
  const alike = found.filter(({ failure }) => sameFault(failure.fault, fault));
  // What one of several alike explains says nothing of the others.
  const explained = ({ failure: { causes } }: Found): boolean => causes.some(({ variant }) => isCause(variant, fault.where, evidence, precision));
  const own = alike.length < 2 ? [] : alike.filter(explained);
  (own.length > 0 ? own : alike).forEach(({ ranking }) => ranking.weigh(evidence));
  const shown = evidence.one.features;
  if (alike.some(({ failure, features }) => sameWords(failure.fault, fault) || features.every((feature) => shown.includes(feature)))) return true;
  const explaining = found.find(explained);
  const isElsewhere = explaining !== undefined && explaining.failure.fault.where !== fault.where;
  if (isElsewhere && !explaining.also.has(fault.where)) explaining.also.set(fault.where, evidence);
  return explaining !== undefined;
}

/** Whether a law is broken where an answer is known to be wrong, and why: that alone breaks it. */
const followsFrom = (found: readonly Found[], { kind, where }: Fault): boolean => kind === "law" && found.some(({ failure: { fault, causes }, also }) =>
  fault.kind !== "law" && causes.length > 0 && placesIn(where).some((place) => place === fault.where || also.has(place)));

/**
 * All failures with a new one; those of its kind and tier that need more features to show, and have no cause of their own, are the same fault.
 *
 * @internal
 */
export const withoutSubsumed = (found: readonly Found[], added: Found): readonly Found[] => [
  ...found.filter(({ failure, features }) => failure.tier !== added.failure.tier || failure.causes.length > 0
    || !sameFault(failure.fault, added.failure.fault) || !added.features.every((feature) => features.includes(feature))),
  added,
];

/** Faults that are not wrong numbers are told apart by what is said of them, whatever numbers it mentions. */
const sameWords = (a: Fault, b: Fault): boolean =>
  a.kind === "flaky" || (a.kind !== "value" && a.message.replace(/\d+/g, "#") === b.message.replace(/\d+/g, "#"));
