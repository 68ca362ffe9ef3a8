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

/** Options as drawn: 0 pads each side on its own, 1 pads as 'same' does, 2 as 'sameLower' does (other code paths in many libraries). @internal */
export const windowOptions = (padding: number, axes: readonly WindowAxis[]): Options => ({
  stride: axes.map(({ stride }) => stride),
  dilation: axes.map(({ dilation }) => dilation),
  padding: padding === 0 ? axes.map(({ before, after }) => [before, after] as const) : padding === 1 ? "same" : "sameLower",
});
