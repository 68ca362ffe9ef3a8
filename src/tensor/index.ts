/**
 * What the notes presuppose: tensors, their layouts, random numbers and the matrix product.
 *
 * @module
 */
export { sameShape, show, sizeOf, stridesOf } from "./shape.ts";
export type { Shape } from "./shape.ts";
export { Tensor, add, at, combine, equals, filled, generate, map, reshape, tensor, toNested, zeros } from "./tensor.ts";
export type { JsonNumber, NestedNumbers } from "./tensor.ts";
export { foldIn, key, normal, split, threefry, uniform } from "./random.ts";
export type { Key } from "./random.ts";
export { leavesOf, mapTree } from "./tree.ts";
export { fromSteps, permute, toChannelsFirst, toChannelsLast, toSteps } from "./layout.ts";
export type { SequenceLayout } from "./layout.ts";
export { matrixProduct, matrixProductBackward } from "./matrix-product.ts";
export type { MatrixProductOptions } from "./matrix-product.ts";
export type { PerAxis } from "./options.ts";
