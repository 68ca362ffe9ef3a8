/**
 * The one tiled kernel of the library: sums of products over two operands that are read through tables.
 *
 *     output[rowTarget[i] + columnTarget[j]] += Σ_k left[leftRow[i] + leftDepth[k]] · right[rightColumn[j] + rightDepth[k]]
 *
 * A matrix product, a convolution and both gradients of a convolution are this sum under different tables: the tables say where
 * the factors lie, the kernel says only multiply and add. Each sum is gathered in double and rounded once, where it is stored.
 *
 * Speed comes from the tile: eight sums (four rows by two columns) stay in registers while the depth runs, so that six loads feed
 * eight multiply–adds. The longer side is laid along the tile's rows, which leaves few ragged edges.
 *
 * @module
 */
import { sizeOf } from "./shape.ts";
import type { Shape } from "./shape.ts";
import type { Storage } from "./tensor.ts";

/** One operand: its numbers, where each of its lines starts, and how far into the line each depth lies. @internal */
export interface Operand {
  readonly data: Float64Array;
  readonly line: Int32Array;
  readonly depth: Int32Array;
}

/** Where the sum of row i and column j is added: at `row[i] + column[j]`. @internal */
export interface Target {
  readonly row: Int32Array;
  readonly column: Int32Array;
}

/**
 * A table of addresses: Σ index[axis]·step[axis] + start for every index within `sizes`, in row-major order.
 *
 * @internal
 */
export function addresses(sizes: Shape, steps: readonly number[], start = 0): Int32Array {
  const table = new Int32Array(sizeOf(sizes));
  if (table.length === 0) return table;
  table[0] = start;
  // From the last axis to the first: what stands so far is one block, and each further index repeats it, shifted.
  for (let axis = sizes.length - 1, block = 1; axis >= 0; axis--) {
    const step = steps[axis]!;
    const end = block * sizes[axis]!;
    for (let i = block; i < end; i++) table[i] = table[i - block]! + step;
    block = end;
  }
  return table;
}

/**
 * Adds every sum of products to a buffer of the caller's.
 *
 * @param left - its lines are the rows
 * @param right - its lines are the columns; as deep as `left`
 * @param target - the address of each sum; where several share an address, they are added up
 * @param output - the caller's own buffer, holding what the sums are added to
 *
 * @internal
 */
export function contract(left: Operand, right: Operand, target: Target, output: Storage): void {
  if (left.line.length < right.line.length) {
    contractTiles(right, left, { row: target.column, column: target.row }, output);
  } else {
    contractTiles(left, right, target, output);
  }
}

function contractTiles(left: Operand, right: Operand, target: Target, output: Storage): void {
  const rows = left.line.length;
  const columns = right.line.length;
  const tiledRows = rows - (rows % 4);
  for (let i = 0; i < tiledRows; i += 4) {
    let j = 0;
    for (; j + 1 < columns; j += 2) tile4x2(left, right, target, output, i, j);
    if (j < columns) tile4x1(left, right, target, output, i, j);
  }
  for (let i = tiledRows; i < rows; i++) {
    for (let j = 0; j < columns; j++) tile1x1(left, right, target, output, i, j);
  }
}

function tile4x2(left: Operand, right: Operand, target: Target, output: Storage, i: number, j: number): void {
  const { data: a, line: rows, depth: deepA } = left;
  const { data: b, line: columns, depth: deepB } = right;
  const depth = deepA.length;
  const r0 = rows[i]!;
  const r1 = rows[i + 1]!;
  const r2 = rows[i + 2]!;
  const r3 = rows[i + 3]!;
  const c0 = columns[j]!;
  const c1 = columns[j + 1]!;
  let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0;
  for (let k = 0; k < depth; k++) {
    const p = deepA[k]!;
    const q = deepB[k]!;
    const b0 = b[c0 + q]!;
    const b1 = b[c1 + q]!;
    const a0 = a[r0 + p]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    const a1 = a[r1 + p]!;
    s10 += a1 * b0;
    s11 += a1 * b1;
    const a2 = a[r2 + p]!;
    s20 += a2 * b0;
    s21 += a2 * b1;
    const a3 = a[r3 + p]!;
    s30 += a3 * b0;
    s31 += a3 * b1;
  }
  const { row, column } = target;
  const t0 = column[j]!;
  const t1 = column[j + 1]!;
  output[row[i]! + t0]! += s00;
  output[row[i]! + t1]! += s01;
  output[row[i + 1]! + t0]! += s10;
  output[row[i + 1]! + t1]! += s11;
  output[row[i + 2]! + t0]! += s20;
  output[row[i + 2]! + t1]! += s21;
  output[row[i + 3]! + t0]! += s30;
  output[row[i + 3]! + t1]! += s31;
}

function tile4x1(left: Operand, right: Operand, target: Target, output: Storage, i: number, j: number): void {
  const { data: a, line: rows, depth: deepA } = left;
  const { data: b, line: columns, depth: deepB } = right;
  const depth = deepA.length;
  const r0 = rows[i]!;
  const r1 = rows[i + 1]!;
  const r2 = rows[i + 2]!;
  const r3 = rows[i + 3]!;
  const c = columns[j]!;
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let k = 0; k < depth; k++) {
    const p = deepA[k]!;
    const b0 = b[c + deepB[k]!]!;
    s0 += a[r0 + p]! * b0;
    s1 += a[r1 + p]! * b0;
    s2 += a[r2 + p]! * b0;
    s3 += a[r3 + p]! * b0;
  }
  const { row, column } = target;
  const t = column[j]!;
  output[row[i]! + t]! += s0;
  output[row[i + 1]! + t]! += s1;
  output[row[i + 2]! + t]! += s2;
  output[row[i + 3]! + t]! += s3;
}

function tile1x1(left: Operand, right: Operand, target: Target, output: Storage, i: number, j: number): void {
  const { data: a, line: rows, depth: deepA } = left;
  const { data: b, line: columns, depth: deepB } = right;
  const r = rows[i]!;
  const c = columns[j]!;
  let sum = 0;
  for (let k = 0; k < deepA.length; k++) sum += a[r + deepA[k]!]! * b[c + deepB[k]!]!;
  output[target.row[i]! + target.column[j]!]! += sum;
}
