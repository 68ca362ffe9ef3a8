/**
 * What it means that a call changes nothing: its arguments are the same bytes afterwards, its result shares no memory with them, no
 * tensor's store can be reached, and whatever a caller does to the result, the next call answers the same.
 */
import { expect } from "vitest";
import { Tensor, raw } from "../../src/tensor/tensor.ts";

/** Anything at all as plain data that stays as it is, to be compared later: tensors and typed arrays as lists of their numbers. */
export function snapshot(value: unknown, above: readonly unknown[] = []): unknown {
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "(itself)";
  const inner = (part: unknown): unknown => snapshot(part, [...above, value]);
  if (value instanceof Tensor) return { tensor: [...value.shape], values: value.values };
  if (ArrayBuffer.isView(value)) return { [value.constructor.name]: Array.from(value as unknown as ArrayLike<number>) };
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Map || value instanceof Set) return [...value].map(inner);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inner(part)]));
}

/** Every object that property paths lead to, getters included. */
export function reachable(value: unknown, seen: Set<object> = new Set()): ReadonlySet<object> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return seen;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    seen.add(value.buffer);
    return seen;
  }
  for (const name of Reflect.ownKeys(value)) {
    const { get, value: held } = Object.getOwnPropertyDescriptor(value, name)!;
    reachable(get === undefined ? held : get.call(value), seen);
  }
  return seen;
}

const isPlain = (value: unknown): value is object =>
  Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set
  || (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** The arrays, plain objects and maps that a value consists of. */
export function partsOf(value: unknown, seen: Set<object> = new Set()): ReadonlySet<object> {
  if (!isPlain(value) || seen.has(value)) return seen;
  seen.add(value);
  if (!ArrayBuffer.isView(value)) for (const part of value instanceof Map || value instanceof Set ? value : Object.values(value)) partsOf(part, seen);
  return seen;
}

/** Does to every part of a value that can be changed what a careless caller might. */
export function ruin(value: unknown): void {
  for (const part of [...partsOf(value)].filter((each) => !Object.isFrozen(each))) {
    if (ArrayBuffer.isView(part)) new Uint8Array(part.buffer, part.byteOffset, part.byteLength).fill(77);
    else if (Array.isArray(part)) part.splice(0, part.length, "ruined");
    else if (part instanceof Map || part instanceof Set) part.clear();
    else for (const name of Object.keys(part)) Reflect.deleteProperty(part, name);
  }
}

/**
 * Calls a function and checks that the call changed nothing and gave nothing away.
 *
 * @param lasting - the part of the result that the same arguments must give again; default all of it
 * @returns what a second call with the same arguments gave
 */
export async function examine(f: (...args: never[]) => unknown, args: readonly unknown[], lasting: (result: unknown) => unknown = (result) => result): Promise<unknown> {
  const before = snapshot(args);
  const result = await f(...(args as never[]));
  expect(snapshot(args), "arguments after the call").toStrictEqual(before);

  const stores = new Set([...reachable(args), ...reachable(result)].filter((part) => part instanceof Tensor).map((tensor) => raw(tensor).buffer));
  const given = [...reachable(result)];
  const lent = [...reachable(args)];
  expect(given.filter((part) => stores.has(part as ArrayBuffer)), "stores within reach of the result").toEqual([]);
  expect(given.filter((part) => part instanceof ArrayBuffer && lent.includes(part)), "memory that the result shares with the arguments").toEqual([]);

  const first = snapshot(lasting(result));
  ruin(result);
  expect(snapshot(args), "arguments after the result was changed").toStrictEqual(before);
  const again = await f(...(args as never[]));
  expect(snapshot(lasting(again)), "the second answer").toStrictEqual(first);
  return again;
}
