/** Which tiers reject a variant: each by itself, with the default budget and seed of its own. */
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { withHabits } from "../../src/oracle/kill-matrix.ts";
import { casesOf, tiers } from "../../src/oracle/lattice.ts";
import type { Tier } from "../../src/oracle/lattice.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { questioner } from "../../src/oracle/question.ts";
import { hasStatistics } from "../../src/oracle/statistics.ts";
import { lengthsFor, verifyStatistics } from "../../src/oracle/statistics-tier.ts";
import type { Variant } from "../../src/oracle/variants/index.ts";
import { drawn } from "./support.ts";

/** What a default run draws for each tier of an operation. */
const budget = 200;

/** The tiers that an operation has. */
export const tiersFor = (operation: string): readonly Tier[] =>
  tiers.filter((tier) => (tier === "structure" ? findOperation(operation).exact : tier !== "statistics" || hasStatistics(operation)));

/** Says of variants of one operation which tiers reject them; the cases are drawn once for all of them. */
export function rejecting(operation: string): (variant: Variant) => Promise<readonly Tier[]> {
  const drawnOf = new Map<Tier, readonly Case[]>();
  const casesFor = (tier: Tier): readonly Case[] => {
    const found = drawnOf.get(tier) ?? drawn(operation, tier, casesOf(tier, budget), 1);
    drawnOf.set(tier, found);
    return found;
  };
  return async (variant) => {
    const entry = findOperation(operation);
    const ask = questioner(withHabits(variant, operation), entry);
    const rejects = async (tier: Tier): Promise<boolean> => {
      if (tier === "statistics") {
        const run = { lengths: lengthsFor(budget), seed: 1, deadline: Infinity };
        return (await verifyStatistics(entry, precisions.float32, ask, run, [])).report.failed > 0;
      }
      for (const one of casesFor(tier)) if ((await ask(one)).judgement.faults.length > 0) return true;
      return false;
    };
    const found: Tier[] = [];
    for (const tier of tiersFor(operation)) if (await rejects(tier)) found.push(tier);
    return found;
  };
}
