import { describe, expect, it } from "vitest";
import { findOperation, reference } from "../../../src/oracle/case.ts";
import { ballFunctions } from "../../../src/oracle/ball-functions.ts";
import type { Ball } from "../../../src/oracle/ball.ts";
import { adagradRule, adamRule, adamWRule, rmsPropRule } from "../../../src/oracle/catalog/adaptive.ts";
import { gradientDescentRule, momentumRule } from "../../../src/oracle/catalog/gradient-descent.ts";
import { ruleEntry, slope } from "../../../src/oracle/catalog/rule.ts";
import type { RuleEntry } from "../../../src/oracle/catalog/rule.ts";
import { precisions } from "../../../src/oracle/precision.ts";
import type { Rule } from "../../../src/learning/rule.ts";
import { raw, tensor, widen, zeros } from "../../../src/tensor/tensor.ts";
import { mapTree } from "../../../src/tensor/tree.ts";
import { thrown } from "../../support/thrown.ts";
import { runs } from "../../support/runs.ts";
import { drawn, mapNames } from "../support.ts";
import { shares } from "./shares.ts";

const entries: readonly RuleEntry[] = [gradientDescentRule, momentumRule, rmsPropRule, adagradRule, adamRule, adamWRule];
const rules = entries.map(({ name }) => name);
const adaptive = rules.slice(2);

describe.each(rules)("%s as an entry", (name) => {
  const operation = findOperation(name);
  const inputs = {
    "params.w": tensor([1, 5]), "params.net.b": tensor([[2]]), "gradients.1.w": tensor([2, 0]), "gradients.1.net.b": tensor([[4]]),
    "gradients.2.w": tensor([-2, 0]), "gradients.2.net.b": tensor([[0.5]]),
  };
  const options = operation.complete(inputs, { rate: 0.5 });

  it("answers with every step's parameters, under their names", () => {
    const outputs = operation.forward(inputs, options);
    expect(mapNames(outputs, ({ shape }) => shape)).toEqual({ "params.1.w": [2], "params.1.net.b": [1, 1], "params.2.w": [2], "params.2.net.b": [1, 1] });
    expect(outputs["params.1.w"]!.values[0]).toBeLessThan(1);
    expect(outputs["params.2.w"]!.values[0]).not.toBe(outputs["params.1.w"]!.values[0]);
  });

  it("rounds nothing between steps where its inputs are doubles", () => {
    const wide = operation.forward(mapNames(inputs, widen), { ...options, rate: 0.1 });
    expect(raw(wide["params.2.w"]!)).toBeInstanceOf(Float64Array);
    const fine = wide["params.1.w"]!.values[0]!;
    expect(fine).not.toBe(Math.fround(fine));
  });

  it("asks for gradients of every step and every parameter", () => {
    const { "gradients.1.w": _, ...gap } = { "params.w": tensor([1]), "gradients.1.w": tensor([1]), "gradients.3.w": tensor([2]) };
    expect(thrown(() => operation.forward(gap, options))).toBe(`RangeError: ${name}: expected gradients.1.*, gradients.2.* and so on without a gap, got ["3"]`);
    expect(thrown(() => operation.forward({ "params.w": tensor([1]), "gradients.1.w": tensor([1]), "gradients.3.w": tensor([2]) }, options)))
      .toBe(`RangeError: ${name}: expected gradients.1.*, gradients.2.* and so on without a gap, got ["1", "3"]`);
    expect(thrown(() => operation.forward({ "params.w": tensor([1]), "gradients.1.v": tensor([1]) }, options))).toBe(`RangeError: ${name}: expected gradients of w, got v`);
    expect(thrown(() => operation.forward({ "params.w": tensor([1]), "gradients.1.w": zeros([2]) }, options))).toBe(`RangeError: ${name}: expected a gradient of shape [1] at w, got [2]`);
  });

  it("completes to every option that it documents, as its rule has them", () => {
    expect(Object.keys(options).sort()).toEqual(Object.keys(operation.options).sort());
    const { rate: _, ...others } = options;
    // Gradients of 1e-9 tell one small epsilon from another.
    const fine = { ...inputs, "gradients.1.w": tensor([1e-9, 3]) };
    expect(operation.forward(fine, { rate: 0.5, ...others })).toEqual(operation.forward(fine, { rate: 0.5 }));
  });

  it("has a radius of more than nothing for every weight that moves, and none for others, in every precision", () => {
    for (const precision of Object.values(precisions)) {
      // Shares and an epsilon that float16 has, too: what rounds to 0 or 1 there leaves nothing to divide by.
      const common = { ...options, rate: 0.75, ...(options["epsilon"] === undefined ? {} : { epsilon: 0.25 }), ...(options["beta2"] === undefined ? {} : { beta1: 0.5, beta2: 0.5 }) };
      const { radius } = reference(name, inputs, common, undefined, precision);
      for (const [output, { values }] of Object.entries(radius.outputs)) {
        const moves = (at: number): boolean => at === 0 || name === "adamW";
        const isRight = (value: number, at: number): boolean => (moves(at) ? value > 0 && value < 100 * precision.unit * 8 : value === 0);
        expect(values.every(isRight), `${precision.name} ${output}: ${values}`).toBe(true);
      }
    }
  });

  it("leaves the radius of a weight that is not finite to its caller, as Infinity", () => {
    const { expected, radius } = reference(name, { "params.w": tensor([Infinity, NaN, 1]), "gradients.1.w": tensor([1, 1, 1]) }, { ...options, weightDecay: 0 });
    expect(expected.outputs["params.1.w"]!.values.slice(0, 2)).toEqual([Infinity, NaN]);
    expect(radius.outputs["params.1.w"]!.values.slice(0, 2)).toEqual([Infinity, Infinity]);
    expect(radius.outputs["params.1.w"]!.values[2]).toBeLessThan(1e-3);
  });
});

