import { describe, expect, it } from "vitest";
import { declarationOf, declaredPrecision, describePrecision, isNormwise, precisions } from "../../src/oracle/precision.ts";
import type { Declaration } from "../../src/oracle/precision.ts";
import { thrown } from "../support/thrown.ts";

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

describe("a declaration", () => {
  it("is float32 where nothing is said", () => {
    expect(declaredPrecision("mine", {})).toEqual(precisions.float32);
    expect(describePrecision(declaredPrecision("mine", {}))).toBe("float32");
  });

  it("may give a unit roundoff of its own, with the exponents of the narrower of float32 and float64 that has its bits", () => {
    const coarse = declaredPrecision("mine", { precision: { unit: 2 ** -20 } });
    expect(coarse).toMatchObject({ name: "unit 2 ** -20", unit: 2 ** -20, tiny: 2 ** -145, exactBelow: 2 ** 20 });
    expect(coarse.largest).toBeGreaterThan(2 ** 127);
    expect(declaredPrecision("mine", { precision: { unit: 2 ** -53 } })).toEqual({ ...precisions.float64, name: "unit 2 ** -53" });
  });

  it("may store in another format than it sums in: whole numbers stay below what both hold", () => {
    const mixed = declaredPrecision("mine", { storage: "float16" });
    expect(mixed).toEqual({ ...precisions.float32, storage: precisions.float16, exactBelow: 2 ** 11 });
    expect(declaredPrecision("mine", { precision: "bfloat16", storage: "float32" }).exactBelow).toBe(2 ** 8);
    expect(declaredPrecision("mine", { precision: "float16" }).storage).toEqual(precisions.float16);
  });

  it("may flush what lies below the normal numbers, in sums and in storage", () => {
    const flushed = declaredPrecision("mine", { storage: "float16", subnormals: "flushed" });
    expect([flushed.tiny, flushed.storage!.tiny, flushed.flushed]).toEqual([2 ** -125, 2 ** -13, true]);
    expect(describePrecision(flushed)).toBe("float32, stored as float16, subnormals flushed");
  });

  it("may bound the largest error of a tensor alone: of all operations that have products to save, or of those it names", () => {
    const [all, some] = [declaredPrecision("mine", { algorithm: "normwise" }), declaredPrecision("mine", { algorithm: { matrixProduct: "normwise", convolution: "componentwise" } })];
    expect(all.normwise).toEqual(["convolution", "transposedConvolution", "fullyConnected", "matrixProduct"]);
    expect([describePrecision(all), describePrecision(some)]).toEqual(["float32, normwise", "float32, normwise in matrixProduct"]);
    expect(["convolution", "matrixProduct"].map((name) => isNormwise(some, name))).toEqual([false, true]);
    expect(declaredPrecision("mine", { algorithm: "componentwise" })).toEqual(precisions.float32);
  });

  it("is handed on as it was declared, and no more", () => {
    const given = { precision: { unit: 2 ** -20 }, storage: "tf32", subnormals: "kept", algorithm: { convolution: "normwise" } } as const;
    expect(declarationOf({ ...given, name: "more" } as Declaration)).toEqual(given);
    expect(declarationOf({})).toEqual({ precision: "float32" });
  });

  it.each([
    [{ precision: "float8" }, 'RangeError: mine: expected precision float64, float32, tf32, bfloat16, float16 or { unit }, got "float8"'],
    [{ precision: 24 }, "RangeError: mine: expected precision float64, float32, tf32, bfloat16, float16 or { unit }, got 24"],
    [{ precision: {} }, "TypeError: mine: expected precision.unit as a number, got undefined"],
    [{ precision: { unit: 2 ** -54 } }, "RangeError: mine: expected precision.unit as a power of two from 2 ** -53 to 2 ** -2, got 5.551115123125783e-17"],
    [{ precision: { unit: 3 } }, "RangeError: mine: expected precision.unit as a power of two from 2 ** -53 to 2 ** -2, got 3"],
    [{ storage: "int8" }, 'RangeError: mine: expected storage float64, float32, tf32, bfloat16, float16, got "int8"'],
    [{ storage: null }, "RangeError: mine: expected storage float64, float32, tf32, bfloat16, float16, got null"],
    [{ subnormals: true }, "RangeError: mine: expected subnormals kept, flushed, got true"],
    [{ algorithm: "fast" }, 'RangeError: mine: expected algorithm componentwise, normwise, got "fast"'],
    [{ algorithm: null }, "RangeError: mine: expected algorithm componentwise, normwise, got null"],
    [{ algorithm: { convolution: 1 } }, "RangeError: mine: expected algorithm of convolution componentwise, normwise, got 1"],
    [{ algorithm: { lstm: "normwise" } }, "RangeError: mine: expected algorithm only of convolution, transposedConvolution, fullyConnected, matrixProduct, got lstm"],
  ])("is refused: %j", (declaration, message) => {
    expect(thrown(() => declaredPrecision("mine", declaration as Declaration))).toBe(message);
  });
});
