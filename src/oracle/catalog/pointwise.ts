/**
 * What the catalog's activations share: the radius of a function of each single number, and how such numbers are drawn.
 *
 * The radius is the largest error of the formulas that honest code is written in, run on balls: the plain ones of the textbooks and the
 * stable ones beside them, for the outputs and, times the cotangent, for the derivatives. The reference is one of these formulas in double, and
 * balls count its rounding, too. Where no form rounds, the radius is 0.
 *
 * The line is drawn at formulas that end in NaN or Infinity where the result is an ordinary number, at inputs as networks have them: a
 * power may overflow in 1 / (1 + e^−x), which is then 0, but not in e^x / (1 + e^x) or log(1 + e^x). Formulas that need the square of their
 * input are asked up to 10¹², those with a bare power or quotient up to 10³⁰.
 *
 * @module
 */
import { adopt, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { widest } from "../ball.ts";
import type { Ball } from "../ball.ts";
import { ballFunctions } from "../ball-functions.ts";
import type { BallFunctions } from "../ball-functions.ts";
import type { Precision } from "../precision.ts";
import { caseSpace } from "./operation.ts";
import type { CaseSpace, InputDraft, Operation, Options, Range, Tensors } from "./operation.ts";

/** One way to write a function of x. @internal */
export type Form = (b: BallFunctions, x: Ball, options: Options) => Ball;

/**
 * One way to write a derivative, as a sum of terms. Code may sum them from either end, and multiply with the cotangent the sum, as one does
 * by hand, or each term, as automatic differentiation does.
 *
 * @internal
 */
export type SlopeForm = (b: BallFunctions, x: Ball, options: Options) => readonly Ball[];

/** A derivative that is not taken apart. @internal */
export const whole = (form: Form): SlopeForm => (b, x, options) => [form(b, x, options)];

/** What an activation is to the catalog. @internal */
export interface Activation {
  readonly name: string;
  readonly summary: string;
  /** Each option's meaning, and its default. */
  readonly options: Readonly<Record<string, readonly [meaning: string, value: unknown]>>;
  readonly exact: boolean;
  readonly forward: (input: Tensor, options: Options) => Tensor;
  readonly backward: (input: Tensor, dOutput: Tensor, options: Options) => Tensor;
  /** How honest code computes the function, and its derivative. */
  readonly outputs: (options: Options) => readonly Form[];
  readonly slopes: (options: Options) => readonly SlopeForm[];
  /** How many choices of options there are, and what each is. */
  readonly choices: Readonly<Record<"structure" | "rounding", readonly Options[]>>;
  /** Numbers at which something happens, and the largest magnitude that is drawn. */
  readonly marks?: (options: Options) => readonly number[];
  readonly reach?: (options: Options) => number;
}

/** The catalog's entry of an activation. @internal */
export function activationEntry(activation: Activation): Operation {
  const { name, summary, options, exact, outputs, slopes } = activation;
  const forward = (inputs: Tensors, given: Options): Tensors => ({ output: activation.forward(inputs["input"]!, given) });
  const backward = (inputs: Tensors, given: Options, cotangents: Tensors): Tensors =>
    ({ input: activation.backward(inputs["input"]!, cotangents["output"]!, given) });
  const complete = (given: Options): Options =>
    Object.fromEntries(Object.entries(options).map(([option, [, value]]) => [option, given[option] ?? value]));
  return {
    name, summary, exact, forward, backward,
    inputs: [{ name: "input", axes: "[…]", optional: false, differentiable: true }],
    outputs: [{ name: "output", axes: "[…]", cotangent: true }],
    options: Object.fromEntries(Object.entries(options).map(([option, [meaning, value]]) => [option, `${meaning}, default ${String(value)}`])),
    scaled: false,
    complete: (_, given) => complete(given),
    radius: (inputs, given, cotangents, precision) => {
      const all = complete(given);
      const [input, dOutput] = [inputs["input"]!, cotangents?.["output"]];
      return {
        outputs: { output: radii(input, undefined, outputs(all), all, precision) },
        gradients: dOutput === undefined ? {} : { input: radii(input, dOutput, slopes(all).map(timesCotangent), all, precision) },
      };
    },
    space: activationSpace(activation),
  };
}

/** A function of x and of the cotangent, which outputs do without. */
type CotangentForm = (b: BallFunctions, x: Ball, options: Options, dy: Ball) => Ball;

const timesCotangent = (slope: SlopeForm): CotangentForm => (b, x, options, dy) => {
  const terms = slope(b, x, options);
  const weighed = terms.map((term) => b.product(term, dy));
  return widest([b.product(terms.reduce(b.sum), dy), b.product(terms.reduceRight(b.sum), dy), weighed.reduce(b.sum), weighed.reduceRight(b.sum)]);
};

/** Beyond all bends: at infinities functions are as far off as here. */
const farOut = 1e12;

/** The largest error of any form, for each number. NaN is expected as it is. */
function radii(input: Tensor, dOutput: Tensor | undefined, forms: readonly CotangentForm[], options: Options, precision: Precision): Tensor {
  const [x, dy] = [raw(input), dOutput && raw(dOutput)];
  const b = ballFunctions(precision);
  const largest = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const [given, cotangent] = [b.exact(Math.abs(x[i]!) === Infinity ? Math.sign(x[i]!) * farOut : x[i]!), b.exact(dy?.[i] ?? 1)];
    if (!Number.isFinite(given.value * cotangent.value)) continue;
    const { value, error } = widest(forms.map((form) => form(b, given, options, cotangent)));
    if (Math.abs(x[i]!) === Infinity && Math.abs(value) > farOut / 1e4) continue; // infinite itself
    // Where products are taken in another order, what underflows is lost at another place.
    if (error > 0) largest[i] = error + 4 * precision.tiny;
  }
  return adopt(input.shape, largest);
}

function activationSpace({ exact, choices, marks = () => [0], reach = () => 1e30 }: Activation): CaseSpace {
  const most = Math.max(choices.structure.length, choices.rounding.length) - 1;
  const fields: { readonly choice: Range; readonly spread: Range } = { choice: [0, Math.max(0, most)], spread: [0, 3] };
  return caseSpace({
    fields,
    axes: { size: [1, 7] },
    axisCount: [0, 3],
    build: ({ choice, spread }, axes, tier) => {
      const own = choices[tier];
      const options = own[choice % own.length]!;
      const shape = axes.map(({ size }) => size);
      const input: InputDraft = exact && tier === "structure" ? { shape }
        : { shape, value: (noise) => drawn(noise, spread, marks(options), reach(options)) };
      return { inputs: { input }, options };
    },
  });
}

/** One number: a mark at times; else where functions bend, saturate, or leave the range of powers; or of any magnitude. */
function drawn(noise: number, spread: number, marks: readonly number[], reach: number): number {
  const sixteenths = noise * 16;
  if (sixteenths < 2) return marks[Math.floor((sixteenths * marks.length) / 2)]!;
  const size = (noise * 256) % 1;
  const sign = (noise * 32) % 2 < 1 ? -1 : 1;
  if (spread === 3) return sign * 1e-30 * (reach * 1e30) ** size;
  return sign * [4, 16, 120][spread]! * size;
}
