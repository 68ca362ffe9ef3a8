import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { findOperation, reference } from "../../../src/oracle/case.ts";
import type { Tensors } from "../../../src/oracle/catalog/operation.ts";
import { sumsAreExact } from "../../../src/oracle/lattice.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import { answerLine } from "../../../src/oracle/service.ts";
import { verify } from "../../../src/oracle/verify.ts";
import { fromSteps, toSteps } from "../../../src/tensor/layout.ts";
import { filled, raw, reshape, tensor, zeros } from "../../../src/tensor/tensor.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { atLength, runs } from "../../support/runs.ts";
import { thrown } from "../../support/thrown.ts";
import { candidateOf, drawn } from "../support.ts";
import { shares } from "./shares.ts";

const [simple, lstm, gru] = ["simpleRnn", "lstm", "gru"].map(findOperation) as [ReturnType<typeof findOperation>, ReturnType<typeof findOperation>, ReturnType<typeof findOperation>];

/** A running sum of 1, 10 and 100. */
const steps = tensor([[[1]], [[10]], [[100]]]);
const sum = (way: string): Tensors => ({ [`${way}.wx`]: tensor([[1]]), [`${way}.wh`]: tensor([[1]]) });

const values = (tensors: Tensors): Readonly<Record<string, readonly number[]>> => Object.fromEntries(Object.entries(tensors).map(([name, each]) => [name, each.values]));

