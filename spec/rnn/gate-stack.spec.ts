import { describe, expect, it } from "vitest";
import { blockOf, checkCell, sideBySide, stackGates, unstackGates } from "../../src/rnn/gate-stack.ts";
import { isWide, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { thrown } from "../support/thrown.ts";

const gate = (w: number): { readonly wx: Tensor; readonly wh: Tensor; readonly bias: Tensor } =>
  ({ wx: tensor([[w], [-w]]), wh: tensor([[10 * w]]), bias: tensor([100 * w]) });

const order = ["update", "reset", "candidate"];
const params = { reset: gate(1), update: gate(2), candidate: gate(3) };

const nothing = { bias: undefined, recurrentBias: undefined, peepholes: {} };

describe("gates side by side", () => {
  it("are blocks of columns in the order that is asked for", () => {
    expect(stackGates("f", "params", "gru", order, params)).toEqual({
      inputs: 2, units: 1, wx: tensor([[2, 1, 3], [-2, -1, -3]]), wh: tensor([[20, 10, 30]]), bias: tensor([200, 100, 300]), recurrentBias: zeros([3]),
      peepholes: { update: undefined, reset: undefined, candidate: undefined },
    });
  });

  it("come apart again", () => {
    const stack = stackGates("f", "params", "gru", order, params);
    expect(unstackGates("gru", order, { ...stack, recurrentBias: undefined })).toEqual(params);
    expect(unstackGates("gru", order, stack)).toEqual(params);
    expect(unstackGates("simpleRnn", [""], { wx: zeros([2, 1]), wh: zeros([1, 1]), ...nothing })).toEqual({ wx: zeros([2, 1]), wh: zeros([1, 1]) });
  });

  it("have the sum of two biases, but for the candidate that is reset after the product", () => {
    const stack = { wx: zeros([1, 3]), wh: zeros([1, 3]), bias: tensor([1, 2, 3]), recurrentBias: tensor([10, 20, 30]), peepholes: {} };
    const biases = (resetAfter: boolean): unknown => {
      const { update, reset, candidate } = unstackGates("gru", order, stack, { resetAfter });
      return [[update.bias?.values], [reset.bias?.values], [candidate.bias?.values, candidate.recurrentBias?.values]];
    };
    expect(biases(false)).toEqual([[[11]], [[22]], [[33], undefined]]);
    expect(biases(true)).toEqual([[[11]], [[22]], [[3], [30]]]);
    // The candidate of an LSTM is no such thing.
    const four = { wx: zeros([1, 4]), wh: zeros([1, 4]), bias: tensor([1, 2, 3, 4]), recurrentBias: tensor([10, 20, 30, 40]), peepholes: {} };
    const { candidate } = unstackGates("lstm", ["input", "candidate", "forget", "output"], four, { resetAfter: true });
    expect(candidate).toEqual({ wx: zeros([1, 1]), wh: zeros([1, 1]), bias: tensor([22]) });
  });

  it("have zeros for a bias that is missing while another is there, and none where all are", () => {
    const { bias: _, ...bare } = gate(1);
    expect(stackGates("f", "params", "gru", order, { ...params, reset: bare }).bias).toEqual(tensor([200, 0, 300]));
    expect(stackGates("f", "params", "gru", order, { reset: bare, update: bare, candidate: bare })).toMatchObject({ bias: undefined, recurrentBias: undefined });
    const recurrent = { reset: bare, update: bare, candidate: { ...bare, recurrentBias: tensor([7]) } };
    expect(stackGates("f", "params", "gru", order, recurrent, { recurrentBias: true })).toMatchObject({ bias: zeros([3]), recurrentBias: tensor([0, 0, 7]) });
  });

  it("have zeros for the forget gate of a coupled cell, which is left out on the way back", () => {
    const coupled = { input: gate(1), candidate: gate(2), output: gate(3) };
    const four = ["forget", "input", "candidate", "output"];
    const stack = stackGates("f", "params", "lstm", four, coupled, { coupled: true });
    expect([stack.wx, stack.wh, stack.bias]).toEqual([tensor([[0, 1, 2, 3], [0, -1, -2, -3]]), tensor([[0, 10, 20, 30]]), tensor([0, 100, 200, 300])]);
    expect(unstackGates("lstm", four, stack, { coupled: true })).toEqual(coupled);
    expect(Object.keys(unstackGates("lstm", four, stack))).toEqual(["input", "forget", "candidate", "output"]);
  });

  it("keep their peepholes by name", () => {
    const seeing = { input: { ...gate(1), peephole: tensor([5]) }, forget: gate(2), candidate: gate(3), output: gate(4) };
    const stack = stackGates("f", "params", "lstm", Object.keys(seeing), seeing, { peepholes: true });
    expect(stack.peepholes).toEqual({ input: tensor([5]), forget: undefined, candidate: undefined, output: undefined });
    expect(unstackGates("lstm", Object.keys(seeing), stack)).toEqual(seeing);
  });

  it("are blocks of the last axis of any tensor, and stay in double", () => {
    const all = tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]);
    expect(blockOf(all, 1, 2)).toEqual(tensor([[[3, 4], [7, 8]]]));
    expect(sideBySide([blockOf(all, 0, 4), blockOf(all, 1, 2)])).toEqual(tensor([[[1, 3, 4], [5, 7, 8]]]));
    expect([blockOf(widen(all), 0, 2), sideBySide([widen(all), all])].map(isWide)).toEqual([true, true]);
  });
});

