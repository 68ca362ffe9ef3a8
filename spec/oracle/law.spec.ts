import { describe, expect, it } from "vitest";
import { asked, beside, count, elsewhere, exactly, negated, taken, takenTensor, without, withoutCotangents } from "../../src/oracle/law.ts";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const one: Case = { operation: "relu", tier: "laws", features: [], inputs: { input: tensor([1]), bias: tensor([2]) }, options: {}, cotangents: { output: tensor([3]) } };

describe("the parts of a law", () => {
  it("are numbers taken along one axis, their radii with them", () => {
    const measured = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6], radius: [0, 1, 0, 0, 2, 0] };
    expect(taken(measured, 1, [2, 1])).toEqual({ shape: [2, 2], data: Float64Array.of(3, 2, 6, 5), radius: Float64Array.of(0, 1, 0, 2) });
    expect(taken(measured, 0, [])).toEqual({ shape: [0, 3], data: new Float64Array(), radius: new Float64Array() });
    expect(takenTensor(tensor([[1, 2], [3, 4]]), 0, [1])).toEqual(tensor([[3, 4]]));
  });

  it("are numbers without error, or under another sign", () => {
    expect(exactly([2], [1, 2])).toEqual({ shape: [2], data: [1, 2], radius: Float64Array.of(0, 0) });
    expect(negated({ shape: [2], data: [1, -2], radius: [3, 4] })).toEqual({ shape: [2], data: Float64Array.of(-1, 2), radius: [3, 4] });
    expect([count(2, 5), count(5, 2)]).toEqual([[2, 3, 4], []]);
  });

  it("are cases with something left out", () => {
    expect(Object.keys(without(one, "bias").inputs)).toEqual(["input"]);
    expect(withoutCotangents(one)).not.toHaveProperty("cotangents");
  });

  it("are other geometries of a case: paddings of both ends exchanged, and one axis shorter, if the operation takes them", () => {
    const options = { stride: [1], padding: [[1, 0]], dilation: [1], groups: 1 };
    const of = (operation: string, inputs: Case["inputs"], own: Case["options"] = {}) =>
      elsewhere(findOperation(operation), { operation, tier: "laws", features: [], inputs, options: own, cotangents: {} });
    const kernel = tensor([[[1, 10]]]);
    expect(of("convolution", { input: tensor([[[1, 2, 3]]]), kernel }, options)).toEqual([
      { operation: "convolution", tier: "laws", features: [], inputs: { input: tensor([[[1, 2, 3]]]), kernel }, options: { ...options, padding: [[0, 1]] } },
      { operation: "convolution", tier: "laws", features: [], inputs: { input: tensor([[[1, 2]]]), kernel }, options },
    ]);
    // A single step under a window of two leaves no output once its padding is gone; samples may be fewer.
    expect(of("convolution", { input: tensor([[[1, 2]], [[3, 4]]]), kernel }, { ...options, padding: [[0, 0]] }).map(({ inputs }) => inputs["input"])).toEqual([tensor([[[1, 2]]])]);
    // Where one shape belongs to two tensors, both are cut.
    expect(of("squaredError", { input: tensor([1, 2]), target: tensor([3, 4]) }, { reduction: "sum" }).map(({ inputs }) => inputs)).toEqual([{ input: tensor([1]), target: tensor([3]) }]);
    expect(of("relu", { input: tensor(1) })).toEqual([]);
  });

  it("are questions one after the other, and none at the end", () => {
    const next = asked((_, each) => [each, withoutCotangents(each)]);
    const relu = findOperation("relu");
    const nothing = { outputs: {}, gradients: {} };
    expect([next(relu, one, []), next(relu, one, [nothing]), next(relu, one, [nothing, nothing])]).toEqual([one, withoutCotangents(one), undefined]);
    expect(asked(() => undefined)(relu, one, [])).toBeUndefined();
  });

  it("are two answers laid beside each other, by the names that both have", () => {
    const [a, b] = [exactly([1], [1]), exactly([1], [2])];
    const left = { outputs: { output: a }, gradients: { input: a } };
    const right = { outputs: { output: b, norm: b }, gradients: { input: b } };
    expect(beside(left, right).map(({ where }) => where)).toEqual(["output", "gradient of input"]);
    expect(beside(left, right, (measured, where) => (where === "output" ? negated(measured) : undefined))).toEqual([{ where: "output", left: a, right: negated(b) }]);
  });
});
