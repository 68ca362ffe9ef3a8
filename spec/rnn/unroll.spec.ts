import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SimpleRnn } from "../../src/rnn/simple-rnn.ts";
import { scan, treeSum } from "../../src/rnn/unroll.ts";
import type { Cell } from "../../src/rnn/unroll.ts";
import { matrixProduct, matrixProductBackward } from "../../src/tensor/matrix-product.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { add, generate, isWide, map, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { gradient } from "../definitions/derivative.ts";
import { definitions } from "../definitions/index.ts";
import { flatten, nest } from "../definitions/nested.ts";
import type { Nested } from "../definitions/nested.ts";
import { numbers } from "../definitions/scalar.ts";
import { expectShares } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { caseOf, drawingNarrow, expectTwin, expectTwinGradient, featuresOf, sequences as wholeSequences } from "../support/sequences.ts";
import { thrown } from "../support/thrown.ts";

type Weights = { readonly wx: Tensor; readonly wh: Tensor };

/** The simple RNN with identity activation: s' = x·wx + s·wh, and the state is the output. */
const linear: Cell<Weights, Tensor, Tensor, Tensor> = {
  init: (from) => ({ wx: uniform(from, [3, 2]), wh: uniform(from, [2, 2]) }),
  apply: ({ wx, wh }, [state, input]) => {
    const next = add(matrixProduct(input, wx), matrixProduct(state, wh));
    return [[next, next], ([dState, dOutput]) => {
      const dNext = add(dState, dOutput);
      const fromInput = matrixProductBackward(input, wx, dNext);
      const fromState = matrixProductBackward(state, wh, dNext);
      return [{ wx: fromInput.right, wh: fromState.right }, [fromState.left, fromInput.left]];
    }];
  },
};

/** Weights of −1, 0 and 1, states and inputs of small whole numbers: over six steps every sum stays exact in float32. */
const sequences = fc.record({
  steps: fc.integer({ min: 1, max: 6 }), samples: fc.integer({ min: 1, max: 3 }), features: fc.integer({ min: 1, max: 3 }),
  units: fc.integer({ min: 1, max: 3 }), seed: fc.integer({ min: 0, max: 2 ** 30 }),
}).map(({ steps, samples, features, units, seed }) => {
  const whole = (stream: number, shape: readonly number[], size: number): Tensor =>
    map(uniform(foldIn(key(seed), stream), shape, -size - 0.5, size + 0.5), (value) => Math.round(value) + 0);
  return {
    params: { wx: whole(0, [features, units], 1), wh: whole(1, [units, units], 1) },
    state: whole(2, [samples, units], 2),
    inputs: Array.from({ length: steps }, (_, t) => whole(10 + t, [samples, features], 2)),
    dState: whole(3, [samples, units], 2),
    dOutputs: Array.from({ length: steps }, (_, t) => whole(50 + t, [samples, units], 2)),
  };
});

/** The literal twin's inputs: the sequence as one [T, N, F] array. */
const twinInputs = ({ params, state, inputs }: { params: Weights; state: Tensor; inputs: readonly Tensor[] }): Record<string, Nested<number>> => ({
  input: inputs.map((step) => nest(step.values, step.shape)) as Nested<number>,
  "forward.wx": nest(params.wx.values, params.wx.shape),
  "forward.wh": nest(params.wh.values, params.wh.shape),
  "forward.initialState.h": nest(state.values, state.shape),
});

const options = { activation: "identity", direction: "forward" } as const;

