import { describe, expect, it } from "vitest";
import { withAllowances } from "../../src/oracle/allowances.ts";
import { faultKinds } from "../../src/oracle/judgement.ts";
import { tiers } from "../../src/oracle/lattice.ts";
import { report, reportJson } from "../../src/oracle/report.ts";
import { readReport } from "../../src/oracle/saved-report.ts";
import type { Verdict } from "../../src/oracle/verdict.ts";
import { verify } from "../../src/oracle/verify.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { read } from "../support/documents.ts";
import { breaches } from "../support/schema.ts";
import { candidateOf } from "./support.ts";

/** A verdict by hand: one failure of every part, one operation of every verdict. */
const verdict: Verdict = {
  candidate: { name: "mine", precision: "float32" }, seed: 7, seconds: 1.25, agrees: false, unknown: ["attention"],
  operations: [
    { operation: "convolution", verdict: "disagrees", tiers: [
      { tier: "structure", cases: 40, failed: 3, skipped: { "no groups": 10 }, missing: { "gradient of bias": 2 }, worst: { ratio: 0, where: "" } },
      { tier: "rounding", cases: 50, failed: 0, skipped: {}, missing: { "gradient of bias": 3 }, worst: { ratio: 0.4321, where: "gradient of input" } },
    ], failures: [{
      operation: "convolution", tier: "structure", seed: 8, path: "0:1:2", also: ["gradient of kernel"],
      fault: { kind: "value", where: "output", message: "expected 21 at [0, 0, 0], got 12", worst: { index: [0, 0, 0], got: 12, expected: 21, radius: 0 }, ratio: Infinity },
      request: {
        id: "convolution/smallest", operation: "convolution", options: { stride: [1], padding: [[0, 0]] },
        inputs: { input: tensor([[[1, 2]]]), kernel: tensor([[[1, 10]]]) }, cotangents: { output: tensor([[[-0]]]) },
      },
      got: { shape: [1, 1, 1], values: [12] }, expected: { shape: [1, 1, 1], values: [21], radius: [1e-6] },
      taps: [{ input: "input", index: [0, 0, 1], value: 2 }, { input: "kernel", index: [0, 0, 1], value: 10 }],
      causes: [{ variant: "kernelFlipped", says: "the kernel flipped" }, { variant: "other", says: "something else" }],
    }] },
    { operation: "maxPooling", verdict: "not offered", tiers: [], failures: [] },
    { operation: "relu", verdict: "agrees", tiers: [{ tier: "structure", cases: 5, failed: 0, skipped: {}, missing: {}, worst: { ratio: 0, where: "" }, stopped: "stopped at the time limit" }], failures: [] },
    { operation: "crossEntropy", verdict: "skipped", tiers: [{ tier: "rounding", cases: 0, failed: 0, skipped: { "not yet": 50 }, missing: {}, worst: { ratio: 0, where: "" } }], failures: [] },
  ],
};

const text = `mine (float32) against the reference · seed 7 · 1.3 s

  operation     tier        cases  worst error as a share of its bound
✗ convolution   structure      40  3 of 40 disagree
✓               rounding       50  0.43 █████░░░░░ gradient of input
✓ relu          structure       5  exact (stopped at the time limit)
– crossEntropy  rounding        0  all skipped

Not compared, and so neither right nor wrong:
  convolution: 10 cases skipped: no groups
  convolution: left out gradient of bias (5 cases)
  crossEntropy: 50 cases skipped: not yet
  not offered: maxPooling
  offered, but not in the catalog: attention

✗ convolution · output (structure tier)
  Likely cause: the answer equals the reference with the kernel flipped.
  On these cases that is the same as something else.
  The same explains what is wrong with gradient of kernel.

  The smallest case found, with stride [1], padding [[0, 0]]:
    input   [1, 1, 2]  1 2
    kernel  [1, 1, 2]  1 10
    cotangent of output  [1, 1, 1]  -0
  output[0, 0, 0]: expected 21 exactly: whole numbers leave nothing to round; got 12
  It depends on input[0, 0, 1] = 2, kernel[0, 0, 1] = 10.

  Again:   npm start -- mine.js --operation convolution --tier structure --seed 8 --path 0:1:2
  By hand:
    import { reference } from "etalon/oracle";
    import { Tensor } from "etalon/tensor";
    const { expected } = reference("convolution", {
      input: new Tensor([1, 1, 2], [1, 2]),
      kernel: new Tensor([1, 1, 2], [1, 10]),
    }, { stride: [1], padding: [[0, 0]] }, {
      output: new Tensor([1, 1, 1], [-0]),
    });
    console.log(expected.outputs["output"]);

Disagrees in convolution; agrees in relu. 95 cases.`;

