import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { permute } from "../../src/tensor/layout.ts";
import { matrixProduct, matrixProductBackward, sumOfProducts } from "../../src/tensor/matrix-product.ts";
import type { MatrixProductOptions } from "../../src/tensor/matrix-product.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { Tensor, equals, map, raw, tensor, toNested, widen, zeros } from "../../src/tensor/tensor.ts";
import { definitions, flatten, nest, numbers, rationals } from "../definitions/index.ts";
import { accumulationRadius, judgeRounding } from "../definitions/scalar.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

interface Operands {
  readonly left: Shape;
  readonly right: Shape;
  readonly output: Shape;
  readonly options: MatrixProductOptions;
}

/** Shapes of every legal form: stored either way, many pairs, or one matrix for many on either side; sizes of 0 and 1 too. */
const operands = (least: number): fc.Arbitrary<Operands> =>
  fc.record({
    sides: fc.tuple(...[6, 5, 7].map((max) => fc.integer({ min: least, max }))),
    batch: fc.array(fc.integer({ min: least, max: 3 }), { maxLength: 2 }),
    shared: fc.constantFrom("none", "left", "right"),
    options: fc.record({ transposeLeft: fc.boolean(), transposeRight: fc.boolean() }, { requiredKeys: [] }),
  }).map(({ sides: [m, k, n], batch, shared, options }) => ({
    left: [...(shared === "left" ? [] : batch), ...(options.transposeLeft ? [k!, m!] : [m!, k!])],
    right: [...(shared === "right" ? [] : batch), ...(options.transposeRight ? [n!, k!] : [k!, n!])],
    output: [...batch, m!, n!],
    options,
  }));

const filledWith = (values: fc.Arbitrary<number>, shape: Shape): fc.Arbitrary<Tensor> =>
  fc.array(values, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((list) => new Tensor(shape, list));

/** Small whole numbers: every product, sum and difference below is exact. */
const lattice = fc.integer({ min: -16, max: 16 });

const cases = (values: fc.Arbitrary<number>, least = 1): fc.Arbitrary<{ left: Tensor; right: Tensor; dOutput: Tensor; options: MatrixProductOptions }> =>
  operands(least).chain(({ left, right, output, options }) => fc.record({
    left: filledWith(values, left), right: filledWith(values, right), dOutput: filledWith(values, output), options: fc.constant(options),
  }));

const nested = (t: Tensor): ReturnType<typeof nest<number>> => nest(t.values, t.shape);

describe("the matrix product", () => {
  it("of 2×2 matrices sums rows times columns", () => {
    // 1·5 + 2·7, 1·6 + 2·8, 3·5 + 4·7, 3·6 + 4·8
    expect(toNested(matrixProduct(tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])))).toEqual([[19, 22], [43, 50]]);
  });

  it("agrees with its definition in every form, exactly on whole numbers", () => {
    fc.assert(fc.property(cases(lattice, 0), ({ left, right, dOutput, options }) => {
      const { output } = definitions["matrixProduct"]!(numbers, { left: nested(left), right: nested(right) }, options);
      const product = matrixProduct(left, right, options);
      expect(product.shape).toEqual(dOutput.shape);
      // + 0: a sum that is empty, or of zeros only, is 0 and never -0.
      expect(product.values).toEqual(flatten(output!).map((value) => value + 0));
    }), { numRuns: runs(200) });
  });

  it("agrees with its definition on sides of every remainder of the tile", () => {
    for (let m = 1; m <= 9; m++) {
      for (let n = 1; n <= 9; n++) {
        const left = map(zeros([m, 3]), (_, i) => (i % 5) - 2);
        const right = map(zeros([3, n]), (_, i) => (i % 7) - 3);
        const { output } = definitions["matrixProduct"]!(numbers, { left: nested(left), right: nested(right) }, {});
        expect(matrixProduct(left, right).values).toEqual(flatten(output!).map((value) => value + 0));
      }
    }
  });

  it("rounds every value once: to the float32 nearest to the exact sum, unless that lies within the error of a double sum", () => {
    const values = fc.oneof(
      fc.float({ noNaN: true, min: -1, max: 1 }),
      fc.tuple(fc.integer({ min: -(2 ** 24) + 1, max: 2 ** 24 - 1 }), fc.integer({ min: -44, max: 30 })).map(([digits, exponent]) => digits * 2 ** exponent),
    ).map((value) => (Math.abs(value) < 2 ** -40 ? 0 : value));
    const count = { rounded: 0, excused: 0, wrong: 0 };
    fc.assert(fc.property(cases(values), ({ left, right, options }) => {
      const inputs = { left: nest(left.values.map(rationals.from), left.shape), right: nest(right.values.map(rationals.from), right.shape) };
      const exact = flatten(definitions["matrixProduct"]!(rationals, inputs, options)["output"]!);
      const size = (t: Tensor): ReturnType<typeof nest<ReturnType<typeof rationals.from>>> => nest(t.values.map((x) => rationals.from(Math.abs(x))), t.shape);
      const absolute = flatten(definitions["matrixProduct"]!(rationals, { left: size(left), right: size(right) }, options)["output"]!);
      const terms = left.shape.at(options.transposeLeft ? -2 : -1)!;
      matrixProduct(left, right, options).values.forEach((value, i) => {
        count[judgeRounding(value, exact[i]!, accumulationRadius(terms, absolute[i]!))]++;
      });
    }), { numRuns: runs(60) });
    expect(count.wrong).toBe(0);
    // A boundary of float32 lies within reach of a double's error about once in 2²⁹/n sums; cancellation makes it somewhat more frequent.
    expect(count.excused).toBeLessThanOrEqual(count.rounded / 100);
  });

  it("serves many right sides with one left matrix, and the other way round", () => {
    const [one, many] = [tensor([[1, 2]]), tensor([[[1], [10]], [[3], [30]]])];
    expect(toNested(matrixProduct(one, many))).toEqual([[[21]], [[63]]]);
    expect(toNested(matrixProduct(many, one))).toEqual([[[1, 2], [10, 20]], [[3, 6], [30, 60]]]);
  });

  it("of operands stored the other way equals that of their transposes", () => {
    fc.assert(fc.property(cases(lattice), ({ left, right, options }) => {
      const swapped = (t: Tensor, turn = false): Tensor => {
        const axes = t.shape.map((_, axis) => axis);
        return turn ? permute(t, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]) : t;
      };
      return equals(matrixProduct(left, right, options), matrixProduct(swapped(left, options.transposeLeft), swapped(right, options.transposeRight)));
    }), { numRuns: runs(100) });
  });

  it("over nothing is 0, and of no rows or no pairs is empty", () => {
    expect(matrixProduct(zeros([2, 0]), zeros([0, 3]))).toEqual(zeros([2, 3]));
    expect(matrixProduct(zeros([0, 2]), zeros([2, 3])).shape).toEqual([0, 3]);
    expect(matrixProduct(zeros([0, 2, 2]), zeros([2, 3])).shape).toEqual([0, 2, 3]);
  });

  it("carries NaN and Infinity where they belong", () => {
    expect(matrixProduct(tensor([[NaN, 1], [Infinity, 1], [0, 1]]), tensor([[0], [1]])).values).toEqual([NaN, NaN, 1]);
  });
});

