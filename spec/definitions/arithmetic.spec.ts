import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, flatten, indices, mapNested, nest, shapeOf, tabulate } from "./nested.ts";
import {
  accumulationRadius, type Arithmetic, derivative, dual, duals, judgeRounding, nearestFloat32, nearestFloat64, numbers, rational,
  rationalDistance, rationals, type Rational, roundingBoundaryDistance, sum,
} from "./scalar.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const fraction = fc.tuple(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.bigInt({ min: 1n, max: 2n ** 80n }))
  .map(([numerator, denominator]) => rational(numerator, denominator));
/** Small integers: duals of them are exact, so that laws hold to the bit. */
const integerDual = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 })).map(([x, dx]) => dual(x, dx));

const obeysRingLaws = <S>(a: Arithmetic<S>, scalars: fc.Arbitrary<S>): void => {
  const zero = a.from(0);
  // Adding zero turns −0 into 0.
  const equal = (left: S, right: S): void => expect(a.add(left, zero)).toEqual(a.add(right, zero));
  fc.assert(fc.property(scalars, scalars, scalars, (x, y, z) => {
    equal(a.add(x, y), a.add(y, x));
    equal(a.add(a.add(x, y), z), a.add(x, a.add(y, z)));
    equal(a.multiply(a.multiply(x, y), z), a.multiply(x, a.multiply(y, z)));
    equal(a.multiply(a.add(x, y), z), a.add(a.multiply(x, z), a.multiply(y, z)));
    equal(a.add(x, a.negate(y)), a.subtract(x, y));
    equal(a.multiply(x, a.from(1)), x);
  }));
};

describe("the exact fractions", () => {
  it("obey the laws of a field", () => {
    obeysRingLaws(rationals, fraction);
    fc.assert(fc.property(fraction, fraction.filter((y) => y.numerator !== 0n), (x, y) => {
      expect(rationals.multiply(rationals.divide(x, y), y)).toEqual(x);
    }));
  });

  it("are kept in lowest terms with a positive denominator", () => {
    expect(rational(6n, -4n)).toEqual({ numerator: -3n, denominator: 2n });
    expect(rational(0n, -7n)).toEqual({ numerator: 0n, denominator: 1n });
    expect(rational(-12n, 8n)).toEqual({ numerator: -3n, denominator: 2n });
    expect(rational(3n, 8n)).toEqual({ numerator: 3n, denominator: 8n });
  });

  it("hold every finite double exactly", () => {
    fc.assert(fc.property(finite, (x) => {
      expect(rationals.toNumber(rationals.from(x)) === x).toBe(true);
    }));
    expect(rationals.from(0.1)).toEqual({ numerator: 3602879701896397n, denominator: 2n ** 55n });
    expect(rationals.from(2 ** -1074)).toEqual({ numerator: 1n, denominator: 2n ** 1074n });
  });

  it("compare as their values do", () => {
    fc.assert(fc.property(finite, finite, (x, y) => {
      expect(rationals.compare(rationals.from(x), rationals.from(y))).toBe(numbers.compare(x, y));
    }));
    expect(rationalDistance(rational(1n, 3n), rational(1n, 2n))).toEqual(rational(1n, 6n));
  });

  it("refuse what is no fraction", () => {
    expect(() => rationals.from(NaN)).toThrow("rationals.from: expected a finite number, got NaN");
    expect(() => rationals.divide(rational(1n), rational(0n))).toThrow("rational: expected a denominator other than 0, got 1/0");
    for (const name of ["exp", "log", "tanh", "sqrt"] as const) {
      const message = `rationals.${name}: expected an operation with an exact value, got ${name}(1/2)`;
      expect(() => rationals[name](rational(1n, 2n))).toThrow(message);
    }
  });
});