/** The widths of columns follow from the longest name: runs of spaces within a line are not part of the expectation. */
const spaced = (lines: string): string[] => lines.split("\n").map((line) => line.replace(/(?<=\S) +/g, " "));

describe("a report for people", () => {
  it("says everything, in these words", () => {
    expect(spaced(report(verdict, { command: "npm start -- mine.js" }))).toEqual(spaced(text));
  });

  it("keeps its columns in line", () => {
    const rows = report(verdict).split("\n").slice(2, 7);
    expect(rows.map((row) => row.search(/structure|rounding|tier/))).toEqual([16, 16, 16, 16, 16]);
    expect(new Set(rows.slice(1).map((row) => /\d+(?=  )/.exec(row)!.index + /\d+(?=  )/.exec(row)![0].length)).size).toBe(1);
  });

  it("has colours only where they are wanted, and the same words with them", () => {
    const escape = String.fromCharCode(27);
    expect(report(verdict)).not.toContain(escape);
    const colored = report(verdict, { color: true });
    expect(colored).toContain(`${escape}[31m✗${escape}[0m`);
    expect(colored).toContain(`${escape}[32m✓${escape}[0m`);
    expect(colored.replaceAll(new RegExp(`${escape}\\[\\d+m`, "g"), "")).toBe(report(verdict));
  });

  it("ends with what it comes to", () => {
    const last = (changed: Partial<Verdict>): string => report({ ...verdict, ...changed }).split("\n").at(-1)!;
    const agreeing = verdict.operations.filter(({ verdict: each }) => each !== "disagrees");
    expect(last({ agrees: true, operations: agreeing })).toBe("Agrees in relu; skipped crossEntropy. 5 cases.");
    expect(last({ agrees: true, operations: agreeing.slice(0, 2) })).toBe("Agrees in all that it offers: relu. 5 cases.");
    expect(last({ operations: agreeing.slice(2) })).toBe("Nothing was compared.");
    expect(report({ ...verdict, operations: [] })).toContain("No operation of the catalog is offered.");
  });

  it("says what was not to be had: an operation that is not offered, and what is, or a tier that an operation does not have", async () => {
    const candidate = candidateOf({ crossEntropy: () => ({ skipped: "not yet" }), relu: () => ({ skipped: "not yet" }), attention: () => ({}) });
    const told = async (options: object): Promise<string> => {
      const found = await verify(candidate, { cases: 2, ...options });
      expect(breaches(schema, reportJson(found))).toEqual([]);
      return report(readReport(JSON.parse(JSON.stringify(reportJson(found))))).split("\n")[2]!;
    };
    expect(await told({ operations: ["gru", "lstm"] })).toBe("Does not offer lstm, gru, but relu, crossEntropy.");
    expect(await told({ operations: ["crossEntropy"], tiers: ["structure"] })).toBe("There are no cases of crossEntropy in the tiers and the part that were asked for.");
    expect(await told({ operations: ["gru", "relu"], tiers: ["rounding"] })).toMatch(/^ {2}operation/);
    expect(report(await verify(candidateOf({ attention: () => ({}) }), { operations: ["gru"] }))).toContain("\nNo operation of the catalog is offered.\n");
  });

  it("counts one as one", () => {
    const [first] = verdict.operations;
    const one = { ...first!.tiers[0]!, cases: 1, failed: 0, skipped: { no: 1 }, missing: { bias: 1 }, vacuous: 1, policies: { nanPropagates: 1 }, few: { wanted: 3, asked: 2 } };
    const told = report({ ...verdict, agrees: true, operations: [{ ...first!, verdict: "agrees", tiers: [one], failures: [] }] });
    for (const words of ["(answered 1 of 2; 1 proves nothing)", "1 case skipped: no", "left out bias (1 case)", ", 1 case)", "(few cases). 1 case."]) expect(told).toContain(words);
    expect(report({ ...verdict, operations: [{ ...first!, tiers: [{ ...one, failed: 1 }] }] })).toContain("agrees in nothing. 1 case.");
  });

  it("gives no bound where an infinity or NaN is expected", () => {
    const [operation] = verdict.operations;
    const [failure] = operation!.failures;
    const shown = (expected: number): string => report({ ...verdict, operations: [{ ...operation!, failures: [{ ...failure!, tier: "special",
      fault: { ...failure!.fault, worst: { index: [0, 0, 0], got: 1, expected, radius: Infinity } } }] }] });
    for (const expected of [Infinity, -Infinity, NaN]) expect(shown(expected)).toContain(`  output[0, 0, 0]: expected ${expected}; got 1\n`);
    expect(shown(2)).toContain("expected 2 ± Infinity; got 1\n");
  });

  it("says where few cases were answered, with the reasons, the most frequent first; not of what was skipped altogether", () => {
    const few = { wanted: 100, asked: 500 };
    const skipped = { "no groups": 100, "one axis only": 394 };
    const worst = { ratio: 0, where: "" };
    const told = report({ ...verdict, operations: [
      { operation: "relu", verdict: "agrees", failures: [], tiers: [{ tier: "structure", cases: 6, few, failed: 0, skipped, missing: {}, worst }, { tier: "rounding", cases: 0, few, failed: 0, skipped: { no: 500 }, missing: {}, worst }] },
      { operation: "tanh", verdict: "skipped", failures: [], tiers: [{ tier: "rounding", cases: 0, few, failed: 0, skipped: { no: 500 }, missing: {}, worst }] },
    ], agrees: true });
    expect(spaced(told)).toEqual(expect.arrayContaining(spaced(`✓ relu structure 6 exact (answered 6 of 500)
–  rounding 0 all skipped
Answered too few cases to say much:
  relu · structure: answered 6 of 500 cases, with 100 wanted; others it skipped: one axis only (394), no groups (100)
  relu · rounding: answered 0 of 500 cases, with 100 wanted; others it skipped: no (500)
Agrees in relu (few cases); skipped tanh. 6 cases.`)));
    expect(told).not.toContain("tanh · rounding:");
  });

  it("says where a failure depends on what was asked before, and after what it shows", () => {
    const [convolution, ...others] = verdict.operations;
    const [failure] = convolution!.failures;
    const kept = (after: object): Verdict => ({ ...verdict, operations: [{ ...convolution!, failures: [{ ...failure!, causes: [], also: [], kept: after }] }, ...others] });
    const told = report(kept({ after: failure!.request }));
    expect(told).toContain(`✗ convolution · output (structure tier)
  Asked alone, it answers right: it keeps something from one call to the next.

  The smallest case found,`);
    expect(told).toContain(`  It is wrong after this case of convolution, with stride [1], padding [[0, 0]]:
    input                [1, 1, 2]  1 2
    kernel               [1, 1, 2]  1 10
    cotangent of output  [1, 1, 1]  -0

  Again:   not by this case alone, but among others: etalon verify CANDIDATE --operation convolution --tier structure --seed 8
`);
    expect(report(kept({}))).not.toContain("It is wrong after");
    for (const each of [kept({}), kept({ after: failure!.request })]) {
      expect(breaches(schema, reportJson(each))).toEqual([]);
      expect(report(readReport(JSON.parse(JSON.stringify(reportJson(each)))))).toBe(report(each));
    }
    expect(breaches(schema, reportJson({ ...verdict, operations: verdict.operations.map((each) => ({ ...each, tiers: each.tiers.map((tier) => ({ ...tier, few: { wanted: 2, asked: 3 } })) })) }))).toEqual([]);
  });

  it("says which part of the cases was run", () => {
    expect(report({ ...verdict, shard: { index: 2, count: 3 } }).split("\n")[0]).toBe("mine (float32) against the reference · seed 7 · shard 2/3 · 1.3 s");
  });

  it("shows a share of the bound rounded down, so that 1.00 is the bound itself", () => {
    const bar = (ratio: number): string => {
      const [first] = verdict.operations;
      const changed = report({ ...verdict, operations: [{ ...first!, tiers: [{ ...first!.tiers[1]!, worst: { ratio, where: "output" } }], failures: [] }] });
      return /\d\.\d\d [█░]+/.exec(changed)![0];
    };
    expect([bar(0.9999), bar(1), bar(0.0001), bar(0.55)]).toEqual(["0.99 ██████████", "1.00 ██████████", "0.00 █░░░░░░░░░", "0.55 ██████░░░░"]);
  });

  it("gives bound and ratio where rounding is allowed, and the fault's own words where no number is wrong", () => {
    const [operation] = verdict.operations;
    const [failure] = operation!.failures;
    const shown = (changed: object): string => report({ ...verdict, operations: [{ ...operation!, failures: [{ ...failure!, causes: [], also: [], taps: [], ...changed }] }] });
    const rounding = shown({ tier: "rounding", fault: { ...failure!.fault, worst: { index: [0, 0, 0], got: 21.5, expected: 21, radius: 0.25 }, ratio: 2 } });
    expect(rounding).toContain("  output[0, 0, 0]: expected 21 ± 0.25; got 21.5, 2 times the bound\n");
    expect(rounding).toContain("  No known habit explains it.\n");
    expect(shown({ fault: { kind: "hung", where: "answer", message: "no answer within 10 s" } })).toContain("  answer: no answer within 10 s\n");
    expect(shown({ fault: { kind: "hung", where: "answer", message: "no answer within 10 s" } })).not.toContain("No known habit");
  });

  it("shows the whole answer beside the expected one where both can be read, and not too many names", () => {
    const [operation] = verdict.operations;
    const [failure] = operation!.failures;
    const shown = (changed: object): string[] =>
      report({ ...verdict, operations: [{ ...operation!, failures: [{ ...failure!, ...changed }] }] }).split("\n");
    const expected = { shape: [3], values: [1, 2.5, -3], radius: [0, 0, 0] };
    const lines = shown({ expected, got: { shape: [3], values: [-3, "NaN", 1] } });
    const at = lines.findIndex((line) => line.startsWith("  In all"));
    expect(lines.slice(at - 1, at + 2)).toEqual([
      "  output[0, 0, 0]: expected 21 exactly: whole numbers leave nothing to round; got 12", "  In all, expected  1 2.5 -3", "               got  -3 NaN 1",
    ]);
    const long = { shape: [25], values: Array.from({ length: 25 }, () => 1), radius: [] };
    for (const changed of [{}, { expected, got: undefined }, { expected: long, got: long }]) expect(shown(changed).join("\n")).not.toContain("In all");
    expect(shown({ also: ["a", "b", "c", "d", "e", "f"] })).toContain("  The same explains what is wrong with a, b, c, d, e, f.");
    expect(shown({ also: ["a", "b", "c", "d", "e", "f", "g"] })).toContain("  The same explains what is wrong with a, b, c, d, e and 2 more.");
  });

  it("says what explains several failures at once", () => {
    const [operation] = verdict.operations;
    const [failure] = operation!.failures;
    const both = { ...verdict, operations: [{ ...operation!, failures: [failure!, failure!], together: { variant: "a + b", says: "this, and with that" } }] };
    expect(report(both)).toContain("\n\nconvolution · all 2 at once: its answers equal the reference with this, and with that.\n");
    expect(breaches(JSON.parse(read("docs/oracle/report.schema.json")), JSON.parse(JSON.stringify(reportJson(both))))).toEqual([]);
    expect(report(verdict)).not.toContain("at once");
  });

  it("leaves the program out, and cuts the numbers off, where there are too many to read", () => {
    const [operation] = verdict.operations;
    const [failure] = operation!.failures;
    const long = report({ ...verdict, operations: [{ ...operation!, failures: [{ ...failure!, request: { ...failure!.request, inputs: { input: zeros([1, 1, 100]) } } }] }] });
    expect(long).toContain(" … 52 more");
    expect(long).not.toContain("By hand");
    expect(long).toContain("Again:");
  });
});

