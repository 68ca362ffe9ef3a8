import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy, binaryCrossEntropyBackward, binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward,
} from "../../src/learning/binary-cross-entropy.ts";
import type { BinaryCrossEntropyWithLogitsOptions } from "../../src/learning/binary-cross-entropy.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import type { Reduction } from "../../src/learning/reduction.ts";
import { Tensor, adopt, combine, map, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, numbers, type Inputs } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, refusal, seeds, tally, unsigned } from "./support.ts";

const operations = {
  binaryCrossEntropy: [binaryCrossEntropy, binaryCrossEntropyBackward],
  binaryCrossEntropyWithLogits: [binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward],
} as const;

interface Case {
  readonly input: Tensor;
  readonly target: Tensor;
  readonly dOutput: Tensor;
  readonly options: BinaryCrossEntropyWithLogitsOptions;
  readonly kind: Readonly<Record<string, boolean>>;
}

const reductions: fc.Arbitrary<Reduction> = fc.constantFrom("mean", "sum", "none");

/** Logits within ±8, or probabilities no nearer to 0 and 1 than 2⁻⁵. */
const cases = (name: string): fc.Arbitrary<Case> => fc.record({
  shape: fc.oneof(fc.tuple(fc.constantFrom(3, 2), fc.constantFrom(5, 2, 1)), fc.tuple(fc.constantFrom(4, 1)), fc.tuple(fc.constantFrom(2, 1), fc.constantFrom(3, 2), fc.constant(2)), fc.constant([])),
  reduction: fc.option(reductions, { nil: undefined }), weighing: fc.constantFrom("none", "last", "all", "behind", "one"), posWeighing: fc.constantFrom("none", "last", "all", "behind", "one"),
  soft: fc.boolean(), seed: seeds,
}).map(({ shape, reduction, weighing, posWeighing, soft, seed }) => {
  const logits = name.endsWith("Logits");
  const weightOf = (which: string, at: number): Tensor => map(grid(at, { last: shape.slice(-1), all: shape, behind: shape.slice(1), one: [] }[which]!), (v) => v + 2.5);
  const options: BinaryCrossEntropyWithLogitsOptions = {
    ...(reduction === undefined ? {} : { reduction }),
    ...(weighing === "none" ? {} : { weight: weightOf(weighing, seed + 6) }),
    ...(logits && posWeighing !== "none" ? { posWeight: weightOf(posWeighing, seed + 9) } : {}),
  };
  return {
    input: logits ? grid(seed, shape, 8) : map(grid(seed, shape, 1), (v) => 0.5 + v * (0.5 - 2 ** -5)),
    target: map(grid(seed + 3, shape, 1), (v) => (soft ? (v + 1) / 2 : v > 0 ? 1 : 0)),
    dOutput: grid(seed + 12, reduction === "none" ? shape : []),
    options,
    kind: {
      "mean": (reduction ?? "mean") === "mean", "none": reduction === "none", "hard targets": !soft, "several axes": shape.length > 1,
      "weights of the last axis": weighing === "last" && shape.length > 1, "weights of all values": weighing === "all", "weights of a scalar": weighing === "one",
      ...(logits ? { "positive weights": posWeighing !== "none", "both weights": weighing !== "none" && posWeighing !== "none" } : {}),
    },
  };
});

const asDefinition = ({ input, target, options: { weight, posWeight } }: Case): Inputs<number> => ({
  input: nested(input), target: nested(target), ...(weight && { weight: nested(weight) }), ...(posWeight && { posWeight: nested(posWeight) }),
});

