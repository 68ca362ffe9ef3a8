/**
 * A dropout that is the identity outside of training.
 *
 * The mistake: only its forward half knows of that. Its gradient is masked and scaled as in training.
 *
 *     etalon verify examples/candidates/written-wrong/dropout-evaluation-gradient.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly mask: Tensor }

const dropout = ({ input, mask }: Inputs, { rate, training }: { readonly rate: number; readonly training: boolean }, cotangents: Cotangents) => {
  const cells = input.data.length / mask.data.length;
  const whole = mask.shape.every((size, axis) => size === input.shape[axis]);
  const isKept = (i: number): boolean => mask.data[whole ? i : Math.floor(i / cells)] === 1;
  const scale = rate === 1 ? 0 : 1 / (1 - rate);
  const masked = ({ data }: Tensor): Float32Array => data.map((value, i) => (isKept(i) ? value * scale : 0));
  return {
    outputs: { output: { shape: input.shape, data: training ? masked(input) : input.data.slice() } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: masked(cotangents.output) } } }), // the mistake: training is not asked
  };
};

export default { name: "always training backward", precision: "float32", operations: { dropout } };
