/**
 * How cases with sliding windows are drawn: the whole numbers of one spatial axis, and what they make of it.
 *
 * @module
 */
import type { Options, Range } from "./operation.ts";

type Numbers = "taps" | "stride" | "dilation" | "before" | "after" | "positions" | "slack";

/** The whole numbers of one spatial axis. @internal */
export const windowAxes: Readonly<Record<Numbers, Range>> = {
  taps: [1, 4], stride: [1, 4], dilation: [1, 3], before: [0, 3], after: [0, 3], positions: [1, 4], slack: [0, 3],
};

/** One spatial axis as drawn. @internal */
export type WindowAxis = Readonly<Record<Numbers, number>>;

/** The input size that leaves about the drawn number of positions; never below 1. @internal */
export const windowInput = ({ taps, stride, dilation, before, after, positions, slack }: WindowAxis): number =>
  Math.max(1, (positions - 1) * stride + (taps - 1) * dilation + 1 - before - after + (slack % stride));

/** Without dilation, which many implementations do not offer together with all else, half of the cases. @internal */
export const dilatedAxis = (dilated: number, axis: WindowAxis): WindowAxis => (dilated === 1 ? axis : { ...axis, dilation: 1 });

/**
 * Options as drawn. Padding 0 is each side's own, 1 the same on all sides, 2 that of 'same', 3 that of 'sameLower': many libraries have code of
 * their own for each.
 *
 * @internal
 */
export const windowOptions = (padding: number, axes: readonly WindowAxis[]): Options => ({
  stride: axes.map(({ stride }) => stride),
  dilation: axes.map(({ dilation }) => dilation),
  padding: padding === 2 ? "same" : padding === 3 ? "sameLower" : axes.map(({ before, after }) => [before, after] as const),
});

/** The axes with one padding for all sides: the least of them. @internal */
export const evenlyPadded = (axes: readonly WindowAxis[]): readonly WindowAxis[] => {
  const least = Math.min(...axes.flatMap(({ before, after }) => [before, after]));
  return axes.map((axis) => ({ ...axis, before: least, after: least }));
};
