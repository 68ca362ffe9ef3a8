/**
 * One answer held against the reference, for the assertions of anybody's own tests.
 *
 * @module
 */
import { checkNames, checkOptionNames, mapNamed } from "./catalog/operation.ts";
import type { Answers, Options, Tensors } from "./catalog/operation.ts";
import { findOperation, reference } from "./case.ts";
import type { Case } from "./case.ts";
import { diagnose } from "./diagnosis.ts";
import { judge } from "./judgement.ts";
import { declaredPrecision } from "./precision.ts";
import type { Declaration, PrecisionName } from "./precision.ts";
import type { Reply } from "./protocol.ts";
import { describeCase } from "./report.ts";
import { checkOnly } from "./words.ts";
import { show, wrongValue } from "../tensor/shape.ts";
import { adopt } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Against what an answer is held. */
export interface AgreementOptions {
  /** Cotangents of the outputs, where gradients are held against the reference too. */
  readonly cotangents?: Tensors;
  /** How the sums of the code under test round. Default "float32". */
  readonly precision?: PrecisionName;
  /** Whether its errors are small beside the terms of each number, or beside the largest of a tensor. Default "componentwise". */
  readonly algorithm?: Declaration["algorithm"];
  /** A tolerance of one's own instead of the bound: the largest absolute error. Default the bound. */
  readonly tolerance?: number;
}

/**
 * Throws unless an answer agrees with the reference.
 *
 * @param actual - a tensor (`Tensor`, `{ shape, data }` or `{ shape, values }`), which is held against the first output, or
 *   `{ outputs, gradients }` by name; what is left out is not compared, but something must be there
 * @param operation - a name of the catalog
 * @param inputs - by the names of the catalog
 * @param options - in any spelling; default the operation's own defaults
 * @throws Error with the worst element, its bound, the case and the likely cause where the answer disagrees; RangeError where there is
 *   nothing to compare, for an option that there is none of, a negative tolerance, or a precision or an algorithm that is none
 *
 * @example
 * ```ts
 * import { expectAgrees } from "etalon/oracle";
 * import { tensor } from "etalon/tensor";
 * const inputs = { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]) };
 * expectAgrees({ shape: [1, 1, 2], data: [21, 32] }, "convolution", inputs);
 * expectAgrees({ shape: [1, 1, 2], data: [12, 23] }, "convolution", inputs); // throws Error: convolution: expected output 21 ± 
 * ```
 */
export function expectAgrees(actual: unknown, operation: string, inputs: Tensors, options: Options = {}, against: AgreementOptions = {}): void {
  const entry = findOperation(operation);
  checkAgainst(against);
  const { cotangents, precision: name = "float32", algorithm = "componentwise", tolerance } = against;
  const precision = declaredPrecision("expectAgrees", { precision: name, algorithm });
  checkNames(entry, inputs, cotangents);
  const completed = entry.complete(inputs, options);
  checkOptionNames(entry, options);
  const right = reference(operation, inputs, completed, cotangents, precision);
  const radius = tolerance === undefined ? right.radius : mapAnswers(right.expected, (tensor) => constant(tensor, tolerance));
  const reply = replyOf(actual, entry.outputs[0]!.name);
  const one: Case = { operation, tier: "rounding", inputs, options: completed, features: [], ...(cotangents === undefined ? {} : { cotangents }) };
  if (cotangents === undefined && Object.keys(reply.gradients ?? {}).length > 0) {
    throw wrongValue("expectAgrees", "cotangents to hold gradients against", "none");
  }
  const { faults: [fault], ratios } = judge(entry, one, { expected: right.expected, radius }, reply, precision);
  if (fault === undefined && Object.keys(ratios).length === 0) throw wrongValue("expectAgrees", `an answer of ${operation} to compare`, "none");
  if (fault === undefined) return;
  const [cause] = diagnose(operation, fault.where, [{ one, reply }], precision);
  const { worst } = fault;
  const bound = worst === undefined || !Number.isFinite(worst.expected) ? "" : ` ± ${worst.radius}`;
  const what = worst === undefined
    ? fault.message
    : `expected ${fault.where} ${worst.expected}${bound} at [${worst.index.join(", ")}], got ${worst.got}`;
  throw new Error([
    `${operation}: ${what}`,
    ...(cause === undefined ? [] : [`Likely cause: the answer equals the reference with ${cause.says}.`]),
    ...describeCase(one),
  ].join("\n"));
}

const kinds = ["cotangents", "precision", "algorithm", "tolerance"];

function checkAgainst(against: AgreementOptions): void {
  checkOnly("expectAgrees", "", kinds, against);
  const { tolerance = 0 } = against;
  if (!(typeof tolerance === "number" && tolerance >= 0)) throw wrongValue("expectAgrees", "tolerance as a number from 0 up", show(tolerance));
}

const constant = ({ shape, values }: Tensor, value: number): Tensor => adopt(shape, new Float64Array(values.length).fill(value));

const mapAnswers = ({ outputs, gradients }: Answers<Tensor>, f: (tensor: Tensor) => Tensor): Answers<Tensor> =>
  ({ outputs: mapNamed(outputs, f), gradients: mapNamed(gradients, f) });

const replyOf = (actual: unknown, output: string): Reply =>
  typeof actual === "object" && actual !== null && ("outputs" in actual || "gradients" in actual)
    ? { outputs: {}, ...(actual as Reply) }
    : { outputs: { [output]: actual } };
