import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

describe("relu in the catalog", () => {
  it("allows no error: what it gives was given", () => {
    const { expected, radius } = reference("relu", { input: tensor([-0.1, 0.1, 0]) }, {}, { output: tensor([0.3, 0.3, 0.3]) });
    expect(expected.outputs["output"]!.values).toEqual([0, Math.fround(0.1), 0]);
    expect(expected.gradients["input"]!.values).toEqual([0, Math.fround(0.3), 0]);
    expect([...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is drawn with zeros, whose gradient is a rule, in scalars and up to four axes", () => {
    const found = shares(drawn("relu", "structure", 300), {
      "a zero": ({ inputs }) => inputs["input"]!.values.includes(0),
      "both signs": ({ inputs }) => inputs["input"]!.values.some((value) => value < 0) && inputs["input"]!.values.some((value) => value > 0),
      "a scalar": ({ inputs }) => inputs["input"]!.shape.length === 0,
      "four axes": ({ inputs }) => inputs["input"]!.shape.length === 4,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.1), JSON.stringify(found)).toEqual([]);
  });
});
