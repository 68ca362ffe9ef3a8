import { describe, expect, it } from "vitest";
import scratch from "../../examples/candidates/written-wrong/convolution-scratch.ts";
import im2col from "../../examples/candidates/im2col.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { findOperation } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { exactly } from "../../src/oracle/law.ts";
import { lawFor, laws } from "../../src/oracle/laws.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { Candidate } from "../../src/oracle/protocol.ts";
import { questioner } from "../../src/oracle/question.ts";
import { report } from "../../src/oracle/report.ts";
import { verify } from "../../src/oracle/verify.ts";
import { generate, map, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { atLength, everything, runs } from "../support/runs.ts";
import { drawn, mapNames, referenceCandidate } from "./support.ts";

/** Cases of laws, drawn once for each operation. */
const drawnOf = new Map<string, readonly Case[]>();

/** Cases of one law that the law says something of. */
const casesOf = (operation: string, law: string): readonly Case[] => drawnOnce(operation).filter((one) => one.law === law && lawFor(findOperation(operation), one).name === law);

const drawnOnce = (operation: string): readonly Case[] => {
  if (!drawnOf.has(operation)) drawnOf.set(operation, drawn(operation, "laws", atLength ? 120 : 60, 3));
  return drawnOf.get(operation)!;
};

const faultsOf = async (candidate: Candidate, operation: string, law: string): Promise<readonly string[]> => {
  const ask = questioner(candidate, findOperation(operation));
  const found: string[] = [];
  for (const one of casesOf(operation, law).slice(0, runs(3))) found.push(...(await ask(one)).judgement.faults.map(({ kind, where, message }) => `${kind} ${where}: ${message}`));
  return found;
};

const changed = (tensors: Readonly<Record<string, unknown>>, change: (value: number, position: number) => number): Readonly<Record<string, unknown>> =>
  mapNames(tensors, (each) => {
    const { values } = each as Tensor;
    let position = 0;
    return generate((each as Tensor).shape, () => change(values[position]!, position++));
  });

/** For each law a candidate that breaks it. */
const breakers: Readonly<Record<string, readonly [operation: string, Parameters<typeof referenceCandidate>[0]]>> = {
  again: ["fullyConnected", (() => {
    let calls = 0;
    return ({ outputs }) => ({ outputs: changed(outputs, (value) => value + calls++) });
  })()],
  forwardAlone: ["relu", ({ outputs, gradients }, { cotangents }) => ({ gradients, outputs: cotangents ? outputs : changed(outputs, (value) => value + 1) })],
  batchReversed: ["convolution", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position) })],
  batchApart: ["maxPooling", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position) })],
  doubled: ["averagePooling", ({ outputs }) => ({ outputs: changed(outputs, (value) => value + 1) })],
  adjoint: ["transposedConvolution", ({ outputs, gradients }) => ({ outputs, gradients: changed(gradients, (value) => 2 * value + 1) })],
  moved: ["convolution", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position * position) })],
  chunked: ["lstm", ({ outputs }) => ({ outputs: mapNames(outputs, (each, name) => (name.includes("finalState") ? map(each as Tensor, (value) => value + 1) : each)) })],
  shifted: ["softmax", ({ outputs }, { inputs }) => ({ outputs: changed(outputs, (value, position) => value + inputs["input"]!.values[position]!) })],
  channelsReversed: ["maxPooling", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position) })],
  reversed: ["tanh", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position) })],
  samplesReversed: ["negativeLogLikelihood", ({ outputs }) => ({ outputs: changed(outputs, (value, position) => value + position) })],
  mirrored: ["sigmoid", ({ outputs }) => ({ outputs: changed(outputs, (value) => 0.9 * value) })],
  monotone: ["elu", ({ outputs }, { inputs }) => ({ outputs: changed(outputs, (value, position) => (inputs["input"]!.values[position]! > 0 ? -value : value)) })],
  sumsToOne: ["logSoftmax", ({ outputs }) => ({ outputs: changed(outputs, (value) => value + 0.01) })],
  exchanged: ["huber", ({ outputs, gradients }) => ({ outputs, gradients: changed(gradients, (value) => value + 1) })],
  summed: ["crossEntropy", ({ outputs }, { options }) => ({ outputs: options["reduction"] === "none" ? outputs : changed(outputs, (value) => value + 1) })],
  causal: ["momentum", ({ outputs }, { inputs }) => ({ outputs: changed(outputs, (value) => value + Object.keys(inputs).length) })],
  parameterApart: ["clipByValue", ({ outputs }, { inputs }) => ({ outputs: changed(outputs, (value) => value / Object.keys(inputs).length) })],
  turned: ["gru", ({ outputs }, { options }) => ({ outputs: options["direction"] === "reverse" ? changed(outputs, (value) => value + 1) : outputs })],
};

