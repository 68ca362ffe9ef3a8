/**
 * Module candidates for the command line: each runs in a process of its own, which is ended when it hangs and started anew when it is gone.
 *
 * A thread would not do: to end one while compiled code is called from it ends all of the process.
 *
 * @module
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
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
export async function forkedModule(path: string, timeout: number): Promise<RunningCandidate> {
  let child: ChildProcess | undefined;
  const open = async (): Promise<Greeting> => {
    child = start(path);
    const greeting = await next(child, loading);
    if ("name" in greeting) return greeting;
    await end(child);
    throw new Error("error" in greeting ? greeting.error : greeting.reply.error);
  };
  const { name, operations, ...declaration } = await open();
  return {
    name, operations, ...declarationOf(declaration),
    run: async (request) => {
      try {
        if (child?.connected !== true) await open();
      } catch (thrown) {
        return { failure: "died", error: `could not be started again: ${(thrown as Error).message}` };
      }
      const current = child!;
      current.send(packRequest(request), () => {}); // a process that is gone says so by its end
      const message = await next(current, timeout);
      if ("reply" in message && message.reply?.failure !== "died" && message.reply?.failure !== "hung") return message.reply;
      await end(current);
      return "reply" in message ? message.reply : { failure: "garbled", error: "error" in message ? message.error : "answered out of turn" };
    },
    another: () => forkedModule(path, timeout),
    close: async () => {
      if (child !== undefined) await end(child);
    },
  };
}

/** Standard output is the report's, so that of the module goes to standard error. */
function start(path: string): ChildProcess {
  const host = fileURLToPath(new URL("./module-host.js", import.meta.url));
  const child = fork(host, [path], { serialization: "advanced", stdio: ["ignore", 2, 2, "ipc"] });
  const exit = (): boolean => child.kill("SIGKILL");
  process.once("exit", exit);
  child.once("exit", () => process.removeListener("exit", exit));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** The process' next message, or what became of it instead. */
function next(child: ChildProcess, timeout: number): Promise<Message> {
  return new Promise((resolve) => {
    const settle = (message: Message): void => {
      clearTimeout(timer);
      child.off("message", settle).off("error", onError).off("exit", onExit);
      resolve(message);
    };
    const died = (error: string): void => settle({ reply: { failure: "died", error } });
    const onError = (thrown: Error): void => died(`could not be started: ${thrown.message}`);
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
      died(signal === null ? `ended its process with code ${code}` : `its process was killed by ${signal}`);
    const timer = setTimeout(() => settle({ reply: { failure: "hung", error: `no answer within ${timeout / 1000} s` } }), timeout);
    child.on("message", settle).on("error", onError).on("exit", onExit);
  });
}
