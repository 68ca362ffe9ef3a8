import { describe, expect, it } from "vitest";
import { gatedVariants, gruVariants } from "../../../src/oracle/variants/gru.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf([...gruVariants, ...gatedVariants]);

/** A cell of one unit whose gates are what their biases make of them: 100 is open, −100 is shut. Its state begins at 2. */
const cell = (biases: Readonly<Record<"reset" | "update" | "candidate", number>>, recurrent = 0, more: Readonly<Record<string, number[]>> = {}) => ({
  input: [[[0]]], "forward.initialState.h": [[2]],
  ...Object.fromEntries(Object.entries(biases).flatMap(([gate, bias]) =>
    [[`forward.${gate}.wx`, [[0]]], [`forward.${gate}.wh`, [[gate === "candidate" ? recurrent : 0]]], [`forward.${gate}.bias`, [bias]]])),
  ...Object.fromEntries(Object.entries(more).map(([name, values]) => [`forward.${name}`, values])),
});
const h = (name: string, inputs: object, options: object = {}) => habit(name, "gru", inputs as never, options as never)?.outputs["output"]?.[0];

describe("a GRU with a habit", () => {
  it("takes gates for one another, or for their complements", () => {
    const kept = cell({ reset: -100, update: 100, candidate: 0.5 }); // right: 2
    expect(h("updateComplemented", kept)).toBeCloseTo(Math.tanh(0.5), 6);
    expect(h("resetAndUpdateSwapped", kept)).toBeCloseTo(Math.tanh(0.5), 6);
    expect(h("gateBiasesSwapped", kept)).toBeCloseTo(Math.tanh(0.5), 6);
    expect(habit("updateComplemented", "gru", kept as never, {}, { output: [[[1]]] })!.gradients["forward.initialState.h"]![0]).toBeCloseTo(0, 6);
  });

  it("resets elsewhere, or not at all", () => {
    const shut = cell({ reset: -100, update: -100, candidate: 0 }, 1); // reset before or after: tanh 0
    expect(h("resetLeftOut", shut)).toBeCloseTo(Math.tanh(2), 6);
    expect(h("resetPlaceExchanged", shut)).toBeCloseTo(0, 6);
    const biased = cell({ reset: -100, update: -100, candidate: 0.25 }, 1, { "candidate.recurrentBias": [0.5] });
    expect(h("candidateBiasesMerged", biased, { resetAfter: true })).toBeCloseTo(Math.tanh(0.75), 6); // right: tanh 0.25
    expect(h("resetPlaceExchanged", biased, { resetAfter: true })).toBeCloseTo(Math.tanh(0.75), 6);
    expect(h("candidateBiasesMerged", shut, { resetAfter: true })).toBeUndefined();
  });

  it("gives both biases the gradient of their sum", () => {
    const { "forward.candidate.bias": _, ...alone } = cell({ reset: -100, update: -100, candidate: 0 }, 0, { "candidate.recurrentBias": [0] }) as Record<string, never>;
    const { gradients } = habit("candidateBiasesMerged", "gru", alone, { resetAfter: true }, { output: [[[1]]] })!;
    expect(gradients["forward.candidate.recurrentBias"]![0]).toBeCloseTo(1, 6);
    expect(Object.keys(gradients)).not.toContain("forward.candidate.bias");
  });

  it("has no recurrent bias in the first step from nothing", () => {
    const biased = cell({ reset: 100, update: -100, candidate: 0 }, 0, { "candidate.recurrentBias": [0.5] });
    const { "forward.initialState.h": _, ...fresh } = biased as Record<string, never>;
    expect(h("recurrentBiasMissingAtFirst", fresh, { resetAfter: true })).toBeCloseTo(0, 6);
    expect(h("recurrentBiasMissingAtFirst", biased, { resetAfter: true })).toBeCloseTo(Math.tanh(0.5), 6);
    expect(h("recurrentBiasMissingAtFirst", biased)).toBeUndefined();
  });

  it("opens gates by another function, or without limits", () => {
    const slightly = cell({ reset: 0, update: 1, candidate: 0 }); // right: 2·σ(1), and with hard sigmoids 2·0.7
    expect(h("gateActivationExchanged", slightly)).toBeCloseTo(1.4, 6);
    expect(h("gateActivationExchanged", slightly, { gateActivation: "hardSigmoid" })).toBeCloseTo(2 / (1 + Math.exp(-1)), 6);
    expect(h("gatesOfRelu6", slightly, { gateActivation: "hardSigmoid" })).toBeCloseTo(2 * (1 / 6 + 0.5), 6);
    expect(h("gatesOfRelu6", slightly)).toBeUndefined();
    expect(h("clipIgnored", slightly, { clip: 0.5 })).toBeCloseTo(2 / (1 + Math.exp(-1)), 6);
    expect(h("clipIgnored", slightly)).toBeUndefined();
  });
});
