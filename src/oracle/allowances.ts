/**
 * Allowances: failures that are known and have a reason, which a run shows without failing for them.
 *
 * An allowance names an operation and what is wrong there; it may also ask for a kind of fault or a likely cause, so that another fault
 * in the same place is not covered. One that nothing needs any more is outdated, and said to be.
 *
 * @module
 */
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { deepCopy } from "../tensor/tree.ts";
import { catalog } from "./catalog/index.ts";
import { faultKinds } from "./judgement.ts";
import type { FaultKind } from "./judgement.ts";
import type { Failure, OperationReport, Verdict } from "./verdict.ts";
import { operationMeant } from "./words.ts";

/** One failure that is known. */
export interface Allowance {
  readonly operation: string;
  /** What disagrees, as reports name it: an output, `gradient of NAME`, or `answer`. */
  readonly where: string;
  /** Only a fault of this kind. Default any. */
  readonly kind?: FaultKind;
  /** Only a fault whose likely cause is the variant of this name. Default any. */
  readonly cause?: string;
  /** Why it is allowed. */
  readonly reason: string;
  /** Where that is discussed. */
  readonly url?: string;
}

const required = ["operation", "where", "reason"];
const optional = ["kind", "cause", "url"];

/**
 * Checks a list of allowances, as a file holds it.
 *
 * @throws TypeError or RangeError that names the entry which is none
 *
 * @example
 * ```ts
 * import { readAllowances } from "etalon/oracle";
 * readAllowances([{ operation: "relu", where: "output", reason: "we clip at 6" }]).length; // => 1
 * readAllowances([{ operation: "relu", where: "output" }]); // throws RangeError: allow: expected entry 0 to have reason, got none
 * ```
 */
export function readAllowances(value: unknown): readonly Allowance[] {
  if (!Array.isArray(value)) throw wrongKind("allow", "a list of known failures", show(value));
  const operations = catalog.map(({ name }) => name);
  value.forEach((entry: unknown, i) => {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw wrongKind("allow", `entry ${i} as an object`, show(entry));
    for (const name of required) if (!Object.hasOwn(entry, name)) throw wrongValue("allow", `entry ${i} to have ${name}`, "none");
    for (const [name, text] of Object.entries(entry)) {
      if (![...required, ...optional].includes(name)) throw wrongValue("allow", `entry ${i} with only ${[...required, ...optional].join(", ")}`, name);
      if (typeof text !== "string" || text === "") throw wrongKind("allow", `${name} of entry ${i} as words`, show(text));
    }
    const { operation, kind } = entry as Allowance;
    if (!operations.includes(operation)) throw wrongValue("allow", `in entry ${i} ${operationMeant(operation, operations)}`, show(operation));
    if (kind !== undefined && !faultKinds.includes(kind)) throw wrongValue("allow", `kind of entry ${i} as ${faultKinds.join(", ")}`, show(kind));
  });
  return deepCopy(value) as readonly Allowance[];
}

const covers = ({ operation, where, kind, cause }: Allowance, failure: Failure): boolean =>
  operation === failure.operation && where === failure.fault.where
  && (kind === undefined || kind === failure.fault.kind) && (cause === undefined || cause === failure.causes[0]?.variant);

/**
 * A verdict in which known failures are allowed: they stay in it, each with its allowance, but what has no others does not disagree.
 *
 * @returns the verdict, with the allowances that nothing needed although their operation was verified
 *
 * @example
 * ```ts
 * import { moduleCandidate, verify, withAllowances } from "etalon/oracle";
 * const copy = moduleCandidate({ name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } });
 * const known = [{ operation: "relu", where: "output", reason: "not yet" }, { operation: "relu", where: "answer", reason: "it died once" }];
 * const verdict = withAllowances(await verify(copy, { operations: ["relu"], cases: 20 }), known);
 * verdict.operations[0]?.verdict; // => "allowed"
 * verdict.agrees; // => true
 * verdict.outdated; // => [{ operation: "relu", where: "answer", reason: "it died once" }]
 * ```
 */
export function withAllowances(verdict: Verdict, allowances: readonly Allowance[]): Verdict {
  return deepCopy(allowing(verdict, allowances));
}

function allowing(verdict: Verdict, allowances: readonly Allowance[]): Verdict {
  const operations = verdict.operations.map((report): OperationReport => {
    const failures = report.failures.map((failure) => {
      const allowed = allowances.find((each) => covers(each, failure));
      return allowed === undefined ? failure : { ...failure, allowed };
    });
    const excused = failures.length > 0 && failures.every(({ allowed }) => allowed !== undefined);
    return { ...report, failures, verdict: excused ? "allowed" : report.verdict };
  });
  const found = operations.flatMap(({ failures }) => failures);
  const isVerified = (name: string): boolean =>
    operations.some(({ operation, tiers }) => operation === name && tiers.some(({ cases }) => cases > 0));
  return {
    ...verdict, operations,
    agrees: operations.every((each) => each.verdict !== "disagrees") && operations.some((each) => each.verdict === "agrees" || each.verdict === "allowed"),
    outdated: allowances.filter((each) => isVerified(each.operation) && !found.some((failure) => covers(each, failure))),
  };
}
