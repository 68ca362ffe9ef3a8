/**
 * Normwise bounds: how far algorithms that share products between outputs may be from the true value.
 *
 * Such an algorithm forms y = Σ_r w_r (l_r·a)(r_r·b): sums of inputs, products of these, and sums of products in which all but y cancels. What
 * is rounded on the way is as large as the largest numbers of the tensor, and so each output's error is small beside those, but not beside
 * its own terms. With K roundings one on top of the other, and by Cauchy and Schwarz,
 *
 *     |ŷ − y| ≤ γ_K · Σ_r |w_r|(|l_r|·|a|)(|r_r|·|b|) ≤ A · γ_K · ‖a‖‖b‖,   A = max over outputs of Σ_r |w_r|‖l_r‖‖r_r‖
 *
 * in 2-norms. A does not depend on how the transforms are scaled. For sums over channels, Σ‖a‖‖b‖ stands for ‖a‖‖b‖.
 *
 * Convolutions: ‖a‖ and ‖b‖ are norms of one channel of one sample, and of one channel of one filter.
 * - Winograd F(m, r) on tiles of up to m + r − 1 = 6 cells with the points 0, ±1, ±2, ∞: A ≤ 21 along an axis, the product of those along
 *   two. The gradient of a kernel sums over tiles that overlap by at most half: √2 more along each axis. K = 11 along each axis (3 of the
 *   input's transform, 4 of the kernel's, 4 of the output's), the product, and the sums over channels, or over samples and tiles.
 * - Fourier's, radix 2, over cells in all of 2^t: each stage costs at most 7 roundings, in each of the two transforms in norm (‖Fa‖ = 2^(t/2)‖a‖)
 *   and on the way back at most 7 for each of t stages of Σ|Fa||Fb| / 2^t ≤ ‖a‖‖b‖. A = 1, K = 21t + 4 and the sum over channels.
 *
 * Matrix products: ‖a‖ and ‖b‖ are the norms of the largest row and the largest column. One level of Strassen's algorithm, or of Winograd's
 * variant: each block of rows takes part with another one, so that norms are up to √2 as large on both sides, and A = 2·8 = 16. K = 8 and the
 * terms of a product (at most 3 sums on each side before and 3 after it, and one for sizes that are odd).
 *
 * Underflow: a product that falls below the normal numbers loses no more than if its factors were η/u larger.
 *
 * Source: Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the accuracy of Winograd convolution for deep neural networks",
 * ACM Trans. Math. Softw. 46 (2020), for bounds of F(m, r) in norm; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters
 * 23 (Strassen) and 24 (radix-2 transforms: (1 + 4√2)u a stage, in norm). The constants are worked out here.
 *
 * @module
 */
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sizeOf } from "../tensor/shape.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Operation, Options, Tensors } from "./catalog/operation.ts";
import { gamma, onesLike, withReference } from "./error-bound.ts";
import { isNormwise } from "./precision.ts";
import type { Precision } from "./precision.ts";

/** A of Winograd's algorithm along one axis. */
const winogradGrowth = 21;
/** Its roundings along one axis. */
const winogradRoundings = 11;
/** Axes that are transformed together; of three, the third is summed directly. */
const winogradAxes = 2;
/** Roundings of a stage in three transforms. */
const stageRoundings = 21;
/** A of one level of Strassen's algorithm. */
const strassenGrowth = 16;
/** Its roundings beside those of its products. */
const strassenRoundings = 8;

/** One case, as a reference has it: over double storage. */
interface Asked {
  readonly inputs: Tensors;
  readonly options: Options;
  readonly cotangents: Tensors | undefined;
}

/**
 * The radii of an operation under the algorithm class that was declared for it: where it is normwise, at least the bound in norm, so that an
 * algorithm may be fast where that pays and sum directly elsewhere.
 *
 * @internal
 */
export function classRadius(operation: Operation, asked: Asked, precision: Precision, componentwise: Answers<Tensor>): Answers<Tensor> {
  if (!isNormwise(precision, operation.name)) return componentwise;
  const bounds = operation.name === "matrixProduct" || operation.name === "fullyConnected"
    ? matrixBounds(operation.name, asked, precision) : windowBounds(operation, asked, precision);
  const atLeast = (radii: Tensors, least: Answers<Bound>["outputs"]): Tensors =>
    mapNamed(radii, (radius, name) => (least[name] === undefined ? radius : larger(radius, least[name])));
  return { outputs: atLeast(componentwise.outputs, bounds.outputs), gradients: atLeast(componentwise.gradients, bounds.gradients) };
}

/** The bound of each element of a tensor, by its flat position. */
type Bound = (position: number) => number;

