/**
 * Honest float32 candidates whose algorithms share products between outputs: Winograd's convolution F(m, r) on tiles of 4 or 6 cells, Fourier's
 * with a radix-2 transform, and one level of Strassen's matrix product. Every step is rounded. They share nothing with the sources.
 *
 * All three roles of a convolution (output, gradient of its input, gradient of its kernel) are correlations of planes, summed over channels or samples.
 */
import type { CandidateFunction, CandidateModule } from "../../src/oracle/module-candidate.ts";
import type { PlainTensor } from "../../src/oracle/protocol.ts";

const { fround } = Math;

/** Numbers over some axes, row-major. */
interface Plane {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Correlates planes in pairs and adds them up: out[k] = Σ pairs Σ_j kernel[j]·cells[k + j], as many places as the kernel fits on. */
type Correlate = (pairs: readonly (readonly [cells: Plane, kernel: Plane])[], role: "data" | "kernel") => Plane;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const indexOf = (position: number, shape: readonly number[]): number[] => {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
};

const flatOf = (index: readonly number[], shape: readonly number[]): number => index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0);

const planeOf = (shape: readonly number[], value: (index: readonly number[]) => number): Plane =>
  ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(indexOf(i, shape))) });

/** A cell of a plane, 0 outside of it. */
const cellAt = ({ shape, data }: Plane, index: readonly number[]): number =>
  (index.every((i, axis) => i >= 0 && i < shape[axis]!) ? data[flatOf(index, shape)]! : 0);

const dot = (row: readonly number[], cells: (i: number) => number): number => {
  let [sum, first] = [0, true];
  row.forEach((factor, i) => {
    if (factor === 0) return;
    const term = fround(factor * cells(i));
    sum = first ? term : fround(sum + term);
    first = false;
  });
  return sum;
};

type Matrix = readonly (readonly number[])[];

/** A matrix along one axis of a plane. */
const along = (matrix: Matrix, axis: number, plane: Plane): Plane =>
  planeOf(plane.shape.map((size, i) => (i === axis ? matrix.length : size)), (index) =>
    dot(matrix[index[axis]!]!, (i) => plane.data[flatOf(index.with(axis, i), plane.shape)]!));

const alongAll = (matrices: readonly Matrix[], plane: Plane): Plane => matrices.reduce((each, matrix, axis) => along(matrix, axis, each), plane);

/** The transforms of F(m, r): of the cells, of the kernel, and back. */
export interface Transforms {
  readonly cells: Matrix;
  readonly kernel: Matrix;
  readonly back: Matrix;
}

const points: Readonly<Record<number, readonly number[]>> = { 4: [0, 1, -1], 6: [0, 1, -1, 2, -2] };

const polynomial = (roots: readonly number[]): readonly number[] =>
  roots.reduce<readonly number[]>((factors, root) => [...factors, 0].map((_, i) => (factors[i - 1] ?? 0) - root * (factors[i] ?? 0)), [1]);

/** Toom and Cook's transforms on the points 0, ±1 (, ±2) and infinity, as Lavin and Gray have them for F(2, 3) and F(4, 3). */
export function transforms(m: number, r: number): Transforms {
  const own = points[m + r - 1]!;
  const full = (row: readonly number[]): readonly number[] => [...row, ...Array.from({ length: m + r - 1 - row.length }, () => 0)];
  const last = (size: number): readonly number[] => Array.from({ length: size }, (_, i) => Number(i === size - 1));
  const rounded = (matrix: Matrix): Matrix => matrix.map((row) => row.map(fround));
  return {
    cells: [...own.map((point) => full(polynomial(own.filter((other) => other !== point)))), polynomial(own)],
    kernel: rounded([...own.map((point) => {
      const divisor = own.reduce((product, other) => (other === point ? product : product * (point - other)), 1);
      return Array.from({ length: r }, (_, j) => point ** j / divisor);
    }), last(r)]),
    back: Array.from({ length: m }, (_, k) => [...own.map((point) => point ** k), Number(k === m - 1)]),
  };
}

