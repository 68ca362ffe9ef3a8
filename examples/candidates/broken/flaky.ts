/** Every third answer is one too high in its first value, as when memory is read before it is written. */
import type { Tensor } from "../types.ts";

let calls = 0;

const relu = ({ input }: { readonly input: Tensor }) => {
  calls += 1;
  const data = input.data.map((x) => (x <= 0 ? 0 : x));
  if (calls % 3 === 0 && data.length > 0) data[0]! += 1;
  return { outputs: { output: { shape: input.shape, data } } };
};

export default { name: "flaky", operations: { relu } };
