import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "../../src/learning/softmax.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { Tensor, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, numbers } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, refusal, seeds, tally } from "./support.ts";

interface Configuration {
  readonly shape: Shape;
  readonly axis: number;
  readonly seed: number;
}

const configurations: fc.Arbitrary<Configuration> = fc.oneof(
  fc.tuple(fc.constantFrom(5, 2, 3, 1)),
  fc.tuple(fc.constantFrom(3, 2, 5), fc.constantFrom(4, 3, 1)),
  fc.tuple(fc.constantFrom(2, 3), fc.constantFrom(5, 3), fc.constantFrom(3, 2)),
).chain((shape) => fc.record({ shape: fc.constant(shape as Shape), axis: fc.integer({ min: -shape.length, max: shape.length - 1 }), seed: seeds }));

const operations = { softmax: [softmax, softmaxBackward], logSoftmax: [logSoftmax, logSoftmaxBackward] } as const;

describe("softmax", () => {
  it("turns two scores into the probabilities of cat and not cat", () => {
    // e^log 3 : e^0 = 3 : 1.
    expect(softmax(tensor([Math.log(3), 0])).values).toEqual([0.75, 0.25]);
    // The score log 3 is itself rounded to float32, by up to 2^-25.
    expect(distance(logSoftmax(tensor([Math.log(3), 0])).values, [Math.log(0.75), Math.log(0.25)])).toBeLessThan(1e-7);
  });

  it("is the same for scores that are all moved by one number", () => {
    // Grid values plus 100 or −100 stay exact, so the differences do.
    fc.assert(fc.property(configurations, ({ shape, axis, seed }) => {
      const input = grid(seed, shape);
      for (const by of [100, -100]) {
        const moved = new Tensor(shape, input.values.map((value) => value + by));
        expect(softmax(moved, { axis })).toEqual(softmax(input, { axis }));
        expect(logSoftmax(moved, { axis })).toEqual(logSoftmax(input, { axis }));
      }
    }), { numRuns: runs(50) });
  });

  it("runs along the last axis by default, or along any other; a negative one counts from the end", () => {
    const input = tensor([[0, 0], [0, 50]]);
    expect(softmax(input).values).toEqual([0.5, 0.5, 0, 1].map((v, i) => (i === 2 ? Math.fround(Math.exp(-50)) : v)));
    expect(softmax(input, { axis: 0 })).toEqual(softmax(input, { axis: -2 }));
    expect(softmax(input, { axis: 1 })).toEqual(softmax(input, { axis: -1 }));
    expect(softmax(input, { axis: 0 }).values).toEqual([0.5, Math.fround(Math.exp(-50)), 0.5, 1]);
  });

  it("does not overflow: scores of ±1000 are as good as any", () => {
    expect(softmax(tensor([1000, 1000, -1000])).values).toEqual([0.5, 0.5, 0]);
    expect(logSoftmax(tensor([1000, -1000])).values).toEqual([0, -2000]);
    expect(logSoftmax(tensor([3e38, -3e38])).values).toEqual([0, -Infinity]);
    expect(softmax(tensor([-1000, -1000])).values).toEqual([0.5, 0.5]);
    expect(softmax(tensor([[1000, 2000], [0, -2000]]), { axis: 0 }).values).toEqual([1, 1, 0, 0]);
  });

  it("keeps the logarithm of a probability next to 1", () => {
    // log(1 / (1 + e^−50)) = −e^−50 to 22 digits; 1 + e^−50 alone is 1 in double.
    expect(logSoftmax(tensor([50, 0])).values[0]).toBe(Math.fround(-Math.exp(-50)));
    expect(logSoftmax(tensor([0, 50])).values[1]).toBe(Math.fround(-Math.exp(-50)));
  });

  it("keeps the gradient at a probability next to 1", () => {
    // p_0·(1 − p_0) = e^−50 to 22 digits, against its neighbour's with the other sign.
    const tiny = Math.fround(Math.exp(-50));
    expect(softmaxBackward(tensor([50, 0]), tensor([1, 0])).values).toEqual([tiny, -tiny]);
    expect(softmaxBackward(tensor([0, 50]), tensor([1, 0])).values).toEqual([tiny, -tiny]);
    expect(logSoftmaxBackward(tensor([50, 0]), tensor([1, 0])).values).toEqual([tiny, -tiny]);
    expect(logSoftmaxBackward(tensor([0, 50]), tensor([0, 1])).values).toEqual([-tiny, tiny]);
  });

  it("gives −Infinity the probability 0, and a row of nothing else NaN", () => {
    expect(softmax(tensor([-Infinity, 3, 3])).values).toEqual([0, 0.5, 0.5]);
    expect(logSoftmax(tensor([-Infinity, 3, 3])).values).toEqual([-Infinity, -Math.log(2), -Math.log(2)].map(Math.fround));
    expect(softmaxBackward(tensor([-Infinity, 3, 3]), tensor([7, 4, 0])).values).toEqual([0, 1, -1]);
    for (const [forward, backward] of Object.values(operations)) {
      expect(forward(tensor([[-Infinity, -Infinity], [0, -Infinity]])).values.slice(0, 2)).toEqual([NaN, NaN]);
      expect(forward(tensor([[-Infinity], [0]])).values[0]).toEqual(NaN);
      expect(backward(tensor([-Infinity, -Infinity]), tensor([1, 2])).values).toEqual([NaN, NaN]);
    }
  });

  it("gives NaN throughout a row with NaN or +Infinity in it, wherever it stands, and leaves other rows alone", () => {
    for (const bad of [NaN, Infinity]) {
      for (const row of [[bad, 0, 1], [0, bad, 1], [0, 1, bad], [bad, 0, bad]]) {
        for (const [forward, backward] of Object.values(operations)) {
          expect(forward(tensor([row, [0, 0, 0]])).values.slice(0, 3)).toEqual([NaN, NaN, NaN]);
          expect(forward(tensor([row, [0, 0, 0]])).values.slice(3)).toEqual(forward(tensor([0, 0, 0])).values);
          expect(backward(tensor(row), tensor([1, 2, 3])).values).toEqual([NaN, NaN, NaN]);
        }
      }
    }
  });

  it("has rows that sum to 1", () => {
    fc.assert(fc.property(configurations, ({ shape, seed }) => {
      const values = Array.from(raw(softmax(widen(grid(seed, shape, 20)))));
      const width = shape.at(-1)!;
      // Each of at most 5 entries is within 2 ulp of a double.
      for (let i = 0; i < values.length; i += width) expect(Math.abs(values.slice(i, i + width).reduce((a, b) => a + b) - 1)).toBeLessThan(1e-14);
    }), { numRuns: runs(50) });
  });

  it("takes an empty batch", () => {
    for (const [forward, backward] of Object.values(operations)) {
      expect(forward(zeros([0, 3])).shape).toEqual([0, 3]);
      expect(backward(zeros([0, 3]), zeros([0, 3])).shape).toEqual([0, 3]);
    }
  });

  describe.each(Object.entries(operations))("%s", (name, [forward, backward]) => {
    const seen = tally();

    it("equals its definition in double to 1e-12, output and gradient", () => {
      fc.assert(fc.property(configurations, ({ shape, axis, seed }) => {
        // Within ±8 the textbook form is well within its domain, and smooth enough for its own rounding to stay near 1e-15.
        const input = grid(seed, shape, 8);
        const dOutput = grid(seed + 3, shape);
        const inputs = { input: nested(input) };
        seen.count({ "several axes": shape.length > 1, "axis not last": (axis + shape.length) % shape.length < shape.length - 1, "negative axis": axis < 0, "one entry": shape.at(axis) === 1 });
        expect(distance(raw(forward(widen(input), { axis })), flatten(definitions[name]!(numbers, inputs, { axis })["output"]!))).toBeLessThan(1e-12);
        const expected = flatten(gradient(definitions[name]!, inputs, { axis }, { output: nested(dOutput) }, "input"));
        expect(distance(raw(backward(widen(input), widen(dOutput), { axis })), expected)).toBeLessThan(1e-12);
      }), { numRuns: runs(100) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.02)).toEqual([]);
    });

    it("has the gradient that differences have, to 1e-9", () => {
      fc.assert(fc.property(configurations, ({ shape, axis, seed }) => {
        const [input, dOutput] = [grid(seed, shape), grid(seed + 3, shape)];
        const numerical = numericalGradient((x) => forward(x, { axis }), input, dOutput, 2 ** -5, 4);
        // Fourth level of Richardson at h = 2^-5: worst seen anywhere 1.5e-11.
        expect(distance(raw(backward(widen(input), widen(dOutput), { axis })), raw(numerical))).toBeLessThan(1e-9);
      }), { numRuns: runs(50) });
    });

    it("stores the double rounded once", () => {
      fc.assert(fc.property(configurations, ({ shape, axis, seed }) => {
        const [input, dOutput] = [grid(seed, shape), grid(seed + 3, shape)];
        expect(forward(input, { axis }).values).toEqual(Array.from(raw(forward(widen(input), { axis })), Math.fround));
        expect(backward(input, dOutput, { axis }).values).toEqual(Array.from(raw(backward(widen(input), widen(dOutput), { axis })), Math.fround));
      }), { numRuns: runs(50) });
    });

    it("refuses what does not fit", () => {
      expect(refusal(() => forward(zeros([2, 3]), { axis: 2 }))).toBe(`RangeError: ${name}: expected axis within the 2 axes of input [2, 3], got 2`);
      expect(refusal(() => forward(zeros([2, 3]), { axis: -3 }))).toBe(`RangeError: ${name}: expected axis within the 2 axes of input [2, 3], got -3`);
      expect(refusal(() => forward(tensor(1)))).toBe(`RangeError: ${name}: expected axis within the 0 axes of input [], got -1`);
      expect(refusal(() => forward(zeros([2, 0])))).toBe(`RangeError: ${name}: expected sizes of at least 1 along the axis and beside the batch axis, got [2, 0]`);
      expect(refusal(() => forward(zeros([0])))).toBe(`RangeError: ${name}: expected sizes of at least 1 along the axis and beside the batch axis, got [0]`);
      expect(refusal(() => forward(zeros([2, 0, 3]))))
        .toBe(`RangeError: ${name}: expected sizes of at least 1 along the axis and beside the batch axis, got [2, 0, 3]`);
      expect(refusal(() => forward([1] as never))).toBe(`TypeError: ${name}: expected input as a Tensor, got [1]`);
      expect(refusal(() => forward(tensor([1]), { axis: 0.5 }))).toBe(`RangeError: ${name}: expected axis a whole number, got 0.5`);
      expect(refusal(() => forward(tensor([1]), { dim: 0 } as never))).toBe(`RangeError: ${name}: expected only the options axis, got dim`);
      expect(refusal(() => backward(zeros([2, 3]), zeros([3, 2])))).toBe(`RangeError: ${name}Backward: expected dOutput of shape [2, 3], got [3, 2]`);
      expect(refusal(() => backward(zeros([2, 3]), zeros([2, 3]), { axis: 2 }))).toBe(`RangeError: ${name}Backward: expected axis within the 2 axes of input [2, 3], got 2`);
    });

    it("writes to none of its arguments", () => {
      const [input, dOutput] = [tensor([1, 2]), tensor([3, 4])];
      forward(input);
      backward(input, dOutput);
      expect([input.values, dOutput.values]).toEqual([[1, 2], [3, 4]]);
    });
  });
});
