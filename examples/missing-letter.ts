import { parameterCount } from "etalon/cnn";
import { Adam, FullyConnected, clipped, cosineDecay, startTraining, train } from "etalon/learning";
import { SimpleRnn, bidirectional, everyStep, fromZeros, reverse, scan } from "etalon/rnn";
import type { AnySequence } from "etalon/rnn";
import { key, uniform } from "etalon/tensor";
import { delayed } from "./support/delayed.ts";
import { firstNames } from "./support/names.ts";
import { tableOf } from "./support/ngrams.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";
import { alphabetOf, batchesToLength, mark, naming, probabilitiesOf, tellingLoss } from "./support/telling.ts";
import type { Symbols } from "./support/telling.ts";

export const summary = "A letter is missing from a name: networks that read before it, behind it, and both, combined in five ways.";
export const long = true;

const names = firstNames();
const letters = alphabetOf(names).slice(1);
/** For every name and every letter of it, the probability of each letter. */
type Shares = readonly (readonly (readonly number[])[])[];

/** A network that has read the letters before the missing one; turned round, those behind it. */
const reader = (units: number): AnySequence => delayed(scan(SimpleRnn({ inputs: letters.length, units })));
const both = (units: number, merge: "concat" | "sum" | "average") => bidirectional(reader(units), reader(units), { merge });
const networks = ([["RNN, before", reader(41), 41], ["RNN, behind", reverse(reader(41)), 41], ["both, side by side", both(24, "concat"), 48],
  ["both, summed", both(28, "sum"), 28], ["both, averaged", both(28, "average"), 28]] as const)
  .map(([name, sequence, outputs]) => ({ name, layer: fromZeros(everyStep(sequence, FullyConnected({ inputs: outputs, outputs: letters.length }))) }));

/** What stands beside a letter, the nearest last: so many before it and behind it, marks beyond the ends. */
const beside = (name: Symbols, i: number, before: number, behind: number): Symbols =>
  Array.from({ length: Math.max(before, behind) }, (_, d) => [...(d < before ? [name[i - d - 1] ?? mark] : []), ...(d < behind ? [name[i + d + 1] ?? mark] : [])])
    .toReversed().flatMap((pair) => pair.toReversed());

export function run({ print, picture }: Show, short = false): void {
  const draws = uniform(key(1), [names.length]).values;
  const shuffled = Array.from(names.keys()).sort((a, b) => draws[a]! - draws[b]!).map((i) => names[i]!);
  const [test, learned] = short ? [shuffled.slice(0, 20), shuffled.slice(842, 906)] : [shuffled.slice(0, 842), shuffled.slice(842, 6842)];
  const asked = naming(test, letters);
  const tables = ([["no letter", 0, 0], ["two before", 2, 0], ["two behind", 0, 2], ["one on each side", 1, 1], ["two on each side", 2, 2]] as const).map(([label, before, behind]) => {
    const places = learned.flatMap((name) => name.map((symbol, i) => ({ symbol, beside: beside(name, i, before, behind) })));
    const { counts, probabilities } = tableOf(places, letters, before + behind, 10);
    return { name: `table, ${label}`, numbers: counts, runs: [test.map((name) => name.map((_, i) => probabilities(beside(name, i, before, behind))))] };
  });
  const seeds = short ? [1] : [1, 2];
  const trained = networks.map(({ name, layer }) => {
    const each = seeds.map((seed) => train(startTraining(layer, key(seed)), {
      layer, loss: tellingLoss, epochs: short ? 1 : 2, batches: batchesToLength(naming(learned, letters), 32),
      rule: clipped(Adam({ rate: cosineDecay({ rate: 0.03, steps: 2 * Math.ceil(learned.length / 32) }) }), { maxNorm: 1 }),
    }).params);
    return { name, numbers: parameterCount(each[0]!), runs: each.map((params) => probabilitiesOf(layer.apply(params, asked.input)[0], asked.input[1]!)) };
  });
  /** The predictions of the two that were trained alone, combined letter by letter and brought to a sum of 1. */
  const combined = (name: string, combine: (before: number, behind: number, usual: number) => number) => ({
    name, numbers: 2 * trained[0]!.numbers, runs: trained[0]!.runs.map((shares, run): Shares => shares.map((places, n) => places.map((before, i) => {
      const values = before.map((share, x) => combine(share, trained[1]!.runs[run]![n]![i]![x]!, tables[0]!.runs[0]![0]![0]![x]!));
      return values.map((value) => value / values.reduce((sum, each) => sum + each));
    }))),
  });
  const all = [...tables, ...trained, combined("alone, shares averaged", (before, behind) => before + behind),
    combined("alone, shares multiplied", (before, behind, usual) => before * behind / usual)];

  const measure = (runs: readonly Shares[], of: (share: number, shares: readonly number[]) => number, within = (_name: Symbols, _i: number): boolean => true): readonly number[] =>
    runs.map((shares) => mean(test.flatMap((name, n) => name.flatMap((letter, i) =>
      (within(name, i) ? [of(shares[n]![i]![letters.indexOf(letter)]!, shares[n]![i]!)] : [])))));
  const bits = (share: number): number => -Math.log2(share);
  print(`${learned.length} names to learn from, ${test.length} held out; each of their letters is told from the others:`);
  table([["", "numbers", "right", "bits", "least–most"], ...all.map(({ name, numbers, runs }) => {
    const each = measure(runs, bits);
    const right = mean(measure(runs, (share, shares) => Number(share === Math.max(...shares))));
    return [name, String(numbers), percent(right), mean(each).toFixed(2), `${Math.min(...each).toFixed(2)}–${Math.max(...each).toFixed(2)}`];
  })]).forEach((line) => print(line));
  picture("missing-letter.svg", plot({
    title: "Which letter is missing from a name of six?", description: "bits by the place of the missing letter, for networks that read before it, behind it, and both",
    x: { label: "place of the missing letter", from: 1, to: 6, step: 1 }, y: { label: "bits", from: 0 },
    series: trained.slice(0, 3).map(({ name, runs }) => ({ label: name, points: [1, 2, 3, 4, 5, 6].map((place) =>
      [place, mean(measure(runs, bits, ({ length }, i) => length === 6 && i + 1 === place))] as const) })),
  }));
}
