import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromSteps, permute, toChannelsFirst, toChannelsLast, toSteps } from "../../src/tensor/layout.ts";
import { at, equals, generate, isWide, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const shapes = (least: number): fc.Arbitrary<number[]> => fc.array(fc.integer({ min: 1, max: 4 }), { minLength: least, maxLength: 5 });
const counting = (shape: readonly number[]): Tensor => generate(shape, (position) => position);

const permutations = shapes(0).chain((shape) =>
  fc.shuffledSubarray(shape.map((_, axis) => axis), { minLength: shape.length }).map((order) => ({ input: counting(shape), order })));

/** Every index of a shape. */
const indices = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>((tuples, size) => tuples.flatMap((tuple) => Array.from({ length: size }, (_, i) => [...tuple, i])), [[]]);

describe("permuting the axes", () => {
  it("of a matrix transposes it", () => {
    expect(permute(tensor([[1, 2, 3], [4, 5, 6]]), [1, 0])).toEqual(tensor([[1, 4], [2, 5], [3, 6]]));
  });

  it("moves each value from its index to the index in the new order", () => {
    fc.assert(fc.property(permutations, ({ input, order }) => {
      const output = permute(input, order);
      expect(output.shape).toEqual(order.map((axis) => input.shape[axis]));
      for (const index of indices(input.shape)) expect(at(output, order.map((axis) => index[axis]!))).toBe(at(input, index));
    }), { numRuns: runs(150) });
  });

  it("by an order and then by its inverse changes nothing", () => {
    fc.assert(fc.property(permutations, ({ input, order }) =>
      equals(permute(permute(input, order), order.map((_, axis) => order.indexOf(axis))), input)), { numRuns: runs(100) });
  });

  it("keeps tensors without values, scalars, and doubles", () => {
    expect(permute(zeros([2, 0, 3]), [2, 0, 1]).shape).toEqual([3, 2, 0]);
    expect(permute(tensor(5), [])).toEqual(tensor(5));
    expect(isWide(permute(widen(tensor([[1, 2]])), [1, 0]))).toBe(true);
  });

  it.each([
    [() => permute(tensor([[1, 2]]), [0, 0]), "RangeError: permute: expected every axis of [1, 2] once, got [0, 0]"],
    [() => permute(tensor([[1, 2]]), [1]), "RangeError: permute: expected every axis of [1, 2] once, got [1]"],
    [() => permute(tensor([[1, 2]]), [0, 1, 1]), "RangeError: permute: expected every axis of [1, 2] once, got [0, 1, 1]"],
    [() => permute(tensor([[1, 2]]), [-1, 0]), "RangeError: permute: expected every axis of [1, 2] once, got [-1, 0]"],
    [() => permute(tensor([[1, 2]]), undefined as never), "RangeError: permute: expected every axis of [1, 2] once, got undefined"],
    [() => permute([1] as never, [0]), "TypeError: permute: expected input as a Tensor, got [1]"],
    [() => toChannelsLast(tensor([1])), "RangeError: toChannelsLast: expected a batch axis and a channel axis, got [1]"],
    [() => toChannelsFirst(tensor([1])), "RangeError: toChannelsFirst: expected a batch axis and a channel axis, got [1]"],
    [() => toChannelsLast(1 as never), "TypeError: toChannelsLast: expected input as a Tensor, got 1"],
    [() => toChannelsFirst(1 as never), "TypeError: toChannelsFirst: expected input as a Tensor, got 1"],
    [() => toSteps(tensor([1])), "RangeError: toSteps: expected a time axis and a batch axis, got [1]"],
    [() => toSteps(1 as never), "TypeError: toSteps: expected sequence as a Tensor, got 1"],
    [() => toSteps(zeros([1, 1]), "time" as never), 'RangeError: toSteps: expected "timeFirst" or "batchFirst", got "time"'],
    [() => fromSteps([zeros([1])], "time" as never), 'RangeError: fromSteps: expected "timeFirst" or "batchFirst", got "time"'],
    [() => fromSteps([]), "RangeError: fromSteps: expected at least one step, got none"],
    [() => fromSteps(zeros([1]) as never), "TypeError: fromSteps: expected an array of Tensors, got a Tensor"],
    [() => fromSteps([1] as never), "TypeError: fromSteps: expected each step as a Tensor, got 1"],
    [() => fromSteps([zeros([1]), 1] as never), "TypeError: fromSteps: expected each step as a Tensor, got 1"],
    [() => fromSteps([tensor(1)]), "RangeError: fromSteps: expected steps with a batch axis, got []"],
    [() => fromSteps([zeros([2, 3]), zeros([2, 3]), zeros([3, 2])]), "RangeError: fromSteps: expected steps of shape [2, 3], got [3, 2] at step 2"],
  ])("or changing the layout is refused where it does not fit: %#", (call, message) => {
    expect(thrown(call)).toBe(message);
  });
});

describe("channels", () => {
  it("go last and come first again, for any number of spatial axes", () => {
    expect(toChannelsLast(tensor([[[1, 2], [3, 4]]]))).toEqual(tensor([[[1, 3], [2, 4]]]));
    fc.assert(fc.property(shapes(2), (shape) => {
      const input = counting(shape);
      const [samples, channels, ...space] = shape;
      expect(toChannelsLast(input).shape).toEqual([samples, ...space, channels]);
      for (const [n, c, ...place] of indices(shape)) expect(at(toChannelsLast(input), [n!, ...place, c!])).toBe(at(input, [n!, c!, ...place]));
      return equals(toChannelsFirst(toChannelsLast(input)), input);
    }), { numRuns: runs(100) });
  });
});

describe("a sequence", () => {
  it("in one tensor falls into its steps", () => {
    const sequence = tensor([[[1], [2]], [[3], [4]], [[5], [6]]]);
    expect(toSteps(sequence)).toEqual([tensor([[1], [2]]), tensor([[3], [4]]), tensor([[5], [6]])]);
    expect(toSteps(sequence, "batchFirst")).toEqual([tensor([[1], [3], [5]]), tensor([[2], [4], [6]])]);
  });

  it("holds value [t, n, …] in step t at [n, …], time first or batch first", () => {
    fc.assert(fc.property(shapes(2), (shape) => {
      const input = counting(shape);
      const [timeFirst, batchFirst] = [toSteps(input), toSteps(input, "batchFirst")];
      for (const [first, second, ...rest] of indices(shape)) {
        expect(at(timeFirst[first!]!, [second!, ...rest])).toBe(at(input, [first!, second!, ...rest]));
        expect(at(batchFirst[second!]!, [first!, ...rest])).toBe(at(input, [first!, second!, ...rest]));
      }
      return equals(fromSteps(timeFirst), input) && equals(fromSteps(batchFirst, "batchFirst"), input);
    }), { numRuns: runs(100) });
  });

  it("of no steps, and of steps without values, is handled", () => {
    expect(toSteps(zeros([0, 2, 3]))).toEqual([]);
    expect(toSteps(zeros([2, 0, 3]))).toEqual([zeros([0, 3]), zeros([0, 3])]);
    expect(fromSteps([zeros([0, 3])]).shape).toEqual([1, 0, 3]);
    expect(fromSteps([zeros([2]), widen(zeros([2]))])).toEqual(zeros([2, 2]));
    expect(isWide(fromSteps([zeros([2]), widen(zeros([2]))]))).toBe(true);
    expect(toSteps(widen(zeros([2, 1]))).every(isWide)).toBe(true);
  });
});
