import fc from "fast-check";
import { describe, expect, it } from "vitest";
import flippedKernel from "../../examples/candidates/flipped-kernel.ts";
import im2col from "../../examples/candidates/im2col.ts";
import * as oracle from "../../src/oracle/index.ts";
import type { Failure } from "../../src/oracle/index.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { casesOf, tiers } from "../../src/oracle/lattice.ts";
import { snippet } from "../../src/oracle/report.ts";
import { isFirstOfItsCase, verify } from "../../src/oracle/verify.ts";
import { flip } from "../../src/cnn/convolution.ts";
import { filled, map, Tensor, tensor } from "../../src/tensor/tensor.ts";
import * as tensors from "../../src/tensor/index.ts";
import { atLength, runs } from "../support/runs.ts";
import { candidateOf, mapNames, referenceCandidate } from "./support.ts";

const { moduleCandidate } = oracle;
const flipped = moduleCandidate(flippedKernel as never);

/** The numbers of every tensor of a case. */
const sizes = ({ request }: Failure): readonly number[] => [...Object.values(request.inputs), ...Object.values(request.cotangents ?? {})].map(({ values }) => values.length);

/** Runs the program that a report prints, with the library's own modules in the place of its imports. */
function runSnippet(lines: readonly string[]): unknown {
  const program = lines.join("\n").replace(/import \{ (\w+) \} from "etalon\/(\w+)";/g, "const { $1 } = modules.$2;");
  const printed: unknown[] = [];
  new Function("modules", "console", program)({ oracle, tensor: tensors }, { log: (value: unknown) => printed.push(value) });
  return printed[0];
}

describe("a run of verification", () => {
  it("agrees with honest float32 code, whatever the seed", async () => {
    const count = atLength ? Math.min(12, runs(2)) : 1;
    for (const seed of atLength ? [1, 2] : [1]) {
      const verdict = await verify(moduleCandidate(im2col as never), { cases: count, seed });
      expect(verdict.operations.flatMap(({ failures }) => failures.map((failure) => `${failure.operation} ${failure.fault.message}`))).toEqual([]);
      expect(verdict.agrees).toBe(true);
      expect(verdict.operations.map(({ verdict: each }) => each)).toEqual(catalog.map(() => "agrees"));
      expect(verdict.operations.flatMap(({ tiers }) => tiers).every(({ tier, cases, failed, worst }) => (tier === "statistics" || cases === casesOf(tier, count)) && failed === 0 && worst.ratio <= 1)).toBe(true);
    }
  });

  it.runIf(atLength)("agrees with the reference in float64, whose bounds are 2²⁹ times narrower", async () => {
    const wide = referenceCandidate();
    const verdict = await verify({ ...wide, precision: "float64", run: ({ operation, inputs, options, cotangents }) => {
      const { expected } = oracle.reference(operation, inputs, options, cotangents);
      return { outputs: expected.outputs, gradients: expected.gradients };
    } }, { cases: Math.min(12, runs(3)) });
    expect(verdict.agrees).toBe(true);
    const narrow = await verify({ ...wide, precision: "float64" }, { cases: 10, operations: ["convolution"], tiers: ["rounding"] });
    expect(narrow.operations[0]!.verdict).toBe("disagrees");
  });
});

describe("the classic mistake, a flipped kernel", () => {
  const found = verify(flipped, { cases: 60, operations: ["convolution"], tiers: ["structure"] });

  it("is found, and reported once with the smallest case and its cause", async () => {
    const { failures, verdict } = (await found).operations[0]!;
    expect(verdict).toBe("disagrees");
    expect(failures).toHaveLength(1);
    const [failure] = failures as [Failure];
    expect(failure.fault).toMatchObject({ kind: "value", where: "output", worst: { got: 0, expected: 1 } });
    expect(Math.max(...sizes(failure))).toBe(2);
    expect([...failure.request.inputs["input"]!.values, ...failure.request.inputs["kernel"]!.values].every((value) => [0, 1].includes(value))).toBe(true);
    expect(failure.request.options).toEqual({ stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 });
    expect(failure.causes[0]!.variant).toBe("kernelFlipped");
    expect([...failure.also].sort()).toEqual(["gradient of input", "gradient of kernel"]);
  });

  it("names the elements on which the wrong number depends", async () => {
    const { taps } = (await found).operations[0]!.failures[0]!;
    expect(taps.map(({ input }) => input)).toEqual(["input", "kernel"]);
    expect(taps.every(({ value }) => value === 1)).toBe(true);
  });

  it("is replayed by seed and path, down to the same smallest case", async () => {
    const [failure] = (await found).operations[0]!.failures as [Failure];
    const again = await verify(flipped, { operations: ["convolution"], tiers: ["structure"], seed: failure.seed, path: failure.path });
    expect(again.operations[0]!.failures).toHaveLength(1);
    expect(again.operations[0]!.failures[0]).toMatchObject({ request: failure.request, fault: failure.fault, causes: failure.causes });
    expect(again.operations[0]!.tiers[0]!.cases).toBe(1);
  });

  it("is replayed at once even where it is rare: no other case comes before it", async () => {
    const rare = referenceCandidate((reply, { inputs }) =>
      (inputs["input"]!.values.length >= 40 ? { outputs: mapNames(reply.outputs, (output) => filled((output as tensors.Tensor).shape, 7)) } : reply));
    const run = await verify(rare, { operations: ["relu"], tiers: ["structure"], cases: 200 });
    const [failure] = run.operations[0]!.failures as [Failure];
    expect(run.operations[0]!.tiers[0]!.failed).toBeLessThan(100);
    const again = await verify(rare, { operations: ["relu"], tiers: ["structure"], seed: failure.seed, path: failure.path });
    expect(again.operations[0]!.failures[0]?.request).toEqual(failure.request);
    expect(again.operations[0]!.tiers[0]).toMatchObject({ cases: 1, failed: 1 });
  });

  it("prints a program that shows the expected number", async () => {
    const [failure] = (await found).operations[0]!.failures as [Failure];
    const printed = runSnippet(snippet(failure)) as tensors.Tensor;
    expect(tensors.at(printed, failure.fault.worst!.index)).toBe(failure.fault.worst!.expected);
    expect(printed.values).toEqual(failure.expected!.values);
  });

  it("prints a program for gradients, special numbers and names with dots too", async () => {
    const shown = (operation: string, where: string, inputs: object, options: object, cotangents?: object): unknown => runSnippet(snippet({
      operation, fault: { kind: "value", where, message: "" },
      request: { id: "a", operation, inputs: inputs as never, options: options as never, ...(cotangents === undefined ? {} : { cotangents: cotangents as never }) },
    }));
    expect(shown("relu", "gradient of input", { input: tensor([-0, NaN, Infinity]) }, {}, { output: tensor([1, 2, 3]) })).toMatchObject({ values: [0, expect.anything(), 3] });
    expect(shown("gradientDescent", "params.1.w", { "params.w": tensor([1]), "gradients.1.w": tensor([2]) }, { rate: 0.25, weightDecay: 0 })).toMatchObject({ values: [0.5] });
    expect(shown("relu", "answer", { input: tensor([1]) }, {})).toMatchObject({ outputs: { output: { values: [1] } } });
  });
});

