import { FullyConnected, oneHot } from "etalon/learning";
import type { Batch } from "etalon/learning";
import { everyStep, fromZeros, gruCost, lstmCost, scan, simpleRnnCost, truncated } from "etalon/rnn";
import type { Sequence, Steps } from "etalon/rnn";
import { key } from "etalon/tensor";
import type { Key, Tensor } from "etalon/tensor";
import { accuracyOver, cells, learned, randomSymbols } from "./support/memory.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { dotPlot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";

export const summary = "A GRU against LSTMs of as many units and of as many numbers; and what is lost if the state is not carried from chunk to chunk.";
export const long = true;

const [count, chunk] = [4, 4];

/** Symbols at random; at every step that one is to be named which was shown some steps before, even if before the first of these steps. */
function delayed(from: Key, samples: number, steps: number, delay: number): Batch<Steps<Tensor>, readonly Tensor[]> {
  const symbols = randomSymbols(from, samples, delay + steps, count);
  return { input: [symbols.slice(delay).map((each) => oneHot(each, count))], target: symbols.slice(0, steps), samples };
}

/** What is learned of sequences of so many steps; the share of symbols named right that lie within what the network has seen, or of all. */
function measure(
  network: Sequence<any, any, Tensor, Tensor>, units: number, settings: { readonly steps: number; readonly delay: number; readonly samples: number; readonly batches: number },
  seed: number, all: boolean,
): number {
  const { steps, delay, samples, batches } = settings;
  const layer = fromZeros(everyStep(network, FullyConnected({ inputs: units, outputs: count })));
  const params = learned(layer, (from) => delayed(from, samples, steps, delay), batches, seed);
  const { input, target } = delayed(key(1000), 100, steps, delay);
  const since = all ? 0 : delay;
  return accuracyOver(layer.apply(params, input)[0].slice(since), target.slice(since));
}

export function run({ print, picture }: Show, short = false): void {
  const seeds = short ? [1] : [1, 2, 3];
  const rows = ([["simple RNN", 16, simpleRnnCost], ["GRU", 16, gruCost], ["LSTM", 16, lstmCost], ["LSTM", 14, lstmCost]] as const).map(([cell, units, cost]) => {
    const size = { inputs: count, units };
    const delays = [2, 6].map((delay) => seeds.map((seed) =>
      measure(scan(cells[cell](size)), units, { steps: 16, delay, samples: 20, batches: short ? 1 : 120 }, seed, false)));
    return { label: `${cell}, ${units} units`, parameters: cost(size).parameters, delays };
  });
  print(`the symbol of some steps ago is named at every step, after learning from ${short ? 1 : 120} batches; mean (least to most) of ${seeds.length} networks`);
  const range = (shares: readonly number[]): string => `${percent(mean(shares))} (${[Math.min, Math.max].map((f) => (100 * f(...shares)).toFixed(0)).join(" to ")})`;
  table([["cell", "parameters", "2 steps ago", "6 steps ago"], ...rows.map(({ label, parameters, delays }) =>
    [label, String(parameters), ...delays.map(range)])]).forEach(print);

  const gru = scan(cells.GRU({ inputs: count, units: 16 }));
  const whole = { steps: 24, samples: 10, batches: short ? 1 : 200 };
  const ways = ([["one run", gru, whole, false], [`chunks of ${chunk}, state carried on`, truncated(gru, chunk), whole, false],
    [`chunks of ${chunk}, state reset`, gru, { ...whole, steps: chunk, samples: 60 }, true]] as const).map(([way, network, settings, all]) =>
    ({ way, shares: [2, 6].map((delay) => measure(network, 16, { ...settings, delay }, 1, all)) }));
  print("the same by a GRU of 16 units on sequences of 24 steps, trained in one run or in chunks");
  table([["training", "2 steps ago", "6 steps ago"], ...ways.map(({ way, shares }) => [way, ...shares.map(percent)])]).forEach(print);

  picture("gru-against-lstm.svg", dotPlot({
    title: "Naming the symbol of some steps ago", description: "accuracy of a simple RNN, a GRU and two LSTMs, of each several networks",
    x: { label: "named right, % (on the line: mean; below it: each)", from: 0, to: 100 }, kinds: ["2 steps ago", "6 steps ago"],
    rows: rows.map(({ label, parameters, delays }) => ({ label: `${label}: ${parameters} numbers`, values: delays.map((shares) => shares.map((share) => 100 * share)) })),
  }));
}
