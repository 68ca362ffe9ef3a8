/**
 * What a law is, and what laws are made of: cases changed as a whole, and answers laid beside each other.
 *
 * @module
 */
import { sameShape, show, sizeOf } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Operation, Tensors } from "./catalog/operation.ts";
import { whereOf } from "./place.ts";
import type { Numbers } from "./lattice.ts";

/** Numbers that a candidate answered, and how far each may be off. @internal */
export interface Measured {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
  readonly radius: ArrayLike<number>;
}

/** Two sides that must be equal, up to the sum of their radii. @internal */
export interface Sides {
  /** What is compared: "output", "gradient of kernel". */
  readonly where: string;
  readonly left: Measured;
  readonly right: Measured;
  /** What the sides are called, where neither is to be blamed before the other. Default the answer in that place, and what it was before. */
  readonly names?: readonly [left: string, right: string];
}

/** One answer. @internal */
export type LawAnswer = Answers<Measured>;

/** A law. @internal */
export interface Law {
  readonly name: string;
  /** The law in one sentence. */
  readonly says: string;
  /** What is likely wrong with code that breaks it. */
  readonly suspect: string;
  readonly holds: (operation: Operation) => boolean;
  readonly numbers: Numbers;
  /** The next question, after so many answers; undefined at the end, and at once where the law says nothing of a case. */
  readonly next: (operation: Operation, one: Case, answers: readonly LawAnswer[]) => Case | undefined;
  readonly sides: (operation: Operation, one: Case, answers: readonly LawAnswer[]) => readonly Sides[];
}

/** Holds for the operations of these names. @internal */
export const isNamed = (...names: readonly string[]) => ({ name }: Operation): boolean => names.includes(name);

/** The name of the first input. @internal */
export const leadingOf = ({ inputs }: Case): string => Object.keys(inputs)[0]!;

/** The same case with some inputs changed. @internal */
export const withInputs = (one: Case, changed: Tensors): Case => ({ ...one, inputs: { ...one.inputs, ...changed } });

/** The same case without one input. @internal */
export const without = ({ inputs, ...rest }: Case, dropped: string): Case =>
  ({ ...rest, inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== dropped)) });

/** The same case, asked for outputs alone. @internal */
export const withoutCotangents = ({ cotangents: _, ...one }: Case): Case => one;

/**
 * The same operation in other geometry, as far as the case leaves any: with the paddings of both ends exchanged, and with one axis shorter by one.
 * What keeps tables by shape, or a buffer that it does not clear, is then asked for others.
 *
 * @internal
 */
export function elsewhere(operation: Operation, one: Case): readonly Case[] {
  const forward = withoutCotangents(one);
  const turned = { ...forward, options: mapNamed(one.options, (option) => (isPairs(option) ? option.map((pair) => pair.toReversed()) : option)) };
  const isTurned = Object.entries(one.options).some(([name, option]) => show(option) !== show(turned.options[name]));
  const [leading] = Object.values(one.inputs);
  const shorter = count(0, leading!.shape.length).toReversed().filter((axis) => leading!.shape[axis]! > 1).flatMap((axis) => {
    const cut = (isCut: (tensor: Tensor) => boolean): Case =>
      withInputs(forward, mapNamed(one.inputs, (tensor) => (isCut(tensor) ? takenTensor(tensor, axis, count(0, tensor.shape[axis]! - 1)) : tensor)));
    return [cut((tensor) => tensor === leading), cut(({ shape }) => sameShape(shape, leading!.shape))];
  }).find((each) => isValid(operation, each));
  return [...(isTurned && isValid(operation, turned) ? [turned] : []), ...(shorter ? [shorter] : [])];
}

const isPairs = (option: unknown): option is readonly (readonly unknown[])[] => Array.isArray(option) && option.every(Array.isArray);

function isValid(operation: Operation, { inputs, options }: Case): boolean {
  try {
    operation.forward(inputs, options);
    return true;
  } catch {
    return false;
  }
}

/** The questions of a law that need no answer to be asked. @internal */
export const asked = (questions: (operation: Operation, one: Case) => readonly Case[] | undefined): Law["next"] =>
  (operation, one, answers) => questions(operation, one)?.[answers.length];

/** Every output and gradient of one answer beside that of another; a side is left out where the change makes nothing of it. @internal */
export function beside(
  left: LawAnswer, right: LawAnswer, change: (measured: Measured, where: string) => Measured | undefined = (same) => same,
): readonly Sides[] {
  return (["outputs", "gradients"] as const).flatMap((kind) => Object.entries(right[kind]).flatMap(([name, measured]): Sides[] => {
    const where = whereOf({ kind, name });
    const [changed, other] = [change(measured, where), left[kind][name]];
    return changed === undefined || other === undefined ? [] : [{ where, left: other, right: changed }];
  }));
}

/** The elements whose index along one axis is one of those given, in that order; axes before and after stay as they are. @internal */
export function taken({ shape, data, radius }: Measured, axis: number, indices: readonly number[]): Measured {
  const [outer, inner, size] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1)), shape[axis]!];
  const pick = (values: ArrayLike<number>): Float64Array => {
    const picked = new Float64Array(outer * indices.length * inner);
    for (let o = 0, to = 0; o < outer; o++) {
      for (const index of indices) for (let i = 0; i < inner; i++) picked[to++] = values[(o * size + index) * inner + i]!;
    }
    return picked;
  };
  return { shape: shape.with(axis, indices.length), data: pick(data), radius: pick(radius) };
}

/** The same of a tensor. @internal */
export const takenTensor = (tensor: Tensor, axis: number, indices: readonly number[]): Tensor => {
  const { shape, data } = taken({ shape: tensor.shape, data: raw(tensor), radius: raw(tensor) }, axis, indices);
  return adopt(shape, Float32Array.from(data));
};

/** Whole numbers from one to before another. @internal */
export const count = (from: number, to: number): readonly number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Numbers without error. @internal */
export const exactly = (shape: Shape, data: ArrayLike<number>): Measured => ({ shape, data, radius: new Float64Array(data.length) });

/** The same numbers under another sign. @internal */
export const negated = ({ shape, data, radius }: Measured): Measured => ({ shape, data: Float64Array.from(data, (value) => -value), radius });
