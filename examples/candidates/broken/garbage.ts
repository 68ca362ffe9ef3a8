/** A different kind of nonsense from each operation; relu alone is right. */
import { relu } from "../im2col/relu.ts";
import type { Tensor } from "../types.ts";

interface Inputs {
  readonly input: Tensor;
}

const { fround } = Math;

export default {
  name: "garbage",
  operations: {
    relu,
    sigmoid: () => undefined,
    tanh: () => ({}),
    silu: () => ({ outputs: {} }),
    softplus: () => "done",
    softsign: () => ({ outputs: { output: undefined } }),
    leakyRelu: ({ input }: Inputs) => ({ outputs: { output: { shape: input.shape, data: input.data.map(() => NaN) } } }),
    elu: ({ input }: Inputs) => ({ outputs: { output: { shape: [...input.shape, 1], data: input.data.map((x) => x) } } }),
    selu: ({ input }: Inputs) => ({ outputs: { output: { shape: input.shape, data: input.data.slice(1) } } }),
    gelu: ({ input }: Inputs) => ({ outputs: { output: { shape: input.shape, data: Array.from(input.data, String) } } }),
    hardSigmoid: ({ input }: Inputs) => ({ outputs: { output: { shape: "as the input", data: input.data.map(fround) } } }),
  },
};
