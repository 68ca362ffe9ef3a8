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
import { causeOfAll, isCause, newEvidence, newRanking } from "./diagnosis.ts";
import type { Answered, Cause, Evidence, Ranking } from "./diagnosis.ts";
import { explain, isFatal } from "./explain.ts";
import type { FirstSight } from "./explain.ts";
import { gradientOf } from "./judgement.ts";
import type { Fault } from "./judgement.ts";
import { casesOf, tiers as allTiers } from "./lattice.ts";
import type { Tier } from "./lattice.ts";
import { declaredPrecision, describePrecision } from "./precision.ts";
import type { Precision } from "./precision.ts";
import type { Candidate, Reply } from "./protocol.ts";
import { questioner, sameFault } from "./question.ts";
import { hasStatistics } from "./statistics.ts";
import { lengthsFor, verifyStatistics } from "./statistics-tier.ts";
import { newTally } from "./tally.ts";
import type { Failure, OperationReport, Shard, TierReport, Verdict, VerifyOptions } from "./verdict.ts";

/** Distinct faults shown for one operation. */
const mostFailures = 5;
/** Deaths, time-outs and floods after which an operation is given up. */
const mostDeaths = 4;
/** Questions spent on shrinking one case: shapes here, numbers in simplify. */
const shrinkCalls = 600;

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
  const wanted = chosen("operation", options.operations ?? catalog.map(({ name }) => name), catalog.map(({ name }) => name));
  chosen("tier", tiers, allTiers);
  const shard = options.path === undefined && options.shard !== undefined ? checkShard(options.shard) : undefined;
  const deadline = started + timeLimit * 1000;
  const operations: OperationReport[] = [];
  for (const operation of catalog.filter(({ name }) => wanted.includes(name))) {
    if (options.bail === true && operations.some(({ failures }) => failures.length > 0)) break;
    operations.push(candidate.operations.includes(operation.name)
      ? await verifyOperation(candidate, operation, tiers, { ...options, seed }, deadline)
      : { operation: operation.name, verdict: "not offered", tiers: [], failures: [] });
  }
  return {
    candidate: { name: candidate.name, precision: describePrecision(declaredPrecision(candidate.name, candidate)) },
    seed,
    ...(shard && { shard }),
    seconds: (Date.now() - started) / 1000,
    agrees: operations.every(({ verdict }) => verdict !== "disagrees") && operations.some(({ verdict }) => verdict === "agrees"),
    operations,
    unknown: candidate.operations.filter((name) => catalog.every((entry) => entry.name !== name)),
  };
}

