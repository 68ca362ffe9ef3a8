/**
 * A GELU with the error function of a handbook: formula 7.1.25 of Abramowitz and Stegun, good to 2.5·10⁻⁵.
 *
 * The mistake: three terms are too few for float32. Near 1 the answers are off by a hundred-thousandth, and the tails below -4 are noise.
 *
 *     etalon verify examples/candidates/written-wrong/gelu-error-function.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

const erf = (x: number): number => {
  const t = 1 / (1 + 0.47047 * Math.abs(x));
  const series = t * (0.3480242 + t * (-0.0958798 + t * 0.7478556));
  return Math.sign(x) * (1 - series * Math.exp(-x * x)); // the mistake
};

const gelu = ({ input }: { readonly input: Tensor }, { form }: { readonly form: "erf" | "tanh" }, cotangents: Cotangents) => {
  if (form !== "erf") return { skipped: "the exact form only" };
  const share = (x: number): number => 0.5 * (1 + erf(x * Math.SQRT1_2));
  const slope = (x: number): number => share(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
  return {
    outputs: { output: { shape: input.shape, data: input.data.map((x) => x * share(x)) } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: input.data.map((x, i) => cotangents.output.data[i]! * slope(x)) } } }),
  };
};

export default { name: "error function of a handbook", precision: "float32", operations: { gelu } };
