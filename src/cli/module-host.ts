/**
 * The thread in which a module candidate runs, so that one that never returns can be ended.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { moduleCandidate } from "../oracle/module-candidate.ts";
import { declarationOf } from "../oracle/precision.ts";
import type { CandidateModule } from "../oracle/module-candidate.ts";
import type { Reply } from "../oracle/protocol.ts";
import { loadModule } from "./load-module.ts";
import { unpackRequest } from "./worker-message.ts";
import type { PackedRequest } from "./worker-message.ts";

const port = parentPort!;
try {
  const candidate = moduleCandidate((await loadModule((workerData as { readonly path: string }).path)) as CandidateModule);
  port.postMessage({ name: candidate.name, ...declarationOf(candidate), operations: candidate.operations });
  port.on("message", (packed: PackedRequest) => {
    void Promise.resolve(candidate.run(unpackRequest(packed))).then(post);
  });
} catch (thrown) {
  port.postMessage({ error: thrown instanceof Error ? thrown.message : String(thrown) });
}

/** What cannot be copied between threads (a function in the place of a tensor, say) is no answer. */
function post(reply: Reply): void {
  try {
    port.postMessage({ reply });
  } catch (thrown) {
    port.postMessage({ reply: { failure: "garbled", error: `expected plain data, got ${(thrown as Error).message}` } satisfies Reply });
  }
}
