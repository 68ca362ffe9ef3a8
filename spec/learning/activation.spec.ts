import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Elu, HardSigmoid, LeakyRelu, Relu, Selu, Softsign, elu, eluBackward, hardSigmoid, hardSigmoidBackward, leakyRelu, leakyReluBackward, relu,
  reluBackward, selu, seluBackward, softsign, softsignBackward,
} from "../../src/learning/activation.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { adopt, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import { highPrecision, relativeError } from "../definitions/high-precision.ts";
import { definitions, flatten, gradient, judgeRounding, numbers, rational, rationals, type Rational } from "../definitions/index.ts";
import { runs } from "../support/runs.ts";
import { behavesPointwise } from "./pointwise.ts";
import { inWords, nested, odd, plain, refusal, seeds, tally, unsigned, whole, wild } from "./support.ts";

const shapes: fc.Arbitrary<Shape> = fc.oneof(fc.tuple(fc.constantFrom(3, 2, 0), fc.constantFrom(5, 2, 7), fc.constantFrom(2, 3, 1)), fc.tuple(fc.constantFrom(7, 1)), fc.constant([]));

describe("relu", () => {
  it("lets pass what is positive and turns everything else into 0", () => {
    expect(relu(tensor([[-3, 0.5], [0, 2]]))).toEqual(tensor([[0, 0.5], [0, 2]]));
  });

  it("stops the gradient wherever the input is not positive", () => {
    expect(reluBackward(tensor([[-3, 0.5], [4, -2]]), tensor([[10, 20], [30, 40]]))).toEqual(tensor([[0, 20], [30, 0]]));
  });

  it("takes 0 as its derivative at 0, on either side of the sign", () => {
    expect(reluBackward(tensor([0, -0]), tensor([5, 5])).values).toEqual([0, 0]);
    expect(relu(tensor([0, -0])).values).toEqual([0, 0]);
  });

  it("keeps NaN, and lets the gradient of a NaN pass, as PyTorch does", () => {
    expect(relu(tensor([NaN, 1])).values).toEqual([NaN, 1]);
    expect(reluBackward(tensor([NaN, 1]), tensor([5, 6])).values).toEqual([5, 6]);
  });

  it("gives a stopped gradient as 0 even where what arrives is NaN or infinite", () => {
    expect(reluBackward(tensor([-1, -1, 1]), tensor([NaN, Infinity, NaN])).values).toEqual([0, 0, NaN]);
  });

  it("takes magnitudes to the ends of float32", () => {
    const ends = [Infinity, -Infinity, 2 ** -149, -(2 ** -149), 1e30, -1e30].map(Math.fround);
    expect(relu(tensor(ends)).values).toEqual([Infinity, 0, 2 ** -149, 0, Math.fround(1e30), 0]);
    expect(reluBackward(tensor(ends), tensor([1, 2, 3, 4, 5, 6])).values).toEqual([1, 0, 3, 0, 5, 0]);
  });

  describe("on odd numbers, none within a step of the kink", () => {
    const seen = tally();

    it("has the gradient that differences have, bit for bit", () => {
      fc.assert(fc.property(shapes, seeds, (shape, seed) => {
        const input = odd(seed, shape);
        const dOutput = whole(seed + 3, shape);
        const both = input.values.some((value) => value > 0) && input.values.some((value) => value < 0);
        seen.count({ "both signs": both, "several axes": shape.length > 1, "empty": shape[0] === 0, "scalar": shape.length === 0 });
        const numerical = numericalGradient(relu, input, dOutput, 0.5);
        expect(plain(reluBackward(input, dOutput))).toEqual(plain(numerical));
        expect(plain(reluBackward(widen(input), widen(dOutput)))).toEqual(plain(numerical));
      }), { numRuns: runs(120) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.03)).toEqual([]);
    });
  });

  it("equals its definition, output and gradient, zeros included", () => {
    fc.assert(fc.property(shapes, seeds, (shape, seed) => {
      const [input, dOutput] = [whole(seed, shape, 2), whole(seed + 3, shape)];
      const inputs = { input: nested(input) };
      expect(unsigned(relu(input))).toEqual(flatten(definitions["relu"]!(numbers, inputs, {})["output"]!));
      const expected = flatten(gradient(definitions["relu"]!, inputs, {}, { output: nested(dOutput) }, "input"));
      expect(unsigned(reluBackward(input, dOutput))).toEqual(expected.map((value) => value + 0));
    }), { numRuns: runs(100) });
  });

  it("runs over doubles without rounding them", () => {
    const third = adopt([1], Float64Array.of(1 / 3));
    expect(raw(relu(third))[0]).toBe(1 / 3);
    expect(raw(reluBackward(third, tensor([1])))[0]).toBe(1);
    expect(raw(reluBackward(tensor([1]), third))[0]).toBe(1 / 3);
  });

  it("refuses what is no tensor, and a gradient of another shape", () => {
    expect(refusal(() => relu([1] as never))).toBe("TypeError: relu: expected input as a Tensor, got [1]");
    expect(refusal(() => reluBackward(1 as never, tensor(1)))).toBe("TypeError: reluBackward: expected input as a Tensor, got 1");
    expect(refusal(() => reluBackward(zeros([2, 3]), zeros([3, 2])))).toBe("RangeError: reluBackward: expected dOutput of shape [2, 3], got [3, 2]");
  });

  it("writes to none of its arguments", () => {
    const [input, dOutput] = [tensor([-1, 2]), tensor([3, 4])];
    relu(input);
    reluBackward(input, dOutput);
    expect([input.values, dOutput.values]).toEqual([[-1, 2], [3, 4]]);
  });

  it("is a layer without parameters", () => {
    const [output, pullback] = Relu.apply({}, tensor([-1, 2]));
    expect(output).toEqual(tensor([0, 2]));
    expect(pullback(tensor([5, 6]))).toEqual([{}, tensor([0, 6])]);
    expect(Relu.init([0, 0])).toEqual({});
  });
});