const direct: Transforms = { cells: [[1]], kernel: [[1]], back: [[1]] };

/** What may be wrong with Winograd's algorithm: a transform that is changed, or tiles at the border that are left out. */
export interface Flaw {
  readonly change?: (transforms: Transforms) => Transforms;
  readonly withoutBorder?: boolean;
  /** How products and their sums are rounded, where not to float32. */
  readonly round?: (value: number) => number;
}

/** Winograd's algorithm on tiles of 4 or 6 cells along the first axes that it fits on, nested; the other axes are summed directly. */
export const winograd = (tile: 4 | 6, { change = (each) => each, withoutBorder = false, round = fround }: Flaw = {}): Correlate => (pairs, role) => {
  const [[first, kernel]] = pairs as [readonly [Plane, Plane]];
  const out = first.shape.map((size, axis) => size - kernel.shape[axis]! + 1);
  let left = tile === 4 ? 3 : 2;
  // A kernel's gradient has few outputs and many taps: those are cut into tiles instead.
  const each = out.map((size, axis) => {
    const few = role === "data" ? kernel.shape[axis]! : size;
    if (few < 2 || few >= tile || left === 0) return { m: 1, r: 1, matrices: direct };
    left--;
    const [m, r] = role === "data" ? [tile - few + 1, few] : [few, tile - few + 1];
    return { m, r, matrices: change(transforms(m, r)) };
  });
  const tiles = out.map((size, axis) => Math.ceil(size / each[axis]!.m));
  const pieces = kernel.shape.map((size, axis) => Math.ceil(size / each[axis]!.r));
  const width = each.map(({ m, r }) => m + r - 1);
  const result = new Float32Array(sizeOf(out));
  const kernels = pairs.map(([, taps]) => Array.from({ length: sizeOf(pieces) }, (_, p) => {
    const piece = indexOf(p, pieces);
    const part = planeOf(each.map(({ r }) => r), (j) => cellAt(taps, j.map((i, axis) => piece[axis]! * each[axis]!.r + i)));
    return alongAll(each.map(({ matrices }) => matrices.kernel), part);
  }));
  for (let t = 0; t < sizeOf(tiles); t++) {
    const place = indexOf(t, tiles);
    if (withoutBorder && place.some((i, axis) => tiles[axis]! > 1 && i === tiles[axis]! - 1)) continue;
    const sums = new Float32Array(sizeOf(width));
    pairs.forEach(([cells], c) => kernels[c]!.forEach((transformed, p) => {
      const piece = indexOf(p, pieces);
      const seen = planeOf(width, (i) => cellAt(cells, i.map((k, axis) => place[axis]! * each[axis]!.m + piece[axis]! * each[axis]!.r + k)));
      const { data } = alongAll(each.map(({ matrices }) => matrices.cells), seen);
      for (let i = 0; i < sums.length; i++) sums[i] = round(sums[i]! + round(data[i]! * transformed.data[i]!));
    }));
    const tileOut = alongAll(each.map(({ matrices }) => matrices.back), { shape: width, data: sums });
    tileOut.data.forEach((value, i) => {
      const index = indexOf(i, tileOut.shape).map((k, axis) => place[axis]! * each[axis]!.m + k);
      if (index.every((k, axis) => k < out[axis]!)) result[flatOf(index, out)] = value;
    });
  }
  return { shape: out, data: result };
};

