/**
 * Laws: what must hold between a candidate's own answers, whatever the reference says.
 *
 * Each law asks two or three related questions. Their answers must fit together exactly where nothing is rounded, else within the sum of what
 * each of them may be off. A law finds what one question at a time cannot: answers that depend on what was asked before, on the other samples
 * of a batch, or on whether gradients are wanted.
 *
 * @module
 */
import { sizeOf } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { adopt, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Case } from "./case.ts";
import { mapNamed, slotOf } from "./catalog/operation.ts";
import type { Answers, Operation, Tensors } from "./catalog/operation.ts";
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
}

type LawAnswer = Answers<Measured>;

/** A law. @internal */
export interface Law {
  readonly name: string;
  /** The law in one sentence. */
  readonly says: string;
  readonly holds: (operation: Operation) => boolean;
  readonly numbers: Numbers;
  /** The next question, after so many answers; undefined at the end, and at once where the law says nothing of a case. */
  readonly next: (operation: Operation, one: Case, answers: readonly LawAnswer[]) => Case | undefined;
  readonly sides: (operation: Operation, one: Case, answers: readonly LawAnswer[]) => readonly Sides[];
}

const isNamed = (...names: readonly string[]) => ({ name }: Operation): boolean => names.includes(name);

const windows = ["convolution", "maxPooling", "minPooling", "averagePooling"];

const linear = ["convolution", "transposedConvolution", "pad", "averagePooling", "adaptiveAveragePooling", "fullyConnected", "matrixProduct", "dropout"];

const homogeneous = [...linear, "maxPooling", "minPooling", "adaptiveMaxPooling", "relu", "leakyRelu"];

const recurrent = ["simpleRnn", "lstm", "gru"];

const leadingOf = ({ inputs }: Case): string => Object.keys(inputs)[0]!;

const withInputs = (one: Case, changed: Tensors): Case => ({ ...one, inputs: { ...one.inputs, ...changed } });

const without = ({ inputs, ...rest }: Case, dropped: string): Case =>
  ({ ...rest, inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== dropped)) });

const withoutCotangents = ({ cotangents: _, ...one }: Case): Case => one;

/** The questions of a law that need no answer to be asked. */
const asked = (questions: (operation: Operation, one: Case) => readonly Case[] | undefined): Law["next"] =>
  (operation, one, answers) => questions(operation, one)?.[answers.length];

/** Every output and gradient of one answer beside that of another; a side is left out where the change makes nothing of it. */
function beside(left: LawAnswer, right: LawAnswer, change: (measured: Measured, where: string) => Measured | undefined = (same) => same): readonly Sides[] {
  return (["outputs", "gradients"] as const).flatMap((kind) => Object.entries(right[kind]).flatMap(([name, measured]): Sides[] => {
    const where = kind === "outputs" ? name : `gradient of ${name}`;
    const [changed, other] = [change(measured, where), left[kind][name]];
    return changed === undefined || other === undefined ? [] : [{ where, left: other, right: changed }];
  }));
}

