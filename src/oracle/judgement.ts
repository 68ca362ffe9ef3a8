/**
 * Judgement: everything that a candidate's reply to one case says of the candidate.
 *
 * @module
 */
import { show } from "../tensor/shape.ts";
import type { Case, Reference } from "./case.ts";
import type { Operation, Tensors } from "./catalog/operation.ts";
import { compare } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import type { Reply } from "./protocol.ts";

/** In what way a candidate is wrong. */
export type FaultKind = "value" | "form" | "error" | "died" | "hung" | "flooded" | "garbled" | "wroteInputs" | "reusedBuffer" | "flaky";

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

/** What one reply says. @internal */
export interface Judgement {
  readonly faults: readonly Fault[];
  /** The worst error as a fraction of its radius, of every name that was compared. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Names that the candidate left out, and why the whole case was skipped if it was. */
  readonly missing: readonly string[];
  readonly skipped?: string;
}

/** How a gradient is called in reports. @internal */
export const gradientOf = (name: string): string => `gradient of ${name}`;

/**
 * Compares a reply with the reference, name by name. What the candidate leaves out is missing, never wrong and never right.
 *
 * @internal
 */
export function judge(operation: Operation, one: Case, known: Reference, reply: unknown): Judgement {
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
  const { expected } = known;
  const exact = one.tier === "structure" && operation.exact && !operation.scaled;
  const radius = exact ? { outputs: {}, gradients: {} } : known.radius;
  const compared = [
    ...comparisons(outputs, expected.outputs, radius.outputs, (name) => name),
    ...comparisons(one.cotangents && gradientError === undefined ? gradients ?? {} : {}, expected.gradients, radius.gradients, gradientOf),
  ];
  const strangers = [
    ...Object.keys(outputs).filter((name) => !Object.hasOwn(expected.outputs, name)),
    ...(one.cotangents ? Object.keys(gradients ?? {}).filter((name) => !Object.hasOwn(expected.gradients, name)).map(gradientOf) : []),
  ];
  return {
    faults: [
      ...strangers.map((where): Fault =>
        ({ kind: "form", where, message: `expected only ${compared.map((each) => each.where).join(", ")}, got ${where}` })),
      ...compared.flatMap(({ where, comparison }) => (comparison === undefined || comparison.agrees ? [] : [faultOf(where, comparison)])),
    ],
    ratios: Object.fromEntries(compared.flatMap(({ where, comparison }) => (comparison?.agrees ? [[where, comparison.ratio]] : []))),
    missing: compared.filter(({ comparison }) => comparison === undefined).map(({ where }) => where),
  };
}

function comparisons(
  answers: Readonly<Record<string, unknown>>, expected: Tensors, radius: Tensors, call: (name: string) => string,
): { readonly where: string; readonly comparison: Comparison | undefined }[] {
  return Object.entries(expected).map(([name, tensor]) => ({
    where: call(name),
    comparison: answers[name] === undefined || answers[name] === null ? undefined : compare(answers[name], tensor, radius[name]),
  }));
}

const faultOf = (where: string, { message, worst, ratio }: Comparison): Fault => ({
  kind: worst === undefined ? "form" : "value", where, message: message!, ratio, ...(worst && { worst }),
});
