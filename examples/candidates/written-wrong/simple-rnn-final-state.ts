/**
 * A simple recurrent network, read forwards, for samples of different lengths.
 *
 * The mistake: the gradient of the final state enters at the last step of the batch. A sample that has ended before never sees it.
 *
 *     etalon verify examples/candidates/written-wrong/simple-rnn-final-state.ts
 */
import type { Tensor } from "../types.ts";

type Named = Readonly<Record<string, Tensor>>;
interface Options { readonly direction: string; readonly activation: "tanh" | "relu" | "identity" }

const simpleRnn = (inputs: Named, { direction, activation }: Options, cotangents: Named | undefined) => {
  if (direction !== "forward") return { skipped: "forwards only" };
  const [T, N, F] = inputs["input"]!.shape as [number, number, number];
  const H = inputs["forward.wh"]!.shape[0]!;
  const [x, wx, wh] = [inputs["input"]!.data, inputs["forward.wx"]!.data, inputs["forward.wh"]!.data];
  const bias = inputs["forward.bias"]?.data;
  const initial = inputs["forward.initialState.h"];
  const lengthOf = (n: number): number => inputs["lengths"]?.data[n] ?? T;
  const f = (a: number): number => (activation === "tanh" ? Math.tanh(a) : activation === "relu" && a <= 0 ? 0 : a);
  const slope = (y: number): number => (activation === "tanh" ? 1 - y * y : activation === "relu" && y <= 0 ? 0 : 1);

  // states[0] is the initial state, states[t + 1] the one after step t.
  const states = Array.from({ length: T + 1 }, () => new Float64Array(N * H));
  if (initial) states[0]!.set(initial.data);
  const output = new Float32Array(T * N * H);
  for (let t = 0; t < T; t++) for (let n = 0; n < N; n++) for (let h = 0; h < H; h++) {
    if (t >= lengthOf(n)) {
      states[t + 1]![n * H + h] = states[t]![n * H + h]!;
      continue;
    }
    let a = bias ? bias[h]! : 0;
    for (let i = 0; i < F; i++) a += x[(t * N + n) * F + i]! * wx[i * H + h]!;
    for (let j = 0; j < H; j++) a += states[t]![n * H + j]! * wh[j * H + h]!;
    output[(t * N + n) * H + h] = states[t + 1]![n * H + h] = f(a);
  }
  const outputs = {
    output: { shape: [T, N, H], data: output },
    "forward.finalState.h": { shape: [N, H], data: Float32Array.from(states[T]!) },
  };
  if (!cotangents) return { outputs };

  const [dx, dwx, dwh, dBias] = [new Float64Array(x.length), new Float64Array(wx.length), new Float64Array(wh.length), new Float64Array(H)];
  const arriving = cotangents["output"]?.data;
  let dState = Float64Array.from(cotangents["forward.finalState.h"]?.data ?? new Float32Array(N * H));
  for (let t = T - 1; t >= 0; t--) {
    const before = new Float64Array(N * H);
    for (let n = 0; n < N; n++) {
      if (t >= lengthOf(n)) continue; // the mistake: the gradient of a frozen state has to be passed on
      for (let h = 0; h < H; h++) {
        const da = ((arriving?.[(t * N + n) * H + h] ?? 0) + dState[n * H + h]!) * slope(states[t + 1]![n * H + h]!);
        dBias[h]! += da;
        for (let i = 0; i < F; i++) {
          dx[(t * N + n) * F + i]! += da * wx[i * H + h]!;
          dwx[i * H + h]! += da * x[(t * N + n) * F + i]!;
        }
        for (let j = 0; j < H; j++) {
          before[n * H + j]! += da * wh[j * H + h]!;
          dwh[j * H + h]! += da * states[t]![n * H + j]!;
        }
      }
    }
    dState = before;
  }
  const like = (name: string, sums: Float64Array): Tensor => ({ shape: inputs[name]!.shape, data: Float32Array.from(sums) });
  return {
    outputs,
    gradients: {
      input: like("input", dx), "forward.wx": like("forward.wx", dwx), "forward.wh": like("forward.wh", dwh),
      ...(bias && { "forward.bias": like("forward.bias", dBias) }),
      ...(initial && { "forward.initialState.h": like("forward.initialState.h", dState) }),
    },
  };
};

export default { name: "short samples without a final gradient", precision: "float32", operations: { simpleRnn } };
