import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { model } from "../../src/learning/combinators.ts";
import { Dropout, dropout, dropoutBackward, dropoutMask } from "../../src/learning/dropout.ts";
import type { DropoutOptions } from "../../src/learning/dropout.ts";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import { gradientDescent } from "../../src/learning/gradient-descent.ts";
import { squaredError, squaredErrorBackward } from "../../src/learning/loss.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { adopt, filled, isWide, map, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, judgeRounding, numbers, rational, rationals } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, plain, refusal, seeds, tally, unsigned, whole, wild } from "./support.ts";

const kept = (mask: Tensor): number => mask.values.reduce((sum, value) => sum + value, 0);

describe("dropout in a step of training", () => {
  const hidden = FullyConnected({ inputs: 3, outputs: 20 });
  const net = model(["hidden", hidden], Dropout({ rate: 0.1 }), ["out", FullyConnected({ inputs: 20, outputs: 1 })]);
  const [input, target] = [tensor([[1, -2, 3]]), tensor([[1]])];
  const params = net.init(key(3));
  // The dropout stands at position 1 of the model.
  const dropped = (step: number): readonly number[] => dropoutMask(foldIn(foldIn(key(9), step), 1), [1, 20], 0.1).values.flatMap((value, i) => (value === 0 ? [i] : []));
  const steps = Array.from({ length: 30 }, (_, step) => step).filter((step) => dropped(step).length > 0);

  it("sets a random part of the numbers to zero, 10 % of them, in each pass anew", () => {
    const masks = Array.from({ length: 200 }, (_, pass) => dropoutMask(foldIn(key(5), pass), [100], 0.1));
    const zeroed = masks.reduce((sum, mask) => sum + 100 - kept(mask), 0);
    // 20000 numbers: a deviation of √(20000 · 0.1 · 0.9) = 42.4.
    expect(Math.abs(zeroed - 2000)).toBeLessThan(5 * 42.4);
    expect(new Set(masks.map((mask) => mask.values.join())).size).toBe(200);
  });

  it("lets what is dropped take no part in the output", () => {
    for (const step of steps) {
      const [output] = net.apply(params, input, foldIn(key(9), step));
      // Whatever the weights into a dropped unit are, and so whatever the unit is, the output is the same.
      const wrecked = { ...params, hidden: { ...params.hidden, weight: map(params.hidden.weight, (w, i) => (dropped(step).includes(Math.floor(i / 3)) ? NaN : w)) } };
      expect(net.apply(wrecked, input, foldIn(key(9), step))[0]).toEqual(output);
      expect(output.values[0]).not.toBe(net.apply(params, input)[0].values[0]);
    }
    expect(steps.length).toBeGreaterThan(20);
  });

  it("leaves the weights that only feed what is dropped, and those that only read it, as they are", () => {
    for (const step of steps) {
      const [output, pullback] = net.apply(params, input, foldIn(key(9), step));
      const [gradients] = pullback(squaredErrorBackward(output, target, tensor(1)));
      const updated = gradientDescent(params, gradients, { rate: 0.1 });
      const same = (after: Tensor, before: Tensor): readonly boolean[] => after.values.map((value, i) => Object.is(value, before.values[i]));
      const still = (at: number): boolean => dropped(step).includes(at);
      expect(same(updated.hidden.weight, params.hidden.weight)).toEqual(params.hidden.weight.values.map((_, i) => still(Math.floor(i / 3))));
      expect(same(updated.hidden.bias!, params.hidden.bias!)).toEqual(params.hidden.bias!.values.map((_, i) => still(i)));
      expect(same(updated.out.weight, params.out.weight)).toEqual(params.out.weight.values.map((_, i) => still(i)));
    }
  });

  it("takes another part in the next step", () => {
    expect(new Set(Array.from({ length: 30 }, (_, step) => dropped(step).join())).size).toBeGreaterThan(20);
  });

  it("has no part in the error of inference: without a key everything passes as it is", () => {
    const plainNet = model(["hidden", hidden], ["out", FullyConnected({ inputs: 20, outputs: 1 })]);
    expect(net.apply(params, input)[0]).toEqual(plainNet.apply(params, input)[0]);
    expect(squaredError(net.apply(params, input)[0], target)).toEqual(squaredError(plainNet.apply(params, input)[0], target));
  });
});

