/**
 * Lengths: samples of one batch whose sequences are not equally long.
 *
 * The batch is as long as its longest sample; what stands behind the end of a shorter one is filling, of any value. Past its length a sample's
 * state stays as it is, its output is 0, and no gradient passes: the filling takes no part in anything.
 *
 * Layout: lengths `[N]`, whole numbers from 0 to T; a step is a tensor `[N, …]` or a tree of such tensors.
 * Notes: recurrent neural networks (input of variable length). Source: PyTorch `torch.nn.utils.rnn.pack_padded_sequence`; ONNX RNN-22, sequence_lens.
 *
 * @module
 */
import { sameShape, show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensorOf, emptyStorage, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";

/** Refuses what is no array of at least one step. @internal */
export function checkSteps(name: string, what: string, steps: unknown): void {
  if (!Array.isArray(steps)) throw wrongKind(name, `${what} as an array of steps`, show(steps));
  if (steps.length === 0) throw wrongValue(name, "at least one step", "none");
}

/** Refuses gradients that are not one for each output. @internal */
export function checkGradients(name: string, dOutputs: readonly unknown[], outputs: number): void {
  if (dOutputs.length !== outputs) throw wrongValue(name, `a gradient for each of ${outputs} outputs`, String(dOutputs.length));
}

/** The length of each sample, refused where it is none. @internal */
export function checkLengths(name: string, lengths: Tensor, samples: number, steps: number): readonly number[] {
  const values = Array.from(raw(checkTensorOf(name, "lengths", lengths, [samples])));
  const stray = values.findIndex((length) => !(Number.isInteger(length) && length >= 0 && length <= steps));
  if (stray >= 0) throw wrongValue(name, `lengths as whole numbers from 0 to ${steps}`, `${values[stray]} for sample ${stray}`);
  return values;
}

/** How many samples there are: the first size of every tensor of the tree. @internal */
export function samplesOf(name: string, what: string, tree: unknown): number {
  const sizes = leavesOf(tree).map(([, { shape }]) => shape[0]);
  const [samples] = sizes;
  if (samples === undefined || sizes.some((size) => size !== samples)) throw wrongValue(name, `${what} with one batch axis`, `first sizes ${show(sizes)}`);
  return samples;
}

/** These rows of every tensor, one behind the other. @internal */
export const rowsOf = <Tree>(tree: Tree, rows: readonly number[]): Tree =>
  mapTree(tree, (leaf) => {
    const [, ...rest] = leaf.shape;
    const width = sizeOf(rest);
    const part = emptyStorage([leaf], rows.length * width);
    rows.forEach((row, i) => part.set(raw(leaf).subarray(row * width, (row + 1) * width), i * width));
    return adopt([rows.length, ...rest], part);
  });

/** The tree with other rows in these places: what {@link rowsOf} took out, put back. @internal */
export const withRows = <Tree>(tree: Tree, rows: readonly number[], part: Tree): Tree =>
  mapTree(tree, (leaf, from) => {
    const width = sizeOf(leaf.shape.slice(1));
    const whole = emptyStorage([leaf, from], raw(leaf).length);
    whole.set(raw(leaf));
    rows.forEach((row, i) => whole.set(raw(from!).subarray(i * width, (i + 1) * width), row * width));
    return adopt(leaf.shape, whole);
  }, part);

/** As many rows as there are samples: those of the part in these places, zeros elsewhere. @internal */
export const amongZeros = <Tree>(part: Tree, rows: readonly number[], samples: number): Tree =>
  withRows(mapTree(part, (leaf) => adopt([samples, ...leaf.shape.slice(1)], emptyStorage([leaf], samples * sizeOf(leaf.shape.slice(1))))), rows, part);

/** The steps with zeros behind the end of every sample, whose lengths have been checked. @internal */
export function withinLengths<X>(steps: readonly X[], lengths: Tensor | undefined): readonly X[] {
  if (lengths === undefined) return steps;
  const ends = raw(lengths);
  return steps.map((step, t) => {
    const going = Array.from(ends.keys()).filter((row) => t < ends[row]!);
    return amongZeros(rowsOf(step, going), going, ends.length);
  });
}

/**
 * A sequence the other way round: of each sample the first `length` steps in reverse order, and what stands behind them where it was.
 *
 * Done twice it is the sequence again; it is also its own gradient.
 *
 * @param steps - at least one, each a tensor `[N, …]` or a tree of such tensors
 * @param lengths - `[N]`; absent means all steps
 * @throws RangeError where a length is out of range or the steps differ in shape, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { reverseSteps } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const steps = [tensor([1, 10]), tensor([2, 20]), tensor([3, 30])];
 * reverseSteps(steps, tensor([3, 2])).map(({ values }) => values); // => [[3, 20], [2, 10], [1, 30]]
 * ```
 */
export function reverseSteps<X>(steps: readonly X[], lengths?: Tensor): readonly X[] {
  checkSteps("reverseSteps", "steps", steps);
  if (lengths === undefined) return steps.toReversed();
  const ends = checkLengths("reverseSteps", lengths, samplesOf("reverseSteps", "steps", steps), steps.length);
  // Each row comes from the step as far from the sample's end as this one is from its beginning.
  return steps.map((step, t) => mapTree(step, (leaf, ...sources) => {
    const turned = emptyStorage([leaf, ...sources], raw(leaf).length);
    const width = turned.length / ends.length;
    sources.forEach((source, row) => {
      if (!sameShape(source.shape, leaf.shape)) throw wrongValue("reverseSteps", "steps of one shape", `${show(leaf.shape)} and ${show(source.shape)}`);
      turned.set(raw(source).subarray(row * width, (row + 1) * width), row * width);
    });
    return adopt(leaf.shape, turned);
  }, ...ends.map((end) => steps[t < end ? end - 1 - t : t])));
}