interface Complex {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** A radix-2 transform in place along one axis, decimation in time, every step rounded. */
function transformAxis({ re, im }: Complex, shape: readonly number[], axis: number, sign: 1 | -1): void {
  const size = shape[axis]!;
  const step = sizeOf(shape.slice(axis + 1));
  const bits = Math.log2(size);
  for (let line = 0; line < sizeOf(shape) / size; line++) {
    const start = Math.floor(line / step) * step * size + (line % step);
    const at = (i: number): number => start + i * step;
    const reversed = (i: number): number => Array.from({ length: bits }, (_, b) => ((i >> b) & 1) << (bits - 1 - b)).reduce((sum, bit) => sum + bit, 0);
    const order = Array.from({ length: size }, (_, i) => reversed(i));
    const [realParts, imaginaryParts] = [order.map((i) => re[at(i)]!), order.map((i) => im[at(i)]!)];
    for (let half = 1; half < size; half *= 2) {
      for (let i = 0; i < size; i++) {
        if (i % (2 * half) >= half) continue;
        const angle = (sign * Math.PI * (i % half)) / half;
        const [wr, wi] = [fround(Math.cos(angle)), fround(Math.sin(angle))];
        const [or, oi] = [realParts[i + half]!, imaginaryParts[i + half]!];
        const tr = fround(fround(wr * or) - fround(wi * oi));
        const ti = fround(fround(wr * oi) + fround(wi * or));
        const [er, ei] = [realParts[i]!, imaginaryParts[i]!];
        [realParts[i], imaginaryParts[i]] = [fround(er + tr), fround(ei + ti)];
        [realParts[i + half], imaginaryParts[i + half]] = [fround(er - tr), fround(ei - ti)];
      }
    }
    realParts.forEach((value, i) => (re[at(i)] = value));
    imaginaryParts.forEach((value, i) => (im[at(i)] = value));
  }
}

/** Fourier's way: products of transforms, over cells padded to powers of two. */
export const fourier: Correlate = (pairs) => {
  const [[first, kernel]] = pairs as [readonly [Plane, Plane]];
  const out = first.shape.map((size, axis) => size - kernel.shape[axis]! + 1);
  const shape = first.shape.map((size) => 2 ** Math.ceil(Math.log2(Math.max(1, size))));
  const transformed = (plane: Plane): Complex => {
    const each = { re: planeOf(shape, (index) => cellAt(plane, index)).data, im: new Float32Array(sizeOf(shape)) };
    shape.forEach((_, axis) => transformAxis(each, shape, axis, -1));
    return each;
  };
  const sums: Complex = { re: new Float32Array(sizeOf(shape)), im: new Float32Array(sizeOf(shape)) };
  for (const [cells, taps] of pairs) {
    const [x, h] = [transformed(cells), transformed(taps)];
    for (let i = 0; i < sums.re.length; i++) {
      sums.re[i] = sums.re[i]! + fround(fround(x.re[i]! * h.re[i]!) + fround(x.im[i]! * h.im[i]!));
      sums.im[i] = sums.im[i]! + fround(fround(x.im[i]! * h.re[i]!) - fround(x.re[i]! * h.im[i]!));
    }
  }
  shape.forEach((_, axis) => transformAxis(sums, shape, axis, 1));
  return planeOf(out, (index) => sums.re[flatOf(index, shape)]! / sizeOf(shape));
};

interface WindowOptions {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

type Plain = Readonly<Record<string, PlainTensor>>;

/** One plane of a tensor [a, b, …space]. */
const planeAt = ({ shape, data }: PlainTensor, a: number, b: number): Plane => {
  const size = sizeOf(shape.slice(2));
  const start = (a * shape[1]! + b) * size;
  return { shape: shape.slice(2), data: Float32Array.from({ length: size }, (_, i) => data[start + i]!) };
};

/** A plane with zeros between its cells, then cut or filled to a size from a start on. */
const spread = (plane: Plane, steps: readonly number[], start: readonly number[], shape: readonly number[]): Plane =>
  planeOf(shape, (index) => {
    const from = index.map((i, axis) => i - start[axis]!);
    return from.every((i, axis) => i % steps[axis]! === 0) ? cellAt(plane, from.map((i, axis) => i / steps[axis]!)) : 0;
  });

const flipped = (plane: Plane): Plane => ({ ...plane, data: plane.data.toReversed() });

/** The three roles of a convolution, each as correlations of planes. */
const roles = (correlate: Correlate, { stride, padding, dilation, groups }: WindowOptions) => {
  const extent = (kernel: PlainTensor): number[] => kernel.shape.slice(2).map((taps, axis) => (taps - 1) * dilation[axis]! + 1);
  const taps = (kernel: PlainTensor, k: number, c: number): Plane => spread(planeAt(kernel, k, c), dilation, stride.map(() => 0), extent(kernel));
  const padded = (space: readonly number[]): number[] => space.map((size, axis) => size + padding[axis]![0] + padding[axis]![1]);
  const before = padding.map(([start]) => start);
  const ones = stride.map(() => 1);
  const tensorOf = (shape: readonly number[], plane: (a: number, b: number) => Plane): PlainTensor => {
    const data = new Float32Array(sizeOf(shape));
    const size = sizeOf(shape.slice(2));
    for (let a = 0; a < shape[0]!; a++) for (let b = 0; b < shape[1]!; b++) data.set(plane(a, b).data, (a * shape[1]! + b) * size);
    return { shape, data };
  };
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    output: (input: PlainTensor, kernel: PlainTensor): PlainTensor => {
      const [K, each] = kernel.shape as [number, number];
      const cells = padded(input.shape.slice(2));
      const space = cells.map((size, axis) => Math.floor((size - extent(kernel)[axis]!) / stride[axis]!) + 1);
      return tensorOf([input.shape[0]!, K, ...space], (n, k) => {
        const group = Math.floor(k / (K / groups));
        const all = correlate(range(each).map((c) => [spread(planeAt(input, n, group * each + c), ones, before, cells), taps(kernel, k, c)]), "data");
        return planeOf(space, (index) => cellAt(all, index.map((i, axis) => i * stride[axis]!)));
      });
    },
    input: (dOutput: PlainTensor, kernel: PlainTensor, space: readonly number[]): PlainTensor => {
      const [K, each] = kernel.shape as [number, number];
      const width = extent(kernel);
      const cells = padded(space).map((size, axis) => size + width[axis]! - 1);
      return tensorOf([dOutput.shape[0]!, groups * each, ...space], (n, c) => {
        const group = Math.floor(c / each);
        const all = correlate(range(K / groups).map((k) => [
          spread(planeAt(dOutput, n, group * (K / groups) + k), stride, width.map((size) => size - 1), cells),
          flipped(taps(kernel, group * (K / groups) + k, c % each)),
        ]), "data");
        return planeOf(space, (index) => cellAt(all, index.map((i, axis) => i + before[axis]!)));
      });
    },
    kernel: (input: PlainTensor, dOutput: PlainTensor, shape: readonly number[]): PlainTensor => {
      const [K, each, ...window] = shape as [number, number, ...number[]];
      const wide = dOutput.shape.slice(2).map((size, axis) => (size - 1) * stride[axis]! + 1);
      const cells = wide.map((size, axis) => size + (window[axis]! - 1) * dilation[axis]!);
      return tensorOf([K, each, ...window], (k, c) => {
        const channel = Math.floor(k / (K / groups)) * each + c;
        const all = correlate(range(input.shape[0]!).map((n) => [
          spread(planeAt(input, n, channel), ones, before, cells), spread(planeAt(dOutput, n, k), stride, before.map(() => 0), wide),
        ]), "kernel");
        return planeOf(window, (index) => cellAt(all, index.map((i, axis) => i * dilation[axis]!)));
      });
    },
  };
};

const withBias = (output: PlainTensor, bias: PlainTensor | undefined): PlainTensor => {
  const plane = sizeOf(output.shape.slice(2));
  return bias === undefined ? output
    : { ...output, data: Float32Array.from(output.data, (value, i) => value + bias.data[Math.floor(i / plane) % output.shape[1]!]!) };
};

const biasGradient = ({ shape, data }: PlainTensor): PlainTensor => {
  const sums = new Float32Array(shape[1]!);
  const plane = sizeOf(shape.slice(2));
  for (let i = 0; i < data.length; i++) sums[Math.floor(i / plane) % shape[1]!]! += data[i]!;
  return { shape: [shape[1]!], data: sums };
};

/** The start of every plane: outputPadding may leave room for further positions. */
const cut = (whole: PlainTensor, shape: readonly number[]): PlainTensor => {
  const { data } = planeOf(shape, (index) => whole.data[flatOf(index, whole.shape)]!);
  return { shape, data };
};

const isEmpty = (tensors: Plain): boolean => Object.values(tensors).some(({ shape }) => shape.includes(0));

/** Convolution and transposed convolution by one way to correlate planes. */
export const convolutions = (correlate: Correlate): CandidateModule["operations"] => {
  const convolution: CandidateFunction = (given, options, cotangents) => {
    const { input, kernel, bias } = given as { input: PlainTensor; kernel: PlainTensor; bias?: PlainTensor };
    if (isEmpty(given)) return { skipped: "nothing to sum" };
    const role = roles(correlate, options as unknown as WindowOptions);
    const dOutput = cotangents?.["output"];
    return {
      outputs: { output: withBias(role.output(input, kernel), bias) },
      ...(dOutput && { gradients: {
        input: role.input(dOutput, kernel, input.shape.slice(2)), kernel: role.kernel(input, dOutput, kernel.shape),
        ...(bias && { bias: biasGradient(dOutput) }),
      } }),
    };
  };
  const transposedConvolution: CandidateFunction = (given, options, cotangents) => {
    const { input, kernel, bias } = given as { input: PlainTensor; kernel: PlainTensor; bias?: PlainTensor };
    if (isEmpty(given)) return { skipped: "nothing to sum" };
    const { stride, padding, dilation, outputPadding } = options as unknown as WindowOptions & { outputPadding: readonly number[] };
    const space = input.shape.slice(2).map((size, axis) =>
      (size - 1) * stride[axis]! + (kernel.shape[axis + 2]! - 1) * dilation[axis]! + 1 + outputPadding[axis]! - padding[axis]![0] - padding[axis]![1]);
    if (space.includes(0)) return { skipped: "nothing to sum" };
    const role = roles(correlate, options as unknown as WindowOptions);
    const dOutput = cotangents?.["output"];
    return {
      outputs: { output: withBias(role.input(input, kernel, space), bias) },
      ...(dOutput && { gradients: {
        input: cut(role.output(dOutput, kernel), input.shape), kernel: role.kernel(dOutput, input, kernel.shape), ...(bias && { bias: biasGradient(dOutput) }),
      } }),
    };
  };
  return { convolution, transposedConvolution };
};

/** A matrix product in float32, one product after the other. */
const classical = (left: Plane, right: Plane): Plane => {
  const [[rows, inner], columns] = [left.shape as [number, number], right.shape[1]!];
  return planeOf([rows, columns], ([i, j]) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) sum = fround(sum + fround(left.data[i! * inner + k]! * right.data[k * columns + j!]!));
    return sum;
  });
};

