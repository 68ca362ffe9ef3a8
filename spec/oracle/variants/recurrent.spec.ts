import { describe, expect, it } from "vitest";
import { recurrentVariants } from "../../../src/oracle/variants/recurrent.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(recurrentVariants);
const identity = { activation: "identity" };
const outputs = (name: string, inputs: Parameters<typeof habit>[2], options: object = identity) => habit(name, "simpleRnn", inputs, options as never)?.outputs["output"];

describe("what is sent to a recurrent network, read with a habit", () => {
  const one = { input: [[[1]]], "forward.wx": [[2]], "forward.wh": [[3]], "forward.bias": [5] };

  it("leaves biases out, or adds them twice: right is 7", () => {
    expect(outputs("biasesLeftOut", one)).toEqual([2]);
    expect(outputs("biasesAddedTwice", one)).toEqual([12]);
    expect(habit("biasesAddedTwice", "simpleRnn", one, identity, { output: [[[1]]] })!.gradients["forward.bias"]).toEqual([2]);
    expect(outputs("biasesLeftOut", { input: [[[1]]], "forward.wx": [[2]], "forward.wh": [[3]] })).toBeUndefined();
  });

  it("transposes weights", () => {
    const two = { input: [[[0]]], "forward.wx": [[0, 0]], "forward.wh": [[1, 2], [3, 4]], "forward.initialState.h": [[1, 10]] };
    expect(outputs("recurrentWeightsTransposed", two)).toEqual([21, 43]); // right: 31, 42
    expect(habit("recurrentWeightsTransposed", "simpleRnn", two, identity, { output: [[[1, 0]]] })!.gradients["forward.wh"]).toEqual([1, 10, 0, 0]);
    const wide = { input: [[[1, 10]]], "forward.wx": [[1, 2, 3], [4, 5, 6]], "forward.wh": [[0, 0, 0], [0, 0, 0], [0, 0, 0]] };
    expect(outputs("inputWeightsReadTransposed", wide)).toEqual([21, 43, 65]); // right: 41, 52, 63
    expect(habit("inputWeightsReadTransposed", "simpleRnn", wide, identity, { output: [[[1, 0, 0]]] })!.gradients["forward.wx"]).toEqual([1, 10, 0, 0, 0, 0]);
  });

  it("takes the batch for the first axis", () => {
    const three = { input: [[[1], [2], [3]], [[4], [5], [6]]], "forward.wx": [[1]], "forward.wh": [[0]] };
    expect(outputs("inputReadBatchFirst", three)).toEqual([1, 3, 5, 2, 4, 6]);
    const cotangents = { output: [[[1], [2], [3]], [[4], [5], [6]]] };
    expect(habit("inputReadBatchFirst", "simpleRnn", { ...three, input: [[[1], [2]], [[4], [5]]] }, identity, { output: [[[1], [2]], [[3], [4]]] })!.gradients["input"])
      .toEqual([1, 3, 2, 4]);
    const { outputs: first, gradients } = habit("answerBatchFirst", "simpleRnn", three, identity, cotangents)!;
    expect([first["output"], gradients["input"]]).toEqual([[1, 4, 2, 5, 3, 6], [1, 4, 2, 5, 3, 6]]);
  });

  it("knows tanh alone", () => {
    expect(outputs("activationAlwaysTanh", one)![0]).toBeCloseTo(Math.tanh(7), 6);
    expect(outputs("activationAlwaysTanh", one, { activation: "tanh" })).toBeUndefined();
  });
});
