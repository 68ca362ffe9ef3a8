import { describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { diagnose, isCause, newRanking } from "../../src/oracle/diagnosis.ts";
import type { Answered } from "../../src/oracle/diagnosis.ts";
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
    const ranking = newRanking(causes);
    expect(ranking.causes()).toEqual(causes);
    ranking.weigh("output", answered([6, 17, 28]), precisions.float32);
    expect(ranking.causes()).toEqual(causes.toReversed());
    ranking.weigh("output", answered([10, 21, 32]), precisions.float32);
    expect(ranking.causes()).toEqual(causes);
  });

  it.each([undefined, null, "done", {}, { outputs: null }, { outputs: { output: 3 } }])("is none where the reply is %j", (reply) => {
    expect(names("output", { one, reply: reply as never })).toEqual([]);
    expect(names("answer", { one, reply: reply as never })).toEqual([]);
  });
});
