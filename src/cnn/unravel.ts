/**
 * Unravel: the volumes of a batch, each turned into one long vector in row-major order.
 *
 *     y[n, (…((i₁·S₂ + i₂)·S₃ + i₃)…)] = x[n, i₁, i₂, i₃, …]
 *
 * Layout: input `[N, S₁, S₂, …]`, output `[N, S₁·S₂·…]`; channels are the slowest index.
 * Notes: convolutional filter again (unravel the values, so that a fully connected layer can take them).
 * Source: ONNX Flatten-21 with axis 1.
 *
 * @module
 */
import { parameterless } from "../learning/layer.ts";
import type { Layer, NoParams } from "../learning/layer.ts";
import { show, sizeOf, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { checkTensor, checkTensorOf, reshape } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * One long vector for each sample.
 *
 * @param input - `[N, …]`, at least the batch axis; a sample without axes is a vector of one value
 * @returns `[N, product of the other sizes]`, the same values in the same order
 * @throws RangeError where the batch axis is missing or another size is 0, TypeError where the input is not a tensor
 *
 * @example
 * ```ts
 * import { unravel } from "etalon/cnn";
 * import { tensor, toNested } from "etalon/tensor";
 * toNested(unravel(tensor([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]))); // => [[1, 2, 3, 4, 5, 6, 7, 8]]
 * ```
 */
export function unravel(input: Tensor): Tensor {
  return reshape(input, unraveledShape("unravel", input));
}

/**
 * The gradient of {@link unravel}: its inverse.
 *
 * Every output is one input, so every gradient goes back to the place that its value came from:
 *
 *     dx[n, i₁, i₂, i₃, …] = dy[n, (…((i₁·S₂ + i₂)·S₃ + i₃)…)]
 *
 * @param input - as given to {@link unravel}; only its shape matters
 * @param dOutput - `[N, product of the other sizes]`
 * @returns the gradient of the input's shape
 * @throws RangeError where shapes do not fit, TypeError where an argument is not a tensor
 *
 * @example
 * ```ts
 * import { unravelBackward } from "etalon/cnn";
 * import { tensor, toNested, zeros } from "etalon/tensor";
 * toNested(unravelBackward(zeros([1, 2, 2]), tensor([[1, 2, 3, 4]]))); // => [[[1, 2], [3, 4]]]
 * ```
 */
export function unravelBackward(input: Tensor, dOutput: Tensor): Tensor {
  checkTensorOf("unravelBackward", "dOutput", dOutput, unraveledShape("unravelBackward", input));
  return reshape(dOutput, input.shape);
}

/**
 * {@link unravel} as a layer.
 *
 * @example
 * ```ts
 * import { Unravel } from "etalon/cnn";
 * import { zeros } from "etalon/tensor";
 * Unravel.apply({}, zeros([7, 3, 4, 5]))[0].shape; // => [7, 60]
 * ```
 */
export const Unravel: Layer<NoParams, Tensor, Tensor> = parameterless(unravel, unravelBackward);

function unraveledShape(name: string, input: Tensor): Shape {
  const { shape } = checkTensor(name, "input", input);
  const [samples, ...sizes] = shape;
  if (samples === undefined || sizes.includes(0)) {
    throw wrongValue(name, "input with a batch axis and sizes of at least 1 beside it", `input ${show(shape)}`);
  }
  return [samples, sizeOf(sizes)];
}