/** The elements whose index along one axis is one of those given, in that order; axes before and after stay as they are. */
function taken({ shape, data, radius }: Measured, axis: number, indices: readonly number[]): Measured {
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

const takenTensor = (tensor: Tensor, axis: number, indices: readonly number[]): Tensor => {
  const { shape, data } = taken({ shape: tensor.shape, data: raw(tensor), radius: raw(tensor) }, axis, indices);
  return adopt(shape, Float32Array.from(data));
};

const count = (from: number, to: number): readonly number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Which axis of a tensor counts the batch, by what its documentation says; undefined where none does. */
const batchAxis = (axes: string | undefined): number | undefined => (axes?.startsWith("[N") ? 0 : axes?.startsWith("[T, N") ? 1 : undefined);

const batchAxisOf = (operation: Operation, where: string): number | undefined =>
  batchAxis(where.startsWith("gradient of ") ? slotOf(operation, where.slice("gradient of ".length))?.axes
    : operation.outputs.find(({ name }) => name === where)?.axes);

const hasBatch = (operation: Operation): boolean =>
  batchAxis(operation.inputs[0]!.axes) !== undefined && operation.outputs.every(({ axes }) => batchAxis(axes) !== undefined);

const samplesOf = (operation: Operation, { inputs }: Case): number => inputs["input"]!.shape[batchAxis(operation.inputs[0]!.axes)!]!;

/** A case with some of its samples, in that order. */
const samplesTaken = (operation: Operation, { inputs, cotangents, ...rest }: Case, samples: readonly number[]): Case => {
  const taking = (axesOf: (name: string) => number | undefined) => (tensor: Tensor, name: string): Tensor => {
    const axis = axesOf(name);
    return axis === undefined ? tensor : takenTensor(tensor, axis, samples);
  };
  return {
    ...rest, inputs: mapNamed(inputs, taking((name) => batchAxis(slotOf(operation, name)?.axes))),
    ...(cotangents && { cotangents: mapNamed(cotangents, taking((name) => batchAxisOf(operation, name))) }),
  };
};

const again: Law = {
  name: "again",
  says: "the same question has the same answer, whatever was asked in between",
  holds: () => true,
  numbers: "rounding",
  next: asked((_, one) => [one, withInputs(one, { [leadingOf(one)]: map(one.inputs[leadingOf(one)]!, () => 0) }), one]),
  sides: (_, __, [first, , second]) => beside(second!, first!),
};

const forwardAlone: Law = {
  name: "forwardAlone",
  says: "outputs are the same whether gradients are asked for or not",
  holds: ({ backward }) => backward !== undefined,
  numbers: "rounding",
  next: asked((_, one) => [one, withoutCotangents(one)]),
  sides: (_, __, [first, second]) => beside(second!, first!),
};

const batchReversed: Law = {
  name: "batchReversed",
  says: "a batch in reverse order has the answers in reverse order",
  holds: hasBatch,
  numbers: "structure",
  next: asked((operation, one) => {
    const samples = samplesOf(operation, one);
    return samples < 2 ? undefined : [one, samplesTaken(operation, one, count(0, samples).toReversed())];
  }),
  sides: (operation, one, [first, second]) => beside(second!, first!, (measured, where) => {
    const axis = batchAxisOf(operation, where);
    return axis === undefined ? measured : taken(measured, axis, count(0, samplesOf(operation, one)).toReversed());
  }),
};

const batchApart: Law = {
  name: "batchApart",
  says: "a sample has the same answer alone as in a batch",
  holds: hasBatch,
  numbers: "rounding",
  next: asked((operation, one) => {
    const samples = samplesOf(operation, one);
    return samples < 2 ? undefined : [one, samplesTaken(operation, one, [0]), samplesTaken(operation, one, [samples - 1])];
  }),
  sides: (operation, one, [all, ...alone]) => [0, samplesOf(operation, one) - 1].flatMap((sample, i) => beside(alone[i]!, all!, (measured, where) => {
    const axis = batchAxisOf(operation, where);
    return axis === undefined ? undefined : taken(measured, axis, [sample]);
  })),
};

const scaledBy = (factor: number) => ({ shape, data }: Measured): Measured =>
  ({ shape, data: Float64Array.from(data, (value) => factor * value), radius: nothing(data) });

const nothing = (data: ArrayLike<number>): Float64Array => new Float64Array(data.length);

const doubled: Law = {
  name: "doubled",
  says: "twice the input gives twice the output, bit for bit",
  holds: isNamed(...homogeneous),
  numbers: "rounding",
  next: asked((_, one) => {
    const twice = (tensor: Tensor): Tensor => map(tensor, (value) => 2 * value);
    const { bias } = one.inputs;
    if (one.options["mode"] === "constant") return undefined;
    return [one, withInputs(one, { [leadingOf(one)]: twice(one.inputs[leadingOf(one)]!), ...(bias && { bias: twice(bias) }) })];
  }),
  sides: (_, one, [first, second]) => beside(second!, first!, (measured, where) =>
    scaledBy(["indices", "gradient of bias", `gradient of ${leadingOf(one)}`].includes(where) ? 1 : 2)(measured))
    .map(({ where, left, right }) => ({ where, left: { ...left, radius: nothing(left.data) }, right })),
};

/** ⟨a, b⟩ in double, and how far it may be off. */
const inner = ({ data, radius }: Measured, other: ArrayLike<number>): Measured => {
  let [sum, error] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    sum += data[i]! * other[i]!;
    error += radius[i]! * Math.abs(other[i]!);
  }
  return { shape: [], data: [sum], radius: [error] };
};

const adjoint: Law = {
  name: "adjoint",
  says: "the gradient is the transpose of the operation: ⟨f(x), u⟩ = ⟨x, f*(u)⟩",
  holds: isNamed(...linear),
  numbers: "structure",
  next: asked((_, one) => (one.options["mode"] === "constant" ? undefined : [without(one, "bias")])),
  sides: (_, one, [answer]) => {
    const [output, gradient] = [answer!.outputs["output"], answer!.gradients[leadingOf(one)]];
    if (output === undefined || gradient === undefined) return [];
    return [{
      where: `gradient of ${leadingOf(one)}`,
      left: inner(output, raw(one.cotangents!["output"]!)), right: inner(gradient, raw(one.inputs[leadingOf(one)]!)),
    }];
  },
};

