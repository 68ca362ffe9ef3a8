/**
 * Learning: layers and their composition, losses, gradient descent.
 *
 * @module
 */
export { parameterless } from "./layer.ts";
export type { AnyLayer, InputOf, Layer, NoParams, OutputOf, ParamsOf, Pullback } from "./layer.ts";
export { Relu, relu, reluBackward } from "./activation.ts";
export { both, chain, model } from "./combinators.ts";
export type { ChainParams, ModelEntry, ModelParams } from "./combinators.ts";
export { FullyConnected, fullyConnected, fullyConnectedBackward } from "./fully-connected.ts";
export type { FullyConnectedParams, FullyConnectedSize } from "./fully-connected.ts";
export { residual } from "./residual.ts";
export { fansOf, glorotUniform, heUniform } from "./initialization.ts";
export type { Fans } from "./initialization.ts";
