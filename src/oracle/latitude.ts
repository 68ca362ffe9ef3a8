/**
 * Latitude: which elements of an answer the special numbers of a case reach, and what would stand there if these were others.
 *
 * Where they are NaN instead, NaN spreads to whatever is computed from them, and what a comparison with them decides is another with other numbers.
 * What stays the same does not depend on them, and has to be right. Some code computes from them what others leave out: a product with a mask's 0,
 * a row that is ignored, steps behind the end of a sequence.
 *
 * @module
 */
import { sizeOf } from "../tensor/shape.ts";
import { map, raw } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import type { Answers, Options } from "./catalog/operation.ts";
import type { Precision } from "./precision.ts";

/** One number of an answer. @internal */
export interface Element {
  readonly kind: keyof Answers<unknown>;
  readonly name: string;
  readonly position: number;
}

/** What special numbers are changed to: all to one number, or each to its own. @internal */
export type Change = number | ((value: number) => number);

/** What is known of a case's special numbers. @internal */
export interface Latitude {
  /** Whether an element may be computed from a special number. */
  readonly touches: (element: Element) => boolean;
  /** Whether a special number stands at a flat position of the plane, of one sample and channel, that an element belongs to. */
  readonly pointsAt: (element: Element, place: number) => boolean;
  /** What the reference gives for an element, and its radius, where the special numbers are others. */
  readonly otherwise: (change: Change, element: Element) => { readonly value: number; readonly radius: number };
}

/** Large enough to decide any comparison that a special number takes part in. */
const large = 2 ** 20;

/**
 * What is known of the special numbers of a case.
 *
 * @param isSpecial - which numbers are meant
 *
 * @internal
 */
export function latitudeOf(one: Case, isSpecial: (value: number) => boolean, precision: Precision): Latitude {
  /** The reference's answer where special numbers are changed, and inputs of some names left out. */
  const changed = (change: Change, options: Options, without?: string): Reference => {
    const other = typeof change === "number" ? () => change : change;
    const inputs = Object.entries(one.inputs).filter(([name]) => name !== without)
      .map(([name, tensor]) => [name, map(tensor, (value) => (isSpecial(value) ? other(value) : value))] as const);
    return reference(one.operation, Object.fromEntries(inputs), options, one.cotangents, precision);
  };
  const remembered = (options: Options): ((change: Change) => Reference) => {
    const answers = new Map<Change, Reference>();
    return (change) => {
      const made = answers.get(change) ?? changed(change, options);
      answers.set(change, made);
      return made;
    };
  };
  const answer = remembered(one.options);
  // A sum of absolute values has gradients in which nothing of the sum is left; other code goes through its power and its root.
  const reach = remembered(one.operation === "lpPooling" ? { ...one.options, power: 3 } : one.options);
  const { lengths } = one.inputs;
  let whole: Reference | undefined;
  const at = ({ expected }: Reference, { kind, name, position }: Element): number => raw(expected[kind][name]!)[position]!;
  const isChanged = (element: Element): boolean => {
    const poisoned = at(reach(NaN), element); // where it is NaN it is like no other
    return [0, large, -large].some((other) => at(reach(other), element) !== poisoned);
  };
  return {
    touches: (element) => isChanged(element.name === "indices" ? { ...element, name: "output" } : element)
      || (lengths !== undefined && Number.isNaN(at(whole ??= changed(NaN, one.options, "lengths"), element)))
      || standsIn(one, isSpecial, element, reach(NaN)),
    pointsAt: ({ kind, name, position }, place) => {
      const [leading, { shape }] = [Object.values(one.inputs)[0]!, reach(NaN).expected[kind][name]!];
      const plane = Math.floor(position / sizeOf(shape.slice(2)));
      const cells = sizeOf(leading.shape.slice(2));
      return Number.isInteger(place) && place >= 0 && place < cells && isSpecial(raw(leading)[plane * cells + place]!);
    },
    otherwise: (change, element) => {
      const allowed = answer(change).radius[element.kind][element.name];
      return { value: at(answer(change), element), radius: (allowed && raw(allowed)[element.position]) ?? 0 };
    },
  };
}

/**
 * Whether a special number has the element's own place, or one in its row of classes, or for the gradient of a step one in its sequence: what it makes of a
 * step decides what passes there. A single number for all has every place.
 */
function standsIn({ operation, inputs }: Case, isSpecial: (value: number) => boolean, { kind, name, position }: Element, { expected }: Reference): boolean {
  const { shape } = expected[kind][name]!;
  if (shape.length === 0) return true;
  const leading = Object.values(inputs)[0]!;
  if (operation === "crossEntropy" || operation === "negativeLogLikelihood") {
    const [samples, classes] = leading.shape as [number, number];
    const places = sizeOf(leading.shape.slice(2));
    const row = kind === "gradients" ? Math.floor(position / (classes * places)) * places + (position % places) : position;
    const start = Math.floor(row / places) * classes * places + (row % places);
    return samples > 0 && Array.from({ length: classes }, (_, c) => raw(leading)[start + c * places]!).some(isSpecial);
  }
  if (["simpleRnn", "lstm", "gru"].includes(operation) && name === "input") {
    const sequence = Math.floor(position / shape.at(-1)!) % shape.at(-2)!;
    const [steps, samples, features] = leading.shape as [number, number, number];
    const place = (i: number): number => (Math.floor(i / features) * samples + sequence) * features + (i % features);
    return Array.from({ length: steps * features }, (_, i) => raw(leading)[place(i)]!).some(isSpecial);
  }
  return shape.join() === leading.shape.join() && isSpecial(raw(leading)[position]!);
}
