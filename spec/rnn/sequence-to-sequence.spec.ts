import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import { oneHot } from "../../src/learning/one-hot.ts";
import { Gru, Lstm, SimpleRnn, encoderDecoder, everyStep, greedyDecode, reverse, scan, zeroState } from "../../src/rnn/index.ts";
import type { AnySequence, Sequence } from "../../src/rnn/index.ts";
import { foldIn, key } from "../../src/tensor/random.ts";
import { tensor, toNested, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { drawing } from "../support/cells.ts";
import { expectLayerGradient } from "../support/layer-gradient.ts";
import { runs } from "../support/runs.ts";
import { sampleOf } from "../support/sequences.ts";
import { thrown } from "../support/thrown.ts";

const sum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));
const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
const column = (...values: readonly number[]): Tensor => tensor(values.map((value) => [value]));
const valuesOf = (tensors: readonly Tensor[]): readonly (readonly number[])[] => tensors.map(({ values }) => values);

describe("an encoder and a decoder", () => {
  it("are joined by the state: the decoder goes on where the encoder has ended, each sample at its own end", () => {
    const [source, given] = [[column(1, 2), column(10, NaN)], [column(100, 200), column(1000, 2000), column(10000, NaN)]];
    const [outputs, pullback] = encoderDecoder(sum, sum)
      .apply({ encoder: one, decoder: one }, { encoder: [source, tensor([2, 1])], decoder: [given, tensor([3, 2])] });
    expect(valuesOf(outputs)).toEqual([[111, 202], [1111, 2202], [11111, 0]]);
    const [{ encoder, decoder }, { encoder: [dSource], decoder: [dGiven] }] = pullback([column(1, 1), column(2, 2), column(4, NaN)]);
    // Every output reaches every step of the source.
    expect(valuesOf(dSource)).toEqual([[7, 3], [7, 0]]);
    expect(valuesOf(dGiven)).toEqual([[7, 3], [6, 2], [4, 0]]);
    expect(encoder.wx.values).toEqual([7 * 1 + 7 * 10 + 3 * 2]);
    expect(decoder.wh.values).toEqual([7 * 11 + 6 * 111 + 4 * 1111 + 3 * 2 + 2 * 202]);
  });

  it("have the gradient that differences have, for samples of any length", () => {
    fc.assert(fc.property(fc.constantFrom("simple", "lstm", "gru"), fc.array(fc.nat(2), { minLength: 2, maxLength: 2 }), fc.nat(2 ** 30), (kind, ends, seed) => {
      const of = (inputs: number): AnySequence =>
        scan((kind === "simple" ? SimpleRnn({ inputs, units: 2 }) : kind === "lstm" ? Lstm({ inputs, units: 2 }) : Gru({ inputs, units: 2 })) as ReturnType<typeof SimpleRnn>);
      const layer = encoderDecoder(kind === "gru" ? reverse(of(1)) : of(1), everyStep(of(3), FullyConnected({ inputs: 2, outputs: 3 })));
      const draw = drawing(seed);
      const [source, given] = [[1, 1].map(() => draw(1, 2, 1)), [1, 1, 1].map(() => draw(1, 2, 3))];
      expectLayerGradient((params, { encoder, decoder }: { readonly encoder: readonly [readonly Tensor[]]; readonly decoder: readonly [readonly Tensor[]] }) =>
        layer.apply(params, { encoder: [encoder[0], tensor(ends)], decoder: [decoder[0], tensor([3, 1])] }),
      layer.init(key(seed)), { encoder: [source], decoder: [given] }, seed, 1);
    }), { numRuns: runs(4) });
  });

  it("draw their parameters by keys of their own, and are handed one each", () => {
    const seen: unknown[] = [];
    const network: Sequence<object, Tensor, Tensor, Tensor> = {
      init: (from) => (seen.push(from), {}), zeroState: (samples) => zeros([samples, 1]),
      apply: (_, [state, inputs], from) => (seen.push(from), [[state, inputs], ([d, dOutputs]) => [{}, [d, dOutputs]]]),
    };
    const layer = encoderDecoder(network, network);
    layer.init(key(1));
    layer.apply({ encoder: {}, decoder: {} }, { encoder: [[column(1)]], decoder: [[column(1)]] }, key(2));
    layer.apply({ encoder: {}, decoder: {} }, { encoder: [[column(1)]], decoder: [[column(1)]] });
    expect(seen).toEqual([foldIn(key(1), 0), foldIn(key(1), 1), foldIn(key(2), 0), foldIn(key(2), 1), undefined, undefined]);
  });

  it("refuse what is no network, and a source without steps", () => {
    expect(thrown(() => encoderDecoder(3 as never, sum))).toBe("TypeError: encoderDecoder: expected encoder as a layer (init and apply), got 3");
    expect(thrown(() => encoderDecoder(sum, 3 as never))).toBe("TypeError: encoderDecoder: expected decoder as a layer (init and apply), got 3");
    expect(thrown(() => encoderDecoder(sum, sum).apply({ encoder: one, decoder: one }, { encoder: [[]], decoder: [[column(1)]] })))
      .toBe("RangeError: encoderDecoder: expected at least one step, got none");
  });
});

/** Scores the symbol behind the last one: 0, 1, 2, 0, … */
const Counting = scan(SimpleRnn({ inputs: 3, units: 3, activation: "identity" }));
const counting = { wx: tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), wh: zeros([3, 3]) };

