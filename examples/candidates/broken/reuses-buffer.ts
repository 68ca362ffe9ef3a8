/** Hands out parts of one static buffer, so that each answer overwrites the one before. */
import type { Tensor } from "../types.ts";

const buffer = new Float32Array(1 << 20);

const relu = ({ input }: { readonly input: Tensor }) => {
  const data = buffer.subarray(0, input.data.length);
  input.data.forEach((x, i) => { data[i] = x <= 0 ? 0 : x; });
  return { outputs: { output: { shape: input.shape, data } } };
};

export default { name: "reuses-buffer", operations: { relu } };
