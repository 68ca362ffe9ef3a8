import { describe, expect, it } from "vitest";
import { lstmVariants } from "../../../src/oracle/variants/lstm.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(lstmVariants);

/** A cell of one unit whose gates are what their biases make of them: 100 is open, −100 is shut. Its cell state begins at 1. */
const cell = (biases: Readonly<Record<"input" | "forget" | "candidate" | "output", number>>, more: Readonly<Record<string, number[]>> = {}) => ({
  input: [[[0]]], "forward.initialState.h": [[0]], "forward.initialState.c": [[1]],
  ...Object.fromEntries(Object.entries(biases).flatMap(([gate, bias]) =>
    [[`forward.${gate}.wx`, [[0]]], [`forward.${gate}.wh`, [[0]]], [`forward.${gate}.bias`, [bias]]])),
  ...Object.fromEntries(Object.entries(more).map(([name, values]) => [`forward.${name}`, values])),
});
const all = (name: string, inputs: ReturnType<typeof cell>, options: object = {}) => habit(name, "lstm", inputs, options as never)?.outputs;
const c = (name: string, inputs: ReturnType<typeof cell>, options: object = {}) => all(name, inputs, options)?.["forward.finalState.c"]?.[0];
const h = (name: string, inputs: ReturnType<typeof cell>, options: object = {}) => all(name, inputs, options)?.["output"]?.[0];

describe("an LSTM with a habit", () => {
  it("takes gates for one another", () => {
    // Nothing is written, and nothing stays: right is 0.
    const shut = cell({ input: 100, forget: -100, candidate: 0, output: 100 });
    expect(c("inputAndForgetSwapped", shut)).toBeCloseTo(1, 6);
    expect(c("forgetAndCandidateSwapped", shut)).toBeCloseTo(-0.5, 6); // f = ½, g = −1
    expect(c("candidateAndOutputSwapped", shut)).toBeCloseTo(1, 6); // g = 1
    expect(c("gatesOfOnnxReadAsPytorch", shut)).toBeCloseTo(0, 6); // f = 1, g = −1
    expect(c("gatesOfPytorchReadAsOnnx", shut)).toBeCloseTo(1.5, 6); // f = ½, g = 1
    const { "forward.forget.wx": _wx, "forward.forget.wh": _wh, "forward.forget.bias": _bias, ...coupled } = shut as Record<string, never>;
    expect(habit("inputAndForgetSwapped", "lstm", coupled, { coupled: true })).toBeUndefined();
    expect(habit("candidateAndOutputSwapped", "lstm", coupled, { coupled: true })).toBeDefined();
  });

  it("adds 1 to the forget gate's bias where there is one", () => {
    const half = cell({ input: -100, forget: 0, candidate: 0, output: 100 });
    expect(c("forgetBiasAdded", half)).toBeCloseTo(1 / (1 + Math.exp(-1)), 6); // right: ½
    const { "forward.forget.bias": _, ...without } = half as Record<string, never>;
    expect(habit("forgetBiasAdded", "lstm", without)).toBeUndefined();
  });

  it("has peepholes of its own kind", () => {
    // Right: c' = 1 + 1 = 2, and o = σ(2·p) = σ(2) = 0.88.
    const peeping = cell({ input: 100, forget: 100, candidate: 100, output: 0 }, { "output.peephole": [1] });
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    expect(h("peepholesIgnored", peeping)).toBeCloseTo(0.5 * Math.tanh(2), 6);
    expect(h("outputPeepholeSeesOldCell", peeping)).toBeCloseTo(sigmoid(1) * Math.tanh(2), 6);
    expect(h("outputPeepholeAfterActivation", peeping)).toBeCloseTo(2.5 * Math.tanh(2), 6);
    expect(h("peepholesSwapped", peeping)).toBeCloseTo(0.5 * Math.tanh(2), 6);
    expect(habit("peepholesIgnored", "lstm", cell({ input: 0, forget: 0, candidate: 0, output: 0 }))).toBeUndefined();
  });

  it("limits and shows something else: right are σ(½)·(1 + tanh ½), and tanh 2", () => {
    const open = cell({ input: 100, forget: 100, candidate: 100, output: 100 });
    const written = (1 + Math.tanh(0.5)) / (1 + Math.exp(-0.5));
    expect(c("cellClipped", open, { clip: 0.5 })).toBeCloseTo(0.5, 6);
    expect(h("cellClipped", open, { clip: 0.5 })).toBeCloseTo(Math.tanh(0.5), 6);
    expect(c("shownCellClipped", open, { clip: 0.5 })).toBeCloseTo(written, 6);
    expect(h("shownCellClipped", open, { clip: 0.5 })).toBeCloseTo(Math.tanh(0.5) / (1 + Math.exp(-0.5)), 6);
    expect([c("cellClipped", open), c("shownCellClipped", open)]).toEqual([undefined, undefined]);
    expect(h("cellShownWithoutActivation", open)).toBeCloseTo(2, 6);
    expect(h("candidateShown", open)).toBeCloseTo(1, 6);
  });

  it("has the gradient of what it computes", () => {
    const open = cell({ input: 100, forget: 100, candidate: 0, output: 0 });
    const { gradients } = habit("cellShownWithoutActivation", "lstm", open, {}, { output: [[[1]]] })!;
    expect(gradients["forward.candidate.bias"]![0]).toBeCloseTo(0.5, 6); // h = o·(1 + tanh b), o = ½; right: ½·(1 − tanh² 1)
    expect(gradients["forward.output.bias"]![0]).toBeCloseTo(0.25, 6);
  });
});
