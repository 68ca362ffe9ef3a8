/**
 * The gate: what all recurrent cells are built from, a function of one affine map of a step's input and of the hidden state before it.
 *
 *     a = x·wx + h·wh + bias
 *     y = f(a)
 *
 * f makes a gate of it, a number from 0 to 1 by which something else is multiplied, or what is to be remembered.
 *
 * Everything here is in double and stays so: a cell rounds its new state once, when it is complete, and each gradient once.
 *
 * Layout: x `[N, F]`, h `[N, H]`, wx `[F, H]`, wh `[H, H]`, bias `[H]`, a and y `[N, H]`.
 * Notes: long short-term memory, gated recurrent unit (gates). Source: Hochreiter, Schmidhuber, "Long short-term memory" (1997).
 *
 * @module
 */
import { hardSigmoid, hardSigmoidBackward, relu, reluBackward } from "../learning/activation.ts";
import { glorotUniform } from "../learning/initialization.ts";
import { sigmoid, sigmoidBackward, tanh, tanhBackward } from "../learning/smooth-activation.ts";
import { matrixProductBackward, sumOfProducts } from "../tensor/matrix-product.ts";
import { foldIn } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { add, adopt, checkTensorOf, combine, filled, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFields } from "./cell.ts";
import type { CellSize } from "./cell.ts";

/** The weights of one gate; their gradients have the same form. */
export type GateParams = {
  /** From the input, `[F, H]`. */
  readonly wx: Tensor;
  /** From the hidden state before, `[H, H]`. */
  readonly wh: Tensor;
  /** `[H]`; absent means zero. */
  readonly bias?: Tensor;
};

/** The weights of a gate that may also see the cell state. */
export type PeepholeGateParams = GateParams & {
  /** From the cell state, one weight a unit, `[H]`; absent means zero. */
  readonly peephole?: Tensor;
};

/** What a gate lets pass at one step, and how the gradient of that flows back. @internal */
export interface Gate {
  readonly value: Tensor;
  readonly backward: (dValue: Tensor) => GateGradient;
}

/** The gradients of a gate: of its weights and of what it saw. @internal */
export interface GateGradient {
  readonly params: PeepholeGateParams;
  readonly x: Tensor;
  readonly h: Tensor;
  /** Absent where there is no peephole. */
  readonly c: Tensor | undefined;
}

/**
 * y = f(a), a = x·wx + h·wh + bias, and + p∘c where there is a peephole p.
 *
 *     da = f'(a)∘dy
 *     dwx = xᵀ·da, dwh = hᵀ·da, dbias = Σ_n da, dp = Σ_n da∘c
 *     dx = da·wxᵀ, dh = da·whᵀ, dc = p∘da
 *
 * @internal
 */
export function gate(weights: PeepholeGateParams, f: Activation, x: Tensor, h: Tensor, c?: Tensor): Gate {
  const { wx, wh, bias, peephole } = weights;
  const sums = sumOfProducts([[x, wx], [h, wh]], bias);
  const sees = peephole !== undefined && c !== undefined;
  const a = sees ? add(sums, timesRow(c, peephole)) : sums;
  return {
    value: f.value(a),
    backward: (dValue) => {
      const da = f.backward(a, dValue);
      const fromInput = productBackward(x, wx, bias, da);
      const fromHidden = productBackward(h, wh, undefined, da);
      const params = { wx: fromInput.weight, wh: fromHidden.weight, ...(fromInput.bias && { bias: fromInput.bias }) };
      return {
        params: sees ? { ...params, peephole: sumRows(times(da, c)) } : params,
        x: fromInput.input, h: fromHidden.input, c: sees ? timesRow(da, peephole) : undefined,
      };
    },
  };
}

/** x·w + bias. @internal */
export function product(x: Tensor, w: Tensor, bias: Tensor | undefined): Tensor {
  return sumOfProducts([[x, w]], bias);
}

/** dx = dy·wᵀ, dw = xᵀ·dy, dbias = Σ_n dy. @internal */
export function productBackward(
  x: Tensor, w: Tensor, bias: Tensor | undefined, dy: Tensor,
): { readonly input: Tensor; readonly weight: Tensor; readonly bias: Tensor | undefined } {
  const { left, right } = matrixProductBackward(x, w, dy);
  return { input: left, weight: right, bias: bias && sumRows(dy) };
}

