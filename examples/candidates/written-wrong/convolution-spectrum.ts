/**
 * A convolution along one axis by the discrete Fourier transform, all in float32.
 *
 * The mistake: nothing is exact any more. Every output carries an error as large as the largest number of its row allows.
 *
 *     etalon verify examples/candidates/written-wrong/convolution-spectrum.ts
 */
import type { Tensor, WindowOptions } from "../types.ts";

interface Inputs { readonly input: Tensor; readonly kernel: Tensor; readonly bias?: Tensor }
interface Spectrum { readonly re: Float32Array; readonly im: Float32Array }

/** Radix 2, in place, decimation in time. */
const transform = ({ re, im }: Spectrum, sign: 1 | -1): void => {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let start = 0; start < size; start += 2 * half) {
      for (let i = 0; i < half; i++) {
        const angle = (sign * Math.PI * i) / half;
        const [c, s] = [Math.fround(Math.cos(angle)), Math.fround(Math.sin(angle))];
        const [a, b] = [start + i, start + i + half];
        const real = Math.fround(re[b]! * c - im[b]! * s);
        const imaginary = Math.fround(re[b]! * s + im[b]! * c);
        re[b] = re[a]! - real;
        im[b] = im[a]! - imaginary;
        re[a]! += real;
        im[a]! += imaginary;
      }
    }
  }
};

const spectrumOf = (size: number, fill: (re: Float32Array) => void): Spectrum => {
  const spectrum = { re: new Float32Array(size), im: new Float32Array(size) };
  fill(spectrum.re);
  transform(spectrum, -1);
  return spectrum;
};

const convolution = ({ input, kernel, bias }: Inputs, { stride, padding, dilation, groups }: WindowOptions & { readonly groups: number }) => {
  if (input.shape.length !== 3) return { skipped: "signals only" };
  const [batch, channels, length] = input.shape as [number, number, number];
  const [filters, share, taps] = kernel.shape as [number, number, number];
  const [before, after] = padding[0]!;
  const [step, spread] = [stride[0]!, dilation[0]!];
  const padded = before + length + after;
  const outLength = Math.floor((padded - (taps - 1) * spread - 1) / step) + 1;
  const size = 2 ** Math.ceil(Math.log2(padded));

  const output = new Float32Array(batch * filters * outLength);
  for (let n = 0; n < batch; n++) for (let k = 0; k < filters; k++) {
    const total = { re: new Float32Array(size), im: new Float32Array(size) };
    for (let c = 0; c < share; c++) {
      const channel = n * channels + Math.floor((k * groups) / filters) * share + c;
      const x = spectrumOf(size, (re) => re.set(input.data.subarray(channel * length, (channel + 1) * length), before));
      const w = spectrumOf(size, (re) => {
        for (let t = 0; t < taps; t++) re[t * spread] = kernel.data[(k * share + c) * taps + t]!;
      });
      for (let f = 0; f < size; f++) { // x times the conjugate of w: a correlation
        total.re[f]! += x.re[f]! * w.re[f]! + x.im[f]! * w.im[f]!;
        total.im[f]! += x.im[f]! * w.re[f]! - x.re[f]! * w.im[f]!;
      }
    }
    transform(total, 1);
    for (let o = 0; o < outLength; o++) output[(n * filters + k) * outLength + o] = total.re[o * step]! / size + (bias?.data[k] ?? 0);
  }
  return { outputs: { output: { shape: [batch, filters, outLength], data: output } } };
};

export default { name: "Fourier transform in float32", precision: "float32", operations: { convolution } };
