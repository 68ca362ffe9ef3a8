/**
 * Layouts: the parameters of the cells as other frameworks keep them, and back.
 *
 *     here           wx [F, H], wh [H, H], bias [H], by the name of the gate
 *     PyTorch        weight_ih [G·H, F], weight_hh [G·H, H], bias_ih and bias_hh [G·H]      gates in rows
 *     ONNX           W [D, G·H, F], R [D, G·H, H], B [D, 2·G·H], P [D, 3·H]                 gates in rows, D directions
 *     Keras          kernel [F, G·H], recurrent_kernel [H, G·H], bias [G·H] or [2, G·H]     gates in columns
 *     TensorFlow 1   kernel [F + H, G·H], bias [G·H]                                        gates in columns, input above state
 *
 * Numbers are moved, not changed. Only where two biases become one, and where a bias is added at run time, is there an addition, which is
 * rounded once.
 *
 * Notes: long short-term memory, gated recurrent unit (gates). Source: PyTorch 2 `torch.nn.LSTM`, `GRU`, `RNN`, section "Variables"; ONNX LSTM-22,
 * GRU-22 and RNN-22, section "Inputs"; Keras 3 `LSTM`, `GRU` and `SimpleRNN`, the `build` of their cells; TensorFlow 1.15
 * `tf.nn.rnn_cell`, the `build` and `call` of its cells.
 *
 * @module
 */
