/**
 * Gradient descent: every parameter takes a step against its gradient.
 *
 *     w ← w − rate·(∂loss/∂w + weightDecay·w)
 *
 * Layout: parameters and gradients are trees of one form, each gradient of its parameter's shape.
 * Notes: gradient descent update rule. Source: PyTorch `torch.optim.SGD` with momentum 0.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { sameShape, show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { combine } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";

/** How far {@link gradientDescent} steps. */
export interface GradientDescentOptions {
  /** The learning rate: the length of the step per unit of gradient, at least 0. There is no default, because none suits all. */
  readonly rate: number;
  /** How strongly each weight is drawn towards 0, at least 0. Default 0. */
  readonly weightDecay?: number;
}

/**
 * One step of gradient descent: new parameters, each rounded once.
 *
 * @param params - a tree of tensors, such as `layer.init` draws
 * @param gradients - of the same form and shapes, such as a pullback returns
 * @throws RangeError where forms, shapes or options do not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { gradientDescent } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * const params = { weight: tensor([1, 2]), bias: tensor([3]) };
 * const gradients = { weight: tensor([10, -10]), bias: tensor([2]) };
 * gradientDescent(params, gradients, { rate: 0.5 }).weight.values; // => [-4, 7]
 * gradientDescent(params, { weight: tensor([10, -10]) }, { rate: 0.5 }); // throws RangeError: gradientDescent: expected gradients of weight, bias, got weight
 * ```
 */
export function gradientDescent<P>(params: P, gradients: unknown, options: GradientDescentOptions): P {
  checkOptions("gradientDescent", options, { rate: "number", weightDecay: "number" });
  const { rate, weightDecay = 0 } = options;
  checkFactor("rate", rate);
  checkFactor("weightDecay", weightDecay);
  checkGradients(params, gradients);
  return mapTree(params, (weight, gradient) => combine(weight, gradient!, (w, dw) => w - rate * (dw + weightDecay * w)), gradients);
}

function checkFactor(what: string, value: unknown): void {
  const wanted = `${what} as a finite number of at least 0`;
  if (typeof value !== "number") throw wrongKind("gradientDescent", wanted, show(value));
  if (!(value >= 0 && Number.isFinite(value))) throw wrongValue("gradientDescent", wanted, show(value));
}

function checkGradients(params: unknown, gradients: unknown): void {
  const weights = leavesOf(params);
  const given = new Map(leavesOf(gradients));
  if (given.size !== weights.length || weights.some(([path]) => !given.has(path))) {
    const list = (paths: readonly string[]): string => paths.map((path) => path || "a single tensor").join(", ") || "nothing";
    throw wrongValue("gradientDescent", `gradients of ${list(weights.map(([path]) => path))}`, list([...given.keys()]));
  }
  for (const [path, { shape }] of weights) {
    const got = given.get(path)!.shape;
    if (!sameShape(got, shape)) throw wrongValue("gradientDescent", `a gradient of shape ${show(shape)}${path && ` at ${path}`}`, show(got));
  }
}
