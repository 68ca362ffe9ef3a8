import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Relu } from "../../src/learning/activation.ts";
import { crossEntropy, crossEntropyBackward } from "../../src/learning/cross-entropy.ts";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import { squaredError, squaredErrorBackward } from "../../src/learning/loss.ts";
import { lossFunction } from "../../src/learning/train.ts";
import {
  Gru, Lstm, SimpleRnn, bidirectional, everyStep, everyStepLoss, fromZeros, hiddenState, lastStep, reverse, scan, stacked, zeroState,
} from "../../src/rnn/index.ts";
import type { AnySequence, Sequence } from "../../src/rnn/index.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mapTree } from "../../src/tensor/tree.ts";
import { drawing } from "../support/cells.ts";
import { expectLayerGradient } from "../support/layer-gradient.ts";
import { runs } from "../support/runs.ts";
import { spoilt } from "../support/sequences.ts";
import { thrown } from "../support/thrown.ts";

const sum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));
const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
const Twice = FullyConnected({ inputs: 1, outputs: 1, bias: false });
const twice = { weight: tensor([[2]]) };
const steps = [1, 10, 100].map((x) => tensor([[x]]));
const valuesOf = (tensors: readonly Tensor[]): readonly (readonly number[])[] => tensors.map(({ values }) => values);

/** Networks of every kind, over two features, whose hidden state has `hidden` numbers. */
const networks: Readonly<Record<string, { readonly network: AnySequence; readonly hidden: number }>> = {
  simple: { network: scan(SimpleRnn({ inputs: 2, units: 2 })) as AnySequence, hidden: 2 },
  lstm: { network: scan(Lstm({ inputs: 2, units: 2 })) as AnySequence, hidden: 2 },
  reverse: { network: reverse(scan(Gru({ inputs: 2, units: 3 }))) as AnySequence, hidden: 3 },
  bidirectional: { network: bidirectional(scan(SimpleRnn({ inputs: 2, units: 2 })), scan(Lstm({ inputs: 2, units: 1 })), { merge: "concat" }), hidden: 3 },
  stacked: {
    network: stacked([scan(Lstm({ inputs: 2, units: 1 })), bidirectional(scan(SimpleRnn({ inputs: 1, units: 2 })), scan(SimpleRnn({ inputs: 1, units: 1 })))]) as AnySequence,
    hidden: 3,
  },
};

const cases = fc.record({
  kind: fc.constantFrom(...Object.keys(networks)), length: fc.integer({ min: 1, max: 4 }), samples: fc.integer({ min: 1, max: 3 }),
  shares: fc.option(fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 3, maxLength: 3 }), { nil: undefined }), seed: fc.integer({ min: 0, max: 2 ** 30 }),
}).map(({ kind, length, samples, shares, seed }) => {
  const draw = drawing(seed);
  const ends = shares?.slice(0, samples).map((share) => Math.round(share * length));
  return { ...networks[kind]!, ends, lengths: ends && tensor(ends), inputs: Array.from({ length }, () => draw(1, samples, 2)), seed };
});

describe("the hidden state", () => {
  it("is h of a cell, both directions' joined, the topmost layer's of a stack", () => {
    const [a, b, c] = [tensor([[1, 2]]), tensor([[3]]), tensor([[4, 5, 6]])];
    expect(hiddenState({ h: a })).toBe(a);
    expect(hiddenState({ h: a, c: b } as never)).toBe(a);
    expect(hiddenState(b)).toBe(b);
    expect(hiddenState({ forward: { h: a }, backward: { h: b } })).toEqual(tensor([[1, 2, 3]]));
    expect(hiddenState([{ h: c }, { forward: { h: b }, backward: a }])).toEqual(tensor([[3, 1, 2]]));
  });

  it("is refused where there is none", () => {
    expect(thrown(() => hiddenState([]))).toBe("RangeError: hiddenState: expected the state of at least one layer, got none");
    expect(thrown(() => hiddenState({ c: tensor(1) } as never))).toBe("TypeError: hiddenState: expected a state with a hidden state h, got an object with c");
    expect(thrown(() => hiddenState({ h: 3 } as never))).toBe("TypeError: hiddenState: expected a state with a hidden state h, got an object with h");
    expect(thrown(() => hiddenState(undefined as never))).toBe("TypeError: hiddenState: expected a state with a hidden state h, got undefined");
  });
});

