import type { Cotangents, Tensor } from "../types.ts";

/** Written so that NaN stays NaN. */
export const relu = ({ input }: { readonly input: Tensor }, _options: object, cotangents: Cotangents) => {
  const { shape, data } = input;
  const output = { shape, data: data.map((x) => (x <= 0 ? 0 : x)) };
  if (!cotangents) return { outputs: { output } };
  const dInput = { shape, data: cotangents.output.data.map((d, i) => (data[i]! <= 0 ? 0 : d)) };
  return { outputs: { output }, gradients: { input: dInput } };
};
