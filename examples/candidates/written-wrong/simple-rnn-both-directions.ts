/**
 * A simple recurrent network, read forwards, backwards or both ways, for samples of one length.
 *
 * The mistake: each direction stores its gradient of the input where the other has stored its own, rather than adding it.
 *
 *     etalon verify examples/candidates/written-wrong/simple-rnn-both-directions.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options {
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly merge?: "concat" | "sum" | "average";
  readonly activation: "tanh" | "relu" | "identity";
}

const simpleRnn = (inputs: Named, { direction, merge = "concat", activation }: Options, cotangents: Named | undefined) => {
  if (inputs["lengths"]) return { skipped: "no lengths" };
  const sides = direction === "bidirectional" ? ["forward", "backward"] : [direction === "forward" ? "forward" : "backward"];
  const [steps, batch, features] = inputs["input"]!.shape as [number, number, number];
  const units = inputs[`${sides[0]}.wh`]!.shape[0]!;
  const width = sides.length === 2 && merge === "concat" ? 2 * units : units;
  const share = sides.length === 2 && merge === "average" ? 0.5 : 1;
  const x = inputs["input"]!.data;
  const sums = new Float64Array(steps * batch * width);
  const outputs: Record<string, Tensor> = {};
  const gradients: Record<string, Tensor> = {};
  const dInput = new Float64Array(x.length);

  sides.forEach((side, s) => {
    const [wx, wh, bias, start] = ["wx", "wh", "bias", "initialState.h"].map((name) => inputs[`${side}.${name}`]);
    const offset = width === units ? 0 : s * units;
    const order = Array.from({ length: steps }, (_, i) => (side === "forward" ? i : steps - 1 - i));
    const trail = [Float64Array.from(start?.data ?? new Float32Array(batch * units))];
    for (const t of order) {
      const last = trail.at(-1)!;
      const state = last.map((_, at) => {
        const [n, u] = [Math.floor(at / units), at % units];
        let a = bias ? bias.data[u]! : 0;
        for (let i = 0; i < features; i++) a += x[(t * batch + n) * features + i]! * wx!.data[i * units + u]!;
        for (let j = 0; j < units; j++) a += last[n * units + j]! * wh!.data[j * units + u]!;
        return activation === "identity" ? a : activation === "tanh" ? Math.tanh(a) : a > 0 || Number.isNaN(a) ? a : 0;
      });
      state.forEach((value, at) => { sums[(t * batch + Math.floor(at / units)) * width + offset + (at % units)]! += share * value; });
      trail.push(state);
    }
    outputs[`${side}.finalState.h`] = { shape: [batch, units], data: Float32Array.from(trail.at(-1)!) };
    if (!cotangents) return;

    let d = Float64Array.from(cotangents[`${side}.finalState.h`]?.data ?? new Float32Array(batch * units));
    const [dWx, dWh, dBias] = [new Float64Array(features * units), new Float64Array(units * units), new Float64Array(units)];
    for (const [i, t] of [...order.entries()].reverse()) {
      const before = new Float64Array(d.length);
      const ownInput = new Float64Array(batch * features);
      d.forEach((value, at) => {
        const [n, u] = [Math.floor(at / units), at % units];
        const y = trail[i + 1]![at]!;
        const slope = activation === "identity" ? 1 : activation === "tanh" ? 1 - y * y : y > 0 ? 1 : 0;
        const da = slope * (value + share * (cotangents["output"]?.data[(t * batch + n) * width + offset + u] ?? 0));
        dBias[u]! += da;
        for (let f = 0; f < features; f++) {
          dWx[f * units + u]! += da * x[(t * batch + n) * features + f]!;
          ownInput[n * features + f]! += da * wx!.data[f * units + u]!;
        }
        for (let j = 0; j < units; j++) {
          dWh[j * units + u]! += da * trail[i]![n * units + j]!;
          before[n * units + j]! += da * wh!.data[j * units + u]!;
        }
      });
      dInput.set(ownInput, t * batch * features); // the mistake: it ought to be added
      d = before;
    }
    for (const [name, tensor, total] of [["wx", wx, dWx], ["wh", wh, dWh], ["bias", bias, dBias], ["initialState.h", start, d]] as const) {
      if (tensor) gradients[`${side}.${name}`] = { shape: tensor.shape, data: Float32Array.from(total) };
    }
  });
  outputs["output"] = { shape: [steps, batch, width], data: Float32Array.from(sums) };
  gradients["input"] = { shape: [steps, batch, features], data: Float32Array.from(dInput) };
  return { outputs, ...(cotangents && { gradients }) };
};

export default { name: "the second direction overwrites", precision: "float32", operations: { simpleRnn } };
