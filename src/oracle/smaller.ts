/**
 * Smaller cases: what is left of a case when some of its sizes are cut, and its options made plainer with them.
 *
 * Axes of one name belong together: of a convolution's input [N, C, …space] and kernel [K, C/groups, …window] both have the axis C, and lose
 * the same elements. Cotangents are cut to the outputs that are left. Whatever is no case any more is left out.
 *
 * @module
 */
import { adopt, map, raw } from "../tensor/tensor.ts";
import { sizeOf, stridesOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findOperation } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed, slotOf } from "./catalog/operation.ts";
import type { Options, Tensors } from "./catalog/operation.ts";

/** The names of a tensor's axes, as the catalog writes them; those of an ellipsis count from the last. */
function axisNames({ operation, inputs }: Case, name: string): readonly string[] {
  const { shape } = inputs[name]!;
  const likeInput = inputs["input"]?.shape.join() === shape.join();
  const written = slotOf(findOperation(operation), likeInput ? "input" : name)?.axes ?? "";
  // What has another tensor's shape shares its axes: parameters those of their gradients.
  const own = written.startsWith("the input's") || written.startsWith("of the input's") ? "…" : `…${name.split(".").at(-1)}`;
  const names = (/\[(.+?)\]/.exec(written)?.[1] ?? own).split(", ").map((each) => each.replace("/groups", ""));
  const open = names.findIndex((each) => each.startsWith("…"));
  return shape.map((_, axis) => {
    if (open < 0 || axis < open) return names[axis] ?? "";
    const fromLast = shape.length - 1 - axis;
    const after = names.length - 1 - open;
    return fromLast < after ? names[names.length - 1 - fromLast]! : `${names[open]}${fromLast - after}`;
  });
}

/** The size of every axis of a case that has more than one element, by its name; of several sizes under one name the largest. @internal */
export function axesOf(one: Case): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [name, { shape }] of Object.entries(one.inputs)) {
    axisNames(one, name).forEach((axis, i) => {
      if (shape[i]! > Math.max(1, sizes.get(axis) ?? 1)) sizes.set(axis, shape[i]!);
    });
  }
  return sizes;
}

/** Elements of an axis, by their positions, in the order in which they are kept. */
type Kept = readonly number[];

/** What may be left of an axis: one element of its ends, a half of it, all but one. The fewest first. @internal */
export function keptOf(size: number): readonly Kept[] {
  if (size < 2) return [];
  const all = Array.from({ length: size }, (_, i) => i);
  const half = size >> 1;
  const ends = size > 3 ? [[0], [size - 1], all.slice(0, half), all.slice(half)] : size > 2 ? [[0], [size - 1]] : [];
  const without = size > 8 ? [size - 1, 0] : [size - 1, 0, ...all.slice(1, -1)];
  return [...ends, ...without.map((gone) => all.filter((i) => i !== gone))];
}

/** A case of which some elements of axes of one size are left; none where that is no case. @internal */
export function cut(one: Case, axes: readonly string[], kept: Kept): Case | undefined {
  const size = axesOf(one).get(axes[0]!);
  const inputs = mapNamed(one.inputs, (tensor, name) => {
    // A sequence has as many steps as are left of those that it had.
    if (name === "lengths" && axes.includes("T")) return map(tensor, (length) => kept.filter((step) => step < length).length);
    const names = axisNames(one, name);
    return taken(tensor, tensor.shape.map((each, i) => (axes.includes(names[i]!) && each === size ? kept : undefined)));
  });
  return rebuilt(one, inputs, one.options, (before) => (before === size ? kept : []), kept[0]! > 0);
}

/** A case of which some groups of channels are left; none where it has no groups, or that is no case. @internal */
export function ofGroups(one: Case, kept: Kept): Case | undefined {
  const groups = Number(one.options["groups"]);
  const channels = (size: number): Kept => kept.flatMap((group) => Array.from({ length: size / groups }, (_, i) => (group * size) / groups + i));
  const axes: Readonly<Record<string, number>> = { input: 1, kernel: 0, bias: 0 };
  const inputs = mapNamed(one.inputs, (tensor, name) => taken(tensor, tensor.shape.map((size, i) => (i === axes[name] ? channels(size) : undefined))));
  return rebuilt(one, inputs, { ...one.options, groups: kept.length }, (before) => (before % groups === 0 ? channels(before) : []), false);
}

