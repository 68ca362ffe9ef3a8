/**
 * The ways in which variants of losses are made.
 *
 * @module
 */
import { sizeOf } from "../../tensor/shape.ts";
import { adopt, emptyStorage, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options } from "../catalog/operation.ts";
import { combined, detour } from "./detour.ts";
import type { Variant } from "./variant.ts";

/** The loss and its gradient times a factor. @internal */
export const scaled = (factor: number): Variant["answer"] => combined(() => [[factor, {}]]);

/** The function and its derivative at each error or probability, in the place of the right ones; weights count as they do. @internal */
export const ofEach = (
  loss: (x: number, target: number, options: Options) => number, slope: (x: number, target: number, options: Options) => number,
): Variant["answer"] => (_, { inputs, options, cotangents }) => {
  const [x, t, weight] = [inputs["input"]!, inputs["target"]!, inputs["weight"]];
  const at = (i: number): number => (weight === undefined ? 1 : raw(weight)[i % raw(weight).length]!);
  const count = options["reduction"] === "mean" ? sizeOf(x.shape) : 1;
  const single = (f: typeof loss): Float64Array => Float64Array.from(raw(x), (each, i) => at(i) * f(each, raw(t)[i]!, options) / count);
  const all = single(loss);
  const none = options["reduction"] === "none";
  const output = emptyStorage([x, t], none ? all.length : 1);
  output.set(none ? all : [all.reduce((sum, each) => sum + each, 0)]);
  const dy = cotangents?.["output"];
  const dx = dy && emptyStorage([x, t], all.length);
  dx?.set(single(slope).map((each, i) => each * raw(dy!)[none ? i : 0]!));
  return { outputs: { output: adopt(none ? x.shape : [], output) }, gradients: dx ? { input: adopt(x.shape, dx) } : {} };
};

/** Another loss altogether, as the library has it. @internal */
export const asLoss = <O>(
  forward: (input: Tensor, target: Tensor, options: O) => Tensor, backward: (input: Tensor, target: Tensor, dOutput: Tensor, options: O) => Tensor,
  suits: (one: Case) => boolean = () => true,
): Variant["answer"] => (_, one) => {
  if (!suits(one)) return undefined;
  const { input, target, ...weights } = one.inputs as Readonly<Record<"input" | "target", Tensor>>;
  const dOutput = one.cotangents?.["output"];
  const options = { ...one.options, ...weights } as O;
  return { outputs: { output: forward(input, target, options) }, gradients: dOutput ? { input: backward(input, target, dOutput, options) } : {} };
};

/** The loss of something that was activated once more: the chain rule goes through it. @internal */
export const activatedFirst = (activate: (x: Tensor) => Tensor, backward: (x: Tensor, dy: Tensor) => Tensor): Variant["answer"] => detour((one) => {
  const { input } = one.inputs as Readonly<Record<"input", Tensor>>;
  return {
    one: { ...one, inputs: { ...one.inputs, input: activate(input) } },
    back: ({ outputs, gradients }) => ({ outputs, gradients: mapNamed(gradients, (gradient) => backward(input, gradient)) }),
  };
});

/** The loss without one of its weights; none where it was not sent. @internal */
export const withoutInput = (name: string): Variant["answer"] => detour((one) => {
  const { [name]: left, ...inputs } = one.inputs;
  return left && { one: { ...one, inputs }, back: (answers) => answers };
});
