import { activated, affine, apart, beside, gateNames, minus, oneMinus, peephole, times, unitsOf } from "./gate.ts";
import { plus, recurrent } from "./recurrent.ts";
import type { Cell, DirectionOptions, Rows, Weights } from "./recurrent.ts";

export type LstmOptions = DirectionOptions & {
  readonly coupled: boolean;
  readonly clip?: number;
  readonly gateActivation: "sigmoid" | "hardSigmoid";
  readonly candidateActivation: "tanh" | "relu";
};

/** All gates in one product. The output gate's peephole looks at the new cell state, or at the old one if it is told to. */
export const lstmCellBy = (seenByOutput: "new" | "old") => (weights: Weights, { coupled, clip, gateActivation, candidateActivation }: LstmOptions): Cell => {
  const units = unitsOf(weights, "candidate.wx");
  const gates = affine(weights, ["input.", "candidate.", "output.", ...(coupled ? [] : ["forget."])].map(gateNames));
  const ofInput = peephole(weights, "input.peephole");
  const ofForget = peephole(weights, "forget.peephole");
  const ofOutput = peephole(weights, "output.peephole");
  return {
    units,
    states: ["h", "c"],
    gradients: () => ({ ...gates.gradients(), ...ofInput.gradients(), ...ofForget.gradients(), ...ofOutput.gradients() }),
    step: (x, { h, c }) => {
      const old = c!;
      const seen = beside(x, h!, units);
      const [a, b, e, d] = gates.sums(seen) as [Rows, Rows, Rows, Rows?];
      const input = activated(gateActivation, ofInput.add(a, old), clip);
      const forget = d && activated(gateActivation, ofForget.add(d, old), clip);
      const candidate = activated(candidateActivation, b, clip);
      const kept = forget?.value ?? oneMinus(input.value);
      const next = plus(times(kept, old), times(input.value, candidate.value));
      const shown = seenByOutput === "new" ? next : old;
      const output = activated(gateActivation, ofOutput.add(e, shown), clip);
      const visible = activated(candidateActivation, next);
      return {
        next: { h: times(output.value, visible.value), c: next },
        back: ({ h: dh, c: dc }) => {
          const dOutput = output.back(times(dh!, visible.value));
          const dShown = ofOutput.back(dOutput, shown);
          const dVisible = plus(dc!, visible.back(times(dh!, output.value)));
          const dNext = seenByOutput === "new" ? plus(dVisible, dShown) : dVisible;
          const dInput = input.back(times(dNext, forget ? candidate.value : minus(candidate.value, old)));
          const dForget = forget?.back(times(dNext, old));
          const dCandidate = candidate.back(times(dNext, input.value));
          const [dx, dBefore] = apart(gates.back(seen, [dInput, dCandidate, dOutput, ...(dForget ? [dForget] : [])]), h!.length / units, units);
          const dOld = [
            times(dNext, kept), ofInput.back(dInput, old),
            ...(dForget ? [ofForget.back(dForget, old)] : []), ...(seenByOutput === "old" ? [dShown] : []),
          ].reduce(plus);
          return { dx, before: { h: dBefore, c: dOld } };
        },
      };
    },
  };
};

export const lstmCell = lstmCellBy("new");

export const lstm = recurrent(lstmCell);
