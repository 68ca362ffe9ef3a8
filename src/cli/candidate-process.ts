/**
 * Command candidates: an implementation in any language, run as a child process that speaks the protocol.
 *
 * Whatever the process does (end, hang, write nonsense, flood its output) becomes the reply to the case at hand; it is then started anew
 * for the next one.
 *
 * @module
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { show } from "../tensor/shape.ts";
import { declarationOf, declaredPrecision } from "../oracle/precision.ts";
import type { Declaration } from "../oracle/precision.ts";
import { encodeRequest, protocolVersion } from "../oracle/protocol.ts";
import type { Candidate, Reply } from "../oracle/protocol.ts";
import { lineReader } from "./lines.ts";

/** A candidate that holds resources until it is closed. */
export interface RunningCandidate extends Candidate {
  readonly close: () => Promise<void>;
}

/** The longest line that a candidate may write, in MB: ten times its request, from 1 to 64. What is read of a line takes some forty times as much. */
const longestLine = (request: string): number => Math.min(64, Math.max(1, Math.ceil((10 * request.length) / megabyte)));
const megabyte = 2 ** 20;
/** How long a stopped process may take to end, in milliseconds. */
const grace = 2000;
/** How long output may still come from what has left the group of a process that ended, in milliseconds. */
const trailing = 500;

interface Session {
  /** Writes a line and waits for one. */
  readonly exchange: (message: unknown, timeout: number) => Promise<string | Reply>;
  readonly end: () => Promise<void>;
  readonly kill: () => void;
}

/**
 * Starts a command and asks what it offers.
 *
 * @param command - as the shell takes it
 * @param timeout - milliseconds for each answer
 * @throws Error where the command does not start or does not introduce itself as the protocol says
 *
 * @internal
 */
export async function commandCandidate(command: string, timeout: number): Promise<RunningCandidate> {
  let session: Session | undefined;
  const open = async (): Promise<{ readonly session: Session; readonly greeting: Greeting }> => {
    const opened = openSession(command);
    const greeting = readGreeting(await opened.exchange({ command: "start", version: protocolVersion }, Math.max(timeout, 10_000)));
    if (typeof greeting !== "string") return { session: opened, greeting };
    opened.kill();
    throw new Error(`${command}: ${greeting}`);
  };
  const first = await open();
  session = first.session;
  return {
    ...first.greeting,
    run: async (request) => {
      try {
        session ??= (await open()).session;
      } catch (thrown) {
        return { failure: "died", error: `could not be started again: ${(thrown as Error).message}` };
      }
      const reply = readReply(await session.exchange(encodeRequest(request), timeout), request.id);
      if (reply.failure !== undefined) {
        session.kill();
        session = undefined;
      }
      return reply;
    },
    another: () => commandCandidate(command, timeout),
    close: async () => {
      await session?.end();
      session = undefined;
    },
  };
}

function openSession(command: string): Session {
  // Its own process group, so that what it started ends with it.
  const child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let heard = "";
  let ended: Reply | undefined;
  let answer: ((line: string | Reply) => void) | undefined;
  /** A line that nobody asked for; of more than one only the first is kept. */
  let unasked: string | Reply | undefined;
  let dropped = 0;
  let longest = longestLine("");
  const tell = (line: string | Reply): void => {
    if (answer === undefined) unasked ??= line;
    else answer(line);
    answer = undefined;
  };
  const reader = lineReader(tell, () => longest * megabyte, () => {
    tell({ failure: "flooded", error: `expected a line of JSON, got more than ${longest} MB without an end of line` });
    killGroup(child);
  });
  child.stdout.on("data", (bytes: Buffer) => {
    if (unasked === undefined) {
      reader.push(bytes);
      return;
    }
    // The session is lost: nothing more of it is kept.
    dropped += bytes.length;
    if (dropped <= longest * megabyte) return;
    ended ??= { failure: "flooded", error: `expected one line per request, got more than ${longest} MB of others` };
    killGroup(child);
  });
  child.stderr.on("data", (bytes: Buffer) => {
    heard = (heard + bytes.toString("utf8")).slice(-2000);
  });
  child.stdin.on("error", () => {}); // a process that is gone says so by its end
  const finished = new Promise<void>((resolve) => {
    const finish = (how: string): void => {
      clearTimeout(timer);
      reader.end();
      const last = heard.trim().split("\n").at(-1);
      ended ??= { failure: "died", error: `${how}${last ? `; it last said: ${last}` : ""}` };
      tell(ended);
      for (const stream of child.stdio) stream?.destroy(); // what still holds them keeps nobody waiting
      resolve();
    };
    let timer: NodeJS.Timeout | undefined;
    child.on("error", (thrown) => finish(`could not be started: ${thrown.message}`));
    child.on("close", (code, signal) => finish(endOf(code, signal)));
    child.on("exit", (code, signal) => {
      killGroup(child);
      timer = setTimeout(() => finish(endOf(code, signal)), trailing);
    });
  });
  const exit = (): void => killGroup(child);
  process.once("exit", exit);
  void finished.then(() => process.removeListener("exit", exit));
  return {
    exchange: (message, timeout) => {
      if (unasked !== undefined) {
        return Promise.resolve(ended ?? { failure: "garbled", error: `expected one line per request, got another: ${show(unasked)}` });
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          answer = undefined;
          resolve({ failure: "hung", error: `no answer within ${timeout / 1000} s` });
        }, timeout);
        answer = (line) => {
          clearTimeout(timer);
          resolve(line);
        };
        const line = `${JSON.stringify(message)}\n`;
        longest = longestLine(line);
        child.stdin.write(line);
      });
    },
    end: async () => {
      child.stdin.end(`${JSON.stringify({ command: "stop" })}\n`);
      const timer = setTimeout(() => killGroup(child), grace);
      await finished;
      clearTimeout(timer);
      killGroup(child);
    },
    kill: () => killGroup(child),
  };
}

