import { describe, expect, it } from "vitest";
import im2col from "../../examples/candidates/im2col.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { reference } from "../../src/oracle/case.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import { policies } from "../../src/oracle/policies.ts";
import { specialNumber, specialRegimes } from "../../src/oracle/special.ts";
import { verify } from "../../src/oracle/verify.ts";
import type { Verdict } from "../../src/oracle/verdict.ts";
import { map } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { everything, runs } from "../support/runs.ts";
import { drawn, mapNames, referenceCandidate } from "./support.ts";

const ofKind = (kind: string, value: number, first = true, noise = 0.9, second = 0.2): number =>
  specialNumber("convolution", specialRegimes.indexOf(kind as never), value, first, noise, second);

describe("a special number", () => {
  it("is of the case's kind, with a sign of its own", () => {
    expect(ofKind("NaN", 3)).toBeNaN();
    expect([ofKind("Infinity", 3), ofKind("Infinity", 3, true, 0.9, 0.7)]).toEqual([-Infinity, Infinity]);
    expect([ofKind("zero", 3), ofKind("zero", 3, true, 0.9, 0.7)]).toEqual([-0, 0]);
    expect(ofKind("subnormal", 3)).toBe(-(2 ** -139));
    expect(ofKind("huge", 3)).toBe(-1e30);
  });

  it("stands in the first place and in a third of the others; of two kinds all numbers are changed", () => {
    expect([ofKind("NaN", 3, false, 0.29), ofKind("NaN", 3, false, 0.31)]).toEqual([NaN, 3]);
    expect([ofKind("negative", 3, false), ofKind("negative", -3, false), ofKind("-Infinity", 3, false)]).toEqual([-3, -3, -Infinity]);
  });

  it("is as large as an operation can take without overflow, and within what it can take at all", () => {
    expect(specialNumber("lstm", specialRegimes.indexOf("huge"), 0, true, 0, 0.9)).toBe(1e10);
    const probabilities = specialRegimes.map((_, regime) => specialNumber("binaryCrossEntropy", regime, 0.5, true, 0, 0.9));
    expect(probabilities.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe("the special tier", () => {
  it("draws every kind for the first input alone, and asks the reference what comes of it", () => {
    for (const { name } of catalog) {
      for (const one of drawn(name, "special", runs(2), 5)) {
        const [, ...others] = Object.values(one.inputs);
        if (!/softmax|crossEntropy|Likelihood/i.test(name)) expect(others.flatMap(({ values }) => values).every(Number.isFinite), name).toBe(true);
        expect(() => reference(name, one.inputs, one.options, one.cotangents).radius).not.toThrow();
      }
    }
    const all = drawn("convolution", "special", 60).flatMap(({ inputs }) => inputs["input"]!.values);
    for (const value of [NaN, Infinity, -Infinity, -0]) expect(all.some((each) => Object.is(each, value)), String(value)).toBe(true);
    expect(all.some((value) => value !== 0 && Math.abs(value) < 2 ** -126) && all.some((value) => Math.abs(value) > 9e29)).toBe(true);
  });

  it("has a finite radius wherever the answer is finite and in the range of float32", () => {
    for (const { name } of catalog) {
      for (const one of drawn(name, "special", runs(3), 9)) {
        const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents);
        for (const kind of ["outputs", "gradients"] as const) {
          for (const [each, { values }] of Object.entries(expected[kind])) {
            const radii = radius[kind][each]!.values;
            expect(values.filter((value, i) => Math.abs(value) < 3e38 && !(radii[i]! >= 0 && Number.isFinite(radii[i]))), `${name} ${each}`).toEqual([]);
          }
        }
      }
    }
  });

  const told = ({ operations }: Verdict): string[] => operations.flatMap(({ failures }) => failures.map(({ operation, fault, tier }) => `${operation} ${tier} ${fault.where} ${fault.message}`));

  it("finds nothing wrong with the reference and with honest float32 code; where frameworks differ, policies are named", async () => {
    const seeds = everything ? Array.from({ length: 20 }, (_, seed) => seed) : [1];
    for (const seed of seeds) {
      for (const candidate of [referenceCandidate(), moduleCandidate(im2col as never)]) {
        const verdict = await verify(candidate, { tiers: ["special"], cases: everything ? 200 : 10, seed });
        expect(told(verdict)).toEqual([]);
        const met = verdict.operations.flatMap(({ tiers }) => tiers.flatMap(({ policies: own = {} }) => Object.keys(own)));
        expect(met.filter((name) => !policies.some((policy) => policy.name === name))).toEqual([]);
        if (candidate.name === "copy") expect(met).toEqual([]);
      }
    }
  });

  const replaced = (tensors: Readonly<Record<string, Tensor>>, change: (value: number) => number): Readonly<Record<string, Tensor>> => mapNames(tensors, (tensor) => map(tensor, change));

  it.each<[string, string, Parameters<typeof referenceCandidate>[0]]>([
    ["a pool that starts from −1e30 instead of −Infinity", "maxPooling", ({ outputs }) => ({ outputs: replaced(outputs as never, (value) => Math.max(value, -1e30)) })],
    ["a convolution that takes NaN for 0", "convolution", (_, { inputs, options }) => ({
      outputs: reference("convolution", replaced(inputs, (value) => (Number.isNaN(value) ? 0 : value)), options).expected.outputs,
    })],
    ["a product that clips infinities", "fullyConnected", ({ outputs }) => ({ outputs: replaced(outputs as never, (value) => Math.min(Math.max(value, -3e38), 3e38)) })],
  ])("alone finds %s", async (_, operation, change) => {
    const wrong = referenceCandidate(change);
    const of = async (tiers: readonly ("structure" | "rounding" | "special")[]): Promise<string> =>
      (await verify(wrong, { operations: [operation], tiers, cases: 60 })).operations[0]!.verdict;
    expect(await of(["structure", "rounding"])).toBe("agrees");
    expect(await of(["special"])).toBe("disagrees");
  });
});
