/**
 * Sequence to sequence: one network reads a sequence, another one writes a sequence of its own, of any other length.
 *
 *     encoder:  s = state after the last step of the source
 *     decoder:  begins with s; y_t is its prediction of the symbol at t, from the symbols before it
 *
 * Trained, the decoder is given the true symbol before each step, whatever it predicted itself (teacher forcing). In use it is given its own
 * predictions: at each step the most likely symbol is taken (greedy decoding), until that is the symbol for the end.
 *
 * Layout: steps `[N, F]` of the source, one-hot `[N, C]` of what is written; predictions `[N, C]`, scores of C symbols.
 * Notes: recurrent neural networks (applications: translation). Source: Cho et al., "Learning phrase representations using RNN encoder–decoder"
 * (2014); Sutskever, Vinyals, Le, "Sequence to sequence learning with neural networks" (2014); Williams, Zipser, "A learning algorithm for
 * continually running fully recurrent neural networks" (1989), for teacher forcing.
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import type { Layer } from "../learning/layer.ts";
import { oneHot } from "../learning/one-hot.ts";
import { checkOptions } from "../tensor/options.ts";
import { foldIn } from "../tensor/random.ts";
import { show, wrongValue } from "../tensor/shape.ts";
import { checkTensorOf, raw, tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fromSteps } from "../tensor/layout.ts";
import { samplesOf } from "./lengths.ts";
import type { Sequence } from "./unroll.ts";
import { startOf, zerosLike } from "./zero-state.ts";
import type { Steps } from "./zero-state.ts";

/** One thing for the encoder, one for the decoder. */
export type EncoderDecoder<E, D> = {
  readonly encoder: E;
  readonly decoder: D;
};

/**
 * An encoder and a decoder as one layer, with teacher forcing: from the source and the decoder's inputs to the decoder's outputs.
 *
 * The encoder begins with zeros, and each sample's state is that after its own last step. The gradient of the decoder's first state is that of the
 * encoder's last: so both learn together. What the encoder puts out at each step is not looked at.
 *
 * @param encoder - a network over sequences that reads the source
 * @param decoder - one whose state has the form of the encoder's
 * @throws TypeError for what is no layer; applied, as the two do
 *
 * @example
 * ```ts
 * import { SimpleRnn, encoderDecoder, scan } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const sum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));
 * const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
 * const [source, written] = [[1, 10].map((x) => tensor([[x]])), [100, 1000, 10000].map((x) => tensor([[x]]))];
 * const [outputs] = encoderDecoder(sum, sum).apply({ encoder: one, decoder: one }, { encoder: [source], decoder: [written] });
 * outputs.map(({ values }) => values); // => [[111], [1111], [11111]]
 * ```
 */
export function encoderDecoder<E, S, X, H, D, Z, Y>(
  encoder: Sequence<E, S, X, H>, decoder: Sequence<D, S, Z, Y>,
): Layer<EncoderDecoder<E, D>, EncoderDecoder<Steps<X>, Steps<Z>>, readonly Y[]> {
  checkLayer("encoderDecoder", "encoder", encoder);
  checkLayer("encoderDecoder", "decoder", decoder);
  return {
    init: (key) => ({ encoder: encoder.init(foldIn(key, 0)), decoder: decoder.init(foldIn(key, 1)) }),
    apply: (params, { encoder: [source, sourceLengths], decoder: [inputs, lengths] }, key) => {
      const start = startOf("encoderDecoder", encoder, source);
      const [[read, unused], pullEncoder] = encoder.apply(params.encoder, [start, source, sourceLengths], key && foldIn(key, 0));
      const [[last, outputs], pullDecoder] = decoder.apply(params.decoder, [read, inputs, lengths], key && foldIn(key, 1));
      return [outputs, (dOutputs) => {
        const [dDecoder, [dRead, dInputs]] = pullDecoder([zerosLike(last), dOutputs]);
        const [dEncoder, [, dSource]] = pullEncoder([dRead, zerosLike(unused)]);
        return [{ encoder: dEncoder, decoder: dDecoder }, { encoder: [dSource], decoder: [dInputs] }];
      }];
    },
  };
}