describe("scan uses one network at every step", () => {
  test("a running sum of 1, 2, 3 is 1, 3, 6, and its gradient counts the outputs that each input reaches", () => {
    const sum: Cell<Record<string, never>, Tensor, Tensor, Tensor> = {
      init: () => ({}),
      apply: (_, [state, input]) => {
        const total = add(state, input);
        return [[total, total], ([dState, dOutput]) => [{}, [add(dState, dOutput), add(dState, dOutput)]]];
      },
    };
    const [[last, outputs], pullback] = scan(sum).apply({}, [zeros([1]), [1, 2, 3].map((x) => tensor([x]))]);
    expect(outputs.map(({ values }) => values)).toEqual([[1], [3], [6]]);
    expect(last.values).toEqual([6]);
    const [, [dInitial, dInputs]] = pullback([tensor([10]), [1, 1, 1].map((x) => tensor([x]))]);
    expect(dInputs.map(({ values }) => values)).toEqual([[13], [12], [11]]);
    expect(dInitial.values).toEqual([13]);
  });

  test("equals the literal twin of the simple RNN with identity activation, at every step and in the last state", () => {
    fc.assert(fc.property(sequences, ({ params, state, inputs }) => {
      const [[last, outputs]] = scan(linear).apply(params, [state, inputs]);
      const twin = definitions["simpleRnn"]!(numbers, twinInputs({ params, state, inputs }), options);
      expect(outputs.flatMap(({ values }) => values)).toEqual(flatten(twin["output"]!));
      expect(last.values).toEqual(flatten(twin["forward.finalState.h"]!));
    }), { numRuns: runs(12) });
  });

  test("its pullback is the exact derivative, bit for bit, in parameters, first state and every input", () => {
    fc.assert(fc.property(sequences, ({ params, state, inputs, dState, dOutputs }) => {
      const [, pullback] = scan(linear).apply(params, [state, inputs]);
      const [dParams, [dInitial, dInputs]] = pullback([dState, dOutputs]);
      const cotangents = {
        output: dOutputs.map((step) => nest(step.values, step.shape)) as Nested<number>,
        "forward.finalState.h": nest(dState.values, dState.shape),
      };
      const exact = (name: string): readonly number[] =>
        flatten(gradient(definitions["simpleRnn"]!, twinInputs({ params, state, inputs }), options, cotangents, name)).map((value) => value + 0);
      const positive = (values: readonly number[]): readonly number[] => values.map((value) => value + 0);
      expect(positive(dParams.wx.values)).toEqual(exact("forward.wx"));
      expect(positive(dParams.wh.values)).toEqual(exact("forward.wh"));
      expect(positive(dInitial.values)).toEqual(exact("forward.initialState.h"));
      expect(positive(dInputs.flatMap(({ values }) => values))).toEqual(exact("input"));
    }), { numRuns: runs(12) });
  });

  test("agrees with differences of the loss over two steps, where they are exact", () => {
    const params = { wx: generate([3, 2], (i) => i - 2), wh: generate([2, 2], (i) => 2 - i) };
    const [state, first, second] = [tensor([[1, -2]]), tensor([[3, 0, -1]]), tensor([[-2, 1, 1]])];
    const dLast = tensor([[5, -3]]);
    const last = (weights: Weights): Tensor => scan(linear).apply(weights, [state, [first, second]])[0][0];
    const [, pullback] = scan(linear).apply(params, [state, [first, second]]);
    const [dParams] = pullback([dLast, [zeros([1, 2]), zeros([1, 2])]]);
    const differences = numericalGradient(last, params, dLast, 1);
    expect(dParams.wx.values).toEqual(differences.wx.values);
    expect(dParams.wh.values).toEqual(differences.wh.values);
  });

  test("sums the parameters' gradients in double: a thousand steps of 0.1 give one rounding, not a thousand", () => {
    const weight: Cell<{ w: Tensor }, Tensor, Tensor, Tensor> = {
      init: () => ({ w: zeros([1]) }),
      apply: ({ w }, [state, input]) => [[state, w], ([dState, dOutput]) => [{ w: dOutput }, [dState, map(input, () => 0)]]],
    };
    const steps = Array.from({ length: 1000 }, () => tensor([0.1]));
    const [dParams] = scan(weight).apply({ w: tensor([1]) }, [zeros([1]), steps])[1]([zeros([1]), steps]);
    expect(dParams.w.values).toEqual([Math.fround(1000 * Math.fround(0.1))]);
  });

  test("gives every step a key of its own, and none where there is none", () => {
    const seen: (Key | undefined)[] = [];
    const watching: Cell<Record<string, never>, Tensor, Tensor, Tensor> = {
      init: () => ({}),
      apply: (_, [state, input], from) => {
        seen.push(from);
        return [[state, input], ([dState, dOutput]) => [{}, [dState, dOutput]]];
      },
    };
    scan(watching).apply({}, [zeros([1]), [zeros([1]), zeros([1])]], key(7));
    scan(watching).apply({}, [zeros([1]), [zeros([1])]]);
    expect(seen).toEqual([foldIn(key(7), 0), foldIn(key(7), 1), undefined]);
  });

  test("asks a cell to make its parameters ready once, and a cell that cannot at every step", () => {
    const asked: unknown[] = [];
    const prepared: Cell<Weights, Tensor, Tensor, Tensor> = {
      ...linear, prepare: (params) => (asked.push(params), (pair, from) => linear.apply(params, pair, from)), apply: () => { throw new Error("not asked"); },
    };
    const params = linear.init(key(1));
    const input = [zeros([1, 2]), [1, 2, 3].map((x) => tensor([[x, 0, 1]]))] as const;
    const [expected, back] = scan(linear).apply(params, input);
    const [actual, pullback] = scan(prepared).apply(params, input);
    expect(asked).toEqual([params]);
    expect(actual).toEqual(expected);
    expect(pullback(actual)).toEqual(back(expected));
    expect(scan(prepared).apply(params, [zeros([2, 2]), [zeros([2, 3]), zeros([2, 3])], tensor([2, 1])])[0][0]).toEqual(zeros([2, 2]));
  });

  test("adds up what is wide without rounding, even where the parameters are not", () => {
    const total = treeSum({ w: tensor([1]) });
    for (let i = 0; i < 3; i++) total.add({ w: map(widen(tensor([0])), () => 1 / 3) });
    expect(total.total().w.values).toEqual([1 / 3 + 1 / 3 + 1 / 3]);
    expect(isWide(total.total().w)).toBe(true);
  });

  test("refuses a sequence without steps, and gradients that do not fit the steps", () => {
    expect(() => scan(linear).apply(linear.init(key(1)), [zeros([1, 2]), []])).toThrow(new RangeError("scan: expected at least one step, got none"));
    expect(() => scan(linear).apply(linear.init(key(1)), [zeros([1, 2]), zeros([1]) as never]))
      .toThrow(new TypeError("scan: expected inputs as an array of steps, got a Tensor"));
    const [, pullback] = scan(linear).apply(linear.init(key(1)), [zeros([1, 2]), [zeros([1, 3])]]);
    expect(() => pullback([zeros([1, 2]), []])).toThrow(new RangeError("scan: expected a gradient for each of 1 outputs, got 0"));
  });
});

