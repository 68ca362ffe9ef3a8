/**
 * Windows as lists of the cells they hold, for habits that no option of the reference expresses.
 *
 * @module
 */
import { adaptiveWindows } from "../../cnn/adaptive-pooling.ts";
import { offsets, origins, slideWindow } from "../../cnn/window.ts";
import type { Window, WindowOptions } from "../../cnn/window.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import type { Tensors } from "../catalog/operation.ts";

/** Windows as lists of cells of a plane, in row-major order, and how many there are along each axis. @internal */
export interface Cells {
  readonly positions: Shape;
  readonly lists: readonly (readonly number[])[];
}

/** The windows of a pooling without what of them lies in padding. @internal */
export function cellsOf({ operation, inputs, options }: Case): Cells {
  const space = inputs["input"]!.shape.slice(2);
  if (options["outputSize"] !== undefined) {
    const positions = options["outputSize"] as Shape;
    return { positions, lists: Array.from(adaptiveWindows(space, positions), (cells) => [...cells]) };
  }
  const window = slideWindow(operation, space, options["window"] as Shape, options as WindowOptions, options["ceilMode"] === true);
  const taps = offsets(window, 1);
  return {
    positions: window.output,
    lists: Array.from(origins(window), (origin) => Array.from(taps, (tap) => cellAt(window, origin + tap)).filter((cell) => cell !== undefined)),
  };
}

/** The cell of the input that stands at a place of the padded image, if it is one of the input. */
function cellAt({ image, input, padding }: Window, place: number): number | undefined {
  const [steps, cells] = [stridesOf(image), stridesOf(input)];
  const index = image.map((size, axis) => (Math.floor(place / steps[axis]!) % size) - padding[axis]![0]);
  const inside = index.every((each, axis) => each >= 0 && each < input[axis]!);
  return inside ? index.reduce((sum, each, axis) => sum + each * cells[axis]!, 0) : undefined;
}

/** What a window makes of its values, and where in its plane it is. */
type OfWindow<T> = (values: readonly number[], position: number) => T;

/** One number for each window of each plane. @internal */
export function gathered(input: Tensor, { positions, lists }: Cells, value: OfWindow<number>): Tensor {
  const [samples, channels, ...space] = input.shape as [number, number, ...number[]];
  const [data, plane] = [raw(input), sizeOf(space)];
  return adopt([samples, channels, ...positions], Float32Array.from({ length: samples * channels * lists.length }, (_, i) => {
    const position = i % lists.length;
    return value(lists[position]!.map((cell) => data[Math.floor(i / lists.length) * plane + cell]!), position);
  }));
}

/**
 * The gradient that every window hands back to its cells, each cell its share of the cotangent.
 *
 * @param overwrites - whether a later window that gives a cell something replaces what it had, instead of adding to it
 *
 * @internal
 */
export function handedBack(input: Tensor, cotangent: Tensor, { lists }: Cells, shares: OfWindow<readonly number[]>, overwrites = false): Tensor {
  const [data, given, plane] = [raw(input), raw(cotangent), sizeOf(input.shape.slice(2))];
  const sums = new Float64Array(data.length);
  for (let i = 0; i < given.length; i++) {
    const [position, first] = [i % lists.length, Math.floor(i / lists.length) * plane];
    const cells = lists[position]!;
    shares(cells.map((cell) => data[first + cell]!), position).forEach((share, tap) => {
      const cell = first + cells[tap]!;
      if (!overwrites) sums[cell]! += share * given[i]!;
      else if (share !== 0) sums[cell] = share * given[i]!;
    });
  }
  return adopt(input.shape, Float32Array.from(sums));
}

/** The input's gradient of a pooling, by shares as {@link handedBack} takes them; none where none is asked for. @internal */
export const inputGradient = (
  { inputs, cotangents }: Case, cells: Cells, shares: OfWindow<readonly number[]>, overwrites = false,
): Tensors => (cotangents === undefined ? {} : { input: handedBack(inputs["input"]!, cotangents["output"]!, cells, shares, overwrites) });
