/**
 * The tally of one tier: what all judged cases together show.
 *
 * @module
 */
import { isFatal } from "./judgement.ts";
import type { Judgement } from "./judgement.ts";
import type { Tier } from "./lattice.ts";
import type { TierReport } from "./verdict.ts";

/** Counts judgements as they come. @internal */
export interface Tally {
  readonly count: (judgement: Judgement) => void;
  readonly cases: () => number;
  readonly deaths: () => number;
  readonly report: (tier: Tier) => TierReport;
}

type Counts = Map<string, number>;

/**
 * An empty tally.
 *
 * @param wanted - how many cases are to be answered
 *
 * @internal
 */
export function newTally(wanted = 0): Tally {
  let [cases, failed, deaths, vacuous] = [0, 0, 0, 0];
  let worst = { ratio: 0, where: "" };
  const [skipped, missing, policies, laws] = Array.from({ length: 4 }, () => new Map<string, number>()) as [Counts, Counts, Counts, Counts];
  const more = (counts: Counts, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1);
  const few = (): Pick<TierReport, "few"> => {
    const asked = [...skipped.values()].reduce((sum, count) => sum + count, cases);
    return asked > cases && 2 * cases < wanted ? { few: { wanted, asked } } : {};
  };
  return {
    count: (judgement) => {
      if (judgement.skipped !== undefined) {
        more(skipped, judgement.skipped);
        return;
      }
      if (judgement.faults.length === 0 && Object.keys(judgement.ratios).length === 0) {
        more(skipped, "answered with no output at all");
        return;
      }
      cases++;
      if (judgement.faults.length > 0) failed++;
      if (judgement.faults.some(isFatal)) deaths++;
      if (judgement.faults.length === 0 && judgement.vacuous === true) vacuous++;
      if (judgement.law !== undefined) more(laws, judgement.law);
      judgement.policies?.forEach((name) => more(policies, name));
      judgement.missing.forEach((name) => more(missing, name));
      for (const [where, ratio] of Object.entries(judgement.ratios)) if (ratio > worst.ratio) worst = { ratio, where };
    },
    cases: () => cases,
    deaths: () => deaths,
    report: (tier) => ({
      tier, cases, failed, ...few(), skipped: Object.fromEntries(skipped), missing: Object.fromEntries(missing), worst,
      ...(vacuous > 0 ? { vacuous } : {}), ...(policies.size > 0 ? { policies: Object.fromEntries(policies) } : {}),
      ...(laws.size > 0 ? { laws: Object.fromEntries(laws) } : {}),
    }),
  };
}
