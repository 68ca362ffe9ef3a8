/**
 * What is typed after `etalon verify`, `etalon vectors` and `etalon explain`.
 *
 * @module
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import type { Tier } from "../oracle/lattice.ts";
import type { Shard, VerifyOptions } from "../oracle/verdict.ts";

/** How the command is used. @internal */
export const usage = `etalon verify CANDIDATE.js            verify a module
etalon verify --command "COMMAND"     verify a command that speaks the protocol
etalon serve                          the reference on standard input and output
etalon list                           the operations, their inputs and options
etalon vectors FOLDER                 cases with answers, a file for each operation
etalon explain REPORT.json            a report of --json as text, answers worked out anew

Options of verify:
  --operation NAME     only this operation (again for more)
  --tier NAME          only this kind of data: structure, rounding, special,
                       degenerate, laws, statistics
  --cases N            cases for each operation in the structure and rounding
                       tiers (200); 3/10 of it in special and degenerate,
                       1/5 in laws
  --seed S             a whole number from which all cases follow (1)
  --path P             replay the one case that a report names, with its seed,
                       operation and tier
  --case-timeout S     seconds for one answer (10)
  --time-limit S       seconds after which no further case is begun
  --shard I/N          only part I of N parts of the cases, for as many machines
  --json [FILE]        the report as JSON, to standard output or a file
  --junit [FILE]       the report as JUnit XML, to standard output or a file
  --allow FILE         known failures with their reasons, for which the run does not fail
  --strict             fail for known failures that do not occur any more
  --bail               stop at the first failure
Options of vectors: --operation, --seed

Exit codes: 0 all agree, 1 something disagrees, 2 could not run or compare anything.
`;

/** A verification as typed. @internal */
export interface VerifyCommand {
  readonly module?: string;
  readonly command?: string;
  /** Seconds. */
  readonly caseTimeout: number;
  /** A file, "" for standard output, absent for none. */
  readonly json?: string;
  /** Likewise. */
  readonly junit?: string;
  /** The file of known failures. */
  readonly allow?: string;
  readonly strict: boolean;
  readonly options: VerifyOptions;
}

/**
 * Reads the words after `etalon verify`.
 *
 * @throws Error for unknown or missing words
 *
 * @internal
 */
export function parseVerify(words: readonly string[]): VerifyCommand {
  const { values, positionals } = parse(normalized(words));
  const [module, ...more] = positionals;
  const { command, json, junit, allow, strict = false, bail, path } = values;
  if (more.length > 0) throw wrong(`one candidate`, `${positionals.join(" ")}`);
  if (module !== undefined && !/(^[^.]*|\.[cm]?[jt]s)$/.test(basename(module))) {
    throw wrong("a module of JavaScript or TypeScript, or --command for what speaks the protocol in another language", module);
  }
  if ((module === undefined) === (command === undefined)) throw wrong("a module or --command", module === undefined ? "neither" : "both");
  if (json === "" && junit === "") throw wrong("one report on standard output", "--json and --junit without a file");
  if (bail === true && allow !== undefined) throw wrong("--allow without --bail, which stops at known failures too", "both");
  if (path !== undefined && values.shard !== undefined) throw wrong("--path without --shard, as a path names one case", "both");
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) throw wrong("--path as numbers with colons between them, as a report prints it", path);
  if (path !== undefined && (values.operation?.length !== 1 || values.tier?.length !== 1)) {
    throw wrong("--path beside the one --operation and the one --tier that the report prints with it", listed(values));
  }
  if (strict && allow === undefined) throw wrong("--strict beside --allow", "no --allow");
  const number = (name: "cases" | "seed" | "case-timeout" | "time-limit", least: number, whole: boolean): number | undefined =>
    numberOf(wrong, name, values[name], least, whole);
  const given = {
    cases: number("cases", 1, true), seed: number("seed", -(2 ** 31), true), timeLimit: number("time-limit", 0, false),
    operations: values.operation, tiers: values.tier as Tier[] | undefined, path, bail, shard: shardOf(values.shard),
  };
  return {
    ...(module === undefined ? {} : { module }),
    ...(command === undefined ? {} : { command }),
    ...(json === undefined ? {} : { json }),
    ...(junit === undefined ? {} : { junit }),
    ...(allow === undefined ? {} : { allow }),
    strict,
    caseTimeout: Math.min(number("case-timeout", 0.001, false) ?? 10, longestTimeout),
    options: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as VerifyOptions,
  };
}