const exactly = rationals.from;

/** An activation that is a rational function of each number: its output and its gradient as exact fractions, by its definition. */
const exactOf = (name: string, options: object) => (x: number): Rational => definitions[name]!(rationals, { input: exactly(x) }, options)["output"] as Rational;

describe("leaky relu", () => {
  it("lets pass what is positive, and a hundredth of everything else", () => {
    expect(leakyRelu(tensor([[-300, 0.5], [0, 2]]))).toEqual(tensor([[-3, 0.5], [0, 2]]));
    expect(leakyReluBackward(tensor([[-3, 0.5], [4, -2]]), tensor([[100, 20], [30, 400]]))).toEqual(tensor([[1, 20], [30, 4]]));
  });

  it("takes the slope as its derivative at 0, on either side of the sign", () => {
    expect(leakyReluBackward(tensor([0, -0]), tensor([4, 4]), { slope: 0.25 }).values).toEqual([1, 1]);
    expect(leakyRelu(tensor([0]), { slope: 0.25 }).values).toEqual([0]);
  });

  it("takes any slope: 0 is relu, 1 is nothing, a negative one is a fold", () => {
    const input = tensor([-4, 2]);
    expect(leakyRelu(input, { slope: 0 }).values).toEqual([-0, 2]);
    expect(leakyRelu(input, { slope: 1 }).values).toEqual([-4, 2]);
    expect(leakyRelu(input, { slope: -1 }).values).toEqual([4, 2]);
    expect(leakyRelu(input, { slope: 3 }).values).toEqual([-12, 2]);
  });

  it("takes magnitudes to the ends of float32", () => {
    const ends = tensor([Infinity, -Infinity, 1e30, -1e30, 2 ** -149, -(2 ** -149)]);
    expect(leakyRelu(ends, { slope: 0.5 }).values).toEqual([Infinity, -Infinity, ...[1e30, -0.5e30].map(Math.fround), 2 ** -149, -0]);
    expect(leakyReluBackward(ends, tensor([1, 2, 3, 4, 5, 6]), { slope: 0.5 }).values).toEqual([1, 1, 3, 2, 5, 3]);
  });

  it("has the gradient that differences have, bit for bit, on odd numbers and slopes that are powers of two", () => {
    fc.assert(fc.property(shapes, seeds, fc.constantFrom(0.25, 0.5, -2, 1), (shape, seed, slope) => {
      const [input, dOutput] = [odd(seed, shape), whole(seed + 3, shape)];
      const numerical = numericalGradient((x) => leakyRelu(x, { slope }), input, dOutput, 0.5);
      expect(plain(leakyReluBackward(input, dOutput, { slope }))).toEqual(plain(numerical));
    }), { numRuns: runs(60) });
  });

  it("is rounded correctly, whatever the numbers and the slope", () => {
    fc.assert(fc.property(seeds, fc.constantFrom(0.01, 0.2, 0.3), (seed, slope) => {
      const input = wild(seed, [8]);
      input.values.forEach((x, i) => {
        // The double between may lie on a tie: one rounding of a double in 2^29.
        const [exact, radius] = [exactOf("leakyRelu", { slope })(x), exactly(Math.abs(x) * 2 ** -53)];
        expect(judgeRounding(leakyRelu(input, { slope }).values[i]!, exact, radius)).not.toBe("wrong");
      });
    }), { numRuns: runs(20) });
  });

  behavesPointwise({
    name: "leakyRelu", forward: leakyRelu, backward: leakyReluBackward, layer: LeakyRelu, options: [{ slope: 0.2 }, {}, { slope: 0.25 }], kinks: () => [0],
    refused: [
      [{ slope: Infinity }, "RangeError: expected slope a finite number, got Infinity"],
      [{ slope: NaN }, "RangeError: expected slope a number, got NaN"],
      [{ slope: "0.1" }, "TypeError: expected slope a number, got \"0.1\""],
      [{ alpha: 1 }, "RangeError: expected only the options slope, got alpha"],
    ],
  });
});

