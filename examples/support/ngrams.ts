/** Tables of what stands beside what: the simplest way to tell the next symbol, or a missing one. */
import { mark } from "./telling.ts";
import type { Symbols } from "./telling.ts";

/** A table of how often each symbol stood beside a few others. */
export interface NGrams {
  /** How many counts the table has. */
  readonly counts: number;
  /** The probability of each symbol of the alphabet beside these. */
  readonly probabilities: (beside: Symbols) => readonly number[];
}

/** A place in a sequence: what stands beside it, the nearest last, and its own symbol. */
export interface Place {
  readonly beside: Symbols;
  readonly symbol: string;
}

/**
 * Counts what stands beside up to `context` symbols, and smooths the counts by those of the next shorter context:
 *
 *     p(x | c₁ … c_k) = (count(c₁ … c_k x) + strength·p(x | c₂ … c_k)) / (count(c₁ … c_k) + strength)
 *
 * Without any context the shorter one gives all symbols the same share; so no symbol has probability 0.
 * Source: MacKay, Peto, "A hierarchical Dirichlet language model" (1995).
 */
export function tableOf(places: Iterable<Place>, alphabet: Symbols, context: number, strength: number): NGrams {
  const table = new Map<string, Map<string, number>>();
  const last = (beside: Symbols, length: number): string => beside.slice(beside.length - length).join(" ");
  for (const { beside, symbol } of places) {
    for (let length = 0; length <= context; length++) {
      const nearest = last(beside, length);
      const counts = table.get(nearest) ?? new Map<string, number>();
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
      table.set(nearest, counts);
    }
  }
  const shares = (beside: Symbols, length: number): readonly number[] => {
    if (length < 0) return alphabet.map(() => 1 / alphabet.length);
    const counts = table.get(last(beside, length));
    const shorter = shares(beside, length - 1);
    if (counts === undefined) return shorter;
    const total = [...counts.values()].reduce((sum, count) => sum + count, strength);
    return alphabet.map((symbol, i) => ((counts.get(symbol) ?? 0) + strength * shorter[i]!) / total);
  };
  return { counts: [...table.values()].reduce((sum, { size }) => sum + size, 0), probabilities: (beside) => shares(beside, context) };
}

/** A {@link tableOf} what follows up to `context` symbols, the mark standing before the first as often as need be and behind the last. */
export function ngrams(sequences: readonly Symbols[], alphabet: Symbols, context: number, strength: number): NGrams {
  const lead = Array.from({ length: context }, () => mark);
  const places = sequences.flatMap((symbols) => {
    const all = [...lead, ...symbols];
    return [...symbols, mark].map((symbol, i) => ({ beside: all.slice(0, context + i), symbol }));
  });
  const { counts, probabilities } = tableOf(places, alphabet, context, strength);
  return { counts, probabilities: (before) => probabilities([...lead, ...before]) };
}
