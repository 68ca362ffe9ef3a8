/**
 * Convolutional networks: the first half of the notes.
 *
 * @module
 */
export { Convolution, convolution, convolutionBackward, flip } from "./convolution.ts";
export type { ConvolutionLayerOptions, ConvolutionOptions, ConvolutionParams } from "./convolution.ts";
export {
  MaxPooling, MinPooling, maxPooling, maxPoolingBackward, maxPoolingWithIndices, minPooling, minPoolingBackward, minPoolingWithIndices,
} from "./pooling.ts";
export type { PooledWithIndices, PoolingOptions } from "./pooling.ts";
export { AveragePooling, averagePooling, averagePoolingBackward } from "./average-pooling.ts";
export type { AveragePoolingOptions } from "./average-pooling.ts";
export { Unravel, unravel, unravelBackward } from "./unravel.ts";
export type { Padding, Sides, WindowOptions } from "./window.ts";
