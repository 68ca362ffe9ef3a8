import { describe, expect, it } from "vitest";
import { fullyConnectedEntry } from "../../../src/oracle/catalog/fully-connected.ts";
import { tensor, toNested } from "../../../src/tensor/tensor.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

describe("the fully connected layer in the catalog", () => {
  it("counts a term for each input, and one for the bias", () => {
    const inputs = { input: tensor([[1, -2], [3, 4]]), weight: tensor([[1, 1], [-2, 2], [3, -3]]), bias: tensor([-1, 1, 0]) };
    const { outputs, gradients } = fullyConnectedEntry.terms!(inputs, {}, { output: tensor([[1, 1, 1], [-1, -1, -1]]) });
    expect(toNested(outputs["output"]!.count)).toEqual([[3, 3, 3], [3, 3, 3]]);
    expect(toNested(outputs["output"]!.sum)).toEqual([[4, 7, 9], [8, 15, 21]]);
    expect(gradients["bias"]!.count.values).toEqual([2, 2, 2]);
    expect(toNested(gradients["weight"]!.sum)).toEqual([[4, 6], [4, 6], [4, 6]]);
    expect(toNested(gradients["input"]!.count)).toEqual([[3, 3], [3, 3]]);
  });

  it("is drawn with none to two leading axes, with bias and without", () => {
    const found = shares(drawn("fullyConnected", "structure", 200), {
      "one row": ({ inputs }) => inputs["input"]!.shape.length === 1,
      "two leading axes": ({ inputs }) => inputs["input"]!.shape.length === 3,
      "a bias": ({ inputs }) => inputs["bias"] !== undefined,
      "more outputs than inputs": ({ inputs }) => inputs["weight"]!.shape[0]! > inputs["weight"]!.shape[1]!,
      "fewer outputs than inputs": ({ inputs }) => inputs["weight"]!.shape[0]! < inputs["weight"]!.shape[1]!,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.2), JSON.stringify(found)).toEqual([]);
  });
});
