import { deepStrictEqual, notDeepStrictEqual } from "node:assert";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  Tensor, add, adopt, at, checkTensor, checkTensorOf, combine, doubles, emptyStorage, equals, filled, fromDoubles, generate, isWide, map, raw,
  reshape, tensor, toNested, widen, zeros,
} from "../../src/tensor/tensor.ts";
import type { NestedNumbers } from "../../src/tensor/tensor.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const float32 = fc.float({ noDefaultInfinity: false });

/** A tensor with any numbers that float32 has. */
const tensors: fc.Arbitrary<Tensor> = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) =>
  fc.array(float32, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((values) => new Tensor(shape, values)));

/** The same tensor with one number changed. */
const changed = (t: Tensor, position: number): Tensor => map(t, (value, i) => (i === position ? (value === 1 ? 2 : 1) : value));

describe("a tensor", () => {
  it("holds rows of numbers under a shape", () => {
    const t = tensor([[1, 2, 3], [4, 5, 6]]);
    expect(t.shape).toEqual([2, 3]);
    expect(t.values).toEqual([1, 2, 3, 4, 5, 6]);
    expect(at(t, [1, 0])).toBe(4);
  });

  it("rounds its numbers to float32 once", () => {
    expect(new Tensor([2], [0.1, 1 / 3]).values).toEqual([Math.fround(0.1), Math.fround(1 / 3)]);
    expect(new Tensor([1], [3.5e38]).values).toEqual([Infinity]);
    expect(new Tensor([1], [1e-46]).values).toEqual([0]);
  });

  it("copies values and shape in", () => {
    const [shape, values] = [[2], new Float32Array([1, 2])];
    const t = new Tensor(shape, values);
    shape[0] = 7;
    values[0] = 7;
    expect(t.shape).toEqual([2]);
    expect(t.values).toEqual([1, 2]);
  });

  it("takes any array of numbers", () => {
    for (const values of [[1, 2], new Float64Array([1, 2]), new Uint8Array([1, 2]), { length: 2, 0: 1, 1: 2 }]) {
      expect(new Tensor([2], values).values).toEqual([1, 2]);
    }
  });

  it("gives its values out as a fresh array at every reading", () => {
    const t = tensor([1, 2]);
    (t.values as number[])[0] = 7;
    expect(t.values).toEqual([1, 2]);
    expect(t.values).not.toBe(t.values);
  });

  it("cannot be changed", () => {
    const t = tensor([1, 2]) as unknown as { shape: number[]; values: number[]; more?: number };
    expect(() => { t.shape = [1]; }).toThrow(TypeError);
    expect(() => { t.shape[0] = 1; }).toThrow(TypeError);
    expect(() => { t.values = [3, 4]; }).toThrow(TypeError);
    expect(() => { t.more = 1; }).toThrow(TypeError);
    expect(() => Object.defineProperty(t, "values", { value: [3, 4] })).toThrow(TypeError);
    expect(t.values).toEqual([1, 2]);
  });

  it("hands its store out by no path", () => {
    const t = tensor([[1, 2]]);
    const seen = new Set<unknown>();
    const walk = (value: unknown): void => {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
      expect(ArrayBuffer.isView(value) || value instanceof ArrayBuffer).toBe(false);
      seen.add(value);
      if (value === Object.prototype || value === Function.prototype || value === Array.prototype) return;
      for (const key of Reflect.ownKeys(value)) {
        const { get, value: held } = Object.getOwnPropertyDescriptor(value, key)!;
        walk(get === undefined ? held : get.call(t));
      }
      walk(Object.getPrototypeOf(value));
    };
    walk(t);
    [t.toJSON(), t.values, toNested(t), structuredClone(t)].forEach(walk);
    expect(seen.size).toBeGreaterThan(8);
  });

  it("lets no store in through the constructor's third argument", () => {
    const values = new Float32Array([1, 2]);
    for (const claim of [true, {}, Symbol("ownership"), Symbol.for("ownership"), "ownership", Tensor, values]) {
      const t = new (Tensor as new (shape: number[], values: Float32Array, claim: unknown) => Tensor)([2], values, claim);
      expect(raw(t)).not.toBe(values);
    }
    const wide = new (Tensor as new (shape: number[], values: Float64Array, claim: unknown) => Tensor)([1], new Float64Array([0.1]), true);
    expect(wide.values).toEqual([Math.fround(0.1)]);
  });

  it.each([
    [() => new Tensor([2, 2], [1, 2, 3]), "RangeError: Tensor: expected 4 values for shape [2, 2], got 3"],
    [() => new Tensor([], []), "RangeError: Tensor: expected 1 values for shape [], got 0"],
    [() => new Tensor([2], [1, "2"] as number[]), 'TypeError: Tensor: expected values that are numbers, got "2" at position 1'],
    [() => new Tensor([2], [1, , 3].slice(0, 2) as number[]), "TypeError: Tensor: expected values that are numbers, got undefined at position 1"],
    [() => new Tensor([1], new BigInt64Array([1n]) as never), "TypeError: Tensor: expected values that are numbers, got 1n at position 0"],
    [() => new Tensor([1], 1 as never), "TypeError: Tensor: expected values as an array of numbers, got 1"],
    [() => new Tensor([1], null as never), "TypeError: Tensor: expected values as an array of numbers, got null"],
    [() => new Tensor([1], new DataView(new ArrayBuffer(4)) as never), "TypeError: Tensor: expected values as an array of numbers, got a DataView"],
    [() => new Tensor([-1], []), "RangeError: Tensor: expected a shape of whole sizes of at least 0, got [-1]"],
  ])("refuses what does not fit: %#", (make, message) => {
    expect(thrown(make)).toBe(message);
  });
});

