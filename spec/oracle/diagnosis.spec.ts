import { describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { causeOfAll, diagnose, habitNamed, isCause, newRanking } from "../../src/oracle/diagnosis.ts";
import { newEvidence } from "../../src/oracle/likeness.ts";
import type { Answered } from "../../src/oracle/likeness.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Reply } from "../../src/oracle/protocol.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const one: Case = {
  operation: "convolution", tier: "structure", features: [],
  inputs: { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]), bias: tensor([5]) },
  options: { stride: [1], padding: [[1, 0]], dilation: [1], groups: 1 },
  cotangents: { output: tensor([[[1, 0, 2]]]) },
};
const answered = (values: readonly number[], changed: Case = one): Answered => ({ one: changed, reply: { outputs: { output: { shape: [1, 1, values.length], values } } } });
const names = (where: string, ...all: readonly Answered[]): string[] => diagnose("convolution", where, all, precisions.float32).map(({ variant }) => variant);

describe("the likely cause", () => {
  it("is the habit whose answer the candidate gave", () => {
    // Right: 15, 26, 37. With the kernel flipped 6, 17, 28; with the padding at the other end 26, 37, 8; without the bias 10, 21, 32.
    expect(names("output", answered([6, 17, 28]))).toEqual(["kernelFlipped"]);
    expect(names("output", answered([26, 37, 8]))).toEqual(["paddingSidesSwapped"]);
    expect(names("output", answered([10, 21, 32]))).toEqual(["biasLeftOut"]);
  });

  it("is not guessed: where no habit fits, nothing is said", () => {
    expect(names("output", answered([6, 17, 29]))).toEqual([]);
    expect(names("output", answered([15, 26, 37]))).toEqual([]);
    expect(names("output")).toHaveLength(variants.filter(({ operations }) => operations.includes("convolution")).length);
  });

  it("must explain every case at hand", () => {
    expect(names("output", answered([6, 17, 28]), answered([10, 21, 32]))).toEqual([]);
  });

  it("allows the habit its own rounding", () => {
    expect(names("output", answered([6 + 2 ** -21, 17, 28], { ...one, tier: "rounding" }))).toEqual(["kernelFlipped"]);
    expect(names("output", answered([6.01, 17, 28], { ...one, tier: "rounding" }))).toEqual([]);
  });

  describe("is nearer than the reference wherever the candidate is wrong", () => {
    const plain = (input: readonly number[], kernel: readonly number[]): Case => ({
      operation: "convolution", tier: "rounding", features: [], inputs: { input: tensor([[[...input]]]), kernel: tensor([[[...kernel]]]) },
      options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
    });

    it("so that the radius of a larger number does not explain the error of a smaller one", () => {
      const small = plain([200000, 1, 1, 2], [1, 10]);
      // Right: 200010, 11, 21. With the kernel flipped 2000001, 11, 12; 11 + 2⁻⁷ is neither.
      expect(names("output", answered([2000001, 11 + 2 ** -7, 12], small))).toEqual([]);
    });

    it("but not where the candidate is right but for its rounding", () => {
      // Right: 21, 22. With the kernel flipped 12, 22.
      expect(names("output", answered([12, 22 + 2 ** -20], plain([1, 2, 2], [1, 10])))).toEqual(["kernelFlipped"]);
    });

    it("unless the candidate is infinitely far off, as the habit is", () => {
      const steep: Case = { operation: "logSoftmax", tier: "rounding", features: [], inputs: { input: tensor([[100, 0]]) }, options: { axis: -1 } };
      const reply: Reply = { outputs: { output: { shape: [1, 2], values: [-Infinity, -Infinity] } } };
      expect(diagnose("logSoftmax", "output", [{ one: steep, reply }], precisions.float32).map(({ variant }) => variant)).toEqual(["logOfSumNotShifted"]);
    });
  });

  it("is looked for where the fault is: in the gradient that is named", () => {
    const right = findOperation("convolution").backward!(one.inputs, one.options, one.cotangents!);
    const reply: Reply = { outputs: {}, gradients: { kernel: { shape: [1, 1, 2], values: right["kernel"]!.values.map((value) => -value) } } };
    expect(names("gradient of kernel", { one, reply })).toEqual(["gradientNegated"]);
    expect(names("gradient of input", { one, reply })).toEqual([]);
  });

  it("is none for a habit that leaves no valid case", () => {
    const { cotangents: _, ...forward } = one;
    const tight: Case = { ...forward, inputs: { input: tensor([[[1, 2]]]), kernel: tensor([[[1, 10]]]) }, options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 } };
    expect(isCause("strideAxesReversed", "output", answered([12], tight), precisions.float32)).toBe(false);
    expect(isCause("kernelFlipped", "output", answered([12], tight), precisions.float32)).toBe(true);
    expect(isCause("nothing", "output", answered([12], tight), precisions.float32)).toBe(false);
  });

  it("is looked for among outputs of another shape as well, which the cotangents do not fit", () => {
    const wide: Case = { ...one, inputs: { input: tensor([[[[1, 2, 3], [4, 5, 6]]]]), kernel: tensor([[[[1]]]]) }, options: { stride: [1, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }, cotangents: { output: tensor([[[[1, 1], [1, 1]]]]) } };
    expect(names("output", { one: wide, reply: { outputs: { output: { shape: [1, 1, 1, 3], values: [1, 2, 3] } } } })).toEqual(["strideAxesReversed"]);
  });

  it("is put in order by further cases where the first ones leave several", () => {
    const causes = ["biasLeftOut", "kernelFlipped"].map((variant) => ({ variant, says: variant }));
    const ranking = newRanking("output", causes, answered([6, 17, 28]), precisions.float32);
    expect(ranking.causes()).toEqual(causes);
    ranking.weigh(answered([6, 17, 28]));
    expect(ranking.causes()).toEqual(causes.toReversed());
    ranking.weigh(answered([10, 21, 32]));
    expect(ranking.causes()).toEqual(causes);
  });

  it("must account for the same case with other numbers, right answers included", () => {
    const causes = (values: readonly number[], other: readonly number[]): string[] =>
      diagnose("convolution", "output", [answered(values)], precisions.float32, [answered(other)]).map(({ variant }) => variant);
    expect([causes([6, 17, 28], [6, 17, 28]), causes([6, 17, 28], [15, 26, 37])]).toEqual([["kernelFlipped"], []]);
    expect([causes([1, 12, 23], [1, 12, 23]), causes([1, 12, 23], [15, 26, 37])]).toEqual([["kernelFlipped + biasLeftOut"], []]);
  });

  it("is no habit that differs from the reference by rounding alone", () => {
    const saturated: Case = { operation: "tanh", tier: "rounding", features: [], options: {}, inputs: { input: tensor([11]) }, cotangents: { output: tensor([3]) } };
    expect(diagnose("tanh", "output", [{ one: saturated, reply: { outputs: { output: { shape: [1], values: [1 - 2 ** -24] } } } }], precisions.float32)).toEqual([]);
  });

  describe("is qualified where something right speaks against it", () => {
    const flipped = [6, 17, 28];
    const says = (one: Answered, right: readonly Answered[] = []): string => {
      const ranking = newRanking("output", [{ variant: "kernelFlipped", says: "the kernel flipped" }], one, precisions.float32);
      right.forEach(ranking.weighRight);
      return ranking.causes()[0]!.says;
    };

    it("in another place of the same answer", () => {
      const gradients = (values: readonly number[]): Answered => ({ one, reply: {
        outputs: { output: { shape: [1, 1, 3], values: flipped } }, gradients: { input: { shape: [1, 1, 3], values } },
      } });
      expect(says(answered(flipped))).toBe("the kernel flipped");
      // Right: 10, 2, 20 or, with the kernel flipped, 1, 20, 2.
      const { values } = findOperation("convolution").backward!(one.inputs, one.options, one.cotangents!)["input"]!;
      expect(says(gradients(values))).toBe("the kernel flipped, but not in gradient of input");
      const turned = habitNamed("kernelFlipped")!.answer(findOperation("convolution"), one)!.gradients["input"]!.values;
      expect(says(gradients(turned))).toBe("the kernel flipped");
    });

    it("in another case, which it would change", () => {
      const even: Case = { ...one, inputs: { ...one.inputs, kernel: tensor([[[3, 3]]]) } };
      expect(says(answered(flipped), [answered([8, 14, 20], even)])).toBe("the kernel flipped");
      const { values } = findOperation("convolution").backward!(even.inputs, even.options, even.cotangents!)["kernel"]!;
      const elsewhere: Answered = { one: even, reply: { outputs: { output: { shape: [1, 1, 3], values: [8, 14, 20] } }, gradients: { kernel: { shape: [1, 1, 2], values } } } };
      expect(says(answered(flipped), [elsewhere]), "another place of it").toBe("the kernel flipped");
      expect(says(answered(flipped), [answered([8, 14, 20], even), answered([15, 26, 37])])).toBe("the kernel flipped, but not in all cases where that would show");
    });

    it("and comes behind one of which that is not so", () => {
      const plain: Case = { ...one, inputs: { input: tensor([[[0, 0, 0]]]), kernel: one.inputs["kernel"]!, bias: tensor([5]) } };
      const causes = ["biasLeftOut", "gradientZero"].map((variant) => ({ variant, says: variant }));
      const ranking = newRanking("output", causes, answered([0, 0, 0], plain), precisions.float32);
      ranking.weighRight(answered([15, 26, 37]));
      expect(ranking.causes().map(({ variant }) => variant)).toEqual(["gradientZero", "biasLeftOut"]);
    });
  });

  it("is the habit that agrees with more of the other answers, where two explain what is wrong", () => {
    const pool: Case = { operation: "pad", tier: "structure", features: [], inputs: { input: tensor([[[1, 2]]]) }, options: { padding: [[1, 1]], mode: "reflect" }, cotangents: { output: tensor([[[1, 1, 1, 1]]]) } };
    const causes = (gradient: readonly number[]): string[] => diagnose("pad", "output", [
      { one: pool, reply: { outputs: { output: tensor([[[1, 1, 2, 2]]]) }, gradients: { input: tensor([[gradient]]) } } },
    ], precisions.float32).map(({ variant }) => variant);
    // One cell of padding: the edge repeated is both habits' output; and both habits' gradient is 2, 2, as is the right one.
    expect(causes([2, 2])).toEqual(["reflectionRepeatsEdge", "reflectAndReplicateExchanged"]);
  });

  describe("of two habits at once", () => {
    // Right: 15, 26, 37. The kernel flipped and the bias left out: 1, 12, 23.
    const both = answered([1, 12, 23]);

    it("is named where no single habit fits", () => {
      expect(names("output", both)[0]).toBe("kernelFlipped + biasLeftOut");
      const [cause] = diagnose("convolution", "output", [both], precisions.float32);
      expect(cause!.says).toBe("the kernel flipped along its spatial axes (the convolution of mathematics instead of cross-correlation), and with the bias left out");
      expect(isCause("kernelFlipped + biasLeftOut", "output", both, precisions.float32)).toBe(true);
      expect(isCause("kernelFlipped + nothing", "output", both, precisions.float32)).toBe(false);
      expect(isCause("kernelFlipped", "output", both, precisions.float32)).toBe(false);
    });

    it("must explain every case, not only the smallest", () => {
      const small: Case = { ...one, inputs: { input: tensor([[[1]]]), kernel: tensor([[[1, 10]]]), bias: tensor([5]) }, cotangents: { output: tensor([[[1]]]) } };
      // Right: 15. Flipped and without bias: 1.
      expect(names("output", both, answered([1], small))).toContain("kernelFlipped + biasLeftOut");
      expect(names("output", both, answered([2], small))).toEqual([]);
    });

    const planes = (options: object): Case => ({
      operation: "convolution", tier: "structure", features: [],
      inputs: { input: tensor([[[[1, 2, 3]], [[4, 5, 7]]]]), kernel: tensor([[[[1]]], [[[1]]]]) },
      options: { stride: [1, 2], padding: [[0, 0], [0, 1]], dilation: [1, 1], groups: 2, ...options },
      cotangents: { output: tensor([[[[1, 10]], [[1, 10]]]]) },
    });
    const kernelGradient = (changed: Case, shape: readonly number[], values: readonly number[]): Answered =>
      ({ one: changed, reply: { outputs: {}, gradients: { kernel: { shape, values } } } });

    it("shows both: one that changes nothing by itself may not merely make the other one possible", () => {
      // Right: 31, 74. With a stride of 1 along both axes 21, 54; but that gives more outputs than there are cotangents.
      expect(names("gradient of kernel", kernelGradient(planes({}), [2, 1, 1, 1], [21, 54]))).toEqual([]);
    });

    it("shows both where one by itself leaves no valid case, and the other one changes something", () => {
      const dilated = planes({ dilation: [1, 2], padding: [[0, 0], [1, 2]] });
      const wider: Case = { ...dilated, inputs: { ...dilated.inputs, kernel: tensor([[[[1, 1]]], [[[1, 1]]]]) } };
      const pair = "strideOfFirstAxis + dilationOnlyInShape";
      const { values } = habitNamed(pair)!.answer(findOperation("convolution"), wider)!.gradients["kernel"]!;
      expect(names("gradient of kernel", kernelGradient(wider, [2, 1, 1, 2], values))).toContain(pair);
    });

    it("may show one of them only in what the other one changes", () => {
      const padded: Case = { ...one, inputs: { input: tensor([[[1]]]), kernel: tensor([[[1]]]) }, cotangents: { output: tensor([[[1, 0]]]) } };
      // Right: 0, which has no other sign. With the padding at the other end 1, and of the wrong sign -1.
      expect(names("gradient of kernel", kernelGradient(padded, [1, 1, 1], [-1]))).toContain("paddingSidesSwapped + gradientNegated");
    });

    it("is found out by further cases that the single one does not explain", () => {
      const causes = [{ variant: "biasLeftOut", says: "the bias left out" }];
      // A kernel of one tap cannot be flipped: right is 6, 7, 8.
      const plain: Case = { ...one, inputs: { ...one.inputs, kernel: tensor([[[1]]]) }, options: { ...one.options, padding: [[0, 0]] } };
      const ranking = newRanking("output", causes, answered([1, 2, 3], plain), precisions.float32);
      ranking.weigh(answered([10, 21, 32]));
      expect(ranking.causes()).toEqual(causes);
      const found = newRanking("output", causes, answered([1, 2, 3], plain), precisions.float32);
      found.weigh(both);
      expect(found.causes().map(({ variant }) => variant)).toEqual(["kernelFlipped + biasLeftOut"]);
      found.weigh(answered([0, 0, 0]));
      expect(found.causes()).toEqual(causes);
      const { values } = findOperation("convolution").backward!(one.inputs, one.options, one.cotangents!)["input"]!;
      const alsoRight: Answered = { one, reply: { ...both.reply, gradients: { input: { shape: [1, 1, 3], values } } } };
      const qualified = newRanking("output", causes, answered([1, 2, 3], plain), precisions.float32, [alsoRight]);
      qualified.weigh(both);
      expect(qualified.causes()[0]!.says).toMatch(/^the kernel flipped .* with the bias left out.*, but not in gradient of input$/);
    });
  });

  describe("of pairs that further cases leave", () => {
    const square = (kernel: ReturnType<typeof tensor>): Case => ({
      operation: "convolution", tier: "structure", features: [],
      inputs: { input: tensor([[[[1, 2, 3], [4, 5, 7], [2, 8, 6]]]]), kernel, bias: tensor([5]) },
      options: { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 },
    });
    // Flipped or transposed, this kernel is the same; the gradients are not.
    const turned: Case = { ...square(tensor([[[[1, 2], [5, 1]]]])), cotangents: { output: tensor([[[[1, 0], [3, 0]]]]) } };
    const pairs = ["kernelFlipped + biasLeftOut", "kernelAxesReversed + biasLeftOut"];

    it.each([[pairs, pairs[0]!], [pairs.toReversed(), pairs[1]!]])("%j: the first agrees with more of the other answers", (order, name) => {
      const plain = square(tensor([[[[1]]]]));
      const { input } = plain.inputs;
      const ranking = newRanking("output", [{ variant: "biasLeftOut", says: "" }], { one: plain, reply: { outputs: { output: input! } } }, precisions.float32);
      ranking.weigh({ one: turned, reply: habitNamed(name)!.answer(findOperation("convolution"), turned) as Reply });
      expect(ranking.causes().map(({ variant }) => variant)).toEqual(order);
    });
  });

  describe("of several failures at once", () => {
    const known = (values: readonly number[], where = "output", changed?: Case) => newEvidence(answered(values, changed), precisions.float32).known(where);
    const all = (variants: readonly string[], ...cases: readonly ReturnType<typeof known>[]) =>
      causeOfAll("convolution", variants.map((variant) => ({ variant, says: variant })), cases)?.variant;
    const right = findOperation("convolution").backward!(one.inputs, one.options, one.cotangents!);
    const negated: Reply = { outputs: {}, gradients: { kernel: { shape: [1, 1, 2], values: right["kernel"]!.values.map((value) => -value) } } };
    const gradient = newEvidence({ one, reply: negated }, precisions.float32).known("gradient of kernel");

    it("is the single habit that explains them all, else the two that do", () => {
      expect(all(["kernelFlipped", "biasLeftOut"], known([10, 21, 32]))).toBe("biasLeftOut");
      // The bias left out of the output, the gradient of the wrong sign: no habit is both.
      expect(all(["biasLeftOut", "gradientNegated"], known([10, 21, 32]), gradient)).toBe("biasLeftOut + gradientNegated");
      expect(all(["biasLeftOut + gradientNegated"], known([10, 21, 32]), gradient)).toBe("biasLeftOut + gradientNegated");
      expect(all(["biasLeftOut"], known([10, 21, 32]), gradient)).toBe("biasLeftOut + gradientNegated");
    });

    it("is none where one case is left over", () => {
      expect(all(["biasLeftOut", "gradientNegated"], known([10, 21, 32]), gradient, known([0, 0, 1]))).toBeUndefined();
      expect(all([], known([10, 21, 32]), gradient)).toBeUndefined();
    });

    it("must explain the further cases of each as well", () => {
      const ranking = newRanking("output", [{ variant: "biasLeftOut", says: "" }], answered([10, 21, 32]), precisions.float32);
      ranking.weigh(answered([10, 21, 32]));
      ranking.weigh(answered([1, 12, 23]));
      expect(ranking.known().map(({ got }) => (got as { values: unknown }).values)).toEqual([[10, 21, 32], [1, 12, 23], [10, 21, 32]]);
    });
  });

  it("keeps what a habit answers with and without gradients apart", () => {
    const wide: Case = { ...one, inputs: { input: tensor([[[[1, 2, 3], [4, 5, 6]]]]), kernel: tensor([[[[1]]]]) }, options: { stride: [1, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }, cotangents: { output: tensor([[[[1, 1], [1, 1]]]]) } };
    const habit = variants.find(({ name }) => name === "strideAxesReversed")!;
    const evidence = newEvidence({ one: wide, reply: { outputs: {} } }, precisions.float32);
    // Outputs of another shape, which the cotangents do not fit.
    expect(evidence.answerBy(habit, false)).toBeUndefined();
    expect(evidence.answerBy(habit, true)!.outputs["output"]!.shape).toEqual([1, 1, 1, 3]);
  });

  it.each([undefined, null, "done", {}, { outputs: null }, { outputs: { output: 3 } }])("is none where the reply is %j", (reply) => {
    expect(names("output", { one, reply: reply as never })).toEqual([]);
    expect(names("answer", { one, reply: reply as never })).toEqual([]);
  });
});
