import { describe, expect, it } from "vitest";
import type { Options } from "./index.ts";
import { outputOf, plane, run } from "./run.ts";

describe("the definitions of max and min pooling", () => {
  const window = { window: 2 };

  it("take the extreme of each window and its position in the plane", () => {
    // Windows {1, 5, 8, 2}, {3, 4, 7, 6}: 8 at row 1, column 0 = 4; 7 at row 1, column 2 = 6; least 1 at 0, 3 at 2.
    const input = plane([[1, 5, 3, 4], [8, 2, 7, 6]]);
    expect(run("maxPooling", { input }, window)).toEqual({ output: plane([[8, 7]]), indices: plane([[4, 6]]) });
    expect(run("minPooling", { input }, window)).toEqual({ output: plane([[1, 3]]), indices: plane([[0, 2]]) });
  });

  it("count positions anew in every channel and sample", () => {
    const input = [[[1, 2], [2, 1]], [[5, 3], [3, 5]]];
    expect(run("maxPooling", { input }, window)["indices"]).toEqual([[[1], [0]], [[0], [1]]]);
  });

  it("let the first of equal values win", () => {
    // Each window of the constant plane starts at its own first position: 0, 1, 3, 4.
    const input = plane([[7, 7, 7], [7, 7, 7], [7, 7, 7]]);
    const ties = { window: 2, stride: 1 };
    expect(run("maxPooling", { input }, ties)["indices"]).toEqual(plane([[0, 1], [3, 4]]));
    expect(run("minPooling", { input }, ties)["indices"]).toEqual(plane([[0, 1], [3, 4]]));
  });

  it("let the first NaN win over everything", () => {
    const input = [[[9, NaN, NaN, 1]]];
    expect(run("maxPooling", { input }, { window: 4 })).toEqual({ output: [[[NaN]]], indices: [[[1]]] });
    expect(run("minPooling", { input }, { window: 4 })).toEqual({ output: [[[NaN]]], indices: [[[1]]] });
  });

  it("let no pad win, not even over negative numbers or −Infinity", () => {
    // Windows (pad, −3) and (−Infinity, pad).
    const input = [[[-3, -Infinity]]];
    const padded = run("maxPooling", { input }, { window: 2, padding: 1 });
    expect(padded).toEqual({ output: [[[-3, -Infinity]]], indices: [[[0, 1]]] });
    expect(outputOf("minPooling", { input: [[[3, 5]]] }, { window: 2, padding: 1 })).toEqual([[[3, 5]]]);
  });

  it("refuse a window wholly in padding", () => {
    expect(() => run("maxPooling", { input: [[[1, 2]]] }, { window: 2, padding: 2 })).toThrow("wholly in padding at output [0]");
    // The taps −1 and 1 of a dilated window miss the only element.
    expect(() => run("maxPooling", { input: [[[1]]] }, { window: 2, dilation: 2, padding: 1 })).toThrow("wholly in padding");
  });

  it("spread the taps by dilation", () => {
    // Taps 0 and 2, 1 and 3, 2 and 4.
    const result = run("maxPooling", { input: [[[4, 1, 3, 2, 5]]] }, { window: 2, stride: 1, dilation: 2 });
    expect(result).toEqual({ output: [[[4, 2, 5]]], indices: [[[0, 3, 4]]] });
  });

  it("add a last window under ceilMode where it starts inside", () => {
    // Length 5, window 2, stride 2: ceil(3/2) + 1 = 3 windows, the last over element 4 alone.
    expect(outputOf("maxPooling", { input: [[[1, 2, 3, 4, 5]]] }, { window: 2, ceilMode: true })).toEqual([[[2, 4, 5]]]);
    expect(outputOf("maxPooling", { input: [[[1, 2, 3, 4, 5]]] }, { window: 2 })).toEqual([[[2, 4]]]);
  });

  it("leave out a last window that would start behind the input", () => {
    const input = [[[1, 2, 3, 4]]];
    // Pads 1 and 2, stride 3: ceil((7 − 2)/3) + 1 = 3 windows; the third would start at padded position 6, the input ends before 5.
    expect(outputOf("maxPooling", { input }, { window: 2, stride: 3, padding: [[1, 2]], ceilMode: true })).toEqual([[[1, 4]]]);
    // Stride 5: the second of ceil(5/5) + 1 = 2 windows would start at 5, the first pad behind the input.
    expect(outputOf("maxPooling", { input }, { window: 2, stride: 5, padding: [[1, 2]], ceilMode: true })).toEqual([[[1]]]);
    // Stride 4, pads 1 and 1: the second starts at 4, the last element of the input, and stays.
    expect(outputOf("maxPooling", { input }, { window: 2, stride: 4, padding: 1, ceilMode: true })).toEqual([[[1, 4]]]);
    expect(() => run("maxPooling", { input: [[[1, 2]]] }, { window: 2, padding: "same", ceilMode: true })).toThrow("ceilMode: expected");
  });
});

describe("the definition of average pooling", () => {
  it("averages each window", () => {
    expect(outputOf("averagePooling", { input: plane([[1, 3, 5, 7], [9, 11, 13, 15]]) }, { window: 2 })).toEqual(plane([[6, 10]]));
  });

  it("counts the padding only if told to", () => {
    // Windows (pad, 4), (8, 12), (16, pad).
    const input = [[[4, 8, 12, 16]]];
    expect(outputOf("averagePooling", { input }, { window: 2, padding: 1 })).toEqual([[[4, 10, 16]]]);
    expect(outputOf("averagePooling", { input }, { window: 2, padding: 1, countPadding: true })).toEqual([[[2, 10, 8]]]);
    // One pad at the end only: (8, 12), (12, pad).
    const atEnd: Options = { window: 2, stride: 1, padding: [[0, 1]], countPadding: true };
    expect(outputOf("averagePooling", { input: [[[8, 12]]] }, atEnd)).toEqual([[[10, 6]]]);
  });

  it("never counts the overhang of ceilMode", () => {
    // Length 4 padded by 1 and 1, window 4, stride 3: starts −1, 2. The second covers 3, 4 of the input, one pad, one overhang.
    const input = [[[6, 9, 3, 9]]];
    const options: Options = { window: 4, stride: 3, padding: 1, ceilMode: true };
    expect(outputOf("averagePooling", { input }, options)).toEqual([[[6, 6]]]);
    expect(outputOf("averagePooling", { input }, { ...options, countPadding: true })).toEqual([[[4.5, 4]]]);
  });

  it("divides by the divisor where given", () => {
    expect(outputOf("averagePooling", { input: [[[4, 8, 12]]] }, { window: 2, padding: 1, divisor: 4 })).toEqual([[[1, 5]]]);
  });

  it("refuses a window wholly in padding unless padding counts", () => {
    const input = [[[4, 8]]];
    expect(() => run("averagePooling", { input }, { window: 2, padding: 2 })).toThrow("wholly in padding");
    expect(outputOf("averagePooling", { input }, { window: 2, padding: 2, countPadding: true })).toEqual([[[0, 6, 0]]]);
  });
});
