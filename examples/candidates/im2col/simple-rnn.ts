import { activated, affine, apart, beside, gateNames, unitsOf } from "./gate.ts";
import { recurrent } from "./recurrent.ts";
import type { Cell, DirectionOptions, Weights } from "./recurrent.ts";

export type SimpleRnnOptions = DirectionOptions & { readonly activation: "tanh" | "relu" | "identity" };

export const simpleRnnCell = (weights: Weights, { activation }: SimpleRnnOptions): Cell => {
  const units = unitsOf(weights, "wx");
  const both = affine(weights, [gateNames("")]);
  return {
    units,
    states: ["h"],
    gradients: both.gradients,
    step: (x, { h }) => {
      const seen = beside(x, h!, units);
      const [a] = both.sums(seen);
      const { value, back } = activated(activation, a!);
      return {
        next: { h: value },
        back: ({ h: dNext }) => {
          const [dx, dh] = apart(both.back(seen, [back(dNext!)]), h!.length / units, units);
          return { dx, before: { h: dh } };
        },
      };
    },
  };
};

export const simpleRnn = recurrent(simpleRnnCell);
