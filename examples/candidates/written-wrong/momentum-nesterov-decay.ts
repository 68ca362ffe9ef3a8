/**
 * Gradient descent with momentum, plain and after Nesterov.
 *
 * The mistake: the look-ahead of Nesterov adds the raw gradient, without weight decay. It shows with both together.
 *
 *     etalon verify examples/candidates/written-wrong/momentum-nesterov-decay.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options { readonly rate: number; readonly momentum: number; readonly nesterov: boolean; readonly weightDecay: number }

const momentum = (inputs: Named, { rate, momentum: share, nesterov, weightDecay }: Options) => {
  const outputs: Record<string, Tensor> = {};
  for (const [path, { shape, data }] of Object.entries(inputs)) {
    if (!path.startsWith("params.")) continue;
    const name = path.slice("params.".length);
    const w = Float64Array.from(data);
    const velocity = new Float64Array(w.length);
    for (let step = 1; inputs[`gradients.${step}.${name}`] !== undefined; step++) {
      const raw = inputs[`gradients.${step}.${name}`]!.data;
      for (let i = 0; i < w.length; i++) {
        velocity[i] = share * velocity[i]! + raw[i]! + weightDecay * w[i]!;
        w[i]! -= rate * (nesterov ? raw[i]! + share * velocity[i]! : velocity[i]!); // the mistake: raw is not the decayed gradient
      }
      outputs[`params.${step}.${name}`] = { shape, data: Float32Array.from(w) };
    }
  }
  return { outputs };
};

export default { name: "look-ahead without decay", precision: "float32", operations: { momentum } };
