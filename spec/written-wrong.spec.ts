/**
 * The candidates of examples/candidates/written-wrong: wrong implementations that were written from scratch, without a look at the known mistakes,
 * each in a style of its own. None may pass.
 */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findOperation } from "../src/oracle/case.ts";
import type { Tensors } from "../src/oracle/catalog/operation.ts";
import type { Tier } from "../src/oracle/lattice.ts";
import { moduleCandidate } from "../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../src/oracle/module-candidate.ts";
import type { Candidate } from "../src/oracle/protocol.ts";
import { questioner } from "../src/oracle/question.ts";
import { report } from "../src/oracle/report.ts";
import { verify } from "../src/oracle/verify.ts";
import { drawn } from "./oracle/support.ts";
import { atLength, everything } from "./support/runs.ts";

interface Mistake {
  readonly operation: string;
  /** The first tier that shows it. */
  readonly tier: Tier;
  /** What is wrong; all else is right. */
  readonly wrong: RegExp;
}

const mistake = (operation: string, tier: Tier, wrong: RegExp): Mistake => ({ operation, tier, wrong });

const mistakes: Readonly<Record<string, Mistake>> = {
  "adamw-moments-by-shape": mistake("adamW", "rounding", /^params\./),
  "adaptive-float-scale": mistake("adaptiveAveragePooling", "structure", /./),
  "average-pooling-integral": mistake("averagePooling", "rounding", /^output$/),
  "binary-cross-entropy-square": mistake("binaryCrossEntropy", "rounding", /./),
  "convolution-cached-taps": mistake("convolution", "structure", /^output$/),
  "convolution-grouped-gradient": mistake("convolution", "structure", /^gradient of kernel$/),
  "convolution-partial-tile": mistake("convolution", "structure", /^output$/),
  "convolution-scratch": mistake("convolution", "structure", /^output$/),
  "convolution-spectrum": mistake("convolution", "structure", /^output$/),
  "cross-entropy-smoothing": mistake("crossEntropy", "rounding", /^gradient of input$/),
  "dropout-evaluation-gradient": mistake("dropout", "structure", /^gradient of input$/),
  "fully-connected-odd-rows": mistake("fullyConnected", "structure", /^output$/),
  "gelu-error-function": mistake("gelu", "rounding", /./),
  "gru-in-place": mistake("gru", "rounding", /./),
  "log-softmax-lanes": mistake("logSoftmax", "rounding", /./),
  "lp-pooling-odd-power": mistake("lpPooling", "structure", /^gradient of input$/),
  "lstm-coupled-gradient": mistake("lstm", "rounding", /^gradient of /),
  "lstm-sigmoid-table": mistake("lstm", "rounding", /./),
  "matrix-product-lanes": mistake("matrixProduct", "structure", /^output$/),
  "max-pooling-columns": mistake("maxPooling", "structure", /^(indices|gradient of input)$/),
  "momentum-nesterov-decay": mistake("momentum", "structure", /^params\./),
  "padding-both-mirrors": mistake("pad", "structure", /^gradient of input$/),
  "simple-rnn-both-directions": mistake("simpleRnn", "structure", /^gradient of input$/),
  "simple-rnn-final-state": mistake("simpleRnn", "structure", /^gradient of /),
  "simple-rnn-lanes": mistake("simpleRnn", "structure", /./),
  "softmax-fast-exponential": mistake("softmax", "rounding", /./),
  "transposed-output-padding": mistake("transposedConvolution", "structure", /^gradient of (input|kernel)$/),
};

const folder = new URL("../examples/candidates/written-wrong/", import.meta.url);

const load = async (name: string): Promise<Candidate> =>
  moduleCandidate(((await import(`../examples/candidates/written-wrong/${name}.ts`)) as { readonly default: CandidateModule }).default);

/** What is wrong with the answers to up to 200 cases, those of one seed after those of another, until so many cases were answered wrong. */
async function wrongAnswers(candidate: Candidate, { operation, tier }: Mistake, enough: number): Promise<readonly string[]> {
  const ask = questioner(candidate, findOperation(operation));
  const wrong: (readonly string[])[] = [];
  for (let seed = 1; seed <= 40; seed++) {
    for (const one of drawn(operation, tier, 5, seed)) {
      // What is refused need not be judged: through time that takes long.
      if ("skipped" in (await candidate.run({ id: "1", ...one }))) continue;
      const { faults } = (await ask(one)).judgement;
      if (faults.length > 0) wrong.push(faults.map(({ kind, where }) => (kind === "value" ? where : kind)));
      if (wrong.length === enough) return wrong.flat();
    }
  }
  return wrong.flat();
}

const numbersIn = (inputs: Tensors): number => Object.values(inputs).reduce((sum, { values }) => sum + values.length, 0);

it.runIf(atLength)("a fault that needs a tie comes down to it: the winner of a pooling's window among four numbers", async () => {
  const { operations } = await verify(await load("max-pooling-columns"), { operations: ["maxPooling"], tiers: ["structure"], cases: 60, bail: true });
  expect(operations[0]!.failures.map(({ request: { inputs } }) => numbersIn(inputs))).toEqual([4]);
});

describe("a wrong candidate that was written without the list of known mistakes", () => {
  it("is there in twenty forms and more, for twelve operations and more", () => {
    expect(readdirSync(folder).map((name) => name.replace(/\.ts$/, "")).sort()).toEqual(Object.keys(mistakes));
    expect(Object.keys(mistakes).length).toBeGreaterThanOrEqual(20);
    expect(new Set(Object.values(mistakes).map(({ operation }) => operation)).size).toBeGreaterThanOrEqual(12);
  });

  for (const [name, expected] of Object.entries(mistakes)) {
    it(`is found out within 200 cases, in what is wrong and nowhere else: ${name}`, async () => {
      const wrong = await wrongAnswers(await load(name), expected, atLength ? 3 : 1);
      expect(wrong).not.toEqual([]);
      for (const where of wrong) expect(where).toMatch(expected.wrong);
    });

    it.runIf(atLength)(`is rejected as the default has it, with a smallest case: ${name}`, { timeout: 60_000 }, async () => {
      const { operation, tier, wrong } = expected;
      const verdict = await verify(await load(name), { operations: [operation], bail: !everything });
      expect(verdict.agrees).toBe(false);
      const [found] = verdict.operations;
      expect(found!.verdict).toBe("disagrees");
      expect(found!.tiers.find(({ failed }) => failed > 0)!.tier).toBe(tier);
      // The laws set two answers against each other, and cannot tell which is wrong.
      for (const { fault } of found!.failures.filter((failure) => failure.tier !== "laws")) {
        expect(fault.kind).toBe("value");
        expect(fault.where).toMatch(wrong);
      }
      expect(report(verdict)).toContain("The smallest case found");
      for (const { request: { inputs } } of found!.failures.filter((failure) => failure.tier !== "laws")) {
        if (/onvolution|Pooling/.test(operation)) expect(numbersIn(inputs)).toBeLessThanOrEqual(24);
        if (/Rnn|lstm|gru/.test(operation)) expect(inputs["input"]!.shape[0]).toBeLessThanOrEqual(3);
      }
    });
  }
});
