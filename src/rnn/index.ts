/**
 * Recurrent networks: the second half of the notes.
 *
 * @module
 */
export { scan } from "./unroll.ts";
export type { Cell, Sequence } from "./unroll.ts";
