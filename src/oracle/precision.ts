/**
 * Precisions: how a candidate stores numbers and rounds its sums.
 *
 * The unit roundoff u is the largest relative error of one rounding: 2⁻ᵖ for p bits of significand.
 * Source: IEEE 754-2019, table 3.5; bfloat16 and tf32 have the 8 exponent bits of float32 with 8 and 11 bits of significand.
 *
 * A candidate declares four things, each with a default: the precision of its sums, the format in which its inputs and outputs are stored,
 * whether it flushes subnormal numbers to 0, and for which operations its algorithm bounds only the largest error of a tensor.
 *
 * @module
 */
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { deepFreeze } from "../tensor/tree.ts";

/** The name under which a candidate declares how its sums round. */
export type PrecisionName = "float64" | "float32" | "tf32" | "bfloat16" | "float16";

/** A format that numbers are stored in. */
export interface Format {
  /** A name, or for a unit roundoff of one's own its value in words. */
  readonly name: string;
  /** Unit roundoff u: half the distance from 1 to the next number. */
  readonly unit: number;
  /** The distance between subnormal numbers: what is lost at most, twice over, when a product underflows. */
  readonly tiny: number;
  /** Whole numbers up to here are exact, and so are sums of whole numbers that stay below. */
  readonly exactBelow: number;
  /** The largest finite number. */
  readonly largest: number;
}

/** What a precision means for error bounds. */
export interface Precision extends Format {
  /** Where inputs and outputs are stored in fewer bits than float32 has. */
  readonly storage?: Format;
  /** Whether what lies below the normal numbers becomes 0. */
  readonly flushed?: boolean;
  /** The operations whose algorithm bounds the largest error of a tensor and not each number's own; absent for none. */
  readonly normwise?: readonly string[];
}

/**
 * What an algorithm promises: an error that is small beside the terms of each number (every order of one sum does), or beside the largest
 * numbers of the tensor (Winograd's and Fourier's convolutions, Strassen's product).
 */
export type AlgorithmClass = "componentwise" | "normwise";

/** What a candidate says of its numbers. */
export interface Declaration {
  /** How its sums round: a name, or a unit roundoff of its own (a power of two). Default "float32". */
  readonly precision?: PrecisionName | { readonly unit: number };
  /** How its inputs and outputs are stored. Default float16 where its sums are float16, else as they come: in float32. */
  readonly storage?: PrecisionName;
  /** Whether it keeps what lies below the normal numbers, or takes 0 for it. Default "kept". */
  readonly subnormals?: "kept" | "flushed";
  /**
   * What its algorithms promise: of every operation that has products to save, or of each by its name. Default "componentwise".
   */
  readonly algorithm?: AlgorithmClass | Readonly<Record<string, AlgorithmClass>>;
}

/** The operations that fast algorithms exist for: sums of products that are shared between outputs. @internal */
export const normwiseOperations = ["convolution", "transposedConvolution", "fullyConnected", "matrixProduct"] as const;

const format = (name: PrecisionName, bits: number, least: number, most: number): Format & { readonly name: PrecisionName } => ({
  name, unit: 2 ** -bits, tiny: 2 ** (least + 1 - bits), exactBelow: 2 ** bits, largest: (2 - 2 ** (1 - bits)) * 2 ** most,
});

/** Every precision that a candidate can declare by name. */
export const precisions: Readonly<Record<PrecisionName, Format & { readonly name: PrecisionName }>> = deepFreeze({
  float64: format("float64", 53, -1022, 1023),
  float32: format("float32", 24, -126, 127),
  tf32: format("tf32", 11, -126, 127),
  bfloat16: format("bfloat16", 8, -126, 127),
  float16: format("float16", 11, -14, 15),
});

const names = Object.keys(precisions).join(", ");

/**
 * What a declaration means.
 *
 * Flushing loses less than the least normal number in a product and as much in the sum that takes it up: `tiny` is then twice that number.
 *
 * @param who - whose declaration it is, for messages
 * @throws TypeError or RangeError for what cannot be declared
 *
 * @example
 * ```ts
 * import { declaredPrecision } from "etalon/oracle";
 * declaredPrecision("mine", { precision: "float32", storage: "bfloat16" }).storage?.unit; // => 0.00390625
 * declaredPrecision("mine", { precision: { unit: 2 ** -20 } }).exactBelow; // => 1048576
 * declaredPrecision("mine", { algorithm: { convolution: "normwise" } }).normwise; // => ["convolution"]
 * declaredPrecision("mine", { subnormals: "lost" as never }); // throws RangeError: mine: expected subnormals kept, flushed, got "lost"
 * ```
 */
