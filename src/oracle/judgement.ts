/**
 * Judgement: everything that a candidate's reply to one case says of the candidate.
 *
 * @module
 */
import { show } from "../tensor/shape.ts";
import type { Case, Reference } from "./case.ts";
import type { Answers, Operation, Tensors } from "./catalog/operation.ts";
import { compare, errorRatio, overflowOf } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isVacuous } from "./vacuity.ts";
import { numbersOf } from "./lattice.ts";
import { allowanceOf, impliedBy } from "./policies.ts";
import type { Allowance } from "./policies.ts";
import { isNormwise, precisions } from "./precision.ts";
import type { Precision } from "./precision.ts";
import { gradientOf, whereOf } from "./place.ts";
import { readAnswer } from "./protocol.ts";
import type { Reply } from "./protocol.ts";

/** The ways in which a candidate is wrong. @internal */
export const faultKinds = ["value", "form", "error", "died", "hung", "flooded", "garbled", "wroteInputs", "reusedBuffer", "flaky", "law"] as const;

/** In what way a candidate is wrong. */
export type FaultKind = (typeof faultKinds)[number];

/** One way in which a reply is wrong. */
export interface Fault {
  readonly kind: FaultKind;
  /** What disagrees: "output", "gradient of kernel", or "answer" where there is none. */
  readonly where: string;
  readonly message: string;
  /** For a wrong value: the worst element. */
  readonly worst?: Comparison["worst"];
  readonly ratio?: number;
}

/** Whether a fault costs a restart or a time-out. @internal */
export const isFatal = ({ kind }: Fault): boolean => kind === "died" || kind === "hung" || kind === "flooded";

/** What one reply says. @internal */
export interface Judgement {
  readonly faults: readonly Fault[];
  /** The worst error as a fraction of its radius, of every name that was compared. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Names that the candidate left out, and why the whole case was skipped if it was. */
  readonly missing: readonly string[];
  readonly skipped?: string;
  /** Policies without which it would disagree. */
  readonly policies?: readonly string[];
  /** In the tier of laws: the law that was tried. */
  readonly law?: string;
  /** Whether what was compared proves nothing. */
  readonly vacuous?: boolean;
}

/**
 * Compares a reply with the reference, name by name. What the candidate leaves out is missing, never wrong and never right.
 *
 * @internal
 */
export function judge(operation: Operation, one: Case, known: Reference, reply: unknown, precision: Precision = precisions.float32): Judgement {
  const answers = answersOf(reply);
  if ("faults" in answers) return answers;
  return judgeAnswers(operation, one, known, answers, precision);
}

/** The answers of a reply by name, or what is to be said of a reply that has none. @internal */
export function answersOf(reply: unknown): Judgement | Answers<unknown> {
  const nothing = { faults: [], ratios: {}, missing: [] };
  const wrong = (kind: FaultKind, message: string): Judgement => ({ ...nothing, faults: [{ kind, where: "answer", message }] });
  if (typeof reply !== "object" || reply === null) return wrong("form", `expected an answer { outputs }, got ${show(reply)}`);
  // Many JSON writers give null to what is absent.
  const present: Reply = Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== null));
  const { outputs, gradients, skipped, error, failure, gradientError } = present;
  if (failure !== undefined) return wrong(failure, error ?? failure);
  if (error !== undefined) return wrong("error", String(error));
  if (skipped !== undefined) return { ...nothing, skipped: String(skipped) };
  if (typeof outputs !== "object" || outputs === null) return wrong("form", `expected outputs as an object of tensors, got ${show(outputs)}`);
  if (gradients !== undefined && (typeof gradients !== "object" || gradients === null)) {
    return wrong("form", `expected gradients as an object of tensors, got ${show(gradients)}`);
  }
  return { outputs, gradients: gradientError === undefined ? gradients ?? {} : {} };
}

