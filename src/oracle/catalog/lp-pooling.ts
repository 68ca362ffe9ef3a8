/**
 * Lp pooling in the catalog.
 *
 * @module
 */
import { lpPooling, lpPoolingBackward } from "../../cnn/lp-pooling.ts";
import type { LpPoolingOptions } from "../../cnn/lp-pooling.ts";
import { planPooling } from "../../cnn/pooling.ts";
import { fillImage, interior, offsets, origins, readImage } from "../../cnn/window.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { adopt, raw } from "../../tensor/tensor.ts";
import { functionRoundings, gamma } from "../error-bound.ts";
import type { Operation, Options, Tensors } from "./operation.ts";
import { completeWindow, pooled, poolingSpace, windowHelp } from "./pooling.ts";

const forward: Operation["forward"] = (inputs, options) => ({ output: lpPooling(inputs["input"]!, options as unknown as LpPoolingOptions) });

const backward = (inputs: Tensors, options: Options, cotangents: Tensors): Tensors =>
  ({ input: lpPoolingBackward(inputs["input"]!, cotangents["output"]!, options as unknown as LpPoolingOptions) });

/** Roundings of an exponent p·log x, relative to it: the logarithm, the product, and p or 1/p itself. */
const exponentRoundings = functionRoundings + 2;

/**
 * The radius of Lp pooling, to first order in u. With y = (Σ|x_i|^p)^(1/p), shares w_i = (|x_i| / y)^p of the sum, m the largest |x_i| and
 * l_i the larger of |log |x_i|| and log(m / |x_i|), an honest implementation has
 *
 *     |x_i|^p   a relative error of (p + 8 + 10·p·l_i)·u: by p − 1 products, by one power, or as exp(p·log |x_i|), of |x_i| or of |x_i| / m
 *     Σ         Σ w_i times that, n − 1 additions, and two more where a mean of n is taken and multiplied by n
 *     y         a p-th part of that, and (8 + 2 + 10·l_y)·u: a root, a power of 1/p or exp(log Σ / p), and the factor m
 *     dx_i      dy·(|x_i| / y)^(p − 1): p − 1 times the error of y; (p + 2·8 + 4 + 10·p·max(l_i, log(y / |x_i|)))·u for the power of the
 *               quotient, or of both its parts, or x·|x|^(p − 2); and one addition for each further window
 *
 * Where y is infinite, dx_i is 0, or dy where p is 1, and only its addition to what other windows bring is rounded.
 *
 * The reference is one of these forms, in double. Underflow costs a term of a sum, and the result, a subnormal number each. Where |x|^p
 * over- or underflows altogether, only code that scales its windows is right; the cases are drawn between 1/16 and 4, so that no
 * precision comes near to that.
 */
