import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { residual } from "../../src/learning/residual.ts";
import { Gru, Lstm, SimpleRnn, bidirectional, fromZeros, residualCell, residualSequence, scan, stacked, zeroState } from "../../src/rnn/index.ts";
import type { AnySequence, Cell } from "../../src/rnn/index.ts";
import { key } from "../../src/tensor/random.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { drawing } from "../support/cells.ts";
import { expectLayerGradient } from "../support/layer-gradient.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const Identity = SimpleRnn({ inputs: 1, units: 1, activation: "identity" });
const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
const steps = [1, 10, 100].map((x) => tensor([[x]]));
const valuesOf = (tensors: readonly Tensor[]): readonly (readonly number[])[] => tensors.map(({ values }) => values);

const cases = fc.record({
  kind: fc.constantFrom("simple", "lstm", "gru"), length: fc.integer({ min: 1, max: 4 }), samples: fc.integer({ min: 1, max: 3 }),
  shares: fc.option(fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 3, maxLength: 3 }), { nil: undefined }), seed: fc.integer({ min: 0, max: 2 ** 30 }),
}).map(({ kind, length, samples, shares, seed }) => {
  const size = { inputs: 2, units: 2 };
  const cell = (kind === "simple" ? SimpleRnn(size) : kind === "lstm" ? Lstm(size) : Gru(size)) as Cell<unknown, { readonly h: Tensor }, Tensor, Tensor>;
  const draw = drawing(seed);
  const ends = shares?.slice(0, samples).map((share) => Math.round(share * length));
  return { cell, lengths: ends && tensor(ends), inputs: Array.from({ length }, () => draw(1, samples, 2)), seed };
});

describe("a residual connection from step to step", () => {
  it("adds what the cell makes of the state to the state", () => {
    // h ← (h + x) + h: 0 → 1 → 2·1 + 10 → 2·12 + 100
    const [[last, outputs], pullback] = scan(residualCell(Identity)).apply(one, [{ h: tensor([[0]]) }, steps]);
    expect([valuesOf(outputs), last.h.values]).toEqual([[[1], [12], [124]], [124]]);
    const [dParams, [dState, dInputs]] = pullback([{ h: tensor([[1]]) }, [[100], [10], [0]].map((d) => tensor([d]))]);
    // What arrives at the states: 1, then 2·1 + 10, then 2·12 + 100; each enters its own step's input once.
    expect([valuesOf(dInputs), dState.h.values]).toEqual([[[124], [12], [1]], [248]]);
    expect(dParams.wh.values).toEqual([12 * 1 + 1 * 12]);
  });

  it("keeps the gradient of a cell that stops it", () => {
    const shown = { wx: tensor([[1]]), wh: tensor([[0]]) };
    const arriving = [{ h: tensor([[7]]) }, steps.map(() => zeros([1, 1]))] as const;
    expect(scan(Identity).apply(shown, [{ h: tensor([[0]]) }, steps])[1](arriving)[1][0].h.values).toEqual([0]);
    expect(scan(residualCell(Identity)).apply(shown, [{ h: tensor([[0]]) }, steps])[1](arriving)[1][0].h.values).toEqual([7]);
  });

  it("is made ready once for all steps, as its cell is", () => {
    const asked: unknown[] = [];
    const cell: typeof Identity = {
      ...Identity, prepare: (params) => (asked.push(params), Identity.prepare!(params)), apply: () => { throw new Error("not asked"); },
    };
    const [[last]] = scan(residualCell(cell)).apply(one, [{ h: tensor([[0]]) }, steps]);
    expect([asked, last.h.values]).toEqual([[one], [124]]);
  });

  it("leaves the rest of the state to the cell", () => {
    const cell = Lstm({ inputs: 2, units: 2 });
    const draw = drawing(1);
    const [params, state, input] = [cell.init(key(1)), { h: draw(1, 3, 2), c: draw(1, 3, 2) }, draw(1, 3, 2)];
    const [[plain]] = cell.apply(params, [state, input]);
    const [[next, output]] = residualCell(cell).apply(params, [state, input]);
    expect(next.c).toEqual(plain.c);
    expect(next.h.values).toEqual(plain.h.values.map((value, i) => value + state.h.values[i]!));
    expect(output).toEqual(next.h);
    expect(residualCell(cell).init(key(3))).toEqual(cell.init(key(3)));
  });

  it("has the gradient that differences have, around every cell and for samples of any length", () => {
    fc.assert(fc.property(cases, ({ cell, inputs, lengths, seed }) => {
      const layer = fromZeros(scan(residualCell(cell)));
      expectLayerGradient((params, [own]: readonly [readonly Tensor[]]) => layer.apply(params, [own, lengths]), layer.init(key(seed)), [inputs], seed, 1);
    }), { numRuns: runs(6) });
  });
});

