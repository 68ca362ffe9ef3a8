import { describe, expect, it } from "vitest";
import type { Ball } from "../../../src/oracle/ball.ts";
import { ballFunctions } from "../../../src/oracle/ball-functions.ts";
import { caseOf } from "../../../src/oracle/case.ts";
import { activationEntry, whole } from "../../../src/oracle/catalog/pointwise.ts";
import type { Activation } from "../../../src/oracle/catalog/pointwise.ts";
import type { Operation } from "../../../src/oracle/catalog/operation.ts";
import type { Tier } from "../../../src/oracle/lattice.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { map, tensor } from "../../../src/tensor/tensor.ts";

const { tiny } = precisions.float32;
/** The candidate's rounding and that of the reference in double. */
const u = 2 ** -24 + 2 ** -53;
const b = ballFunctions(precisions.float32);

/** factor·x + x, whose derivative is factor + 1; a second form of each is worse, a third is exact. */
const line: Activation = {
  name: "line", summary: "a straight line", exact: true,
  options: { factor: ["what x is multiplied with", 3], unused: ["nothing", "none"] },
  forward: (input, { factor = 3 }) => map(input, (x) => x * (factor as number) + x),
  backward: (_, dOutput, { factor = 3 }) => map(dOutput, (dy) => dy * ((factor as number) + 1)),
  outputs: ({ factor }) => [
    (on, x) => on.sum(on.product(on.exact(factor as number), x), x),
    (on, x) => on.rounded(on.sum(on.product(on.exact(factor as number), x), x), 2),
    (_, x) => x,
  ],
  slopes: ({ factor }) => [whole((on) => on.exact(factor as number)), (on) => [on.exact(factor as number), on.exact(1)]],
  choices: { structure: [{ factor: 1 }], rounding: [{ factor: 3 }, { factor: 5 }, { factor: 7 }] },
  marks: ({ factor }) => [0, factor as number],
  reach: () => 1e10,
};

const entry = activationEntry(line);

const radius = (x: readonly number[], dy?: readonly number[], options = {}): { readonly output: readonly number[]; readonly input: readonly number[] | undefined } => {
  const { outputs, gradients } = entry.radius({ input: tensor([...x]) }, options, dy && { output: tensor([...dy]) }, precisions.float32);
  return { output: outputs["output"]!.values, input: gradients["input"]?.values };
};

describe("an activation as an entry", () => {
  it("has one input and one output of any shape, and its own functions", () => {
    const input = tensor([[1, -2]]);
    const output = entry.forward({ input }, { factor: 2 })["output"]!;
    expect([output.shape, output.values]).toEqual([[1, 2], [3, -6]]);
    expect(entry.backward!({ input }, { factor: 2 }, { output: tensor([[1, 10]]) })["input"]!.values).toEqual([3, 30]);
    expect([entry.inputs, entry.outputs]).toEqual([
      [{ name: "input", axes: "[…]", optional: false, differentiable: true }], [{ name: "output", axes: "[…]", cotangent: true }],
    ]);
    expect([entry.name, entry.summary, entry.exact, entry.scaled]).toEqual(["line", "a straight line", true, false]);
  });

  it("says its options with their defaults, and writes them out", () => {
    expect(entry.options).toEqual({ factor: "what x is multiplied with, default 3", unused: "nothing, default none" });
    expect(entry.complete({}, {})).toEqual({ factor: 3, unused: "none" });
    expect(entry.complete({}, { factor: 5 })).toEqual({ factor: 5, unused: "none" });
  });
});

