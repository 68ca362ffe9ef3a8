import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossEntropy, crossEntropyBackward, negativeLogLikelihood, negativeLogLikelihoodBackward } from "../../src/learning/cross-entropy.ts";
import type { CrossEntropyOptions, NegativeLogLikelihoodOptions } from "../../src/learning/cross-entropy.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import type { Reduction } from "../../src/learning/reduction.ts";
import { logSoftmax, logSoftmaxBackward } from "../../src/learning/softmax.ts";
import { Tensor, map, raw, tensor, toNested, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, numbers, pushforward, type Inputs } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, plain, refusal, seeds, tally, unsigned, whole } from "./support.ts";

const reductions: fc.Arbitrary<Reduction> = fc.constantFrom("mean", "sum", "none");

interface Case {
  readonly input: Tensor;
  readonly target: Tensor;
  readonly dOutput: Tensor;
  readonly options: CrossEntropyOptions;
  readonly allIgnored: boolean;
  readonly kind: Readonly<Record<string, boolean>>;
}

const cases: fc.Arbitrary<Case> = fc.record({
  samples: fc.constantFrom(3, 2, 1), classes: fc.constantFrom(3, 5, 2, 1), space: fc.constantFrom([], [], [2], [2, 3], [1]), seed: seeds,
  hasClasses: fc.boolean(), reduction: fc.option(reductions, { nil: undefined }), weighted: fc.boolean(),
  ignoring: fc.constantFrom(undefined, -1, -100, 0, 255), labelSmoothing: fc.constantFrom(undefined, 0, 0.125, 0.5, 1),
}).map(({ samples, classes, space, seed, hasClasses, reduction, weighted, ignoring, labelSmoothing }) => {
  const inputShape = [samples, classes, ...space];
  const rowsShape = [samples, ...space];
  const draws = whole(seed + 3, rowsShape, 50);
  const indices = map(draws, (v) => (ignoring !== undefined && v > 20 ? ignoring : (v + 50) % classes));
  const options: CrossEntropyOptions = {
    ...(reduction === undefined ? {} : { reduction }),
    ...(weighted ? { weight: map(grid(seed + 6, [classes]), (v) => v + 2.5) } : {}),
    ...(ignoring === undefined ? {} : { ignoreIndex: ignoring }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  };
  const ignored = hasClasses && ignoring !== undefined ? indices.values.filter((v) => v === ignoring).length : 0;
  return {
    input: grid(seed, inputShape, 4),
    target: hasClasses ? indices : map(grid(seed + 3, inputShape), (v) => v + 2),
    dOutput: grid(seed + 9, reduction === "none" ? rowsShape : []),
    options,
    allIgnored: ignored === indices.values.length,
    kind: {
      "classes": hasClasses, "probabilities": !hasClasses, "weighted": weighted, "smoothed": (labelSmoothing ?? 0) > 0, "some rows ignored": ignored > 0 && ignored < indices.values.length,
      "mean": (reduction ?? "mean") === "mean", "none": reduction === "none", "spatial axes": space.length > 0, "one class": classes === 1,
    },
  };
});

const asDefinition = ({ input, target, options: { weight } }: Case): Inputs<number> =>
  ({ input: nested(input), target: nested(target), ...(weight === undefined ? {} : { weight: nested(weight) }) });

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const withoutTensor = ({ options: { weight: _weight, ...others } }: Case): Omit<CrossEntropyOptions, "weight"> => others;

describe("cross entropy", () => {
  it("is how surprised the prediction is by the truth", () => {
    // Three to one for cat: −log ¾ if it is one, −log ¼ if it is not.
    const logits = tensor([[Math.log(3), 0], [Math.log(3), 0]]);
    const losses = [-Math.log(0.75), -Math.log(0.25)] as const;
    // The logit log 3 is itself rounded to float32, by up to 2^-25.
    expect(distance(crossEntropy(logits, tensor([0, 1]), { reduction: "none" }).values, losses)).toBeLessThan(1e-7);
    expect(distance(crossEntropy(logits, tensor([0, 1])).values, [(losses[0] + losses[1]) / 2])).toBeLessThan(1e-7);
  });

  it("has the gradient probabilities minus truth", () => {
    const logits = tensor([[Math.log(3), 0], [0, 0]]);
    expect(crossEntropyBackward(logits, tensor([0, 1]), tensor(1), { reduction: "sum" })).toEqual(tensor([[-0.25, 0.25], [0.5, -0.5]]));
  });

  it("reads a target as classes or as probabilities by its shape", () => {
    const logits = tensor([[1, 2, 3], [4, 0, 1]]);
    const oneHot = tensor([[0, 0, 1], [1, 0, 0]]);
    expect(crossEntropy(logits, oneHot)).toEqual(crossEntropy(logits, tensor([2, 0])));
    expect(crossEntropyBackward(logits, oneHot, tensor(1))).toEqual(crossEntropyBackward(logits, tensor([2, 0]), tensor(1)));
    // Square logits do not change that: the ranks differ.
    expect(crossEntropy(zeros([2, 2]), tensor([[1, 1], [1, 1]])).values).toEqual([Math.fround(2 * Math.log(2))]);
  });

  it("has its classes on axis 1, with any number of spatial axes behind", () => {
    const input = grid(16, [2, 3, 2, 2]);
    const target = tensor([[[0, 1], [2, 0]], [[1, 1], [2, 2]]]);
    const losses = crossEntropy(input, target, { reduction: "none" });
    const logs = toNested(logSoftmax(input, { axis: 1 })) as number[][][][];
    expect(toNested(losses)).toEqual((toNested(target) as number[][][]).map((plane, n) => plane.map((row, h) => row.map((c, w) => -logs[n]![c]![h]![w]!))));
  });

  it("is exact at logits of ±1000", () => {
    const logits = tensor([[1000, -1000], [-1000, 1000], [1000, 1000]]);
    expect(crossEntropy(logits, tensor([1, 1, 0]), { reduction: "none" }).values).toEqual([2000, 0, Math.fround(Math.log(2))]);
    expect(unsigned(crossEntropyBackward(logits, tensor([1, 1, 0]), tensor([1, 1, 1]), { reduction: "none" }))).toEqual([1, -1, 0, 0, -0.5, 0.5]);
  });

  it("keeps the loss and the gradient of a prediction that is almost certain and right", () => {
    const tiny = Math.fround(Math.exp(-50));
    expect(crossEntropy(tensor([[50, 0]]), tensor([0])).values).toEqual([tiny]);
    expect(crossEntropyBackward(tensor([[50, 0]]), tensor([0]), tensor(1)).values).toEqual([-tiny, tiny]);
  });

  it("lets −Infinity stand for what is impossible, as long as it does not happen", () => {
    expect(crossEntropy(tensor([[-Infinity, 0, 0]]), tensor([1])).values).toEqual([Math.fround(Math.log(2))]);
    expect(unsigned(crossEntropyBackward(tensor([[-Infinity, 0, 0]]), tensor([1]), tensor(1)))).toEqual([0, -0.5, 0.5]);
    expect(crossEntropy(tensor([[-Infinity, 0, 0]]), tensor([0])).values).toEqual([Infinity]);
    expect(crossEntropy(tensor([[-Infinity, -Infinity]]), tensor([0])).values).toEqual([NaN]);
    // 0·∞: a smoothed target, or a probability of 0, counts every class.
    expect(crossEntropy(tensor([[-Infinity, 0, 0]]), tensor([1]), { labelSmoothing: 0.5 }).values).toEqual([Infinity]);
    expect(crossEntropy(tensor([[-Infinity, 0, 0]]), tensor([[0, 1, 0]])).values).toEqual([NaN]);
  });

  it("weighs classes, and divides the mean by the weights of the targets", () => {
    const [logits, target] = [zeros([3, 2]), tensor([0, 1, 1])];
    const weight = tensor([1, 3]);
    expect(crossEntropy(logits, target, { weight, reduction: "sum" }).values).toEqual([Math.fround(7 * Math.log(2))]);
    expect(crossEntropy(logits, target, { weight }).values).toEqual([Math.fround(Math.log(2))]);
    // With probabilities it divides by the number of rows.
    expect(crossEntropy(logits, tensor([[1, 0], [0, 1], [0, 1]]), { weight }).values).toEqual([Math.fround((7 * Math.log(2)) / 3)]);
  });

  it("leaves ignored rows out of the loss, the mean and the gradient", () => {
    const logits = tensor([[0, Math.log(3)], [5, 7]]);
    for (const ignoreIndex of [-1, -100, 1, 255, 2 ** 31 - 1, -(2 ** 40) - 1]) {
      const target = tensor([0, ignoreIndex]);
      expect(crossEntropy(logits, target, { ignoreIndex }).values).toEqual([Math.fround(Math.log(4))]);
      expect(crossEntropy(logits, target, { ignoreIndex, reduction: "none" }).values).toEqual([Math.fround(Math.log(4)), 0]);
      expect(crossEntropy(logits, target, { ignoreIndex, labelSmoothing: 0.5, reduction: "none" }).values[1]).toBe(0);
      expect(unsigned(crossEntropyBackward(logits, target, tensor(1), { ignoreIndex }))).toEqual([-0.75, 0.75, 0, 0]);
    }
  });

  it("is NaN as a mean over nothing but ignored rows, 0 as a sum, and has gradient 0", () => {
    const [logits, target] = [tensor([[1, 2]]), tensor([-1])];
    expect(crossEntropy(logits, target, { ignoreIndex: -1 }).values).toEqual([NaN]);
    expect(crossEntropy(logits, target, { ignoreIndex: -1, reduction: "sum" }).values).toEqual([0]);
    expect(crossEntropyBackward(logits, target, tensor(1), { ignoreIndex: -1 }).values).toEqual([0, 0]);
  });

  it("is NaN as a mean over an empty batch, 0 as a sum, and has an empty gradient", () => {
    for (const target of [zeros([0, 4]), zeros([0, 3, 4])]) {
      expect(crossEntropy(zeros([0, 3, 4]), target).values).toEqual([NaN]);
      expect(crossEntropy(zeros([0, 3, 4]), target, { reduction: "sum" }).values).toEqual([0]);
      expect(crossEntropy(zeros([0, 3, 4]), target, { reduction: "none" }).shape).toEqual([0, 4]);
      expect(crossEntropyBackward(zeros([0, 3, 4]), target, tensor(1)).shape).toEqual([0, 3, 4]);
    }
  });

  it("smooths labels: a part of the truth is spread over all classes, each by its weight", () => {
    // (1 − ½)·log 2 + ½/2·(log 2 + log 2) = log 2; with weights 1 and 3: ½·3·log 2 + ¼·(1 + 3)·log 2.
    expect(crossEntropy(zeros([1, 2]), tensor([1]), { labelSmoothing: 0.5 }).values).toEqual([Math.fround(Math.log(2))]);
    expect(crossEntropy(zeros([1, 2]), tensor([1]), { labelSmoothing: 0.5, weight: tensor([1, 3]), reduction: "sum" }).values).toEqual([Math.fround(2.5 * Math.log(2))]);
    // The mean still divides by the weight of the target alone.
    expect(crossEntropy(zeros([1, 2]), tensor([1]), { labelSmoothing: 0.5, weight: tensor([1, 3]) }).values).toEqual([Math.fround((2.5 / 3) * Math.log(2))]);
    expect(crossEntropyBackward(zeros([1, 2]), tensor([1]), tensor(1), { labelSmoothing: 0.5 }).values).toEqual([0.25, -0.25]);
  });

  describe("over all options", () => {
    const seen = tally();

    it("equals its definition in double to 1e-12, output and gradient", () => {
      fc.assert(fc.property(cases, seeds, (one, direction0) => {
        const { input, target, dOutput, options, kind, allIgnored } = one;
        seen.count(kind);
        const [inputs, plainOptions] = [asDefinition(one), withoutTensor(one)];
        const wideOptions = options.weight === undefined ? options : { ...options, weight: widen(options.weight) };
        const twin = definitions["crossEntropy"]!;
        expect(distance(raw(crossEntropy(widen(input), widen(target), wideOptions)), flatten(twin(numbers, inputs, plainOptions)["output"]!))).toBeLessThan(1e-12);
        // One random direction of the input at a time: what the duals say of the outputs, the gradient must say of the input.
        const direction = grid(direction0, input.shape);
        const change = flatten(pushforward(twin, inputs, plainOptions, { input: nested(direction) })["output"]!);
        const expected = dot(change, dOutput.values);
        const actual = dot(Array.from(raw(crossEntropyBackward(widen(input), widen(target), widen(dOutput), wideOptions))), direction.values);
        // Where every row is ignored the mean is 0/0 and so is its dual; the gradient is 0 by convention.
        expect(distance([actual], [allIgnored && kind["mean"] ? 0 : expected])).toBeLessThan(1e-12);
      }), { numRuns: runs(200) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.03)).toEqual([]);
    });

    it("has the gradient that differences have, to 1e-9", () => {
      fc.assert(fc.property(cases, ({ input, target, dOutput, options }) => {
        const numerical = raw(numericalGradient((x) => crossEntropy(x, target, options), input, dOutput, 2 ** -5, 4));
        if (numerical.every(Number.isNaN)) return; // every row is ignored: a mean over nothing
        // Fourth level of Richardson at h = 2^-5: worst seen 3e-13 on cross entropy.
        expect(distance(raw(crossEntropyBackward(widen(input), target, dOutput, options)), numerical)).toBeLessThan(1e-9);
      }), { numRuns: runs(50) });
    });

    it("stores the double rounded once", () => {
      fc.assert(fc.property(cases, ({ input, target, dOutput, options }) => {
        expect(crossEntropy(input, target, options).values).toEqual(Array.from(raw(crossEntropy(widen(input), target, options)), Math.fround));
        const wide = crossEntropyBackward(widen(input), target, dOutput, options);
        expect(crossEntropyBackward(input, target, dOutput, options).values).toEqual(Array.from(raw(wide), Math.fround));
      }), { numRuns: runs(100) });
    });
  });

  it("refuses what does not fit", () => {
    const logits = zeros([2, 3]);
    const target = tensor([0, 1]);
    expect(refusal(() => crossEntropy(logits, tensor([0, 3])))).toBe("RangeError: crossEntropy: expected classes from 0 to 2, got 3 at position 1 of target [2]");
    expect(refusal(() => crossEntropy(logits, tensor([-1, 0])))).toBe("RangeError: crossEntropy: expected classes from 0 to 2, got -1 at position 0 of target [2]");
    expect(refusal(() => crossEntropy(logits, tensor([0.5, 0])))).toBe("RangeError: crossEntropy: expected classes from 0 to 2, got 0.5 at position 0 of target [2]");
    expect(refusal(() => crossEntropy(logits, tensor([0, NaN])))).toBe("RangeError: crossEntropy: expected classes from 0 to 2, got NaN at position 1 of target [2]");
    expect(refusal(() => crossEntropy(logits, tensor([0, 7]), { ignoreIndex: -1 })))
      .toBe("RangeError: crossEntropy: expected classes from 0 to 2 or ignoreIndex -1, got 7 at position 1 of target [2]");
    expect(refusal(() => crossEntropy(logits, tensor([0, 1, 2])))).toBe("RangeError: crossEntropy: expected target of shape [2] (classes) or [2, 3] (probabilities), got [3]");
    expect(refusal(() => crossEntropy(logits, zeros([3, 2])))).toBe("RangeError: crossEntropy: expected target of shape [2] (classes) or [2, 3] (probabilities), got [3, 2]");
    expect(refusal(() => crossEntropy(zeros([3]), tensor(1)))).toBe("RangeError: crossEntropy: expected input with a batch and a class axis, got [3]");
    expect(refusal(() => crossEntropy(tensor(1), tensor(1)))).toBe("RangeError: crossEntropy: expected input with a batch and a class axis, got []");
    expect(refusal(() => crossEntropy(zeros([2, 0]), target))).toBe("RangeError: crossEntropy: expected sizes of at least 1 beside the batch axis, got [2, 0]");
    expect(refusal(() => crossEntropy(zeros([2, 3, 0]), zeros([2, 0])))).toBe("RangeError: crossEntropy: expected sizes of at least 1 beside the batch axis, got [2, 3, 0]");
    expect(refusal(() => crossEntropy([[1]] as never, target))).toBe("TypeError: crossEntropy: expected input as a Tensor, got [[1]]");
    expect(refusal(() => crossEntropy(logits, [0, 1] as never))).toBe("TypeError: crossEntropy: expected target as a Tensor, got [0, 1]");
    expect(refusal(() => crossEntropy(logits, target, { weight: tensor([1, 2]) }))).toBe("RangeError: crossEntropy: expected weight of shape [3], got [2]");
    expect(refusal(() => crossEntropy(logits, target, { weight: [1, 2, 3] } as never))).toBe("TypeError: crossEntropy: expected weight as a Tensor, got [1, 2, 3]");
    expect(refusal(() => crossEntropy(logits, target, { labelSmoothing: 1.5 }))).toBe("RangeError: crossEntropy: expected labelSmoothing from 0 to 1, got 1.5");
    expect(refusal(() => crossEntropy(logits, target, { labelSmoothing: -0.1 }))).toBe("RangeError: crossEntropy: expected labelSmoothing from 0 to 1, got -0.1");
    expect(refusal(() => crossEntropy(logits, target, { ignoreIndex: 0.5 }))).toBe("RangeError: crossEntropy: expected ignoreIndex a whole number, got 0.5");
    expect(refusal(() => crossEntropy(logits, target, { reduction: "batchmean" } as never)))
      .toBe("RangeError: crossEntropy: expected reduction \"mean\" or \"sum\" or \"none\", got \"batchmean\"");
    expect(refusal(() => crossEntropy(logits, target, { smoothing: 0.1 } as never)))
      .toBe("RangeError: crossEntropy: expected only the options reduction, weight, ignoreIndex, labelSmoothing, got smoothing");
    expect(refusal(() => crossEntropyBackward(logits, target, tensor([1, 2])))).toBe("RangeError: crossEntropyBackward: expected dOutput of shape [], got [2]");
    expect(refusal(() => crossEntropyBackward(logits, target, tensor(1), { reduction: "none" }))).toBe("RangeError: crossEntropyBackward: expected dOutput of shape [2], got []");
    expect(refusal(() => crossEntropyBackward(logits, tensor([0, 3]), tensor(1))))
      .toBe("RangeError: crossEntropyBackward: expected classes from 0 to 2, got 3 at position 1 of target [2]");
  });

  it("writes to none of its arguments", () => {
    const all = [tensor([[1, 2], [3, 4]]), tensor([0, 1]), tensor(1), tensor([1, 2])] as const;
    const before = JSON.stringify(all);
    const [input, target, dOutput, weight] = all;
    crossEntropy(input, target, { weight });
    crossEntropyBackward(input, target, dOutput, { weight });
    negativeLogLikelihood(input, target, { weight });
    negativeLogLikelihoodBackward(input, target, dOutput, { weight });
    expect(JSON.stringify(all)).toBe(before);
  });
});

describe("negative log likelihood", () => {
  it("is the log-probability of the truth, with the sign turned", () => {
    // e^−1 for cat in the first row, e^−2 for not cat in the second.
    const logs = tensor([[-1, -3], [-5, -2]]);
    expect(negativeLogLikelihood(logs, tensor([0, 1]), { reduction: "none" })).toEqual(tensor([1, 2]));
    expect(negativeLogLikelihood(logs, tensor([0, 1])).values).toEqual([1.5]);
    expect(negativeLogLikelihood(logs, tensor([1, 0]), { reduction: "sum" }).values).toEqual([8]);
    expect(negativeLogLikelihoodBackward(logs, tensor([0, 1]), tensor([3, 5]), { reduction: "none" }).values).toEqual([-3, 0, 0, -5]);
    expect(negativeLogLikelihoodBackward(logs, tensor([0, 1]), tensor(6)).values).toEqual([-3, 0, 0, -3]);
  });

  it("is cross entropy after the logarithm of softmax, gradient too", () => {
    fc.assert(fc.property(cases, ({ input, target, dOutput, options }) => {
      fc.pre(target.shape.length < input.shape.length);
      const { labelSmoothing: _, ...shared } = options;
      const wide = widen(input);
      const logs = logSoftmax(wide, { axis: 1 });
      // The same logarithms, multiplied and added in another order.
      expect(distance(raw(negativeLogLikelihood(logs, target, shared)), raw(crossEntropy(wide, target, shared)))).toBeLessThan(1e-14);
      const throughLogs = logSoftmaxBackward(wide, negativeLogLikelihoodBackward(logs, target, dOutput, shared), { axis: 1 });
      expect(distance(raw(throughLogs), raw(crossEntropyBackward(wide, target, dOutput, shared)))).toBeLessThan(1e-14);
    }), { numRuns: runs(40) });
  });

  it("has its classes on axis 1, with any number of spatial axes behind", () => {
    const input = whole(16, [2, 3, 2, 2]);
    const target = [[[0, 1], [2, 0]], [[1, 1], [2, 2]]];
    const logs = toNested(input) as number[][][][];
    expect(toNested(negativeLogLikelihood(input, tensor(target), { reduction: "none" })))
      .toEqual(target.map((plane, n) => plane.map((row, h) => row.map((c, w) => -logs[n]![c]![h]![w]!))));
  });

  it("weighs classes, and divides the mean by the weights of the targets, not by the rows", () => {
    const logs = tensor([[-2, -4], [-6, -8], [-3, -5]]);
    const options = { weight: tensor([1, 3]) };
    // (1·2 + 3·8 + 3·5) / (1 + 3 + 3).
    expect(negativeLogLikelihood(logs, tensor([0, 1, 1]), { ...options, reduction: "none" }).values).toEqual([2, 24, 15]);
    expect(negativeLogLikelihood(logs, tensor([0, 1, 1]), options).values).toEqual([Math.fround(41 / 7)]);
    expect(negativeLogLikelihoodBackward(logs, tensor([0, 1, 1]), tensor(14), options).values).toEqual([-2, 0, 0, -6, 0, -6]);
  });

  it("leaves ignored rows out of the loss, the mean and the gradient, whatever they hold", () => {
    const logs = tensor([[-1, -4], [NaN, -Infinity]]);
    for (const ignoreIndex of [-1, -100, 0, 255, 2 ** 31 - 1, -(2 ** 40) - 1]) {
      const target = tensor([1, ignoreIndex]);
      expect(negativeLogLikelihood(logs, target, { ignoreIndex }).values).toEqual([4]);
      expect(negativeLogLikelihood(logs, target, { ignoreIndex, reduction: "none" }).values).toEqual([4, 0]);
      expect(negativeLogLikelihoodBackward(logs, target, tensor(3), { ignoreIndex }).values).toEqual([0, -3, 0, 0]);
    }
  });

  it("is NaN as a mean over nothing but ignored rows or over an empty batch, 0 as a sum, and has gradient 0", () => {
    const [logs, target] = [tensor([[1, 2]]), tensor([-1])];
    expect(negativeLogLikelihood(logs, target, { ignoreIndex: -1 }).values).toEqual([NaN]);
    expect(negativeLogLikelihood(logs, target, { ignoreIndex: -1, reduction: "sum" }).values).toEqual([0]);
    expect(negativeLogLikelihoodBackward(logs, target, tensor(1), { ignoreIndex: -1 }).values).toEqual([0, 0]);
    expect(negativeLogLikelihood(zeros([0, 3, 4]), zeros([0, 4])).values).toEqual([NaN]);
    expect(negativeLogLikelihood(zeros([0, 3, 4]), zeros([0, 4]), { reduction: "sum" }).values).toEqual([0]);
    expect(negativeLogLikelihood(zeros([0, 3, 4]), zeros([0, 4]), { reduction: "none" }).shape).toEqual([0, 4]);
    expect(negativeLogLikelihoodBackward(zeros([0, 3, 4]), zeros([0, 4]), tensor(1)).shape).toEqual([0, 3, 4]);
    // Weights of 0 are as nothing, and 0/0 their mean.
    expect(negativeLogLikelihood(logs, tensor([0]), { weight: tensor([0, 1]) }).values).toEqual([NaN]);
  });

  it("reads the true classes alone: NaN and infinities elsewhere do not count", () => {
    const logs = tensor([[-Infinity, -2], [NaN, -4]]);
    expect(negativeLogLikelihood(logs, tensor([1, 1])).values).toEqual([3]);
    expect(negativeLogLikelihood(logs, tensor([0, 1])).values).toEqual([Infinity]);
    expect(negativeLogLikelihood(logs, tensor([1, 0])).values).toEqual([NaN]);
    expect(negativeLogLikelihoodBackward(logs, tensor([0, 0]), tensor(2)).values).toEqual([-1, 0, -1, 0]);
    // 2^127 twice is no float32; their mean is one.
    expect(negativeLogLikelihood(tensor([[-(2 ** 127)], [-(2 ** 127)]]), tensor([0, 0])).values).toEqual([2 ** 127]);
  });

  describe("over all options", () => {
    const seen = tally();
    const picks = cases.filter(({ target, input }) => target.shape.length < input.shape.length).map(({ options: { labelSmoothing: _, ...options }, ...rest }) => ({ ...rest, options }));

    it("equals its definition on whole numbers: bit for bit where nothing is divided, output and gradient", () => {
      fc.assert(fc.property(picks, seeds, ({ input, target, options, allIgnored, kind }, seed) => {
        seen.count(kind);
        const [logs, weight] = [whole(seed, input.shape), options.weight && whole(seed + 3, options.weight.shape, 2)];
        const dOutput = whole(seed + 6, options.reduction === "none" ? target.shape : []);
        const mine: NegativeLogLikelihoodOptions = { ...options, ...(weight === undefined ? {} : { weight }) };
        const inputs: Inputs<number> = { input: nested(logs), target: nested(target), ...(weight === undefined ? {} : { weight: nested(weight) }) };
        const { weight: _, ...others } = mine;
        const twin = definitions["negativeLogLikelihood"]!;
        const [output, dInput] = [negativeLogLikelihood(widen(logs), target, mine), negativeLogLikelihoodBackward(widen(logs), target, dOutput, mine)];
        const expected = flatten(twin(numbers, inputs, others)["output"]!);
        const divides = (options.reduction ?? "mean") === "mean";
        expect(plain(output).shape).toEqual(options.reduction === "none" ? target.shape : []);
        expect(unsigned(output)).toEqual(expected.map((v) => v + 0));
        // A mean over nothing is 0/0, and so is its dual; the gradient is 0 by convention.
        const nothing = allIgnored && divides;
        const wanted = nothing ? input.values.map(() => 0) : flatten(gradient(twin, inputs, others, { output: nested(dOutput) }, "input"));
        if (!divides) expect(unsigned(dInput)).toEqual(wanted.map((v) => v + 0));
        else if (wanted.every(Number.isFinite)) expect(distance(raw(dInput), wanted)).toBeLessThan(1e-15);
      }), { numRuns: runs(70) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.03)).toEqual(["probabilities"]); // picks are of classes
    });

    it("has the gradient that differences have, to 1e-12: it is linear", () => {
      fc.assert(fc.property(picks, ({ input, target, dOutput, options }) => {
        const numerical = raw(numericalGradient((x) => negativeLogLikelihood(x, target, options), input, dOutput, 1));
        if (numerical.every(Number.isNaN)) return; // every row is ignored: a mean over nothing
        expect(distance(raw(negativeLogLikelihoodBackward(widen(input), target, dOutput, options)), numerical)).toBeLessThan(1e-12);
      }), { numRuns: runs(30) });
    });

    it("stores the double rounded once, and keeps doubles as they are", () => {
      fc.assert(fc.property(picks, ({ input, target, dOutput, options }) => {
        expect(negativeLogLikelihood(input, target, options).values).toEqual(Array.from(raw(negativeLogLikelihood(widen(input), target, options)), Math.fround));
        const wide = negativeLogLikelihoodBackward(widen(input), target, dOutput, options);
        expect(negativeLogLikelihoodBackward(input, target, dOutput, options).values).toEqual(Array.from(raw(wide), Math.fround));
      }), { numRuns: runs(30) });
      expect(raw(negativeLogLikelihood(widen(tensor([[-1], [-1], [-2]])), tensor([0, 0, 0])))).toEqual(Float64Array.of(4 / 3));
    });
  });

  it("refuses what does not fit", () => {
    const [logs, target] = [zeros([2, 3]), tensor([0, 1])];
    expect(refusal(() => negativeLogLikelihood(logs, tensor([0, 3])))).toBe("RangeError: negativeLogLikelihood: expected classes from 0 to 2, got 3 at position 1 of target [2]");
    expect(refusal(() => negativeLogLikelihood(logs, tensor([-100, 0])))).toBe("RangeError: negativeLogLikelihood: expected classes from 0 to 2, got -100 at position 0 of target [2]");
    expect(refusal(() => negativeLogLikelihood(logs, tensor([0, 0.5]), { ignoreIndex: 9 })))
      .toBe("RangeError: negativeLogLikelihood: expected classes from 0 to 2 or ignoreIndex 9, got 0.5 at position 1 of target [2]");
    expect(refusal(() => negativeLogLikelihood(logs, zeros([2, 3])))).toBe("RangeError: negativeLogLikelihood: expected target of shape [2], got [2, 3]");
    expect(refusal(() => negativeLogLikelihood(zeros([2, 3, 4]), zeros([2, 3])))).toBe("RangeError: negativeLogLikelihood: expected target of shape [2, 4], got [2, 3]");
    expect(refusal(() => negativeLogLikelihood(zeros([3]), tensor(1)))).toBe("RangeError: negativeLogLikelihood: expected input with a batch and a class axis, got [3]");
    expect(refusal(() => negativeLogLikelihood(zeros([2, 0]), target))).toBe("RangeError: negativeLogLikelihood: expected sizes of at least 1 beside the batch axis, got [2, 0]");
    expect(refusal(() => negativeLogLikelihood([[1]] as never, target))).toBe("TypeError: negativeLogLikelihood: expected input as a Tensor, got [[1]]");
    expect(refusal(() => negativeLogLikelihood(logs, [0, 1] as never))).toBe("TypeError: negativeLogLikelihood: expected target as a Tensor, got [0, 1]");
    expect(refusal(() => negativeLogLikelihood(logs, target, { weight: tensor([1, 2]) }))).toBe("RangeError: negativeLogLikelihood: expected weight of shape [3], got [2]");
    expect(refusal(() => negativeLogLikelihood(logs, target, { ignoreIndex: 0.5 }))).toBe("RangeError: negativeLogLikelihood: expected ignoreIndex a whole number, got 0.5");
    expect(refusal(() => negativeLogLikelihood(logs, target, { reduction: "average" } as never)))
      .toBe("RangeError: negativeLogLikelihood: expected reduction \"mean\" or \"sum\" or \"none\", got \"average\"");
    expect(refusal(() => negativeLogLikelihood(logs, target, { labelSmoothing: 0.1 } as never)))
      .toBe("RangeError: negativeLogLikelihood: expected only the options reduction, weight, ignoreIndex, got labelSmoothing");
    expect(refusal(() => negativeLogLikelihoodBackward(logs, target, tensor([1, 2])))).toBe("RangeError: negativeLogLikelihoodBackward: expected dOutput of shape [], got [2]");
    expect(refusal(() => negativeLogLikelihoodBackward(logs, tensor([0, 3]), tensor(1))))
      .toBe("RangeError: negativeLogLikelihoodBackward: expected classes from 0 to 2, got 3 at position 1 of target [2]");
  });
});
