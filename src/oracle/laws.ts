/**
 * Laws: what must hold between a candidate's own answers, whatever the reference says.
 *
 * Each law asks one to five related questions. Their answers must fit together exactly where nothing is rounded, else within the sum of what
 * each of them may be off. A law finds what one question at a time cannot: answers that depend on what was asked before, on the other samples
 * of a batch, or on whether gradients are wanted.
 *
 * @module
 */
import { adopt, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Case } from "./case.ts";
import { mapNamed, slotOf } from "./catalog/operation.ts";
import type { Operation, Tensors } from "./catalog/operation.ts";
import { bothPlaces, gradientOf } from "./place.ts";
import { lawsOfFunctions } from "./laws-of-functions.ts";
import { asked, beside, count, elsewhere, isNamed, leadingOf, taken, takenTensor, withInputs, without, withoutCotangents } from "./law.ts";
import type { Law, Measured } from "./law.ts";

const windows = ["convolution", "maxPooling", "minPooling", "averagePooling"];

const linear = ["convolution", "transposedConvolution", "pad", "averagePooling", "adaptiveAveragePooling", "fullyConnected", "matrixProduct", "dropout"];

const homogeneous = [...linear, "maxPooling", "minPooling", "adaptiveMaxPooling", "relu", "leakyRelu"];

const recurrent = ["simpleRnn", "lstm", "gru"];

const again: Law = {
  name: "again",
  says: "the same question has the same answer, whatever was asked in between",
  suspect: "something is kept from one call to the next",
  holds: () => true,
  numbers: "rounding",
  next: asked((operation, one) => {
    const other = map(one.inputs[leadingOf(one)]!, (value) => (value === 0 ? 1 : value / 2));
    return [one, ...elsewhere(operation, one), withInputs(one, { [leadingOf(one)]: other }), one];
  }),
  sides: (_, __, answers) => beside(answers.at(-1)!, answers[0]!),
};

const forwardAlone: Law = {
  name: "forwardAlone",
  says: "outputs are the same whether gradients are asked for or not",
  suspect: "another code path runs where gradients are wanted",
  holds: ({ backward }) => backward !== undefined,
  numbers: "rounding",
  next: asked((_, one) => [one, withoutCotangents(one)]),
  sides: (_, __, [first, second]) => beside(second!, first!),
};

/** Which axis counts the parts of a law, by what the documentation says of a tensor's axes; undefined where none does. */
type AxisOf = (axes: string | undefined) => number | undefined;

const batchAxis: AxisOf = (axes) => (axes?.startsWith("[N") ? 0 : axes?.startsWith("[T, N") ? 1 : undefined);

const channelAxis: AxisOf = (axes) => (axes?.startsWith("[N, C") ? 1 : undefined);

const axisAt = (operation: Operation, axisOf: AxisOf, where: string): number | undefined =>
  axisOf(where.startsWith("gradient of ") ? slotOf(operation, where.slice("gradient of ".length))?.axes
    : operation.outputs.find(({ name }) => name === where)?.axes);

const has = (axisOf: AxisOf) => ({ inputs, outputs }: Operation): boolean =>
  axisOf(inputs[0]!.axes) !== undefined && outputs.every(({ axes }) => axisOf(axes) !== undefined);

const partsOf = (operation: Operation, axisOf: AxisOf, { inputs }: Case): number => inputs["input"]!.shape[axisOf(operation.inputs[0]!.axes)!]!;

/** A case with some of its samples or channels, in that order. */
const partsTaken = (operation: Operation, axisOf: AxisOf, { inputs, cotangents, ...rest }: Case, parts: readonly number[]): Case => {
  const taking = (axisFor: (name: string) => number | undefined) => (tensor: Tensor, name: string): Tensor => {
    const axis = axisFor(name);
    return axis === undefined ? tensor : takenTensor(tensor, axis, parts);
  };
  return {
    ...rest, inputs: mapNamed(inputs, taking((name) => axisOf(slotOf(operation, name)?.axes))),
    ...(cotangents && { cotangents: mapNamed(cotangents, taking((name) => axisAt(operation, axisOf, name))) }),
  };
};

/** Some of the parts have the answers that they have among all; what belongs to no part is the same where none is left out. */
const lawOfParts = (
  law: Pick<Law, "name" | "says" | "suspect" | "holds" | "numbers">, axisOf: AxisOf, choose: (size: number) => readonly (readonly number[])[],
): Law => ({
  ...law,
  next: asked((operation, one) => {
    const size = partsOf(operation, axisOf, one);
    return size < 2 ? undefined : [one, ...choose(size).map((parts) => partsTaken(operation, axisOf, one, parts))];
  }),
  sides: (operation, one, [all, ...some]) => {
    const size = partsOf(operation, axisOf, one);
    return choose(size).flatMap((parts, i) => beside(some[i]!, all!, (measured, where) => {
      const axis = axisAt(operation, axisOf, where);
      return axis !== undefined ? taken(measured, axis, parts) : parts.length === size ? measured : undefined;
    }));
  },
});

const reversed = (size: number): readonly (readonly number[])[] => [count(0, size).toReversed()];

const dependence = "the samples of a batch are not independent";

const batchReversed = lawOfParts({
  name: "batchReversed", says: "a batch in reverse order has the answers in reverse order", suspect: dependence,
  holds: has(batchAxis), numbers: "structure",
}, batchAxis, reversed);

const batchApart = lawOfParts({
  name: "batchApart", says: "a sample has the same answer alone as in a batch", suspect: dependence,
  holds: has(batchAxis), numbers: "rounding",
}, batchAxis, (size) => [[0], [size - 1]]);

