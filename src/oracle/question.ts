/**
 * Questions: one case put to a candidate, and its answer judged.
 *
 * @module
 */
import { sameShape, show } from "../tensor/shape.ts";
import { raw } from "../tensor/tensor.ts";
import { reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import type { Answers, Operation } from "./catalog/operation.ts";
import { answersOf, judge } from "./judgement.ts";
import { whereOf } from "./place.ts";
import { lawFor, laws } from "./laws.ts";
import type { Measured } from "./law.ts";
import { isVacuous } from "./vacuity.ts";
import { errorRatio, indexOf } from "./compare.ts";
import type { Fault, Judgement } from "./judgement.ts";
import type { Memory } from "./memory.ts";
import { declaredPrecision, isNormwise } from "./precision.ts";
import type { Precision } from "./precision.ts";
import { readAnswer } from "./protocol.ts";
import type { Candidate, Reply, Request } from "./protocol.ts";

/** Puts a case to a candidate; what the reference answers is told where it was compared. @internal */
export type Ask = (one: Case) => Promise<{ readonly judgement: Judgement; readonly reply: Reply; readonly known?: Reference }>;

/** What goes before the likely reason why a law does not hold. */
const likely = "; likely ";

/** Whether two faults are of one kind and in one place. @internal */
export const sameFault = (a: Fault, b: Fault): boolean => a.kind === b.kind && a.where === b.where;

/** The request that a case makes. @internal */
export const requestOf = (one: Case, id: string): Request => ({
  id, operation: one.operation, inputs: one.inputs, options: one.options, ...(one.cotangents === undefined ? {} : { cotangents: one.cotangents }),
});

/**
 * Asks a candidate and judges what it says. A wrong answer is asked for twice: two different answers are a fault of their own.
 *
 * @param memory - where questions are noted
 *
 * @internal
 */
export function questioner(candidate: Candidate, operation: Operation, memory?: Memory): Ask {
  const precision = declaredPrecision(candidate.name, candidate);
  let count = 0;
  const put = async (one: Case): Promise<Reply> => {
    const request = requestOf(one, `${one.operation}/${++count}`);
    memory?.note(request);
    try {
      return await candidate.run(request);
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  return async (one) => {
    if (one.tier === "laws") return askLaw(operation, one, put, precision);
    const known = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
    const reply = await put(one);
    const judgement = judge(operation, one, known, reply, precision);
    const wrong = judgement.faults.find(({ kind }) => kind === "value");
    if (wrong === undefined) return { judgement, reply, known };
    const repeated = judge(operation, one, known, await put(one), precision).faults.find((fault) => sameFault(fault, wrong));
    if (repeated !== undefined && Object.is(repeated.worst?.got, wrong.worst?.got)) return { judgement, reply, known };
    const message = `expected the same answer to the same case, got ${wrong.worst?.got} and then ${repeated?.worst?.got ?? "another value"}`;
    return { judgement: { ...judgement, faults: [{ kind: "flaky", where: wrong.where, message }] }, reply };
  };
}

/**
 * Puts the questions of a law to a candidate, and compares both sides. A law that does not hold is tried twice: if it then holds, or a question
 * that follows the same one has another answer than before, the answers are flaky.
 */
async function askLaw(operation: Operation, one: Case, put: (one: Case) => Promise<Reply>, precision: Precision): ReturnType<Ask> {
  const { answers, ...first } = await lawOnce(operation, one, put, precision);
  const fault = first.judgement.faults.find(({ kind }) => kind === "law");
  if (fault === undefined) return first;
  const again = await lawOnce(operation, one, put, precision);
  const lasts = again.judgement.faults.some((each) => sameFault(each, fault));
  // What came before the first question differs: that its answer does, too, is a law's own business, if there are others.
  const from = answers.length > 1 ? 1 : 0;
  if (lasts && answers.slice(from).every((answer, i) => sameAnswer(answer, again.answers[from + i]))) {
    const { judgement } = first;
    return sameAnswer(answers[0]!, again.answers[0]) ? first : { ...first, judgement: { ...judgement, faults: judgement.faults.map(keepsSomething) } };
  }
  const then = lasts ? "got another each time, and the law does not hold" : "got one for which the law does not hold, and then another";
  const message = `expected the same answer to the same case, ${then}: ${fault.message}`;
  return { ...first, judgement: { ...first.judgement, faults: [{ kind: "flaky", where: fault.where, message }] } };
}

/** A law that does not hold where the first question has another answer when it is asked again: then that is the likelier reason. */
const keepsSomething = (fault: Fault): Fault => (fault.kind !== "law" ? fault : {
  ...fault, message: `${fault.message.slice(0, fault.message.lastIndexOf(likely))}${likely}something is kept from one call to the next: `
    + "the first question, asked again, has another answer",
});

/** Whether two answers are the same, bit for bit. */
const sameAnswer = (a: Answers<Measured>, b: Answers<Measured> | undefined): boolean =>
  (["outputs", "gradients"] as const).every((kind) => Object.entries(a[kind]).every(([name, { data }]) => {
    const other = b?.[kind][name]?.data;
    return other !== undefined && Array.from(data).every((value, i) => Object.is(value, other[i]));
  }));

async function lawOnce(
  operation: Operation, one: Case, put: (one: Case) => Promise<Reply>, precision: Precision,
): Promise<Awaited<ReturnType<Ask>> & { readonly answers: readonly Answers<Measured>[] }> {
  const law = lawFor(operation, one);
  const answers: Answers<Measured>[] = [];
  let reply: Reply = {};
  for (let next = law.next(operation, one, answers); next !== undefined; next = law.next(operation, one, answers)) {
    const said = await put(next);
    if (answers.length === 0) reply = said;
    const read = answersOf(said);
    if ("faults" in read) return { judgement: read, reply: said, answers };
    const { answer, faults } = measured(operation, next, read, precision);
    if (faults.length > 0) return { judgement: { faults, ratios: {}, missing: [] }, reply: said, answers };
    answers.push(answer);
  }
  const sides = law.sides(operation, one, answers);
  const judged = sides.map(({ where, left, right, names }) => {
    const ratios = Array.from(left.data, (value, i) => errorRatio(value, right.data[i]!, left.radius[i]! + right.radius[i]!));
    const ratio = ratios.reduce((most, each) => Math.max(most, each), 0);
    return { where, ratio, left, right, names, worst: ratios.indexOf(ratio) };
  });
  const faults = judged.filter(({ ratio }) => ratio > 1).map(({ where, worst, left, right, names }): Fault => {
    const numbers = names !== undefined ? `${names[0]} is ${left.data[worst]}, and ${names[1]} is ${right.data[worst]}`
      : `${where}${show(indexOf(worst, left))} was ${right.data[worst]} and must be, but is ${left.data[worst]}`;
    return { kind: "law", where, message: `${law.says} (${law.name}); ${numbers}${likely}${law.suspect}` };
  });
  const compared = answers.flatMap(({ outputs, gradients }) => [...Object.values(outputs), ...Object.values(gradients)]);
  return {
    reply, answers,
    judgement: {
      faults, missing: [], law: law.name,
      ratios: Object.fromEntries(judged.filter(({ ratio }) => ratio <= 1).map(({ where, ratio }) => [where, ratio])),
      ...(isVacuous(one.tier, compared.map(({ data }) => data)) ? { vacuous: true } : {}),
    },
  };
}

/** The numbers of an answer with their radii; names that the operation does not have are left to the other tiers. */
function measured(
  operation: Operation, one: Case, read: Answers<unknown>, precision: Precision,
): { readonly answer: Answers<Measured>; readonly faults: readonly Fault[] } {
  const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents, precision);
  const faults: Fault[] = [];
  const exact = isExact(operation, one) && !isNormwise(precision, operation.name);
  const part = (kind: "outputs" | "gradients"): Readonly<Record<string, Measured>> =>
    Object.fromEntries(Object.entries(expected[kind]).flatMap(([name, tensor]) => {
      const given = read[kind][name];
      if (given === undefined || given === null) return [];
      const answer = readAnswer(given);
      const wrong = typeof answer === "string" ? answer
        : sameShape(answer.shape, tensor.shape) ? undefined : `expected shape ${show(tensor.shape)}, got ${show(answer.shape)}`;
      if (wrong !== undefined || typeof answer === "string") {
        faults.push({ kind: "form", where: whereOf({ kind, name }), message: wrong! });
        return [];
      }
      return [[name, { ...answer, radius: exact ? new Float64Array(answer.data.length) : raw(radius[kind][name]!) }]];
    }));
  return { answer: { outputs: part("outputs"), gradients: part("gradients") }, faults };
}

/** Whether both sides of a law must be the very same: whole numbers whose sums are proved exact. */
const isExact = (operation: Operation, one: Case): boolean => operation.exact && !operation.scaled
  && laws.some(({ name, numbers }) => name === one.law && numbers === "structure");
