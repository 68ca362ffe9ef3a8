import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lstm, lstmStep, lstmStepBackward } from "../../src/rnn/index.ts";
import type { GateParams, LstmOptions, LstmParams, LstmState } from "../../src/rnn/index.ts";
import { filled, key, tensor, zeros } from "../../src/tensor/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import {
  chain, drawing, expectDefinition, expectDerivative, expectAllDifferences, expectNumbers as close, expectRoundedOnce, expectScan, expectShares,
} from "../support/cells.ts";
import type { CellFunctions, Steps } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const cell: CellFunctions<LstmParams, LstmState> = { operation: "lstm", step: lstmStep, backward: lstmStepBackward };

type GateName = "input" | "forget" | "candidate" | "output";

interface Drawn {
  readonly samples: number;
  readonly features: number;
  readonly units: number;
  readonly steps: number;
  readonly seed: number;
  readonly biases: readonly GateName[];
  readonly peepholes: readonly GateName[];
  readonly options: LstmOptions;
}

const sizes = (largest: number, steps: readonly number[]): fc.Arbitrary<Drawn> => fc.record({
  samples: fc.integer({ min: 1, max: largest }), features: fc.integer({ min: 1, max: largest }), units: fc.integer({ min: 1, max: largest }),
  steps: fc.constantFrom(...steps), seed: fc.integer({ min: 0, max: 2 ** 30 }),
  biases: fc.subarray<GateName>(["input", "forget", "candidate", "output"]), peepholes: fc.subarray<GateName>(["input", "forget", "output"]),
  options: fc.record({
    coupled: fc.boolean(), clip: fc.constantFrom(0.25, 0.5, 1), gateActivation: fc.constantFrom("sigmoid", "hardSigmoid"),
    candidateActivation: fc.constantFrom("tanh", "relu"),
  }, { requiredKeys: [] }),
});

function numbersOf({ samples: n, features: f, units: h, steps, seed, biases, peepholes, options }: Drawn): Steps<LstmParams, LstmState> {
  const draw = drawing(seed);
  const gateOf = (name: GateName): GateParams => ({
    wx: draw(1.5, f, h), wh: draw(1.5, h, h),
    ...(biases.includes(name) && { bias: draw(1, h) }), ...(peepholes.includes(name) && { peephole: draw(1.5, h) }),
  });
  const [input, forget, candidate, output] = [gateOf("input"), gateOf("forget"), gateOf("candidate"), gateOf("output")];
  return {
    params: { input, ...(options.coupled !== true && { forget }), candidate, output }, state: { h: draw(1, n, h), c: draw(2, n, h) }, options,
    inputs: Array.from({ length: steps }, () => draw(1.5, n, f)),
    dState: { h: draw(2, n, h), c: draw(2, n, h) }, dOutputs: Array.from({ length: steps }, () => draw(2, n, h)),
  };
}

// σ(ln 3) = 3/4, σ(0) = 1/2, σ(−ln 3) = 1/4; tanh(ln 2) = 3/5, tanh(ln 3) = 4/5.
const [ln2, ln3] = [Math.log(2), Math.log(3)];

const gate = (wx: number, wh: number, bias: number): { readonly wx: Tensor; readonly wh: Tensor; readonly bias: Tensor } =>
  ({ wx: tensor([[wx]]), wh: tensor([[wh]]), bias: tensor([bias]) });

const stateOf = (h: number, c: number): LstmState => ({ h: tensor([[h]]), c: tensor([[c]]) });

/** On an input of 1: i = 3/4, f = 1/4, g = 2 under relu, o = 1/2. */
const byHand: LstmParams = { input: gate(ln3, 0, 0), forget: gate(0, 0, -ln3), candidate: gate(5, 0, -3), output: gate(-1, 0, 1) };

