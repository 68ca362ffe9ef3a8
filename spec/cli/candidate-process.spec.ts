import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { commandCandidate } from "../../src/cli/candidate-process.ts";
import type { RunningCandidate } from "../../src/cli/candidate-process.ts";
import type { Reply } from "../../src/oracle/protocol.ts";
import { verify } from "../../src/oracle/verify.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { atLength, everything } from "../support/runs.ts";
import { build, candidates, hasPython, processesWith, withoutPython } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands in the command line of every process of this file, so that none is overlooked. */
const mark = `etalon-spec-${process.pid}`;
const node = JSON.stringify(process.execPath);
const running: RunningCandidate[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((candidate) => candidate.close()));
});
/** Nothing of any test is left; asking the system costs more than most of these tests, so that it is asked where it matters and at the end. */
const expectNothingLeft = (): Promise<void> => expect.poll(() => processesWith(mark), { timeout: 5000, interval: 100 }).toEqual([]);

const open = async (command: string, timeout = 10_000): Promise<RunningCandidate> => {
  const candidate = await commandCandidate(`${command} ${mark}`, timeout);
  running.push(candidate);
  return candidate;
};

/** A candidate in JavaScript: `on` holds the body of an answer to each message. */
const script = (name: string, body: string): string => {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `
    import { createInterface } from "node:readline";
    const say = (message) => console.log(JSON.stringify(message));
    const hello = { version: 1, name: "${name}", operations: ["relu"] };
    const right = ({ id, inputs: { input } }) => ({ id, outputs: { output: { shape: input.shape, values: input.values.map((x) => Math.max(0, x)) } } });
    let count = 0;
    for await (const line of createInterface({ input: process.stdin })) {
      const message = JSON.parse(line);
      if (message.command === "run") count++;
      ${body}
    }
  `);
  return `${node} ${path}`;
};
const usual = `if (message.command === "start") say(hello); else if (message.command === "run") say(right(message)); else break;`;

/** Some shells add a word of their own. */
const killed = /^the process was killed by SIGKILL(; it last said: .*Killed.*)?$/;

const request = (id = "relu/1", ...values: number[]) => ({ id, operation: "relu", inputs: { input: tensor(values.length > 0 ? values : [-1, 2]) }, options: {} });
const answer = (id: string): Reply => ({ id, outputs: { output: { shape: [2], values: [0, 2] } } }) as Reply;

