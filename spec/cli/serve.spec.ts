import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../src/cli/serve.ts";
import { atLength } from "../support/runs.ts";
import { build, etalon, start } from "./support.ts";
import type { Build } from "./support.ts";

let built: Build;
beforeAll(async () => { built = await build(); }, 60_000);

const relu = (id: unknown, ...values: unknown[]) => JSON.stringify({ command: "run", id, operation: "relu", inputs: { input: { shape: [values.length], values } }, radius: false });
const answers = (input: string | Buffer): Record<string, any>[] => {
  const { code, out, err } = etalon(built, ["serve"], input);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out === "" ? [] : out.trimEnd().split("\n").map((line) => JSON.parse(line));
};

describe("etalon serve, as a process", () => {
  it("holds a session, and ends with 0 when told to stop", () => {
    const session = answers(['{"command":"start","version":1}', relu("a", -1, 2), '{"command":"stop"}', relu("never", 1)].join("\n"));
    expect(session).toMatchObject([{ version: 1, name: "etalon", release: expect.stringMatching(/^\d+\.\d+\.\d+/) }, { id: "a", outputs: { output: { values: [0, 2] } } }]);
    expect(session).toHaveLength(2);
  });

  it("ends with 0 at the end of the input, and answers a last line without its end", () => {
    if (atLength) expect(answers("")).toEqual([]);
    expect(answers(relu(1, 3))).toMatchObject([{ id: 1 }]);
  });

  it("keeps the order, passes over blank lines, takes CRLF, goes on after nonsense, and survives bytes that are no text", () => {
    const lines = [relu(1, 1), "", "   ", "{nonsense", relu(2, 2), "[]", '{"command":"start","version":9}', '{"command":"run","id":3,"operation":"nothing","inputs":{}}', relu(4, "NaN")];
    const got = answers(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\n`), Buffer.from([0xff, 0xfe, 0x00, 0x0a]), Buffer.from(relu(5, 1))]));
    const ends = [[1, true], [null, false], [2, true], [null, false], [null, false], [3, false], [4, true], [null, false], [5, true]];
    expect(got.map(({ id, error }) => [id, error === undefined])).toEqual(ends);
    expect(got[6]!["outputs"]).toEqual({ output: { shape: [1], values: ["NaN"] } });
  });

  it("answers each line before the next one comes", async () => {
    const child = start(built, ["serve"]);
    for (const id of [1, 2, 3]) {
      child.stdin.write(`${relu(id, id)}\n`);
      const [bytes] = (await once(child.stdout, "data")) as [Buffer];
      expect(JSON.parse(String(bytes))).toMatchObject({ id });
    }
    child.stdin.end();
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it("takes a line of many megabytes; 100 MB in the full test", { timeout: 600_000 }, () => {
    const megabytes = atLength ? 100 : 2;
    const values = `${"-1.5,".repeat((megabytes * 2 ** 20) / 5)}7`;
    const count = values.split(",").length;
    const started = Date.now();
    const input = `{"command":"run","id":1,"operation":"relu","radius":false,"inputs":{"input":{"shape":[${count}],"values":[${values}]}}}\n${relu(2, 5)}\n`;
    const got = answers(input);
    console.info(`a request of ${megabytes} MB was answered within ${(Date.now() - started) / 1000} s`);
    expect(got[0]!["outputs"]["output"]["values"]).toHaveLength(count);
    expect([got[0]!["outputs"]["output"]["values"].at(-1), got[1]!["id"]]).toEqual([7, 2]);
  });
});

describe("serve, on any streams", () => {
  const served = async (pieces: readonly string[]): Promise<string[]> => {
    const output = new PassThrough();
    const heard: string[] = [];
    output.on("data", (bytes: Buffer) => heard.push(String(bytes)));
    await serve(Readable.from(pieces.map((piece) => Buffer.from(piece))), output, "0.0.0");
    return heard.join("").split("\n").slice(0, -1);
  };

  it("does not mind how the input is cut", async () => {
    const text = `${relu("a", 1)}\n${relu("b", 2)}\n`;
    const whole = await served([text]);
    expect(whole).toHaveLength(2);
    expect(await served([...text])).toEqual(whole);
  });

  it("waits where nobody reads, and loses nothing", async () => {
    const output = new PassThrough({ highWaterMark: 16 });
    const done = serve(Readable.from([Buffer.from(Array.from({ length: 50 }, (_, i) => relu(i, i)).join("\n"))]), output, "");
    const heard: Buffer[] = [];
    for await (const bytes of output) {
      heard.push(bytes as Buffer);
      if (String(Buffer.concat(heard)).split("\n").length === 51) break;
    }
    await done;
    expect(String(Buffer.concat(heard)).trimEnd().split("\n").map((line) => JSON.parse(line).id)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

it("a reader that has gone away ends the service", { timeout: 20_000 }, async () => {
  const child = spawn(process.execPath, [built.etalon, "serve"], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {});
  child.stdout.destroy();
  const ended = once(child, "close");
  const writing = setInterval(() => child.stdin.write(`${relu(1, 1)}\n`), 20);
  const [code] = (await ended) as [number];
  clearInterval(writing);
  expect(code).not.toBeNull();
});
