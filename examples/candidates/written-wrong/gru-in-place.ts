/**
 * A GRU for inference, read forwards, that keeps one state and updates it in place.
 *
 * The mistake: a unit that is updated early is seen, already new, by the units after it. It takes two units or more.
 *
 *     etalon verify examples/candidates/written-wrong/gru-in-place.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options {
  readonly direction: string;
  readonly resetAfter: boolean;
  readonly clip?: number;
  readonly gateActivation: string;
  readonly candidateActivation: string;
}

const gru = (inputs: Named, { direction, resetAfter, clip, gateActivation, candidateActivation }: Options) => {
  if (direction !== "forward") return { skipped: "forwards only" };
  if (clip !== undefined || gateActivation !== "sigmoid" || candidateActivation !== "tanh") return { skipped: "no clip, the usual activations" };
  const [steps, batch, features] = inputs["input"]!.shape as [number, number, number];
  const units = inputs["forward.reset.wh"]!.shape[0]!;
  const state = Float64Array.from(inputs["forward.initialState.h"]?.data ?? new Float32Array(batch * units));
  const output = new Float32Array(steps * batch * units);
  for (let t = 0; t < steps; t++) for (let n = 0; n < batch; n++) {
    if (t >= (inputs["lengths"]?.data[n] ?? steps)) continue;
    const own = state.subarray(n * units, (n + 1) * units); // the mistake: a copy would be right
    const fromInput = (gate: string, u: number): number => {
      let a = inputs[`forward.${gate}.bias`]?.data[u] ?? 0;
      for (let i = 0; i < features; i++) a += inputs["input"]!.data[(t * batch + n) * features + i]! * inputs[`forward.${gate}.wx`]!.data[i * units + u]!;
      return a;
    };
    const fromState = (gate: string, u: number, share: (j: number) => number = () => 1): number => {
      let a = 0;
      for (let j = 0; j < units; j++) a += share(j) * own[j]! * inputs[`forward.${gate}.wh`]!.data[j * units + u]!;
      return a;
    };
    const gate = (name: string, u: number): number => 1 / (1 + Math.exp(-fromInput(name, u) - fromState(name, u)));
    for (let u = 0; u < units; u++) {
      const update = gate("update", u);
      const recurrent = resetAfter
        ? gate("reset", u) * (fromState("candidate", u) + (inputs["forward.candidate.recurrentBias"]?.data[u] ?? 0))
        : fromState("candidate", u, (j) => gate("reset", j));
      const candidate = Math.tanh(fromInput("candidate", u) + recurrent);
      state[n * units + u] = (1 - update) * candidate + update * own[u]!;
    }
    output.set(own, (t * batch + n) * units);
  }
  const finalState = { shape: [batch, units], data: Float32Array.from(state) };
  return { outputs: { output: { shape: [steps, batch, units], data: output }, "forward.finalState.h": finalState } };
};

export default { name: "state updated in place", precision: "float32", operations: { gru } };
