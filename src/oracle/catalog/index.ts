/**
 * The catalog: every operation that can be verified and served, under its name in library and protocol.
 *
 * @module
 */
import { convolutionEntry } from "./convolution.ts";
import { matrixProductEntry } from "./matrix-product.ts";
import type { Operation } from "./operation.ts";

/** All operations, in the order of the notes. */
export const catalog: readonly Operation[] = [convolutionEntry, matrixProductEntry];
