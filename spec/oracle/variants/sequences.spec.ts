import { describe, expect, it } from "vitest";
import { sequenceVariants } from "../../../src/oracle/variants/sequences.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(sequenceVariants);
const identity = { activation: "identity" };
/** h = x + 2·h of the inputs 1 and 10: forwards 1 and 12, in reverse 21 and 10. */
const input = [[[1]], [[10]]];
const forward = { input, "forward.wx": [[1]], "forward.wh": [[2]] };
const backward = { input, "backward.wx": [[1]], "backward.wh": [[2]] };
const both = { ...forward, ...backward };

describe("a sequence read with a habit", () => {
  it("ignores lengths: right are 1, 0 and the final state 1", () => {
    const short = { ...forward, lengths: [1] };
    expect(habit("lengthsIgnored", "simpleRnn", short, identity)!.outputs).toEqual({ output: [1, 12], "forward.finalState.h": [12] });
    expect(habit("finalStateAfterPadding", "simpleRnn", short, identity)!.outputs).toEqual({ output: [1, 0], "forward.finalState.h": [12] });
    expect(habit("lengthsIgnored", "simpleRnn", forward, identity)).toBeUndefined();
  });

  it("reads filling first, or turns outputs with it: right are 1 and 0", () => {
    const short = { ...backward, lengths: [1] };
    const reverse = { ...identity, direction: "reverse" };
    expect(habit("paddingReadFirst", "simpleRnn", short, reverse)!.outputs).toEqual({ output: [21, 0], "backward.finalState.h": [21] });
    expect(habit("wholeSequenceTurned", "simpleRnn", short, reverse)!.outputs["output"]).toEqual([0, 1]);
    expect(habit("wholeSequenceTurned", "simpleRnn", backward, reverse)).toBeUndefined();
    const { gradients } = habit("wholeSequenceTurned", "simpleRnn", short, reverse, { output: [[[5]], [[7]]] })!;
    expect(gradients["input"]).toEqual([7, 0]);
  });

  it("reads reverse forwards, or leaves outputs as they were made: right are 21 and 10", () => {
    const reverse = { ...identity, direction: "reverse" };
    expect(habit("directionIgnored", "simpleRnn", backward, reverse)!.outputs).toEqual({ output: [1, 12], "backward.finalState.h": [12] });
    expect(habit("directionIgnored", "simpleRnn", forward, identity)).toBeUndefined();
    const { gradients } = habit("directionIgnored", "simpleRnn", backward, reverse, { output: [[[0]], [[1]]], "backward.finalState.h": [[1]] })!;
    expect(gradients).toEqual({ input: [4, 2], "backward.wx": [24], "backward.wh": [2] });
    expect(habit("reverseOutputNotTurned", "simpleRnn", backward, reverse)!.outputs["output"]).toEqual([10, 21]);
  });

  it("merges directions in another way: right are [1, 21] and [12, 10]", () => {
    const two = { ...identity, direction: "bidirectional" };
    expect(habit("directionsSwapped", "simpleRnn", both, two)!.outputs["output"]).toEqual([21, 1, 10, 12]);
    expect(habit("directionsSwapped", "simpleRnn", both, { ...two, merge: "sum" })).toBeUndefined();
    expect(habit("sumAndAverageExchanged", "simpleRnn", both, { ...two, merge: "sum" })!.outputs["output"]).toEqual([11, 11]);
    expect(habit("sumAndAverageExchanged", "simpleRnn", both, { ...two, merge: "average" })!.outputs["output"]).toEqual([22, 22]);
    expect(habit("sumAndAverageExchanged", "simpleRnn", both, two)).toBeUndefined();
    // Two samples of one step: forward 1 and 2, backward 1 and 2.
    const samples = { ...both, input: [[[1], [2]]] };
    expect(habit("directionsOutermost", "simpleRnn", samples, two)!.outputs["output"]).toEqual([1, 2, 1, 2]);
    expect(habit("directionsOutermost", "simpleRnn", samples, two, { output: [[[1, 2], [3, 4]]] })!.gradients["input"]).toEqual([4, 6]);
  });

  it("forgets states", () => {
    const started = { ...forward, "forward.initialState.h": [[100]] };
    expect(habit("stateNotCarried", "simpleRnn", started, identity)!.outputs["output"]).toEqual([201, 210]); // right: 201, 412
    expect(habit("initialStateIgnored", "simpleRnn", started, identity, { output: [[[0]], [[1]]] })).toEqual({
      outputs: { output: [1, 12], "forward.finalState.h": [12] },
      gradients: { input: [2, 1], "forward.wx": [12], "forward.wh": [1], "forward.initialState.h": [0] },
    });
    expect(habit("initialStateIgnored", "simpleRnn", forward, identity)).toBeUndefined();
  });

  it("gets outputs right and gradients wrong", () => {
    const started = { ...forward, "forward.initialState.h": [[100]] };
    const cotangents = { output: [[[0]], [[1]]], "forward.finalState.h": [[10]] };
    const right = { input: [22, 11], "forward.wx": [132], "forward.wh": [11 * 201 + 22 * 100], "forward.initialState.h": [44] };
    const gradients = (name: string) => habit(name, "simpleRnn", started, identity, cotangents)!.gradients;
    expect(gradients("initialStateConstant")).toEqual({ ...right, "forward.initialState.h": [0] });
    expect(gradients("finalStateGradientDropped")).toEqual({ input: [2, 1], "forward.wx": [12], "forward.wh": [401], "forward.initialState.h": [4] });
    expect(gradients("backpropagationStopped")).toEqual({ input: [0, 11], "forward.wx": [110], "forward.wh": [11 * 201], "forward.initialState.h": [0] });
    expect(gradients("recurrentGradientLate")).toEqual({ ...right, "forward.wh": [11 * 412 + 22 * 201] });
    expect(habit("recurrentGradientLate", "simpleRnn", started, identity)!.outputs["output"]).toEqual([201, 412]);
  });
});
