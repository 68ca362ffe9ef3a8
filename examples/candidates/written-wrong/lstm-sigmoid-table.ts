/**
 * An LSTM for inference, read forwards, whose sigmoid is looked up in a table.
 *
 * The mistake: 64 entries to the unit and straight lines between them are good to 3·10⁻⁶, not to the 6·10⁻⁸ of float32.
 *
 *     etalon verify examples/candidates/written-wrong/lstm-sigmoid-table.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options {
  readonly direction: string;
  readonly coupled: boolean;
  readonly clip?: number;
  readonly gateActivation: string;
  readonly candidateActivation: string;
}

const REACH = 32;
const PER_UNIT = 64;
const table = Float64Array.from({ length: 2 * REACH * PER_UNIT + 2 }, (_, i) => 1 / (1 + Math.exp(REACH - i / PER_UNIT)));

const sigmoid = (a: number): number => {
  if (!(Math.abs(a) < REACH)) return 1 / (1 + Math.exp(-a));
  const at = (a + REACH) * PER_UNIT;
  const entry = Math.floor(at);
  return table[entry]! + (at - entry) * (table[entry + 1]! - table[entry]!); // the mistake
};

const lstm = (inputs: Named, { direction, coupled, clip = Infinity, gateActivation, candidateActivation }: Options) => {
  if (direction !== "forward") return { skipped: "forwards only" };
  if (gateActivation !== "sigmoid" || candidateActivation !== "tanh") return { skipped: "the usual activations only" };
  const [steps, batch, features] = inputs["input"]!.shape as [number, number, number];
  const units = inputs["forward.input.wh"]!.shape[0]!;
  const state = (name: string): Float64Array => Float64Array.from(inputs[`forward.initialState.${name}`]?.data ?? new Float32Array(batch * units));
  let h = state("h");
  const c = state("c");
  const output = new Float32Array(steps * batch * units);
  for (let t = 0; t < steps; t++) {
    const next = h.slice();
    for (let n = 0; n < batch; n++) {
      if (t >= (inputs["lengths"]?.data[n] ?? steps)) continue;
      const sum = (gate: string, u: number): number => {
        let a = inputs[`forward.${gate}.bias`]?.data[u] ?? 0;
        const [wx, wh] = [inputs[`forward.${gate}.wx`]!.data, inputs[`forward.${gate}.wh`]!.data];
        for (let i = 0; i < features; i++) a += inputs["input"]!.data[(t * batch + n) * features + i]! * wx[i * units + u]!;
        for (let j = 0; j < units; j++) a += h[n * units + j]! * wh[j * units + u]!;
        return a;
      };
      const limited = (a: number): number => Math.max(-clip, Math.min(a, clip));
      const gate = (name: string, u: number, cell: number): number => {
        const peephole = inputs[`forward.${name}.peephole`]?.data[u];
        return sigmoid(limited(sum(name, u) + (peephole === undefined ? 0 : peephole * cell)));
      };
      for (let u = 0; u < units; u++) {
        const at = n * units + u;
        const old = c[at]!;
        const taken = gate("input", u, old);
        const kept = coupled ? 1 - taken : gate("forget", u, old);
        c[at] = kept * old + taken * Math.tanh(limited(sum("candidate", u)));
        next[at] = gate("output", u, c[at]!) * Math.tanh(c[at]!);
        output[t * batch * units + at] = next[at]!;
      }
    }
    h = next;
  }
  const tensor = (values: Float64Array): Tensor => ({ shape: [batch, units], data: Float32Array.from(values) });
  return { outputs: { output: { shape: [steps, batch, units], data: output }, "forward.finalState.h": tensor(h), "forward.finalState.c": tensor(c) } };
};

export default { name: "sigmoid from a table", precision: "float32", operations: { lstm } };
