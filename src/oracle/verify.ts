/**
 * Verifying: does another implementation agree with the reference, operation by operation, forward and gradients?
 *
 * For every operation that the candidate offers and every tier, cases are drawn, put to the candidate and judged. A case on which it
 * disagrees is shrunk to the smallest one that still shows the same fault, its numbers are made simple, and known habits are tried as its
 * cause. The search then goes on for faults of another kind, up to five an operation.
 *
 * @module
 */
import { show, wrongValue } from "../tensor/shape.ts";
import type { Case } from "./case.ts";
import { catalog } from "./catalog/index.ts";
import type { Operation } from "./catalog/operation.ts";
import { mostRight, newRanking } from "./diagnosis.ts";
import { newEvidence } from "./likeness.ts";
import type { Evidence } from "./likeness.ts";
import { explain } from "./explain.ts";
import type { FirstSight } from "./explain.ts";
import { alreadyFound, causeOfFailures, conclude, isFirstOfItsCause, withoutSubsumed } from "./findings.ts";
import type { Found } from "./findings.ts";
import { isFatal } from "./judgement.ts";
import type { Judgement } from "./judgement.ts";
import { casesOf, tiers as allTiers } from "./lattice.ts";
import type { Tier } from "./lattice.ts";
import { declaredPrecision, describePrecision } from "./precision.ts";
import { newMemory, newWitness } from "./memory.ts";
import type { Kept, Memory, Witness } from "./memory.ts";
import { encodeRequest, readAnswer } from "./protocol.ts";
import type { Candidate } from "./protocol.ts";
import { questioner, sameFault } from "./question.ts";
import { hasStatistics } from "./statistics.ts";
import { lengthsFor, verifyStatistics } from "./statistics-tier.ts";
import { newTally } from "./tally.ts";
import type { Failure, OperationReport, Shard, TierReport, Verdict, VerifyOptions } from "./verdict.ts";
import { operationMeant } from "./words.ts";

/** Distinct faults shown for one operation. */
const mostFailures = 5;
/** Deaths, time-outs and floods after which an operation is given up; and lines that are no answers, which cost a new process each. */
const [mostDeaths, mostGarbled] = [4, 20];
/** How many times the cases that are to be answered are drawn at most, where a candidate skips some. */
const mostDrawn = 5;
/** Questions spent on shrinking one case: shapes here, numbers in simplify. */
const shrinkCalls = 600;
/** The same where each may cost a time-out, or a new process. */
const [shrinkFatal, shrinkGarbled] = [2, 30];

/**
 * Verifies a candidate.
 *
 * Needs fast-check, an optional peer dependency.
 *
 * @returns what was found; a candidate that throws or answers nonsense is a finding, not an error
 * @throws RangeError for operations or tiers that do not exist
 *
 * @example
 * ```ts
 * import { moduleCandidate, verify } from "etalon/oracle";
 * const candidate = moduleCandidate({ name: "constant", operations: {
 *   relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: new Float32Array(input!.data.length) } } }),
 * } });
 * const verdict = await verify(candidate, { cases: 20 });
 * verdict.agrees; // => false
 * verdict.operations.find(({ operation }) => operation === "relu")?.verdict; // => "disagrees"
 * ```
 */
export async function verify(candidate: Candidate, options: VerifyOptions = {}): Promise<Verdict> {
  const { tiers = allTiers, seed = 1, timeLimit = Infinity } = options;
  const started = Date.now();
  const names = catalog.map(({ name }) => name);
  const wanted = chosen(options.operations ?? names, names, operationMeant);
  chosen(tiers, allTiers, () => `tier ${allTiers.join(", ")}`);
  const shard = options.path === undefined && options.shard !== undefined ? checkShard(options.shard) : undefined;
  const deadline = started + timeLimit * 1000;
  const memory = newMemory();
  const witness = newWitness(candidate, memory);
  const operations: OperationReport[] = [];
  try {
    for (const operation of catalog.filter(({ name }) => wanted.includes(name))) {
      if (options.bail === true && operations.some(({ failures }) => failures.length > 0)) break;
      operations.push(candidate.operations.includes(operation.name)
        ? await verifyOperation(candidate, operation, tiers, { ...options, seed, memory, witness }, deadline)
        : { operation: operation.name, verdict: "not offered", tiers: [], failures: [] });
    }
  } finally {
    await witness.close();
  }
  const offers = names.filter((name) => candidate.operations.includes(name));
  return {
    candidate: { name: candidate.name, precision: describePrecision(declaredPrecision(candidate.name, candidate)) },
    seed,
    ...(shard && { shard }),
    seconds: (Date.now() - started) / 1000,
    agrees: operations.every(({ verdict }) => verdict !== "disagrees") && operations.some(({ verdict }) => verdict === "agrees"),
    operations,
    unknown: candidate.operations.filter((name) => !names.includes(name)),
    ...(offers.length > 0 && operations.every(({ verdict }) => verdict === "not offered") ? { offers } : {}),
  };
}