/** One level of Strassen's algorithm; odd sizes are filled with zeros. */
export const strassen = (left: Plane, right: Plane): Plane => {
  const even = (size: number): number => Math.ceil(size / 2);
  const block = (of: Plane, i: number, j: number): Plane => {
    const [h, w] = of.shape.map(even) as [number, number];
    return planeOf([h, w], ([r, c]) => cellAt(of, [i * h + r!, j * w + c!]));
  };
  const sum = (a: Plane, b: Plane, sign: 1 | -1 = 1): Plane => ({ ...a, data: a.data.map((value, i) => value + sign * b.data[i]!) });
  const [[a, b], [c, d]] = [[block(left, 0, 0), block(left, 0, 1)], [block(left, 1, 0), block(left, 1, 1)]] as const;
  const [[e, f], [g, h]] = [[block(right, 0, 0), block(right, 0, 1)], [block(right, 1, 0), block(right, 1, 1)]] as const;
  const m1 = classical(sum(a, d), sum(e, h));
  const m2 = classical(sum(c, d), e);
  const m3 = classical(a, sum(f, h, -1));
  const m4 = classical(d, sum(g, e, -1));
  const m5 = classical(sum(a, b), h);
  const m6 = classical(sum(c, a, -1), sum(e, f));
  const m7 = classical(sum(b, d, -1), sum(g, h));
  const quarters = [[sum(sum(sum(m1, m4), m5, -1), m7), sum(m3, m5)], [sum(m2, m4), sum(sum(sum(m1, m2, -1), m3), m6)]] as const;
  const [rows, columns] = [left.shape[0]!, right.shape[1]!];
  const [half, side] = [even(rows), even(columns)];
  return planeOf([rows, columns], ([i, j]) =>
    quarters[i! < half ? 0 : 1]![j! < side ? 0 : 1]!.data[(i! % half) * side + (j! % side)]!);
};

