import { describe, expect, it } from "vitest";
import { reference } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import { transposedConvolutionEntry } from "../../../src/oracle/catalog/transposed-convolution.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { gamma } from "../../../src/oracle/error-bound.ts";
import { raw, tensor, toNested, zeros } from "../../../src/tensor/tensor.ts";
import { indices } from "../../definitions/nested.ts";
import { runs } from "../../support/runs.ts";
import { drawn, summations } from "../support.ts";
import { shares } from "./shares.ts";

const row = { input: tensor([[[1, -2]]]), kernel: tensor([[[1, -1, 3]]]) };

describe("transposed convolution in the catalog", () => {
  it("counts the taps that write to a cell, none where outputPadding adds one", () => {
    const { outputs } = transposedConvolutionEntry.terms!(row, { stride: 2, outputPadding: 1 }, undefined);
    expect(toNested(outputs["output"]!.count)).toEqual([[[1, 1, 2, 1, 1, 0]]]);
    expect(toNested(outputs["output"]!.sum)).toEqual([[[1, 1, 3 + 2, 2, 6, 0]]]);
  });

  it("counts the bias as one more term", () => {
    const { outputs } = transposedConvolutionEntry.terms!({ ...row, bias: tensor([-10]) }, { stride: 2, outputPadding: 1 }, undefined);
    expect(toNested(outputs["output"]!.count)).toEqual([[[2, 2, 3, 2, 2, 1]]]);
    expect(toNested(outputs["output"]!.sum)).toEqual([[[11, 11, 15, 12, 16, 10]]]);
  });

  it("counts in the gradients only what is not cut off", () => {
    const inputs = { input: zeros([3, 1, 2]), kernel: zeros([1, 1, 3]) };
    const { gradients } = transposedConvolutionEntry.terms!(inputs, { padding: [[2, 0]] }, { output: zeros([3, 1, 2]) });
    expect(gradients["kernel"]!.count.values).toEqual([0, 3, 6]);
    expect(toNested(gradients["input"]!.count)).toEqual([[[1, 2]], [[1, 2]], [[1, 2]]]);
  });

  it("allows as many roundings as there are terms, the bias among them, and three for two", () => {
    const { radius } = reference("transposedConvolution", { ...row, bias: tensor([-10]) }, { stride: 2 }, { output: tensor([[[1, 2, 3, 4, 5]]]) });
    const bound = (sum: number, terms: number): number => gamma(3, 2 ** -24) * sum + 3 * 2 ** -149 + terms * 2 ** -53 * sum;
    expect([...raw(radius.outputs["output"]!)]).toEqual([bound(11, 2), bound(11, 2), bound(15, 3), bound(12, 2), bound(16, 2)]);
    expect([...raw(radius.gradients["input"]!)]).toEqual([bound(1 + 2 + 9, 3), bound(3 + 4 + 15, 3)]);
  });

  it("writes every spelling of its options out in full", () => {
    const inputs = { input: zeros([1, 1, 5, 7]), kernel: zeros([1, 1, 3, 2]) };
    expect(transposedConvolutionEntry.complete(inputs, {})).toEqual({ stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1, outputPadding: [0, 0] });
    expect(transposedConvolutionEntry.complete(inputs, { stride: 2, padding: [2, [1, 0]], dilation: [1, 2], outputPadding: [0, 1] }))
      .toEqual({ stride: [2, 2], padding: [[2, 2], [1, 0]], dilation: [1, 2], groups: 1, outputPadding: [0, 1] });
    expect(transposedConvolutionEntry.complete({ input: zeros([1, 4, 5]), kernel: zeros([4, 1, 1]) }, { groups: 2 })["groups"]).toBe(2);
  });

  it("has no gradient of a bias that is not there", () => {
    const { expected } = reference("transposedConvolution", row, {}, { output: zeros([1, 1, 4]) });
    expect(Object.keys(expected.gradients)).toEqual(["input", "kernel"]);
  });

  it("draws cases that can hurt", () => {
    const list = (one: Case, name: string): readonly number[] => one.options[name] as readonly number[];
    const sides = (one: Case): readonly (readonly [number, number])[] => one.options["padding"] as never;
    const taps = ({ inputs }: Case): readonly number[] => inputs["kernel"]!.shape.slice(2);
    const found = shares(drawn("transposedConvolution", "structure", 250, 3), {
      "three axes": ({ inputs }) => inputs["input"]!.shape.length === 5,
      "several samples": ({ inputs }) => inputs["input"]!.shape[0]! > 1,
      "groups of several channels": ({ inputs, options }) => options["groups"] as number > 1 && inputs["input"]!.shape[1]! > (options["groups"] as number),
      "several maps a group": ({ inputs, options }) => options["groups"] as number > 1 && inputs["kernel"]!.shape[1]! > 1,
      "a bias": ({ inputs }) => inputs["bias"] !== undefined,
      "unequal strides": (one) => new Set(list(one, "stride")).size > 1,
      "unequal sides": (one) => sides(one).some(([before, after]) => before !== after),
      "equal sides": (one) => sides(one).every(([before, after]) => before === after && before > 0),
      "a dilation that matters": (one) => list(one, "dilation").some((dilation, axis) => dilation > 1 && taps(one)[axis]! > 1),
      outputPadding: (one) => list(one, "outputPadding").some((extra) => extra > 0),
      "outputPadding of at least a stride": (one) => list(one, "outputPadding").some((extra, axis) => extra > 0 && extra >= list(one, "stride")[axis]!),
      "gaps between the copies": (one) => list(one, "stride").some((stride, axis) => stride > (taps(one)[axis]! - 1) * list(one, "dilation")[axis]! + 1),
      "copies that overlap": (one) => list(one, "stride").some((stride, axis) => stride < taps(one)[axis]! && one.inputs["input"]!.shape[axis + 2]! > 1),
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.06), JSON.stringify(found)).toEqual([]);
  });
});