describe("several faults of one operation", () => {
  it("are told apart: a bias left out, and a dilation ignored", async () => {
    const faulty = referenceCandidate((reply, { inputs, options, operation, cotangents }) => {
      if (operation !== "convolution") return reply;
      const { bias, ...others } = inputs;
      const wrong = oracle.reference("convolution", others, { ...options, dilation: (options["dilation"] as number[]).map(() => 1) }, cotangents);
      return { outputs: { output: wrong.expected.outputs["output"]! }, gradients: reply.gradients };
    });
    const { failures } = (await verify(faulty, { operations: ["convolution"], tiers: ["structure"], cases: 120 })).operations[0]!;
    const causes = failures.map(({ causes: [likely] }) => likely?.variant);
    expect(causes).toContain("dilationIgnored + biasLeftOut");
    expect(causes).toContain("dilationIgnored");
    expect(failures.length).toBeGreaterThanOrEqual(2);
    expect(failures.length).toBeLessThanOrEqual(5);
    expect(failures.some(({ fault }) => fault.kind === "form" || fault.kind === "value")).toBe(true);
    expect(new Set(failures.map(({ fault, causes: each }) => `${fault.kind} ${each[0]?.variant}`)).size).toBeGreaterThanOrEqual(2);
  });

  it("are one where two habits at once explain them", async () => {
    const faulty = referenceCandidate((reply, { inputs: { bias: _, ...others }, options, operation }) => {
      if (operation !== "convolution") return reply;
      const { expected } = oracle.reference("convolution", { ...others, kernel: flip(others["kernel"]!) }, options);
      return { outputs: { output: expected.outputs["output"]! } };
    });
    const { failures } = (await verify(faulty, { operations: ["convolution"], tiers: ["structure"], cases: 60 })).operations[0]!;
    expect(failures.map(({ fault, causes: [likely] }) => [fault.where, likely?.variant])).toEqual([["output", "kernelFlipped + biasLeftOut"]]);
  });

  it("have one cause that is two habits, each seen in another place", async () => {
    const faulty = (leftOut: string) => referenceCandidate((reply, { inputs: { bias: _, ...others }, options, operation, cotangents }) => {
      if (operation !== "fullyConnected" || cotangents === undefined) return reply;
      const { outputs } = oracle.reference("fullyConnected", others, options).expected;
      const negated = mapNames(reply.gradients, (gradient) => tensors.map(gradient as tensors.Tensor, (value) => -value));
      return { outputs, gradients: Object.fromEntries(Object.entries(negated).filter(([name]) => name !== leftOut)) };
    });
    const run = async (leftOut: string) =>
      (await verify(faulty(leftOut), { operations: ["fullyConnected"], tiers: ["structure"], cases: 40 })).operations[0]!;
    const { failures, together } = await run("bias");
    expect(failures.map(({ causes: [likely] }) => likely?.variant).sort()).toEqual(["biasLeftOut", "gradientNegated"]);
    expect(together?.variant).toBe("biasLeftOut + gradientNegated");
    // Who leaves the bias out has no gradient of it: that one is of the wrong sign is not explained by both at once.
    const more = await run("nothing");
    expect([more.failures.length, more.failures.some(({ also }) => also.includes("gradient of bias")), more.together]).toEqual([2, true, undefined]);
    // What one failure shows is no more than its own cause.
    const unbiased = referenceCandidate((reply, { inputs: { bias: _, ...others }, options, operation }) =>
      (operation === "fullyConnected" ? { outputs: oracle.reference("fullyConnected", others, options).expected.outputs } : reply));
    const [alone] = (await verify(unbiased, { operations: ["fullyConnected"], tiers: ["structure"], cases: 40 })).operations;
    expect([alone!.failures.length, alone!.together]).toEqual([1, undefined]);
  });

  it("are told apart by name: the output of one operation, the gradient of another", async () => {
    const faulty = referenceCandidate(({ outputs, gradients }, { operation }) => ({
      outputs: operation === "relu" ? mapNames(outputs, (output) => filled((output as tensors.Tensor).shape, 7)) : outputs,
      gradients: operation === "fullyConnected" ? { ...gradients, input: filled((gradients["input"] as tensors.Tensor).shape, 7) } : gradients,
    }));
    const verdict = await verify(faulty, { operations: ["fullyConnected", "relu", "maxPooling"], tiers: ["structure"], cases: 20 });
    expect(verdict.operations.map(({ operation, failures }) => [operation, failures.map(({ fault }) => fault.where)]))
      .toEqual([["maxPooling", []], ["fullyConnected", ["gradient of input"]], ["relu", ["output"]]]);
    expect(verdict.agrees).toBe(false);
  });

  it("are shrunk each for itself: the smallest case of one shows that one", async () => {
    const small = (one: { readonly values: readonly number[] }): boolean => one.values.length < 4;
    const faulty = referenceCandidate((reply, { inputs }) => (small(inputs["input"]!) ? { error: "too small" } : { outputs: mapNames(reply.outputs, (output) => filled((output as tensors.Tensor).shape, 7)) }));
    const { failures } = (await verify(faulty, { operations: ["relu"], tiers: ["structure"], cases: 60 })).operations[0]!;
    expect(failures.map(({ fault, request }) => `${fault.kind} ${small(request.inputs["input"]!)}`).sort()).toEqual(["error true", "value false"]);
    expect(failures.find(({ fault }) => fault.kind === "value")!.request.inputs["input"]!.values).toHaveLength(4);
  });

  it("are one where they come down to the same case with the same answer, whatever was drawn", async () => {
    const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: input } }) });
    const { failures: [failure] } = (await verify(copy, { operations: ["relu"], tiers: ["structure"], cases: 20 })).operations[0]!;
    const { request, fault, got } = failure!;
    const kept = (changed: Partial<Failure>): number => [failure!, { ...failure!, tier: "rounding" as const, seed: 5, ...changed }].filter(isFirstOfItsCase).length;
    expect([kept({}), kept({ got: { shape: [], values: (got as Tensor).values ?? [-1] } })]).toEqual([1, 1]);
    expect([
      kept({ got: { shape: [], values: [NaN] } }), kept({ got: { shape: [1], values: [-1] } }), kept({ request: { ...request, inputs: { input: tensor(-2) } } }),
      kept({ fault: { ...fault, where: "gradient of input" } }), kept({ fault: { ...fault, message: "no" } }), kept({ request: { ...request, options: { alpha: 1 } } }),
    ]).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it("are at most five", async () => {
    let count = 0;
    const words = "abcdefghijklmnop";
    const faulty = candidateOf({ relu: () => ({ error: `error ${words[count++ % 16]}` }) });
    expect((await verify(faulty, { operations: ["relu"], tiers: ["structure"], cases: 60 })).operations[0]!.failures.length).toBeLessThanOrEqual(5);
  });
});

