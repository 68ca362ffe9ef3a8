/**
 * Activations: the non-linear functions between layers, applied to every value by itself.
 *
 *     relu(x) = max(0, x)
 *
 * Layout: any shape; the output has the shape of the input.
 * Notes: convolutional layer (feature maps pass through an activation). Source: PyTorch `torch.nn.ReLU`, ONNX Relu-14; Nair, Hinton,
 * "Rectified linear units improve restricted Boltzmann machines" (2010).
 *
 * @module
 */
import { adopt, checkTensor, checkTensorOf, emptyStorage, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { parameterless } from "./layer.ts";
import type { Layer, NoParams } from "./layer.ts";

/**
 * The rectified linear unit: what is positive passes, everything else becomes 0. NaN stays NaN.
 *
 * @throws TypeError where the input is not a tensor
 *
 * @example
 * ```ts
 * import { relu } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * relu(tensor([-2, 0, 3, NaN])).values; // => [0, 0, 3, NaN]
 * ```
 */
export function relu(input: Tensor): Tensor {
  const x = raw(checkTensor("relu", "input", input));
  const output = emptyStorage([input], x.length);
  for (let i = 0; i < x.length; i++) output[i] = x[i]! <= 0 ? 0 : x[i]!;
  return adopt(input.shape, output);
}

/**
 * The gradient of {@link relu} with respect to its input.
 *
 *     dx = dy where x > 0, else 0
 *
 * At the kink the derivative is taken as relu'(0) = 0. Where the input is NaN, the gradient passes: as in PyTorch, whose kernel
 * stops it where the output is ≤ 0, and NaN is not.
 *
 * @param input - as given to {@link relu}
 * @param dOutput - of the input's shape, the gradient that arrives at the output
 * @throws RangeError where the shapes differ, TypeError where an argument is not a tensor
 *
 * @example
 * ```ts
 * import { reluBackward } from "etalon/learning";
 * import { tensor } from "etalon/tensor";
 * reluBackward(tensor([-2, 0, 3, NaN]), tensor([5, 6, 7, 8])).values; // => [0, 0, 7, 8]
 * ```
 */
export function reluBackward(input: Tensor, dOutput: Tensor): Tensor {
  const x = raw(checkTensor("reluBackward", "input", input));
  const dy = raw(checkTensorOf("reluBackward", "dOutput", dOutput, input.shape));
  const dx = emptyStorage([input, dOutput], x.length);
  for (let i = 0; i < x.length; i++) dx[i] = x[i]! <= 0 ? 0 : dy[i]!;
  return adopt(input.shape, dx);
}

/** {@link relu} as a layer. */
export const Relu: Layer<NoParams, Tensor, Tensor> = parameterless(relu, reluBackward);