describe("elu", () => {
  it("bends below 0 towards −alpha", () => {
    // e^−log 2 − 1 = −½; log 2 in float32 is off by up to 2^-26, what follows by half as much.
    expect(elu(tensor([-Math.log(2), 0, 3])).values.map((y) => Math.round(y * 1e7) / 1e7)).toEqual([-0.5, 0, 3]);
    expect(elu(tensor([-100, -Infinity]), { alpha: 3 }).values).toEqual([-3, -3]);
  });

  it("takes alpha as its derivative at 0, on either side of the sign", () => {
    expect(eluBackward(tensor([0, -0]), tensor([4, 4]), { alpha: 0.25 }).values).toEqual([1, 1]);
    expect(eluBackward(tensor([2 ** -149]), tensor([4]), { alpha: 0.25 }).values).toEqual([4]);
  });

  it("keeps its digits next to 0, where e^x − 1 has none left", () => {
    const near = tensor([-1e-8, -1e-30, -(2 ** -149)]);
    expect(elu(near).values).toEqual(near.values);
    expect(eluBackward(near, tensor([1, 1, 1])).values).toEqual([1, 1, 1]);
  });

  it("takes magnitudes to the ends of float32", () => {
    const ends = tensor([Infinity, -Infinity, 1e30, -1e30]);
    expect(elu(ends).values).toEqual([Infinity, -1, Math.fround(1e30), -1]);
    expect(eluBackward(ends, tensor([1, 2, 3, 4])).values).toEqual([1, 0, 3, 0]);
  });

  it("has no derivative where none arrives, and one with the sign of alpha", () => {
    expect(eluBackward(tensor([-1, 1]), tensor([0, 0])).values).toEqual([0, 0]);
    expect(eluBackward(tensor([-1]), tensor([1]), { alpha: -1 }).values[0]).toBeLessThan(0);
  });

  behavesPointwise({
    name: "elu", forward: elu, backward: eluBackward, layer: Elu, options: [{ alpha: 0.7 }, {}, { alpha: 2 }], kinks: () => [0],
    refused: [
      [{ alpha: -Infinity }, "RangeError: expected alpha a finite number, got -Infinity"],
      [{ slope: 1 }, "RangeError: expected only the options alpha, got slope"],
    ],
  });
});

