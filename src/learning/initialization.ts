/**
 * Initialization: the random weights from which learning starts.
 *
 *     Glorot:  w uniform in ±√(6 / (fanIn + fanOut))      variance 2 / (fanIn + fanOut)
 *     He:      w uniform in ±√(6 / fanIn)                 variance 2 / fanIn
 *
 * fanIn counts the numbers that one output sums over, fanOut the outputs that one input reaches. The variances keep the size of the
 * signal (He: behind relu, which drops half of it) and of its gradient from layer to layer.
 *
 * Layout: `[out, in]`, or `[out, in, …window]` of a kernel.
 * Notes: gradient descent update rule (it starts somewhere). Source: Glorot, Bengio, "Understanding the difficulty of training deep
 * feedforward neural networks" (2010), equation 16; He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015), equation 10.
 *
 * @module
 */
import { uniform } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { checkShape, show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How many numbers one output sums over, and how many outputs one input reaches. */
export interface Fans {
  /** Numbers that one output sums over. */
  readonly fanIn: number;
  /** Outputs that one input reaches. */
  readonly fanOut: number;
}

/**
 * The fans of weights `[out, in]` or of a kernel `[out, in, …window]`: each counts the taps of the window.
 *
 * Of a kernel in g groups, `in` is the channels of one group, and fanOut counts the filters of all groups, as PyTorch does.
 *
 * @throws RangeError for a shape of fewer than two axes
 *
 * @example
 * ```ts
 * import { fansOf } from "etalon/learning";
 * fansOf([16, 3, 5, 5]); // => { fanIn: 75, fanOut: 400 }
 * ```
 */
export function fansOf(shape: Shape): Fans {
  const [outputs, inputs, ...window] = checkShape("fansOf", shape);
  if (outputs === undefined || inputs === undefined) throw wrongValue("fansOf", "a shape [out, in, …window]", show(shape));
  return { fanIn: inputs * sizeOf(window), fanOut: outputs * sizeOf(window) };
}

/**
 * Weights spread evenly over ±√(6 / (fanIn + fanOut)).
 *
 * @throws RangeError where a fan is not a whole number of at least 0 or both are 0, TypeError where one is not a number
 *
 * @example
 * ```ts
 * import { fansOf, glorotUniform } from "etalon/learning";
 * import { key } from "etalon/tensor";
 * const weight = glorotUniform(key(1), [4, 2], fansOf([4, 2])); // fans 2 and 4: within ±1
 * weight.values.every((value) => Math.abs(value) <= 1); // => true
 * ```
 */
export function glorotUniform(key: Key, shape: Shape, fans: Fans): Tensor {
  const { fanIn, fanOut } = checkFans("glorotUniform", fans, ["fanIn", "fanOut"]);
  return spread("glorotUniform", key, shape, fanIn + fanOut);
}

/**
 * Weights spread evenly over ±√(6 / fanIn), for layers in front of a relu.
 *
 * @throws RangeError where fanIn is not a whole number of at least 1, TypeError where it is not a number
 *
 * @example
 * ```ts
 * import { heUniform } from "etalon/learning";
 * import { key } from "etalon/tensor";
 * heUniform(key(1), [4, 6], { fanIn: 6 }).values.every((value) => Math.abs(value) <= 1); // => true
 * ```
 */
export function heUniform(key: Key, shape: Shape, fans: Pick<Fans, "fanIn">): Tensor {
  return spread("heUniform", key, shape, checkFans("heUniform", fans, ["fanIn"]).fanIn);
}

function spread(name: string, key: Key, shape: Shape, fan: number): Tensor {
  if (fan === 0) throw wrongValue(name, "a fan of at least 1", "0");
  const limit = Math.sqrt(6 / fan);
  return uniform(key, shape, -limit, limit);
}

function checkFans<F extends Partial<Fans>>(name: string, fans: F, needed: readonly (keyof Fans)[]): F {
  for (const fan of needed) {
    const value: unknown = fans?.[fan];
    if (typeof value !== "number") throw wrongKind(name, `${fan} as a whole number of at least 0`, show(value));
    if (!Number.isInteger(value) || value < 0) throw wrongValue(name, `${fan} as a whole number of at least 0`, show(value));
  }
  return fans;
}
