/**
 * Simplifying: the numbers of a failing case made as small as they can be while it still fails.
 *
 * fast-check has made the shape small, but numbers follow from their places: two that tie in a large shape do not in a smaller one, and the shape
 * stays large. Here all numbers become 0 where the fault remains, then what it does not need of the shapes is cut off and options become
 * plainer, then each number becomes 0, 1 or a smaller whole number of its sign; and again from the start until nothing changes. Cotangents that
 * the fault does not need are dropped.
 *
 * @module
 */
import { adopt, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findOperation, isFree, withElement } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import { toWire, toWireOptions } from "./protocol.ts";
import { axesOf, cut, keptOf, largestSum, narrowed, ofGroups, plainer, underOptions } from "./smaller.ts";

/** How many times the candidate may be asked while one case is simplified. */
const attempts = 400;

/**
 * The simplest case found on which the fault remains.
 *
 * @param fails - asks the candidate whether a changed case still shows the same fault
 *
 * @internal
 */
export async function simplify(one: Case, fails: (changed: Case) => Promise<boolean>): Promise<Case> {
  let simplest = one;
  let left = attempts;
  const asked = new Set<string>();
  // Whole numbers are sure to be exact in sums that are no larger than those of the case as it came.
  const mostSum = largestSum(one);
  const attempt = async (changed: Case | undefined): Promise<boolean> => {
    if (changed === undefined || left <= 0) return false;
    const question = written(changed);
    if (asked.has(question)) return false;
    asked.add(question);
    if (largestSum(changed) > mostSum) return false;
    left--;
    if (!(await fails(changed))) return false;
    simplest = changed;
    return true;
  };
  const { cotangents, ...withoutCotangents } = one;
  if (cotangents !== undefined) await attempt(withoutCotangents);
  const operation = findOperation(one.operation);

  /** Every tensor whose numbers may be changed, as it is now, and the case with another in its place. */
  const tensors = (): readonly { readonly now: () => Tensor; readonly put: (tensor: Tensor) => Case }[] =>
    (["inputs", "cotangents"] as const).flatMap((place) => Object.keys(simplest[place] ?? {})
      .filter((name) => place === "cotangents" || isFree(operation, name))
      .map((name) => ({
        now: () => simplest[place]![name]!,
        put: (tensor: Tensor) => ({ ...simplest, [place]: { ...simplest[place], [name]: tensor } }),
      })));
  const alike = async (): Promise<void> => {
    for (const { now, put } of tensors()) {
      if (!isZero(now(), 0, Infinity)) await attempt(put(zeroed(now(), 0, Infinity)));
    }
  };
  const sizes = async (): Promise<void> => {
    const sizeOf = (axis: string): number => axesOf(simplest).get(axis) ?? 1;
    const cutAll = async (axes: readonly string[]): Promise<void> => {
      while (await anyOf(keptOf(sizeOf(axes[0]!)).map((kept) => () => attempt(cut(simplest, axes, kept)))));
    };
    for (const axis of axesOf(simplest).keys()) await cutAll([axis]);
    for (const size of new Set(axesOf(simplest).values())) {
      const together = [...axesOf(simplest).keys()].filter((axis) => sizeOf(axis) === size);
      if (together.length > 1) await cutAll(together);
    }
    while (await anyOf(keptOf(Number(simplest.options["groups"] ?? 1)).map((kept) => () => attempt(ofGroups(simplest, kept)))));
  };
  const options = async (): Promise<void> => {
    while (await anyOf(plainer(simplest).map((each) => () => attempt(underOptions(simplest, each)))));
    const space = [...axesOf(simplest).keys()].filter((axis) => axis.startsWith("…space"));
    for (const axis of space) {
      while (await anyOf([true, false].map((atEnd) => () => attempt(narrowed(simplest, axis, atEnd)))));
    }
  };
  const numbers = async (): Promise<void> => {
    for (const { now, put } of tensors()) {
      const { length } = raw(now());
      for (let block = length >> 1; block > 1; block >>= 1) {
        for (let start = 0; start < length; start += block) {
          if (!isZero(now(), start, start + block)) await attempt(put(zeroed(now(), start, start + block)));
        }
      }
      await attempt(put(map(now(), (value) => Math.round(value) + 0)));
      for (let i = 0; i < length && left > 0; i++) {
        await anyOf(simplerThan(raw(now())[i]!).map((simpler) => () => attempt(put(withElement(now(), i, simpler)))));
      }
    }
  };
  for (let before: Case | undefined; before !== simplest && left > 0;) {
    before = simplest;
    for (const step of [alike, sizes, options, numbers]) await step();
  }
  return simplest;
}

/** The first of some attempts that succeeds, if one does. */
async function anyOf(tries: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  for (const one of tries) {
    if (await one()) return true;
  }
  return false;
}

/** A question as text, to know it again. */
const written = ({ inputs, options, cotangents = {} }: Case): string =>
  JSON.stringify([mapNamed(inputs, toWire), toWireOptions(options), mapNamed(cotangents, toWire)]);

const isZero = (tensor: Tensor, start: number, end: number): boolean => raw(tensor).subarray(start, end).every((value) => Object.is(value, 0));

const zeroed = (tensor: Tensor, start: number, end: number): Tensor => adopt(tensor.shape, Float32Array.from(raw(tensor)).fill(0, start, end));

/** What to try in the place of a number, simplest first. */
function simplerThan(value: number): readonly number[] {
  const sign = Math.sign(value) || 1;
  const whole = Math.trunc(Math.abs(value));
  const smaller = whole > 3 ? [2, 3, Math.trunc(whole / 2)] : whole === 3 ? [2] : [];
  return [0, 1, -1, ...smaller.map((size) => sign * size), sign * whole].filter((simpler) => Number.isFinite(simpler) && isSimpler(simpler, value));
}

const isSimpler = (a: number, b: number): boolean =>
  Math.abs(a) < Math.abs(b) || Object.is(b, -0) || !Number.isFinite(b)
  || (Math.abs(a) === Math.abs(b) && a > b) || (!Number.isInteger(b) && Math.abs(a) <= 1);
