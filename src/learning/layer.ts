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
import { show, wrongKind } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** From the gradient at the output to the gradients of the parameters and of the input. */
export type Pullback<P, X, Y> = (dOutput: Y) => readonly [dParams: P, dInput: X];

/** A function of parameters and an input, with its pullback. */
export interface Layer<P, X, Y> {
  /** Draws fresh parameters. */
  readonly init: (key: Key) => P;
  /** The output, and how gradients flow back. Without a key the layer is in inference: nothing is random. */
  readonly apply: (params: P, input: X, key?: Key) => readonly [output: Y, pullback: Pullback<P, X, Y>];
}

/** A layer of any parameters, input and output; `unknown` would fit none, because a layer both takes and returns its types. */
export type AnyLayer = Layer<any, any, any>;

/** The parameters of a layer that has none: an object without fields. */
export type NoParams = Readonly<Record<string, never>>;

/** The parameters of a layer type. */
export type ParamsOf<L> = L extends Layer<infer P, any, any> ? P : never;

/** What a layer type takes. */
export type InputOf<L> = L extends Layer<any, infer X, any> ? X : never;

/** What a layer type returns. */
export type OutputOf<L> = L extends Layer<any, any, infer Y> ? Y : never;

const noParams: NoParams = Object.freeze({});

/**
 * The layer of an operation without parameters, from its forward and its backward function.
 *
 * @param forward - the output of an input
 * @param backward - the gradient of the input, from the input and the gradient that arrives at the output
 *
 * @example
 * ```ts
 * import { parameterless } from "etalon/learning";
 * import { combine, map, tensor } from "etalon/tensor";
 * const Square = parameterless((x) => map(x, (v) => v * v), (x, dOutput) => combine(x, dOutput, (v, d) => 2 * v * d));
 * const [output, pullback] = Square.apply({}, tensor([3, 4]));
 * output.values; // => [9, 16]
 * pullback(tensor([1, 10]))[1].values; // => [6, 80]
 * ```
 */
export function parameterless<X = Tensor, Y = Tensor>(forward: (input: X) => Y, backward: (input: X, dOutput: Y) => X): Layer<NoParams, X, Y> {
  return Object.freeze({
    init: () => noParams,
    apply: (_params: NoParams, input: X) => [forward(input), (dOutput: Y) => [noParams, backward(input, dOutput)] as const] as const,
  });
}

/** Refuses what is not a layer. @internal */
export function checkLayer(name: string, what: string, value: unknown): AnyLayer {
  const layer = value as Partial<AnyLayer> | null | undefined;
  if (typeof layer?.init !== "function" || typeof layer.apply !== "function") {
    throw wrongKind(name, `${what} as a layer (init and apply)`, show(value));
  }
  return layer as AnyLayer;
}