describe("a recurrent network in the catalog", () => {
  it("reads forward, in reverse, or both ways, each with the names of its direction", () => {
    const options = { activation: "identity" };
    expect(values(simple.forward({ input: steps, ...sum("forward") }, options))).toEqual({ output: [1, 11, 111], "forward.finalState.h": [111] });
    expect(values(simple.forward({ input: steps, ...sum("backward") }, { ...options, direction: "reverse" })))
      .toEqual({ output: [111, 110, 100], "backward.finalState.h": [111] });
    const both = { input: steps, ...sum("forward"), ...sum("backward") };
    const merged = (merge: string): readonly number[] => simple.forward(both, { ...options, direction: "bidirectional", merge })["output"]!.values;
    expect([merged("concat"), merged("sum"), merged("average")]).toEqual([[1, 111, 11, 110, 111, 100], [112, 121, 211], [56, 60.5, 105.5]]);
  });

  it("starts from the states that are given, and stops at each sample's length", () => {
    const inputs = { input: reshape(tensor([1, 1, 10, 10, 100, 100]), [3, 2, 1]), lengths: tensor([2, 0]), ...sum("forward"), "forward.initialState.h": tensor([[1000], [2000]]) };
    const { outputs, gradients } = {
      outputs: simple.forward(inputs, { activation: "identity" }),
      gradients: simple.backward!(inputs, { activation: "identity" }, { output: filled([3, 2, 1], 1), "forward.finalState.h": tensor([[10], [20]]) }),
    };
    expect(values(outputs)).toEqual({ output: [1001, 0, 1011, 0, 0, 0], "forward.finalState.h": [1011, 2000] });
    expect(values(gradients)).toEqual({
      input: [12, 0, 11, 0, 0, 0], "forward.wx": [12 + 110], "forward.wh": [12000 + 11011], "forward.initialState.h": [12, 20],
    });
  });

  it("has names for all that a direction may have", () => {
    const names = ({ inputs }: typeof simple): readonly string[] => inputs.map(({ name, optional, differentiable }) => `${name}${optional ? "?" : ""}${differentiable ? "" : " (no gradient)"}`);
    const both = (...own: string[]): string[] => ["forward", "backward"].flatMap((way) => own.map((name) => `${way}.${name}?`));
    expect(names(simple)).toEqual(["input", "lengths? (no gradient)", ...both("wx", "wh", "bias", "initialState.h")]);
    const gate = (name: string, ...vectors: string[]): string[] => ["wx", "wh", ...vectors].map((each) => `${name}.${each}`);
    expect(names(lstm)).toEqual(["input", "lengths? (no gradient)", ...both(
      ...gate("input", "bias", "peephole"), ...gate("forget", "bias", "peephole"), ...gate("candidate", "bias"), ...gate("output", "bias", "peephole"), "initialState.h", "initialState.c",
    )]);
    expect(names(gru)).toEqual(["input", "lengths? (no gradient)", ...both(...gate("reset", "bias"), ...gate("update", "bias"), ...gate("candidate", "bias", "recurrentBias"), "initialState.h")]);
    expect(lstm.outputs.map(({ name }) => name)).toEqual(["output", "forward.finalState.h", "forward.finalState.c", "backward.finalState.h", "backward.finalState.c"]);
    expect([simple, gru].map(({ outputs }) => outputs.map(({ name }) => name).slice(1))).toEqual([["forward.finalState.h", "backward.finalState.h"], ["forward.finalState.h", "backward.finalState.h"]]);
  });

  it("writes out its options, but for a clip that there is not", () => {
    const shared = { direction: "forward", merge: "concat" };
    expect([simple, lstm, gru].map(({ complete }) => complete({}, {}))).toEqual([
      { ...shared, activation: "tanh" },
      { ...shared, coupled: false, gateActivation: "sigmoid", candidateActivation: "tanh" },
      { ...shared, resetAfter: false, gateActivation: "sigmoid", candidateActivation: "tanh" },
    ]);
    expect(lstm.complete({}, { clip: 2, coupled: true, direction: "reverse" })).toEqual({ ...shared, direction: "reverse", coupled: true, clip: 2, gateActivation: "sigmoid", candidateActivation: "tanh" });
  });

  it("takes a missing cotangent for zero, and a missing state for zero that has no gradient", () => {
    for (const one of drawn("lstm", "rounding", runs(2), 3)) {
      const { output, ...finals } = one.cotangents!;
      const nothing = Object.fromEntries(Object.entries(finals).map(([name, { shape }]) => [name, zeros(shape)]));
      expect(lstm.backward!(one.inputs, one.options, { output: output! })).toEqual(lstm.backward!(one.inputs, one.options, { output: output!, ...nothing }));
      expect(lstm.backward!(one.inputs, one.options, finals)).toEqual(lstm.backward!(one.inputs, one.options, { output: zeros(output!.shape), ...finals }));
      expect(lstm.radius(one.inputs, one.options, finals, precisions.float32)).toEqual(lstm.radius(one.inputs, one.options, { output: zeros(output!.shape), ...finals }, precisions.float32));
      const { shape: [, samples] } = one.inputs["input"]!;
      const ways = one.options["direction"] === "forward" ? ["forward"] : one.options["direction"] === "reverse" ? ["backward"] : ["forward", "backward"];
      const states = ways.flatMap((way) => [`${way}.initialState.h`, `${way}.initialState.c`]);
      const units = one.inputs[`${ways[0]}.input.wx`]!.shape[1]!;
      const started = { ...Object.fromEntries(states.map((name) => [name, zeros([samples!, units])])), ...one.inputs };
      expect(lstm.forward(started, one.options)).toEqual(lstm.forward(one.inputs, one.options));
      expect(Object.keys(lstm.backward!(one.inputs, one.options, finals)).filter((name) => name.includes("initialState")).sort()).toEqual(states.filter((name) => name in one.inputs).sort());
    }
  });

  it("has empty results for an empty batch", () => {
    const inputs = { ...sum("forward"), input: zeros([2, 0, 1]) };
    expect(reference("simpleRnn", inputs, {}).expected.outputs["output"]!.shape).toEqual([2, 0, 1]);
    const { expected, radius } = reference("simpleRnn", inputs, {}, { output: zeros([2, 0, 1]) });
    expect([expected.gradients["forward.wx"]!.values, radius.gradients["forward.wx"]!.values]).toEqual([[0], [0]]);
  });

  it("is served with defaults, and with a radius for what is there", () => {
    const wire = (shape: readonly number[], ...numbers: number[]) => ({ shape, values: numbers });
    const request = {
      command: "run", id: 1, operation: "simpleRnn", cotangents: { "forward.finalState.h": wire([1, 1], 1) }, options: { activation: "identity" },
      inputs: { input: wire([2, 1, 1], 1, 2), "forward.wx": wire([1, 1], 3), "forward.wh": wire([1, 1], 5) },
    };
    const { outputs, gradients, radius } = JSON.parse(answerLine(JSON.stringify(request))!.line) as Record<string, Record<string, { values: number[] }>>;
    expect(outputs!["output"]!.values).toEqual([3, 21]);
    expect(Object.entries(gradients!).map(([name, { values: each }]) => [name, each])).toEqual([["input", [15, 3]], ["forward.wx", [7]], ["forward.wh", [3]]]);
    expect(Object.values(radius!).map((each) => Object.keys(each))).toEqual([["forward.finalState.h", "output"], ["input", "forward.wx", "forward.wh"]].map((names) => expect.arrayContaining(names)));
    const stray = { ...request, cotangents: { "backward.finalState.h": wire([1, 1], 1) } };
    expect(JSON.parse(answerLine(JSON.stringify(stray))!.line)).toEqual({ id: 1, error: "simpleRnn: expected only cotangents of output, forward.finalState.h, got backward.finalState.h" });
  });
});

