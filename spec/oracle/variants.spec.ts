import { describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { alike, answerBy } from "../../src/oracle/kill-matrix.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import type { Variant } from "../../src/oracle/variants/index.ts";
import { everything } from "../support/runs.ts";
import { drawn, tiersOf } from "./support.ts";

const habitsOf = (operation: string) => variants.filter(({ operations }) => operations.includes(operation));

describe("the list of habits", () => {
  it("has names of their own, sentences that complete \"the reference with …\", and operations of the catalog", () => {
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
    for (const { name, says, operations } of variants) {
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]+$/);
      expect(says).not.toMatch(/^[A-Z]|[.]$/);
      expect(operations.filter((operation) => catalog.every((entry) => entry.name !== operation))).toEqual([]);
      expect(new Set(operations).size, name).toBe(operations.length);
    }
  });

  it("says of each where it was seen: an address, and in brackets which part of it", () => {
    for (const { source, name } of variants) expect(source, name).toMatch(/^https:\/\/[\w.-]+\/\S+( \([^()]*(\([^()]*\)[^()]*)*\))?$/);
  });

  it("holds at least 150, three for every operation", () => {
    expect(variants.length).toBeGreaterThanOrEqual(150);
    expect(catalog.map(({ name }) => name).filter((name) => habitsOf(name).length < 3)).toEqual([]);
  });

  it("holds at least two that show in a gradient, wherever there is one", () => {
    const showing = (operation: string): number => {
      const cases = drawn(operation, tiersOf(findOperation(operation))[0]!, 3);
      const right: Variant = { ...variants[0]!, answer: () => undefined };
      return habitsOf(operation).slice(-4).filter((habit) => cases.some((one) => {
        const [answers, expected] = [habit, right].map((each) => answerBy(each, findOperation(operation), one));
        return Object.entries(answers?.gradients ?? {}).some(([name, { values }]) => values.some((value, i) => value !== expected!.gradients[name]?.values[i]));
      })).length;
    };
    const few = catalog.filter(({ name, backward }) => backward !== undefined && showing(name) < 2).map(({ name }) => name);
    expect(few).toEqual([]);
  });

  // Dear, and it changes only with the list: run where every property is.
  it.runIf(everything)("holds no two for one operation that always answer alike", { timeout: 3_600_000 }, () => {
    const same = catalog.flatMap(({ name: operation }) => {
      const cases = tiersOf(findOperation(operation)).flatMap((tier) => drawn(operation, tier, 60));
      const habits = habitsOf(operation);
      return habits.flatMap((one, i) => habits.slice(i + 1).filter((other) => alike(one, other, operation, cases)).map((other) => `${operation}: ${one.name} = ${other.name}`));
    });
    expect(same).toEqual([]);
  });
});
