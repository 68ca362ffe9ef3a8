/** Activations as people write them, in the arithmetic of a precision, with libraries that err by some units in the last place. */
import { expect } from "vitest";
import { normalDistribution } from "../../../src/learning/normal-distribution.ts";
import { reference } from "../../../src/oracle/case.ts";
import type { Case, Reference } from "../../../src/oracle/case.ts";
import { compare } from "../../../src/oracle/compare.ts";
import type { Precision } from "../../../src/oracle/precision.ts";
import { raw } from "../../../src/tensor/tensor.ts";
import { numbers } from "../../definitions/index.ts";
import { drawn } from "../support.ts";

/** What code computes with: `fl` rounds to the precision, the others are the library's. */
export interface Machine {
  readonly fl: (x: number) => number;
  readonly exp: (x: number) => number;
  readonly expm1: (x: number) => number;
  readonly log: (x: number) => number;
  readonly log1p: (x: number) => number;
  readonly tanh: (x: number) => number;
  readonly erf: (x: number) => number;
  readonly erfc: (x: number) => number;
}

/** A machine whose library is off by so many units in the last place, the same way everywhere but where tanh and erf are ±1. */
export function machineOf({ name, unit }: Precision, off: number): Machine {
  const fl = name === "float64" ? (x: number): number => x : Math.fround;
  const library = (f: (x: number) => number) => (x: number): number => fl(fl(f(x)) * (1 + 2 * off * unit));
  const saturating = (f: (x: number) => number) => (x: number): number =>
    1 - Math.abs(f(x)) < unit / 8 ? Math.sign(x) : Math.max(-1, Math.min(library(f)(x), 1));
  const power = library(Math.exp);
  return {
    fl, exp: (x) => (x === 0 ? 1 : power(x)), expm1: library(Math.expm1), log: library(Math.log), log1p: library(Math.log1p),
    tanh: saturating(Math.tanh), erf: saturating((x) => (Math.abs(x) < 0.5 ? numbers.erf(x) : 2 * normalDistribution(Math.SQRT2 * x) - 1)), erfc: library((x) => 2 * normalDistribution(-Math.SQRT2 * x)),
  };
}

/** The options of all activations. */
export interface ActivationOptions {
  readonly slope: number;
  readonly alpha: number;
  readonly scale: number;
  readonly offset: number;
  readonly form: string;
}

/** A function and its derivative, each as one piece of code. */
export type Code = (machine: Machine, options: ActivationOptions) => { readonly value: (x: number) => number; readonly slope: (x: number) => number };

/** Drawn cases with what the reference says of them. */
const asked = (operation: string, count: number, precision: Precision): readonly Asked[] =>
  drawn(operation, "rounding", count, 41).map((one) => {
    const { expected, radius } = reference(operation, one.inputs, one.options, one.cotangents, precision);
    return { one, expected, radius };
  });

interface Asked extends Reference {
  readonly one: Case;
}

/** The worst errors of some code over cases, as shares of the radius. */
function worstShares(cases: readonly Asked[], code: Code, precision: Precision, off: number): { readonly output: number; readonly gradient: number } {
  const machine = machineOf(precision, off);
  let worst = { output: 0, gradient: 0 };
  for (const { one: { inputs, options, cotangents }, expected, radius } of cases) {
    const { value, slope } = code(machine, options as unknown as ActivationOptions);
    const { shape } = inputs["input"]!;
    const [x, dy] = [Array.from(raw(inputs["input"]!)), raw(cotangents!["output"]!)];
    const store = (values: readonly number[]): { shape: readonly number[]; data: Float64Array } => ({ shape, data: Float64Array.from(values, machine.fl) });
    const [output, gradient] = [
      compare(store(x.map(value)), expected.outputs["output"]!, radius.outputs["output"]),
      compare(store(x.map((each, i) => machine.fl(slope(each)) * dy[i]!)), expected.gradients["input"]!, radius.gradients["input"]),
    ];
    worst = { output: Math.max(worst.output, output.ratio), gradient: Math.max(worst.gradient, gradient.ratio) };
  }
  return worst;
}

/** The worst shares of several pieces of code, with a library that is exact or three units in the last place off; above 1 a radius is too narrow. */
export function widestShares(operation: string, codes: Readonly<Record<string, Code>>, precision: Precision, count: number): { readonly output: number; readonly gradient: number } {
  const cases = asked(operation, count, precision);
  const all = Object.entries(codes).flatMap(([name, code]) => [0, 3, -3].map((off) => {
    const { output, gradient } = worstShares(cases, code, precision, off);
    expect(Math.max(output, gradient), `${precision.name}: ${name}, ${off} off: output ${output}, gradient ${gradient}`).toBeLessThanOrEqual(1);
    return { output, gradient };
  }));
  const [output, gradient] = [Math.max(...all.map((each) => each.output)), Math.max(...all.map((each) => each.gradient))];
  console.info(`${operation} in ${precision.name}: worst error as a share of the radius, output ${output.toFixed(2)}, gradient ${gradient.toFixed(2)}`);
  return { output, gradient };
}
