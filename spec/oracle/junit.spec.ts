import { describe, expect, it } from "vitest";
import { withAllowances } from "../../src/oracle/allowances.ts";
import { reportJunit } from "../../src/oracle/junit.ts";
import type { Failure, OperationReport, TierReport, Verdict } from "../../src/oracle/verdict.ts";
import { verify } from "../../src/oracle/verify.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { faultsOfXml } from "../support/xml.ts";
import { candidateOf } from "./support.ts";

const tier = (changed: Partial<TierReport> = {}): TierReport =>
  ({ tier: "structure", cases: 5, failed: 0, skipped: {}, missing: {}, worst: { ratio: 0, where: "" }, ...changed }) as TierReport;
const failure = (changed: Partial<Failure> = {}): Failure => ({
  operation: "fullyConnected", tier: "structure", seed: 1, path: "0", got: undefined, taps: [], causes: [], also: [],
  fault: { kind: "value", where: "output", message: "expected 1 at [0], got 2" },
  request: { id: "1", operation: "fullyConnected", inputs: { input: tensor([1]) }, options: {} }, ...changed,
});
const xmlOf = (...operations: readonly OperationReport[]): string =>
  reportJunit({ candidate: { name: "mine", precision: "float32" }, seed: 1, seconds: 1, agrees: false, operations, unknown: [] } as Verdict);
const layer = (tiers: readonly TierReport[], failures: readonly Failure[]): OperationReport => ({ operation: "fullyConnected", verdict: "disagrees", tiers, failures });

/** What became of each test, by its name. */
const results = (xml: string): Record<string, string> =>
  Object.fromEntries([...xml.matchAll(/<testcase classname="\w+" name="([^"]+)"(?:\/>|><(\w+)(?: type="(\w+)")? message="([^"]*)")/g)]
    .map(([, name, result, type, message]) => [name, result === undefined ? "passed" : [result, type, message].filter(Boolean).join(" ")]));