describe("every kind of fault", () => {
  const kindOf = async (relu: (input: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }) => unknown): Promise<string[]> => {
    const verdict = await verify(candidateOf({ relu: (({ input }: { input: never }) => relu(input)) as never }), { operations: ["relu"], tiers: ["structure"], cases: 25 });
    return [...new Set(verdict.operations[0]!.failures.map(({ fault }) => `${fault.kind} · ${fault.where}`))];
  };
  const right = (data: ArrayLike<number>): Float32Array => Float32Array.from(data, (value) => Math.max(0, value));

  it.each<[string, Parameters<typeof kindOf>[0], string]>([
    ["a wrong shape", ({ shape, data }) => ({ outputs: { output: { shape: [...shape, 1], data: right(data) } } }), "form · output"],
    ["a wrong count", ({ shape, data }) => ({ outputs: { output: { shape, data: [...right(data), 1] } } }), "form · output"],
    ["what are no numbers", ({ shape, data }) => ({ outputs: { output: { shape, data: Array.from(data, String) } } }), "form · output"],
    ["a stranger's name", ({ shape, data }) => ({ outputs: { result: { shape, data: right(data) } } }), "form · result"],
    ["NaN", ({ shape, data }) => ({ outputs: { output: { shape, data: right(data).map(() => NaN) } } }), "value · output"],
    ["a thrown error", () => { throw new Error("no"); }, "error · answer"],
    ["a rejected promise", () => Promise.reject(new Error("no")), "error · answer"],
    ["undefined", () => undefined, "form · answer"],
    ["a number", () => 3, "form · answer"],
    ["a function for outputs", () => ({ outputs: () => 1 }), "form · answer"],
    ["a gradient that was not asked for by that name", ({ shape, data }) => ({ outputs: { output: { shape, data: right(data) } }, gradients: { output: { shape, data } } }), "form · gradient of output"],
  ])("is found and named: %s", async (_, relu, fault) => {
    expect(await kindOf(relu)).toEqual([fault]);
  });

  it("is no fault where the answer comes later", async () => {
    expect(await kindOf(({ shape, data }) => new Promise((resolve) => setTimeout(() => resolve({ outputs: { output: { shape, data: right(data) } } }), 1)))).toEqual([]);
  });

  it("survives answers that are anything at all, to operations with known habits too", async () => {
    await fc.assert(fc.asyncProperty(fc.anything(), async (answer) => {
      const verdict = await verify(candidateOf({ convolution: () => answer as never }), { operations: ["convolution"], tiers: ["structure"], cases: 2 });
      expect(verdict.operations[0]!.verdict).not.toBe("agrees");
      JSON.stringify(oracle.reportJson(verdict));
      oracle.report(verdict);
    }), { numRuns: runs(10) });
  });

  it("is flaky where one case has two answers, and the report shows no answer to another case", async () => {
    let calls = 0;
    const flaky = candidateOf({ relu: ({ input }) => {
      calls += 1;
      const data = right(input!.data);
      if (calls % 3 === 0 && data.length > 0) data[0]! += 1;
      return { outputs: { output: { shape: input!.shape, data } } };
    } });
    const { failures } = (await verify(flaky, { operations: ["relu"], tiers: ["structure"], cases: 40 })).operations[0]!;
    expect(failures.map(({ fault }) => fault.kind)).toEqual(["flaky"]);
    const { got, expected } = failures[0]!;
    if (got !== undefined) expect((got as { readonly shape: readonly number[] }).shape).toEqual(expected!.shape);
  });
});