describe("the dual numbers", () => {
  it("obey the laws of a ring", () => obeysRingLaws(duals, integerDual));

  it("divide as the inverse of multiplication", () => {
    const powers = fc.integer({ min: -8, max: 8 }).chain((e) => fc.integer({ min: -99, max: 99 }).map((dx) => dual(2 ** e, dx)));
    fc.assert(fc.property(integerDual, powers, (x, y) => {
      const back = duals.multiply(duals.divide(x, y), y);
      expect(back.value).toBe(x.value);
      expect(Math.abs(back.derivative - x.derivative)).toBeLessThanOrEqual(1e-9);
    }));
  });

  it("know the derivatives of the functions", () => {
    // d exp x = exp x; d log x = 1/x; d tanh x = 1 − tanh² x; d √x = 1/(2√x); d (1/x) = −1/x².
    fc.assert(fc.property(fc.double({ min: 0.125, max: 4, noNaN: true }), (x) => {
      const slope = (f: (s: ReturnType<typeof dual>) => ReturnType<typeof dual>): number => derivative(([s]) => f(s!), [x], [1]);
      const near = (actual: number, expected: number): void =>
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(expected)));
      near(slope(duals.exp), Math.exp(x));
      near(slope(duals.log), 1 / x);
      near(slope(duals.tanh), 1 - Math.tanh(x) ** 2);
      near(slope(duals.sqrt), 1 / (2 * Math.sqrt(x)));
      near(slope((s) => duals.divide(duals.from(1), s)), -1 / x ** 2);
    }));
  });

  it("give the derivative along a direction", () => {
    // f = x²·y at (3, 5): 2·3·5 along x, 9 along y; along (1, 2): 30 + 18.
    const f = ([x, y]: readonly ReturnType<typeof dual>[]): ReturnType<typeof dual> => duals.multiply(duals.multiply(x!, x!), y!);
    expect(derivative(f, [3, 5], [1, 2])).toBe(48);
    expect(() => derivative(f, [3, 5], [1])).toThrow("derivative: expected a direction of 2 numbers, got 1");
  });

  it("compare by value and see NaN", () => {
    expect(duals.compare(dual(1, 9), dual(2, 0))).toBe(-1);
    expect(duals.compare(dual(1, 9), dual(1, 0))).toBe(0);
    expect(duals.compare(dual(NaN), dual(1))).toBeNaN();
    expect(duals.isNaN(dual(NaN, 0))).toBe(true);
    expect(duals.isNaN(dual(0, NaN))).toBe(false);
  });
});

describe("rounding to float32", () => {
  const power = (exponent: number): Rational => rationals.from(2 ** exponent);
  const float32Max = (2 - 2 ** -23) * 2 ** 127;

  it("agrees with Math.fround on every double", () => {
    fc.assert(fc.property(finite, (x) => {
      expect(Object.is(nearestFloat32(rationals.from(x)), x === 0 ? 0 : Math.fround(x))).toBe(true);
    }), { numRuns: 1000 });
  });

  it("agrees with Math.fround on midpoints and their neighbours, subnormals and overflow included", () => {
    const midpoint = fc.float({ noNaN: true, noDefaultInfinity: true }).map((x) => {
      const bits = new Uint32Array(new Float32Array([Math.abs(x)]).buffer)[0]!;
      const next = new Float32Array(new Uint32Array([bits + 1]).buffer)[0]!;
      return Number.isFinite(next) ? (Math.abs(x) + next) / 2 : 2 ** 128 - 2 ** 103;
    });
    fc.assert(fc.property(midpoint, fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 1), (middle, step, sign) => {
      const x = sign * middle * (1 + step * 2 ** -52);
      expect(nearestFloat32(rationals.from(x)) === Math.fround(x)).toBe(true);
      expect(roundingBoundaryDistance(rationals.from(middle))).toEqual(rational(0n));
    }), { numRuns: 1000 });
  });

  it("rounds once where rounding to double first would round twice", () => {
    // 1 + 2⁻²⁴ + 2⁻⁸⁰ lies above the midpoint, but its double is the midpoint, and the tie would go down to 1.
    const r = sum(rationals, [power(0), power(-24), power(-80)]);
    expect(nearestFloat32(r)).toBe(1 + 2 ** -23);
    expect(Math.fround(nearestFloat64(r))).toBe(1);
  });

  it("rounds thirds to the nearest double", () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1 }), (n, d) => {
      expect(nearestFloat64(rational(BigInt(n), BigInt(d))) === n / d).toBe(true);
    }));
  });

  it("keeps the sign of what underflows, and overflows from 2¹²⁸ − 2¹⁰³ on", () => {
    expect(nearestFloat32(rationals.negate(power(-150)))).toBe(-0);
    expect(nearestFloat32(rational(3n, 2n ** 151n))).toBe(2 ** -149);
    expect(nearestFloat32(rational(2n ** 128n - 2n ** 103n))).toBe(Infinity);
    expect(nearestFloat32(rational(2n ** 128n - 2n ** 103n - 1n))).toBe(float32Max);
    expect(nearestFloat32(rational(-(2n ** 2000n)))).toBe(-Infinity);
    expect(nearestFloat32(rational(0n))).toBe(0);
  });

  it("knows the distance to the next boundary", () => {
    // Above 1 the spacing is 2⁻²³, below it 2⁻²⁴: the nearer midpoint is 2⁻²⁵ below.
    expect(roundingBoundaryDistance(power(0))).toEqual(power(-25));
    expect(roundingBoundaryDistance(rationals.from(1.5))).toEqual(power(-24));
    expect(roundingBoundaryDistance(rationals.from(-1.5))).toEqual(power(-24));
    // Subnormals, zero, and the smallest normal number stand 2⁻¹⁴⁹ apart on both sides.
    expect(roundingBoundaryDistance(rational(0n))).toEqual(power(-150));
    expect(roundingBoundaryDistance(power(-126))).toEqual(power(-150));
    // Beyond the largest number only the point where overflow begins is left.
    expect(roundingBoundaryDistance(rational(2n ** 128n))).toEqual(power(103));
    expect(roundingBoundaryDistance(rationals.from(float32Max))).toEqual(power(103));
  });

  it("no value within that distance rounds elsewhere, some value at twice the distance does", () => {
    const scaled = fc.tuple(finite, fraction).map(([x, r]) => rationals.multiply(rationals.from(Math.fround(x % 1e30)), r));
    fc.assert(fc.property(scaled, (r) => {
      const distance = roundingBoundaryDistance(r);
      const [near, far] = [rationals.multiply(distance, rational(999n, 1000n)), rationals.multiply(distance, rational(2n))];
      const ends = (radius: Rational): readonly number[] =>
        [nearestFloat32(rationals.subtract(r, radius)), nearestFloat32(rationals.add(r, radius))];
      expect(ends(near).every((end) => end === nearestFloat32(r))).toBe(true);
      if (distance.numerator !== 0n) expect(ends(far).some((end) => end !== nearestFloat32(r))).toBe(true);
    }));
  });

  it("judges a result: rounded, excused near a boundary, or wrong", () => {
    // The exact value 1 + 2⁻²⁴ + 2⁻⁶⁰ rounds up; a double sum may lose the last term and land on the tie.
    const exact = sum(rationals, [power(0), power(-24), power(-60)]);
    const radius = accumulationRadius(2, exact);
    expect(radius).toEqual(rationals.multiply(exact, power(-52)));
    expect(judgeRounding(1 + 2 ** -23, exact, radius)).toBe("rounded");
    expect(judgeRounding(1, exact, radius)).toBe("excused");
    expect(judgeRounding(1, exact, power(-61))).toBe("wrong");
    expect(judgeRounding(1 - 2 ** -24, exact, radius)).toBe("wrong");
    expect(judgeRounding(1 + 2 ** -24, exact, radius)).toBe("wrong");
    expect(judgeRounding(NaN, exact, radius)).toBe("wrong");
    expect(judgeRounding(-0, rational(0n), rational(0n))).toBe("rounded");
  });

  it("finds every double sum of float32 products rounded or excused", () => {
    const float32 = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e15), max: Math.fround(1e15) });
    fc.assert(fc.property(fc.array(fc.tuple(float32, float32), { minLength: 1, maxLength: 12 }), (pairs) => {
      const products = pairs.map(([x, y]) => rationals.multiply(rationals.from(x), rationals.from(y)));
      const absolute = sum(rationals, products.map((product) => rationalDistance(product, rational(0n))));
      const actual = Math.fround(pairs.reduce((total, [x, y]) => total + x * y, 0));
      expect(judgeRounding(actual, sum(rationals, products), accumulationRadius(pairs.length, absolute))).not.toBe("wrong");
    }));
  });
});

