import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { cellsOf, gathered, handedBack } from "../../../src/oracle/variants/cells.ts";
import { tensor, zeros } from "../../../src/tensor/tensor.ts";

const cells = (operation: string, shape: readonly number[], options: object) =>
  cellsOf({ operation, tier: "structure", features: [], inputs: { input: zeros([1, 1, ...shape]) }, options: options as Case["options"] });

describe("windows as lists of cells", () => {
  it("leave padding out, and what hangs over the end", () => {
    expect(cells("maxPooling", [3], { window: [2], stride: [2], padding: [[1, 0]], dilation: [1], ceilMode: true }))
      .toEqual({ positions: [2], lists: [[0], [1, 2]] });
    expect(cells("maxPooling", [2, 3], { window: [2, 2], stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 2], ceilMode: false }))
      .toEqual({ positions: [1, 1], lists: [[0, 2, 3, 5]] });
    expect(cells("adaptiveMaxPooling", [3], { outputSize: [2] })).toEqual({ positions: [2], lists: [[0, 1], [1, 2]] });
  });

  it("give one number each, and hand their share back", () => {
    const input = tensor([[[1, 2, 4], [8, 16, 32]]]);
    const windows = { positions: [2], lists: [[0, 1], [1, 2]] };
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b);
    expect(gathered(input, windows, sum)).toEqual(tensor([[[3, 6], [24, 48]]]));
    expect(gathered(input, windows, (_, position) => position)).toEqual(tensor([[[0, 1], [0, 1]]]));
    const cotangent = tensor([[[1, 10], [100, 1000]]]);
    expect(handedBack(input, cotangent, windows, () => [1, 2])).toEqual(tensor([[[1, 12, 20], [100, 1200, 2000]]]));
    expect(handedBack(input, cotangent, windows, () => [1, 2], true)).toEqual(tensor([[[1, 10, 20], [100, 1000, 2000]]]));
    expect(handedBack(input, cotangent, windows, (_, position) => [1 - position, 1], true)).toEqual(tensor([[[1, 1, 10], [100, 100, 1000]]]));
  });
});
