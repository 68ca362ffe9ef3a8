import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimpleRnn, simpleRnnStep, simpleRnnStepBackward } from "../../src/rnn/index.ts";
import type { SimpleRnnOptions, SimpleRnnParams, SimpleRnnState } from "../../src/rnn/index.ts";
import { key, tensor, toNested, zeros } from "../../src/tensor/index.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import {
  drawing, drawingWhole, expectDefinition, expectDerivative, expectAllDifferences, expectDifferences, expectRoundedOnce, expectScan, expectShares,
} from "../support/cells.ts";
import type { CellFunctions, Drawing, Steps } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const cell: CellFunctions<SimpleRnnParams, SimpleRnnState> = { operation: "simpleRnn", step: simpleRnnStep, backward: simpleRnnStepBackward };

interface Drawn {
  readonly samples: number;
  readonly features: number;
  readonly units: number;
  readonly steps: number;
  readonly seed: number;
  readonly bias: boolean;
  readonly options: SimpleRnnOptions;
}

const sizes = (largest: number, steps: readonly number[]): fc.Arbitrary<Drawn> => fc.record({
  samples: fc.integer({ min: 1, max: largest }), features: fc.integer({ min: 1, max: largest }), units: fc.integer({ min: 1, max: largest }),
  steps: fc.constantFrom(...steps), seed: fc.integer({ min: 0, max: 2 ** 30 }), bias: fc.boolean(),
  options: fc.constantFrom<SimpleRnnOptions>({}, { activation: "tanh" }, { activation: "relu" }, { activation: "identity" }),
});

const numbersOf = (
  { samples: n, features: f, units: h, steps, seed, bias, options }: Drawn, draw: Drawing = drawing(seed),
): Steps<SimpleRnnParams, SimpleRnnState> => ({
  params: { wx: draw(1.5, f, h), wh: draw(1.5, h, h), ...(bias && { bias: draw(1, h) }) }, state: { h: draw(1, n, h) }, options,
  inputs: Array.from({ length: steps }, () => draw(1.5, n, f)), dState: { h: draw(2, n, h) }, dOutputs: Array.from({ length: steps }, () => draw(2, n, h)),
});

describe("the simple recurrent cell", () => {
  it("carries what it has seen in one vector: the new state is made of the input and of the state before", () => {
    // 4·2 + 10·3 + 1 = 39.
    const one = { wx: tensor([[2]]), wh: tensor([[3]]), bias: tensor([1]) };
    expect(simpleRnnStep(one, { h: tensor([[10]]) }, tensor([[4]]), { activation: "identity" }).h.values).toEqual([39]);
    // Two features, two units: 1·3 + 2·5 + 7·1 + 8·0 − 20 = 0 and 1·4 + 2·6 + 7·(−1) + 8·2 − 30 = −5.
    const params = { wx: tensor([[3, 4], [5, 6]]), wh: tensor([[1, -1], [0, 2]]), bias: tensor([-20, -30]) };
    const [state, input] = [{ h: tensor([[7, 8]]) }, tensor([[1, 2]])];
    expect(toNested(simpleRnnStep(params, state, input, { activation: "identity" }).h)).toEqual([[0, -5]]);
    expect(toNested(simpleRnnStep(params, state, input, { activation: "relu" }).h)).toEqual([[0, 0]]);
    expect(toNested(simpleRnnStep(params, state, input).h)).toEqual([[0, Math.fround(Math.tanh(-5))]]);
  });

  it("has the gradient of one layer, twice: along the input, and along the state", () => {
    // h' = relu(1·3 + 2·5 + 7·1 − 10, 1·4 + 2·6 − 7 + 8·2 − 30) = relu(10, −5): the second unit sends nothing back.
    const params = { wx: tensor([[3, 4], [5, 6]]), wh: tensor([[1, -1], [0, 2]]), bias: tensor([-10, -30]) };
    const gradient = simpleRnnStepBackward(params, { h: tensor([[7, 8]]) }, tensor([[1, 2]]), { h: tensor([[10, 100]]) }, { activation: "relu" });
    expect(gradient).toEqual({
      params: { wx: tensor([[10, 0], [20, 0]]), wh: tensor([[70, 0], [80, 0]]), bias: tensor([10, 0]) },
      state: { h: tensor([[10, 0]]) }, input: tensor([[30, 50]]),
    });
  });

  it("sums the gradients of weights over the samples, and keeps apart those of states and inputs", () => {
    const params = { wx: tensor([[2]]), wh: tensor([[3]]), bias: tensor([0]) };
    const gradient = simpleRnnStepBackward(params, { h: tensor([[5], [7]]) }, tensor([[11], [13]]), { h: tensor([[1], [10]]) }, { activation: "identity" });
    expect(leavesOf(gradient).map(([path, leaf]) => [path, leaf.values])).toEqual([
      ["params.wx", [141]], ["params.wh", [75]], ["params.bias", [11]], ["state.h", [3, 30]], ["input", [2, 20]],
    ]);
  });

  it("saturates on huge numbers, passes NaN on, and gives an empty batch an empty state and zero gradients", () => {
    const params = { wx: tensor([[1]]), wh: tensor([[1]]), bias: tensor([0]) };
    const [before, inputs] = [{ h: tensor([[0], [0], [0], [1]]) }, tensor([[1e30], [-Infinity], [NaN], [-1]])];
    expect(simpleRnnStep(params, before, inputs).h.values).toEqual([1, -1, NaN, 0]);
    expect(simpleRnnStepBackward(params, before, inputs, { h: tensor([[1], [1], [1], [1]]) }).input.values).toEqual([0, 0, NaN, 1]);
    expect(simpleRnnStep(params, { h: zeros([0, 1]) }, zeros([0, 1])).h.shape).toEqual([0, 1]);
    expect(simpleRnnStepBackward(params, { h: zeros([0, 1]) }, zeros([0, 1]), { h: zeros([0, 1]) })).toEqual({
      params: { wx: tensor([[0]]), wh: tensor([[0]]), bias: tensor([0]) }, state: { h: zeros([0, 1]) }, input: zeros([0, 1]),
    });
  });
});

