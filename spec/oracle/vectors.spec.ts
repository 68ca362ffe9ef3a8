import { describe, expect, it } from "vitest";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { withHabits } from "../../src/oracle/kill-matrix.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import type { Candidate, Reply } from "../../src/oracle/protocol.ts";
import { fromWire, fromWireOptions, readAnswer } from "../../src/oracle/protocol.ts";
import type { Vector, VectorFile } from "../../src/oracle/vectors.ts";
import { vectorsOf, vectorsText } from "../../src/oracle/vectors.ts";
import { vectorsSchema } from "../../src/oracle/vectors-schema.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import im2col from "../../examples/candidates/im2col.ts";
import { everything } from "../support/runs.ts";
import { breaches } from "../support/schema.ts";
import { thrown } from "../support/thrown.ts";
import { normwiseOperations } from "../../src/oracle/precision.ts";
import { products } from "./fast-algorithms.ts";
import { mapNames, referenceCandidate } from "./support.ts";

/** All operations in the full test; one of each family that is quick to draw otherwise. */
const operations = everything ? catalog.map(({ name }) => name) : ["pad", "fullyConnected", "matrixProduct", "elu", "softmax", "huber", "momentum", "clipByGlobalNorm", "dropout"];
const files = operations.map((operation) => vectorsOf(operation));

/** A file as somebody reads it who has nothing but the text, and the names of the answers that are wrong there. */
async function wrongIn(vector: Vector, candidate: Candidate, normwise = false): Promise<readonly string[]> {
  const { id, inputs, options, cotangents, expected, radius: own, normwiseRadius } = JSON.parse(JSON.stringify(vector)) as Vector;
  const radius = normwise ? normwiseRadius! : own;
  const operation = id.split("/")[0]!;
  const tensors = (named: Vector["inputs"]) => mapNames(named, (tensor, name) => fromWire(name, tensor));
  const reply = (await candidate.run({
    id, operation, inputs: tensors(inputs), options: fromWireOptions(options) as Vector["options"], ...(cotangents && { cotangents: tensors(cotangents) }),
  })) as Reply;
  return (["outputs", "gradients"] as const).flatMap((kind) => Object.keys(expected[kind]).filter((name) => {
    const [given, wanted, allowed] = [reply[kind]?.[name], expected[kind][name]!, radius[kind][name]!];
    if (given === undefined) return false;
    const got = readAnswer(given);
    return typeof got === "string" || String(got.shape) !== String(wanted.shape)
      || wanted.values.some((value, i) => !(Math.abs(got.data[i]! - value) <= allowed.values[i]!));
  }));
}

describe.each(files.map((file): [string, VectorFile] => [file.operation, file]))("the vectors of %s", (operation, file) => {
  const { vectors, flags, uncaught } = file;

  it("catch every variant, by few cases, each of which catches something", () => {
    expect(Object.keys(flags)).toEqual(variants.filter((variant) => variant.operations.includes(operation)).map(({ name }) => name));
    expect(uncaught).toEqual([]);
    expect(vectors.length).toBeLessThanOrEqual(30);
    expect(new Set(vectors.flatMap((vector) => vector.flags))).toEqual(new Set(Object.keys(flags)));
    for (const vector of vectors) expect(vector.flags.length, vector.id).toBeGreaterThan(0);
  });

  it("find each habit where they say so, and nowhere else", { timeout: 120_000 }, async () => {
    for (const name of Object.keys(flags)) {
      const habit = withHabits(variants.find((variant) => variant.name === name)!, operation);
      const caught: string[] = [];
      for (const vector of vectors) if ((await wrongIn(vector, habit)).length > 0) caught.push(vector.id);
      expect(caught, name).toEqual(vectors.filter((vector) => vector.flags.includes(name)).map(({ id }) => id));
    }
  });

  it("find nothing in the reference, nor in honest float32 code", { timeout: 120_000 }, async () => {
    for (const candidate of [referenceCandidate(), moduleCandidate(im2col as unknown as CandidateModule)]) {
      for (const vector of vectors) expect(await wrongIn(vector, candidate), `${candidate.name} ${vector.id}`).toEqual([]);
    }
  });

  it("hold float32 inputs, finite numbers of the right count, and gradients where there are any", () => {
    for (const { inputs, cotangents = {}, expected, radius } of vectors) {
      for (const { shape, values } of [...Object.values(inputs), ...Object.values(cotangents)]) {
        expect(values).toEqual(values.map(Math.fround));
        expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
      }
      expect(Object.keys(radius.outputs)).toEqual(Object.keys(expected.outputs));
      expect(Object.keys(radius.gradients)).toEqual(Object.keys(expected.gradients));
      expect(Object.keys(expected.gradients).length > 0).toBe(findOperation(operation).backward !== undefined);
      for (const kind of ["outputs", "gradients"] as const) {
        for (const [name, { shape, values }] of Object.entries(expected[kind])) {
          expect([shape, values.length]).toEqual([radius[kind][name]!.shape, radius[kind][name]!.values.length]);
          expect(radius[kind][name]!.values.every((value) => value >= 0)).toBe(true);
        }
      }
    }
  });

  it("are the same bytes whenever they are made, keep the schema, and lose nothing on the way through the file", () => {
    const text = vectorsText(file);
    expect(vectorsText(vectorsOf(operation))).toBe(text);
    const read = JSON.parse(text) as Record<string, unknown>;
    expect(breaches(vectorsSchema as Record<string, any>, read)).toEqual([]);
    expect(read).toEqual({ $schema: "schema.json", ...JSON.parse(JSON.stringify(file)) });
    expect(text).not.toMatch(/-0[,\]]/);
  });
});

