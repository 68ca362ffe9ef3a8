/**
 * Gradient flow: how much of the gradient that arrives at the last state reaches the state k steps before.
 *
 *     J_k = ∂s_T/∂s_{T−k} = ∂s_T/∂s_{T−1} · … · ∂s_{T−k+1}/∂s_{T−k},   ‖J_k‖ = the largest singular value of J_k
 *
 * The spectral norm is the largest factor by which the length of a gradient can change on its way: ‖ds_{T−k}‖ ≤ ‖J_k‖·‖ds_T‖, and some gradient
 * has just that. So where it is small nothing is learned from what was k steps ago, whatever the loss, and where it is large the gradient may
 * explode. (The root of the sum of squares would make √H of an identity that changes nothing.)
 *
 * Layout: one sample, h `[1, H]`, x `[1, F]`.
 * Notes: vanishing and exploding gradients. Source: Bengio, Simard, Frasconi, "Learning long-term dependencies with gradient descent is difficult"
 * (1994); Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013), section 2.
 *
 * @module
 */
import { checkLayer } from "../learning/layer.ts";
import { wrongValue } from "../tensor/shape.ts";
import { adopt, raw, widen } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";
import { checkSteps, rowsOf, samplesOf } from "./lengths.ts";
import type { Cell } from "./unroll.ts";
import { zerosLike } from "./zero-state.ts";

/** Norms by distance: the first is that of no step, 1, the last that of all steps. */
export interface GradientFlow {
  /** ‖∂s_T/∂s_{T−k}‖ of the whole state, such as h and c of an LSTM together. */
  readonly state: readonly number[];
  /** ‖∂h_T/∂h_{T−k}‖ of the hidden state, what else there is in the state held fixed; the same where there is nothing else. */
  readonly hidden: readonly number[];
}

/**
 * The spectral norms of the derivatives of a cell's last state by each state before.
 *
 * The derivatives are exact: a batch of as many copies of the sample as the state has numbers goes through the cell in double, and the identity
 * is pulled back, each copy carrying the gradient of one number of the last state.
 *
 * @param cell - one whose state has a hidden state h
 * @param state - with which it begins, of one sample
 * @param inputs - at least one step, of one sample
 * @throws RangeError where there is no step or other than one sample, TypeError for what is no layer; else as the cell does
 *
 * @example
 * ```ts
 * import { SimpleRnn, gradientFlow } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const cell = SimpleRnn({ inputs: 1, units: 1, activation: "identity" });
 * const step = tensor([[5]]);
 * gradientFlow(cell, { wx: tensor([[1]]), wh: tensor([[0.5]]) }, { h: tensor([[0]]) }, [step, step, step]).hidden; // => [1, 0.5, 0.25, 0.125]
 * ```
 */
export function gradientFlow<P, S extends { readonly h: Tensor }, Y>(
  cell: Cell<P, S, Tensor, Y>, params: P, state: S, inputs: readonly Tensor[],
): GradientFlow {
  checkLayer("gradientFlow", "cell", cell);
  checkSteps("gradientFlow", "inputs", inputs);
  const samples = samplesOf("gradientFlow", "inputs and state", [state, inputs]);
  if (samples !== 1) throw wrongValue("gradientFlow", "one sample", String(samples));
  const widths = leavesOf(state).map(([, leaf]) => raw(leaf).length);
  const size = widths.reduce((sum, width) => sum + width, 0);
  const copies = Array.from({ length: size }, () => 0);
  const copied = <Tree>(tree: Tree): Tree => rowsOf(mapTree(tree, widen), copies);
  let current = copied(state);
  const steps = inputs.map((input) => {
    const [[next, output], pullback] = cell.apply(params, [current, copied(input)]);
    current = next;
    return { output, pullback };
  });
  const place = leavesOf(state).findIndex(([path]) => path === "h");
  const from = widths.slice(0, place).reduce((sum, width) => sum + width, 0);
  const flowOf = (jacobian: S): readonly [number, number] => [
    spectralNorm(rowsTogether(leavesOf(jacobian).map(([, leaf]) => leaf), size)),
    spectralNorm(rowsTogether([jacobian.h], size).slice(from, from + widths[place]!)),
  ];
  let jacobian = identityLike(state, size);
  const flows = [flowOf(jacobian)];
  for (const { output, pullback } of steps.toReversed()) {
    const [, [dBefore]] = pullback([jacobian, zerosLike(output)]);
    jacobian = dBefore;
    flows.push(flowOf(jacobian));
  }
  return { state: flows.map(([whole]) => whole), hidden: flows.map(([, hidden]) => hidden) };
}

/** As many gradients as the state has numbers, one behind the other: the gradient of each number is 1 there and 0 elsewhere. */
function identityLike<S>(state: S, size: number): S {
  let start = 0;
  return mapTree(state, (leaf) => {
    const width = raw(leaf).length;
    const ones = new Float64Array(size * width);
    for (let i = 0; i < width; i++) ones[(start + i) * width + i] = 1;
    start += width;
    return adopt([size, ...leaf.shape.slice(1)], ones);
  });
}

/** Row by row, the rows of all leaves side by side. */
function rowsTogether(leaves: readonly Tensor[], rows: number): readonly Float64Array[] {
  return Array.from({ length: rows }, (_, row) => Float64Array.from(leaves.flatMap((leaf) => {
    const width = raw(leaf).length / rows;
    return Array.from(raw(leaf).subarray(row * width, (row + 1) * width));
  })));
}

/**
 * The largest singular value of a matrix, given by its rows.
 *
 * Pairs of rows are turned in their plane until they are at right angles, which changes no singular value (Hestenes, 1958); they are then the
 * lengths of the rows. Products of two rows are left where they are below (m + 4)·2⁻⁵³ of the sum of all squares, m the numbers in a row: more is not
 * certain in double. For n rows that is an error of n²·(m + 4)·2⁻⁵³ of the square at most.
 *
 * @internal
 */
export function spectralNorm(matrix: readonly Float64Array[]): number {
  const largest = matrix.reduce((most, row) => row.reduce((each, value) => Math.max(each, Math.abs(value)), most), 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  // Squares may overflow or vanish: all is taken relative to a power of two near the largest, which rounds nothing.
  const unit = 2 ** Math.floor(Math.log2(largest));
  const rows = matrix.map((row) => row.map((value) => value / unit));
  const small = 2 ** -53 * (rows[0]!.length + 4) * rows.reduce((sum, row) => sum + dot(row, row), 0);
  for (let sweep = 0, turned = true; turned && sweep < mostSweeps; sweep++) {
    turned = false;
    for (let p = 0; p < rows.length; p++) {
      for (let q = p + 1; q < rows.length; q++) {
        const [left, right] = [rows[p]!, rows[q]!];
        const product = dot(left, right);
        if (Math.abs(product) <= small) continue;
        turned = true;
        const ratio = (dot(right, right) - dot(left, left)) / (2 * product);
        const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
        const cosine = 1 / Math.hypot(1, tangent);
        const sine = cosine * tangent;
        for (let i = 0; i < left.length; i++) {
          const [a, b] = [left[i]!, right[i]!];
          left[i] = cosine * a - sine * b;
          right[i] = sine * a + cosine * b;
        }
      }
    }
  }
  return unit * Math.sqrt(rows.reduce((most, row) => Math.max(most, dot(row, row)), 0));
}

/** Convergence is quadratic: about ten are enough for a hundred rows. */
const mostSweeps = 60;

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  return sum;
}
