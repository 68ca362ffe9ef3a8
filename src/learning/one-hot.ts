/**
 * One-hot vectors: a class as a vector with a 1 in its place and 0 everywhere else, the form in which a network reads symbols.
 *
 * Layout: classes `[…]`, whole numbers from 0 to C − 1; the result `[…, C]`.
 * Notes: recurrent neural networks (input as a series of vectors). Source: PyTorch `torch.nn.functional.one_hot`; ONNX OneHot-11.
 *
 * @module
 */
import { show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensor, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Classes as one-hot vectors along a new last axis.
 *
 * @param classes - of any shape
 * @param count - C, at least 1
 * @throws RangeError where a class is none of them, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { oneHot } from "etalon/learning";
 * import { tensor, toNested } from "etalon/tensor";
 * toNested(oneHot(tensor([2, 0]), 3)); // => [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export function oneHot(classes: Tensor, count: number): Tensor {
  const { shape } = checkTensor("oneHot", "classes", classes);
  if (typeof count !== "number") throw wrongKind("oneHot", "count as a whole number of at least 1", show(count));
  if (!Number.isSafeInteger(count) || count < 1) throw wrongValue("oneHot", "count as a whole number of at least 1", show(count));
  const vectors = new Float32Array(sizeOf(shape) * count);
  raw(classes).forEach((index, position) => {
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw wrongValue("oneHot", `classes as whole numbers from 0 to ${count - 1}`, `${index} at position ${position}`);
    }
    vectors[position * count + index] = 1;
  });
  return adopt([...shape, count], vectors);
}
