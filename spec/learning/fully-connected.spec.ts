import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FullyConnected, fullyConnected, fullyConnectedBackward } from "../../src/learning/fully-connected.ts";
import type { FullyConnectedParams } from "../../src/learning/fully-connected.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { key } from "../../src/tensor/random.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { Tensor, raw, tensor, toNested, widen, zeros } from "../../src/tensor/tensor.ts";
import { mapTree } from "../../src/tensor/tree.ts";
import { accumulationRadius, definitions, flatten, gradient, judgeRounding, numbers, rational, rationals, type Inputs, type Rational } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { distance, inWords, nested, plain, refusal, seeds, tally, unsigned, whole, wild } from "./support.ts";

interface Configuration {
  readonly leading: Shape;
  readonly inputs: number;
  readonly outputs: number;
  readonly hasBias: boolean;
  readonly seed: number;
}

/** Mostly distinct primes; no, one, a few inputs; samples, steps of samples, or neither. */
const configurations: fc.Arbitrary<Configuration> = fc.record({
  leading: fc.oneof({ weight: 3, arbitrary: fc.tuple(fc.constantFrom(2, 3, 1, 0)) }, fc.tuple(fc.constantFrom(2, 0, 1), fc.constantFrom(3, 1)), fc.constant([])),
  inputs: fc.constantFrom(3, 2, 5, 1, 0),
  outputs: fc.constantFrom(2, 3, 5, 1),
  hasBias: fc.boolean(),
  seed: seeds,
});

interface Case {
  readonly params: FullyConnectedParams;
  readonly input: Tensor;
  readonly dOutput: Tensor;
}

const build = ({ leading, inputs, outputs, hasBias, seed }: Configuration, values: (seed: number, shape: Shape) => Tensor): Case => {
  const weight = values(seed, [outputs, inputs]);
  return {
    params: hasBias ? { weight, bias: values(seed + 3, [outputs]) } : { weight },
    input: values(seed + 6, [...leading, inputs]),
    dOutput: values(seed + 9, [...leading, outputs]),
  };
};

const asDefinition = ({ params: { weight, bias }, input }: Case): Inputs<number> =>
  ({ input: nested(input), weight: nested(weight), ...(bias === undefined ? {} : { bias: nested(bias) }) });