describe("the simple recurrent cell, step after step", () => {
  it("equals its definition", () => {
    fc.assert(fc.property(sizes(4, [1, 3]), (drawn) => expectDefinition(cell, numbersOf(drawn))), { numRuns: runs(40) });
    expectShares(sizes(4, [1, 3]), ({ samples, features, units, steps, bias, options: { activation } }) => ({
      samples: samples > 1, "more features": features > units, "more units": units > features, steps: steps > 1, bias, "no bias": !bias,
      tanh: activation === "tanh", relu: activation === "relu", identity: activation === "identity", default: activation === undefined,
    }));
  });

  it("has the derivative of its definition as its gradient", () => {
    fc.assert(fc.property(sizes(3, [1, 3]), (drawn) => expectDerivative(cell, numbersOf(drawn))), { numRuns: runs(8) });
  });

  it("has the gradient that differences give", () => {
    expectAllDifferences(cell, sizes(2, [1]).map(numbersOf), runs(8));
  });

  it("is rounded once: from doubles, which it takes and gives too", () => {
    fc.assert(fc.property(sizes(3, [1]), (drawn) => expectRoundedOnce(cell, numbersOf(drawn))), { numRuns: runs(10) });
  });

  it("is exact on whole numbers with identity activation, and so is its gradient, bit for bit", () => {
    fc.assert(fc.property(sizes(3, [1, 3]), (drawn) => {
      const steps = numbersOf({ ...drawn, options: { activation: "identity" } }, drawingWhole(drawn.seed));
      expectDefinition(cell, steps, 0);
      expectDerivative(cell, steps, 0);
      expect(expectDifferences(cell, steps, 1, 1, 0).leftOut).toBe(0);
    }), { numRuns: runs(8) });
  });
});

describe("the simple recurrent cell as a layer", () => {
  it("does under scan what its steps do one by one, forward and backward", () => {
    fc.assert(fc.property(sizes(3, [3]), (drawn) =>
      expectScan(cell, SimpleRnn({ inputs: drawn.features, units: drawn.units, ...drawn.options }), numbersOf(drawn))), { numRuns: runs(5) });
    const [params, start] = [{ wx: tensor([[2]]), wh: tensor([[3]]), bias: tensor([1]) }, { h: tensor([[10]]) }];
    const after = (activation: "relu" | "identity"): number =>
      SimpleRnn({ inputs: 1, units: 1, activation }).apply(params, [start, tensor([[-20]])])[0][1].values[0]!;
    expect([after("identity"), after("relu")]).toEqual([-9, 0]);
  });

  it("starts from weights by Glorot's rule, each matrix with its own, and no bias to speak of", () => {
    const { wx, wh, bias } = SimpleRnn({ inputs: 20, units: 30 }).init(key(1));
    expect([wx.shape, wh.shape]).toEqual([[20, 30], [30, 30]]);
    expect(bias).toEqual(zeros([30]));
    for (const [weights, fans] of [[wx, 50], [wh, 60]] as const) {
      const limit = Math.sqrt(6 / fans);
      const sizes = weights.values.map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThan(limit);
      expect(Math.max(...sizes)).toBeGreaterThan(0.97 * limit);
      expect(Math.abs(weights.values.reduce((sum, value) => sum + value, 0) / sizes.length)).toBeLessThan(0.1 * limit);
    }
    expect(wx.values[0]! * Math.sqrt(50)).not.toBeCloseTo(wh.values[0]! * Math.sqrt(60), 5);
    expect(SimpleRnn({ inputs: 20, units: 30 }).init(key(1))).toEqual({ wx, wh, bias });
  });
});

