import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packRequest } from "../../src/cli/worker-message.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { build } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
const path = join(folder, "mine.mjs");
let host: URL;
beforeAll(async () => {
  host = pathToFileURL(join((await build()).dist, "cli/module-host.js"));
  writeFileSync(path, `export default { name: "mine", operations: {
    relu: ({ input }) => ({ outputs: { output: { shape: input.shape, data: input.data.map((x) => Math.max(0, x)) } } }),
    tanh: () => ({ outputs: { output: () => 1 } }),
  } };`);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = (operation: string) => packRequest({ id: "a", operation, inputs: { input: tensor([-1, 2]) }, options: {} });

/** The thread's messages, one for its start and one for each request. */
async function messages(module: string, ...requests: readonly ReturnType<typeof request>[]): Promise<readonly unknown[]> {
  const thread = new Worker(host, { workerData: { path: module } });
  const heard: unknown[] = [];
  const next = (): Promise<void> => new Promise((resolve) => thread.once("message", (message) => {
    heard.push(message);
    resolve();
  }));
  await next();
  for (const each of requests) {
    const answered = next();
    thread.postMessage(each);
    await answered;
  }
  await thread.terminate();
  return heard;
}

describe("the thread of a module candidate", () => {
  it("says what the module offers, and answers in order", async () => {
    expect(await messages(path, request("relu"), request("relu"))).toEqual([
      { name: "mine", precision: "float32", operations: ["relu", "tanh"] },
      ...[1, 2].map(() => ({ reply: { outputs: { output: { shape: [2], data: new Float32Array([0, 2]) } } } })),
    ]);
  });

  it("says so where an answer cannot leave the thread", async () => {
    const [, answer] = await messages(path, request("tanh")) as [unknown, { readonly reply: { readonly failure: string; readonly error: string } }];
    expect(answer.reply.failure).toBe("garbled");
    expect(answer.reply.error).toMatch(/^expected plain data, got .*could not be cloned/s);
  });

  it("says so where the module cannot be loaded", async () => {
    expect(await messages(join(folder, "nowhere.mjs"))).toEqual([{ error: `etalon: expected a candidate's module, got no file at ${join(folder, "nowhere.mjs")}` }]);
  });
});