describe("binary cross entropy of probabilities", () => {
  it("is how surprised a prediction of cat is by the truth", () => {
    // ¾ for cat: −log ¾ if it is one, −log ¼ if it is not.
    const losses = binaryCrossEntropy(tensor([0.75, 0.75]), tensor([1, 0]), { reduction: "none" });
    expect(losses.values).toEqual([-Math.log(0.75), -Math.log(0.25)].map(Math.fround));
    expect(binaryCrossEntropy(tensor([0.75, 0.75]), tensor([1, 0])).values).toEqual([Math.fround(-Math.log(0.1875) / 2)]);
    expect(binaryCrossEntropy(tensor([0.75, 0.75]), tensor([1, 0]), { reduction: "sum" }).values).toEqual([Math.fround(-Math.log(0.1875))]);
  });

  it("has the gradient (p − t) / (p·(1 − p))", () => {
    // −¼ / (3/16) and ¾ / (3/16).
    const [p, t] = [tensor([0.75, 0.75]), tensor([1, 0])];
    expect(binaryCrossEntropyBackward(p, t, tensor([3, 3]), { reduction: "none" })).toEqual(tensor([-4, 12]));
    expect(binaryCrossEntropyBackward(p, t, tensor(3), { reduction: "sum" })).toEqual(tensor([-4, 12]));
    expect(binaryCrossEntropyBackward(p, t, tensor(6))).toEqual(tensor([-4, 12]));
  });

  it("takes a target between no and yes for the probability of yes, and is least there", () => {
    const at = (p: number): number => binaryCrossEntropy(tensor([p]), tensor([0.25])).values[0]!;
    expect(at(0.25)).toBe(Math.fround(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75)));
    expect(at(0.25)).toBeLessThan(Math.min(at(0.2), at(0.3)));
    expect(unsigned(binaryCrossEntropyBackward(tensor([0.25]), tensor([0.25]), tensor(5)))).toEqual([0]);
  });

  it("loses no more than 100 where the truth was called impossible, and nothing where it was certain", () => {
    expect(binaryCrossEntropy(tensor([0, 1, 0, 1]), tensor([1, 0, 0, 1]), { reduction: "none" })).toEqual(tensor([100, 100, 0, 0]));
    expect(binaryCrossEntropy(tensor([0, 1]), tensor([0.25, 0.25]), { reduction: "none" })).toEqual(tensor([25, 75]));
    // 2^−149, the least float32, has the log −103.3; 2^−140 has −97.04 and is not cut off.
    expect(binaryCrossEntropy(tensor([2 ** -149, 2 ** -140]), tensor([1, 1]), { reduction: "none" }).values).toEqual([100, Math.fround(140 * Math.log(2))]);
    expect(binaryCrossEntropy(tensor([2 ** -149]), tensor([0]), { reduction: "none" }).values).toEqual([2 ** -149]);
  });

  it("divides the gradient by no less than 1e−12", () => {
    const near = (p: number, t: number): number => raw(binaryCrossEntropyBackward(widen(tensor([p])), tensor([t]), tensor([1]), { reduction: "none" }))[0]!;
    expect([near(0, 1), near(1, 0), near(0, 0), near(1, 1), near(0, 0.5)]).toEqual([-1 / 1e-12, 1 / 1e-12, 0, 0, -0.5 / 1e-12]);
    // 2^−40 is just below 1e−12, 2^−39 above: there it is −1/p.
    expect(near(2 ** -40, 1)).toBe((2 ** -40 - 1) / 1e-12);
    expect(near(2 ** -39, 1)).toBe(-(2 ** 39));
    // The nearest float32 to 1 is 2^−24 away: nothing is cut off there.
    expect(near(1 - 2 ** -24, 0)).toBe((1 - 2 ** -24) / ((1 - 2 ** -24) * 2 ** -24));
  });

  it("refuses what is no probability, NaN too, and does not look at the target", () => {
    const message = (got: string): string => `RangeError: binaryCrossEntropy: expected probabilities from 0 to 1, got ${got}`;
    expect(refusal(() => binaryCrossEntropy(tensor([0.5, 1.5]), tensor([0, 1])))).toBe(message("1.5 at position 1 of input [2]"));
    expect(refusal(() => binaryCrossEntropy(tensor([[-0.25]]), tensor([[1]])))).toBe(message("-0.25 at position 0 of input [1, 1]"));
    expect(refusal(() => binaryCrossEntropy(tensor([NaN]), tensor([1])))).toBe(message("NaN at position 0 of input [1]"));
    expect(refusal(() => binaryCrossEntropyBackward(tensor([2]), tensor([1]), tensor(1)))).toBe(message("2 at position 0 of input [1]").replace("Entropy", "EntropyBackward"));
    expect(binaryCrossEntropy(tensor([0.5]), tensor([3])).values).toEqual([Math.fround(3 * Math.log(2) - 2 * Math.log(2))]);
    expect(binaryCrossEntropy(tensor([0.5]), tensor([NaN])).values).toEqual([NaN]);
  });
});

