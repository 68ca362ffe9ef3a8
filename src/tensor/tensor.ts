/**
 * The tensor: an immutable block of float32 numbers with a shape.
 *
 * A `Tensor` copies its values in and never hands its store out. Typed arrays cannot be frozen, so hiding the store is the
 * only real immutability. Arithmetic happens in double and is rounded once, when a result is stored.
 *
 * @module
 */
import { checkShape, sameShape, show, sizeOf, wrongKind, wrongValue } from "./shape.ts";
import type { Shape } from "./shape.ts";

/** Numbers nested to any depth: `[[1, 2], [3, 4]]` is a 2×2 tensor, a bare number a scalar. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** What JSON keeps of a number: the number itself, or its name where JSON has none for it. */
export type JsonNumber = number | "NaN" | "Infinity" | "-Infinity" | "-0";

/** The store of a tensor. Public tensors are float32; the same kernels run over doubles where the library checks itself. @internal */
export type Storage = Float32Array | Float64Array;

/** Opens the constructor's second way in, {@link adopt}; never leaves this module. */
const ownership = Symbol("ownership");

let rawOf: (tensor: Tensor) => Storage;

/**
 * An immutable n-dimensional array of float32 numbers in row-major order.
 *
 * Two tensors compare by their numbers in every deep equality (`values` is an own field), print as rows, and survive JSON.
 *
 * @example
 * ```ts
 * import { Tensor } from "etalon/tensor";
 * const t = new Tensor([2, 3], [1, 2, 3, 4, 5, 6]);
 * t.shape; // => [2, 3]
 * t.values; // => [1, 2, 3, 4, 5, 6]
 * new Tensor([2, 2], [1, 2, 3]); // throws RangeError: Tensor: expected 4 values for shape [2, 2], got 3
 * ```
 */
export class Tensor {
  /** The size of every axis, outermost first; frozen. */
  readonly shape: Shape;
  /** The numbers in row-major order: a fresh array at every reading. */
  declare readonly values: readonly number[];
  readonly #data: Storage;

  /** The field `values`, one for all tensors. */
  static readonly #valuesField: PropertyDescriptor & ThisType<Tensor> = {
    enumerable: true,
    get(): readonly number[] {
      return Array.from(this.#data);
    },
  };

