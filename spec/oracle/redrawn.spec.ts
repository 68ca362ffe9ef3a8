import { describe, expect, it } from "vitest";
import lpPooling from "../../examples/candidates/written-wrong/lp-pooling-odd-power.ts";
import nesterov from "../../examples/candidates/written-wrong/momentum-nesterov-decay.ts";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { diagnose } from "../../src/oracle/diagnosis.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import { questioner } from "../../src/oracle/question.ts";
import { answersAlike, redrawn } from "../../src/oracle/redrawn.ts";
import type { Tier } from "../../src/oracle/lattice.ts";
import { verify } from "../../src/oracle/verify.ts";
import { map, raw, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { atLength } from "../support/runs.ts";
import { referenceCandidate } from "./support.ts";

const one = (tier: Tier = "structure"): Case => ({
  operation: "crossEntropy", tier, law: "again", features: [], inputs: { input: tensor([[1, NaN, 0, -1]]), target: tensor([2]) }, options: {}, cotangents: { output: tensor([9]) },
});
const seeds = Array.from({ length: 40 }, (_, seed) => seed);

describe("a case drawn again", () => {
  const numbers = (tier: Tier, magnitudes = false): readonly number[] =>
    seeds.flatMap((seed) => [...raw(redrawn(one(tier), seed, magnitudes).inputs["input"]!)].filter((_, i) => i !== 1));

  it("has the same sizes and options and other numbers; class indices stay, and NaN", () => {
    for (const seed of seeds) {
      const { inputs, options, cotangents } = redrawn(one(), seed);
      expect([inputs["input"]!.shape, inputs["input"]!.values[1], inputs["target"], options, cotangents!["output"]!.shape]).toEqual([[1, 4], NaN, tensor([2]), {}, [1]]);
    }
    expect(new Set(seeds.map((seed) => String(redrawn(one(), seed).cotangents!["output"]!.values))).size).toBeGreaterThan(8);
  });

  it("is made of whole numbers of both signs, with ties and zeros in half of them, or of eighths below 1; of none below 0 where that is wanted", () => {
    expect([...new Set(numbers("structure"))].sort((a, b) => a - b)).toEqual([-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(seeds.filter((seed) => seed % 2 === 1).flatMap((seed) => [...raw(redrawn(one(), seed).inputs["input"]!)].filter(Number.isFinite)))).toEqual(new Set([-1, 0, 1]));
    expect(Math.max(...numbers("rounding").map(Math.abs))).toBe(7 / 8);
    expect(Math.min(...numbers("rounding", true))).toBe(0);
  });

  it("is a plain question where a law was tried", () => {
    expect(redrawn(one("laws"), 1)).toMatchObject({ tier: "rounding" });
    expect(redrawn(one("laws"), 1)).not.toHaveProperty("law");
  });

  it("is asked eight times; with positive numbers where the operation takes no others, and not again where the candidate ends", async () => {
    const asked = async (operation: string, inputs: Case["inputs"], options: Case["options"], run = referenceCandidate().run) =>
      (await answersAlike({ operation, tier: "rounding", features: [], inputs, options }, questioner({ ...referenceCandidate(), run }, findOperation(operation)), precisions.float32));
    expect(await asked("relu", { input: tensor([1]) }, {})).toHaveLength(8);
    const probabilities = await asked("binaryCrossEntropy", { input: tensor([0.5, 0.25]), target: tensor([1, 0]) }, { reduction: "mean" });
    expect(probabilities).toHaveLength(8);
    expect(probabilities.every(({ one: { inputs } }) => inputs["input"]!.values.every((value) => value >= 0 && value < 1))).toBe(true);
    let calls = 0;
    expect(await asked("relu", { input: tensor([1]) }, {}, () => (calls++ < 2 ? { outputs: {} } : { failure: "died", error: "gone" }))).toHaveLength(2);
    expect(calls).toBe(3);
  });
});

describe("a coincidence on the smallest case", () => {
  it("is no cause: other numbers of the same sizes refute it", async () => {
    const operation = findOperation("relu");
    // The absolute value: of one negative number alone also the negative.
    const absolute = referenceCandidate((_, { inputs }) => ({ outputs: { output: map(inputs["input"]!, Math.abs) }, gradients: {} }));
    const smallest: Case = { operation: "relu", tier: "structure", features: [], inputs: { input: tensor([-1]) }, options: {} };
    const reply = { outputs: { output: tensor([1]) } };
    const others = await answersAlike(smallest, questioner(absolute, operation), precisions.float32);
    const causes = (more: typeof others) => diagnose("relu", "output", [{ one: smallest, reply }], precisions.float32, more).map(({ variant }) => variant);
    for (const variant of causes(others)) expect(causes([])).toContain(variant);
  });

  const causesOf = async (candidate: unknown, operation: string, seed: number): Promise<readonly string[]> =>
    (await verify(moduleCandidate(candidate as never), { operations: [operation], tiers: ["structure", "rounding"], cases: 60, seed }))
      .operations[0]!.failures.flatMap(({ causes }) => causes.map(({ variant }) => variant));

  it.runIf(atLength)("an odd power's sign is not that of the gradient, nor is a look-ahead without decay another rule", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(await causesOf(lpPooling, "lpPooling", seed)).toEqual([]);
      expect(await causesOf(nesterov, "momentum", seed)).toEqual([]);
    }
  });

  it("leaves a habit its name that leaves some numbers right", async () => {
    const dead = referenceCandidate((reply, { inputs, cotangents }) => ({ ...reply, gradients: cotangents === undefined ? {}
      : { input: mapTwo(inputs["input"]!, cotangents["output"]!, (x, u) => (x >= 0 ? u : 0)) } }));
    const { failures } = (await verify(dead, { operations: ["relu"], tiers: ["structure"], cases: 60 })).operations[0]!;
    expect(failures.map(({ causes: [likely] }) => likely?.variant)).toEqual(["slopeAtZeroFromAbove"]);
  });
});

const mapTwo = (a: Tensor, b: Tensor, f: (x: number, u: number) => number): Tensor => {
  let position = 0;
  return map(a, (x) => f(x, raw(b)[position++]!));
};
