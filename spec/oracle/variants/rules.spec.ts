import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import { stepping } from "../../../src/oracle/variants/rule-steps.ts";
import { ruleVariants } from "../../../src/oracle/variants/rules.ts";
import { runs } from "../../support/runs.ts";
import { distance, drawn } from "../support.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(ruleVariants);
/** A weight of 1 and its gradients, and where it is after each step. */
const path = (name: string, operation: string, gradients: readonly number[], options: object) => {
  const found = habit(name, operation, { "params.w": [1], ...Object.fromEntries(gradients.map((g, t) => [`gradients.${t + 1}.w`, [g]])) }, options as never);
  return found && gradients.map((_, t) => found.outputs[`params.${t + 1}.w`]![0]);
};
const near = (...values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

describe("a rule number by number", () => {
  it.each(["gradientDescent", "momentum", "rmsProp", "adagrad", "adam", "adamW"])("is the reference where it has no habit: %s", (name) => {
    const operation = findOperation(name);
    for (const one of drawn(name, "rounding", runs(20))) {
      const right = operation.forward(one.inputs, one.options);
      const { outputs } = stepping({})(operation, one)!;
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(right).sort());
      // The reference rounds what it keeps to float32 after every step.
      for (const [output, { values }] of Object.entries(right)) expect(distance(outputs[output]!.values, values)).toBeLessThan(1e-5);
    }
  });
});

describe("an update rule with a habit", () => {
  it("steps upwards, adds gradients up, or forgets decay: right are 0 and −1", () => {
    expect(path("maximizes", "gradientDescent", [1, 1], { rate: 1 })).toEqual([2, 3]);
    expect(path("gradientsAccumulated", "gradientDescent", [1, 1], { rate: 1 })).toEqual([0, -2]);
    expect(path("weightDecayLeftOut", "gradientDescent", [1, 1], { rate: 1, weightDecay: 0.5 })).toEqual([0, -1]);
    expect(path("weightDecayLeftOut", "gradientDescent", [1, 1], { rate: 1 })).toBeUndefined();
  });

  it("lets weights decay elsewhere", () => {
    expect(path("weightDecayWithoutRate", "gradientDescent", [1], { rate: 0.5, weightDecay: 0.25 })).toEqual([0.25]); // right: 0.375
    // v = 1, then 0.5 + 1; right: v = 1.5, then …
    expect(path("weightDecayDecoupled", "momentum", [1, 1], { rate: 0.5, momentum: 0.5, weightDecay: 0.5 })).toEqual([0.25, 0.25 * 0.75 - 0.75]);
    expect(path("weightDecayDecoupled", "momentum", [1], { rate: 0.5 })).toBeUndefined();
    const adamW = { rate: 0.5, beta1: 0.5, beta2: 0.75, epsilon: 0, weightDecay: 0.5 };
    expect(path("weightDecayCoupled", "adamW", [1], adamW)).toEqual(near(0.5)); // right: 0.75 − 0.5
    expect(path("weightDecayAfterStep", "adamW", [1], adamW)).toEqual(near(0.375));
    expect(path("weightDecayWithoutRate", "adamW", [1], adamW)).toEqual(near(0));
  });

  it("has another velocity: right are 0 and −1.5, with nesterov −0.5 and −2.25", () => {
    const options = { rate: 1, momentum: 0.5 };
    expect(path("velocityDampened", "momentum", [1, 1], options)).toEqual([0.5, -0.25]);
    expect(path("velocityDampenedLater", "momentum", [1, 1], options)).toEqual([0, -1]);
    expect(path("stateForgotten", "momentum", [1, 1], options)).toEqual([0, -1]);
    expect(path("nesterovIgnored", "momentum", [1, 1], { ...options, nesterov: true })).toEqual([0, -1.5]);
    expect(path("nesterovSubtracted", "momentum", [1, 1], { ...options, nesterov: true })).toEqual([0.5, 0.25]);
    expect([path("nesterovIgnored", "momentum", [1], options), path("nesterovSubtracted", "momentum", [1], options)]).toEqual([undefined, undefined]);
  });

  it("measures gradients in another way", () => {
    const rms = { rate: 1, decay: 0.75, epsilon: 0 };
    // Mean square 1, so that a gradient of 2 steps by 2.
    expect(path("centered", "rmsProp", [2], rms)).toEqual(near(1 - 2 / Math.sqrt(0.75)));
    expect(path("meanSquareFromOne", "rmsProp", [2], rms)).toEqual(near(1 - 2 / Math.sqrt(1.75)));
    expect(path("epsilonInRoot", "rmsProp", [2], { ...rms, epsilon: 3 })).toEqual(near(0)); // right: 2 / (1 + 3)
    expect(path("sumOfSquaresFromTenth", "adagrad", [3], { rate: 1, epsilon: 0 })).toEqual(near(1 - 3 / Math.sqrt(9.1)));
    expect(path("meanOfSquares", "adagrad", [3], { rate: 1, epsilon: 0 })).toEqual(near(1 - 3 / Math.sqrt(0.9)));
  });

  it("corrects the bias in another way: right is 0, one step of the rate", () => {
    const adam = { rate: 1, beta1: 0.5, beta2: 0.9375, epsilon: 0 };
    // m = 0.5 and s = 0.0625.
    expect(path("biasNotCorrected", "adam", [1], adam)).toEqual(near(-1));
    expect(path("stepsCountedFromTwo", "adam", [1], adam)).toEqual(near(1 - (0.5 / 0.75) / Math.sqrt(0.0625 / (1 - 0.9375 ** 2))));
    expect(path("epsilonBesideUncorrectedRoot", "adam", [1], { ...adam, epsilon: 0.25 })).toEqual(near(1 - 1 / (0.5 / 0.25))); // right: 1 / 1.25
    // m = 0.75, s = 0.0625 + 0.9375 · 0.0625 in the second step.
    expect(path("biasCorrectedByFirstPower", "adam", [1, 1], adam)![1]).toBeCloseTo(0 - 1.5 / Math.sqrt(1.9375), 5);
    expect(path("stepsCountedPerTensor", "adam", [1], adam)).toBeUndefined();
    const two = habit("stepsCountedPerTensor", "adam", { "params.a": [1], "params.b": [1], "gradients.1.a": [1], "gradients.1.b": [1] }, adam)!.outputs;
    expect([two["params.1.a"]![0], two["params.1.b"]![0]]).toEqual(near(0, 1 - (0.5 / 0.75) / Math.sqrt(0.0625 / (1 - 0.9375 ** 2))));
    // s = 1, then 0.9375: the larger one stays.
    expect(path("largestMeanSquare", "adam", [4, 0], adam)![1]).toBeCloseTo(0 - (1 / 0.75) / Math.sqrt(1 / (1 - 0.9375 ** 2)), 5);
  });
});
