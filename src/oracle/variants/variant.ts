/**
 * What a variant is, and the ways in which one is made.
 *
 * @module
 */
import { permute } from "../../tensor/layout.ts";
import { generate, map, reshape } from "../../tensor/tensor.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers, Operation, Options, Tensors } from "../catalog/operation.ts";

/** One way to differ from the reference. @internal */
export interface Variant {
  readonly name: string;
  /** Completes "the answer equals the reference with …". */
  readonly says: string;
  /** A convention that others have for good reasons, or a mistake. */
  readonly kind: "convention" | "mistake";
  /** Where it was seen: a bug report, a discussion, or the documentation of a library that does so. */
  readonly source: string;
  /** The operations to which it applies. */
  readonly operations: readonly string[];
  /** What an implementation with this habit answers; undefined where the case leaves no room for it. */
  readonly answer: (operation: Operation, one: Case) => Answers<Tensor> | undefined;
}

/** The reference on other inputs, options or cotangents. @internal */
export const answerOf = (operation: Operation, inputs: Tensors, options: Options, cotangents: Tensors | undefined): Answers<Tensor> => ({
  outputs: operation.forward(inputs, options),
  gradients: cotangents === undefined || operation.backward === undefined ? {} : operation.backward(inputs, options, cotangents),
});

/** The reference on the case itself. @internal */
export const referenceTo = (operation: Operation, { inputs, options, cotangents }: Case): Answers<Tensor> => answerOf(operation, inputs, options, cotangents);

/** The same operation under other options; none where the habit changes nothing or makes the case invalid. @internal */
export const underOptions = (change: (options: Options, inputs: Tensors) => Options | undefined): Variant["answer"] => (operation, one) => {
  const options = change(one.options, one.inputs);
  return options === undefined ? undefined : answerOf(operation, one.inputs, options, one.cotangents);
};

/** An option that has one entry an axis, changed; none where the case has a single axis, or lacks the option. @internal */
export const perAxisChanged = (name: string, change: (entries: readonly unknown[]) => readonly unknown[]): ((options: Options) => Options | undefined) =>
  (options) => {
    const value: unknown = options[name];
    return Array.isArray(value) && value.length > 1 ? { ...options, [name]: change(value) } : undefined;
  };

/** An option whose entries, one an axis, are taken in the opposite order. @internal */
export const reversed = (name: string): ((options: Options) => Options | undefined) => perAxisChanged(name, (entries) => entries.toReversed());

/** An option whose first entry serves for every axis. @internal */
export const ofFirstAxis = (name: string): ((options: Options) => Options | undefined) => perAxisChanged(name, (entries) => entries.map(() => entries[0]));

/** An answer re-read under another order of axes, shape kept. @internal */
export const values = (tensor: Tensor, order: (tensor: Tensor) => Tensor): Tensor => reshape(order(tensor), tensor.shape);

/** The values of a tensor as they are stored with its axes in another order, under the shape that it has. @internal */
export const stored = (tensor: Tensor, order: readonly number[]): Tensor => values(tensor, (each) => permute(each, order));

/** What is read where values are taken for {@link stored} in that order: the inverse of storing. @internal */
export const misread = (tensor: Tensor, order: readonly number[]): Tensor =>
  permute(reshape(tensor, order.map((axis) => tensor.shape[axis]!)), tensor.shape.map((_, axis) => order.indexOf(axis)));

/** The tensors with the one of that name changed, if it is there. @internal */
export const withName = (tensors: Tensors, name: string, change: (tensor: Tensor) => Tensor): Tensors =>
  tensors[name] === undefined ? tensors : { ...tensors, [name]: change(tensors[name]) };

/**
 * The reference on one input that is read by a linear map of it, with the gradient of what was there: that of what was read, mapped back.
 *
 * @internal
 */
export const throughInput = (
  name: string, read: (tensor: Tensor, one: Case) => Tensor | undefined, back: (gradient: Tensor, one: Case) => Tensor,
): Variant["answer"] => (operation, one) => {
  const changed = one.inputs[name] && read(one.inputs[name], one);
  if (changed === undefined) return undefined;
  const { outputs, gradients } = answerOf(operation, { ...one.inputs, [name]: changed }, one.options, one.cotangents);
  return { outputs, gradients: withName(gradients, name, (gradient) => back(gradient, one)) };
};

