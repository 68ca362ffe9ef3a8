/**
 * The layer: a function with parameters that also says how gradients flow back through it.
 *
 * Every operation comes as a pair of pure functions, `operation` and `operationBackward`. A layer ties such a pair together: applied to
 * an input it returns the output and a {@link Pullback}, which turns the gradient that arrives at the output into the gradients of the
 * parameters and of the input. Composition of layers is composition of pullbacks in reverse order: that is all of backpropagation.
 *
 * Notes: gradient descent update rule (networks of any form are trained by backpropagation).
 *
 * @module
 */
import type { Key } from "../tensor/random.ts";

/** From the gradient at the output to the gradients of the parameters and of the input. */
export type Pullback<P, X, Y> = (dOutput: Y) => readonly [dParams: P, dInput: X];

/** A function of parameters and an input, with its pullback. */
export interface Layer<P, X, Y> {
  /** Draws fresh parameters. */
  readonly init: (key: Key) => P;
  /** The output, and how gradients flow back. Without a key the layer is in inference: nothing is random. */
  readonly apply: (params: P, input: X, key?: Key) => readonly [output: Y, pullback: Pullback<P, X, Y>];
}

/** The parameters of a layer type. */
export type ParamsOf<L> = L extends Layer<infer P, never, unknown> ? P : never;
