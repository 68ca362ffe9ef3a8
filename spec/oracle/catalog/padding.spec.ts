import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import { padEntry } from "../../../src/oracle/catalog/padding.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { generate, raw, tensor, zeros } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn, summations } from "../support.ts";
import { shares } from "./shares.ts";

const u = 2 ** -24;
const row = { input: tensor([[[1, -5, 3]]]) };

describe("padding in the catalog", () => {
  it("allows a copy no error at all, in any precision, and a constant one rounding", () => {
    for (const mode of ["zero", "reflect", "replicate", "circular"]) {
      const { outputs } = padEntry.radius(row, { padding: 1, mode }, undefined, precisions.bfloat16);
      expect(outputs["output"]!.values, mode).toEqual([0, 0, 0, 0, 0]);
    }
    const { outputs } = padEntry.radius(row, { padding: [[2, 0]], mode: "constant", value: -0.1 }, undefined, precisions.float32);
    const one = gamma(1, u) * 0.1 + 2 ** -149 + 2 ** -53 * 0.1;
    expect([...raw(outputs["output"]!)]).toEqual([one, one, 0, 0, 0]);
    expect(padEntry.radius(row, { padding: 1, mode: "constant", value: Infinity }, undefined, precisions.float32).outputs["output"]!.values).toEqual([0, 0, 0, 0, 0]);
    expect(padEntry.radius(row, { padding: 1, mode: "constant" }, undefined, precisions.float32).outputs["output"]!.values).toEqual([0, 0, 0, 0, 0]);
  });

  it("bounds a gradient by how many copies a cell has: one rounding less than there are, and two for two", () => {
    const { expected, radius } = reference("pad", row, { padding: 2, mode: "reflect" }, { output: tensor([[[-1, 2, 4, -8, 16, -32, 64]]]) });
    expect(expected.gradients["input"]!.values).toEqual([4 + 64, 2 - 8 - 32, -1 + 16]);
    const bound = (sum: number, copies: number): number => gamma(2, u) * sum + 2 * 2 ** -149 + copies * 2 ** -53 * sum;
    expect([...raw(radius.gradients["input"]!)]).toEqual([bound(68, 2), bound(42, 3), bound(17, 2)]);
    const wide = reference("pad", { input: tensor([[[1]]]) }, { padding: [[1, 2]], mode: "replicate" }, { output: tensor([[[1, 2, -4, 8]]]) });
    expect([...raw(wide.radius.gradients["input"]!)]).toEqual([gamma(3, u) * 15 + 3 * 2 ** -149 + 4 * 2 ** -53 * 15]);
    const zero = reference("pad", row, { padding: 1 }, { output: tensor([[[1, 2, 3, 4, 5]]]) });
    expect(zero.radius.gradients["input"]!.values).toEqual([0, 0, 0]);
  });

  it("writes every spelling of its options out in full, the value only where it is one", () => {
    const inputs = { input: zeros([1, 1, 5, 7]) };
    expect(padEntry.complete(inputs, { padding: 1 })).toEqual({ padding: [[1, 1], [1, 1]], mode: "zero" });
    expect(padEntry.complete(inputs, { padding: [2, [1, 0]], mode: "constant" })).toEqual({ padding: [[2, 2], [1, 0]], mode: "constant", value: 0 });
    expect(padEntry.complete(inputs, { padding: 1, mode: "circular" })).toEqual({ padding: [[1, 1], [1, 1]], mode: "circular" });
  });

  it("draws cases that can hurt, and values that float32 must round only where rounding is expected", () => {
    const sides = (one: Case): readonly (readonly [number, number])[] => one.options["padding"] as never;
    const space = ({ inputs }: Case): readonly number[] => inputs["input"]!.shape.slice(2);
    const mode = (name: string) => ({ options }: Case): boolean => options["mode"] === name;
    const cases = drawn("pad", "structure", 300, 3);
    const found = shares(cases, {
      "three axes": (one) => space(one).length === 3,
      "several samples and channels": ({ inputs }) => inputs["input"]!.shape[0]! > 1 && inputs["input"]!.shape[1]! > 1,
      "unequal sides": (one) => sides(one).some(([before, after]) => before !== after),
      "equal sides": (one) => sides(one).every(([before, after]) => before === after && before > 0),
      zero: mode("zero"), constant: mode("constant"), reflect: mode("reflect"), replicate: mode("replicate"), circular: mode("circular"),
      "a mirror of two cells or more": (one) => mode("reflect")(one) && sides(one).some((pair) => Math.max(...pair) > 1),
      "a ring gone around wholly": (one) => mode("circular")(one) && sides(one).some((pair, axis) => Math.max(...pair) === space(one)[axis]),
      "more copies than cells": (one) => mode("replicate")(one) && sides(one).some((pair, axis) => Math.max(...pair) > space(one)[axis]!),
      "a constant that is not 0": ({ options }) => options["value"] !== undefined && options["value"] !== 0,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.05), JSON.stringify(found)).toEqual([]);
    const fractions = (tier: "structure" | "rounding"): number => drawn("pad", tier, 120, 5).filter(({ options: { value = 0 } }) => Math.fround(value as number) !== value).length;
    expect(fractions("structure")).toBe(0);
    expect(fractions("rounding")).toBeGreaterThan(5);
  });
});

describe("honest float32 padding", () => {
  it("stays within the radius, in whatever order the copies of a cell are summed", () => {
    let worst = 0;
    for (const one of drawn("pad", "rounding", runs(20), 31)) {
      const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents);
      const [input, dOutput] = [one.inputs["input"]!, one.cotangents!["output"]!];
      const output = expected.outputs["output"]!;
      expect(compare({ shape: output.shape, data: output.values.map(Math.fround) }, output, radius.outputs["output"]!).agrees).toBe(true);
      // Which cells are copies is told by padding the input's own positions: 1, 2, 3 …
      const positions = padEntry.forward({ input: generate(input.shape, (i) => i + 1) }, { ...one.options, ...(one.options["mode"] === "constant" ? { value: 0 } : {}) });
      const dys = dOutput.values;
      const copies = input.values.map((): number[] => []);
      positions["output"]!.values.forEach((position, i) => copies[position - 1]?.push(dys[i]!));
      for (const [name, sum] of Object.entries(summations)) {
        const { agrees, ratio } = compare({ shape: input.shape, data: copies.map(sum) }, expected.gradients["input"]!, radius.gradients["input"]!);
        worst = Math.max(worst, ratio);
        expect(agrees, `${name}: ${ratio}`).toBe(true);
      }
    }
    console.info(`pad: worst share of the radius ${worst.toFixed(2)}`);
    expect(worst).toBeGreaterThan(0.4);
  });
});
