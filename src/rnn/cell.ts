/**
 * The cell: one step of a recurrent network, from the state before and an input to the state after.
 *
 * Every cell is written once, as a step in double that knows its own pullback. Its public function, the gradient of that function and the
 * layer for scan are three ways to call it.
 *
 * Layout: input `[N, F]`, every tensor of a state `[N, H]`.
 * Notes: recurrent neural networks (hidden state).
 *
 * @module
 */
import { isPlainObject, show, wrongKind, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { add, checkTensor, checkTensorOf, doubles, fromDoubles, widen } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";
import type { Cell, PreparedCell } from "./unroll.ts";

/** How many numbers a step of the sequence has, and how many a state. */
export interface CellSize {
  /** F, at least 1. */
  readonly inputs: number;
  /** H, at least 1. */
  readonly units: number;
}

/** The gradients of one step. */
export interface CellGradient<P, S> {
  readonly params: P;
  /** Of the state before the step. */
  readonly state: S;
  readonly input: Tensor;
}

/** One step, and how the gradient of its new state flows back. @internal */
export interface Step<P, S> {
  readonly next: S;
  readonly pullback: (dState: S) => CellGradient<P, S>;
}

/** The steps of a cell with given parameters. @internal */
export type Steps<P, S> = (state: S, input: Tensor) => Step<P, S>;

/**
 * Steps that are written for doubles, on arguments of any storage: the new state is rounded once, when it is complete, and so is each
 * gradient. Nothing is rounded where an argument is wide. The parameters become doubles once for all steps, after the first check of them.
 *
 * @param check - refuses what does not fit, before each step
 * @internal
 */
export function roundedSteps<P, S extends { readonly h: Tensor }>(
  name: string, params: P, check: (state: S, input: Tensor) => void, step: (weights: P, state: S, input: Tensor) => Step<P, S>,
): Steps<P, S> {
  let weights: P | undefined;
  return (state, input) => {
    check(state, input);
    weights ??= mapTree(params, widen);
    const operands = tensorsOf([params, state, input]);
    const { next, pullback } = step(weights, mapTree(state, widen), widen(input));
    return {
      next: rounded(next, operands),
      pullback: (dState) => {
        checkState(name, "dState", dState, Object.keys(state), state.h.shape);
        return rounded(pullback(mapTree(dState, widen)), [...operands, ...tensorsOf(dState)]);
      },
    };
  };
}

/** A cell's functions, from its steps: the output is the new hidden state, so both their gradients arrive at it. @internal */
export function cellOf<P, S extends { readonly h: Tensor }>(
  stepsOf: (params: P) => Steps<P, S>,
): Required<Pick<Cell<P, S, Tensor, Tensor>, "apply" | "prepare">> {
  const prepare = (params: P): PreparedCell<P, S, Tensor, Tensor> => {
    const steps = stepsOf(params);
    return ([before, input]) => {
      const { next, pullback } = steps(before, input);
      return [[next, next.h], ([dState, dOutput]) => {
        const gradient = pullback({ ...dState, h: add(dState.h, dOutput) });
        return [gradient.params, [gradient.state, gradient.input]];
      }];
    };
  };
  return { prepare, apply: (params, input) => prepare(params)(input) };
}

const tensorsOf = (tree: unknown): readonly Tensor[] => leavesOf(tree).map(([, leaf]) => leaf);

const rounded = <Tree>(tree: Tree, operands: readonly Tensor[]): Tree => mapTree(tree, (leaf) => fromDoubles(operands, leaf.shape, doubles(leaf)));

/** @internal */
export function checkCellSize(name: string, { inputs, units }: CellSize): void {
  if (!(inputs >= 1 && units >= 1)) throw wrongValue(name, "inputs and units of at least 1", `${show(inputs)} and ${show(units)}`);
}

/** Refuses what is no plain object, or has other fields than these; one with a question mark may be absent. @internal */
export function checkFields(name: string, what: string, value: unknown, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const wanted = `${what} { ${fields.join(", ")} }`;
  if (!isPlainObject(value)) throw wrongKind(name, wanted, show(value));
  const got = Object.keys(value);
  const known = fields.map((field) => field.replace("?", ""));
  const missing = fields.some((field) => !field.endsWith("?") && !got.includes(field));
  if (missing || got.some((field) => !known.includes(field))) throw wrongValue(name, wanted, show(value));
  return value;
}

/** Refuses an input that is not `[N, F]`, and a state whose tensors are not all `[N, H]`; the sizes that they have. @internal */
export function checkStep(name: string, input: Tensor, state: unknown, names: readonly string[]): CellSize {
  const { shape } = checkTensor(name, "input", input);
  const [samples, inputs] = shape;
  if (samples === undefined || inputs === undefined || shape.length !== 2 || inputs === 0) {
    throw wrongValue(name, "input [N, F] with F of at least 1", show(shape));
  }
  const [first] = names as readonly [string];
  const { shape: before } = checkTensor(name, `state.${first}`, checkFields(name, "state", state, names)[first]);
  const [, units] = before;
  if (units === undefined || before.length !== 2 || units === 0 || before[0] !== samples) {
    throw wrongValue(name, `state.${first} [${samples}, H] with H of at least 1, as the input is ${show(shape)}`, show(before));
  }
  checkState(name, "state", state, names, before);
  return { inputs, units };
}

/** Refuses a state that has other tensors than these, each of the given shape. @internal */
export function checkState(name: string, what: string, state: unknown, names: readonly string[], shape: Shape): void {
  const fields = checkFields(name, what, state, names);
  for (const each of names) checkTensorOf(name, `${what}.${each}`, fields[each], shape);
}
