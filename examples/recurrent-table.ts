import {
  Adam, FullyConnected, accuracy, clipped, crossEntropy, crossEntropyBackward, lossFunction, shuffledBatches, startTraining, train,
} from "etalon/learning";
import { gruCost, lastStep, lstmCost, scan, simpleRnnCost } from "etalon/rnn";
import type { CellCost, CellSize, Steps } from "etalon/rnn";
import { key, reshape, toSteps } from "etalon/tensor";
import type { Tensor } from "etalon/tensor";
import { digits, parts } from "./support/digits.ts";
import { cells } from "./support/memory.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";

export const summary = "Length of the sequence, hidden size, gates: what each costs and what it brings, on digits that are read piece by piece.";
export const long = true;

/** A cell, into how many steps a picture of 64 pixels is cut, and the hidden size. */
type Setting = readonly [cell: keyof typeof cells, steps: number, units: number];
const [gates, lengths, sizes] = [["simple RNN", "GRU", "LSTM"], [2, 4, 8, 16], [8, 16, 32]] as const;
const settings: readonly Setting[] = gates.flatMap((cell) =>
  [...lengths.map((steps) => [cell, steps, 16] as const), ...sizes.filter((units) => units !== 16).map((units) => [cell, 4, units] as const)]);
const costs: Readonly<Record<Setting[0], (size: CellSize) => CellCost>> = { "simple RNN": simpleRnnCost, GRU: gruCost, LSTM: lstmCost };

/** Pictures row by row, cut into steps of as many pixels each. */
const read = (pictures: Tensor, steps: number): Steps<Tensor> => [toSteps(reshape(pictures, [pictures.shape[0]!, steps, 64 / steps]), "batchFirst")];

function measure([cell, steps, units]: Setting, short: boolean) {
  const size = { inputs: 64 / steps, units };
  const [learned, test] = [digits(0, short ? 50 : parts.test[0]), digits(parts.test[0], short ? 1347 : parts.test[1])];
  const layer = lastStep(scan(cells[cell](size)), FullyConnected({ inputs: units, outputs: 10 }));
  const accuracies = (short ? [1] : [1, 2, 3]).map((seed) => {
    const { params } = train(startTraining(layer, key(seed)), {
      layer, loss: lossFunction(crossEntropy, crossEntropyBackward), rule: clipped(Adam({ rate: 0.01 }), { maxNorm: 1 }),
      batches: shuffledBatches({ input: read(learned.input, steps), target: learned.target }, 50), epochs: short ? 1 : 4,
    });
    return accuracy(layer.apply(params, read(test.input, steps))[0], test.target);
  });
  const { parameters, multiplyAdds } = costs[cell](size);
  return { parameters: parameters + 10 * (units + 1), multiplyAdds: steps * multiplyAdds + 10 * units, accuracies };
}

export function run({ print, picture }: Show, short = false): void {
  const results = settings.map((setting) => ({ setting, ...measure(setting, short) }));
  table([["cell", "steps", "units", "parameters", "multiply–adds", "held out", "least–most"],
    ...results.map(({ setting: [cell, steps, units], parameters, multiplyAdds, accuracies }) => {
      const range = `${percent(Math.min(...accuracies)).replace(" %", "")}–${percent(Math.max(...accuracies))}`;
      return [cell, String(steps), String(units), String(parameters), String(multiplyAdds), percent(mean(accuracies)), range];
    })]).forEach(print);

  const y = { label: "held-out digits read right, %", to: 100 };
  const series = (isShown: (setting: Setting) => boolean, across: (setting: Setting) => number) => gates.map((gate) => ({
    label: gate, points: results.filter(({ setting }) => setting[0] === gate && isShown(setting)).toSorted((a, b) => across(a.setting) - across(b.setting))
      .map(({ setting, accuracies }) => [Math.log2(across(setting)), 100 * mean(accuracies)] as const),
  }));
  const doubling = { step: 1, write: (power: number): string => String(2 ** power) };
  picture("recurrent-table-steps.svg", plot({
    title: "The same digits in more and more steps", description: "accuracy on held-out digits against the number of steps, for three cells of 16 units",
    x: { label: "steps that a digit is read in", ...doubling }, y, series: series(([, , units]) => units === 16, ([, steps]) => steps),
  }));
  picture("recurrent-table-units.svg", plot({
    title: "Digits in four steps, by the size of the hidden state", description: "accuracy on held-out digits against the number of units, for three cells",
    x: { label: "units", ...doubling }, y, series: series(([, steps]) => steps === 4, ([, , units]) => units),
  }));
}