describe("long short-term memory", () => {
  it("forgets by one gate, writes by another and shows by a third", () => {
    // c' = ¼·(4 ln 3 − 9/5) + ¾·3/5 = ln 3, h' = ½·tanh(ln 3) = 2/5.
    const params = { ...byHand, candidate: gate(0, 0, ln2) };
    close(lstmStep(params, stateOf(7, 4 * ln3 - 1.8), tensor([[1]])), { h: 0.4, c: ln3 });
    // Under relu: c' = ¼·6 + ¾·2 = 3, h' = ½·3.
    close(lstmStep(byHand, stateOf(7, 6), tensor([[1]]), { candidateActivation: "relu" }), { h: 1.5, c: 3 });
  });

  it("sees the hidden state before by every gate", () => {
    // On h = 2 and without an input: i = σ(ln 3), f = σ(−ln 3), g = 2, o = σ(0).
    const params = { input: gate(0, ln3 / 2, 0), forget: gate(0, -ln3 / 2, 0), candidate: gate(0, 3, -4), output: gate(0, 1, -2) };
    close(lstmStep(params, stateOf(2, 6), tensor([[0]]), { candidateActivation: "relu" }), { h: 1.5, c: 3 });
  });

  it("keeps its cell state as it is where the forget gate is open and the input gate shut: that is what it is for", () => {
    const params = { input: gate(0, 0, -1000), forget: gate(0, 0, 1000), candidate: gate(1, 1, 0), output: gate(1, 1, 0) };
    const inputs = Array.from({ length: 20 }, (_, t) => tensor([[Math.sin(t)]]));
    const steps = { params, state: stateOf(0, 0.3), inputs, options: {}, dState: stateOf(0, 1), dOutputs: inputs.map(() => tensor([[0]])) };
    const { states, dState } = chain(cell, steps);
    expect(states.map(({ c }) => c)).toEqual(inputs.map(() => tensor([[0.3]])));
    expect(dState.c).toEqual(tensor([[1]]));
  });

  it("looks through the peepholes of input and forget gate at the old cell state, through that of the output gate at the new one", () => {
    const bias = (value: number, peephole: number) => ({ ...gate(0, 0, value), peephole: tensor([peephole]) });
    // c = 6: i = σ(6·ln 3/6), f = σ(−6·ln 3/6), c' = 3 as above; o = σ(3·ln 3/3) = ¾. Of the old cell state it would be 9/10.
    const params = { input: bias(0, ln3 / 6), forget: bias(0, -ln3 / 6), candidate: gate(0, 0, 2), output: bias(0, ln3 / 3) };
    close(lstmStep(params, stateOf(0, 6), tensor([[1]]), { candidateActivation: "relu" }), { h: 2.25, c: 3 });
  });

  it("forgets, where its gates are coupled, as much as it writes", () => {
    const { forget: _, ...params } = byHand;
    // c' = (1 − ¾)·6 + ¾·2.
    close(lstmStep(params, stateOf(7, 6), tensor([[1]]), { coupled: true, candidateActivation: "relu" }), { h: 1.5, c: 3 });
    // With dh' = 8: do = 24, dc' = 4; di = 4·(2 − 6), dg = 3, dc = 1.
    const gradient = lstmStepBackward(params, stateOf(7, 6), tensor([[1]]), stateOf(8, 0), { coupled: true, candidateActivation: "relu" });
    expect(leavesOf(gradient.params).map(([path]) => path).filter((path) => path.startsWith("forget"))).toEqual([]);
    close({ i: gradient.params.input.bias, g: gradient.params.candidate.bias, c: gradient.state.c }, { i: -16 * 3 / 16, g: 3, c: 1 });
  });

  it("limits what goes into gates and candidate, and not what goes into the last activation", () => {
    const params = { input: gate(0, 0, 90), forget: gate(0, 0, -90), candidate: gate(0, 0, 90), output: gate(0, 0, 90) };
    // i = o = σ(ln 3), f = σ(−ln 3), g = ln 3 under relu: c' = ¼·6 + ¾·ln 3, above the limit.
    const next = lstmStep(params, stateOf(0, 6), tensor([[1]]), { clip: ln3, candidateActivation: "relu" });
    close(next, { c: 1.5 + 0.75 * ln3, h: 0.75 * (1.5 + 0.75 * ln3) });
    const gradient = lstmStepBackward(params, stateOf(0, 6), tensor([[1]]), stateOf(1, 0), { clip: ln3, candidateActivation: "relu" });
    expect(leavesOf(gradient.params).map(([, leaf]) => leaf.values)).toEqual(leavesOf(params).map(([, leaf]) => leaf.values.map(() => 0)));
    expect(gradient.state.c.values[0]).toBeCloseTo(0.75 / 4, 6);
  });

  it("has hard gates of slope 0.2 around one half", () => {
    const params = { input: gate(1, 0, 0), forget: gate(0, 0, -3), candidate: gate(0, 0, 2), output: gate(0, 0, 3) };
    // i = 0.2·1 + 0.5 = 0.7, f = 0, o = 1.
    close(lstmStep(params, stateOf(0, 6), tensor([[1]]), { gateActivation: "hardSigmoid", candidateActivation: "relu" }), { c: 1.4, h: 1.4 });
    const gradient = lstmStepBackward(params, stateOf(0, 6), tensor([[1]]), stateOf(1, 0), { gateActivation: "hardSigmoid", candidateActivation: "relu" });
    close(mapTree(gradient.params, (leaf) => leaf), {
      "input.wx": 0.4, "input.wh": 0, "input.bias": 0.4, "forget.wx": 0, "forget.wh": 0, "forget.bias": 0,
      "candidate.wx": 0.7, "candidate.wh": 0, "candidate.bias": 0.7, "output.wx": 0, "output.wh": 0, "output.bias": 0,
    });
  });

  it("has a gradient that can be worked out by hand", () => {
    // dh' = 8, dc' = 4. do = 8·3 = 24, da_o = 24/4; dc' = 4 + 8·½ = 8; di = 8·2, df = 8·6, dg = 8·¾, dc = 8·¼.
    const gradient = lstmStepBackward(byHand, stateOf(7, 6), tensor([[1]]), stateOf(8, 4), { candidateActivation: "relu" });
    const [di, df, dg, dO] = [16 * 3 / 16, 48 * 3 / 16, 6, 6];
    close(gradient, {
      "params.input.wx": di, "params.input.wh": 7 * di, "params.input.bias": di, "params.forget.wx": df, "params.forget.wh": 7 * df, "params.forget.bias": df,
      "params.candidate.wx": dg, "params.candidate.wh": 7 * dg, "params.candidate.bias": dg,
      "params.output.wx": dO, "params.output.wh": 7 * dO, "params.output.bias": dO,
      "state.h": 0, "state.c": 2, input: di * ln3 + dg * 5 - dO,
    });
  });

  it("saturates on huge numbers, keeps NaN to its sample, and gives an empty batch an empty state and zero gradients", () => {
    const params = { input: gate(1, 0, 0), forget: gate(0, 1, 0), candidate: gate(1, 1, 0), output: gate(1, 0, 0) };
    const [before, input] = [{ h: tensor([[1e30], [1e30], [0]]), c: tensor([[2], [3], [1]]) }, tensor([[1e30], [-1e30], [NaN]])];
    expect(lstmStep(params, before, input)).toEqual({ c: tensor([[3], [3], [NaN]]), h: tensor([[Math.tanh(3)], [0], [NaN]]) });
    const gradient = lstmStepBackward(params, before, input, { h: tensor([[0], [0], [0]]), c: tensor([[1], [1], [1]]) });
    expect(gradient.state.c).toEqual(tensor([[1], [1], [NaN]]));
    expect(gradient.input.values).toEqual([0, 0, NaN]);
    const nothing = { h: zeros([0, 5]), c: zeros([0, 5]) };
    const plain = { wx: zeros([3, 5]), wh: zeros([5, 5]), bias: zeros([5]) };
    const seeing = { ...plain, peephole: zeros([5]) };
    const all = { input: seeing, forget: seeing, candidate: plain, output: seeing };
    expect(lstmStep(all, nothing, zeros([0, 3]))).toEqual(nothing);
    expect(lstmStepBackward(all, nothing, zeros([0, 3]), nothing)).toEqual({ params: all, state: nothing, input: zeros([0, 3]) });
  });
});

