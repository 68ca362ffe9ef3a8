/**
 * Dropout in the catalog, under a given mask: no generator can be asked to draw what another draws.
 *
 * @module
 */
import { dropout, dropoutBackward } from "../../learning/dropout.ts";
import type { DropoutOptions } from "../../learning/dropout.ts";
import { wrongValue } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gamma, termsOfProducts } from "../error-bound.ts";
import type { Precision } from "../precision.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options, Tensors } from "./operation.ts";

const optionsOf = ({ mask }: Tensors, { training = true, ...options }: Options): DropoutOptions => {
  if (training === false) return options as unknown as DropoutOptions;
  if (mask === undefined) throw wrongValue("dropout", "the input mask in training", "none of that name");
  return { ...(options as unknown as DropoutOptions), mask };
};

const forward: Operation["forward"] = (inputs, options) => ({ output: dropout(inputs["input"]!, optionsOf(inputs, options)) });

const backward: NonNullable<Operation["backward"]> = (inputs, options, cotangents) => ({
  input: dropoutBackward(inputs["input"]!, cotangents["output"]!, optionsOf(inputs, options)),
});

/** Whether a number above 0 has at most as many digits as fit under a unit roundoff. */
const fits = (value: number, unit: number): boolean => Number.isInteger(value / 2 ** Math.floor(Math.log2(value)) / (2 * unit));

/**
 * How many roundings relative to the result there are in x·(1/(1 − rate)) or x/(1 − rate).
 *
 * One for the scale and one for the product; none where 1 − rate is a power of two, because both are then exact. One more where the
 * precision does not hold 1 − rate; and where it does not hold the rate itself, code that takes the rate as such a number is off by
 * u·rate in 1 − rate.
 */
function roundings(rate: number, unit: number): number {
  const share = 1 - rate;
  if (rate === 0 || rate === 1) return 0;
  if (!fits(rate, unit)) return 3 + rate / share;
  if (!fits(share, unit)) return 3;
  return Number.isInteger(Math.log2(share)) ? 0 : 2;
}

/** The radius of scaled numbers: those roundings, an underflow, and the two roundings of the reference's own quotient. */
function scaledRadius(scaled: Tensor, rate: number, { unit, tiny }: Precision): Tensor {
  const count = roundings(rate, unit);
  const radii = new Float64Array(raw(scaled).length);
  if (count > 0) raw(scaled).forEach((value, i) => void (radii[i] = value === 0 ? 0 : (gamma(count, unit) + 2 ** -52) * Math.abs(value) + tiny));
  return adopt(scaled.shape, radii);
}

const radius: Operation["radius"] = (inputs, options, cotangents, precision) => {
  const rate = options["training"] === false ? 0 : (options["rate"] as number);
  const of = (tensors: Tensors, name: string): Tensors => ({ [name]: scaledRadius(tensors[name]!, rate, precision) });
  return {
    outputs: of(forward(inputs, options), "output"),
    gradients: cotangents === undefined ? {} : of(backward(inputs, options, cotangents), "input"),
  };
};

/** By these nothing is rounded. */
const dyadicRates = [0.5, 0.75, 0.875, 0, 1] as const;

/** Common rates, which no binary precision holds, and some that all do but whose scale must be rounded. */
const rates = [0.1, 0.3, 0.9, 0.25, 0.625, 0.40625, 0, 1] as const;

/** The catalog's entry for dropout. @internal */
export const dropoutEntry: Operation = {
  name: "dropout",
  summary: "in training the values that the mask keeps, divided by 1 - rate, and 0 for the rest; else the input as it is",
  inputs: [
    { name: "input", axes: "[…]", optional: false, differentiable: true },
    { name: "mask", axes: "of the input's shape, or [N, C, 1, …]: 1 is kept, 0 dropped; needed in training", optional: true, differentiable: false },
  ],
  outputs: [{ name: "output", axes: "[…]", cotangent: true }],
  options: { rate: "the share that is dropped, from 0 to 1; no default", training: "whether anything is dropped, default true" },
  exact: true,
  scaled: false,
  complete: (_, { rate, training = true }) => ({ rate, training }),
  forward,
  backward,
  terms: termsOfProducts(forward, backward, (options) => ({ ...options, rate: 0 })),
  radius,
  space: caseSpace({
    fields: { samples: [1, 4], maps: [0, 1], rate: [0, 7], inference: [0, 3] },
    axes: { size: [1, 5] },
    axisCount: [0, 3],
    build: ({ samples, maps, rate: chosen, inference }, axes, tier) => {
      const shape = [samples, ...axes.map(({ size }) => size)];
      // So that not all is dropped of few numbers.
      const isFirstKept = samples % 2 === 1;
      const rate = tier === "structure" ? dyadicRates[chosen % dyadicRates.length]! : rates[chosen]!;
      return {
        inputs: {
          input: { shape },
          mask: {
            shape: maps === 1 ? shape.map((size, axis) => (axis < 2 ? size : 1)) : shape,
            value: (noise, index) => Number(noise >= rate || (isFirstKept && rate < 1 && index.every((i) => i === 0))),
          },
        },
        options: { rate, training: inference !== 3 },
      };
    },
  }),
};
