#!/usr/bin/env node
/**
 * The `etalon` command.
 *
 * @module
 */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { catalog } from "../oracle/catalog/index.ts";
import { readAllowances, withAllowances } from "../oracle/allowances.ts";
import { reportJunit } from "../oracle/junit.ts";
import type { Progress, Verdict } from "../oracle/verdict.ts";
import { report, reportJson } from "../oracle/report.ts";
import { explainReport, readReport } from "../oracle/saved-report.ts";
import { verify } from "../oracle/verify.ts";
import { howMany } from "../oracle/words.ts";
import { parseExplain, parseVectors, parseVerify, usage } from "./arguments.ts";
import { forkedModule } from "./candidate-module.ts";
import { commandCandidate } from "./candidate-process.ts";
import { readJson } from "./read-json.ts";
import { serve } from "./serve.ts";
import { writeVectors } from "./vectors.ts";

/** Exit codes: all agree, something disagrees, the run could not be made. */
const [agreed, disagreed, failed] = [0, 1, 2];

const release = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string }).version;

async function main([first, ...rest]: readonly string[]): Promise<number> {
  const command = rest.includes("--help") ? "help" : first;
  switch (command) {
    case "verify":
      return verifyCommand(rest);
    case "serve":
      await serve(process.stdin, process.stdout, release());
      return agreed;
    case "list":
      process.stdout.write(listing());
      return agreed;
    case "vectors":
      return writeVectors(parseVectors(rest), (line) => process.stdout.write(`${line}\n`)) ? agreed : disagreed;
    case "explain":
      process.stdout.write(`${explainReport(readReport(readJson(parseExplain(rest))), { color: isColored() })}\n`);
      return agreed;
    case "--version":
      process.stdout.write(`${release()}\n`);
      return agreed;
    case "help":
    case "--help":
      process.stdout.write(usage);
      return agreed;
    default:
      throw new Error(`etalon: expected verify, serve, list, vectors or explain, got ${command ?? "nothing"}\n\n${usage}`);
  }
}

async function verifyCommand(words: readonly string[]): Promise<number> {
  const typed = parseVerify(words);
  const { module, command, caseTimeout, allow, strict, json, junit, options } = typed;
  const allowances = allow === undefined ? undefined : readAllowances(readJson(allow));
  for (const file of [json, junit]) if (file) checkWritable(file);
  // A candidate's process is ended when this one exits, which a signal alone would not make it do.
  const onSignal = (): void => process.exit(failed);
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal).once("SIGHUP", onSignal);
  const candidate = command === undefined ? await forkedModule(module!, caseTimeout * 1000) : await commandCandidate(command, caseTimeout * 1000);
  try {
    const found = await verify(candidate, { ...options, onProgress: progressLine() });
    clearProgress();
    const verdict = allowances === undefined ? found : withAllowances(found, allowances);
    writeReports(verdict, typed);
    if (verdict.operations.every((each) => each.verdict === "skipped" || each.verdict === "not offered")) return failed;
    return verdict.agrees && !(strict && verdict.outdated!.length > 0) ? agreed : disagreed;
  } finally {
    await candidate.close();
  }
}

/** Refuses before a long run what would be lost after it. */
function checkWritable(file: string): void {
  const isThere = existsSync(file);
  try {
    if (isThere && statSync(file).isDirectory()) throw new Error("a folder");
    accessSync(isThere ? file : dirname(resolve(file)), constants.W_OK);
  } catch (thrown) {
    const { code = (thrown as Error).message } = thrown as { readonly code?: string };
    throw new Error(`etalon verify: expected a file to write a report to, got ${file} (${code})`, { cause: thrown });
  }
}

/** One report on standard output, the text unless another was asked for there; the others in their files. */
function writeReports(verdict: Verdict, { module, command, json, junit }: ReturnType<typeof parseVerify>): void {
  const others = [{ file: json, text: () => `${JSON.stringify(reportJson(verdict), null, 1)}\n` }, { file: junit, text: () => reportJunit(verdict) }];
  if (json !== "" && junit !== "") {
    const start = process.env["npm_lifecycle_event"] === "start" ? "npm start --" : "etalon verify";
    const subject = command === undefined ? module! : `--command ${shellWord(command)}`;
    process.stdout.write(`${report(verdict, { command: `${start} ${subject}`, color: isColored() })}\n`);
  }
  for (const { file, text } of others) {
    if (file === "") process.stdout.write(text());
    else if (file !== undefined) writeFileSync(file, text());
  }
}

const isColored = (): boolean => process.stdout.isTTY && !process.env["NO_COLOR"];

/** One word for the shell, whatever it holds. */
const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Tells how far a run is: on a terminal in one line that is written over. */
function progressLine(): (progress: Progress) => void {
  let last = Date.now();
  return ({ operation, tier, cases, failures }) => {
    if (!process.stderr.isTTY || Date.now() - last < 200) return;
    last = Date.now();
    process.stderr.write(`\r\u001b[K${operation} · ${tier} · ${howMany(cases, "case")}${failures > 0 ? ` · ${howMany(failures, "failure")}` : ""}`);
  };
}

const clearProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
};

const listing = (): string =>
  catalog.map(({ name, summary, inputs, outputs, options }) => [
    `${name}: ${summary}`,
    ...inputs.map((slot) => `  ${slot.name}${slot.optional ? "?" : ""} ${slot.axes}`),
    ...Object.entries(options).map(([option, meaning]) => `  option ${option}: ${meaning}`),
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