import { fromSteps, permute } from "../tensor/layout.ts";
import { checkOptions } from "../tensor/options.ts";
import { isPlainObject, show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import { adopt, checkTensor, checkTensorOf, map, raw, zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFields } from "./cell.ts";
import { blockOf, checkCell, gateNames, sideBySide, stackGates, unstackGates } from "./gate-stack.ts";
import type { CellName, CellParams, GateOrder } from "./gate-stack.ts";

/** Tensors by the names that a framework gives them. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The parameters of one direction, or of both. */
export type PerDirection<P> = readonly [forward: P, backward?: P];

/** Where in a state dict of PyTorch the parameters of one direction of one layer are. */
export interface PyTorchNames {
  /** What stands before their names, such as `"encoder."`. Default nothing. */
  readonly prefix?: string;
  /** What stands behind: `"_l1_reverse"` in the second layer's backward direction, nothing in a cell such as `LSTMCell`. Default `"_l0"`. */
  readonly suffix?: `_l${number}` | `_l${number}_reverse` | "";
}

/** The inputs of an ONNX operator that hold its parameters. */
export type OnnxWeights = {
  /** From the input, `[D, G·H, F]`. */
  readonly W: Tensor;
  /** From the hidden state before, `[D, G·H, H]`. */
  readonly R: Tensor;
  /** Both biases of every gate, `[D, 2·G·H]`; absent means zero. */
  readonly B?: Tensor;
  /** The peepholes of an LSTM, `[D, 3·H]`; absent means zero. */
  readonly P?: Tensor;
};

/** The attributes of an ONNX operator that change what its parameters mean. */
export interface OnnxAttributes {
  /** `linear_before_reset` of a GRU. Default false. */
  readonly resetAfter?: boolean;
  /** `input_forget` of an LSTM, whose forget gate is then left out. Default false. */
  readonly coupled?: boolean;
}

/** The weights of a Keras layer. */
export type KerasWeights = {
  /** From the input, `[F, G·H]`. */
  readonly kernel: Tensor;
  /** From the hidden state before, `[H, G·H]`. */
  readonly recurrent_kernel: Tensor;
  /** `[G·H]`, or `[2, G·H]` for a GRU with `reset_after`; absent means zero. */
  readonly bias?: Tensor;
};

const orders = {
  pyTorch: gateNames,
  onnx: { simpleRnn: [""], lstm: ["input", "output", "forget", "candidate"], gru: ["update", "reset", "candidate"] },
  keras: { simpleRnn: [""], lstm: ["input", "forget", "candidate", "output"], gru: ["update", "reset", "candidate"] },
  tensorFlow1: { simpleRnn: [""], lstm: ["input", "candidate", "forget", "output"], gru: ["reset", "update", "candidate"] },
} satisfies Record<string, GateOrder>;

const onnxPeepholes = ["input", "output", "forget"];

/**
 * The parameters of one direction of one layer out of a PyTorch state dict, or those of a cell.
 *
 * A GRU of PyTorch resets after the product: it is `Gru` with `resetAfter`.
 *
 * @param tensors - `weight_ih_l0`, `weight_hh_l0`, and `bias_ih_l0` with `bias_hh_l0` or neither; others are left alone
 * @throws RangeError where a shape or a name does not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { fromPyTorch } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const state = { weight_ih_l0: tensor([[1], [2], [3], [4]]), weight_hh_l0: tensor([[5], [6], [7], [8]]) }; // i, f, g, o
 * fromPyTorch("lstm", state).candidate; // => { wx: tensor([[3]]), wh: tensor([[7]]) }
 * ```
 */
export function fromPyTorch<Cell extends CellName>(cell: Cell, tensors: NamedTensors, names: PyTorchNames = {}): CellParams[Cell] {
  const { weights, biases } = pyTorchNames("fromPyTorch", cell, names);
  if (!isPlainObject(tensors)) throw wrongKind("fromPyTorch", "tensors by name", show(tensors));
  const order = orders.pyTorch[cell];
  const [ih, hh] = weights.map((each) => tensors[each]) as [Tensor, Tensor];
  const rows = order.length * unitsOf("fromPyTorch", weights[1], hh, order.length, "rows");
  checkSizes("fromPyTorch", weights[0], ih, [rows, "F"]);
  const given = biases.filter((each) => tensors[each] !== undefined);
  if (given.length === 1) throw wrongValue("fromPyTorch", `both of ${biases.join(" and ")} or neither`, `only ${given.join()}`);
  const [bias, recurrentBias] = given.map((each) => checkTensorOf("fromPyTorch", each, tensors[each], [rows]));
  return unstackGates(cell, order, { wx: turned(ih), wh: turned(hh), bias, recurrentBias, peepholes: {} }, { resetAfter: true });
}

/**
 * The parameters of one direction of one layer as PyTorch names them.
 *
 * All of a gate's bias goes to `bias_ih`, and zeros to `bias_hh`, but for the recurrent bias of a GRU. Without any bias there is none, as with
 * `bias=False`.
 *
 * @param params - without peepholes; those of a GRU as it is used with `resetAfter`, for PyTorch has no other
 * @throws RangeError where something does not fit, TypeError where it is of the wrong kind
 *
 * @example
 * ```ts
 * import { toPyTorch } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const params = { wx: tensor([[1], [2]]), wh: tensor([[3]]), bias: tensor([4]) };
 * const state = toPyTorch("simpleRnn", params, { suffix: "_l1" });
 * state; // => { weight_ih_l1: tensor([[1, 2]]), weight_hh_l1: tensor([[3]]), bias_ih_l1: tensor([4]), bias_hh_l1: tensor([0]) }
 * ```
 */
export function toPyTorch<Cell extends CellName>(cell: Cell, params: CellParams[Cell], names: PyTorchNames = {}): NamedTensors {
  const { weights: [ih, hh], biases: [bih, bhh] } = pyTorchNames("toPyTorch", cell, names);
  const { wx, wh, bias, recurrentBias } = stackGates("toPyTorch", "params", cell, orders.pyTorch[cell], params, { recurrentBias: true });
  return { [ih]: turned(wx), [hh]: turned(wh), ...(bias && recurrentBias && { [bih]: bias, [bhh]: recurrentBias }) };
}

/**
 * The parameters of each direction of an ONNX operator RNN, LSTM or GRU.
 *
 * @returns one entry for a forward or a reverse operator, two for a bidirectional one, forward first
 * @throws RangeError where a shape or an attribute does not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { fromOnnx } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const weights = { W: tensor([[[1], [2], [3]]]), R: tensor([[[4], [5], [6]]]), B: tensor([[1, 2, 3, 10, 20, 30]]) }; // z, r, h
 * fromOnnx("gru", weights)[0].candidate.bias; // => tensor([33])
 * const { bias, recurrentBias } = fromOnnx("gru", weights, { resetAfter: true })[0].candidate;
 * [bias?.values, recurrentBias?.values]; // => [[3], [30]]
 * ```
 */
export function fromOnnx<Cell extends CellName>(cell: Cell, weights: OnnxWeights, attributes: OnnxAttributes = {}): PerDirection<CellParams[Cell]> {
  checkCell("fromOnnx", cell);
  checkOptions("fromOnnx", attributes, { ...(cell === "gru" && { resetAfter: "boolean" }), ...(cell === "lstm" && { coupled: "boolean" }) });
  const { W, R, B, P } = checkFields("fromOnnx", "weights", weights, ["W", "R", "B?", ...(cell === "lstm" ? ["P?"] : [])]);
  const order = orders.onnx[cell];
  const units = unitsOf("fromOnnx", "R", R, order.length, "rows", ["D"]);
  const rows = order.length * units;
  const directions = (R as Tensor).shape[0]!;
  if (directions !== 1 && directions !== 2) throw wrongValue("fromOnnx", "R of 1 or 2 directions", show((R as Tensor).shape));
  checkSizes("fromOnnx", "W", W, [directions, rows, "F"]);
  if (B !== undefined) checkTensorOf("fromOnnx", "B", B, [directions, 2 * rows]);
  if (P !== undefined) checkTensorOf("fromOnnx", "P", P, [directions, 3 * units]);
  const one = (direction: number): CellParams[Cell] => {
    const [w, r, b, p] = [W, R, B, P].map((each) => (each === undefined ? undefined : entryOf(each as Tensor, direction)));
    const peepholes = Object.fromEntries(onnxPeepholes.map((gate, place) => [gate, p && blockOf(p, place, 3)]));
    const [bias, recurrentBias] = [b && blockOf(b, 0, 2), b && blockOf(b, 1, 2)];
    return unstackGates(cell, order, { wx: turned(w!), wh: turned(r!), bias, recurrentBias, peepholes }, attributes);
  };
  return directions === 1 ? [one(0)] : [one(0), one(1)];
}

/**
 * The parameters of one direction, or of both, as an ONNX operator takes them.
 *
 * The first half of `B` has the biases, the second zeros, but for the recurrent bias of a GRU, with which `linear_before_reset` has to be 1.
 * `B` and `P` are left out where no gate has any. A coupled LSTM, for which `input_forget` has to be 1, gets zeros for its forget gate.
 *
 * @param params - forward first
 * @throws RangeError where something does not fit, TypeError where it is of the wrong kind
 *
 * @example
 * ```ts
 * import { toOnnx } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const gate = (w: number, peephole: number) => ({ wx: tensor([[w]]), wh: tensor([[10 * w]]), peephole: tensor([peephole]) });
 * const params = { input: gate(1, 5), forget: gate(2, 6), candidate: { wx: tensor([[3]]), wh: tensor([[30]]) }, output: gate(4, 7) };
 * toOnnx("lstm", [params]); // => { W: tensor([[[1], [4], [2], [3]]]), R: tensor([[[10], [40], [20], [30]]]), P: tensor([[5, 7, 6]]) }
 * ```
 */
export function toOnnx<Cell extends CellName>(cell: Cell, params: PerDirection<CellParams[Cell]>): OnnxWeights {
  checkCell("toOnnx", cell);
  if (!Array.isArray(params)) throw wrongKind("toOnnx", "params as an array, one entry a direction", show(params));
  if (params.length !== 1 && params.length !== 2) throw wrongValue("toOnnx", "params of 1 or 2 directions", String(params.length));
  const extras = { peepholes: true, coupled: true, recurrentBias: true };
  const stacks = params.map((each, direction) => stackGates("toOnnx", `params[${direction}]`, cell, orders.onnx[cell], each, extras));
  const [first, second] = stacks as [typeof stacks[number], typeof stacks[number]?];
  if (second && (second.inputs !== first.inputs || second.units !== first.units)) {
    throw wrongValue("toOnnx", `both directions with ${first.inputs} inputs and ${first.units} units`, `${second.inputs} and ${second.units}`);
  }
  const zero = zeros([first.units]);
  const all = zeros([orders.onnx[cell].length * first.units]);
  const hasBias = stacks.some(({ bias }) => bias);
  const hasPeepholes = stacks.some(({ peepholes }) => Object.values(peepholes).some((peephole) => peephole));
  return {
    W: fromSteps(stacks.map(({ wx }) => turned(wx))),
    R: fromSteps(stacks.map(({ wh }) => turned(wh))),
    ...(hasBias && { B: fromSteps(stacks.map(({ bias = all, recurrentBias = all }) => sideBySide([bias, recurrentBias]))) }),
    ...(hasPeepholes && { P: fromSteps(stacks.map(({ peepholes }) => sideBySide(onnxPeepholes.map((gate) => peepholes[gate] ?? zero)))) }),
  };
}

/**
 * The parameters of a Keras `SimpleRNN`, `LSTM` or `GRU`: what `get_weights()` lists, by name.
 *
 * A GRU whose bias has two rows has `reset_after`, as is Keras' default: it is `Gru` with `resetAfter`.
 *
 * @throws RangeError where a shape does not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { fromKeras } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const weights = { kernel: tensor([[1, 2, 3]]), recurrent_kernel: tensor([[4, 5, 6]]) }; // z, r, h
 * fromKeras("gru", weights).update; // => { wx: tensor([[1]]), wh: tensor([[4]]) }
 * ```
 */
export function fromKeras<Cell extends CellName>(cell: Cell, weights: KerasWeights): CellParams[Cell] {
  checkCell("fromKeras", cell);
  const { kernel, recurrent_kernel: wh, bias } = checkFields("fromKeras", "weights", weights, ["kernel", "recurrent_kernel", "bias?"]);
  const order = orders.keras[cell];
  const columns = order.length * unitsOf("fromKeras", "recurrent_kernel", wh, order.length, "columns");
  checkSizes("fromKeras", "kernel", kernel, ["F", columns]);
  const resetAfter = cell === "gru" && bias !== undefined && checkTensor("fromKeras", "bias", bias).shape.length === 2;
  if (bias !== undefined) checkTensorOf("fromKeras", "bias", bias, resetAfter ? [2, columns] : [columns]);
  const [first, second] = bias === undefined ? [] : resetAfter ? [entryOf(bias as Tensor, 0), entryOf(bias as Tensor, 1)] : [bias as Tensor];
  const stack = { wx: kernel as Tensor, wh: wh as Tensor, bias: first, recurrentBias: second, peepholes: {} };
  return unstackGates(cell, order, stack, { resetAfter });
}

/**
 * The parameters as a Keras layer takes them, `set_weights([kernel, recurrent_kernel, bias])`.
 *
 * @param options - `resetAfter`, as the GRU is used: then the bias has two rows, the second all zero but for the recurrent bias. Default false
 * @throws RangeError where something does not fit, TypeError where it is of the wrong kind
 *
 * @example
 * ```ts
 * import { toKeras } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const gate = (w: number) => ({ wx: tensor([[w]]), wh: tensor([[10 * w]]), bias: tensor([100 * w]) });
 * const params = { reset: gate(1), update: gate(2), candidate: gate(3) };
 * toKeras("gru", params).bias; // => tensor([200, 100, 300])
 * toKeras("gru", params, { resetAfter: true }).bias; // => tensor([[200, 100, 300], [0, 0, 0]])
 * ```
 */
export function toKeras<Cell extends CellName>(cell: Cell, params: CellParams[Cell], options: { readonly resetAfter?: boolean } = {}): KerasWeights {
  checkCell("toKeras", cell);
  checkOptions("toKeras", options, cell === "gru" ? { resetAfter: "boolean" } : {});
  const { resetAfter = false } = options;
  const { wx, wh, bias, recurrentBias } = stackGates("toKeras", "params", cell, orders.keras[cell], params, { recurrentBias: resetAfter });
  return { kernel: wx, recurrent_kernel: wh, ...(bias && recurrentBias && { bias: resetAfter ? fromSteps([bias, recurrentBias]) : bias }) };
}

/**
 * The parameters of a cell of TensorFlow 1: `BasicRNNCell`, `BasicLSTMCell`, `LSTMCell` or `GRUCell` of `tf.nn.rnn_cell`.
 *
 * @param tensors - `kernel` and `bias`; of a GRU `gates/kernel`, `gates/bias`, `candidate/kernel` and `candidate/bias`; of an LSTM with peepholes
 * `w_i_diag`, `w_f_diag` and `w_o_diag` too
 * @param options - `forgetBias` of an LSTM, which TensorFlow adds at every step and does not store: default 1, as there
 * @throws RangeError where a shape, a name or an option does not fit, TypeError where something is of the wrong kind
 *
 * @example
 * ```ts
 * import { fromTensorFlow1 } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const cell = { kernel: tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), bias: tensor([10, 20, 30, 40]) }; // i, j, f, o; the input's row above the state's
 * fromTensorFlow1("lstm", cell).forget; // => { wx: tensor([[3]]), wh: tensor([[7]]), bias: tensor([31]) }
 * ```
 */
export function fromTensorFlow1<Cell extends CellName>(
  cell: Cell, tensors: NamedTensors, options: { readonly forgetBias?: number } = {},
): CellParams[Cell] {
  const name = "fromTensorFlow1";
  const { kernels, diagonals, forgetBias } = tensorFlowNames(name, cell, options);
  const names = kernels.flatMap(({ at }) => [`${at}kernel`, `${at}bias`]);
  const fields = checkFields(name, "tensors", tensors, [...names, ...diagonals.map(([, each]) => `${each}?`)]);
  const parts = kernels.map(({ at, gates }) => {
    const { shape } = checkTensor(name, `${at}kernel`, fields[`${at}kernel`]);
    const [rows, columns] = shape as [number, number];
    const units = columns / gates;
    if (shape.length !== 2 || !Number.isInteger(units) || units === 0 || rows <= units) {
      throw wrongValue(name, `${at}kernel [F + H, ${gates === 1 ? "" : `${gates}·`}H] with F and H of at least 1`, show(shape));
    }
    return { kernel: fields[`${at}kernel`] as Tensor, bias: checkTensorOf(name, `${at}bias`, fields[`${at}bias`], [columns]), units };
  });
  const [{ kernel: { shape: [rows] }, units }] = parts as [typeof parts[number]];
  for (const [place, { at, gates }] of kernels.entries()) checkTensorOf(name, `${at}kernel`, parts[place]!.kernel, [rows!, gates * units]);
  const kernel = sideBySide(parts.map((part) => part.kernel));
  const peepholes = Object.fromEntries(diagonals.filter(([, each]) => each in fields).map(([gate, each]) =>
    [gate, checkTensorOf(name, each, fields[each], [units])]));
  const bias = shifted(sideBySide(parts.map((part) => part.bias)), orders.tensorFlow1[cell], forgetBias);
  const inputs = rows! - units;
  return unstackGates(cell, orders.tensorFlow1[cell], {
    wx: rowsOf(kernel, 0, inputs), wh: rowsOf(kernel, inputs, rows!), bias, recurrentBias: undefined, peepholes,
  });
}

/**
 * The parameters as a cell of TensorFlow 1 keeps them. An LSTM gets peepholes for all gates if it has any, a bias that is absent is zero.
 *
 * @param options - `forgetBias` of an LSTM, which TensorFlow adds at every step and which is taken off the stored bias: default 1, as there
 * @throws RangeError where something does not fit, TypeError where it is of the wrong kind
 *
 * @example
 * ```ts
 * import { toTensorFlow1 } from "etalon/rnn";
 * import { tensor } from "etalon/tensor";
 * const gate = (w: number) => ({ wx: tensor([[w]]), wh: tensor([[10 * w]]), bias: tensor([100 * w]) });
 * const tensors = toTensorFlow1("gru", { reset: gate(1), update: gate(2), candidate: gate(3) });
 * tensors["gates/kernel"]; // => tensor([[1, 2], [10, 20]])
 * tensors["candidate/bias"]; // => tensor([300])
 * ```
 */
export function toTensorFlow1<Cell extends CellName>(
  cell: Cell, params: CellParams[Cell], options: { readonly forgetBias?: number } = {},
): NamedTensors {
  const { kernels, diagonals, forgetBias } = tensorFlowNames("toTensorFlow1", cell, options);
  const order = orders.tensorFlow1[cell];
  const { units, wx, wh, bias = zeros([order.length * units]), peepholes } = stackGates("toTensorFlow1", "params", cell, order, params, { peepholes: true });
  const kernel = turned(sideBySide([turned(wx), turned(wh)]));
  const stored = shifted(bias, order, -forgetBias);
  const blocks = (all: Tensor, from: number, count: number): Tensor =>
    sideBySide(Array.from({ length: count }, (_, place) => blockOf(all, from + place, order.length)));
  const found = kernels.flatMap(({ at, gates, from }) => [[`${at}kernel`, blocks(kernel, from, gates)], [`${at}bias`, blocks(stored, from, gates)]] as const);
  const seen = diagonals.some(([gate]) => peepholes[gate]) ? diagonals.map(([gate, each]) => [each, peepholes[gate] ?? zeros([units])] as const) : [];
  return Object.fromEntries([...found, ...seen]);
}

/** Both matrices' and both biases' names. */
function pyTorchNames(
  name: string, cell: CellName, names: PyTorchNames,
): { readonly weights: readonly [string, string]; readonly biases: readonly [string, string] } {
  checkCell(name, cell);
  const { prefix = "", suffix = "_l0" } = checkFields(name, "names", names, ["prefix?", "suffix?"]);
  if (typeof prefix !== "string") throw wrongKind(name, "prefix as a text", show(prefix));
  if (!/^(_l\d+(_reverse)?)?$/.test(String(suffix))) throw wrongValue(name, 'suffix such as "_l0", "_l0_reverse" or ""', show(suffix));
  const named = (what: string): string => `${prefix}${what}${String(suffix)}`;
  return { weights: [named("weight_ih"), named("weight_hh")], biases: [named("bias_ih"), named("bias_hh")] };
}

/** Which kernels a cell has, with how many gates from which on, and its diagonals by the gate that sees through them. */
function tensorFlowNames(name: string, cell: CellName, options: { readonly forgetBias?: number }): {
  readonly kernels: readonly { readonly at: string; readonly gates: number; readonly from: number }[];
  readonly diagonals: readonly (readonly [gate: string, name: string])[];
  readonly forgetBias: number;
} {
  checkCell(name, cell);
  checkOptions(name, options, cell === "lstm" ? { forgetBias: "number" } : {});
  const { forgetBias = 1 } = options;
  if (cell === "simpleRnn") return { kernels: [{ at: "", gates: 1, from: 0 }], diagonals: [], forgetBias: 0 };
  if (cell === "gru") return { kernels: [{ at: "gates/", gates: 2, from: 0 }, { at: "candidate/", gates: 1, from: 2 }], diagonals: [], forgetBias: 0 };
  return { kernels: [{ at: "", gates: 4, from: 0 }], diagonals: [["input", "w_i_diag"], ["forget", "w_f_diag"], ["output", "w_o_diag"]], forgetBias };
}

/** The forget gate's block with a number added; the others as they are. */
function shifted(bias: Tensor, order: readonly string[], by: number): Tensor {
  const units = bias.shape[0]! / order.length;
  return map(bias, (each, position) => (order[Math.floor(position / units)] === "forget" ? each + by : each));
}

/** H, of weights from the hidden state whose gates are blocks of G rows or columns, behind any `leading` axes. */
function unitsOf(name: string, what: string, value: unknown, gates: number, blocks: "rows" | "columns", leading: readonly string[] = []): number {
  const { shape } = checkTensor(name, what, value);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const [units, all] = blocks === "rows" ? [columns, rows] : [rows, columns];
  if (shape.length === leading.length + 2 && units > 0 && all === gates * units) return units;
  const stacked = gates === 1 ? "H" : `${gates}·H`;
  const wanted = [...leading, ...(blocks === "rows" ? [stacked, "H"] : ["H", stacked])];
  throw wrongValue(name, `${what} [${wanted.join(", ")}] with H of at least 1`, show(shape));
}

/** Refuses a tensor of another shape; F may be any size of at least 1. */
function checkSizes(name: string, what: string, value: unknown, sizes: readonly (number | "F")[]): void {
  const { shape } = checkTensor(name, what, value);
  if (shape.length === sizes.length && shape.every((size, axis) => (sizes[axis] === "F" ? size > 0 : size === sizes[axis]))) return;
  throw wrongValue(name, `${what} [${sizes.join(", ")}] with F of at least 1`, show(shape));
}

/** Rows become columns. */
const turned = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);

/** Rows of a matrix, from one to before another. */
function rowsOf(matrix: Tensor, from: number, to: number): Tensor {
  const [, columns] = matrix.shape as [number, number];
  return adopt([to - from, columns], raw(matrix).slice(from * columns, to * columns));
}

/** One entry of the first axis, as a tensor without that axis. */
function entryOf(tensor: Tensor, index: number): Tensor {
  const [, ...rest] = tensor.shape;
  const size = sizeOf(rest);
  return adopt(rest, raw(tensor).slice(index * size, (index + 1) * size));
}