describe("dropout", () => {
  it("divides what the mask keeps by 1 − rate", () => {
    expect(dropout(tensor([1, 2, 3, 4]), { rate: 0.75, mask: tensor([1, 0, 1, 1]) })).toEqual(tensor([4, 0, 12, 16]));
    expect(dropoutBackward(tensor([1, 2, 3, 4]), tensor([10, 20, 30, 40]), { rate: 0.75, mask: tensor([1, 0, 1, 1]) })).toEqual(tensor([40, 0, 120, 160]));
  });

  it("drops whole maps by a mask of one number a map", () => {
    const input = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
    const mask = tensor([[[1], [0]], [[0], [1]]]);
    expect(dropout(input, { rate: 0.5, mask })).toEqual(tensor([[[2, 4], [0, 0]], [[0, 0], [14, 16]]]));
    expect(dropoutBackward(input, input, { rate: 0.5, mask })).toEqual(tensor([[[2, 4], [0, 0]], [[0, 0], [14, 16]]]));
  });

  it("is the identity without key and mask, at any rate", () => {
    const input = tensor([1, NaN, -0, Infinity]);
    for (const rate of [0, 0.3, 1]) {
      expect(dropout(input, { rate })).toEqual(input);
      expect(dropoutBackward(input, input, { rate })).toEqual(input);
    }
  });

  it("drops nothing at rate 0 and everything at rate 1, which is 0 and not NaN", () => {
    const input = tensor([1, -2, NaN, Infinity]);
    expect(dropout(input, { rate: 0, key: key(1) })).toEqual(input);
    expect(dropout(input, { rate: 1, key: key(1) }).values).toEqual([0, 0, 0, 0]);
    expect(dropoutBackward(input, input, { rate: 1, key: key(1) }).values).toEqual([0, 0, 0, 0]);
    // Even where a mask would keep.
    expect(dropout(input, { rate: 1, mask: filled([4], 1) }).values).toEqual([0, 0, 0, 0]);
    expect(dropout(tensor([1, 2]), { rate: 0, mask: tensor([0, 1]) }).values).toEqual([0, 2]);
  });

  it("makes 0 of what is dropped, whatever it was, and keeps what is kept, whatever it is", () => {
    const wildest = tensor([NaN, Infinity, -Infinity, -3, -0, 1e30, NaN, Infinity, -Infinity, -3, -0, 1e30]);
    const mask = tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    const expected = [0, 0, 0, 0, 0, 0, NaN, Infinity, -Infinity, -6, -0, Math.fround(2 * Math.fround(1e30))];
    expect(dropout(wildest, { rate: 0.5, mask }).values).toEqual(expected);
    expect(dropoutBackward(zeros([12]), wildest, { rate: 0.5, mask }).values).toEqual(expected);
  });

  const shapes: fc.Arbitrary<Shape> = fc.constantFrom([3, 2, 2], [2, 2, 1, 3], [2, 3], [5], [], [0, 3, 2]);
  const rates = fc.constantFrom(0, 0.5, 0.75, 0.875);
  const cases = fc.record({ shape: shapes, seed: seeds, maps: fc.boolean(), byKey: fc.boolean() });
  const optionsOf = (rate: number, { shape, seed, maps, byKey }: { shape: Shape; seed: number; maps: boolean; byKey: boolean }): DropoutOptions => {
    const whole = maps && shape.length >= 2;
    if (byKey) return { rate, key: key(seed), maps: whole };
    return { rate, mask: dropoutMask(key(seed + 7), whole ? shape.map((size, axis) => (axis < 2 ? size : 1)) : shape, rate) };
  };
  const maskOf = ({ rate, mask, key: from, maps = false }: DropoutOptions, shape: Shape): Tensor =>
    mask ?? dropoutMask(from!, maps ? shape.map((size, axis) => (axis < 2 ? size : 1)) : shape, rate);
  const seen = tally();

  it("has the gradient that differences have, bit for bit, and equals its definition", () => {
    fc.assert(fc.property(cases, rates, (one, rate) => {
      const options = optionsOf(rate, one);
      const [input, dOutput] = [whole(one.seed, one.shape), whole(one.seed + 3, one.shape)];
      const mask = maskOf(options, one.shape);
      seen.count({
        "whole maps": raw(mask).length < raw(input).length, "a key": one.byKey, "a mask": !one.byKey, "dropped and kept": new Set(mask.values).size === 2,
        "an empty batch": one.shape[0] === 0, "a scalar": one.shape.length === 0, "not a half": rate !== 0.5 && rate > 0,
      });
      const numerical = numericalGradient((x) => dropout(x, options), input, dOutput, 0.5);
      expect(plain(dropoutBackward(input, dOutput, options))).toEqual(plain(numerical));
      const inputs = { input: nested(input), mask: nested(mask) };
      expect(unsigned(dropout(input, options))).toEqual(flatten(definitions["dropout"]!(numbers, inputs, { rate })["output"]!).map((value) => value + 0));
      const expected = flatten(gradient(definitions["dropout"]!, inputs, { rate }, { output: nested(dOutput) }, "input"));
      expect(unsigned(dropoutBackward(input, dOutput, options))).toEqual(expected.map((value) => value + 0));
    }), { numRuns: runs(80) });
  });

  it("has seen every kind of configuration", async ({ annotate }) => {
    await annotate(inWords(seen.shares()));
    expect(seen.missing(0.02)).toEqual([]);
  });

  it("equals its definition in double at every rate", () => {
    fc.assert(fc.property(cases, fc.constantFrom(0.1, 0.3, 0.9, 1), (one, rate) => {
      const options = optionsOf(rate, one);
      const [input, dOutput] = [grid(one.seed, one.shape), grid(one.seed + 3, one.shape)];
      const inputs = { input: nested(input), mask: nested(maskOf(options, one.shape)) };
      const definition = definitions["dropout"]!;
      expect(distance(raw(dropout(widen(input), options)), flatten(definition(numbers, inputs, { rate })["output"]!))).toBeLessThan(1e-15);
      const expected = flatten(gradient(definition, inputs, { rate }, { output: nested(dOutput) }, "input"));
      expect(distance(raw(dropoutBackward(widen(input), widen(dOutput), options)), expected)).toBeLessThan(1e-15);
      const numerical = numericalGradient((x) => dropout(x, options), input, dOutput, 2 ** -5, 4);
      expect(distance(raw(dropoutBackward(widen(input), widen(dOutput), options)), raw(numerical))).toBeLessThan(1e-9);
    }), { numRuns: runs(30) });
  });

  it("rounds once: correctly, but next to rounding boundaries", () => {
    fc.assert(fc.property(seeds, (seed) => {
      const input = wild(seed, [8]);
      const output = dropout(input, { rate: 0.40625, mask: filled([8], 1) }).values;
      output.forEach((value, i) => {
        const exact = rationals.divide(rationals.from(input.values[i]!), rational(19n, 32n));
        expect(judgeRounding(value, exact, rationals.from(Math.abs(value) * 2 ** -52))).not.toBe("wrong");
      });
    }), { numRuns: runs(40) });
  });

  it("runs over doubles without rounding them", () => {
    const third = adopt([1], Float64Array.of(1 / 3));
    expect(raw(dropout(third, { rate: 0.5, mask: tensor([1]) }))[0]).toBe(2 / 3);
    expect(raw(dropout(third, { rate: 0.5 }))[0]).toBe(1 / 3);
    expect(raw(dropoutBackward(tensor([1]), third, { rate: 0.5, mask: tensor([1]) }))[0]).toBe(2 / 3);
    expect(isWide(dropout(tensor([1]), { rate: 0.5, mask: widen(tensor([1])) }))).toBe(true);
  });

  it("keeps the mean of a number over many masks", () => {
    // 1/(1 − 0.3) of 0.7 of the masks: each of 10 numbers over 1000 masks is off by √(0.3 / 0.7 / 1000) at one deviation.
    const sums = new Array<number>(10).fill(0);
    for (let pass = 0; pass < 1000; pass++) dropout(filled([10], 1), { rate: 0.3, key: key(pass) }).values.forEach((value, i) => void (sums[i]! += value));
    for (const sum of sums) expect(Math.abs(sum / 1000 - 1)).toBeLessThan(5 * Math.sqrt(0.3 / 0.7 / 1000));
  });

  it("refuses what does not fit", () => {
    const x = zeros([2, 3, 4]);
    const refused = (options: unknown, input: unknown = x): string => refusal(() => dropout(input as Tensor, options as DropoutOptions));
    expect(refused({})).toBe("TypeError: dropout: expected rate as a number from 0 to 1, got undefined");
    expect(refused({ rate: 1.5 })).toBe("RangeError: dropout: expected rate as a number from 0 to 1, got 1.5");
    expect(refused({ rate: -0.1 })).toBe("RangeError: dropout: expected rate as a number from 0 to 1, got -0.1");
    expect(refused({ rate: NaN })).toBe("RangeError: dropout: expected rate a number, got NaN");
    expect(refused({ rate: 0.5, p: 1 })).toBe("RangeError: dropout: expected only the options rate, key, maps, mask, got p");
    expect(refused({ rate: 0.5, key: 7 })).toBe("TypeError: dropout: expected a key (from key, split or foldIn), got 7");
    expect(refused({ rate: 0.5, maps: 1 })).toBe("TypeError: dropout: expected maps true or false, got 1");
    expect(refused({ rate: 0.5, mask: x, key: key(1) })).toBe("RangeError: dropout: expected a key or a mask, got both");
    expect(refused({ rate: 0.5, mask: x, maps: true })).toBe("RangeError: dropout: expected maps only with a key, because a mask has a shape, got both");
    expect(refused({ rate: 0.5, key: key(1), maps: true }, zeros([3]))).toBe("RangeError: dropout: expected input with a batch and a channel axis, to drop maps, got [3]");
    expect(refused({ rate: 0.5, mask: [1] })).toBe("TypeError: dropout: expected mask as a Tensor, got [1]");
    expect(refused({ rate: 0.5, mask: zeros([2, 3]) })).toBe("RangeError: dropout: expected mask of shape [2, 3, 4] or [2, 3, 1], got [2, 3]");
    expect(refused({ rate: 0.5, mask: zeros([2, 1, 1]) })).toBe("RangeError: dropout: expected mask of shape [2, 3, 4] or [2, 3, 1], got [2, 1, 1]");
    expect(refused({ rate: 0.5, mask: zeros([3]) }, zeros([2]))).toBe("RangeError: dropout: expected mask of shape [2], got [3]");
    expect(refused({ rate: 0.5, mask: tensor([0, 1, 0.5]) }, zeros([3]))).toBe("RangeError: dropout: expected a mask of zeros and ones, got 0.5 at position 2");
    expect(refused({ rate: 0.5, mask: tensor([-1, 1]) }, zeros([2]))).toBe("RangeError: dropout: expected a mask of zeros and ones, got -1 at position 0");
    expect(refused({ rate: 0.5, mask: tensor([0, NaN]) }, zeros([2]))).toBe("RangeError: dropout: expected a mask of zeros and ones, got NaN at position 1");
    expect(refused({ rate: 0.5 }, [1])).toBe("TypeError: dropout: expected input as a Tensor, got [1]");
    expect(refusal(() => dropoutBackward(x, zeros([2, 3]), { rate: 0.5 }))).toBe("RangeError: dropoutBackward: expected dOutput of shape [2, 3, 4], got [2, 3]");
    expect(refusal(() => dropoutBackward(x, x, { rate: 2 }))).toBe("RangeError: dropoutBackward: expected rate as a number from 0 to 1, got 2");
    expect(refusal(() => dropoutMask(7 as never, [2], 0.5))).toBe("TypeError: dropoutMask: expected a key (from key, split or foldIn), got 7");
    expect(refusal(() => dropoutMask(key(1), [2], 2))).toBe("RangeError: dropoutMask: expected rate as a number from 0 to 1, got 2");
    expect(refusal(() => dropoutMask(key(1), [2], "0.5" as never))).toBe("TypeError: dropoutMask: expected rate as a number from 0 to 1, got \"0.5\"");
  });
});

