/**
 * A cross entropy of class indices, with class weights and label smoothing.
 *
 * The mistake: its gradient spreads the smoothing evenly, as if all classes weighed as much as the row's own. It shows with weights and
 * smoothing together.
 *
 *     etalon verify examples/candidates/written-wrong/cross-entropy-smoothing.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly target: Tensor; readonly weight?: Tensor }
interface Options { readonly reduction: "mean" | "sum" | "none"; readonly ignoreIndex?: number; readonly labelSmoothing: number }

const crossEntropy = ({ input, target, weight }: Inputs, { reduction, ignoreIndex, labelSmoothing }: Options, cotangents: Cotangents) => {
  if (target.shape.length === input.shape.length) return { skipped: "class indices only" };
  const [, classes, ...space] = input.shape as [number, number, ...number[]];
  const plane = space.reduce((product, size) => product * size, 1);
  const weightOf = (c: number): number => (weight ? weight.data[c]! : 1);
  const rows = Array.from(target.data, (own, row) => {
    const start = Math.floor(row / plane) * classes * plane + (row % plane);
    const x = Array.from({ length: classes }, (_, c) => input.data[start + c * plane]!);
    const greatest = x.indexOf(Math.max(...x));
    const powers = x.map((value) => Math.exp(value - x[greatest]!));
    const rest = powers.reduce((sum, power, c) => (c === greatest ? sum : sum + power), 0);
    const beyondOne = rest + (powers[greatest]! - 1); // the greatest has the power 1, unless it is infinite
    const surprise = x.map((value) => x[greatest]! - value + Math.log1p(beyondOne));
    return { own, start, used: own !== ignoreIndex, powers, total: 1 + beyondOne, surprise };
  });
  const losses = rows.map(({ own, used, surprise }) => !used ? 0
    : (1 - labelSmoothing) * weightOf(own) * surprise[own]!
      + (labelSmoothing === 0 ? 0 : (labelSmoothing / classes) * surprise.reduce((sum, value, c) => sum + weightOf(c) * value, 0)));
  const divisor = reduction !== "mean" ? 1 : rows.reduce((sum, { own, used }) => sum + (used ? weightOf(own) : 0), 0);
  const output = reduction === "none"
    ? { shape: target.shape, data: Float32Array.from(losses) }
    : { shape: [], data: Float32Array.of(losses.reduce((sum, loss) => sum + loss, 0) / divisor) };
  if (!cotangents) return { outputs: { output } };

  const dInput = new Float32Array(input.data.length);
  rows.forEach(({ own, start, used, powers, total }, row) => {
    if (!used) return;
    const scale = (cotangents.output.data[reduction === "none" ? row : 0]! / divisor) * weightOf(own);
    powers.forEach((power, c) => {
      const wanted = (c === own ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
      // The mistake: the weight of class c belongs to its part of the smoothing.
      const others = powers.reduce((sum, each, other) => (other === own ? sum : sum + each), 0);
      const missing = c === own && labelSmoothing === 0 ? -others / total : power / total - wanted;
      dInput[start + c * plane] = scale * missing;
    });
  });
  return { outputs: { output }, gradients: { input: { shape: input.shape, data: dInput } } };
};

export default { name: "smoothing without weights", precision: "float32", operations: { crossEntropy } };
