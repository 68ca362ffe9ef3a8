/**
 * The gates of a cell side by side, as every framework keeps them: one matrix for all gates, each gate a block of its columns.
 *
 *     wx = [wx_1 | wx_2 | … | wx_G],   wh = [wh_1 | … | wh_G],   bias = [bias_1 | … | bias_G]
 *
 * Which gate is which block is the framework's choice, and the only thing that a table says here.
 *
 * Layout: wx `[F, G·H]`, wh `[H, G·H]`, bias and recurrentBias `[G·H]`, peepholes `[H]`.
 * Notes: long short-term memory, gated recurrent unit (gates).
 *
 * @module
 */
import { show, sizeOf, wrongValue } from "../tensor/shape.ts";
import { add, adopt, checkTensor, emptyStorage, raw, zeros } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFields } from "./cell.ts";
import type { CellSize } from "./cell.ts";
import { checkGate } from "./gate.ts";
import type { GateParams } from "./gate.ts";
import type { GruParams } from "./gru.ts";
import type { LstmParams } from "./lstm.ts";
import type { SimpleRnnParams } from "./simple-rnn.ts";

/** The parameters of each cell, by the name that it has as an operation. */
export interface CellParams {
  /** Of `SimpleRnn`. */
  readonly simpleRnn: SimpleRnnParams;
  /** Of `Lstm`. */
  readonly lstm: LstmParams;
  /** Of `Gru`. */
  readonly gru: GruParams;
}

/** A cell that frameworks know. */
export type CellName = keyof CellParams;

/** The order of the gates of each cell; the one gate of the simple cell has no name. @internal */
export type GateOrder = Readonly<Record<CellName, readonly string[]>>;

/** The gates of a cell side by side. @internal */
export interface GateStack {
  readonly wx: Tensor;
  readonly wh: Tensor;
  readonly bias: Tensor | undefined;
  /** The second bias that some frameworks add to the first, or, in the candidate that is reset after the product, before the reset. */
  readonly recurrentBias: Tensor | undefined;
  /** By gate. */
  readonly peepholes: Readonly<Record<string, Tensor | undefined>>;
}

/** What a framework's cell has beside the weights and the biases of its gates. @internal */
export interface Extras {
  /** Whether a gate of the LSTM may see the cell state. */
  readonly peepholes?: boolean;
  /** Whether the LSTM may do without a forget gate. */
  readonly coupled?: boolean;
  /** Whether the candidate of the GRU may have a recurrent bias. */
  readonly recurrentBias?: boolean;
}

/** A gate with everything that it may have. */
type AnyGate = GateParams & { readonly peephole?: Tensor; readonly recurrentBias?: Tensor };

/** The gates of each cell in the order in which its parameters name them. @internal */
export const gateNames: GateOrder = {
  simpleRnn: [""], lstm: ["input", "forget", "candidate", "output"], gru: ["reset", "update", "candidate"],
};

/** Refuses what is no cell. @internal */
export function checkCell(name: string, cell: CellName): void {
  if (!Object.hasOwn(gateNames, cell)) throw wrongValue(name, `a cell ${Object.keys(gateNames).map(show).join(" or ")}`, show(cell));
}

/**
 * The parameters of a cell from its gates side by side.
 *
 * Two biases become their sum, rounded once, but for those of a candidate that is reset after the product.
 *
 * @param order - which gate each block is; a coupled cell leaves out its forget gate
 * @internal
 */
export function unstackGates<Cell extends CellName>(
  cell: Cell, order: readonly string[], stack: GateStack,
  { resetAfter = false, coupled = false }: { readonly resetAfter?: boolean; readonly coupled?: boolean } = {},
): CellParams[Cell] {
  const { bias, recurrentBias } = stack;
  const gates = gateNames[cell].filter((gate) => !coupled || gate !== "forget").map((gate): readonly [string, AnyGate] => {
    const block = (all: Tensor): Tensor => blockOf(all, order.indexOf(gate), order.length);
    const apart = resetAfter && cell === "gru" && gate === "candidate";
    const peephole = stack.peepholes[gate];
    return [gate, {
      wx: block(stack.wx), wh: block(stack.wh),
      ...(bias && { bias: recurrentBias && !apart ? add(block(bias), block(recurrentBias)) : block(bias) }),
      ...(recurrentBias && apart && { recurrentBias: block(recurrentBias) }),
      ...(peephole && { peephole }),
    }];
  });
  const [[, only]] = gates as [readonly [string, AnyGate]];
  const params: unknown = cell === "simpleRnn" ? only : Object.fromEntries(gates);
  return params as CellParams[Cell];
}

