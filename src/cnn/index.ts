/**
 * Convolutional networks: the first half of the notes.
 *
 * @module
 */
export { convolution, convolutionBackward, flip } from "./convolution.ts";
export type { ConvolutionOptions, ConvolutionParams } from "./convolution.ts";
export type { Padding, Sides, WindowOptions } from "./window.ts";
