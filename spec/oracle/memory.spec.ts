import { describe, expect, it } from "vitest";
import { newMemory, newWitness } from "../../src/oracle/memory.ts";
import type { Candidate, Request } from "../../src/oracle/protocol.ts";

const question = (id: string): Request => ({ id, operation: "relu", inputs: {}, options: {} });

/** Candidates that are wrong once they were asked all of some questions, in any order; and how many were begun and closed. */
function world(...spoiling: readonly string[]) {
  const [counts, memory] = [{ begun: 0, closed: 0 }, newMemory()];
  const begin = (): Candidate & { readonly close: () => Promise<void> } => {
    counts.begun++;
    const asked = new Set<string>();
    return {
      name: "x", precision: "float32", operations: ["relu"],
      run: ({ id }) => {
        asked.add(id);
        return spoiling.every((each) => asked.has(each)) ? { error: "spoilt" } : {};
      },
      another: () => Promise.resolve(begin()),
      close: () => { counts.closed++; return Promise.resolve(); },
    };
  };
  const first = begin();
  const isRight = async (candidate: Candidate): Promise<boolean> => (await candidate.run(question("smallest"))).error === undefined;
  return { counts, memory, first, isRight };
}

describe("the memory of a run", () => {
  it("holds the last thousand questions, in order", () => {
    const memory = newMemory();
    for (let i = 0; i < 1500; i++) memory.note(question(String(i)));
    expect(memory.asked().length).toBe(1024);
    expect([memory.asked()[0]!.id, memory.asked().at(-1)!.id]).toEqual(["476", "1499"]);
  });
});

describe("a witness", () => {
  const noted = (memory: ReturnType<typeof newMemory>, ...ids: readonly string[]): void => ids.forEach((id) => memory.note(question(id)));
  const many = (count: number, name: string): readonly string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

  it("is begun when it is needed, once, and closed", async () => {
    const { counts, memory, first } = world();
    const witness = newWitness(first, memory);
    await witness.close();
    expect(counts).toEqual({ begun: 1, closed: 0 });
    for (let i = 0; i < 3; i++) expect(await witness.dependence(() => Promise.resolve(false))).toBeUndefined();
    await witness.close();
    expect(counts).toEqual({ begun: 2, closed: 1 });
  });

  it.each([[0, 0], [0, 1], [5, 3], [100, 600], [900, 30]])("finds the question after which a case is wrong: after %d others and before %d", async (before, after) => {
    const { counts, memory, first, isRight } = world("bad");
    noted(memory, ...many(before, "a"), "bad", ...many(after, "b"));
    const witness = newWitness(first, memory);
    expect((await witness.dependence(isRight))!.after!.id).toBe("bad");
    await witness.close();
    expect(counts.begun, "the candidate itself, the witness, one alone, and seventeen").toBeLessThanOrEqual(20);
    expect(counts.closed).toBe(counts.begun - 1);
  });

  it("names the latest of several, and none where one alone does not suffice or none is known", async () => {
    const several = world("bad");
    noted(several.memory, "bad", "a", "bad", "b");
    several.memory.note({ ...question("bad"), options: { last: true } });
    expect(await newWitness(several.first, several.memory).dependence(several.isRight)).toMatchObject({ after: { options: { last: true } } });
    const two = world("one", "other");
    noted(two.memory, "one", "a", "other", "b");
    expect(await newWitness(two.first, two.memory).dependence(two.isRight)).toEqual({});
    const forgotten = world("bad");
    expect(await newWitness(forgotten.first, forgotten.memory).dependence(forgotten.isRight)).toEqual({});
  });

  it("looks for the case before a few failures of a run, and knows of all that they depend on one", async () => {
    const { counts, memory, first, isRight } = world("bad");
    noted(memory, "bad");
    const witness = newWitness(first, memory);
    const found = [];
    for (let i = 0; i < 7; i++) found.push(await witness.dependence(isRight));
    expect(found.map((each) => each!.after?.id)).toEqual([...many(5, "").map(() => "bad"), undefined, undefined]);
    expect(counts.closed).toBe(counts.begun - 2);
  });

  it("asks once more alone where it is right itself: it was asked the cases of other failures", async () => {
    const { memory, first } = world();
    let calls = 0;
    expect(await newWitness(first, memory).dependence(() => Promise.resolve(calls++ === 0))).toBeUndefined();
    expect(calls).toBe(2);
  });

  it("says nothing where there is no second one, and does not look further where there is no third", async () => {
    const { memory, first, isRight } = world("bad");
    noted(memory, "bad");
    const { another, ...alone } = first;
    expect(await newWitness(alone, memory).dependence(isRight)).toBeUndefined();
    const refusing = (from: number): Candidate => {
      let count = 0;
      return { ...first, another: () => (++count < from ? another!() : Promise.reject(new Error("busy"))) };
    };
    expect(await newWitness(refusing(1), memory).dependence(isRight)).toBeUndefined();
    expect(await newWitness(refusing(3), memory).dependence(isRight)).toEqual({});
  });
});
