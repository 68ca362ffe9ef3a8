/**
 * The residual connection: a layer learns what to add to its input, and the gradient has a way around it.
 *
 *     y = f(x) + x
 *
 * Layout: f returns what it takes: a tensor of the same shape, or a tree (such as the steps of a sequence) of the same form.
 * Notes: vanishing gradients (residual connections). Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition"
 * (2015), equation 1.
 *
 * @module
 */
import { sameShape, show, wrongValue } from "../tensor/shape.ts";
import { add } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";
import { checkLayer } from "./layer.ts";
import type { Layer } from "./layer.ts";

/**
 * A layer whose input is added to its output.
 *
 * With f* the pullback of f,
 *
 *     dx = f*(dy) + dy
 * so that dy arrives at x whatever f* leaves of it. Both sums are rounded once more, after f and f*.
 *
 * @param layer - returns the shape that it takes
 * @throws TypeError where it is not a layer; when applied, RangeError where output and input differ in shape
 *
 * @example
 * ```ts
 * import { Relu, residual } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const [output, pullback] = residual(Relu).apply({}, tensor([-1, 2]));
 * output.values; // => [-1, 4]
 * pullback(tensor([10, 10]))[1].values; // => [10, 20]
 * ```
 */
export function residual<P, X>(layer: Layer<P, X, X>): Layer<P, X, X> {
  checkLayer("residual", "its argument", layer);
  return {
    init: (key) => layer.init(key),
    apply: (params, input, key) => {
      const [change, pullback] = layer.apply(params, input, key);
      return [mapTree(change, (y, x) => sum(y, x!), input), (dOutput) => {
        const [dParams, dChange] = pullback(dOutput);
        return [dParams, mapTree(dChange, (dx, dy) => add(dx, dy!), dOutput)];
      }];
    },
  };
}

function sum(change: Tensor, input: Tensor): Tensor {
  if (!sameShape(change.shape, input.shape)) {
    throw wrongValue("residual", `a layer that keeps the input's shape ${show(input.shape)}`, show(change.shape));
  }
  return add(change, input);
}
