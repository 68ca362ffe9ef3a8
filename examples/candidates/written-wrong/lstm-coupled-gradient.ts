/**
 * An LSTM, read forwards, without peepholes, its forget gate of its own or coupled to the input gate.
 *
 * The mistake: a coupled gate is written as forget = 1 - input, but backward the input gate does not hear of what was forgotten.
 *
 *     etalon verify examples/candidates/written-wrong/lstm-coupled-gradient.ts
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

const lstm = (inputs: Named, options: Options, cotangents: Named | undefined) => {
  const { direction, coupled, clip, gateActivation, candidateActivation } = options;
  if (direction !== "forward") return { skipped: "forwards only" };
  if (clip !== undefined || gateActivation !== "sigmoid" || candidateActivation !== "tanh") return { skipped: "no clip, the usual activations" };
  if (Object.keys(inputs).some((name) => name.endsWith("peephole"))) return { skipped: "no peepholes" };
  const names = coupled ? ["input", "candidate", "output"] : ["input", "candidate", "output", "forget"];
  const [T, N, F] = inputs["input"]!.shape as [number, number, number];
  const H = inputs["forward.input.wh"]!.shape[0]!;
  const x = inputs["input"]!.data;
  const part = (gate: number, name: string): Tensor | undefined => inputs[`forward.${names[gate]}.${name}`];
  const first = (name: string): Float64Array => Float64Array.from(inputs[`forward.initialState.${name}`]?.data ?? new Float32Array(N * H));

  const isOver = (t: number, at: number): boolean => t >= (inputs["lengths"]?.data[Math.floor(at / H)] ?? T);
  const hs = [first("h")];
  const cs = [first("c")];
  const tape: Float64Array[][] = []; // per step: input, candidate, output, forget
  const output = new Float32Array(T * N * H);
  for (let t = 0; t < T; t++) {
    const gates = names.map((_, g) => Float64Array.from({ length: N * H }, (_, at) => {
      const [n, u] = [Math.floor(at / H), at % H];
      let a = part(g, "bias")?.data[u] ?? 0;
      for (let i = 0; i < F; i++) a += x[(t * N + n) * F + i]! * part(g, "wx")!.data[i * H + u]!;
      for (let j = 0; j < H; j++) a += hs[t]![n * H + j]! * part(g, "wh")!.data[j * H + u]!;
      return g === 1 ? Math.tanh(a) : 1 / (1 + Math.exp(-a));
    }));
    if (coupled) gates.push(gates[0]!.map((value) => 1 - value));
    const [input, candidate, out, forget] = gates as [Float64Array, Float64Array, Float64Array, Float64Array];
    cs.push(cs[t]!.map((c, at) => (isOver(t, at) ? c : forget[at]! * c + input[at]! * candidate[at]!)));
    hs.push(hs[t]!.map((h, at) => (isOver(t, at) ? h : out[at]! * Math.tanh(cs[t + 1]![at]!))));
    output.set(hs[t + 1]!.map((h, at) => (isOver(t, at) ? 0 : h)), t * N * H);
    tape.push(gates);
  }
  const outputs = {
    output: { shape: [T, N, H], data: output },
    "forward.finalState.h": { shape: [N, H], data: Float32Array.from(hs[T]!) },
    "forward.finalState.c": { shape: [N, H], data: Float32Array.from(cs[T]!) },
  };
  if (!cotangents) return { outputs };

  const gradients: Record<string, Float64Array> = { input: new Float64Array(x.length) };
  for (const name of Object.keys(inputs).filter((each) => each !== "lengths")) gradients[name] ??= new Float64Array(inputs[name]!.data.length);
  const given = (name: string): Float64Array => Float64Array.from(cotangents[`forward.finalState.${name}`]?.data ?? new Float32Array(N * H));
  let [dh, dc] = [given("h"), given("c")];
  for (let t = T - 1; t >= 0; t--) {
    const [nextDh, nextDc] = [new Float64Array(N * H), new Float64Array(N * H)];
    for (let at = 0; at < N * H; at++) {
      if (isOver(t, at)) {
        nextDh[at]! += dh[at]!;
        nextDc[at] = dc[at]!;
        continue;
      }
      const [n, u] = [Math.floor(at / H), at % H];
      const [i, g, o, f] = tape[t]!.map((gate) => gate[at]!) as [number, number, number, number];
      const squashed = Math.tanh(cs[t + 1]![at]!);
      const dHere = dh[at]! + (cotangents["output"]?.data[t * N * H + at] ?? 0);
      const dCell = dc[at]! + dHere * o * (1 - squashed * squashed);
      nextDc[at] = dCell * f;
      // The mistake: with a coupled gate, the first of these is dCell · (g - c).
      const das = [dCell * g * i * (1 - i), dCell * i * (1 - g * g), dHere * squashed * o * (1 - o), dCell * cs[t]![at]! * f * (1 - f)];
      names.forEach((name, gate) => {
        const da = das[gate]!;
        const path = `forward.${name}`;
        if (gradients[`${path}.bias`]) gradients[`${path}.bias`]![u]! += da;
        for (let k = 0; k < F; k++) {
          gradients[`${path}.wx`]![k * H + u]! += da * x[(t * N + n) * F + k]!;
          gradients["input"]![(t * N + n) * F + k]! += da * part(gate, "wx")!.data[k * H + u]!;
        }
        for (let j = 0; j < H; j++) {
          gradients[`${path}.wh`]![j * H + u]! += da * hs[t]![n * H + j]!;
          nextDh[n * H + j]! += da * part(gate, "wh")!.data[j * H + u]!;
        }
      });
    }
    [dh, dc] = [nextDh, nextDc];
  }
  for (const [name, d] of [["h", dh], ["c", dc]] as const) gradients[`forward.initialState.${name}`]?.set(d);
  const tensors = Object.entries(gradients).map(([name, sums]) => [name, { shape: inputs[name]!.shape, data: Float32Array.from(sums) }] as const);
  return { outputs, gradients: Object.fromEntries(tensors) };
};

export default { name: "coupled forward only", precision: "float32", operations: { lstm } };
