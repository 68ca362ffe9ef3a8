/** The candidates of examples/candidates/flawed: each an honest kernel with one mistake, as real libraries have made it. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findOperation } from "../src/oracle/case.ts";
import type { Fault } from "../src/oracle/judgement.ts";
import { moduleCandidate } from "../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../src/oracle/module-candidate.ts";
import type { Candidate } from "../src/oracle/protocol.ts";
import { questioner } from "../src/oracle/question.ts";
import { report } from "../src/oracle/report.ts";
import { verify } from "../src/oracle/verify.ts";
import { drawn } from "./oracle/support.ts";
import { atLength } from "./support/runs.ts";

const folder = new URL("../examples/candidates/flawed/", import.meta.url);
const flawed = readdirSync(folder).filter((name) => name.endsWith(".ts")).sort();

const load = async (name: string): Promise<CandidateModule> =>
  ((await import(`../examples/candidates/flawed/${name.replace(/\.ts$/, "")}.ts`)) as { readonly default: CandidateModule }).default;

const throughTime = ["simpleRnn", "lstm", "gru"];
/** The search for the smallest case takes long: but for every sixth candidate's first operation only the full run makes it, else a first wrong answer is enough. */
const inShort = (name: string, operation: string, i: number): boolean =>
  !atLength && (i > 0 || throughTime.includes(operation) || flawed.indexOf(name) % 6 > 0);

async function firstFault(candidate: Candidate, operation: string): Promise<Fault | undefined> {
  const ask = questioner(candidate, findOperation(operation));
  for (let seed = 1; seed <= 20; seed++) {
    for (const one of drawn(operation, seed % 2 === 0 && findOperation(operation).exact ? "structure" : "rounding", 6, seed)) {
      const [fault] = (await ask(one)).judgement.faults;
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

describe("a flawed candidate is rejected", () => {
  it("there is one for each family of operations, and twelve for recurrent networks", async () => {
    const offered = await Promise.all(flawed.map(async (name) => Object.keys((await load(name)).operations)));
    expect(offered.filter((operations) => operations.some((each) => throughTime.includes(each))).length).toBe(12);
    expect(flawed.length).toBeGreaterThanOrEqual(12 + 8);
  });

  for (const name of flawed) {
    it(`${name}, in every operation that it offers, by a report that shows a smallest case`, { timeout: 600_000 }, async () => {
      const candidate = moduleCandidate(await load(name));
      expect(candidate.operations.length).toBeGreaterThan(0);
      for (const operation of candidate.operations.filter((each, i) => inShort(name, each, i))) {
        expect((await firstFault(candidate, operation))?.kind, operation).toBe("value");
      }
      for (const operation of candidate.operations.filter((each, i) => !inShort(name, each, i))) {
        const verdict = await verify(candidate, { operations: [operation], cases: 60, bail: true });
        expect(verdict.operations.flatMap(({ failures }) => failures).map((failure) => failure.operation), operation).toContain(operation);
        expect(report(verdict)).toContain("The smallest case found");
      }
    });
  }
});
