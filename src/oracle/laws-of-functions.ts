/**
 * The laws that single operations have: symmetries of functions, losses, networks in time, and rules of learning.
 *
 * @module
 */
import { sameShape } from "../tensor/shape.ts";
import { map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Tensors } from "./catalog/operation.ts";
import { asked, beside, count, exactly, isNamed, leadingOf, negated, taken, takenTensor, withInputs, withoutCotangents } from "./law.ts";
import type { Law, LawAnswer, Measured, Sides } from "./law.ts";

const rules = ["gradientDescent", "momentum", "rmsProp", "adagrad", "adam", "adamW"];

const rising = ["relu", "leakyRelu", "elu", "selu", "hardSigmoid", "sigmoid", "tanh", "softplus", "softsign"];

const activations = [...rising, "gelu", "silu"];

const differences = ["squaredError", "absoluteError", "huber"];

const binary = ["binaryCrossEntropy", "binaryCrossEntropyWithLogits"];

const classes = ["crossEntropy", "negativeLogLikelihood"];

/** All places of an axis, the last one first. */
const fromLast = (size: number): readonly number[] => count(0, size).toReversed();

const shifted: Law = {
  name: "shifted",
  says: "the same number added to all logits changes nothing",
  suspect: "the largest logit is not taken off, or not everywhere",
  holds: isNamed("softmax", "logSoftmax", "crossEntropy"),
  numbers: "rounding",
  // On a grid of 2⁻¹⁰ the sums are exact.
  next: asked((_, one) => {
    const grid = map(one.inputs["input"]!, (value) => Math.round(value * 1024) / 1024);
    return [withInputs(one, { input: grid }), withInputs(one, { input: map(grid, (value) => value + 4) })];
  }),
  sides: (_, __, [first, second]) => beside(second!, first!),
};

const backwards = ({ shape, data, radius }: Measured): Measured =>
  ({ shape, data: Float64Array.from(data).reverse(), radius: Float64Array.from(radius).reverse() });

const turnedRound = (tensors: Tensors): Tensors => mapNamed(tensors, (tensor) => {
  const values = raw(tensor);
  let position = values.length;
  return map(tensor, () => values[--position]!);
});

const reversed: Law = {
  name: "reversed",
  says: "numbers in reverse order have the answers in reverse order",
  suspect: "an answer depends on its place, as at the ends of blocks",
  holds: isNamed(...activations, ...differences, ...binary, ...rules, "softmax", "logSoftmax", "clipByValue", "clipByGlobalNorm"),
  numbers: "rounding",
  next: asked((_, one) => {
    const { cotangents } = one;
    const shapes = Object.values(one.inputs).map(({ shape }) => shape);
    // Weights of some axes alone stand for many numbers each.
    if (binary.includes(one.operation) && !shapes.every((shape) => sameShape(shape, shapes[0]!))) return undefined;
    if (shapes.every((shape) => shape.every((size) => size === 1))) return undefined;
    return [one, { ...one, inputs: turnedRound(one.inputs), ...(cotangents && { cotangents: turnedRound(cotangents) }) }];
  }),
  sides: (_, __, [first, second]) => beside(second!, first!, backwards),
};

const samplesReversed: Law = {
  name: "samplesReversed",
  says: "a batch in reverse order has the same loss, and the gradient in reverse order",
  suspect: "the samples of a batch are not independent",
  holds: isNamed(...classes),
  numbers: "rounding",
  next: asked((_, one) => {
    const { inputs: { input, target }, cotangents, options: { reduction } } = one;
    const turn = (tensor: Tensor): Tensor => takenTensor(tensor, 0, fromLast(tensor.shape[0]!));
    if (input!.shape[0]! < 2) return undefined;
    const changed = withInputs(one, { input: turn(input!), target: turn(target!) });
    return [one, { ...changed, ...(cotangents && { cotangents: reduction === "none" ? mapNamed(cotangents, turn) : cotangents }) }];
  }),
  sides: (_, __, [first, second]) => beside(second!, first!, (measured) =>
    (measured.shape.length === 0 ? measured : taken(measured, 0, fromLast(measured.shape[0]!)))),
};

const negatedInput = (one: Case): Case => withInputs(one, { [leadingOf(one)]: map(one.inputs[leadingOf(one)]!, (value) => -value) });

/** How f(−x) follows from f(x): by its sign, by what is left of 1, or by what is left of x. */
const mirrors: Readonly<Record<string, "odd" | "one" | "input">> = {
  tanh: "odd", softsign: "odd", sigmoid: "one", relu: "input", silu: "input", gelu: "input", softplus: "input",
};

