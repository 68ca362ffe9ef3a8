import { describe, expect, it } from "vitest";
import { findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import type { Operation } from "../../src/oracle/catalog/operation.ts";
import { accountsFor, agreement, evidenceOf, explains, newEvidence } from "../../src/oracle/likeness.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import { raw, tensor } from "../../src/tensor/tensor.ts";

const habit = (name: string) => variants.find((variant) => variant.name === name)!;
const plain = { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 };

const convolved = (input: readonly number[], kernel: readonly number[], tier: Case["tier"] = "rounding"): Case =>
  ({ operation: "convolution", tier, features: [], inputs: { input: tensor([[[...input]]]), kernel: tensor([[[...kernel]]]) }, options: plain });

const answered = (one: Case, values: readonly number[], precision = precisions.float32) =>
  newEvidence({ one, reply: { outputs: { output: { shape: [1, 1, values.length], values } } } }, precision).known("output");

const isFlipped = (one: Case, values: readonly number[]): boolean => explains(habit("kernelFlipped"), answered(one, values));

describe("a candidate with a habit", () => {
  it("is recognized by the habit's answer", () => {
    expect(isFlipped(convolved([1, 2, 3], [1, 10]), [12, 23])).toBe(true);
    expect(isFlipped(convolved([1, 2, 3], [1, 10]), [12, 24])).toBe(false);
  });

  it("rounds as others do, and where the habit brings large terms together it rounds more than the reference's radius", () => {
    // Right: 1 + 1. Flipped, 2²⁰ meets 2²⁰.
    const one = convolved([2 ** 20, 2 ** -20], [2 ** -20, 2 ** 20]);
    const largest = Math.max(...raw(reference("convolution", one.inputs, one.options).radius.outputs["output"]!));
    expect(largest).toBeLessThan(1e-5);
    const own = 2 ** 40;
    expect([own, own + 2 ** 18, own * (1 + 2 ** -18)].map((value) => isFlipped(one, [value]))).toEqual([true, true, false]);
  });

  it("may be as far off as the habit's own sums allow, where they cancel", () => {
    // Right: no term above A. Flipped: A² − A² + 2, and A² − A + 2.
    const A = 2 ** 20;
    const one = convolved([A, A, 1, 1, 1], [1, 1, -A, A]);
    const [cancelled, whole] = [2, A * A - A + 2];
    expect([2 ** 15, 2 ** 30].map((off) => isFlipped(one, [cancelled + off, whole]))).toEqual([true, false]);
  });

  it("is not recognized by what lies within a larger number's radius alone", () => {
    const one = convolved([200000, 1, 1, 2], [1, 10]);
    expect(isFlipped(one, [2000001, 11, 12])).toBe(true);
    expect(isFlipped(one, [2000001, 11 + 2 ** -7, 12])).toBe(false);
  });

  it("may differ by a few roundings where habit and reference happen to answer alike", () => {
    const one = convolved([1, 2, 2], [1, 10]);
    expect(isFlipped(one, [12, 22 + 2 ** -18])).toBe(true);
    expect(isFlipped(one, [12, 22 + 2 ** -10])).toBe(false);
  });

  it("may besides follow a policy, in the special tier: what is not finite is passed over where a finite number tells", () => {
    const one = (tier: Case["tier"]): Case => convolved([1, 2, 3, Infinity, 1], [1, 10], tier);
    expect(["special", "rounding"].map((tier) => isFlipped(one(tier as Case["tier"]), [12, 23, NaN, Infinity]))).toEqual([true, false]);
    expect(isFlipped(one("special"), [12, 24, NaN, Infinity])).toBe(false);
    // Nothing finite tells: then all must be as the habit has it.
    expect([NaN, -Infinity].map((value) => isFlipped(convolved([Infinity, 1], [1, -10], "special"), [value]))).toEqual([false, true]);
  });

  it("may be as far off as the largest number of the reference, where the habit's own sums are not known", () => {
    const flipped = habit("kernelFlipped");
    const unknown = { ...flipped, answer: (operation: Operation, one: Case) => (operation === findOperation("convolution") ? flipped.answer(operation, one) : undefined) };
    const one = convolved([200000, 1, 1, 2], [1, 10]);
    expect([2 ** -10, 1].map((off) => explains(unknown, answered(one, [2000001, 11, 12 + off])))).toEqual([true, false]);
  });

  it("is told where a NaN is among the radii too", () => {
    const one = convolved([NaN, 1, 2, 3], [1, 10], "special");
    expect(isFlipped(one, [NaN, 12 + 2 ** -20, 23])).toBe(true);
  });

  it("is none that answers what the reference does", () => {
    const same = convolved([1, 1, 1], [1, 10]);
    expect(explains(habit("biasLeftOut"), answered(same, [12, 12]))).toBe(false);
    expect(isFlipped(same, [11, 11])).toBe(false);
  });

  it("whose answer comes without asking the operation has no radius of its own beyond some roundings", () => {
    const one: Case = {
      operation: "gelu", tier: "rounding", features: [], options: {},
      inputs: { input: tensor([0.5]) }, cotangents: { output: tensor([1]) },
    };
    const gradient = (value: number) =>
      newEvidence({ one, reply: { outputs: {}, gradients: { input: { shape: [1], values: [value] } } } }, precisions.float32).known("gradient of input");
    expect([1, 1.00001, 1.1].map((value) => explains(habit("slopeOfOne"), gradient(value)))).toEqual([true, true, false]);
  });
});

describe("a habit", () => {
  it("accounts for right answers too, if it leaves them right", () => {
    const accounts = (values: readonly number[]) => accountsFor(habit("kernelFlipped"), answered(convolved([1, 2, 3], [1, 10]), values));
    expect([[12, 23], [21, 32], [12, 24]].map(accounts)).toEqual([true, false, false]);
    // One axis has no other order: the habit leaves the case alone.
    expect(accountsFor(habit("strideAxesReversed"), answered(convolved([1, 2, 3], [1, 10]), [21, 32]))).toBe(true);
  });

  it("agrees with as many answers as are its own", () => {
    const one = convolved([1, 2, 3], [1, 10]);
    const evidence = newEvidence({ one, reply: { outputs: { output: { shape: [1, 1, 2], values: [12, 23] } } } }, precisions.float32);
    expect([agreement(habit("kernelFlipped"), evidence), agreement(habit("gradientNegated"), evidence)]).toEqual([1, 0]);
    expect(evidenceOf(evidence, precisions.float32)).toBe(evidence);
  });
});