describe("long short-term memory, step after step", () => {
  it("equals its definition", () => {
    fc.assert(fc.property(sizes(4, [1, 3]), (drawn) => expectDefinition(cell, numbersOf(drawn))), { numRuns: runs(30) });
    expectShares(sizes(4, [1, 3]), ({ samples, features, units, steps, biases, peepholes, options: { coupled, clip, ...activations } }) => ({
      samples: samples > 1, "more features": features > units, "more units": units > features, steps: steps > 1,
      "many biases": biases.length >= 3, "few biases": biases.length <= 1, "peephole of input": peepholes.includes("input"),
      "peephole of forget": peepholes.includes("forget") && coupled !== true, "peephole of output": peepholes.includes("output"),
      coupled: coupled === true, "coupled with peephole": coupled === true && peepholes.includes("input"), clip: clip !== undefined,
      hardSigmoid: activations.gateActivation === "hardSigmoid", sigmoid: activations.gateActivation === "sigmoid",
      relu: activations.candidateActivation === "relu", tanh: activations.candidateActivation === "tanh",
    }));
  });

  it("has the derivative of its definition as its gradient", () => {
    const [biases, peepholes] = [["input", "forget", "candidate", "output"], ["input", "forget", "output"]] as const;
    for (const options of [{}, { coupled: true }]) {
      expectDerivative(cell, numbersOf({ samples: 2, features: 1, units: 2, steps: 2, seed: 3, biases, peepholes, options }));
    }
    fc.assert(fc.property(sizes(2, [1, 3]), (drawn) => expectDerivative(cell, numbersOf(drawn))), { numRuns: runs(6) });
  });

  it("has the gradient that differences give", () => {
    expectAllDifferences(cell, sizes(2, [1]).map(numbersOf), runs(4));
  });

  it("is rounded once: from doubles, which it takes and gives too", () => {
    fc.assert(fc.property(sizes(3, [1]), (drawn) => expectRoundedOnce(cell, numbersOf(drawn))), { numRuns: runs(8) });
  });
});

