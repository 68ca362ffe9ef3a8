import { describe, expect, it } from "vitest";
import im2col from "../../examples/candidates/im2col.ts";
import { findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { compare } from "../../src/oracle/compare.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { noise } from "../../src/oracle/lattice.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import { declaredPrecision, precisions } from "../../src/oracle/precision.ts";
import type { Declaration, PrecisionName } from "../../src/oracle/precision.ts";
import { questioner } from "../../src/oracle/question.ts";
import { nearest, storedRadius } from "../../src/oracle/storage.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { atLength, runs } from "../support/runs.ts";
import { drawn, mapNames, tiersOf } from "./support.ts";

const kernels = im2col as unknown as CandidateModule;
const formats: readonly PrecisionName[] = ["bfloat16", "float16", "tf32"];

/** The full run puts every operation through every format, a short one through one of them. */
const operationsFor = (format: PrecisionName) => catalog.filter((_, i) => atLength || i % formats.length === formats.indexOf(format));

describe("the nearest number of a format", () => {
  it("is the one that float32 has, and for doubles the number itself", () => {
    for (let i = 0; i < 500; i++) {
      const value = (2 * noise(1, "value", [i], 0) - 1) * 2 ** Math.floor(300 * noise(1, "exponent", [i], 0) - 160);
      expect([nearest(value, precisions.float32), nearest(value, precisions.float64)]).toEqual([Math.fround(value), value]);
    }
  });

  it("is the even one of two, a multiple of the least number, an infinity beyond the largest", () => {
    const { bfloat16, float16 } = precisions;
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, -1 - 2 ** -7].map((x) => nearest(x, bfloat16))).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7, -1 - 2 ** -7]);
    expect([2 ** -24, 2 ** -25, 1.6 * 2 ** -25, 65504, 65519, 65520, -1e9].map((x) => nearest(x, float16))).toEqual([2 ** -24, 0, 2 ** -24, 65504, 65504, Infinity, -Infinity]);
    expect([NaN, Infinity, -0].map((x) => nearest(x, float16))).toEqual([NaN, Infinity, -0]);
  });
});

describe("a case for a candidate that stores in few bits", () => {
  it("has only numbers that the storage holds", () => {
    for (const storage of formats) {
      for (const { name } of operationsFor(storage)) {
        for (const { inputs, cotangents } of drawn(name, "rounding", runs(2), 3, declaredPrecision("spec", { storage }))) {
          for (const [input, { values }] of [...Object.entries(inputs), ...Object.entries(cotangents ?? {})]) {
            expect(values.filter((value) => nearest(value, precisions[storage]) !== value), `${name} ${input} ${storage}`).toEqual([]);
          }
        }
      }
    }
  });

  it("keeps sums of whole numbers below what the storage of the answer holds", () => {
    const bfloat16 = declaredPrecision("spec", { storage: "bfloat16" });
    expect(bfloat16.exactBelow).toBe(256);
    for (const one of drawn("convolution", "structure", runs(5), 5, bfloat16)) {
      const { outputs, gradients } = reference(one.operation, one.inputs, one.options, one.cotangents).expected;
      for (const { values } of [...Object.values(outputs), ...Object.values(gradients)]) expect(Math.max(...values.map(Math.abs))).toBeLessThan(256);
    }
  });
});

describe("the radius of a stored answer", () => {
  it("is one rounding wider, and what is lost below the normal numbers; positions stay exact", () => {
    const { float16 } = precisions;
    const answers = (output: number, indices: number) => ({ outputs: { output: tensor([output]), indices: tensor([indices]) }, gradients: {} });
    const { outputs } = storedRadius(answers(-3, 7), answers(0.5, 0), { ...precisions.float32, storage: float16 });
    expect([outputs["output"]!.values, outputs["indices"]!.values]).toEqual([[0.5 + 2 ** -11 * 3.5 + 2 ** -25], [0]]);
    expect(storedRadius(answers(0, 0), answers(0, 0), { ...precisions.float32, storage: float16 }).outputs["output"]!.values).toEqual([0]);
    expect(storedRadius(answers(1, 0), answers(0.5, 0), precisions.float32)).toEqual(answers(0.5, 0));
    // A subnormal answer may be flushed: whatever its radius was, the least normal number more.
    expect(storedRadius(answers(0, 7), answers(0, 0), { ...precisions.float32, tiny: 2 ** -126, flushed: true })).toEqual(answers(2 ** -126, 0));
  });

  it("is two least normal numbers wider where subnormals are flushed, of inputs and of sums", () => {
    const flushed = declaredPrecision("spec", { subnormals: "flushed" });
    expect(flushed.tiny).toBe(2 ** -125);
    const flush = (value: number): number => (Math.abs(value) < 2 ** -126 ? 0 : value);
    for (let seed = 0; seed < runs(100); seed++) {
      const [left, right] = ["left", "right"].map((name) => Array.from({ length: 6 }, (_, i) => Math.fround((2 * noise(seed, name, [i], 0) - 1) * 2 ** (name === "left" ? -64 : -61))));
      const inputs = { left: tensor([left!]), right: tensor(right!.map((value) => [value])) };
      const got = left!.reduce((sum, value, i) => flush(Math.fround(sum + flush(Math.fround(value * right![i]!)))), 0);
      const ratio = (precision: typeof flushed): number => {
        const { expected, radius } = reference("matrixProduct", inputs, {}, undefined, precision);
        return compare({ shape: [1, 1], data: [got] }, expected.outputs["output"]!, radius.outputs["output"]).ratio;
      };
      expect(ratio(flushed)).toBeLessThanOrEqual(1);
      if (seed === 0) expect(ratio(declaredPrecision("spec", {}))).toBeGreaterThan(1);
    }
  });
});

/** A candidate whose answers are stored in a format. */
const storing = (storage: PrecisionName, declared: Declaration): CandidateModule => ({
  ...declared, name: `${storage} answers`,
  operations: mapNames(kernels.operations, (run) => (...given) => mapNames(run(...given) as Record<string, Record<string, { shape: number[]; data: Float32Array }>>, (answers) =>
    mapNames(answers, (answer, name) => (name === "indices" ? answer : { shape: answer.shape, data: answer.data.map((value) => nearest(value, precisions[storage])) })))),
});

async function faultsOf(module: CandidateModule, operation: string, cases: readonly Case[]): Promise<readonly string[]> {
  const ask = questioner(moduleCandidate(module), findOperation(operation));
  const found: string[] = [];
  for (const one of cases) {
    for (const { where, message, ratio } of (await ask(one)).judgement.faults) found.push(`${operation} ${one.tier} ${where}: ${message} (${ratio})`);
  }
  return found;
}

describe("honest candidates that store in few bits", () => {
  it.each(formats)("%s: no false alarm in any operation", { timeout: 600_000 }, async (storage) => {
    const declared = { storage } as const;
    const module = storing(storage, declared);
    for (const operation of operationsFor(storage)) {
      for (const tier of tiersOf(operation)) {
        const cases = drawn(operation.name, tier, runs(2), 11, declaredPrecision("spec", declared));
        expect(await faultsOf(module, operation.name, cases)).toEqual([]);
      }
    }
  });

  it("are rejected where they keep it to themselves", async () => {
    for (const storage of formats) {
      const faults = await faultsOf(storing(storage, {}), "convolution", drawn("convolution", "rounding", 2));
      expect(faults.length).toBeGreaterThan(0);
    }
  });
});
