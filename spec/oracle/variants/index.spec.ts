import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import { catalog } from "../../../src/oracle/catalog/index.ts";
import { variants } from "../../../src/oracle/variants/index.ts";
import { verify } from "../../../src/oracle/verify.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { mapNames, referenceCandidate } from "../support.ts";

const pairs = variants.flatMap((variant) => variant.operations.map((operation) => [variant.name, operation, variant] as const));

const answerTo = (name: string, operation: string, one: Partial<Case>) =>
  variants.find((variant) => variant.name === name)!.answer(findOperation(operation), { operation, tier: "structure", features: [], options: {}, ...one } as Case);

describe("a habit, run as a candidate", () => {
  it.each(pairs)("%s of %s is rejected, and is the first cause named", async (name, operation, variant) => {
    const candidate = referenceCandidate((reply, one) => {
      const { cotangents: _, ...forward } = one;
      // A habit that makes another shape of the output leaves no room for the cotangents that were sent.
      for (const attempt of [one, forward]) {
        try {
          return variant.answer(findOperation(one.operation), attempt) ?? reply;
        } catch {
          continue;
        }
      }
      return { skipped: "no such window" };
    });
    const verdict = await verify(candidate, { operations: [operation], cases: runs(12) });
    expect(verdict.operations[0]!.verdict).toBe("disagrees");
    const causes = verdict.operations[0]!.failures.map(({ causes: [likely] }) => likely?.variant);
    expect(new Set(causes)).toEqual(new Set([name]));
    expect(verdict.operations[0]!.failures.length, "one habit, reported once").toBeLessThanOrEqual(2);
  });
});

describe("the list of habits", () => {
  it("has names of their own, sentences that complete \"the reference with …\", and operations of the catalog", () => {
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
    for (const { says, operations } of variants) {
      expect(says).not.toMatch(/^[A-Z]|[.]$/);
      expect(operations.filter((operation) => catalog.every((entry) => entry.name !== operation))).toEqual([]);
    }
  });
});

describe("single habits, by hand", () => {
  const row = { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]) };
  const options = { stride: [1], padding: [[1, 0]], dilation: [1], groups: 1 };
  const output = (name: string, inputs: Case["inputs"] = row, changed: object = options, operation = "convolution") =>
    answerTo(name, operation, { inputs, options: changed as never })?.outputs["output"]?.values;

  it("flip a kernel, and the gradient that goes with it", () => {
    expect(output("kernelFlipped")).toEqual([1, 12, 23]); // right: 10, 21, 32
    const { gradients } = answerTo("kernelFlipped", "convolution", { inputs: row, options: { ...options, padding: [[0, 0]] }, cotangents: { output: tensor([[[1, 0]]]) } })!;
    expect(mapNames(gradients, ({ values }) => values)).toEqual({ input: [10, 1, 0], kernel: [2, 1] });
  });

  it("swap the padding's sides, ignore a dilation, leave out a bias", () => {
    expect(output("paddingSidesSwapped")).toEqual([21, 32, 3]);
    expect(output("dilationIgnored", row, { ...options, padding: [[0, 0]], dilation: [2] })).toEqual([21, 32]);
    expect(output("biasLeftOut", { ...row, bias: tensor([7]) })).toEqual([10, 21, 32]);
    expect(output("biasLeftOut")).toBeUndefined();
  });

  it("need room: one axis has no order of strides", () => {
    expect(output("strideAxesReversed")).toBeUndefined();
  });

  it("read or write channels last", () => {
    const inputs = { input: tensor([[[1, 2, 3], [4, 5, 6]]]) };
    const pool = { window: [1], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false };
    expect(output("valuesChannelsLast", inputs, pool, "maxPooling")).toEqual([1, 4, 2, 5, 3, 6]);
    expect(output("inputReadChannelsLast", inputs, pool, "maxPooling")).toEqual([1, 3, 5, 2, 4, 6]);
    expect(answerTo("answerChannelsLast", "maxPooling", { inputs, options: pool as never })!.outputs["output"]!.shape).toEqual([1, 3, 2]);
  });

  it("count padding in the divisor, exchange mean and sum, turn a gradient's sign", () => {
    const average = { window: [2], stride: [2], padding: [[1, 0]], dilation: [1], ceilMode: false, countPadding: false };
    expect(output("divisorCountsPadding", { input: row.input }, average, "averagePooling")).toEqual([0.5, 2.5]);
    const losses = { input: tensor([[0, 0], [0, 0]]), target: tensor([0, 1]) };
    expect(output("meanInsteadOfSum", losses, { reduction: "mean" }, "crossEntropy")![0]).toBeCloseTo(2 * Math.log(2), 6);
    expect(output("meanInsteadOfSum", losses, { reduction: "none" }, "crossEntropy")).toBeUndefined();
    expect(answerTo("gradientNegated", "relu", { inputs: { input: tensor([2]) }, cotangents: { output: tensor([3]) } })!.gradients["input"]!.values).toEqual([-3]);
  });
});
