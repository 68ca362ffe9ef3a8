/**
 * A verdict as JUnit XML, which continuous integration shows: a suite for each operation, a test for each tier and name.
 *
 * It keeps the schema of Jenkins (junit-10.xsd of its xUnit plugin), which most readers follow.
 *
 * @module
 */
import { catalog } from "./catalog/index.ts";
import { gradientOf } from "./place.ts";
import type { Failure, OperationReport, TierReport, Verdict } from "./verdict.ts";
import { howMany } from "./words.ts";

/** What became of one output or gradient in one tier. */
interface Outcome {
  readonly name: string;
  readonly result: "passed" | "failure" | "error" | "skipped";
  readonly type?: string;
  readonly message?: string;
  readonly text?: string;
}

/**
 * The verdict as JUnit XML.
 *
 * A wrong answer is a failure; a candidate that could not answer (it died, hung, threw …) is an error. Allowed failures, what was left out
 * and what was not offered are skipped.
 *
 * @example
 * ```ts
 * import { moduleCandidate, reportJunit, verify } from "etalon/oracle";
 * const copy = moduleCandidate({ name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } });
 * const xml = reportJunit(await verify(copy, { operations: ["relu"], tiers: ["structure"], cases: 20 }));
 * xml.split("\n")[1]; // => '<testsuites name="copy" tests="3" failures="1" errors="0">'
 * xml.split("\n")[2]?.startsWith('<testsuite name="relu" tests="3" failures="1" errors="0" skipped="1">'); // => true
 * ```
 */
export function reportJunit(verdict: Verdict): string {
  const suites = verdict.operations.map((report) => ({ name: report.operation, outcomes: outcomesOf(report) }));
  const all = suites.flatMap(({ outcomes }) => outcomes);
  const counts = (outcomes: readonly Outcome[]): Readonly<Record<string, number>> =>
    ({ tests: outcomes.length, failures: count(outcomes, "failure"), errors: count(outcomes, "error") });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: verdict.candidate.name, ...counts(all) })}>`,
    ...suites.flatMap(({ name, outcomes }) => [
      `<testsuite${attributes({ name, ...counts(outcomes), skipped: count(outcomes, "skipped") })}>`,
      ...outcomes.map((outcome) => testcase(name, outcome)),
      "</testsuite>",
    ]),
    "</testsuites>", "",
  ].join("\n");
}

const count = (outcomes: readonly Outcome[], result: Outcome["result"]): number => outcomes.filter((each) => each.result === result).length;

function testcase(operation: string, { name, result, type = "", message = "", text = "" }: Outcome): string {
  const open = `<testcase${attributes({ classname: operation, name })}`;
  if (result === "passed") return `${open}/>`;
  return `${open}><${result}${attributes({ ...(type === "" ? {} : { type }), message })}>${escaped(text)}</${result}></testcase>`;
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values).map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll('"', "&quot;").replaceAll(/\s/g, " ")}"`).join("");

/** Text that XML can hold: letters that mean something are written out, those that it has no place for are replaced. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** What died, hung or threw has no answer that could be wrong. */
const asError = ["error", "died", "hung", "flooded", "garbled"];

function outcomesOf(report: OperationReport): readonly Outcome[] {
  if (report.tiers.length === 0) return [{ name: "answer", result: "skipped", message: "not offered" }];
  return report.tiers.flatMap((tier) => namesOf(report).map((name): Outcome => ({ name: `${tier.tier}: ${name}`, ...outcomeOf(report, tier, name) })));
}

/** The candidate's whole answer, every output and gradient of the catalog, and whatever else a fault names. */
function namesOf({ operation, failures }: OperationReport): readonly string[] {
  const entry = catalog.find(({ name }) => name === operation);
  const gradients = entry?.backward === undefined ? [] : entry.inputs.filter(({ differentiable }) => differentiable);
  const known = ["answer", ...(entry?.outputs ?? []).map(({ name }) => name), ...gradients.map(({ name }) => gradientOf(name))];
  const others = failures.flatMap(({ fault, also }) => [fault.where, ...also]).filter((where) => !known.some((name) => stands(name, where)));
  return [...known, ...new Set(others)];
}

/** Whether a name of the catalog, whose last part may be any, stands for a name in an answer. */
const stands = (name: string, where: string): boolean => name === where || (name.endsWith(".*") && where.startsWith(name.slice(0, -1)));

function outcomeOf(report: OperationReport, tier: TierReport, name: string): Omit<Outcome, "name"> {
  if (tier.cases === 0) return { result: "skipped", message: tier.stopped ?? (Object.keys(tier.skipped).join("; ") || "no case was drawn") };
  const failure = failureOf(report, tier, name);
  if (failure !== undefined) {
    const { fault: { kind, message, where }, allowed, causes: [likely] } = failure;
    if (allowed !== undefined) return { result: "skipped", message: `allowed: ${allowed.reason}`, ...(allowed.url === undefined ? {} : { text: allowed.url }) };
    const said = stands(name, where) ? message : `as ${where}: ${message}`;
    return {
      result: asError.includes(kind) ? "error" : "failure", type: kind, message: said,
      text: likely === undefined ? "" : `Likely cause: the answer equals the reference with ${likely.says}.`,
    };
  }
  if (name === "answer" && tier.failed > 0 && report.failures.length === 0) {
    return { result: "failure", type: "value", message: `${tier.failed} of ${howMany(tier.cases, "case")} disagree` };
  }
  const left = Object.entries(tier.missing).filter(([missing]) => stands(name, missing)).reduce((sum, [, times]) => sum + times, 0);
  return left >= tier.cases ? { result: "skipped", message: `left out in ${howMany(left, "case")}` } : { result: "passed" };
}

/** The failure of a name: found in this tier, or in another one where this tier had wrong answers too and none that was new. */
function failureOf({ failures }: OperationReport, { tier, failed }: TierReport, name: string): Failure | undefined {
  const named = failures.filter(({ fault, also }) => [fault.where, ...also].some((where) => stands(name, where)));
  const own = failures.some((failure) => failure.tier === tier);
  const candidates = own || failed === 0 ? named.filter((failure) => failure.tier === tier) : named;
  return candidates.find(({ allowed }) => allowed === undefined) ?? candidates[0];
}
