import type { WindowOptions } from "../types.ts";

/** A tap that falls into the padding. */
export const PADDING = -1;
/** A tap beyond the padding, which only ceilMode brings about. */
export const OVERHANG = -2;

/** Where the windows over one plane read. */
export interface Windows {
  /** Sizes of the output's spatial axes. */
  readonly shape: readonly number[];
  /** How many windows there are, and how many taps each has. */
  readonly positions: number;
  readonly taps: number;
  /** [taps, positions]: the flat position in the plane, or PADDING, or OVERHANG. */
  readonly source: Int32Array;
}

/** The windows over a plane of any number of axes, built up one axis after the other. */
export const windows = (space: readonly number[], window: readonly number[], options: WindowOptions): Windows =>
  space.reduce<Windows>((outer, length, axis) => {
    const size = window[axis]!;
    const stride = options.stride[axis]!;
    const dilation = options.dilation[axis]!;
    const [before, after] = options.padding[axis]!;
    const outputSize = countWindows(length, before, after, (size - 1) * dilation + 1, stride, options.ceilMode ?? false);
    const source = new Int32Array(outer.taps * size * outer.positions * outputSize);
    let next = 0;
    for (let outerTap = 0; outerTap < outer.taps; outerTap++) {
      for (let tap = 0; tap < size; tap++) {
        for (let outerPosition = 0; outerPosition < outer.positions; outerPosition++) {
          const base = outer.source[outerTap * outer.positions + outerPosition]!;
          for (let position = 0; position < outputSize; position++) {
            const at = position * stride + tap * dilation - before;
            const here = at >= length + after ? OVERHANG : at < 0 || at >= length ? PADDING : at;
            source[next++] = base < 0 || here < 0 ? Math.min(base, here, PADDING) : base * length + here;
          }
        }
      }
    }
    return { shape: [...outer.shape, outputSize], positions: outer.positions * outputSize, taps: outer.taps * size, source };
  }, { shape: [], positions: 1, taps: 1, source: Int32Array.of(0) });

const countWindows = (length: number, before: number, after: number, extent: number, stride: number, ceilMode: boolean): number => {
  const steps = (length + before + after - extent) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const last = Math.ceil(steps);
  return last * stride >= length + before ? last : last + 1;
};