describe("what does not fit is refused", () => {
  const matrix = (rows: number, columns: number): Tensor => filled([rows, columns], 1);
  const gates = (names: readonly string[], way = "forward"): Tensors =>
    Object.fromEntries(names.flatMap((name) => [[`${way}.${name}.wx`, matrix(2, 3)], [`${way}.${name}.wh`, matrix(3, 3)]]));
  const input = zeros([4, 2, 2]);
  const cell = { input, ...gates(["input", "forget", "candidate", "output"]) };
  const unit = { input, ...gates(["reset", "update", "candidate"]) };
  const said = (call: () => unknown): string => thrown(call).replace(/^RangeError: /, "");
  const message = (operation: typeof simple, inputs: Tensors, options = {}): string => said(() => operation.forward(inputs, options));

  it("names of another direction, of no direction, and none at all", () => {
    expect(message(lstm, cell, { direction: "reverse" }))
      .toBe('lstm: expected only backward.* beside input and lengths where the direction is "reverse", got forward.input.wx');
    expect(message(lstm, { ...cell, ...gates(["input"], "backward") })).toBe('lstm: expected only forward.* beside input and lengths where the direction is "forward", got backward.input.wx');
    expect(message(simple, { input, wx: matrix(2, 3) })).toBe(
      "simpleRnn: expected only the inputs input, lengths, forward.wx, forward.wh, forward.bias, forward.initialState.h, "
      + "backward.wx, backward.wh, backward.bias, backward.initialState.h, got wx",
    );
    expect(message(gru, { ...unit, "forward.reset.peephole": zeros([3]) })).toMatch(/^gru: expected only the inputs input, lengths, forward\.reset\.wx, .*, got forward\.reset\.peephole$/);
    const { "forward.output.wh": _, ...lacking } = cell as Tensors;
    expect(message(lstm, lacking)).toBe("lstm: expected the input forward.output.wh, got none of that name");
    expect(message(lstm, cell, { direction: "bidirectional" })).toBe("lstm: expected the input backward.input.wx, got none of that name");
    const { input: __, ...blind } = cell as Tensors;
    expect(message(lstm, blind)).toBe("lstm: expected the input input, got none of that name");
  });

  it("weights that the options leave no room for", () => {
    expect(message(lstm, cell, { coupled: true })).toBe("lstm: expected no forget.* where the gates are coupled, got forward.forget.wx");
    expect(message(gru, { ...unit, "forward.candidate.recurrentBias": zeros([3]) }))
      .toBe("gru: expected no candidate.recurrentBias but with resetAfter, got forward.candidate.recurrentBias");
    expect(gru.forward({ ...unit, "forward.candidate.recurrentBias": zeros([3]) }, { resetAfter: true })["output"]!.shape).toEqual([4, 2, 3]);
    expect(lstm.forward({ input, ...gates(["input", "candidate", "output"]) }, { coupled: true })["output"]!.shape).toEqual([4, 2, 3]);
  });

  it("shapes, lengths and cotangents", () => {
    expect(message(lstm, { ...cell, input: zeros([4, 2]) })).toBe("lstm: expected input [T, N, F] with T and F of at least 1, got [4, 2]");
    expect(message(lstm, { ...cell, input: zeros([0, 2, 2]) })).toBe("lstm: expected input [T, N, F] with T and F of at least 1, got [0, 2, 2]");
    expect(message(lstm, { ...cell, input: zeros([4, 2, 0]) })).toBe("lstm: expected input [T, N, F] with T and F of at least 1, got [4, 2, 0]");
    expect(message(lstm, { ...cell, "forward.input.wx": zeros([2]) })).toBe("lstm: expected forward.input.wx [2, H] with H of at least 1, got [2]");
    expect(message(lstm, { ...cell, "forward.input.wx": zeros([2, 0]) })).toBe("lstm: expected forward.input.wx [2, H] with H of at least 1, got [2, 0]");
    expect(message(lstm, { ...cell, "forward.input.wx": zeros([3, 3]) })).toBe("lstm: expected forward.input.wx of shape [2, 3], got [3, 3]");
    expect(message(lstm, { ...cell, "forward.output.wh": zeros([3, 2]) })).toBe("lstm: expected forward.output.wh of shape [3, 3], got [3, 2]");
    expect(message(lstm, { ...cell, "forward.output.peephole": zeros([2]) })).toBe("lstm: expected forward.output.peephole of shape [3], got [2]");
    expect(message(lstm, { ...cell, "forward.initialState.c": zeros([3, 2]) })).toBe("lstm: expected forward.initialState.c of shape [2, 3], got [3, 2]");
    expect(message(lstm, { ...cell, lengths: tensor([4, 5]) })).toBe("lstm: expected lengths as whole numbers from 0 to 4, got 5 for sample 1");
    expect(message(lstm, { ...cell, lengths: tensor([4]) })).toBe("lstm: expected lengths of shape [2], got [1]");
    const other = { ...cell, ...gates(["input", "forget", "candidate", "output"], "backward"), "backward.forget.wh": matrix(2, 2) };
    expect(message(lstm, other, { direction: "bidirectional" })).toBe("lstm: expected backward.forget.wh of shape [3, 3], got [2, 2]");
    const refused = (cotangents: Tensors): string => said(() => lstm.backward!(cell, {}, cotangents));
    expect(refused({ output: zeros([4, 2, 2]) })).toBe("lstm: expected the cotangent of output of shape [4, 2, 3], got [4, 2, 2]");
    expect(refused({ "backward.finalState.h": zeros([2, 3]) })).toBe("lstm: expected only cotangents of output, forward.finalState.h, forward.finalState.c, got backward.finalState.h");
  });

  it("options", () => {
    expect(message(simple, { input, ...sum("forward") }, { coupled: true })).toBe("simpleRnn: expected only the options direction, merge, activation, got coupled");
    expect(message(lstm, cell, { direction: "backward" })).toBe('lstm: expected direction "forward" or "reverse" or "bidirectional", got "backward"');
    expect(message(lstm, cell, { merge: "mul" })).toBe('lstm: expected merge "concat" or "sum" or "average", got "mul"');
    expect(message(lstm, cell, { clip: 0 })).toBe("lstm: expected clip a number above 0, got 0");
    expect(message(gru, unit, { resetAfter: 1 })).toBe("TypeError: gru: expected resetAfter true or false, got 1");
    expect(said(() => lstm.complete(cell, { peepholes: true }))).toBe("lstm: expected only the options direction, merge, coupled, clip, gateActivation, candidateActivation, got peepholes");
  });
});