describe("a prediction after the last step", () => {
  it("is made from the hidden state of each sample after its own last step; a sample without steps has zeros", () => {
    const inputs = [[1, 2, 3], [10, 20, NaN], [100, NaN, NaN]].map((row) => tensor(row.map((x) => [x])));
    const network = lastStep(sum, FullyConnected({ inputs: 1, outputs: 1 }));
    const params = { sequence: one, head: { weight: tensor([[2]]), bias: tensor([1000]) } };
    expect(network.apply(params, [inputs, tensor([3, 2, 0])])[0].values).toEqual([1222, 1044, 1000]);
    expect(network.apply(params, [inputs.slice(0, 1)])[0].values).toEqual([1002, 1004, 1006]);
  });

  it("hands its gradient back to every step before it", () => {
    const [, pullback] = lastStep(sum, Twice).apply({ sequence: one, head: twice }, [steps]);
    const [{ sequence, head }, [dInputs]] = pullback(tensor([[7]]));
    expect(valuesOf(dInputs)).toEqual([[14], [14], [14]]);
    expect(head.weight.values).toEqual([7 * 111]);
    expect(sequence.wx.values).toEqual([14 * 111]);
    expect(sequence.wh.values).toEqual([14 * (1 + 11)]);
  });

  it("of a network that reads from both ends is made from what each direction read last", () => {
    const network = lastStep(bidirectional(sum, sum, { merge: "sum" }), FullyConnected({ inputs: 2, outputs: 1, bias: false }));
    const params = { sequence: { forward: one, backward: { ...one, wx: tensor([[-1]]) } }, head: { weight: tensor([[1, 1000]]) } };
    expect(network.apply(params, [steps])[0].values).toEqual([111 - 111000]);
    const [{ sequence }] = network.apply(params, [steps])[1](tensor([[1]]));
    expect([sequence.forward.wx.values, sequence.backward.wx.values]).toEqual([[111], [111000]]);
  });

  it("of a long short-term memory sends nothing to the cell state that was not read", () => {
    const network = scan(Lstm({ inputs: 1, units: 1 }));
    const layer = lastStep(network, Twice);
    const params = { sequence: network.init(key(3)), head: { weight: tensor([[1]]) } };
    const [, [dInputs]] = layer.apply(params, [steps])[1](tensor([[1]]));
    const none = { h: zeros([1, 1]), c: zeros([1, 1]) };
    const [, pullback] = network.apply(params.sequence, [none, steps]);
    expect(dInputs).toEqual(pullback([{ ...none, h: tensor([[1]]) }, steps.map(() => zeros([1, 1]))])[1][1]);
  });

  it("of a stack is made from its upper network, to which the gradient goes", () => {
    const network = stacked([sum, sum]);
    const [prediction, pullback] = lastStep(network, Twice).apply({ sequence: [one, one], head: twice }, [steps]);
    // The lower network shows 1, 11 and 111; the upper one sums these up.
    expect(prediction.values).toEqual([2 * 123]);
    const [, [dInputs]] = pullback(tensor([[1]]));
    expect(dInputs.map(({ values }) => values)).toEqual([[2 * 3], [2 * 2], [2 * 1]]);
  });

  it("is what the head makes of the last state's hidden state, for networks of every kind and samples of any length", () => {
    fc.assert(fc.property(cases, ({ network, hidden, inputs, ends, lengths, seed }) => {
      const head = FullyConnected({ inputs: hidden, outputs: 2 });
      const layer = lastStep(network, head);
      const params = layer.init(key(seed));
      const [[last]] = network.apply(params.sequence, [zeroState<unknown>(network, inputs[0]!.shape[0]!), inputs, lengths]);
      expect(layer.apply(params, [spoilt(inputs, ends), lengths])[0]).toEqual(head.apply(params.head, hiddenState(last))[0]);
    }), { numRuns: runs(15) });
  });

  it("has the gradient that differences have", () => {
    fc.assert(fc.property(cases, ({ network, hidden, inputs, lengths, seed }) => {
      const layer = lastStep(network, FullyConnected({ inputs: hidden, outputs: 2 }));
      expectLayerGradient((params, [own]: readonly [readonly Tensor[]]) => layer.apply(params, [own, lengths]), layer.init(key(seed)), [inputs], seed);
    }), { numRuns: runs(3) });
  });
});