describe("long short-term memory as a layer", () => {
  it("does under scan what its steps do one by one, forward and backward", () => {
    fc.assert(fc.property(sizes(3, [3]), (drawn) =>
      expectScan(cell, Lstm({ inputs: drawn.features, units: drawn.units, ...drawn.options }), numbersOf(drawn))), { numRuns: runs(5) });
  });

  it("starts with a forget gate that is open, and gives every matrix numbers of its own", () => {
    const size = { inputs: 3, units: 5 };
    const params = Lstm(size).init(key(1));
    expect(leavesOf(params).map(([path, { shape }]) => [path, shape])).toEqual(["input", "forget", "candidate", "output"].flatMap((name) => [
      [`${name}.wx`, [3, 5]], [`${name}.wh`, [5, 5]], [`${name}.bias`, [5]],
    ]));
    expect(leavesOf(params).filter(([path]) => path.endsWith("bias")).map(([, leaf]) => leaf)).toEqual([0, 1, 0, 0].map((bias) => filled([5], bias)));
    const firsts = leavesOf(params).filter(([path]) => /w.$/.test(path)).map(([path, leaf]) => leaf.values[0]! / Math.sqrt(6 / (path.endsWith("wx") ? 8 : 10)));
    expect(new Set(firsts.map((value) => value.toFixed(6))).size).toBe(8);
    expect(Math.max(...firsts.map(Math.abs))).toBeLessThan(1);
    expect(Lstm(size).init(key(1))).toEqual(params);
    expect(Lstm({ ...size, forgetBias: -2 }).init(key(1))).toEqual({ ...params, forget: { ...params.forget, bias: filled([5], -2) } });
    const { forget: _, ...coupled } = params;
    expect(Lstm({ ...size, coupled: true }).init(key(1))).toEqual(coupled);
  });
});

