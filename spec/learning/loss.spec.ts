import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absoluteError, absoluteErrorBackward, huber, huberBackward, squaredError, squaredErrorBackward,
} from "../../src/learning/loss.ts";
import type { HuberOptions } from "../../src/learning/loss.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import type { Reduction } from "../../src/learning/reduction.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { isWide, map, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, numbers } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, plain, refusal, seeds, tally, unsigned, whole, wild } from "./support.ts";

const operations = { squaredError: [squaredError, squaredErrorBackward], absoluteError: [absoluteError, absoluteErrorBackward], huber: [huber, huberBackward] } as const;

const reductions: fc.Arbitrary<Reduction> = fc.constantFrom("mean", "sum", "none");

const cases = fc.record({
  shape: fc.oneof(fc.tuple(fc.constantFrom(3, 2, 0), fc.constantFrom(5, 2)), fc.tuple(fc.constantFrom(2, 1, 7)), fc.constant([])), reduction: reductions, seed: seeds,
  delta: fc.constantFrom(1, 0.5, 2, 3.5),
});

const optionsOf = (name: string, { reduction, delta }: { readonly reduction: Reduction; readonly delta: number }): HuberOptions => ({ reduction, ...(name === "huber" ? { delta } : {}) });

const outputShape = (shape: Shape, reduction: Reduction): Shape => (reduction === "none" ? shape : []);

describe("squared error", () => {
  it("is the mean of the squared differences", () => {
    expect(squaredError(tensor([1, 2, 3]), tensor([1, 4, 0]))).toEqual(tensor(13 / 3));
    expect(squaredErrorBackward(tensor([1, 2, 3]), tensor([1, 4, 0]), tensor(3))).toEqual(tensor([0, -4, 6]));
  });

  it("keeps the single losses, or sums them, on demand", () => {
    const [input, target] = [tensor([[1, 2], [3, 4]]), tensor([[1, 4], [0, 4]])];
    expect(squaredError(input, target, { reduction: "none" })).toEqual(tensor([[0, 4], [9, 0]]));
    expect(squaredError(input, target, { reduction: "sum" })).toEqual(tensor(13));
    expect(squaredErrorBackward(input, target, tensor([[1, 10], [100, 1000]]), { reduction: "none" })).toEqual(tensor([[0, -40], [600, 0]]));
    expect(squaredErrorBackward(input, target, tensor(10), { reduction: "sum" })).toEqual(tensor([[0, -40], [60, 0]]));
  });

  it("rounds the whole once: squares beyond float32 are fine where the mean is not", () => {
    // 2^64 squared is 2^128, no float32; half of it is one.
    expect(squaredError(tensor([2 ** 64, 0]), tensor([0, 0])).values).toEqual([2 ** 127]);
  });

  it("is NaN where a number is NaN or infinities meet, and infinite beside one", () => {
    expect(squaredError(tensor([NaN, 1, Infinity, Infinity]), tensor([0, 1, 0, Infinity]), { reduction: "none" }).values).toEqual([NaN, 0, Infinity, NaN]);
    expect(squaredErrorBackward(tensor([NaN, -Infinity]), tensor([0, 0]), tensor([1, 1]), { reduction: "none" }).values).toEqual([NaN, -Infinity]);
  });
});

describe("absolute error", () => {
  it("is the mean of the absolute differences", () => {
    expect(absoluteError(tensor([1, 2, 3]), tensor([1, 4, 0]))).toEqual(tensor(5 / 3));
    expect(absoluteError(tensor([1, 2, 3]), tensor([1, 4, 0]), { reduction: "none" })).toEqual(tensor([0, 2, 3]));
    expect(absoluteError(tensor([1, 2, 3]), tensor([1, 4, 0]), { reduction: "sum" })).toEqual(tensor(5));
  });

  it("has the gradient of the sign, however large the error, and 0 where there is none", () => {
    expect(unsigned(absoluteErrorBackward(tensor([1, 2, 1e30, 3]), tensor([1, 4, 0, 3 + 2 ** -22]), tensor(12)))).toEqual([0, -3, 3, -3]);
    expect(unsigned(absoluteErrorBackward(tensor([2, 2]), tensor([2, -2]), tensor([5, -7]), { reduction: "none" }))).toEqual([0, -7]);
    expect(unsigned(absoluteErrorBackward(tensor([0, -0]), tensor([-0, 0]), tensor(1), { reduction: "sum" }))).toEqual([0, 0]);
  });

  it("is NaN where a number is NaN or infinities meet, and infinite beside one", () => {
    const [input, target] = [tensor([NaN, -Infinity, -Infinity]), tensor([0, 1, -Infinity])];
    expect(absoluteError(input, target, { reduction: "none" }).values).toEqual([NaN, Infinity, NaN]);
    expect(absoluteErrorBackward(input, target, tensor([2, 2, 2]), { reduction: "none" }).values).toEqual([NaN, -2, NaN]);
  });
});

