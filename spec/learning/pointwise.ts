/** What the specifications of all activations but relu share. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layer, NoParams } from "../../src/learning/layer.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { Tensor, adopt, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, gradient, numbers, type Options } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, grid, inWords, nested, refusal, seeds, tally, whole } from "./support.ts";

/** An activation with the options that it is tried under; the first are those of the layer. */
export interface Pointwise {
  readonly name: string;
  readonly forward: (input: Tensor, options?: object) => Tensor;
  readonly backward: (input: Tensor, dOutput: Tensor, options?: object) => Tensor;
  readonly layer: (options: object) => Layer<NoParams, Tensor, Tensor>;
  readonly options: readonly Options[];
  /** Options that are refused, and what is said of them behind the name. */
  readonly refused: readonly (readonly [options: object, message: string])[];
  /** Where differences tell nothing: numbers at which a derivative of some order jumps. */
  readonly kinks: (options: Options) => readonly number[];
}

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.tuple(fc.constantFrom(3, 2, 0), fc.constantFrom(5, 2, 7)), fc.tuple(fc.constantFrom(2, 3), fc.constantFrom(3, 1), fc.constantFrom(2, 3)), fc.constant([]),
);

/** Half of all seeds give multiples of 2⁻¹⁰ within ±8, half whole numbers from −4 to 4, on which kinks lie. */
const inputOf = (seed: number, shape: Shape): Tensor => ((seed / 16) % 2 === 0 ? grid(seed, shape, 8) : whole(seed, shape, 4));

const step = 2 ** -5;

export function behavesPointwise({ name, forward, backward, layer, options, refused, kinks }: Pointwise): void {
  const some = fc.record({ shape: shapes, seed: seeds, chosen: fc.constantFrom(...options) });

  describe(`${name} as all activations`, () => {
    const seen = tally();

    it("equals its definition in double to 1e-12, output and gradient", () => {
      fc.assert(fc.property(some, ({ shape, seed, chosen }) => {
        const [input, dOutput] = [inputOf(seed, shape), grid(seed + 3, shape)];
        const inputs = { input: nested(input) };
        seen.count({
          "both signs": input.values.some((x) => x > 0) && input.values.some((x) => x < 0), "a zero": input.values.includes(0),
          "several axes": shape.length > 1, "scalar": shape.length === 0,
          ...Object.fromEntries(options.map((each, i) => [`options ${i}`, each === chosen])),
        });
        expect(distance(raw(forward(widen(input), chosen)), flatten(definitions[name]!(numbers, inputs, chosen)["output"]!))).toBeLessThan(1e-12);
        const expected = flatten(gradient(definitions[name]!, inputs, chosen, { output: nested(dOutput) }, "input"));
        expect(distance(raw(backward(widen(input), widen(dOutput), chosen)), expected)).toBeLessThan(1e-12);
      }), { numRuns: runs(60) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.03)).toEqual([]);
    });

    it("has the gradient that differences have, to 1e-9, wherever no kink lies within a step", async ({ annotate }) => {
      let [compared, leftOut] = [0, 0];
      fc.assert(fc.property(some, ({ shape, seed, chosen }) => {
        const [input, dOutput] = [inputOf(seed, shape), grid(seed + 3, shape)];
        const numerical = raw(numericalGradient((x) => forward(x, chosen), input, dOutput, step, 4));
        const analytic = raw(backward(widen(input), widen(dOutput), chosen));
        const far = Array.from(raw(input), (x) => kinks(chosen).every((kink) => Math.abs(x - kink) > step));
        const chosenOf = (values: ArrayLike<number>): number[] => Array.from(values).filter((_, i) => far[i]);
        compared += chosenOf(analytic).length;
        leftOut += far.filter((each) => !each).length;
        // Fourth level of Richardson at h = 2^-5: worst seen anywhere 1.5e-11.
        expect(distance(chosenOf(analytic), chosenOf(numerical))).toBeLessThan(1e-9);
      }), { numRuns: runs(25) });
      await annotate(`${compared} numbers compared, ${leftOut} left out`);
      expect(leftOut / compared).toBeLessThan(0.3);
    });

    it("stores the double rounded once", () => {
      fc.assert(fc.property(some, ({ shape, seed, chosen }) => {
        const [input, dOutput] = [inputOf(seed, shape), grid(seed + 3, shape)];
        expect(forward(input, chosen).values).toEqual(Array.from(raw(forward(widen(input), chosen)), Math.fround));
        expect(backward(input, dOutput, chosen).values).toEqual(Array.from(raw(backward(widen(input), widen(dOutput), chosen)), Math.fround));
      }), { numRuns: runs(25) });
    });

    it("runs over doubles without rounding them, if either argument is one", () => {
      const odd = adopt([1], Float64Array.of(2 / 7));
      expect(raw(forward(odd))[0]).not.toBe(Math.fround(raw(forward(odd))[0]!));
      expect(raw(backward(odd, tensor([1])))).toBeInstanceOf(Float64Array);
      expect(raw(backward(tensor([1]), odd))).toBeInstanceOf(Float64Array);
    });

    it("gives NaN for NaN, and no gradient but NaN; other numbers do not care", () => {
      expect(forward(tensor([NaN, 1])).values).toEqual([NaN, forward(tensor(1)).values[0]]);
      expect(backward(tensor([NaN, 1]), tensor([0, 1])).values).toEqual([NaN, backward(tensor(1), tensor(1)).values[0]]);
      expect(backward(tensor(0.5), tensor(NaN)).values).toEqual([NaN]);
    });

    it("takes a scalar, and an empty batch", () => {
      expect([forward(tensor(1)).shape, backward(tensor(1), tensor(1)).shape]).toEqual([[], []]);
      expect([forward(zeros([0, 3])).shape, backward(zeros([0, 3]), zeros([0, 3])).shape]).toEqual([[0, 3], [0, 3]]);
    });

    it("refuses what is no tensor, a gradient of another shape, and options that do not fit", () => {
      expect(refusal(() => forward([1] as never))).toBe(`TypeError: ${name}: expected input as a Tensor, got [1]`);
      expect(refusal(() => backward(1 as never, tensor(1)))).toBe(`TypeError: ${name}Backward: expected input as a Tensor, got 1`);
      expect(refusal(() => backward(tensor(1), 1 as never))).toBe(`TypeError: ${name}Backward: expected dOutput as a Tensor, got 1`);
      expect(refusal(() => backward(zeros([2, 3]), zeros([3, 2])))).toBe(`RangeError: ${name}Backward: expected dOutput of shape [2, 3], got [3, 2]`);
      for (const [given, message] of refused) {
        const [kind, text] = message.split(": ") as [string, string];
        expect(refusal(() => forward(tensor(1), given))).toBe(`${kind}: ${name}: ${text}`);
        expect(refusal(() => backward(tensor(1), tensor(1), given))).toBe(`${kind}: ${name}Backward: ${text}`);
      }
    });

    it("writes to none of its arguments", () => {
      const [input, dOutput] = [tensor([-1, 2]), tensor([3, 4])];
      forward(input);
      backward(input, dOutput);
      expect([input.values, dOutput.values]).toEqual([[-1, 2], [3, 4]]);
    });

    it("is a layer without parameters, which keeps its options", () => {
      const [input, dOutput] = [tensor([-1, 2]), tensor([5, 6])];
      for (const each of options) {
        const [output, pullback] = layer(each).apply({}, input);
        expect(output).toEqual(forward(input, each));
        expect(pullback(dOutput)).toEqual([{}, backward(input, dOutput, each)]);
      }
      expect(layer(options[0]!).init([0, 0])).toEqual({});
    });
  });
}