describe("a command as a candidate", () => {
  it("says what it offers, in float32 unless it says otherwise, and answers", async () => {
    const candidate = await open(script("usual", usual));
    expect(candidate).toMatchObject({ name: "usual", precision: "float32", operations: ["relu"] });
    expect(await candidate.run(request("relu/1"))).toEqual(answer("relu/1"));
    expect(await candidate.run(request("relu/2"))).toEqual(answer("relu/2"));
    const wide = await open(script("wide", `if (message.command === "start") say({ ...hello, precision: "float64" }); else break;`));
    expect(wide.precision).toBe("float64");
    const stored = await open(script("stored", `if (message.command === "start") say({ ...hello, storage: "bfloat16", subnormals: "flushed" }); else break;`));
    expect(stored).toMatchObject({ precision: "float32", storage: "bfloat16", subnormals: "flushed" });
  });

  it("is judged by the class of its algorithm, where it declares one", async () => {
    // What is as large as the largest product is added and taken away again: an error beside that, and not beside the terms of a small sum.
    const product = (algorithm?: string): string => script(`product-${algorithm}`, `
      const product = ({ id, inputs: { left, right }, options }) => {
        if (options.transposeLeft || options.transposeRight || left.shape.length + right.shape.length > 4) return { id, skipped: "matrices as they are" };
        const [[m, k], n] = [left.shape, right.shape[1]];
        const most = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        const large = Math.fround(most(left.values) * most(right.values));
        const values = Array.from({ length: m * n }, (_, at) => {
          let sum = large;
          for (let i = 0; i < k; i++) sum = Math.fround(sum + Math.fround(left.values[Math.floor(at / n) * k + i] * right.values[i * n + at % n]));
          return Math.fround(sum - large);
        });
        return { id, outputs: { output: { shape: [m, n], values } } };
      };
      if (message.command === "start") say({ ...hello, operations: ["matrixProduct"], algorithm: ${JSON.stringify(algorithm)} });
      else if (message.command === "run") say(product(message)); else break;`);
    const found = async (algorithm?: string) => {
      const { agrees, candidate } = await verify(await open(product(algorithm)), { operations: ["matrixProduct"], tiers: ["structure", "rounding"], cases: 20 });
      return [agrees, candidate.precision];
    };
    expect([await found("normwise"), await found()]).toEqual([[true, "float32, normwise"], [false, "float32"]]);
  });

  it("is ended when it is closed, whether it listens or not", async () => {
    const deaf = await open(script("deaf", `if (message.command === "start") say(hello); else setInterval(() => {}, 1000);`));
    const listening = await open(script("listening", usual));
    await Promise.all([deaf.close(), listening.close()]);
    await expectNothingLeft();
  });

  it("has another one beside it that was asked nothing, and ends for itself", async () => {
    const first = await open(script("counting", `if (message.command === "start") say(hello); else if (message.command === "run") say({ id: message.id, skipped: String(count) }); else break;`));
    await first.run(request());
    const second = await first.another!();
    expect([await first.run(request()), await second.run(request())]).toMatchObject([{ skipped: "2" }, { skipped: "1" }]);
    await second.close();
    expect(await first.run(request())).toMatchObject({ skipped: "3" });
  });

  it("may log what it likes on standard error", async () => {
    const candidate = await open(script("chatty", `console.error("x".repeat(1e5)); ${usual}`));
    expect(await candidate.run(request())).toEqual(answer("relu/1"));
  });

  it("may begin with a byte order mark, and end its lines as Windows does", async () => {
    const say = `const say = (message) => process.stdout.write("\\ufeff" + JSON.stringify(message) + "\\r\\n");`;
    const candidate = await open(script("marked", `${say} ${usual}`));
    expect(await candidate.run(request())).toEqual(answer("relu/1"));
  });

  it("has no word for failures: what it calls one is ignored like any unknown field", async () => {
    const candidate = await open(script("liar", `if (message.command === "start") say(hello); else if (message.command === "run") say({ ...right(message), failure: "hung" }); else break;`));
    expect(await candidate.run(request())).toEqual(answer("relu/1"));
  });
});

