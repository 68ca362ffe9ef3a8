import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atLength } from "../support/runs.ts";
import { build } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let dist: string;
beforeAll(async () => { dist = (await build()).dist; }, 60_000);

/** Runs a candidate in its process, outside of the specs' own runner, and returns the greeting and every reply. */
function run(relu: string, requests: number, timeout = 5000, preamble = "", more = ""): { readonly replies: readonly Record<string, any>[]; readonly out: string; readonly err: string } {
  const path = join(folder, `${Math.random()}.mjs`);
  writeFileSync(path, `${preamble}\nexport default { name: "mine", operations: { relu: ${relu} } };`);
  const url = (file: string): string => JSON.stringify(pathToFileURL(join(dist, file)).href);
  const main = join(folder, `${Math.random()}-main.mjs`);
  writeFileSync(main, `
    import { forkedModule } from ${url("cli/candidate-module.js")};
    import { tensor } from ${url("tensor/index.js")};
    const candidate = await forkedModule(${JSON.stringify(path)}, ${timeout});
    const replies = [];
    for (let i = 0; i < ${requests}; i++) replies.push((await candidate.run({ id: "a", operation: "relu", inputs: { input: tensor([i, -1]) }, options: {} })) ?? null);
    ${more}
    await candidate.close();
    console.log("replies " + JSON.stringify([{ name: candidate.name, precision: candidate.precision, operations: candidate.operations }, ...replies]));
  `);
  const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: "utf8", timeout: 60_000 });
  return { replies: JSON.parse(/^replies (.*)$/m.exec(stdout)?.[1] ?? "[]"), out: stdout.replace(/^replies .*\n/m, ""), err: stderr };
}

const right = "({ input }) => ({ outputs: { output: { shape: input.shape, data: Array.from(input.data, (x) => Math.max(0, x)) } } })";

describe("a module candidate in its process", () => {
  it("says what it offers and answers", () => {
    expect(run(right, 2).replies).toEqual([
      { name: "mine", precision: "float32", operations: ["relu"] },
      { outputs: { output: { shape: [2], data: [0, 0] } } }, { outputs: { output: { shape: [2], data: [1, 0] } } },
    ]);
  });

  it("has another one beside it that was asked nothing, and ends for itself", () => {
    const more = "const another = await candidate.another(); for (const each of [another, candidate]) { replies.push(await each.run({ id: 'a', operation: 'relu', inputs: {}, options: {} })); await another.close(); }";
    expect(run("() => ({ skipped: String(++count) })", 2, 5000, "let count = 0;", more).replies.slice(1)).toEqual(["1", "2", "1", "3"].map((skipped) => ({ skipped })));
  });

  it("keeps standard output to the report: what it prints goes to standard error", () => {
    const { out, err } = run(right, 1, 5000, 'console.log("hello from the module");');
    expect([out, err]).toEqual(["", "hello from the module\n"]);
  });

  it("is ended where it never returns, and started anew", () => {
    expect(run(`(inputs) => { if (inputs.input.data[0] === 1) for (;;); return (${right})(inputs); }`, 3, 1000).replies.slice(1)).toEqual([
      { outputs: { output: { shape: [2], data: [0, 0] } } }, { failure: "hung", error: "no answer within 1 s" }, { outputs: { output: { shape: [2], data: [2, 0] } } },
    ]);
  });

  it("is told where it ends its process, is killed, or throws outside of its answer", () => {
    const [, exits, after] = run("() => process.exit(4)", 2).replies;
    expect([exits, after]).toEqual([1, 2].map(() => ({ failure: "died", error: "ended its process with code 4" })));
    if (!atLength) return; // each is a process of its own
    expect(run('() => process.kill(process.pid, "SIGSEGV")', 1).replies[1]).toEqual({ failure: "died", error: "its process was killed by SIGSEGV" });
    const [, throws] = run('() => new Promise(() => setTimeout(() => { throw new Error("later"); }))', 1).replies;
    expect(throws).toEqual({ failure: "died", error: "threw outside of its answer: later" });
  });

  it("is told what cannot be sent, and passes on what is no answer", () => {
    expect(run("() => ({ outputs: { output: () => 1 } })", 1).replies[1]).toMatchObject({ failure: "garbled" });
    if (!atLength) return; // each is a process of its own
    expect(run("() => undefined", 1).replies[1]).toBe(null);
    expect(run('() => { throw new TypeError("no"); }', 1).replies[1]).toEqual({ error: "TypeError: no" });
  });

  it("fails to start where the module is no candidate", () => {
    expect(run("3", 0).err).toContain("candidate: expected relu as a function, got 3");
  });
});