describe("the radius of an activation", () => {
  it("is that of the worst form, and some underflow besides, with the default of what is left out", () => {
    // 3·x once; its sum 4·x once, and twice more.
    const [at] = radius([3]).output;
    expect((at! - 4 * tiny) / u).toBeCloseTo(9 + 12 + 24, 5);
    expect((radius([3], undefined, { factor: 5 }).output[0]! - 4 * tiny) / u).toBeCloseTo(15 + 18 + 36, 5);
    expect(radius([2 ** -140]).output[0]).toBeGreaterThanOrEqual(4 * tiny);
  });

  it("is 0 where no form rounds, and at what is not finite", () => {
    expect(radius([0, Infinity, -Infinity, NaN], [1, 1, 1, 1])).toEqual({ output: [0, 0, 0, 0], input: [expect.any(Number), expect.any(Number), expect.any(Number), 0] });
    expect(radius([3], [Infinity]).input).toEqual([0]);
    expect(activationEntry({ ...line, outputs: () => [(_, x) => x] }).radius({ input: tensor([5]) }, {}, undefined, precisions.float32).outputs["output"]!.values).toEqual([0]);
  });

  it("has no gradient where none is asked for", () => {
    expect(radius([3]).input).toBeUndefined();
  });

  it("of the gradient is that of the worst slope times the cotangent: summed from either end, before the product or after", () => {
    const dy = b.exact(7);
    // For each way a slope for which it is the widest.
    for (const [way, slope] of [[3, 1, 1], [1, 1, 3], [1, 3, -3], [1, 1, -5]].entries()) {
      const [first, second, third] = slope.map(b.exact) as [Ball, Ball, Ball];
      const [x, y, z] = [first, second, third].map((term) => b.product(term, dy)) as [Ball, Ball, Ball];
      const ways = [b.product(b.sum(b.sum(first, second), third), dy), b.product(b.sum(first, b.sum(second, third)), dy), b.sum(b.sum(x, y), z), b.sum(x, b.sum(y, z))];
      const errors = ways.map(({ error }) => error);
      expect(errors.indexOf(Math.max(...errors))).toBe(way);
      const own = activationEntry({ ...line, slopes: () => [whole((on) => on.exact(2)), (on) => slope.map(on.exact)] });
      const { gradients } = own.radius({ input: tensor([1]) }, {}, { output: tensor([7]) }, precisions.float32);
      expect(gradients["input"]!.values[0]).toBe(errors[way]! + 4 * tiny);
    }
  });

  it("is that of its precision", () => {
    const [fine, coarse] = [precisions.float32, precisions.bfloat16].map((precision) => entry.radius({ input: tensor([3]) }, {}, undefined, precision).outputs["output"]!.values[0]!);
    expect(coarse! / fine!).toBeGreaterThan(0.9 * 2 ** 16);
  });
});

describe("the cases of an activation", () => {
  const { space } = entry as Operation;
  /** The numbers of a case with a choice of options and a spread, from many seeds. */
  const numbers = (tier: Tier, choice: number, spread: number): readonly number[] =>
    Array.from({ length: 60 }, (_, seed) => caseOf(entry, tier, { fields: { choice, spread }, axes: [{ size: 7 }], regime: 0, seed })).flatMap(({ inputs }) => inputs["input"]!.values);

  it("have the options of their tier, each choice in turn", () => {
    const factors = (tier: Tier): readonly unknown[] => [0, 1, 2].map((choice) => caseOf(entry, tier, { fields: { choice, spread: 0 }, axes: [], regime: 0, seed: 1 }).options["factor"]);
    expect(space.fields).toEqual({ choice: [0, 2], spread: [0, 3] });
    expect([factors("structure"), factors("rounding")]).toEqual([[1, 1, 1], [3, 5, 7]]);
  });

  it("are whole numbers in the structure tier where there is one, else reals in both", () => {
    expect(numbers("structure", 0, 3).every(Number.isInteger)).toBe(true);
    expect(numbers("rounding", 0, 0).every(Number.isInteger)).toBe(false);
  });

  it("reach 4, 16 and 120, or any magnitude from 1e-30 to where the activation says, with both signs", () => {
    for (const [spread, most] of [[0, 4], [1, 16], [2, 120], [3, 1e10]] as const) {
      const drawn = numbers("rounding", 0, spread).filter((x) => x !== 0 && x !== 3);
      const sizes = drawn.map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most * (1 + 1e-6));
      expect(Math.max(...sizes)).toBeGreaterThan(most / (spread === 3 ? 1e3 : 1.1));
      const negative = drawn.filter((x) => x < 0).length / drawn.length;
      expect([negative > 0.4, negative < 0.6]).toEqual([true, true]);
    }
    const tinyShare = numbers("rounding", 0, 3).filter((x) => x !== 0 && Math.abs(x) < 1e-20).length / 420;
    expect([tinyShare > 0.1, tinyShare < 0.4]).toEqual([true, true]);
  });

  it("are at a mark one time in eight, all marks alike; 0 where none are named", () => {
    const shareOf = (values: readonly number[], mark: number): number => values.filter((x) => x === mark).length / values.length;
    const drawn = numbers("rounding", 2, 1);
    for (const mark of [0, 7]) expect([shareOf(drawn, mark) > 0.03, shareOf(drawn, mark) < 0.1]).toEqual([true, true]);
    const { marks: _, reach: __, ...unmarked } = line;
    const plain = caseOf(activationEntry(unmarked), "rounding", { fields: { choice: 0, spread: 3 }, axes: Array.from({ length: 3 }, () => ({ size: 7 })), regime: 0, seed: 3 }).inputs["input"]!.values;
    expect(shareOf(plain, 0)).toBeGreaterThan(0.08);
    expect(Math.max(...plain.map(Math.abs))).toBeGreaterThan(1e20);
  });
});
