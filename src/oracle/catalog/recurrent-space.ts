/**
 * How cases of recurrent networks are drawn.
 *
 * Weights are about 1/√(F + H): so large that every gate differs from every other, and so small that none is saturated. Lengths are drawn
 * anew for whatever number of steps is left when a case shrinks.
 *
 * @module
 */
import type { Numbers } from "../lattice.ts";
import { caseSpace } from "./operation.ts";
import type { CaseSpace, InputDraft, Options, Range } from "./operation.ts";
import type { CellEntry, Way, Weight } from "./recurrent.ts";

/** What each cell draws besides what all have. @internal */
export interface CellSpace {
  readonly fields: Readonly<Record<string, Range>>;
  readonly draw: (fields: Readonly<Record<string, number>>, tier: Numbers) => Options;
}

const directions = ["forward", "reverse", "bidirectional"] as const;

const merges = ["concat", "sum", "average"] as const;

/** Which of several may-be tensors are there: none, all, or every other one. */
const isThere = (choice: number, place: number): boolean => choice === 1 || (choice > 1 && place % 2 === choice % 2);

/** How many steps a sample has: any number, or mostly none or all. */
const length = (choice: number, steps: number) => (noise: number): number =>
  choice === 2 ? Math.floor(noise * (steps + 1)) : Math.min(steps, Math.max(0, Math.round((3 * noise - 1) * steps)));

/** The case space of a cell. @internal */
export function recurrentSpace({ weights, states }: CellEntry, own: CellSpace): CaseSpace {
  return caseSpace({
    fields: {
      steps: [1, 7], samples: [1, 3], features: [1, 4], units: [1, 4], direction: [0, 2], merge: [0, 2],
      lengths: [0, 3], states: [0, 3], bias: [0, 3], spread: [0, 2], ...own.fields,
    },
    build: (fields, _, tier) => {
      const all: Readonly<Record<string, number>> = fields;
      const { steps, samples, direction, merge, lengths, states: given, bias, spread } = fields;
      // Half of the cases without lengths are wide: five to seven show what is left over behind four lanes.
      const [features, units] = [fields.features, fields.units].map((size) => (lengths === 1 && size > 1 ? size + 3 : size)) as [number, number];
      const options: Options = { direction: directions[direction], merge: merges[merge], ...own.draw(fields, tier) };
      const ways: readonly Way[] = ([["forward"], ["backward"], ["forward", "backward"]] as const)[direction]!;
      const number = (size: number, range: number): Partial<InputDraft> =>
        (tier === "structure" ? { range } : { value: (noise: number) => Math.fround(size * (2 * noise - 1)) });
      const matrix = number((1 + spread / 2) * Math.sqrt(3 / (features + units)), 2);
      const sizes: Readonly<Record<Weight["axes"], readonly number[]>> = { "[F, H]": [features, units], "[H, H]": [units, units], "[H]": [units] };
      /** Vectors other than biases have a field of their own name. */
      const choiceOf = ({ name }: Weight): number => all[name.split(".").at(-1)!] ?? bias;
      const wanted = weights.filter(({ refused }) => refused?.(options) === undefined);
      return {
        inputs: {
          input: { shape: [steps, samples, features], ...number(1.5, 4) },
          ...(lengths < 2 ? {} : { lengths: { shape: [samples], value: length(lengths, steps) } }),
          ...Object.fromEntries(ways.flatMap((way, w) => wanted.flatMap((weight, place) => {
            if (weight.axes === "[H]" && !isThere(choiceOf(weight), place + w)) return [];
            const drawn = weight.axes === "[H]" ? number(1, 3) : matrix;
            return [[`${way}.${weight.name}`, { shape: sizes[weight.axes], ...drawn }] as const];
          }))),
          ...Object.fromEntries(ways.flatMap((way, w) => states.flatMap((state, place) =>
            (isThere(given, w * states.length + place)
              ? [[`${way}.initialState.${state}`, { shape: [samples, units], ...number(1, 3) }] as const] : [])))),
        },
        options,
      };
    },
  });
}
