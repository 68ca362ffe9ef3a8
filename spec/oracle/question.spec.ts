import { describe, expect, it } from "vitest";
import { findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { newMemory } from "../../src/oracle/memory.ts";
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

describe("the question of a law", () => {
  /** Asked: the case, a shorter one, other numbers, the case. */
  const again: Case = { ...one, tier: "laws", law: "again" };
  const short: Reply = { outputs: { output: { shape: [1], values: [1] } } };
  /** A candidate whose first and last answers to the case are these, each time that the law is tried. */
  const between = (...answers: readonly (readonly number[])[]) =>
    scripted(...answers.flatMap((values, i) => [give(...values), ...(i % 2 === 0 ? [() => short, give(0.5, 0)] : [])]));

  it("names the law; the same two answers that do not fit are a fault of that law", async () => {
    const lasting = between([1, 0], [1, 5], [1, 0], [1, 5]);
    expect((await lasting.ask(again)).judgement).toMatchObject({ law: "again", faults: [{ kind: "law", where: "output" }] });
    expect(lasting.asked).toHaveLength(8);
    const right = between([1, 0], [1, 0]);
    expect((await right.ask(again)).judgement).toMatchObject({ law: "again", faults: [] });
    expect(right.asked.map(({ inputs }) => inputs["input"])).toEqual([tensor([1, -2]), tensor([1]), tensor([0.5, -1]), tensor([1, -2])]);
  });

  it("is answered by a flaky candidate where the law then holds, or never does with the same answers", async () => {
    const held = between([1, 0], [1, 5], [1, 0], [1, 0]);
    expect((await held.ask(again)).judgement.faults).toMatchObject([{ kind: "flaky", where: "output", message: expect.stringMatching(/^expected the same answer to the same case, got one for which the law does not hold, and then another: the same question/) }]);
    const random = between([1, 0], [1, 5], [1, 0], [1, 6]);
    expect((await random.ask(again)).judgement.faults).toMatchObject([{ kind: "flaky", where: "output", message: expect.stringMatching(/^expected the same answer to the same case, got another each time, and the law does not hold: the same question/) }]);
  });

  it("is no flaky one where only the first answer depends on what came before", async () => {
    const stale = between([9, 0], [1, 5], [1, 0], [1, 5]);
    const [fault] = (await stale.ask(again)).judgement.faults;
    expect(fault).toMatchObject({ kind: "law", message: expect.stringMatching(/; likely something is kept from one call to the next: the first question, asked again, has another answer$/) });
    const [other] = (await between([1, 0], [1, 5], [1, 0], [1, 5]).ask(again)).judgement.faults;
    expect(other!.message).toMatch(/; likely something is kept from one call to the next$/);
  });

  it("allows the sum of both radii, and not three of them", async () => {
    const [inputs, at] = [{ input: tensor(0) }, 0.5];
    const radius = reference("sigmoid", inputs, {}).radius.outputs["output"]!.values[0]!;
    const apart = async (radii: number) => {
      const [low, high] = [at - (radii / 2) * radius, at + (radii / 2) * radius];
      let count = 0;
      const replies = [low, at, high].map((value) => (): Reply => ({ outputs: { output: { shape: [], values: [value] } } }));
      const ask = questioner({ name: "scripted", precision: "float32", operations: ["sigmoid"], run: () => replies[count++ % 3]!() }, findOperation("sigmoid"));
      return (await ask({ operation: "sigmoid", tier: "laws", law: "again", features: [], inputs, options: {} })).judgement;
    };
    expect((await apart(1.5)).faults).toEqual([]);
    expect((await apart(1.5)).ratios["output"]).toBeCloseTo(0.75, 9);
    expect((await apart(3)).faults).toMatchObject([{ kind: "law", where: "output" }]);
  });

  it("over whole numbers allows nothing, unless the operation is declared normwise", async () => {
    const inputs = { input: tensor([[[1]], [[2]]]), kernel: tensor([[[1]]]) };
    const reversed: Case = { operation: "convolution", tier: "laws", law: "batchReversed", features: [], inputs, options: findOperation("convolution").complete(inputs, {}) };
    const faults = async (algorithm: "normwise" | "componentwise") => {
      let count = 0;
      const run = (): Reply => ({ outputs: { output: { shape: [2, 1, 1], values: count++ % 2 === 0 ? [1, 2] : [2, 1 + 2 ** -22] } } });
      const ask = questioner({ name: "scripted", precision: "float32", algorithm, operations: ["convolution"], run }, findOperation("convolution"));
      return (await ask(reversed)).judgement.faults.map(({ kind }) => kind);
    };
    expect([await faults("normwise"), await faults("componentwise")]).toEqual([[], ["law"]]);
  });

  it("that has one question only, is flaky where its answer is another one", async () => {
    const softmax: Case = { ...one, operation: "softmax", tier: "laws", law: "sumsToOne", options: { axis: -1 } };
    const of = async (...second: number[]) => {
      const replies = [give(1, 5), give(...second)];
      let count = 0;
      const ask = questioner({ name: "scripted", precision: "float32", operations: ["softmax"], run: () => replies[count++]!() }, findOperation("softmax"));
      return (await ask(softmax)).judgement.faults[0]!.kind;
    };
    expect([await of(1, 5), await of(1, 6), await of(0.5, 0.5)]).toEqual(["law", "flaky", "flaky"]);
  });
});

describe("what is asked", () => {
  it("is noted before it is answered, every time", async () => {
    const memory = newMemory();
    const ask = questioner({ name: "scripted", precision: "float32", operations: ["relu"], run: give(1, 5) }, findOperation("relu"), memory);
    await ask(one);
    expect(memory.asked().map(({ id }) => id)).toEqual(["relu/1", "relu/2"]);
  });

  it("of output and gradient at once is told by the names of both sides", async () => {
    const pad: Case = { operation: "pad", tier: "laws", law: "adjoint", features: [], inputs: { input: tensor([[[3]]]) }, cotangents: { output: tensor([[[5]]]) },
      options: { padding: [[0, 0]], mode: "zero" } };
    const plain = (value: number) => ({ shape: [1, 1, 1], values: [value] });
    const run = (): Reply => ({ outputs: { output: plain(3) }, gradients: { input: plain(7) } });
    const [fault] = (await questioner({ name: "scripted", precision: "float32", operations: ["pad"], run }, findOperation("pad"))(pad)).judgement.faults;
    expect(fault).toMatchObject({ kind: "law", where: "output and gradient of input", message: expect.stringContaining("; ⟨f(x), u⟩ is 15, and ⟨x, f*(u)⟩ is 21; likely one of the two is wrong") });
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
