/**
 * What is typed after `etalon verify`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Tier } from "../oracle/lattice.ts";
import type { VerifyOptions } from "../oracle/verdict.ts";

/** How the command is used. @internal */
export const usage = `etalon verify CANDIDATE.js            verify a module
etalon verify --command "COMMAND"     verify a command that speaks the protocol
etalon serve                          the reference on standard input and output
etalon list                           the operations, their inputs and options

Options of verify:
  --operation NAME     only this operation (again for more)
  --tier NAME          only this kind of data: structure, rounding
  --cases N            cases for each operation and tier (200)
  --seed S             a whole number from which all cases follow (1)
  --path P             replay the one case that a report names
  --case-timeout S     seconds for one answer (10)
  --time-limit S       seconds after which no further case is begun
  --json [FILE]        the report as JSON, to standard output or a file
  --bail               stop at the first failure

Exit codes: 0 all agree, 1 something disagrees, 2 could not run.
`;

/** A verification as typed. @internal */
export interface VerifyCommand {
  readonly module?: string;
  readonly command?: string;
  /** Seconds. */
  readonly caseTimeout: number;
  /** A file, "" for standard output, absent for none. */
  readonly json?: string;
  readonly options: VerifyOptions;
}

/**
 * Reads the words after `etalon verify`.
 *
 * @throws Error for unknown or missing words, with the usage
 *
 * @internal
 */
export function parseVerify(words: readonly string[]): VerifyCommand {
  const { values, positionals } = parse(normalized(words));
  const [module, ...more] = positionals;
  const { command, json, bail, path } = values;
  if (more.length > 0) throw wrong(`one candidate`, `${positionals.join(" ")}`);
  if ((module === undefined) === (command === undefined)) throw wrong("a module or --command", module === undefined ? "neither" : "both");
  const number = (name: "cases" | "seed" | "case-timeout" | "time-limit", least: number, whole: boolean): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least || (whole && !Number.isInteger(value))) {
      throw wrong(`--${name} as a ${whole ? "whole " : ""}number of at least ${least}`, text);
    }
    return value;
  };
  const given = {
    cases: number("cases", 1, true), seed: number("seed", -(2 ** 31), true), timeLimit: number("time-limit", 0, false),
    operations: values.operation, tiers: values.tier as Tier[] | undefined, path, bail,
  };
  return {
    ...(module === undefined ? {} : { module }),
    ...(command === undefined ? {} : { command }),
    ...(json === undefined ? {} : { json }),
    caseTimeout: number("case-timeout", 0.001, false) ?? 10,
    options: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as VerifyOptions,
  };
}

const wrong = (expected: string, got: string): Error => new Error(`etalon verify: expected ${expected}, got ${got}\n\n${usage}`);

/** `--json` without a file means standard output; a negative seed is a number and no option. */
const normalized = (words: readonly string[]): string[] =>
  words.flatMap((word, i) => {
    const next = words[i + 1];
    if (word === "--json" && (next === undefined || next.startsWith("-"))) return ["--json="];
    if (word === "--seed" && next !== undefined && /^-\d/.test(next)) return [`--seed=${next}`];
    return words[i - 1] === "--seed" && /^-\d/.test(word) ? [] : [word];
  });

const parse = (args: string[]) => {
  try {
    return parseArgs({
      args, allowPositionals: true,
      options: {
        command: { type: "string" }, operation: { type: "string", multiple: true }, tier: { type: "string", multiple: true },
        cases: { type: "string" }, seed: { type: "string" }, path: { type: "string" }, "case-timeout": { type: "string" },
        "time-limit": { type: "string" }, json: { type: "string" }, bail: { type: "boolean" },
      },
    });
  } catch (thrown) {
    throw new Error(`etalon verify: ${(thrown as Error).message}\n\n${usage}`);
  }
};