describe("a command that fails", () => {
  it.each<[string, string, Reply]>([
    ["dies", `if (count === 1) { console.error("out of memory"); process.exit(3); }`, { failure: "died", error: "the process ended with code 3; it last said: out of memory" }],
    ["is killed", `if (count === 1) process.kill(process.pid, "SIGKILL");`, { failure: "died", error: expect.stringMatching(killed) as unknown as string }],
    ["hangs", `if (count === 1) continue;`, { failure: "hung", error: "no answer within 0.5 s" }],
    ["writes no JSON", `if (count === 1) { console.log("relu: 0 warnings"); continue; }`, { failure: "garbled", error: 'expected one JSON object a line, got "relu: 0 warnings"' }],
    ["writes JSON that is no object", `if (count === 1) { say([1]); continue; }`, { failure: "garbled", error: 'expected one JSON object a line, got "[1]"' }],
    ["answers another request", `if (count === 1) { say({ ...right(message), id: "relu/9" }); continue; }`, { failure: "garbled", error: 'expected the answer to relu/1, got one to "relu/9"' }],
    ["writes NaN without quotes", `if (count === 1) { console.log('{"id": "relu/1", "outputs": {"output": {"shape": [2], "values": [0, NaN]}}}'); continue; }`, { failure: "garbled", error: 'expected "NaN" in quotes, as JSON has no such number, got NaN' }],
    ["writes -Infinity", `if (count === 1) { console.log('{"id":"relu/1","outputs":{"output":{"shape":[2],"values":[-Infinity,0]}}}'); continue; }`, { failure: "garbled", error: 'expected "-Infinity" in quotes, as JSON has no such number, got -Infinity' }],
    ["ends in the middle of a line", `if (count === 1) { process.stdout.write('{"id":"relu/1","out'); process.exit(); }`, { failure: "garbled", error: 'expected one JSON object a line, got "{\\"id\\":\\"relu/1\\",\\"out"' }],
  ])("%s: that is the reply, and it is started anew for the next case", async (name, fault, reply) => {
    const flag = join(folder, `${name}.flag`);
    // The fault once only, as the second process finds the flag.
    const once = `const { existsSync, writeFileSync } = await import("node:fs"); if (message.command === "run" && !existsSync(${JSON.stringify(flag)})) { writeFileSync(${JSON.stringify(flag)}, ""); ${fault} }`;
    const candidate = await open(script(name.replaceAll(" ", "-"), `${once} ${usual}`), 500);
    expect(await candidate.run(request("relu/1"))).toEqual(reply);
    expect(await candidate.run(request("relu/2"))).toEqual(answer("relu/2"));
  });

  it("is told when it answers twice: the second line is nobody's", async () => {
    const candidate = await open(script("twice", `if (message.command === "run") say(right(message)); ${usual}`));
    expect(await candidate.run(request("relu/1"))).toEqual(answer("relu/1"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await candidate.run(request("relu/2"))).toMatchObject({ failure: "garbled", error: expect.stringMatching(/^expected one line per request, got another: /) });
  });

  it("is told when it cannot be started again", async () => {
    const flag = join(folder, "once.flag");
    const candidate = await open(script("once", `const { existsSync, writeFileSync } = await import("node:fs"); if (existsSync(${JSON.stringify(flag)})) process.exit(7); writeFileSync(${JSON.stringify(flag)}, ""); if (message.command === "run") process.exit(5); say(hello);`));
    expect(await candidate.run(request())).toMatchObject({ failure: "died" });
    const again = await candidate.run(request("relu/2"));
    expect(again.failure).toBe("died");
    expect(again.error).toMatch(/^could not be started again: .*: the process ended with code 7$/);
  });

  it("takes what it started with it", async () => {
    const child = `const { spawn } = await import("node:child_process"); spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", ${JSON.stringify(mark)}], { stdio: "ignore" });`;
    const candidate = await open(script("parent", `if (message.command === "start") { ${child} } if (message.command === "run") continue; ${usual}`), 500);
    expect(await candidate.run(request())).toMatchObject({ failure: "hung" });
    await candidate.close();
    await expectNothingLeft();
  });

  it("has died at once where what it started still holds its output, and takes that with it", async () => {
    const child = `const { spawn } = await import("node:child_process"); spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", ${JSON.stringify(mark)}], { stdio: "inherit" });`;
    const candidate = await open(script("leaving", `if (message.command === "start") { ${child} } if (message.command === "run") process.exit(4); ${usual}`));
    expect(await candidate.run(request())).toEqual({ failure: "died", error: "the process ended with code 4" });
    await candidate.close();
    await expectNothingLeft();
  });

  it("keeps nobody waiting where what it started has left its group and holds its output", { timeout: 30_000 }, async () => {
    const pid = join(folder, "escaped.pid");
    const child = `const { spawn } = await import("node:child_process"); const { writeFileSync } = await import("node:fs");
      writeFileSync(${JSON.stringify(pid)}, String(spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit", detached: true }).pid));`;
    const candidate = await open(script("escaping", `if (message.command === "start") { ${child} } if (message.command === "run") process.exit(4); ${usual}`));
    expect(await candidate.run(request())).toEqual({ failure: "died", error: "the process ended with code 4" });
    await candidate.close();
    process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
  });
});

/** What a candidate may do instead of answering, or beside it: 200 MB in a few pieces, or one answer as long as is read at all. */
const floods: Readonly<Record<string, string>> = {
  "nothing but what it is asked": `say(right(message));`,
  "a line that never ends": `out(1, "x".repeat(mb), 200);`,
  "long lines after its answer": `say(right(message)); out(1, "x".repeat(mb - 1) + "\\n", 200);`,
  "short lines after its answer": `say(right(message)); out(1, "x\\n".repeat(mb / 2), 200);`,
  "a log that never ends": `out(2, "x".repeat(mb), 200); say(right(message));`,
  "a log of many lines": `out(2, "x\\n".repeat(mb / 2), 200); say(right(message));`,
  "a tensor of a hundred million numbers": `out(1, '{"id":"relu/1","outputs":{"output":{"shape":[1e8],"values":[0'); out(1, ",0".repeat(mb / 2), 200);`,
  "a tensor of many numbers, whose line is short enough to be read": `console.log('{"id":"' + message.id + '","outputs":{"output":{"shape":[500001],"values":[0' + ",0".repeat(5e5) + "]}}}");`,
  "brackets in brackets, half a million deep": `console.log('{"id":"' + message.id + '","outputs":{"output":' + "[".repeat(5e5) + "]".repeat(5e5) + "}}");`,
};

describe("memory", () => {
  /** The most that the verifier's process held at any time, in MB. */
  const most = async (name: string): Promise<number> => {
    const { etalon } = await build();
    const watch = join(folder, "watch.mjs");
    writeFileSync(watch, 'import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(process.env.HELD, String(process.resourceUsage().maxRSS / 1024)));');
    const out = `const { writeSync } = await import("node:fs"); const mb = 2 ** 20;
      const out = (to, text, times = 1) => { const bytes = Buffer.from(text); for (let i = 0; i < times; i++) for (let from = 0; from < bytes.length;) try { from += writeSync(to, bytes, from); } catch (e) { if (e.code !== "EAGAIN") process.exit(0); } };`;
    const command = script(`flood-${Object.keys(floods).indexOf(name)}`, `${out} if (message.command === "start") say(hello); else if (message.command === "run") { ${floods[name]!} } else break;`);
    const held = join(folder, "held.txt");
    const words = ["--import", watch, etalon, "verify", "--command", command, "--operation", "relu", "--tier", "rounding", "--cases", "3", "--case-timeout", "20"];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8", env: { ...process.env, HELD: held } });
    expect([0, 1], stdout).toContain(status);
    return Number(readFileSync(held, "utf8"));
  };

  it.runIf(atLength)("stays bounded whatever a candidate writes: 200 MB cost the verifier less than 64, one line of brackets less than 320", { timeout: 120_000 }, async () => {
    const [usual, ...flooding] = Object.keys(floods);
    const least = await most(usual!);
    const kinds = everything ? flooding : flooding.filter((name, i) => i === 0 || name.startsWith("brackets"));
    for (const name of kinds) expect(await most(name) - least, name).toBeLessThan(name.startsWith("brackets") ? 320 : 64);
  });
});

describe("a command that does not introduce itself", () => {
  const refusal = (command: string): Promise<string> => commandCandidate(command, 1000).then(() => "accepted", (error: Error) => error.message);
  const greet = (greeting: string): string => `read start; echo '${greeting}'`;

  it.each([
    ["no-json", "hello", 'expected an answer to start as one JSON object, got "hello"'],
    ["no-version", "{}", "expected version 1, got undefined"],
    ["version-2", '{"version":2,"name":"x","operations":[]}', "expected version 1, got 2"],
    ["no-name", '{"version":1,"operations":[]}', "expected name as a string, got undefined"],
    ["echo", '{"command":"start","version":1}', "expected name as a string, got undefined"],
    ["long", `{"version":1,"operations":["${"x".repeat(100)}"]}`, "expected name as a string, got undefined"],
    ["no-list", '{"version":1,"name":"x","operations":"relu"}', 'expected operations as a list of names, got "relu"'],
    ["numbers", '{"version":1,"name":"x","operations":[1]}', "expected operations as a list of names, got [1]"],
    ["int8 storage", '{"version":1,"name":"x","operations":[],"storage":"int8"}', 'expected storage float64, float32, tf32, bfloat16, float16, got "int8"'],
    ["half a unit", '{"version":1,"name":"x","operations":[],"precision":{"unit":0.3}}', "expected precision.unit as a power of two from 2 ** -53 to 2 ** -2, got 0.3"],
    ["float8", '{"version":1,"name":"x","operations":[],"precision":"float8"}', 'expected precision float64, float32, tf32, bfloat16, float16 or { unit }, got "float8"'],
    ["fast", '{"version":1,"name":"x","operations":[],"algorithm":"fast"}', 'expected algorithm componentwise, normwise, got "fast"'],
    ["fast gates", '{"version":1,"name":"x","operations":[],"algorithm":{"lstm":"normwise"}}', "expected algorithm only of convolution, transposedConvolution, fullyConnected, matrixProduct, got lstm"],
    ["refuses", '{"error":"no licence"}', 'answered start with an error: "no licence"'],
  ])("is refused: %s", async (_, greeting, message) => {
    const command = greet(greeting);
    const shown = greeting.length > 100 ? `${greeting.slice(0, 100)}…` : greeting;
    const isOther = /^expected (?!an answer)/.test(message);
    expect(await refusal(command)).toBe(`${command}: ${message}${isOther ? ` in the answer to start, ${shown}` : ""}`);
  });

  it.runIf(atLength)("is refused where it says nothing", { timeout: 30_000 }, async () => {
    expect(await refusal("sleep 60")).toBe("sleep 60: no answer to start within 10 s");
  });

  it("is refused where there is no such command", async () => {
    expect(await refusal("etalon-no-such-command")).toMatch(/^etalon-no-such-command: the process ended with code 127; it last said: .*not found/);
  });
});

describe("the broken candidates in Python", () => {
  const python = (name: string, timeout = 2000): Promise<RunningCandidate> => open(`python3 ${JSON.stringify(join(candidates, "broken", name))}`, timeout);
  const ask = async (candidate: RunningCandidate, count: number, ...shape: number[]): Promise<Reply[]> => {
    const replies: Reply[] = [];
    for (let i = 1; i <= count; i++) replies.push(await candidate.run({ ...request(`relu/${i}`), inputs: { input: tensor(shape.reduceRight<any>((inner, size) => Array.from({ length: size }, () => inner), 1)) } }));
    return replies;
  };

  it("relu.py is right, dies.py and killed.py fail at the fifth request, and start again", async ({ skip }) => {
    skip(!hasPython, withoutPython);
    expect((await ask(await python("relu.py"), 6)).map(({ failure }) => failure)).toEqual(Array.from({ length: 6 }, () => undefined));
    const dead = await ask(await python("dies.py"), 6);
    expect(dead.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined, undefined, "died", undefined]);
    expect(dead[4]!.error).toBe("the process ended with code 3; it last said: dies: out of memory");
    expect((await ask(await python("killed.py"), 6))[4]).toEqual({ failure: "died", error: expect.stringMatching(killed) });
  });

  it.runIf(atLength)("hangs.py is told so within its time-out", async ({ skip }) => {
    skip(!hasPython, withoutPython);
    const candidate = await python("hangs.py", 500);
    expect(await ask(candidate, 1, 1, 1, 1)).toEqual([{ failure: "hung", error: "no answer within 0.5 s" }]);
    expect((await ask(candidate, 1, 2))[0]!.failure).toBeUndefined();
  });

  it.runIf(atLength)("floods.py is cut off at 1 MB", { timeout: 60_000 }, async ({ skip }) => {
    skip(!hasPython, withoutPython);
    const replies = await ask(await python("floods.py", 30_000), 4);
    expect(replies.map(({ failure }) => failure)).toEqual([undefined, undefined, "flooded", undefined]);
    expect(replies[2]!.error).toBe("expected a line of JSON, got more than 1 MB without an end of line");
  });

  it.runIf(atLength)("garbage.py is told apart by what it wrote", async ({ skip }) => {
    skip(!hasPython, withoutPython);
    const candidate = await python("garbage.py");
    const errors = [...await ask(candidate, 1, 1), ...await ask(candidate, 1, 1, 1), ...await ask(candidate, 1, 1, 1, 1), ...await ask(candidate, 1, 1, 1, 1, 1)];
    expect(errors.map(({ failure }) => failure)).toEqual(["garbled", "garbled", "garbled", undefined]);
    expect(errors[0]!.error).toBe('expected one JSON object a line, got "relu: 0 warnings, 0 errors"');
    expect(errors[1]!.error).toBe('expected the answer to relu/1, got one to "another"');
    expect(errors[2]!.error).toMatch(/^expected one JSON object a line, got "\{/);
  });

  it.runIf(atLength)("slow-start.py may take its two seconds", async ({ skip }) => {
    skip(!hasPython, withoutPython);
    const candidate = await python("slow-start.py", 500);
    expect((await ask(candidate, 2)).map(({ failure }) => failure)).toEqual([undefined, undefined]);
  });
});

describe("all candidates of this file", () => {
  it("have ended, and so have the processes they started", expectNothingLeft);
});
