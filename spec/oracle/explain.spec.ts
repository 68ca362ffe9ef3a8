import { describe, expect, it } from "vitest";
import type { Case } from "../../src/oracle/case.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { explain } from "../../src/oracle/explain.ts";
import { faultKinds, isFatal } from "../../src/oracle/judgement.ts";
import type { Fault } from "../../src/oracle/judgement.ts";
import type { Kept } from "../../src/oracle/memory.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Reply } from "../../src/oracle/protocol.ts";
import { questioner } from "../../src/oracle/question.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const operation = findOperation("fullyConnected");
const one: Case = {
  operation: "fullyConnected", tier: "structure", features: [], options: {},
  inputs: { input: tensor([2, 3]), weight: tensor([[5, -4]]), bias: tensor([6]) }, cotangents: { output: tensor([7]) },
};
const origin = { seed: 3, path: "1:2" };

/** A candidate without bias, explained. */
const explained = async (fault: Fault, answerTo: (inputs: Case["inputs"]) => Reply, first: Case = one, kept?: Kept) => {
  const ask = questioner({ name: "x", precision: "float32", operations: [], run: ({ inputs }) => answerTo(inputs) }, operation);
  return (await explain(operation, precisions.float32, ask, { one: first, reply: answerTo(first.inputs), fault }, one, { ...origin, dependence: async () => kept })).failure;
};
const withoutBias = (inputs: Case["inputs"]): Reply => ({ outputs: { output: operation.forward({ input: inputs["input"]!, weight: inputs["weight"]! }, {})["output"] } });
const value: Fault = { kind: "value", where: "output", message: "first words" };

describe("a failure, explained", () => {
  it("has the simplest case, what was got and expected there, its radius, its cause, and how to come back", async () => {
    const failure = await explained(value, withoutBias);
    expect(failure.request).toEqual({ id: "fullyConnected/smallest", operation: "fullyConnected", options: {}, inputs: { input: tensor([0]), weight: tensor([[0]]), bias: tensor([1]) } });
    expect(failure.fault).toMatchObject({ kind: "value", where: "output", worst: { index: [0], got: 0, expected: 1 } });
    expect(failure.got).toEqual(tensor([0]));
    expect(failure.expected).toMatchObject({ shape: [1], values: [1] });
    expect(failure.causes.map(({ variant }) => variant)).toEqual(["biasLeftOut"]);
    expect({ seed: failure.seed, path: failure.path, tier: failure.tier, also: failure.also }).toEqual({ ...origin, tier: "structure", also: [] });
  });

  it("names the elements that the wrong number depends on: those that change it", async () => {
    const { taps } = await explained(value, () => ({ outputs: { output: tensor([99]) } }));
    // All numbers have become 0, where only the bias still changes the sum.
    expect(taps).toEqual([{ input: "bias", index: [0], value: 0 }]);
    const kept = await explained({ ...value, where: "gradient of weight" }, ({ weight }) => ({ outputs: {}, gradients: { weight: { shape: weight!.shape, data: weight!.values.map(() => 0) } } }));
    expect(kept.taps.map(({ input, index }) => `${input} ${index}`)).toEqual(["input 0", "cotangent of output 0"]);
  });

  it("is left as it was drawn where asking costs a restart, and has no answer of another case", async () => {
    const died: Fault = { kind: "died", where: "answer", message: "gone" };
    const failure = await explained(died, withoutBias, { ...one, inputs: { ...one.inputs, input: tensor([9, 9]) } });
    expect(failure.request.inputs).toEqual(one.inputs);
    expect([failure.fault, failure.got, failure.expected, failure.causes, failure.taps]).toEqual([died, undefined, undefined, [], []]);
    const flaky = await explained({ ...value, kind: "flaky" }, withoutBias, { ...one, inputs: { ...one.inputs, input: tensor([9, 9]) } });
    expect([flaky.got, flaky.expected!.values]).toEqual([undefined, [4]]);
    expect((await explained({ ...value, kind: "flaky" }, withoutBias)).got).toEqual(tensor([-2]));
  });

  it("is told as it was drawn where the simplest case, asked once more, is right", async () => {
    let asked = 0;
    const until = (last: number) => (inputs: Case["inputs"]): Reply => (asked++ < last ? withoutBias(inputs) : { outputs: operation.forward(inputs, {}) });
    const settled = await explained(value, until(Infinity), one, {});
    expect(settled.request.inputs["input"]).toEqual(tensor([0]));
    // What is wrong is asked twice, at the end as well.
    const last = asked - 2;
    asked = 0;
    const failure = await explained(value, until(last), one, {});
    expect([failure.request.inputs, failure.fault, failure.got]).toEqual([one.inputs, value, tensor([-2])]);
  });

  it("has no cause where the same case is right for a candidate that was asked nothing before", async () => {
    const failure = await explained(value, withoutBias, one, {});
    expect([failure.kept, failure.causes]).toEqual([{}, []]);
    expect(Object.keys(await explained(value, withoutBias))).not.toContain("dependence");
  });

  it("counts as fatal what ended the candidate, and nothing else", () => {
    expect(faultKinds.filter((kind) => isFatal({ kind, where: "answer", message: "" }))).toEqual(["died", "hung", "flooded"]);
  });
});