describe("a prediction at every step", () => {
  it("is made from each output with the same parameters; behind the end of a sample it is 0, and nothing there is seen", () => {
    const inputs = [[1, 2], [10, 20], [100, NaN]].map((row) => tensor(row.map((x) => [x])));
    const network = everyStep(sum, FullyConnected({ inputs: 1, outputs: 1 }));
    const params = { sequence: one, head: { weight: tensor([[2]]), bias: tensor([1000]) } };
    const [[last, predictions], pullback] = network.apply(params, [{ h: zeros([2, 1]) }, inputs, tensor([3, 2])]);
    expect(valuesOf(predictions)).toEqual([[1002, 1004], [1022, 1044], [1222, 0]]);
    expect(last.h.values).toEqual([111, 22]);
    const [{ head }, [, dInputs]] = pullback([{ h: zeros([2, 1]) }, [[1, 1], [1, 1], [1, NaN]].map((row) => tensor(row.map((d) => [d])))]);
    expect(head.weight.values).toEqual([1 + 11 + 111 + 2 + 22]);
    expect(head.bias!.values).toEqual([5]);
    expect(valuesOf(dInputs)).toEqual([[6, 4], [4, 2], [2, 0]]);
  });

  it("goes on from any state, and hands back what arrives at the last one", () => {
    const network = everyStep(sum, Twice);
    const [[last, predictions], pullback] = network.apply({ sequence: one, head: twice }, [{ h: tensor([[1000]]) }, steps]);
    expect([last.h.values, valuesOf(predictions)]).toEqual([[1111], [[2002], [2022], [2222]]]);
    const [, [dState]] = pullback([{ h: tensor([[5]]) }, [1, 10, 100].map((d) => tensor([[d]]))]);
    expect(dState.h.values).toEqual([227]);
  });

  it("gathers the gradient of its parameters in double", () => {
    const [large, small] = [2 ** 24, 1];
    const shown: Sequence<object, Tensor, Tensor, Tensor> = { init: () => ({}), apply: (_, [state, inputs]) => [[state, inputs], ([d, dOutputs]) => [{}, [d, dOutputs]]] };
    const [, pullback] = everyStep(shown, Twice).apply({ sequence: {}, head: twice }, [tensor([0]), [large, small, small].map((x) => tensor([[x]]))]);
    const [{ head }] = pullback([tensor([0]), [1, 1, 1].map((d) => tensor([[d]]))]);
    expect(head.weight.values).toEqual([2 ** 24 + 2]);
  });

  it("has the gradient that differences have, for networks of every kind and samples of any length", () => {
    fc.assert(fc.property(cases, ({ network, inputs, lengths, seed }) => {
      const [[, [output]]] = network.apply(network.init(key(seed)), [zeroState<unknown>(network, inputs[0]!.shape[0]!), inputs]);
      const layer = fromZeros(everyStep(network, FullyConnected({ inputs: output!.shape[1]!, outputs: 2 })));
      expectLayerGradient((params, [own]: readonly [readonly Tensor[]]) => layer.apply(params, [own, lengths]), layer.init(key(seed)), [inputs], seed);
    }), { numRuns: runs(3) });
  });
});

describe("readouts", () => {
  it("draw the parameters of network and head by keys of their own, and hand each a key", () => {
    const seen: (Key | undefined)[] = [];
    const Watching = { init: (from: Key) => (seen.push(from), {}), apply: (_: object, x: Tensor, from?: Key) => (seen.push(from), [x, (d: Tensor) => [{}, d] as const] as const) };
    const network: Sequence<object, Tensor, Tensor, Tensor> = {
      init: (from) => (seen.push(from), {}), zeroState: (samples) => zeros([samples, 1]),
      apply: (_, [state, inputs], from) => (seen.push(from), [[state, inputs], ([d, dOutputs]) => [{}, [d, dOutputs]]]),
    };
    const keys = [foldIn(key(1), 0), foldIn(key(1), 1)];
    for (const layer of [lastStep(network, Watching), everyStep(network, Watching)]) layer.init(key(1));
    expect(seen).toEqual([...keys, ...keys]);
    seen.length = 0;
    lastStep(network, Watching).apply({ sequence: {}, head: {} }, [steps], key(1));
    everyStep(network, Watching).apply({ sequence: {}, head: {} }, [zeros([1, 1]), steps.slice(0, 2)], key(1));
    lastStep(network, Watching).apply({ sequence: {}, head: {} }, [steps]);
    everyStep(network, Watching).apply({ sequence: {}, head: {} }, [zeros([1, 1]), steps.slice(0, 1)]);
    expect(seen).toEqual([...keys, keys[0], foldIn(keys[1]!, 0), foldIn(keys[1]!, 1), undefined, undefined, undefined, undefined]);
  });

  it("take an empty batch", () => {
    const layer = lastStep(scan(SimpleRnn({ inputs: 2, units: 3 })), FullyConnected({ inputs: 3, outputs: 4 }));
    expect(layer.apply(layer.init(key(1)), [[zeros([0, 2])]])[0].shape).toEqual([0, 4]);
  });

  it("refuse what is no layer, no steps, and gradients that are not one for each prediction", () => {
    expect(thrown(() => lastStep(3 as never, Relu))).toBe("TypeError: lastStep: expected sequence as a layer (init and apply), got 3");
    expect(thrown(() => lastStep(sum, 3 as never))).toBe("TypeError: lastStep: expected head as a layer (init and apply), got 3");
    expect(thrown(() => everyStep(3 as never, Relu))).toBe("TypeError: everyStep: expected sequence as a layer (init and apply), got 3");
    expect(thrown(() => everyStep(sum, 3 as never))).toBe("TypeError: everyStep: expected head as a layer (init and apply), got 3");
    expect(thrown(() => lastStep(sum, Twice).apply({ sequence: one, head: twice }, [[]]))).toBe("RangeError: lastStep: expected at least one step, got none");
    const [, pullback] = everyStep(sum, Twice).apply({ sequence: one, head: twice }, [{ h: zeros([1, 1]) }, steps]);
    expect(thrown(() => pullback([{ h: zeros([1, 1]) }, []]))).toBe("RangeError: scan: expected a gradient for each of 3 outputs, got 0");
  });
});

