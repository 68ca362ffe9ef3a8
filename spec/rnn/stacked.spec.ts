import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dropout } from "../../src/learning/dropout.ts";
import { Lstm, SimpleRnn, scan, stacked } from "../../src/rnn/index.ts";
import type { AnySequence } from "../../src/rnn/index.ts";
import { foldIn, key } from "../../src/tensor/random.ts";
import type { Key } from "../../src/tensor/random.ts";
import { filled, map, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { numbers } from "../definitions/scalar.ts";
import { runs } from "../support/runs.ts";
import { expectNames, expectSamplesAlone, gradients, run, sequences } from "../support/sequences.ts";
import type { Drawn } from "../support/sequences.ts";
import { fitting, namedLayers, nestedSteps, stackOf, stackedCotangents, stackedDefinition, stackedInputs } from "../support/stacks.ts";
import { thrown } from "../support/thrown.ts";

const runningSum = scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" }));
const one = { wx: tensor([[1]]), wh: tensor([[1]]) };
const zero = { h: tensor([[0]]) };
const steps = [1, 10, 100].map((x) => tensor([[x]]));

/** Hands its inputs on. */
const passing: AnySequence = { init: () => ({}), apply: (_, [state, inputs]) => [[state, inputs], ([d, dOutputs]) => [{}, [d, dOutputs]]] };

describe("layers of recurrent networks", () => {
  it("read the outputs of the layer below: the running sum of a running sum", () => {
    const [[last, outputs], pullback] = stacked([runningSum, runningSum]).apply([one, one], [[zero, { h: tensor([[1000]]) }], steps]);
    expect(outputs.map(({ values }) => values)).toEqual([[1001], [1012], [1123]]);
    expect(last.map(({ h }) => h.values)).toEqual([[111], [1123]]);
    // The first input is in three outputs of the upper layer with the factors 1, 2, 3, the last in one.
    const [dParams, [dState, dInputs]] = pullback([[{ h: tensor([[5]]) }, zero], [1, 10, 100].map((d) => tensor([[d]]))]);
    expect(dInputs.map(({ values }) => values)).toEqual([[1 + 20 + 300 + 5], [10 + 200 + 5], [105]]);
    expect(dState.map(({ h }) => h.values)).toEqual([[326], [111]]);
    expect(dParams.map(({ wh }) => wh.values)).toEqual([[215 * 1 + 105 * 11], [111 * 1000 + 110 * 1001 + 100 * 1012]]);
  });

  it("are, one alone, that layer; parameters are drawn for each by a key of its own", () => {
    const [layer, state] = [scan(Lstm({ inputs: 1, units: 2 })), { h: zeros([1, 2]), c: zeros([1, 2]) }];
    const network = stacked([layer], { dropout: 0.5 });
    expect(network.init(key(1))).toEqual([layer.init(foldIn(key(1), 0))]);
    expect(network.apply(network.init(key(1)), [[state], steps], key(2))[0]).toEqual([[layer.apply(layer.init(foldIn(key(1), 0)), [state, steps])[0][0]],
      layer.apply(layer.init(foldIn(key(1), 0)), [state, steps])[0][1]]);
    expect(stacked([runningSum, runningSum]).init(key(1))).toEqual([runningSum.init(foldIn(key(1), 0)), runningSum.init(foldIn(key(1), 1))]);
  });

  const twoLayers = (largest: number): fc.Arbitrary<readonly Drawn[]> => {
    const each = sequences(largest, ["forward", "reverse", "bidirectional"]);
    return fc.tuple(each, each).map(fitting);
  };

  it("equal one definition behind the other, in every direction, with samples of any length", () => {
    fc.assert(fc.property(twoLayers(3), (layers) => {
      const each = stackOf(layers);
      const { last, outputs } = run(each);
      expectNames({ output: nestedSteps(outputs), ...namedLayers(last, layers, "finalState.") },
        stackedDefinition(layers)(numbers, stackedInputs(each, layers), {}), 1e-12);
    }), { numRuns: runs(12) });
  });

  it("have the derivative of both definitions together as their gradient", () => {
    fc.assert(fc.property(twoLayers(1), (layers) => {
      const each = stackOf(layers);
      const { dParams, dState, dInputs } = run(each);
      expectNames({ input: nestedSteps(dInputs), ...namedLayers(dParams, layers), ...namedLayers(dState, layers, "initialState.") },
        gradients(stackedDefinition(layers), stackedInputs(each, layers), {}, stackedCotangents(each, layers)), 1e-12);
    }), { numRuns: runs(2) });
  });

  it("give each sample of a batch what it gets alone, bit for bit", () => {
    fc.assert(fc.property(twoLayers(2), (layers) => {
      expectSamplesAlone(stackOf(layers.map((layer) => ({ ...layer, shares: layer.shares ?? [0.5, 1, 0] }))));
    }), { numRuns: runs(6) });
  });
});

describe("dropout between layers", () => {
  const [ones, width] = [[filled([1, 400], 1), filled([1, 400], 1)], 400];
  const shareOf = (step: Tensor, value: number): number => step.values.filter((each) => each === value).length / width;
  const none = zeros([1, 1]);
  const through = (layers: number, dropout: number, from?: Key): readonly [readonly Tensor[], readonly Tensor[]] => {
    const network = stacked(Array.from({ length: layers }, () => passing), { dropout });
    const states = Array.from({ length: layers }, () => none);
    const [[, outputs], pullback] = network.apply(states.map(() => ({})), [states, ones], from);
    return [outputs, pullback([states, ones])[1][1]];
  };

  it("is there with a key, and absent without one", () => {
    const [outputs, dInputs] = through(2, 0.25, key(1));
    for (const step of outputs) {
      expect(shareOf(step, 0) + shareOf(step, Math.fround(1 / 0.75))).toBe(1);
      expect(Math.abs(shareOf(step, 0) - 0.25)).toBeLessThan(0.1);
    }
    expect(dInputs).toEqual(outputs);
    expect(through(2, 0.25)).toEqual([ones, ones]);
    expect(through(2, 0, key(1))).toEqual([ones, ones]);
    expect(through(2, 1, key(1))[0]).toEqual(ones.map((step) => map(step, () => 0)));
  });

  it("is the same with the same key, and another at every step, between every two layers and with another key", () => {
    const [[first, second]] = through(2, 0.5, key(1));
    expect(through(2, 0.5, key(1))[0]).toEqual([first, second]);
    expect(second).not.toEqual(first);
    expect(through(2, 0.5, key(2))[0][0]).not.toEqual(first);
    const own = Dropout({ rate: 0.5 });
    expect([first, second]).toEqual([0, 1].map((t) => own.apply({}, ones[t]!, foldIn(foldIn(key(1), 1), t))[0]));
    // Two masks that do not depend on each other keep a quarter; one mask twice would keep half.
    expect(Math.abs(shareOf(through(3, 0.5, key(1))[0][0]!, 4) - 0.25)).toBeLessThan(0.1);
  });

  it("is neither before the first layer nor behind the last", () => {
    expect(through(1, 0.5, key(1))).toEqual([ones, ones]);
    const network = stacked([runningSum, passing], { dropout: 1 });
    const [[last], pullback] = network.apply([one, {}], [[zero, none], steps], key(1));
    expect(last[0].h.values).toEqual([111]);
    expect(pullback([[zero, none], steps])[1][1].map(({ values }) => values)).toEqual([[0], [0], [0]]);
  });

  it("hands every layer a key that nothing else uses", () => {
    const seen: (Key | undefined)[] = [];
    const watching: AnySequence = { ...passing, apply: (params, input, from) => {
      seen.push(from);
      return passing.apply(params, input);
    } };
    stacked([watching, watching, watching]).apply([{}, {}, {}], [[none, none, none], steps], key(1));
    expect(seen).toEqual([0, 2, 4].map((l) => foldIn(key(1), l)));
    stacked([watching]).apply([{}], [[none], steps]);
    expect(seen.at(-1)).toBe(undefined);
  });
});

describe("layers of recurrent networks refuse", () => {
  it("what is no layer, none at all, and what is no option", () => {
    expect(thrown(() => stacked(runningSum as never))).toBe("TypeError: stacked: expected an array of layers, got an object with init, zeroState, apply");
    expect(thrown(() => stacked([]))).toBe("RangeError: stacked: expected at least one layer, got none");
    expect(thrown(() => stacked([runningSum, 3 as never]))).toBe("TypeError: stacked: expected layer 1 as a layer (init and apply), got 3");
    expect(thrown(() => stacked([runningSum], { dropout: "half" as never }))).toBe('TypeError: stacked: expected dropout a number, got "half"');
    expect(thrown(() => stacked([runningSum], { dropout: 1.5 }))).toBe("RangeError: stacked: expected dropout from 0 to 1, got 1.5");
    expect(thrown(() => stacked([runningSum], { dropout: -0.5 }))).toBe("RangeError: stacked: expected dropout from 0 to 1, got -0.5");
    expect(thrown(() => stacked([runningSum], { rate: 0.5 } as never))).toBe("RangeError: stacked: expected only the options dropout, got rate");
  });

  it("parameters, states and gradients that are not one for each layer", () => {
    const network = stacked([runningSum, runningSum]);
    const apply = (params: unknown, state: unknown): string => thrown(() => network.apply(params as never, [state as never, steps]));
    expect(apply([one], [zero, zero])).toBe("RangeError: stacked: expected params for each of 2 layers, got 1");
    expect(apply(one, [zero, zero])).toBe("TypeError: stacked: expected params as an array, one entry a layer, got an object with wx, wh");
    expect(apply([one, one], [zero, zero, zero])).toBe("RangeError: stacked: expected state for each of 2 layers, got 3");
    const [, pullback] = network.apply([one, one], [[zero, zero], steps]);
    expect(thrown(() => pullback([[zero] as never, steps]))).toBe("RangeError: stacked: expected dState for each of 2 layers, got 1");
    expect(thrown(() => pullback([[zero, zero], []]))).toBe("RangeError: scan: expected a gradient for each of 3 outputs, got 0");
  });
});
