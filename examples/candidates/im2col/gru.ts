import { activated, affine, apart, beside, gateNames, minus, oneMinus, times, unitsOf } from "./gate.ts";
import type { Activated } from "./gate.ts";
import { plus, recurrent } from "./recurrent.ts";
import type { Cell, DirectionOptions, Named, Rows, Weights } from "./recurrent.ts";

export type GruOptions = DirectionOptions & {
  readonly resetAfter: boolean;
  readonly clip?: number;
  readonly gateActivation: "sigmoid" | "hardSigmoid";
  readonly candidateActivation: "tanh" | "relu";
};

/** The candidate's share in a step. */
interface Candidate {
  readonly step: (x: Rows, h: Rows, r: Rows) => {
    readonly value: Rows;
    readonly back: (dValue: Rows) => { readonly dx: Rows; readonly dh: Rows; readonly dr: Rows };
  };
  readonly gradients: () => Named;
}

type Activate = (a: Rows) => Activated;

/** φ(x·wx + (r∘h)·wh + bias) */
const resetBefore = (weights: Weights, activate: Activate, units: number): Candidate => {
  const both = affine(weights, [gateNames("candidate.")]);
  return {
    gradients: both.gradients,
    step: (x, h, r) => {
      const seen = beside(x, times(r, h), units);
      const [a] = both.sums(seen);
      const { value, back } = activate(a!);
      return {
        value,
        back: (dValue) => {
          const [dx, dSeen] = apart(both.back(seen, [back(dValue)]), h.length / units, units);
          return { dx, dh: times(dSeen, r), dr: times(dSeen, h) };
        },
      };
    },
  };
};

/** φ(x·wx + bias + r∘(h·wh + recurrentBias)) */
const resetAfterwards = (weights: Weights, activate: Activate): Candidate => {
  const ofInput = affine(weights, [{ matrices: ["candidate.wx"], bias: "candidate.bias" }]);
  const ofState = affine(weights, [{ matrices: ["candidate.wh"], bias: "candidate.recurrentBias" }]);
  return {
    gradients: () => ({ ...ofInput.gradients(), ...ofState.gradients() }),
    step: (x, h, r) => {
      const [a] = ofInput.sums(x);
      const [q] = ofState.sums(h);
      const { value, back } = activate(plus(a!, times(r, q!)));
      return {
        value,
        back: (dValue) => {
          const da = back(dValue);
          return { dx: ofInput.back(x, [da]), dh: ofState.back(h, [times(da, r)]), dr: times(da, q!) };
        },
      };
    },
  };
};

/** Both gates in one product, the candidate for itself. */
export const gruCell = (weights: Weights, { resetAfter, clip, gateActivation, candidateActivation }: GruOptions): Cell => {
  const units = unitsOf(weights, "candidate.wx");
  const gates = affine(weights, ["reset.", "update."].map(gateNames));
  const candidate = (resetAfter ? resetAfterwards : resetBefore)(weights, (a) => activated(candidateActivation, a, clip), units);
  return {
    units,
    states: ["h"],
    gradients: () => ({ ...gates.gradients(), ...candidate.gradients() }),
    step: (x, { h: before }) => {
      const h = before!;
      const seen = beside(x, h, units);
      const [reset, update] = gates.sums(seen).map((a) => activated(gateActivation, a, clip)) as [Activated, Activated];
      const z = update.value;
      const { value: n, back } = candidate.step(x, h, reset.value);
      return {
        next: { h: plus(times(oneMinus(z), n), times(z, h)) },
        back: ({ h: dNext }) => {
          const dUpdate = update.back(times(dNext!, minus(h, n)));
          const { dx, dh, dr } = back(times(dNext!, oneMinus(z)));
          const [dxGates, dhGates] = apart(gates.back(seen, [reset.back(dr), dUpdate]), h.length / units, units);
          return { dx: plus(dx, dxGates), before: { h: plus(plus(dh, dhGates), times(dNext!, z)) } };
        },
      };
    },
  };
};

export const gru = recurrent(gruCell);
