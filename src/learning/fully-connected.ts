/**
 * The fully connected layer: every output is a weighted sum of all inputs, plus a bias.
 *
 *     y[…, o] = bias[o] + Σ_i weight[o, i] · x[…, i]
 *
 * Layout: input `[…, in]`, weight `[out, in]`, bias `[out]`, output `[…, out]`; the leading axes are samples, steps or none.
 * Notes: fully connected layer. Source: PyTorch `torch.nn.Linear`, ONNX Gemm-13 with transB = 1.
 *
 * @module
 */
import { addresses, contract } from "../tensor/contraction.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensor, checkTensorOf, doubles, emptyStorage, fromDoubles, raw, zeros } from "../tensor/tensor.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fansOf, glorotUniform } from "./initialization.ts";
import type { Layer } from "./layer.ts";

/** The learned parameters of a fully connected layer; their gradients have the same form. */
export type FullyConnectedParams = {
  /** How much each input counts in each output, `[out, in]`. */
  readonly weight: Tensor;
  /** One number an output, `[out]`; absent means zero. */
  readonly bias?: Tensor;
};

/** The size of a {@link FullyConnected} layer. */
export interface FullyConnectedSize {
  /** Numbers in, at least 0. */
  readonly inputs: number;
  /** Numbers out, at least 1. */
  readonly outputs: number;
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean;
}

/** Everything about one call that follows from shapes alone. */
interface Plan {
  readonly outputs: number;
  readonly outputShape: Shape;
  /** Where each row of the input, and each number within a row, lies. */
  readonly inputRow: Int32Array;
  readonly inputPlace: Int32Array;
  /** Where each row of the output, and each number within a row, lies. */
  readonly outputRow: Int32Array;
  readonly outputPlace: Int32Array;
  /** Where the weights of each output start. */
  readonly weightRow: Int32Array;
}

function plan(name: string, params: FullyConnectedParams, input: Tensor): Plan {
  if (typeof params !== "object" || params === null || !("weight" in params)) throw wrongKind(name, "params { weight, bias? }", show(params));
  const { weight, bias } = params;
  const x = checkTensor(name, "input", input).shape;
  const w = checkTensor(name, "weight", weight).shape;
  const shapes = `input ${show(x)}, weight ${show(w)}`;
  if (x.length === 0) throw wrongValue(name, "input with at least one axis", shapes);
  if (w.length !== 2) throw wrongValue(name, "weight with two axes [out, in]", shapes);
  const inputs = x.at(-1)!;
  const outputs = w[0]!;
  if (w[1] !== inputs) throw wrongValue(name, `weight for ${inputs} inputs, as input has`, `${w[1]}; ${shapes}`);
  if (outputs === 0 || x.slice(1, -1).includes(0)) throw wrongValue(name, "sizes of at least 1 beside the batch axis and the inputs", shapes);
  if (bias !== undefined) checkTensorOf(name, "bias", bias, [outputs]);
  const leading = x.slice(0, -1);
  const rows = sizeOf(leading);
  return {
    outputs, outputShape: [...leading, outputs],
    inputRow: addresses([rows], [inputs]), inputPlace: addresses([inputs], [1]),
    outputRow: addresses([rows], [outputs]), outputPlace: addresses([outputs], [1]),
    weightRow: addresses([outputs], [inputs]),
  };
}

/**
 * Weighted sums of all inputs, one per output.
 *
 * Every output is one sum of products and its bias in double, rounded once. Without inputs (in = 0) it is the bias.
 *
 * @param params - weight `[out, in]`, bias `[out]` or none
 * @param input - `[…, in]`; an empty batch gives an empty output
 * @returns `[…, out]`
 * @throws RangeError where shapes do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { fullyConnected } from "etalon/learning";
 * import { tensor, toNested } from "etalon/tensor";
 * const weight = tensor([[1, 2, 3], [4, 5, 6]]);
 * toNested(fullyConnected({ weight, bias: tensor([100, 200]) }, tensor([[1, 0, 2]]))); // => [[107, 216]]
 * fullyConnected({ weight }, tensor([[1, 2]])); // throws RangeError: fullyConnected: expected weight for 2 inputs, as input has, got 3
 * ```
 */
export function fullyConnected(params: FullyConnectedParams, input: Tensor): Tensor {
  const { outputs, outputShape, inputRow, inputPlace, outputRow, outputPlace, weightRow } = plan("fullyConnected", params, input);
  const { weight, bias } = params;
  const output = emptyStorage([weight, bias, input], sizeOf(outputShape));
  if (bias !== undefined) {
    const b = raw(bias);
    for (let i = 0; i < output.length; i++) output[i] = b[i % outputs]!;
  }
  contract(
    { data: doubles(input), line: inputRow, depth: inputPlace },
    { data: doubles(weight), line: weightRow, depth: inputPlace },
    { row: outputRow, column: outputPlace },
    output,
  );
  return adopt(outputShape, output);
}

