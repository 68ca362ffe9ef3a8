import { describe, expect, it } from "vitest";
import { binaryVariants } from "../../../src/oracle/variants/binary-cross-entropy.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(binaryVariants);
const none = { reduction: "none" };
const one = { output: [1] };

describe("binary cross entropy of probabilities with a habit", () => {
  it("keeps away from 0 in its own way: right is 100", () => {
    const pair = { input: [0], target: [1] };
    const of = (name: string) => habit(name, "binaryCrossEntropy", pair, none, one)!;
    expect(of("probabilitiesClipped").outputs["output"]![0]).toBeCloseTo(-Math.log(1e-7), 5);
    expect(of("probabilitiesClipped").gradients["input"]).toEqual([0]);
    expect(of("epsilonInLogarithm").outputs["output"]![0]).toBeCloseTo(-Math.log(1e-12), 4);
    expect(of("epsilonInLogarithm").gradients["input"]![0]! / -1e12).toBeCloseTo(1, 6);
    expect(of("slopeUnbounded")).toEqual({ outputs: { output: [100] }, gradients: { input: [-Infinity] } });
    expect(of("probabilitiesTakenForLogits").outputs["output"]![0]).toBeCloseTo(Math.log(2), 6);
  });

  it("weighs and averages as it should", () => {
    const pairs = { input: [0.5, 0.25], target: [1, 0], weight: [2, 4] };
    const { outputs, gradients } = habit("epsilonInLogarithm", "binaryCrossEntropy", pairs, { reduction: "mean" }, { output: 1 })!;
    expect(outputs["output"]![0]).toBeCloseTo((2 * Math.log(2) + 4 * Math.log(4 / 3)) / 2, 6);
    expect(gradients["input"]).toEqual([-2, Math.fround(8 / 3)].map((each) => expect.closeTo(each, 5)));
  });
});

describe("binary cross entropy of logits with a habit", () => {
  // softplus(−x) = log 4/3 belongs to targets of 1, softplus(x) = log 4 to those of 0.
  const [yes, no] = [Math.log(4 / 3), Math.log(4)];
  const logit = { input: [Math.log(3)], target: [0.5] };
  const of = (name: string, more: object) => habit(name, "binaryCrossEntropyWithLogits", { ...logit, ...more } as never, none)?.outputs["output"]?.[0];

  it("weighs something else", () => {
    expect(of("positiveWeightLeftOut", { posWeight: [3] })).toBeCloseTo(0.5 * yes + 0.5 * no, 6); // right: 1.5·yes + 0.5·no
    expect(of("positiveWeightOnAll", { posWeight: [3] })).toBeCloseTo(yes + no, 6);
    expect(of("positiveWeightOnAll", { posWeight: [3], weight: [10] })).toBeCloseTo(10 * (yes + no), 5);
    expect(of("weightOnPositiveOnly", { weight: [3] })).toBeCloseTo(1.5 * yes + 0.5 * no, 6); // right: 3 of both
    expect([of("positiveWeightLeftOut", {}), of("positiveWeightOnAll", {}), of("weightOnPositiveOnly", { weight: [3], posWeight: [3] })])
      .toEqual([undefined, undefined, undefined]);
  });

  it("goes through a sigmoid of its own", () => {
    expect(of("sigmoidTwice", { target: [1] })).toBeCloseTo(Math.log(1 + Math.exp(-0.75)), 6);
    expect(of("logarithmOfRoundedSigmoid", { input: [-200], target: [1] })).toBe(100); // right: 200
    expect(of("logarithmOfRoundedSigmoid", { posWeight: [3] })).toBeUndefined();
    expect(habit("logarithmOfRoundedSigmoid", "binaryCrossEntropyWithLogits", { input: [0], target: [1] }, none, one)!.gradients["input"]![0]).toBeCloseTo(-0.5, 6);
  });
});