describe("two tensors with different numbers", () => {
  const pairs = tensors.filter((t) => t.values.length > 0).chain((t) =>
    fc.integer({ min: 0, max: t.values.length - 1 }).map((position) => [t, changed(t, position)] as const));

  it("differ in every deep equality, clone and JSON", () => {
    fc.assert(fc.property(pairs, ([a, b]) => {
      notDeepStrictEqual(a, b);
      notDeepStrictEqual({ nested: [a] }, { nested: [b] });
      expect(a).not.toEqual(b);
      expect(a).not.toStrictEqual(b);
      expect(structuredClone(a)).not.toEqual(structuredClone(b));
      expect(JSON.stringify(a)).not.toBe(JSON.stringify(b));
      expect(equals(a, b)).toBe(false);
    }), { numRuns: runs(100) });
  });

  it("while two of the same numbers agree in all of them", () => {
    fc.assert(fc.property(tensors, (a) => {
      const b = new Tensor(a.shape, a.values);
      deepStrictEqual(a, b);
      expect(a).toEqual(b);
      expect(a).toStrictEqual(b);
      expect(structuredClone(a)).toEqual(structuredClone(b));
      expect(structuredClone(a)).toEqual({ shape: a.shape, values: a.values });
      expect(JSON.stringify(a)).toBe(JSON.stringify(b));
      expect(equals(a, b)).toBe(true);
    }), { numRuns: runs(100) });
  });

  it("differ where only the shape or the sign of a zero does", () => {
    notDeepStrictEqual(tensor([1, 2]), tensor([[1, 2]]));
    notDeepStrictEqual(tensor([0]), tensor([-0]));
    expect(equals(tensor([1, 2]), tensor([[1, 2]]))).toBe(false);
    expect(equals(tensor([0]), tensor([-0]))).toBe(false);
    expect(equals(tensor([NaN]), tensor([NaN]))).toBe(true);
    expect(equals(tensor([]), tensor([[]]))).toBe(false);
  });
});

describe("JSON", () => {
  it("keeps every number, by name where JSON has none for it", () => {
    expect(JSON.parse(JSON.stringify(tensor([1.5, NaN, Infinity, -Infinity, -0, 0]))))
      .toEqual({ shape: [6], values: [1.5, "NaN", "Infinity", "-Infinity", "-0", 0] });
  });

  it("leads back to the same tensor", () => {
    fc.assert(fc.property(tensors, (t) => {
      const { shape, values } = JSON.parse(JSON.stringify(t)) as { shape: number[]; values: (number | string)[] };
      return equals(new Tensor(shape, values.map(Number)), t);
    }), { numRuns: runs(200) });
  });
});

describe("a printed tensor", () => {
  it.each([
    [tensor(7), "Tensor []\n  7"],
    [tensor([1, -2.5, 10]), "Tensor [3]\n     1  -2.5    10"],
    [tensor([[1, 20], [-0, NaN]]), "Tensor [2, 2]\n    1   20\n   -0  NaN"],
    [generate([2, 1, 2, 2], (i) => i), "Tensor [2, 1, 2, 2]\n  at [0, 0]\n  0  1\n  2  3\n  at [1, 0]\n  4  5\n  6  7"],
    [generate([2, 3, 1, 1], (i) => i), "Tensor [2, 3, 1, 1]\n" + [0, 1, 2, 3, 4, 5].map((i) => `  at [${Math.floor(i / 3)}, ${i % 3}]\n  ${i}`).join("\n")],
    [tensor([0.1, 1 / 3]), "Tensor [2]\n        0.1  0.3333333"],
    [zeros([2, 0]), "Tensor [2, 0]\n  (no values)"],
    [zeros([0]), "Tensor [0]\n  (no values)"],
  ])("shows rows under its shape: %#", (t, text) => {
    expect(String(t)).toBe(text);
    expect(inspect(t)).toBe(text);
  });

  it("stops after a thousand values and says how many are left", () => {
    const lines = String(zeros([300, 5])).split("\n");
    expect(lines).toHaveLength(202);
    expect(lines.at(-1)).toBe("  … 500 more");
    expect(String(zeros([1000]))).not.toContain("more");
  });
});

