/**
 * The statistics tier of a verification: cases with many sums of 9, 576 and 4608 terms, judged by what their errors show together.
 *
 * @module
 */
import { reference } from "./case.ts";
import type { Case } from "./case.ts";
import type { Operation } from "./catalog/operation.ts";
import { diagnose } from "./diagnosis.ts";
import type { Cause } from "./diagnosis.ts";
import type { Fault, Judgement } from "./judgement.ts";
import { placeOf, whereOf } from "./place.ts";
import type { Place } from "./place.ts";
import type { Precision } from "./precision.ts";
import { readAnswer } from "./protocol.ts";
import type { Reply } from "./protocol.ts";
import { requestOf } from "./question.ts";
import type { Ask } from "./question.ts";
import { causesOfError, faultOfStatistic, mostRmsOf, reductionLengths, statisticOf, statisticsCases, yardstick } from "./statistics.ts";
import type { Statistic } from "./statistics.ts";
import { newTally } from "./tally.ts";
import type { Failure, TierReport } from "./verdict.ts";
import { raw } from "../tensor/tensor.ts";

interface Measured extends Place {
  readonly where: string;
  readonly statistic: Statistic;
}

/** The numbers of terms that a run with so many cases a tier looks at: the longest sums only in a full one. @internal */
export const lengthsFor = (cases: number): readonly number[] =>
  reductionLengths.filter((n) => cases >= 200 || n === 9 || (n === 576 && cases >= 60));

/** How long a run is. */
interface Run {
  /** Numbers of terms. */
  readonly lengths: readonly number[];
  readonly seed: number;
  readonly deadline: number;
  /** Which of the cases are looked at, by their number. Default all. */
  readonly isMine?: (number: number) => boolean;
}

/**
 * Runs the tier for one operation.
 *
 * @param known - where earlier tiers have found faults; errors there have causes of their own
 *
 * @internal
 */
export async function verifyStatistics(
  operation: Operation, precision: Precision, ask: Ask, run: Run, known: readonly string[],
): Promise<{ readonly report: TierReport; readonly own: number; readonly failures: readonly Failure[] }> {
  const tally = newTally();
  const failures: Failure[] = [];
  let stopped: string | undefined;
  const own = run.lengths.flatMap((n) => statisticsCases(operation.name, n, run.seed, precision)).filter((_, number) => run.isMine?.(number) ?? true);
  for (const one of own) {
    if (Date.now() > run.deadline) stopped = "stopped at the time limit";
    if (stopped !== undefined) break;
    const { judgement, reply } = await ask(one);
    const measured = judgement.skipped === undefined ? measure(one, reply, judgement, precision) : [];
    const most = mostRmsOf(precision, operation.name);
    const faults = [...judgement.faults, ...measured.flatMap((each) => faultOf(one, each, most))];
    const ratios = Object.fromEntries(measured.map(({ where, statistic }) => [where, statistic.rms / most]));
    tally.count({ ...judgement, faults, ratios });
    for (const fault of faults) {
      if (known.includes(fault.where) || failures.some((each) => each.fault.where === fault.where)) continue;
      failures.push(failureOf(one, fault, reply, precision, run.seed));
    }
  }
  return { own: own.length, report: { ...tally.report("statistics"), ...(stopped === undefined ? {} : { stopped }) }, failures };
}

/** The statistic of everything that lies within its bound. */
function measure(one: Case, reply: Reply, { ratios }: Judgement, precision: Precision): readonly Measured[] {
  const { expected, unit } = yardstick(one, precision);
  return (["outputs", "gradients"] as const).flatMap((kind) => Object.entries(expected[kind]).flatMap(([name, values]): Measured[] => {
    const where = whereOf({ kind, name });
    const got = readAnswer(reply[kind]?.[name]);
    if (ratios[where] === undefined || typeof got === "string") return [];
    return [{ kind, name, where, statistic: statisticOf(got.data, raw(values), raw(unit[kind][name]!)) }];
  }));
}

function faultOf({ features: [terms] }: Case, { where, statistic }: Measured, most: number): readonly Fault[] {
  const kind = faultOfStatistic(statistic, most);
  if (kind === undefined) return [];
  const { rms, bias, count } = statistic;
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  const message = kind === "precision"
    ? `expected an RMS error of about 0.5, at most ${most}, in units of u·Σ|terms| over sums of ${terms}; got ${short(rms)}`
    : `expected errors of both signs over sums of ${terms}; got a mean of ${short(bias)} away from 0 at an RMS of ${short(rms)}, of ${count} errors`;
  return [{ kind: "value", where, message, ratio: rms / most }];
}

function failureOf(one: Case, fault: Fault, reply: Reply, precision: Precision, seed: number): Failure {
  const place = placeOf(fault.where);
  const got = reply[place.kind]?.[place.name];
  const read = readAnswer(got);
  const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const wanted = expected[place.kind][place.name];
  return {
    operation: one.operation, tier: "statistics", fault, request: requestOf(one, `${one.operation}/statistics`), got, seed, path: "0",
    ...(wanted && { expected: { shape: wanted.shape, values: wanted.values, radius: radius[place.kind][place.name]!.values } }),
    taps: [], also: [],
    causes: fault.kind === "value" && typeof read !== "string" ? causesOf(one, reply, place, read.data, precision) : [],
  };
}

/** Too few bits somewhere, or else a habit: that explains errors of any size. */
function causesOf(one: Case, reply: Reply, place: Place, got: ArrayLike<number>, precision: Precision): readonly Cause[] {
  const losses = causesOfError(one, place, got, precision);
  return losses.length > 0 ? losses : diagnose(one.operation, whereOf(place), [{ one, reply }], precision);
}
