/**
 * The kill matrix: every variant, run as a candidate over every operation that it applies to. What rejects it first, after how many cases, and
 * is it named as its own cause?
 *
 * @module
 */
import type { Case } from "./case.ts";
import { findOperation } from "./case.ts";
import type { Answers, Operation, Tensors } from "./catalog/operation.ts";
import { compare } from "./compare.ts";
import { habitNamed } from "./diagnosis.ts";
import type { Tier } from "./lattice.ts";
import type { Candidate } from "./protocol.ts";
import type { Variant } from "./variants/index.ts";
import { composed } from "./variants/variant.ts";
import type { Progress, VerifyOptions } from "./verdict.ts";
import { verify } from "./verify.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What became of one variant on one operation. @internal */
export interface Kill {
  readonly variant: string;
  readonly operation: string;
  /** The tier that rejected it first, and after how many cases; absent where nothing did. */
  readonly tier?: Tier;
  readonly cases?: number;
  /** The first cause of every failure found, each once; "none" where a failure was not explained. */
  readonly causes: readonly string[];
  /** The one cause of all failures: of the only one, or of several together; absent where there is none. */
  readonly together?: string;
  /** How many numbers the smallest case of each failure has, over all inputs. */
  readonly numbers: readonly number[];
  /** How many time steps it has, of networks that read sequences. */
  readonly steps: readonly number[];
}

/** An implementation with one habit, or with two: the reference where a case leaves no room for it. @internal */
export const withHabits = (habit: Variant, operation: string): Candidate => ({
  name: habit.name,
  precision: "float32",
  operations: [operation],
  run: ({ inputs, options, cotangents }) => {
    const known = findOperation(operation);
    const forward: Case = { operation, tier: "structure", features: [], inputs, options };
    return answerBy(habit, known, cotangents ? { ...forward, cotangents } : forward) ?? answerBy(habit, known, forward)
      ?? { skipped: "the habit leaves no valid case" };
  },
});

/** A habit's answer, or the right one where it changes nothing; none where it throws, as for a window that no longer fits. @internal */
export function answerBy(habit: Variant, operation: Operation, one: Case): Answers<Tensor> | undefined {
  try {
    return habit.answer(operation, one) ?? {
      outputs: operation.forward(one.inputs, one.options),
      gradients: one.cotangents && operation.backward ? operation.backward(one.inputs, one.options, one.cotangents) : {},
    };
  } catch {
    return undefined;
  }
}

/** The tiers whose every case is compared with the reference: of their failures a cause can be told. */
const tiers: readonly Tier[] = ["structure", "rounding"];

/** Runs one variant as a candidate of one operation. @internal */
export async function killOf(habit: Variant, operation: string, options: VerifyOptions = {}): Promise<Kill> {
  let first: Progress | undefined;
  const onProgress = (progress: Progress): void => {
    if (progress.failures > 0) first ??= progress;
  };
  const [report] = (await verify(withHabits(habit, operation), { tiers, ...options, operations: [operation], onProgress })).operations;
  const tier = first ?? report!.tiers.find(({ failed }) => failed > 0);
  const { failures } = report!;
  const together = report!.together ?? (failures.length === 1 ? failures[0]!.causes[0] : undefined);
  return {
    variant: habit.name, operation, ...(tier && { tier: tier.tier, cases: tier.cases }),
    causes: [...new Set(failures.map(({ causes: [likely] }) => likely?.variant ?? "none"))],
    ...(together && { together: together.variant }),
    numbers: failures.map(({ request }) => Object.values(request.inputs).reduce((sum, input) => sum + sizeOf(input.shape), 0)),
    steps: readsSequences(operation) ? failures.map(({ request }) => request.inputs["input"]!.shape[0]!) : [],
  };
}

/** Whether an operation's input has time steps along its first axis. */
const readsSequences = (operation: string): boolean => findOperation(operation).inputs[0]!.axes.startsWith("[T,");

/**
 * What is said of two habits at once: their names together as the one cause of all that fails, each as the cause of a part of it, something that
 * is the same, one of them, or nothing of use.
 *
 * @internal
 */
export type PairVerdict = "together" | "apart" | "the same" | "one of them" | "missed" | "not rejected";

/** What became of two habits at once. @internal */
export interface PairKill {
  readonly kill: Kill;
  readonly verdict: PairVerdict;
}

/** Whether two habits answer alike to all of some cases. @internal */
export const alike = (one: Variant, other: Variant, operation: string, cases: readonly Case[]): boolean =>
  cases.every((each) => sameAnswers(answerBy(one, findOperation(operation), each), answerBy(other, findOperation(operation), each)));

const sameAnswers = (one: Answers<Tensor> | undefined, other: Answers<Tensor> | undefined): boolean =>
  one === undefined || other === undefined ? one === other : sameTensors(one.outputs, other.outputs) && sameTensors(one.gradients, other.gradients);

const sameTensors = (some: Tensors, others: Tensors): boolean => {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => others[name] !== undefined && compare(some[name], others[name]!).agrees);
};

/** Runs two habits as one candidate; the cases tell whether what is said of them is the same. @internal */
export async function killOfPair(outer: Variant, inner: Variant, operation: string, cases: readonly Case[], options: VerifyOptions = {}): Promise<PairKill> {
  const both = composed(outer, inner);
  const kill = await killOf(both, operation, options);
  const { causes, together } = kill;
  const named = (name: string): boolean => causes.some((cause) => [cause, ...cause.split(" + ")].includes(name));
  const same = (name: string): boolean => {
    const habit = habitNamed(name);
    return habit !== undefined && alike(habit, both, operation, cases);
  };
  const verdict = kill.tier === undefined ? "not rejected"
    : together === both.name || together === composed(inner, outer).name ? "together"
    : named(outer.name) && named(inner.name) ? "apart"
    : causes.some(same) ? "the same"
    : named(outer.name) || named(inner.name) ? "one of them" : "missed";
  return { kill, verdict };
}
