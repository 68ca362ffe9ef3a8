import { describe, expect, it } from "vitest";
import { activationsOf, clipped, productTerms, tapedGate, transposedTerms } from "../../../src/oracle/catalog/recurrent-gate.ts";
import { newTape } from "../../../src/oracle/first-order.ts";

/** So fine that only what is proportional to the unit roundoff is left. */
const unit = 2 ** -40;

const inUnits = (error: number): number => error / unit;

/** Value, derivative, and both errors in units, of an activation at a number with an error. */
const at = (name: string, a: number, off = 0, clip?: number, tiny = 0) => {
  const tape = newTape({ unit, tiny }, 64);
  const node = off === 0 ? tape.exact(a) : tape.step(a, off, [], []);
  const { value, slope } = clipped(activationsOf[name]!, clip)(tape, node);
  return { value: tape.value(value), slope: tape.value(slope), error: inUnits(tape.error(value)), slopeError: inUnits(tape.error(slope)) };
};

describe("an activation on a tape", () => {
  it.each([[0, 3, 1], [2, 0, 0], [-2, 0, 0]])("errs in the sigmoid of %d by the worst of its forms", (a) => {
    const y = 1 / (1 + Math.exp(-a));
    const own = Math.max(y * (8 * (1 - y) + 2), 4 * Math.abs(2 * y - 1) + y);
    const { value, slope, error, slopeError } = at("sigmoid", a);
    expect([value, slope]).toEqual([y, y * (1 - y)]);
    expect(error).toBeCloseTo(own, 6);
    // Computed anew, and from the y of the step before: |1 − 2y| times the error, twice.
    expect(slopeError).toBeCloseTo(Math.max(4 * slope, y * y + slope) + 2 * Math.abs(1 - 2 * y) * own, 6);
  });

  it("has 3 units at σ(0), of powers; near 0 and 1 some units of the whole, of tanh", () => {
    expect([at("sigmoid", 0).error, at("sigmoid", -30).error, at("sigmoid", 30).error].map((error) => Math.round(error))).toEqual([3, 4, 5]);
    expect(at("sigmoid", 30).slopeError).toBeCloseTo(1 + 2 * 5, 5);
  });

  it("errs in tanh by four units in the last place, in its derivative by a unit at least", () => {
    const y = Math.tanh(0.5);
    const { value, slope, error, slopeError } = at("tanh", 0.5);
    expect(value).toBe(y);
    expect(slope).toBeCloseTo(1 - y * y, 14);
    expect(error).toBeCloseTo(8 * y, 6);
    expect(at("tanh", -0.5).error).toBeCloseTo(8 * y, 6);
    expect(slopeError).toBeCloseTo(3 * (1 - y * y) + 2 * y * 8 * y, 6);
    expect(at("tanh", 20).slopeError).toBeCloseTo(1 + 2 * 8, 5);
  });

  it("passes on what its argument is off", () => {
    const y = Math.tanh(0.5);
    const slope = 1 - y * y;
    expect(at("tanh", 0.5, 100 * unit).error).toBeCloseTo(8 * y + 100 * slope, 5);
    expect(at("tanh", 0.5, 100 * unit).slopeError).toBeCloseTo(3 * slope + 2 * y * (8 * y + 100 * slope), 5);
    expect(at("identity", 3, 7 * unit)).toEqual({ value: 3, slope: 1, error: expect.closeTo(7, 6), slopeError: 0 });
  });

  it("may lose all that lies below the normal numbers", () => {
    const tiny = 2 ** -80;
    expect(at("tanh", 2 ** -45, 0, undefined, tiny).error * unit).toBeCloseTo(2 ** -45 + 2 ** -80, 20);
    expect(at("tanh", 2 ** -38, 0, undefined, tiny).error * unit).toBeLessThan(2 ** -50);
    expect(at("sigmoid", -40, 0, undefined, 1e-5).error * unit).toBeGreaterThan(1e-5);
  });

  it("errs in the hard sigmoid by either form, not at all beyond its ends, and once in its slope of 0.2", () => {
    expect(at("hardSigmoid", 1).error).toBeCloseTo(Math.max(2 * 0.2 + 0.7, 3 * 0.7), 6);
    expect(at("hardSigmoid", -2).error).toBeCloseTo(2 * 0.4 + 0.1, 6);
    expect(at("hardSigmoid", 1, 10 * unit).error).toBeCloseTo(2.1 + 2, 5);
    expect(at("hardSigmoid", 1).slopeError).toBeCloseTo(0.2, 6);
    expect(at("hardSigmoid", 3)).toEqual({ value: 1, slope: 0, error: 0, slopeError: 0 });
    expect(at("hardSigmoid", -3)).toEqual({ value: 0, slope: 0, error: 0, slopeError: 0 });
  });
});

