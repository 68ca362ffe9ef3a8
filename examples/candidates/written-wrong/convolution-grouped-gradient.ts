/**
 * A convolution whose kernel gradient is a loop over taps, written twice: once plain and once for groups.
 *
 * The mistake: the loop for groups steps along both axes with the first stride. It shows with groups above 1 and two different strides.
 *
 *     etalon verify examples/candidates/written-wrong/convolution-grouped-gradient.ts
 */
import type { Cotangents, Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
type Four = [number, number, number, number];

const convolution = ({ input, kernel, bias }: Inputs, options: WindowOptions & { readonly groups: number }, cotangents: Cotangents) => {
  if (input.shape.length !== 4) return { skipped: "pictures only" };
  const { stride, padding, dilation, groups } = options;
  const [N, C, H, W] = input.shape as Four;
  const [K, G, R, S] = kernel.shape as Four;
  const [sy, sx] = stride as [number, number];
  const [dy, dx] = dilation as [number, number];
  const [[py, qy], [px, qx]] = padding as [[number, number], [number, number]];
  const P = Math.floor((H + py + qy - (R - 1) * dy - 1) / sy) + 1;
  const Q = Math.floor((W + px + qx - (S - 1) * dx - 1) / sx) + 1;
  const filtersOfGroup = K / groups;

  const sums = new Float64Array(N * K * P * Q);
  const inputSums = new Float64Array(N * C * H * W);
  const arriving = cotangents?.output.data;
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) for (let p = 0; p < P; p++) for (let q = 0; q < Q; q++) {
    const o = ((n * K + k) * P + p) * Q + q;
    let sum = bias?.data[k] ?? 0;
    for (let g = 0; g < G; g++) for (let r = 0; r < R; r++) for (let s = 0; s < S; s++) {
      const y = p * sy + r * dy - py;
      const x = q * sx + s * dx - px;
      if (y < 0 || x < 0 || y >= H || x >= W) continue;
      const i = ((n * C + Math.floor(k / filtersOfGroup) * G + g) * H + y) * W + x;
      const w = kernel.data[((k * G + g) * R + r) * S + s]!;
      sum += input.data[i]! * w;
      if (arriving) inputSums[i]! += arriving[o]! * w;
    }
    sums[o] = sum;
  }
  const output = { shape: [N, K, P, Q], data: Float32Array.from(sums) };
  if (!arriving) return { outputs: { output } };

  /** One tap's gradient: the sum over samples and output positions. */
  const tapGradient = (k: number, channel: number, r: number, s: number, stepY: number, stepX: number): number => {
    let sum = 0;
    for (let n = 0; n < N; n++) for (let p = 0; p < P; p++) for (let q = 0; q < Q; q++) {
      const y = p * stepY + r * dy - py;
      const x = q * stepX + s * dx - px;
      if (y >= 0 && x >= 0 && y < H && x < W) sum += input.data[((n * C + channel) * H + y) * W + x]! * arriving[((n * K + k) * P + p) * Q + q]!;
    }
    return sum;
  };
  const kernelGradient = new Float32Array(kernel.data.length);
  let next = 0;
  for (let k = 0; k < K; k++) for (let g = 0; g < G; g++) for (let r = 0; r < R; r++) for (let s = 0; s < S; s++) {
    kernelGradient[next++] = groups === 1
      ? tapGradient(k, g, r, s, sy, sx)
      : tapGradient(k, Math.floor(k / filtersOfGroup) * G + g, r, s, sy, sy); // the mistake: sy, sx would be right
  }
  const biasSums = new Float64Array(K);
  arriving.forEach((value, o) => { biasSums[Math.floor(o / (P * Q)) % K]! += value; });
  return {
    outputs: { output },
    gradients: {
      input: { shape: input.shape, data: Float32Array.from(inputSums) },
      kernel: { shape: kernel.shape, data: kernelGradient },
      ...(bias && { bias: { shape: [K], data: Float32Array.from(biasSums) } }),
    },
  };
};

export default { name: "one stride for grouped gradients", precision: "float32", operations: { convolution } };