describe.each(laws.map((law) => [law.name, law] as const))("the law %s", (name, { says, suspect, holds }) => {
  /** All of them in the long run, else the one for which there is a candidate that breaks the law. */
  const operationsOf = (isOne: typeof holds): readonly string[] => (everything ? catalog.filter(isOne).map((each) => each.name) : [breakers[name]![0]]);

  it("holds for the reference, and for honest float32 code", async () => {
    for (const operation of operationsOf(holds)) {
      expect(await faultsOf(referenceCandidate(), operation, name), operation).toEqual([]);
      expect(await faultsOf(moduleCandidate(im2col as never), operation, name), operation).toEqual([]);
    }
  });

  it("says something of some cases of every operation that it is for", () => {
    for (const operation of operationsOf(holds)) expect(casesOf(operation, name).length, operation).toBeGreaterThan(0);
  });

  it("is broken by a candidate that breaks it, and told with both numbers", async () => {
    const [operation, change] = breakers[name]!;
    const faults = await faultsOf(referenceCandidate(change), operation, name);
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) if (!fault.startsWith("flaky")) expect([fault.includes(`: ${says} (${name}); `), fault.endsWith(`; likely ${suspect}`)], fault).toEqual([true, true]);
    expect(faults.every((fault) => name === "again" || fault.startsWith("law "))).toBe(true);
  });
});

describe("a law asks", () => {
  const asks = (name: string, operation: string, inputs: Case["inputs"], options: Case["options"]) => {
    const law = laws.find((each) => each.name === name)!;
    const one: Case = { operation, tier: "laws", features: [], inputs, options };
    return [[], [{ outputs: {}, gradients: {} }]].map((answers) => law.next(findOperation(operation), one, answers));
  };

  it("again: for others in between, of which the last has other numbers in the same geometry", () => {
    const law = laws.find((each) => each.name === "again")!;
    const one: Case = { operation: "relu", tier: "laws", features: [], inputs: { input: tensor([0, 3]) }, options: {}, cotangents: { output: tensor([1, 1]) } };
    const asked = Array.from({ length: 5 }, (_, i) => law.next(findOperation("relu"), one, Array.from({ length: i }, () => ({ outputs: {}, gradients: {} }))));
    expect(asked.map((each) => each?.inputs["input"])).toEqual([tensor([0, 3]), tensor([0]), tensor([1, 1.5]), tensor([0, 3]), undefined]);
  });

  it("again: alone finds a buffer that is cleared only where it is new", async () => {
    const verdict = await verify(moduleCandidate(scratch as never), { operations: ["convolution"], tiers: ["laws"], cases: atLength ? 200 : 100 });
    expect(verdict.operations[0]!.failures.some(({ fault }) => fault.message.includes("(again)"))).toBe(true);
  });

  it("adjoint: without a bias, with which no operation is linear", () => {
    const [first] = asks("adjoint", "fullyConnected", { input: tensor([[1]]), weight: tensor([[2]]), bias: tensor([3]) }, {});
    expect(Object.keys(first!.inputs)).toEqual(["input", "weight"]);
  });

  it("doubled: for twice the gradients under twice the limit", () => {
    const [first, second] = asks("doubled", "clipByGlobalNorm", { "gradients.w": tensor([3]) }, { maxNorm: 2, norm: 2 });
    expect([first, second].map((one) => [one!.inputs["gradients.w"], one!.options["maxNorm"]])).toEqual([[tensor([3]), 2], [tensor([6]), 4]]);
  });
});

describe("a law that does not hold", () => {
  it("blames no more than it knows: output or gradient, whichever is wrong", async () => {
    for (const wrong of ["outputs", "gradients"] as const) {
      const twice = referenceCandidate((reply) => ({ ...reply, [wrong]: changed(reply[wrong], (value) => 2 * value) }));
      const faults = await faultsOf(twice, "pad", "adjoint");
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) expect(fault).toMatch(/^law output and gradient of input: .* \(adjoint\); ⟨f\(x\), u⟩ is [-\d]+, and ⟨x, f\*\(u\)⟩ is [-\d]+; likely one of the two is wrong: /);
    }
  });
});

