/**
 * Verdicts: what a run of verification is asked for, and everything that it reports.
 *
 * @module
 */
import type { Allowance } from "./allowances.ts";
import type { Cause } from "./diagnosis.ts";
import type { Fault } from "./judgement.ts";
import type { Tier } from "./lattice.ts";
import type { Kept } from "./memory.ts";
import type { Request } from "./protocol.ts";

/** What to verify, and how long. */
export interface VerifyOptions {
  /** Names of the catalog. Default all. */
  readonly operations?: readonly string[];
  /** Kinds of data. Default all. */
  readonly tiers?: readonly Tier[];
  /** Cases for each operation in the structure and rounding tiers; of special values and edges three tenths, of laws a fifth. Default 200. */
  readonly cases?: number;
  /** A whole number from which all cases follow. Default 1. */
  readonly seed?: number;
  /** Replays one case instead: the path that a failure's report names, with its seed, operation and tier. */
  readonly path?: string;
  /** Whether to stop at the first failure. Default false. */
  readonly bail?: boolean;
  /** The part of the cases that is drawn: `index` of `count` parts, from 1. The parts together draw the cases of the whole. Default all. */
  readonly shard?: Shard;
  /** Seconds after which no further case is begun. Default none. */
  readonly timeLimit?: number;
  /** Called before every case. */
  readonly onProgress?: (progress: Progress) => void;
}

/** One part of a run that is divided. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How far a run is. */
export interface Progress {
  readonly operation: string;
  readonly tier: Tier;
  readonly cases: number;
  readonly failures: number;
}

/** What one tier of one operation showed. */
export interface TierReport {
  readonly tier: Tier;
  /** Cases that the candidate answered, right or wrong. */
  readonly cases: number;
  readonly failed: number;
  /** Where it answered fewer than half of the cases that were wanted: how many were, and how many it was asked. Absent elsewhere. */
  readonly few?: { readonly wanted: number; readonly asked: number };
  /** Cases that it refused, by its reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Outputs and gradients that it left out, by name, with how often. */
  readonly missing: Readonly<Record<string, number>>;
  /** The worst error of any right answer as a fraction of its bound, and where. */
  readonly worst: { readonly ratio: number; readonly where: string };
  /** Of the cases, those that prove nothing: all 0, all tied, or empty. Absent for none. */
  readonly vacuous?: number;
  /** In the tier of laws: how many cases each law was tried in, by its name. Absent for none. */
  readonly laws?: Readonly<Record<string, number>>;
  /** Policies on special values that differ from the reference's, by name, with how often they were met. Absent for none. */
  readonly policies?: Readonly<Record<string, number>>;
  /** Why the search ended early, if it did. */
  readonly stopped?: string;
}

/** One fault, by the smallest case found that shows it. */
export interface Failure {
  readonly operation: string;
  readonly tier: Tier;
  readonly fault: Fault;
  /** The smallest case. */
  readonly request: Request;
  /** The candidate's answer to it under the name at fault, as far as it gave one. */
  readonly got: unknown;
  /** What the reference expects there; absent where there was no answer to compare. */
  readonly expected?: { readonly shape: readonly number[]; readonly values: readonly number[]; readonly radius: readonly number[] };
  /** The elements of the inputs on which the wrong element depends. */
  readonly taps: readonly { readonly input: string; readonly index: readonly number[]; readonly value: number }[];
  /** Habits that explain it, simplest first; empty where none is known. */
  readonly causes: readonly Cause[];
  /** Other outputs and gradients that the same cause explains. */
  readonly also: readonly string[];
  /** Why the run does not fail for it, where it is known. */
  readonly allowed?: Allowance;
  /** Present where the smallest case is answered right by a candidate that was asked nothing before: it keeps something between calls. */
  readonly kept?: Kept;
  /** With operation and tier, what replays the search: the seed, and the path to the shrunk case. */
  readonly seed: number;
  readonly path: string;
}

/** What the candidate showed on one operation. */
export interface OperationReport {
  readonly operation: string;
  /** "allowed" where every failure is. */
  readonly verdict: "agrees" | "disagrees" | "allowed" | "skipped" | "not offered";
  readonly tiers: readonly TierReport[];
  readonly failures: readonly Failure[];
  /** What explains all of several failures at once: a habit, or two together. Absent where nothing known does. */
  readonly together?: Cause;
}

/** The result of a run. */
export interface Verdict {
  /** The precision is what was declared, in words. */
  readonly candidate: { readonly name: string; readonly precision: string };
  readonly seed: number;
  /** The part that was run, where it was not the whole. */
  readonly shard?: Shard;
  readonly seconds: number;
  /** Whether every answer agreed or was allowed not to, and there was at least one. */
  readonly agrees: boolean;
  readonly operations: readonly OperationReport[];
  /** Operations that the candidate offers and the catalog does not hold. */
  readonly unknown: readonly string[];
  /** Operations of the catalog that the candidate offers, where none of them was asked for. Absent elsewhere. */
  readonly offers?: readonly string[];
  /** Allowances that nothing needed, where there were any. */
  readonly outdated?: readonly Allowance[];
}
