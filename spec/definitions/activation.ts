/**
 * Activations, element by element.
 *
 *     relu(x) = max(0, x), with relu(NaN) = NaN and derivative 0 at 0
 *
 * Source: PyTorch `torch.nn.ReLU`; ONNX operator Relu-14. The derivative at 0 is PyTorch's and TensorFlow's choice.
 *
 * @module
 */
import { given, type Inputs, type Options, type Outputs } from "./definition.ts";
import { mapNested } from "./nested.ts";
import type { Arithmetic } from "./scalar.ts";

export function relu<S>(a: Arithmetic<S>, inputs: Inputs<S>, _options: Options): Outputs<S> {
  return { output: mapNested(given(inputs, "input"), (x) => positivePart(a, x)) };
}

/** max(0, x) of one scalar. */
export const positivePart = <S>(a: Arithmetic<S>, x: S): S => a.isNaN(x) || a.compare(x, a.from(0)) > 0 ? x : a.from(0);
