import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { simplify } from "../../src/oracle/simplify.ts";
import { maxPoolingWithIndices } from "../../src/cnn/pooling.ts";
import type { PoolingOptions } from "../../src/cnn/pooling.ts";
import { adopt, raw, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const one: Case = {
  operation: "fullyConnected", tier: "rounding", features: [], options: {},
  inputs: { input: tensor([0.3, -7.25, 1e20]), weight: tensor([[5, -4, 3.5]]) }, cotangents: { output: tensor([-2.5]) },
};
const values = ({ inputs }: Case, name: string): readonly number[] => inputs[name]!.values;

/** Where a pooling takes the last of several largest numbers, and not the first. */
const tiesGoToTheLast = async ({ inputs, options }: Case): Promise<boolean> => {
  const flipped = maxPoolingWithIndices(reversed(inputs["input"]!), options as unknown as PoolingOptions).indices.values.toReversed();
  const { indices } = maxPoolingWithIndices(inputs["input"]!, options as unknown as PoolingOptions);
  return indices.values.some((index, i) => index !== inputs["input"]!.shape[2]! - 1 - flipped[i]!);
};
const reversed = (row: Tensor): Tensor => adopt(row.shape, raw(row).toReversed());

describe("a failing case", () => {
  it("becomes zeros where the numbers do not matter, and loses the cotangents that the fault does not need", async () => {
    const simple = await simplify(one, async () => true);
    expect(simple.inputs).toEqual({ input: tensor([0]), weight: tensor([[0]]) });
    expect(simple).not.toHaveProperty("cotangents");
  });

  it("keeps what the fault needs: the sign, one element, the cotangents", async () => {
    const negative = await simplify(one, async (changed) => values(changed, "input").some((value) => value < 0));
    expect([values(negative, "input"), values(negative, "weight")]).toEqual([[-1], [0]]);
    const below = await simplify(one, async (changed) => values(changed, "weight")[1]! < -2);
    expect(values(below, "weight")).toEqual([0, -3]);
    const large = await simplify(one, async (changed) => values(changed, "weight")[0]! > 2 && changed.cotangents !== undefined);
    expect([values(large, "weight"), large.cotangents!["output"]!.values]).toEqual([[3], [0]]);
  });

  it("keeps fractions and large numbers where nothing simpler fails", async () => {
    const fraction = await simplify(one, async (changed) => values(changed, "weight").some((value) => !Number.isInteger(value)));
    expect(values(fraction, "weight")).toEqual([3.5]);
    const huge = await simplify(one, async (changed) => values(changed, "input")[2]! > 1e15);
    expect(values(huge, "input")[2]).toBeGreaterThan(1e15);
  });

  it("has no larger sums than it had: beyond them whole numbers need not be exact", async () => {
    const apart: Case = {
      operation: "convolution", tier: "structure", features: [], options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
      inputs: { input: tensor([[[8, 0, 8]]]), kernel: tensor([[[8, 8]]]) },
    };
    const twice = (numbers: readonly number[]): boolean => numbers.filter((value) => value === 8).length === 2;
    const full = async (changed: Case): Promise<boolean> => twice(values(changed, "input")) && twice(values(changed, "kernel"));
    expect((await simplify(apart, full)).inputs["input"]).toEqual(tensor([[[8, 0, 8]]]));
    expect((await simplify({ ...apart, tier: "rounding" }, full)).inputs["input"]).toEqual(tensor([[[8, 8]]]));
  });

  it("stays as it is where nothing simpler fails, and is never written to", async () => {
    expect(await simplify(one, async () => false)).toBe(one);
    expect(values(one, "input")).toEqual(tensor([0.3, -7.25, 1e20]).values);
  });

  it("keeps class indices, whose values are not free", async () => {
    const losses: Case = { operation: "crossEntropy", tier: "rounding", features: [], options: {}, inputs: { input: tensor([[0.5, 2, 9]]), target: tensor([2]) } };
    expect((await simplify(losses, async () => true)).inputs).toEqual({ input: tensor([[0, 0, 0]]), target: tensor([2]) });
  });

  it("comes down to the tie that the fault needs, with a window and options no larger than that takes", async () => {
    const pooled: Case = {
      operation: "maxPooling", tier: "structure", features: [], inputs: { input: tensor([[[3, 7, 7, 1, 2, 9], [4, 5, 1, 8, 2, 6]]]) },
      options: { window: [3], stride: [2], padding: [[1, 1]], dilation: [1], ceilMode: true },
    };
    const simple = await simplify(pooled, tiesGoToTheLast);
    expect(simple.inputs).toEqual({ input: tensor([[[0, 0]]]) });
    expect(simple.options).toEqual({ window: [2], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false });
  });

  it("is made smaller again after its numbers are, and asks nothing twice", async () => {
    const asked: string[] = [];
    const simple = await simplify({ ...one, inputs: { input: tensor([5, 6, 7, 8]), weight: tensor([[1, 2, 3, 4]]) } }, async ({ inputs }) => {
      asked.push(JSON.stringify([inputs["input"]!.values, inputs["weight"]!.values]));
      // It takes less room only once the weights are alike.
      const { values: weights } = inputs["weight"]!;
      return inputs["input"]!.values.some((value) => value >= 5) && (weights.length === 4 || weights.every((value) => value === 0));
    });
    expect(simple.inputs).toEqual({ input: tensor([5]), weight: tensor([[0]]) });
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("has a smaller window over a smaller input where they only go together", async () => {
    const slid: Case = {
      operation: "convolution", tier: "rounding", features: [], options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
      inputs: { input: tensor([[[1, 2, 3, 4, 5]]]), kernel: tensor([[[1, 2, 3, 4]]]) },
    };
    const simple = await simplify(slid, async ({ inputs: { input, kernel } }) => input!.shape[2]! === kernel!.shape[2]! + 1);
    expect(simple.inputs).toEqual({ input: tensor([[[0, 0]]]), kernel: tensor([[[0]]]) });
  });

  it("keeps one of its groups, and one of the axes that only go together", async () => {
    const grouped: Case = {
      operation: "convolution", tier: "structure", features: [], options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 2 },
      inputs: { input: tensor([[[1], [2], [3], [4]]]), kernel: tensor([[[1], [2]], [[3], [4]]]) },
    };
    expect(await simplify(grouped, async () => true)).toMatchObject({ inputs: { input: tensor([[[0]]]), kernel: tensor([[[0]]]) }, options: { groups: 1 } });
    const square: Case = { ...one, inputs: { input: tensor([[1, 2], [3, 4]]), weight: tensor([[1, 2], [3, 4]]) } };
    const simple = await simplify(square, async ({ inputs: { input, weight } }) => new Set([...input!.shape, ...weight!.shape]).size === 1);
    expect(simple.inputs).toEqual({ input: tensor([[0]]), weight: tensor([[0]]) });
  });

  it("loses the room that equal numbers do not need, cotangents with it", async () => {
    const pooled: Case = {
      operation: "adaptiveMaxPooling", tier: "structure", features: [], options: { outputSize: [2] },
      inputs: { input: tensor([[[3, 3, 1, 1, 2], [1, 2, 3, 4, 5]]]) }, cotangents: { output: tensor([[[2, 2], [2, 2]]]) },
    };
    // Three equal numbers in one row are what the fault needs.
    const simple = await simplify(pooled, async ({ inputs: { input }, options, cotangents }) =>
      input!.shape[2]! >= 3 && String(options["outputSize"]) === "2" && cotangents !== undefined);
    expect([simple.inputs["input"], simple.cotangents!["output"]]).toEqual([tensor([[[0, 0, 0]]]), tensor([[[0, 0]]])]);
  });

  it("becomes finite and positive where it may: NaN, infinities and -0 are not simple", async () => {
    const odd: Case = { operation: "relu", tier: "rounding", features: [], options: {}, inputs: { input: tensor([NaN, -Infinity, -0, 4]) } };
    const simple = await simplify(odd, async (changed) => values(changed, "input")[3] === 4);
    expect(values(simple, "input")).toEqual([0, 0, 0, 4]);
    const first = await simplify(odd, async (changed) => values(changed, "input").length > 0);
    expect(values(first, "input")).toEqual([0]);
  });

  it("is asked about at most 400 times", async () => {
    let asked = 0;
    const many: Case = { ...one, inputs: { ...one.inputs, input: tensor(Array.from({ length: 300 }, (_, i) => i + 0.5)) } };
    await simplify(many, async (changed) => {
      asked++;
      return values(changed, "input").every((value, i) => value === i + 0.5);
    });
    expect(asked).toBeLessThanOrEqual(400);
    expect(asked).toBeGreaterThan(300);
  });
});