describe("the radii of normwise algorithms", () => {
  it.each(everything ? normwiseOperations : ["fullyConnected", "matrixProduct"])("are there for %s, no smaller, and every habit is caught beyond them too", async (operation) => {
    const { vectors, flags } = vectorsOf(operation);
    for (const { expected, radius, normwiseRadius } of vectors) {
      for (const kind of ["outputs", "gradients"] as const) {
        expect(Object.keys(normwiseRadius![kind])).toEqual(Object.keys(expected[kind]));
        for (const [name, { shape, values }] of Object.entries(normwiseRadius![kind])) {
          expect(shape).toEqual(expected[kind][name]!.shape);
          expect(values.every((value, i) => value >= radius[kind][name]!.values[i]! && Number.isFinite(value))).toBe(true);
        }
      }
    }
    for (const name of Object.keys(flags)) {
      const habit = withHabits(variants.find((variant) => variant.name === name)!, operation);
      const found = await Promise.all(vectors.map((vector) => wrongIn(vector, habit, true)));
      expect(found.flat(), name).not.toEqual([]);
    }
  });

  it("admit Strassen's product, which the others do not", async () => {
    const strassen = moduleCandidate({ name: "Strassen", operations: products() });
    const { vectors } = vectorsOf("matrixProduct");
    const found = (normwise: boolean) => Promise.all(vectors.map((vector) => wrongIn(vector, strassen, normwise)));
    expect((await found(true)).flat()).toEqual([]);
    expect((await found(false)).flat()).not.toEqual([]);
  });

  it("are of no other operation", () => {
    expect(vectorsOf("relu").vectors.filter(({ normwiseRadius }) => normwiseRadius !== undefined)).toEqual([]);
  });
});

describe("vectors", () => {
  it("show wrong answers in the output alone, where an implementation has no gradients", async () => {
    const { vectors } = vectorsOf("matrixProduct");
    const forward = withHabits(variants.find(({ name }) => name === "columnMajor")!, "matrixProduct");
    const alone: Candidate = { ...forward, run: async (request) => ({ outputs: ((await forward.run(request)) as Required<Reply>).outputs }) };
    const found = await Promise.all(vectors.map((vector) => wrongIn(vector, alone)));
    expect(found.flat()).toContain("output");
  });

  it("follow from the seed", () => {
    const [one, two] = [vectorsOf("relu", 1), vectorsOf("relu", 2)];
    expect(two.uncaught).toEqual([]);
    expect([one.seed, two.seed]).toEqual([1, 2]);
    expect(two.vectors.map(({ inputs }) => inputs)).not.toEqual(one.vectors.map(({ inputs }) => inputs));
    expect(vectorsOf("relu")).toEqual(one);
  });

  it("are those of an operation, and from a whole seed", () => {
    expect(thrown(() => vectorsOf("rely"))).toMatch(/^RangeError: etalon: expected an operation of the catalog/);
    expect(thrown(() => vectorsOf("relu", 0.5))).toBe("RangeError: vectorsOf: expected seed as a whole number, got 0.5");
  });

  it("are numbered from the smallest case on", () => {
    const { vectors } = vectorsOf("fullyConnected");
    const extents = vectors.map(({ inputs }) => Object.values(inputs).reduce((sum, { values }) => sum + values.length, 0));
    expect(vectors.map(({ id }) => id)).toEqual(vectors.map((_, i) => `fullyConnected/${i + 1}`));
    expect(extents).toEqual(extents.toSorted((a, b) => a - b));
  });
});