describe("fully connected", () => {
  it("connects every output to every input", () => {
    // 100 + 1·1 + 2·10 = 121, 200 + 3·1 + 4·10 = 243, 300 + 5·1 + 6·10 = 365.
    const params = { weight: tensor([[1, 2], [3, 4], [5, 6]]), bias: tensor([100, 200, 300]) };
    expect(toNested(fullyConnected(params, tensor([[1, 10]])))).toEqual([[121, 243, 365]]);
  });

  it("sends the gradient back along the same connections", () => {
    // dw[o,i] = Σ rows dy[o]·x[i]; dx[i] = Σ outputs dy[o]·w[o,i]; dbias[o] = Σ rows dy[o].
    const params = { weight: tensor([[1, 2], [3, 4], [5, 6]]), bias: tensor([100, 200, 300]) };
    const { params: dParams, input: dInput } = fullyConnectedBackward(params, tensor([[1, 10], [2, 0]]), tensor([[1, 0, 100], [0, 7, 1]]));
    expect(toNested(dParams.weight)).toEqual([[1, 10], [14, 0], [102, 1000]]);
    expect(toNested(dParams.bias!)).toEqual([1, 7, 101]);
    expect(toNested(dInput)).toEqual([[501, 602], [26, 34]]);
  });

  it("treats all leading axes alike, and needs none", () => {
    const params = { weight: tensor([[1, 2]]), bias: tensor([5]) };
    expect(toNested(fullyConnected(params, tensor([[[1, 1], [2, 0]], [[0, 3], [4, 4]]])))).toEqual([[[8], [7]], [[11], [17]]]);
    expect(toNested(fullyConnected(params, tensor([1, 1])))).toEqual([8]);
  });

  it("gives the bias where there are no inputs, and zero where there is no bias either", () => {
    const weight = zeros([2, 0]);
    expect(toNested(fullyConnected({ weight, bias: tensor([3, -4]) }, zeros([2, 0])))).toEqual([[3, -4], [3, -4]]);
    expect(toNested(fullyConnected({ weight }, zeros([1, 0])))).toEqual([[0, 0]]);
    const { params, input } = fullyConnectedBackward({ weight, bias: tensor([3, -4]) }, zeros([2, 0]), tensor([[1, 2], [10, 20]]));
    expect([params.weight.shape, toNested(params.bias!), input.shape]).toEqual([[2, 0], [11, 22], [2, 0]]);
  });

  it("takes an empty batch: nothing comes out, and the parameters get zero gradients", () => {
    const params = { weight: tensor([[1, 2]]), bias: tensor([5]) };
    expect(fullyConnected(params, zeros([0, 2])).shape).toEqual([0, 1]);
    const gradients = fullyConnectedBackward(params, zeros([0, 2]), zeros([0, 1]));
    expect([gradients.params.weight.values, gradients.params.bias!.values, gradients.input.shape]).toEqual([[0, 0], [0], [0, 2]]);
  });

  it("rounds the sum and the bias once, together", () => {
    // 4096·4096 + 1 = 2^24 + 1 is no float32; rounded before the bias it would end as 2^24 − 1.
    const params = { weight: tensor([[4096, 1]]), bias: tensor([-1]) };
    expect(fullyConnected(params, tensor([[4096, 1]])).values).toEqual([2 ** 24]);
  });

  describe("on lattices, where differences are exact", () => {
    const seen = tally();

    it("has the gradient that differences have, bit for bit, in double and in float32", () => {
      fc.assert(fc.property(configurations, (configuration) => {
        const { params, input, dOutput } = build(configuration, whole);
        const { leading, inputs, outputs, hasBias } = configuration;
        seen.count({
          "two rows or more": leading.reduce((n, size) => n * size, 1) > 1, "several leading axes": leading.length > 1, "no leading axis": leading.length === 0,
          "empty batch": leading[0] === 0, "bias": hasBias, "in ≠ out": inputs !== outputs, "no inputs": inputs === 0, "one input": inputs === 1, "one output": outputs === 1,
        });
        const numerical = numericalGradient(({ params, input }) => fullyConnected(params, input), { params, input }, dOutput, 1);
        const analytic = fullyConnectedBackward(params, input, dOutput);
        const wide = fullyConnectedBackward(mapTree(params, widen), widen(input), widen(dOutput));
        expect(mapTree(wide, plain)).toEqual(mapTree(numerical, plain));
        expect(mapTree(analytic, plain)).toEqual(mapTree(numerical, plain));
      }), { numRuns: runs(120) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.05)).toEqual([]);
    });

    it("equals its definition, output and gradients", () => {
      fc.assert(fc.property(configurations, (configuration) => {
        const one = build(configuration, whole);
        const inputs = asDefinition(one);
        expect(unsigned(fullyConnected(one.params, one.input))).toEqual(flatten(definitions["fullyConnected"]!(numbers, inputs, {})["output"]!));
        const { params, input } = fullyConnectedBackward(one.params, one.input, one.dOutput);
        const actual: Readonly<Record<string, Tensor | undefined>> = { ...params, input };
        for (const name of Object.keys(inputs)) {
          const expected = flatten(gradient(definitions["fullyConnected"]!, inputs, {}, { output: nested(one.dOutput) }, name));
          expect(unsigned(actual[name]!), name).toEqual(expected.map((value) => value + 0));
        }
      }), { numRuns: runs(60) });
    });
  });

  it("is as exact as its definition in double on any numbers", () => {
    fc.assert(fc.property(configurations, (configuration) => {
      const one = build(configuration, (seed, shape) => wild(seed, shape, 3));
      const expected = flatten(definitions["fullyConnected"]!(numbers, asDefinition(one), {})["output"]!);
      const actual = fullyConnected(mapTree(one.params, widen), widen(one.input));
      // 8 terms below 2^8 each: a few roundings of 2^-53 relative to the largest, in another order.
      expect(distance(raw(actual), expected)).toBeLessThan(1e-12);
    }), { numRuns: runs(100) });
  });

  it("rounds every result correctly but next to rounding boundaries, for wide exponents and cancelling sums", async ({ annotate }) => {
    const outcomes = { rounded: 0, excused: 0, wrong: 0 };
    const judge = (actual: number, terms: readonly Rational[]): void => {
      const exact = terms.reduce(rationals.add, rational(0n));
      const magnitude = terms.map((term) => (term.numerator < 0n ? rationals.negate(term) : term)).reduce(rationals.add, rational(0n));
      outcomes[judgeRounding(actual, exact, accumulationRadius(terms.length, magnitude))]++;
    };
    const shapes = fc.record({ rows: fc.constantFrom(3, 5, 2), inputs: fc.constantFrom(7, 3, 13, 2), outputs: fc.constantFrom(3, 2, 5), cancelling: fc.boolean(), seed: seeds });
    fc.assert(fc.property(shapes, ({ rows, inputs, outputs, cancelling, seed }) => {
      const { params, input, dOutput } = build({ leading: [rows], inputs, outputs, hasBias: true, seed }, (from, shape) => wild(from, shape));
      const { weight } = params;
      // In a cancelling case the bias takes away what the first row sums to, up to its rounding.
      const bias = cancelling ? new Tensor([outputs], fullyConnected({ weight }, input).values.slice(0, outputs).map((sum) => -sum)) : params.bias!;
      const exact = [weight, bias, input, dOutput].map((one) => Array.from(raw(one), rationals.from));
      const [w, b, x, dy] = exact as [Rational[], Rational[], Rational[], Rational[]];
      const y = fullyConnected({ weight, bias }, input).values;
      const gradients = fullyConnectedBackward({ weight, bias }, input, dOutput);
      const product = (left: readonly Rational[], i: number, right: readonly Rational[], j: number): Rational => rationals.multiply(left[i]!, right[j]!);
      const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
      for (const o of upTo(outputs)) {
        for (const r of upTo(rows)) judge(y[r * outputs + o]!, [b[o]!, ...upTo(inputs).map((i) => product(x, r * inputs + i, w, o * inputs + i))]);
        for (const i of upTo(inputs)) {
          judge(gradients.params.weight.values[o * inputs + i]!, upTo(rows).map((r) => product(dy, r * outputs + o, x, r * inputs + i)));
        }
        judge(gradients.params.bias!.values[o]!, upTo(rows).map((r) => dy[r * outputs + o]!));
      }
      for (const r of upTo(rows)) {
        for (const i of upTo(inputs)) judge(gradients.input.values[r * inputs + i]!, upTo(outputs).map((o) => product(dy, r * outputs + o, w, o * inputs + i)));
      }
    }), { numRuns: runs(100) });
    await annotate(`${outcomes.rounded} rounded correctly, ${outcomes.excused} beside it within n·2^-53·Σ|terms|, ${outcomes.wrong} wrong`);
    expect(outcomes.wrong).toBe(0);
    expect(outcomes.rounded).toBeGreaterThan(1000);
    // What is excused is what cancels almost wholly; elsewhere a double sum is next to never near a float32 boundary.
    expect(outcomes.excused / outcomes.rounded).toBeLessThan(0.1);
  });

  it("refuses what does not fit, with the shapes in the message", () => {
    const weight = tensor([[1, 2, 3], [4, 5, 6]]);
    const input = tensor([[1, 2, 3]]);
    expect(refusal(() => fullyConnected({ weight }, tensor([[1, 2]]))))
      .toBe("RangeError: fullyConnected: expected weight for 2 inputs, as input has, got 3; input [1, 2], weight [2, 3]");
    expect(refusal(() => fullyConnected({ weight: tensor([1, 2, 3]) }, input)))
      .toBe("RangeError: fullyConnected: expected weight with two axes [out, in], got input [1, 3], weight [3]");
    expect(refusal(() => fullyConnected({ weight }, tensor(3))))
      .toBe("RangeError: fullyConnected: expected input with at least one axis, got input [], weight [2, 3]");
    expect(refusal(() => fullyConnected({ weight: zeros([0, 3]) }, input)))
      .toBe("RangeError: fullyConnected: expected sizes of at least 1 beside the batch axis and the inputs, got input [1, 3], weight [0, 3]");
    expect(refusal(() => fullyConnected({ weight }, zeros([2, 0, 3]))))
      .toBe("RangeError: fullyConnected: expected sizes of at least 1 beside the batch axis and the inputs, got input [2, 0, 3], weight [2, 3]");
    expect(refusal(() => fullyConnected({ weight, bias: tensor([1, 2, 3]) }, input)))
      .toBe("RangeError: fullyConnected: expected bias of shape [2], got [3]");
    expect(refusal(() => fullyConnected(weight as never, input)))
      .toBe("TypeError: fullyConnected: expected params { weight, bias? }, got a Tensor");
    expect(refusal(() => fullyConnected(null as never, input)))
      .toBe("TypeError: fullyConnected: expected params { weight, bias? }, got null");
    expect(refusal(() => fullyConnected({ weight: [[1]] } as never, input)))
      .toBe("TypeError: fullyConnected: expected weight as a Tensor, got [[1]]");
    expect(refusal(() => fullyConnected({ weight }, [[1]] as never)))
      .toBe("TypeError: fullyConnected: expected input as a Tensor, got [[1]]");
    expect(refusal(() => fullyConnectedBackward({ weight }, input, tensor([[1, 2, 3]]))))
      .toBe("RangeError: fullyConnectedBackward: expected dOutput of shape [1, 2], got [1, 3]");
    expect(refusal(() => fullyConnectedBackward({ weight }, tensor([[1, 2]]), tensor([[1, 2]]))))
      .toBe("RangeError: fullyConnectedBackward: expected weight for 2 inputs, as input has, got 3; input [1, 2], weight [2, 3]");
  });

  it("writes to none of its arguments", () => {
    const { params, input, dOutput } = build({ leading: [3], inputs: 5, outputs: 2, hasBias: true, seed: 32 }, whole);
    const before = JSON.stringify([params, input, dOutput]);
    fullyConnected(params, input);
    fullyConnectedBackward(params, input, dOutput);
    expect(JSON.stringify([params, input, dOutput])).toBe(before);
  });
});

