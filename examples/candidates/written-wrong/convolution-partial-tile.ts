/**
 * A convolution over volumes, eight output positions at a time.
 *
 * The mistake: a last tile with fewer positions is moved back until it is full, but its sums are added to what the tile before has left there.
 *
 *     etalon verify examples/candidates/written-wrong/convolution-partial-tile.ts
 */
import type { Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
type Triple = readonly [number, number, number];

const TILE = 8;

const convolution = ({ input, kernel, bias }: Inputs, { stride, padding, dilation, groups }: WindowOptions & { readonly groups: number }) => {
  if (input.shape.length !== 5) return { skipped: "volumes only" };
  const [batch, channels] = input.shape as readonly [number, number];
  const [filters, share] = kernel.shape as readonly [number, number];
  const space = input.shape.slice(2) as unknown as Triple;
  const window = kernel.shape.slice(2) as unknown as Triple;
  const out = space.map((size, a) =>
    Math.floor((size + padding[a]![0] + padding[a]![1] - (window[a]! - 1) * dilation[a]! - 1) / stride[a]!) + 1) as unknown as Triple;
  const positions = out[0] * out[1] * out[2];
  const cells = space[0] * space[1] * space[2];
  const taps = window[0] * window[1] * window[2];

  /** The cell that a tap of a window falls on, or -1. */
  const cellOf = (position: number, tap: number): number => {
    let cell = 0;
    let [unit, inner, innerTap] = [1, position, tap];
    for (let a = 2; a >= 0; a--) {
      const at = (inner % out[a]!) * stride[a]! + (innerTap % window[a]!) * dilation[a]! - padding[a]![0];
      if (at < 0 || at >= space[a]!) return -1;
      cell += at * unit;
      unit *= space[a]!;
      inner = Math.floor(inner / out[a]!);
      innerTap = Math.floor(innerTap / window[a]!);
    }
    return cell;
  };

  const sums = new Float64Array(batch * filters * positions);
  for (let n = 0; n < batch; n++) for (let k = 0; k < filters; k++) {
    const plane = sums.subarray((n * filters + k) * positions, (n * filters + k + 1) * positions);
    plane.fill(bias?.data[k] ?? 0);
    const first = n * channels + Math.floor((k * groups) / filters) * share;
    for (let tile = 0; tile < positions; tile += TILE) {
      const start = Math.max(0, Math.min(tile, positions - TILE)); // the mistake: what this shares with the tile before is summed twice
      for (let c = 0; c < share; c++) for (let tap = 0; tap < taps; tap++) {
        const weight = kernel.data[(k * share + c) * taps + tap]!;
        for (let p = start; p < Math.min(start + TILE, positions); p++) {
          const cell = cellOf(p, tap);
          if (cell >= 0) plane[p]! += weight * input.data[(first + c) * cells + cell]!;
        }
      }
    }
  }
  return { outputs: { output: { shape: [batch, filters, ...out], data: Float32Array.from(sums) } } };
};

export default { name: "last tile added twice", precision: "float32", operations: { convolution } };