/** The products that each output, each cell of the input and each weight is the sum of, told by where input cells and taps meet. */
function productsOf({ inputs, options, cotangents }: Case): Readonly<Record<"output" | "input" | "kernel", readonly (readonly number[])[]>> {
  const [x, w, dy] = [inputs["input"]!, inputs["kernel"]!, cotangents!["output"]!];
  const [xs, ws, dys] = [x.values, w.values, dy.values];
  const { groups, stride, dilation, padding } = options as { groups: number; stride: number[]; dilation: number[]; padding: [number, number][] };
  const flat = (index: readonly number[], shape: readonly number[]): number => index.reduce((at, i, axis) => at * shape[axis]! + i, 0);
  const [output, input, kernel] = [dys, xs, ws].map((values) => values.map((): number[] => [])) as [number[][], number[][], number[][]];
  const groupChannels = x.shape[1]! / groups;
  const taps = indices(w.shape.slice(1));
  for (const [n, c, ...p] of indices(x.shape) as [number, number, ...number[]][]) {
    for (const [k, ...t] of taps as [number, ...number[]][]) {
      const cell = p.map((i, axis) => i * stride[axis]! + t[axis]! * dilation[axis]! - padding[axis]![0]);
      if (!cell.every((q, axis) => q >= 0 && q < dy.shape[axis + 2]!)) continue;
      const [at, from, tap] = [
        flat([n, Math.floor(c / groupChannels) * w.shape[1]! + k, ...cell], dy.shape), flat([n, c, ...p], x.shape), flat([c, k, ...t], w.shape),
      ];
      output[at]!.push(ws[tap]! * xs[from]!);
      input[from]!.push(ws[tap]! * dys[at]!);
      kernel[tap]!.push(xs[from]! * dys[at]!);
    }
  }
  return { output, input, kernel };
}

describe("honest float32 transposed convolution", () => {
  it("stays within the radius in every order of its sums, the bias first or last, and comes near it", () => {
    const worst: Record<string, number> = {};
    const small = drawn("transposedConvolution", "rounding", runs(24), 29).filter(({ inputs, cotangents }) =>
      inputs["input"]!.values.length * inputs["kernel"]!.values.length + cotangents!["output"]!.values.length < 3000);
    expect(small.length).toBeGreaterThan(runs(24) / 3);
    for (const one of small) {
      const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents);
      const products = productsOf(one);
      const { shape } = expected.outputs["output"]!;
      const cells = shape.slice(2).reduce((size, length) => size * length, 1);
      const bias = one.inputs["bias"]?.values;
      const biasOf = (i: number): number => bias![Math.floor(i / cells) % shape[1]!]!;
      const judge = (what: string, data: readonly number[], of: "outputs" | "gradients", name: string): void => {
        const right = expected[of][name]!;
        const { agrees, ratio } = compare({ shape: right.shape, data }, right, radius[of][name]!);
        worst[what] = Math.max(worst[what] ?? 0, ratio);
        expect(agrees, `${what}: ${ratio}`).toBe(true);
      };
      for (const [name, sum] of Object.entries(summations)) {
        const sums = products.output.map(sum);
        const outputs = bias === undefined ? sums : sums.map((each, i) => Math.fround(each + biasOf(i)));
        judge(name, outputs, "outputs", "output");
        if (bias !== undefined) judge(`${name}, bias first`, products.output.map((each, i) => sum([biasOf(i), ...each])), "outputs", "output");
        judge(`${name}, input`, products.input.map(sum), "gradients", "input");
        judge(`${name}, kernel`, products.kernel.map(sum), "gradients", "kernel");
      }
    }
    const most = Math.max(...Object.values(worst));
    console.info(`transposedConvolution: worst share of the radius over ${small.length} cases ${most.toFixed(2)}`);
    expect(most).toBeGreaterThan(0.4);
  });
});
