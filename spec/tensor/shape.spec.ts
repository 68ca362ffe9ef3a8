import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkShape, isPlainObject, sameShape, show, sizeOf, stridesOf, wrongKind, wrongValue } from "../../src/tensor/shape.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 });

describe("a shape", () => {
  it("of two rows of three holds six values, three apart from row to row", () => {
    expect(sizeOf([2, 3])).toBe(6);
    expect(stridesOf([2, 3])).toEqual([3, 1]);
  });

  it("without axes is a scalar and holds one value", () => {
    expect(sizeOf([])).toBe(1);
    expect(stridesOf([])).toEqual([]);
  });

  it("with an empty axis holds no values", () => {
    expect(sizeOf([4, 0, 3])).toBe(0);
    expect(stridesOf([4, 0, 3])).toEqual([0, 3, 1]);
  });

  it("numbers its indices in row-major order", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }), (shape) => {
      const indices = shape.reduce<number[][]>((tuples, size) => tuples.flatMap((tuple) => Array.from({ length: size }, (_, i) => [...tuple, i])), [[]]);
      const positions = indices.map((index) => index.reduce((sum, i, axis) => sum + i * stridesOf(shape)[axis]!, 0));
      expect(positions).toEqual(Array.from({ length: sizeOf(shape) }, (_, position) => position));
    }), { numRuns: runs(100) });
  });

  it("is the same as another only with the same sizes in the same order", () => {
    fc.assert(fc.property(shapes, shapes, (a, b) => sameShape(a, a.slice()) && sameShape(a, b) === (JSON.stringify(a) === JSON.stringify(b))), { numRuns: runs(200) });
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([2, 1], [2])).toBe(false);
    expect(sameShape([], [])).toBe(true);
  });
});

describe("a shape that is checked", () => {
  it("comes back as a frozen copy", () => {
    const given = [2, 3];
    const checked = checkShape("zeros", given);
    given[0] = 9;
    expect(checked).toEqual([2, 3]);
    expect(Object.isFrozen(checked)).toBe(true);
  });

  it.each([
    [[2, -1], "RangeError: zeros: expected a shape of whole sizes of at least 0, got [2, -1]"],
    [[2.5], "RangeError: zeros: expected a shape of whole sizes of at least 0, got [2.5]"],
    [[NaN], "RangeError: zeros: expected a shape of whole sizes of at least 0, got [NaN]"],
    [[Infinity], "RangeError: zeros: expected a shape of whole sizes of at least 0, got [Infinity]"],
    [["2"], "TypeError: zeros: expected a shape of numbers, got [\"2\"]"],
    [new Array(2), "TypeError: zeros: expected a shape of numbers, got [undefined, undefined]"],
    [3, "TypeError: zeros: expected a shape (an array of sizes), got 3"],
    [undefined, "TypeError: zeros: expected a shape (an array of sizes), got undefined"],
    [new Int32Array(2), "TypeError: zeros: expected a shape (an array of sizes), got an Int32Array"],
    [[2 ** 16, 2 ** 15], "RangeError: zeros: expected a shape of at most 2147483647 values, got [65536, 32768]"],
  ])("refuses %j", (shape, message) => {
    expect(thrown(() => checkShape("zeros", shape))).toBe(message);
  });

  it("may hold as many values as 32-bit places can tell apart", () => {
    expect(checkShape("zeros", [2 ** 31 - 1])).toEqual([2 ** 31 - 1]);
  });
});

describe("a plain object", () => {
  it("is what braces, JSON and Object.create(null) make", () => {
    expect([{}, { a: 1 }, Object.create(null), JSON.parse("{}")].map(isPlainObject)).toEqual([true, true, true, true]);
    expect([[], new Map(), new (class {})(), null, undefined, 1, "a", () => 1].map(isPlainObject)).toEqual(new Array(8).fill(false));
  });
});

describe("a message", () => {
  it("has one grammar, for values and for kinds", () => {
    expect(String(wrongValue("key", "a seed", "-1"))).toBe("RangeError: key: expected a seed, got -1");
    expect(String(wrongKind("key", "a seed", "null"))).toBe("TypeError: key: expected a seed, got null");
  });

  it.each([
    [[2, [3, -0]], "[2, [3, -0]]"],
    [new Array(13).fill(1), "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …]"],
    [new Array(12).fill(1), "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"],
    [[[[[1]]]], "[[[[1]]]]"],
    [[[[[[1]]]]], "[[[[[…]]]]]"],
    ["valid", '"valid"'],
    ["x".repeat(41), `"${"x".repeat(40)}…"`],
    ["x".repeat(40), `"${"x".repeat(40)}"`],
    [0, "0"], [-0, "-0"], [NaN, "NaN"], [10n, "10n"], [true, "true"], [null, "null"], [undefined, "undefined"], [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
    [{}, "an object with no fields"],
    [{ stride: 1, padding: 2 }, "an object with stride, padding"],
    [Object.fromEntries(Array.from("abcdefghi", (name) => [name, 1])), "an object with a, b, c, d, e, f, g, h"],
    [Object.assign(Object.create(null), { stride: 1 }), "an object with stride"],
    [new Float32Array(2), "a Float32Array"],
    [new Error("no"), "an Error"],
    [new (class {})(), "an object with no fields"],
  ])("shows %s", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("shows an array that holds itself", () => {
    const loop: unknown[] = [1];
    loop.push(loop);
    expect(show(loop)).toBe("[1, [1, [1, [1, […]]]]]");
  });
});
