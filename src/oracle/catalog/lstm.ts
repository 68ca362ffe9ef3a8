/**
 * Long short-term memory in the catalog.
 *
 * @module
 */
import { Lstm } from "../../rnn/lstm.ts";
import type { Operation } from "./operation.ts";
import { recurrentRadius } from "./recurrent-radius.ts";
import { recurrentSpace } from "./recurrent-space.ts";
import { tapedLstm } from "./recurrent-step.ts";
import { backwardOf, completed, forwardOf, gateWeights, inputsOf, outputsOf } from "./recurrent.ts";
import type { CellEntry, Weight } from "./recurrent.ts";

const noForget: Weight["refused"] = ({ coupled }) => (coupled === true ? "no forget.* where the gates are coupled" : undefined);

const cell: CellEntry = {
  name: "lstm",
  weights: [
    ...gateWeights("input", ["bias", "peephole"]), ...gateWeights("forget", ["bias", "peephole"], noForget),
    ...gateWeights("candidate", ["bias"]), ...gateWeights("output", ["bias", "peephole"]),
  ],
  states: ["h", "c"],
  kinds: { coupled: "boolean", clip: "positive", gateActivation: ["sigmoid", "hardSigmoid"], candidateActivation: ["tanh", "relu"] },
  defaults: { coupled: false, gateActivation: "sigmoid", candidateActivation: "tanh" },
  cell: Lstm,
};

/** The catalog's entry for long short-term memory. @internal */
export const lstmEntry: Operation = {
  name: cell.name,
  summary: "long short-term memory: a cell state that gates write to, keep and show",
  inputs: inputsOf(cell),
  outputs: outputsOf(cell),
  options: {
    direction: "forward (default), reverse or bidirectional", merge: "of both directions: concat (default), sum or average",
    coupled: "whether the forget gate is 1 - the input gate, and has no weights; default false", clip: "limits what goes into activations, default none",
    gateActivation: "sigmoid (default) or hardSigmoid", candidateActivation: "tanh (default) or relu, also of the new cell state",
  },
  exact: false,
  scaled: false,
  complete: (_, options) => completed(cell, options),
  forward: forwardOf(cell),
  backward: backwardOf(cell),
  radius: recurrentRadius(cell, tapedLstm),
  space: recurrentSpace(cell, {
    fields: { peephole: [0, 3], coupled: [0, 1], clip: [0, 3], hard: [0, 2], rectified: [0, 2] },
    draw: ({ coupled, clip, hard, rectified }) => ({
      coupled: coupled === 1, ...(clip! > 1 ? { clip: clip === 2 ? 1 : 0.625 } : {}),
      gateActivation: hard === 2 ? "hardSigmoid" : "sigmoid", candidateActivation: rectified === 2 ? "relu" : "tanh",
    }),
  }),
};