describe("greedy decoding", () => {
  it("takes the symbol with the highest score as the next input", () => {
    const { classes, lengths } = greedyDecode(Counting, counting, { h: zeros([2, 3]) }, { classes: 3, start: 0, steps: 4 });
    expect(toNested(classes)).toEqual([[1, 2, 0, 1], [1, 2, 0, 1]]);
    expect(lengths.values).toEqual([4, 4]);
    expect(toNested(greedyDecode(Counting, counting, { h: zeros([1, 3]) }, { classes: 3, start: 2, steps: 1 }).classes)).toEqual([[0]]);
  });

  it("ends each sample at its own symbol for the end, and stops when all have ended", () => {
    // The state is a preference for one symbol that fades to half at every step.
    const params = { ...counting, wh: tensor([[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]) };
    const state = { h: tensor([[0, 0, 40], [0, 0, 0], [9, 0, 0]]) };
    const { classes, lengths } = greedyDecode(Counting, params, state, { classes: 3, start: 0, end: 2, steps: 9 });
    expect(toNested(classes)).toEqual([[2, 2, 2, 2], [1, 2, 2, 2], [0, 0, 1, 2]]);
    expect(lengths.values).toEqual([0, 1, 3]);
    expect(greedyDecode(Counting, params, state, { classes: 3, start: 0, end: 2, steps: 2 }).lengths.values).toEqual([0, 1, 2]);
  });

  it("takes the first of equal scores, carries the state on, and begins with the one it is given", () => {
    const flat = { wx: zeros([3, 3]), wh: zeros([3, 3]) };
    expect(toNested(greedyDecode(Counting, flat, { h: zeros([1, 3]) }, { classes: 3, start: 2, steps: 2 }).classes)).toEqual([[0, 0]]);
    const turning = { wx: zeros([3, 3]), wh: tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]) };
    expect(toNested(greedyDecode(Counting, turning, { h: tensor([[0, 1, 0], [-1, -2, -3]]) }, { classes: 3, start: 0, steps: 3 }).classes))
      .toEqual([[2, 0, 1], [1, 2, 0]]);
  });

  it("writes what teacher forcing would find most likely where it is given what was written, each sample as it does alone", () => {
    fc.assert(fc.property(fc.nat(2 ** 30), (seed) => {
      const decoder = everyStep(scan(Gru({ inputs: 4, units: 3 })), FullyConnected({ inputs: 3, outputs: 4 }));
      const [params, state, options] = [decoder.init(key(seed)), { h: drawing(seed)(2, 3, 3) }, { classes: 4, start: 0, end: 1, steps: 5 }];
      const { classes, lengths } = greedyDecode(decoder, params, state, options);
      const rows = toNested(classes) as number[][];
      const given = rows[0]!.map((_, t) => oneHot(tensor(rows.map((row) => (t === 0 ? 0 : row[t - 1]!))), 4));
      const [[, scores]] = decoder.apply(params, [state, given]);
      rows.forEach((row, n) => {
        const length = lengths.values[n]!;
        for (let t = 0; t < Math.min(length + 1, row.length); t++) {
          const own = scores[t]!.values.slice(4 * n, 4 * n + 4);
          expect(row[t]).toBe(own.indexOf(Math.max(...own)));
        }
        expect(row.slice(length).every((symbol) => symbol === 1)).toBe(true);
        const alone = greedyDecode(decoder, params, sampleOf(state, n), options);
        expect(alone.lengths.values).toEqual([length]);
        expect((toNested(alone.classes) as number[][])[0]).toEqual(row.slice(0, alone.classes.shape[1]));
      });
    }), { numRuns: runs(10) });
  });

  it("of no sample writes nothing, after one step", () => {
    const { classes, lengths } = greedyDecode(Counting, counting, zeroState(Counting, 0), { classes: 3, start: 0, end: 1, steps: 9 });
    expect([classes.shape, lengths.shape]).toEqual([[0, 1], [0]]);
  });

  it("refuses options that do not fit, and scores that are not one number a symbol", () => {
    const decode = (options: object, state: unknown = { h: zeros([2, 3]) }, decoder: unknown = Counting): string =>
      thrown(() => greedyDecode(decoder as typeof Counting, counting, state as { h: Tensor }, { classes: 3, start: 0, steps: 2, ...options }));
    expect(decode({}, undefined, 3)).toBe("TypeError: greedyDecode: expected decoder as a layer (init and apply), got 3");
    expect(decode({ steps: 0 })).toBe("RangeError: greedyDecode: expected classes and steps of at least 1, got 3 and 0");
    expect(decode({ classes: 0 })).toBe("RangeError: greedyDecode: expected classes and steps of at least 1, got 0 and 2");
    expect(decode({ length: 3 })).toBe("RangeError: greedyDecode: expected only the options classes, start, end, steps, got length");
    expect(decode({ end: 1.5 })).toBe("RangeError: greedyDecode: expected end a whole number, got 1.5");
    expect(decode({ start: 3 })).toBe("RangeError: oneHot: expected classes as whole numbers from 0 to 2, got 3 at position 0");
    expect(decode({}, { h: zeros([]) })).toBe("RangeError: greedyDecode: expected state with one batch axis, got first sizes [undefined]");
    const two = everyStep(Counting, FullyConnected({ inputs: 3, outputs: 2 }));
    expect(thrown(() => greedyDecode(two, two.init(key(1)), { h: zeros([2, 3]) }, { classes: 3, start: 0, steps: 2 })))
      .toBe("RangeError: greedyDecode: expected scores of shape [2, 3], got [2, 2]");
    expect(decode({}, { h: tensor([[1, 2, 3], [NaN, 0, 0]]) })).toBe("RangeError: greedyDecode: expected scores that are numbers, got NaN in sample 1");
  });
});