/** The numbers a, less those of a measured b. */
const less = (a: (i: number) => number, { shape, data, radius }: Measured): Measured =>
  ({ shape, data: Float64Array.from(data, (value, i) => a(i) - value), radius });

const mirrored: Law = {
  name: "mirrored",
  says: "f(−x) follows from f(x): it is −f(x), 1 − f(x) or f(x) − x",
  suspect: "numbers of one sign are treated otherwise",
  holds: isNamed(...Object.keys(mirrors)),
  numbers: "rounding",
  next: asked((_, one) => [one, negatedInput(one)]),
  sides: ({ name }, one, [first, second]) => {
    const kind = mirrors[name]!;
    const [x, u] = [raw(one.inputs["input"]!), one.cotangents && raw(one.cotangents["output"]!)];
    return beside(second!, first!, (measured, where) => {
      if (where === "output") return kind === "odd" ? negated(measured) : kind === "one" ? less(() => 1, measured) : negated(less((i) => x[i]!, measured));
      // Of relu's slopes at 0 neither is 1.
      return kind !== "input" ? measured : name === "relu" ? undefined : less((i) => u![i]!, measured);
    });
  },
};

const monotone: Law = {
  name: "monotone",
  says: "of two inputs the larger has no smaller output",
  suspect: "pieces of the function do not meet, or one of them falls",
  holds: isNamed(...rising, "clipByValue"),
  numbers: "rounding",
  next: asked((_, one) => {
    const falling = Object.values(one.options).some((value) => typeof value === "number" && value < 0);
    return falling || raw(one.inputs[leadingOf(one)]!).length < 2 ? undefined : [withoutCotangents(one)];
  }),
  sides: (_, one, [answer]) => {
    const input = raw(one.inputs[leadingOf(one)]!);
    const where = leadingOf(one).replace("gradients.", "clipped.").replace("input", "output");
    const measured = answer!.outputs[where];
    if (measured === undefined) return [];
    // Beside each output the largest of those of smaller inputs: where it is larger, that must be by rounding.
    const highest = { data: Float64Array.from(measured.data), radius: Float64Array.from(measured.radius) };
    let top: number | undefined;
    for (const i of count(0, input.length).toSorted((a, b) => input[a]! - input[b]!)) {
      if (top === undefined || !(measured.data[i]! < measured.data[top]!)) top = i;
      highest.data[i] = measured.data[top]!;
      highest.radius[i] = measured.radius[top]!;
    }
    return [{ where, left: measured, right: { shape: measured.shape, ...highest } }];
  },
};

/** Sums along one axis, with the errors of all that is summed. */
function summedAlong({ shape, data, radius }: Measured, axis: number): Measured {
  const one = count(0, shape[axis]!).map((index) => taken({ shape, data, radius }, axis, [index]));
  const add = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array => Float64Array.from(a, (value, i) => value + b[i]!);
  return one.reduce((sum, part) => ({ shape: sum.shape, data: add(sum.data, part.data), radius: add(sum.radius, part.radius) }));
}

/** Rounding of the sums themselves, which are taken in double. */
const inDouble = (measured: Measured, size: number): Measured =>
  ({ ...measured, radius: Float64Array.from(measured.radius, (radius) => radius + size * 2 ** -52) });

const sumsToOne: Law = {
  name: "sumsToOne",
  says: "the shares of a softmax sum to 1, and its gradient to 0",
  suspect: "the sum that divides is not that of the numbers divided",
  holds: isNamed("softmax", "logSoftmax"),
  numbers: "rounding",
  next: asked((_, one) => [one]),
  sides: ({ name }, one, [answer]) => {
    const share = (measured: Measured): Measured => (name === "softmax" ? measured : {
      shape: measured.shape, data: Float64Array.from(measured.data, Math.exp),
      radius: Float64Array.from(measured.radius, (radius, i) => Math.exp(measured.data[i]!) * Math.expm1(radius)),
    });
    const side = (where: string, measured: Measured | undefined, wanted: number): readonly Sides[] => {
      if (measured === undefined) return [];
      const axis = one.options["axis"] as number;
      const sum = summedAlong(measured, axis < 0 ? axis + measured.shape.length : axis);
      return [{ where, left: inDouble(sum, measured.shape.length), right: exactly(sum.shape, Float64Array.from(sum.data, () => wanted)) }];
    };
    const { outputs: { output }, gradients: { input } } = answer!;
    return [...side("output", output && share(output), 1), ...side("gradient of input", input, 0)];
  },
};