describe("nested arrays", () => {
  const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 });

  it("keep their shape and their row-major order, sizes of zero included", () => {
    fc.assert(fc.property(shape, (sizes) => {
      const values = Array.from({ length: sizes.reduce((product, size) => product * size, 1) }, (_, i) => i);
      const nested = nest(values, sizes);
      expect(shapeOf(nested)).toEqual(sizes);
      expect(flatten(nested)).toEqual(values);
      expect(indices(sizes).map((index) => at(nested, index))).toEqual(values);
      expect(shapeOf(mapNested(nested, (x) => -x))).toEqual(sizes);
    }));
  });

  it("are what one writes by hand", () => {
    expect(nest([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([[1, 2, 3], [4, 5, 6]]);
    expect(tabulate([2, 2], ([i, j]) => 10 * i! + j!)).toEqual([[0, 1], [10, 11]]);
    expect(nest([7], [])).toBe(7);
    expect(mapNested([[1], [2]], (x) => x * x)).toEqual([[1], [4]]);
  });

  it("refuse ragged rows, wrong counts and foreign indices", () => {
    expect(() => shapeOf([[1, 2], [3]])).toThrow("shapeOf: expected elements of one shape, got ragged rows");
    expect(() => nest([1, 2, 3], [2, 2])).toThrow("nest: expected 4 values for shape [2,2], got 3");
    expect(() => at([[1, 2]], [0, 2])).toThrow("at: expected an index into shape [1,2], got [0,2]");
    expect(() => at([[1, 2]], [0])).toThrow("at: expected an index into shape [1,2], got [0]");
  });
});