describe("a loss over every step", () => {
  const loss = everyStepLoss(lossFunction(crossEntropy, crossEntropyBackward, { ignoreIndex: -1 }));

  it("is that of all steps' samples as one batch, so that each counts alike, and what is to be ignored is", () => {
    const draw = drawing(1);
    const scores = [draw(1, 2, 3), draw(1, 2, 3), draw(1, 2, 3)];
    const targets = [tensor([0, 1]), tensor([2, -1]), tensor([1, -1])];
    const [value, pullback] = loss(scores, targets);
    const rows = scores.flatMap(({ values }) => [values.slice(0, 3), values.slice(3)]);
    const used = [0, 1, 2, 4].map((row) => crossEntropy(widen(tensor([rows[row]!])), tensor([[0, 1, 2, -1, 1, -1][row]!])).values[0]!);
    expect(value.values[0]).toBeCloseTo(used.reduce((total, each) => total + each) / 4, 6);
    const gradients = pullback(tensor(1));
    expect(gradients.map(({ shape }) => shape)).toEqual([[2, 3], [2, 3], [2, 3]]);
    expect([gradients[1]!.values.slice(3), gradients[2]!.values.slice(3)]).toEqual([[0, 0, 0], [0, 0, 0]]);
    expectLayerGradient((_: object, own: readonly Tensor[]) => {
      const [each, pull] = loss(own, targets);
      return [each, (d: Tensor) => [{}, pull(d)] as const];
    }, {}, scores, 1);
  });

  it("of tensors of any shape keeps each where it is", () => {
    const square = everyStepLoss(lossFunction(squaredError, squaredErrorBackward, { reduction: "sum" }));
    const draw = drawing(3);
    const [predictions, targets] = [0, 1].map(() => mapTree([zeros([2, 3, 2]), zeros([2, 3, 2])], ({ shape }) => draw(1, ...shape))) as [Tensor[], Tensor[]];
    const [, pullback] = square(predictions, targets);
    expect(pullback(tensor(1)).map(({ values }) => values))
      .toEqual(predictions.map(({ values }, t) => values.map((value, i) => 2 * (value - targets[t]!.values[i]!))));
  });

  it("hands the loss all samples of all steps on one axis, and the other axes as they are", () => {
    const shapes: unknown[] = [];
    const watching = everyStepLoss((predictions, targets) => {
      shapes.push(predictions.shape, targets.shape);
      return [tensor(0), () => predictions];
    });
    watching([zeros([2, 3, 5]), zeros([2, 3, 5])], [zeros([2]), zeros([2])]);
    expect(shapes).toEqual([[4, 3, 5], [4]]);
  });

  it("refuses what is no loss, no steps, and targets of other steps", () => {
    expect(thrown(() => everyStepLoss(3 as never))).toBe("TypeError: everyStepLoss: expected loss as a function, got 3");
    expect(thrown(() => loss([], []))).toBe("RangeError: everyStepLoss: expected at least one step, got none");
    expect(thrown(() => loss([zeros([1, 2])], uniform(key(1), [1]) as never))).toBe("TypeError: everyStepLoss: expected targets as an array of steps, got a Tensor");
    expect(thrown(() => loss([zeros([1, 2])], [zeros([1]), zeros([1])]))).toBe("RangeError: everyStepLoss: expected targets for each of 1 steps, got 2");
  });
});
