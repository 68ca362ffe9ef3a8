/**
 * Convolution (as cross-correlation, without flipping the kernel) over any number of spatial axes.
 *
 *     output[n][k][o] = bias[k] + Σ_c Σ_t kernel[k][c][t] · input[n][g·C/groups + c][o·stride + t·dilation − before]
 *
 * with g = floor(k / (K/groups)), and zero for the input outside its bounds.
 *
 * Layout: input [N, C, …], kernel [K, C/groups, …], bias [K], output [N, K, …].
 * Source: PyTorch `torch.nn.Conv2d` (formula, groups, dilation); ONNX operator Conv-22 (unequal pads).
 *
 * @module
 */
import { given, type Inputs, type Options, type Outputs } from "./definition.ts";
import { at, indices, range, shapeOf, tabulate } from "./nested.ts";
import { sum, type Arithmetic } from "./scalar.ts";
import { axesOf, isInside, positionOf } from "./window.ts";

export function convolution<S>(a: Arithmetic<S>, inputs: Inputs<S>, options: Options): Outputs<S> {
  const input = given(inputs, "input");
  const kernel = given(inputs, "kernel");
  const bias = inputs["bias"];
  const groups = options.groups ?? 1;
  const [N, C, ...lengths] = shapeOf(input) as [number, number, ...number[]];
  const [K, channels, ...sizes] = shapeOf(kernel) as [number, number, ...number[]];
  if (channels * groups !== C || K % groups !== 0 || sizes.length !== lengths.length) {
    const expected = `kernel [K, C/groups, …] for input [${shapeOf(input)}] and groups ${groups}`;
    throw new RangeError(`convolution: expected ${expected}, got [${shapeOf(kernel)}]`);
  }
  const axes = axesOf(lengths, sizes, options, 1);
  const taps = indices(sizes);
  const zero = a.from(0);

  const output = tabulate([N, K, ...axes.map((axis) => axis.outputs)], ([n, k, ...o]) => {
    const g = Math.floor(k! / (K / groups));
    const terms = range(channels).flatMap((c) => taps.map((t) => {
      const position = positionOf(axes, o, t);
      const value = isInside(axes, position) ? at(input, [n!, g * channels + c, ...position]) : zero;
      return a.multiply(at(kernel, [k!, c, ...t]), value);
    }));
    return a.add(bias === undefined ? zero : at(bias, [k!]), sum(a, terms));
  });
  return { output };
}