describe("Huber's loss", () => {
  it("is half the square up to delta, and a straight line of the same slope beyond", () => {
    // Errors 0, −½, 1, 4: 0, ⅛, ½ and 1·(4 − ½).
    const [input, target] = [tensor([1, 2.5, 4, 7]), tensor([1, 3, 3, 3])];
    expect(huber(input, target, { reduction: "none" })).toEqual(tensor([0, 0.125, 0.5, 3.5]));
    expect(huber(input, target)).toEqual(tensor(4.125 / 4));
    expect(huberBackward(input, target, tensor(8))).toEqual(tensor([0, -1, 2, 2]));
  });

  it("takes delta as given: 2 squares errors up to 2", () => {
    const [input, target] = [tensor([1, -2, 5]), tensor([0, 0, 0])];
    expect(huber(input, target, { reduction: "none", delta: 2 })).toEqual(tensor([0.5, 2, 8]));
    expect(huberBackward(input, target, tensor([1, 10, 100]), { reduction: "none", delta: 2 })).toEqual(tensor([1, -20, 200]));
    // Without an end it is half the squared error.
    expect(huber(input, target, { reduction: "sum", delta: Infinity })).toEqual(tensor(15));
    expect(huberBackward(input, target, tensor(1), { reduction: "sum", delta: Infinity })).toEqual(tensor([1, -2, 5]));
  });

  it("is continuous at delta, value and slope", () => {
    const near = Float64Array.of(1.5 - 2 ** -40, 1.5, 1.5 + 2 ** -40);
    const input = map(widen(zeros([3])), (_, i) => near[i]!);
    const [low, at, high] = raw(huber(input, zeros([3]), { reduction: "none", delta: 1.5 }));
    expect(at).toBe(1.125);
    expect([at! - low!, high! - at!].every((step) => Math.abs(step - 1.5 * 2 ** -40) < 2 ** -50)).toBe(true);
    expect([...raw(huberBackward(input, zeros([3]), widen(tensor([1, 1, 1])), { reduction: "none", delta: 1.5 }))]).toEqual([near[0], 1.5, 1.5]);
  });

  it("keeps its precision far out, where the square would overflow", () => {
    expect(huber(tensor([1e30, -3e38]), tensor([0, 0]), { reduction: "none" })).toEqual(tensor([1e30, 3e38]));
    expect(huber(tensor([NaN, Infinity, Infinity]), tensor([0, 1, Infinity]), { reduction: "none" }).values).toEqual([NaN, Infinity, NaN]);
    expect(huberBackward(tensor([NaN, Infinity, -Infinity]), tensor([0, 1, 1]), tensor([3, 3, 3]), { reduction: "none", delta: 2 }).values).toEqual([NaN, 6, -6]);
  });
});

