import { describe, expect, it } from "vitest";
import { isVacuous } from "../../src/oracle/vacuity.ts";
import { judge } from "../../src/oracle/judgement.ts";
import { caseOf, findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { newTally } from "../../src/oracle/tally.ts";
import { verify } from "../../src/oracle/verify.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { runs } from "../support/runs.ts";
import { drawn, referenceCandidate, tiersOf } from "./support.ts";

describe("a case proves nothing", () => {
  it.each<[string, number[][], boolean]>([
    ["where nothing was compared", [], true],
    ["where all is empty", [[], []], true],
    ["where all is 0, of whichever sign", [[0, -0], [0]], true],
    ["where all is tied or saturated", [[1, 1, 1]], true],
    ["where it is NaN", [[NaN], [NaN, NaN]], true],
    ["but not where numbers differ", [[1, 2]], false],
    ["nor where one number stands alone", [[3]], false],
    ["nor where a gradient speaks though the output is 0", [[0, 0], [0, 5]], false],
  ])("%s", (_, compared, vacuous) => {
    expect(isVacuous("structure", compared)).toBe(vacuous);
  });

  it("unless special values are the question: then NaN and ties are answers", () => {
    expect(isVacuous("special", [[NaN, NaN]])).toBe(false);
    expect(isVacuous("special", [[]])).toBe(true);
  });
});

it("a case that proves nothing is drawn again, with sizes and options as they were, unless no numbers change it", () => {
  const relu = findOperation("relu");
  const of = (tier: "structure" | "rounding", regime: number, seed: number) => caseOf(relu, tier, { fields: {}, axes: [{ size: 2 }], regime, seed });
  for (const regime of [0, 1, 2, 3]) {
    for (let seed = 0; seed < 20; seed++) {
      const { inputs, cotangents } = of("structure", regime, seed);
      const { outputs: { output }, gradients: { input } } = reference("relu", inputs, {}, cotangents).expected;
      expect(isVacuous("structure", [output!.values, input!.values]), `${regime} ${seed}`).toBe(false);
    }
  }
  expect(of("rounding", 0, 3).inputs["input"]!.shape).toEqual([2]);
  const dropout = findOperation("dropout");
  const dropped = caseOf(dropout, "structure", { fields: { samples: 2, maps: 0, rate: 4, inference: 0 }, axes: [], regime: 0, seed: 1 });
  expect([dropped.options["rate"], Array.from(dropout.forward(dropped.inputs, dropped.options)["output"]!.values)]).toEqual([1, [0, 0]]);
});

describe("a vacuous case", () => {
  const one: Case = { operation: "relu", tier: "structure", features: [], inputs: { input: tensor([-1, -2]) }, options: {} };
  const known = reference("relu", one.inputs, {});

  it("is right or wrong like any other, and marked where it is right", () => {
    expect(judge(findOperation("relu"), one, known, { outputs: { output: zeros([2]) } })).toMatchObject({ faults: [], vacuous: true });
    expect(judge(findOperation("relu"), one, known, { outputs: { output: tensor([0, 1]) } }).faults).toHaveLength(1);
  });

  it("is counted apart; a fault is evidence in any case", () => {
    const tally = newTally();
    tally.count({ faults: [], ratios: { output: 0 }, missing: [], vacuous: true });
    tally.count({ faults: [], ratios: { output: 0 }, missing: [] });
    tally.count({ faults: [{ kind: "value", where: "output", message: "" }], ratios: {}, missing: [], vacuous: true });
    expect(tally.report("structure")).toMatchObject({ cases: 3, failed: 1, vacuous: 1 });
  });

  it("is no agreement, however many there are", async () => {
    const silent = { ...referenceCandidate(({ outputs }) => ({ outputs })), operations: ["dropout"] };
    const always = { ...silent, run: (request: Parameters<typeof silent.run>[0]) =>
      (Number(request.options["rate"]) === 1 && request.options["training"] === true ? silent.run(request) : { skipped: "only rate 1" }) };
    const [report] = (await verify(always, { operations: ["dropout"], tiers: ["structure"], cases: 60 })).operations;
    expect(report!.tiers[0]!.vacuous).toBe(report!.tiers[0]!.cases);
    expect(report!.tiers[0]!.cases).toBeGreaterThan(0);
    expect(report!.verdict).toBe("skipped");
  });
});

it("the case spaces are such that few cases are vacuous", () => {
  // In the short run a few of them.
  for (const operation of catalog.filter((_, i) => runs(1) > 1 || i % 6 === 0)) {
    for (const tier of tiersOf(operation)) {
      const cases = drawn(operation.name, tier, runs(20), 3);
      const vacuous = cases.filter((one) => {
        const { outputs, gradients } = reference(operation.name, one.inputs, one.options, one.cotangents).expected;
        return isVacuous(tier, [...Object.values(outputs), ...Object.values(gradients)].map(({ values }) => values));
      });
      expect(vacuous.length / cases.length, `${operation.name}, ${tier}`).toBeLessThanOrEqual(runs(1) > 1 ? 0.25 : 0.4);
    }
  }
});