describe("a random mask", () => {
  it("keeps its share at every rate, within five deviations", ({ annotate }) => {
    const count = 20000;
    const shown: string[] = [];
    for (const [i, rate] of [0.01, 0.1, 0.3, 0.5, 0.75, 0.99].entries()) {
      for (const seed of [i, 1000 + i, 2 ** 40 + i]) {
        const deviations = (kept(dropoutMask(key(seed), [count], rate)) - count * (1 - rate)) / Math.sqrt(count * rate * (1 - rate));
        shown.push(deviations.toFixed(1));
        expect(Math.abs(deviations), `rate ${rate}, key ${seed}`).toBeLessThan(5);
      }
    }
    void annotate(`deviations ${shown.join(", ")}`);
    expect(kept(dropoutMask(key(1), [count], 0))).toBe(count);
    expect(kept(dropoutMask(key(1), [count], 1))).toBe(0);
  });

  it("has numbers that do not depend on their neighbours, nor maps on theirs, nor steps on the step before", () => {
    const count = 20000;
    const correlation = (a: readonly number[], b: readonly number[]): number => {
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      const [ma, mb] = [mean(a), mean(b)];
      const product = (x: readonly number[], y: readonly number[], mx: number, my: number): number => x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
      return product(a, b, ma, mb) / Math.sqrt(product(a, a, ma, ma) * product(b, b, mb, mb));
    };
    // The correlation of independent numbers deviates by 1/√count.
    const limit = 5 / Math.sqrt(count - 100);
    const values = dropoutMask(key(4), [200, 100], 0.3).values;
    for (const lag of [1, 2, 100]) expect(Math.abs(correlation(values.slice(lag), values.slice(0, -lag))), `lag ${lag}`).toBeLessThan(limit);
    const next = dropoutMask(key(5), [200, 100], 0.3).values;
    expect(Math.abs(correlation(values, next))).toBeLessThan(limit);
    expect(Math.abs(correlation(values, dropoutMask(foldIn(key(4), 1), [200, 100], 0.3).values))).toBeLessThan(limit);
  });

  it("drops a map as a whole, and each map on its own", () => {
    const output = dropout(filled([100, 50, 2, 2], 1), { rate: 0.3, key: key(6), maps: true }).values;
    const maps = Array.from({ length: 5000 }, (_, i) => output.slice(4 * i, 4 * i + 4));
    expect(maps.filter((each) => new Set(each).size > 1)).toEqual([]);
    const dropped = maps.map(([first]) => Number(first === 0));
    expect(Math.abs(dropped.reduce((a, b) => a + b) - 1500)).toBeLessThan(5 * Math.sqrt(5000 * 0.21));
    // Two neighbours fall together in 0.09 of all pairs.
    const together = dropped.slice(1).filter((value, i) => value === 1 && dropped[i] === 1).length;
    expect(Math.abs(together - 4999 * 0.09)).toBeLessThan(6 * Math.sqrt(5000 * 0.09 * 0.91));
    expect(dropout(filled([100, 50, 2, 2], 1), { rate: 0.3, key: key(6), maps: true })).toEqual(
      dropout(filled([100, 50, 2, 2], 1), { rate: 0.3, mask: dropoutMask(key(6), [100, 50, 1, 1], 0.3) }),
    );
  });

  it("follows from its key and shape: the draw is below the rate where it drops", () => {
    const draws = uniform(key(8), [4, 5]).values;
    expect(dropoutMask(key(8), [4, 5], 0.4).values).toEqual(draws.map((value) => (value < 0.4 ? 0 : 1)));
    // On the very draw: kept.
    expect(dropoutMask(key(8), [4, 5], draws[3]!).values[3]).toBe(1);
  });
});

