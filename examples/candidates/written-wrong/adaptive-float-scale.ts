/**
 * An adaptive average pooling along one or two axes, whose windows are found with a scale, as in resizing.
 *
 * The mistake: the scale is a float32, so that a product that ought to be a whole number falls short of it or lies beyond: windows are one too
 * long. It takes output sizes like 6 for 4, where three steps of two thirds are two.
 *
 *     etalon verify examples/candidates/written-wrong/adaptive-float-scale.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Interval { readonly start: number; readonly end: number }

const intervals = (size: number, count: number): readonly Interval[] => {
  const scale = Math.fround(size / count); // the mistake: whole numbers ought to be multiplied first
  return Array.from({ length: count }, (_, i) => ({ start: Math.floor(i * scale), end: Math.min(size, Math.ceil((i + 1) * scale)) }));
};

const adaptiveAveragePooling = ({ input }: { readonly input: Tensor }, { outputSize }: { readonly outputSize: readonly number[] }, cotangents: Cotangents) => {
  const [batch, channels, ...space] = input.shape as [number, number, ...number[]];
  if (space.length > 2) return { skipped: "no volumes" };
  const [rows, columns] = space.length === 1 ? [1, space[0]!] : [space[0]!, space[1]!];
  const [outRows, outColumns] = space.length === 1 ? [1, outputSize[0]!] : [outputSize[0]!, outputSize[1]!];
  const [vertical, horizontal] = [intervals(rows, outRows), intervals(columns, outColumns)];

  const output = new Float32Array(batch * channels * outRows * outColumns);
  const dInput = new Float64Array(input.data.length);
  let next = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (const tall of vertical) for (const wide of horizontal) {
      const cells = (tall.end - tall.start) * (wide.end - wide.start);
      let sum = 0;
      for (let y = tall.start; y < tall.end; y++) for (let x = wide.start; x < wide.end; x++) {
        const at = (plane * rows + y) * columns + x;
        sum += input.data[at]!;
        if (cotangents) dInput[at]! += cotangents.output.data[next]! / cells;
      }
      output[next++] = sum / cells;
    }
  }
  return {
    outputs: { output: { shape: [batch, channels, ...outputSize], data: output } },
    ...(cotangents && { gradients: { input: { shape: input.shape, data: Float32Array.from(dInput) } } }),
  };
};

export default { name: "windows by a float32 scale", precision: "float32", operations: { adaptiveAveragePooling } };
