import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interior, offsets, origins, fillImage, readImage, refuseEmptyWindows, slideWindow, tapsWithin } from "../../src/cnn/window.ts";
import type { Padding, Window, WindowOptions } from "../../src/cnn/window.ts";
import { indices } from "../definitions/nested.ts";
import { axesOf, isInside, isInsidePadded, positionOf } from "../definitions/window.ts";
import { geometries } from "../support/geometries.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const slide = (input: number, size: number, options: WindowOptions = {}, ceilMode = false): Window =>
  slideWindow("slide", [input], [size], options, ceilMode);

const flat = (index: readonly number[], shape: readonly number[]): number => index.reduce((sum, i, axis) => sum * shape[axis]! + i, 0);

describe("a sliding window", () => {
  it("stands only at positions where it fits, unless there is padding", () => {
    expect(slide(7, 3).output).toEqual([5]);
    expect(slide(7, 7).output).toEqual([1]);
    expect(slide(4, 2, { padding: "full" }).output).toEqual([5]);
    expect(slide(227, 11, { stride: 4 }).output).toEqual([55]);
  });

  it.each<[Padding, readonly (readonly number[])[]]>([
    ["valid", [[0, 0], [0, 0]]],
    [0, [[0, 0], [0, 0]]],
    [2, [[2, 2], [2, 2]]],
    [[1, 2], [[1, 1], [2, 2]]],
    [[[1, 2], 3], [[1, 2], [3, 3]]],
    ["full", [[2, 2], [6, 6]]],
    ["same", [[1, 1], [2, 3]]],
    ["sameLower", [[1, 1], [3, 2]]],
  ])("understands the padding %j", (padding, sides) => {
    // Axis 0: 5 cells, extent 3, stride 1. Axis 1: 8 cells, extent 7, stride 2, so that 'same' needs (4 − 1)·2 + 7 − 8 = 5 cells.
    const window = slideWindow("slide", [5, 8], [3, 4], { padding, stride: [1, 2], dilation: [1, 2] });
    expect(window.padding).toEqual(sides);
  });

  it("adds no padding for 'same' where the stride steps over the end anyway", () => {
    expect(slide(6, 1, { stride: 4, padding: "same" })).toMatchObject({ padding: [[0, 0]], output: [2] });
    expect(slide(5, 2, { stride: 4, padding: "same" })).toMatchObject({ padding: [[0, 1]], output: [2] });
  });

  it("takes one number for all axes or one per axis", () => {
    expect(slideWindow("slide", [9, 9], [2, 2], { stride: 2, dilation: 3 })).toMatchObject({ stride: [2, 2], dilation: [3, 3], output: [3, 3] });
    expect(slideWindow("slide", [9, 9], [2, 2], { stride: [2, 3], dilation: [3, 2] })).toMatchObject({ stride: [2, 3], dilation: [3, 2], output: [3, 3] });
  });

  it("may hang over the end in ceilMode, if it starts before it", () => {
    expect(slide(5, 2, { stride: 2 }).output).toEqual([2]);
    expect(slide(5, 2, { stride: 2 }, true)).toMatchObject({ output: [3], image: [6] });
    expect(slide(6, 2, { stride: 2 }, true).output).toEqual([3]);
    // Padded cells −1 … 5: windows start at −1 and 2; a third would start at 5, where the input has ended.
    expect(slide(5, 2, { stride: 3, padding: 1 }, true).output).toEqual([2]);
    expect(slide(6, 2, { stride: 3, padding: 1 }, true).output).toEqual([3]);
    expect(slide(5, 2, { stride: 3, padding: "valid" }, true).output).toEqual([2]);
    // Even the one window may: it ends less than a stride after the input does.
    expect(slide(2, 3, { stride: 2 }, true)).toMatchObject({ output: [1], image: [3] });
    expect(thrown(() => slide(2, 3, { stride: 1 }, true))).toContain("expected a window of at most 2 cells along spatial axis 0");
  });

  it("reads an image from the first tap of the first window to the last tap of the last", () => {
    expect(slide(7, 3, { stride: 2, padding: [[1, 2]] })).toMatchObject({ output: [4], image: [9] });
    expect(slide(8, 2, { stride: 3 })).toMatchObject({ output: [3], image: [8] });
    expect(slide(7, 2, { stride: 3 })).toMatchObject({ output: [2], image: [5] });
  });

  it("has tables that lead every tap of every window to the cell that the definition names, or to padding", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }).chain((axes) => geometries(axes)), fc.integer({ min: 1, max: 3 }), ({ space, size, options }, channels) => {
      const window = slideWindow("slide", space, size, options, options.ceilMode);
      const axes = axesOf(space, size, options, 1);
      expect(window.output).toEqual(axes.map(({ outputs }) => outputs));
      // Each cell of the sample holds its own address and the padding −1: what a tap reads tells where it came from.
      const cells = space.reduce((product, length) => product * length, 1);
      const sample = Float32Array.from({ length: channels * cells }, (_, i) => i);
      const image = new Float64Array(channels * window.image.reduce((product, length) => product * length, 1)).fill(-1);
      fillImage(window, interior(window), channels, sample, image);
      const [origin, offset] = [origins(window), offsets(window, channels)];
      const read = Array.from(origin, (start) => Array.from(offset, (shift) => image[start + shift]!));
      const taps = indices([channels, ...size]) as [number, ...number[]][];
      expect(read).toEqual(indices(window.output).map((o) => taps.map(([c, ...t]) => {
        const position = positionOf(axes, o, t);
        return isInside(axes, position) ? c * cells + flat(position, space) : -1;
      })));
    }), { numRuns: runs(200) });
  });

  it("reads back what it filled in, and leaves the cells that no window reads", () => {
    fc.assert(fc.property(geometries(2), ({ space, size, options }) => {
      const window = slideWindow("slide", space, size, options, options.ceilMode);
      const rows = interior(window);
      const sample = Float32Array.from({ length: 2 * space[0]! * space[1]! }, (_, i) => i + 1);
      const image = new Float64Array(2 * window.image[0]! * window.image[1]!);
      fillImage(window, rows, 2, sample, image);
      const back = new Float32Array(sample.length);
      readImage(window, rows, 2, image, back);
      const isRead = (cell: number): boolean => [Math.floor(cell / space[1]!) % space[0]!, cell % space[1]!]
        .every((position, axis) => position + window.padding[axis]![0] < window.image[axis]!);
      expect(back).toEqual(sample.map((value, cell) => (isRead(cell) ? value : 0)));
    }), { numRuns: runs(100) });
  });

  it("counts the taps within the input, and within its padding, axis by axis", () => {
    const window = slide(3, 3, { stride: 2, padding: [[2, 1]] }, true);
    // Windows at −2, 0 and 2, with cells −2 … 4; the padded input ends at 3.
    expect(window.output).toEqual([3]);
    expect(tapsWithin(window, [[0, 0]])).toEqual([[1, 3, 1]]);
    expect(tapsWithin(window, window.padding)).toEqual([[3, 3, 2]]);
    fc.assert(fc.property(geometries(1), ({ space, size, options }) => {
      const random = slideWindow("slide", space, size, options, options.ceilMode);
      const axes = axesOf(space, size, options, 1);
      const counts = (within: typeof isInside): number[] =>
        indices(random.output).map((o) => indices(size).filter((t) => within(axes, positionOf(axes, o, t))).length);
      expect(tapsWithin(random, [[0, 0]])).toEqual([counts(isInside)]);
      expect(tapsWithin(random, random.padding)).toEqual([counts(isInsidePadded)]);
    }), { numRuns: runs(100) });
  });

  it("is refused where it must reach into the input and somewhere does not", () => {
    expect(thrown(() => refuseEmptyWindows("pool", slide(5, 2, { padding: [[1, 1]] })))).toBe("nothing was thrown");
    expect(thrown(() => refuseEmptyWindows("pool", slideWindow("pool", [5, 3], [2, 2], { padding: [1, [1, 2]] }))))
      .toBe("RangeError: pool: expected windows that all reach into the input, got one wholly in padding at position 4 along spatial axis 1 (input 3, padding [1, 2])");
  });
});

