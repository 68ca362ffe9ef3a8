import {
  FullyConnected, accuracy, chain, crossEntropy, crossEntropyBackward, lossFunction, oneHot, parameterless, startTraining, train,
} from "etalon/learning";
import type { Batch } from "etalon/learning";
import { everyStep, fromZeros, lastStep, scan } from "etalon/rnn";
import type { Steps } from "etalon/rnn";
import { foldIn, generate, key, reshape, tensor, uniform } from "etalon/tensor";
import type { Key, Tensor } from "etalon/tensor";
import { cells, learned, randomSymbols, rule } from "./support/memory.ts";
import { mean, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";

export const summary = "How far back can a recurrent network recall? Simple RNN, GRU and LSTM name symbols that were shown up to 100 steps ago.";
export const long = true;

const [count, units, back] = [4, 16, 12];
const distances = [1, 2, 4, 8, 16, 32, 64, 100];

/** Which distances are trained at, stage by stage. */
const regimes: Readonly<Record<string, readonly (readonly [least: number, most: number, batches: number])[]>> = {
  "at 1 to 4": [[1, 4, 100]], "at 24": [[24, 24, 80]], "growing to 32": [[1, 4, 60], [1, 8, 60], [1, 16, 60], [1, 32, 60]],
};

/** Symbols at random, of which the first is to be named after the last. */
function first(from: Key, samples: number, distance: number): Batch<Steps<Tensor>, Tensor> {
  const symbols = randomSymbols(from, samples, distance + 1, count);
  return { input: [symbols.map((each) => oneHot(each, count))], target: symbols[0]!, samples };
}

/** Symbols at random; at every step each of the last twelve is to be named, even where the sequence began later. */
function window(from: Key, samples: number): Batch<Steps<Tensor>, readonly Tensor[]> {
  const symbols = randomSymbols(from, samples, back + 24, count);
  const shown = symbols.slice(back);
  const named = (t: number, place: number): number => symbols[back + t - (place % back)]!.values[Math.floor(place / back)]!;
  return { input: [shown.map((each) => oneHot(each, count))], target: shown.map((_, t) => generate([samples, back], (place) => named(t, place))), samples };
}

export function run({ print, picture }: Show, short = false): void {
  const seeds = short ? [1] : [1, 2, 3];
  const some = <T>(batches: number, make: (from: Key) => T) => (from: Key): readonly T[] =>
    Array.from({ length: short ? 1 : batches }, (_, i) => make(foldIn(from, i)));
  const named = Object.entries(cells).flatMap(([cell, make]) => Object.entries(regimes).map(([regime, stages]) => {
    const layer = lastStep(scan(make({ inputs: count, units })), FullyConnected({ inputs: units, outputs: count }));
    const trained = seeds.map((seed) => stages.reduce((training, [least, most, batches]) => train(training, {
      layer, loss: lossFunction(crossEntropy, crossEntropyBackward), rule, epochs: 1,
      batches: some(batches, (from) => first(from, 20, Math.floor(uniform(from, [], least, most + 1).values[0]!))),
    }), startTraining(layer, key(seed))));
    const accuracies = distances.map((distance) => mean(trained.map(({ params }) => {
      const { input, target } = first(key(1000 + distance), short ? 4 : 100, short ? Math.min(distance, 4) : distance);
      return 100 * accuracy(layer.apply(params, input)[0], target);
    })));
    return { cell, regime, accuracies };
  }));
  print(`the first of 1 + d symbols is named after the last: percent right, mean of ${seeds.length} networks of ${units} units`);
  table([["cell", "trained", ...distances.map((d) => `d ${d}`)], ...named.map((each) => [each.cell, each.regime, ...each.accuracies.map((a) => a.toFixed(0))])]).forEach(print);

  const windows = Object.entries(cells).map(([cell, make]) => {
    const shaped = parameterless((x: Tensor) => reshape(x, [x.shape[0]!, count, back]), (x, d) => reshape(d, x.shape));
    const layer = fromZeros(everyStep(scan(make({ inputs: count, units })), chain(FullyConnected({ inputs: units, outputs: count * back }), shaped)));
    const params = learned(layer, (from) => window(from, 20), short ? 1 : 250, 1);
    const { input, target } = window(key(2), short ? 2 : 200);
    const [scores, classes] = [layer.apply(params, input)[0].at(-1)!, target.at(-1)!];
    const at = (d: number, tensors: Tensor): readonly number[] => tensors.values.filter((_, place) => place % back === d);
    const right = Array.from({ length: back }, (_, d) => 100 * accuracy(reshape(tensor(at(d, scores)), [classes.shape[0]!, count]), tensor(at(d, classes))));
    return { cell, right };
  });
  print(`all of the last ${back} symbols are named at every step: percent right`);
  table([["cell", ...windows[0]!.right.map((_, d) => `d ${d}`)], ...windows.map(({ cell, right }) => [cell, ...right.map((each) => each.toFixed(0))])]).forEach(print);
  const axes = { x: { label: "steps back" }, y: { label: "named right, %", from: 0, to: 100 } };
  picture("recall.svg", plot({
    title: "One symbol, after training on distances of 1 to 4", description: "accuracy against the distance, up to 100 steps, for three cells", ...axes,
    series: named.filter(({ regime }) => regime === "at 1 to 4").map((each) => ({ label: each.cell, points: each.accuracies.map((a, i) => [distances[i]!, a] as const) })),
  }));
  picture("recall-window.svg", plot({
    title: "All of the last twelve symbols at once", description: "accuracy against the distance for three cells of 16 units", ...axes,
    series: windows.map(({ cell, right }) => ({ label: cell, points: right.map((each, d) => [d, each] as const) })),
  }));
}
