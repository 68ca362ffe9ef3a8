/**
 * Vacuity: whether a case proves anything. One whose every number is 0, or equals all others, would be answered rightly by code that is wrong.
 *
 * @module
 */
import type { Tier } from "./lattice.ts";

/** Whether numbers say something: they are not all 0, not all the same where there are several, and not NaN but where that is the question. */
function speaks(values: ArrayLike<number>, tier: Tier): boolean {
  if (values.length === 0) return false;
  const [first] = [values[0]!];
  const differs = Array.from(values).some((value) => !Object.is(value + 0, first + 0));
  if (differs) return true;
  if (tier === "special") return true;
  return values.length === 1 && first !== 0 && !Number.isNaN(first);
}

/**
 * Whether a case is vacuous: nothing that was compared says anything, because it is empty, all 0, all tied or all saturated.
 *
 * @param compared - the expected numbers of every output and gradient that was compared
 *
 * @internal
 */
export const isVacuous = (tier: Tier, compared: readonly ArrayLike<number>[]): boolean => !compared.some((values) => speaks(values, tier));