const exchanged: Law = {
  name: "exchanged",
  says: "input and target may change places: the loss stays, the gradient changes its sign",
  suspect: "input and target are taken for each other in one place",
  holds: isNamed(...differences),
  numbers: "rounding",
  next: asked((_, one) => [one, withInputs(one, { input: one.inputs["target"]!, target: one.inputs["input"]! })]),
  sides: (_, __, [first, second]) => beside(second!, first!, (measured, where) => (where === "output" ? measured : negated(measured))),
};

const summed: Law = {
  name: "summed",
  says: "the sum of a loss is the sum of what it is without reduction",
  suspect: "a reduction divides, or leaves something out",
  holds: isNamed(...differences, ...classes, ...binary),
  numbers: "rounding",
  next: asked((_, one) => ["sum", "none"].map((reduction) => ({ ...withoutCotangents(one), options: { ...one.options, reduction } }))),
  sides: (_, __, [sum, none]) => {
    const [left, right] = [sum!.outputs["output"], none!.outputs["output"]];
    if (left === undefined || right === undefined) return [];
    const flat = { ...right, shape: [right.data.length] };
    return [{ where: "output", left, right: right.data.length === 0 ? exactly([], [0]) : { ...summedAlong(flat, 0), shape: [] } }];
  },
};

/** The inputs whose names fit. */
const only = (one: Case, fits: (name: string) => boolean): Case =>
  ({ ...one, inputs: Object.fromEntries(Object.entries(one.inputs).filter(([name]) => fits(name))) });

const causal: Law = {
  name: "causal",
  says: "what comes after a step changes nothing of it",
  suspect: "gradients are taken of another step, or the number of steps counts",
  holds: isNamed(...rules),
  numbers: "rounding",
  next: asked((_, one) => (Object.keys(one.inputs).some((name) => name.startsWith("gradients.2."))
    ? [one, only(one, (name) => !/^gradients\.([2-9]|\d\d)/.test(name))] : undefined)),
  sides: (_, __, [all, first]) => beside(first!, all!),
};

const parameterApart: Law = {
  name: "parameterApart",
  says: "a parameter is the same alone as beside others",
  suspect: "what is kept for one parameter is used for another",
  holds: isNamed(...rules, "clipByValue"),
  numbers: "rounding",
  next: asked((_, one) => (Object.keys(one.inputs).some((name) => name.endsWith(".bias")) ? [one, only(one, (name) => name.endsWith(".w"))] : undefined)),
  sides: (_, __, [all, alone]) => beside(alone!, all!),
};

/** A name of the other direction. */
const otherWay = (name: string): string => name.replace(/^(forward|backward)\./, (way) => (way === "forward." ? "backward." : "forward."));

const renamed = <T>(named: Readonly<Record<string, T>>, change: (value: T, name: string) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [otherWay(name), change(value, name)]));

const inTime = (name: string): boolean => name === "input" || name === "output" || name === "gradient of input";

const turned: Law = {
  name: "turned",
  says: "a sequence from its end to its start, read in reverse, is the sequence read forward",
  suspect: "one direction is computed otherwise than the other",
  holds: isNamed("simpleRnn", "lstm", "gru"),
  numbers: "rounding",
  next: asked((_, one) => {
    const { direction } = one.options;
    if (!["forward", "reverse"].includes(String(direction)) || one.inputs["lengths"] !== undefined) return undefined;
    const turn = (tensor: Tensor, name: string): Tensor => (inTime(name) ? takenTensor(tensor, 0, fromLast(tensor.shape[0]!)) : tensor);
    return [one, {
      ...one, inputs: renamed(one.inputs, turn), options: { ...one.options, direction: direction === "forward" ? "reverse" : "forward" },
      ...(one.cotangents && { cotangents: renamed(one.cotangents, turn) }),
    }];
  }),
  sides: (_, __, [first, second]) => {
    const back: LawAnswer = { outputs: renamed(second!.outputs, (same) => same), gradients: renamed(second!.gradients, (same) => same) };
    return beside(back, first!, (measured, where) => (inTime(where) ? taken(measured, 0, fromLast(measured.shape[0]!)) : measured));
  },
};

/** The laws of this module. @internal */
export const lawsOfFunctions: readonly Law[] = [
  shifted, reversed, samplesReversed, mirrored, monotone, sumsToOne, exchanged, summed, causal, parameterApart, turned,
];