export function declaredPrecision(who: string, declaration: Declaration): Precision {
  const { precision = "float32", storage, subnormals = "kept" } = declaration;
  const isOwn = typeof precision === "object" && precision !== null;
  const sums = isOwn ? ofUnit(who, precision) : named(who, "precision", precision, " or { unit }");
  if (subnormals !== "kept" && subnormals !== "flushed") throw wrongValue(who, "subnormals kept, flushed", show(subnormals));
  const flushed = <F extends Format>(of: F): F => (subnormals === "flushed" ? { ...of, tiny: of.tiny / of.unit } : of);
  // Who sums in float16 has no other numbers to give out.
  const store = storage === undefined && sums.name === "float16" ? "float16" : storage;
  const stored = store === undefined ? undefined : flushed(named(who, "storage", store, ""));
  const normwise = declaredNormwise(who, declaration.algorithm);
  return {
    ...flushed(sums),
    ...(stored && { storage: stored, exactBelow: Math.min(sums.exactBelow, stored.exactBelow) }),
    ...(subnormals === "flushed" && { flushed: true }),
    ...(normwise.length > 0 && { normwise }),
  };
}

/** The operations that are declared to be normwise. @internal */
export function declaredNormwise(who: string, algorithm: unknown = "componentwise"): readonly string[] {
  const known: readonly string[] = normwiseOperations;
  const isNormwise = (of: string, declared: unknown): boolean => {
    if (declared === "componentwise" || declared === "normwise") return declared === "normwise";
    throw wrongValue(who, `${of} componentwise, normwise`, show(declared));
  };
  if (typeof algorithm !== "object" || algorithm === null) return isNormwise("algorithm", algorithm) ? known : [];
  const stranger = Object.keys(algorithm).find((name) => !known.includes(name));
  if (stranger !== undefined) throw wrongValue(who, `algorithm only of ${known.join(", ")}`, stranger);
  const chosen = new Map(Object.entries(algorithm).map(([name, declared]) => [name, isNormwise(`algorithm of ${name}`, declared)]));
  return known.filter((name) => chosen.get(name));
}

/** Whether an operation's answers are judged by the largest numbers of their tensor. @internal */
export const isNormwise = ({ normwise = [] }: Precision, operation: string): boolean => normwise.includes(operation);

function named(who: string, field: string, name: unknown, otherwise: string): Format {
  if (typeof name !== "string" || !Object.hasOwn(precisions, name)) throw wrongValue(who, `${field} ${names}${otherwise}`, show(name));
  return precisions[name as PrecisionName];
}

/** A unit roundoff of one's own, with the exponents of float32 (beyond its 24 bits, of float64). */
function ofUnit(who: string, { unit }: { readonly unit: number }): Format {
  if (typeof unit !== "number") throw wrongKind(who, "precision.unit as a number", show(unit));
  const bits = -Math.log2(unit);
  if (!Number.isInteger(bits) || bits < 2 || bits > 53) {
    throw wrongValue(who, "precision.unit as a power of two from 2 ** -53 to 2 ** -2", show(unit));
  }
  return { ...(bits > 24 ? format("float64", bits, -1022, 1023) : format("float32", bits, -126, 127)), name: `unit 2 ** -${bits}` };
}

/** The fields of a declaration, as they were declared. @internal */
export const declarationOf = (
  { precision = "float32", storage, subnormals, algorithm }: Declaration,
): Declaration & { readonly precision: NonNullable<Declaration["precision"]> } => ({
  precision,
  ...(storage !== undefined && { storage }),
  ...(subnormals !== undefined && { subnormals }),
  ...(algorithm !== undefined && { algorithm }),
});

/** A declaration in words. @internal */
export const describePrecision = ({ name, storage, flushed, normwise = [] }: Precision): string => [
  name,
  ...(storage === undefined ? [] : [`stored as ${storage.name}`]),
  ...(flushed === true ? ["subnormals flushed"] : []),
  ...(normwise.length === 0 ? [] : [normwise.length === normwiseOperations.length ? "normwise" : `normwise in ${normwise.join(" and ")}`]),
].join(", ");
