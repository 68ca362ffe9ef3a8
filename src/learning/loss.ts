/**
 * Losses: one number that says how far predictions are from their targets, and that learning makes smaller.
 *
 *     squaredError   (x − t)², value by value
 *     crossEntropy   Σ_c share_c·(−log p_c), row by row, with p = softmax(logits) and
 *                    share_c = w_c·((1 − ε)·target_c + ε / C)         for probabilities
 *                    share_c = w_c·((1 − ε)·[c = target] + ε / C)     for a class
 *
 * where w is the weight of each class (1 without it), ε the label smoothing and C the number of classes. The reduction then keeps the
 * single losses, or makes one number of them, their sum or mean. The whole is computed in double and rounded once.
 *
 * The mean of {@link squaredError} is over all values. The mean of {@link crossEntropy} is over rows: with classes the sum of losses is
 * divided by Σ w_target of the rows that are not ignored, with probabilities by the number of rows. A mean over nothing is NaN.
 *
 * Layout: input and target of squaredError have one shape; logits `[N, C, …]`, classes `[N, …]`, probabilities `[N, C, …]`.
 * Notes: gradient descent update rule (the loss whose derivative is taken). Source: PyTorch `torch.nn.MSELoss`,
 * `torch.nn.CrossEntropyLoss`; ONNX SoftmaxCrossEntropyLoss-13; Szegedy et al., "Rethinking the inception architecture" (2016),
 * section 7, for label smoothing.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { sameShape, show, sizeOf, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensor, checkTensorOf, emptyStorage, raw } from "../tensor/tensor.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { logProbability, logSoftmaxGradient, softmaxRow } from "./softmax.ts";
import type { Row } from "./softmax.ts";

/** What becomes of the single losses: their mean, their sum, or none of both. */
export type Reduction = "mean" | "sum" | "none";

/** Options of {@link squaredError}. */
export interface SquaredErrorOptions {
  /** Default `"mean"`, over all values. */
  readonly reduction?: Reduction;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Default `"mean"`: by the weights of the targets for classes, by the number of rows for probabilities. */
  readonly reduction?: Reduction;
  /** How much each class counts, `[C]`. Default 1 each. */
  readonly weight?: Tensor;
  /** The class index, any whole number, whose rows have loss 0, gradient 0 and no part in the mean. Default none. Not for probabilities. */
  readonly ignoreIndex?: number;
  /** The part ε of each target, from 0 to 1, that is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
}

const reductions = ["mean", "sum", "none"] as const;

function checkSquaredError(name: string, input: Tensor, target: Tensor, options: SquaredErrorOptions): Shape {
  checkOptions(name, options, { reduction: reductions });
  const { shape } = checkTensor(name, "input", input);
  checkTensorOf(name, "target", target, shape);
  if (shape.slice(1).includes(0)) throw wrongValue(name, "sizes of at least 1 beside the batch axis", show(shape));
  return options.reduction === "none" ? shape : [];
}

/**
 * The squared differences of an input from its target: their mean, or as the reduction says.
 *
 * @param target - of the input's shape
 * @returns a scalar `[]`; under `"none"` the input's shape
 * @throws RangeError where shapes or options do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { squaredError } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * squaredError(tensor([1, 2]), tensor([4, 3])).values; // => [5]
 * squaredError(tensor([1, 2]), tensor([4, 3]), { reduction: "none" }).values; // => [9, 1]
 * ```
 */
export function squaredError(input: Tensor, target: Tensor, options: SquaredErrorOptions = {}): Tensor {
  const outputShape = checkSquaredError("squaredError", input, target, options);
  const { reduction = "mean" } = options;
  const [x, t] = [raw(input), raw(target)];
  const output = emptyStorage([input, target], sizeOf(outputShape));
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    const loss = (x[i]! - t[i]!) ** 2;
    total += loss;
    if (reduction === "none") output[i] = loss;
  }
  if (reduction !== "none") output[0] = total / (reduction === "mean" ? x.length : 1);
  return adopt(outputShape, output);
}