function judgeAnswers(operation: Operation, one: Case, reference: Reference, { outputs, gradients }: Answers<unknown>, precision: Precision): Judgement {
  const known = one.tier === "special" ? impliedBy(outputs, one, reference, precision) : reference;
  const { expected } = known;
  const exact = operation.exact && !operation.scaled && numbersOf(one.tier, true) === "structure" && !isNormwise(precision, operation.name);
  const radius = exact ? { outputs: {}, gradients: {} } : known.radius;
  const allowance = one.tier === "special" ? allowanceOf(one, precision, outputs) : undefined;
  const compared = [
    ...comparisons("outputs", outputs, expected.outputs, radius.outputs, precision, allowance),
    ...comparisons("gradients", one.cotangents ? gradients : {}, expected.gradients, radius.gradients, precision, allowance),
  ];
  const there = compared.filter(({ comparison }) => comparison !== undefined);
  const policies = [...new Set(compared.flatMap(({ comparison, policies: own }) => (comparison?.agrees ? own : [])))];
  const strangers = [
    ...Object.keys(outputs).filter((name) => !Object.hasOwn(expected.outputs, name)),
    ...(one.cotangents ? Object.keys(gradients).filter((name) => !Object.hasOwn(expected.gradients, name)).map(gradientOf) : []),
  ];
  return {
    faults: [
      ...strangers.map((where): Fault =>
        ({ kind: "form", where, message: `expected only ${compared.map((each) => each.where).join(", ")}, got ${where}` })),
      ...compared.flatMap(({ where, comparison }) => (comparison === undefined || comparison.agrees ? [] : [faultOf(where, comparison)])),
    ],
    ratios: Object.fromEntries(compared.flatMap(({ where, comparison }) => (comparison?.agrees ? [[where, comparison.ratio]] : []))),
    missing: compared.filter(({ comparison }) => comparison === undefined).map(({ where }) => where),
    ...(policies.length > 0 ? { policies } : {}),
    ...(there.length > 0 && isVacuous(one.tier, there.map(({ tensor }) => raw(tensor))) ? { vacuous: true } : {}),
  };
}

interface Compared {
  readonly where: string;
  readonly tensor: Tensor;
  readonly comparison: Comparison | undefined;
  readonly policies: readonly string[];
}

function comparisons(
  kind: "outputs" | "gradients", answers: Readonly<Record<string, unknown>>, expected: Tensors, radius: Tensors, precision: Precision,
  allowance: Allowance | undefined,
): readonly Compared[] {
  const overflow = overflowOf(precision);
  return Object.entries(expected).map(([name, tensor]): Compared => {
    const where = whereOf({ kind, name });
    const answer = answers[name];
    if (answer === undefined || answer === null) return { where, tensor, comparison: undefined, policies: [] };
    const comparison = compare(answer, tensor, radius[name], overflow);
    if (comparison.worst === undefined || comparison.agrees || allowance === undefined) return { where, tensor, comparison, policies: [] };
    const { answer: left, policies } = allowed(answer, kind, name, tensor, radius[name], overflow, allowance);
    return { where, tensor, comparison: compare(left, tensor, radius[name], overflow), policies };
  });
}

/** An answer in which whatever a policy allows is as expected, and those policies. */
function allowed(
  answer: unknown, kind: "outputs" | "gradients", name: string, expected: Tensor, radius: Tensor | undefined, overflow: number, allowance: Allowance,
): { readonly answer: unknown; readonly policies: readonly string[] } {
  const { shape, data } = readAnswer(answer) as Exclude<ReturnType<typeof readAnswer>, string>;
  const policies = new Set<string>();
  const patched = data.map((got, i) => {
    const wanted = raw(expected)[i]!;
    if (errorRatio(got, wanted, (radius && raw(radius)[i]) ?? 0, overflow) <= 1) return got;
    const policy = allowance(kind, name, i, got, wanted);
    if (policy === undefined) return got;
    policies.add(policy);
    return wanted;
  });
  return { answer: { shape, data: patched }, policies: [...policies] };
}

const faultOf = (where: string, { message, worst, ratio }: Comparison): Fault => ({
  kind: worst === undefined ? "form" : "value", where, message: message!, ratio, ...(worst && { worst }),
});