describe("making a tensor", () => {
  it("from nested arrays and back is the identity", () => {
    fc.assert(fc.property(tensors.filter((t) => !t.shape.includes(0)), (t) => equals(tensor(toNested(t)), t)), { numRuns: runs(100) });
    expect(toNested(tensor([[], []]))).toEqual([[], []]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor(7).shape).toEqual([]);
    expect(toNested(tensor(7))).toBe(7);
  });

  it.each([
    [[[1, 2], [3]], "RangeError: tensor: expected rows of equal shape, got [2] and [1]"],
    [[1, [2]], "RangeError: tensor: expected rows of equal shape, got [] and [1]"],
    [[1, "2"], 'TypeError: tensor: expected numbers or nested arrays of numbers, got "2"'],
    [[1, , 3], "TypeError: tensor: expected numbers or nested arrays of numbers, got undefined"],
    [new Float32Array(2), "TypeError: tensor: expected numbers or nested arrays of numbers, got a Float32Array"],
    [null, "TypeError: tensor: expected numbers or nested arrays of numbers, got null"],
  ])("from %j is refused", (nested, message) => {
    expect(thrown(() => tensor(nested as NestedNumbers))).toBe(message);
  });

  it("from one value or a formula", () => {
    expect(filled([2, 2], 0.5)).toEqual(tensor([[0.5, 0.5], [0.5, 0.5]]));
    expect(zeros([2, 1])).toEqual(tensor([[0], [0]]));
    expect(generate([2, 3], (position) => position * position)).toEqual(tensor([[0, 1, 4], [9, 16, 25]]));
    expect(thrown(() => filled([2], "1" as never))).toBe('TypeError: filled: expected a number, got "1"');
    expect(thrown(() => filled([-2], 1))).toBe("RangeError: filled: expected a shape of whole sizes of at least 0, got [-2]");
    expect(thrown(() => zeros([-2]))).toBe("RangeError: zeros: expected a shape of whole sizes of at least 0, got [-2]");
    expect(thrown(() => generate([-2], () => 1))).toBe("RangeError: generate: expected a shape of whole sizes of at least 0, got [-2]");
    expect(thrown(() => generate([1], () => "1" as never))).toBe('TypeError: Tensor: expected values that are numbers, got "1" at position 0');
  });
});

