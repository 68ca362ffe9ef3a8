/**
 * Layouts: the same numbers under another order of axes.
 *
 * The library's own layout is batch first, channels second, then space: `[N, C, …space]`; sequences are arrays of `[N, F]` steps.
 * Other frameworks put channels last (`[N, …space, C]`) or keep a sequence in one tensor (`[T, N, F]` or `[N, T, F]`).
 *
 * @module
 */
import { sameShape, show, sizeOf, stridesOf, wrongKind, wrongValue } from "./shape.ts";
import { adopt, checkTensor, emptyStorage, raw } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Reorders the axes: axis `i` of the result is axis `order[i]` of the input.
 *
 * @throws RangeError where `order` does not name every axis once
 *
 * @example
 * ```ts
 * import { permute, tensor, toNested } from "etalon/tensor";
 * toNested(permute(tensor([[1, 2, 3], [4, 5, 6]]), [1, 0])); // => [[1, 4], [2, 5], [3, 6]]
 * permute(tensor([[1, 2]]), [0, 0]); // throws RangeError: permute: expected every axis of [1, 2] once, got [0, 0]
 * ```
 */
export function permute(input: Tensor, order: readonly number[]): Tensor {
  const { shape } = checkTensor("permute", "input", input);
  const complete = Array.isArray(order) && order.length === shape.length && shape.every((_, axis) => order.includes(axis));
  if (!complete) throw wrongValue("permute", `every axis of ${show(shape)} once`, show(order));
  const values = raw(input);
  const inputStrides = stridesOf(shape);
  const outputShape = order.map((axis) => shape[axis]!);
  const strides = order.map((axis) => inputStrides[axis]!);
  const output = emptyStorage([input], values.length);
  const index = outputShape.map(() => 0);
  for (let i = 0, from = 0; i < output.length; i++) {
    output[i] = values[from]!;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]! += 1;
      if (index[axis]! < outputShape[axis]!) break;
      from -= strides[axis]! * outputShape[axis]!;
      index[axis] = 0;
    }
  }
  return adopt(outputShape, output);
}

/**
 * From `[N, C, …space]` to `[N, …space, C]`, as TensorFlow and Keras keep images.
 *
 * @example
 * ```ts
 * import { toChannelsLast, zeros } from "etalon/tensor";
 * toChannelsLast(zeros([2, 3, 5, 7])).shape; // => [2, 5, 7, 3]
 * ```
 */
export function toChannelsLast(input: Tensor): Tensor {
  const rank = withChannels("toChannelsLast", input);
  return permute(input, [0, ...axes(2, rank), 1]);
}

/**
 * From `[N, …space, C]` to the library's own `[N, C, …space]`.
 *
 * @example
 * ```ts
 * import { toChannelsFirst, zeros } from "etalon/tensor";
 * toChannelsFirst(zeros([2, 5, 7, 3])).shape; // => [2, 3, 5, 7]
 * ```
 */
export function toChannelsFirst(input: Tensor): Tensor {
  const rank = withChannels("toChannelsFirst", input);
  return permute(input, [0, rank - 1, ...axes(1, rank - 1)]);
}

const axes = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

function withChannels(name: string, input: Tensor): number {
  const rank = checkTensor(name, "input", input).shape.length;
  if (rank < 2) throw wrongValue(name, "a batch axis and a channel axis", show(input.shape));
  return rank;
}

/** Which axis of a sequence tensor counts the steps: `[T, N, …]` is time first, `[N, T, …]` batch first. */
export type SequenceLayout = "timeFirst" | "batchFirst";

/**
 * The steps of a sequence tensor: `[T, N, …]` (or `[N, T, …]`) becomes T tensors `[N, …]`.
 *
 * @example
 * ```ts
 * import { tensor, toSteps } from "etalon/tensor";
 * const sequence = tensor([[[1], [2]], [[3], [4]], [[5], [6]]]); // [T, N, F] = [3, 2, 1]
 * toSteps(sequence).map((step) => step.values); // => [[1, 2], [3, 4], [5, 6]]
 * toSteps(sequence, "batchFirst").length; // => 2
 * ```
 */
export function toSteps(sequence: Tensor, layout: SequenceLayout = "timeFirst"): readonly Tensor[] {
  const timeFirst = checkLayout("toSteps", layout) === "timeFirst";
  const rank = checkTensor("toSteps", "sequence", sequence).shape.length;
  if (rank < 2) throw wrongValue("toSteps", "a time axis and a batch axis", show(sequence.shape));
  const ordered = timeFirst ? sequence : permute(sequence, [1, 0, ...axes(2, rank)]);
  const [length, ...step] = ordered.shape;
  const values = raw(ordered);
  const size = sizeOf(step);
  return Array.from({ length: length! }, (_, t) => adopt(step, values.slice(t * size, (t + 1) * size)));
}

/**
 * One tensor from the steps of a sequence: T tensors `[N, …]` become `[T, N, …]` (or `[N, T, …]`).
 *
 * @throws RangeError where there is no step, or the steps differ in shape
 *
 * @example
 * ```ts
 * import { fromSteps, tensor } from "etalon/tensor";
 * fromSteps([tensor([[1], [2]]), tensor([[3], [4]])]).shape; // => [2, 2, 1]
 * ```
 */
export function fromSteps(steps: readonly Tensor[], layout: SequenceLayout = "timeFirst"): Tensor {
  const timeFirst = checkLayout("fromSteps", layout) === "timeFirst";
  if (!Array.isArray(steps)) throw wrongKind("fromSteps", "an array of Tensors", show(steps));
  const first: unknown = steps[0];
  if (first === undefined) throw wrongValue("fromSteps", "at least one step", "none");
  const { shape } = checkTensor("fromSteps", "each step", first);
  if (shape.length < 1) throw wrongValue("fromSteps", "steps with a batch axis", show(shape));
  steps.forEach((step, t) => {
    if (!sameShape(checkTensor("fromSteps", "each step", step).shape, shape)) {
      throw wrongValue("fromSteps", `steps of shape ${show(shape)}`, `${show(step.shape)} at step ${t}`);
    }
  });
  const size = sizeOf(shape);
  const output = emptyStorage(steps, steps.length * size);
  steps.forEach((step, t) => output.set(raw(step), t * size));
  const sequence = adopt([steps.length, ...shape], output);
  return timeFirst ? sequence : permute(sequence, [1, 0, ...axes(2, sequence.shape.length)]);
}

function checkLayout(name: string, layout: SequenceLayout): SequenceLayout {
  if (layout !== "timeFirst" && layout !== "batchFirst") throw wrongValue(name, '"timeFirst" or "batchFirst"', show(layout));
  return layout;
}
