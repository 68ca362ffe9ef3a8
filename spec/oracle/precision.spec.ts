import { describe, expect, it } from "vitest";
import { precisions } from "../../src/oracle/precision.ts";

describe("a precision", () => {
  it("rounds by at most half the distance from 1 to the next number", () => {
    expect(precisions.float32.unit).toBe((Math.fround(1 + 2 ** -23) - 1) / 2);
    expect(precisions.float64.unit).toBe(Number.EPSILON / 2);
    expect(Object.values(precisions).map(({ unit }) => Math.log2(unit))).toEqual([-53, -24, -11, -8, -11]);
  });

  it("has its smallest number: float32 and float64 as this machine has them, the others with their exponents' range", () => {
    expect(precisions.float64.tiny).toBe(Number.MIN_VALUE);
    expect(Math.fround(precisions.float32.tiny)).toBe(precisions.float32.tiny);
    expect(Math.fround(precisions.float32.tiny / 2)).toBe(0);
    // Least normal number times the distance of significands: 2⁻¹²⁶·2⁻¹⁰, 2⁻¹²⁶·2⁻⁷, 2⁻¹⁴·2⁻¹⁰.
    expect([precisions.tf32, precisions.bfloat16, precisions.float16].map(({ tiny }) => Math.log2(tiny))).toEqual([-136, -133, -24]);
  });

  it("holds whole numbers exactly up to 1/unit, and loses the next one", () => {
    expect(Object.values(precisions).every(({ unit, exactBelow }) => unit * exactBelow === 1)).toBe(true);
    expect(Math.fround(precisions.float32.exactBelow)).toBe(2 ** 24);
    expect(Math.fround(precisions.float32.exactBelow + 1)).toBe(2 ** 24);
  });

  it("is listed under its own name", () => {
    expect(Object.entries(precisions).filter(([name, precision]) => precision.name !== name)).toEqual([]);
  });
});
