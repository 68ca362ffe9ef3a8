/**
 * The protocol: what verifier and candidate say to each other, as values and as lines of JSON.
 *
 * Tensors travel as `{ "shape": [2, 3], "values": […] }` with the strings "NaN", "Infinity", "-Infinity" and "-0" where JSON has no number.
 *
 * @module
 */
import { show, sizeOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor, adopt, raw } from "../tensor/tensor.ts";
import type { JsonNumber, Storage } from "../tensor/tensor.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Options, Tensors } from "./catalog/operation.ts";
import type { Declaration } from "./precision.ts";

/** The version of the protocol that this library speaks. */
export const protocolVersion = 1;

/** A tensor as a module candidate receives and returns it: row-major numbers in a typed array. */
export interface PlainTensor {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** A tensor as a line of JSON holds it. */
export interface WireTensor {
  readonly shape: Shape;
  readonly values: readonly JsonNumber[];
}

/** One case put to a candidate. */
export interface Request {
  readonly id: string;
  readonly operation: string;
  readonly inputs: Tensors;
  readonly options: Options;
  /** Present when gradients are asked for, one per output that matters. */
  readonly cotangents?: Tensors;
}

/**
 * A candidate's answer to one case. What it says is not trusted: names, shapes and numbers are checked where they are compared.
 */
export interface Reply {
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly gradients?: Readonly<Record<string, unknown>>;
  /** Why there is no gradient, where the output stands. */
  readonly gradientError?: string;
  /** Why the candidate does not do this case: a documented refusal. */
  readonly skipped?: string;
  /** Where the refusal is documented. */
  readonly url?: string;
  /** What went wrong on a valid case. */
  readonly error?: string;
  /** How it went wrong, where the candidate could not say so itself. */
  readonly failure?: "died" | "hung" | "flooded" | "garbled" | "wroteInputs" | "reusedBuffer";
}

/** Something that can be verified: the protocol as functions. */
export interface Candidate extends Declaration {
  readonly name: string;
  readonly precision: NonNullable<Declaration["precision"]>;
  /** The operations that it offers; all others are skipped. */
  readonly operations: readonly string[];
  /** Answers one case. What it throws is taken for a wrong answer. */
  readonly run: (request: Request) => Reply | Promise<Reply>;
  /** The same once more, beside it, that was asked nothing yet; absent where there cannot be two. */
  readonly another?: () => Promise<SecondCandidate>;
}

/** A candidate beside another. */
export interface SecondCandidate extends Candidate {
  /** Ends it. */
  readonly close: () => Promise<void>;
}

/** A number as JSON can hold it. @internal */
export const toWireNumber = (value: number): JsonNumber =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : (String(value) as JsonNumber);

/** A number read back from JSON; undefined for anything that is none. @internal */
export const fromWireNumber = (value: unknown): number | undefined =>
  typeof value === "number" ? value
    : value === "-0" ? -0
    : value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value)
    : undefined;

/** A tensor as JSON holds it. @internal */
export const toWire = (tensor: Tensor): WireTensor => ({ shape: tensor.shape, values: Array.from(raw(tensor), toWireNumber) });

/**
 * A tensor read from JSON, over float32 or double storage.
 *
 * @throws TypeError where it is no tensor, RangeError where shape and values do not fit
 *
 * @internal
 */
export function fromWire(name: string, value: unknown, wide = false): Tensor {
  if (typeof value !== "object" || value === null || !("shape" in value) || !("values" in value)) {
    throw wrongKind(name, 'a tensor { "shape", "values" }', show(value));
  }
  const { shape, values } = value;
  if (!Array.isArray(values)) throw wrongKind(name, "values as an array", show(values));
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0)) throw wrongKind(name, "a shape of whole sizes", show(shape));
  if (values.length !== sizeOf(shape)) throw wrongValue(name, `${sizeOf(shape)} values for shape ${show(shape)}`, String(values.length));
  const data = wide ? new Float64Array(values.length) : new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const number = fromWireNumber(values[i]);
    if (number === undefined) throw wrongKind(name, "values that are numbers", `${show(values[i])} at position ${i}`);
    data[i] = number;
  }
  return adopt(shape, data);
}

/** Options with the numbers that JSON lacks as strings. @internal */
export const toWireOptions = (value: unknown): unknown =>
  typeof value === "number" ? toWireNumber(value)
    : Array.isArray(value) ? value.map(toWireOptions)
    : typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toWireOptions(part)]))
    : value;

/** Options read from JSON: the named numbers become numbers again. @internal */
export const fromWireOptions = (value: unknown): unknown =>
  typeof value === "string" ? fromWireNumber(value) ?? value
    : Array.isArray(value) ? value.map(fromWireOptions)
    : typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, fromWireOptions(part)]))
    : value;

/**
 * The request as the protocol's `run` command.
 *
 * @example
 * ```ts
 * import { encodeRequest } from "etalon/oracle";
 * import { tensor } from "etalon/tensor";
 * const request = { id: "relu/1", operation: "relu", inputs: { input: tensor([-1, 2]) }, options: {} };
 * encodeRequest(request); // => { command: "run", id: "relu/1", operation: "relu", inputs: { input: { shape: [2], values: [-1, 2] } }, options: {} }
 * ```
 */
export function encodeRequest({ id, operation, inputs, options, cotangents }: Request): Readonly<Record<string, unknown>> {
  return {
    command: "run", id, operation, inputs: mapNamed(inputs, toWire), options: toWireOptions(options),
    ...(cotangents === undefined ? {} : { cotangents: mapNamed(cotangents, toWire) }),
  };
}

/**
 * A plain copy of a tensor for candidates: theirs to keep or to spoil.
 *
 * @internal
 */
export const toPlain = (tensor: Tensor): { readonly shape: Shape; readonly data: Storage } => ({ shape: tensor.shape.slice(), data: raw(tensor).slice() });

/**
 * What a candidate returned under one name, if it is a tensor: its shape, and its numbers as doubles.
 *
 * @returns a sentence where it is not
 *
 * @internal
 */
export function readAnswer(value: unknown): { readonly shape: Shape; readonly data: Float64Array } | string {
  if (value instanceof Tensor) return { shape: value.shape, data: new Float64Array(raw(value)) };
  if (typeof value !== "object" || value === null || !("shape" in value)) return `expected a tensor, got ${show(value)}`;
  const { shape } = value;
  const data: unknown = "data" in value ? value.data : "values" in value ? value.values : undefined;
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0)) return `expected a shape of whole sizes, got ${show(shape)}`;
  if (typeof data !== "object" || data === null || !("length" in data) || typeof data.length !== "number") {
    return `expected its numbers as an array, got ${show(data)}`;
  }
  if (data.length !== sizeOf(shape)) return `expected ${sizeOf(shape)} values for its shape ${show(shape)}, got ${data.length}`;
  const given = data as ArrayLike<unknown>;
  // Before there is room for them: a length alone may promise more numbers than any memory holds.
  for (let i = 0; i < data.length; i++) {
    if (fromWireNumber(given[i]) === undefined) return `expected numbers, got ${show(given[i])} at position ${i}`;
  }
  return { shape, data: Float64Array.from(given, (value) => fromWireNumber(value)!) };
}
