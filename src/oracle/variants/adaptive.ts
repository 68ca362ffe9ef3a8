/**
 * Variants of adaptive pooling: where its windows begin and end.
 *
 * @module
 */
import { addresses } from "../../tensor/contraction.ts";
import { stridesOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import { gathered, handedBack } from "./cells.ts";
import type { Variant } from "./variant.ts";
import { adaptivePools } from "./windows.ts";

/** The cells of one window along one axis; none where there is no such window. */
type Along = (position: number, length: number, outputs: number) => readonly number[] | undefined;

/** Adaptive pooling over other windows, each the product of what it has along the axes. */
const over = (along: Along): Variant["answer"] => (_, { operation, inputs, options, cotangents }) => {
  const input = inputs["input"]!;
  const [space, positions] = [input.shape.slice(2), options["outputSize"] as Shape];
  const [cells, steps] = [stridesOf(space), stridesOf(positions)];
  const product = (found: readonly number[] | undefined, chosen: readonly number[] | undefined, axis: number): readonly number[] | undefined =>
    chosen && found?.flatMap((cell) => chosen.map((each) => cell + each * cells[axis]!));
  const at = (position: number, axis: number): number => Math.floor(position / steps[axis]!) % positions[axis]!;
  const lists = Array.from(addresses(positions, steps), (position) =>
    space.map((length, axis) => along(at(position, axis), length, positions[axis]!)).reduce(product, [0]));
  if (lists.some((list) => list === undefined || list.length === 0)) return undefined;
  const windows = { positions, lists: lists as readonly (readonly number[])[] };
  const mean = operation === "adaptiveAveragePooling";
  const first = (values: readonly number[]): number => values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
  return {
    outputs: mean ? { output: gathered(input, windows, (values) => values.reduce((sum, value) => sum + value, 0) / values.length) } : {
      output: gathered(input, windows, (values) => values[first(values)]!),
      indices: gathered(input, windows, (values, position) => windows.lists[position]![first(values)]!),
    },
    gradients: cotangents === undefined ? {} : {
      input: handedBack(input, cotangents["output"]!, windows, (values) => values.map((__, i) => (mean ? 1 / values.length : Number(i === first(values))))),
    },
  };
};

const range = (start: number, end: number): readonly number[] => Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

/** @internal */
export const adaptiveVariants: readonly Variant[] = [
  {
    name: "windowEndRoundedDown",
    says: "the end of every window rounded down instead of up",
    kind: "mistake",
    source: "https://github.com/flagos-ai/FlagGems/issues/4915",
    operations: adaptivePools,
    answer: over((i, length, outputs) => range(Math.floor((i * length) / outputs), Math.floor(((i + 1) * length) / outputs))),
  },
  {
    name: "windowsOfOneSize",
    says: "windows of one size at equal distances: a stride of the quotient of the sizes, rounded down, and a window that reaches the end",
    kind: "convention",
    source: "https://github.com/chelsea0x3b/dfdx/issues/215",
    operations: adaptivePools,
    answer: over((i, length, outputs) => {
      const stride = Math.floor(length / outputs);
      return stride < 1 ? undefined : range(i * stride, i * stride + length - (outputs - 1) * stride);
    }),
  },
  {
    name: "windowsInterleaved",
    says: "windows of cells that lie as far apart as there are outputs, instead of neighbours, along axes that divide evenly",
    kind: "mistake",
    source: "https://github.com/riccardomusmeci/mlx-image/issues/16",
    operations: adaptivePools,
    answer: over((i, length, outputs) => (length % outputs === 0
      ? range(0, length / outputs).map((each) => each * outputs + i) : range(Math.floor((i * length) / outputs), Math.ceil(((i + 1) * length) / outputs)))),
  },
];