/** A function of every number, and its gradient. @internal */
export interface Activation {
  readonly value: (a: Tensor) => Tensor;
  readonly backward: (a: Tensor, dValue: Tensor) => Tensor;
}

/** The hard sigmoid of recurrent cells, as ONNX has it, and Keras up to its second version. */
const hard = { slope: 0.2, offset: 0.5 };

/** Every function that a cell may use, by its name as an option. @internal */
export const activations: Readonly<Record<"tanh" | "relu" | "identity" | "sigmoid" | "hardSigmoid", Activation>> = {
  tanh: { value: tanh, backward: tanhBackward },
  relu: { value: relu, backward: reluBackward },
  identity: { value: (a) => a, backward: (_, dValue) => dValue },
  sigmoid: { value: sigmoid, backward: sigmoidBackward },
  hardSigmoid: { value: (a) => hardSigmoid(a, hard), backward: (a, dValue) => hardSigmoidBackward(a, dValue, hard) },
};

/** The activation of a limited to ±clip; beyond the limits nothing flows back, at them it does. @internal */
export const clipped = ({ value, backward }: Activation, clip: number | undefined): Activation => {
  if (clip === undefined) return { value, backward };
  const limited = (a: Tensor): Tensor => map(a, (each) => (each < -clip ? -clip : each > clip ? clip : each));
  return {
    value: (a) => value(limited(a)),
    backward: (a, dValue) => combine(a, backward(limited(a), dValue), (each, d) => (Math.abs(each) > clip ? 0 : d)),
  };
};

/** The sum of one tensor or more; what is absent adds nothing. @internal */
export const sum = (...terms: readonly (Tensor | undefined)[]): Tensor =>
  terms.filter((term) => term !== undefined).reduce((total, term) => add(total, term));

/** @internal */
export const minus = (left: Tensor, right: Tensor): Tensor => combine(left, right, (a, b) => a - b);

/** @internal */
export const times = (left: Tensor, right: Tensor): Tensor => combine(left, right, (a, b) => a * b);

/** 1 − x. @internal */
export const oneMinus = (x: Tensor): Tensor => map(x, (each) => 1 - each);

/** Each row of `[N, H]` times one row `[H]`. */
function timesRow(rows: Tensor, row: Tensor): Tensor {
  const each = raw(row);
  return map(rows, (value, position) => value * each[position % each.length]!);
}

/** Σ_n over the rows of `[N, H]`. */
function sumRows(rows: Tensor): Tensor {
  const [, units] = rows.shape as readonly [number, number];
  const values = raw(rows);
  const sums = new Float64Array(units);
  for (let i = 0; i < values.length; i++) sums[i % units]! += values[i]!;
  return adopt([units], sums);
}

/** Refuses weights of a gate that do not fit the sizes, and what is no weight of it; `more` are vectors that it may have besides a bias. @internal */
export function checkGate(name: string, what: string, weights: unknown, { inputs, units }: CellSize, more: readonly string[] = []): void {
  const vectors = ["bias", ...more];
  const fields = checkFields(name, what, weights, ["wx", "wh", ...vectors.map((each) => `${each}?`)]);
  checkTensorOf(name, `${what}.wx`, fields["wx"], [inputs, units]);
  checkTensorOf(name, `${what}.wh`, fields["wh"], [units, units]);
  for (const each of vectors) if (each in fields) checkTensorOf(name, `${what}.${each}`, fields[each], [units]);
}

/** Fresh weights of a gate: both matrices by Glorot's rule, the bias one number throughout. @internal */
export const initGate = (key: Key, { inputs, units }: CellSize, bias = 0): GateParams & { readonly bias: Tensor } => ({
  wx: glorotUniform(foldIn(key, 0), [inputs, units], { fanIn: inputs, fanOut: units }),
  wh: glorotUniform(foldIn(key, 1), [units, units], { fanIn: units, fanOut: units }),
  bias: filled([units], bias),
});
