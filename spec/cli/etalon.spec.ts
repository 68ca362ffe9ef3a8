import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usage } from "../../src/cli/arguments.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { tiers } from "../../src/oracle/lattice.ts";
import { build, etalon, hasPython, processesWith, start, withoutPython } from "./support.ts";
import type { Build, Outcome } from "./support.ts";
import { atLength } from "../support/runs.ts";

let built: Build;
const folder = mkdtempSync(join(tmpdir(), "etalon-"));
/** Plain JavaScript needs no tools to be loaded, which take most of the time of a short run; the README's commands name the file in TypeScript. */
const flipped = join(folder, "flipped-kernel.mjs");
beforeAll(async () => {
  built = await build();
  const { transformWithOxc } = await import("vite");
  const source = readFileSync("examples/candidates/flipped-kernel.ts", "utf8");
  writeFileSync(flipped, (await transformWithOxc(source, "flipped-kernel.ts", { target: "es2023", sourcemap: false })).code);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: string[]): Outcome => etalon(built, words);
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("etalon", () => {
  it("says how it is used, its version, and what it does not know", () => {
    expect(run("help")).toEqual({ code: 0, out: usage, err: "" });
    expect(run("verify", "a.js", "--help")).toEqual({ code: 0, out: usage, err: "" });
    expect(run("--version")).toEqual({ code: 0, out: `${(JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version}\n`, err: "" });
    expect(run("check")).toEqual({ code: 2, out: "", err: `etalon: expected verify, serve, list, vectors or explain, got check\n\n${usage}\n` });
    if (atLength) expect(run()).toEqual({ code: 2, out: "", err: `etalon: expected verify, serve, list, vectors or explain, got nothing\n\n${usage}\n` });
  });

  it("lists every operation with its inputs, options and outputs", () => {
    const { code, out } = run("list");
    expect(code).toBe(0);
    for (const { name, summary, inputs, outputs, options } of catalog) {
      expect(out).toContain(`${name}: ${summary}\n`);
      for (const slot of inputs) expect(out).toContain(`  ${slot.name}${slot.optional ? "?" : ""} ${slot.axes}\n`);
      for (const [option, meaning] of Object.entries(options)) expect(out).toContain(`  option ${option}: ${meaning}\n`);
      for (const slot of outputs) expect(out).toContain(`  → ${slot.name} ${slot.axes}\n`);
    }
  });
});

describe("etalon verify", () => {
  it("ends with 0 where all agrees", () => {
    const right = write("right.mjs", `const largest = (x) => Math.max(0, x);
      export default { name: "right", operations: { relu: ({ input }, _, cotangents) => ({
        outputs: { output: { shape: input.shape, data: input.data.map(largest) } },
        ...(cotangents && { gradients: { input: { shape: input.shape, data: input.data.map((x, i) => (x > 0 ? cotangents.output.data[i] : 0)) } } }),
      }) } };`);
    const { code, out, err } = run("verify", right, "--operation", "relu", "--tier", "structure", "--tier", "rounding", "--cases", "10");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^right \(float32\) against the reference · seed 1 · \d+\.\d s\n/);
    expect(out.trimEnd().split("\n").at(-1)).toBe("Agrees in all that it offers: relu. 20 cases.");
  });

  describe("where something disagrees", () => {
    const words = ["verify", flipped, "--operation", "convolution", "--tier", "structure", "--cases", "30", "--seed", "-3"];
    const file = join(folder, "report.json");
    let first: Outcome;
    beforeAll(() => { first = run(...words, "--json", file); }, 60_000);

    it("ends with 1, and the command that it prints shows the same case again", () => {
      expect(first.code).toBe(1);
      const again = /^ {2}Again: {3}etalon (.*)$/m.exec(first.out)![1]!;
      expect(again).toMatch(/^verify \S+flipped-kernel\.mjs --operation convolution --tier structure --seed -\d+ --path [\d:]+$/);
      const second = run(...again.split(" "));
      expect(second.code).toBe(1);
      const failure = (text: string): string => text.slice(text.indexOf("✗ convolution ·"), text.indexOf("\nDisagrees")).replace(/^ {2}The same explains.*\n/m, "");
      expect(failure(second.out)).toBe(failure(first.out));
    });

    it("writes the report as JSON to standard output and nothing beside it, or to a file beside the text", () => {
      const { code, out } = run(...words, "--json");
      const json = JSON.parse(out) as Record<string, any>;
      expect([code, json["agrees"], json["candidate"]]).toEqual([1, false, { name: "flipped-kernel", precision: "float32" }]);
      expect(json["operations"][0].failures[0].causes[0].variant).toBe("kernelFlipped");
      expect([first.code, first.out.startsWith("flipped-kernel (float32)")]).toEqual([1, true]);
      expect({ ...JSON.parse(readFileSync(file, "utf8")), seconds: 0 }).toEqual({ ...json, seconds: 0 });
    });
  });

  const skips = (): string => write("skips.mjs", 'export default { name: "skips", operations: { relu: () => ({ skipped: "not yet" }) } };');

  it("ends with 2 where nothing could be compared", () => {
    const { code, out } = run("verify", skips(), "--cases", "3");
    expect(code).toBe(2);
    expect(out.trimEnd().split("\n").at(-1)).toBe("Nothing was compared.");
  });

  it.runIf(atLength)("writes JUnit XML to standard output and nothing beside it, or to a file beside the text", () => {
    const words = ["verify", flipped, "--operation", "convolution", "--tier", "structure", "--cases", "20"];
    const file = join(folder, "report.xml");
    const { code, out } = run(...words, "--junit");
    const both = run(...words, "--junit", file);
    expect([code, both.code, both.out.startsWith("flipped-kernel (float32)")]).toEqual([1, 1, true]);
    expect(out).toContain('<testcase classname="convolution" name="structure: output"><failure type="value"');
    expect(readFileSync(file, "utf8")).toBe(out);
  });

  it.runIf(atLength)("does not fail for known failures, and tells when they are gone; --strict fails then", () => {
    const copy = write("copy.mjs", 'export default { name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } };');
    const words = ["verify", copy, "--tier", "structure", "--cases", "15", "--allow"];
    const known = { operation: "relu", where: "output", reason: "slopes" };
    const [allow, more] = [[known], [known, { ...known, kind: "died" }]].map((list, i) => write(`allow-${i}.json`, JSON.stringify(list)));
    const allowed = run(...words, allow!, "--strict");
    expect([allowed.code, allowed.out.trimEnd().split("\n").at(-1)]).toEqual([0, "Agrees in nothing; allowed to fail in relu. 15 cases."]);
    expect(run(...words, more!)).toMatchObject({ code: 0, out: expect.stringContaining("  relu · output · died: slopes\n") });
    expect(run(...words, more!, "--strict").code).toBe(1);
    expect(run(...words, write("none.json", "[{}]"))).toEqual({ code: 2, out: "", err: "RangeError: allow: expected entry 0 to have operation, got none\n".replace("RangeError: ", "") });
  });

  it.runIf(atLength)("runs a part of the cases, and stops at the time limit", () => {
    const words = ["verify", "examples/candidates/im2col.ts", "--operation", "relu", "--tier", "structure", "--cases", "10"];
    expect(run(...words, "--shard", "2/4").out).toMatch(/^im2col \(float32\) against the reference · seed 1 · shard 2\/4 · [^]*Agrees in all that it offers: relu\. 2 cases\.\n$/);
    expect(run(...words, "--time-limit", "0")).toMatchObject({ code: 2, out: expect.stringMatching(/all skipped \(stopped at the time limit\)[^]*Nothing was compared\.\n$/) });
  });

  it("says in words why it could not run, with 2", () => {
    const failing = (...words: string[]): string => {
      const { code, out, err } = run("verify", ...words);
      expect([code, out]).toEqual([2, ""]);
      return err;
    };
    expect(failing()).toBe("etalon verify: expected a module or --command, got neither\nHow it is used: etalon --help\n");
    expect(failing("a.js", "--json", "x.json", "--junit", folder)).toBe(`etalon verify: expected a file to write a report to, got ${folder} (a folder)\n`);
    expect(failing("nowhere.js")).toBe("etalon: expected a candidate's module, got no file at nowhere.js\n");
    if (!atLength) return; // each is a process of its own
    expect(failing(write("broken.mjs", "export default {"))).toBe(`etalon: expected a module that loads, got ${join(folder, "broken.mjs")}, which says SyntaxError: Unexpected end of input\n`);
    const nowhere = join(folder, "none", "x.json");
    expect(failing("a.js", "--json", nowhere)).toBe(`etalon verify: expected a file to write a report to, got ${nowhere} (ENOENT)\n`);
    expect(failing(write("none.mjs", "export const x = 1;"))).toBe("candidate: expected a module whose default export is { name, operations }, got undefined\n");
    expect(failing(skips(), "--operation", "convolve")).toBe('verify: expected an operation of the catalog (did you mean convolution or transposedConvolution?), got "convolve"\n');
    expect(failing(skips(), "--tier", "law")).toBe(`verify: expected tier ${tiers.join(", ")}, got "law"\n`);
    expect(failing("--command", "etalon-no-such-command")).toMatch(/^etalon-no-such-command: the process ended with code 127/);
  });
});