describe("a residual connection from layer to layer", () => {
  it("adds the inputs to the outputs, step by step, and nothing to the state; behind the end of a sample it adds nothing", () => {
    const inputs = [[1, 2], [10, 20], [100, NaN]].map((row) => tensor(row.map((x) => [x])));
    const [[last, outputs], pullback] = residualSequence(scan(Identity)).apply(one, [zeroState(Identity, 2), inputs, tensor([3, 2])]);
    expect(valuesOf(outputs)).toEqual([[2, 4], [21, 42], [211, 0]]);
    expect(last.h.values).toEqual([111, 22]);
    const [, [dState, dInputs]] = pullback([{ h: tensor([[1000], [5]]) }, [[1, 1], [1, 1], [1, NaN]].map((row) => tensor(row.map((d) => [d])))]);
    expect(valuesOf(dInputs)).toEqual([[1004, 8], [1003, 7], [1002, 0]]);
    expect(dState.h.values).toEqual([1003, 7]);
  });

  it("is the residual layer of the whole sequence", () => {
    const draw = drawing(2);
    const network = fromZeros(scan(Gru({ inputs: 2, units: 2 })));
    const [params, inputs] = [network.init(key(1)), [draw(1, 3, 2), draw(1, 3, 2)]];
    const whole = residual<typeof params, readonly Tensor[]>({ init: network.init, apply: (own, x) => {
      const [outputs, pullback] = network.apply(own, [x]);
      return [outputs, (d) => {
        const [dParams, [dInputs]] = pullback(d);
        return [dParams, dInputs];
      }];
    } });
    const layer = fromZeros(residualSequence(scan(Gru({ inputs: 2, units: 2 }))));
    const [[expected, pullExpected], [outputs, pullback]] = [whole.apply(params, inputs), layer.apply(params, [inputs])];
    expect(outputs).toEqual(expected);
    const dOutputs = inputs.map(() => draw(1, 3, 2));
    const [dParams, dInputs] = pullExpected(dOutputs);
    expect(pullback(dOutputs)).toEqual([dParams, [dInputs]]);
    expect(layer.init(key(3))).toEqual(network.init(key(3)));
  });

  it("has the gradient that differences have, in a stack of networks that read from both ends, for samples of any length", () => {
    fc.assert(fc.property(cases, ({ cell, inputs, lengths, seed }) => {
      const each = residualSequence(bidirectional(scan(cell), scan(cell), { merge: "average" })) as AnySequence;
      const layer = fromZeros(stacked([each, each]));
      expectLayerGradient((params, [own]: readonly [readonly Tensor[]]) => layer.apply(params, [own, lengths]), layer.init(key(seed)), [inputs], seed, 1);
    }), { numRuns: runs(4) });
  });

  it("hands the key on", () => {
    const seen: unknown[] = [];
    const watching: AnySequence = { init: () => ({}), apply: (_, [state, inputs], from) => (seen.push(from), [[state, inputs], ([d, dOutputs]) => [{}, [d, dOutputs]]]) };
    residualSequence(watching).apply({}, [zeros([1, 1]), steps], key(9));
    const cell: Cell<object, { readonly h: Tensor }, Tensor, Tensor> =
      { init: () => ({}), apply: (_, [state, input], from) => (seen.push(from), [[state, input], ([d, dOutput]) => [{}, [d, dOutput]]]) };
    residualCell(cell).apply({}, [{ h: zeros([1, 1]) }, steps[0]!], key(8));
    expect(seen).toEqual([key(9), key(8)]);
  });
});

describe("residual connections refuse", () => {
  it("what is no layer, and what changes the shape", () => {
    expect(thrown(() => residualCell(3 as never))).toBe("TypeError: residualCell: expected cell as a layer (init and apply), got 3");
    expect(thrown(() => residualSequence(3 as never))).toBe("TypeError: residualSequence: expected sequence as a layer (init and apply), got 3");
    const wide = SimpleRnn({ inputs: 1, units: 2 });
    const network = residualSequence(scan(wide));
    expect(thrown(() => network.apply(wide.init(key(1)), [{ h: zeros([1, 2]) }, steps])))
      .toBe("RangeError: residualSequence: expected what keeps the shape [1, 1], got [1, 2]");
    const cell: Cell<object, { readonly h: Tensor }, Tensor, Tensor> = { init: () => ({}), apply: (_, [state, input]) => [[state, input], () => [{}, [state, input]]] };
    expect(thrown(() => residualCell(cell).apply({}, [{ h: zeros([1, 2]) }, steps[0]!])))
      .toBe("RangeError: residualCell: expected what keeps the shape [1, 2], got [1, 1]");
    const [, pullback] = residualSequence(scan(Identity)).apply(one, [{ h: zeros([1, 1]) }, steps]);
    expect(thrown(() => pullback([{ h: zeros([1, 1]) }, []]))).toBe("RangeError: residualSequence: expected a gradient for each of 3 outputs, got 0");
  });
});