describe("selu", () => {
  it("is elu with a scale", () => {
    const input = tensor([-2, -0.5, 0, 3]);
    const scaled = elu(widen(input), { alpha: 1.6732632423543772 });
    expect(selu(input).values).toEqual(Array.from(raw(scaled), (y) => Math.fround(1.0507009873554805 * y)));
    expect(seluBackward(tensor([1, -1e30]), tensor([1, 1])).values).toEqual([Math.fround(1.0507009873554805), 0]);
  });

  it("takes scale·alpha as its derivative at 0", () => {
    expect(seluBackward(tensor([0, -0]), tensor([1, 1])).values).toEqual([1.7580993408473766, 1.7580993408473766].map(Math.fround));
    expect(seluBackward(tensor([0, 1]), tensor([1, 1]), { alpha: 3, scale: 2 }).values).toEqual([6, 2]);
  });

  it("has the constants that keep mean 0 and variance 1 of normally distributed inputs, to all digits of a double", () => {
    const { add, multiply, divide, sqrt, exp, from, density, distribution, toRational } = highPrecision(200);
    const of = (numerator: bigint, denominator = 1n): bigint => from(rational(numerator, denominator));
    const [half, root] = [of(1n, 2n), exp(of(1n, 2n))];
    // The mean above 0 is φ(0), below it alpha·(√e·Φ(−1) − ½): their sum is 0.
    const alpha = divide(density(0n), half - multiply(root, distribution(of(-1n))));
    // The mean square above 0 is ½, below it alpha²·(e²·Φ(−2) − 2·√e·Φ(−1) + ½): times scale² their sum is 1.
    const below = add(multiply(exp(of(2n)), distribution(of(-2n))) - 2n * multiply(root, distribution(of(-1n))), half);
    const scale = divide(of(1n), sqrt(add(half, multiply(multiply(alpha, alpha), below))));
    expect(rationals.toNumber(toRational(alpha))).toBe(1.6732632423543772);
    expect(rationals.toNumber(toRational(scale))).toBe(1.0507009873554805);
    expect(raw(selu(widen(tensor(-Infinity))))[0]).toBe(-1.0507009873554805 * 1.6732632423543772);
  });

  it("takes magnitudes to the ends of float32", () => {
    expect(selu(tensor([Infinity, -Infinity, -1e30])).values).toEqual([Infinity, -1.7580993408473766, -1.7580993408473766].map(Math.fround));
    expect(selu(tensor([-1e-30])).values[0]! / -1.7580993e-30).toBeCloseTo(1, 6);
  });

  behavesPointwise({
    name: "selu", forward: selu, backward: seluBackward, layer: Selu, options: [{ alpha: 0.7, scale: 2.2 }, {}, { scale: 0.5 }], kinks: () => [0],
    refused: [
      [{ scale: Infinity }, "RangeError: expected scale a finite number, got Infinity"],
      [{ alpha: null }, "TypeError: expected alpha a number, got null"],
      [{ slope: 1 }, "RangeError: expected only the options alpha, scale, got slope"],
    ],
  });
});