const larger = (radius: Tensor, least: Bound): Tensor =>
  adopt(radius.shape, Float64Array.from(raw(radius), (each, i) => Math.max(each, least(i))));

/** A·γ_K·norm; nothing beside a norm of 0, even where γ is infinite. */
const grown = (growth: number, roundings: number, norm: number, precision: Precision): number =>
  (norm === 0 ? 0 : growth * gamma(roundings, withReference(precision)) * norm);

/** What a product that underflows may lose, as if its factors were so much larger. */
const lost = ({ tiny, unit }: Precision): number => tiny / unit;

/** The square of a number, and of one that is none nothing: what it reaches is for the policies on special values. */
const square = (value: number): number => (Number.isFinite(value) ? value * value : 0);

/** What the bias adds to the bound of an output: it is one more term, added last. */
const biasBound = (bias: Tensor | undefined, roundings: number, precision: Precision): Bound =>
  (channel) => (bias === undefined || !Number.isFinite(raw(bias)[channel]!) ? 0 : grown(1, roundings, Math.abs(raw(bias)[channel]!), precision));

/** The norm of every plane of a tensor [a, b, …space], as a tensor [a, b, 1, …]. */
function planeNorms(tensor: Tensor, precision: Precision): Tensor {
  const { shape } = tensor;
  const [planes, plane] = [shape[0]! * shape[1]!, sizeOf(shape.slice(2))];
  const data = raw(tensor);
  const norms = Float64Array.from({ length: planes }, (_, p) => {
    let squares = 0;
    for (let i = p * plane; i < (p + 1) * plane; i++) squares += square(data[i]!);
    return Math.sqrt(squares) + lost(precision);
  });
  return adopt([shape[0]!, shape[1]!, ...shape.slice(2).map(() => 1)], norms);
}

/** Convolution and transposed convolution: the operation itself, run on norms of planes, sums them as they belong together. */
function windowBounds(operation: Operation, { inputs, options: written, cotangents }: Asked, precision: Precision): Answers<Bound> {
  const { input, kernel, bias } = inputs;
  const options = operation.complete(inputs, written);
  const window = kernel!.shape.slice(2);
  const single = {
    ...options, stride: window.map(() => 1), padding: window.map(() => [0, 0]), dilation: window.map(() => 1),
    ...(options["outputPadding"] !== undefined && { outputPadding: window.map(() => 0) }),
  };
  const transposed = operation.name === "transposedConvolution";
  const output = operation.forward(inputs, options)["output"]!;
  const [wide, narrow] = (transposed ? [output, input!] : [input!, output]).map(({ shape }) => shape.slice(2)) as [number[], number[]];
  const padding = options["padding"] as readonly (readonly [number, number])[];
  const stages = wide.reduce((sum, size, axis) => sum + 1 + Math.ceil(Math.log2(Math.max(1, size + padding[axis]![0] + padding[axis]![1]))), 0);
  const slid = window.filter((taps) => taps > 1).length;
  const axes = Math.min(winogradAxes, slid);
  const direct = slid > axes ? Math.max(...window) : 1;
  const tiles = narrow.reduce((product, size, axis) => product * (window[axis]! > 1 ? Math.ceil(size / 2) : size), 1);

  /** The bound of one plane whose norms' products sum to that, in so many sums; over tiles too in a kernel's gradient. */
  const bound = (norm: number, sums: number, overTiles: boolean): number => Math.max(
    grown(winogradGrowth ** axes * (overTiles ? 2 ** (axes / 2) : 1), winogradRoundings * axes + 2 + direct * sums * (overTiles ? tiles : 1), norm, precision),
    grown(1, stageRoundings * stages + 4 + sums, norm, precision),
  );
  const sized = { input: planeNorms(input!, precision), kernel: planeNorms(kernel!, precision) };
  const counted = mapNamed(sized, onesLike);
  const plane = ({ shape }: Tensor): number => Math.max(1, sizeOf(shape.slice(2)));
  const of = (norms: Tensor, sums: Tensor, whole: Tensor, overTiles: boolean): Bound => {
    const bounds = Float64Array.from(raw(norms), (norm, p) => bound(norm, raw(sums)[p]!, overTiles));
    return (position) => bounds[Math.floor(position / plane(whole))]!;
  };
  const product = of(operation.forward(sized, single)["output"]!, operation.forward(counted, single)["output"]!, output, false);
  const added = biasBound(bias, 1 + Math.max(...raw(operation.forward(counted, single)["output"]!), 1), precision);
  const outputs = { output: (position: number) => product(position) + added(Math.floor(position / plane(output)) % output.shape[1]!) };
  const cotangent = cotangents?.["output"];
  if (cotangent === undefined) return { outputs, gradients: {} };
  const sizes = operation.backward!(sized, single, { output: planeNorms(cotangent, precision) });
  const counts = operation.backward!(counted, single, { output: onesLike(planeNorms(cotangent, precision)) });
  return {
    outputs,
    gradients: {
      input: of(sizes["input"]!, counts["input"]!, input!, false),
      kernel: of(sizes["kernel"]!, counts["kernel"]!, kernel!, true),
    },
  };
}