describe("FullyConnected, the layer", () => {
  it("applies fullyConnected, and pulls back by fullyConnectedBackward", () => {
    const { params, input, dOutput } = build({ leading: [3], inputs: 5, outputs: 2, hasBias: true, seed: 16 }, whole);
    const [output, pullback] = FullyConnected({ inputs: 5, outputs: 2 }).apply(params, input);
    const expected = fullyConnectedBackward(params, input, dOutput);
    expect(output).toEqual(fullyConnected(params, input));
    expect(pullback(dOutput)).toEqual([expected.params, expected.input]);
  });

  it("starts from Glorot's weights and a bias of zero, or from no bias", () => {
    const params = FullyConnected({ inputs: 50, outputs: 4 }).init(key(1));
    expect(params.weight.shape).toEqual([4, 50]);
    expect(params.bias!.values).toEqual([0, 0, 0, 0]);
    const largest = Math.max(...params.weight.values.map(Math.abs));
    // The largest of 200 draws from ±√(6/54) ≈ ±0.333 lies in the last tenth, but for one seed in 10⁹.
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 54));
    expect(largest).toBeGreaterThan(0.9 * Math.sqrt(6 / 54));
    expect(Object.keys(FullyConnected({ inputs: 50, outputs: 4, bias: false }).init(key(1)))).toEqual(["weight"]);
    expect(FullyConnected({ inputs: 50, outputs: 4 }).init(key(2)).weight).not.toEqual(params.weight);
    expect(FullyConnected({ inputs: 0, outputs: 2 }).init(key(1)).weight.shape).toEqual([2, 0]);
  });

  it.each([
    [{ inputs: 3, outputs: 0 }, "RangeError: FullyConnected: expected outputs as a whole number of at least 1, got 0"],
    [{ inputs: -1, outputs: 2 }, "RangeError: FullyConnected: expected inputs as a whole number of at least 0, got -1"],
    [{ inputs: 3 }, "RangeError: FullyConnected: expected outputs as a whole number of at least 1, got undefined"],
    [{ inputs: 2.5, outputs: 2 }, "RangeError: FullyConnected: expected inputs a whole number, got 2.5"],
    [{ inputs: 2, outputs: "2" }, "TypeError: FullyConnected: expected outputs a whole number, got \"2\""],
    [{ inputs: 2, outputs: 2, bias: 1 }, "TypeError: FullyConnected: expected bias true or false, got 1"],
    [{ inputs: 2, outputs: 2, units: 2 }, "RangeError: FullyConnected: expected only the options inputs, outputs, bias, got units"],
    [7, "TypeError: FullyConnected: expected options as a plain object, got 7"],
  ])("refuses %j", (size, message) => {
    expect(refusal(() => FullyConnected(size as never))).toBe(message);
  });
});