describe("long short-term memory refuses", () => {
  const weights = { wx: zeros([3, 5]), wh: zeros([5, 5]), bias: zeros([5]), peephole: zeros([5]) };
  const { peephole: _, ...plain } = weights;
  const params = { input: weights, forget: weights, candidate: plain, output: weights };
  const state = { h: zeros([2, 5]), c: zeros([2, 5]) };
  const input = zeros([2, 3]);
  const step = (...args: readonly unknown[]): string => thrown(() => lstmStep(...(args as Parameters<typeof lstmStep>)));

  it("what is no input and no state of it", () => {
    expect(step(params, state, zeros([2, 0]))).toBe("RangeError: lstmStep: expected input [N, F] with F of at least 1, got [2, 0]");
    expect(step(params, state, zeros([2, 3, 1]))).toBe("RangeError: lstmStep: expected input [N, F] with F of at least 1, got [2, 3, 1]");
    expect(step(params, state.h, input)).toBe("TypeError: lstmStep: expected state { h, c }, got a Tensor");
    expect(step(params, { h: state.h }, input)).toBe("RangeError: lstmStep: expected state { h, c }, got an object with h");
    expect(step(params, { ...state, y: input }, input)).toBe("RangeError: lstmStep: expected state { h, c }, got an object with h, c, y");
    expect(step(params, { h: [0], c: [0] }, input)).toBe("TypeError: lstmStep: expected state.h as a Tensor, got [0]");
    expect(step(params, { ...state, h: zeros([2, 0]) }, input))
      .toBe("RangeError: lstmStep: expected state.h [2, H] with H of at least 1, as the input is [2, 3], got [2, 0]");
    expect(step(params, { ...state, c: zeros([2, 4]) }, input)).toBe("RangeError: lstmStep: expected state.c of shape [2, 5], got [2, 4]");
    expect(step(params, { ...state, c: null }, input)).toBe("TypeError: lstmStep: expected state.c as a Tensor, got null");
  });

  it("weights that are not those of its gates", () => {
    expect(step([weights], state, input)).toMatch(/^TypeError: lstmStep: expected params \{ input, forget, candidate, output \}, got \[/);
    expect(step({ input: weights, candidate: plain, output: weights }, state, input))
      .toBe("RangeError: lstmStep: expected params { input, forget, candidate, output }, got an object with input, candidate, output");
    expect(step(params, state, input, { coupled: true }))
      .toBe("RangeError: lstmStep: expected params { input, candidate, output }, got an object with input, forget, candidate, output");
    expect(step({ ...params, candidate: weights }, state, input))
      .toBe("RangeError: lstmStep: expected params.candidate { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    expect(step({ ...params, forget: { wx: weights.wx } }, state, input))
      .toBe("RangeError: lstmStep: expected params.forget { wx, wh, bias?, peephole? }, got an object with wx");
    expect(step({ ...params, input: weights.wx }, state, input)).toBe("TypeError: lstmStep: expected params.input { wx, wh, bias?, peephole? }, got a Tensor");
    expect(step({ ...params, output: { ...weights, wx: zeros([5, 3]) } }, state, input))
      .toBe("RangeError: lstmStep: expected params.output.wx of shape [3, 5], got [5, 3]");
    expect(step({ ...params, forget: { ...weights, wh: zeros([5, 4]) } }, state, input))
      .toBe("RangeError: lstmStep: expected params.forget.wh of shape [5, 5], got [5, 4]");
    expect(step({ ...params, input: { ...weights, peephole: zeros([5, 5]) } }, state, input))
      .toBe("RangeError: lstmStep: expected params.input.peephole of shape [5], got [5, 5]");
    expect(step({ ...params, input: { ...weights, bias: undefined } }, state, input))
      .toBe("TypeError: lstmStep: expected params.input.bias as a Tensor, got undefined");
  });

  it("a gradient that does not fit the state", () => {
    const backward = (dState: unknown): string => thrown(() => lstmStepBackward(params, state, input, dState as LstmState));
    expect(backward({ h: state.h })).toBe("RangeError: lstmStepBackward: expected dState { h, c }, got an object with h");
    expect(backward({ ...state, c: zeros([5, 2]) })).toBe("RangeError: lstmStepBackward: expected dState.c of shape [2, 5], got [5, 2]");
    expect(thrown(() => lstmStepBackward(params, state, zeros([4, 3]), state)))
      .toBe("RangeError: lstmStepBackward: expected state.h [4, H] with H of at least 1, as the input is [4, 3], got [2, 5]");
  });

  it("options it does not have", () => {
    expect(step(params, state, input, { clip: 0 })).toBe("RangeError: lstmStep: expected clip a number above 0, got 0");
    expect(step(params, state, input, { coupled: 1 })).toBe("TypeError: lstmStep: expected coupled true or false, got 1");
    expect(step(params, state, input, { gateActivation: "relu" })).toBe('RangeError: lstmStep: expected gateActivation "sigmoid" or "hardSigmoid", got "relu"');
    expect(step(params, state, input, { candidateActivation: "sigmoid" }))
      .toBe('RangeError: lstmStep: expected candidateActivation "tanh" or "relu", got "sigmoid"');
    expect(step(params, state, input, { peepholes: true }))
      .toBe("RangeError: lstmStep: expected only the options coupled, clip, gateActivation, candidateActivation, got peepholes");
    expect(thrown(() => Lstm({ inputs: 0, units: 5 }))).toBe("RangeError: Lstm: expected inputs and units of at least 1, got 0 and 5");
    expect(thrown(() => Lstm({ inputs: 3, units: 5, hidden: 5 } as never)))
      .toBe("RangeError: Lstm: expected only the options inputs, units, forgetBias, coupled, clip, gateActivation, candidateActivation, got hidden");
    expect(thrown(() => Lstm({ inputs: 3, units: 5, coupled: true, forgetBias: 1 })))
      .toBe("RangeError: Lstm: expected no forgetBias where the gates are coupled, got 1");
    expect(thrown(() => Lstm({ inputs: 3, units: 5 }).apply(params, [state, zeros([2, 4])])))
      .toBe("RangeError: Lstm: expected params.input.wx of shape [4, 5], got [3, 5]");
  });
});
