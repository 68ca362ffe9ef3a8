/**
 * A simple recurrent cell with one mistake: the gradient of the recurrent weights is made with the state behind each step, dwh = h'ᵀ·da, and not with the
 * one before it. In a loop over stored states it is a matter of one index (VikParuchuri/zero_to_gpt, issue 9); training goes on, only worse.
 * All outputs and all other gradients are right.
 *
 *     etalon verify examples/candidates/flawed/recurrent-weight-gradient.ts
 */
import { activated, affine, apart, beside, gateNames, unitsOf } from "../im2col/gate.ts";
import { recurrent } from "../im2col/recurrent.ts";
import type { CellOf } from "../im2col/recurrent.ts";
import type { SimpleRnnOptions } from "../im2col/simple-rnn.ts";

const cellOf: CellOf<SimpleRnnOptions> = (weights, { activation }) => {
  const units = unitsOf(weights, "wx");
  const both = affine(weights, [gateNames("")]);
  return {
    units,
    states: ["h"],
    gradients: both.gradients,
    step: (x, { h }) => {
      const [a] = both.sums(beside(x, h!, units));
      const { value, back } = activated(activation, a!);
      return {
        next: { h: value },
        back: ({ h: dNext }) => {
          const seen = beside(x, value, units); // the mistake: beside(x, h, units) would be right
          const [dx, dh] = apart(both.back(seen, [back(dNext!)]), h!.length / units, units);
          return { dx, before: { h: dh } };
        },
      };
    },
  };
};

export default { name: "weight gradient from the new state", precision: "float32", operations: { simpleRnn: recurrent(cellOf) } };
