/**
 * The process in which a module candidate runs, so that one that never returns can be ended, whatever it calls.
 *
 * @module
 */
import { moduleCandidate } from "../oracle/module-candidate.ts";
import { declarationOf } from "../oracle/precision.ts";
import type { CandidateModule } from "../oracle/module-candidate.ts";
import type { Reply } from "../oracle/protocol.ts";
import { loadModule } from "./load-module.ts";
import { unpackRequest } from "./worker-message.ts";
import type { PackedRequest } from "./worker-message.ts";

const send = (message: unknown, sent: () => void = () => {}): void => {
  process.send!(message, undefined, {}, sent);
};

process.on("disconnect", () => process.exit()); // the verifier is gone
process.on("uncaughtException", (thrown: unknown) => {
  const error = `threw outside of its answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  send({ reply: { failure: "died", error } satisfies Reply }, () => process.exit(1));
});

try {
  const candidate = moduleCandidate((await loadModule(process.argv[2]!)) as CandidateModule);
  process.on("message", (packed) => {
    void Promise.resolve(candidate.run(unpackRequest(packed as PackedRequest))).then(post);
  });
  send({ name: candidate.name, ...declarationOf(candidate), operations: candidate.operations });
} catch (thrown) {
  send({ error: thrown instanceof Error ? thrown.message : String(thrown) });
}

/** What cannot be copied between processes (a function in the place of a tensor, say) is no answer. */
function post(reply: Reply): void {
  try {
    send({ reply });
  } catch (thrown) {
    send({ reply: { failure: "garbled", error: `expected plain data, got ${(thrown as Error).message}` } satisfies Reply });
  }
}
