/** Sequences of symbols, such as letters, words or notes: as networks read them, learn to tell them, and write them. */
import { crossEntropy, crossEntropyBackward, lossFunction, oneHot, shuffledBatches, softmax } from "etalon/learning";
import type { Batch } from "etalon/learning";
import { everyStepLoss, zeroState } from "etalon/rnn";
import type { Sequence, Steps } from "etalon/rnn";
import { foldIn, tensor, toNested, uniform } from "etalon/tensor";
import type { Key, Tensor } from "etalon/tensor";

/** One symbol after the other. */
export type Symbols = readonly string[];

/** The mark that stands before the first symbol and behind the last. */
export const mark = ".";

/** All symbols of some sequences, behind the mark, which is none of them: the class of a symbol is its place here. */
export const alphabetOf = (sequences: readonly Symbols[]): Symbols => [mark, ...[...new Set(sequences.flat())].sort()];

/** Stands for the class where a sequence is over. */
const none = -1;

/** Step by step, the class of each sequence's symbol; as many steps as the longest has. */
function classesOf(sequences: readonly Symbols[], alphabet: Symbols, filling: number): readonly Tensor[] {
  const classes = new Map(alphabet.map((symbol, i) => [symbol, i]));
  const longest = Math.max(...sequences.map(({ length }) => length));
  return Array.from({ length: longest }, (_, t) => tensor(sequences.map((symbols) => (t < symbols.length ? classes.get(symbols[t]!)! : filling))));
}

/** Sequences that are read, as one-hot vectors, and how long each is. */
export const reading = (sequences: readonly Symbols[], alphabet: Symbols): Steps<Tensor> =>
  [classesOf(sequences, alphabet, 0).map((step) => oneHot(step, alphabet.length)), tensor(sequences.map(({ length }) => length))];

/** Sequences that are told symbol by symbol: what is read before each, and which it is; at the end, the mark. */
export const telling = (sequences: readonly Symbols[], alphabet: Symbols): { readonly input: Steps<Tensor>; readonly target: readonly Tensor[] } => ({
  input: reading(sequences.map((symbols) => [mark, ...symbols]), alphabet),
  target: classesOf(sequences.map((symbols) => [...symbols, mark]), alphabet, none),
});

/** Sequences whose own symbols are to be named, each in its place. */
export const naming = (sequences: readonly Symbols[], alphabet: Symbols): { readonly input: Steps<Tensor>; readonly target: readonly Tensor[] } =>
  ({ input: reading(sequences, alphabet), target: classesOf(sequences, alphabet, none) });

/** Shuffled batches of sequences with their lengths, each batch no longer than its longest sequence. */
export function batchesToLength(
  data: { readonly input: Steps<Tensor>; readonly target: readonly Tensor[] }, size: number,
): (key: Key) => Iterable<Batch<Steps<Tensor>, readonly Tensor[]>> {
  const batches = shuffledBatches(data, size);
  return (key) => Array.from(batches(key), ({ input: [steps, lengths], target, ...rest }) => {
    const longest = Math.max(...lengths!.values);
    return { ...rest, input: [steps.slice(0, longest), lengths], target: target.slice(0, longest) };
  });
}

/** Shuffled batches of {@link telling}. */
export const tellingBatches = (
  sequences: readonly Symbols[], alphabet: Symbols, size: number,
): ((key: Key) => Iterable<Batch<Steps<Tensor>, readonly Tensor[]>>) => batchesToLength(telling(sequences, alphabet), size);

/** How surprised a network is by what it should have told; where a sequence is over, nothing counts. */
export const tellingLoss = everyStepLoss(lossFunction(crossEntropy, crossEntropyBackward, { ignoreIndex: none }));

/** The probabilities of all symbols, of each sequence at each of its steps. */
export function probabilitiesOf(scores: readonly Tensor[], lengths: Tensor): readonly (readonly (readonly number[])[])[] {
  const steps = scores.map((step) => toNested(softmax(step)) as readonly (readonly number[])[]);
  return lengths.values.map((length, n) => steps.slice(0, length).map((step) => step[n]!));
}

/** Sequences that a network writes by itself, each symbol drawn with the probability that the network gives it; at most 20 symbols each. */
export function drawn<P, S>(network: Sequence<P, S, Tensor, Tensor>, params: P, alphabet: Symbols, count: number, key: Key): readonly Symbols[] {
  let state = zeroState(network, count);
  let symbols = Array.from({ length: count }, () => 0);
  const steps = Array.from({ length: 20 }, (_, t) => {
    const [[next, [scores]]] = network.apply(params, [state, [oneHot(tensor(symbols), alphabet.length)]]);
    const draws = uniform(foldIn(key, t), [count]).values;
    symbols = (toNested(softmax(scores!)) as readonly (readonly number[])[]).map((shares, n) => chosen(shares, draws[n]!));
    state = next;
    return symbols.map((symbol) => alphabet[symbol]!);
  });
  return symbols.map((_, n) => steps.map((step) => step[n]!)).map((each) => each.slice(0, [...each, mark].indexOf(mark)));
}

/** Which of the shares of 1 a number from 0 to 1 falls into. */
export function chosen(shares: readonly number[], draw: number): number {
  let sum = 0;
  const ends = shares.map((share) => (sum += share));
  const first = ends.findIndex((end) => draw < end);
  return first < 0 ? shares.length - 1 : first;
}