  static {
    rawOf = (tensor) => tensor.#data;
    // Node's console looks this shared symbol up; no import is needed, and browsers ignore it.
    Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: Tensor.prototype.toString });
  }

  /**
   * @param shape - whole sizes of at least 0; `[]` makes a scalar
   * @param values - as many numbers as the shape holds, in row-major order; they are rounded to float32
   * @throws RangeError where the count does not fit the shape, TypeError where a value is not a number
   */
  constructor(shape: Shape, values: ArrayLike<number>, owner?: unknown) {
    this.shape = checkShape("Tensor", shape);
    this.#data = owner === ownership ? (values as Storage) : copyNumbers(values);
    if (this.#data.length !== sizeOf(this.shape)) {
      throw wrongValue("Tensor", `${sizeOf(this.shape)} values for shape ${show(this.shape)}`, String(this.#data.length));
    }
    Object.defineProperty(this, "values", Tensor.#valuesField);
    Object.freeze(this);
  }

  /** The tensor as JSON: `{ shape, values }`, with NaN, ±Infinity and -0 as strings. */
  toJSON(): { shape: Shape; values: JsonNumber[] } {
    return { shape: this.shape, values: Array.from(this.#data, toJsonNumber) };
  }

  /** The tensor as people read it: its shape, then a row a line. */
  toString(): string {
    return `Tensor ${show(this.shape)}\n${printRows(this.shape, this.#data)}`;
  }
}

function copyNumbers(values: ArrayLike<number>): Float32Array {
  if (typeof values !== "object" || values === null || typeof values.length !== "number") {
    throw wrongKind("Tensor", "values as an array of numbers", show(values));
  }
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    const position = Array.prototype.findIndex.call(values, (value: unknown) => typeof value !== "number");
    if (position >= 0) throw wrongKind("Tensor", "values that are numbers", `${show(values[position])} at position ${position}`);
  }
  return new Float32Array(values);
}

const toJsonNumber = (value: number): JsonNumber =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : (String(value) as JsonNumber);

/** Rows of right-aligned columns; every further leading axis starts a block named by its index. */
function printRows(shape: Shape, data: Storage): string {
  const width = shape.at(-1) ?? 1;
  const shown = Math.min(data.length, 1000);
  const cells = Array.from(data.subarray(0, shown), (value) => (Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(7)))));
  const column = Math.max(0, ...cells.map((cell) => cell.length));
  const height = shape.length >= 2 ? shape.at(-2)! : 1;
  const lines: string[] = [];
  for (let start = 0; start < shown; start += width) {
    if (shape.length > 2 && (start / width) % height === 0) lines.push(`  at ${show(blockIndex(shape, start / width / height))}`);
    lines.push(`  ${cells.slice(start, start + width).map((cell) => cell.padStart(column)).join("  ")}`);
  }
  if (shown < data.length) lines.push(`  … ${data.length - shown} more`);
  return lines.join("\n") || "  (no values)";
}

const blockIndex = (shape: Shape, block: number): number[] =>
  shape.slice(0, -2).map((size, axis) => Math.floor(block / sizeOf(shape.slice(axis + 1, -2))) % size);

/** The store itself, for reading inside the package: hoist it once per kernel, never hand it out. @internal */
export const raw = (tensor: Tensor): Storage => rawOf(tensor);

/** A tensor around a buffer that its maker gives up, without a copy. @internal */
export const adopt = (shape: Shape, data: Storage): Tensor => new Tensor(shape, data, ownership);

/** Whether the tensor stores doubles. @internal */
export const isWide = (tensor: Tensor): boolean => rawOf(tensor) instanceof Float64Array;

/** The same numbers over double storage: the library's own checks run its kernels on such tensors. @internal */
export const widen = (tensor: Tensor): Tensor => adopt(tensor.shape, new Float64Array(rawOf(tensor)));

/** Zeros to be filled by a kernel and then adopted: doubles if any of the operands is wide, else float32. @internal */
export const emptyStorage = (operands: readonly (Tensor | undefined)[], size: number): Storage =>
  anyWide(operands) ? new Float64Array(size) : new Float32Array(size);

const anyWide = (operands: readonly (Tensor | undefined)[]): boolean => {
  for (const operand of operands) if (operand !== undefined && isWide(operand)) return true;
  return false;
};

/** The values as doubles, to be read only. @internal */
export const doubles = (tensor: Tensor): Float64Array => {
  const data = rawOf(tensor);
  return data instanceof Float64Array ? data : new Float64Array(data);
};

/** Rounds sums that were gathered in double to the storage that the operands call for. @internal */
export const fromDoubles = (operands: readonly (Tensor | undefined)[], shape: Shape, sums: Float64Array): Tensor =>
  adopt(shape, anyWide(operands) ? sums : new Float32Array(sums));

/** Refuses anything but a tensor. @internal */
export function checkTensor(name: string, what: string, value: unknown): Tensor {
  if (!(value instanceof Tensor)) throw wrongKind(name, `${what} as a Tensor`, show(value));
  return value;
}

/** Refuses anything but a tensor of the given shape. @internal */
export function checkTensorOf(name: string, what: string, value: unknown, shape: Shape): Tensor {
  const checked = checkTensor(name, what, value);
  if (!sameShape(checked.shape, shape)) throw wrongValue(name, `${what} of shape ${show(shape)}`, show(checked.shape));
  return checked;
}

/**
 * A tensor from nested arrays; the nesting gives the shape.
 *
 * @throws RangeError where rows differ in length, TypeError where a value is not a number
 *
 * @example
 * ```ts
 * import { tensor } from "etalon/tensor";
 * tensor([[1, 2, 3], [4, 5, 6]]).shape; // => [2, 3]
 * tensor(7).shape; // => []
 * tensor([[1, 2], [3]]); // throws RangeError: tensor: expected rows of equal shape, got [2] and [1]
 * ```
 */
export function tensor(nested: NestedNumbers): Tensor {
  const values: number[] = [];
  const visit = (part: NestedNumbers): Shape => {
    if (typeof part === "number") {
      values.push(part);
      return [];
    }
    if (!Array.isArray(part)) throw wrongKind("tensor", "numbers or nested arrays of numbers", show(part));
    const shapes = Array.from(part, visit);
    const first = shapes[0] ?? [];
    const other = shapes.find((shape) => !sameShape(shape, first));
    if (other) throw wrongValue("tensor", "rows of equal shape", `${show(first)} and ${show(other)}`);
    return [part.length, ...first];
  };
  const shape = visit(nested);
  return new Tensor(shape, values);
}

/**
 * A tensor of one repeated value.
 *
 * @example
 * ```ts
 * import { filled } from "etalon/tensor";
 * filled([2, 2], 3).values; // => [3, 3, 3, 3]
 * ```
 */
export function filled(shape: Shape, value: number): Tensor {
  if (typeof value !== "number") throw wrongKind("filled", "a number", show(value));
  return adopt(shape, new Float32Array(sizeOf(checkShape("filled", shape))).fill(value));
}

/**
 * A tensor of zeros.
 *
 * @example
 * ```ts
 * import { zeros } from "etalon/tensor";
 * zeros([3]).values; // => [0, 0, 0]
 * ```
 */
export function zeros(shape: Shape): Tensor {
  return adopt(shape, new Float32Array(sizeOf(checkShape("zeros", shape))));
}

/**
 * A tensor whose values are a function of their flat row-major position.
 *
 * @example
 * ```ts
 * import { generate } from "etalon/tensor";
 * generate([2, 3], (position) => position * position).values; // => [0, 1, 4, 9, 16, 25]
 * ```
 */
export function generate(shape: Shape, value: (position: number) => number): Tensor {
  return new Tensor(shape, Array.from({ length: sizeOf(checkShape("generate", shape)) }, (_, position) => value(position)));
}

/**
 * Applies a function to every value; the result is rounded once.
 *
 * @example
 * ```ts
 * import { map, tensor } from "etalon/tensor";
 * map(tensor([1, -2]), Math.abs).values; // => [1, 2]
 * ```
 */
export function map(input: Tensor, f: (value: number, position: number) => number): Tensor {
  const values = raw(checkTensor("map", "input", input));
  const output = emptyStorage([input], values.length);
  for (let i = 0; i < values.length; i++) output[i] = f(values[i]!, i);
  return adopt(input.shape, output);
}

/**
 * Combines two tensors of the same shape value by value; the result is rounded once.
 *
 * @throws RangeError where the shapes differ
 *
 * @example
 * ```ts
 * import { combine, tensor } from "etalon/tensor";
 * combine(tensor([1, 2]), tensor([3, 4]), (a, b) => a * b).values; // => [3, 8]
 * combine(tensor([1, 2]), tensor([3]), Math.max); // throws RangeError: combine: expected two tensors of one shape, got [2] and [1]
 * ```
 */
export function combine(left: Tensor, right: Tensor, f: (left: number, right: number) => number): Tensor {
  const a = raw(checkTensor("combine", "left", left));
  const b = raw(checkTensor("combine", "right", right));
  if (!sameShape(left.shape, right.shape)) {
    throw wrongValue("combine", "two tensors of one shape", `${show(left.shape)} and ${show(right.shape)}`);
  }
  const output = emptyStorage([left, right], a.length);
  for (let i = 0; i < a.length; i++) output[i] = f(a[i]!, b[i]!);
  return adopt(left.shape, output);
}

/**
 * The sum of two tensors of the same shape.
 *
 * @example
 * ```ts
 * import { add, tensor } from "etalon/tensor";
 * add(tensor([1, 2]), tensor([10, 20])).values; // => [11, 22]
 * ```
 */
export function add(left: Tensor, right: Tensor): Tensor {
  return combine(left, right, (a, b) => a + b);
}

/**
 * The same values, in the same order, under another shape of the same size.
 *
 * @throws RangeError where the sizes differ
 *
 * @example
 * ```ts
 * import { reshape, tensor } from "etalon/tensor";
 * reshape(tensor([1, 2, 3, 4]), [2, 2]).shape; // => [2, 2]
 * reshape(tensor([1, 2, 3]), [2, 2]); // throws RangeError: reshape: expected a shape of 3 values, got [2, 2]
 * ```
 */
export function reshape(input: Tensor, shape: Shape): Tensor {
  const data = raw(checkTensor("reshape", "input", input));
  if (sizeOf(checkShape("reshape", shape)) !== data.length) throw wrongValue("reshape", `a shape of ${data.length} values`, show(shape));
  return adopt(shape, data);
}

/**
 * Whether two tensors have the same shape and the same numbers: NaN equals NaN, and -0 differs from 0.
 *
 * @example
 * ```ts
 * import { equals, tensor } from "etalon/tensor";
 * equals(tensor([NaN]), tensor([NaN])); // => true
 * equals(tensor([0]), tensor([-0])); // => false
 * ```
 */
export function equals(left: Tensor, right: Tensor): boolean {
  const a = raw(checkTensor("equals", "left", left));
  const b = raw(checkTensor("equals", "right", right));
  return sameShape(left.shape, right.shape) && a.every((value, i) => Object.is(value, b[i]));
}

/**
 * The value at an index, one whole number per axis.
 *
 * @throws RangeError where the index has another rank than the tensor or lies outside of it
 *
 * @example
 * ```ts
 * import { at, tensor } from "etalon/tensor";
 * at(tensor([[1, 2], [3, 4]]), [1, 0]); // => 3
 * at(tensor([[1, 2], [3, 4]]), [2, 0]); // throws RangeError: at: expected an index within [2, 2], got [2, 0]
 * ```
 */
export function at(input: Tensor, index: readonly number[]): number {
  const data = raw(checkTensor("at", "input", input));
  const fits = Array.isArray(index) && index.length === input.shape.length
    && index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < input.shape[axis]!);
  if (!fits) throw wrongValue("at", `an index within ${show(input.shape)}`, show(index));
  return data[index.reduce((position, i, axis) => position * input.shape[axis]! + i, 0)]!;
}

/**
 * The values as nested arrays, a fresh copy: the inverse of {@link tensor}.
 *
 * @example
 * ```ts
 * import { tensor, toNested } from "etalon/tensor";
 * toNested(tensor([[1, 2], [3, 4]])); // => [[1, 2], [3, 4]]
 * ```
 */
export function toNested(input: Tensor): NestedNumbers {
  const data = raw(checkTensor("toNested", "input", input));
  const part = (axis: number, start: number): NestedNumbers => {
    if (axis === input.shape.length) return data[start]!;
    const step = sizeOf(input.shape.slice(axis + 1));
    return Array.from({ length: input.shape[axis]! }, (_, i) => part(axis + 1, start + i * step));
  };
  return part(0, 0);
}