function chosen<T extends string>(what: string, names: readonly T[], known: readonly T[]): readonly T[] {
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw wrongValue("verify", `${what} ${known.join(", ")}`, show(stranger));
  return names;
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

async function verifyOperation(
  candidate: Candidate, operation: Operation, tiers: readonly Tier[], options: VerifyOptions & { readonly seed: number }, deadline: number,
): Promise<OperationReport> {
  let failures: readonly Found[] = [];
  const reports: TierReport[] = [];
  let together: readonly Failure[] = [];
  for (const tier of tiers) {
    if ((tier === "structure" && !operation.exact) || (options.bail === true && failures.length > 0)) continue;
    if (tier === "statistics") {
      if (!hasStatistics(operation.name)) continue;
      const run = { lengths: lengthsFor(options.cases ?? 200), seed: options.seed, deadline, isMine: turnOf(operation, tier, options) };
      const precision = declaredPrecision(candidate.name, candidate);
      const known = failures.map(({ failure }) => failure.fault.where);
      const statistics = await verifyStatistics(operation, precision, questioner(candidate, operation), run, known);
      if (statistics.own > 0) reports.push(statistics.report);
      together = statistics.failures;
      continue;
    }
    const { report, found } = await verifyTier(candidate, operation, tier, options, deadline, failures);
    if (report !== undefined) reports.push(report);
    failures = found;
  }
  const answered = reports.some(({ cases, vacuous = 0 }) => cases > vacuous);
  const all = [...failures.map(conclude).filter(isFirstOfItsCause), ...together];
  const verdict = all.length > 0 ? "disagrees" : answered ? "agrees" : "skipped";
  const cause = together.length > 0 ? undefined : causeOfFailures(operation, all, failures);
  return { operation: operation.name, verdict, tiers: reports, failures: all, ...(cause && { together: cause }) };
}

/** What explains several failures at once, where that is known: no failure may be of another kind than a wrong answer. */
function causeOfFailures(operation: Operation, shown: readonly Failure[], found: readonly Found[]): Cause | undefined {
  if (shown.length < 2 || shown.some(({ fault: { kind } }) => kind !== "value" && kind !== "form")) return undefined;
  const known = found.flatMap(({ ranking, also }) => [...ranking.known(), ...[...also].map(([where, evidence]) => evidence.known(where))]);
  return causeOfAll(operation.name, shown.flatMap(({ causes }) => causes), known);
}

/** A failure, what a further case must differ in to be another one, and what else its cause explains. */
interface Found {
  readonly failure: Failure;
  readonly features: readonly string[];
  /** Other places, with the first case that shows each. */
  readonly also: Map<string, Evidence>;
  readonly ranking: Ranking;
}

const conclude = ({ failure, also, ranking }: Found): Failure => ({ ...failure, also: [...also.keys()], causes: ranking.causes() });

/** Whether no earlier failure is the same fault by the same cause: two habits at once often show one after the other. */
const isFirstOfItsCause = ({ fault, causes: [likely] }: Failure, i: number, all: readonly Failure[]): boolean =>
  likely === undefined || !all.slice(0, i).some((earlier) => sameFault(earlier.fault, fault) && earlier.causes[0]?.variant === likely.variant);

/** The smallest case of a failure, and what the candidate answered to it where it is wrong. */
const answerTo = ({ request: { operation, inputs, options, cotangents }, tier, fault: { where }, got }: Failure): Answered => ({
  one: { operation, tier, inputs, options, features: [], ...(cotangents && { cotangents }) },
  reply: (where.startsWith(gradientOf(""))
    ? { outputs: {}, gradients: { [where.slice(gradientOf("").length)]: got } } : { outputs: { [where]: got } }) as Reply,
});

/** Whether a fault shows nothing new: its like was found with no more features than this case has, or under a cause that explains it too. */
function alreadyFound(found: readonly Found[], fault: Fault, evidence: Evidence, precision: Precision): boolean {
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

/** All failures with a new one; those of its kind and tier that need more features to show, and have no cause of their own, are the same fault. */
const withoutSubsumed = (found: readonly Found[], added: Found): readonly Found[] => [
  ...found.filter(({ failure, features }) => failure.tier !== added.failure.tier || failure.causes.length > 0
    || !sameFault(failure.fault, added.failure.fault) || !added.features.every((feature) => features.includes(feature))),
  added,
];

/** Faults that are not wrong numbers are told apart by what is said of them, whatever numbers it mentions. */
const sameWords = (a: Fault, b: Fault): boolean =>
  a.kind === "flaky" || (a.kind !== "value" && a.message.replace(/\d+/g, "#") === b.message.replace(/\d+/g, "#"));

async function verifyTier(
  candidate: Candidate, operation: Operation, tier: Tier, options: VerifyOptions & { readonly seed: number }, deadline: number, before: readonly Found[],
): Promise<{ readonly report?: TierReport; readonly found: readonly Found[] }> {
  const { check, asyncProperty, casesLater } = await loadFastCheck();
  const precision = declaredPrecision(candidate.name, candidate);
  const ask = questioner(candidate, operation);
  const tally = newTally();
  const total = options.path === undefined ? casesOf(tier, options.cases ?? 200) : 1;
  const isMine = turnOf(operation, tier, options);
  if (!Array.from({ length: total }, (_, number) => number).some(isMine)) return { found: before };
  let stopped: string | undefined;
  let found = before;

  /** Draws cases until one shows a fault that is not known yet, and lets fast-check shrink it. */
  const search = async (seed: number, done: number): Promise<number> => {
    const count = total - done;
    let number = done;
    let first: FirstSight | undefined;
    let questions = 0;
    const shows = async (one: Case, { fault }: FirstSight): Promise<boolean> =>
      questions++ < (isFatal(fault) ? 2 : shrinkCalls) && (await ask(one)).judgement.faults.some((each) => sameFault(each, fault));
    const passes = async (later: () => Case): Promise<boolean> => {
      if (first !== undefined) return !(await shows(later(), first));
      if (stopped === undefined && Date.now() > deadline) stopped = "stopped at the time limit";
      if (stopped !== undefined || !isMine(number++)) return true;
      const one = later();
      options.onProgress?.({ operation: operation.name, tier, cases: tally.cases(), failures: found.length });
      const { judgement, reply, known } = await ask(one);
      const evidence = newEvidence({ one, reply }, precision, known);
      tally.count(judgement);
      const full = found.length >= mostFailures;
      const fault = full ? undefined : judgement.faults.find((each) => !alreadyFound(found, each, evidence, precision));
      if (fault !== undefined) first = { one, reply, fault };
      if (tally.deaths() >= mostDeaths) stopped = `given up after ${mostDeaths} cases on which it died, hung or flooded`;
      return first === undefined;
    };
    const path = options.path === undefined ? {} : { path: options.path };
    const run = await check(asyncProperty(casesLater(operation.name, { tier, precision }), passes), { seed, numRuns: count, ...path });
    if (run.failed && first === undefined) throw run.errorInstance; // not the candidate's fault, and no reason to pass over its cases
    if (first !== undefined) {
      const smallest = run.counterexample?.[0]() ?? (first as FirstSight).one;
      const failure = await explain(operation, precision, ask, first, smallest, { seed: run.seed, path: run.counterexamplePath ?? "" });
      const ranking = newRanking(failure.fault.where, failure.causes, answerTo(failure), precision);
      found = withoutSubsumed(found, { failure, features: smallest.features, also: new Map(), ranking });
      if (options.bail === true) stopped ??= "stopped at the first failure";
    }
    return first === undefined ? count : run.numRuns;
  };

  for (let done = 0, round = 0; done < total && stopped === undefined; round++) done += await search(seedOf(options.seed, round), done);
  return { report: { ...tally.report(tier), ...(stopped === undefined ? {} : { stopped }) }, found };
}

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
