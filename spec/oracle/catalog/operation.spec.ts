import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import { caseSpace, checkNames, checkOptionNames, slotOf } from "../../../src/oracle/catalog/operation.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { thrown } from "../../support/thrown.ts";

const one = tensor([1]);
const convolution = findOperation("convolution");
const descent = findOperation("gradientDescent");

describe("the names of an operation's inputs", () => {
  it("are told apart by slot; a last part * stands for any name but none", () => {
    expect(slotOf(convolution, "kernel")?.axes).toBe("[K, C/groups, …window]");
    expect(slotOf(descent, "params.w")?.name).toBe("params.*");
    expect(slotOf(descent, "gradients.2.conv.kernel")?.name).toBe("gradients.*");
    expect(["params.", "params", "weights.w", ""].map((name) => slotOf(descent, name))).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("and of its options are refused where they are unknown", () => {
    expect(thrown(() => checkOptionNames(convolution, { stride: 1 }))).toBe("nothing was thrown");
    expect(thrown(() => checkOptionNames(convolution, { strides: 1 }))).toBe("RangeError: convolution: expected only the options stride, padding, dilation, groups, got strides");
  });

  it("are refused where they are unknown, missing, or no tensors", () => {
    const check = (inputs: object, cotangents?: object): string => thrown(() => checkNames(convolution, inputs as never, cotangents as never));
    expect(check({ input: one, kernel: one, bias: one }, { output: one })).toBe("nothing was thrown");
    expect(check({ input: one, kernel: one })).toBe("nothing was thrown");
    expect(check({ input: one, weight: one })).toBe("RangeError: convolution: expected only the inputs input, kernel, bias, got weight");
    expect(check({ input: one })).toBe("RangeError: convolution: expected the input kernel, got none of that name");
    expect(check({ input: one, kernel: [1] })).toBe("TypeError: convolution: expected kernel as a Tensor, got [1]");
    expect(check({ input: one, kernel: one }, { indices: one })).toBe("RangeError: convolution: expected only cotangents of output, got indices");
    expect(thrown(() => checkNames(descent, { "params.w": one, "gradients.1.w": one }, { "params.1.w": one })))
      .toBe("RangeError: gradientDescent: expected only cotangents of (no output), got params.1.w");
    expect(thrown(() => checkNames(descent, { "params.w": one }, undefined))).toBe("RangeError: gradientDescent: expected the input gradients.*, got none of that name");
  });
});

it("a case space without spatial axes has none", () => {
  expect(caseSpace({ fields: { size: [1, 2] }, build: () => ({ inputs: {}, options: {} }) })).toMatchObject({ axes: {}, axisCount: [0, 0] });
});
