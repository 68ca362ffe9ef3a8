import type { Tensor } from "../types.ts";

const { fround } = Math;

/** One set of gradients per step, `gradients.1.*`, `gradients.2.*`, …; the parameters after each step are `params.1.*`, … */
export const gradientDescent = (
  inputs: Readonly<Record<string, Tensor>>,
  options: { readonly rate: number; readonly weightDecay: number },
) => {
  const rate = fround(options.rate);
  const weightDecay = fround(options.weightDecay);
  const outputs: Record<string, Tensor> = {};
  for (const [key, start] of Object.entries(inputs)) {
    if (!key.startsWith("params.")) continue;
    const name = key.slice("params.".length);
    let current = start;
    for (let step = 1; ; step++) {
      const gradient = inputs[`gradients.${step}.${name}`];
      if (!gradient) break;
      const data = current.data.map((w, i) => {
        const decayed = fround(gradient.data[i]! + fround(weightDecay * w));
        return w - fround(rate * decayed);
      });
      current = { shape: start.shape, data };
      outputs[`params.${step}.${name}`] = current;
    }
  }
  return { outputs };
};
