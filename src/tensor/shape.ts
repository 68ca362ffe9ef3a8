/**
 * Shapes: the sizes of a tensor's axes, and the one grammar of error messages, `name: expected …, got …`.
 *
 * Values lie in row-major order: the last axis varies fastest. A shape `[]` is a scalar and has one value.
 *
 * @module
 */

/** The size of every axis, outermost first; `[2, 3]` is two rows of three. */
export type Shape = readonly number[];

/**
 * The number of values that a shape holds: the product of its sizes, 1 for a scalar.
 *
 * @example
 * ```ts
 * import { sizeOf } from "etalon/tensor";
 * sizeOf([2, 3, 4]); // => 24
 * sizeOf([]); // => 1
 * ```
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
}

/**
 * How far apart in row-major order two neighbours along each axis lie.
 *
 * @example
 * ```ts
 * import { stridesOf } from "etalon/tensor";
 * stridesOf([2, 3, 4]); // => [12, 4, 1]
 * ```
 */
export function stridesOf(shape: Shape): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/**
 * Whether two shapes have the same axes of the same sizes.
 *
 * @example
 * ```ts
 * import { sameShape } from "etalon/tensor";
 * sameShape([2, 3], [2, 3]); // => true
 * sameShape([2, 3], [3, 2]); // => false
 * ```
 */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/**
 * Any value as an error message shows it: shapes and short arrays whole, everything else by its kind.
 *
 * @example
 * ```ts
 * import { show } from "etalon/tensor";
 * show([2, 3]); // => "[2, 3]"
 * show("valid"); // => "\"valid\""
 * show(null); // => "null"
 * ```
 */
export function show(value: unknown): string {
  return showNested(value, 0);
}

function showNested(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) {
    if (depth === 4) return "[…]";
    const shown = Array.from(value.slice(0, 12), (part) => showNested(part, depth + 1));
    return `[${shown.join(", ")}${value.length > 12 ? ", …" : ""}]`;
  }
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) {
    const kind: string = Object.getPrototypeOf(value)?.constructor?.name || "Object";
    const keys = Object.keys(value);
    if (kind === "Object") return `an object with ${keys.length === 0 ? "no fields" : keys.slice(0, 8).join(", ")}`;
    return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
  }
  return String(value);
}

/** A value or size that does not fit: a RangeError `name: expected …, got …`. @internal */
export const wrongValue = (name: string, expected: string, got: string): RangeError =>
  new RangeError(`${name}: expected ${expected}, got ${got}`);

/** Something of the wrong kind: a TypeError `name: expected …, got …`. @internal */
export const wrongKind = (name: string, expected: string, got: string): TypeError =>
  new TypeError(`${name}: expected ${expected}, got ${got}`);

/** Whether a value is a plain object, as braces, JSON and `Object.create(null)` make them. @internal */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The most values that a tensor may hold: places in it are 32-bit whole numbers. */
const mostValues = 2 ** 31 - 1;

/** The shape as a frozen copy of its own; what is not a list of whole sizes of at least 0 is refused. @internal */
export function checkShape(name: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) throw wrongKind(name, "a shape (an array of sizes)", show(shape));
  for (const size of shape) {
    if (typeof size !== "number") throw wrongKind(name, "a shape of numbers", show(shape));
    if (!Number.isInteger(size) || size < 0) throw wrongValue(name, "a shape of whole sizes of at least 0", show(shape));
  }
  if (sizeOf(shape) > mostValues) throw wrongValue(name, `a shape of at most ${mostValues} values`, show(shape));
  return Object.freeze([...shape]);
}
