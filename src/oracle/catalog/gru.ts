/**
 * The gated recurrent unit in the catalog.
 *
 * @module
 */
import { Gru } from "../../rnn/gru.ts";
import type { Operation } from "./operation.ts";
import { recurrentRadius } from "./recurrent-radius.ts";
import { recurrentSpace } from "./recurrent-space.ts";
import { tapedGru } from "./recurrent-step.ts";
import { backwardOf, completed, forwardOf, gateWeights, inputsOf, outputsOf } from "./recurrent.ts";
import type { CellEntry } from "./recurrent.ts";

const cell: CellEntry = {
  name: "gru",
  weights: [
    ...gateWeights("reset", ["bias"]), ...gateWeights("update", ["bias"]), ...gateWeights("candidate", ["bias"]),
    {
      name: "candidate.recurrentBias", axes: "[H]",
      refused: ({ resetAfter }) => (resetAfter === true ? undefined : "no candidate.recurrentBias but with resetAfter"),
    },
  ],
  states: ["h"],
  kinds: { resetAfter: "boolean", clip: "positive", gateActivation: ["sigmoid", "hardSigmoid"], candidateActivation: ["tanh", "relu"] },
  defaults: { resetAfter: false, gateActivation: "sigmoid", candidateActivation: "tanh" },
  cell: Gru,
};

/** The catalog's entry for the gated recurrent unit. @internal */
export const gruEntry: Operation = {
  name: cell.name,
  summary: "the gated recurrent unit: gates decide what of the state is renewed, and what of it is seen",
  inputs: inputsOf(cell),
  outputs: outputsOf(cell),
  options: {
    direction: "forward (default), reverse or bidirectional", merge: "of both directions: concat (default), sum or average",
    resetAfter: "whether the reset gate comes after the product with the recurrent weights, default false",
    clip: "limits what goes into activations, default none",
    gateActivation: "sigmoid (default) or hardSigmoid", candidateActivation: "tanh (default) or relu",
  },
  exact: false,
  scaled: false,
  complete: (_, options) => completed(cell, options),
  forward: forwardOf(cell),
  backward: backwardOf(cell),
  radius: recurrentRadius(cell, tapedGru),
  space: recurrentSpace(cell, {
    fields: { resetAfter: [0, 1], recurrentBias: [0, 3], clip: [0, 3], hard: [0, 2], rectified: [0, 2] },
    draw: ({ resetAfter, clip, hard, rectified }) => ({
      resetAfter: resetAfter === 1, ...(clip! > 1 ? { clip: clip === 2 ? 1 : 0.625 } : {}),
      gateActivation: hard === 2 ? "hardSigmoid" : "sigmoid", candidateActivation: rectified === 2 ? "relu" : "tanh",
    }),
  }),
};
