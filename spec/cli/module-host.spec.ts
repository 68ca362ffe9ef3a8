import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packRequest } from "../../src/cli/worker-message.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { build } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "etalon-"));
const path = join(folder, "mine.mjs");
let host: string;
beforeAll(async () => {
  host = join((await build()).dist, "cli/module-host.js");
  writeFileSync(path, `setInterval(() => {}, 1e6); export default { name: "mine", operations: {
    relu: ({ input }) => ({ outputs: { output: { shape: input.shape, data: input.data.map((x) => Math.max(0, x)) } } }),
    tanh: () => ({ outputs: { output: () => 1 } }),
  } };`);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = (operation: string) => packRequest({ id: "a", operation, inputs: { input: tensor([-1, 2]) }, options: {} });

/** The process' messages, one for its start and one for each request; then it is let go, and ends. */
async function messages(module: string, ...requests: readonly ReturnType<typeof request>[]): Promise<readonly unknown[]> {
  const child = fork(host, [module], { serialization: "advanced", execArgv: [] });
  const [first] = await once(child, "message");
  const heard: unknown[] = [first];
  for (const each of requests) {
    child.send(each);
    const [answer] = await once(child, "message");
    heard.push(answer);
  }
  child.disconnect();
  expect(await once(child, "exit")).toEqual([0, null]);
  return heard;
}

describe("the process of a module candidate", () => {
  it("says what the module offers, and answers in order", async () => {
    expect(await messages(path, request("relu"), request("relu"))).toEqual([
      { name: "mine", precision: "float32", operations: ["relu", "tanh"] },
      ...[1, 2].map(() => ({ reply: { outputs: { output: { shape: [2], data: new Float32Array([0, 2]) } } } })),
    ]);
  });

  it("says so where an answer cannot leave the process", async () => {
    const [, answer] = await messages(path, request("tanh")) as [unknown, { readonly reply: { readonly failure: string; readonly error: string } }];
    expect(answer.reply.failure).toBe("garbled");
    expect(answer.reply.error).toMatch(/^expected plain data, got .*could not be cloned/s);
  });

  it("says so where the module cannot be loaded", async () => {
    expect(await messages(join(folder, "nowhere.mjs"))).toEqual([{ error: `etalon: expected a candidate's module, got no file at ${join(folder, "nowhere.mjs")}` }]);
  });
});
