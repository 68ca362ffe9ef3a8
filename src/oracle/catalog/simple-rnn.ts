/**
 * The simple recurrent network in the catalog.
 *
 * @module
 */
import { SimpleRnn } from "../../rnn/simple-rnn.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { absolute, onesLike } from "../error-bound.ts";
import { mapNamed } from "./operation.ts";
import type { Operation, Tensors, Terms } from "./operation.ts";
import { recurrentRadius } from "./recurrent-radius.ts";
import { recurrentSpace } from "./recurrent-space.ts";
import { tapedSimpleRnn } from "./recurrent-step.ts";
import { backwardOf, completed, forwardOf, gateWeights, inputsOf, outputsOf } from "./recurrent.ts";
import type { CellEntry } from "./recurrent.ts";

const cell: CellEntry = {
  name: "simpleRnn",
  weights: gateWeights("", ["bias"]),
  states: ["h"],
  kinds: { activation: ["tanh", "relu", "identity"] },
  defaults: { activation: "tanh" },
  cell: SimpleRnn,
};

const [forward, backward] = [forwardOf(cell), backwardOf(cell)];

/**
 * Σ|terms| of relu and the identity: the network itself on absolute values, where both are one. An average has halves in it: counted in halves, all
 * is whole.
 */
const terms: NonNullable<Operation["terms"]> = (inputs, options, cotangents) => {
  const sizes = mapNamed(inputs, absolute);
  const counted = (tensors: Tensors): Readonly<Record<string, Terms>> =>
    mapNamed(tensors, (sum) => ({ sum: options["merge"] === "average" ? doubled(sum) : sum, count: onesLike(sum) }));
  return {
    outputs: counted(forward(sizes, options)),
    gradients: cotangents === undefined ? {} : counted(backward(sizes, options, mapNamed(cotangents, absolute))),
  };
};

const doubled = (tensor: Tensor): Tensor => adopt(tensor.shape, raw(tensor).map((value) => 2 * value));

/** The catalog's entry for the simple recurrent network; its structure tier leaves out tanh, which leaves no number whole. @internal */
export const simpleRnnEntry: Operation = {
  name: cell.name,
  summary: "a recurrent network whose state is one layer's view of input and state: f(x·wx + h·wh + bias)",
  inputs: inputsOf(cell),
  outputs: outputsOf(cell),
  options: {
    direction: "forward (default), reverse or bidirectional", merge: "of both directions: concat (default), sum or average",
    activation: "tanh (default), relu or identity",
  },
  exact: true,
  scaled: false,
  complete: (_, options) => completed(cell, options),
  forward,
  backward,
  terms,
  radius: recurrentRadius(cell, tapedSimpleRnn),
  space: recurrentSpace(cell, {
    fields: { activation: [0, 2] },
    draw: ({ activation }, tier) => ({ activation: tier === "structure" ? ["identity", "relu"][activation! % 2] : ["tanh", "relu", "identity"][activation!] }),
  }),
};