describe("what was not compared", () => {
  const verdicts = async (candidate: oracle.Candidate, operations?: readonly string[]) => {
    const verdict = await verify(candidate, { cases: 5, ...(operations && { operations }) });
    return { agrees: verdict.agrees, by: Object.fromEntries(verdict.operations.map((each) => [each.operation, each.verdict])), verdict };
  };

  it("never counts as right: not offered, refused, or answered with nothing", async () => {
    const mine = candidateOf({ relu: () => ({ skipped: "not yet" }), maxPooling: () => ({ outputs: {} }) });
    const { agrees, by, verdict } = await verdicts(mine);
    expect(agrees).toBe(false);
    expect(by).toEqual(Object.fromEntries(catalog.map(({ name }) => [name, ["relu", "maxPooling"].includes(name) ? "skipped" : "not offered"])));
    const [tier] = verdict.operations.find(({ operation }) => operation === "relu")!.tiers;
    expect(tier).toMatchObject({ cases: 0, failed: 0, skipped: { "not yet": 25 } });
    expect(oracle.report(verdict)).toContain("Nothing was compared.");
  });

  it("never counts as right either where only cases are answered that prove nothing: an output of zeros alone", async () => {
    const zeros = referenceCandidate(({ outputs }) => ((outputs["output"] as Tensor).values.every((value) => value === 0) ? { outputs } : { skipped: "not all 0" }));
    const { operations: [relu], agrees } = await verify(zeros, { operations: ["relu"], tiers: ["structure"], cases: 100 });
    const [tier] = relu!.tiers;
    expect(tier!.cases).toBeGreaterThan(0);
    expect([tier!.vacuous, relu!.verdict, agrees]).toEqual([tier!.cases, "skipped", false]);
  });

  it("is told beside what agrees, and does not become part of it", async () => {
    const right = referenceCandidate();
    const { agrees, by, verdict } = await verdicts({ ...right, operations: ["relu", "maxPooling"], run: (request) => (request.operation === "relu" ? right.run(request) : { skipped: "no" }) }, ["relu", "maxPooling"]);
    expect([agrees, by]).toEqual([true, { relu: "agrees", maxPooling: "skipped" }]);
    expect(oracle.report(verdict)).toContain("Agrees in relu; skipped maxPooling. 16 cases.");
  });

  it("is counted by name: outputs and gradients that were left out", async () => {
    const forward = referenceCandidate(({ outputs }) => ({ outputs }));
    const { verdict } = await verdicts(forward, ["relu"]);
    expect(verdict.operations[0]!.tiers[0]).toMatchObject({ cases: 5, missing: { "gradient of input": 5 } });
  });

  it("names what the catalog does not hold", async () => {
    expect((await verdicts(candidateOf({ relu: () => ({ skipped: "no" }), attention: () => ({}) }))).verdict.unknown).toEqual(["attention"]);
  });
});