/** The elements, attributes and nesting of the schema that Jenkins' xUnit plugin holds reports against (junit-10.xsd). */
const allowed: Record<string, { inside: readonly string[]; required: readonly string[]; optional: readonly string[] }> = {
  testsuites: { inside: [""], required: [], optional: ["name", "time", "tests", "failures", "errors"] },
  testsuite: { inside: ["testsuites", "testsuite"], required: ["name", "tests", "failures", "errors"], optional: ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"] },
  testcase: { inside: ["testsuite"], required: ["name"], optional: ["time", "classname", "group"] },
  failure: { inside: ["testcase"], required: [], optional: ["type", "message"] },
  error: { inside: ["testcase"], required: [], optional: ["type", "message"] },
  skipped: { inside: ["testcase"], required: [], optional: ["type", "message"] },
};

function breaksSchema(xml: string): readonly string[] {
  const faults: string[] = [...faultsOfXml(xml.slice(xml.indexOf("?>") + 2))];
  const open: string[] = [""];
  for (const [, closing, name, attributes, single] of xml.matchAll(/<(\/?)([a-z]+)([^<>]*?)(\/?)>/g)) {
    if (closing === "/") { open.pop(); continue; }
    const rule = allowed[name!];
    const given = [...attributes!.matchAll(/ (\w+)=/g)].map(([, each]) => each!);
    if (rule === undefined || !rule.inside.includes(open.at(-1)!)) faults.push(`${name} in ${open.at(-1)}`);
    else faults.push(...rule.required.filter((each) => !given.includes(each)), ...given.filter((each) => ![...rule.required, ...rule.optional].includes(each)));
    if (single === "") open.push(name!);
  }
  return faults;
}

describe("a verdict as JUnit XML", () => {
  it("has a suite for each operation and a test for each tier and name, in these words", () => {
    const xml = xmlOf(layer([tier({ failed: 3, missing: { "gradient of bias": 5 } })], [failure({ causes: [{ variant: "x", says: "a < b & \"c\"" }], also: ["gradient of input"] })]));
    expect(xml.split("\n")).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="mine" tests="5" failures="2" errors="0">',
      '<testsuite name="fullyConnected" tests="5" failures="2" errors="0" skipped="1">',
      '<testcase classname="fullyConnected" name="structure: answer"/>',
      '<testcase classname="fullyConnected" name="structure: output"><failure type="value" message="expected 1 at [0], got 2">Likely cause: the answer equals the reference with a &lt; b &amp; "c".</failure></testcase>',
      '<testcase classname="fullyConnected" name="structure: gradient of input"><failure type="value" message="as output: expected 1 at [0], got 2">Likely cause: the answer equals the reference with a &lt; b &amp; "c".</failure></testcase>',
      '<testcase classname="fullyConnected" name="structure: gradient of weight"/>',
      '<testcase classname="fullyConnected" name="structure: gradient of bias"><skipped message="left out in 5 cases"></skipped></testcase>',
      "</testsuite>",
      "</testsuites>",
      "",
    ]);
    expect(breaksSchema(xml)).toEqual([]);
  });

  it("counts what could not be answered as an error, what is allowed or was not compared as skipped", () => {
    expect(results(xmlOf(layer([tier({ failed: 1 })], [failure({ fault: { kind: "died", where: "answer", message: "killed" } })])))).toMatchObject({
      "structure: answer": "error died killed", "structure: output": "passed",
    });
    const known = { operation: "fullyConnected", where: "output", reason: "known", url: "https://example.org" };
    const xml = reportJunit(withAllowances({
      candidate: { name: "mine", precision: "float32" }, seed: 1, seconds: 1, agrees: false, unknown: [], operations: [layer([tier({ failed: 1 })], [failure()])],
    }, [known]));
    expect(results(xml)["structure: output"]).toBe("skipped allowed: known");
    expect(xml).toContain(">https://example.org</skipped>");
    expect(results(xmlOf(layer([tier({ cases: 0, skipped: { "not yet": 3, never: 2 } })], [])))["structure: output"]).toBe("skipped not yet; never");
    expect(results(xmlOf(layer([tier({ cases: 0, stopped: "stopped at the time limit" })], [])))["structure: output"]).toBe("skipped stopped at the time limit");
    expect(results(xmlOf({ operation: "relu", verdict: "not offered", tiers: [], failures: [] }))).toEqual({ answer: "skipped not offered" });
  });

  it("does not show a tier green whose wrong answers were known from another one", () => {
    const shown = results(xmlOf(layer([tier({ failed: 2 }), tier({ tier: "rounding", failed: 4 })], [failure()])));
    expect(shown["rounding: output"]).toBe("failure value expected 1 at [0], got 2");
    expect(shown["rounding: gradient of input"]).toBe("passed");
    const fresh = results(xmlOf(layer([tier({ failed: 2 }), tier({ tier: "rounding", failed: 0 })], [failure()])));
    expect(fresh["rounding: output"]).toBe("passed");
    expect(results(xmlOf(layer([tier({ failed: 2 })], [])))["structure: answer"]).toBe("failure value 2 of 5 cases disagree");
  });

  it("lets one name of the catalog stand for any, and adds what nobody asked for", () => {
    const rule = (where: string): Record<string, string> => results(xmlOf({
      operation: "momentum", verdict: "disagrees", tiers: [tier({ failed: 1, tier: "rounding" })],
      failures: [failure({ operation: "momentum", tier: "rounding", fault: { kind: "value", where, message: "wrong" } })],
    }));
    expect(Object.entries(rule("params.1.bias")).filter(([, result]) => result !== "passed")).toHaveLength(1);
    expect(Object.keys(rule("params.1.bias"))).not.toContain("rounding: params.1.bias");
    expect(rule("velocity")).toMatchObject({ "rounding: velocity": "failure value wrong" });
  });

  it("is XML whatever a candidate says", () => {
    const rude = `<\u0000]]>&"'\n\ud800 \u{1f600}`;
    const xml = xmlOf(layer([tier({ failed: 1 })], [failure({ fault: { kind: "error", where: "answer", message: rude }, causes: [{ variant: "x", says: rude }] })]));
    expect(breaksSchema(xml)).toEqual([]);
    expect(xml).toContain("message=\"&lt;\ufffd]]&gt;&amp;&quot;' \ufffd \u{1f600}\"");
  });

  it("tells a real run", async () => {
    const copy = candidateOf({ relu: ({ input }) => ({ outputs: { output: { shape: input!.shape, data: input!.data } } }) });
    const xml = reportJunit(await verify(copy, { operations: ["relu", "tanh"], cases: 10 }));
    expect(breaksSchema(xml)).toEqual([]);
    expect(results(xml)).toMatchObject({
      "structure: answer": "passed", "structure: output": expect.stringMatching(/^failure value expected 0 at .*, got -1$/),
      "structure: gradient of input": expect.stringMatching(/^skipped left out in \d+ cases$/), answer: "skipped not offered",
    });
  });
});
