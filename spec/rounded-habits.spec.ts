import { describe, expect, it } from "vitest";
import { variants } from "../src/oracle/variants/index.ts";
import { atLength, everything } from "./support/runs.ts";
import { allPairs } from "./oracle/kill-matrix-page.ts";
import { causesOf } from "./oracle/rounded-habits.ts";

const habit = (name: string) => variants.find((variant) => variant.name === name)!;

describe("a habit of honest float32 code", () => {
  const few = [
    ["softmax", "axisOne"], ["fullyConnected", "weightReadInputsFirst"], ["convolution", "kernelFlipped"], ["averagePooling", "inputReadChannelsLast"],
  ] as const;

  it.each(atLength || everything ? few : few.slice(0, 2))("is told as the one cause of all that is wrong: %s with %s", async (operation, name) => {
    expect(await causesOf(habit(name), operation, 40)).toEqual([name]);
  });

  const recurrent = ["simpleRnn", "lstm", "gru"];
  const pairs = allPairs().filter(({ operation }) => everything || !recurrent.includes(operation));
  const sample = everything ? pairs : pairs.filter((_, i) => i % 96 === 3);

  it.runIf(atLength || everything)("is told as the first cause of all that is wrong, nearly always, and never passes", { timeout: 7_200_000 }, async () => {
    const all: (readonly (string | undefined)[])[] = [];
    for (const { variant, operation } of sample) {
      const causes = await causesOf(variant, operation, 60);
      if (causes.length !== 1 || causes[0] !== variant.name) console.log(`${operation} with ${variant.name}: ${causes.map((cause) => cause ?? "none").join(", ")}`);
      all.push(causes.map((cause) => (cause === variant.name ? "it" : cause)));
    }
    expect(all.filter((causes) => causes.length === 0)).toEqual([]);
    const [alone, first] = [all.filter((causes) => causes.length === 1 && causes[0] === "it"), all.filter(([likely]) => likely === "it")];
    console.log(`${sample.length} habits: ${first.length} the first cause, ${alone.length} the one cause of all that is wrong`);
    expect(first.length / sample.length).toBeGreaterThanOrEqual(0.95);
    expect(alone.length / sample.length).toBeGreaterThanOrEqual(0.8);
  });
});
