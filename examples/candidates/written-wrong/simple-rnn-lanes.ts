/**
 * A simple recurrent network for inference, read forwards, whose units are computed four at a time, as a vector unit does.
 *
 * The mistake: behind the last whole four, the units left over read the columns of the first ones. Up to four units are right.
 *
 *     etalon verify examples/candidates/written-wrong/simple-rnn-lanes.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options { readonly direction: string; readonly activation: "tanh" | "relu" | "identity" }

/** sums[u] += value · row[u] for all units. */
const addScaled = (sums: Float64Array, value: number, row: Float32Array): void => {
  const units = sums.length;
  let u = 0;
  for (; u + 4 <= units; u += 4) for (let lane = 0; lane < 4; lane++) sums[u + lane]! += value * row[u + lane]!;
  for (let lane = 0; lane < units - u; lane++) sums[u + lane]! += value * row[lane]!; // the mistake: row[u + lane] would be right
};

const simpleRnn = (inputs: Named, { direction, activation }: Options) => {
  if (direction !== "forward") return { skipped: "forwards only" };
  const [steps, batch, features] = inputs["input"]!.shape as [number, number, number];
  const units = inputs["forward.wh"]!.shape[0]!;
  const row = (name: string, i: number): Float32Array => inputs[name]!.data.subarray(i * units, (i + 1) * units);
  const state = Float64Array.from(inputs["forward.initialState.h"]?.data ?? new Float32Array(batch * units));
  const output = new Float32Array(steps * batch * units);
  for (let t = 0; t < steps; t++) for (let n = 0; n < batch; n++) {
    if (t >= (inputs["lengths"]?.data[n] ?? steps)) continue;
    const sums = Float64Array.from(inputs["forward.bias"]?.data ?? new Float32Array(units));
    for (let i = 0; i < features; i++) addScaled(sums, inputs["input"]!.data[(t * batch + n) * features + i]!, row("forward.wx", i));
    for (let j = 0; j < units; j++) addScaled(sums, state[n * units + j]!, row("forward.wh", j));
    const next = sums.map((a) => (activation === "tanh" ? Math.tanh(a) : activation === "relu" && a <= 0 ? 0 : a));
    state.set(next, n * units);
    output.set(next, (t * batch + n) * units);
  }
  return {
    outputs: { output: { shape: [steps, batch, units], data: output }, "forward.finalState.h": { shape: [batch, units], data: Float32Array.from(state) } },
  };
};

export default { name: "left-over units read the first columns", precision: "float32", operations: { simpleRnn } };