describe("the sum of matrix products", () => {
  const first = [tensor([[1, 2], [3, 4]]), tensor([[5, 6, 0], [7, 8, 1]])] as const;
  const second = [tensor([[10], [-10]]), tensor([[1, 2, 3]])] as const;

  it("adds the products of all pairs and a row to every row", () => {
    expect(toNested(sumOfProducts([first], undefined))).toEqual([[19, 22, 2], [43, 50, 4]]);
    expect(toNested(sumOfProducts([first, second], undefined))).toEqual([[29, 42, 32], [33, 30, -26]]);
    expect(toNested(sumOfProducts([first, second], tensor([100, 200, 300])))).toEqual([[129, 242, 332], [133, 230, 274]]);
  });

  it("is not rounded, and refuses what does not fit", () => {
    expect(sumOfProducts([[tensor([[1]]), tensor([[1]])], [tensor([[2 ** -30]]), tensor([[1]])]], undefined).values).toEqual([1 + 2 ** -30]);
    expect(thrown(() => sumOfProducts([[first[0], second[0]], [first[0], tensor([[1]])]], undefined)))
      .toBe("RangeError: sumOfProducts: expected right with 2 values to sum over, as left has, got 1; left [2, 2], right [1, 1]");
  });
});

describe("the gradient of the matrix product", () => {
  it("of 1×2 times 2×1 is each operand times what arrives", () => {
    const { left, right } = matrixProductBackward(tensor([[1, 2]]), tensor([[3], [4]]), tensor([[10]]));
    expect(toNested(left)).toEqual([[30, 40]]);
    expect(toNested(right)).toEqual([[10], [20]]);
  });

  it("is bit for bit what differences give, which are exact on whole numbers", () => {
    fc.assert(fc.property(cases(lattice), ({ left, right, dOutput, options }) => {
      const numerical = numericalGradient((point) => matrixProduct(point.left, point.right, options), { left, right }, dOutput, 1);
      const gradient = matrixProductBackward(left, right, dOutput, options);
      // + 0: differences may give -0.
      expect(gradient.left.values).toEqual(numerical.left.values.map((value) => value + 0));
      expect(gradient.right.values).toEqual(numerical.right.values.map((value) => value + 0));
      expect([gradient.left.shape, gradient.right.shape]).toEqual([left.shape, right.shape]);
    }), { numRuns: runs(60) });
  });

  it("is the adjoint: ⟨left·right, u⟩ = ⟨left, dLeft⟩ = ⟨right, dRight⟩", () => {
    const inner = (a: Tensor, b: Tensor): number => a.values.reduce((sum, value, i) => sum + value * b.values[i]!, 0);
    fc.assert(fc.property(cases(lattice), ({ left, right, dOutput, options }) => {
      const { left: dLeft, right: dRight } = matrixProductBackward(left, right, dOutput, options);
      const loss = inner(matrixProduct(left, right, options), dOutput);
      expect(inner(left, dLeft)).toBe(loss);
      expect(inner(right, dRight)).toBe(loss);
    }), { numRuns: runs(100) });
  });

  it("is summed in double where one matrix serves for many, and rounded once", () => {
    // 1 + 2⁻³⁰ − 1: three products, one gradient.
    const many = tensor([[[1]], [[2 ** -30]], [[-1]]]);
    expect(matrixProductBackward(tensor([[5]]), many, tensor([[[1]], [[1]], [[1]]])).left.values).toEqual([2 ** -30]);
    expect(matrixProductBackward(many, tensor([[5]]), tensor([[[1]], [[1]], [[1]]])).right.values).toEqual([2 ** -30]);
  });

  it("stays unrounded over doubles", () => {
    const third = map(widen(tensor([[1]])), () => 1 / 3);
    expect(raw(matrixProduct(third, tensor([[3]])))).toEqual(new Float64Array([1]));
    expect(raw(matrixProduct(third, tensor([[1]])))).toEqual(new Float64Array([1 / 3]));
    expect(raw(matrixProductBackward(tensor([[1]]), tensor([[1]]), third).left)).toEqual(new Float64Array([1 / 3]));
  });
});

