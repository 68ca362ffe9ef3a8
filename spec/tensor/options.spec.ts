import { describe, expect, it } from "vitest";
import { checkOptions, perAxis } from "../../src/tensor/options.ts";
import type { OptionKind } from "../../src/tensor/options.ts";
import { thrown } from "../support/thrown.ts";

const known: Readonly<Record<string, OptionKind>> = {
  on: "boolean", rate: "number", groups: "wholeNumber", scale: "positive", stride: "perAxis", padding: "padding", mode: ["mean", "sum"],
};
const check = (options: unknown): string => thrown(() => checkOptions("f", options, known));

describe("options", () => {
  it("of the right kinds pass, and so does leaving them out", () => {
    expect(check({})).toBe("nothing was thrown");
    expect(check({ on: false, rate: -0.5, groups: 2, scale: 0.1, stride: [1, 2], padding: "same", mode: "sum" })).toBe("nothing was thrown");
    expect(check(Object.assign(Object.create(null), { on: true }))).toBe("nothing was thrown");
    expect(check({ rate: Infinity, scale: Infinity, groups: -3 })).toBe("nothing was thrown");
  });

  it.each([
    [null, "TypeError: f: expected options as a plain object, got null"],
    [undefined, "TypeError: f: expected options as a plain object, got undefined"],
    [3, "TypeError: f: expected options as a plain object, got 3"],
    [[1], "TypeError: f: expected options as a plain object, got [1]"],
    [new Map(), "TypeError: f: expected options as a plain object, got a Map"],
    [{ strides: 2 }, "RangeError: f: expected only the options on, rate, groups, scale, stride, padding, mode, got strides"],
    [{ toString: 2 }, "RangeError: f: expected only the options on, rate, groups, scale, stride, padding, mode, got toString"],
    [{ on: 1 }, "TypeError: f: expected on true or false, got 1"],
    [{ on: undefined }, "TypeError: f: expected on true or false, got undefined"],
    [{ stride: undefined }, "TypeError: f: expected stride a number or one per axis, got undefined"],
    [{ padding: undefined }, "TypeError: f: expected padding a padding, got undefined"],
    [{ mode: undefined }, 'RangeError: f: expected mode "mean" or "sum", got undefined'],
    [{ rate: "1" }, 'TypeError: f: expected rate a number, got "1"'],
    [{ rate: NaN }, "RangeError: f: expected rate a number, got NaN"],
    [{ groups: "1" }, 'TypeError: f: expected groups a whole number, got "1"'],
    [{ groups: 1.5 }, "RangeError: f: expected groups a whole number, got 1.5"],
    [{ groups: Infinity }, "RangeError: f: expected groups a whole number, got Infinity"],
    [{ scale: 0 }, "RangeError: f: expected scale a number above 0, got 0"],
    [{ scale: NaN }, "RangeError: f: expected scale a number above 0, got NaN"],
    [{ scale: null }, "TypeError: f: expected scale a number above 0, got null"],
    [{ mode: "max" }, 'RangeError: f: expected mode "mean" or "sum", got "max"'],
    [{ mode: 1 }, 'RangeError: f: expected mode "mean" or "sum", got 1'],
  ])("%j are refused", (options, message) => {
    expect(check(options)).toBe(message);
  });

  it("are refused whole where an operation takes none", () => {
    expect(thrown(() => checkOptions("f", { stride: 1 }, {}))).toBe("RangeError: f: expected only the options (none), got stride");
  });
});

describe("one number per axis", () => {
  const strides = (value: unknown, axes = 2): unknown => perAxis("f", "stride", value, axes, 1);

  it("comes from one number for all, or from one for each", () => {
    expect(strides(3)).toEqual([3, 3]);
    expect(strides([1, 2])).toEqual([1, 2]);
    expect(strides([1], 1)).toEqual([1]);
    expect(perAxis("f", "padding", 0, 3, 0)).toEqual([0, 0, 0]);
  });

  it.each([
    [0, "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got 0"],
    [1.5, "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got 1.5"],
    [NaN, "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got NaN"],
    [[1], "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got [1]"],
    [[1, 2, 3], "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got [1, 2, 3]"],
    [[1, 0], "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got [1, 0]"],
    [[], "RangeError: f: expected stride as a whole number of at least 1, or one per axis (2), got []"],
    ["2", 'TypeError: f: expected stride as a whole number of at least 1, or one per axis (2), got "2"'],
    [[1, "2"], 'TypeError: f: expected stride as a whole number of at least 1, or one per axis (2), got [1, "2"]'],
    [[1, [2]], "TypeError: f: expected stride as a whole number of at least 1, or one per axis (2), got [1, [2]]"],
    [null, "TypeError: f: expected stride as a whole number of at least 1, or one per axis (2), got null"],
  ])("is refused as %j", (value, message) => {
    expect(thrown(() => strides(value))).toBe(message);
  });
});