describe.each(entries.map((entry) => [entry.name, entry] as const))("the balls of %s", (name, entry) => {
  it("lie around the reference's own numbers, step after step", () => {
    for (const { inputs, options } of drawn(name, "rounding", runs(12), 71)) {
      const { expected } = reference(name, inputs, options);
      for (const [param, start] of Object.entries(inputs).filter(([input]) => input.startsWith("params."))) start.values.forEach((w, position) => {
        let current: readonly [Ball, readonly Ball[]] = [{ value: w, error: 0 }, Array.from({ length: entry.averages }, () => ({ value: 0, error: 0 }))];
        for (let t = 1; inputs[param.replace("params", `gradients.${t}`)] !== undefined; t++) {
          const gradient = { value: inputs[param.replace("params", `gradients.${t}`)]!.values[position]!, error: 0 };
          current = entry.step(ballFunctions(precisions.float32), options as never, t)(current[0], gradient, current[1]);
          const wanted = expected.outputs[param.replace("params", `params.${t}`)]!.values[position]!;
          expect(Math.abs(current[0].value - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
        }
      });
    }
  });

  it("hold the rounding of the rate", () => {
    // Alone and by itself: the other options are numbers of float32.
    const others = Object.fromEntries(Object.entries(entry.defaults).map(([option, value]) => [option, value === false ? value : option === "weightDecay" ? 0 : 0.5]));
    const at = (rate: number): number => reference(name, { "params.w": tensor([0]), "gradients.1.w": tensor([1.5]) }, { ...others, rate }).radius.outputs["params.1.w"]!.values[0]!;
    const step = -reference(name, { "params.w": tensor([0]), "gradients.1.w": tensor([1.5]) }, { ...others, rate: 1 }).expected.outputs["params.1.w"]!.values[0]!;
    // 0.1 in float32 is 1.5e-9 more.
    expect((at(0.1) - (0.1 / 0.75) * at(0.75)) / (step * (Math.fround(0.1) - 0.1))).toBeCloseTo(1, 4);
  });
});

describe("the cases of rules", () => {
  it("have at most two steps where they are to be exact", () => {
    for (const { inputs } of drawn("momentum", "structure", 60)) expect(Object.keys(inputs).filter((name) => /^gradients\.[3-9]/.test(name))).toEqual([]);
  });

  it("have weights beside which the steps of adaptive rules show, and gradients from tiny to large, on both sides of epsilon", () => {
    for (const name of adaptive) {
      const cases = drawn(name, "rounding", 80);
      const all = cases.flatMap(({ inputs }) => Object.entries(inputs).flatMap(([input, { values }]) => (input.startsWith("gradients.") ? values : [])));
      expect(all.filter((g) => Math.abs(g) > 8 || (g !== 0 && Math.abs(g) < 2 ** -28))).toEqual([]);
      const share = (holds: (g: number) => boolean): number => all.filter(holds).length / all.length;
      expect([share((g) => g === 0), share((g) => g < 0), share((g) => g !== 0 && Math.abs(g) < 1e-6), share((g) => Math.abs(g) > 0.1)].map((each) => each > 0.05)).toEqual([true, true, true, true]);
      expect(cases.flatMap(({ inputs }) => inputs["params.w"]!.values).every((w) => Math.abs(w) <= 2)).toBe(true);
      const found = shares(cases, {
        "three steps": ({ inputs }) => inputs["gradients.3.w"] !== undefined,
        "two parameters": ({ inputs }) => inputs["params.bias"] !== undefined,
        decay: ({ options }) => options["weightDecay"] !== 0,
        "large epsilon": ({ options }) => options["epsilon"] === 0.1,
        "usual epsilon": ({ options }) => (options["epsilon"] as number) <= 1e-8,
        "usual shares": ({ options }) => options["decay"] === 0.99 || options["beta1"] === 0.9 || options["beta2"] === 0.999 || name === "adagrad",
        "other shares": ({ options }) => (options["decay"] !== 0.99 && name === "rmsProp") || (options["beta1"] as number) < 0.9 || name === "adagrad",
      });
      expect(Object.entries(found).filter(([, each]) => each < 0.2), JSON.stringify(found)).toEqual([]);
      const alike = shares(cases, { "two parameters of one shape": ({ inputs }) => inputs["params.bias"]?.shape.length === 1 });
      expect(Object.values(alike)[0], name).toBeGreaterThan(0.1);
    }
  });
});

describe("the slope of a weight", () => {
  it("is the gradient itself where nothing decays, whatever the weight: nothing is added and nothing rounded", () => {
    const balls = ballFunctions(precisions.bfloat16);
    // More bits than bfloat16 has: a sum, even with 0, would round them.
    const gradient = balls.exact(1 + 2 ** -20);
    expect([slope(balls, balls.exact(3), gradient, 0), slope(balls, balls.exact(Infinity), gradient, 0)]).toEqual([gradient, gradient]);
    expect(slope(balls, balls.exact(3), gradient, 0.5).value).toBe(2.5 + 2 ** -20);
  });
});

describe("the builder of entries", () => {
  /** A rule that keeps the last gradient and steps by it and the one before. */
  const memory: Rule = (state, params, gradients) => {
    const last = state.averages["last"] ?? mapTree(params, (leaf) => zeros(leaf.shape));
    const moved = mapTree(params, (w, g, before) => tensor(w.values.map((value, i) => value - g!.values[i]! - before!.values[i]!)), gradients, last);
    return [{ step: state.step + 1, averages: { last: gradients } }, moved];
  };
  const seen: number[] = [];
  const entry: RuleEntry = {
    name: "memory", summary: "steps by the last two gradients", options: { half: "no use" }, defaults: { half: 0.5 }, rule: () => memory, averages: 1, exact: true,
    step: (balls, _, step) => {
      seen.push(step);
      return (weight, gradient, [last]) => [balls.difference(balls.difference(weight, gradient), last!), [gradient]];
    },
    fields: {}, draw: () => ({ rate: 0.25 }),
  };
  const operation = ruleEntry(entry);
  const inputs = { "params.w": tensor([10, -3]), "gradients.1.w": tensor([2, 1]), "gradients.2.w": tensor([4, 0]) };

  it("hands state, parameters and the averages' balls from step to step", () => {
    expect(mapNames(operation.forward(inputs, { rate: 1 }), ({ values }) => values)).toEqual({ "params.1.w": [8, -4], "params.2.w": [2, -5] });
    const { outputs } = operation.radius(inputs, { rate: 1 }, undefined, precisions.float32);
    const inUnits = (name: string): readonly number[] => outputs[name]!.values.map((each) => Math.round((each / precisions.float32.unit) * 1e4) / 1e4);
    // First 10 − 2 = 8, less 0; then 8 − 4, and 4 − 2. Beside it −3 − 1; then −4 − 0, which is exact, and −4 − 1.
    expect([inUnits("params.1.w"), inUnits("params.2.w")]).toEqual([[8, 4], [8 + 4 + 2, 4 + 5]]);
    expect(seen).toEqual([1, 2]);
  });

  it("knows nothing of a weight whose error is no number: its radius is infinite", () => {
    const lost = ruleEntry({ ...entry, step: () => (weight) => [{ value: weight.value, error: NaN }, []] });
    expect(lost.radius(inputs, { rate: 1 }, undefined, precisions.float32).outputs["params.1.w"]!.values).toEqual([Infinity, Infinity]);
  });

  it("bounds sizes in units of the last binary digit, so that exact cases can be proved", () => {
    const { outputs } = operation.terms!(inputs, { rate: 0.25, half: 0.5, flag: true, whole: 4 }, undefined);
    // Three digits a step. 10 + 2 after the first, 12 + 4 + 2 after the second; 3 + 1, then 4 + 0 + 1.
    expect(mapNames(outputs, ({ sum }) => sum.values)).toEqual({ "params.1.w": [12 * 8, 4 * 8], "params.2.w": [18 * 64, 5 * 64] });
    expect(mapNames(outputs, ({ count }) => count.values)).toEqual({ "params.1.w": [1, 1], "params.2.w": [1, 1] });
    expect(ruleEntry({ ...entry, exact: false }).terms).toBeUndefined();
  });
});
