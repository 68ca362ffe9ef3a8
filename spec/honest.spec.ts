/**
 * No false alarm: for every operation of the catalog, honest float32 algorithms of at least eight kinds.
 *
 * With ETALON_EVERYTHING=1 each answers the default cases of 20 seeds, which prints how many there were.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findOperation, reference } from "../src/oracle/case.ts";
import { judge } from "../src/oracle/judgement.ts";
import { casesOf } from "../src/oracle/lattice.ts";
import type { Tier } from "../src/oracle/lattice.ts";
import { toPlain } from "../src/oracle/protocol.ts";
import type { Candidate, PlainTensor, Reply } from "../src/oracle/protocol.ts";
import { everything } from "./support/runs.ts";
import { algorithmsOf, operations } from "./oracle/honest/index.ts";
import { libraries } from "./oracle/honest/library.ts";
import { drawn, mapNames, tiersOf } from "./oracle/support.ts";

/** What was asked of the algorithms of one operation, and where they were told to be wrong. */
interface Found {
  readonly algorithms: number;
  /** How many of them differ from all others in some bit of some answer. */
  readonly kinds: number;
  readonly cases: number;
  readonly answers: number;
  readonly alarms: readonly string[];
}

const seeds = Array.from({ length: everything ? 20 : 1 }, (_, i) => i + 1);

const fewest = 8;

/** A hash of all bits of an answer, but for the sign of 0, after those before. */
const hashed = (before: number, { outputs = {}, gradients = {} }: Reply): number => {
  const numbers = [...Object.values(outputs), ...Object.values(gradients)].flatMap((tensor) => Array.from((tensor as PlainTensor).data, (value) => value + 0));
  return new Int32Array(Float32Array.from(numbers).buffer).reduce((hash, bits) => Math.imul(hash ^ bits ^ (bits >>> 15), 0x85ebca6b), before);
};

/** Puts the same cases to all algorithms of an operation: the reference answers each of them once. */
async function askAll(name: string, count: (tier: Tier) => number): Promise<Found> {
  const algorithms = Object.entries(await algorithmsOf(name));
  const operation = findOperation(name);
  const alarms: string[] = [];
  const hashes = algorithms.map(() => 1);
  let [cases, answers] = [0, 0];
  for (const seed of seeds) {
    for (const tier of [...tiersOf(operation), "degenerate", "sizes"] as const) {
      for (const one of drawn(name, tier, count(tier), seed)) {
        const known = reference(name, one.inputs, one.options, one.cotangents);
        const [inputs, cotangents] = [mapNames(one.inputs, toPlain), one.cotangents && mapNames(one.cotangents, toPlain)];
        cases++;
        for (const [at, [algorithm, run]] of algorithms.entries()) {
          const reply = run(inputs, one.options, cotangents) as Reply;
          const { faults, missing, ratios } = judge(operation, one, known, reply);
          hashes[at] = hashed(hashes[at]!, reply);
          const place = `${name}, ${algorithm}, ${tier}, seed ${seed}`;
          expect(missing, place).toEqual([]);
          if (faults.length === 0 && Object.keys(ratios).length > 0) answers++;
          for (const { where, message } of faults) alarms.push(`${place}: ${where}: ${message}`);
        }
      }
    }
  }
  return { algorithms: algorithms.length, kinds: new Set(hashes).size, cases, answers, alarms };
}

const summary = ({ algorithms, kinds, cases, answers }: Omit<Found, "alarms">): string =>
  `${algorithms} algorithms of ${kinds} kinds, ${cases} cases of ${seeds.length} seeds, ${answers} answers, no false alarm`;

const total = { algorithms: 0, kinds: 0, cases: 0, answers: 0 };

/** What copies, or rounds once whatever it does, has one answer. */
const oneAnswer = ["relu", "clipByValue"];