describe("gates side by side are refused", () => {
  const stack = (cell: "gru" | "lstm" | "simpleRnn", names: readonly string[], given: unknown, extras = {}): string =>
    thrown(() => stackGates("f", "params", cell, names, given, extras));

  it("where there is no such cell", () => {
    expect(thrown(() => checkCell("f", "rnn" as never))).toBe('RangeError: f: expected a cell "simpleRnn" or "lstm" or "gru", got "rnn"');
    expect(thrown(() => checkCell("f", "gru"))).toBe("nothing was thrown");
  });

  it("where gates are missing, unknown, or have what is not asked for", () => {
    expect(stack("gru", order, { reset: gate(1) })).toBe("RangeError: f: expected params { update, reset, candidate }, got an object with reset");
    expect(stack("gru", order, { ...params, candidate: { ...gate(1), recurrentBias: tensor([1]) } }))
      .toBe("RangeError: f: expected params.candidate { wx, wh, bias? }, got an object with wx, wh, bias, recurrentBias");
    expect(stack("gru", order, { ...params, reset: { ...gate(1), recurrentBias: tensor([1]) } }, { recurrentBias: true }))
      .toBe("RangeError: f: expected params.reset { wx, wh, bias? }, got an object with wx, wh, bias, recurrentBias");
    expect(stack("gru", order, { ...params, reset: { ...gate(1), peephole: tensor([1]) } }, { peepholes: true }))
      .toBe("RangeError: f: expected params.reset { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    expect(stack("simpleRnn", [""], { ...gate(1), peephole: tensor([1]) }))
      .toBe("RangeError: f: expected params { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    const four = ["forget", "input", "candidate", "output"];
    expect(stack("lstm", four, { input: gate(1), candidate: gate(1), output: gate(1) }))
      .toBe("RangeError: f: expected params { forget, input, candidate, output }, got an object with input, candidate, output");
    expect(stack("lstm", four, { input: gate(1), candidate: { ...gate(1), peephole: tensor([1]) }, output: gate(1) }, { coupled: true, peepholes: true }))
      .toBe("RangeError: f: expected params.candidate { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    expect(stack("lstm", four, { input: gate(1), forget: { ...gate(1), peephole: tensor([1]) }, candidate: gate(1), output: gate(1) }))
      .toBe("RangeError: f: expected params.forget { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
  });

  it("where sizes do not fit each other", () => {
    expect(stack("simpleRnn", [""], { wx: zeros([2]), wh: zeros([1, 1]) }))
      .toBe("RangeError: f: expected params.wx [F, H] with F and H of at least 1, got [2]");
    expect(stack("simpleRnn", [""], { wx: zeros([1, 1, 1]), wh: zeros([1, 1]) }))
      .toBe("RangeError: f: expected params.wx [F, H] with F and H of at least 1, got [1, 1, 1]");
    expect(stack("gru", order, { ...params, update: { wx: zeros([0, 1]), wh: zeros([1, 1]) } }))
      .toBe("RangeError: f: expected params.update.wx [F, H] with F and H of at least 1, got [0, 1]");
    expect(stack("gru", order, { ...params, reset: { ...gate(1), wh: zeros([2, 1]) } }))
      .toBe("RangeError: f: expected params.reset.wh of shape [1, 1], got [2, 1]");
    expect(stack("gru", order, { ...params, update: 5 })).toBe("TypeError: f: expected params.update.wx as a Tensor, got undefined");
    expect(stack("gru", order, { ...params, reset: 5 })).toBe("TypeError: f: expected params.reset { wx, wh, bias? }, got 5");
  });
});
