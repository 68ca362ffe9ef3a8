import { parameterCount } from "etalon/cnn";
import { Adam, FullyConnected, clipped, cosineDecay, shuffledBatches, startTraining, train } from "etalon/learning";
import type { ParamsOf } from "etalon/learning";
import { Gru, encoderDecoder, everyStep, greedyDecode, scan, zeroState } from "etalon/rnn";
import { key, toNested, uniform } from "etalon/tensor";
import { numberWords } from "./support/number-words.ts";
import { mean, percent, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";
import { alphabetOf, reading, telling, tellingLoss } from "./support/telling.ts";
import type { Symbols } from "./support/telling.ts";

export const summary = "Number words to digits and back: an encoder and a decoder translate numbers that they never saw.";
export const long = true;

const numbers = Array.from({ length: 1000 }, (_, number) => number);
const [words, digits] = [numbers.map(numberWords), numbers.map((number) => [...String(number)])];

/** A translator from one way of writing numbers to another; both lists are in the order of the numbers. */
function translator(from: readonly Symbols[], to: readonly Symbols[]) {
  const [source, target] = [alphabetOf(from), alphabetOf(to)];
  const encoder = scan(Gru({ inputs: source.length, units: 32 }));
  const decoder = everyStep(scan(Gru({ inputs: target.length, units: 32 })), FullyConnected({ inputs: 32, outputs: target.length }));
  const layer = encoderDecoder(encoder, decoder);
  const read = (some: readonly number[]) => reading(some.map((number) => from[number]!), source);

  /** What the network writes for each number. */
  const translate = (params: ParamsOf<typeof layer>, some: readonly number[]): readonly Symbols[] => {
    const [[state]] = encoder.apply(params.encoder, [zeroState(encoder, some.length), ...read(some)]);
    const { classes, lengths } = greedyDecode(decoder, params.decoder, state, { classes: target.length, start: 0, end: 0, steps: 10 });
    return (toNested(classes) as readonly (readonly number[])[]).map((row, i) => row.slice(0, lengths.values[i]!).map((symbol) => target[symbol]!));
  };
  const isRight = (written: Symbols, number: number): boolean => written.join(" ") === to[number]!.join(" ");
  const rightOf = (params: ParamsOf<typeof layer>, some: readonly number[]): number =>
    mean(translate(params, some).map((written, i) => Number(isRight(written, some[i]!))));

  return (learned: readonly number[], test: readonly number[], epochs: number) => {
    const { input, target: told } = telling(learned.map((number) => to[number]!), target);
    const rate = cosineDecay({ rate: 0.02, steps: epochs * Math.ceil(learned.length / 20) });
    const { params, history } = train(startTraining(layer, key(2)), {
      layer, loss: tellingLoss, rule: clipped(Adam({ rate }), { maxNorm: 1 }), epochs,
      batches: shuffledBatches({ input: { encoder: read(learned), decoder: input }, target: told }, 20),
      evaluate: (now) => ({ learned: rightOf(now, learned), unseen: rightOf(now, test) }),
    });
    const pairs = translate(params, test).map((written, i) => ({ number: test[i]!, written }));
    return { parameters: parameterCount(params), history, mistakes: pairs.filter(({ number, written }) => !isRight(written, number)) };
  };
}

export function run({ print, picture }: Show, short = false): void {
  const draws = uniform(key(7), [numbers.length]).values;
  const shuffled = numbers.toSorted((a, b) => draws[a]! - draws[b]!);
  const [learned, test] = short ? [shuffled.slice(0, 20), shuffled.slice(500, 520)] : [shuffled.slice(0, 500), shuffled.slice(500)];
  const results = ([["words to digits", words, digits], ["digits to words", digits, words]] as const).map(([name, from, to]) =>
    ({ name, from, ...translator(from, to)(learned, test, short ? 1 : 20) }));

  print(`${learned.length} numbers below 1000 to learn from, ${test.length} others; wholly right:`);
  table([["", "parameters", "learned", "never seen"], ...results.map(({ name, parameters, history }) =>
    [name, String(parameters), ...["learned", "unseen"].map((kind) => percent(history.at(-1)!.evaluation[kind]!))])]).forEach((line) => print(line));
  const shown = results.map(({ from, mistakes }) => mistakes.slice(0, 5).map(({ number, written }) => `${from[number]!.join(" ")} → ${written.join(" ")}`));
  if (!short) ["mistakes:", ...shown.flat()].forEach((line) => print(line));

  picture("number-words.svg", plot({
    title: "Translating numbers",
    description: "share of numbers that are translated without a mistake, by epoch: both directions come close to all, digits to words later",
    x: { label: "epoch" }, y: { label: "wholly right, %", from: 0, to: 100 },
    series: results.flatMap(({ name, history }) => (["unseen", "learned"] as const).map((kind) =>
      ({ label: `${name}, ${kind}`, points: history.map(({ epoch, evaluation }) => [epoch, 100 * evaluation[kind]!] as const) }))),
  }, 860));
}
