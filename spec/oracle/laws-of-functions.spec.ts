import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { exactly } from "../../src/oracle/law.ts";
import { lawsOfFunctions } from "../../src/oracle/laws-of-functions.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const named = (name: string) => lawsOfFunctions.find((law) => law.name === name)!;
const inputs = (...values: number[]): Case => ({ operation: "", tier: "laws", features: [], inputs: { input: tensor(values) }, options: {} });
/** Both sides of a law, from outputs alone. */
const sides = (law: string, operation: string, one: Case, ...outputs: readonly (readonly number[])[]) =>
  named(law).sides(findOperation(operation), one, outputs.map((data) => ({ outputs: { output: exactly([data.length], data) }, gradients: {} })))
    .map(({ left, right }) => [Array.from(left.data), Array.from(right.data)]);

describe("what single operations are", () => {
  it("mirrored: odd, or what is left of 1, or of the input", () => {
    expect(sides("mirrored", "softsign", inputs(1, -3), [0.5, -0.75], [-0.5, 0.75])).toEqual([[[-0.5, 0.75], [-0.5, 0.75]]]);
    expect(sides("mirrored", "sigmoid", inputs(1), [0.75], [0.25])).toEqual([[[0.25], [0.25]]]);
    expect(sides("mirrored", "relu", inputs(2, -3), [2, 0], [0, 3])).toEqual([[[0, 3], [-0, 3]]]);
  });

  it("mirrored: slopes that add up to what arrives, but for relu's, whose slope at 0 is neither", () => {
    const one = { ...inputs(0), cotangents: { output: tensor([4]) } };
    const answer = { outputs: { output: exactly([1], [0]) }, gradients: { input: exactly([1], [1]) } };
    const where = (operation: string) => named("mirrored").sides(findOperation(operation), one, [answer, answer]).map((side) => side.where);
    expect([where("gelu"), where("relu")]).toEqual([["output", "gradient of input"], ["output"]]);
  });

  it("shifted: on a grid on which nothing is rounded, and 4 more on it", () => {
    const asked = [[], [{ outputs: {}, gradients: {} }]].map((answers) => named("shifted").next(findOperation("softmax"), inputs(1 + 2 ** -20, -2.5), answers)!.inputs["input"]);
    expect(asked).toEqual([tensor([1, -2.5]), tensor([5, 1.5])]);
  });

  it("monotone: beside each output the largest of those of smaller inputs, equal ones in their order", () => {
    expect(sides("monotone", "elu", inputs(3, 1, 2), [9, 1, 4])).toEqual([[[9, 1, 4], [9, 1, 4]]]);
    expect(sides("monotone", "elu", inputs(3, 1, 2), [3, 1, 4])).toEqual([[[3, 1, 4], [4, 1, 4]]]);
  });

  it("monotone: says nothing of one number, nor of a falling line", () => {
    const { next } = named("monotone");
    const leaky = findOperation("leakyRelu");
    expect(next(leaky, inputs(1), [])).toBeUndefined();
    expect(next(leaky, { ...inputs(1, 2), options: { slope: -1 } }, [])).toBeUndefined();
    expect(next(leaky, { ...inputs(1, 2), options: { slope: 0.5 } }, [])).toBeDefined();
  });

  it("sumsToOne: the shares, or the powers of their logarithms, whatever the axis is counted from", () => {
    for (const axis of [0, -1]) expect(sides("sumsToOne", "softmax", { ...inputs(1, 2), options: { axis } }, [0.25, 0.5])).toEqual([[[0.75], [1]]]);
    expect(sides("sumsToOne", "logSoftmax", { ...inputs(1, 2), options: { axis: 0 } }, [Math.log(0.5), Math.log(0.25)])[0]![0]![0]).toBeCloseTo(0.75, 12);
  });

  it("reversed: in every input, unless each is one number or weights stand for several", () => {
    const { next } = named("reversed");
    const tanh = findOperation("tanh");
    expect(next(tanh, inputs(1, 2), [{ outputs: {}, gradients: {} }])!.inputs["input"]).toEqual(tensor([2, 1]));
    expect(next(tanh, inputs(1), [])).toBeUndefined();
    const loss = { ...inputs(1, 2), operation: "binaryCrossEntropy" };
    expect(next(tanh, { ...loss, inputs: { ...loss.inputs, weight: tensor([1]) } }, [])).toBeUndefined();
    expect(next(tanh, { ...loss, inputs: { ...loss.inputs, weight: tensor([1, 3]) } }, [])).toBeDefined();
  });

  it("causal: without the steps after the first", () => {
    const steps = { ...inputs(), inputs: Object.fromEntries(["params.w", "gradients.1.w", "gradients.2.w", "gradients.10.w"].map((name) => [name, tensor([1])])) };
    expect(Object.keys(named("causal").next(findOperation("adam"), steps, [{ outputs: {}, gradients: {} }])!.inputs)).toEqual(["params.w", "gradients.1.w"]);
  });

  it("turned: with the names of the other direction", () => {
    const one: Case = { ...inputs(), operation: "simpleRnn", options: { direction: "reverse" }, inputs: { input: tensor([[[1]], [[2]]]), "backward.wx": tensor([[1]]) } };
    const turned = named("turned").next(findOperation("simpleRnn"), one, [{ outputs: {}, gradients: {} }])!;
    expect([turned.options["direction"], turned.inputs]).toEqual(["forward", { input: tensor([[[2]], [[1]]]), "forward.wx": tensor([[1]]) }]);
    expect(named("turned").next(findOperation("simpleRnn"), { ...one, inputs: { ...one.inputs, lengths: tensor([1]) } }, [])).toBeUndefined();
  });
});
