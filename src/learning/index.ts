/**
 * Learning: layers and their composition, losses, gradient descent.
 *
 * @module
 */
export type { Layer, ParamsOf, Pullback } from "./layer.ts";