/** Matrices, of which each has rows and columns, and a batch of them or none. */
interface Matrices {
  readonly data: ArrayLike<number>;
  readonly batch: number;
  readonly batched: boolean;
  readonly rows: number;
  readonly columns: number;
}

const matricesOf = (tensor: Tensor): Matrices => {
  const { shape } = tensor;
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { data: raw(tensor), batch: sizeOf(shape.slice(0, -2)), batched: shape.length > 2, rows, columns };
};

/** The norm of the largest line of each matrix, along its columns or its rows. */
function largestLines({ data, batch, rows, columns }: Matrices, along: "rows" | "columns", precision: Precision): readonly number[] {
  return Array.from({ length: batch }, (_, b) => {
    const squares = new Float64Array(along === "rows" ? rows : columns);
    for (let i = 0; i < rows * columns; i++) squares[along === "rows" ? Math.floor(i / columns) : i % columns]! += square(data[b * rows * columns + i]!);
    return Math.sqrt(squares.reduce((most, each) => Math.max(most, each), 0)) + lost(precision);
  });
}

/** One product: its factors' lines along which it sums, and whether a sum over the batch follows. */
function productBound(
  left: Matrices, leftLines: "rows" | "columns", right: Matrices, rightLines: "rows" | "columns", result: Matrices, precision: Precision,
): Bound {
  const summed = (left.batched || right.batched) && !result.batched;
  const terms = (leftLines === "rows" ? left.columns : left.rows) * (summed ? Math.max(left.batch, right.batch) : 1);
  const [a, b] = [largestLines(left, leftLines, precision), largestLines(right, rightLines, precision)];
  // One matrix for a whole batch makes one product of all: its lines are those of all, or longer ones where the batch is summed.
  const each = left.batched === right.batched && !summed;
  const whole = (lines: readonly number[]): number => (summed ? Math.hypot(...lines) : Math.max(0, ...lines));
  const bounds = a.length === 0 || b.length === 0 ? []
    : each ? a.map((line, i) => grown(strassenGrowth, strassenRoundings + terms, line * b[i]!, precision))
    : [grown(strassenGrowth, strassenRoundings + terms, whole(a) * whole(b), precision)];
  const size = Math.max(1, result.rows * result.columns);
  return (position) => bounds[each ? Math.floor(position / size) : 0] ?? 0;
}

function matrixBounds(name: string, { inputs, options, cotangents }: Asked, precision: Precision): Answers<Bound> {
  const flat = (tensor: Tensor): Tensor => adopt([sizeOf(tensor.shape.slice(0, -1)), tensor.shape.at(-1)!], Float64Array.from(raw(tensor)));
  const connected = name === "fullyConnected";
  const [left, right] = (connected ? [flat(inputs["input"]!), inputs["weight"]!] : [inputs["left"]!, inputs["right"]!]).map(matricesOf) as [Matrices, Matrices];
  const [turnedLeft, turnedRight] = connected ? [false, true] : [options["transposeLeft"] === true, options["transposeRight"] === true];
  const lines = (turned: boolean, untransposed: "rows" | "columns"): "rows" | "columns" =>
    (turned === (untransposed === "rows") ? "columns" : "rows");
  const [batch, batched] = left.batched ? [left.batch, true] : [right.batch, right.batched];
  const result: Matrices = {
    data: [], batch, batched, rows: turnedLeft ? left.columns : left.rows, columns: turnedRight ? right.rows : right.columns,
  };
  const inner = turnedLeft ? left.rows : left.columns;
  const product = productBound(left, lines(turnedLeft, "rows"), right, lines(turnedRight, "columns"), result, precision);
  const added = biasBound(inputs["bias"], strassenRoundings + inner, precision);
  const outputs = { output: (position: number) => product(position) + added(position % Math.max(1, result.columns)) };
  const given = cotangents?.["output"];
  if (given === undefined) return { outputs, gradients: {} };
  const back = matricesOf(connected ? flat(given) : given);
  const gradients: readonly [Bound, Bound] = [
    productBound(back, "rows", right, lines(turnedRight, "rows"), left, precision),
    productBound(left, lines(turnedLeft, "columns"), back, "columns", right, precision),
  ];
  return { outputs, gradients: connected ? { input: gradients[0], weight: gradients[1] } : { left: gradients[0], right: gradients[1] } };
}
