/**
 * Redrawn cases: the sizes and options of a case with other numbers, by which what is a cause is told from what agrees by coincidence.
 *
 * @module
 */
import { findOperation, isFree } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import { isFatal } from "./judgement.ts";
import { noise, tensorOf, wholeNumber } from "./lattice.ts";
import { newEvidence } from "./likeness.ts";
import type { Evidence } from "./likeness.ts";
import type { Precision } from "./precision.ts";
import type { Ask } from "./question.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How often a case is drawn again: that one number has one sign eight times by chance happens once in 256 times. */
const draws = 8;

/**
 * A case with other numbers of both signs, every second time with ties and zeros: whole ones in the structure tier, else eighths below 1. Class indices and
 * masks stay, and NaN and infinities. Where a law was tried, it is a plain question.
 *
 * @param magnitudes - whether all numbers are to be positive, as an operation may want them
 *
 * @internal
 */
export function redrawn(one: Case, seed: number, magnitudes = false): Case {
  const { law: _, ...plain } = one;
  const operation = findOperation(one.operation);
  const scale = one.tier === "structure" ? 1 : 1 / 8;
  const other = (tensor: Tensor, name: string): Tensor => {
    let position = 0;
    return tensorOf(tensor.shape, (index) => {
      const before = raw(tensor)[position++]!;
      if (!Number.isFinite(before)) return before;
      const drawn = scale * wholeNumber(seed % 2, 7, noise(seed, name, index, 5), noise(seed, name, index, 6));
      return magnitudes ? Math.abs(drawn) : drawn;
    });
  };
  return {
    ...plain, tier: one.tier === "laws" ? "rounding" : one.tier,
    inputs: mapNamed(one.inputs, (tensor, name) => (isFree(operation, name) ? other(tensor, name) : tensor)),
    ...(one.cotangents && { cotangents: mapNamed(one.cotangents, (tensor, name) => other(tensor, `cotangent of ${name}`)) }),
  };
}

/** What a candidate answers to a case that was redrawn several times; no more is asked where it ends, hangs or floods. @internal */
export async function answersAlike(one: Case, ask: Ask, precision: Precision): Promise<readonly Evidence[]> {
  const found: Evidence[] = [];
  for (let seed = 0; seed < draws; seed++) {
    for (const magnitudes of [false, true]) {
      const other = redrawn(one, seed, magnitudes);
      try {
        const { judgement, reply, known } = await ask(other);
        if (judgement.faults.some(isFatal)) return found;
        found.push(newEvidence({ one: other, reply }, precision, known));
        break;
      } catch {
        // The operation does not take negative numbers, or none of these at all.
      }
    }
  }
  return found;
}
