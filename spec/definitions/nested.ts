/**
 * Nested arrays: `x[n][c][h][w]`, the textbook's own notation, with index tuples in row-major order.
 *
 * A scalar may be any value but an array. An axis of size zero has no elements to show the axes behind it, so {@link nest} and
 * {@link tabulate} leave the shape of the missing element on the empty array; a literal `[]` has shape `[0]`.
 *
 * @module
 */

export type Nested<S> = S | readonly Nested<S>[];

/** One integer per axis. */
export type Index = readonly number[];

const elementShape = Symbol("shape of the missing element");

/** The nested array of a shape whose entry at each index is given by a formula. */
export function tabulate<S>(shape: Index, entry: (index: Index) => S, index: Index = []): Nested<S> {
  const [size, ...rest] = shape;
  if (size === undefined) return entry(index);
  if (size === 0) return Object.defineProperty([], elementShape, { value: rest });
  return range(size).map((i) => tabulate(rest, entry, [...index, i]));
}

/** Flat values in row-major order as a nested array of the shape. */
export function nest<S>(values: ArrayLike<S>, shape: Index): Nested<S> {
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size) throw new RangeError(`nest: expected ${size} values for shape [${shape}], got ${values.length}`);
  return tabulate(shape, (index) => values[index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]!);
}

/** The scalars in row-major order. */
export const flatten = <S>(x: Nested<S>): readonly S[] => isBranch(x) ? x.flatMap((element) => flatten(element)) : [x];

/** The sizes of all axes; `[]` for a scalar. */
export function shapeOf<S>(x: Nested<S>): Index {
  if (!isBranch(x)) return [];
  if (x.length === 0) return [0, ...((x as { readonly [elementShape]?: Index })[elementShape] ?? [])];
  const [first, ...others] = x.map((element) => shapeOf(element));
  if (others.some((other) => `${other}` !== `${first}`)) throw new RangeError(`shapeOf: expected elements of one shape, got ragged rows`);
  return [x.length, ...first!];
}

/** The scalar at an index that names every axis. */
export function at<S>(x: Nested<S>, index: Index): S {
  let element: Nested<S> | undefined = x;
  for (const i of index) element = isBranch(element) ? element[i] : undefined;
  if (element === undefined || isBranch(element)) throw new RangeError(`at: expected an index into shape [${shapeOf(x)}], got [${index}]`);
  return element;
}

/** A nested array of the same shape with `f` of each scalar. */
export const mapNested = <S, R>(x: Nested<S>, f: (scalar: S) => R): Nested<R> => tabulate(shapeOf(x), (index) => f(at(x, index)));

/** 0, 1, …, size − 1. */
export const range = (size: number): Index => Array.from({ length: size }, (_, i) => i);

/** Every index of a shape in row-major order; the one empty index for `[]`. */
export const indices = (shape: Index): readonly Index[] =>
  shape.reduce<readonly Index[]>((tuples, size) => tuples.flatMap((tuple) => range(size).map((i) => [...tuple, i])), [[]]);

function isBranch<S>(x: Nested<S> | undefined): x is readonly Nested<S>[] {
  return Array.isArray(x);
}
