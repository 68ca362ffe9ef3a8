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

/** What is wrong with an answer of which one part is changed, beside the reference's own. */
const changed = (operation: string, inputs: Case["inputs"], options: Case["options"], where: string, values: readonly number[]) => {
  const plain = reference(operation, inputs, options).expected.outputs;
  const cotangents = mapNames(Object.fromEntries(Object.entries(plain).filter(([name]) => name !== "indices")), (output) => map(output, () => 1));
  const one: Case = { operation, tier: "special", features: [], inputs, options, cotangents };
  const known = reference(operation, inputs, options, cotangents);
  const put = (kind: "outputs" | "gradients", tensors: Case["inputs"]) =>
    mapNames(tensors, (each, name) => (where === (kind === "outputs" ? name : `gradient of ${name}`) ? { shape: each.shape, values } : each));
  const { faults, policies: met = [] } = judge(findOperation(operation), one, known, {
    outputs: put("outputs", known.expected.outputs), gradients: put("gradients", known.expected.gradients),
  });
  return faults.length > 0 ? "wrong" : met.join();
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
    const infinite = { ...inputs, input: tensor([[[Infinity, 1, 2]]]) };
    const of = (...values: number[]) => changed("transposedConvolution", infinite, options, "gradient of kernel", values);
    expect([of(3, Infinity, Infinity), of(3, 5, Infinity)]).toEqual(["cutOffLeftOut", "wrong"]);
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
    expect(judged("convolution", { input: tensor([[[1, 1, 2]]]), kernel: tensor([[[1, 2]]]) }, options, { output: tensor([[[3, NaN]]]) }, "special", normwise))
      .toEqual({ wrong: ["output"], met: undefined });
    expect(of(NaN, precisions.float32)).toEqual({ wrong: ["output"], met: undefined });
  });

  it("lets the gradient at NaN be NaN, 0 or what passes, at its own place and no other", () => {
    const of = (...values: number[]) => changed("leakyRelu", { input: tensor([NaN, 2]) }, { slope: 0.25 }, "gradient of input", values);
    expect([of(NaN, 1), of(0, 1), of(0.25, 1)].map((met) => met === "wrong")).toEqual([false, false, false]);
    // Garbage, an infinity, NaN next to it, NaN everywhere, 0 next to it, the other's gradient.
    expect([of(7, 1), of(Infinity, 1), of(-Infinity, 1), of(1, NaN), of(NaN, NaN), of(1, 0), of(0.5, 1), of(-1, 1)]).toEqual(Array(8).fill("wrong"));
    const error = (...values: number[]) => changed("absoluteError", { input: tensor([NaN, 2]), target: tensor([1, 1]) }, { reduction: "none" }, "gradient of input", values);
    expect([error(0, 1), error(1, 1), error(-1, 1)].every((met) => met !== "wrong")).toBe(true);
    expect([error(0.5, 1), error(0, NaN), error(Infinity, 1)]).toEqual(["wrong", "wrong", "wrong"]);
    expect(changed("dropout", { input: tensor([NaN, 2]), mask: tensor([1, 1]) }, { rate: 0.5, training: true }, "gradient of input", [0, 2])).toBe("wrong");
  });

  it("lets NaN be stopped at a bound, and become no other number", () => {
    const clipped = (...values: number[]) => changed("hardSigmoid", { input: tensor([NaN, 6]) }, { slope: 0.25, offset: 0.5 }, "output", values);
    expect([clipped(0, 1), clipped(1, 1)]).toEqual(["nanStopped", "nanStopped"]);
    expect([clipped(0.7, 1), clipped(-1, 1), clipped(Infinity, 1), clipped(1e30, 1), clipped(0, 0), clipped(0, NaN)]).toEqual(Array(6).fill("wrong"));
  });

  it("lets 0·∞ be NaN where a factor has its place, and in nothing beside it", () => {
    const of = (...values: number[]) => changed("silu", { input: tensor([-Infinity, 1e30, 0]) }, {}, "output", values);
    expect([of(NaN, Math.fround(1e30), 0), of(0, Math.fround(1e30), 0)]).toEqual(["productWithNothing", ""]);
    expect([[0, Math.fround(1e30), NaN], [NaN, NaN, NaN], [-Infinity, Math.fround(1e30), 0], [Infinity, Math.fround(1e30), 0], [1, Math.fround(1e30), 0]].map((values) => of(...values)))
      .toEqual(Array(5).fill("wrong"));
    const loss = (reduction: string, ...values: number[]) => changed("crossEntropy", { input: tensor([[1, 2], [-Infinity, 3]]), target: tensor([0, 1]) }, { reduction, labelSmoothing: 0 }, "output", values);
    expect([loss("none", 1.3132616875182228, NaN), loss("none", NaN, 0), loss("none", NaN, NaN), loss("mean", NaN), loss("mean", Infinity)])
      .toEqual(["productWithNothing", "wrong", "wrong", "productWithNothing", "wrong"]);
  });

  it("lets NaN inside a recurrent network be stopped by what stops it, and in its own sequence alone", () => {
    const inputs = { input: tensor([[[1], [1]], [[1], [NaN]], [[1], [1]]]), "forward.wx": tensor([[1]]), "forward.wh": tensor([[1]]) };
    const of = (activation: string, where: string, ...values: number[]) => changed("simpleRnn", inputs, { direction: "forward", merge: "concat", activation }, where, values);
    expect(of("relu", "output", 1, 1, 2, 0, 3, 1)).toBe("nanInside");
    expect(of("relu", "output", 1, 1, 2, NaN, 3, 1)).toBe("nanInside");
    // Before the NaN, the sequence beside it, all of both, unwritten, and an activation that stops nothing.
    expect([
      of("relu", "output", 1, 0, 2, 0, 3, 1), of("relu", "output", 1, 1, 2, 0, NaN, 1), of("relu", "output", NaN, NaN, NaN, NaN, NaN, NaN),
      of("relu", "output", 0, 0, 0, 0, 0, 0), of("relu", "output", 1, NaN, 2, NaN, 3, NaN), of("identity", "output", 1, 1, 2, 0, 3, 1),
      of("identity", "forward.finalState.h", 3, Infinity), of("relu", "gradient of input", 3, 1, 2, 1, NaN, 1),
    ]).toEqual(Array(8).fill("wrong"));
  });

  describe("nanLosesAgainstNumbers", () => {
    const options = { window: [2], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false };
    /** What is said of the parts of an answer; of what is undefined it has none. */
    const of = (name: string, values: readonly number[], given: Case["options"], output?: readonly number[], indices?: readonly number[], gradient?: readonly number[]) => {
      const inputs = { input: tensor([[values]]) };
      const { expected } = reference(name, inputs, given);
      const cotangents = { output: map(expected.outputs["output"]!, (_, i) => 2 ** i) };
      const one: Case = { operation: name, tier: "special", features: [], inputs, options: given, cotangents };
      const row = (own: readonly number[] | undefined) => own && { shape: [1, 1, own.length], values: own };
      const { faults, policies: met = [] } = judge(findOperation(name), one, reference(name, inputs, given, cotangents), {
        outputs: { output: row(output), indices: row(indices) }, gradients: { input: row(gradient) },
      });
      return faults.length > 0 ? faults.map(({ where }) => where) : met.join();
    };
    const largest = (...parts: (readonly number[] | undefined)[]) => of("maxPooling", [NaN, 1, 2, 3], options, ...parts);

    it("lets NaN lose in its own window, and no number win that is not the largest", () => {
      expect(largest([1, 3], [1, 3], [0, 1, 0, 2])).toBe("nanLosesAgainstNumbers");
      expect(largest([NaN, 3], [0, 3], [1, 0, 0, 2])).toBe("");
      for (const output of [[2, 3], [NaN, NaN], [Infinity, 3], [1, 2], [0, 3]]) expect(largest(output), String(output)).toEqual(["output"]);
      expect([largest([1, 3], [2, 3]), largest([NaN, 3], [0, 2]), largest([1, 3], [NaN, 3])]).toEqual(Array(3).fill(["indices"]));
      expect(of("minPooling", [NaN, 5, 2, 3], options, [5, 2], [1, 2], [0, 1, 2, 0])).toBe("nanLosesAgainstNumbers");
      expect(of("adaptiveMaxPooling", [NaN, 5, 2, 3], { outputSize: [2] }, [5, 3], [1, 3], [0, 1, 0, 2])).toBe("nanLosesAgainstNumbers");
    });

    it("holds positions and gradients to what the output chose", () => {
      expect([largest([NaN, 3], [1, 3], [1, 0, 0, 2]), largest([1, 3], [0, 3], [0, 1, 0, 2])]).toEqual([["indices"], ["indices"]]);
      expect([largest([NaN, 3], [0, 3], [0, 1, 0, 2]), largest([1, 3], [1, 3], [1, 0, 0, 2])]).toEqual([["gradient of input"], ["gradient of input"]]);
      expect([largest([1, 3], [1, 3], [0, 7, 0, 2]), largest([NaN, 3], [0, 3], [NaN, 0, 0, 2])]).toEqual([["gradient of input"], ["gradient of input"]]);
      expect(largest([1, 3], [1, 3], [0, 1, 2, 0])).toEqual(["gradient of input"]);
    });

    it("lets any of several NaN win, and each window choose for itself", () => {
      expect(of("maxPooling", [NaN, NaN, 2, 3], options, [NaN, 3], [1, 3], [0, 1, 0, 2])).toBe("anyNaNWins");
      expect(of("maxPooling", [NaN, NaN, 2, 3], options, [-Infinity, 3], [1, 3], [0, 1, 0, 2])).toBe("nanLosesAgainstNumbers,anyNaNWins");
      expect(changed("maxPooling", { input: tensor([[[1, 2], [NaN, NaN]]]) }, options, "gradient of input", [0, 1, 0, 1])).toBe("anyNaNWins");
      const overlapping = { ...options, stride: [1] };
      // The NaN stays where it comes first.
      expect(of("maxPooling", [1, NaN, 2], overlapping, [1, NaN], [0, 1], [1, 2, 0])).toBe("nanLosesAgainstNumbers");
      expect(of("maxPooling", [1, NaN, 2], overlapping, [1, NaN], [0, 1], [1, 0, 2])).toEqual(["gradient of input"]);
      expect(of("maxPooling", [NaN, 5, NaN], overlapping, [5, 5], [1, 1], [0, 3, 0])).toBe("nanLosesAgainstNumbers");
      expect(of("maxPooling", [NaN, 5, NaN], overlapping, [5, NaN], [1, 2], [0, 1, 2])).toBe("nanLosesAgainstNumbers");
      expect(of("maxPooling", [NaN, 5, NaN], overlapping, [5, NaN], [1, 2], [0, 3, 0])).toEqual(["gradient of input"]);
    });

    it("takes either choice from an answer without an output", () => {
      expect([largest(undefined, [1, 3], [0, 1, 0, 2]), largest(undefined, [0, 3], [1, 0, 0, 2])]).toEqual(["nanLosesAgainstNumbers", ""]);
      expect(largest(undefined, [0, 2], [1, 0, 0, 2])).toEqual(["indices"]);
      expect([largest([1, 3], [1, 3]), largest([1, 3])]).toEqual(["nanLosesAgainstNumbers", "nanLosesAgainstNumbers"]);
    });

    it("bounds the sums of the gradient as those of float32 are: the order of windows is free", () => {
      const wide = { ...options, window: [3], stride: [1] };
      const judgedAs = (third: number) => of("maxPooling", [NaN, 1, 9, 2, NaN], wide, [9, 9, 9], [2, 2, 2], [0, 0, third, 0, 0]);
      expect([judgedAs(7), judgedAs(7 * (1 + 2 ** -23)), judgedAs(7 * (1 + 2 ** -20))]).toEqual(["nanLosesAgainstNumbers", "nanLosesAgainstNumbers", ["gradient of input"]]);
      // Without NaN it is the reference's own bound: three terms, two roundings.
      expect(of("maxPooling", [0, 1, 9, 2, 0], wide, [9, 9, 9], [2, 2, 2], [0, 0, 7 * (1 + 2.6 * 2 ** -24), 0, 0])).toEqual(["gradient of input"]);
    });
  });

  it("lets a mean of squares that overflowed become NaN, one step later and in its own place", () => {
    const inputs = { "params.w": tensor([-5e29, 1]), "gradients.1.w": tensor([0, 1]), "gradients.2.w": tensor([0, 1]) };
    const options = { rate: 0.1, decay: 0.99, epsilon: 1e-8, weightDecay: 0.05 };
    const { "params.1.w": first, "params.2.w": second } = mapNames(reference("rmsProp", inputs, options).expected.outputs, ({ values }) => values);
    const verdict = (where: string, values: readonly number[]) => changed("rmsProp", inputs, options, where, values);
    expect(verdict("params.2.w", [NaN, second![1]!])).toBe("momentByDifference");
    expect(verdict("params.1.w", [NaN, first![1]!])).toBe("wrong");
    expect(verdict("params.2.w", [second![0]!, NaN])).toBe("wrong");
    expect(verdict("params.2.w", [0, second![1]!])).toBe("wrong");
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