/** How {@link greedyDecode} writes. */
export interface GreedyDecodeOptions {
  /** C, how many symbols there are: as many as the decoder reads and scores. */
  readonly classes: number;
  /** The symbol that stands before the first. */
  readonly start: number;
  /** The symbol that ends a sequence; default none. */
  readonly end?: number;
  /** How many symbols are written at most, at least 1. */
  readonly steps: number;
}

/** What {@link greedyDecode} has written. */
export interface Decoded {
  /** The symbols, `[N, T]`; behind the end of a sample, the symbol for the end. */
  readonly classes: Tensor;
  /** How many symbols each sample has before its end, `[N]`. */
  readonly lengths: Tensor;
}

/**
 * Lets a decoder write: at each step the symbol with the highest score, which is the decoder's next input as a one-hot vector.
 *
 * Of equal scores the first wins. It ends after `steps` symbols, or when all samples have ended. It is not a search: another sequence may be
 * more likely as a whole.
 *
 * @param decoder - from one-hot vectors `[N, C]` to scores `[N, C]`
 * @param state - with which it begins, such as an encoder's last
 * @throws RangeError where an option or the scores' shape does not fit, or a score is NaN, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { SimpleRnn, greedyDecode, scan } from "etalon/rnn";
 * import { tensor, toNested } from "etalon/tensor";
 * const counting = { wx: tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), wh: tensor([[0, 0, 0], [0, 0, 0], [0, 0, 0]]) }; // 0, 1, 2, 0, 1, …
 * const decoder = scan(SimpleRnn({ inputs: 3, units: 3, activation: "identity" }));
 * const { classes } = greedyDecode(decoder, counting, { h: tensor([[0, 0, 0]]) }, { classes: 3, start: 0, steps: 4 });
 * toNested(classes); // => [[1, 2, 0, 1]]
 * ```
 */
export function greedyDecode<P, S>(decoder: Sequence<P, S, Tensor, Tensor>, params: P, state: S, options: GreedyDecodeOptions): Decoded {
  checkLayer("greedyDecode", "decoder", decoder);
  checkOptions("greedyDecode", options, { classes: "wholeNumber", start: "wholeNumber", end: "wholeNumber", steps: "wholeNumber" });
  const { classes, start, end, steps } = options;
  if (!(classes >= 1 && steps >= 1)) throw wrongValue("greedyDecode", "classes and steps of at least 1", `${show(classes)} and ${show(steps)}`);
  const samples = samplesOf("greedyDecode", "state", state);
  const written: Tensor[] = [];
  const lengths = Array.from({ length: samples }, () => steps);
  let [before, symbols] = [state, tensor(lengths.map(() => start))];
  while (written.length < steps && (written.length === 0 || lengths.some((length) => length === steps))) {
    const [[after, [scores]]] = decoder.apply(params, [before, [oneHot(symbols, classes)]]);
    const best = highest(checkTensorOf("greedyDecode", "scores", scores, [samples, classes]), classes)
      .map((symbol, row) => (lengths[row] === steps || end === undefined ? symbol : end));
    best.forEach((symbol, row) => {
      if (symbol === end && lengths[row] === steps) lengths[row] = written.length;
    });
    [before, symbols] = [after, tensor(best)];
    written.push(symbols);
  }
  return { classes: fromSteps(written, "batchFirst"), lengths: tensor(lengths) };
}

/** The place of each row's highest score, the first where there are several. */
function highest(scores: Tensor, classes: number): readonly number[] {
  const values = raw(scores);
  return Array.from({ length: values.length / classes }, (_, row) => {
    const own = values.subarray(row * classes, (row + 1) * classes);
    if (own.includes(NaN)) throw wrongValue("greedyDecode", "scores that are numbers", `NaN in sample ${row}`);
    return own.indexOf(Math.max(...own));
  });
}