/**
 * The gradient of {@link squaredError} with respect to its input; that of the target is its opposite.
 *
 *     dx_i = 2·(x_i − t_i)·dy_i                under "none"
 *     dx_i = 2·(x_i − t_i)·dy / (1 or size)    under "sum", "mean"
 *
 * @param dOutput - `[]`, or of the input's shape under `"none"`: the gradient that arrives at the output
 * @throws RangeError where shapes or options do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { squaredErrorBackward } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * squaredErrorBackward(tensor([1, 2]), tensor([4, 3]), tensor(10)).values; // => [-30, -10]
 * ```
 */
export function squaredErrorBackward(input: Tensor, target: Tensor, dOutput: Tensor, options: SquaredErrorOptions = {}): Tensor {
  const outputShape = checkSquaredError("squaredErrorBackward", input, target, options);
  const { reduction = "mean" } = options;
  const [x, t] = [raw(input), raw(target)];
  const dy = raw(checkTensorOf("squaredErrorBackward", "dOutput", dOutput, outputShape));
  const dx = emptyStorage([input, target, dOutput], x.length);
  const divisor = reduction === "mean" ? x.length : 1;
  for (let i = 0; i < x.length; i++) dx[i] = (2 * (x[i]! - t[i]!) * dy[reduction === "none" ? i : 0]!) / divisor;
  return adopt(input.shape, dx);
}

/** Everything about one call of cross entropy that does not depend on the logits. */
interface Plan {
  readonly rows: number;
  /** Where the logits of each row lie. */
  readonly row: (index: number) => Row;
  readonly ignored: (index: number) => boolean;
  /** The first and the last class that a row's loss looks at: only the target's where nothing is spread. */
  readonly classes: (index: number) => readonly [first: number, last: number];
  /** How much −log p of a class counts in a row's loss. */
  readonly share: (index: number, c: number) => number;
  /** What the sum of losses is divided by. */
  readonly divisor: number;
  readonly outputShape: Shape;
}

function plan(name: string, input: Tensor, target: Tensor, options: CrossEntropyOptions): Plan {
  checkOptions(name, options, { reduction: reductions, weight: "tensor", ignoreIndex: "wholeNumber", labelSmoothing: "number" });
  const { reduction = "mean", weight, ignoreIndex, labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) throw wrongValue(name, "labelSmoothing from 0 to 1", show(labelSmoothing));
  const [samples, count, ...space] = checkTensor(name, "input", input).shape;
  if (samples === undefined || count === undefined) throw wrongValue(name, "input with a batch and a class axis", show(input.shape));
  if ([count, ...space].includes(0)) throw wrongValue(name, "sizes of at least 1 beside the batch axis", show(input.shape));
  const rowsShape = [samples, ...space];
  const hasClasses = sameShape(checkTensor(name, "target", target).shape, rowsShape);
  if (!hasClasses && !sameShape(target.shape, input.shape)) {
    throw wrongValue(name, `target of shape ${show(rowsShape)} (classes) or ${show(input.shape)} (probabilities)`, show(target.shape));
  }
  if (weight !== undefined) checkTensorOf(name, "weight", weight, [count]);

  const rows = sizeOf(rowsShape);
  const step = sizeOf(space);
  const targets = raw(target);
  const weights = weight === undefined ? undefined : raw(weight);
  const weightOf = (c: number): number => (weights === undefined ? 1 : weights[c]!);
  const spread = labelSmoothing / count;
  const row = (index: number): Row => ({ start: Math.floor(index / step) * step * count + (index % step), step, count });
  const common = { rows, row, outputShape: reduction === "none" ? rowsShape : [] };
  if (!hasClasses) {
    return {
      ...common,
      ignored: () => false,
      classes: () => [0, count - 1],
      share: (index, c) => weightOf(c) * ((1 - labelSmoothing) * targets[row(index).start + c * step]! + spread),
      divisor: reduction === "mean" ? rows : 1,
    };
  }
  // A float32 target can only hold the float32 nearest to ignoreIndex.
  const ignored = (index: number): boolean => ignoreIndex !== undefined && Math.fround(targets[index]!) === Math.fround(ignoreIndex);
  let used = 0;
  for (let index = 0; index < rows; index++) {
    if (ignored(index)) continue;
    const c = targets[index]!;
    if (!(Number.isInteger(c) && c >= 0 && c < count)) {
      const wanted = `classes from 0 to ${count - 1}${ignoreIndex === undefined ? "" : ` or ignoreIndex ${ignoreIndex}`}`;
      throw wrongValue(name, wanted, `${show(c)} at position ${index} of target ${show(target.shape)}`);
    }
    used += weightOf(c);
  }
  return {
    ...common,
    ignored,
    classes: (index) => (labelSmoothing === 0 ? [targets[index]!, targets[index]!] : [0, count - 1]),
    share: (index, c) => weightOf(c) * ((c === targets[index] ? 1 - labelSmoothing : 0) + spread),
    divisor: reduction === "mean" ? used : 1,
  };
}