const turned = (of: Plane): Plane => planeOf([of.shape[1]!, of.shape[0]!], ([i, j]) => of.data[j! * of.shape[1]! + i!]!);

/** Matrix products and fully connected layers by one way to multiply two matrices. */
export const products = (multiply: (left: Plane, right: Plane) => Plane = strassen): CandidateModule["operations"] => {
  const matrixProduct: CandidateFunction = (given, options, cotangents) => {
    const { left, right } = given as { left: PlainTensor; right: PlainTensor };
    if (isEmpty(given)) return { skipped: "nothing to sum" };
    const { transposeLeft, transposeRight } = options as { transposeLeft: boolean; transposeRight: boolean };
    const matrix = ({ shape, data }: PlainTensor, b: number): Plane => {
      const size = sizeOf(shape.slice(-2));
      const from = shape.length > 2 ? b * size : 0;
      return { shape: shape.slice(-2), data: Float32Array.from({ length: size }, (_, i) => data[from + i]!) };
    };
    const leading = (left.shape.length > 2 ? left : right).shape.slice(0, -2);
    const each = Array.from({ length: sizeOf(leading) }, (_, b) => {
      const [x, y] = [transposeLeft ? turned(matrix(left, b)) : matrix(left, b), transposeRight ? turned(matrix(right, b)) : matrix(right, b)];
      const dOutput = cotangents && matrix(cotangents["output"]!, b);
      const [dx, dy] = dOutput ? [multiply(dOutput, turned(y)), multiply(turned(x), dOutput)] : [];
      return { out: multiply(x, y), dx: dx && (transposeLeft ? turned(dx) : dx), dy: dy && (transposeRight ? turned(dy) : dy) };
    });
    const stacked = (shape: readonly number[], planes: readonly Plane[]): PlainTensor => {
      const data = new Float32Array(sizeOf(shape));
      planes.forEach((plane, b) => plane.data.forEach((value, i) => (data[(b * plane.data.length + i) % data.length]! += value)));
      return { shape, data };
    };
    return {
      outputs: { output: stacked([...leading, ...each[0]!.out.shape], each.map(({ out }) => out)) },
      ...(cotangents && { gradients: { left: stacked(left.shape, each.map(({ dx }) => dx!)), right: stacked(right.shape, each.map(({ dy }) => dy!)) } }),
    };
  };
  const fullyConnected: CandidateFunction = (given, _, cotangents) => {
    const { input, weight, bias } = given as { input: PlainTensor; weight: PlainTensor; bias?: PlainTensor };
    if (isEmpty(given)) return { skipped: "nothing to sum" };
    const flat = ({ shape, data }: PlainTensor): Plane => ({ shape: [sizeOf(shape.slice(0, -1)), shape.at(-1)!], data: Float32Array.from(data) });
    const [x, w] = [flat(input), flat(weight)];
    const out = multiply(x, turned(w));
    const dOutput = cotangents && flat(cotangents["output"]!);
    return {
      outputs: { output: {
        shape: [...input.shape.slice(0, -1), weight.shape[0]!],
        data: bias ? out.data.map((value, i) => value + bias.data[i % bias.data.length]!) : out.data,
      } },
      ...(dOutput && { gradients: {
        input: { shape: input.shape, data: multiply(dOutput, w).data }, weight: { shape: weight.shape, data: multiply(turned(dOutput), x).data },
        ...(bias && { bias: biasGradient(dOutput) }),
      } }),
    };
  };
  return { matrixProduct, fullyConnected };
};
