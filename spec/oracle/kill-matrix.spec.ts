import { describe, expect, it } from "vitest";
import { alike, killOf, killOfPair, withHabits } from "../../src/oracle/kill-matrix.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { read } from "../support/documents.ts";
import { atLength, everything } from "../support/runs.ts";
import { allPairs, firstCases, isNamed, matrixLines, readPairs, readRows, rowOf, sizesByFamily, variantLines, withWritten } from "./kill-matrix-page.ts";
import type { Row } from "./kill-matrix-page.ts";
import { drawnPairs, outcomeOf } from "./kill-matrix-pairs.ts";
import { rejecting, tiersFor } from "./kill-matrix-tiers.ts";

const page = read("docs/oracle/kill-matrix.md");
const rows = readRows(page);
const habit = (name: string) => variants.find((variant) => variant.name === name)!;

/** Rows spread over all operations but the recurrent ones, which take longer; which they are moves on with the length of the list. */
const quick = rows.filter(({ operation }) => !["simpleRnn", "lstm", "gru"].includes(operation));
const sample: readonly Row[] = Array.from({ length: 40 }, (_, i) => quick[Math.floor(((i + (rows.length % 7) / 7) * quick.length) / 40)]!);

/** The row anew, but for the tiers that reject it. */
const again = async (row: Row): Promise<Row> =>
  ({ ...await killOf(habit(row.variant), row.operation, isNamed(row) ? { cases: firstCases } : {}), rejecting: row.rejecting });

describe("the kill matrix", () => {
  it("has a row for every variant and operation that it applies to", () => {
    const pairOf = ({ variant, operation }: { readonly variant: string; readonly operation: string }): string => `${operation} ${variant}`;
    expect(rows.map(pairOf)).toEqual(allPairs().map(({ variant, operation }) => pairOf({ variant: variant.name, operation })));
  });

  it("says that everything is rejected, and nearly everything named", () => {
    expect(rows.filter(({ tier }) => tier === undefined)).toEqual([]);
    expect(rows.filter(isNamed).length / rows.length).toBeGreaterThanOrEqual(0.95);
  });

  it("says that the smallest cases are small: at most 24 numbers for windows, half of them at most 8, and at most 3 time steps", () => {
    const sizes = Object.fromEntries(sizesByFamily(rows).map((each) => [each.family, each]));
    for (const family of ["convolution", "pooling"]) {
      expect(sizes[family]!.cases).toBeGreaterThanOrEqual(60);
      expect([sizes[family]!.median <= 8, sizes[family]!.most <= 24]).toEqual([true, true]);
    }
    expect(sizes["recurrent"]!.mostSteps).toBeLessThanOrEqual(3);
    expect(rows.filter(({ operation, numbers, steps }) => numbers.length === 0 || steps.length !== (["simpleRnn", "lstm", "gru"].includes(operation) ? numbers.length : 0)))
      .toEqual([]);
  });

  it("says which tiers reject a variant, of those that its operation has", () => {
    expect(rows.filter(({ operation, rejecting: own, tier }) => !own.includes(tier!) || own.some((each) => !tiersFor(operation).includes(each)))).toEqual([]);
  });

  it.each([
    ["convolution", "dilationShifted"], ["transposedConvolution", "kernelFlipped"], ["adaptiveMaxPooling", "lastOfTiesWins"], ["averagePooling", "strideIgnored"],
  ])("makes cases small: %s with %s", async (operation, variant) => {
    const { numbers, causes } = await killOf(habit(variant), operation, { cases: 12, tiers: ["structure"] });
    expect([numbers.length > 0, numbers.every((size) => size <= 24), causes[0]]).toEqual([true, true, variant]);
  });

  it("sums up its own rows", () => {
    expect(withWritten(page, matrixLines(rows, readPairs(page)))).toBe(page);
  });

  it.runIf(atLength)("is what a run shows, for rows of many operations", { timeout: 600_000 }, async () => {
    const shown: Row[] = [];
    for (const row of sample) shown.push(await again(row));
    expect(shown.map((kill) => `${kill.operation} ${rowOf(kill)}`)).toEqual(sample.map((kill) => `${kill.operation} ${rowOf(kill)}`));
  });

  it.runIf(everything).each(catalog.map(({ name }) => name))("is what a run shows, for every row of %s", { timeout: 3_600_000 }, async (operation) => {
    const own = rows.filter((row) => row.operation === operation);
    const [shown, tiersOf] = [[] as Row[], rejecting(operation)];
    for (const row of own) shown.push({ ...await again(row), rejecting: await tiersOf(habit(row.variant)) });
    expect(shown.map(rowOf)).toEqual(own.map(rowOf));
  });
});

describe("the list of variants in the pages", () => {
  it("is the list in the sources", () => {
    const listed = read("docs/oracle/variants.md");
    expect(withWritten(listed, variantLines())).toBe(listed);
  });
});

describe("two habits at once", () => {
  it("are named together in more than four of five cases, says the page", () => {
    const counts = readPairs(page)!;
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(300);
    expect(counts.together / total).toBeGreaterThanOrEqual(0.8);
    expect(counts["not rejected"]).toBe(0);
  });

  it("are drawn so that they show together", () => {
    const pairs = drawnPairs(2, 5, ["pad"]);
    expect(pairs.map(({ operation }) => operation)).toEqual(["pad", "pad"]);
    expect(pairs.every(({ outer, inner }) => outer !== inner && outer.operations.includes("pad") && inner.operations.includes("pad"))).toBe(true);
  });

  it.runIf(everything)("are named by a run", { timeout: 3_600_000 }, async () => {
    const verdicts: string[] = [];
    for (const pair of drawnPairs(40, 7)) verdicts.push((await outcomeOf(pair)).verdict);
    expect(verdicts.filter((verdict) => verdict === "together").length).toBeGreaterThanOrEqual(32);
  });
});