describe.each(Object.entries(operations))("%s", (name, [forward, backward]) => {
  const seen = tally();
  const twin = definitions[name]!;

  it("equals its definition bit for bit on whole numbers, output and gradient", () => {
    fc.assert(fc.property(cases, ({ shape, seed, ...drawn }) => {
      const options = optionsOf(name, drawn);
      // Few values, so that input and target, or error and delta, are often equal.
      const [input, target] = [whole(seed, shape, 2), whole(seed + 3, shape, 2)];
      const errors = input.values.map((x, i) => Math.abs(x - target.values[i]!));
      seen.count({
        mean: drawn.reduction === "mean", none: drawn.reduction === "none", "several axes": shape.length > 1, "no error at all": errors.includes(0),
        "an error of delta": errors.includes(drawn.delta), "an error beyond delta": errors.some((error) => error > drawn.delta),
      });
      // A cotangent divisible by every size makes the mean exact, too.
      const dOutput = map(whole(seed + 6, outputShape(shape, drawn.reduction)), (v) => v * 210);
      const inputs = { input: nested(input), target: nested(target) };
      expect(raw(forward(widen(input), target, options))).toEqual(Float64Array.from(flatten(twin(numbers, inputs, options)["output"]!)));
      const divisor = drawn.reduction === "mean" ? input.values.length : 1;
      const undivided = gradient(twin, inputs, { ...options, reduction: divisor === 1 ? drawn.reduction : "sum" }, { output: nested(dOutput) }, "input");
      expect(unsigned(backward(input, target, dOutput, options))).toEqual(flatten(undivided).map((v) => Math.fround(v / divisor) + 0));
    }), { numRuns: runs(150) });
  });

  it("has seen every kind of configuration", async ({ annotate }) => {
    await annotate(inWords(seen.shares()));
    expect(seen.missing(0.1)).toEqual([]);
  });

  it("equals its definition in double, output and gradient", () => {
    fc.assert(fc.property(cases, ({ shape, seed, ...drawn }) => {
      const options = optionsOf(name, drawn);
      const [input, target] = [grid(seed, shape, 4), grid(seed + 3, shape, 4)];
      const dOutput = grid(seed + 6, outputShape(shape, drawn.reduction));
      const inputs = { input: nested(input), target: nested(target) };
      // Differences of grid values and their squares are exact; sums of fifteen of them nearly so.
      expect(distance(raw(forward(widen(input), widen(target), options)), flatten(twin(numbers, inputs, options)["output"]!))).toBeLessThan(1e-13);
      const expected = flatten(gradient(twin, inputs, options, { output: nested(dOutput) }, "input"));
      expect(distance(raw(backward(widen(input), widen(target), widen(dOutput), options)), expected)).toBeLessThan(1e-12);
    }), { numRuns: runs(60) });
  });

  it("has the gradient that differences have, bit for bit on lattices", () => {
    let [kept, left] = [0, 0];
    fc.assert(fc.property(cases, ({ shape, seed, ...drawn }) => {
      const { reduction, delta = 1 } = optionsOf(name, drawn);
      const [input, target] = [whole(seed, shape), whole(seed + 3, shape)];
      // Half a step to both sides must meet no kink, and no change of piece.
      const kink = name === "absoluteError" ? 0 : name === "huber" ? delta : Infinity;
      const near = input.values.some((x, i) => Math.abs(Math.abs(x - target.values[i]!) - kink) < 0.5);
      if (near) return void left++;
      kept++;
      const dOutput = map(whole(seed + 6, outputShape(shape, reduction!)), (v) => v * 210);
      const options = { ...optionsOf(name, drawn), reduction: reduction === "mean" ? "sum" : reduction! } as const;
      const numerical = numericalGradient((x) => forward(x, widen(target), options), input, dOutput, 0.5);
      const divisor = reduction === "mean" ? input.values.length : 1;
      expect(plain(backward(input, target, dOutput, optionsOf(name, drawn)))).toEqual(plain(map(numerical, (v) => v / divisor)));
    }), { numRuns: runs(100) });
    expect(kept).toBeGreaterThan(left / 3);
  });

  it("stores the double rounded once, and keeps doubles as they are", () => {
    fc.assert(fc.property(cases, ({ shape, seed, ...drawn }) => {
      const options = optionsOf(name, drawn);
      const [input, target, dOutput] = [wild(seed, shape), wild(seed + 3, shape), wild(seed + 6, outputShape(shape, drawn.reduction))];
      expect(forward(input, target, options).values).toEqual(Array.from(raw(forward(widen(input), target, options)), Math.fround));
      expect(backward(input, target, dOutput, options).values).toEqual(Array.from(raw(backward(input, widen(target), dOutput, options)), Math.fround));
      expect([forward(input, widen(target)), backward(input, target, widen(dOutput), options)].every(isWide)).toBe(true);
    }), { numRuns: runs(50) });
  });

  it("is NaN as a mean over nothing, 0 as a sum, and has an empty gradient", () => {
    expect(forward(zeros([0, 2]), zeros([0, 2])).values).toEqual([NaN]);
    expect(forward(zeros([0, 2]), zeros([0, 2]), { reduction: "sum" }).values).toEqual([0]);
    expect(forward(zeros([0, 2]), zeros([0, 2]), { reduction: "none" }).shape).toEqual([0, 2]);
    expect(backward(zeros([0, 2]), zeros([0, 2]), tensor(1)).shape).toEqual([0, 2]);
  });

  it("refuses what does not fit", () => {
    const known = name === "huber" ? "reduction, delta" : "reduction";
    expect(refusal(() => forward(zeros([2, 3]), zeros([3, 2])))).toBe(`RangeError: ${name}: expected target of shape [2, 3], got [3, 2]`);
    expect(refusal(() => forward([1] as never, tensor(1)))).toBe(`TypeError: ${name}: expected input as a Tensor, got [1]`);
    expect(refusal(() => forward(tensor(1), 1 as never))).toBe(`TypeError: ${name}: expected target as a Tensor, got 1`);
    expect(refusal(() => forward(zeros([2, 0]), zeros([2, 0])))).toBe(`RangeError: ${name}: expected sizes of at least 1 beside the batch axis, got [2, 0]`);
    expect(refusal(() => forward(tensor(1), tensor(1), { reduction: "average" } as never)))
      .toBe(`RangeError: ${name}: expected reduction "mean" or "sum" or "none", got "average"`);
    expect(refusal(() => forward(tensor(1), tensor(1), { weight: 1 } as never))).toBe(`RangeError: ${name}: expected only the options ${known}, got weight`);
    expect(refusal(() => backward(tensor([1, 2]), tensor([1, 2]), tensor([1, 2])))).toBe(`RangeError: ${name}Backward: expected dOutput of shape [], got [2]`);
    expect(refusal(() => backward(tensor([1, 2]), tensor([1, 2]), tensor(1), { reduction: "none" })))
      .toBe(`RangeError: ${name}Backward: expected dOutput of shape [2], got []`);
    expect(refusal(() => backward(zeros([2, 3]), zeros([3, 2]), tensor(1)))).toBe(`RangeError: ${name}Backward: expected target of shape [2, 3], got [3, 2]`);
    expect(refusal(() => backward(tensor(1), tensor(1), tensor(1), { size: 1 } as never))).toBe(`RangeError: ${name}Backward: expected only the options ${known}, got size`);
  });

  it("writes to none of its arguments", () => {
    const all = [tensor([1, 2]), tensor([3, 4]), tensor(1)] as const;
    const before = JSON.stringify(all);
    forward(all[0], all[1]);
    backward(...all);
    expect(JSON.stringify(all)).toBe(before);
  });
});

describe("the delta of Huber's loss", () => {
  it("is a number above 0, and an option of no other loss", () => {
    expect(refusal(() => huber(tensor(1), tensor(1), { delta: 0 }))).toBe("RangeError: huber: expected delta a number above 0, got 0");
    expect(refusal(() => huber(tensor(1), tensor(1), { delta: -1 }))).toBe("RangeError: huber: expected delta a number above 0, got -1");
    expect(refusal(() => huberBackward(tensor(1), tensor(1), tensor(1), { delta: NaN }))).toBe("RangeError: huberBackward: expected delta a number above 0, got NaN");
    expect(refusal(() => huber(tensor(1), tensor(1), { delta: "1" } as never))).toBe("TypeError: huber: expected delta a number above 0, got \"1\"");
    expect(refusal(() => squaredError(tensor(1), tensor(1), { delta: 1 } as never))).toBe("RangeError: squaredError: expected only the options reduction, got delta");
    expect(refusal(() => absoluteErrorBackward(tensor(1), tensor(1), tensor(1), { delta: 1 } as never)))
      .toBe("RangeError: absoluteErrorBackward: expected only the options reduction, got delta");
  });
});
