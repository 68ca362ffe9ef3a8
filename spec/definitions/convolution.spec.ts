import { describe, expect, it } from "vitest";
import { definitions, flatten, nest, range, rational, rationals, shapeOf } from "./index.ts";
import { outputOf, plane } from "./run.ts";

describe("the definition of convolution", () => {
  const kernel = plane([[1, 10], [100, 1000]]);

  it("turns 4×4 with a 2×2 kernel into 5×5 under full padding", () => {
    // Every output reads up to four inputs; with one 1 at row 1, column 2 the kernel appears flipped around it:
    // output[o] = kernel[1 + 1 − o0][2 + 1 − o1].
    const input = plane([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
    expect(outputOf("convolution", { input, kernel }, { padding: "full" })).toEqual(plane([
      [0, 0, 0, 0, 0],
      [0, 0, 1000, 100, 0],
      [0, 0, 10, 1, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]));
  });

  it("gives 3×3 for 4×4 with a 2×2 kernel without padding, the kernel not flipped", () => {
    // First output: 1·1 + 2·10 + 5·100 + 6·1000 = 6521; each column to the right adds 1111, each row below 4444.
    const input = plane([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]);
    expect(outputOf("convolution", { input, kernel })).toEqual(plane([
      [6521, 7632, 8743], [10965, 12076, 13187], [15409, 16520, 17631],
    ]));
  });

  it("smooths a signal with the box 1/3, 1/3, 1/3", () => {
    // Exact thirds: (0+3+6)/3, (3+6+0)/3, (6+0+1)/3, (0+1+0)/3.
    const third = rational(1n, 3n);
    const input = [[[3, 6, 0, 1].map(rationals.from)]];
    const { output } = definitions["convolution"]!(rationals, { input, kernel: [[[third, third, third]]] }, { padding: "same" });
    expect(flatten(output!)).toEqual([rational(3n), rational(3n), rational(7n, 3n), rational(1n, 3n)]);
  });

  it("skips by stride, per axis", () => {
    // Rows 0 and 2, columns 0 and 3 of the input, each times 2.
    const input = plane([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]);
    expect(outputOf("convolution", { input, kernel: plane([[2]]) }, { stride: [2, 3] })).toEqual(plane([[2, 8], [18, 24]]));
  });

  it("spreads the taps by dilation", () => {
    // Extent 2·2 + 1 = 5, so two outputs: 1 + 10·3 + 100·5 and 2 + 10·4 + 100·6.
    const input = [[[1, 2, 3, 4, 5, 6]]];
    expect(outputOf("convolution", { input, kernel: [[[1, 10, 100]]] }, { dilation: 2 })).toEqual([[[531, 642]]]);
  });

  it("pads each side by its own amount", () => {
    // Padded 0 1 2 3 0 0: 1·10 + 2·100 = 210, 321, 32, 3.
    const input = [[[1, 2, 3]]];
    const box = [[[1, 10, 100]]];
    expect(outputOf("convolution", { input, kernel: box }, { padding: [[1, 2]] })).toEqual([[[210, 321, 32, 3]]]);
    expect(outputOf("convolution", { input, kernel: box }, { padding: [[2, 1]] })).toEqual([[[100, 210, 321, 32]]]);
    // A number means both sides, for all axes or for its own.
    expect(outputOf("convolution", { input, kernel: box }, { padding: 1 })).toEqual([[[210, 321, 32]]]);
    expect(outputOf("convolution", { input: plane([[5]]), kernel: plane([[1]]) }, { padding: [0, [1, 0]] })).toEqual(plane([[0, 5]]));
  });

  it("puts the odd pad of same at the end, of sameLower at the start", () => {
    // Two taps need one pad: 1 + 20, 2 + 30, 3 + 0 against 0 + 10, 1 + 20, 2 + 30.
    const inputs = { input: [[[1, 2, 3]]], kernel: [[[1, 10]]] };
    expect(outputOf("convolution", inputs, { padding: "same" })).toEqual([[[21, 32, 3]]]);
    expect(outputOf("convolution", inputs, { padding: "sameLower" })).toEqual([[[10, 21, 32]]]);
  });

  it("gives ceil(length / stride) outputs under same, with no pads where none are needed", () => {
    // Length 5, stride 3, extent 1: two outputs at 0 and 3, total pad max(0, 3 + 1 − 5) = 0.
    expect(outputOf("convolution", { input: [[[1, 2, 3, 4, 5]]], kernel: [[[1]]] }, { stride: 3, padding: "same" })).toEqual([[[1, 4]]]);
    // Length 5, stride 2, extent 3: three outputs, total pad 4 + 3 − 5 = 2, one a side: 0 + 10 + 200, 2 + 30 + 400, 4 + 50 + 0.
    const inputs = { input: [[[1, 2, 3, 4, 5]]], kernel: [[[1, 10, 100]]] };
    expect(outputOf("convolution", inputs, { stride: 2, padding: "same" })).toEqual([[[210, 432, 54]]]);
  });

  it("keeps groups apart and adds the bias of each kernel", () => {
    // Kernels 0, 1 see channels 0, 1 and kernels 2, 3 see channels 2, 3: 1 + 20 + 1000, 2·1 + 2000, 3 + 40 + 3000, 5·4 + 4000.
    const inputs = {
      input: [[[1], [2], [3], [4]]],
      kernel: [[[1], [10]], [[2], [0]], [[1], [10]], [[0], [5]]],
      bias: [1000, 2000, 3000, 4000],
    };
    expect(outputOf("convolution", inputs, { groups: 2 })).toEqual([[[1021], [2002], [3043], [4020]]]);
  });

  it("sums over channels, in three dimensions as in one", () => {
    // Input values 1 … 16 as two channels of 2×2×2, a kernel of ones: the sum of all, 136.
    const input = nest(range(16).map((i) => i + 1), [1, 2, 2, 2, 2]);
    const ones = nest(range(16).map(() => 1), [1, 2, 2, 2, 2]);
    expect(outputOf("convolution", { input, kernel: ones })).toEqual([[[[[136]]]]]);
  });

  it("treats an empty batch as a batch and refuses what does not fit", () => {
    const empty = nest<number>([], [0, 1, 4, 4]);
    expect(shapeOf(outputOf("convolution", { input: empty, kernel }))).toEqual([0, 1, 3, 3]);
    expect(() => outputOf("convolution", { input: plane([[1]]), kernel })).toThrow("window: expected extent at most 1");
    expect(() => outputOf("convolution", { input: [[[1], [2]]], kernel: [[[1]]] })).toThrow("convolution: expected kernel");
  });
});