function chosen<T extends string>(names: readonly T[], known: readonly T[], meant: (stranger: T, known: readonly T[]) => string): readonly T[] {
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw wrongValue("verify", meant(stranger, known), show(stranger));
  return names;
}

/** Whether no earlier failure has the same smallest case, and the same answer to it in the same place: two that were drawn may come down to one. @internal */
export const isFirstOfItsCase = (failure: Failure, i: number, all: readonly Failure[]): boolean =>
  !all.slice(0, i).some((earlier) => sameFault(earlier.fault, failure.fault) && asWords(earlier) === asWords(failure));

function asWords({ request, got, fault: { message } }: Failure): string {
  const answer = readAnswer(got);
  return JSON.stringify([encodeRequest(request), message, typeof answer === "string" ? answer : [answer.shape, Array.from(answer.data, String)]]);
}

function checkShard(shard: Shard): Shard {
  const { index, count } = shard;
  if (!Number.isInteger(index) || !Number.isInteger(count) || index < 1 || index > count) {
    throw wrongValue("verify", "shard as index of count, from 1 to count", `${show(index)} of ${show(count)}`);
  }
  return shard;
}

/** Which cases of a tier are this part's, by their number: the parts take turns, and another one begins in every tier of every operation. */
const turnOf = ({ name }: Operation, tier: Tier, { path, shard }: VerifyOptions): ((number: number) => boolean) => {
  if (path !== undefined || shard === undefined) return () => true;
  const offset = catalog.findIndex((each) => each.name === name) + allTiers.indexOf(tier);
  return (number) => (number + offset) % shard.count === shard.index - 1;
};

/** On how many cases of one operation it died, hung or flooded, and on how many it wrote what is no answer. */
interface Lost {
  readonly deaths: number;
  readonly garbled: number;
}

const givenUp = ({ deaths, garbled }: Lost): string | undefined =>
  deaths >= mostDeaths ? `given up after ${mostDeaths} cases on which it died, hung or flooded`
    : garbled >= mostGarbled ? `given up after ${mostGarbled} cases on which it wrote what is no answer` : undefined;

/** What a run is asked for, with what it begins with. */
type Run = VerifyOptions & { readonly seed: number; readonly memory: Memory; readonly witness: Witness };

async function verifyOperation(
  candidate: Candidate, operation: Operation, tiers: readonly Tier[], options: Run, deadline: number,
): Promise<OperationReport> {
  let failures: readonly Found[] = [];
  let lost: Lost = { deaths: 0, garbled: 0 };
  let right: readonly Evidence[] = [];
  const reports: TierReport[] = [];
  let together: readonly Failure[] = [];
  for (const tier of tiers) {
    if ((tier === "structure" && !operation.exact) || (options.bail === true && failures.length > 0)) continue;
    if (tier === "statistics") {
      if (!hasStatistics(operation.name) || givenUp(lost) !== undefined) continue;
      const run = { lengths: lengthsFor(options.cases ?? 200), seed: options.seed, deadline, isMine: turnOf(operation, tier, options) };
      const precision = declaredPrecision(candidate.name, candidate);
      const known = failures.flatMap(({ failure, also }) => [failure.fault.where, ...also.keys()]);
      const statistics = await verifyStatistics(operation, precision, questioner(candidate, operation), run, known);
      if (statistics.own > 0) reports.push(statistics.report);
      together = statistics.failures;
      continue;
    }
    const { report, found, lost: inAll, right: lately } = await verifyTier(candidate, operation, tier, options, deadline, { found: failures, lost, right });
    if (report !== undefined) reports.push(report);
    [failures, lost, right] = [found, inAll, lately];
  }
  const answered = reports.some(({ cases, vacuous = 0 }) => cases > vacuous);
  const all = [...failures.map(conclude).filter(isFirstOfItsCause).filter(isFirstOfItsCase), ...together];
  const verdict = all.length > 0 ? "disagrees" : answered ? "agrees" : "skipped";
  const cause = together.length > 0 ? undefined : causeOfFailures(operation, all, failures);
  return { operation: operation.name, verdict, tiers: reports, failures: all, ...(cause && { together: cause }) };
}

/** What the tiers before have shown of an operation, and the latest answers that were right. */
interface Before {
  readonly found: readonly Found[];
  readonly lost: Lost;
  readonly right: readonly Evidence[];
}

