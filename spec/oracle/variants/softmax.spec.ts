import { describe, expect, it } from "vitest";
import { softmaxVariants } from "../../../src/oracle/variants/softmax.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(softmaxVariants);
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
const log3 = Math.log(3);

describe("softmax with a habit", () => {
  it("goes over other rows", () => {
    const square = { input: [[0, log3], [0, 0]] };
    const of = (name: string, axis: number, inputs: object = square) => habit(name, "softmax", inputs as never, { axis })?.outputs["output"];
    expect(of("axisLast", 0)).toEqual(close([0.25, 0.75, 0.5, 0.5])); // right: ½, ¾, ½, ¼
    expect(of("axisLast", -1)).toBeUndefined();
    expect(of("axisOne", -2)).toEqual(close([0.25, 0.75, 0.5, 0.5]));
    expect([of("axisOne", 1), of("axisOne", 0, { input: [0, 1] })]).toEqual([undefined, undefined]);
    expect(of("allAxes", 1)).toEqual(close([1 / 6, 1 / 2, 1 / 6, 1 / 6]));
    expect(of("flattenedFromAxis", 0)).toEqual(close([1 / 6, 1 / 2, 1 / 6, 1 / 6]));
    expect(of("flattenedFromAxis", 1)).toBeUndefined();
    const cube = { input: [[[0, 0], [0, 0]], [[0, 0], [0, log3]]] };
    expect(of("flattenedFromAxis", 1, cube)).toEqual(close([0.25, 0.25, 0.25, 0.25, 1 / 6, 1 / 6, 1 / 6, 1 / 2]));
    const { gradients } = habit("allAxes", "softmax", { input: [[0, 0], [0, 0]] }, {}, { output: [[16, 0], [0, 0]] })!;
    expect(gradients["input"]).toEqual([3, -1, -1, -1]);
  });

  it("overflows and underflows in float32", () => {
    expect(habit("largestNotSubtracted", "softmax", { input: [100, 0] })!.outputs["output"]).toEqual([NaN, 0]);
    expect(habit("largestNotSubtracted", "softmax", { input: [log3, 0] }, {}, { output: [16, 0] })).toEqual({
      outputs: { output: close([0.75, 0.25]) }, gradients: { input: close([3, -3]) },
    });
    expect(habit("logOfSumNotShifted", "logSoftmax", { input: [100, 0] })!.outputs["output"]).toEqual([-Infinity, -Infinity]);
    expect(habit("logOfProbability", "logSoftmax", { input: [200, 0] })!.outputs["output"]).toEqual([0, -Infinity]); // right: −200
    expect(habit("logOfProbability", "logSoftmax", { input: [0, log3] }, {}, { output: [8, 4] })!.gradients["input"]).toEqual(close([5, -5]));
  });

  it("has half a gradient: right are 3, −3, and 5, −5", () => {
    const row = { input: [0, log3] };
    expect(habit("gradientOfDiagonal", "softmax", row, {}, { output: [16, 0] })!.gradients["input"]).toEqual(close([3, 0]));
    expect(habit("gradientOfDiagonal", "logSoftmax", row, {}, { output: [8, 4] })!.gradients["input"]).toEqual(close([6, 1]));
    expect(habit("probabilityAdded", "logSoftmax", row, {}, { output: [8, 4] })!.gradients["input"]).toEqual(close([8.25, 4.75]));
    expect(habit("meanNotSubtracted", "softmax", row, {}, { output: [16, 0] })!.gradients["input"]).toEqual(close([4, 0]));
  });
});
