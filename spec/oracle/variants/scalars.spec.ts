import { describe, expect, it } from "vitest";
import { newScalars } from "../../../src/oracle/variants/scalars.ts";

describe("formulas number by number", () => {
  it("know their values and their derivatives", () => {
    const s = newScalars();
    const [x, y] = [s.leaf(3), s.leaf(5)];
    const square = s.apply([(a) => a * a, (a) => 2 * a], x);
    const result = s.sum(s.product(square, y), x, s.step(7 * s.value(y), [y], [7])); // x²y + x + 7y
    expect(s.value(result)).toBe(83);
    const found = s.derivatives([[result, 2]]);
    expect([found[x], found[y]]).toEqual([2 * (2 * 3 * 5 + 1), 2 * (9 + 7)]);
  });

  it("add up what flows back from several of them, and along several ways", () => {
    const s = newScalars();
    const x = s.leaf(3);
    const twice = s.sum(x, x);
    const found = s.derivatives([[twice, 1], [x, 10], [twice, 1]]);
    expect(found[x]).toBe(14);
  });
});
