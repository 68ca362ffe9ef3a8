import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { simplify } from "../../src/oracle/simplify.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const one: Case = {
  operation: "fullyConnected", tier: "rounding", features: [], options: {},
  inputs: { input: tensor([0.3, -7.25, 1e20]), weight: tensor([[5, -4, 3.5]]) }, cotangents: { output: tensor([-2.5]) },
};
const values = ({ inputs }: Case, name: string): readonly number[] => inputs[name]!.values;

describe("a failing case", () => {
  it("becomes zeros where the numbers do not matter, and loses the cotangents that the fault does not need", async () => {
    const simple = await simplify(one, async () => true);
    expect(simple.inputs).toEqual({ input: tensor([0, 0, 0]), weight: tensor([[0, 0, 0]]) });
    expect(simple).not.toHaveProperty("cotangents");
  });

  it("keeps what the fault needs: the sign, one element, the cotangents", async () => {
    const negative = await simplify(one, async (changed) => values(changed, "input").some((value) => value < 0));
    expect(values(negative, "input")).toEqual([0, -1, 0]);
    const below = await simplify(one, async (changed) => values(changed, "weight")[1]! < -2);
    expect(values(below, "weight")).toEqual([0, -3, 0]);
    const large = await simplify(one, async (changed) => values(changed, "weight")[0]! > 2 && changed.cotangents !== undefined);
    expect([values(large, "weight"), large.cotangents!["output"]!.values]).toEqual([[3, 0, 0], [0]]);
  });

  it("keeps fractions and large numbers where nothing simpler fails", async () => {
    const fraction = await simplify(one, async (changed) => !Number.isInteger(values(changed, "weight")[2]!));
    expect(values(fraction, "weight")).toEqual([0, 0, 3.5]);
    const huge = await simplify(one, async (changed) => values(changed, "input")[2]! > 1e15);
    expect(values(huge, "input")[2]).toBeGreaterThan(1e15);
  });

  it("stays as it is where nothing simpler fails, and is never written to", async () => {
    expect(await simplify(one, async () => false)).toBe(one);
    expect(values(one, "input")).toEqual(tensor([0.3, -7.25, 1e20]).values);
  });

  it("keeps class indices, whose values are not free", async () => {
    const losses: Case = { operation: "crossEntropy", tier: "rounding", features: [], options: {}, inputs: { input: tensor([[0.5, 2, 9]]), target: tensor([2]) } };
    expect((await simplify(losses, async () => true)).inputs).toEqual({ input: tensor([[0, 0, 0]]), target: tensor([2]) });
  });

  it("loses the room that equal numbers do not need, cotangents with it", async () => {
    const pooled: Case = {
      operation: "adaptiveMaxPooling", tier: "structure", features: [], options: { outputSize: [2] },
      inputs: { input: tensor([[[3, 3, 1, 1, 2], [1, 2, 3, 4, 5]]]) }, cotangents: { output: tensor([[[2, 2], [2, 2]]]) },
    };
    // Three equal numbers in one row are what the fault needs.
    const simple = await simplify(pooled, async ({ inputs: { input }, cotangents }) => input!.shape[2]! >= 3 && cotangents !== undefined);
    expect([simple.inputs["input"], simple.cotangents!["output"]]).toEqual([tensor([[[0, 0, 0]]]), tensor([[[0, 0]]])]);
  });

  it("becomes finite and positive where it may: NaN, infinities and -0 are not simple", async () => {
    const odd: Case = { operation: "relu", tier: "rounding", features: [], options: {}, inputs: { input: tensor([NaN, -Infinity, -0, 4]) } };
    const simple = await simplify(odd, async (changed) => values(changed, "input")[3] === 4);
    expect(values(simple, "input")).toEqual([0, 0, 0, 4]);
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
