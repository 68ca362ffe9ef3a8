import { describe, expect, it } from "vitest";
import { parseVerify, usage } from "../../src/cli/arguments.ts";
import { thrown } from "../support/thrown.ts";

const refusal = (...words: string[]): string => {
  const [message, ...rest] = thrown(() => parseVerify(words)).split("\n\n");
  expect(rest.join("\n\n"), "the usage follows").toBe(usage);
  return message!;
};

describe("what is typed after etalon verify", () => {
  it("names a module or a command, and no more", () => {
    expect(parseVerify(["mine.js"])).toEqual({ module: "mine.js", caseTimeout: 10, options: {} });
    expect(parseVerify(["--command", "python3 mine.py --fast"])).toEqual({ command: "python3 mine.py --fast", caseTimeout: 10, options: {} });
    expect(refusal()).toBe("Error: etalon verify: expected a module or --command, got neither");
    expect(refusal("a.js", "--command", "b")).toBe("Error: etalon verify: expected a module or --command, got both");
    expect(refusal("a.js", "b.js")).toBe("Error: etalon verify: expected one candidate, got a.js b.js");
  });

  it("sets every option", () => {
    const words = "a.js --operation relu --operation convolution --tier rounding --cases 5 --seed 9 --path 0:1 --case-timeout 0.5 --time-limit 60 --bail --json out.json";
    expect(parseVerify(words.split(" "))).toEqual({
      module: "a.js", caseTimeout: 0.5, json: "out.json",
      options: { operations: ["relu", "convolution"], tiers: ["rounding"], cases: 5, seed: 9, path: "0:1", timeLimit: 60, bail: true },
    });
  });

  it("takes --json without a file for standard output, wherever it stands", () => {
    expect(parseVerify(["a.js", "--json"]).json).toBe("");
    expect(parseVerify(["a.js", "--json", "--bail"])).toMatchObject({ json: "", options: { bail: true } });
    expect(parseVerify(["--json=", "a.js"]).json).toBe("");
  });

  it("takes negative seeds, which the reports print too", () => {
    expect(parseVerify(["a.js", "--seed", "-5"]).options.seed).toBe(-5);
    expect(parseVerify(["a.js", "--seed=-5"]).options.seed).toBe(-5);
    expect(parseVerify(["--seed", "-2147483648", "a.js"])).toMatchObject({ module: "a.js", options: { seed: -2147483648 } });
  });

  it.each([
    ["--cases 0", "--cases as a whole number of at least 1, got 0"],
    ["--cases 1.5", "--cases as a whole number of at least 1, got 1.5"],
    ["--cases many", "--cases as a whole number of at least 1, got many"],
    ["--cases=", "--cases as a whole number of at least 1, got "],
    ["--cases Infinity", "--cases as a whole number of at least 1, got Infinity"],
    ["--seed 0.5", "--seed as a whole number of at least -2147483648, got 0.5"],
    ["--case-timeout 0", "--case-timeout as a number of at least 0.001, got 0"],
    ["--time-limit=-1", "--time-limit as a number of at least 0, got -1"],
  ])("refuses %s", (words, message) => {
    expect(refusal("a.js", ...words.split(" "))).toBe(`Error: etalon verify: expected ${message}`);
  });

  it("refuses what it does not know, in the parser's words", () => {
    expect(refusal("a.js", "--jsn")).toMatch(/^Error: etalon verify: Unknown option '--jsn'/);
    expect(refusal("a.js", "--operation")).toMatch(/^Error: etalon verify: Option '--operation <value>' argument missing/);
    expect(refusal("a.js", "--bail=yes")).toMatch(/^Error: etalon verify: Option '--bail' does not take an argument/);
  });
});
