import { describe, expect, it } from "vitest";
import { parseExplain, parseVectors, parseVerify } from "../../src/cli/arguments.ts";
import { thrown } from "../support/thrown.ts";

/** A message without its last line, which says where the usage is. */
const told = (act: () => unknown): string => {
  const message = thrown(act);
  const [, said, hint] = /^([^]*)\n(.*)$/.exec(message) ?? [];
  expect(hint, message).toBe("How it is used: etalon --help");
  return said!;
};

const refusal = (...words: string[]): string => told(() => parseVerify(words));

describe("what is typed after etalon verify", () => {
  it("names a module or a command, and no more", () => {
    expect(parseVerify(["mine.js"])).toEqual({ module: "mine.js", caseTimeout: 10, strict: false, options: {} });
    expect(parseVerify(["--command", "python3 mine.py --fast"])).toEqual({ command: "python3 mine.py --fast", caseTimeout: 10, strict: false, options: {} });
    expect(refusal()).toBe("Error: etalon verify: expected a module or --command, got neither");
    expect(refusal("a.js", "--command", "b")).toBe("Error: etalon verify: expected a module or --command, got both");
    expect(refusal("a.js", "b.js")).toBe("Error: etalon verify: expected one candidate, got a.js b.js");
  });

  it("sets every option", () => {
    const words = "a.js --operation relu --operation convolution --tier rounding --cases 5 --seed 9 --case-timeout 0.5 --time-limit 60 --bail --json out.json --junit out.xml";
    expect(parseVerify(words.split(" "))).toEqual({
      module: "a.js", caseTimeout: 0.5, json: "out.json", junit: "out.xml", strict: false,
      options: { operations: ["relu", "convolution"], tiers: ["rounding"], cases: 5, seed: 9, timeLimit: 60, bail: true },
    });
  });

  it("waits for an answer no longer than timers can", () => {
    expect([parseVerify(["a.js", "--case-timeout", "1e9"]).caseTimeout, parseVerify(["a.js"]).caseTimeout]).toEqual([2_147_483, 10]);
    expect(2_147_483 * 1000).toBeLessThan(2 ** 31);
  });

  it("replays one case, of the one operation and tier that it is a case of", () => {
    const one = ["a.js", "--operation", "relu", "--tier", "rounding"];
    expect(parseVerify([...one, "--path", "0:1"]).options).toEqual({ operations: ["relu"], tiers: ["rounding"], path: "0:1" });
    expect(parseVerify([...one, "--path", "17"]).options.path).toBe("17");
    for (const path of ["", "1:", "1:x", ":1", "1,2"]) {
      expect(refusal(...one, `--path=${path}`)).toBe(`Error: etalon verify: expected --path as numbers with colons between them, as a report prints it, got ${path}`);
    }
    const together = "Error: etalon verify: expected --path beside the one --operation and the one --tier that the report prints with it";
    expect(refusal("a.js", "--path", "0")).toBe(`${together}, got neither`);
    expect(refusal("a.js", "--path", "0", "--operation", "relu")).toBe(`${together}, got --operation relu`);
    expect(refusal(...one, "--operation", "tanh", "--path", "0")).toBe(`${together}, got --operation relu --operation tanh --tier rounding`);
    expect(refusal(...one, "--tier", "laws", "--path", "0")).toBe(`${together}, got --operation relu --tier rounding --tier laws`);
  });

  it("takes JavaScript and TypeScript as modules, and sends other languages to --command", () => {
    for (const module of ["a.js", "a.mjs", "a.cjs", "a.ts", "a.mts", "b.c/a", "./a"]) expect(parseVerify([module]).module).toBe(module);
    for (const module of ["a.py", "a.js.py", "./a.so", "a.jsx"]) {
      expect(refusal(module)).toBe(`Error: etalon verify: expected a module of JavaScript or TypeScript, or --command for what speaks the protocol in another language, got ${module}`);
    }
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
    ["--time-limit -1", "--time-limit as a number of at least 0, got -1"],
    ["--cases -5", "--cases as a whole number of at least 1, got -5"],
    ["--case-timeout -.5", "a value after --case-timeout, got -.5"],
  ])("refuses %s", (words, message) => {
    expect(refusal("a.js", ...words.split(" "))).toBe(`Error: etalon verify: expected ${message}`);
  });

  it("refuses what it does not know, and says what it does", () => {
    const options = "--command, --operation, --tier, --cases, --seed, --path, --case-timeout, --time-limit, --shard, --json, --junit, --allow, --strict, --bail";
    for (const word of ["--jsn", "-c", "--no-bail", "--toString"]) expect(refusal("a.js", word)).toBe(`Error: etalon verify: expected ${options}, got ${word}`);
    expect(refusal("a.js", "--operation")).toBe("Error: etalon verify: expected a value after --operation, got none");
    expect(refusal("a.js", "--operation", "--bail")).toBe("Error: etalon verify: expected a value after --operation, got --bail");
    expect(refusal("a.js", "--bail=yes")).toBe("Error: etalon verify: expected --bail without a value, got yes");
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
    [["a", "--cases", "3"], "expected --operation, --seed, got --cases"],
  ])("refuses %j", (words, message) => {
    expect(told(() => parseVectors(words))).toBe(`Error: etalon vectors: ${message}`);
  });
});

describe("what is typed after etalon explain", () => {
  it("is one file", () => {
    expect(parseExplain(["report.json"])).toBe("report.json");
    expect(told(() => parseExplain([]))).toBe("Error: etalon explain: expected one report, got none");
    expect(told(() => parseExplain(["a", "b"]))).toBe("Error: etalon explain: expected one report, got a b");
    expect(told(() => parseExplain(["a", "--json"]))).toBe("Error: etalon explain: expected no option, got --json");
  });
});