/**
 * The gates of a cell side by side; a bias that is absent while another is there is zero, and so is a gate that is.
 *
 * @throws RangeError where the parameters are not those of the cell, or have what the framework lacks; TypeError for another kind of thing
 * @internal
 */
export function stackGates(name: string, what: string, cell: CellName, order: readonly string[], params: unknown, extras: Extras = {}): GateStack & CellSize {
  const gates = gatesOf(name, what, cell, order, params, extras);
  const [inputs, units] = gates.find((gate) => gate !== undefined)!.wx.shape as [number, number];
  const each = (part: (gate: AnyGate) => Tensor | undefined, shape: readonly number[]): Tensor =>
    sideBySide(gates.map((gate) => (gate && part(gate)) ?? zeros(shape)));
  const hasBias = gates.some((gate) => gate?.bias || gate?.recurrentBias);
  return {
    inputs, units,
    wx: each(({ wx }) => wx, [inputs, units]),
    wh: each(({ wh }) => wh, [units, units]),
    bias: hasBias ? each(({ bias }) => bias, [units]) : undefined,
    recurrentBias: hasBias ? each(({ recurrentBias }) => recurrentBias, [units]) : undefined,
    peepholes: Object.fromEntries(order.map((gate, place) => [gate, gates[place]?.peephole])),
  };
}

/** The gates in the framework's order, checked; undefined where a coupled cell has none. */
function gatesOf(
  name: string, what: string, cell: CellName, order: readonly string[], params: unknown, { peepholes, coupled, recurrentBias }: Extras,
): readonly (AnyGate | undefined)[] {
  const vectors = (gate: string): readonly string[] => [
    ...(peepholes && cell === "lstm" && gate !== "candidate" ? ["peephole"] : []),
    ...(recurrentBias && cell === "gru" && gate === "candidate" ? ["recurrentBias"] : []),
  ];
  const names = cell === "simpleRnn" ? ["wx", "wh", "bias?"] : order.map((gate) => (coupled && gate === "forget" ? "forget?" : gate));
  const fields = checkFields(name, what, params, names);
  const found = order.map((gate) => ({ gate, place: gate === "" ? what : `${what}.${gate}`, weights: gate === "" ? params : fields[gate] }))
    .filter(({ weights, gate }) => weights !== undefined || gate !== "forget" || !coupled);
  const size = sizeOfGate(name, found[0]!.place, found[0]!.weights);
  for (const { gate, place, weights } of found) checkGate(name, place, weights, size, vectors(gate));
  return order.map((gate) => found.find((each) => each.gate === gate)?.weights as AnyGate | undefined);
}

/** F and H, as the weights of a gate from the input have them. */
function sizeOfGate(name: string, what: string, weights: unknown): CellSize {
  const { shape } = checkTensor(name, `${what}.wx`, (weights as Partial<GateParams> | undefined)?.wx);
  const [inputs, units] = shape;
  if (shape.length !== 2 || !inputs || !units) throw wrongValue(name, `${what}.wx [F, H] with F and H of at least 1`, show(shape));
  return { inputs, units };
}

/** Of a tensor whose last axis holds `count` blocks, the one at a place. @internal */
export function blockOf(all: Tensor, place: number, count: number): Tensor {
  const rows = all.shape.slice(0, -1);
  const width = all.shape.at(-1)! / count;
  const values = raw(all);
  const block = emptyStorage([all], sizeOf(rows) * width);
  for (let row = 0, from = place * width; row * width < block.length; row++, from += count * width) {
    block.set(values.subarray(from, from + width), row * width);
  }
  return adopt([...rows, width], block);
}

/** Tensors that differ in their last axis at most, one beside the other along it. @internal */
export function sideBySide(parts: readonly Tensor[]): Tensor {
  const rows = parts[0]!.shape.slice(0, -1);
  const widths = parts.map(({ shape }) => shape.at(-1)!);
  const width = widths.reduce((sum, each) => sum + each, 0);
  const all = emptyStorage(parts, sizeOf(rows) * width);
  parts.forEach((part, place) => {
    const start = widths.slice(0, place).reduce((sum, each) => sum + each, 0);
    const own = widths[place]!;
    for (let row = 0; row * width < all.length; row++) all.set(raw(part).subarray(row * own, (row + 1) * own), row * width + start);
  });
  return adopt([...rows, width], all);
}