async function verifyTier(
  candidate: Candidate, operation: Operation, tier: Tier, options: Run, deadline: number, before: Before,
): Promise<Before & { readonly report?: TierReport }> {
  const { check, asyncProperty, casesLater } = await loadFastCheck();
  const precision = declaredPrecision(candidate.name, candidate);
  const { memory, witness, path } = options;
  const ask = questioner(candidate, operation, memory);
  const total = path === undefined ? casesOf(tier, options.cases ?? 200) : 1;
  const isMine = turnOf(operation, tier, options);
  const wanted = Array.from({ length: total }, (_, number) => number).filter(isMine).length;
  if (wanted === 0) return before;
  const tally = newTally(wanted);
  let { found, lost: { garbled }, right } = before;
  const lost = (): Lost => ({ deaths: before.lost.deaths + tally.deaths(), garbled });
  let stopped = givenUp(before.lost);

  /** Draws cases until one shows a fault that is not known yet, and lets fast-check shrink it. */
  const search = async (seed: number, done: number): Promise<number> => {
    const count = total - done % total;
    let number = 0;
    let first: FirstSight | undefined;
    let questions = 0;
    const shows = async (one: Case, { fault }: FirstSight): Promise<boolean> =>
      questions++ < (isFatal(fault) ? shrinkFatal : fault.kind === "garbled" ? shrinkGarbled : shrinkCalls)
        && (await ask(one)).judgement.faults.some((each) => sameFault(each, fault));
    const passes = async (later: () => Case): Promise<boolean> => {
      if (first !== undefined) return !(await shows(later(), first));
      if (stopped === undefined && Date.now() > deadline) stopped = "stopped at the time limit";
      if (stopped !== undefined || tally.cases() >= wanted || !isMine(number++)) return true;
      const one = later();
      options.onProgress?.({ operation: operation.name, tier, cases: tally.cases(), failures: found.length });
      const { judgement, reply, known } = await ask(one);
      const evidence = newEvidence({ one, reply }, precision, known);
      tally.count(judgement);
      const full = found.length >= mostFailures;
      const fault = full ? undefined : judgement.faults.find((each) => !alreadyFound(found, each, evidence, precision));
      if (fault !== undefined) first = { one, reply, fault };
      if (isPlainlyRight(judgement, tier)) {
        right = [...right, evidence].slice(-mostRight);
        for (const { ranking } of found) ranking.weighRight(evidence);
      }
      if (judgement.faults.some(({ kind }) => kind === "garbled")) garbled++;
      stopped ??= givenUp(lost());
      return first === undefined;
    };
    const property = asyncProperty(casesLater(operation.name, { tier, precision }), passes);
    const run = await along(path, async () => check(property, { seed, numRuns: count, ...(path === undefined ? {} : { path }) }));
    if (run.failed && first === undefined) throw run.errorInstance; // not the candidate's fault, and no reason to pass over its cases
    if (first !== undefined) {
      const smallest = run.counterexample?.[0]() ?? (first as FirstSight).one;
      const { where } = (first as FirstSight).fault;
      const dependence = (one: Case): Promise<Kept | undefined> =>
        witness.dependence(async (alone) => isRight((await questioner(alone, operation)(one)).judgement, where));
      const origin = { seed: run.seed, path: run.counterexamplePath ?? "", dependence };
      const { failure, smallest: answered, others } = await explain(operation, precision, ask, first, smallest, origin);
      const ranking = newRanking(failure.fault.where, failure.causes, answered, precision, others);
      right.forEach(ranking.weighRight);
      found = withoutSubsumed(found, { failure, features: smallest.features, also: new Map(), ranking });
      if (options.bail === true) stopped ??= "stopped at the first failure";
    }
    return first === undefined ? count : run.numRuns;
  };

  const most = path === undefined ? mostDrawn * total : 1;
  for (let done = 0, round = 0; done < most && tally.cases() < wanted && stopped === undefined; round++) {
    done += await search(seedOf(options.seed, round), done);
  }
  return { report: { ...tally.report(tier), ...(stopped === undefined ? {} : { stopped }) }, found, lost: lost(), right };
}

/** Where there is no case along a path, it may be that of another seed, operation or tier. */
async function along<T extends { readonly numRuns: number }>(path: string | undefined, again: () => Promise<T>): Promise<T> {
  if (path === undefined) return again();
  const run = await again().catch(() => undefined); // what a case throws, fast-check does not: it only says so of paths
  if (run === undefined || run.numRuns === 0) throw wrongValue("verify", "the path of a case, with the seed, operation and tier of its report", show(path));
  return run;
}

/** Whether an answer to the case itself, and not to a law's changes of it, has nothing wrong: then it may speak against a habit. */
const isPlainlyRight = ({ faults, skipped }: Judgement, tier: Tier): boolean => faults.length === 0 && skipped === undefined && tier !== "laws";

/** Whether an answer is right in one place, or altogether where nothing is compared there. */
const isRight = ({ faults, ratios, skipped }: Judgement, where: string): boolean =>
  faults.every((fault) => fault.where !== where) && (Object.hasOwn(ratios, where) || (faults.length === 0 && skipped === undefined));

/** The first round draws from the seed itself, each further one from a seed of its own, far from those of neighbouring seeds. */
const seedOf = (seed: number, round: number): number => (round === 0 ? seed : Math.imul(seed ^ Math.imul(round, 0x9e3779b1), 0x85ebca6b));

/** What is needed of fast-check, with the arbitraries that need it too. */
async function loadFastCheck(): Promise<Pick<typeof import("fast-check"), "check" | "asyncProperty"> & typeof import("./arbitraries.ts")> {
  try {
    return { ...(await import("fast-check")), ...(await import("./arbitraries.ts")) };
  } catch {
    throw new Error("verify: expected fast-check beside etalon to draw cases, got none; install it with: npm install --save-dev fast-check");
  }
}
