import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneHot } from "../../src/learning/one-hot.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { runs } from "../support/runs.ts";
import { refusal } from "./support.ts";

describe("one-hot vectors", () => {
  it("have a 1 in the place of the class and 0 everywhere else", () => {
    expect(oneHot(tensor([2, 0]), 4)).toEqual(tensor([[0, 0, 1, 0], [1, 0, 0, 0]]));
    expect(oneHot(tensor(1), 2)).toEqual(tensor([0, 1]));
    expect(oneHot(tensor([[0, 1], [2, 1]]), 3).shape).toEqual([2, 2, 3]);
    expect(oneHot(zeros([0]), 3).shape).toEqual([0, 3]);
  });

  it("give each class back as the place of their largest number", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }), (count, drawn) => {
      const classes = drawn.map((each) => each % count);
      const { values } = oneHot(tensor(classes), count);
      expect(classes.map((_, row) => values.slice(row * count, (row + 1) * count).indexOf(1))).toEqual(classes);
      expect(values.reduce((sum, each) => sum + each, 0)).toBe(classes.length);
    }), { numRuns: runs(20) });
  });

  it("refuse what is no class, and counts that do not count", () => {
    expect(refusal(() => oneHot([1] as never, 3))).toBe("TypeError: oneHot: expected classes as a Tensor, got [1]");
    expect(refusal(() => oneHot(tensor([0, 3]), 3))).toBe("RangeError: oneHot: expected classes as whole numbers from 0 to 2, got 3 at position 1");
    expect(refusal(() => oneHot(tensor([-1]), 3))).toBe("RangeError: oneHot: expected classes as whole numbers from 0 to 2, got -1 at position 0");
    expect(refusal(() => oneHot(tensor([0.5]), 3))).toBe("RangeError: oneHot: expected classes as whole numbers from 0 to 2, got 0.5 at position 0");
    expect(refusal(() => oneHot(tensor([NaN]), 3))).toBe("RangeError: oneHot: expected classes as whole numbers from 0 to 2, got NaN at position 0");
    expect(refusal(() => oneHot(tensor([0]), "3" as never))).toBe('TypeError: oneHot: expected count as a whole number of at least 1, got "3"');
    expect(refusal(() => oneHot(tensor([0]), 0))).toBe("RangeError: oneHot: expected count as a whole number of at least 1, got 0");
  });
});