describe("binary cross entropy of logits", () => {
  it("is that of the logits' sigmoids", () => {
    // A logit of log 3 is a probability of ¾.
    const logits = tensor([Math.log(3), Math.log(3)]);
    // The logit is itself rounded to float32, by up to 2^-25.
    expect(distance(binaryCrossEntropyWithLogits(logits, tensor([1, 0]), { reduction: "none" }).values, [-Math.log(0.75), -Math.log(0.25)])).toBeLessThan(1e-7);
    expect(binaryCrossEntropyWithLogitsBackward(logits, tensor([1, 0]), tensor(1), { reduction: "sum" })).toEqual(tensor([-0.25, 0.75]));
    expect(binaryCrossEntropyWithLogits(tensor([0, 0]), tensor([1, 0.5])).values).toEqual([Math.fround(Math.log(2))]);
    fc.assert(fc.property(cases("binaryCrossEntropyWithLogits"), ({ input, target, options: { posWeight: _, ...options } }) => {
      const p = adopt(input.shape, Float64Array.from(raw(input), (x) => 1 / (1 + Math.exp(-x))));
      // Within ±8 a sigmoid keeps 1 − p to 2^-53 / e^-8.
      expect(distance(raw(binaryCrossEntropyWithLogits(widen(input), target, options)), raw(binaryCrossEntropy(p, target, options)))).toBeLessThan(1e-11);
    }), { numRuns: runs(30) });
  });

  it("has the gradient probability minus truth", () => {
    expect(binaryCrossEntropyWithLogitsBackward(tensor([0, 0, 0]), tensor([1, 0, 0.75]), tensor([2, 20, 200]), { reduction: "none" })).toEqual(tensor([-1, 10, -50]));
    expect(binaryCrossEntropyWithLogitsBackward(tensor([[0, 0]]), tensor([[1, 0]]), tensor(4))).toEqual(tensor([[-1, 1]]));
  });

  it("is exact at logits of ±1000, and far beyond", () => {
    const [logits, target] = [tensor([1000, -1000, 1000, -1000, 3e38, -3e38]), tensor([1, 1, 0, 0, 0, 0])];
    expect(binaryCrossEntropyWithLogits(logits, target, { reduction: "none" })).toEqual(tensor([0, 1000, 1000, 0, 3e38, 0]));
    expect(unsigned(binaryCrossEntropyWithLogitsBackward(logits, target, tensor([1, 1, 1, 1, 1, 1]), { reduction: "none" }))).toEqual([0, -1, 1, 0, 1, 0]);
  });

  it("keeps the loss and the gradient of a prediction that is almost certain and right", () => {
    const tiny = Math.fround(Math.exp(-50));
    const [logits, target] = [tensor([50, -50]), tensor([1, 0])];
    expect(binaryCrossEntropyWithLogits(logits, target, { reduction: "none" })).toEqual(tensor([tiny, tiny]));
    expect(binaryCrossEntropyWithLogitsBackward(logits, target, tensor([1, 1]), { reduction: "none" })).toEqual(tensor([-tiny, tiny]));
  });

  it("counts with posWeight what is lost where the truth is yes, and only that", () => {
    const [logits, target] = [tensor([[-1000, 1000], [1000, -1000]]), tensor([[1, 0], [0, 1]])];
    const options = { posWeight: tensor([3, 5]), reduction: "none" } as const;
    expect(binaryCrossEntropyWithLogits(logits, target, options)).toEqual(tensor([[3000, 1000], [1000, 5000]]));
    expect(unsigned(binaryCrossEntropyWithLogitsBackward(logits, target, tensor([[1, 1], [1, 1]]), options))).toEqual([-3, 1, 1, -5]);
    // Half a yes is weighed by half: 3·½·log 2 + ½·log 2.
    expect(binaryCrossEntropyWithLogits(tensor(0), tensor(0.5), { posWeight: tensor(3) }).values).toEqual([Math.fround(2 * Math.log(2))]);
    // The mean is over the values, not over their weights.
    expect(binaryCrossEntropyWithLogits(logits, target, { posWeight: tensor([3, 5]) })).toEqual(tensor(2500));
  });

  it("is NaN at NaN and where 0 meets an infinite loss, infinite where the truth was called impossible", () => {
    const [logits, target] = [tensor([NaN, Infinity, -Infinity, Infinity]), tensor([1, 0, 1, 1])];
    expect(binaryCrossEntropyWithLogits(logits, target, { reduction: "none" }).values).toEqual([NaN, Infinity, Infinity, NaN]);
    expect(unsigned(binaryCrossEntropyWithLogitsBackward(logits, target, tensor([1, 1, 1, 1]), { reduction: "none" }))).toEqual([NaN, 1, -1, 0]);
  });
});

