/** What the specifications of variants share: a habit's answer to a case written by hand. */
import { findOperation } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import { variants } from "../../../src/oracle/variants/index.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { mapNames } from "../support.ts";

/** Numbers under a shape. */
export type Numbers = readonly number[];

/** The values of a habit's outputs and gradients; undefined where the case leaves no room for it. */
export function answersOf(name: string, operation: string, inputs: Case["inputs"], options: object, cotangent?: Tensor):
  { readonly outputs: Readonly<Record<string, Numbers>>; readonly gradients: Readonly<Record<string, Numbers>>; readonly shape: Numbers } | undefined {
  const one: Case = {
    operation, tier: "structure", features: [], inputs, options: options as Case["options"], ...(cotangent && { cotangents: { output: cotangent } }),
  };
  const answers = variants.find((variant) => variant.name === name)!.answer(findOperation(operation), one);
  const valuesOf = (tensors: Case["inputs"]): Readonly<Record<string, Numbers>> => mapNames(tensors, ({ values }) => Array.from(values, (value) => value + 0));
  return answers && { outputs: valuesOf(answers.outputs), gradients: valuesOf(answers.gradients), shape: answers.outputs["output"]!.shape };
}