describe("a habit as a candidate", () => {
  const request = { id: "1", operation: "fullyConnected", inputs: { input: tensor([2, 3]), weight: tensor([[5, -4]]), bias: tensor([6]) }, options: {} };
  const valuesOf = async (name: string, changed: object = {}) => {
    const { outputs, skipped } = await withHabits(habit(name), "fullyConnected").run({ ...request, ...changed });
    return skipped ?? (outputs as Record<string, { values: readonly number[] }>)["output"]!.values;
  };

  it("answers by it, and rightly where there is no room for it", async () => {
    expect(await valuesOf("biasLeftOut")).toEqual([-2]);
    const { bias: _, ...unbiased } = request.inputs;
    expect(await valuesOf("biasLeftOut", { inputs: unbiased })).toEqual([-2]);
    expect(withHabits(habit("biasLeftOut"), "fullyConnected")).toMatchObject({ name: "biasLeftOut", operations: ["fullyConnected"] });
  });

  it("leaves gradients out where its outputs have another shape, and skips what it cannot do at all", async () => {
    const input = { input: tensor([[[1, 2, 3]], [[4, 5, 6]]]) };
    const options = { window: [2], stride: [1], padding: [[0, 0]], dilation: [1], ceilMode: false };
    const run = (name: string, cotangent: readonly number[]) => withHabits(habit(name), "maxPooling").run({
      id: "1", operation: "maxPooling", inputs: input, options, cotangents: { output: tensor([[cotangent], [cotangent]]) },
    });
    const { outputs, gradients } = await run("strideOfWindow", [1, 1]);
    expect([(outputs as Record<string, { shape: unknown }>)["output"]!.shape, gradients]).toEqual([[2, 1, 1], {}]);
    expect(await run("dilationCountsGaps", [1, 1])).toMatchObject({ outputs: { output: { shape: [2, 1, 1] } } });
    const tight = { ...options, window: [3] };
    expect(await withHabits(habit("dilationCountsGaps"), "maxPooling").run({ id: "1", operation: "maxPooling", inputs: input, options: tight }))
      .toEqual({ skipped: "the habit leaves no valid case" });
  });

  it("is told by tier, number of cases and causes; what nothing rejects has neither", async () => {
    const kill = await killOf(habit("biasLeftOut"), "fullyConnected", { cases: 12 });
    expect(kill).toEqual({
      variant: "biasLeftOut", operation: "fullyConnected", tier: "structure", cases: expect.any(Number), causes: ["biasLeftOut"],
      together: "biasLeftOut", numbers: [3], steps: [],
    });
    expect(kill.cases!).toBeGreaterThan(0);
    const right = { ...habit("biasLeftOut"), name: "right", answer: () => undefined };
    expect(await killOf(right, "fullyConnected", { cases: 4 })).toEqual({ variant: "right", operation: "fullyConnected", causes: [], numbers: [], steps: [] });
    expect(alike(right, habit("biasLeftOut"), "fullyConnected", [{ ...request, tier: "structure", features: [] }])).toBe(false);
  });

  it("is named with another at once, whichever is built on the other", async () => {
    const [bias, weight] = [habit("biasLeftOut"), habit("weightReadInputsFirst")];
    const verdictOf = async (outer: typeof bias, inner: typeof bias) =>
      (await killOfPair(outer, inner, "fullyConnected", [], { cases: 25, tiers: ["structure"] })).verdict;
    expect([await verdictOf(bias, weight), await verdictOf(weight, bias)]).toEqual(["together", "together"]);
    expect(await verdictOf(bias, habit("gradientNegated"))).toBe("together");
    // A sum instead of the mean explains the gradient as well; but the output is right.
    expect((await killOfPair(habit("gradientNotDivided"), habit("gradientNegated"), "adaptiveAveragePooling", [], { cases: 50, tiers: ["structure"] })).verdict)
      .toBe("together");
    const alone = await killOfPair(habit("biasLeftOut"), { ...habit("weightReadInputsFirst"), answer: () => undefined }, "fullyConnected", [], { cases: 8, tiers: ["structure"] });
    expect(alone.verdict).toBe("the same");
  });
});

describe("a row of the page", () => {
  const kills: readonly Row[] = [
    { variant: "a", operation: "relu", tier: "structure", cases: 3, causes: ["a"], numbers: [4], steps: [], rejecting: ["structure", "laws"] },
    { variant: "b", operation: "relu", tier: "rounding", cases: 12, causes: ["a", "none"], numbers: [7, 12], steps: [], rejecting: ["rounding"] },
    { variant: "c", operation: "relu", causes: [], numbers: [], steps: [], rejecting: [] },
    { variant: "d", operation: "simpleRnn", tier: "structure", cases: 1, causes: ["d"], numbers: [9, 10], steps: [2, 1], rejecting: ["structure"] },
  ];

  it("is read back as it was written", () => {
    expect(kills.map(rowOf)).toEqual([
      "| a | structure | 3 | yes | 4 | structure, laws |", "| b | rounding | 12 | a; none | 7, 12 | rounding |", "| c | nothing |  | no |  |  |",
      "| d | structure | 1 | yes | 9 in 2, 10 in 1 | structure |",
    ]);
    expect(readRows(matrixLines(kills, undefined).join("\n"))).toEqual(kills);
  });
});
