import { describe, expect, it } from "vitest";
import { vectorsOf, vectorsText } from "../../src/oracle/vectors.ts";
import { vectorsSchema } from "../../src/oracle/vectors-schema.ts";
import { breaches } from "../support/schema.ts";

const file = JSON.parse(vectorsText(vectorsOf("leakyRelu"))) as Record<string, any>;
const said = (value: unknown): readonly string[] => breaches(vectorsSchema as Record<string, any>, value);
const [first] = file["vectors"];

describe("the schema of vectors", () => {
  it("takes a file as it is written", () => {
    expect(said(file)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["a vector without a flag", { ...file, vectors: [{ ...first, flags: [] }] }, "$.vectors[0].flags: expected at least 1 items, got []"],
    ["a number that is a word", { ...file, vectors: [{ ...first, inputs: { input: { shape: [1], values: ["NaN"] } } }] }, '$.vectors[0].inputs.input.values[0]: expected number, got "NaN"'],
    ["a negative size", { ...file, vectors: [{ ...first, inputs: { input: { shape: [-1], values: [] } } }] }, "$.vectors[0].inputs.input.shape[0]: expected at least 0, got -1"],
    ["an answer without gradients", { ...file, vectors: [{ ...first, expected: { outputs: {} } }] }, '$.vectors[0].expected: expected gradients, got {"outputs":{}}'],
    ["a kind of bug that is none", { ...file, flags: { x: { bugType: "style", description: "x", source: "x" } } }, '$.flags.x.bugType: expected one of ["convention","mistake"], got "style"'],
    ["a field of its own", { ...file, extra: 1 }, "$: expected no extra"],
    ["another version", { ...file, version: 2 }, "$.version: expected 1, got 2"],
    ["no object", [], "$: expected object, got []"],
  ])("refuses %s", (_, value, message) => {
    expect(said(value)).toEqual([message]);
  });
});
