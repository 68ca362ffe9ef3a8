import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { windowAxes, windowInput, windowOptions } from "../../../src/oracle/catalog/window.ts";
import type { WindowAxis } from "../../../src/oracle/catalog/window.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

const axis: WindowAxis = { taps: 3, stride: 2, dilation: 2, before: 1, after: 0, positions: 4, slack: 0 };
const axes: fc.Arbitrary<WindowAxis> = fc.record(Object.fromEntries(Object.entries(windowAxes).map(([name, [min, max]]) => [name, fc.integer({ min, max })]))) as never;

describe("one spatial axis of a drawn case", () => {
  it("gets the input that the drawn number of positions needs", () => {
    // Three strides of 2, five cells under the window, less one of padding.
    expect(windowInput(axis)).toBe(3 * 2 + 5 - 1);
    // One cell more than a stride of 2 uses.
    expect(windowInput({ ...axis, slack: 1 })).toBe(11);
    expect(windowInput({ ...axis, slack: 2 })).toBe(10);
    expect(windowInput({ ...axis, taps: 1, positions: 1, before: 3 })).toBe(1);
  });

  it("has at least as many positions as were drawn, whatever is drawn", () => {
    fc.assert(fc.property(axes, (drawnAxis) => {
      const { taps, stride, dilation, before, after, positions } = drawnAxis;
      const count = Math.floor((windowInput(drawnAxis) + before + after - (taps - 1) * dilation - 1) / stride) + 1;
      expect(count).toBeGreaterThanOrEqual(positions);
    }), { numRuns: runs(300) });
  });

  it("is padded as drawn, or by a word", () => {
    expect(windowOptions(0, [axis, { ...axis, stride: 3, before: 0, after: 2 }])).toEqual({ stride: [2, 3], dilation: [2, 2], padding: [[1, 0], [0, 2]] });
    expect([2, 3].map((padding) => windowOptions(padding, [axis])["padding"])).toEqual(["same", "sameLower"]);
  });
});

describe("cases with windows can hurt", () => {
  const list = (one: Case, name: string): readonly number[] => one.options[name] as readonly number[];
  const pairs = (one: Case): readonly (readonly [number, number])[] => one.options["padding"] as never;
  const size = (one: Case): readonly number[] => (one.options["window"] as readonly number[] | undefined) ?? one.inputs["kernel"]!.shape.slice(2);

  it.each(["convolution", "maxPooling", "averagePooling"])("%s", (operation) => {
    const found = shares(drawn(operation, "structure", 400, 5), {
      "two axes": ({ inputs }) => inputs["input"]!.shape.length === 4,
      "three axes": ({ inputs }) => inputs["input"]!.shape.length === 5,
      "unequal strides": (one) => new Set(list(one, "stride")).size > 1,
      "unequal dilations": (one) => new Set(list(one, "dilation")).size > 1,
      "unequal sides": (one) => pairs(one).some(([before, after]) => before !== after),
      "unequal taps": (one) => new Set(size(one)).size > 1,
      "unequal input sizes": ({ inputs }) => new Set(inputs["input"]!.shape.slice(2)).size > 1,
      "a dilation that matters": (one) => list(one, "dilation").some((dilation, i) => dilation > 1 && size(one)[i]! > 1),
      "a stride beyond the window": (one) => list(one, "stride").some((stride, i) => stride > (size(one)[i]! - 1) * list(one, "dilation")[i]! + 1),
      "a stride within the window": (one) => list(one, "stride").some((stride, i) => stride > 1 && stride <= (size(one)[i]! - 1) * list(one, "dilation")[i]!),
      "no padding": (one) => pairs(one).every(([before, after]) => before + after === 0),
      "an axis of one cell": ({ inputs }) => inputs["input"]!.shape.slice(2).includes(1),
      "several samples": ({ inputs }) => inputs["input"]!.shape[0]! > 1,
      "several channels": ({ inputs }) => inputs["input"]!.shape[1]! > 1,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.03), JSON.stringify(found)).toEqual([]);
    expect(Object.values(found).filter((share) => share > 0.2).length, JSON.stringify(found)).toBeGreaterThanOrEqual(10);
  });
});
