/**
 * Average pooling: of each small area of the input, the mean value.
 *
 *     y[n, c, p] = Σ_t x[n, c, p·stride + t·dilation − before] / divisor(p)
 *
 * where p and t run over any number of spatial axes, x is 0 outside of its bounds, and the divisor counts the taps with a cell of the
 * input under them; with `countPadding` those over padding too, but never those that hang over the padded input's end.
 *
 * Layout: input `[N, C, …space]`, output `[N, C, …positions]`.
 * Notes: pooling layer, pooling. Source: ONNX AveragePool-22 (count_include_pad); PyTorch `torch.nn.AvgPool2d` (divisor_override).
 *
 * @module
 */
import { parameterless } from "../learning/layer.ts";
import type { Layer, NoParams } from "../learning/layer.ts";
import { sizeOf } from "../tensor/shape.ts";
import { adopt, checkTensorOf, emptyStorage, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { planPooling } from "./pooling.ts";
import type { PoolingOptions, PoolingPlan } from "./pooling.ts";
import { fillImage, interior, offsets, origins, readImage, refuseEmptyWindows, tapsWithin } from "./window.ts";

/** Which areas are averaged, and what their sums are divided by. */
export interface AveragePoolingOptions extends PoolingOptions {
  /** Whether taps over padding count in the divisor. Default false. */
  readonly countPadding?: boolean;
  /** Divides every sum, above 0, whatever the number of taps. Default: the number of taps that count. */
  readonly divisor?: number;
}

/**
 * The mean of each window; every output is one sum in double, divided and rounded once.
 *
 * @param input - `[N, C, …space]`; an empty batch gives an empty output
 * @returns `[N, C, …positions]`
 * @throws RangeError where shapes or options do not fit or a window has nothing to divide by (wholly in padding, with neither
 *   `countPadding` nor `divisor`), TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { averagePooling } from "etalon/cnn";
 * import { tensor, toNested } from "etalon/tensor";
 * const row = tensor([[[2, 4, 9, 5]]]);
 * toNested(averagePooling(row, { window: 2 })); // => [[[3, 7]]]
 * toNested(averagePooling(row, { window: 2, padding: 1 })); // => [[[2, 6.5, 5]]]
 * toNested(averagePooling(row, { window: 2, padding: 1, countPadding: true })); // => [[[1, 6.5, 2.5]]]
 * ```
 */
export function averagePooling(input: Tensor, options: AveragePoolingOptions): Tensor {
  const { window, planes, outputShape, divisor } = planAverage("averagePooling", input, options);
  const rows = interior(window);
  const image = new Float64Array(sizeOf(window.image));
  const origin = origins(window);
  const offset = offsets(window, 1);
  const cells = sizeOf(window.input);
  const output = emptyStorage([input], sizeOf(outputShape));
  for (let plane = 0; plane < planes; plane++) {
    fillImage(window, rows, 1, raw(input).subarray(plane * cells, (plane + 1) * cells), image);
    for (let p = 0; p < origin.length; p++) {
      let sum = 0;
      for (let t = 0; t < offset.length; t++) sum += image[origin[p]! + offset[t]!]!;
      output[plane * origin.length + p] = sum / divisor[p]!;
    }
  }
  return adopt(outputShape, output);
}

/**
 * The gradient of {@link averagePooling} with respect to its input.
 *
 * With x̃ the padded image, the output is linear in it, and the gradient is the same sum read backwards:
 *
 *     y[p]                         = Σ_t x̃[origin p + offset t] / divisor[p]
 *     dx̃[origin p + offset t]     += dy[p] / divisor[p]
 * What dx̃ gathers on the padding is dropped.
 *
 * @param input - `[N, C, …space]`, as given to {@link averagePooling}; only its shape matters
 * @param dOutput - `[N, C, …positions]`
 * @returns the gradient of the input's shape
 * @throws RangeError where shapes or options do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { averagePoolingBackward } from "etalon/cnn";
 * import { tensor, toNested } from "etalon/tensor";
 * toNested(averagePoolingBackward(tensor([[[2, 4, 9, 5]]]), tensor([[[6, 8]]]), { window: 2 })); // => [[[3, 3, 4, 4]]]
 * ```
 */
export function averagePoolingBackward(input: Tensor, dOutput: Tensor, options: AveragePoolingOptions): Tensor {
  const { window, planes, outputShape, divisor } = planAverage("averagePoolingBackward", input, options);
  checkTensorOf("averagePoolingBackward", "dOutput", dOutput, outputShape);
  const rows = interior(window);
  const dImage = new Float64Array(sizeOf(window.image));
  const origin = origins(window);
  const offset = offsets(window, 1);
  const cells = sizeOf(window.input);
  const dValues = raw(dOutput);
  const dInput = emptyStorage([input, dOutput], sizeOf(input.shape));
  for (let plane = 0; plane < planes; plane++) {
    dImage.fill(0);
    for (let p = 0; p < origin.length; p++) {
      const share = dValues[plane * origin.length + p]! / divisor[p]!;
      for (let t = 0; t < offset.length; t++) dImage[origin[p]! + offset[t]!]! += share;
    }
    readImage(window, rows, 1, dImage, dInput.subarray(plane * cells, (plane + 1) * cells));
  }
  return adopt(input.shape, dInput);
}

/**
 * {@link averagePooling} as a layer.
 *
 * @example
 * ```ts
 * import { AveragePooling } from "etalon/cnn";
 * import { tensor, toNested } from "etalon/tensor";
 * toNested(AveragePooling({ window: 2 }).apply({}, tensor([[[2, 4, 9, 5]]]))[0]); // => [[[3, 7]]]
 * ```
 */
export function AveragePooling(options: AveragePoolingOptions): Layer<NoParams, Tensor, Tensor> {
  return parameterless((input) => averagePooling(input, options), (input, dOutput) => averagePoolingBackward(input, dOutput, options));
}

/** What the sum of each window is divided by. */
interface AveragePlan extends PoolingPlan {
  readonly divisor: Float64Array;
}

function planAverage(name: string, input: Tensor, options: AveragePoolingOptions): AveragePlan {
  const plan = planPooling(name, input, options, { countPadding: "boolean", divisor: "positive" });
  const { window } = plan;
  const { countPadding = false, divisor } = options;
  if (divisor !== undefined) return { ...plan, divisor: new Float64Array(sizeOf(window.output)).fill(divisor) };
  if (!countPadding) refuseEmptyWindows(name, window);
  // The taps that count lie in a box, so that their number is the product of the numbers along the axes.
  const counts = tapsWithin(window, countPadding ? window.padding : window.input.map(() => [0, 0]));
  const divisors = counts.reduce<number[]>((products, axis) => products.flatMap((product) => axis.map((count) => product * count)), [1]);
  return { ...plan, divisor: Float64Array.from(divisors) };
}