const channelsReversed = lawOfParts({
  name: "channelsReversed", says: "channels in reverse order have the answers in reverse order", numbers: "structure",
  suspect: "the channels are not independent",
  holds: isNamed("pad", "maxPooling", "minPooling", "averagePooling", "lpPooling", "adaptiveMaxPooling", "adaptiveAveragePooling"),
}, channelAxis, reversed);

const scaledBy = (factor: number) => ({ shape, data }: Measured): Measured =>
  ({ shape, data: Float64Array.from(data, (value) => factor * value), radius: nothing(data) });

const nothing = (data: ArrayLike<number>): Float64Array => new Float64Array(data.length);

const doubled: Law = {
  name: "doubled",
  says: "twice the input gives twice the output, bit for bit",
  suspect: "something is added that does not grow with the input, or the scale is not that of the input",
  holds: isNamed(...homogeneous, "clipByGlobalNorm"),
  numbers: "rounding",
  next: asked((_, one) => {
    const twice = (tensor: Tensor): Tensor => map(tensor, (value) => 2 * value);
    const { inputs: { bias }, options: { mode, maxNorm } } = one;
    if (mode === "constant") return undefined;
    if (maxNorm !== undefined) return [one, { ...one, inputs: mapNamed(one.inputs, twice), options: { ...one.options, maxNorm: 2 * (maxNorm as number) } }];
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
  suspect: "one of the two is wrong: output and gradient do not belong to the same operation",
  holds: isNamed(...linear),
  numbers: "structure",
  next: asked((_, one) => (one.options["mode"] === "constant" ? undefined : [without(one, "bias")])),
  sides: (_, one, [answer]) => {
    const [output, gradient] = [answer!.outputs["output"], answer!.gradients[leadingOf(one)]];
    if (output === undefined || gradient === undefined) return [];
    return [{
      where: bothPlaces("output", gradientOf(leadingOf(one))), names: ["⟨f(x), u⟩", "⟨x, f*(u)⟩"],
      left: inner(output, raw(one.cotangents!["output"]!)), right: inner(gradient, raw(one.inputs[leadingOf(one)]!)),
    }];
  },
};

/** How an input can move. */
interface Move {
  readonly axis: number;
  readonly stride: number;
  readonly size: number;
  /** The places of the output that are then what the next ones were before. */
  readonly inside: readonly number[];
}

/** A spatial axis along which the input can move by a stride, so that some windows inside of it meet what the next ones did before. */
function movingAxis({ inputs, options }: Case): Move | undefined {
  const [{ shape }, kernel] = [inputs["input"]!, inputs["kernel"]];
  const of = (option: string, axis: number): number => (options[option] as readonly number[])[axis - 2]!;
  return count(2, shape.length).map((axis) => {
    const [size, stride, taps] = [shape[axis]!, of("stride", axis), kernel?.shape[axis] ?? of("window", axis)];
    const [reach, before] = [(taps - 1) * of("dilation", axis), (options["padding"] as readonly (readonly number[])[])[axis - 2]![0]!];
    return { axis, stride, size, inside: count(Math.ceil(before / stride), Math.floor((size - stride - 1 - reach + before) / stride) + 1) };
  }).find(({ inside }) => inside.length > 0);
}

const moved: Law = {
  name: "moved",
  says: "an input moved by one stride has its output moved by one place, wherever no window reaches into padding",
  suspect: "the answer depends on the place and not on the window alone",
  holds: isNamed(...windows, "lpPooling"),
  numbers: "rounding",
  next: asked((_, one) => {
    const moving = movingAxis(one);
    if (moving === undefined) return undefined;
    const forward = withoutCotangents(one);
    return [forward, withInputs(forward, { input: takenTensor(one.inputs["input"]!, moving.axis, count(moving.stride, moving.size)) })];
  }),
  sides: (_, one, [first, second]) => {
    const { axis, inside } = movingAxis(one)!;
    const [whole, part] = [first!.outputs["output"], second!.outputs["output"]];
    if (whole === undefined || part === undefined) return [];
    return [{ where: "output", left: taken(part, axis, inside), right: taken(whole, axis, inside.map((place) => place + 1)) }];
  },
};

const finalState = ".finalState.";

const chunked: Law = {
  name: "chunked",
  says: "a sequence in two parts, with the state handed on, is the whole sequence",
  suspect: "the state that is given out is not the one that is taken in",
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

/** All laws. @internal */
export const laws: readonly Law[] = [
  again, forwardAlone, batchReversed, batchApart, channelsReversed, doubled, adjoint, moved, chunked, ...lawsOfFunctions,
];

const lawsOf = (operation: Operation): readonly Law[] => laws.filter(({ holds }) => holds(operation));

/** The laws that hold for an operation, in turn; that of bare repetition has one turn where the others have two. @internal */
export const lawOf = (operation: Operation, turn: number): Law => {
  const own = lawsOf(operation);
  const turns = [...own, ...own.filter((law) => law !== again)];
  return turns[turn % turns.length]!;
};

/**
 * The law of a case; where it says nothing of this one, the next that does, and after all others that the same question has the same answer.
 * What was drawn of reals is not asked to be exact.
 *
 * @internal
 */
export const lawFor = (operation: Operation, one: Case): Law => {
  const own = lawsOf(operation);
  const first = Math.max(0, own.findIndex(({ name }) => name === one.law));
  const inTurn = [...own.slice(first), ...own.slice(0, first)];
  const others = inTurn.slice(1).filter((law) => law !== again && law !== forwardAlone && law.numbers === "rounding");
  return [inTurn[0]!, ...others, ...own.filter((law) => law === forwardAlone)].find(({ next }) => next(operation, one, []) !== undefined) ?? again;
};
