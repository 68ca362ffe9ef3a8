import { describe, expect, it } from "vitest";
import { tensor } from "../../../src/tensor/tensor.ts";
import { answersOf } from "./answers.ts";

const pool = { window: [2], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false };
const answers = (name: string, values: readonly number[], changed: object = {}, cotangent?: readonly number[], operation = "maxPooling") =>
  answersOf(name, operation, { input: tensor([[values]]) }, { ...pool, ...changed }, cotangent && tensor([[cotangent]]));

describe("habits of the search", () => {
  it("let zeros of the padding win, or begin with zero", () => {
    const padded = { padding: [[1, 0]] };
    expect(answers("paddingOfZerosTakesPart", [-1, -2], padded, [10, 20])).toMatchObject({ outputs: { output: [0, -1] }, gradients: { input: [20, 0] } });
    expect(answers("paddingOfZerosTakesPart", [1, 2], padded, [10, 20], "minPooling")).toMatchObject({ outputs: { output: [0, 1] }, gradients: { input: [20, 0] } });
    expect(answers("searchFromZero", [-1, -2, 3], {}, [10, 20])).toMatchObject({ outputs: { output: [0, 3] }, gradients: { input: [0, 0, 20] } });
    expect(answers("searchFromZero", [1, 2, -3], {}, [10, 20], "minPooling")).toMatchObject({ outputs: { output: [0, -3] }, gradients: { input: [0, 0, 20] } });
  });

  it("let another of equal values win, all of them, or each a part", () => {
    expect(answers("lastOfTiesWins", [5, 5, 1], {}, [10, 20])).toMatchObject({ outputs: { output: [5, 5], indices: [1, 1] }, gradients: { input: [0, 30, 0] } });
    expect(answers("lastOfTiesWins", [1, 1], {}, [10], "minPooling")).toMatchObject({ outputs: { indices: [1] }, gradients: { input: [0, 10] } });
    expect(answers("everyTieWins", [5, 5, 1], {}, [10, 20])).toMatchObject({ outputs: { output: [5, 5], indices: [0, 1] }, gradients: { input: [10, 30, 0] } });
    expect(answers("tiesShare", [5, 5, 1], {}, [10, 20])!.gradients["input"]).toEqual([5, 25, 0]);
  });
});

describe("habits of positions", () => {
  /** Two samples of two channels of 2 × 2 cells, the largest always the last but in the first plane, where it is the one below the first. */
  const input = tensor([[[[1, 2], [9, 4]], [[1, 2], [3, 4]]], [[[1, 2], [3, 4]], [[1, 2], [3, 4]]]]);
  const whole = { ...pool, window: [2, 2], stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1] };
  const indices = (name: string, options: object = whole) => answersOf(name, "maxPooling", { input }, options)!.outputs["indices"];

  it("count over the whole input, with channels last, or down the columns", () => {
    // Right: 2, 3, 3, 3.
    expect(indices("indicesOverWholeInput")).toEqual([2, 4 + 3, 8 + 3, 12 + 3]);
    expect(indices("indicesChannelsLast")).toEqual([2 * 2, 3 * 2 + 1, 3 * 2, 3 * 2 + 1]);
    expect(indices("indicesColumnMajor")).toEqual([1, 3, 3, 3]);
  });

  it("count in the padded plane", () => {
    const padded = { ...whole, window: [3, 3], padding: [[1, 0], [0, 2]] };
    // The plane is 3 × 4, and what is cell (1, 0) without padding is (2, 0) with it: 8.
    expect(indices("indicesOverPaddedPlane", padded)!.slice(0, 1)).toEqual([8]);
  });
});
