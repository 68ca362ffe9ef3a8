import { describe, expect, it } from "vitest";
import { alike, killOf, killOfPair, withHabits } from "../../src/oracle/kill-matrix.ts";
import type { Kill } from "../../src/oracle/kill-matrix.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { read } from "../support/documents.ts";
import { atLength, everything } from "../support/runs.ts";
import { allPairs, firstCases, isNamed, matrixLines, readPairs, readRows, rowOf, variantLines, withWritten } from "./kill-matrix-page.ts";
import { drawnPairs, outcomeOf } from "./kill-matrix-pairs.ts";

const page = read("docs/oracle/kill-matrix.md");
const rows = readRows(page);
const habit = (name: string) => variants.find((variant) => variant.name === name)!;

/** Rows spread over all operations but the recurrent ones, which take longer; which they are moves on with the length of the list. */
const quick = rows.filter(({ operation }) => !["simpleRnn", "lstm", "gru"].includes(operation));
const sample: readonly Kill[] = Array.from({ length: 40 }, (_, i) => quick[Math.floor(((i + (rows.length % 7) / 7) * quick.length) / 40)]!);

const again = (row: Kill): Promise<Kill> => killOf(habit(row.variant), row.operation, isNamed(row) ? { cases: firstCases } : {});

describe("the kill matrix", () => {
  it("has a row for every variant and operation that it applies to", () => {
    const pairOf = ({ variant, operation }: { readonly variant: string; readonly operation: string }): string => `${operation} ${variant}`;
    expect(rows.map(pairOf)).toEqual(allPairs().map(({ variant, operation }) => pairOf({ variant: variant.name, operation })));
  });

  it("says that everything is rejected, and nearly everything named", () => {
    expect(rows.filter(({ tier }) => tier === undefined)).toEqual([]);
    expect(rows.filter(isNamed).length / rows.length).toBeGreaterThanOrEqual(0.95);
  });

  it("sums up its own rows", () => {
    expect(withWritten(page, matrixLines(rows, readPairs(page)))).toBe(page);
  });

  it.runIf(atLength)("is what a run shows, for rows of many operations", { timeout: 600_000 }, async () => {
    const shown: Kill[] = [];
    for (const row of sample) shown.push(await again(row));
    expect(shown.map((kill) => `${kill.operation} ${rowOf(kill)}`)).toEqual(sample.map((kill) => `${kill.operation} ${rowOf(kill)}`));
  });

  it.runIf(everything).each(catalog.map(({ name }) => name))("is what a run shows, for every row of %s", { timeout: 3_600_000 }, async (operation) => {
    const own = rows.filter((row) => row.operation === operation);
    const shown: Kill[] = [];
    for (const row of own) shown.push(await again(row));
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
    expect(total).toBeGreaterThanOrEqual(100);
    expect((counts.together + counts.apart + counts["the same"]) / total).toBeGreaterThanOrEqual(0.8);
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
    expect(verdicts.filter((verdict) => ["together", "apart", "the same"].includes(verdict)).length).toBeGreaterThanOrEqual(32);
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
    expect(kill).toEqual({ variant: "biasLeftOut", operation: "fullyConnected", tier: "structure", cases: expect.any(Number), causes: ["biasLeftOut"] });
    expect(kill.cases!).toBeGreaterThan(0);
    const right = { ...habit("biasLeftOut"), name: "right", answer: () => undefined };
    expect(await killOf(right, "fullyConnected", { cases: 4 })).toEqual({ variant: "right", operation: "fullyConnected", causes: [] });
    expect(alike(right, habit("biasLeftOut"), "fullyConnected", [{ ...request, tier: "structure", features: [] }])).toBe(false);
  });

  it("is told apart from another at once", async () => {
    const { verdict } = await killOfPair(habit("biasLeftOut"), habit("weightReadInputsFirst"), "fullyConnected", [], { cases: 25, tiers: ["structure"] });
    expect(["together", "apart"]).toContain(verdict);
    const alone = await killOfPair(habit("biasLeftOut"), { ...habit("weightReadInputsFirst"), answer: () => undefined }, "fullyConnected", [], { cases: 8, tiers: ["structure"] });
    expect(alone.verdict).toBe("the same");
  });
});

describe("a row of the page", () => {
  const kills: readonly Kill[] = [
    { variant: "a", operation: "relu", tier: "structure", cases: 3, causes: ["a"] },
    { variant: "b", operation: "relu", tier: "rounding", cases: 12, causes: ["a", "none"] },
    { variant: "c", operation: "relu", causes: [] },
  ];

  it("is read back as it was written", () => {
    expect(kills.map(rowOf)).toEqual(["| a | structure | 3 | yes |", "| b | rounding | 12 | a; none |", "| c | nothing |  | no |"]);
    expect(readRows(matrixLines(kills, undefined).join("\n"))).toEqual(kills);
  });
});