describe("a candidate that skips most cases", () => {
  /** Answers only where the first input has so many numbers. */
  const picky = (least: number) => referenceCandidate((reply, { inputs }) => (inputs["input"]!.values.length >= least ? reply : { skipped: "too small" }));
  const tierOf = async (options: object) => (await verify(picky(20), { operations: ["relu"], tiers: ["structure"], ...options })).operations[0]!.tiers[0]!;

  it("is asked others, until as many are answered as are wanted", async () => {
    const tier = await tierOf({ cases: 30 });
    expect(tier.cases).toBe(30);
    expect(tier.skipped["too small"]).toBeGreaterThan(15);
    expect(tier).not.toHaveProperty("few");
  });

  it("is asked five times as many and no more, and then is said to have answered few", async () => {
    const { operations, agrees } = await verify(picky(220), { operations: ["relu"], tiers: ["structure", "rounding"], cases: 40 });
    const [{ cases, skipped, few }] = operations[0]!.tiers as [oracle.TierReport];
    expect([agrees, cases > 0, 2 * cases < 40, few, skipped["too small"]]).toEqual([true, true, true, { wanted: 40, asked: 200 }, 200 - cases]);
    const text = oracle.report({ candidate: { name: "picky", precision: "float32" }, seed: 1, seconds: 0, agrees, operations, unknown: [] });
    expect(text).toContain(`(answered ${cases} of 200)`);
    expect(text).toContain(`Answered too few cases to say much:\n  relu · structure: answered ${cases} of 200 cases, with 40 wanted; others it skipped: too small (${200 - cases})`);
    expect(text.split("\n").at(-1)).toMatch(/^Agrees in all that it offers: relu \(few cases\)\. \d+ cases\.$/);
  });

  it("is asked others by every part of a run, as many as are that part's, and none that another part asks", async () => {
    const seen = async (shard: oracle.Shard) => {
      const asked: string[] = [];
      const listening = referenceCandidate((reply, { inputs }) => {
        asked.push(JSON.stringify(inputs));
        return asked.length % 2 === 0 ? { skipped: "every other" } : reply;
      });
      const [relu] = (await verify(listening, { operations: ["matrixProduct"], tiers: ["structure"], cases: 21, shard })).operations;
      return { asked, cases: relu!.tiers[0]!.cases };
    };
    const parts = await Promise.all([1, 2].map((index) => seen({ index, count: 2 })));
    expect(parts.map(({ cases }) => cases).sort()).toEqual([10, 11]);
    const all = parts.flatMap(({ asked }) => asked);
    expect(all.length).toBeGreaterThan(35);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([["structure", "0:99:99"], ["structure", "0:99999"], ["structure", "abc"]] as const)("is refused where there is none along its path: %s %s", async (tier, path) => {
    await expect(verify(referenceCandidate(), { operations: ["tanh", "relu"], tiers: [tier], path })).rejects.toThrow(
      new RangeError(`verify: expected the path of a case, with the seed, operation and tier of its report, got "${path}"`));
  });

  it("replays one case, and no other in its place", async () => {
    expect(await tierOf({ seed: 1, path: "0" })).toMatchObject({ cases: 0, skipped: { "too small": 1 } });
  });
});

describe("a fault that depends on what was asked before", () => {
  /** Adds 1 to what is asked after a tensor of four numbers or more. */
  const keeping = (begun: { count: number }): oracle.Candidate => {
    let large = false;
    begun.count++;
    const one = referenceCandidate((reply, { inputs }) => {
      const answer = large ? { outputs: mapNames(reply.outputs, (output) => map(output as Tensor, (value) => value + 1)) } : reply;
      large ||= inputs["input"]!.values.length >= 4;
      return answer;
    });
    return { ...one, another: () => Promise.resolve({ ...keeping(begun), close: () => Promise.resolve() }) };
  };

  it("is told to do so, with a case after which alone it shows, and without a cause by coincidence", async () => {
    const begun = { count: 0 };
    const verdict = await verify(keeping(begun), { operations: ["relu"], tiers: ["structure"], cases: 40 });
    const [failure] = verdict.operations[0]!.failures as [Failure];
    expect(failure.request.inputs["input"]!.values.length).toBeLessThan(4);
    expect(failure.kept!.after!.inputs["input"]!.values.length).toBeGreaterThanOrEqual(4);
    expect(failure.causes).toEqual([]);
    expect(begun.count).toBeLessThan(25);
    const text = oracle.report(verdict);
    expect(text).toContain("  Asked alone, it answers right: it keeps something from one call to the next.");
    expect(text).toContain("  It is wrong after this case of relu, with no options:\n    input  ");
    expect(text).toContain("  Again:   not by this case alone, but among others: etalon verify CANDIDATE --operation relu --tier structure --seed 1\n");
    expect(text).not.toContain("No known habit");
  });

  it("is told to do so beside what is wrong in any case", async () => {
    const shifted = (one: oracle.Candidate): oracle.Candidate => ({ ...one, run: async (request) => {
      const reply = await one.run(request);
      return { ...reply, gradients: mapNames(reply.gradients ?? {}, (gradient) => map(gradient as Tensor, (value) => value + 3)) };
    }, another: async () => ({ ...shifted(await one.another!()), close: () => Promise.resolve() }) });
    const { failures } = (await verify(shifted(keeping({ count: 0 })), { operations: ["relu"], tiers: ["structure"], cases: 40 })).operations[0]!;
    expect(failures.filter(({ fault }) => fault.where === "output").map(({ kept }) => kept !== undefined)).toEqual([true]);
    const others = failures.filter(({ fault }) => fault.where !== "output");
    expect([others.length > 0, others.every(({ kept }) => kept === undefined)]).toEqual([true, true]);
  });

  it("is an ordinary one where no second instance can be begun, or that one is wrong alone, too", async () => {
    const of = async (candidate: oracle.Candidate) => (await verify(candidate, { operations: ["relu"], tiers: ["structure"], cases: 20 })).operations[0]!.failures;
    const { another: _, ...alone } = keeping({ count: 0 });
    for (const failure of await of(alone)) expect(failure).not.toHaveProperty("kept");
    let closed = 0;
    const wrong: oracle.Candidate = { ...referenceCandidate((_, { inputs }) => ({ outputs: { output: map(inputs["input"]!, (value) => value + 1) } })),
      another: () => Promise.resolve({ ...wrong, close: () => { closed++; return Promise.resolve(); } }) };
    const failures = await of(wrong);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).not.toHaveProperty("kept");
    expect(closed, "one witness a run").toBe(1);
    // Of several samples the one with the smallest output is doubled: the others have the answer that they have alone.
    const mixed: oracle.Candidate = { ...referenceCandidate((reply) => {
      const { shape, values } = reply.outputs!["output"] as Tensor;
      const [count, size] = [shape[0]!, values.length / shape[0]!];
      const least = values.indexOf(Math.min(...values));
      const isDoubled = (i: number): boolean => count > 1 && Math.floor(i / size) === Math.floor(least / size);
      return { outputs: { output: new Tensor(shape, values.map((value, i) => (isDoubled(i) ? 2 * value : value))) } };
    }), another: () => Promise.resolve({ ...mixed, close: () => Promise.resolve() }) };
    const broken = (await verify(mixed, { operations: ["averagePooling"], tiers: ["laws"], cases: 200 })).operations[0]!.failures;
    expect(broken.map(({ fault: { message } }) => message).join()).toContain("batchApart");
    for (const failure of broken) expect(failure).not.toHaveProperty("kept");
  });
});

describe("a cause", () => {
  /** Slopes of 1 at 0, as long as that is so. */
  const slopes = (isWrong: (values: ArrayLike<number>) => boolean) => referenceCandidate((reply, { inputs, cotangents }) => (cotangents === undefined || !isWrong(inputs["input"]!.values) ? reply
    : { ...reply, gradients: { input: new Tensor(inputs["input"]!.shape, inputs["input"]!.values.map((x, i) => (x >= 0 ? cotangents["output"]!.values[i]! : 0))) } }));
  const says = async (candidate: oracle.Candidate, cases = 60): Promise<string> =>
    (await verify(candidate, { operations: ["relu"], tiers: ["structure"], cases })).operations[0]!.failures[0]!.causes[0]!.says;

  it("is qualified where answers before the failure speak against it, or after", async () => {
    const always = await says(slopes(() => true));
    let asked = 0;
    const later = await says(slopes(() => asked++ > 30));
    asked = 0;
    const earlier = await says(slopes(() => asked++ < 200), 400);
    expect([later, earlier]).toEqual([always, always].map((cause) => `${cause}, but not in all cases where that would show`));
    expect(always).not.toContain("but not");
  });
});

describe("a fault of special values", () => {
  it("does not hide one of numbers that needs more features to show", async () => {
    // With a bias the output is a tenth too large; without one, NaN counts as 7.
    const wrong = referenceCandidate(({ outputs, gradients }, { inputs }) => ({
      gradients, outputs: { output: map(outputs["output"] as Tensor, (value) => (inputs["bias"] ? value * 1.1 : Number.isNaN(value) ? 7 : value)) },
    }));
    const { operations: [found] } = await verify(wrong, { operations: ["fullyConnected"], tiers: ["rounding", "special"], cases: 100 });
    expect(found!.failures.map(({ tier, fault: { where } }) => `${tier} ${where}`)).toEqual(["rounding output", "special output"]);
  });
});

describe("a fault beyond the end of a tile", () => {
  /** The reference, but that of the output's last axis only the first elements are ever written. */
  const tiled = (operation: string, reach: number) => ({
    ...referenceCandidate(({ outputs, gradients }) => ({
      outputs: mapNames(outputs as Record<string, Tensor>, (output) => map(output, (value, i) => (i % (output.shape.at(-1) ?? 1) < reach ? value : 0))), gradients,
    })), operations: [operation],
  });

  const tiles = [["softmax", 8], ["relu", 64], ["fullyConnected", 16], ["convolution", 32], ["maxPooling", 32]] as const;
  it.each(atLength ? tiles : tiles.slice(0, 2))(
    "is found by long axes alone, and shrinks to one more than the tile holds: %s beyond %i", async (operation, reach) => {
      const { operations: [report] } = await verify(tiled(operation, reach), { operations: [operation] });
      const rejecting = report!.tiers.filter(({ failed }) => failed > 0).map(({ tier }) => tier);
      expect(rejecting).toContain("sizes");
      expect(rejecting.filter((tier) => ["structure", "rounding", "special", "degenerate"].includes(tier))).toEqual([]);
      expect(Math.max(...report!.failures[0]!.request.inputs[operation === "fullyConnected" ? "weight" : "input"]!.shape)).toBeLessThanOrEqual(2 * reach);
    });
});

describe("a run that cannot go on", () => {
  it("ends with the reason, and does not pass over what it could not ask", async () => {
    const onProgress = (): void => { throw new Error("no more paper"); };
    await expect(verify(referenceCandidate(), { operations: ["relu"], cases: 5, onProgress })).rejects.toThrow("no more paper");
  });
});

describe("a run that is divided", () => {
  const asked = async (shard?: { index: number; count: number }): Promise<readonly string[]> => {
    const seen: string[] = [];
    const listening = { ...referenceCandidate((reply, { inputs }) => { seen.push(JSON.stringify(inputs["left"])); return reply; }), operations: ["matrixProduct"] };
    const verdict = await verify(listening, { operations: ["matrixProduct"], cases: atLength ? 60 : 20, ...(shard && { shard }) });
    expect(verdict.shard).toEqual(shard);
    return seen;
  };

  it("asks the very cases of the whole in its parts, each once, in every tier", async () => {
    const parts = await Promise.all([1, 2, 3].map((index) => asked({ index, count: 3 })));
    const whole = await asked();
    for (const { length } of parts) expect(Math.abs(length - whole.length / 3)).toBeLessThan(4); // a law asks up to three questions
    expect(parts.flat().sort()).toEqual(whole.slice().sort());
    expect(await asked({ index: 2, count: 3 })).toEqual(parts[1]);
    expect(await asked({ index: 1, count: 1 })).toEqual(whole);
  });

  it("goes on to the end where parts find faults: together as many cases as the whole, in every tier", async () => {
    const copy = candidateOf({ elu: ({ input }) => ({ outputs: { output: input } }) });
    const cases = async (options: object): Promise<readonly number[]> => (await verify(copy, { operations: ["elu"], cases: 20, ...options })).operations[0]!.tiers.map((tier) => tier.cases);
    const parts = await Promise.all([1, 2, 3].map((index) => cases({ shard: { index, count: 3 } })));
    expect((await cases({})).map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0))).toEqual(await cases({}));
  });

  it("says nothing of tiers that have fewer cases than there are parts, in those that get none", async () => {
    const parts = await Promise.all([1, 2, 3, 4].map((index) => verify(referenceCandidate(), { operations: ["relu"], tiers: ["laws"], cases: 10, shard: { index, count: 4 } })));
    expect(parts.map(({ operations: [relu] }) => relu!.tiers.length).sort()).toEqual([0, 0, 1, 1]);
    expect(parts.map(({ operations: [relu] }) => relu!.verdict).sort()).toEqual(["agrees", "agrees", "skipped", "skipped"]);
    const sums = await Promise.all([1, 2, 3].map((index) => verify(referenceCandidate(), { operations: ["matrixProduct"], tiers: ["statistics"], cases: 10, shard: { index, count: 3 } })));
    expect(sums.map(({ operations: [product] }) => product!.tiers.length).sort(), "two cases").toEqual([0, 1, 1]);
  });

  it("says nothing of statistics, either, in a part that has none of their cases", async () => {
    const indices = Array.from({ length: 12 }, (_, i) => i + 1);
    const parts = await Promise.all(indices.map((index) => verify(referenceCandidate(), { operations: ["matrixProduct"], tiers: ["statistics"], cases: 10, shard: { index, count: 12 } })));
    const cases = parts.map(({ operations: [product] }) => product!.tiers.map((tier) => tier.cases));
    expect(cases.filter(([own]) => own === undefined).length).toBeGreaterThan(0);
    expect(cases.flat().every((own) => own > 0)).toBe(true);
  });

  it("replays a failure without its part", async () => {
    const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: input } }) });
    const of = async (options: object): Promise<readonly Failure[]> => (await verify(copy, { operations: ["relu"], tiers: ["structure"], ...options })).operations[0]!.failures;
    const [failure] = await of({ cases: 40, shard: { index: 2, count: 2 } });
    const { seed, path } = failure!;
    for (const shard of [{}, { shard: { index: 2, count: 2 } }]) expect((await of({ seed, path, ...shard }))[0]!.request.inputs).toEqual(failure!.request.inputs);
  });

  it.each([[0, 2], [3, 2], [1.5, 2], [1, 0.5]])("has no part %d of %d", async (index, count) => {
    await expect(verify(candidateOf({}), { shard: { index, count } })).rejects.toThrow(`verify: expected shard as index of count, from 1 to count, got ${index} of ${count}`);
  });
});

