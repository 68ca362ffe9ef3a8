/**
 * What the catalog says of an operation: its inputs and outputs by name, how it runs, how its cases are drawn, and how far a correct
 * implementation may be from the true value.
 *
 * @module
 */
import { show, wrongKind, wrongValue } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Numbers } from "../lattice.ts";
import type { Precision } from "../precision.ts";
import { checkOnly } from "../words.ts";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** The same names, with something else under each. @internal */
export const mapNamed = <T, U>(named: Readonly<Record<string, T>>, f: (value: T, name: string) => U): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, f(value, name)]));

/** Options as they are written: any spelling that the library takes. */
export type Options = Readonly<Record<string, unknown>>;

/** One input of an operation. */
export interface InputSlot {
  /** Its name; a last part `*` stands for any name. */
  readonly name: string;
  /** What its axes are, as the documentation writes them. */
  readonly axes: string;
  /** Whether it may be absent. */
  readonly optional: boolean;
  /** Whether it has a gradient. */
  readonly differentiable: boolean;
}

/** One output of an operation. */
export interface OutputSlot {
  readonly name: string;
  readonly axes: string;
  /** Whether gradients flow back through it: positions and norms take no cotangent. */
  readonly cotangent: boolean;
}

/** Something for every output and for every gradient that was asked for. */
export interface Answers<T> {
  readonly outputs: Readonly<Record<string, T>>;
  readonly gradients: Readonly<Record<string, T>>;
}

/** For every element of a result: the sum of the absolute values of its terms, and how many terms there are. */
export interface Terms {
  readonly sum: Tensor;
  readonly count: Tensor;
}

/** An inclusive range of whole numbers; shrinking moves towards its start. */
export type Range = readonly [least: number, most: number];

/** How the numbers of one input are drawn; the shape alone leaves it to the tier. */
export interface InputDraft {
  readonly shape: Shape;
  /**
   * From noise in [0, 1), where only certain numbers make sense (class indices, probabilities); `noiseAt` tells the noise of another
   * element, `index` is the element's own.
   */
  readonly value?: (noise: number, index: readonly number[], noiseAt: (index: readonly number[]) => number) => number;
  /** Largest whole number that the structure tier uses; default 8. */
  readonly range?: number;
}

/** One case as its whole numbers describe it: shapes and options, values to be filled in. */
export interface Draft {
  readonly inputs: Readonly<Record<string, InputDraft>>;
  readonly options: Options;
}

/** The whole numbers that describe a case: one record for the whole, one for each spatial axis. Every combination is valid. */
export interface CaseSpace {
  readonly fields: Readonly<Record<string, Range>>;
  readonly axes: Readonly<Record<string, Range>>;
  readonly axisCount: Range;
  /** What the drawn numbers make: shapes and options. */
  readonly build: (fields: Readonly<Record<string, number>>, axes: readonly Readonly<Record<string, number>>[], tier: Numbers) => Draft;
}

/** The names under which spaces draw how long an axis is; whatever else they draw are choices, strides and margins. */
const extents: readonly string[] = [
  "samples", "groups", "channels", "filters", "maps", "classes", "features", "units", "inputs", "outputs", "m", "k", "n", "outer", "size", "sizes",
  "length", "positions", "taps", "steps",
];

/** Whether a number that a space draws from some range is how long an axis is. @internal */
export const isExtent = (name: string, [least, most]: Range): boolean => extents.includes(name) && least === 1 && most > 1;

/** An operation of the catalog. */
export interface Operation {
  readonly name: string;
  /** One sentence for `etalon list`. */
  readonly summary: string;
  readonly inputs: readonly InputSlot[];
  readonly outputs: readonly OutputSlot[];
  /** Each option's meaning and default. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether exact whole-number cases exist (sums of products, pooling, piecewise linear operations). */
  readonly exact: boolean;
  /** Whether honest float32 code may round even on whole numbers (averages and scalings). */
  readonly scaled: boolean;
  /** Every option that applies, explicit, as candidates receive it. */
  readonly complete: (inputs: Tensors, options: Options) => Options;
  /** The outputs by name, rounded as the inputs are stored. */
  readonly forward: (inputs: Tensors, options: Options) => Tensors;
  /** The gradient of Σ outputs·cotangents with respect to every differentiable input; absent where there is none. */
  readonly backward?: (inputs: Tensors, options: Options, cotangents: Tensors) => Tensors;
  /** What bounds the rounding error of sums: see error-bound. */
  readonly terms?: (inputs: Tensors, options: Options, cotangents: Tensors | undefined) => Answers<Terms>;
  /** The error that a correct implementation of a precision may show, element by element. */
  readonly radius: (inputs: Tensors, options: Options, cotangents: Tensors | undefined, precision: Precision) => Answers<Tensor>;
  readonly space: CaseSpace;
}

/** A case space whose `build` knows the names of its own fields. @internal */
export function caseSpace<F extends Readonly<Record<string, Range>>, A extends Readonly<Record<string, Range>>>(space: {
  readonly fields: F;
  readonly axes?: A;
  readonly axisCount?: Range;
  readonly build: (fields: { readonly [K in keyof F]: number }, axes: readonly { readonly [K in keyof A]: number }[], tier: Numbers) => Draft;
}): CaseSpace {
  return { axes: {}, axisCount: [0, 0], ...space } as unknown as CaseSpace;
}

const matches = (slot: InputSlot, name: string): boolean =>
  slot.name === name || (slot.name.endsWith(".*") && name.startsWith(slot.name.slice(0, -1)) && name.length > slot.name.length - 1);

/** The slot that an input's name belongs to. @internal */
export const slotOf = (operation: Operation, name: string): InputSlot | undefined => operation.inputs.find((slot) => matches(slot, name));

/** Refuses unknown and missing inputs and cotangents; shapes and options are the operation's own business. @internal */
export function checkNames(operation: Operation, inputs: Tensors, cotangents: Tensors | undefined): void {
  const { name } = operation;
  for (const [input, value] of Object.entries(inputs)) {
    if (slotOf(operation, input) === undefined) {
      throw wrongValue(name, `only the inputs ${operation.inputs.map((slot) => slot.name).join(", ")}`, input);
    }
    if (!(value instanceof Tensor)) throw wrongKind(name, `${input} as a Tensor`, show(value));
  }
  for (const slot of operation.inputs) {
    const present = Object.keys(inputs).some((input) => matches(slot, input));
    if (!slot.optional && !present) throw wrongValue(name, `the input ${slot.name}`, "none of that name");
  }
  const known = operation.outputs.filter((output) => output.cotangent).map((output) => output.name);
  for (const cotangent of Object.keys(cotangents ?? {})) {
    if (!known.includes(cotangent)) throw wrongValue(name, `only cotangents of ${known.join(", ") || "(no output)"}`, cotangent);
  }
}

/** Refuses options that the operation does not have; what they hold is its own business. @internal */
export const checkOptionNames = ({ name, options: known }: Operation, options: Options): void =>
  checkOnly(name, "the options ", Object.keys(known), options);
