/**
 * Gradient descent in the catalog.
 *
 * @module
 */
import { gradientDescent } from "../../learning/gradient-descent.ts";
import type { GradientDescentOptions } from "../../learning/gradient-descent.ts";
import { show, wrongValue } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { caseSpace, mapNamed } from "./operation.ts";
import type { Operation, Options, Tensors } from "./operation.ts";

/** The inputs under a prefix, by what is left of their names. */
const under = (inputs: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(inputs).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));

/** The sets of gradients, step after step from 1. */
function steps(inputs: Tensors): readonly Tensors[] {
  const numbers = [...new Set(Object.keys(inputs).flatMap((name) => (name.startsWith("gradients.") ? [name.split(".")[1]!] : [])))];
  const missing = numbers.findIndex((_, i) => !numbers.includes(String(i + 1)));
  if (missing >= 0) throw wrongValue("gradientDescent", "gradients.1.*, gradients.2.* and so on without a gap", show(numbers));
  return numbers.map((_, i) => under(inputs, `gradients.${i + 1}.`));
}

const forward = (inputs: Tensors, options: Options): Tensors => {
  let params = under(inputs, "params.");
  return Object.fromEntries(steps(inputs).flatMap((gradients, i) => {
    params = gradientDescent(params, gradients, options as unknown as GradientDescentOptions);
    return Object.entries(params).map(([name, tensor]) => [`params.${i + 1}.${name}`, tensor]);
  }));
};

/**
 * One step is w − rate·(g + decay·w): with the options' own rounding at most four roundings of each product and one of the difference;
 * the form w·(1 − rate·decay) − rate·g rounds w itself twice. Errors of earlier steps pass on with the factor 1 + rate·decay.
 */
const radius: Operation["radius"] = (inputs, options, _, { unit, tiny }) => {
  const { rate, weightDecay = 0 } = options as unknown as GradientDescentOptions;
  const values = forward(inputs, options);
  let before = under(inputs, "params.");
  let error = mapNamed(before, (w) => new Float64Array(raw(w).length));
  const radii: [string, Tensor][] = [];
  steps(inputs).forEach((gradients, i) => {
    const after = under(values, `params.${i + 1}.`);
    error = mapNamed(before, (w, name) => Float64Array.from(raw(w), (value, position) => {
      const step = rate * (Math.abs(raw(gradients[name]!)[position]!) + weightDecay * Math.abs(value));
      const rounding = unit * (2 * Math.abs(value) + 5 * step + Math.abs(raw(after[name]!)[position]!)) + 4 * tiny;
      return error[name]![position]! * (1 + rate * weightDecay) + rounding;
    }));
    for (const [name, each] of Object.entries(error)) radii.push([`params.${i + 1}.${name}`, adopt(before[name]!.shape, each)]);
    before = after;
  });
  return { outputs: Object.fromEntries(radii), gradients: {} };
};

/** The catalog's entry for gradient descent. @internal */
export const gradientDescentEntry: Operation = {
  name: "gradientDescent",
  summary: "each weight less the rate times its gradient, step after step",
  inputs: [
    { name: "params.*", axes: "any", optional: false, differentiable: false },
    { name: "gradients.*", axes: "gradients.1.NAME, gradients.2.NAME … for each params.NAME, of its shape", optional: false, differentiable: false },
  ],
  outputs: [{ name: "params.*", axes: "params.1.NAME, params.2.NAME … after each step", cotangent: false }],
  options: { rate: "step per unit of gradient; no default", weightDecay: "draws weights towards 0, default 0" },
  exact: true,
  scaled: false,
  complete: (_, options) => ({ rate: options["rate"], weightDecay: options["weightDecay"] ?? 0 }),
  forward,
  radius,
  space: caseSpace({
    fields: { steps: [1, 3], sizes: [1, 5], more: [0, 3], rate: [0, 2], decay: [0, 2] },
    build: ({ steps: count, sizes, more, rate, decay }, _, tier) => {
      const shapes: Readonly<Record<string, readonly number[]>> = more === 0 ? { w: [sizes] } : { w: [sizes], bias: [more, 2] };
      return {
        inputs: {
          ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`params.${name}`, { shape }])),
          ...Object.fromEntries(Array.from({ length: count }, (_step, i) =>
            Object.entries(shapes).map(([name, shape]) => [`gradients.${i + 1}.${name}`, { shape }] as const)).flat()),
        },
        // Powers of two keep whole-number cases exact: at most 9 fractional bits after three steps.
        options: tier === "structure"
          ? { rate: 2 ** -rate, weightDecay: decay === 0 ? 0 : 0.5 }
          : { rate: [0.1, 0.01, 0.75][rate], weightDecay: [0, 0.05, 0.3][decay] },
      };
    },
  }),
};
