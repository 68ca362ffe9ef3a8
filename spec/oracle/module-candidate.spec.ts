import { describe, expect, it } from "vitest";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateFunction, CandidateModule } from "../../src/oracle/module-candidate.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { thrown } from "../support/thrown.ts";

const request = { id: "relu/1", operation: "relu", inputs: { input: tensor([1, -2]) }, options: { list: [1] }, cotangents: { output: tensor([3, 4]) } };
const run = async (relu: CandidateFunction) => moduleCandidate({ name: "mine", operations: { relu } }).run(request);
const give = (data: ArrayLike<number>) => ({ outputs: { output: { shape: [2], data } } });

describe("a module candidate", () => {
  it("offers the operations of its module, in float32 unless it says otherwise", () => {
    const { name, precision, operations } = moduleCandidate({ name: "mine", operations: { relu: () => ({}), tanh: () => ({}) } });
    expect({ name, precision, operations }).toEqual({ name: "mine", precision: "float32", operations: ["relu", "tanh"] });
    expect(moduleCandidate({ name: "mine", precision: "float64", operations: {} }).precision).toBe("float64");
  });

  it("is handed plain tensors, options and cotangents, and answers at once or later", async () => {
    const seen: unknown[] = [];
    const reply = await run((...given) => {
      seen.push(...given);
      return give([1, 0]);
    });
    expect(seen).toEqual([{ input: { shape: [2], data: new Float32Array([1, -2]) } }, { list: [1] }, { output: { shape: [2], data: new Float32Array([3, 4]) } }]);
    expect(reply).toEqual(give([1, 0]));
    expect(await run(() => Promise.resolve(give([5, 6])))).toEqual(give([5, 6]));
  });

  it("may do with its copies of options and shapes what it likes", async () => {
    await run((inputs, options) => {
      (options["list"] as number[]).push(2);
      (inputs["input"]!.shape as number[]).push(7);
      return give([1, 0]);
    });
    expect([request.options, request.inputs.input.shape]).toEqual([{ list: [1] }, [2]]);
  });
});

describe("a module candidate without manners", () => {
  it("is told when it throws, whatever it throws", async () => {
    expect(await run(() => { throw new RangeError("no"); })).toEqual({ error: "RangeError: no" });
    expect(await run(() => Promise.reject(new Error("later")))).toEqual({ error: "Error: later" });
    expect(await run(() => { throw "words"; })).toEqual({ error: 'threw "words"' });
  });

  it("is told when it writes to an input or a cotangent, even a NaN over a NaN's neighbour or -0 over 0", async () => {
    const write = (which: "inputs" | "cotangents", value: number): CandidateFunction => (inputs, _, cotangents) => {
      (which === "inputs" ? inputs["input"]!.data as Float32Array : cotangents!["output"]!.data as Float32Array)[1] = value;
      return give([1, 0]);
    };
    expect(await run(write("inputs", 0))).toEqual({ failure: "wroteInputs", error: "expected its inputs untouched, got input written to" });
    expect(await run(write("cotangents", NaN))).toEqual({ failure: "wroteInputs", error: "expected its inputs untouched, got output written to" });
    const zero = await moduleCandidate({ name: "mine", operations: { relu: (inputs) => {
      (inputs["input"]!.data as Float32Array)[0] = -0;
      return give([0]);
    } } }).run({ ...request, inputs: { input: tensor([0]) } });
    expect(zero.failure).toBe("wroteInputs");
  });

  it("is told when it hands out one buffer twice, in outputs or gradients", async () => {
    const buffer = new Float32Array(8);
    const candidate = moduleCandidate({ name: "mine", operations: {
      relu: () => give(buffer.subarray(0, 2)),
      tanh: () => ({ outputs: {}, gradients: { input: { shape: [2], data: buffer.subarray(4, 6) } } }),
    } });
    expect((await candidate.run(request)).failure).toBeUndefined();
    expect(await candidate.run(request)).toEqual({ failure: "reusedBuffer", error: "expected a buffer of its own for each answer, got one for output that an earlier answer holds" });
    expect(await candidate.run({ ...request, operation: "tanh" })).toMatchObject({ failure: "reusedBuffer" });
  });

  it("may lay the tensors of one answer in one buffer, and may return its own copy of the input", async () => {
    const both: CandidateFunction = () => {
      const buffer = new Float32Array(4);
      return { outputs: { output: { shape: [2], data: buffer.subarray(0, 2) }, indices: { shape: [2], data: buffer.subarray(2) } } };
    };
    const candidate = moduleCandidate({ name: "mine", operations: { relu: both, identity: ({ input }) => ({ outputs: { output: input } }) } });
    for (const operation of ["relu", "relu", "identity", "identity"]) expect((await candidate.run({ ...request, operation })).failure).toBeUndefined();
  });

  it("passes on nonsense, which is judged where it is compared", async () => {
    expect(await run((() => undefined) as never)).toBeUndefined();
    expect(await run((() => "done") as never)).toBe("done");
    expect(await run((() => ({ outputs: null, gradients: 3 })) as never)).toEqual({ outputs: null, gradients: 3 });
  });
});

describe("a module that is no candidate", () => {
  it.each([
    [undefined, "TypeError: candidate: expected a module whose default export is { name, operations }, got undefined"],
    [() => 1, "TypeError: candidate: expected a module whose default export is { name, operations }, got a function"],
    [{}, "TypeError: candidate: expected name as a string, got undefined"],
    [{ name: "x" }, "TypeError: candidate: expected operations as an object of functions, got undefined"],
    [{ name: "x", operations: { relu: 3 } }, "TypeError: candidate: expected relu as a function, got 3"],
    [{ name: "x", precision: "float8", operations: {} }, 'RangeError: candidate: expected precision float64, float32, tf32, bfloat16, float16 or { unit }, got "float8"'],
    [{ name: "x", precision: "toString", operations: {} }, 'RangeError: candidate: expected precision float64, float32, tf32, bfloat16, float16 or { unit }, got "toString"'],
  ])("is refused: %j", (module, message) => {
    expect(thrown(() => moduleCandidate(module as unknown as CandidateModule))).toBe(message);
  });
});