describe("the layer of dropout", () => {
  it("drops the same on its way back as on its way forth", () => {
    const input = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
    for (const maps of [false, true]) {
      const [output, pullback] = Dropout({ rate: 0.75, maps }).apply({}, input, key(2));
      expect(output).toEqual(dropout(input, { rate: 0.75, key: key(2), maps }));
      expect(pullback(input)).toEqual([{}, output]);
    }
    expect(Dropout({ rate: 0.5 }).init(key(1))).toEqual({});
  });

  it("lets everything pass without a key", () => {
    const [output, pullback] = Dropout({ rate: 0.75, maps: true }).apply({}, tensor([[1, 2]]));
    expect(output).toEqual(tensor([[1, 2]]));
    expect(pullback(tensor([[3, 4]]))[1]).toEqual(tensor([[3, 4]]));
  });

  it("refuses what does not fit", () => {
    expect(refusal(() => Dropout({} as never))).toBe("TypeError: Dropout: expected rate as a number from 0 to 1, got undefined");
    expect(refusal(() => Dropout({ rate: 2 }))).toBe("RangeError: Dropout: expected rate as a number from 0 to 1, got 2");
    expect(refusal(() => Dropout({ rate: 0.5, mask: zeros([1]) } as never))).toBe("RangeError: Dropout: expected only the options rate, maps, got mask");
    expect(refusal(() => Dropout({ rate: 0.5, maps: true }).apply({}, zeros([3]), key(1)))).toBe("RangeError: Dropout: expected input with a batch and a channel axis, to drop maps, got [3]");
    expect(refusal(() => Dropout({ rate: 0.5 }).apply({}, zeros([3]))[1](zeros([2])))).toBe("RangeError: Dropout: expected dOutput of shape [3], got [2]");
  });
});
