import { parameterCount } from "etalon/cnn";
import { Adam, FullyConnected, clipped, cosineDecay, startTraining, train } from "etalon/learning";
import { Gru, everyStep, fromZeros, greedyDecode, scan, zeroState } from "etalon/rnn";
import { key, toNested } from "etalon/tensor";
import { ngrams } from "./support/ngrams.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { pianoRolls } from "./support/piano-roll.ts";
import type { Show } from "./support/show.ts";
import { alphabetOf, mark, probabilitiesOf, reading, telling, tellingBatches, tellingLoss } from "./support/telling.ts";
import type { Symbols } from "./support/telling.ts";
import { rollOf, tunes } from "./support/tunes.ts";

export const summary = "Twelve old tunes: a recurrent network learns them by heart, continues them, and fails to foresee a tune that it never heard.";
export const long = true;

const songs = tunes();
const alphabet = alphabetOf(songs.map(({ notes }) => notes));
const network = everyStep(scan(Gru({ inputs: alphabet.length, units: 48 })), FullyConnected({ inputs: 48, outputs: alphabet.length }));
const layer = fromZeros(network);
const likeliest = (shares: readonly number[]): string => alphabet[shares.indexOf(Math.max(...shares))]!;

/** Learns to tell each note from those before it. */
function learn(learned: readonly Symbols[], epochs: number) {
  const rate = cosineDecay({ rate: 0.02, steps: epochs * Math.ceil(learned.length / 4) });
  const rule = clipped(Adam({ rate }), { maxNorm: 1 });
  return train(startTraining(layer, key(2)), { layer, loss: tellingLoss, rule, batches: tellingBatches(learned, alphabet, 4), epochs }).params;
}
type Params = ReturnType<typeof learn>;

/** How often a table and the network take the right note, or the end, for the likeliest. */
const rightByTable = (learned: readonly Symbols[], heard: readonly Symbols[], context: number): number => {
  const { probabilities } = ngrams(learned, alphabet, context, 0.1);
  return mean(heard.flatMap((notes) => [...notes, mark].map((note, i) => Number(likeliest(probabilities(notes.slice(0, i))) === note))));
};
function rightByNetwork(params: Params, heard: readonly Symbols[]): number {
  const { input } = telling(heard, alphabet);
  const shares = probabilitiesOf(layer.apply(params, input)[0], input[1]!);
  return mean(heard.flatMap((notes, n) => [...notes, mark].map((note, i) => Number(likeliest(shares[n]![i]!) === note))));
}

/** How the network goes on after the first notes of a tune, always by the likeliest note, until it ends the tune or has written so many notes. */
function continued(params: Params, opening: Symbols, most: number): Symbols {
  const [steps] = reading([[mark, ...opening.slice(0, -1)]], alphabet);
  const [[state]] = network.apply(params, [zeroState(network, 1), steps]);
  const start = alphabet.indexOf(opening.at(-1)!);
  const { classes, lengths } = greedyDecode(network, params, state, { classes: alphabet.length, start, end: 0, steps: most });
  return (toNested(classes) as readonly (readonly number[])[])[0]!.slice(0, lengths.values[0]!).map((symbol) => alphabet[symbol]!);
}

export function run({ print, picture }: Show, short = false): void {
  const all = songs.map(({ notes }) => (short ? notes.slice(0, 8) : notes));
  const params = learn(all, short ? 1 : 50);
  const fourths = (short ? [0] : [0, 1, 2, 3]).map((fourth) => [false, true].map((held) => all.filter((_, i) => (i % 4 === fourth) === held)));
  const folds = fourths.map(([learned, heard]) => ({ learned: learned!, heard: heard! }));
  const foreseen = mean(folds.map(({ learned, heard }) => rightByNetwork(learn(learned, short ? 1 : 12), heard)));

  print(`${all.length} tunes of ${all.flat().length} notes, ${alphabet.length - 1} of them different; next note foreseen:`);
  const rows = ["no note", "one note", "two notes", "three notes", "four notes"].map((before, context) => [
    `table, ${before} before`, String(ngrams(all, alphabet, context, 0.1).counts), percent(rightByTable(all, all, context)),
    percent(mean(folds.map(({ learned, heard }) => rightByTable(learned, heard, context)))),
  ]);
  const own = ["GRU, all notes before", String(parameterCount(params)), percent(rightByNetwork(params, all)), percent(foreseen)];
  table([["", "numbers", "tunes it learned", "tunes never heard"], ...rows, own]).forEach((line) => print(line));
  const given = [1, 2, 3, 5];
  const whole = given.map((first) =>
    all.filter((notes) => continued(params, notes.slice(0, first), notes.length).join(" ") === notes.slice(first).join(" ")).length);
  table([["first notes given", ...given.map(String)], ["tunes that the GRU continues to the end without a mistake", ...whole.map(String)]])
    .forEach((line) => print(line));

  const { notes, bar } = songs[0]!;
  const opening = notes.slice(0, 5);
  const follower = ngrams(all, alphabet, 1, 0.1).probabilities;
  const byTable = notes.slice(5).reduce<Symbols>((sofar) => [...sofar, likeliest(follower(sofar))], opening).slice(5);
  picture("melody.svg", pianoRolls({
    title: "Ode to Joy, continued from five notes", bar, eighths: 128,
    description: "the tune, what the GRU makes of its first five notes, the same to the end, and what a table of followers makes of them",
    rolls: ([["the tune", notes.slice(5)], ["the GRU", continued(params, opening, 80)], ["the most frequent follower of each note", byTable]] as const)
      .map(([caption, rest]) => rollOf(caption, notes, [...opening, ...rest], 5)),
  }));
}
