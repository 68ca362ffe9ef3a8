import { describe, expect, it } from "vitest";
import { Gru, Lstm, SimpleRnn, bidirectional, everyStep, fromZeros, residualCell, residualSequence, reverse, scan, stacked, truncated, zeroState } from "../../src/rnn/index.ts";
import type { Cell } from "../../src/rnn/index.ts";
import { Relu } from "../../src/learning/activation.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { startOf } from "../../src/rnn/zero-state.ts";
import { thrown } from "../support/thrown.ts";

const [simple, lstm, gru] = [SimpleRnn({ inputs: 3, units: 2 }), Lstm({ inputs: 3, units: 4 }), Gru({ inputs: 3, units: 5 })];
const h = (units: number): { readonly h: Tensor } => ({ h: zeros([7, units]) });
const steps = [0, 1, 2].map((t) => uniform(foldIn(key(1), t), [2, 3], -1, 1));

describe("the state of zeros", () => {
  it("has what the cell remembers, for every sample", () => {
    expect(zeroState(simple, 7)).toEqual(h(2));
    expect(zeroState(lstm, 7)).toEqual({ h: zeros([7, 4]), c: zeros([7, 4]) });
    expect(zeroState(gru, 7)).toEqual(h(5));
    expect(zeroState(gru, 0)).toEqual({ h: zeros([0, 5]) });
    expect(zeroState(residualCell(simple), 7)).toEqual(h(2));
  });

  it("of a network is that of its cell, whatever is made of the network", () => {
    const network = scan(simple);
    for (const each of [network, reverse(network), truncated(network, 2), everyStep(network, Relu), residualSequence(network as never)]) {
      expect(zeroState<unknown>(each, 7)).toEqual(h(2));
    }
  });

  it("of two directions is one of each, of a stack one a layer", () => {
    expect(zeroState(bidirectional(scan(simple), scan(gru)), 7)).toEqual({ forward: h(2), backward: h(5) });
    expect(zeroState(stacked([scan(lstm), bidirectional(scan(simple), scan(gru))]), 7))
      .toEqual([{ h: zeros([7, 4]), c: zeros([7, 4]) }, { forward: h(2), backward: h(5) }]);
  });

  it("is refused for numbers of samples that are none, and where a cell does not say what it remembers", () => {
    expect(thrown(() => zeroState(simple, "7" as never))).toBe('TypeError: zeroState: expected samples as a whole number of at least 0, got "7"');
    for (const samples of [-1, 0.5]) {
      expect(thrown(() => zeroState(simple, samples))).toBe(`RangeError: zeroState: expected samples as a whole number of at least 0, got ${samples}`);
    }
    const own: Cell<object, Tensor, Tensor, Tensor> = { init: () => ({}), apply: simple.apply as never };
    const refused = "TypeError: zeroState: expected a cell or network that has a state of zeros, got an object with init, apply";
    expect(thrown(() => zeroState(own, 7))).toBe(refused);
    expect(thrown(() => zeroState(scan(own), 7))).toBe(refused);
    expect(thrown(() => zeroState(undefined as never, 7))).toBe("TypeError: zeroState: expected a cell or network that has a state of zeros, got undefined");
  });
});

describe("a network that begins with zeros", () => {
  it("is that network with that state, and hands back the gradients of parameters and inputs", () => {
    const network = scan(lstm);
    const params = network.init(key(1));
    const lengths = tensor([3, 1]);
    const [[, outputs], pullback] = network.apply(params, [zeroState(network, 2), steps, lengths]);
    const layer = fromZeros(network);
    const [own, ownPullback] = layer.apply(params, [steps, lengths]);
    expect(own).toEqual(outputs);
    const dOutputs = outputs.map((output, t) => uniform(foldIn(key(2), t), output.shape, -1, 1));
    const [dParams, [, dInputs]] = pullback([zeroState(network, 2), dOutputs]);
    expect(ownPullback(dOutputs)).toEqual([dParams, [dInputs]]);
    expect(layer.init(key(3))).toEqual(network.init(key(3)));
  });

  it("hands the key on", () => {
    const seen: unknown[] = [];
    const watching = { ...scan(simple), apply: (...args: Parameters<ReturnType<typeof scan<any, any, Tensor, Tensor>>["apply"]>) => {
      seen.push(args[2]);
      return scan(simple).apply(args[0] as never, args[1] as never);
    } };
    fromZeros(watching as typeof watching & ReturnType<typeof scan<any, any, Tensor, Tensor>>).apply(simple.init(key(1)), [steps], key(9));
    expect(seen).toEqual([key(9)]);
  });

  it("refuses what is no network, and steps that are none or have no batch axis", () => {
    expect(thrown(() => fromZeros(3 as never))).toBe("TypeError: fromZeros: expected sequence as a layer (init and apply), got 3");
    const layer = fromZeros(scan(simple));
    expect(thrown(() => layer.apply(simple.init(key(1)), [[]]))).toBe("RangeError: fromZeros: expected at least one step, got none");
    expect(thrown(() => layer.apply(simple.init(key(1)), [steps[0]!] as never))).toBe("TypeError: fromZeros: expected inputs as an array of steps, got a Tensor");
    expect(thrown(() => startOf("name", simple, [tensor(1)]))).toBe("RangeError: name: expected inputs with one batch axis, got first sizes [undefined]");
  });
});