describe("the simple recurrent cell refuses", () => {
  const params = { wx: zeros([3, 5]), wh: zeros([5, 5]), bias: zeros([5]) };
  const state = { h: zeros([2, 5]) };
  const input = zeros([2, 3]);

  it("what is no input, no state and no weights of it", () => {
    const step = (...args: readonly unknown[]): string => thrown(() => simpleRnnStep(...(args as Parameters<typeof simpleRnnStep>)));
    expect(step(params, state, [1])).toBe("TypeError: simpleRnnStep: expected input as a Tensor, got [1]");
    expect(step(params, state, zeros([3]))).toBe("RangeError: simpleRnnStep: expected input [N, F] with F of at least 1, got [3]");
    expect(step(params, input, input)).toBe("TypeError: simpleRnnStep: expected state { h }, got a Tensor");
    expect(step(params, { h: zeros([4, 5]) }, input))
      .toBe("RangeError: simpleRnnStep: expected state.h [2, H] with H of at least 1, as the input is [2, 3], got [4, 5]");
    expect(step(input, state, input)).toBe("TypeError: simpleRnnStep: expected params { wx, wh, bias? }, got a Tensor");
    expect(step({ ...params, peephole: zeros([5]) }, state, input))
      .toBe("RangeError: simpleRnnStep: expected params { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    expect(step({ ...params, wx: zeros([5, 3]) }, state, input)).toBe("RangeError: simpleRnnStep: expected params.wx of shape [3, 5], got [5, 3]");
    expect(step({ ...params, wh: zeros([3, 5]) }, state, input)).toBe("RangeError: simpleRnnStep: expected params.wh of shape [5, 5], got [3, 5]");
    expect(step({ ...params, bias: zeros([1, 5]) }, state, input)).toBe("RangeError: simpleRnnStep: expected params.bias of shape [5], got [1, 5]");
  });

  it("a gradient that does not fit the state", () => {
    const backward = (dState: unknown): string => thrown(() => simpleRnnStepBackward(params, state, input, dState as SimpleRnnState));
    expect(backward(state.h)).toBe("TypeError: simpleRnnStepBackward: expected dState { h }, got a Tensor");
    expect(backward({ h: zeros([2, 4]) })).toBe("RangeError: simpleRnnStepBackward: expected dState.h of shape [2, 5], got [2, 4]");
    expect(thrown(() => simpleRnnStepBackward(params, { h: zeros([2]) }, input, state)))
      .toBe("RangeError: simpleRnnStepBackward: expected state.h [2, H] with H of at least 1, as the input is [2, 3], got [2]");
  });

  it("options it does not have", () => {
    expect(thrown(() => simpleRnnStep(params, state, input, { activation: "sigmoid" as never })))
      .toBe('RangeError: simpleRnnStep: expected activation "tanh" or "relu" or "identity", got "sigmoid"');
    expect(thrown(() => simpleRnnStepBackward(params, state, input, state, { clip: 1 } as never)))
      .toBe("RangeError: simpleRnnStepBackward: expected only the options activation, got clip");
    expect(thrown(() => SimpleRnn({ inputs: 3, units: 5, hidden: 5 } as never)))
      .toBe("RangeError: SimpleRnn: expected only the options inputs, units, activation, got hidden");
    expect(thrown(() => SimpleRnn({ inputs: 3, units: 0 }))).toBe("RangeError: SimpleRnn: expected inputs and units of at least 1, got 3 and 0");
    expect(thrown(() => SimpleRnn({ inputs: 3, units: 5 }).apply(params, [state, zeros([2, 4])])))
      .toBe("RangeError: SimpleRnn: expected params.wx of shape [4, 5], got [3, 5]");
  });
});