describe("scan with a length for each sample", () => {
  const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
  const sum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));

  test("stops each sample at its own length: its state stays, its output is 0, and nothing comes back from there", () => {
    const inputs = [[1, 2, 3], [10, 20, NaN], [100, NaN, NaN]].map((values) => tensor(values.map((value) => [value])));
    const [[last, outputs], pullback] = sum.apply(one, [{ h: tensor([[0], [0], [7]]) }, inputs, tensor([3, 2, 0])]);
    expect(outputs.map(({ values }) => values)).toEqual([[1, 2, 0], [11, 22, 0], [111, 0, 0]]);
    expect(last.h.values).toEqual([111, 22, 7]);
    const [dParams, [dState, dInputs]] = pullback([{ h: tensor([[1000], [2000], [3000]]) }, [[1, 1, NaN], [10, 10, NaN], [100, NaN, NaN]].map((values) =>
      tensor(values.map((value) => [value])))]);
    expect(dInputs.map(({ values }) => values)).toEqual([[1111, 2011, 0], [1110, 2010, 0], [1100, 0, 0]]);
    expect(dState.h.values).toEqual([1111, 2011, 3000]);
    expect(dParams.wx.values).toEqual([1111 + 11100 + 110000 + 2 * 2011 + 20 * 2010]);
    expect(dParams.wh.values).toEqual([1110 + 1100 * 11 + 2010 * 2]);
  });

  test("does not show the cell what has ended: no infinite state of it reaches the parameters of the others", () => {
    const [[last], pullback] = sum.apply(one, [{ h: tensor([[Infinity], [0]]) }, [tensor([[1], [2]])], tensor([0, 1])]);
    expect(last.h.values).toEqual([Infinity, 2]);
    const [dParams, [dState]] = pullback([{ h: tensor([[NaN], [1]]) }, [tensor([[NaN], [1]])]]);
    expect([dParams.wx.values, dParams.wh.values, dState.h.values]).toEqual([[4], [0], [NaN, 2]]);
    const sizes: (number | undefined)[] = [];
    const watching: Cell<Record<string, never>, Tensor, Tensor, Tensor> = {
      init: () => ({}),
      apply: (_, [state, input]) => {
        sizes.push(input.shape[0]);
        return [[state, input], ([dState, dOutput]) => [{}, [dState, dOutput]]];
      },
    };
    scan(watching).apply({}, [zeros([3]), [0, 1, 2].map(() => zeros([3])), tensor([1, 0, 2])]);
    expect(sizes).toEqual([2, 1, 0]);
  });

  test("does nothing where all are empty, and nothing else where all have every step", () => {
    const [state, inputs] = [{ h: tensor([[3], [4]]) }, [tensor([[1], [2]]), tensor([[5], [6]])]];
    const [[last, outputs], pullback] = sum.apply(one, [state, inputs, tensor([0, 0])]);
    expect([last, outputs]).toEqual([state, [zeros([2, 1]), zeros([2, 1])]]);
    expect(pullback([state, inputs])).toEqual([{ wx: tensor([[0]]), wh: tensor([[0]]) }, [state, [zeros([2, 1]), zeros([2, 1])]]]);
    expect(sum.apply(one, [state, inputs, tensor([2, 2])])[0]).toEqual(sum.apply(one, [state, inputs])[0]);
    const none = { h: zeros([0, 1]) };
    expect(sum.apply(one, [none, [zeros([0, 1])], zeros([0])])[0]).toEqual([none, [zeros([0, 1])]]);
  });

  const drawn = wholeSequences(3, ["forward"]);

  test("equals the literal twins of the simple RNN and of the LSTM", () => {
    fc.assert(fc.property(drawn, (each) => expectTwin(each)), { numRuns: runs(12) });
  });

  test("is drawn with everything that can go wrong", () => expectShares(drawn, featuresOf));

  test("has the derivative of the twins as its gradient", () => {
    fc.assert(fc.property(wholeSequences(2, ["forward"]), (each) => expectTwinGradient(each)), { numRuns: runs(3) });
  });

  test("goes on, from the state it ended in, as if it had not been cut: bit for bit", () => {
    fc.assert(fc.property(drawn, fc.nat(), (each, at) => {
      const { network, params, state, inputs, ends } = caseOf({ ...each, steps: each.steps + 1 }, drawingNarrow(each.seed));
      const cut = 1 + at % each.steps;
      const within = (from: number, to: number): Tensor | undefined => ends && tensor(ends.map((end) => Math.min(Math.max(end - from, 0), to - from)));
      const [[whole, outputs]] = network.apply(params, [state, inputs, within(0, inputs.length)]);
      const [[middle, before]] = network.apply(params, [state, inputs.slice(0, cut), within(0, cut)]);
      const [[last, after]] = network.apply(params, [middle, inputs.slice(cut), within(cut, inputs.length)]);
      expect([last, [...before, ...after]]).toEqual([whole, outputs]);
    }), { numRuns: runs(15) });
  });

  test("refuses lengths that are none, and what has no axis of samples", () => {
    const [state, inputs] = [{ h: zeros([2, 1]) }, [zeros([2, 1]), zeros([2, 1])]];
    const applied = (lengths: unknown): string => thrown(() => sum.apply(one, [state, inputs, lengths as Tensor]));
    expect(applied([1, 2])).toBe("TypeError: scan: expected lengths as a Tensor, got [1, 2]");
    expect(applied(0)).toBe("TypeError: scan: expected lengths as a Tensor, got 0");
    expect(applied(tensor([1, 2, 2]))).toBe("RangeError: scan: expected lengths of shape [2], got [3]");
    expect(applied(tensor([1, 3]))).toBe("RangeError: scan: expected lengths as whole numbers from 0 to 2, got 3 for sample 1");
    expect(applied(tensor([0.5, 2]))).toBe("RangeError: scan: expected lengths as whole numbers from 0 to 2, got 0.5 for sample 0");
    expect(thrown(() => sum.apply(one, [{ h: zeros([3, 1]) }, inputs, tensor([1, 1])])))
      .toBe("RangeError: scan: expected inputs and state with one batch axis, got first sizes [3, 2, 2]");
    const [, pullback] = sum.apply(one, [state, inputs, tensor([1, 1])]);
    expect(thrown(() => pullback([{ h: zeros([3, 1]) }, inputs]))).toBe("RangeError: scan: expected gradients with one batch axis, got first sizes [3, 2, 2]");
    expect(thrown(() => pullback([{ h: zeros([3, 1]) }, [zeros([3, 1]), zeros([3, 1])]]))).toBe("RangeError: scan: expected gradients of 2 samples, got 3");
  });
});
