/**
 * An AdamW whose moments are kept in a cache.
 *
 * The mistake: the key of the cache is the shape of a parameter, so that two parameters of the same shape share their moments.
 *
 *     etalon verify examples/candidates/written-wrong/adamw-moments-by-shape.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

const adamW = (inputs: Named, { rate, beta1, beta2, epsilon, weightDecay }: Options) => {
  const moments = new Map<string, { readonly first: Float64Array; readonly second: Float64Array }>();
  const names = Object.keys(inputs).filter((name) => name.startsWith("params.")).map((name) => name.slice("params.".length));
  const current = new Map(names.map((name) => [name, Float64Array.from(inputs[`params.${name}`]!.data)]));
  const outputs: Record<string, Tensor> = {};
  for (let step = 1; names.some((name) => inputs[`gradients.${step}.${name}`]); step++) {
    for (const name of names) {
      const gradient = inputs[`gradients.${step}.${name}`]!;
      const key = gradient.shape.join("x"); // the mistake: the name would be right
      const fresh = { first: new Float64Array(gradient.data.length), second: new Float64Array(gradient.data.length) };
      const { first, second } = moments.get(key) ?? fresh;
      moments.set(key, { first, second });
      const values = current.get(name)!;
      gradient.data.forEach((g, i) => {
        first[i] = beta1 * first[i]! + (1 - beta1) * g;
        second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
        const direction = first[i]! / (1 - beta1 ** step) / (Math.sqrt(second[i]! / (1 - beta2 ** step)) + epsilon);
        values[i] = values[i]! - rate * weightDecay * values[i]! - rate * direction;
      });
      outputs[`params.${step}.${name}`] = { shape: gradient.shape, data: Float32Array.from(values) };
    }
  }
  return { outputs };
};

export default { name: "moments by shape", precision: "float32", operations: { adamW } };
