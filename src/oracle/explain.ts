/**
 * Explaining a failure: the smallest case, what was expected there and on what it depends, and the habit that is its likely cause.
 *
 * @module
 */
import { reference, withElement } from "./case.ts";
import type { Case } from "./case.ts";
import type { Operation } from "./catalog/operation.ts";
import { indexOf } from "./compare.ts";
import { diagnose } from "./diagnosis.ts";
import type { Answered, Evidence } from "./likeness.ts";
import { isFatal } from "./judgement.ts";
import type { Fault } from "./judgement.ts";
import type { Kept } from "./memory.ts";
import { placeOf } from "./place.ts";
import type { Precision } from "./precision.ts";
import { requestOf, sameFault } from "./question.ts";
import type { Ask } from "./question.ts";
import { answersAlike } from "./redrawn.ts";
import { simplify } from "./simplify.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Failure } from "./verdict.ts";

/** A case that failed, as it was drawn. @internal */
export interface FirstSight extends Answered {
  readonly fault: Fault;
}

/** Where a failure comes from: what replays it, and whether it depends on what was asked before. @internal */
export interface Origin {
  readonly seed: number;
  readonly path: string;
  readonly dependence?: (one: Case) => Promise<Kept | undefined>;
}

/** A failure, and what the candidate answered to its smallest case. @internal */
export interface Explained {
  readonly failure: Failure;
  readonly smallest: Answered;
  /** What it answered to others of the same sizes and options. */
  readonly others: readonly Evidence[];
}

/** Everything about a failure that its report tells. @internal */
export async function explain(
  operation: Operation, precision: Precision, ask: Ask, first: FirstSight, smallest: Case, { dependence, ...origin }: Origin,
): Promise<Explained> {
  const { fault } = first;
  const shows = async (one: Case): Promise<boolean> => {
    try {
      return (await ask(one)).judgement.faults.some((each) => sameFault(each, fault));
    } catch {
      return false; // a simpler number that the operation does not take, such as a probability of -1
    }
  };
  const lasting = !isFatal(fault) && fault.kind !== "flaky";
  const simplest = lasting ? await simplify(smallest, shows) : smallest;
  const answer = lasting ? await ask(simplest) : undefined;
  const again = answer?.judgement.faults.find((each) => sameFault(each, fault));
  // Asked once more it may be right, where answers depend on earlier ones: then the case as it was drawn is told.
  const [one, final] = lasting && again === undefined ? [first.one, fault] : [simplest, again ?? fault];
  // What was not asked again was answered to the case as it was drawn, which need not be the smallest.
  const reply = one === first.one ? first.reply : answer?.reply ?? {};
  const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const kept = lasting ? await dependence?.(one) : undefined;
  // What depends on earlier questions is no habit: one that gives the same here does so by coincidence.
  const hasCause = lasting && kept === undefined;
  const both: readonly Answered[] = [first, { one, reply }];
  const causesBy = (others: readonly Evidence[]): Failure["causes"] => diagnose(operation.name, fault.where, both, precision, others);
  const likely = hasCause ? causesBy([]) : [];
  const others = likely.length > 0 ? await answersAlike(one, ask, precision) : [];
  const { kind, name } = placeOf(fault.where);
  const wanted = expected[kind][name];
  const failure: Failure = {
    operation: operation.name, tier: one.tier, fault: final, request: requestOf(one, `${operation.name}/smallest`), ...origin,
    got: (reply as Partial<Record<string, Readonly<Record<string, unknown>>>> | undefined)?.[kind]?.[name],
    ...(wanted === undefined ? {} : {
      expected: { shape: wanted.shape, values: wanted.values, radius: radius[kind][name]?.values ?? wanted.values.map(() => 0) },
    }),
    taps: final.worst === undefined ? [] : tapsOf(one, kind, name, final.worst.index),
    causes: others.length > 0 ? causesBy(others) : likely,
    also: [],
    ...(kept && { kept }),
  };
  return { failure, smallest: { one, reply }, others };
}

/** The elements on which one element of the answer depends: those that change it when they change. */
function tapsOf(one: Case, kind: "outputs" | "gradients", name: string, index: readonly number[]): Failure["taps"] {
  const element = (changed: Case): number | undefined => {
    const tensor = reference(changed.operation, changed.inputs, changed.options, changed.cotangents).expected[kind][name];
    return tensor && raw(tensor)[tensor.shape.reduce((position, size, axis) => position * size + index[axis]!, 0)];
  };
  const before = element(one);
  const places = kind === "outputs" ? (["inputs"] as const) : (["inputs", "cotangents"] as const);
  const tensors = places.flatMap((place) => Object.entries(one[place] ?? {}).map(([input, tensor]) => ({ place, input, tensor })));
  if (tensors.reduce((sum, { tensor }) => sum + raw(tensor).length, 0) > 128) return [];
  return tensors.flatMap(({ place, input, tensor }) => positionsOf(tensor).filter((position) => {
    try {
      const moved = withElement(tensor, position, raw(tensor)[position]! + 1);
      return !Object.is(element({ ...one, [place]: { ...one[place], [input]: moved } }), before);
    } catch {
      return false; // a class index that must not move
    }
  }).map((position) => ({
    input: place === "inputs" ? input : `cotangent of ${input}`, index: indexOf(position, tensor), value: raw(tensor)[position]!,
  })));
}

const positionsOf = (tensor: Tensor): readonly number[] => Array.from(raw(tensor), (_, position) => position);
