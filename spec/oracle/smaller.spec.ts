import { describe, expect, it } from "vitest";
import { axesOf, cut, keptOf, largestSum, narrowed, ofGroups, plainer, underOptions } from "../../src/oracle/smaller.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import type { Case } from "../../src/oracle/case.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { drawn, tiersOf } from "./support.ts";

const convolved: Case = {
  operation: "convolution", tier: "structure", features: [], options: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
  inputs: { input: tensor([[[1, 2, 3], [4, 5, 6]]]), kernel: tensor([[[1, 2], [3, 4]]]) }, cotangents: { output: tensor([[[1, 2]]]) },
};
const recurrent: Case = {
  operation: "simpleRnn", tier: "structure", features: [], options: { direction: "forward", merge: "concat", activation: "identity" },
  inputs: { input: zeros([4, 3, 1]), lengths: tensor([3, 4, 1]), "forward.wx": tensor([[1, 2]]), "forward.wh": tensor([[1, 2], [3, 4]]) },
};

describe("the axes of a case", () => {
  it("belong together where they have one name, and are there where they have more than one element", () => {
    expect(axesOf(convolved)).toEqual(new Map([["C", 2], ["…space0", 3], ["…window0", 2]]));
    expect(axesOf(recurrent)).toEqual(new Map([["T", 4], ["N", 3], ["H", 2]]));
  });

  it("are known of every operation: whatever is cut is a case, or nothing", () => {
    const uncut = catalog.filter((operation) => tiersOf(operation).flatMap((tier) => drawn(operation.name, tier, 2)).every((one) =>
      [...axesOf(one)].every(([axis, size]) => keptOf(size).every((kept) => cut(one, [axis], kept) === undefined))));
    expect(uncut.map(({ name }) => name)).toEqual([]);
  });
});

describe("what is kept of an axis", () => {
  it("is one end, a half, or all but one", () => {
    expect([keptOf(1), keptOf(2), keptOf(3)]).toEqual([[], [[0], [1]], [[0], [2], [0, 1], [1, 2], [0, 2]]]);
    expect(keptOf(4).slice(0, 4)).toEqual([[0], [3], [0, 1], [2, 3]]);
    expect(keptOf(9)).toHaveLength(6);
  });
});

describe("a case that is cut", () => {
  it("loses the same elements of all its tensors, cotangents too", () => {
    expect(cut(convolved, ["C"], [1])!.inputs).toEqual({ input: tensor([[[4, 5, 6]]]), kernel: tensor([[[3, 4]]]) });
    const last = cut(convolved, ["…space0"], [1, 2])!;
    expect([last.inputs["input"], last.cotangents!["output"]]).toEqual([tensor([[[2, 3], [5, 6]]]), tensor([[[2]]])]);
    expect(cut(convolved, ["…space0"], [0, 1])!.cotangents!["output"]).toEqual(tensor([[[1]]]));
    const samples: Case = { ...convolved, inputs: { ...convolved.inputs, input: zeros([3, 2, 2]) }, cotangents: { output: tensor([[[1]], [[2]], [[3]]]) } };
    expect(cut(samples, ["N"], [0, 2])!.cotangents!["output"]).toEqual(tensor([[[1]], [[3]]]));
    const states = cut(recurrent, ["H"], [1])!;
    expect([states.inputs["forward.wx"], states.inputs["forward.wh"]]).toEqual([tensor([[2]]), tensor([[4]])]);
  });

  it("has sequences of the steps that are left of them", () => {
    expect(cut(recurrent, ["T"], [0, 2, 3])!.inputs["lengths"]).toEqual(tensor([2, 3, 1]));
    expect(cut(recurrent, ["N"], [0])!.inputs["lengths"]).toEqual(tensor([3]));
  });

  it("is none where the tensors do not fit any more", () => {
    expect(cut(convolved, ["…space0"], [0])).toBeUndefined();
  });

  it("has sums of its own: without the zeros between them they may be larger", () => {
    const apart: Case = { ...convolved, inputs: { input: tensor([[[8, 0, -8]]]), kernel: tensor([[[8, 8]]]) } };
    const smaller = cut(apart, ["…space0"], [0, 2])!;
    expect([largestSum(apart), largestSum(smaller), largestSum({ ...smaller, tier: "rounding" })]).toEqual([64, 128, 0]);
    expect(largestSum({ ...apart, options: { stride: [0] } })).toBe(Infinity);
  });

  it("keeps groups whole", () => {
    const grouped: Case = {
      ...convolved, options: { ...convolved.options, groups: 2 }, cotangents: { output: tensor([[[1], [2]]]) },
      inputs: { input: tensor([[[1], [2], [3], [4]]]), kernel: tensor([[[1], [2]], [[3], [4]]]), bias: tensor([5, 6]) },
    };
    expect(ofGroups(grouped, [1])).toMatchObject({
      inputs: { input: tensor([[[3], [4]]]), kernel: tensor([[[3], [4]]]), bias: tensor([6]) }, cotangents: { output: tensor([[[2]]]) }, options: { groups: 1 },
    });
  });

  it("has a narrower window over a narrower input, at either end", () => {
    expect(narrowed(convolved, "…space0", true)!.inputs).toEqual({ input: tensor([[[1, 2], [4, 5]]]), kernel: tensor([[[1], [3]]]) });
    expect(narrowed(convolved, "…space0", false)!.inputs).toEqual({ input: tensor([[[2, 3], [5, 6]]]), kernel: tensor([[[2], [4]]]) });
    const pooled: Case = {
      operation: "maxPooling", tier: "structure", features: [], inputs: { input: tensor([[[[1, 2, 3], [4, 5, 6]]]]) },
      options: { window: [1, 2], stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], ceilMode: false },
    };
    expect(narrowed(pooled, "…space0", true)).toMatchObject({ inputs: { input: tensor([[[[1, 2], [4, 5]]]]) }, options: { window: [1, 1] } });
    expect(narrowed(pooled, "…space1", true)).toBeUndefined();
  });
});

describe("plainer options", () => {
  it("have less stride, padding or window, and no switch on; words and single numbers stay", () => {
    const options = plainer({ ...convolved, options: { stride: [1, 3], padding: [[1, 2]], outputPadding: [1], ceilMode: true, mode: "zero", divisor: 3 } });
    expect(options.filter(({ stride }) => String(stride) !== "1,3").map(({ stride }) => stride)).toEqual([[1, 1], [1, 2]]);
    expect(options.filter(({ padding }) => String(padding) !== "1,2").map(({ padding }) => padding)).toEqual([[[0, 0]], [[0, 2]], [[1, 0]], [[0, 2]], [[1, 1]]]);
    expect(options.filter(({ outputPadding }) => String(outputPadding) !== "1")).toHaveLength(1);
    expect(options.filter(({ ceilMode }) => ceilMode === false)).toHaveLength(1);
    expect(options).toHaveLength(2 + 5 + 1 + 1);
    expect(plainer({ ...convolved, options: { padding: [[0, 2]] } }).map(({ padding }) => String(padding))).not.toContain("0,2");
  });

  it("have cotangents for what they add to the outputs", () => {
    const strided: Case = { ...convolved, options: { ...convolved.options, stride: [2] }, cotangents: { output: tensor([[[7]]]) } };
    expect(underOptions(strided, { ...strided.options, stride: [1] })!.cotangents!["output"]).toEqual(tensor([[[7, 0]]]));
    expect(underOptions(strided, { ...strided.options, stride: [0] })).toBeUndefined();
  });
});
