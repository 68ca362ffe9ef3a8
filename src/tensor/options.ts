/**
 * Options: the one trailing object of every operation, checked before any work is done.
 *
 * @module
 */
import { isPlainObject, show, wrongKind, wrongValue } from "./shape.ts";

/** What kind of value an option takes, or the words that it may be; the operation itself checks its range. @internal */
export type OptionKind = "boolean" | "number" | "wholeNumber" | "positive" | "perAxis" | "padding" | "tensor" | "key" | readonly string[];

/** One number for every spatial axis, or one entry per axis. */
export type PerAxis = number | readonly number[];

const kindNames: Readonly<Record<string, string>> = {
  boolean: "true or false", number: "a number", wholeNumber: "a whole number", positive: "a number above 0",
  perAxis: "a number or one per axis", padding: "a padding", tensor: "a Tensor", key: "a key",
};

/**
 * Refuses options that are not a plain object, unknown names, and values of the wrong kind.
 *
 * Paddings, and what goes by axis, are checked where the number of axes is known; tensors and keys where they are used.
 *
 * @internal
 */
export function checkOptions(name: string, options: unknown, known: Readonly<Record<string, OptionKind>>): void {
  if (!isPlainObject(options)) throw wrongKind(name, "options as a plain object", show(options));
  for (const [option, value] of Object.entries(options)) {
    const kind = Object.hasOwn(known, option) ? known[option] : undefined;
    if (kind === undefined) throw wrongValue(name, `only the options ${Object.keys(known).join(", ") || "(none)"}`, option);
    if (typeof kind !== "string") {
      if (!kind.includes(value as string)) throw wrongValue(name, `${option} ${kind.map(show).join(" or ")}`, show(value));
    } else if (value === undefined || (kind === "boolean" && typeof value !== "boolean")) {
      throw wrongKind(name, `${option} ${kindNames[kind]}`, show(value));
    } else if (kind === "number" || kind === "wholeNumber" || kind === "positive") {
      if (typeof value !== "number") throw wrongKind(name, `${option} ${kindNames[kind]}`, show(value));
      const fits = kind === "number" ? !Number.isNaN(value) : kind === "wholeNumber" ? Number.isInteger(value) : value > 0;
      if (!fits) throw wrongValue(name, `${option} ${kindNames[kind]}`, show(value));
    }
  }
}

/**
 * One whole number per axis, from one number for all or one per axis.
 *
 * @throws RangeError where the count or a value does not fit, TypeError where a value is not a number
 *
 * @internal
 */
export function perAxis(name: string, option: string, value: unknown, axes: number, least: number): readonly number[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : new Array<unknown>(axes).fill(value);
  const wanted = (): string => `${option} as a whole number of at least ${least}, or one per axis (${axes})`;
  for (const entry of entries) if (typeof entry !== "number") throw wrongKind(name, wanted(), show(value));
  if (entries.length !== axes || entries.some((entry) => !Number.isInteger(entry) || (entry as number) < least)) {
    throw wrongValue(name, wanted(), show(value));
  }
  return entries as readonly number[];
}