describe("how far a run goes", () => {
  const wrong = candidateOf({ relu: () => ({ error: "no" }), convolution: () => ({ error: "no" }) });
  const counted = () => {
    const right = referenceCandidate();
    const asked: string[] = [];
    return { asked, candidate: { ...right, run: (request: oracle.Request) => { asked.push(request.operation); return right.run(request); } } };
  };

  it("is the number of cases for each operation and tier, told before each", async () => {
    const { asked, candidate } = counted();
    const progress: oracle.Progress[] = [];
    await verify(candidate, { operations: ["relu"], tiers: ["structure", "rounding"], cases: 7, onProgress: (each) => progress.push(each) });
    expect(asked).toHaveLength(14);
    expect(progress.map(({ tier, cases }) => `${tier} ${cases}`)).toEqual([..."0123456"].flatMap((i) => [`structure ${i}`]).concat([..."0123456"].map((i) => `rounding ${i}`)));
  });

  it("is one tier or some operations, in the catalog's order", async () => {
    const { asked, candidate } = counted();
    const verdict = await verify(candidate, { operations: ["relu", "maxPooling"], tiers: ["rounding"], cases: 2 });
    expect(asked).toEqual(["maxPooling", "maxPooling", "relu", "relu"]);
    expect(verdict.operations.map(({ operation, tiers }) => [operation, tiers.map(({ tier }) => tier)])).toEqual([["maxPooling", ["rounding"]], ["relu", ["rounding"]]]);
  });

  it("ends with the first failure where it may bail out, and says nothing of what it did not begin", async () => {
    const verdict = await verify(wrong, { bail: true, cases: 20 });
    expect(verdict.operations.map(({ operation, tiers, failures }) => [operation, tiers.length, failures.length])).toEqual([["convolution", 1, 1]]);
    expect(verdict.operations[0]!.tiers[0]!.stopped).toBe("stopped at the first failure");
    expect((await verify(wrong, { cases: 3 })).operations.flatMap(({ failures }) => failures)).toHaveLength(2);
  });

  it("ends at its time limit, which is no agreement", async () => {
    const { asked, candidate } = counted();
    const verdict = await verify(candidate, { timeLimit: -1, cases: 20, operations: ["relu"], tiers: ["structure", "rounding"] });
    expect(asked).toEqual([]);
    expect(verdict).toMatchObject({ agrees: false, operations: [{ verdict: "skipped", tiers: [{ cases: 0, stopped: "stopped at the time limit" }, {}] }] });
  });

  it("gives an operation up after four deaths", async () => {
    const dying = { ...referenceCandidate(), run: () => ({ failure: "died", error: "the process ended with code 1" }) as const };
    const [report] = (await verify(dying, { operations: ["relu"], tiers: ["structure"], cases: 50 })).operations;
    expect(report!.tiers[0]).toMatchObject({ cases: 4, failed: 4, stopped: "given up after 4 cases on which it died, hung or flooded" });
    expect(report!.failures).toHaveLength(1);
    const rarely = { ...dying, run: ({ inputs }: oracle.Request) => (inputs["left"]!.shape[0]! > 1 ? { failure: "hung", error: "no answer" } as const : { skipped: "no" }) };
    const [all] = (await verify(rarely, { operations: ["matrixProduct"], cases: 3 })).operations;
    expect(all!.tiers.reduce((sum, { failed }) => sum + failed, 0), "in all tiers together, and no other tier is begun").toBe(4);
    expect(all!.tiers.at(-1)).toMatchObject({ tier: "laws", cases: 0, stopped: "given up after 4 cases on which it died, hung or flooded" });
  });

  it("gives an operation up after twenty lines that are no answers, and shrinks few of them: each costs a new process", async () => {
    let asked = 0;
    const garbling = { ...referenceCandidate(), run: (): oracle.Reply => {
      asked++;
      return { failure: "garbled", error: "expected one JSON object a line" };
    } };
    const [report] = (await verify(garbling, { operations: ["relu"], tiers: ["structure", "rounding"], cases: 50 })).operations;
    expect(report!.tiers).toMatchObject([{ cases: 20, stopped: "given up after 20 cases on which it wrote what is no answer" }, { cases: 0, stopped: expect.stringMatching(/^given up/) }]);
    expect(asked).toBeLessThan(100);
    asked = 0;
    const right = referenceCandidate();
    // Of one length alone, so that every simpler case is tried in vain.
    let length: number | undefined;
    const odd = { ...right, run: (request: oracle.Request) => {
      const { values } = request.inputs["input"]!;
      length ??= values.length;
      return values.length === length ? garbling.run() : (asked++, right.run(request));
    } };
    const once = (await verify(odd, { operations: ["convolution"], tiers: ["rounding"], cases: 1 })).operations[0]!;
    expect([once.failures.length, asked < 75], `asked ${asked} times`).toEqual([1, true]);
    const [some] = (await verify(garbling, { operations: ["relu"], tiers: ["structure", "rounding"], cases: 12 })).operations;
    expect(some!.tiers.map(({ cases }) => cases), "in all tiers together").toEqual([12, 8]);
  });

  it("follows from the seed alone", async () => {
    const trace = async (seed: number) => {
      const requests: unknown[] = [];
      const right = referenceCandidate();
      await verify({ ...right, run: (request) => { requests.push(oracle.encodeRequest(request)); return right.run(request); } }, { operations: ["convolution"], cases: 5, seed });
      return JSON.stringify(requests);
    };
    expect(await trace(5)).toBe(await trace(5));
    expect(await trace(5)).not.toBe(await trace(6));
  });

  it("tells what is offered only where nothing is of what was asked for", async () => {
    const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: input } }) });
    expect((await verify(copy, { operations: ["gru"], cases: 1 })).offers).toEqual(["relu"]);
    expect(await verify(copy, { operations: ["relu", "gru"], tiers: ["structure"], cases: 1 })).not.toHaveProperty("offers");
  });

  it("wants operations and tiers that exist", async () => {
    await expect(verify(wrong, { operations: ["relu", "convolve"] })).rejects.toThrow(
      new RangeError('verify: expected an operation of the catalog (did you mean convolution or transposedConvolution?), got "convolve"'));
    await expect(verify(wrong, { tiers: ["luck" as never] })).rejects.toThrow(new RangeError(`verify: expected tier ${tiers.join(", ")}, got "luck"`));
  });
});