describe("cases of recurrent networks", () => {
  const stepsOf = ({ inputs }: Case): readonly [number, number, number] => inputs["input"]!.shape as readonly [number, number, number];
  const has = (one: Case, ...parts: string[]): boolean => Object.keys(one.inputs).some((name) => parts.every((part) => name.includes(part)));
  const lengthsOf = ({ inputs }: Case): readonly number[] => inputs["lengths"]?.values ?? [];
  const common = {
    "six steps or more": (one: Case) => stepsOf(one)[0] > 5,
    "one step": (one: Case) => stepsOf(one)[0] === 1,
    "several samples": (one: Case) => stepsOf(one)[1] > 1,
    "other numbers of features than of units": (one: Case) => Object.entries(one.inputs).some(([name, { shape }]) => name.endsWith("wx") && shape[0] !== shape[1]),
    "more units than four": (one: Case) => Object.entries(one.inputs).some(([name, { shape }]) => name.endsWith("wh") && shape[1]! > 4),
    "more features than four": (one: Case) => stepsOf(one)[2] > 4,
    forward: ({ options }: Case) => options["direction"] === "forward",
    reverse: ({ options }: Case) => options["direction"] === "reverse",
    "both, side by side": ({ options }: Case) => options["direction"] === "bidirectional" && options["merge"] === "concat",
    "both, summed or averaged": ({ options }: Case) => options["direction"] === "bidirectional" && options["merge"] !== "concat",
    "no lengths": ({ inputs }: Case) => inputs["lengths"] === undefined,
    "lengths that differ": (one: Case) => new Set(lengthsOf(one)).size > 1,
    "a sample without steps": (one: Case) => lengthsOf(one).includes(0),
    "a sample with some steps": (one: Case) => lengthsOf(one).some((length) => length > 0 && length < stepsOf(one)[0]),
    "a sample with all steps": (one: Case) => lengthsOf(one).includes(stepsOf(one)[0]),
    "a state to start from": (one: Case) => has(one, "initialState.h"),
    "no state to start from": (one: Case) => !has(one, "initialState"),
    biases: (one: Case) => has(one, ".bias"),
    "no biases": (one: Case) => !has(one, ".bias"),
  };
  const gated = {
    "some gates without a bias": (one: Case) => has(one, "bias") && Object.keys(one.inputs).some((name) => name.endsWith(".wx") && one.inputs[name.replace(/wx$/, "bias")] === undefined),
    clip: ({ options }: Case) => options["clip"] !== undefined,
    "hard sigmoid": ({ options }: Case) => options["gateActivation"] === "hardSigmoid",
    "relu candidate": ({ options }: Case) => options["candidateActivation"] === "relu",
  };
  const expectShares = (operation: string, tier: "rounding" | "structure", properties: Readonly<Record<string, (one: Case) => boolean>>): void => {
    const found = shares(drawn(operation, tier, 60, 9), properties);
    expect(Object.entries(found).filter(([, share]) => share < 0.05), JSON.stringify(found)).toEqual([]);
  };

  it("have what can hurt", () => {
    expectShares("simpleRnn", "rounding", { ...common, ...Object.fromEntries(["tanh", "relu", "identity"].map((f) => [f, ({ options }: Case) => options["activation"] === f])) });
    expectShares("simpleRnn", "structure", { ...common, ...Object.fromEntries(["relu", "identity"].map((f) => [f, ({ options }: Case) => options["activation"] === f])) });
    expectShares("lstm", "rounding", {
      ...common, ...gated, coupled: ({ options }) => options["coupled"] === true,
      "an output peephole": (one) => has(one, "output.peephole"), "no peepholes": (one) => !has(one, "peephole"),
      "peepholes without a bias": (one) => has(one, "peephole") && !has(one, "bias"),
      "some peepholes": (one) => has(one, "input.peephole") !== has(one, "output.peephole"), "a cell state to start from": (one) => has(one, "initialState.c"),
    });
    expectShares("gru", "rounding", {
      ...common, ...gated, "reset after": ({ options }) => options["resetAfter"] === true, "reset before": ({ options }) => options["resetAfter"] === false,
      "a recurrent bias": (one) => has(one, "recurrentBias"), "no other bias": (one) => has(one, "recurrentBias") && !has(one, ".bias"), "reset after without one": (one) => one.options["resetAfter"] === true && !has(one, "recurrentBias"),
    });
  });

  it("draw lengths anew for however many steps there are: any number, or mostly none or all", () => {
    const lengths = (choice: number, steps: number): readonly number[] => {
      const { inputs } = simple.space.build(Object.fromEntries(Object.entries(simple.space.fields).map(([name, [least]]) => [name, { lengths: choice, steps }[name] ?? least])), [], "rounding");
      return [0, 0.3, 0.5, 0.7, 0.999].map((noise) => inputs["lengths"]!.value!(noise, [0], () => noise));
    };
    expect([lengths(2, 4), lengths(2, 1), lengths(3, 4), lengths(3, 1)]).toEqual([[0, 1, 2, 3, 4], [0, 0, 1, 1, 1], [0, 0, 2, 4, 4], [0, 0, 1, 1, 1]]);
  });

  it("have gates that are neither saturated nor alike", () => {
    for (const operation of ["lstm", "gru"]) {
      const outputs = drawn(operation, "rounding", 24, 5).flatMap(({ inputs, options }) => findOperation(operation).forward(inputs, options)["output"]!.values).filter((value) => value !== 0);
      expect(outputs.filter((value) => Math.abs(value) > 0.01 && Math.abs(value) < 0.95).length / outputs.length).toBeGreaterThan(0.8);
      for (const { inputs } of drawn(operation, "rounding", 5, 6)) {
        const matrices = Object.entries(inputs).filter(([name]) => name.endsWith("wh")).map(([, { values: each }]) => each.join());
        expect(new Set(matrices).size).toBe(matrices.length);
      }
    }
  });

  it("are exact in the structure tier, with numbers that are not all 0, also where an average has halves", () => {
    for (const precision of [precisions.float32, precisions.bfloat16]) {
      const all = drawn("simpleRnn", "structure", runs(12), 8, precision);
      for (const one of all) {
        const sums = simple.terms!(one.inputs, one.options, one.cotangents);
        expect(sumsAreExact(sums, precision.exactBelow)).toBe(true);
        const { expected } = reference("simpleRnn", one.inputs, one.options, one.cotangents);
        for (const kind of ["outputs", "gradients"] as const) for (const [name, { values: each }] of Object.entries(expected[kind])) {
          const scale = one.options["merge"] === "average" ? 2 : 1;
          each.forEach((value, i) => {
            expect(Number.isInteger(scale * value)).toBe(true);
            expect(scale * Math.abs(value)).toBeLessThanOrEqual(raw(sums[kind][name]!.sum)[i]!);
          });
        }
      }
      const telling = all.filter((one) => simple.forward(one.inputs, one.options)["output"]!.values.filter((value) => value !== 0).length > 1).length;
      expect(telling / all.length).toBeGreaterThan(precision.name === "float32" ? 0.7 : 0.4);
    }
  });

  it.runIf(atLength)("shrink to three steps at most where code forgets the state between steps", async () => {
    const forgetful = candidateOf({
      simpleRnn: ({ input, lengths, ...weights }, options) => {
        if (options["direction"] !== "forward" || lengths !== undefined || "forward.initialState.h" in weights) return { skipped: "not that" };
        const own = Object.fromEntries(Object.entries(weights).map(([name, each]) => [name, reshape(tensor(Array.from(each!.data)), each!.shape)]));
        const each = toSteps(reshape(tensor(Array.from(input!.data)), input!.shape)).map((step) => {
          const { output } = simple.forward({ ...own, input: fromSteps([step]) }, options);
          return toSteps(output!)[0]!;
        });
        return { outputs: { output: fromSteps(each) } };
      },
    });
    const { operations } = await verify(forgetful, { operations: ["simpleRnn"], tiers: ["structure"], cases: 30 });
    const found = operations.find(({ operation }) => operation === "simpleRnn")!;
    expect(found.verdict).toBe("disagrees");
    for (const { request } of found.failures) expect(request.inputs["input"]!.shape[0]).toBeLessThanOrEqual(3);
  });
});
