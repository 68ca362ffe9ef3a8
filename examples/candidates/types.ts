/** What a module candidate is given and gives back, as far as the candidates of this folder need it. */

/** Values in row-major order. A scalar has the shape []. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The gradient of the loss with respect to the output; absent when no gradients are asked for. */
export type Cotangents = { readonly output: Tensor } | undefined;

/** How a window slides: one entry per spatial axis, padding as [before, after]. */
export interface WindowOptions {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [before: number, after: number])[];
  readonly dilation: readonly number[];
  readonly ceilMode?: boolean;
}
