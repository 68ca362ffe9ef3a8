/**
 * The fully connected layer in the catalog.
 *
 * @module
 */
import { fullyConnected, fullyConnectedBackward } from "../../learning/fully-connected.ts";
import type { FullyConnectedParams } from "../../learning/fully-connected.ts";
import { radiusOfSums, termsOfProducts } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Tensors } from "./operation.ts";

const params = ({ weight, bias }: Tensors): FullyConnectedParams => (bias === undefined ? { weight: weight! } : { weight: weight!, bias });

const forward: Operation["forward"] = (inputs) => ({ output: fullyConnected(params(inputs), inputs["input"]!) });

const backward: NonNullable<Operation["backward"]> = (inputs, _, cotangents) => {
  const gradient = fullyConnectedBackward(params(inputs), inputs["input"]!, cotangents["output"]!);
  return { input: gradient.input, ...gradient.params };
};

const terms = termsOfProducts(forward, backward);

/** The catalog's entry for the fully connected layer. @internal */
export const fullyConnectedEntry: Operation = {
  name: "fullyConnected",
  summary: "every output a weighted sum of all inputs, plus a bias",
  inputs: [
    { name: "input", axes: "[…, in]", optional: false, differentiable: true },
    { name: "weight", axes: "[out, in]", optional: false, differentiable: true },
    { name: "bias", axes: "[out]", optional: true, differentiable: true },
  ],
  outputs: [{ name: "output", axes: "[…, out]", cotangent: true }],
  options: {},
  exact: true,
  scaled: false,
  complete: () => ({}),
  forward,
  backward,
  terms,
  radius: radiusOfSums(terms, { outputs: 0, gradients: 0 }),
  space: caseSpace({
    fields: { leading: [0, 2], samples: [1, 5], steps: [1, 3], inputs: [1, 9], outputs: [1, 7], bias: [0, 1] },
    build: ({ leading, samples, steps, inputs, outputs, bias }) => ({
      inputs: {
        input: { shape: [...[samples, steps].slice(0, leading), inputs] },
        weight: { shape: [outputs, inputs] },
        ...(bias === 1 ? { bias: { shape: [outputs] } } : {}),
      },
      options: {},
    }),
  }),
};
