/**
 * Activations in the catalog.
 *
 * @module
 */
import { relu, reluBackward } from "../../learning/activation.ts";
import { radiusOfSums, termsOfProducts } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { Operation } from "./operation.ts";

const forward: Operation["forward"] = (inputs) => ({ output: relu(inputs["input"]!) });

const backward: NonNullable<Operation["backward"]> = (inputs, _, cotangents) => ({ input: reluBackward(inputs["input"]!, cotangents["output"]!) });

const terms = termsOfProducts(forward, backward);

/** The catalog's entry for relu. @internal */
export const reluEntry: Operation = {
  name: "relu",
  summary: "the value where it is above 0, else 0; the gradient at 0 is 0",
  inputs: [{ name: "input", axes: "[…]", optional: false, differentiable: true }],
  outputs: [{ name: "output", axes: "[…]", cotangent: true }],
  options: {},
  exact: true,
  scaled: false,
  complete: () => ({}),
  forward,
  backward,
  terms,
  // One term and nothing to round.
  radius: radiusOfSums(terms, { outputs: -1, gradients: -1 }),
  space: caseSpace({
    fields: {},
    axes: { size: [1, 7] },
    axisCount: [0, 4],
    build: (_, axes) => ({ inputs: { input: { shape: axes.map(({ size }) => size) } }, options: {} }),
  }),
};
