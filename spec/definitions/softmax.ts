/**
 * Softmax and its logarithm along one axis, as written in the textbook, without the shift by the maximum.
 *
 *     softmax(x)_i = exp(x_i) / Σ_j exp(x_j)
 *     logSoftmax(x)_i = x_i − log Σ_j exp(x_j)
 *
 * Domain: the largest entry of each row within ±700, so that neither exp overflows nor the sum vanishes (exp(710) is infinite
 * and exp(−746) is 0 in double). Inside it a row may hold −Infinity; a row of nothing else gives NaN.
 *
 * Layout: any shape; axis −1 by default, negative axes count from the end.
 * Source: PyTorch `torch.nn.Softmax`, `torch.nn.LogSoftmax`; ONNX operators Softmax-13, LogSoftmax-13.
 *
 * @module
 */
import { given, type Inputs, type Options, type Outputs } from "./definition.ts";
import { at, range, shapeOf, tabulate, type Index, type Nested } from "./nested.ts";
import { sum, type Arithmetic } from "./scalar.ts";

export function softmax<S>(a: Arithmetic<S>, inputs: Inputs<S>, options: Options): Outputs<S> {
  return { output: alongRows(a, given(inputs, "input"), options.axis ?? -1, (x, total) => a.divide(a.exp(x), total)) };
}

export function logSoftmax<S>(a: Arithmetic<S>, inputs: Inputs<S>, options: Options): Outputs<S> {
  return { output: alongRows(a, given(inputs, "input"), options.axis ?? -1, (x, total) => a.subtract(x, a.log(total))) };
}

/** `entry` of each element and of the Σ exp of its row. */
function alongRows<S>(a: Arithmetic<S>, input: Nested<S>, axis: number, entry: (x: S, total: S) => S): Nested<S> {
  const shape = shapeOf(input);
  const along = axis < 0 ? shape.length + axis : axis;
  if (!(along in shape)) throw new RangeError(`softmax: expected an axis of shape [${shape}], got ${axis}`);
  const withEntry = (index: Index, i: number): Index => index.with(along, i);
  const totals = tabulate(shape.with(along, 1), (index) =>
    sum(a, range(shape[along]!).map((j) => a.exp(at(input, withEntry(index, j))))));
  return tabulate(shape, (index) => entry(at(input, index), at(totals, withEntry(index, 0))));
}
