/** The tunes of the data folder. */
import { readFileSync } from "node:fs";
import type { Roll } from "./piano-roll.ts";

/** A tune in C major. */
export interface Tune {
  readonly title: string;
  /** How many eighths a bar has. */
  readonly bar: number;
  /** In ABC notation: pitch, then length in eighths unless it is one; a comma is an octave down, a small letter one up, ^ sharp. */
  readonly notes: readonly string[];
}

/** All tunes. */
export function tunes(): readonly Tune[] {
  const blocks = readFileSync(new URL("../data/tunes.txt", import.meta.url), "utf8").trim().split("\n\n");
  return blocks.map((block) => {
    const [title, metre, notes] = block.split("\n") as [string, string, string];
    return { title, bar: metre === "6/8" ? 6 : 8, notes: notes.split(/[ |]+/) };
  });
}

const steps = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 } as const;

/** The pitch of a note in half tones above middle C, and its length in eighths. */
export function soundOf(note: string): { readonly pitch: number; readonly length: number } {
  const match = /^(\^?)([A-Ga-g])(,?)(\d?)$/.exec(note);
  if (match === null) throw new RangeError(`soundOf: expected a note in ABC notation, got ${note}`);
  const [, sharp, letter, low, length] = match;
  const upper = letter!.toUpperCase();
  return { pitch: steps[upper as keyof typeof steps] + (sharp ? 1 : 0) + (letter === upper ? 0 : 12) - (low ? 12 : 0), length: Number(length || 1) };
}

/** A tune as a roll, each note held against the one of the true tune that stands in its place; so many were given. */
export const rollOf = (caption: string, tune: readonly string[], notes: readonly string[], given: number): Roll => ({
  caption, notes: notes.map((note, i) => ({ ...soundOf(note), kind: i < given ? "given" : note === tune[i] ? "right" : "wrong" })),
});
