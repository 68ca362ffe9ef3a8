/** What the specifications of update rules share: honest float32 code for one weight, run over all weights and steps of a case. */
import type { Case, Reference } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { compare, errorRatio } from "../../../src/oracle/compare.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import type { Precision } from "../../../src/oracle/precision.ts";
import { Tensor, raw } from "../../../src/tensor/tensor.ts";

/** One weight in one step, counted from 1. What is kept of it is read and written in `kept`, zeros at first. */
export type WeightStep<O> = (w: number, g: number, kept: number[], options: O, t: number) => number;

/** A case as such code answers it. */
export function answered<O>({ inputs, options }: Case, step: WeightStep<O>): Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>> {
  const outputs: Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }> = {};
  for (const [name, start] of Object.entries(inputs).filter(([each]) => each.startsWith("params."))) {
    let data = start.values;
    const kept = data.map(() => [0, 0]);
    for (let t = 1; inputs[name.replace("params", `gradients.${t}`)] !== undefined; t++) {
      const gradient = raw(inputs[name.replace("params", `gradients.${t}`)]!);
      data = data.map((w, at) => step(w, gradient[at]!, kept[at]!, options as O, t));
      outputs[name.replace("params", `params.${t}`)] = { shape: start.shape, data };
    }
  }
  return outputs;
}

/** Cases with what the reference says of them, to be asked of several variants. */
export const known = (cases: readonly Case[], precision: Precision = precisions.float32): readonly (Reference & { readonly one: Case })[] =>
  cases.map((one) => {
    const { expected, radius } = reference(one.operation, one.inputs, one.options, undefined, precision);
    return { one, expected, radius };
  });

/**
 * The worst error of such code over some cases, as a share of the radius, and where it was; and that of weights which moved: where a step is lost
 * beside its weight, it is all of the error and nearly all of the radius.
 */
export function worstShare<O>(cases: ReturnType<typeof known>, step: WeightStep<O>): { readonly ratio: number; readonly where: string; readonly moved: number } {
  let [worst, moved] = [{ ratio: 0, where: "" }, 0];
  for (const { one, expected, radius } of cases) {
    for (const [output, got] of Object.entries(answered(one, step))) {
      const { ratio } = compare(got, expected.outputs[output]!, radius.outputs[output]);
      if (ratio > worst.ratio) worst = { ratio, where: ratio > 1 ? `${output} of ${JSON.stringify(one)}` : output };
      const start = raw(one.inputs[output.replace(/^params\.\d+/, "params")]!);
      got.data.forEach((value, i) => {
        if (value !== start[i]) moved = Math.max(moved, errorRatio(value, raw(expected.outputs[output]!)[i]!, raw(radius.outputs[output]!)[i]!));
      });
    }
  }
  return { ...worst, moved };
}

/** One weight and its gradients as a case of a rule. */
export const oneWeight = (operation: string, w: number, gradients: readonly number[], options: object): Case => ({
  operation, tier: "rounding", options: options as Case["options"], features: [],
  inputs: { "params.w": new Tensor([1], [w]), ...Object.fromEntries(gradients.map((g, t) => [`gradients.${t + 1}.w`, new Tensor([1], [g])])) },
});

/** The radius of that weight after its last step. */
export const radiusOf = (one: Case, precision: Precision = precisions.float32): number => {
  const last = Object.keys(one.inputs).length - 1;
  return reference(one.operation, one.inputs, one.options, undefined, precision).radius.outputs[`params.${last}.w`]!.values[0]!;
};
