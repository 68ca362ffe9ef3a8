/** Works in place: relu overwrites its input, gradientDescent adds the step to the parameters that it was given. */
import type { Tensor } from "../types.ts";

const relu = ({ input }: { readonly input: Tensor }) => {
  input.data.forEach((x, i) => { if (x < 0) input.data[i] = 0; });
  return { outputs: { output: { shape: input.shape, data: input.data.slice() } } };
};

const gradientDescent = (
  inputs: Readonly<Record<string, Tensor>>,
  { rate, weightDecay }: { readonly rate: number; readonly weightDecay: number },
) => {
  const outputs: Record<string, Tensor> = {};
  for (const [key, { shape, data: w }] of Object.entries(inputs)) {
    if (!key.startsWith("params.")) continue;
    for (let step = 1; ; step++) {
      const gradient = inputs[key.replace("params", `gradients.${step}`)];
      if (!gradient) break;
      gradient.data.forEach((g, i) => { w[i]! += -rate * (g + weightDecay * w[i]!); });
      outputs[key.replace("params", `params.${step}`)] = { shape, data: w.slice() };
    }
  }
  return { outputs };
};

export default { name: "writes-inputs", operations: { relu, gradientDescent } };
