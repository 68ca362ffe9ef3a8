/**
 * PyTorch's answers: asked for live where it is installed, recorded for everywhere else.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { commandCandidate } from "../../src/cli/candidate-process.ts";
import type { RunningCandidate } from "../../src/cli/candidate-process.ts";
import { cases } from "../../src/oracle/arbitraries.ts";
import type { CaseConstraints } from "../../src/oracle/arbitraries.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import type { Options } from "../../src/oracle/catalog/operation.ts";
import { fromWireOptions, toWire, toWireOptions } from "../../src/oracle/protocol.ts";
import type { Candidate, WireTensor } from "../../src/oracle/protocol.ts";
import { mapNames, tiersOf } from "../oracle/support.ts";

type Written = Readonly<Record<string, WireTensor>>;

/** One case and what PyTorch answers to it, in double, as a line of JSON holds both. */
export interface Answered {
  readonly operation: string;
  readonly inputs: Written;
  readonly options: Options;
  readonly cotangents?: Written;
  readonly outputs: Written;
  readonly gradients: Written;
}

const interpreters = [process.env["ETALON_PYTHON"], "python3", "/usr/bin/python3"].filter((each) => each !== undefined);

/** A Python that has PyTorch, if there is one: a second or more to find out. */
export const findPython = (): string | undefined => interpreters.find((each) => spawnSync(each, ["-c", "import torch"]).status === 0);

/** Operations that cannot be held against PyTorch, and why. */
export const withoutCounterpart: Readonly<Record<string, string>> = {
  dropout: "it draws its mask by a generator of its own, and takes none",
};

/** Cases that PyTorch would only refuse are not drawn, where they are most of all. */
const within: Readonly<Record<string, NonNullable<CaseConstraints["ranges"]>>> = {
  lstm: { peephole: 0, coupled: 0, clip: [0, 1], hard: [0, 1], rectified: [0, 1] },
  gru: { resetAfter: 1, clip: [0, 1], hard: [0, 1], rectified: [0, 1] },
};

/** All other operations of the catalog. */
export const comparable: readonly string[] = catalog.map(({ name }) => name).filter((name) => withoutCounterpart[name] === undefined);

/** The adapter as a process in double; to be closed in the end. */
export const startPyTorch = (python: string): Promise<RunningCandidate> =>
  commandCandidate(`${python} ${JSON.stringify(fileURLToPath(new URL("../../examples/peers/pytorch.py", import.meta.url)))}`, 60_000);

/** Cases of an operation, tiers in turn, until PyTorch has answered so many; and how many it refused on the way. */
export async function askPyTorch(
  pytorch: Candidate, operation: string, count: number, seed: number,
): Promise<{ readonly answered: readonly Answered[]; readonly refused: number }> {
  const tiers = tiersOf(findOperation(operation));
  const answered: Answered[] = [];
  let refused = 0;
  for (let round = 0; answered.length < count; round++) {
    if (round === 200) throw new Error(`${operation}: PyTorch answered ${answered.length} cases and refused ${refused}`);
    const drawn = fc.sample(cases(operation, { tier: tiers[round % tiers.length]!, ranges: within[operation] ?? {} }), { numRuns: Math.ceil(count / 4), seed: seed + round });
    for (const { inputs, options, cotangents } of drawn.slice(0, count - answered.length)) {
      const { outputs, gradients = {}, error } = await pytorch.run({ id: "", operation, inputs, options, ...(cotangents && { cotangents }) });
      const request = { operation, inputs: mapNames(inputs, toWire), ...(cotangents && { cotangents: mapNames(cotangents, toWire) }) };
      if (error !== undefined) throw new Error(`PyTorch answers ${error} to ${JSON.stringify(request)}`);
      if (outputs === undefined) refused++;
      else answered.push({ ...request, options, outputs: outputs as Written, gradients: gradients as Written });
    }
  }
  return { answered, refused };
}

/** A case with its answer as a line of JSON, and back. */
export const toLine = (one: Answered): string => JSON.stringify({ ...one, options: toWireOptions(one.options) });

const fromLine = (line: string): Answered => {
  const one = JSON.parse(line) as Answered;
  return { ...one, options: fromWireOptions(one.options) as Options };
};

/** What was recorded. */
export const recorded = (): readonly Answered[] => readFileSync(new URL("sample.jsonl", import.meta.url), "utf8").trim().split("\n").map(fromLine);
