import { parameterCount } from "etalon/cnn";
import { AdamW, FullyConnected, clipped, cosineDecay, startTraining, train } from "etalon/learning";
import { Gru, everyStep, fromZeros, scan } from "etalon/rnn";
import { key, uniform } from "etalon/tensor";
import { firstNames } from "./support/names.ts";
import { ngrams } from "./support/ngrams.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";
import { alphabetOf, drawn, mark, probabilitiesOf, telling, tellingBatches, tellingLoss } from "./support/telling.ts";
import type { Symbols } from "./support/telling.ts";

export const summary = "First names, letter by letter: a recurrent network against tables of what follows what, and names that it makes up.";
export const long = true;

const names = firstNames();
const alphabet = alphabetOf(names);
const network = everyStep(scan(Gru({ inputs: alphabet.length, units: 48 })), FullyConnected({ inputs: 48, outputs: alphabet.length }));
const layer = fromZeros(network);

/** Learns to tell each letter from those before it. */
function learn(learned: readonly Symbols[], epochs: number) {
  const rate = cosineDecay({ rate: 0.02, steps: epochs * Math.ceil(learned.length / 64) });
  return train(startTraining(layer, key(2)), {
    layer, loss: tellingLoss, epochs,
    rule: clipped(AdamW({ rate, weightDecay: 0.01 }), { maxNorm: 1 }), batches: tellingBatches(learned, alphabet, 64),
  }).params;
}

export function run({ print, picture }: Show, short = false): void {
  const draws = uniform(key(1), [names.length]).values;
  const shuffled = Array.from(names.keys()).sort((a, b) => draws[a]! - draws[b]!).map((i) => names[i]!);
  const [test, learned] = short ? [shuffled.slice(0, 20), shuffled.slice(842, 906)] : [shuffled.slice(0, 842), shuffled.slice(842)];
  const params = learn(learned, short ? 1 : 6);
  /** How surprised a model is by each letter of each name, in bits. */
  const bitsOf = (shares: readonly (readonly (readonly number[])[])[]): readonly (readonly number[])[] =>
    test.map((name, n) => [...name, mark].map((letter, i) => -Math.log2(shares[n]![i]![alphabet.indexOf(letter)]!)));

  const tables = ["no letter", "one letter", "two letters", "three letters", "four letters"].map((before, context) => {
    const { counts, probabilities } = ngrams(learned, alphabet, context, 10);
    const shares = test.map((name) => [...name, mark].map((_, i) => probabilities(name.slice(0, i))));
    return { name: `table, ${before} before`, numbers: counts, bits: bitsOf(shares) };
  });
  const { input } = telling(test, alphabet);
  const shares = probabilitiesOf(layer.apply(params, input)[0], input[1]!);
  const recurrent = { name: "GRU, all letters before", numbers: parameterCount(params), bits: bitsOf(shares) };
  print(`${learned.length} names to learn from, ${test.length} held out; bits a letter, the end counted as one:`);
  const rows = [...tables, recurrent].map(({ name, numbers, bits }) => [name, String(numbers), mean(bits.flat()).toFixed(2)]);
  table([["", "numbers", "held out"], ...rows]).forEach((line) => print(line));

  const made = drawn(network, params, alphabet, short ? 20 : 1000, key(3)).map((name) => name.join("")).filter((name) => name !== "");
  const [seen, unseen] = [learned, test].map((list) => new Set(list.map((name) => name.join("")))) as [Set<string>, Set<string>];
  const fresh = made.filter((name) => !seen.has(name) && !unseen.has(name));
  const share = (part: readonly string[]): string => percent(part.length / made.length);
  print(`of ${made.length} names that the GRU makes up, ${share(made.filter((name) => seen.has(name)))} are among those that it learned from,`);
  print(`${share(made.filter((name) => unseen.has(name)))} among those held out, and ${share(fresh)} in neither list; the first of these:`);
  if (!short) [0, 10, 20].forEach((from) => print(fresh.slice(from, from + 10).join(" ")));

  /** The mean over the names that are so long. */
  const meanAt = (bits: readonly (readonly number[])[], i: number): number => mean(bits.flatMap((each) => (each.length > i ? [each[i]!] : [])));
  const longest = Math.min(10, ...test.map(({ length }) => length).toSorted((a, b) => b - a).slice(0, 1));
  picture("names.svg", plot({
    title: "How surprising is the next letter?",
    description: "bits by the place of the letter, for the GRU and for tables of one and of four letters: lower towards the end, most for the GRU",
    x: { label: "place in the name", from: 1, to: 10, step: 1 }, y: { label: "bits", from: 0 },
    series: [recurrent, tables[1]!, tables[4]!].map(({ name, bits }) =>
      ({ label: name, points: Array.from({ length: longest }, (_, i) => [i + 1, meanAt(bits, i)] as const) })),
  }));
}
