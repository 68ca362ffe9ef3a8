/**
 * The fully connected layer and the matrix product.
 *
 *     fullyConnected  output[…][o] = Σ_i input[…][i] · weight[o][i] + bias[o]
 *     matrixProduct   output[…][i][j] = Σ_k left[…][i][k] · right[…][k][j]
 *
 * Layout: input [..., in], weight [out, in], bias [out]; left [..., m, k], right [..., k, n], each with its last two axes
 * exchanged under transposeLeft, transposeRight; leading axes equal, or absent on one side.
 * Sources: PyTorch `torch.nn.Linear`, `torch.matmul`; ONNX operators Gemm-13 (transA, transB) and MatMul-13.
 *
 * @module
 */
import { given, type Inputs, type Options, type Outputs } from "./definition.ts";
import { at, range, shapeOf, tabulate } from "./nested.ts";
import { sum, type Arithmetic } from "./scalar.ts";

export function fullyConnected<S>(a: Arithmetic<S>, inputs: Inputs<S>, _options: Options): Outputs<S> {
  const input = given(inputs, "input");
  const weight = given(inputs, "weight");
  const bias = inputs["bias"];
  const leading = shapeOf(input).slice(0, -1);
  const features = shapeOf(input).at(-1)!;
  const [outputs, weightFeatures] = shapeOf(weight) as [number, number];
  if (weightFeatures !== features) throw new RangeError(`fullyConnected: expected weight [out, ${features}], got [${shapeOf(weight)}]`);
  const output = tabulate([...leading, outputs], (index) => {
    const row = index.slice(0, -1);
    const o = index.at(-1)!;
    const products = range(features).map((i) => a.multiply(at(input, [...row, i]), at(weight, [o, i])));
    return a.add(sum(a, products), bias === undefined ? a.from(0) : at(bias, [o]));
  });
  return { output };
}

export function matrixProduct<S>(a: Arithmetic<S>, inputs: Inputs<S>, options: Options): Outputs<S> {
  const left = given(inputs, "left");
  const right = given(inputs, "right");
  const leadingLeft = shapeOf(left).slice(0, -2);
  const leadingRight = shapeOf(right).slice(0, -2);
  const [m, inner] = exchanged(shapeOf(left).slice(-2) as [number, number], options.transposeLeft);
  const [innerRight, n] = exchanged(shapeOf(right).slice(-2) as [number, number], options.transposeRight);
  const bothLead = leadingLeft.length > 0 && leadingRight.length > 0;
  if (inner !== innerRight || (bothLead && `${leadingLeft}` !== `${leadingRight}`)) {
    throw new RangeError(`matrixProduct: expected shapes that fit, got left [${shapeOf(left)}], right [${shapeOf(right)}]`);
  }
  const output = tabulate([...(leadingLeft.length > 0 ? leadingLeft : leadingRight), m, n], (index) => {
    const lead = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    const leadOf = (own: readonly number[]): readonly number[] => own.length > 0 ? lead : [];
    return sum(a, range(inner).map((k) => a.multiply(
      at(left, [...leadOf(leadingLeft), ...exchanged([i, k], options.transposeLeft)]),
      at(right, [...leadOf(leadingRight), ...exchanged([k, j], options.transposeRight)]),
    )));
  });
  return { output };
}

const exchanged = ([first, second]: readonly [number, number], transpose = false): readonly [number, number] =>
  transpose ? [second, first] : [first, second];
