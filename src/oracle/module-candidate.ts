/**
 * Module candidates: an implementation given as an object of functions, wrapped so that its manners are checked too.
 *
 * Each function gets its own copies of all tensors. One that writes to them, throws, or hands out a buffer that it had handed out before is
 * told so.
 *
 * @module
 */
import { show, wrongKind } from "../tensor/shape.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Options, Tensors } from "./catalog/operation.ts";
import { declarationOf, declaredPrecision } from "./precision.ts";
import type { Declaration } from "./precision.ts";
import { toPlain } from "./protocol.ts";
import type { Candidate, PlainTensor, Reply } from "./protocol.ts";

/** One operation of a module candidate: named tensors and complete options in, named tensors out. */
export type CandidateFunction = (
  inputs: Readonly<Record<string, PlainTensor>>, options: Options, cotangents: Readonly<Record<string, PlainTensor>> | undefined,
) => Reply | Promise<Reply>;

/** What a candidate's module exports as its default. */
export interface CandidateModule extends Declaration {
  readonly name: string;
  readonly operations: Readonly<Record<string, CandidateFunction>>;
}

/**
 * A candidate from a module's default export.
 *
 * @throws TypeError or RangeError where the module does not have the form of a candidate
 *
 * @example
 * ```ts
 * import { moduleCandidate } from "etalon/oracle";
 * const candidate = moduleCandidate({ name: "mine", operations: { relu: () => ({ skipped: "not yet" }) } });
 * candidate.operations; // => ["relu"]
 * moduleCandidate({ name: "mine" } as never); // throws TypeError: candidate: expected operations as an object of functions, got undefined
 * ```
 */
export function moduleCandidate(module: CandidateModule): Candidate {
  if (typeof module !== "object" || module === null) throw wrongKind("candidate", "a module whose default export is { name, operations }", show(module));
  const { name, operations } = module;
  if (typeof name !== "string") throw wrongKind("candidate", "name as a string", show(name));
  declaredPrecision("candidate", module);
  if (typeof operations !== "object" || operations === null) throw wrongKind("candidate", "operations as an object of functions", show(operations));
  for (const [operation, implementation] of Object.entries(operations)) {
    if (typeof implementation !== "function") throw wrongKind("candidate", `${operation} as a function`, show(implementation));
  }
  const handedOut = new WeakSet<object>();
  return {
    name, ...declarationOf(module), operations: Object.keys(operations),
    run: async ({ operation, inputs, options, cotangents }) => {
      const [ownInputs, ownCotangents] = [plainAll(inputs), cotangents && plainAll(cotangents)];
      let reply: Reply;
      try {
        reply = await operations[operation]!(ownInputs, copyOf(options) as Options, ownCotangents);
      } catch (thrown) {
        return { error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `threw ${show(thrown)}` };
      }
      const written = writtenTo(inputs, ownInputs) ?? (cotangents && writtenTo(cotangents, ownCotangents!));
      if (written !== undefined) return { failure: "wroteInputs", error: `expected its inputs untouched, got ${written} written to` };
      return reusedBuffer(reply, handedOut) ?? reply;
    },
  };
}

/** A copy of plain options, for the candidate to keep or to spoil. */
const copyOf = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(copyOf)
    : typeof value === "object" && value !== null ? mapNamed(value as Options, copyOf)
    : value;

const plainAll = (tensors: Tensors): Readonly<Record<string, ReturnType<typeof toPlain>>> => mapNamed(tensors, toPlain);

const writtenTo = (given: Tensors, own: ReturnType<typeof plainAll>): string | undefined =>
  Object.keys(given).find((name) => !untouched(given[name]!, own[name]!.data));

const untouched = (given: Tensor, data: ArrayLike<number>): boolean => raw(given).every((value, i) => Object.is(value, data[i]));

/** A buffer that an earlier answer held already: whoever kept that answer sees it change. */
function reusedBuffer(reply: unknown, handedOut: WeakSet<object>): Reply | undefined {
  if (typeof reply !== "object" || reply === null) return undefined;
  const { outputs, gradients } = reply as Reply;
  const fresh: object[] = [];
  for (const [name, answer] of [...Object.entries(outputs ?? {}), ...Object.entries(gradients ?? {})]) {
    const data: unknown = typeof answer === "object" && answer !== null && "data" in answer ? answer.data : undefined;
    if (!ArrayBuffer.isView(data)) continue;
    if (handedOut.has(data.buffer)) {
      return { failure: "reusedBuffer", error: `expected a buffer of its own for each answer, got one for ${name} that an earlier answer holds` };
    }
    fresh.push(data.buffer);
  }
  fresh.forEach((buffer) => handedOut.add(buffer));
  return undefined;
}