/**
 * Cross entropy: how surprised the predicted probabilities are by the true classes.
 *
 * The target is read as class indices where its shape is that of the input without axis 1, and as probabilities where it is the
 * input's own; the two differ in rank, so no call is ambiguous. Probabilities need not sum to 1. Logits of ±1000 are as good as any.
 *
 * @param input - logits `[N, C, …]`, not probabilities: softmax is part of this loss
 * @param target - classes `[N, …]`, whole numbers from 0 to C − 1, or probabilities `[N, C, …]`
 * @returns a scalar `[]`; under `"none"` `[N, …]`
 * @throws RangeError where shapes, classes or options do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { crossEntropy } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * crossEntropy(tensor([[0, 0], [1000, 0]]), tensor([0, 1]), { reduction: "none" }).values; // => [0.693147182, 1000]
 * crossEntropy(tensor([[0, 0]]), tensor([[0.5, 0.5]])).values; // => [0.693147182]
 * crossEntropy(tensor([[0, 0]]), tensor([2])); // throws RangeError: crossEntropy: expected classes from 0 to 1, got 2 at position 0
 * ```
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { rows, row: rowAt, ignored, classes, share, divisor, outputShape } = plan("crossEntropy", input, target, options);
  const x = raw(input);
  const output = emptyStorage([input, target, options.weight], sizeOf(outputShape));
  let total = 0;
  for (let r = 0; r < rows; r++) {
    if (ignored(r)) continue;
    const { start, step, count } = rowAt(r);
    const row = softmaxRow(x, { start, step, count });
    const [first, last] = classes(r);
    let loss = 0;
    for (let c = first; c <= last; c++) loss -= share(r, c) * logProbability(row, x[start + c * step]!);
    total += loss;
    if (options.reduction === "none") output[r] = loss;
  }
  if (options.reduction !== "none") output[0] = total / divisor;
  return adopt(outputShape, output);
}

/**
 * The gradient of {@link crossEntropy} with respect to the logits.
 *
 * A row's loss is −Σ_c share_c·log p_c, so its gradient is that of log softmax for the cotangent −share·dy / divisor:
 *
 *     dx_i = (p_i·Σ_c share_c − share_i)·dy / divisor
 * For one class and no smoothing this is p − [i = target]. Ignored rows have gradient 0.
 *
 * @param input - logits `[N, C, …]`
 * @param target - as given to {@link crossEntropy}
 * @param dOutput - `[]`, or `[N, …]` under `"none"`: the gradient that arrives at the output
 * @throws RangeError where shapes, classes or options do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { crossEntropyBackward } from "etalon/learning";
 * import { tensor, toNested } from "etalon/tensor";
 * const logits = tensor([[0, Math.log(3)], [0, 0]]);
 * toNested(crossEntropyBackward(logits, tensor([0, 1]), tensor(8))); // => [[-3, 3], [2, -2]]
 * ```
 */
export function crossEntropyBackward(input: Tensor, target: Tensor, dOutput: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { rows, row: rowAt, ignored, share, divisor, outputShape } = plan("crossEntropyBackward", input, target, options);
  const dy = raw(checkTensorOf("crossEntropyBackward", "dOutput", dOutput, outputShape));
  const x = raw(input);
  const dx = emptyStorage([input, target, options.weight, dOutput], x.length);
  for (let r = 0; r < rows; r++) {
    if (ignored(r)) continue;
    const { start, step, count } = rowAt(r);
    const row = softmaxRow(x, { start, step, count });
    const scale = dy[options.reduction === "none" ? r : 0]! / divisor;
    let sum = 0;
    for (let c = 0; c < count; c++) sum += share(r, c);
    for (let c = 0; c < count; c++) {
      const at = start + c * step;
      dx[at] = -scale * logSoftmaxGradient(row, x[at]!, c, share(r, c), sum);
    }
  }
  return adopt(input.shape, dx);
}
