/**
 * Precisions: how a candidate stores numbers and rounds its sums.
 *
 * The unit roundoff u is the largest relative error of one rounding: 2⁻ᵖ for p bits of significand.
 * Source: IEEE 754-2019, table 3.5; bfloat16 and tf32 have the 8 exponent bits of float32 with 8 and 11 bits of significand.
 *
 * @module
 */
import { deepFreeze } from "../tensor/tree.ts";

/** The name under which a candidate declares how its sums round. */
export type PrecisionName = "float64" | "float32" | "tf32" | "bfloat16" | "float16";

/** What a precision means for error bounds. */
export interface Precision {
  readonly name: PrecisionName;
  /** Unit roundoff u: half the distance from 1 to the next number. */
  readonly unit: number;
  /** The distance between subnormal numbers: what is lost at most, twice over, when a product underflows. */
  readonly tiny: number;
  /** Whole numbers up to here are exact, and so are sums of whole numbers that stay below. */
  readonly exactBelow: number;
}

const precision = (name: PrecisionName, bits: number, tiny: number): Precision => ({ name, unit: 2 ** -bits, tiny, exactBelow: 2 ** bits });

/** Every precision that a candidate can declare. */
export const precisions: Readonly<Record<PrecisionName, Precision>> = deepFreeze({
  float64: precision("float64", 53, 2 ** -1074),
  float32: precision("float32", 24, 2 ** -149),
  tf32: precision("tf32", 11, 2 ** -136),
  bfloat16: precision("bfloat16", 8, 2 ** -133),
  float16: precision("float16", 11, 2 ** -24),
});
