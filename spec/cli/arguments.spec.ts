import { describe, expect, it } from "vitest";
import { parseExplain, parseVectors, parseVerify, usage } from "../../src/cli/arguments.ts";
import { thrown } from "../support/thrown.ts";

const refusal = (...words: string[]): string => {
  const [message, ...rest] = thrown(() => parseVerify(words)).split("\n\n");
  expect(rest.join("\n\n"), "the usage follows").toBe(usage);
  return message!;
};

describe("what is typed after etalon verify", () => {
  it("names a module or a command, and no more", () => {
    expect(parseVerify(["mine.js"])).toEqual({ module: "mine.js", caseTimeout: 10, strict: false, options: {} });
    expect(parseVerify(["--command", "python3 mine.py --fast"])).toEqual({ command: "python3 mine.py --fast", caseTimeout: 10, strict: false, options: {} });
    expect(refusal()).toBe("Error: etalon verify: expected a module or --command, got neither");
    expect(refusal("a.js", "--command", "b")).toBe("Error: etalon verify: expected a module or --command, got both");
    expect(refusal("a.js", "b.js")).toBe("Error: etalon verify: expected one candidate, got a.js b.js");
  });

  it("sets every option", () => {
    const words = "a.js --operation relu --operation convolution --tier rounding --cases 5 --seed 9 --path 0:1 --case-timeout 0.5 --time-limit 60 --bail --json out.json --junit out.xml";
    expect(parseVerify(words.split(" "))).toEqual({
      module: "a.js", caseTimeout: 0.5, json: "out.json", junit: "out.xml", strict: false,
      options: { operations: ["relu", "convolution"], tiers: ["rounding"], cases: 5, seed: 9, path: "0:1", timeLimit: 60, bail: true },
    });
  });

  it("takes --json without a file for standard output, wherever it stands", () => {
    expect(parseVerify(["a.js", "--json"]).json).toBe("");
    expect(parseVerify(["a.js", "--json", "--bail"])).toMatchObject({ json: "", options: { bail: true } });
    expect(parseVerify(["--json=", "a.js"]).json).toBe("");
  });

  it("takes --junit in the same way, but one report only for standard output", () => {
    expect(parseVerify(["a.js", "--junit"])).toMatchObject({ junit: "" });
    expect(parseVerify(["a.js", "--junit", "--json", "a.json"])).toMatchObject({ junit: "", json: "a.json" });
    expect(refusal("a.js", "--junit", "--json")).toBe("Error: etalon verify: expected one report on standard output, got --json and --junit without a file");
  });

  it("takes a part of the cases, and a file of known failures", () => {
    expect(parseVerify(["a.js", "--shard", "2/4"]).options).toEqual({ shard: { index: 2, count: 4 } });
    expect(parseVerify(["a.js", "--allow", "known.json", "--strict"])).toMatchObject({ allow: "known.json", strict: true });
    expect(refusal("a.js", "--shard", "1/2", "--path", "0")).toBe("Error: etalon verify: expected --path without --shard, as a path names one case, got both");
    expect(refusal("a.js", "--allow", "known.json", "--bail")).toBe("Error: etalon verify: expected --allow without --bail, which stops at known failures too, got both");
    expect(refusal("a.js", "--strict")).toBe("Error: etalon verify: expected --strict beside --allow, got no --allow");
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
    ["--shard 0/2", "--shard as I/N with I from 1 to N, got 0/2"],
    ["--shard 3/2", "--shard as I/N with I from 1 to N, got 3/2"],
    ["--shard 2", "--shard as I/N with I from 1 to N, got 2"],
    ["--shard 1/2/3", "--shard as I/N with I from 1 to N, got 1/2/3"],
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

describe("what is typed after etalon vectors", () => {
  it("names a folder, operations and a seed", () => {
    expect(parseVectors(["out"])).toEqual({ folder: "out" });
    expect(parseVectors(["out", "--operation", "relu", "--operation", "pad", "--seed", "-2"])).toEqual({ folder: "out", operations: ["relu", "pad"], seed: -2 });
  });

  it.each([
    [[], "expected one folder, got none"],
    [["a", "b"], "expected one folder, got a b"],
    [["a", "--seed", "x"], "expected --seed as a whole number of at least -2147483648, got x"],
    [["a", "--cases", "3"], "Unknown option '--cases'"],
  ])("refuses %j", (words, message) => {
    expect(thrown(() => parseVectors(words))).toContain(`Error: etalon vectors: ${message}`);
    expect(thrown(() => parseVectors(words)).endsWith(usage)).toBe(true);
  });
});

describe("what is typed after etalon explain", () => {
  it("is one file", () => {
    expect(parseExplain(["report.json"])).toBe("report.json");
    expect(thrown(() => parseExplain([]))).toBe(`Error: etalon explain: expected one report, got none\n\n${usage}`);
    expect(thrown(() => parseExplain(["a", "b"]))).toBe(`Error: etalon explain: expected one report, got a b\n\n${usage}`);
    expect(thrown(() => parseExplain(["a", "--json"]))).toMatch(/^Error: etalon explain: Unknown option '--json'/);
  });
});
