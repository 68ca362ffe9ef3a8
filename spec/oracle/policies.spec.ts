import { describe, expect, it } from "vitest";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { judge } from "../../src/oracle/judgement.ts";
import { policies } from "../../src/oracle/policies.ts";
import { declaredPrecision, precisions } from "../../src/oracle/precision.ts";
import type { Precision } from "../../src/oracle/precision.ts";
import { report } from "../../src/oracle/report.ts";
import { verify } from "../../src/oracle/verify.ts";
import { map, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mapNames, referenceCandidate } from "./support.ts";

const judged = (operation: string, inputs: Case["inputs"], options: Case["options"], outputs: Case["inputs"], tier: Case["tier"] = "special", precision: Precision = precisions.float32) => {
  const one: Case = { operation, tier, features: [], inputs, options };
  const { faults, policies: met } = judge(findOperation(operation), one, reference(operation, inputs, options, undefined, precision), { outputs }, precision);
  return { wrong: faults.map(({ where }) => where), met };
};

describe("a policy", () => {
  it("has a name of its own, says what is chosen and who chooses it, and knows its operations", () => {
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
    for (const { says, source, operations = [] } of policies) {
      expect(says.length).toBeGreaterThan(10);
      expect(source.length).toBeGreaterThan(20);
      expect(operations.filter((name) => !catalog.some((entry) => entry.name === name))).toEqual([]);
    }
  });

  it("allows what frameworks do, and names it: a relu that turns NaN into 0", () => {
    expect(judged("relu", { input: tensor([NaN, 2]) }, {}, { output: tensor([0, 2]) })).toEqual({ wrong: [], met: ["nanStopped"] });
  });

  it("allows nothing else: the number beside must be right", () => {
    expect(judged("relu", { input: tensor([NaN, 2]) }, {}, { output: tensor([0, 3]) })).toMatchObject({ wrong: ["output"] });
    expect(judged("relu", { input: tensor([NaN, 2]) }, {}, { output: tensor([Infinity, 2]) })).toMatchObject({ wrong: ["output"] });
  });

  it("lets the gradient of a transposed convolution leave out what is cut off, and nothing else", () => {
    const inputs = { input: tensor([[[NaN, 1, 2]]]), kernel: tensor([[[1, 1, 1]]]) };
    const options = { stride: [1], padding: [[1, 1]], outputPadding: [0], dilation: [1], groups: 1 };
    const one: Case = { operation: "transposedConvolution", tier: "special", features: [], inputs, options, cotangents: { output: tensor([[[1, 1, 1]]]) } };
    const known = reference(one.operation, inputs, options, one.cotangents);
    expect(known.expected.gradients["kernel"]!.values).toEqual([NaN, NaN, NaN]);
    // The NaN reaches the output by the second and third weight; by the first it would stand before it.
    const answered = (kernel: number[], input = known.expected.gradients["input"]!) => {
      const { faults, policies: met } = judge(findOperation(one.operation), one, known, {
        outputs: known.expected.outputs, gradients: { input, kernel: tensor([[kernel]]) },
      });
      return { wrong: faults.map(({ where }) => where), met };
    };
    expect(answered([3, NaN, NaN])).toEqual({ wrong: [], met: ["cutOffLeftOut"] });
    expect(answered([NaN, NaN, NaN]).met).toBeUndefined();
    expect(answered([NaN, NaN, NaN], tensor([[[2, 3, 9]]])).wrong).toEqual(["gradient of input"]);
  });

  it("applies where such a value is among the inputs, and nowhere else", () => {
    expect(judged("silu", { input: tensor([-Infinity, 1e-40]) }, {}, { output: tensor([NaN, 0]) })).toEqual({ wrong: [], met: ["productWithNothing", "subnormalFlushed"] });
    expect(judged("silu", { input: tensor([-9]) }, {}, { output: tensor([NaN]) })).toMatchObject({ wrong: ["output"] });
    expect(judged("convolution", { input: tensor([[[NaN]]]), kernel: tensor([[[1]]]) }, { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 }, { output: tensor([[[0]]]) }))
      .toMatchObject({ wrong: ["output"] });
  });

  it("lets NaN spread where the operation is declared normwise, there alone, and no finite number", () => {
    const normwise = declaredPrecision("spec", { algorithm: { convolution: "normwise" } });
    const options = { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 };
    const of = (second: number, precision = normwise) =>
      judged("convolution", { input: tensor([[[NaN, 1, 2, 3]]]), kernel: tensor([[[1, 2]]]) }, options, { output: tensor([[[NaN, second, 8]]]) }, "special", precision);
    expect([of(5), of(NaN), of(Infinity)]).toEqual([{ wrong: [], met: undefined }, { wrong: [], met: ["spreads"] }, { wrong: [], met: ["spreads"] }]);
    expect(of(6)).toEqual({ wrong: ["output"], met: undefined });
    expect(of(NaN, precisions.float32)).toEqual({ wrong: ["output"], met: undefined });
  });

  it("is one of the special tier: in the others numbers are numbers", () => {
    expect(judged("relu", { input: tensor([NaN, 2]) }, {}, { output: tensor([0, 2]) }, "rounding")).toMatchObject({ wrong: ["output"] });
  });

  it("lets subnormal numbers count as 0, in every operation, and no larger ones", () => {
    const product = (left: number, answer: number) => judged("matrixProduct", { left: tensor([[left, 1]]), right: tensor([[2 ** 20], [0]]) }, {}, { output: tensor([[answer]]) });
    expect(product(2 ** -140, 0)).toEqual({ wrong: [], met: ["subnormalFlushed"] });
    expect(product(2 ** -140, 2 ** -120)).toEqual({ wrong: [], met: undefined });
    expect(product(2 ** -100, 0)).toMatchObject({ wrong: ["output"] });
  });

  it("is met, counted, and told apart from agreement and disagreement", async () => {
    const stopping = referenceCandidate(({ outputs }) => ({ outputs: mapNames(outputs, (output) => map(output as Tensor, (value) => (Number.isNaN(value) ? 0 : value))) }));
    const verdict = await verify(stopping, { operations: ["relu"], tiers: ["special"], cases: 100 });
    expect(verdict.operations[0]).toMatchObject({ verdict: "agrees", failures: [] });
    expect(verdict.operations[0]!.tiers[0]!.policies!["nanStopped"]).toBeGreaterThan(0);
    expect(report(verdict)).toContain("Policies on special values, in which implementations differ:\n  relu: relu and its like take NaN for a number that is not above the bound (nanStopped, ");
  });
});

it("beyond the largest float32 an infinity of the right sign is right", () => {
  const of = (answer: number) => judged("matrixProduct", { left: tensor([[1e30]]), right: tensor([[-1e30]]) }, {}, { output: tensor([[answer]]) }).wrong;
  expect([of(-Infinity), of(Infinity), of(NaN), of(-3e38)]).toEqual([[], ["output"], ["output"], ["output"]]);
});