/** What is asked of `etalon vectors`. @internal */
export interface VectorsCommand {
  readonly folder: string;
  readonly operations?: readonly string[];
  readonly seed?: number;
}

/**
 * Reads the words after `etalon vectors`.
 *
 * @throws Error for unknown or missing words
 *
 * @internal
 */
export function parseVectors(words: readonly string[]): VectorsCommand {
  const refuse = refusal("etalon vectors");
  const { values, positionals } = parsed("etalon vectors", normalized(words), { operation: { type: "string", multiple: true }, seed: { type: "string" } });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw refuse("one folder", [folder, ...more].join(" ") || "none");
  const seed = numberOf(refuse, "seed", values.seed, -(2 ** 31), true);
  return { folder, ...(values.operation && { operations: values.operation }), ...(seed !== undefined && { seed }) };
}

/**
 * Reads the one word after `etalon explain`: a file.
 *
 * @throws Error for unknown or missing words
 *
 * @internal
 */
export function parseExplain(words: readonly string[]): string {
  const refuse = refusal("etalon explain");
  const { positionals: [file, ...more] } = parsed("etalon explain", words.slice(), {});
  if (file === undefined || more.length > 0) throw refuse("one report", [file, ...more].join(" ") || "none");
  return file;
}

type Refusal = (expected: string, got: string) => Error;

const refusal = (command: string): Refusal => (expected, got) =>
  new Error(`${command}: expected ${expected}, got ${got}\nHow it is used: etalon --help`);

const wrong = refusal("etalon verify");

function numberOf(refuse: Refusal, name: string, text: string | undefined, least: number, whole: boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < least || (whole && !Number.isInteger(value))) {
    throw refuse(`--${name} as a ${whole ? "whole " : ""}number of at least ${least}`, text);
  }
  return value;
}

function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) throw wrong("--shard as I/N with I from 1 to N", text);
  return { index, count };
}

/** Timers count milliseconds in 31 bits: some 24 days. */
const longestTimeout = 2_147_483;

const numbers = ["--seed", "--cases", "--case-timeout", "--time-limit"];

/** `--json` or `--junit` without a file means standard output; a negative number is no option. */
const normalized = (words: readonly string[]): string[] =>
  words.flatMap((word, i) => {
    const [before, next] = [words[i - 1], words[i + 1]];
    if ((word === "--json" || word === "--junit") && (next === undefined || next.startsWith("-"))) return [`${word}=`];
    if (numbers.includes(word) && next !== undefined && /^-\d/.test(next)) return [`${word}=${next}`];
    return before !== undefined && numbers.includes(before) && /^-\d/.test(word) ? [] : [word];
  });

/** What of the operations and tiers was typed. */
const listed = ({ operation = [], tier = [] }: { readonly operation?: readonly string[] | undefined; readonly tier?: readonly string[] | undefined }): string =>
  [...operation.map((name) => `--operation ${name}`), ...tier.map((name) => `--tier ${name}`)].join(" ") || "neither";

const parse = (args: string[]) => parsed("etalon verify", args, {
  command: { type: "string" }, operation: { type: "string", multiple: true }, tier: { type: "string", multiple: true },
  cases: { type: "string" }, seed: { type: "string" }, path: { type: "string" }, "case-timeout": { type: "string" },
  "time-limit": { type: "string" }, shard: { type: "string" }, json: { type: "string" }, junit: { type: "string" },
  allow: { type: "string" }, strict: { type: "boolean" }, bail: { type: "boolean" },
});

function parsed<const T extends NonNullable<ParseArgsConfig["options"]>>(command: string, args: string[], options: T) {
  const refuse = refusal(command);
  const { tokens } = parseArgs({ args, allowPositionals: true, options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { rawName, name, value } = token;
    const type = options[name]?.type;
    if (type === undefined) throw refuse(Object.keys(options).map((each) => `--${each}`).join(", ") || "no option", rawName);
    if (type === "boolean" && value !== undefined) throw refuse(`${rawName} without a value`, value);
    if (type === "string" && (value === undefined || (!token.inlineValue && value.startsWith("-")))) throw refuse(`a value after ${rawName}`, value ?? "none");
  }
  return parseArgs({ args, allowPositionals: true, options });
}
