/**
 * Simplifying: the numbers of a failing case made as small as they can be while it still fails.
 *
 * fast-check has made the shape small; here each number becomes 0, 1 or a smaller whole number of its sign, as long as the same fault
 * remains. Cotangents that the fault does not need are dropped. Numbers that have become alike need less room: what the fault does not need of
 * the shapes is then cut off.
 *
 * @module
 */
import { adopt, map, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findOperation, isFree, withElement } from "./case.ts";
import type { Case } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import { cornered } from "./variants/variant.ts";

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
  const attempt = async (changed: Case): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(changed))) return false;
    simplest = changed;
    return true;
  };
  const { cotangents, ...withoutCotangents } = one;
  if (cotangents !== undefined) await attempt(withoutCotangents);
  const operation = findOperation(one.operation);
  for (const place of ["inputs", "cotangents"] as const) {
    for (const name of Object.keys(simplest[place] ?? {})) {
      if (place === "inputs" && !isFree(operation, name)) continue;
      const put = (tensor: Tensor): Case => ({ ...simplest, [place]: { ...simplest[place], [name]: tensor } });
      const current = (): Tensor => simplest[place]![name]!;
      if (raw(current()).some((value) => value !== 0) && await attempt(put(adopt(current().shape, new Float32Array(raw(current()).length))))) continue;
      await attempt(put(map(current(), (value) => Math.round(value) + 0)));
      for (let i = 0; i < raw(current()).length && left > 0; i++) {
        for (const simpler of simplerThan(raw(current())[i]!)) {
          if (await attempt(put(withElement(current(), i, simpler)))) break;
        }
      }
    }
  }
  for (const [name, { shape }] of Object.entries(simplest.inputs)) {
    for (let axis = 0; axis < shape.length; axis++) {
      for (let size = 1; size < shape[axis]! && left > 0; size++) {
        const smaller = cutTo(size, axis, name, simplest);
        if (smaller !== undefined && await attempt(smaller)) break;
      }
    }
  }
  return simplest;
}

/** A case with one axis of one input cut to its first elements, and the cotangents to what is left of the outputs; none where that is no case. */
function cutTo(size: number, axis: number, name: string, one: Case): Case | undefined {
  const shape = one.inputs[name]!.shape.with(axis, size);
  const inputs = { ...one.inputs, [name]: cornered(one.inputs[name]!, shape) };
  try {
    const outputs = findOperation(one.operation).forward(inputs, one.options);
    const cotangents = one.cotangents && mapNamed(one.cotangents, (cotangent, output) => cornered(cotangent, outputs[output]!.shape));
    return { ...one, inputs, ...(cotangents && { cotangents }) };
  } catch {
    return undefined; // another input must have the same size
  }
}

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
