/**
 * Softmax: a row of any numbers becomes probabilities; and its logarithm.
 *
 *     p_i     = e^(x_i) / Σ_j e^(x_j)
 *     log p_i = x_i − log Σ_j e^(x_j)
 *
 * Both are computed relative to the largest entry x_w, the winner, so that no power overflows: with rest = Σ_{j≠w} e^(x_j − x_w),
 *
 *     p_i     = e^(x_i − x_w) / (1 + rest)
 *     log p_i = (x_i − x_w) − log(1 + rest)
 * and because the winner's own 1 is kept apart, log p_w is right even where p_w rounds to 1. All of it in double, rounded once.
 *
 * Special values: −Infinity has probability 0. A row of nothing but −Infinity, and a row with +Infinity or NaN anywhere, is NaN.
 *
 * Layout: any shape with at least one axis; a row runs along one axis, the last by default.
 * Notes: classification (probabilities of cat and not cat). Source: PyTorch `torch.nn.Softmax`, `torch.nn.LogSoftmax`; ONNX Softmax-13,
 * LogSoftmax-13; Blanchard, Higham, Higham, "Accurately computing the log-sum-exp and softmax functions" (2021).
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { show, sizeOf, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensor, checkTensorOf, emptyStorage, raw } from "../tensor/tensor.ts";
import type { Storage, Tensor } from "../tensor/tensor.ts";

/** Along which axis {@link softmax} and {@link logSoftmax} run. */
export interface SoftmaxOptions {
  /** The axis of a row; a negative one counts from the end. Default −1, the last. */
  readonly axis?: number;
}

