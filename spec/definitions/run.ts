/**
 * How the specifications of the definitions call them on plain numbers.
 *
 * @module
 */
import { definitions, numbers, type Inputs, type Nested, type Options, type Outputs } from "./index.ts";

/** All outputs of an operation on numbers. */
export const run = (name: string, inputs: Inputs<number>, options: Options = {}): Outputs<number> =>
  definitions[name]!(numbers, inputs, options);

/** The output named `output`. */
export const outputOf = (name: string, inputs: Inputs<number>, options: Options = {}): Nested<number> =>
  run(name, inputs, options)["output"]!;

/** One plane as a batch of one sample with one channel. */
export const plane = (rows: Nested<number>): Nested<number> => [[rows]];