describe("a sliding window refuses", () => {
  const words = "padding 'valid', 'same', 'sameLower', 'full', a whole number, or one number or [before, after] per axis (2)";

  it.each<[string, object, string]>([
    ["a stride of zero", { stride: 0 }, "RangeError: slide: expected stride as a whole number of at least 1, or one per axis (2), got 0"],
    ["half a stride", { stride: [1, 1.5] }, "RangeError: slide: expected stride as a whole number of at least 1, or one per axis (2), got [1, 1.5]"],
    ["strides for other axes", { stride: [1] }, "RangeError: slide: expected stride as a whole number of at least 1, or one per axis (2), got [1]"],
    ["a stride that is no number", { stride: "2" }, "TypeError: slide: expected stride as a whole number of at least 1, or one per axis (2), got \"2\""],
    ["a dilation of zero", { dilation: [0, 1] }, "RangeError: slide: expected dilation as a whole number of at least 1, or one per axis (2), got [0, 1]"],
    ["a stride that is nothing", { stride: null }, "TypeError: slide: expected stride as a whole number of at least 1, or one per axis (2), got null"],
    ["a dilation that is no number", { dilation: [1, null] }, "TypeError: slide: expected dilation as a whole number of at least 1, or one per axis (2), got [1, null]"],
    ["padding by an unknown word", { padding: "SAME" }, `TypeError: slide: expected ${words}, got "SAME"`],
    ["padding that is no padding", { padding: null }, `TypeError: slide: expected ${words}, got null`],
    ["negative padding", { padding: -1 }, `RangeError: slide: expected ${words}, got -1`],
    ["negative padding after", { padding: [[1, -1], 0] }, `RangeError: slide: expected ${words}, got [[1, -1], 0]`],
    ["negative padding before", { padding: [[-1, 1], 0] }, `RangeError: slide: expected ${words}, got [[-1, 1], 0]`],
    ["half a cell of padding before", { padding: [[0.5, 0], 0] }, `RangeError: slide: expected ${words}, got [[0.5, 0], 0]`],
    ["half a cell of padding", { padding: [0.5, 0] }, `RangeError: slide: expected ${words}, got [0.5, 0]`],
    ["half a cell of padding after", { padding: [[0, 0.5], 0] }, `RangeError: slide: expected ${words}, got [[0, 0.5], 0]`],
    ["padding without end", { padding: Infinity }, `RangeError: slide: expected ${words}, got Infinity`],
    ["padding for more axes", { padding: [1, 1, 1] }, `RangeError: slide: expected ${words}, got [1, 1, 1]`],
    ["padding for fewer axes", { padding: [1] }, `RangeError: slide: expected ${words}, got [1]`],
    ["padding of three sides", { padding: [[1, 1, 1], 0] }, `TypeError: slide: expected ${words}, got [[1, 1, 1], 0]`],
    ["padding of one side", { padding: [[1], 0] }, `TypeError: slide: expected ${words}, got [[1], 0]`],
    ["padding in words for one axis", { padding: ["same", 0] }, `TypeError: slide: expected ${words}, got ["same", 0]`],
    ["padding in words before", { padding: [["1", 0], 0] }, `TypeError: slide: expected ${words}, got [["1", 0], 0]`],
    ["padding in words after", { padding: [[0, "1"], 0] }, `TypeError: slide: expected ${words}, got [[0, "1"], 0]`],
  ])("%s", (_, options, message) => {
    expect(thrown(() => slideWindow("slide", [5, 6], [2, 3], options as WindowOptions))).toBe(message);
  });

  it("a window that is larger than the padded input", () => {
    expect(thrown(() => slide(4, 5))).toBe("RangeError: slide: expected a window of at most 4 cells along spatial axis 0 (input 4, padding [0, 0]), got 5");
    expect(thrown(() => slideWindow("slide", [9, 4], [2, 3], { dilation: 3, padding: [0, [1, 1]] })))
      .toBe("RangeError: slide: expected a window of at most 6 cells along spatial axis 1 (input 4, padding [1, 1]), got 7 (3 taps, dilation 3)");
    expect(slide(4, 3, { dilation: 2, padding: [[1, 0]] }).output).toEqual([1]);
  });

  it.each(["same", "sameLower", "full"] as const)("ceilMode with padding '%s', which counts the positions itself", (padding) => {
    expect(thrown(() => slide(5, 2, { padding }, true))).toBe(`RangeError: slide: expected ceilMode only with padding 'valid' or in numbers, got "${padding}"`);
  });
});
