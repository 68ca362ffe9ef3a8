/** The temperatures of the data folder. */
import { readFileSync } from "node:fs";
import type { NoParams } from "etalon/learning";
import type { Cell } from "etalon/rnn";
import type { Tensor } from "etalon/tensor";
import { mean } from "./numbers.ts";

/** A day of the record. */
export interface Day {
  readonly year: number;
  /** Which share of its year is over: 0 on the first of January. */
  readonly season: number;
  /** The highest temperature, °C. */
  readonly highest: number;
}

/** Seattle, every day from 1 January 2012 to 31 December 2015. */
export function temperatures(): readonly Day[] {
  const file = readFileSync(new URL("../data/seattle.csv", import.meta.url), "utf8");
  return file.trim().split("\n").flatMap((line) => {
    const [year, ...days] = line.split(",").map(Number) as [number, ...number[]];
    return days.map((highest, i) => ({ year, season: i / days.length, highest }));
  });
}

/** What was usual in the years before at a time of the year: the mean over the fifteen days around it in each. */
export function usual(known: readonly Day[], season: number): number {
  const near = known.filter((day) => Math.abs(((day.season - season + 1.5) % 1) - 0.5) < 7.5 / 365);
  return mean(near.map(({ highest }) => highest));
}

/** A cell that remembers nothing: its output is its input. */
export const Forgetful: Cell<NoParams, NoParams, Tensor, Tensor> = {
  init: () => ({}), zeroState: () => ({}), apply: (_, input) => [input, (dOutput) => [{}, dOutput]],
};
