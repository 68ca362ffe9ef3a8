/**
 * A fully connected layer that takes two rows of its input at a time, and a last odd one alone.
 *
 * The mistake: the sum of the odd row begins with the bias, and where there is none, with what the pair before it has left in the accumulator.
 * It takes at least three rows, an odd number of them, and no bias.
 *
 *     etalon verify examples/candidates/written-wrong/fully-connected-odd-rows.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly weight: Tensor; readonly bias?: Tensor }

const fullyConnected = ({ input, weight, bias }: Inputs, _options: unknown, cotangents: Cotangents) => {
  const [outputs, inputs] = weight.shape as [number, number];
  const leading = input.shape.slice(0, -1);
  const rows = leading.reduce((total, size) => total * size, 1);
  const { data: x } = input;
  const { data: w } = weight;
  const y = new Float32Array(rows * outputs);
  for (let o = 0; o < outputs; o++) {
    let even = 0;
    let odd = 0;
    let row = 0;
    for (; row + 1 < rows; row += 2) {
      even = bias ? bias.data[o]! : 0;
      odd = even;
      for (let i = 0; i < inputs; i++) {
        even += x[row * inputs + i]! * w[o * inputs + i]!;
        odd += x[(row + 1) * inputs + i]! * w[o * inputs + i]!;
      }
      y[row * outputs + o] = even;
      y[(row + 1) * outputs + o] = odd;
    }
    if (row < rows) {
      if (bias) even = bias.data[o]!; // the mistake: without a bias, nothing makes it zero
      for (let i = 0; i < inputs; i++) even += x[row * inputs + i]! * w[o * inputs + i]!;
      y[row * outputs + o] = even;
    }
  }
  const output = { shape: [...leading, outputs], data: y };
  if (!cotangents) return { outputs: { output } };

  const { data: dy } = cotangents.output;
  const [dInput, dWeight, dBias] = [new Float64Array(x.length), new Float64Array(w.length), new Float64Array(outputs)];
  for (let row = 0; row < rows; row++) for (let o = 0; o < outputs; o++) {
    const d = dy[row * outputs + o]!;
    dBias[o]! += d;
    for (let i = 0; i < inputs; i++) {
      dInput[row * inputs + i]! += d * w[o * inputs + i]!;
      dWeight[o * inputs + i]! += d * x[row * inputs + i]!;
    }
  }
  return {
    outputs: { output },
    gradients: {
      input: { shape: input.shape, data: Float32Array.from(dInput) },
      weight: { shape: weight.shape, data: Float32Array.from(dWeight) },
      ...(bias && { bias: { shape: bias.shape, data: Float32Array.from(dBias) } }),
    },
  };
};

export default { name: "accumulator not reset for the odd row", precision: "float32", operations: { fullyConnected } };
