/**
 * One set of float32 kernels with its sums as a parameter: the im2col candidate, whose matrix product and plain sum take the order that is
 * asked for, and average pooling by the same sums. Every order is honest; what `given` does to factors, or a sum of fewer bits, need not be.
 */
import { vi } from "vitest";
import type { Matrix } from "../../examples/candidates/im2col/matrix.ts";
import { slideWindow } from "../../src/cnn/window.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import type { Format } from "../../src/oracle/precision.ts";
import type { PlainTensor, Reply } from "../../src/oracle/protocol.ts";
import { nearest } from "../../src/oracle/storage.ts";
import { summations } from "./support.ts";

/** A sum of exact products of float32 numbers. */
export type Summation = (products: readonly number[]) => number;

const { fround } = Math;

const lanes = (count: number): Summation => (products) => {
  const sums = new Float32Array(count);
  products.forEach((product, i) => (sums[i % count]! += fround(product)));
  return sums.reduce((total, value) => fround(total + value), 0);
};

/** Blocks of 32 one after the other, their sums in pairs. */
const blockwise: Summation = (products) => {
  const blocks: number[] = [];
  for (let i = 0; i < products.length; i += 32) blocks.push(summations["sequential"]!(products.slice(i, i + 32)));
  return summations["pairwise"]!(blocks);
};

/** Kahan's: what an addition lost is taken into the next one. */
const compensated: Summation = (products) => {
  let [total, lost] = [0, 0];
  for (const product of products) {
    const next = fround(fround(product) - lost);
    const sum = fround(total + next);
    lost = fround(fround(sum - total) - next);
    total = sum;
  }
  return total;
};

/** Ways in which honest float32 code sums. */
export const orders: Readonly<Record<string, Summation>> = { ...summations, "eight lanes": lanes(8), "blocks in pairs": blockwise, compensated };

/** One after the other, every product and every sum rounded to a format. */
export const sumsIn = (format: Format): Summation => (products) =>
  products.reduce((sum, product) => nearest(sum + nearest(product, format), format), 0);

/** Every product and sum is cut off towards 0 instead of rounded. */
export const cutOff: Summation = (products) => products.reduce((sum, product) => towardsZero(sum + towardsZero(product)), 0);

const towardsZero = (value: number): number => {
  const rounded = fround(value);
  return Math.abs(rounded) > Math.abs(value) ? rounded - Math.sign(rounded) * 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23) : rounded;
};

interface Kernel {
  readonly sum: Summation;
  /** What becomes of a factor before it is multiplied. Default nothing. */
  readonly given?: (value: number) => number;
  /** Whether averages multiply by 1/n instead of dividing by n. */
  readonly reciprocal?: boolean;
}

type Plain = Readonly<Record<string, PlainTensor>>;

/** Average pooling over every window at once, its sums as a parameter. */
const averagePooling = ({ sum, given = (value) => value, reciprocal = false }: Kernel) => (inputs: Plain, options: unknown, cotangents: Plain | undefined): Reply => {
  const { input } = inputs as { input: PlainTensor };
  const { window, countPadding, divisor, ceilMode } = options as { window: number[]; countPadding: boolean; divisor?: number; ceilMode: boolean };
  const [N, C, ...space] = input.shape as [number, number, ...number[]];
  const { stride, padding, dilation, output: sizes } = slideWindow("averagePooling", space, window, options as object, ceilMode);
  const plane = space.reduce((product, size) => product * size, 1);
  const positions = sizes.reduce((product, size) => product * size, 1);
  const averaged = new Float32Array(N * C * positions);
  const back: number[][] = Array.from({ length: N * C * plane }, () => []);
  const at = (flat: number, shape: readonly number[]): number[] => {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return index;
  };
  const taps = window.reduce((product, size) => product * size, 1);
  for (let o = 0; o < positions; o++) {
    const position = at(o, sizes);
    const cells: number[] = [];
    let counted = 0;
    for (let t = 0; t < taps; t++) {
      const tap = at(t, window);
      const cell = position.map((p, axis) => p * stride[axis]! + tap[axis]! * dilation[axis]! - padding[axis]![0]);
      if (cell.every((c, axis) => c < space[axis]! + padding[axis]![1])) counted++;
      if (cell.every((c, axis) => c >= 0 && c < space[axis]!)) cells.push(cell.reduce((flat, c, axis) => flat * space[axis]! + c, 0));
    }
    const by = divisor ?? (countPadding ? counted : cells.length);
    const share = (value: number): number => (by === 0 ? value : reciprocal ? fround(value * fround(1 / by)) : fround(value / by));
    for (let p = 0; p < N * C; p++) {
      averaged[p * positions + o] = share(sum(cells.map((cell) => given(input.data[p * plane + cell]!))));
      if (cotangents) for (const cell of cells) back[p * plane + cell]!.push(share(given(cotangents["output"]!.data[p * positions + o]!)));
    }
  }
  return {
    outputs: { output: { shape: [N, C, ...sizes], data: averaged } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: Float32Array.from(back, sum) } } }),
  };
};

/** The kernels of the im2col candidate, with sums of one kind. */
export async function loadKernels(): Promise<(kernel: Kernel) => CandidateModule["operations"]> {
  let current: Kernel = { sum: summations["sequential"]! };
  const total = (values: Float32Array): number => current.sum(Array.from(values));
  vi.resetModules(); // other specs of this process may have loaded the candidate as it is
  vi.doMock("../../examples/candidates/im2col/matrix.ts", async (original: () => Promise<object>) => ({
    ...(await original()),
    addProduct: (left: Matrix, right: Matrix, to: Matrix): void => {
      const { sum, given = (value: number) => value } = current;
      for (let i = 0; i < left.rows; i++) {
        for (let j = 0; j < right.columns; j++) {
          const at = to.offset + i * to.rowStep + j * to.columnStep;
          const terms = [to.data[at]!];
          for (let k = 0; k < left.columns; k++) {
            terms.push(given(left.data[left.offset + i * left.rowStep + k * left.columnStep]!) * given(right.data[right.offset + k * right.rowStep + j * right.columnStep]!));
          }
          to.data[at] = sum(terms);
        }
      }
    },
  }));
  vi.doMock("../../examples/candidates/im2col/reduction.ts", async (original: () => Promise<object>) => ({
    ...(await original()),
    sum: total,
    reduce: (losses: { shape: number[]; data: Float32Array }, reduction: string, divisor: number) =>
      (reduction === "none" ? losses : { shape: [], data: Float32Array.of(reduction === "mean" ? total(losses.data) / divisor : total(losses.data)) }),
  }));
  const { default: candidate } = (await import("../../examples/candidates/im2col.ts")) as unknown as { default: CandidateModule };
  vi.doUnmock("../../examples/candidates/im2col/matrix.ts");
  vi.doUnmock("../../examples/candidates/im2col/reduction.ts");
  vi.resetModules();
  return (kernel) => Object.fromEntries(Object.entries({ ...candidate.operations, averagePooling: averagePooling(kernel) as never }).map(([name, run]) => [name, (...given) => {
    current = kernel;
    return (run as CandidateModule["operations"][string])(...given);
  }]));
}
