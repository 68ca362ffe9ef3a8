import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, errorRatio, indexOf } from "../../src/oracle/compare.ts";
import { filled, tensor, zeros } from "../../src/tensor/tensor.ts";
import { indices } from "../definitions/nested.ts";
import { runs } from "../support/runs.ts";

describe("the error of one number as a share of its radius", () => {
  it("is 0 for the number itself, whatever the radius; -0 is 0, NaN is NaN, an infinity is itself", () => {
    const pairs: readonly (readonly [number, number])[] = [[1, 1], [-0, 0], [0, -0], [NaN, NaN], [Infinity, Infinity], [-Infinity, -Infinity]];
    expect(pairs.flatMap(([got, expected]) => [errorRatio(got, expected, 0), errorRatio(got, expected, 1)])).toEqual(pairs.flatMap(() => [0, 0]));
  });

  it("is the distance in radii, and infinite where no radius is allowed", () => {
    expect(errorRatio(3, 2, 4)).toBe(0.25);
    expect(errorRatio(-3, 2, 4)).toBe(1.25);
    expect(errorRatio(2 + 2 ** -40, 2, 0)).toBe(Infinity);
  });

  it("is infinite where only one side is finite, or the infinities differ, whatever the radius", () => {
    const pairs: readonly (readonly [number, number])[] = [[NaN, 1], [1, NaN], [Infinity, 1], [1, Infinity], [Infinity, -Infinity], [NaN, Infinity], [Infinity, NaN]];
    expect(pairs.map(([got, expected]) => errorRatio(got, expected, Infinity))).toEqual(pairs.map(() => Infinity));
  });

  it("is 0 for an infinity of the right sign where a precision has no such number, and nowhere else", () => {
    expect([errorRatio(Infinity, 7, 1, 8), errorRatio(-Infinity, -7, 1, 8)]).toEqual([0, 0]);
    expect([errorRatio(-Infinity, 7, 1, 8), errorRatio(Infinity, -7, 1, 8), errorRatio(Infinity, 6, 1, 8), errorRatio(Infinity, 7, 1)]).toEqual([Infinity, Infinity, Infinity, Infinity]);
  });

  it("is infinite for a radius that is no number", () => {
    expect(errorRatio(1, 2, NaN)).toBe(Infinity);
  });
});

describe("the comparison of an answer", () => {
  const expected = tensor([[1, 2, 3], [4, 5, 6]]);

  it("takes a tensor, typed data, or values as the protocol writes them", () => {
    const values = [1, 2, 3, 4, 5, 6];
    for (const answer of [expected, { shape: [2, 3], data: new Float32Array(values) }, { shape: [2, 3], data: new Float64Array(values) }, { shape: [2, 3], data: values }, { shape: [2, 3], values }]) {
      expect(compare(answer, expected)).toEqual({ agrees: true, ratio: 0 });
    }
    expect(compare({ shape: [3], values: ["NaN", "-0", "Infinity"] }, tensor([NaN, 0, Infinity])).agrees).toBe(true);
  });

  it("tells the worst element, not the first", () => {
    const { worst, ratio, message, agrees } = compare({ shape: [2, 3], values: [1, 2.5, 3, 4, 8, 6] }, expected, filled([2, 3], 0.25));
    expect({ worst, ratio, agrees }).toEqual({ worst: { index: [1, 1], got: 8, expected: 5, radius: 0.25 }, ratio: 12, agrees: false });
    expect(message).toBe("expected 5 at [1, 1], got 8");
  });

  it("agrees on the radius itself and not beyond", () => {
    expect(compare(tensor([3]), tensor([1]), tensor([2]))).toMatchObject({ agrees: true, ratio: 1 });
    expect(compare(tensor([3.0001]), tensor([1]), tensor([2])).agrees).toBe(false);
    expect(compare(tensor([1, 2.0001]), tensor([1, 2])).ratio).toBe(Infinity);
  });

  it("wants each element within its own radius", () => {
    expect(compare(tensor([2, 1]), tensor([1, 1]), tensor([1, 0])).agrees).toBe(true);
    expect(compare(tensor([1, 2]), tensor([1, 1]), tensor([1, 0])).agrees).toBe(false);
  });

  it.each([
    [undefined, "expected a tensor, got undefined"],
    [null, "expected a tensor, got null"],
    [7, "expected a tensor, got 7"],
    [[1, 2], "expected a tensor, got [1, 2]"],
    [{}, "expected a tensor, got an object with no fields"],
    [{ shape: [2, 3] }, "expected its numbers as an array, got undefined"],
    [{ shape: "2,3", data: [] }, 'expected a shape of whole sizes, got "2,3"'],
    [{ shape: [2.5], data: [1] }, "expected a shape of whole sizes, got [2.5]"],
    [{ shape: [-1], data: [] }, "expected a shape of whole sizes, got [-1]"],
    [{ shape: [2, 3], data: [1, 2] }, "expected 6 values for its shape [2, 3], got 2"],
    [{ shape: [2, 3], data: "123456" }, 'expected its numbers as an array, got "123456"'],
    [{ shape: [2], data: [1, "2"] }, 'expected numbers, got "2" at position 1'],
    [{ shape: [2], data: [1, null] }, "expected numbers, got null at position 1"],
    [{ shape: [3, 2], data: [1, 2, 3, 4, 5, 6] }, "expected shape [2, 3], got [3, 2]"],
    [{ shape: [6], data: [1, 2, 3, 4, 5, 6] }, "expected shape [2, 3], got [6]"],
    [{ shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] }, "expected shape [2, 3], got [1, 2, 3]"],
  ])("refuses %j", (answer, message) => {
    expect(compare(answer, expected)).toEqual({ agrees: false, ratio: Infinity, message });
  });

  it("agrees on tensors without elements, if their shape is right", () => {
    expect(compare({ shape: [0, 3], data: [] }, zeros([0, 3])).agrees).toBe(true);
    expect(compare({ shape: [0, 2], data: [] }, zeros([0, 3])).agrees).toBe(false);
  });
});

it("the index of a position counts the last axis fastest", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), (shape) => {
    expect(indices(shape).map((_, position) => indexOf(position, zeros(shape)))).toEqual(indices(shape));
  }), { numRuns: runs(50) });
});
