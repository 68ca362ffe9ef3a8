/** What the specifications of variants share: the answer of one of them to a case that is written by hand. */
import { findOperation } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import type { Options, Tensors } from "../../../src/oracle/catalog/operation.ts";
import type { Variant } from "../../../src/oracle/variants/index.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import type { NestedNumbers } from "../../../src/tensor/tensor.ts";

type Nested = Readonly<Record<string, NestedNumbers>>;

const tensors = (nested: Nested): Tensors => Object.fromEntries(Object.entries(nested).map(([name, values]) => [name, tensor(values)]));

const numbers = (answers: Tensors): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(Object.entries(answers).map(([name, { values }]) => [name, values]));

/** The values of all outputs and gradients of a habit, by name; undefined where the case leaves no room for it. */
export const habitsOf = (list: readonly Variant[]) => (name: string, operation: string, inputs: Nested, options: Options = {}, cotangents?: Nested) => {
  const given: Case = {
    operation, tier: "structure", features: [], inputs: tensors(inputs), options: findOperation(operation).complete(tensors(inputs), options),
    ...(cotangents && { cotangents: tensors(cotangents) }),
  };
  const answers = list.find((variant) => variant.name === name)!.answer(findOperation(operation), given);
  return answers && { outputs: numbers(answers.outputs), gradients: numbers(answers.gradients) };
};
