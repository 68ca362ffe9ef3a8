import { describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import type { Reply, Request } from "../../src/oracle/protocol.ts";
import { questioner, requestOf, sameFault } from "../../src/oracle/question.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const one: Case = { operation: "relu", tier: "structure", features: [], inputs: { input: tensor([1, -2]) }, options: {} };

/** A candidate that gives its replies one after the other, and what it was asked. */
function scripted(...replies: readonly (() => Reply | Promise<Reply>)[]) {
  const asked: Request[] = [];
  const ask = questioner({ name: "scripted", precision: "float32", operations: ["relu"], run: (request) => {
    asked.push(request);
    return replies[Math.min(asked.length, replies.length) - 1]!();
  } }, findOperation("relu"));
  return { ask, asked };
}

const give = (...values: number[]) => (): Reply => ({ outputs: { output: { shape: [2], values } } });

describe("a question", () => {
  it("is asked once where the answer is right, with an id of its own each time", async () => {
    const { ask, asked } = scripted(give(1, 0));
    expect((await ask(one)).judgement.faults).toEqual([]);
    await ask(one);
    expect(asked.map(({ id, operation }) => [id, operation])).toEqual([["relu/1", "relu"], ["relu/2", "relu"]]);
  });

  it("is asked again where the answer is wrong: the same wrong answer is a wrong value", async () => {
    const { ask, asked } = scripted(give(1, 5));
    expect((await ask(one)).judgement.faults).toMatchObject([{ kind: "value", where: "output", worst: { got: 5 } }]);
    expect(asked).toHaveLength(2);
  });

  it("is answered by a flaky candidate where the second answer is another one, right or wrong", async () => {
    const twoWrong = scripted(give(1, 5), give(1, 6));
    expect((await twoWrong.ask(one)).judgement.faults).toEqual([{ kind: "flaky", where: "output", message: "expected the same answer to the same case, got 5 and then 6" }]);
    const thenRight = scripted(give(1, 5), give(1, 0));
    expect((await thenRight.ask(one)).judgement.faults).toEqual([{ kind: "flaky", where: "output", message: "expected the same answer to the same case, got 5 and then another value" }]);
  });

  it("is no flaky one where NaN comes twice", async () => {
    expect((await scripted(give(1, NaN)).ask(one)).judgement.faults).toMatchObject([{ kind: "value" }]);
  });

  it("may be answered later; a candidate that throws has answered with an error", async () => {
    expect((await scripted(() => Promise.resolve(give(1, 0)())).ask(one)).judgement.faults).toEqual([]);
    expect((await scripted(() => { throw new Error("broken"); }).ask(one)).judgement.faults).toEqual([{ kind: "error", where: "answer", message: "broken" }]);
    expect((await scripted(() => Promise.reject("words")).ask(one)).judgement.faults).toEqual([{ kind: "error", where: "answer", message: "words" }]);
  });
});

describe("faults and requests", () => {
  it("are the same by kind and place", () => {
    const fault = { kind: "value", where: "output", message: "a" } as const;
    expect([sameFault(fault, { ...fault, message: "b" }), sameFault(fault, { ...fault, kind: "form" }), sameFault(fault, { ...fault, where: "indices" })]).toEqual([true, false, false]);
  });

  it("carry cotangents only where the case has them", () => {
    expect(requestOf(one, "a")).toEqual({ id: "a", operation: "relu", inputs: one.inputs, options: {} });
    expect(requestOf({ ...one, cotangents: { output: tensor([1, 1]) } }, "a").cotangents).toBeDefined();
  });
});
