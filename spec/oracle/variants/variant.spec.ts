import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import { answerChanged, answerOf, gradientsMapped, reversed, underOptions, values, withName } from "../../../src/oracle/variants/variant.ts";
import { permute } from "../../../src/tensor/layout.ts";
import { map, tensor } from "../../../src/tensor/tensor.ts";
import type { Case } from "../../../src/oracle/case.ts";

const one: Case = {
  operation: "leakyRelu", tier: "structure", features: [], inputs: { input: tensor([2, -4]) }, options: { slope: 0.5 }, cotangents: { output: tensor([3, 8]) },
};
const operation = findOperation("leakyRelu");

describe("a variant is made of the reference", () => {
  it("on other inputs, options or cotangents", () => {
    const { outputs, gradients } = answerOf(operation, { input: tensor([-1]) }, { slope: 0.25 }, { output: tensor([8]) });
    expect([outputs["output"], gradients["input"]]).toEqual([tensor([-0.25]), tensor([2])]);
    expect(answerOf(operation, one.inputs, one.options, undefined).gradients).toEqual({});
  });

  it("under options of its own, where it has any", () => {
    expect(underOptions((options) => ({ ...options, slope: 0 }))(operation, one)!.outputs["output"]).toEqual(tensor([2, -0]));
    expect(underOptions(() => undefined)(operation, one)).toBeUndefined();
    expect(reversed("stride")({ stride: [1, 2], groups: 1 })).toEqual({ stride: [2, 1], groups: 1 });
    expect([reversed("stride")({ stride: [1] }), reversed("stride")({})]).toEqual([undefined, undefined]);
  });

  it("with its answer changed", () => {
    expect(gradientsMapped((value) => 10 * value)(operation, one)!.gradients["input"]).toEqual(tensor([30, 40]));
    expect(gradientsMapped((value) => 10 * value)(operation, one)!.outputs["output"]).toEqual(tensor([2, -2]));
    const twice = answerChanged(({ outputs }, { options }) => ({ outputs: withName(outputs, "output", (t) => map(t, (v) => v * (options["slope"] as number))), gradients: {} }));
    expect(twice(operation, one)).toEqual({ outputs: { output: tensor([1, -1]) }, gradients: {} });
    expect(withName({ a: tensor([1]) }, "b", () => tensor([2]))).toEqual({ a: tensor([1]) });
    expect(values(tensor([[1, 2, 3], [4, 5, 6]]), (t) => permute(t, [1, 0]))).toEqual(tensor([[1, 4, 2], [5, 3, 6]]));
  });
});
