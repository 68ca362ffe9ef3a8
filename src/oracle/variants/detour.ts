/**
 * Detours: a habit as the reference on another case, and the way back from its answers.
 *
 * Whoever takes one thing for another computes the right thing of something else. What comes out is taken for the answer, and the gradients
 * are handed to those who sent what was read.
 *
 * @module
 */
import { map } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers, Options, Tensors } from "../catalog/operation.ts";
import { referenceTo } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** The case that is answered in place of another, and what is made of its answers. @internal */
export interface Detour {
  readonly one: Case;
  readonly back: (answers: Answers<Tensor>) => Answers<Tensor>;
}

/** A habit that answers another case; none where the change leaves no room for it. @internal */
export const detour = (change: (one: Case) => Detour | undefined): Variant["answer"] => (operation, one) => {
  const way = change(one);
  return way && way.back(referenceTo(operation, way.one));
};

const asItIs = (answers: Answers<Tensor>): Answers<Tensor> => answers;

/** Other options, all else as it is. @internal */
export const withOptions = (one: Case, options: Options): Detour => ({ one: { ...one, options: { ...one.options, ...options } }, back: asItIs });

/** Some inputs left out; their gradients, which are asked for all the same, are 0. @internal */
export function without(one: Case, isLeftOut: (name: string) => boolean): Detour | undefined {
  const names = Object.keys(one.inputs);
  if (!names.some(isLeftOut)) return undefined;
  const kept = Object.fromEntries(Object.entries(one.inputs).filter(([name]) => !isLeftOut(name)));
  const zeros = mapNamed(Object.fromEntries(Object.entries(one.inputs).filter(([name]) => isLeftOut(name))), (tensor) => map(tensor, () => 0));
  return {
    one: { ...one, inputs: kept },
    back: ({ outputs, gradients }) => ({ outputs, gradients: one.cotangents === undefined ? gradients : { ...gradients, ...zeros } }),
  };
}

/** Some inputs read in another way; what reads them backwards, linear as the change, brings their gradients home. @internal */
export function reread(
  one: Case, isRead: (name: string) => boolean, read: (tensor: Tensor) => Tensor, backwards: (gradient: Tensor, sent: Tensor) => Tensor,
): Detour | undefined {
  if (!Object.keys(one.inputs).some(isRead)) return undefined;
  return {
    one: { ...one, inputs: mapNamed(one.inputs, (tensor, name) => (isRead(name) ? read(tensor) : tensor)) },
    back: ({ outputs, gradients }) => ({
      outputs, gradients: mapNamed(gradients, (gradient, name) => (isRead(name) ? backwards(gradient, one.inputs[name]!) : gradient)),
    }),
  };
}

/** Inputs taken for one another: each sent name is read under another one. None where no name changes. @internal */
export function renamed(one: Case, readAs: (name: string) => string): Detour | undefined {
  const pairs = Object.keys(one.inputs).map((sent) => [sent, readAs(sent)] as const);
  if (pairs.every(([sent, read]) => sent === read)) return undefined;
  const sentAs = new Map(pairs.map(([sent, read]) => [read, sent]));
  return {
    one: { ...one, inputs: renamedTensors(one.inputs, readAs) },
    back: ({ outputs, gradients }) => ({ outputs, gradients: renamedTensors(gradients, (read) => sentAs.get(read) ?? read) }),
  };
}

/** The same tensors under other names. @internal */
export const renamedTensors = (tensors: Tensors, name: (old: string) => string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([old, tensor]) => [name(old), tensor]));

/** Outputs changed by something linear, whose transpose the cotangents go through first. @internal */
export function outputsChanged(
  one: Case, isChanged: (name: string) => boolean, change: (output: Tensor) => Tensor, transpose: (cotangent: Tensor) => Tensor,
): Detour {
  const { cotangents } = one;
  const through = (tensors: Tensors, f: (tensor: Tensor) => Tensor): Tensors => mapNamed(tensors, (tensor, name) => (isChanged(name) ? f(tensor) : tensor));
  return {
    one: cotangents === undefined ? one : { ...one, cotangents: through(cotangents, transpose) },
    back: ({ outputs, gradients }) => ({ outputs: through(outputs, change), gradients }),
  };
}

/** Some gradients replaced by zeros: something is taken for a constant. @internal */
export const gradientsZeroed = (isZeroed: (name: string) => boolean): Variant["answer"] => detour((one) => ({
  one,
  back: ({ outputs, gradients }) => ({ outputs, gradients: mapNamed(gradients, (gradient, name) => (isZeroed(name) ? map(gradient, () => 0) : gradient)) }),
}));

/** The reference several times under other options, each times a factor, summed: losses and their gradients alike. @internal */
export const combined = (parts: (one: Case) => readonly (readonly [factor: number, options: Options])[] | undefined): Variant["answer"] => (operation, one) => {
  const [first, ...others] = (parts(one) ?? []).map(([factor, options]) => {
    const { outputs, gradients } = referenceTo(operation, { ...one, options: { ...one.options, ...options } });
    const scaled = (tensors: Tensors): Tensors => mapNamed(tensors, (tensor) => map(tensor, (value) => factor * value));
    return { outputs: scaled(outputs), gradients: scaled(gradients) };
  });
  const added = (tensors: Tensors, more: Tensors): Tensors => mapNamed(tensors, (tensor, name) => map(tensor, (value, i) => value + more[name]!.values[i]!));
  return others.reduce<Answers<Tensor> | undefined>(
    (sum, each) => sum && { outputs: added(sum.outputs, each.outputs), gradients: added(sum.gradients, each.gradients) }, first,
  );
};