/** The reference's answer with its outputs or its gradients changed. @internal */
export const answerChanged = (change: (answers: Answers<Tensor>, one: Case) => Answers<Tensor> | undefined): Variant["answer"] =>
  (operation, one) => change(referenceTo(operation, one), one);

/** Every gradient of the reference changed, value by value. @internal */
export const gradientsMapped = (change: (value: number) => number): Variant["answer"] =>
  answerChanged(({ outputs, gradients }) => ({ outputs, gradients: mapNamed(gradients, (gradient) => map(gradient, change)) }));

/**
 * The right outputs with the gradients of another case: a habit of the backward pass alone.
 *
 * @param change - what the backward pass takes for the case; none where that is nothing else
 *
 * @internal
 */
export const backwardUnder = (
  change: (one: Required<Pick<Case, "inputs" | "options" | "cotangents">>) => Partial<Pick<Case, "inputs" | "options" | "cotangents">> | undefined,
): Variant["answer"] => (operation, { inputs, options, cotangents }) => {
  const outputs = operation.forward(inputs, options);
  if (cotangents === undefined || operation.backward === undefined) return { outputs, gradients: {} };
  const other = change({ inputs, options, cotangents });
  return other && { outputs, gradients: operation.backward(other.inputs ?? inputs, other.options ?? options, other.cotangents ?? cotangents) };
};

/** The values of a box of another shape that share its first corner; zeros where the tensor has none. @internal */
export const cornered = (tensor: Tensor, shape: Shape): Tensor => {
  const [from, to] = [stridesOf(tensor.shape), stridesOf(shape)];
  const { values: all } = tensor;
  return generate(shape, (position) => {
    const index = shape.map((size, axis) => Math.floor(position / to[axis]!) % size);
    return index.every((each, axis) => each < tensor.shape[axis]!) ? all[index.reduce((sum, each, axis) => sum + each * from[axis]!, 0)]! : 0;
  });
};

/** Other options that leave more outputs, of which as many are kept as there should be: the first ones. @internal */
export const underOptionsCropped = (change: (options: Options) => Options | undefined): Variant["answer"] => (operation, { inputs, options, cotangents }) => {
  const others = change(options);
  if (others === undefined) return undefined;
  const { shape } = operation.forward(inputs, options)["output"]!;
  const whole = operation.forward(inputs, others);
  const reach = whole["output"]!.shape;
  if (sizeOf(shape) === 0 || shape.some((size, axis) => size > reach[axis]!)) return undefined;
  const given = cotangents && mapNamed(cotangents, (cotangent) => cornered(cotangent, reach));
  return {
    outputs: mapNamed(whole, (output) => cornered(output, shape)),
    gradients: given === undefined || operation.backward === undefined ? {} : operation.backward(inputs, others, given),
  };
};

/** An operation every answer of which shows a habit: what another habit can be built on. @internal */
export const withHabit = (operation: Operation, habit: Variant): Operation => {
  const { backward } = operation;
  const answer = (inputs: Tensors, options: Options, cotangents?: Tensors): Answers<Tensor> => {
    const one: Case = { operation: operation.name, tier: "structure", features: [], inputs, options, ...(cotangents && { cotangents }) };
    return habit.answer(operation, one) ?? referenceTo(operation, one);
  };
  return {
    ...operation,
    forward: (inputs, options) => answer(inputs, options).outputs,
    ...(backward && { backward: (inputs: Tensors, options: Options, cotangents: Tensors) => answer(inputs, options, cotangents).gradients }),
  };
};

/**
 * Two habits at once: an implementation with the first, built on one with the second where it uses the reference.
 *
 * Where the case leaves no room for the first, it is the second alone. The order matters where both change the same thing.
 *
 * @internal
 */
export const composed = (outer: Variant, inner: Variant): Variant => ({
  name: `${outer.name} + ${inner.name}`,
  says: `${outer.says}, and with ${inner.says}`,
  kind: outer.kind === "mistake" ? "mistake" : inner.kind,
  source: `${outer.source}; ${inner.source}`,
  operations: outer.operations.filter((name) => inner.operations.includes(name)),
  answer: (operation, one) => outer.answer(withHabit(operation, inner), one) ?? inner.answer(operation, one),
});
