/**
 * A binary cross entropy that broadcasts its weights.
 *
 * The mistake: one weight a sample is tried before one weight a column. A batch as long as a row is wide gets its weights along the wrong axis.
 *
 *     etalon verify examples/candidates/written-wrong/binary-cross-entropy-square.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly target: Tensor; readonly weight?: Tensor }

const binaryCrossEntropy = ({ input, target, weight }: Inputs, { reduction }: { readonly reduction: "mean" | "sum" | "none" }, cotangents: Cotangents) => {
  const { shape, data } = input;
  const count = data.length;
  const trailing = (tensor: Tensor, i: number): number => tensor.data[i % tensor.data.length]!;
  const weightOf = (i: number): number => {
    if (!weight) return 1;
    if (weight.shape.length === 1 && weight.shape[0] === shape[0]) return weight.data[Math.floor(i / (count / shape[0]!))]!; // the mistake
    return trailing(weight, i);
  };
  const losses = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [p, y] = [data[i]!, trailing(target, i)];
    losses[i] = -weightOf(i) * (y * Math.max(Math.log(p), -100) + (1 - y) * Math.max(Math.log1p(-p), -100));
  }
  const scale = reduction === "mean" ? 1 / count : 1;
  const output = reduction === "none"
    ? { shape, data: Float32Array.from(losses) }
    : { shape: [], data: Float32Array.of(losses.reduce((sum, loss) => sum + loss, 0) * scale) };
  if (!cotangents) return { outputs: { output } };

  const dInput = data.map((p, i) => {
    const arriving = cotangents.output.data[reduction === "none" ? i : 0]! * scale;
    return (arriving * weightOf(i) * (p - trailing(target, i))) / Math.max(p * (1 - p), 1e-12);
  });
  return { outputs: { output }, gradients: { input: { shape, data: dInput } } };
};

export default { name: "weights of a square", precision: "float32", operations: { binaryCrossEntropy } };