describe("value by value", () => {
  it("map gives its function the value and the position, and nothing that leads to the store", () => {
    const calls: unknown[][] = [];
    map(tensor([5, 6]), (...args) => (calls.push(args), 0));
    expect(calls).toEqual([[5, 0], [6, 1]]);
  });

  it("combine gives its function the two values alone", () => {
    const calls: unknown[][] = [];
    combine(tensor([5, 6]), tensor([7, 8]), (...args) => (calls.push(args), 0));
    expect(calls).toEqual([[5, 7], [6, 8]]);
  });

  it("generate gives its function the position alone", () => {
    const calls: unknown[][] = [];
    generate([2], (...args) => (calls.push(args), 0));
    expect(calls).toEqual([[0], [1]]);
  });

  it("rounds once: a sum is the float32 nearest to the exact one", () => {
    fc.assert(fc.property(fc.tuple(float32, float32), ([a, b]) => equals(add(tensor([a]), tensor([b])), tensor([a + b]))), { numRuns: runs(200) });
    expect(map(tensor([1]), (x) => x / 3).values).toEqual([Math.fround(1 / 3)]);
    expect(add(tensor([1, 2]), tensor([10, 20]))).toEqual(tensor([11, 22]));
  });

  it.each([
    [() => combine(tensor([1, 2]), tensor([[1, 2]]), Math.max), "RangeError: combine: expected two tensors of one shape, got [2] and [1, 2]"],
    [() => combine([1] as never, tensor([1]), Math.max), "TypeError: combine: expected left as a Tensor, got [1]"],
    [() => combine(tensor([1]), { shape: [1], values: [1] } as never, Math.max), "TypeError: combine: expected right as a Tensor, got an object with shape, values"],
    [() => map(null as never, Math.abs), "TypeError: map: expected input as a Tensor, got null"],
    [() => equals(1 as never, tensor(1)), "TypeError: equals: expected left as a Tensor, got 1"],
    [() => equals(tensor(1), 1 as never), "TypeError: equals: expected right as a Tensor, got 1"],
    [() => toNested([] as never), "TypeError: toNested: expected input as a Tensor, got []"],
    [() => reshape([1] as never, [1]), "TypeError: reshape: expected input as a Tensor, got [1]"],
    [() => reshape(tensor([1, 2, 3]), [2, 2]), "RangeError: reshape: expected a shape of 3 values, got [2, 2]"],
    [() => reshape(tensor([1, 2]), [-2]), "RangeError: reshape: expected a shape of whole sizes of at least 0, got [-2]"],
    [() => at(tensor([[1, 2]]), [0]), "RangeError: at: expected an index within [1, 2], got [0]"],
    [() => at(tensor([[1, 2]]), [0, 2]), "RangeError: at: expected an index within [1, 2], got [0, 2]"],
    [() => at(tensor([[1, 2]]), [0, -1]), "RangeError: at: expected an index within [1, 2], got [0, -1]"],
    [() => at(tensor([1, 2]), [0.5]), "RangeError: at: expected an index within [2], got [0.5]"],
    [() => at(tensor([1, 2]), null as never), "RangeError: at: expected an index within [2], got null"],
    [() => at(5 as never, [0]), "TypeError: at: expected input as a Tensor, got 5"],
  ])("refuses what does not fit: %#", (call, message) => {
    expect(thrown(call)).toBe(message);
  });

  it("at finds each value at its index, reshape leaves the order as it is", () => {
    const t = generate([2, 3, 5], (position) => position);
    for (let i = 0; i < 30; i++) expect(at(t, [Math.floor(i / 15), Math.floor(i / 5) % 3, i % 5])).toBe(i);
    expect(reshape(t, [5, 6]).values).toEqual(t.values);
    expect(at(tensor(7), [])).toBe(7);
  });
});

describe("over doubles, inside of the package", () => {
  const third = widen(tensor([1 / 3]));

  it("a wide tensor keeps its numbers unrounded through every operation", () => {
    const wide = map(third, () => 1 / 3);
    expect([isWide(tensor([1])), isWide(third), isWide(wide)]).toEqual([false, true, true]);
    expect(wide.values).toEqual([1 / 3]);
    expect(combine(wide, tensor([1]), (a, b) => a + b).values).toEqual([1 / 3 + 1]);
    expect(combine(tensor([1]), wide, (a, b) => a + b).values).toEqual([1 / 3 + 1]);
    expect(reshape(wide, [1, 1]).values).toEqual([1 / 3]);
    expect(isWide(add(tensor([1]), tensor([1])))).toBe(false);
  });

  it("emptyStorage and fromDoubles are wide where any operand is", () => {
    expect(emptyStorage([tensor([1]), undefined], 2)).toEqual(new Float32Array(2));
    expect(emptyStorage([undefined, third], 2)).toEqual(new Float64Array(2));
    expect(fromDoubles([tensor([1]), undefined], [1], new Float64Array([0.1])).values).toEqual([Math.fround(0.1)]);
    expect(fromDoubles([tensor([1]), third], [1], new Float64Array([0.1])).values).toEqual([0.1]);
  });

  it("doubles reads any tensor, adopt takes a buffer over", () => {
    expect(doubles(tensor([0.5]))).toEqual(new Float64Array([0.5]));
    expect(doubles(third)).toBe(raw(third));
    const buffer = new Float32Array([1, 2]);
    expect(raw(adopt([2], buffer))).toBe(buffer);
    expect(thrown(() => adopt([3], buffer))).toBe("RangeError: Tensor: expected 3 values for shape [3], got 2");
  });

  test("checks name the operation and the argument", () => {
    const t = tensor([[1, 2]]);
    expect(checkTensor("relu", "input", t)).toBe(t);
    expect(checkTensorOf("relu", "input", t, [1, 2])).toBe(t);
    expect(thrown(() => checkTensor("relu", "input", [1]))).toBe("TypeError: relu: expected input as a Tensor, got [1]");
    expect(thrown(() => checkTensorOf("relu", "dOutput", t, [2, 1]))).toBe("RangeError: relu: expected dOutput of shape [2, 1], got [1, 2]");
    expect(thrown(() => checkTensorOf("relu", "dOutput", undefined, [2, 1]))).toBe("TypeError: relu: expected dOutput as a Tensor, got undefined");
  });
});
