/**
 * Saved reports: the JSON of a report read back, told again without the candidate, with the reference's answer worked out anew.
 *
 * @module
 */
import { show, wrongKind } from "../tensor/shape.ts";
import { findOperation, reference } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Options, Tensors } from "./catalog/operation.ts";
import { judge } from "./judgement.ts";
import { placeOf } from "./place.ts";
import { fromWire, fromWireOptions, readAnswer } from "./protocol.ts";
import type { Request } from "./protocol.ts";
import { describeTensor, report } from "./report.ts";
import type { ReportOptions } from "./report.ts";
import type { Failure, OperationReport, TierReport, Verdict } from "./verdict.ts";
import { adopt } from "../tensor/tensor.ts";
import { deepCopy } from "../tensor/tree.ts";
import type { Tensor } from "../tensor/tensor.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The verdict that a report in JSON tells of: the reverse of `reportJson`.
 *
 * @throws TypeError, or RangeError for a tensor, that says which part is missing or none
 *
 * @example
 * ```ts
 * import { moduleCandidate, readReport, report, reportJson, verify } from "etalon/oracle";
 * const copy = moduleCandidate({ name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } });
 * const verdict = await verify(copy, { operations: ["relu"], cases: 20 });
 * report(readReport(JSON.parse(JSON.stringify(reportJson(verdict))))) === report(verdict); // => true
 * readReport({}); // throws TypeError: report: expected candidate as an object, got undefined
 * ```
 */
export function readReport(value: unknown): Verdict {
  const fields = objectOf("a report of etalon verify --json", deepCopy(value));
  const { name, precision } = objectOf("candidate as an object", fields["candidate"]);
  if (typeof name !== "string") throw wrongKind("report", "the candidate's name", show(name));
  if (typeof precision !== "string") throw wrongKind("report", "the candidate's precision in words", show(precision));
  for (const number of ["seed", "seconds"]) {
    if (typeof fields[number] !== "number") throw wrongKind("report", `${number} as a number`, show(fields[number]));
  }
  const operations = listOf("operations", fields["operations"]).map(readOperation);
  return { ...fields, unknown: listOf("unknown", fields["unknown"]), operations } as unknown as Verdict;
}

const objectOf = (what: string, value: unknown): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongKind("report", what, show(value));
  return value as Fields;
};

const listOf = (what: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw wrongKind("report", `${what} as a list`, show(value));
  return value;
};

function readOperation(value: unknown, i: number): OperationReport {
  const fields = objectOf(`operation ${i} as an object`, value);
  const { operation } = fields;
  if (typeof operation !== "string") throw wrongKind("report", `the name of operation ${i}`, show(operation));
  return {
    ...fields,
    tiers: listOf(`tiers of ${operation}`, fields["tiers"]).map((tier) => fromWireOptions(objectOf(`tiers of ${operation}`, tier)) as TierReport),
    failures: listOf(`failures of ${operation}`, fields["failures"]).map((failure) => readFailure(operation, failure)),
  } as unknown as OperationReport;
}

function readRequest(operation: string, value: unknown): Request {
  const { id, inputs, options, cotangents } = objectOf(`the request of a failure of ${operation}`, value);
  const tensors = (what: string, named: unknown): Tensors =>
    mapNamed(objectOf(`${what} of ${operation}`, named), (tensor, name) => fromWire(`report: ${name}`, tensor, true));
  return {
    id: String(id), operation, inputs: tensors("inputs", inputs), options: fromWireOptions(objectOf(`options of ${operation}`, options)) as Options,
    ...(cotangents === undefined ? {} : { cotangents: tensors("cotangents", cotangents) }),
  };
}

function readFailure(operation: string, value: unknown): Failure {
  const fields = objectOf(`a failure of ${operation}`, value);
  const { fault, taps, expected, kept } = fields;
  const after = kept === undefined ? undefined : objectOf(`what a failure of ${operation} owes to earlier cases`, kept)["after"];
  return {
    ...fields, request: readRequest(operation, fields["request"]),
    ...(after === undefined ? {} : { kept: { after: readRequest(String(objectOf(`the case before a failure of ${operation}`, after)["operation"]), after) } }),
    fault: fromWireOptions(objectOf(`the fault of a failure of ${operation}`, fault)), taps: fromWireOptions(listOf("taps", taps)),
    ...(expected === undefined ? {} : { expected: fromWireOptions(expected) }),
  } as unknown as Failure;
}

/**
 * A saved report as text: what it said, and for each failure what this release of the reference answers to its case.
 *
 * @example
 * ```ts
 * import { explainReport, moduleCandidate, verify } from "etalon/oracle";
 * const copy = moduleCandidate({ name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } });
 * const text = explainReport(await verify(copy, { operations: ["relu"], tiers: ["structure"], cases: 20 }));
 * const [reference, candidate] = text.split("\n").slice(-2);
 * reference; // => "    the reference  []  0"
 * candidate; // => "    the candidate  []  -1: still wrong"
 * ```
 */
export function explainReport(verdict: Verdict, options: ReportOptions = {}): string {
  const failures = verdict.operations.flatMap((each) => each.failures);
  const told = failures.flatMap((failure) => [`  ${failure.operation} · ${failure.fault.where} (${failure.tier} tier)`, ...anew(failure)]);
  return [report(verdict, options), ...(told.length === 0 ? [] : ["", "Worked out anew by this release, without the candidate:", ...told])].join("\n");
}

const widened = (shape: readonly number[], values: readonly number[]): Tensor => adopt(shape, Float64Array.from(values));

/** The radius is the one that was saved: it depends on what the candidate declared. */
function anew({ operation: name, request: { inputs, options, cotangents }, tier, fault: { kind, where }, got, expected: saved }: Failure): readonly string[] {
  const one: Case = { operation: name, tier, inputs, options, features: [], ...(cotangents && { cotangents }) };
  const { expected } = reference(name, inputs, options, cotangents);
  const place = placeOf(where);
  const wanted = expected[place.kind][place.name];
  if (wanted === undefined || saved === undefined) {
    return Object.entries(expected.outputs).map(([each, tensor]) => `    the reference's ${each}  ${describeTensor(tensor)}`);
  }
  const same = wanted.values.length === saved.values.length && wanted.values.every((value, i) => Object.is(value + 0, saved.values[i]! + 0));
  const lines = [`    the reference  ${describeTensor(wanted)}${same ? "" : ", which is not what the report says"}`];
  if (got === undefined) return [...lines, "    the candidate gave nothing here"];
  const read = readAnswer(got);
  const answered = `    the candidate  ${typeof read === "string" ? read : describeTensor({ shape: read.shape, values: Array.from(read.data) })}`;
  // Whether it broke a law, or answered differently the second time, one answer does not tell.
  if (kind !== "value" && kind !== "form") return [...lines, answered];
  const nothing = { outputs: {}, gradients: {} };
  const radius = { ...nothing, [place.kind]: { [place.name]: widened(saved.shape, saved.radius) } };
  const { faults } = judge(findOperation(name), one, { expected, radius }, { ...nothing, [place.kind]: { [place.name]: got } });
  return [...lines, `${answered}: ${faults.some((each) => each.where === where) ? "still wrong" : "not wrong any more"}`];
}
