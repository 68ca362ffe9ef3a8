/**
 * A softmax with an exponential of its own: a power of two times a polynomial of the rest.
 *
 * The mistake: a Taylor polynomial of degree 5 ends too soon for float32; it is good to about 2·10⁻⁶.
 *
 *     etalon verify examples/candidates/written-wrong/softmax-fast-exponential.ts
 */
import type { Cotangents, Tensor } from "../types.ts";

/** e to the power x for x ≤ 0. */
const fastExponential = (x: number): number => {
  if (x < -150) return 0;
  const power = Math.round(x * Math.LOG2E);
  const r = x - power * Math.LN2;
  return 2 ** power * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r / 120))))); // the mistake: one degree more would do
};

const softmax = ({ input }: { readonly input: Tensor }, { axis = -1 }: { readonly axis?: number }, cotangents: Cotangents) => {
  const { shape } = input;
  const along = axis < 0 ? shape.length + axis : axis;
  const size = shape[along]!;
  const step = shape.slice(along + 1).reduce((product, each) => product * each, 1);
  const output = new Float32Array(input.data.length);
  const dInput = new Float32Array(input.data.length);
  for (let line = 0; line < input.data.length / size; line++) {
    const places = Array.from({ length: size }, (_, i) => Math.floor(line / step) * size * step + (line % step) + i * step);
    const greatest = places.reduce((most, place) => Math.max(most, input.data[place]!), -Infinity);
    const powers = places.map((place) => fastExponential(input.data[place]! - greatest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    places.forEach((place, i) => { output[place] = powers[i]! / total; });
    if (!cotangents) continue;
    const dy = cotangents.output.data;
    const mean = places.reduce((sum, place, i) => sum + (powers[i]! / total) * dy[place]!, 0);
    places.forEach((place, i) => { dInput[place] = (powers[i]! / total) * (dy[place]! - mean); });
  }
  return { outputs: { output: { shape, data: output } }, ...(cotangents && { gradients: { input: { shape, data: dInput } } }) };
};

export default { name: "exponential of degree 5", precision: "float32", operations: { softmax } };