describe.each(Object.entries(operations))("%s", (name, [forward, backward]) => {
  const seen = tally();
  const twin = definitions[name]!;
  const half = (shape: readonly number[]): Tensor => map(zeros(shape), () => 0.5);

  it("weighs values by a tensor of their shape or of their last axes, and divides the mean by their number alone", () => {
    const [input, target] = [half([2, 3]), zeros([2, 3])];
    const single = forward(widen(half([])), zeros([])).values[0]!;
    const weighed = (weight: Tensor): readonly number[] => raw(forward(widen(input), target, { weight, reduction: "none" })) as never;
    expect([...weighed(tensor([1, 10, 100]))]).toEqual([1, 10, 100, 1, 10, 100].map((w) => w * single));
    expect([...weighed(tensor([[1, 2, 3], [4, 5, 6]]))]).toEqual([1, 2, 3, 4, 5, 6].map((w) => w * single));
    expect([...weighed(tensor(7))]).toEqual([7, 7, 7, 7, 7, 7].map((w) => w * single));
    expect(distance(raw(forward(widen(input), target, { weight: tensor([1, 10, 100]) })), [37 * single])).toBeLessThan(1e-14);
    const slope = raw(backward(widen(half([])), zeros([]), tensor(1)))[0]!;
    expect([...raw(backward(widen(input), target, tensor(6), { weight: tensor([1, 10, 100]) }))]).toEqual([1, 10, 100, 1, 10, 100].map((w) => w * slope));
  });

  it("equals its definition in double to 1e-12, output and gradient", () => {
    fc.assert(fc.property(cases(name), (one) => {
      const { input, target, dOutput, options: { weight, posWeight, ...options }, kind } = one;
      seen.count(kind);
      const wide = { ...options, ...(weight && { weight: widen(weight) }), ...(posWeight && { posWeight }) };
      expect(distance(raw(forward(widen(input), widen(target), wide)), flatten(twin(numbers, asDefinition(one), options)["output"]!))).toBeLessThan(1e-12);
      const expected = flatten(gradient(twin, asDefinition(one), options, { output: nested(dOutput) }, "input"));
      expect(distance(raw(backward(widen(input), widen(target), widen(dOutput), wide)), expected)).toBeLessThan(1e-12);
    }), { numRuns: runs(120) });
  });

  it("has seen every kind of configuration", async ({ annotate }) => {
    await annotate(inWords(seen.shares()));
    expect(seen.missing(0.05)).toEqual([]);
  });

  it("equals its definition at the ends: probabilities of 0 and 1 and near them, logits of ±700", () => {
    const ends = name.endsWith("Logits") ? [-700, -104, -30, 0, 30, 104, 700] : [0, 2 ** -149, 2 ** -140, 2 ** -60, 2 ** -40, 2 ** -39, 2 ** -24, 0.5, 1 - 2 ** -24, 1];
    const pairs = ends.flatMap((x) => [0, 1, 0.25].map((t) => [x, t] as const));
    const [input, target] = [tensor(pairs.map(([x]) => x)), tensor(pairs.map(([, t]) => t))];
    const inputs = { input: nested(input), target: nested(target) };
    const dOutput = map(target, (_, i) => (i % 5) - 2.5);
    expect(distance(raw(forward(widen(input), target, { reduction: "none" })), flatten(twin(numbers, inputs, { reduction: "none" })["output"]!))).toBeLessThan(1e-12);
    const expected = flatten(gradient(twin, inputs, { reduction: "none" }, { output: nested(dOutput) }, "input"));
    expect(distance(raw(backward(widen(input), target, dOutput, { reduction: "none" })), expected)).toBeLessThan(1e-12);
  });

  it("has the gradient that differences have, to 1e-9", () => {
    fc.assert(fc.property(cases(name), ({ input, target, dOutput, options }) => {
      // A step must be small beside the distance from 0 and 1, which is at least 2^-5.
      const step = name.endsWith("Logits") ? 2 ** -5 : 2 ** -10;
      const numerical = numericalGradient((x) => forward(x, target, options), input, dOutput, step, 4);
      expect(distance(raw(backward(widen(input), target, dOutput, options)), raw(numerical))).toBeLessThan(1e-9);
    }), { numRuns: runs(30) });
  });

  it("stores the double rounded once, and keeps doubles as they are", () => {
    fc.assert(fc.property(cases(name), ({ input, target, dOutput, options }) => {
      const fine = combine(input, target, (x) => Math.fround(x + 2 ** -13 / 3));
      expect(forward(fine, target, options).values).toEqual(Array.from(raw(forward(widen(fine), target, options)), Math.fround));
      expect(backward(fine, target, dOutput, options).values).toEqual(Array.from(raw(backward(widen(fine), target, dOutput, options)), Math.fround));
    }), { numRuns: runs(40) });
    expect(raw(forward(half([1]), zeros([1]), { weight: widen(tensor(1)) }))[0]).not.toBe(Math.fround(raw(forward(half([1]), zeros([1]), { weight: widen(tensor(1)) }))[0]!));
  });

  it("is NaN as a mean over an empty batch, 0 as a sum, and has an empty gradient", () => {
    for (const options of [{}, { weight: tensor([1, 2]) }, { weight: zeros([0, 2]) }]) {
      expect(forward(zeros([0, 2]), zeros([0, 2]), options).values).toEqual([NaN]);
      expect(forward(zeros([0, 2]), zeros([0, 2]), { ...options, reduction: "sum" }).values).toEqual([0]);
      expect(forward(zeros([0, 2]), zeros([0, 2]), { ...options, reduction: "none" }).shape).toEqual([0, 2]);
      expect(backward(zeros([0, 2]), zeros([0, 2]), tensor(1), options).shape).toEqual([0, 2]);
    }
  });

  it("refuses what does not fit", () => {
    const [input, target] = [half([2, 3]), zeros([2, 3])];
    const known = name.endsWith("Logits") ? "reduction, weight, posWeight" : "reduction, weight";
    expect(refusal(() => forward(input, zeros([3, 2])))).toBe(`RangeError: ${name}: expected target of shape [2, 3], got [3, 2]`);
    expect(refusal(() => forward([1] as never, tensor(1)))).toBe(`TypeError: ${name}: expected input as a Tensor, got [1]`);
    expect(refusal(() => forward(tensor(1), 1 as never))).toBe(`TypeError: ${name}: expected target as a Tensor, got 1`);
    expect(refusal(() => forward(zeros([2, 0]), zeros([2, 0])))).toBe(`RangeError: ${name}: expected sizes of at least 1 beside the batch axis, got [2, 0]`);
    for (const [weight, shape] of [[zeros([2]), "[2]"], [zeros([3, 3]), "[3, 3]"], [zeros([1]), "[1]"], [zeros([1, 2, 3]), "[1, 2, 3]"], [zeros([2, 1]), "[2, 1]"]] as const) {
      expect(refusal(() => forward(input, target, { weight }))).toBe(`RangeError: ${name}: expected weight of shape [2, 3] or of its last axes, got ${shape}`);
    }
    expect(refusal(() => forward(input, target, { weight: [1] } as never))).toBe(`TypeError: ${name}: expected weight as a Tensor, got [1]`);
    expect(refusal(() => forward(input, target, { reduction: "average" } as never))).toBe(`RangeError: ${name}: expected reduction "mean" or "sum" or "none", got "average"`);
    expect(refusal(() => forward(input, target, { size: 1 } as never))).toBe(`RangeError: ${name}: expected only the options ${known}, got size`);
    expect(refusal(() => backward(input, target, target))).toBe(`RangeError: ${name}Backward: expected dOutput of shape [], got [2, 3]`);
    expect(refusal(() => backward(input, target, tensor(1), { reduction: "none" }))).toBe(`RangeError: ${name}Backward: expected dOutput of shape [2, 3], got []`);
    expect(refusal(() => backward(input, zeros([3, 2]), tensor(1)))).toBe(`RangeError: ${name}Backward: expected target of shape [2, 3], got [3, 2]`);
    expect(refusal(() => backward(input, target, tensor(1), { weight: zeros([2]) }))).toBe(`RangeError: ${name}Backward: expected weight of shape [2, 3] or of its last axes, got [2]`);
    expect(refusal(() => backward(input, target, tensor(1), { size: 1 } as never))).toBe(`RangeError: ${name}Backward: expected only the options ${known}, got size`);
  });

  it("writes to none of its arguments", () => {
    const all = [half([2]), zeros([2]), tensor(1), tensor([1, 2])] as const;
    const before = JSON.stringify(all);
    forward(all[0], all[1], { weight: all[3] });
    backward(all[0], all[1], all[2], { weight: all[3] });
    expect(JSON.stringify(all)).toBe(before);
  });
});

describe("posWeight", () => {
  it("belongs to logits, and has the shape of weight", () => {
    const [input, target] = [zeros([2, 3]), zeros([2, 3])];
    expect(refusal(() => binaryCrossEntropy(input, target, { posWeight: zeros([3]) } as never))).toBe("RangeError: binaryCrossEntropy: expected only the options reduction, weight, got posWeight");
    expect(refusal(() => binaryCrossEntropyWithLogits(input, target, { posWeight: zeros([2]) })))
      .toBe("RangeError: binaryCrossEntropyWithLogits: expected posWeight of shape [2, 3] or of its last axes, got [2]");
    expect(refusal(() => binaryCrossEntropyWithLogitsBackward(input, target, tensor(1), { posWeight: 3 } as never)))
      .toBe("TypeError: binaryCrossEntropyWithLogitsBackward: expected posWeight as a Tensor, got 3");
  });
});