const schema = JSON.parse(read("docs/oracle/report.schema.json")) as Record<string, unknown>;

describe("a report for machines", () => {
  it("has a schema that knows every tier and every kind of fault", () => {
    expect(schema["$defs"]).toMatchObject({ tier: { enum: tiers }, kind: { enum: faultKinds } });
  });

  it("keeps its schema, whatever is told", async () => {
    expect(breaches(schema, reportJson(verdict))).toEqual([]);
    const numbers = [NaN, -0, Infinity];
    const rude = candidateOf({
      relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: Float32Array.from(input!.data, (value, i) => (value < 0 ? numbers[i % 3]! : value)) } } }),
      tanh: () => { throw new Error("not today"); },
      maxPooling: ({ input }) => (input!.data.length > 5 ? { skipped: "too large" } : { outputs: {} }),
      fullyConnected: ({ input }) => ({ outputs: { output: input, extra: 1 } }),
      elu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: Float32Array.from(input!.data, Math.random) } } }),
      attention: () => ({ skipped: "unknown" }),
    });
    const real = await verify(rude, { operations: ["relu", "tanh", "maxPooling", "fullyConnected", "elu"], tiers: ["structure", "rounding", "special", "laws"], cases: 10, shard: { index: 2, count: 2 } });
    expect(breaches(schema, JSON.parse(JSON.stringify(reportJson(real))))).toEqual([]);
    const kinds = new Set(real.operations.flatMap(({ failures }) => failures.map(({ fault }) => fault.kind)));
    for (const kind of ["value", "error", "form", "flaky"] as const) expect(kinds).toContain(kind);
    const known = [{ operation: "relu", where: "output", reason: "x" }, { operation: "tanh", where: "output", reason: "y", url: "https://example.org" }];
    expect(breaches(schema, reportJson(withAllowances(real, known)))).toEqual([]);
  });

  it("counts laws by operation, and the text sums them up, most frequent first", async () => {
    const tried = await verify(candidateOf({ relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: Float32Array.from(input!.data, (x) => Math.max(0, x)) } } }) }), {
      operations: ["relu"], tiers: ["laws"], cases: 100,
    });
    const [{ tiers: [tier] }] = reportJson(tried)["operations"] as [{ readonly tiers: readonly [{ readonly laws: Record<string, number> }] }];
    expect(breaches(schema, reportJson(tried))).toEqual([]);
    expect(Object.values(tier.laws).reduce((sum, count) => sum + count)).toBe(20);
    const words = Object.entries(tier.laws).sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`).join(", ");
    expect(report(tried)).toContain(`\nLaws, by the cases that tried them: ${words}.\n`);
    expect(report(verdict)).not.toContain("Laws, by");
  });

  it("would be told apart from what is none", () => {
    const json = reportJson(verdict);
    const broken = [{ ...json, seed: 0.5 }, { ...json, agrees: "yes" }, { ...json, extra: 1 }, { ...json, operations: [{ operation: "relu" }] }];
    expect(broken.map((each) => breaches(schema, each)[0])).toEqual([
      "$.seed: expected integer, got 0.5", '$.agrees: expected boolean, got "yes"', "$: expected no extra", '$.operations[0]: expected verdict, got {"operation":"relu"}',
    ]);
  });

  it("is the verdict in plain JSON, requests in the protocol's form", () => {
    const json = reportJson(verdict);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    const [convolution] = json["operations"] as [{ readonly failures: readonly [Record<string, any>] }];
    expect(convolution.failures[0]["request"]).toEqual({
      command: "run", id: "convolution/smallest", operation: "convolution", options: { stride: [1], padding: [[0, 0]] },
      inputs: { input: { shape: [1, 1, 2], values: [1, 2] }, kernel: { shape: [1, 1, 2], values: [1, 10] } }, cotangents: { output: { shape: [1, 1, 1], values: ["-0"] } },
    });
    expect(convolution.failures[0]["fault"].ratio).toBe("Infinity");
    expect({ ...json, operations: [] }).toEqual({ ...verdict, operations: [] });
  });

  it("holds whatever a candidate answered, numbers of any kind and things that JSON has no words for", async () => {
    const answers = candidateOf({ relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: Float32Array.from(input!.data, () => NaN), note: 3n, f: () => 1 } } }) });
    const json = reportJson(await verify(answers, { operations: ["relu"], tiers: ["structure"], cases: 5 }));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(JSON.stringify(json)).toContain('"NaN"');
    expect(JSON.stringify(json)).toContain('"note":"3"');
  });
});
