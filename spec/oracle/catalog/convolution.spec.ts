import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import { convolutionEntry } from "../../../src/oracle/catalog/convolution.ts";
import { at, tensor, toNested, zeros } from "../../../src/tensor/tensor.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

const square = { input: tensor([[[[1, -2, 3], [4, 5, -6], [-7, 8, 9]]]]), kernel: tensor([[[[1, -1], [2, -2]]]]) };

describe("convolution in the catalog", () => {
  it("counts the taps within the input alone: one in a padded corner, two at an edge, four inside", () => {
    const { outputs } = convolutionEntry.terms!(square, { padding: [[1, 1], [1, 1]] }, undefined);
    expect(toNested(outputs["output"]!.count)).toEqual([[[[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]]]);
    // The corner sees 1 under the tap −2; the next position −2 under −2 and 1 under 2.
    expect(toNested(outputs["output"]!.sum)).toMatchObject([[[{ 0: 2, 1: 6 }, {}, {}, {}]]]);
  });

  it("counts the bias as one more term", () => {
    const { outputs } = convolutionEntry.terms!({ ...square, bias: tensor([-10]) }, {}, undefined);
    expect(toNested(outputs["output"]!.count)).toEqual([[[[5, 5], [5, 5]]]]);
    expect(at(outputs["output"]!.sum, [0, 0, 0, 0])).toBe(10 + 1 * 1 + 2 * 1 + 4 * 2 + 5 * 2);
  });

  it("counts one term of the kernel's gradient for each sample and each position that sees the input", () => {
    const inputs = { input: zeros([3, 1, 5]), kernel: zeros([1, 1, 3]) };
    const { gradients } = convolutionEntry.terms!(inputs, { padding: [[1, 1]] }, { output: zeros([3, 1, 5]) });
    expect(gradients["kernel"]!.count.values).toEqual([12, 15, 12]);
    expect(toNested(gradients["input"]!.count)).toEqual([[[2, 3, 3, 3, 2]], [[2, 3, 3, 3, 2]], [[2, 3, 3, 3, 2]]]);
  });

  it("writes every spelling of its options out in full", () => {
    const inputs = { input: zeros([1, 1, 5, 7]), kernel: zeros([1, 1, 3, 2]) };
    expect(convolutionEntry.complete(inputs, {})).toEqual({ stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 });
    expect(convolutionEntry.complete(inputs, { stride: 2, padding: "same", dilation: [1, 2] }))
      .toEqual({ stride: [2, 2], padding: [[1, 1], [1, 1]], dilation: [1, 2], groups: 1 });
    expect(convolutionEntry.complete(inputs, { padding: [2, [1, 0]] })["padding"]).toEqual([[2, 2], [1, 0]]);
  });

  it("has no gradient of a bias that is not there", () => {
    const { expected } = reference("convolution", square, {}, { output: zeros([1, 1, 2, 2]) });
    expect(Object.keys(expected.gradients)).toEqual(["input", "kernel"]);
  });

  it("draws cases that can hurt", () => {
    const cases = drawn("convolution", "structure", 400, 3);
    const found = shares(cases, {
      "several samples": ({ inputs }) => inputs["input"]!.shape[0]! > 1,
      "several groups": ({ options }) => options["groups"] as number > 1,
      "groups of several channels": ({ inputs, options }) => options["groups"] as number > 1 && inputs["kernel"]!.shape[1]! > 1,
      "more filters than one a group": ({ inputs, options }) => options["groups"] as number > 1 && inputs["kernel"]!.shape[0]! > (options["groups"] as number),
      "a bias": ({ inputs }) => inputs["bias"] !== undefined,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.15), JSON.stringify(found)).toEqual([]);
  });
});