describe("etalon explain", () => {
  it.runIf(atLength)("tells a saved report again, without the candidate, and what the reference answers", () => {
    const copy = write("gone.mjs", 'export default { name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } };');
    const file = join(folder, "saved.json");
    const { out } = run("verify", copy, "--tier", "structure", "--cases", "15", "--json", file);
    rmSync(copy);
    const told = run("explain", file);
    const failure = (text: string): string => text.slice(text.indexOf("✗ relu ·"), text.indexOf("  Again:"));
    expect(told.code).toBe(0);
    expect(failure(told.out)).toBe(failure(out));
    expect(told.out).toMatch(/Worked out anew by this release, without the candidate:\n {2}relu · output \(structure tier\)\n {4}the reference {2}\[\] {2}0\n {4}the candidate {2}\[\] {2}-1: still wrong\n$/);
  });

  it("says what is no report", () => {
    if (atLength) expect(run("explain", join(folder, "nowhere.json"))).toEqual({ code: 2, out: "", err: `etalon: expected a file of JSON, got none to read at ${join(folder, "nowhere.json")} (ENOENT)\n` });
    expect(run("explain", write("list.json", "[]"))).toEqual({ code: 2, out: "", err: "report: expected a report of etalon verify --json, got []\n" });
  });
});

describe("etalon vectors", () => {
  it.runIf(atLength)("writes one file an operation and their schema, and says what they catch", () => {
    const { code, out, err } = run("vectors", join(folder, "vectors"), "--operation", "relu", "--operation", "pad");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^relu\.json: (\d+) vectors catch (\d+) of \2 variants\npad\.json: (\d+) vectors catch (\d+) of \4 variants\n$/);
    expect(run("vectors", join(folder, "vectors"), "--operation", "rely")).toMatchObject({ code: 2, out: "" });
  });
});