describe("a kink of an activation", () => {
  it("is not there for what is exact: relu of 0 has the derivative 0", () => {
    expect(at("relu", 0)).toEqual({ value: 0, slope: 0, error: 0, slopeError: 0 });
    expect(at("relu", 2)).toEqual({ value: 2, slope: 1, error: 0, slopeError: 0 });
  });

  it("counts as a derivative of 1 that may be wrong by 1 where it may be crossed, from either side", () => {
    for (const a of [5 * unit, -5 * unit]) {
      const { value, slope, error, slopeError } = at("relu", a, 8 * unit);
      expect([value, slope]).toEqual([Math.max(0, a), 1]);
      expect(error).toBeCloseTo(8, 6);
      expect(slopeError * unit).toBeCloseTo(1, 6);
    }
    expect(at("relu", 9 * unit, 8 * unit).slopeError).toBe(0);
    expect(at("relu", -9 * unit, 8 * unit)).toEqual({ value: 0, slope: 0, error: 0, slopeError: 0 });
  });

  it("lies at both ends of the hard sigmoid, which rounding moves", () => {
    expect(at("hardSigmoid", 2.5).slopeError * unit).toBeCloseTo(0.2, 6);
    expect(at("hardSigmoid", -2.5).slopeError * unit).toBeCloseTo(0.2, 6);
    expect(at("hardSigmoid", 2.49).slopeError).toBeCloseTo(0.2, 6);
  });

  it("lies at the clip: at it the derivative stays, beyond it there is none, and the limit may be rounded", () => {
    const inside = at("tanh", 0.5);
    expect(at("tanh", 0.5, 0, 1)).toEqual(inside);
    expect(at("identity", 1, 0, 1)).toEqual({ value: 1, slope: 1, error: expect.closeTo(1, 6), slopeError: 0 });
    expect(at("identity", -3, 0, 1)).toEqual({ value: -1, slope: 0, error: expect.closeTo(1, 6), slopeError: 0 });
    expect(at("identity", 1 + 3 * unit, 8 * unit, 1).slopeError * unit).toBeCloseTo(1, 6);
    expect(at("identity", 1 + 3 * unit, 8 * unit, 1).error).toBeCloseTo(1 + 8, 6);
  });
});

describe("a product with a matrix on a tape", () => {
  it("has a term for each row of a column, or for each column of a row", () => {
    const matrix = [10, 11, 20, 21, 30, 31]; // three rows, two columns
    expect(productTerms([1, 2, 3], matrix)).toEqual([[[1, 10], [2, 20], [3, 30]], [[1, 11], [2, 21], [3, 31]]]);
    expect(transposedTerms([1, 2], matrix)).toEqual([[[1, 10], [2, 11]], [[1, 20], [2, 21]], [[1, 30], [2, 31]]]);
  });
});

describe("a gate on a tape", () => {
  it("rounds its sum once for each product and each addition, and once more for a second bias", () => {
    const tape = newTape({ unit, tiny: 0 }, 64);
    const vector = (...values: number[]) => values.map(tape.exact);
    const weights = { "g.wx": vector(2, 3, 5, 7), "g.wh": vector(2, 4, 2, 4), "g.bias": vector(10, 20), "g.peephole": vector(4, 6) };
    const seen = [vector(2, -2), vector(3, 0.5), vector(3, 2)] as const;
    const whole = tapedGate(tape, weights, "g.", activationsOf["identity"]!, ...seen);
    expect(whole.value.map(tape.value)).toEqual([4 - 10 + 7 + 10 + 12, 6 - 14 + 14 + 20 + 12]);
    const terms = [4, 10, 6, 1, 12].reduce((a, b) => a + b);
    expect(inUnits(tape.error(whole.value[0]!))).toBeCloseTo(7 * terms + 6 * 10, 6);
    const { "g.bias": _, "g.peephole": __, ...bare } = weights;
    const plain = tapedGate(tape, bare, "g.", activationsOf["identity"]!, ...seen);
    expect(inUnits(tape.error(plain.value[1]!))).toBeCloseTo(4 * (6 + 14 + 12 + 2), 6);
    const da = plain.backward((j) => [tape.exact(j + 2), tape.exact(5)]);
    expect(da.map(tape.value)).toEqual([10, 15]);
  });
});
