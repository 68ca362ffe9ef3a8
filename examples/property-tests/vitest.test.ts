/** Property tests with vitest: a max pooling of one's own, forward and backward, held against the reference. */
import fc from "fast-check";
import { describe, test } from "vitest";
import { cases } from "etalon/arbitraries";
import { expectAgrees } from "etalon/oracle";
import type { Tensor } from "etalon/tensor";

/** The code under test: windows of `size` along the last axis, no padding, no dilation. */
function maxPool({ shape, values }: Tensor, size: number, stride: number): { readonly data: readonly number[]; readonly winners: readonly number[]; readonly shape: readonly number[] } {
  const length = shape.at(-1)!;
  const steps = Math.floor((length - size) / stride) + 1;
  const starts = Array.from({ length: values.length / length }, (_, row) => row * length);
  const winners = starts.flatMap((start) => Array.from({ length: steps }, (_, step) => {
    const first = start + step * stride;
    return Array.from({ length: size }, (_, tap) => first + tap).reduce((best, each) => (values[each]! > values[best]! ? each : best), first);
  }));
  return { shape: [...shape.slice(0, -1), steps], data: winners.map((each) => values[each]!), winners };
}

/** Its gradient: each output's goes to the winner of its window. */
function maxPoolBackward(input: Tensor, size: number, stride: number, cotangent: Tensor): { readonly shape: readonly number[]; readonly data: readonly number[] } {
  const data = input.values.map(() => 0);
  maxPool(input, size, stride).winners.forEach((winner, i) => { data[winner]! += cotangent.values[i]!; });
  return { shape: input.shape, data };
}

/** What it does not support is not drawn: one axis, no padding, no dilation, windows that fit. */
const supported = { axisCount: 1, ranges: { padding: 0, before: 0, after: 0, dilated: 0, ceilMode: 0 } } as const;

describe("max pooling", () => {
  test("agrees with the reference on whole numbers, ties and all", () => {
    fc.assert(fc.property(cases("maxPooling", supported), ({ inputs, options, cotangents }) => {
      const [input, [size], [stride]] = [inputs["input"]!, options["window"] as [number], options["stride"] as [number]];
      const { shape, data } = maxPool(input, size, stride);
      const gradients = { input: maxPoolBackward(input, size, stride, cotangents!["output"]!) };
      expectAgrees({ outputs: { output: { shape, data } }, gradients }, "maxPooling", inputs, options, { cotangents: cotangents! });
    }));
  });

  test("agrees on reals, to a tolerance of our own instead of the bound", () => {
    fc.assert(fc.property(cases("maxPooling", { ...supported, tier: "rounding" }), ({ inputs, options }) => {
      const { shape, data } = maxPool(inputs["input"]!, (options["window"] as [number])[0], (options["stride"] as [number])[0]);
      expectAgrees({ shape, data }, "maxPooling", inputs, options, { tolerance: 0 });
    }));
  });
});