/** Along the first spatial axis: how far a window reaches, and how much padding stands before. */
const firstAxis = ({ inputs, options }: Case): { readonly size: number; readonly reach: number; readonly before: number; readonly stride: number } => {
  const taps = inputs["kernel"]?.shape[2] ?? (options["window"] as readonly number[])[0]!;
  return {
    size: inputs["input"]!.shape[2]!, reach: (taps - 1) * (options["dilation"] as readonly number[])[0]!,
    before: (options["padding"] as readonly (readonly number[])[])[0]![0]!, stride: (options["stride"] as readonly number[])[0]!,
  };
};

const moved: Law = {
  name: "moved",
  says: "an input moved by one place has its output moved by one place, wherever no window reaches into padding",
  holds: isNamed(...windows),
  numbers: "rounding",
  next: asked((_, one) => {
    const { size, reach, stride } = firstAxis(one);
    if (stride !== 1 || size - 1 - reach < 1) return undefined;
    const forward = withoutCotangents(one);
    return [forward, withInputs(forward, { input: takenTensor(one.inputs["input"]!, 2, count(1, size)) })];
  }),
  sides: (_, one, [first, second]) => {
    const { size, reach, before } = firstAxis(one);
    const [whole, part] = [first!.outputs["output"], second!.outputs["output"]];
    const inside = count(before, before + size - 1 - reach);
    if (whole === undefined || part === undefined) return [];
    return [{ where: "output", left: taken(part, 2, inside), right: taken(whole, 2, inside.map((place) => place + 1)) }];
  },
};

const finalState = ".finalState.";

const chunked: Law = {
  name: "chunked",
  says: "a sequence in two parts, with the state handed on, is the whole sequence",
  holds: isNamed(...recurrent),
  numbers: "rounding",
  next: (_, one, answers) => {
    const steps = one.inputs["input"]!.shape[0]!;
    if (one.options["direction"] !== "forward" || one.inputs["lengths"] !== undefined || steps < 2 || answers.length === 3) return undefined;
    const whole = withoutCotangents(one);
    const half = Math.ceil(steps / 2);
    const part = (from: number, to: number): Tensors => ({ input: takenTensor(one.inputs["input"]!, 0, count(from, to)) });
    if (answers.length < 2) return answers.length === 0 ? whole : withInputs(whole, part(0, half));
    const handed = Object.entries(answers[1]!.outputs).filter(([name]) => name.includes(finalState));
    return withInputs(whole, { ...part(half, steps), ...Object.fromEntries(handed.map(([name, { shape, data }]) =>
      [name.replace(finalState, ".initialState."), adopt(shape, Float32Array.from(data))])) });
  },
  // In two parts it is one more way to compute the whole: the radius is the whole's.
  sides: (_, one, [whole, first, second]) => beside(second!, whole!, (measured, where) =>
    (where === "output" ? taken(measured, 0, count(Math.ceil(one.inputs["input"]!.shape[0]! / 2), one.inputs["input"]!.shape[0]!)) : measured))
    .map(({ where, left, right }) => ({ where, left: { ...left, radius: right.radius }, right }))
    .concat(beside(first!, whole!, (measured, where) =>
      (where === "output" ? taken(measured, 0, count(0, Math.ceil(one.inputs["input"]!.shape[0]! / 2))) : undefined))),
};

const shifted: Law = {
  name: "shifted",
  says: "the same number added to all logits changes nothing",
  holds: isNamed("softmax", "logSoftmax", "crossEntropy"),
  numbers: "rounding",
  // On a grid of 2⁻¹⁰ the sums are exact.
  next: asked((_, one) => {
    const grid = map(one.inputs["input"]!, (value) => Math.round(value * 1024) / 1024);
    return [withInputs(one, { input: grid }), withInputs(one, { input: map(grid, (value) => value + 4) })];
  }),
  sides: (_, __, [first, second]) => beside(second!, first!),
};

/** All laws. @internal */
export const laws: readonly Law[] = [again, forwardAlone, batchReversed, batchApart, doubled, adjoint, moved, chunked, shifted];

/** The laws that hold for an operation, in turn. @internal */
export const lawOf = (operation: Operation, turn: number): Law => {
  const own = laws.filter(({ holds }) => holds(operation));
  return own[turn % own.length]!;
};

/** The law of a case; where it says nothing of this one, that the same question has the same answer. @internal */
export const lawFor = (operation: Operation, one: Case): Law => {
  const named = laws.find(({ name }) => name === one.law) ?? again;
  return named.next(operation, one, []) === undefined ? again : named;
};
