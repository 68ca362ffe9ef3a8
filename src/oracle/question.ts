/**
 * Questions: one case put to a candidate, and its answer judged.
 *
 * @module
 */
import { reference } from "./case.ts";
import type { Case } from "./case.ts";
import type { Operation } from "./catalog/operation.ts";
import { judge } from "./judgement.ts";
import type { Fault, Judgement } from "./judgement.ts";
import { precisions } from "./precision.ts";
import type { Candidate, Reply, Request } from "./protocol.ts";

/** Puts a case to a candidate. @internal */
export type Ask = (one: Case) => Promise<{ readonly judgement: Judgement; readonly reply: Reply }>;

/** Whether two faults are of one kind and in one place. @internal */
export const sameFault = (a: Fault, b: Fault): boolean => a.kind === b.kind && a.where === b.where;

/** The request that a case makes. @internal */
export const requestOf = (one: Case, id: string): Request => ({
  id, operation: one.operation, inputs: one.inputs, options: one.options, ...(one.cotangents === undefined ? {} : { cotangents: one.cotangents }),
});

/**
 * Asks a candidate and judges what it says. A wrong answer is asked for twice: two different answers are a fault of their own.
 *
 * @internal
 */
export function questioner(candidate: Candidate, operation: Operation): Ask {
  const precision = precisions[candidate.precision];
  let count = 0;
  const put = async (one: Case): Promise<Reply> => {
    try {
      return await candidate.run(requestOf(one, `${one.operation}/${++count}`));
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  return async (one) => {
    const known = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
    const reply = await put(one);
    const judgement = judge(operation, one, known, reply);
    const wrong = judgement.faults.find(({ kind }) => kind === "value");
    if (wrong === undefined) return { judgement, reply };
    const repeated = judge(operation, one, known, await put(one)).faults.find((fault) => sameFault(fault, wrong));
    if (repeated !== undefined && Object.is(repeated.worst?.got, wrong.worst?.got)) return { judgement, reply };
    const message = `expected the same answer to the same case, got ${wrong.worst?.got} and then ${repeated?.worst?.got ?? "another value"}`;
    return { judgement: { ...judgement, faults: [{ kind: "flaky", where: wrong.where, message }] }, reply };
  };
}
