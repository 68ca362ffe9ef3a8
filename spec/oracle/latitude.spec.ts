import { describe, expect, it } from "vitest";
import { latitudeOf } from "../../src/oracle/latitude.ts";
import { reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { filled, tensor } from "../../src/tensor/tensor.ts";

const caseOf = (operation: string, inputs: Case["inputs"], options: Case["options"] = {}): Case => {
  const one: Case = { operation, tier: "special", features: [], inputs, options };
  const outputs = reference(operation, inputs, options).expected.outputs;
  return { ...one, cotangents: Object.fromEntries(Object.entries(outputs).filter(([name]) => name !== "indices").map(([name, { shape }]) => [name, filled(shape, 1)])) };
};
const latitude = (one: Case) => latitudeOf(one, (value) => !Number.isFinite(value), precisions.float32);
/** Which elements special numbers reach, as ones in the shape of the answer. */
const reached = (one: Case, name: string, kind: "outputs" | "gradients" = "outputs"): readonly number[] => {
  const { values } = reference(one.operation, one.inputs, one.options, one.cotangents).expected[kind][name]!;
  return values.map((_, position) => Number(latitude(one).touches({ kind, name, position })));
};
const recurrent = (input: number[][][], more: Case["inputs"] = {}, activation = "tanh"): Case => caseOf("simpleRnn", {
  input: tensor(input), "forward.wx": tensor([[0.5]]), "forward.wh": tensor([[0.25]]), ...more,
}, { direction: "forward", merge: "concat", activation });

describe("a special number reaches", () => {
  it("its own place, where numbers have nothing to do with each other, though nothing comes of it: a mask drops it", () => {
    expect(reached(caseOf("relu", { input: tensor([1, NaN, 2]) }), "output")).toEqual([0, 1, 0]);
    const dropped = caseOf("dropout", { input: tensor([Infinity, NaN, 2]), mask: tensor([0, 1, 1]) }, { rate: 0.5, training: true });
    expect([reached(dropped, "output"), reached(dropped, "input", "gradients")]).toEqual([[1, 1, 0], [1, 1, 0]]);
  });

  it("the windows that it is in, and in their gradients what shares one with it", () => {
    const pooled = caseOf("lpPooling", { input: tensor([[[Infinity, 1, 2, 3]]]) }, { window: [2], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false, power: 1 });
    expect([reached(pooled, "output"), reached(pooled, "input", "gradients")]).toEqual([[1, 0], [1, 1, 0, 0]]);
    const largest = caseOf("maxPooling", { input: tensor([[[NaN, NaN, 2, 3]]]) }, { window: [2], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false });
    expect([reached(largest, "output"), reached(largest, "indices"), reached(largest, "input", "gradients")]).toEqual([[1, 0], [1, 0], [1, 1, 0, 0]]);
  });

  it("its row of classes, and the mean of all rows", () => {
    const losses = (reduction: string) => caseOf("crossEntropy", { input: tensor([[1, 2], [NaN, 3]]), target: tensor([0, 1]) }, { reduction, labelSmoothing: 0 });
    expect([reached(losses("none"), "output"), reached(losses("mean"), "output")]).toEqual([[0, 1], [1]]);
    expect(reached(losses("mean"), "input", "gradients")).toEqual([0, 0, 1, 1]);
    const ignored = caseOf("negativeLogLikelihood", { input: tensor([[1, 2], [3, NaN]]), target: tensor([0, 0]) }, { reduction: "mean", ignoreIndex: 7 });
    expect([reached(ignored, "output"), reached(ignored, "input", "gradients")]).toEqual([[1], [0, 0, 1, 1]]);
    const second = caseOf("negativeLogLikelihood", { input: tensor([[[1, 2], [NaN, 3]]]), target: tensor([[0, 1]]) }, { reduction: "none" });
    expect([reached(second, "output"), reached(second, "input", "gradients")]).toEqual([[1, 0], [1, 0, 1, 0]]);
    const planes = caseOf("negativeLogLikelihood", { input: tensor([[[1, NaN], [2, 3]]]), target: tensor([[0, 1]]) }, { reduction: "none" });
    expect([reached(planes, "output"), reached(planes, "input", "gradients")]).toEqual([[0, 1], [0, 1, 0, 1]]);
  });

  it("later steps of its own sequence, and all gradients of the weights; behind the end of a sequence what a product with 0 reaches", () => {
    const one = recurrent([[[1], [1]], [[1], [Infinity]], [[1], [1]]]);
    expect(reached(one, "output")).toEqual([0, 0, 0, 1, 0, 1]);
    expect(reached(one, "input", "gradients")).toEqual([0, 1, 0, 1, 0, 1]);
    const started = recurrent([[[1], [1]], [[1], [NaN]]], { "forward.initialState.h": tensor([[1], [1]]) });
    expect(reached(started, "forward.initialState.h", "gradients")).toEqual([0, 1]);
    expect(reached(one, "forward.wx", "gradients")).toEqual([1]);
    const short = recurrent([[[1]], [[NaN]]], { lengths: tensor([1]) });
    expect([reached(short, "output"), reached(short, "forward.finalState.h")]).toEqual([[0, 1], [1]]);
  });

  it("what it decides by a comparison", () => {
    expect(reached(recurrent([[[NaN], [1]], [[1], [1]]], {}, "relu"), "input", "gradients")).toEqual([1, 0, 1, 0]);
    const started = recurrent([[[1], [1]], [[1], [NaN]]], { "forward.initialState.h": tensor([[1], [1]]) }, "relu");
    expect(reached(started, "forward.initialState.h", "gradients")).toEqual([0, 1]);
    expect(reached(caseOf("relu", { input: tensor([NaN, 1]) }), "input", "gradients")).toEqual([1, 0]);
    // Whether the gradient passes relu is for the number to decide, in its own step and in those after it.
    expect(reached(recurrent([[[NaN]], [[1]]], {}, "relu"), "input", "gradients")).toEqual([1, 1]);
  });
});

describe("where special numbers are others", () => {
  it("the reference gives what it gives for them, with its radius", () => {
    const { otherwise } = latitude(caseOf("leakyRelu", { input: tensor([NaN, 3]) }, { slope: 0.5 }));
    expect(otherwise(-2, { kind: "outputs", name: "output", position: 0 }).value).toBe(-1);
    expect(otherwise(-2, { kind: "outputs", name: "output", position: 1 }).value).toBe(3);
    expect(otherwise((value) => (Number.isNaN(value) ? 7 : value), { kind: "outputs", name: "output", position: 0 }).value).toBe(7);
    const product = latitude(caseOf("matrixProduct", { left: tensor([[NaN, 1]]), right: tensor([[1], [3]]) }));
    expect(product.otherwise(0, { kind: "outputs", name: "output", position: 0 })).toEqual({ value: 3, radius: expect.closeTo(3 * 3 * 2 ** -24, 10) as number });
  });

  it("is told whether one stands at a position of the same plane", () => {
    const { pointsAt } = latitude(caseOf("maxPooling", { input: tensor([[[1, NaN], [NaN, 1]]]) }, { window: [2], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false }));
    const of = (position: number) => [-1, 0, 1, 2, 0.5].map((place) => pointsAt({ kind: "outputs", name: "indices", position }, place));
    expect([of(0), of(1)]).toEqual([[false, false, true, false, false], [false, true, false, false, false]]);
  });
});