/** A case whose window, and what it slides over, are narrower by one element at one end; none where that is no case. @internal */
export function narrowed(one: Case, axis: string, atEnd: boolean): Case | undefined {
  const window = one.options["window"] as readonly number[] | undefined;
  const own = axis.replace("space", "window");
  const without = (size: number): Kept => Array.from({ length: size - 1 }, (_, i) => (atEnd ? i : i + 1));
  const place = (window?.length ?? 0) - 1 - Number(axis.slice("…space".length));
  const options = window === undefined ? one.options : { ...one.options, window: window.with(place, window[place]! - 1) };
  const inputs = mapNamed(one.inputs, (tensor, name) => {
    const names = axisNames(one, name);
    return taken(tensor, tensor.shape.map((size, i) => (size > 1 && [axis, own].includes(names[i]!) ? without(size) : undefined)));
  });
  return rebuilt(one, inputs, options, () => [], !atEnd);
}

/** The options of a case with one of them plainer: without stride, dilation or padding, a smaller window, a switch that is off. @internal */
export function plainer({ options }: Case): readonly Options[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    if (value === true) return [{ ...options, [name]: false }];
    if (!Array.isArray(value)) return [];
    const least = name === "outputPadding" ? 0 : 1;
    return value.flatMap((entry: unknown, i) => plainerEntries(entry, least).map((each) => ({ ...options, [name]: value.with(i, each) })));
  });
}

function plainerEntries(entry: unknown, least: number): readonly unknown[] {
  if (typeof entry === "number") return [...new Set([least, entry - 1])].filter((each) => least <= each && each < entry);
  if (!Array.isArray(entry)) return [];
  const [before, after] = entry as [number, number];
  const pairs = [[0, 0], [0, after], [before, 0], [before - 1, after], [before, after - 1]] as const;
  return pairs.filter(([a, b]) => a >= 0 && b >= 0 && a + b < before + after && a <= before && b <= after);
}

/** A case under other options; none where that is no case. @internal */
export const underOptions = (one: Case, options: Options): Case | undefined => rebuilt(one, one.inputs, options, () => [], false);

/** A case of other inputs and options, with cotangents to what is left of the outputs: the elements that were kept, else those of one end. */
function rebuilt(one: Case, inputs: Tensors, options: Options, keptOfSize: (size: number) => Kept, fromLast: boolean): Case | undefined {
  const operation = findOperation(one.operation);
  try {
    const outputs = operation.forward(inputs, options);
    const cotangents = one.cotangents && mapNamed(one.cotangents, (cotangent, name) => taken(cotangent, outputs[name]!.shape.map((size, i) => {
      const before = cotangent.shape[i]!;
      const kept = keptOfSize(before);
      if (kept.length === size) return kept;
      const first = fromLast ? Math.max(0, before - size) : 0;
      return Array.from({ length: size }, (_, position) => first + position);
    })));
    return { ...one, inputs, options, ...(cotangents && { cotangents }) };
  } catch {
    return undefined;
  }
}

/**
 * The largest of all sums of absolute terms, on which it depends whether whole numbers are exact; 0 where numbers are real, Infinity where that is
 * no case.
 *
 * @internal
 */
export function largestSum({ operation, tier, inputs, options, cotangents }: Case): number {
  const { terms } = findOperation(operation);
  if (terms === undefined || tier === "rounding" || tier === "special") return 0;
  try {
    const { outputs, gradients } = terms(inputs, options, cotangents);
    return Math.max(0, ...[...Object.values(outputs), ...Object.values(gradients)].flatMap(({ sum }) => sum.values));
  } catch {
    return Infinity;
  }
}

/** The elements of a tensor at some positions of each axis, at all of them where none are named; 0 beyond its ends. */
function taken(tensor: Tensor, kept: readonly (Kept | undefined)[]): Tensor {
  if (kept.every((each) => each === undefined)) return tensor;
  const shape = tensor.shape.map((size, axis) => kept[axis]?.length ?? size);
  const [from, to, data] = [stridesOf(tensor.shape), stridesOf(shape), raw(tensor)];
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, position) => {
    const index = shape.map((size, axis) => Math.floor(position / to[axis]!) % size).map((i, axis) => kept[axis]?.[i] ?? i);
    return index.every((i, axis) => i < tensor.shape[axis]!) ? data[index.reduce((sum, i, axis) => sum + i * from[axis]!, 0)]! : 0;
  });
  return adopt(shape, values);
}