describe("softsign", () => {
  it("divides each number by one more than its size", () => {
    expect(softsign(tensor([-1, 0, 3])).values).toEqual([-0.5, 0, 0.75]);
    expect(softsignBackward(tensor([-1, 0, 3]), tensor([8, 8, 16])).values).toEqual([2, 8, 1]);
  });

  it("tends to ±1, and is there at infinity, without a slope", () => {
    const ends = tensor([Infinity, -Infinity, 1e30, -1e30]);
    expect(softsign(ends).values).toEqual([1, -1, 1, -1]);
    expect(softsignBackward(ends, tensor([1, 2, 1e30, 4])).values).toEqual([0, 0, Math.fround(1e30 / Math.fround(1e30) ** 2), 0]);
    expect(raw(softsignBackward(widen(tensor(1e30)), tensor(1)))[0]).toBeCloseTo(1e-60, 62);
  });

  it("is rounded correctly, but where the double between lies on a tie", () => {
    fc.assert(fc.property(seeds, (seed) => {
      const input = wild(seed, [8], 40);
      const [output, dInput] = [softsign(input), softsignBackward(input, tensor(new Array<number>(8).fill(1)))];
      input.values.forEach((x, i) => {
        const exact = exactOf("softsign", {})(x);
        // Two roundings of a double for the quotient, five for its square's reciprocal.
        expect(judgeRounding(output.values[i]!, exact, rationals.multiply(exactly(2 ** -52), exactly(Math.abs(output.values[i]!))))).not.toBe("wrong");
        const size = rationals.add(rational(1n), exactly(Math.abs(x)));
        const slope = rationals.divide(rational(1n), rationals.multiply(size, size));
        expect(judgeRounding(dInput.values[i]!, slope, rationals.multiply(rational(5n, 2n ** 53n), slope))).not.toBe("wrong");
      });
    }), { numRuns: runs(20) });
  });

  it("is odd, and its slope even", () => {
    fc.assert(fc.property(seeds, (seed) => {
      const input = wild(seed, [4]);
      const mirrored = tensor(input.values.map((x) => -x));
      expect(softsign(mirrored).values).toEqual(softsign(input).values.map((y) => -y));
      expect(softsignBackward(mirrored, input)).toEqual(softsignBackward(input, input));
    }), { numRuns: runs(10) });
  });

  behavesPointwise({
    name: "softsign", forward: softsign, backward: softsignBackward, layer: () => Softsign, options: [{}], kinks: () => [0], refused: [],
  });
});