/**
 * The gradient of {@link fullyConnected} with respect to weight, bias and input.
 *
 * With r counting the rows, y[r,o] = bias[o] + Σ_i w[o,i]·x[r,i] is linear in each of its factors:
 *
 *     dw[o,i]  = Σ_r dy[r,o] · x[r,i]
 *     dx[r,i]  = Σ_o dy[r,o] · w[o,i]
 *     dbias[o] = Σ_r dy[r,o]
 *
 * @param params - as given to {@link fullyConnected}
 * @param input - `[…, in]`
 * @param dOutput - `[…, out]`, the gradient that arrives at the output
 * @returns gradients of the shapes of weight, bias (where there is one) and input
 * @throws RangeError where shapes do not fit, TypeError where an argument is of the wrong kind
 *
 * @example
 * ```ts
 * import { fullyConnectedBackward } from "etalon/learning";
 * import { tensor, toNested } from "etalon/tensor";
 * const gradient = fullyConnectedBackward({ weight: tensor([[1, 2], [3, 4]]) }, tensor([[5, 6]]), tensor([[1, 10]]));
 * toNested(gradient.params.weight); // => [[5, 6], [50, 60]]
 * toNested(gradient.input); // => [[31, 42]]
 * ```
 */
export function fullyConnectedBackward(
  params: FullyConnectedParams, input: Tensor, dOutput: Tensor,
): { readonly params: FullyConnectedParams; readonly input: Tensor } {
  const { outputs, outputShape, inputRow, inputPlace, outputRow, outputPlace, weightRow } = plan("fullyConnectedBackward", params, input);
  checkTensorOf("fullyConnectedBackward", "dOutput", dOutput, outputShape);
  const { weight, bias } = params;
  const operands = [weight, bias, input, dOutput];
  const dy = doubles(dOutput);
  const dWeight = emptyStorage(operands, sizeOf(weight.shape));
  contract(
    { data: dy, line: outputPlace, depth: outputRow },
    { data: doubles(input), line: inputPlace, depth: inputRow },
    { row: weightRow, column: inputPlace },
    dWeight,
  );
  const dInput = emptyStorage(operands, sizeOf(input.shape));
  contract(
    { data: dy, line: outputRow, depth: outputPlace },
    { data: doubles(weight), line: inputPlace, depth: weightRow },
    { row: inputRow, column: inputPlace },
    dInput,
  );
  const dParams = { weight: adopt(weight.shape, dWeight) };
  return {
    params: bias === undefined ? dParams : { ...dParams, bias: fromDoubles(operands, bias.shape, sumRows(dy, outputs)) },
    input: adopt(input.shape, dInput),
  };
}

/**
 * {@link fullyConnected} as a layer: weights by Glorot's uniform rule, bias zero.
 *
 * @throws RangeError where a size does not fit, TypeError where one is of the wrong kind
 *
 * @example
 * ```ts
 * import { FullyConnected } from "etalon/learning";
 * import { key } from "etalon/tensor";
 * const params = FullyConnected({ inputs: 3, outputs: 2 }).init(key(1));
 * params.weight.shape; // => [2, 3]
 * params.bias?.values; // => [0, 0]
 * FullyConnected({ inputs: 3, outputs: 0 }); // throws RangeError: FullyConnected: expected outputs as a whole number of at least 1, got 0
 * ```
 */
export function FullyConnected(size: FullyConnectedSize): Layer<FullyConnectedParams, Tensor, Tensor> {
  checkOptions("FullyConnected", size, { inputs: "wholeNumber", outputs: "wholeNumber", bias: "boolean" });
  const { inputs, outputs, bias = true } = size;
  checkCount("inputs", inputs, 0);
  checkCount("outputs", outputs, 1);
  return {
    init: (key) => {
      const weight = glorotUniform(key, [outputs, inputs], fansOf([outputs, inputs]));
      return bias ? { weight, bias: zeros([outputs]) } : { weight };
    },
    apply: (params, input) => [fullyConnected(params, input), (dOutput) => {
      const gradient = fullyConnectedBackward(params, input, dOutput);
      return [gradient.params, gradient.input];
    }],
  };
}

function checkCount(what: string, value: number, least: number): void {
  if (!(value >= least)) throw wrongValue("FullyConnected", `${what} as a whole number of at least ${least}`, show(value));
}

/** Σ over the rows: one number per place within a row. */
function sumRows(values: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < values.length; i++) sums[i % width]! += values[i]!;
  return sums;
}