describe("what does not fit", () => {
  const [row, matrix] = [zeros([1, 2]), zeros([2, 3])];
  it.each([
    [() => matrixProduct(row, row), "RangeError: matrixProduct: expected right with 2 values to sum over, as left has, got 1; left [1, 2], right [1, 2]"],
    [() => matrixProduct(row, matrix, { transposeLeft: true }), "RangeError: matrixProduct: expected right with 1 values to sum over, as left has, got 2; left [1, 2], right [2, 3]"],
    [() => matrixProduct(row, matrix, { transposeRight: true }), "RangeError: matrixProduct: expected right with 2 values to sum over, as left has, got 3; left [1, 2], right [2, 3]"],
    [() => matrixProduct(zeros([2]), matrix), "RangeError: matrixProduct: expected operands of at least two axes, got left [2], right [2, 3]"],
    [() => matrixProduct(row, zeros([2])), "RangeError: matrixProduct: expected operands of at least two axes, got left [1, 2], right [2]"],
    [() => matrixProduct(zeros([2, 1, 2]), zeros([3, 2, 3])), "RangeError: matrixProduct: expected equal leading axes, or none on one side, got left [2, 1, 2], right [3, 2, 3]"],
    [() => matrixProduct(zeros([2, 3, 1, 2]), zeros([3, 2, 2, 3])), "RangeError: matrixProduct: expected equal leading axes, or none on one side, got left [2, 3, 1, 2], right [3, 2, 2, 3]"],
    [() => matrixProduct([1] as never, matrix), "TypeError: matrixProduct: expected left as a Tensor, got [1]"],
    [() => matrixProduct(row, [1] as never), "TypeError: matrixProduct: expected right as a Tensor, got [1]"],
    [() => matrixProduct(row, matrix, { transpose: true } as never), "RangeError: matrixProduct: expected only the options transposeLeft, transposeRight, got transpose"],
    [() => matrixProduct(row, matrix, { transposeLeft: 1 } as never), "TypeError: matrixProduct: expected transposeLeft true or false, got 1"],
    [() => matrixProductBackward(row, row, row), "RangeError: matrixProductBackward: expected right with 2 values to sum over, as left has, got 1; left [1, 2], right [1, 2]"],
    [() => matrixProductBackward(row, matrix, row), "RangeError: matrixProductBackward: expected dOutput of shape [1, 3], got [1, 2]"],
    [() => matrixProductBackward(row, matrix, 1 as never), "TypeError: matrixProductBackward: expected dOutput as a Tensor, got 1"],
  ])("is refused: %#", (call, message) => {
    expect(thrown(call)).toBe(message);
  });
});