/** A row of numbers inside a store: `count` of them, `step` apart. @internal */
export interface Row {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What one row of logits comes to. @internal */
export interface SoftmaxRow {
  /** The position in the row of its largest entry, the first of equals. */
  readonly winner: number;
  readonly maximum: number;
  /** Σ e^(x_j − maximum) over all entries but the winner; NaN where the row has no probabilities. */
  readonly rest: number;
}

/** @internal */
export function softmaxRow(x: Storage, { start, step, count }: Row): SoftmaxRow {
  let winner = 0;
  for (let i = 1; i < count; i++) if (x[start + i * step]! > x[start + winner * step]!) winner = i;
  const maximum = x[start + winner * step]!;
  let rest = maximum - maximum;
  for (let i = 0; i < count; i++) if (i !== winner) rest += Math.exp(x[start + i * step]! - maximum);
  return { winner, maximum, rest };
}

/** p of an entry x of the row. @internal */
export const probability = ({ maximum, rest }: SoftmaxRow, x: number): number => Math.exp(x - maximum) / (1 + rest);

/** log p of an entry x of the row. @internal */
export const logProbability = ({ maximum, rest }: SoftmaxRow, x: number): number => x - maximum - Math.log1p(rest);

/** 1 − p of the entry x at position i, without cancellation: only the winner's p can be near 1. @internal */
export const improbability = (row: SoftmaxRow, x: number, i: number): number =>
  i === row.winner ? row.rest / (1 + row.rest) : 1 - probability(row, x);

interface Plan {
  /** How many rows there are, and the one at each count. */
  readonly rows: number;
  readonly row: (index: number) => Row;
}

function plan(name: string, input: Tensor, options: SoftmaxOptions): Plan {
  checkOptions(name, options, { axis: "wholeNumber" });
  const { shape } = checkTensor(name, "input", input);
  const { axis = -1 } = options;
  const along = axis < 0 ? shape.length + axis : axis;
  const count = shape[along];
  if (count === undefined) throw wrongValue(name, `axis within the ${shape.length} axes of input ${show(shape)}`, show(axis));
  if (count === 0 || shape.slice(1).includes(0)) throw wrongValue(name, "sizes of at least 1 along the axis and beside the batch axis", show(shape));
  const step = sizeOf(shape.slice(along + 1));
  return {
    rows: sizeOf(shape) / count,
    row: (index) => ({ start: Math.floor(index / step) * step * count + (index % step), step, count }),
  };
}

/**
 * The probabilities that belong to rows of numbers.
 *
 * @param input - at least one axis
 * @returns the input's shape; every row sums to 1
 * @throws RangeError where the axis does not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { softmax } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * softmax(tensor([0, Math.log(3)])).values; // => [0.25, 0.75]
 * softmax(tensor([[1000, 0], [1000, -1000]]), { axis: 0 }).values; // => [0.5, 1, 0.5, 0]
 * softmax(tensor([1, 2]), { axis: 1 }); // throws RangeError: softmax: expected axis within the 1 axes of input [2], got 1
 * ```
 */
export function softmax(input: Tensor, options: SoftmaxOptions = {}): Tensor {
  return eachEntry("softmax", input, options, probability);
}

/**
 * The logarithms of the probabilities of {@link softmax}, also where these are too small to be stored.
 *
 * @param input - at least one axis
 * @returns the input's shape
 * @throws RangeError where the axis does not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { logSoftmax } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * logSoftmax(tensor([1000, -1000])).values; // => [0, -2000]
 * ```
 */
export function logSoftmax(input: Tensor, options: SoftmaxOptions = {}): Tensor {
  return eachEntry("logSoftmax", input, options, logProbability);
}

/**
 * The gradient of {@link softmax} with respect to its input.
 *
 *     ∂p_j/∂x_i = p_j·([i = j] − p_i)
 *     dx_i      = p_i·(dy_i − Σ_j p_j·dy_j)
 *
 * The probabilities sum to 1, so dy may be shifted by any number; shifted by the winner's, nothing cancels where p_w is near 1.
 *
 * @param input - as given to {@link softmax}
 * @param dOutput - of the input's shape, the gradient that arrives at the output
 * @throws RangeError where shapes or the axis do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { softmaxBackward } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * softmaxBackward(tensor([0, Math.log(3)]), tensor([16, 0])).values; // => [3, -3]
 * ```
 */
export function softmaxBackward(input: Tensor, dOutput: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { rows, row: rowAt } = plan("softmaxBackward", input, options);
  const dy = raw(checkTensorOf("softmaxBackward", "dOutput", dOutput, input.shape));
  const x = raw(input);
  const dx = emptyStorage([input, dOutput], x.length);
  for (let r = 0; r < rows; r++) {
    const { start, step, count } = rowAt(r);
    const row = softmaxRow(x, { start, step, count });
    const shift = dy[start + row.winner * step]!;
    const end = start + count * step;
    let mean = 0;
    for (let i = start; i < end; i += step) mean += probability(row, x[i]!) * (dy[i]! - shift);
    for (let i = start; i < end; i += step) dx[i] = probability(row, x[i]!) * (dy[i]! - shift - mean);
  }
  return adopt(input.shape, dx);
}

/**
 * The gradient of {@link logSoftmax} with respect to its input.
 *
 *     ∂(log p_j)/∂x_i = [i = j] − p_i
 *     dx_i            = dy_i − p_i·Σ_j dy_j
 *                     = dy_i·(1 − p_i) − p_i·Σ_{j≠i} dy_j
 *
 * The second form keeps its precision where p_i is near 1.
 *
 * @param input - as given to {@link logSoftmax}
 * @param dOutput - of the input's shape, the gradient that arrives at the output
 * @throws RangeError where shapes or the axis do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { logSoftmaxBackward } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * logSoftmaxBackward(tensor([0, Math.log(3)]), tensor([8, 4])).values; // => [5, -5]
 * ```
 */
export function logSoftmaxBackward(input: Tensor, dOutput: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { rows, row: rowAt } = plan("logSoftmaxBackward", input, options);
  const dy = raw(checkTensorOf("logSoftmaxBackward", "dOutput", dOutput, input.shape));
  const x = raw(input);
  const dx = emptyStorage([input, dOutput], x.length);
  for (let r = 0; r < rows; r++) {
    const { start, step, count } = rowAt(r);
    const row = softmaxRow(x, { start, step, count });
    let sum = 0;
    for (let i = 0; i < count; i++) sum += dy[start + i * step]!;
    for (let i = 0; i < count; i++) {
      const at = start + i * step;
      dx[at] = logSoftmaxGradient(row, x[at]!, i, dy[at]!, sum);
    }
  }
  return adopt(input.shape, dx);
}

/** dx_i of log softmax, from x_i, dy_i and Σ dy of the row. @internal */
export const logSoftmaxGradient = (row: SoftmaxRow, x: number, i: number, dy: number, sum: number): number =>
  dy * improbability(row, x, i) - probability(row, x) * (sum - dy);

function eachEntry(name: string, input: Tensor, options: SoftmaxOptions, f: (row: SoftmaxRow, x: number) => number): Tensor {
  const { rows, row: rowAt } = plan(name, input, options);
  const x = raw(input);
  const output = emptyStorage([input], x.length);
  for (let r = 0; r < rows; r++) {
    const { start, step, count } = rowAt(r);
    const row = softmaxRow(x, { start, step, count });
    const end = start + count * step;
    for (let i = start; i < end; i += step) output[i] = f(row, x[i]!);
  }
  return adopt(input.shape, output);
}
