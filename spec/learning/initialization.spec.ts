import { describe, expect, it } from "vitest";
import { fansOf, glorotUniform, heUniform } from "../../src/learning/initialization.ts";
import { key } from "../../src/tensor/random.ts";
import { refusal } from "./support.ts";

const spreadOf = (values: readonly number[]): { readonly largest: number; readonly mean: number; readonly variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    largest: Math.max(...values.map(Math.abs)), mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
  };
};

describe("the fans of weights", () => {
  it("count what an output sums over and what an input reaches, taps included", () => {
    expect(fansOf([10, 784])).toEqual({ fanIn: 784, fanOut: 10 });
    // 96 filters of 11×11 over 3 channels.
    expect(fansOf([96, 3, 11, 11])).toEqual({ fanIn: 363, fanOut: 11616 });
    expect(fansOf([4, 0])).toEqual({ fanIn: 0, fanOut: 4 });
  });

  it("need an output and an input axis", () => {
    expect(refusal(() => fansOf([3]))).toBe("RangeError: fansOf: expected a shape [out, in, …window], got [3]");
    expect(refusal(() => fansOf(3 as never))).toBe("TypeError: fansOf: expected a shape (an array of sizes), got 3");
  });
});

// 5000 uniform draws: the mean is within 5 standard errors (σ / 70), the variance within 6 % (5 · √(0.8 / 5000)).
const draws = [50, 100] as const;

describe("Glorot's uniform weights", () => {
  it("fill ±√(6 / (fanIn + fanOut)) evenly: mean 0, variance 2 / (fanIn + fanOut)", () => {
    const { largest, mean, variance } = spreadOf(glorotUniform(key(1), draws, { fanIn: 100, fanOut: 50 }).values);
    expect(largest).toBeLessThanOrEqual(0.2);
    expect(largest).toBeGreaterThan(0.199);
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(2 / 150 / 5000));
    expect(Math.abs(variance / (2 / 150) - 1)).toBeLessThan(0.06);
  });

  it("follow from the key: the same from the same, others from another", () => {
    const fans = fansOf([3, 4]);
    expect(glorotUniform(key(1), [3, 4], fans)).toEqual(glorotUniform(key(1), [3, 4], fans));
    expect(glorotUniform(key(1), [3, 4], fans)).not.toEqual(glorotUniform(key(2), [3, 4], fans));
    expect(glorotUniform(key(1), [3, 4], fans).shape).toEqual([3, 4]);
  });

  it("need fans", () => {
    expect(refusal(() => glorotUniform(key(1), [2, 2], { fanIn: 2 } as never))).toBe("TypeError: glorotUniform: expected fanOut as a whole number of at least 0, got undefined");
    expect(refusal(() => glorotUniform(key(1), [2, 2], undefined as never))).toBe("TypeError: glorotUniform: expected fanIn as a whole number of at least 0, got undefined");
    expect(refusal(() => glorotUniform(key(1), [2, 2], { fanIn: -1, fanOut: 2 }))).toBe("RangeError: glorotUniform: expected fanIn as a whole number of at least 0, got -1");
    expect(refusal(() => glorotUniform(key(1), [2, 2], { fanIn: 1, fanOut: 0.5 }))).toBe("RangeError: glorotUniform: expected fanOut as a whole number of at least 0, got 0.5");
    expect(refusal(() => glorotUniform(key(1), [0, 0], fansOf([0, 0])))).toBe("RangeError: glorotUniform: expected a fan of at least 1, got 0");
    expect(refusal(() => glorotUniform(1 as never, [2, 2], fansOf([2, 2])))).toBe("TypeError: uniform: expected a key (from key, split or foldIn), got 1");
  });
});

describe("He's uniform weights", () => {
  it("fill ±√(6 / fanIn) evenly: mean 0, variance 2 / fanIn", () => {
    const { largest, mean, variance } = spreadOf(heUniform(key(1), draws, { fanIn: 150 }).values);
    expect(largest).toBeLessThanOrEqual(0.2);
    expect(largest).toBeGreaterThan(0.199);
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(2 / 150 / 5000));
    expect(Math.abs(variance / (2 / 150) - 1)).toBeLessThan(0.06);
  });

  it("look at fanIn alone", () => {
    expect(heUniform(key(1), [3, 4], fansOf([3, 4]))).toEqual(heUniform(key(1), [3, 4], { fanIn: 4 }));
    expect(refusal(() => heUniform(key(1), [3, 0], { fanIn: 0 }))).toBe("RangeError: heUniform: expected a fan of at least 1, got 0");
    expect(refusal(() => heUniform(key(1), [3, 0], {} as never))).toBe("TypeError: heUniform: expected fanIn as a whole number of at least 0, got undefined");
  });
});
