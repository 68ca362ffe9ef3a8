import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reverseSteps } from "../../src/rnn/index.ts";
import { amongZeros, checkGradients, rowsOf, samplesOf, withRows, withinLengths } from "../../src/rnn/lengths.ts";
import { isWide, map, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { expectShares } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { caseOf, drawingNarrow, expectSamplesAlone, featuresOf, sequences } from "../support/sequences.ts";
import { thrown } from "../support/thrown.ts";

const drawn = sequences(3, ["forward", "reverse", "bidirectional"]);

describe("a sequence the other way round", () => {
  const steps = [tensor([1, 10]), tensor([2, 20]), tensor([3, 30])];

  it("is reversed within each sample's length; the filling stays where it is", () => {
    const turned = (lengths?: readonly number[]): unknown => reverseSteps(steps, lengths && tensor(lengths)).map(({ values }) => values);
    expect(turned()).toEqual([[3, 30], [2, 20], [1, 10]]);
    expect(turned([3, 2])).toEqual([[3, 20], [2, 10], [1, 30]]);
    expect(turned([0, 1])).toEqual([[1, 10], [2, 20], [3, 30]]);
    expect(turned([2, 3])).toEqual([[2, 30], [1, 20], [3, 10]]);
    expect(reverseSteps([{ a: tensor([[1, 2]]), b: [tensor([5])] }, { a: tensor([[3, 4]]), b: [tensor([6])] }], tensor([2])))
      .toEqual([{ a: tensor([[3, 4]]), b: [tensor([6])] }, { a: tensor([[1, 2]]), b: [tensor([5])] }]);
  });

  it("is, turned twice, what it was, of any length; and it is its own transpose", () => {
    fc.assert(fc.property(drawn, (each) => {
      const { inputs, ends, dOutputs } = caseOf({ ...each, direction: "forward", units: each.features });
      const lengths = ends && tensor(ends);
      const turned = reverseSteps(inputs, lengths);
      expect(reverseSteps(turned, lengths)).toEqual(inputs);
      const product = (a: typeof inputs, b: typeof inputs): readonly number[] =>
        a.flatMap(({ values }, t) => values.map((value, i) => value * b[t]!.values[i]!)).sort((x, y) => x - y);
      expect(product(turned, dOutputs)).toEqual(product(inputs, reverseSteps(dOutputs, lengths)));
    }), { numRuns: runs(20) });
  });

  it("takes one step, an empty batch, and doubles, which it does not round", () => {
    expect(reverseSteps([tensor([1, 2])], tensor([0, 1]))).toEqual([tensor([1, 2])]);
    expect(reverseSteps([zeros([0, 3]), zeros([0, 3])], zeros([0]))).toEqual([zeros([0, 3]), zeros([0, 3])]);
    expect(reverseSteps([widen(zeros([0, 3]))], zeros([0])).map(isWide)).toEqual([true]);
    const third = map(widen(tensor([1, 1])), () => 1 / 3);
    expect(reverseSteps([third, tensor([1, 2])], tensor([2, 1])).map(({ values }) => values)).toEqual([[1, 1 / 3], [1 / 3, 2]]);
  });

  it("is refused where steps, lengths or shapes do not fit", () => {
    const turned = (...args: readonly unknown[]): string => thrown(() => reverseSteps(...(args as Parameters<typeof reverseSteps>)));
    expect(turned(steps[0])).toBe("TypeError: reverseSteps: expected steps as an array of steps, got a Tensor");
    expect(turned([])).toBe("RangeError: reverseSteps: expected at least one step, got none");
    expect(turned(steps, [3, 2])).toBe("TypeError: reverseSteps: expected lengths as a Tensor, got [3, 2]");
    expect(turned(steps, tensor([3]))).toBe("RangeError: reverseSteps: expected lengths of shape [2], got [1]");
    expect(turned(steps, tensor([3, 4]))).toBe("RangeError: reverseSteps: expected lengths as whole numbers from 0 to 3, got 4 for sample 1");
    expect(turned(steps, tensor([-1, 4]))).toBe("RangeError: reverseSteps: expected lengths as whole numbers from 0 to 3, got -1 for sample 0");
    expect(turned(steps, tensor([3, 1.5]))).toBe("RangeError: reverseSteps: expected lengths as whole numbers from 0 to 3, got 1.5 for sample 1");
    expect(turned(steps, tensor([NaN, 1]))).toBe("RangeError: reverseSteps: expected lengths as whole numbers from 0 to 3, got NaN for sample 0");
    expect(turned([tensor([1, 2]), tensor([1])], tensor([1, 1]))).toBe("RangeError: reverseSteps: expected steps with one batch axis, got first sizes [2, 1]");
    expect(turned([tensor(1)], tensor([1]))).toBe("RangeError: reverseSteps: expected steps with one batch axis, got first sizes [undefined]");
    expect(turned([zeros([1, 2]), zeros([1, 3])], tensor([2]))).toBe("RangeError: reverseSteps: expected steps of one shape, got [1, 2] and [1, 3]");
  });
});

describe("the steps of samples that have ended", () => {
  it("are zeros, from the first behind the end on", () => {
    const steps = [tensor([[1], [10], [100]]), tensor([[2], [20], [200]])];
    expect(withinLengths(steps, tensor([2, 1, 0])).map(({ values }) => values)).toEqual([[1, 10, 0], [2, 0, 0]]);
    expect(withinLengths(steps, undefined)).toBe(steps);
  });
});

describe("gradients of the outputs", () => {
  it("are one for each", () => {
    expect(thrown(() => checkGradients("scan", [1], 2))).toBe("RangeError: scan: expected a gradient for each of 2 outputs, got 1");
    expect(thrown(() => checkGradients("scan", [1, 2, 3], 2))).toBe("RangeError: scan: expected a gradient for each of 2 outputs, got 3");
    checkGradients("scan", [1, 2], 2);
  });
});

describe("the rows of some samples", () => {
  it("are taken out and put back, in every tensor of a tree", () => {
    const tree = { a: tensor([[1, 2], [3, 4], [5, 6]]), b: [tensor([7, 8, 9])] };
    const part = rowsOf(tree, [0, 2]);
    expect(part).toEqual({ a: tensor([[1, 2], [5, 6]]), b: [tensor([7, 9])] });
    expect(withRows(tree, [0, 1], part)).toEqual({ a: tensor([[1, 2], [5, 6], [5, 6]]), b: [tensor([7, 9, 9])] });
    expect(amongZeros(part, [1, 3], 4)).toEqual({ a: tensor([[0, 0], [1, 2], [0, 0], [5, 6]]), b: [tensor([0, 7, 0, 9])] });
    expect(rowsOf(tree, [])).toEqual({ a: zeros([0, 2]), b: [zeros([0])] });
    expect(withRows(tree, [], rowsOf(tree, []))).toEqual(tree);
    expect(withRows(tensor([1, 2]), [1], map(widen(tensor([1])), () => 1 / 3)).values).toEqual([1, 1 / 3]);
    expect([rowsOf, amongZeros].map((f) => isWide(f(widen(tensor([1])), [0], 1)))).toEqual([true, true]);
    expect(samplesOf("name", "what", [tree, zeros([3, 0])])).toBe(3);
  });
});

describe("a batch of sequences that differ in length", () => {
  const ragged = drawn.map((each) => ({ ...each, shares: each.shares ?? [1, 0, 0.5] }));

  it("gives each sample what it gets alone, bit for bit, whatever stands behind its end, forward and backward", () => {
    fc.assert(fc.property(ragged, fc.boolean(), (each, wide) => expectSamplesAlone(caseOf(each, wide ? undefined : drawingNarrow(each.seed)))),
      { numRuns: runs(20) });
  });

  it("is drawn with everything that can go wrong", () => {
    expectShares(ragged, (each) => {
      const { "no lengths": _, ...features } = featuresOf(each);
      return { ...features, bidirectional: each.direction === "bidirectional", reverse: each.direction === "reverse" };
    });
  });
});
