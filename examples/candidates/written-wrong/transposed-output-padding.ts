/**
 * A transposed convolution along one or two axes: forward scatters, backward gathers.
 *
 * The mistake: the gradients stop where the output would end without output padding. That matters where padding was cut off at the end, for
 * only then do taps fall into the cells that output padding adds.
 *
 *     etalon verify examples/candidates/written-wrong/transposed-output-padding.ts
 */
import type { Cotangents, Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
type Options = WindowOptions & { readonly groups: number; readonly outputPadding: readonly number[] };
type Four = [number, number, number, number];

/** A signal is a picture with one row. */
const asPicture = (shape: readonly number[]): Four => (shape.length === 3 ? [shape[0]!, shape[1]!, 1, shape[2]!] : [...shape]) as Four;

const transposedConvolution = ({ input, kernel, bias }: Inputs, options: Options, cotangents: Cotangents) => {
  if (input.shape.length > 4) return { skipped: "no volumes" };
  const flat = input.shape.length === 3;
  const axis = <T>(values: readonly T[], row: T): [T, T] => (flat ? [row, values[0]!] : [values[0]!, values[1]!]);
  const [sy, sx] = axis(options.stride, 1);
  const [dy, dx] = axis(options.dilation, 1);
  const [ay, ax] = axis(options.outputPadding, 0);
  const [[top, bottom], [left, right]] = axis<readonly [number, number]>(options.padding, [0, 0]);
  const [N, C, H, W] = asPicture(input.shape);
  const [, share, R, S] = asPicture(kernel.shape);
  const { groups } = options;
  const K = share * groups;
  const P = (H - 1) * sy + (R - 1) * dy + 1 - top - bottom + ay;
  const Q = (W - 1) * sx + (S - 1) * dx + 1 - left - right + ax;

  const visit = (endY: number, endX: number, tell: (i: number, w: number, o: number) => void): void => {
    for (let n = 0; n < N; n++) for (let c = 0; c < C; c++) for (let k = 0; k < share; k++) {
      const filter = Math.floor(c / (C / groups)) * share + k;
      for (let y = 0; y < H; y++) for (let r = 0; r < R; r++) {
        const p = y * sy + r * dy - top;
        if (p < 0 || p >= endY) continue;
        for (let x = 0; x < W; x++) for (let s = 0; s < S; s++) {
          const q = x * sx + s * dx - left;
          if (q < 0 || q >= endX) continue;
          tell(((n * C + c) * H + y) * W + x, ((c * share + k) * R + r) * S + s, ((n * K + filter) * P + p) * Q + q);
        }
      }
    }
  };

  const sums = new Float64Array(N * K * P * Q).map((_, o) => bias?.data[Math.floor(o / (P * Q)) % K] ?? 0);
  visit(P, Q, (i, w, o) => { sums[o]! += input.data[i]! * kernel.data[w]!; });
  const output = { shape: flat ? [N, K, Q] : [N, K, P, Q], data: Float32Array.from(sums) };
  if (!cotangents) return { outputs: { output } };

  const dOutput = cotangents.output.data;
  const dInput = new Float64Array(input.data.length);
  const dKernel = new Float64Array(kernel.data.length);
  const dBias = new Float64Array(K);
  visit(P - ay, Q - ax, (i, w, o) => { // the mistake: P, Q would be right
    dInput[i]! += dOutput[o]! * kernel.data[w]!;
    dKernel[w]! += dOutput[o]! * input.data[i]!;
  });
  dOutput.forEach((value, o) => { dBias[Math.floor(o / (P * Q)) % K]! += value; });
  return {
    outputs: { output },
    gradients: {
      input: { shape: input.shape, data: Float32Array.from(dInput) },
      kernel: { shape: kernel.shape, data: Float32Array.from(dKernel) },
      ...(bias && { bias: { shape: [K], data: Float32Array.from(dBias) } }),
    },
  };
};

export default { name: "no gradient from output padding", precision: "float32", operations: { transposedConvolution } };
