/** What the experiments on memory share: the cells, sequences of random symbols, and learning to name them. */
import { Adam, accuracy, clipped, crossEntropy, crossEntropyBackward, lossFunction, oneHot, startTraining, train } from "etalon/learning";
import type { Batch, Layer } from "etalon/learning";
import { Gru, Lstm, SimpleRnn, everyStepLoss } from "etalon/rnn";
import type { Cell, CellSize, Steps } from "etalon/rnn";
import { foldIn, fromSteps, key, map, reshape, tensor, toSteps, uniform } from "etalon/tensor";
import type { Key, Tensor } from "etalon/tensor";

/** A cell of any kind. */
export type AnyCell = Cell<any, any, Tensor, Tensor>;

/** The cells of the library by name. */
export const cells: Readonly<Record<"simple RNN" | "GRU" | "LSTM", (size: CellSize) => AnyCell>> = { "simple RNN": SimpleRnn, GRU: Gru, LSTM: Lstm };

/** Steps of random class indices, `[N]` each. */
export const randomSymbols = (from: Key, samples: number, steps: number, count: number): readonly Tensor[] =>
  Array.from({ length: steps }, (_, t) => map(uniform(foldIn(from, t), [samples], 0, count), Math.floor));

/**
 * Sequences of the symbols 2 and 3, among which one 0 and one 1 stand somewhere. Pattern: do four 3 follow one another? Order: does the 0 stand
 * before the 1? First: which symbol does the sequence begin with?
 */
export function markedSequences(from: Key, samples: number, steps: number) {
  const fillers = randomSymbols(foldIn(from, 0), samples, steps, 2);
  const drawn = uniform(foldIn(from, 1), [samples, 2]).values;
  const rows = Array.from({ length: samples }, (_, n) => {
    const zero = Math.floor(drawn[2 * n]! * steps);
    const one = (zero + 1 + Math.floor(drawn[2 * n + 1]! * (steps - 1))) % steps;
    return fillers.map(({ values }, t) => (t === zero ? 0 : t === one ? 1 : 2 + values[n]!));
  });
  const targetOf = (ask: (row: readonly number[]) => number): Tensor => tensor(rows.map(ask));
  return {
    steps: toSteps(oneHot(tensor(rows), 4), "batchFirst"), pattern: targetOf((row) => Number(row.join("").includes("3333"))),
    order: targetOf((row) => Number(row.indexOf(0) < row.indexOf(1))), first: targetOf((row) => row[0]!),
  };
}

/** Adam with a rate of 0.01, gradients clipped to a norm of 1. */
export const rule = clipped(Adam({ rate: 0.01 }), { maxNorm: 1 });

/** The parameters after so many fresh batches, with cross entropy at every step. */
export const learned = <P>(
  layer: Layer<P, Steps<Tensor>, readonly Tensor[]>, make: (from: Key) => Batch<Steps<Tensor>, readonly Tensor[]>, batches: number, seed: number,
): P => train(startTraining(layer, key(seed)), {
  layer, rule, epochs: 1, loss: everyStepLoss(lossFunction(crossEntropy, crossEntropyBackward)),
  batches: (from) => Array.from({ length: batches }, (_, i) => make(foldIn(from, i))),
}).params;

/** The share of right predictions over all of these steps together. */
export function accuracyOver(predictions: readonly Tensor[], targets: readonly Tensor[]): number {
  const [steps, samples, classes] = fromSteps(predictions).shape as readonly [number, number, number];
  return accuracy(reshape(fromSteps(predictions), [steps * samples, classes]), reshape(fromSteps(targets), [steps * samples]));
}