describe("the hard sigmoid", () => {
  it("is a straight line from 0 at −3 to 1 at 3", () => {
    expect(hardSigmoid(tensor([-4, -3, -1.5, 0, 1.5, 3, 4])).values).toEqual([0, 0, 0.25, 0.5, 0.75, 1, 1]);
    expect(hardSigmoidBackward(tensor([-4, -1.5, 0, 4]), tensor([6, 6, 12, 6])).values).toEqual([0, 1, 2, 0]);
  });

  it("takes 0 as its derivative at both kinks, and the slope next to them", () => {
    expect(hardSigmoidBackward(tensor([-3, 3]), tensor([6, 6])).values).toEqual([0, 0]);
    expect(hardSigmoidBackward(tensor([-2.5, 2.5]), tensor([6, 6]), { slope: 0.2 }).values).toEqual([0, 0]);
    expect(hardSigmoidBackward(tensor([-2, 2]), tensor([6, 6]), { slope: 0.25 }).values).toEqual([0, 0]);
    expect(hardSigmoidBackward(tensor([-3 + 2 ** -22, 3 - 2 ** -22]), tensor([6, 6])).values).toEqual([1, 1]);
    expect(hardSigmoidBackward(tensor([-3 - 2 ** -22, 3 + 2 ** -22]), tensor([6, 6])).values).toEqual([0, 0]);
  });

  it("gives a stopped gradient as 0 even where what arrives is NaN or infinite", () => {
    expect(hardSigmoidBackward(tensor([-4, 4, 3, 0]), tensor([NaN, Infinity, NaN, Infinity])).values).toEqual([0, 0, 0, Infinity]);
  });

  it("takes other lines: the 0.2 of older networks, a falling one, a level one", () => {
    expect(hardSigmoid(tensor([-2.5, 0, 1, 2.5]), { slope: 0.2 }).values).toEqual([0, 0.5, 0.7, 1].map(Math.fround));
    expect(hardSigmoid(tensor([-4, 1, 4]), { slope: -0.25, offset: 0.5 }).values).toEqual([1, 0.25, 0]);
    expect(hardSigmoidBackward(tensor([-4, 1, 4]), tensor([8, 8, 8]), { slope: -0.25 }).values).toEqual([0, -2, 0]);
    expect(hardSigmoid(tensor([-1e30, 1e30]), { slope: 0, offset: 0.25 }).values).toEqual([0.25, 0.25]);
  });

  it("takes magnitudes to the ends of float32", () => {
    expect(hardSigmoid(tensor([Infinity, -Infinity, 1e30, -1e30, 1e-30])).values).toEqual([1, 0, 1, 0, 0.5]);
    expect(hardSigmoidBackward(tensor([Infinity, -Infinity, 1e30, -1e30, 1e-30]), tensor([6, 6, 6, 6, 6])).values).toEqual([0, 0, 0, 0, 1]);
  });

  it("has the gradient that differences have, bit for bit, on odd numbers and lines of powers of two with kinks at even ones", () => {
    fc.assert(fc.property(shapes, seeds, fc.constantFrom({ slope: 0.25, offset: 0.5 }, { slope: 0.125, offset: 0.25 }), (shape, seed, line) => {
      const [input, dOutput] = [odd(seed, shape), whole(seed + 3, shape)];
      const numerical = numericalGradient((x) => hardSigmoid(x, line), input, dOutput, 0.5);
      expect(plain(hardSigmoidBackward(input, dOutput, line))).toEqual(plain(numerical));
    }), { numRuns: runs(60) });
  });

  it("is rounded correctly, but for the double between", () => {
    fc.assert(fc.property(seeds, (seed) => {
      const input = wild(seed, [8], 2);
      input.values.forEach((x, i) => {
        expect(judgeRounding(hardSigmoid(input).values[i]!, exactOf("hardSigmoid", {})(x), exactly(2 ** -52))).not.toBe("wrong");
      });
    }), { numRuns: runs(20) });
  });

  behavesPointwise({
    name: "hardSigmoid", forward: hardSigmoid, backward: hardSigmoidBackward, layer: HardSigmoid,
    options: [{ slope: 0.2, offset: 0.4 }, {}, { slope: 0.25, offset: 0.5 }],
    kinks: ({ slope = 1 / 6, offset = 0.5 }) => [-offset / slope, (1 - offset) / slope],
    refused: [
      [{ offset: Infinity }, "RangeError: expected offset a finite number, got Infinity"],
      [{ alpha: 1 }, "RangeError: expected only the options slope, offset, got alpha"],
    ],
  });
});

describe("elu and selu next to the exact series", () => {
  it("keep the precision of doubles wherever e^x − 1 is not 0", () => {
    const { from, exp, toRational } = highPrecision(400);
    for (const x of [-1e-30, -1e-8, -1e-3, -0.1, -0.5, -1, -3, -10, -40].map(Math.fround)) {
      const power = toRational(exp(from(exactly(x))));
      // A library's function is within 2·2^-53 in V8; here it is multiplied by 1.
      expect(relativeError(raw(elu(widen(tensor(x))))[0]!, rationals.subtract(power, rational(1n))), `elu(${x})`).toBeLessThan(3);
      expect(relativeError(raw(eluBackward(widen(tensor(x)), tensor(1)))[0]!, power), `elu'(${x})`).toBeLessThan(3);
      // Two more factors, one of them rounded.
      const factor = rationals.multiply(exactly(1.0507009873554805), exactly(1.6732632423543772));
      expect(relativeError(raw(seluBackward(widen(tensor(x)), tensor(1)))[0]!, rationals.multiply(factor, power)), `selu'(${x})`).toBeLessThan(5);
    }
  });
});
