/**
 * What a variant is, and the ways in which one is made.
 *
 * @module
 */
import { map, reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers, Operation, Options, Tensors } from "../catalog/operation.ts";

/** One way to differ from the reference. */
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
export const underOptions = (change: (options: Options) => Options | undefined): Variant["answer"] => (operation, one) => {
  const options = change(one.options);
  return options === undefined ? undefined : answerOf(operation, one.inputs, options, one.cotangents);
};

/** An option whose entries, one an axis, are taken in the opposite order. @internal */
export const reversed = (name: string): ((options: Options) => Options | undefined) => (options) => {
  const value = options[name];
  return Array.isArray(value) && value.length > 1 ? { ...options, [name]: value.toReversed() } : undefined;
};

/** An answer re-read under another order of axes, shape kept. @internal */
export const values = (tensor: Tensor, order: (tensor: Tensor) => Tensor): Tensor => reshape(order(tensor), tensor.shape);

/** The tensors with the one of that name changed, if it is there. @internal */
export const withName = (tensors: Tensors, name: string, change: (tensor: Tensor) => Tensor): Tensors =>
  tensors[name] === undefined ? tensors : { ...tensors, [name]: change(tensors[name]) };

/** The reference's answer with its outputs or its gradients changed. @internal */
export const answerChanged = (change: (answers: Answers<Tensor>, one: Case) => Answers<Tensor> | undefined): Variant["answer"] =>
  (operation, one) => change(referenceTo(operation, one), one);

/** Every gradient of the reference changed, value by value. @internal */
export const gradientsMapped = (change: (value: number) => number): Variant["answer"] =>
  answerChanged(({ outputs, gradients }) => ({ outputs, gradients: mapNamed(gradients, (gradient) => map(gradient, change)) }));