describe("the reference against itself", () => {
  it.runIf(atLength)("agrees, driven as a command", () => {
    const { code, out } = run("verify", "--command", `${process.execPath} ${built.etalon} serve`, "--cases", "2");
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^Agrees in all that it offers: /);
    expect(code).toBe(0);
  });
});

describe("candidates in Python", () => {
  it.runIf(atLength)("plain.py agrees in all, and its gradients are told as left out", { timeout: 60_000 }, ({ skip }) => {
    skip(!hasPython, withoutPython);
    const { code, out } = run("verify", "--command", "python3 examples/candidates/plain.py", "--tier", "structure", "--tier", "rounding", "--cases", "6");
    expect(code).toBe(0);
    expect(out).toContain("convolution: left out gradient of input (12 cases), gradient of kernel (12 cases)");
  });

  it.runIf(atLength)("one that hangs is told so, and nothing of it is left", { timeout: 60_000 }, ({ skip }) => {
    skip(!hasPython, withoutPython);
    const mark = `etalon-mark-${process.pid}`;
    const { code, out } = run("verify", "--command", `python3 examples/candidates/broken/hangs.py ${mark}`, "--operation", "relu", "--tier", "structure", "--cases", "20", "--case-timeout", "0.3");
    expect(code).toBe(1);
    expect(out).toContain("answer: no answer within 0.3 s");
    expect(processesWith(mark)).toEqual([]);
  });
});

describe("a run that is interrupted", () => {
  it.each((["SIGHUP", "SIGINT", "SIGTERM"] as const).slice(0, atLength ? 3 : 1))("takes its candidate with it: %s, even while the candidate starts", { timeout: 30_000 }, async (signal) => {
    const mark = `etalon-interrupted-${process.pid}-${signal}`;
    const silent = write("silent.mjs", "setInterval(() => {}, 1000);");
    const child = start(built, ["verify", "--command", `${process.execPath} ${silent} ${mark}`]);
    await expect.poll(() => processesWith(`${silent} ${mark}`).filter((line) => !line.includes("verify")).length, { timeout: 10_000 }).toBeGreaterThan(0);
    child.kill(signal);
    expect(await once(child, "close")).toEqual([2, null]);
    await expect.poll(() => processesWith(mark), { timeout: 5000 }).toEqual([]);
  });

  it.runIf(atLength)("cannot be told by a module that never returns", { timeout: 30_000 }, async () => {
    const endless = write("endless.mjs", 'export default { name: "endless", operations: { relu: () => { for (;;); } } };');
    const child = spawn(process.execPath, [built.etalon, "verify", endless, "--case-timeout", "0.1", "--operation", "relu", "--tier", "structure", "--cases", "1"]);
    let out = "";
    child.stdout.on("data", (bytes) => { out += bytes; });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(out).toContain("answer: no answer within 0.1 s");
  });
});
