/**
 * Module candidates for the command line: each runs in a thread of its own, which is ended when it hangs and started anew when it is gone.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { declarationOf } from "../oracle/precision.ts";
import type { Declaration } from "../oracle/precision.ts";
import type { Reply } from "../oracle/protocol.ts";
import type { RunningCandidate } from "./candidate-process.ts";
import { packRequest } from "./worker-message.ts";

interface Greeting extends Declaration {
  readonly name: string;
  readonly operations: readonly string[];
}

type Message = Greeting | { readonly error: string } | { readonly reply: Reply };

/** How long a module may take to load, in milliseconds. */
const loading = 60_000;

/**
 * Loads a module and asks what it offers.
 *
 * @param timeout - milliseconds for each answer
 * @throws Error where the module cannot be loaded or is no candidate
 *
 * @internal
 */
export async function threadedModule(path: string, timeout: number): Promise<RunningCandidate> {
  let thread: Worker | undefined;
  const open = async (): Promise<Greeting> => {
    thread = new Worker(new URL("./module-host.js", import.meta.url), { workerData: { path }, stdout: true });
    thread.stdout.pipe(process.stderr); // standard output is the report's
    const greeting = await next(thread, loading);
    if ("name" in greeting) return greeting;
    await thread.terminate();
    thread = undefined;
    throw new Error("error" in greeting ? greeting.error : greeting.reply.error);
  };
  const { name, operations, ...declaration } = await open();
  return {
    name, operations, ...declarationOf(declaration),
    run: async (request) => {
      try {
        if (thread === undefined) await open();
      } catch (thrown) {
        return { failure: "died", error: `could not be started again: ${(thrown as Error).message}` };
      }
      const current = thread!;
      current.postMessage(packRequest(request));
      const message = await next(current, timeout);
      if ("reply" in message && message.reply?.failure !== "died" && message.reply?.failure !== "hung") return message.reply;
      thread = undefined;
      await current.terminate();
      return "reply" in message ? message.reply : { failure: "garbled", error: "error" in message ? message.error : "answered out of turn" };
    },
    close: async () => {
      await thread?.terminate();
    },
  };
}

/** The thread's next message, or what became of it instead. */
function next(thread: Worker, timeout: number): Promise<Message> {
  return new Promise((resolve) => {
    const settle = (message: Message): void => {
      clearTimeout(timer);
      thread.off("message", settle).off("error", onError).off("exit", onExit);
      resolve(message);
    };
    const onError = (thrown: Error): void => settle({ reply: { failure: "died", error: `threw outside of its answer: ${thrown.message}` } });
    const onExit = (code: number): void => settle({ reply: { failure: "died", error: `ended its thread with code ${code}` } });
    const timer = setTimeout(() => settle({ reply: { failure: "hung", error: `no answer within ${timeout / 1000} s` } }), timeout);
    thread.on("message", settle).on("error", onError).on("exit", onExit);
  });
}
