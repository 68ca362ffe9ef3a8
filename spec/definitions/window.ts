/**
 * Where sliding windows lie: the geometry that convolution and pooling share, one axis at a time.
 *
 *     extent = (size − 1)·dilation + 1
 *     outputs = floor((length + before + after − extent) / stride) + 1        (ceil with ceilMode)
 *     position of a tap = output·stride + tap·dilation − before               (in the unpadded input; outside it is padding)
 *
 * Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285), relationships 1–6 for
 * 'valid', 'full' and stride; ONNX operators Conv-22 and MaxPool-22 for dilation, unequal pads and auto_pad (SAME_UPPER is
 * 'same', SAME_LOWER is 'sameLower': ceil(length / stride) outputs); PyTorch `torch.nn.MaxPool2d` for ceilMode (a window that
 * would start in the padding after the input is left out).
 *
 * @module
 */
import type { Options, Padding, PerAxis } from "./definition.ts";
import type { Index } from "./nested.ts";

/** One spatial axis of an operation with a sliding window. */
export interface Axis {
  readonly length: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly outputs: number;
}

/** The geometry of each spatial axis. `defaultStride` is what an absent option stride means. */
export function axesOf(lengths: Index, sizes: Index, options: Options, defaultStride: PerAxis): readonly Axis[] {
  const strides = perAxis("stride", options.stride ?? defaultStride, lengths.length);
  const dilations = perAxis("dilation", options.dilation ?? 1, lengths.length);
  return lengths.map((length, axis) => {
    const size = sizes[axis]!;
    const stride = strides[axis]!;
    const dilation = dilations[axis]!;
    const extent = (size - 1) * dilation + 1;
    const [before, after] = padsOf(options, axis, lengths.length, length, extent, stride);
    const outputs = outputCount(length, before, after, extent, stride, options.ceilMode ?? false);
    if (outputs < 1) {
      throw new RangeError(`window: expected extent at most ${length + before + after}, the padded length, got ${extent}`);
    }
    return { length, size, stride, dilation, before, after, outputs };
  });
}

/** The position of a tap in the unpadded input, axis by axis. */
export const positionOf = (axes: readonly Axis[], output: Index, tap: Index): Index =>
  axes.map(({ stride, dilation, before }, axis) => output[axis]! * stride + tap[axis]! * dilation - before);

/** Whether a position lies in the unpadded input. */
export const isInside = (axes: readonly Axis[], position: Index): boolean =>
  axes.every(({ length }, axis) => 0 <= position[axis]! && position[axis]! < length);

/** Whether a position lies in the input or its padding, and not in the overhang beyond both. */
export const isInsidePadded = (axes: readonly Axis[], position: Index): boolean =>
  axes.every(({ length, before, after }, axis) => -before <= position[axis]! && position[axis]! < length + after);

/** A number for all axes, or one number each. */
export function perAxis(name: string, value: PerAxis, rank: number): Index {
  const list = typeof value === "number" ? Array<number>(rank).fill(value) : value;
  if (list.length !== rank) throw new RangeError(`${name}: expected ${rank} entries, one per spatial axis, got [${list}]`);
  return list;
}

function padsOf(
  options: Options, axis: number, rank: number, length: number, extent: number, stride: number,
): readonly [before: number, after: number] {
  const padding: Padding = options.padding ?? "valid";
  if (options.ceilMode === true && typeof padding === "string" && padding !== "valid") {
    throw new RangeError(`ceilMode: expected no padding by the words same or full, got ${padding}`);
  }
  if (padding === "valid") return [0, 0];
  if (padding === "full") return [extent - 1, extent - 1];
  if (padding === "same" || padding === "sameLower") {
    const outputs = Math.ceil(length / stride);
    const total = Math.max(0, (outputs - 1) * stride + extent - length);
    const [smaller, larger] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return padding === "same" ? [smaller, larger] : [larger, smaller];
  }
  if (typeof padding === "number") return [padding, padding];
  if (padding.length !== rank) throw new RangeError(`padding: expected ${rank} entries, one per spatial axis, got ${padding.length}`);
  const entry = padding[axis]!;
  return typeof entry === "number" ? [entry, entry] : entry;
}

function outputCount(length: number, before: number, after: number, extent: number, stride: number, ceilMode: boolean): number {
  const steps = (length + before + after - extent) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const outputs = Math.ceil(steps) + 1;
  return (outputs - 1) * stride >= length + before ? outputs - 1 : outputs;
}
