/** Tables of what follows what: the simplest way to tell the next symbol. */
import { mark } from "./telling.ts";
import type { Symbols } from "./telling.ts";

/** A table of how often each symbol stood behind the few before it. */
export interface NGrams {
  /** How many counts the table has. */
  readonly counts: number;
  /** The probability of each symbol of the alphabet behind these. */
  readonly probabilities: (before: Symbols) => readonly number[];
}

/**
 * Counts what follows up to `context` symbols, and smooths the counts by those of the next shorter context:
 *
 *     p(x | c₁ … c_k) = (count(c₁ … c_k x) + strength·p(x | c₂ … c_k)) / (count(c₁ … c_k) + strength)
 *
 * Without any context the shorter one gives all symbols the same share; so no symbol has probability 0.
 * Source: MacKay, Peto, "A hierarchical Dirichlet language model" (1995).
 */
export function ngrams(sequences: readonly Symbols[], alphabet: Symbols, context: number, strength: number): NGrams {
  const table = new Map<string, Map<string, number>>();
  const lead = Array.from({ length: context }, () => mark);
  const last = (before: Symbols, length: number): string => before.slice(before.length - length).join(" ");
  for (const symbols of sequences) {
    const all = [...lead, ...symbols, mark];
    for (let at = context; at < all.length; at++) {
      for (let length = 0; length <= context; length++) {
        const before = last(all.slice(0, at), length);
        const followers = table.get(before) ?? new Map<string, number>();
        followers.set(all[at]!, (followers.get(all[at]!) ?? 0) + 1);
        table.set(before, followers);
      }
    }
  }
  const shares = (before: Symbols, length: number): readonly number[] => {
    if (length < 0) return alphabet.map(() => 1 / alphabet.length);
    const followers = table.get(last(before, length));
    const shorter = shares(before, length - 1);
    if (followers === undefined) return shorter;
    const total = [...followers.values()].reduce((sum, count) => sum + count, strength);
    return alphabet.map((symbol, i) => ((followers.get(symbol) ?? 0) + strength * shorter[i]!) / total);
  };
  return {
    counts: [...table.values()].reduce((sum, { size }) => sum + size, 0),
    probabilities: (before) => shares([...lead, ...before], context),
  };
}
