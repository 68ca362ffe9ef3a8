/**
 * Counting: how many numbers a recurrent cell learns, and how many products one step takes.
 *
 *                       parameters                  multiply–adds a step
 *     simple RNN        H·(F + H + 1)               H·(F + H)
 *     GRU               3·H·(F + H + 1)             3·H·(F + H)
 *     LSTM              4·H·(F + H + 1)             4·H·(F + H)
 *     whole history     H·(T·F + 1)                 H·T·F
 *
 * The cells' numbers do not depend on the length T of the sequence; those of a layer that is fed the whole history at once grow with it. A
 * multiply–add is one weight times one number, added to a sum; products of gates and adding the bias do not count.
 *
 * Notes: recurrent neural networks (a network that is fed the whole history grows with it), drawbacks (many more parameters).
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { show, wrongValue } from "../tensor/shape.ts";
import { Gru } from "./gru.ts";
import type { GruSettings } from "./gru.ts";
import { Lstm } from "./lstm.ts";
import type { LstmSettings } from "./lstm.ts";
import { SimpleRnn } from "./simple-rnn.ts";
import type { SimpleRnnSettings } from "./simple-rnn.ts";

/** What one cell costs. */
export interface CellCost {
  /** How many numbers are learned, biases included; whatever the length of the sequence. */
  readonly parameters: number;
  /** How many products are added to a sum at one step of one sample. */
  readonly multiplyAdds: number;
}

/**
 * What a {@link SimpleRnn} cell costs.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { simpleRnnCost } from "etalon/rnn";
 * simpleRnnCost({ inputs: 10, units: 20 }); // => { parameters: 620, multiplyAdds: 600 }
 * ```
 */
export function simpleRnnCost(settings: SimpleRnnSettings): CellCost {
  SimpleRnn(settings); // refuses settings that do not fit
  return gates(1, settings.inputs, settings.units);
}

/**
 * What an {@link Lstm} cell costs, without peepholes; coupled gates save one of four.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { lstmCost } from "etalon/rnn";
 * lstmCost({ inputs: 10, units: 20 }); // => { parameters: 2480, multiplyAdds: 2400 }
 * ```
 */
export function lstmCost(settings: LstmSettings): CellCost {
  Lstm(settings);
  return gates(settings.coupled === true ? 3 : 4, settings.inputs, settings.units);
}

/**
 * What a {@link Gru} cell costs; with the reset after the product there is one more bias.
 *
 * @throws RangeError where a size or option does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { gruCost } from "etalon/rnn";
 * gruCost({ inputs: 10, units: 20 }); // => { parameters: 1860, multiplyAdds: 1800 }
 * ```
 */
export function gruCost(settings: GruSettings): CellCost {
  Gru(settings);
  const { parameters, multiplyAdds } = gates(3, settings.inputs, settings.units);
  return { parameters: parameters + (settings.resetAfter === true ? settings.units : 0), multiplyAdds };
}

/** The size of a layer that is fed a whole history. */
export interface HistorySize {
  /** F, numbers a step, at least 1. */
  readonly inputs: number;
  /** H, at least 1. */
  readonly units: number;
  /** T, the length of the history, at least 1. */
  readonly steps: number;
}

/**
 * What a fully connected layer costs that is fed all steps of a history at once.
 *
 * @throws RangeError where a size is no whole number of at least 1, TypeError where one is no number
 *
 * @example
 * ```ts
 * import { historyCost, simpleRnnCost } from "etalon/rnn";
 * [1, 10, 100].map((steps) => historyCost({ inputs: 10, units: 20, steps }).parameters); // => [220, 2020, 20020]
 * simpleRnnCost({ inputs: 10, units: 20 }).parameters; // => 620
 * ```
 */
export function historyCost(size: HistorySize): CellCost {
  checkOptions("historyCost", size, { inputs: "wholeNumber", units: "wholeNumber", steps: "wholeNumber" });
  const { inputs, units, steps } = size;
  if (!(inputs >= 1 && units >= 1 && steps >= 1)) {
    throw wrongValue("historyCost", "inputs, units and steps of at least 1", `${show(inputs)}, ${show(units)} and ${show(steps)}`);
  }
  return { parameters: units * (steps * inputs + 1), multiplyAdds: units * steps * inputs };
}

const gates = (count: number, inputs: number, units: number): CellCost =>
  ({ parameters: count * units * (inputs + units + 1), multiplyAdds: count * units * (inputs + units) });