describe("honest algorithms raise no alarm", () => {
  it.each(operations)("in %s", { timeout: 7_200_000 }, async (name) => {
    const { algorithms, kinds, cases, answers, alarms } = await askAll(name, (tier) => (everything ? casesOf(tier, 200) : 1));
    expect(alarms.slice(0, 5), `${alarms.length} false alarms`).toEqual([]);
    expect(answers).toBe(cases * algorithms);
    expect(algorithms).toBeGreaterThanOrEqual(fewest);
    if (everything) expect(kinds).toBeGreaterThan(oneAnswer.includes(name) ? 0 : 2);
    total.algorithms += algorithms;
    total.kinds += kinds;
    total.cases += cases;
    total.answers += answers;
    if (everything) console.info(`${name}: ${summary({ algorithms, kinds, cases, answers })}`);
  });

  it("in any operation", () => {
    console.info(`${operations.length} operations: ${summary(total)}`);
    expect(readFileSync(new URL("../docs/oracle/error-bound.md", import.meta.url), "utf8"), "the page says how many").toContain(` ${total.algorithms} in all`);
  });
});

/** What loads modules of its own, loaded when the kernels are: they come with new modules, and tensors of one kind are none of the other. */
const load = async () => {
  const all = await Promise.all(operations.map(async (name) => [name, Object.values(await algorithmsOf(name))] as const));
  const [{ verify }, { moduleCandidate }, { referenceCandidate }] = await Promise.all([
    import("../src/oracle/verify.ts"), import("../src/oracle/module-candidate.ts"), import("./oracle/support.ts"),
  ]);
  /** One algorithm for every operation; the eighth is the last of them. */
  const honest = (k: number): Candidate => moduleCandidate({
    name: `honest ${k}`, operations: Object.fromEntries(all.map(([name, runs]) => [name, runs[Math.floor((k * (runs.length - 1)) / (fewest - 1))]!])),
  });
  return { verify, honest, copy: referenceCandidate() };
};

describe("whole verifications of honest candidates", () => {
  const some = everything ? operations : ["averagePooling", "softmax", "relu", "tanh", "pad", "adam"];
  const options = { operations: some, tiers: ["structure", "rounding"], cases: everything ? 30 : 3 } as const;

  it.each(everything ? Array.from({ length: fewest }, (_, k) => k) : [1])("find nothing in candidate %d", { timeout: 1_800_000 }, async (k) => {
    const { verify, honest } = await load();
    for (const seed of seeds.slice(0, 3)) {
      const { operations: found } = await verify(honest(k), { ...options, seed });
      expect(found.flatMap(({ failures }) => failures.map(({ operation, fault }) => `${operation} ${fault.where}: ${fault.message}`))).toEqual([]);
      expect(found.map(({ tiers }) => tiers.every(({ cases }) => cases === options.cases)), "as many cases as were asked for").not.toContain(false);
    }
  });

  it("find nothing in the reference, rounded", { timeout: 1_800_000 }, async () => {
    const { verify, copy } = await load();
    const { agrees, operations: found } = await verify(copy, options);
    expect([agrees, ...found.map(({ verdict }) => verdict)]).toEqual([true, ...some.map(() => "agrees")]);
  });
});

describe("libraries of honest algorithms", () => {
  const functions = { exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, tanh: Math.tanh };
  const points = Array.from({ length: 4001 }, (_, i) => Math.fround((i - 2000) / 23.7)).flatMap((x) => [x, Math.fround(x / 50), Math.fround(x ** 3 * 1e-7)]);

  it.each(Object.keys(libraries))("are good to four units in the last place of 1, relative to the result: %s", (name) => {
    for (const [each, exact] of Object.entries(functions)) {
      const of = libraries[name as keyof typeof libraries][each as keyof typeof functions];
      const wanted = points.map((x): [number, number] => [x, exact(x)]).filter(([, y]) => Math.abs(y) < 3e38 && Math.abs(y) > 2e-38);
      const worst = Math.max(...wanted.map(([x, y]) => Math.abs(of(x) / y - 1) / 2 ** -23));
      expect(wanted.length, each).toBeGreaterThan(points.length / 3);
      expect(worst, each).toBeLessThanOrEqual(4);
    }
  });
});