/** How a process ended; a shell tells of a signal by a code above 128. */
function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  const killer = signal ?? Object.entries(constants.signals).find(([, number]) => number + 128 === code)?.[0];
  return killer === undefined ? `the process ended with code ${code}` : `the process was killed by ${killer}`;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group is gone already
  }
}

interface Greeting extends Declaration {
  readonly name: string;
  readonly precision: NonNullable<Declaration["precision"]>;
  readonly operations: readonly string[];
}

/** What `start` was answered, or what is wrong with it. */
function readGreeting(line: string | Reply): Greeting | string {
  if (typeof line !== "string") return (line.error ?? "died").replace("no answer within", "no answer to start within");
  const message = parse(line);
  if (message === undefined) return `expected an answer to start as one JSON object, got ${show(line)}`;
  if (message["error"] !== undefined) return `answered start with an error: ${show(message["error"])}`;
  const greeting = greetingOf(message);
  return typeof greeting !== "string" ? greeting : `${greeting} in the answer to start, ${line.length > mostShown ? `${line.slice(0, mostShown)}…` : line}`;
}

/** As much of an answer as an error shows. */
const mostShown = 100;

function greetingOf(message: Readonly<Record<string, unknown>>): Greeting | string {
  const { version, name, operations } = message;
  if (version !== protocolVersion) return `expected version ${protocolVersion}, got ${show(version)}`;
  if (typeof name !== "string") return `expected name as a string, got ${show(name)}`;
  // Many JSON writers give null to what is absent.
  const declaration = declarationOf(Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)));
  try {
    declaredPrecision("start", declaration);
  } catch (thrown) {
    return (thrown as Error).message.replace("start: ", "");
  }
  if (!Array.isArray(operations) || operations.some((each) => typeof each !== "string")) {
    return `expected operations as a list of names, got ${show(operations)}`;
  }
  return { name, ...declaration, operations };
}

function readReply(line: string | Reply, id: string): Reply {
  if (typeof line !== "string") return line;
  const message = parse(line);
  if (message === undefined) return { failure: "garbled", error: whyNoJson(line) };
  if (message["id"] !== id) return { failure: "garbled", error: `expected the answer to ${id}, got one to ${show(message["id"])}` };
  const { failure: _, ...reply } = message; // no word of the protocol: only this side tells how a process failed
  return reply;
}

/** Many JSON writers put down numbers that JSON does not have. */
function whyNoJson(line: string): string {
  const [, bare] = /[[:,]\s*(-?(?:NaN|Infinity))\s*[,}\]]/.exec(line) ?? [];
  return bare === undefined ? `expected one JSON object a line, got ${show(line)}` : `expected "${bare}" in quotes, as JSON has no such number, got ${bare}`;
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(line.replace(/^\ufeff/, "")); // the mark with which some begin what they write
    return typeof message === "object" && message !== null && !Array.isArray(message) ? (message as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
