/**
 * Variants: named ways to differ from the reference. Each answers a case as an implementation with that one habit would.
 *
 * @module
 */
import { generalVariants } from "./general.ts";
import { learningVariants } from "./learning.ts";
import type { Variant } from "./variant.ts";
import { windowVariants } from "./windows.ts";

export type { Variant } from "./variant.ts";

/** All variants, simplest first. @internal */
export const variants: readonly Variant[] = [...windowVariants, ...learningVariants, ...generalVariants];