const radius: Operation["radius"] = (inputs, options, cotangents, { unit, tiny }) => {
  const input = inputs["input"]!;
  const { power: p = 2 } = options as unknown as LpPoolingOptions;
  const { window, planes, outputShape } = planPooling("lpPooling", input, options as unknown as LpPoolingOptions, { power: "number" });
  const [rows, origin, offset] = [interior(window), origins(window), offsets(window, 1)];
  const [image, allowed] = [new Float64Array(sizeOf(window.image)), new Float64Array(sizeOf(window.image))];
  const windowsOf = new Float64Array(image.length);
  for (const start of origin) for (const tap of offset) windowsOf[start + tap]! += 1;
  const norms = raw(forward(inputs, options)["output"]!);
  const dValues = cotangents && raw(cotangents["output"]!);
  const relative = (roundings: number): number => gamma(roundings, unit) + gamma(roundings, 2 ** -53);
  const cells = sizeOf(window.input);
  const outputs = new Float64Array(norms.length);
  const gradients = new Float64Array(raw(input).length);
  for (let plane = 0; plane < planes; plane++) {
    fillImage(window, rows, 1, raw(input).subarray(plane * cells, (plane + 1) * cells), image);
    allowed.fill(0);
    for (let q = 0; q < origin.length; q++) {
      const output = plane * origin.length + q;
      const y = norms[output]!;
      const dy = Math.abs(dValues?.[output] ?? 0);
      if (!Number.isFinite(y)) for (const tap of offset) allowed[origin[q]! + tap]! += dy * relative(windowsOf[origin[q]! + tap]!);
      if (y === 0 || !Number.isFinite(y)) continue;
      const taps = Array.from(offset, (tap) => origin[q]! + tap).filter((cell) => image[cell] !== 0);
      const sizes = taps.map((cell) => Math.abs(image[cell]!));
      const largest = sizes.reduce((a, b) => Math.max(a, b));
      const logs = sizes.map((size) => Math.max(Math.abs(Math.log(size)), Math.log(largest / size)));
      const exponents = sizes.reduce((sum, size, i) => sum + (size / y) ** p * p * logs[i]!, 0);
      const sumRoundings = exponentRoundings * exponents + p + functionRoundings + taps.length + 2;
      const normRoundings = sumRoundings / p + functionRoundings + 2 + exponentRoundings * Math.max(Math.abs(Math.log(y)), Math.log(y / largest));
      outputs[output] = y * relative(normRoundings) + taps.length * tiny;
      if (dValues === undefined) continue;
      taps.forEach((cell, i) => {
        const exponent = p * Math.max(logs[i]!, Math.log(y / sizes[i]!));
        const roundings = (p - 1) * normRoundings + p + 2 * functionRoundings + 4 + exponentRoundings * exponent + windowsOf[cell]!;
        allowed[cell]! += (sizes[i]! / y) ** (p - 1) * dy * relative(roundings) + (1 + dy) * tiny;
      });
    }
    readImage(window, rows, 1, allowed, gradients.subarray(plane * cells, (plane + 1) * cells));
  }
  return {
    outputs: { output: adopt(outputShape, outputs) },
    gradients: dValues === undefined ? {} : { input: adopt(input.shape, gradients) },
  };
};

const powers = [2, 1, 3, 2.5, 1.5];

/** From one noise a sign, one of six binades from 1/16 up to 4, and a significand: no power of the above has a sum beyond 2¹², or a term below 2⁻¹². */
const spreadNumber = (noise: number): number => {
  const sized = (2 * noise) % 1;
  return (noise < 0.5 ? -1 : 1) * Math.fround(1 + ((6 * sized) % 1)) * 2 ** (Math.floor(6 * sized) - 4);
};

/** Numbers of like size, of sizes that are spread, or spread and a third of them zeros. */
const number = (kind: number, noise: number): number => {
  if (kind === 0) return Math.fround((noise < 0.5 ? -1 : 1) * (1 + ((2 * noise) % 1)));
  return kind === 1 ? spreadNumber(noise) : noise < 1 / 3 ? 0 : spreadNumber((1.5 * noise) % 1);
};

/** The catalog's entry for Lp pooling. @internal */
export const lpPoolingEntry: Operation = {
  name: "lpPooling",
  summary: "the Lp norm of each window: (Σ|x|^p)^(1/p), nothing divided",
  inputs: [pooled],
  outputs: [{ name: "output", axes: "[N, C, …positions]", cotangent: true }],
  options: { ...windowHelp, power: "p, at least 1, default 2" },
  exact: true,
  scaled: true,
  complete: (inputs, options) => ({ ...completeWindow("lpPooling", inputs, options), power: options["power"] ?? 2 }),
  forward,
  backward,
  radius,
  space: poolingSpace(
    { power: [0, powers.length - 1], numbers: [0, 2] },
    ({ power }) => ({ power: powers[power!] }),
    ({ numbers }, tier) => (tier === "structure" ? { range: 4 } : { value: (noise: number) => number(numbers!, noise) }),
    true,
  ),
};
