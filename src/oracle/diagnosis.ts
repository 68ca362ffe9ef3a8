/**
 * Diagnosis: which known habit explains a wrong answer.
 *
 * A variant explains a fault if, on every case at hand, its answer lies within the radius where the candidate was wrong, while it
 * differs there from the reference. Nothing is guessed: where no variant fits, nothing is said.
 *
 * @module
 */
import { filled } from "../tensor/tensor.ts";
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

/** A case and what the candidate answered to it. @internal */
export interface Answered {
  readonly one: Case;
  readonly reply: Reply;
}

/** A habit that explains a fault. */
export interface Cause {
  readonly variant: string;
  readonly says: string;
}

/**
 * The variants whose answers equal the candidate's where it is wrong, on every one of the given cases.
 *
 * @param where - what disagrees, as a fault names it
 *
 * @internal
 */
export function diagnose(operation: string, where: string, answered: readonly Answered[], precision: Precision): readonly Cause[] {
  return variants
    .filter((variant) => variant.operations.includes(operation) && answered.every((each) => explains(variant, where, each, precision)))
    .map(({ name, says }) => ({ variant: name, says }));
}

/** Whether a variant, by its name, explains what is wrong with one answer. @internal */
export const isCause = (name: string, where: string, answered: Answered, precision: Precision): boolean =>
  variants.some((variant) => variant.name === name && explains(variant, where, answered, precision));

/** Possible causes of one failure, put in order by further cases. @internal */
export interface Ranking {
  readonly weigh: (where: string, answered: Answered, precision: Precision) => void;
  /** Those that explained the most come first, else as they were given. */
  readonly causes: () => readonly Cause[];
}

/** Further cases by which several possible causes are told apart. */
const mostEvidence = 10;

/** A ranking of causes among which nothing is decided yet. @internal */
export function newRanking(causes: readonly Cause[]): Ranking {
  const explained = new Map(causes.map(({ variant }) => [variant, 0]));
  return {
    weigh: (where, answered, precision) => {
      if (causes.length < 2 || Math.max(...explained.values()) >= mostEvidence) return;
      for (const [variant, count] of explained) if (isCause(variant, where, answered, precision)) explained.set(variant, count + 1);
    },
    causes: () => causes.toSorted((a, b) => explained.get(b.variant)! - explained.get(a.variant)!),
  };
}

function explains(variant: Variant, where: string, { one: asked, reply }: Answered, precision: Precision): boolean {
  // A habit may give outputs of another shape, which the cotangents do not fit.
  const { cotangents, ...forward } = asked;
  const one: Case = cotangents !== undefined && where.startsWith(gradientOf("")) ? asked : forward;
  const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const got = named(reply as Partial<Answers<unknown>>, where);
  let answer: Tensor | undefined;
  try {
    const answers = variant.answer(findOperation(one.operation), one);
    answer = answers && named(answers, where) as Tensor | undefined;
  } catch {
    return false; // the habit leaves no valid case: a window that does not fit, say
  }
  if (answer === undefined || got === undefined || compare(answer, named(expected, where) as Tensor).agrees) return false;
  // The habit's sums have terms of the same size elsewhere: the largest radius of the tensor serves for all its elements.
  const largest = (named(radius, where) as Tensor).values.reduce((most, each) => Math.max(most, each), 0);
  return compare(got, answer, filled(answer.shape, largest)).agrees;
}

const named = (answers: Partial<Answers<unknown>> | undefined, where: string): unknown =>
  answers?.outputs?.[where] ?? Object.entries(answers?.gradients ?? {}).find(([name]) => gradientOf(name) === where)?.[1];