describe("bare repetition", () => {
  it("of samples compares what belongs to none of them, as a kernel's gradient, only where none is left out", () => {
    const one: Case = { operation: "convolution", tier: "laws", features: [], inputs: { input: tensor([[[1]], [[2]]]), kernel: tensor([[[1]]]) }, options: {} };
    const answer = { outputs: { output: exactly([2, 1, 1], [1, 2]) }, gradients: { kernel: exactly([1, 1, 1], [3]) } };
    const compared = (name: string) => laws.find((law) => law.name === name)!.sides(findOperation("convolution"), one, [answer, answer, answer]).map(({ where }) => where);
    expect([compared("batchReversed"), compared("batchApart")]).toEqual([["output", "gradient of kernel"], ["output", "output"]]);
  });

  it("is tried in few cases: another law takes the place of one that says nothing of a case", () => {
    for (const operation of catalog.filter((_, i) => runs(1) > 1 || i % 14 === 0)) {
      const cases = drawn(operation.name, "laws", runs(60), 5);
      const repeated = cases.filter((one) => lawFor(operation, one).name === "again");
      expect(repeated.length / cases.length, operation.name).toBeLessThan(runs(1) > 1 ? 0.25 : 0.3);
      for (const one of cases) {
        const named = laws.find(({ name }) => name === one.law)!;
        const tried = lawFor(operation, one);
        if (named.next(operation, one, []) !== undefined) expect(tried).toBe(named);
        else if (tried.name !== "again") expect([tried.numbers, tried.holds(operation)]).toEqual(["rounding", true]);
      }
    }
  });
});

describe("the tier of laws", () => {
  const forwardOnly = referenceCandidate(breakers["forwardAlone"]![1]);

  it("alone finds code that is wrong where no gradient is asked for", async () => {
    const other = await verify(forwardOnly, { operations: ["relu"], tiers: ["structure", "rounding", "degenerate"], cases: 40 });
    expect(other.agrees).toBe(true);
    const verdict = await verify(forwardOnly, { operations: ["relu"], tiers: ["laws"], cases: 100 });
    expect(verdict.operations[0]!.failures.map(({ fault: { kind, where } }) => [kind, where])).toEqual([["law", "output"]]);
    expect(report(verdict)).toMatch(/relu · output \(laws tier\)[^]*outputs are the same whether gradients are asked for or not \(forwardAlone\); output\[?[^]* was .* and must be, but is/);
  });

  it("skips what is skipped, and reports errors like the other tiers", async () => {
    const skipping = { ...referenceCandidate(), run: () => ({ skipped: "no" }) };
    expect((await verify(skipping, { operations: ["relu"], tiers: ["laws"], cases: 20 })).operations[0]!.verdict).toBe("skipped");
    const failing = { ...referenceCandidate(), run: () => ({ error: "no" }) };
    expect((await verify(failing, { operations: ["relu"], tiers: ["laws"], cases: 20 })).operations[0]!.failures[0]!.fault).toMatchObject({ kind: "error", message: "no" });
    const shapeless = { ...referenceCandidate(), run: () => ({ outputs: { output: tensor([1, 2, 3, 4, 5, 6, 7, 8]) } }) };
    expect((await verify(shapeless, { operations: ["softmax"], tiers: ["laws"], cases: 20 })).operations[0]!.failures[0]!.fault.kind).toBe("form");
  });
});

describe("sizes at their edges", () => {
  it("include an empty batch for every operation that counts samples", () => {
    for (const [i, { name, space }] of catalog.entries()) {
      if (space.fields["samples"] === undefined || (!atLength && i % 4 > 0)) continue;
      const cases = drawn(name, "degenerate", 24, 2);
      expect(cases.some(({ inputs }) => inputs[Object.keys(inputs)[0]!]!.shape.includes(0)), name).toBe(true);
    }
  });

  it("alone show code that an empty batch breaks", async () => {
    const refusing = { ...referenceCandidate(), run: (request: Parameters<Candidate["run"]>[0]) =>
      (request.inputs["input"]!.values.length === 0 ? { error: "empty" } : referenceCandidate().run(request)) };
    const of = async (tiers: readonly ("structure" | "rounding" | "degenerate")[]) => (await verify(refusing, { operations: ["convolution"], tiers, cases: atLength ? 100 : 40 })).operations[0]!;
    expect((await of(["structure", "rounding"])).verdict).toBe("agrees");
    const { failures } = await of(["degenerate"]);
    expect(failures.map(({ fault, request }) => [fault.message, request.inputs["input"]!.shape[0]])).toEqual([["empty", 0]]);
  });

  it("show nothing wrong with the reference and honest code", async () => {
    const seeds = everything ? Array.from({ length: 20 }, (_, seed) => seed) : [1];
    for (const seed of seeds) {
      for (const candidate of [referenceCandidate(), moduleCandidate(im2col as never)]) {
        const verdict = await verify(candidate, { tiers: ["degenerate"], cases: everything ? 200 : atLength ? 7 : 3, seed });
        expect(verdict.operations.flatMap(({ failures }) => failures.map(({ operation, fault }) => `${operation} ${fault.where} ${fault.message}`))).toEqual([]);
      }
    }
  });
});
