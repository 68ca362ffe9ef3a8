#!/usr/bin/env node
/**
 * The `etalon` command.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { catalog } from "../oracle/catalog/index.ts";
import type { Progress } from "../oracle/verdict.ts";
import { report, reportJson } from "../oracle/report.ts";
import { verify } from "../oracle/verify.ts";
import { parseVerify, usage } from "./arguments.ts";
import { threadedModule } from "./candidate-module.ts";
import { commandCandidate } from "./candidate-process.ts";
import { serve } from "./serve.ts";

/** Exit codes: all agree, something disagrees, the run could not be made. */
const [agreed, disagreed, failed] = [0, 1, 2];

const release = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string }).version;

async function main([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case "verify":
      return verifyCommand(rest);
    case "serve":
      await serve(process.stdin, process.stdout, release());
      return agreed;
    case "list":
      process.stdout.write(listing());
      return agreed;
    case "--version":
      process.stdout.write(`${release()}\n`);
      return agreed;
    case "help":
    case "--help":
      process.stdout.write(usage);
      return agreed;
    default:
      throw new Error(`etalon: expected verify, serve or list, got ${command ?? "nothing"}\n\n${usage}`);
  }
}

async function verifyCommand(words: readonly string[]): Promise<number> {
  const { module, command, caseTimeout, json, options } = parseVerify(words);
  // A candidate's process is ended when this one exits, which a signal alone would not make it do.
  const onSignal = (): void => process.exit(failed);
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal).once("SIGHUP", onSignal);
  const candidate = command === undefined ? await threadedModule(module!, caseTimeout * 1000) : await commandCandidate(command, caseTimeout * 1000);
  try {
    const verdict = await verify(candidate, { ...options, onProgress: progressLine() });
    clearProgress();
    const text = JSON.stringify(reportJson(verdict), null, 1);
    if (json === "") process.stdout.write(`${text}\n`);
    else {
      const start = process.env["npm_lifecycle_event"] === "start" ? "npm start --" : "etalon verify";
      const subject = command === undefined ? module! : `--command ${shellWord(command)}`;
      process.stdout.write(`${report(verdict, { command: `${start} ${subject}`, color: process.stdout.isTTY && !process.env["NO_COLOR"] })}\n`);
      if (json !== undefined) writeFileSync(json, `${text}\n`);
    }
    if (verdict.operations.every((each) => each.verdict !== "agrees" && each.verdict !== "disagrees")) return failed;
    return verdict.agrees ? agreed : disagreed;
  } finally {
    await candidate.close();
  }
}

/** One word for the shell, whatever it holds. */
const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Tells how far a run is: on a terminal in one line that is written over. */
function progressLine(): (progress: Progress) => void {
  let last = Date.now();
  return ({ operation, tier, cases, failures }) => {
    if (!process.stderr.isTTY || Date.now() - last < 200) return;
    last = Date.now();
    process.stderr.write(`\r\u001b[K${operation} · ${tier} · ${cases} cases${failures > 0 ? ` · ${failures} failures` : ""}`);
  };
}

const clearProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
};

const listing = (): string =>
  catalog.map(({ name, summary, inputs, outputs, options }) => [
    `${name}: ${summary}`,
    ...inputs.map((slot) => `  ${slot.name}${slot.optional ? "?" : ""} ${slot.axes}`),
    ...Object.entries(options).map(([option, meaning]) => `  --${option}: ${meaning}`),
    ...outputs.map((slot) => `  → ${slot.name} ${slot.axes}`),
    "",
  ].join("\n")).join("\n");

// Whoever reads no longer wants to: nothing is left to say.
process.stdout.on("error", () => process.exit());

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  clearProgress();
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = failed;
}
