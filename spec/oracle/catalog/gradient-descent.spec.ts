import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { gradientDescentEntry } from "../../../src/oracle/catalog/gradient-descent.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { thrown } from "../../support/thrown.ts";
import { drawn, mapNames } from "../support.ts";
import { shares } from "./shares.ts";

const f = Math.fround;

/** One step on one weight, as float32 code groups it. */
const groupings: Readonly<Record<string, (w: number, g: number, rate: number, decay: number) => number>> = {
  "w − rate·(g + decay·w)": (w, g, rate, decay) => f(w - f(f(rate) * f(g + f(f(decay) * w)))),
  "w·(1 − rate·decay) − rate·g": (w, g, rate, decay) => f(f(w * f(1 - f(f(rate) * f(decay)))) - f(f(rate) * g)),
  "w − rate·g − rate·decay·w": (w, g, rate, decay) => f(f(w - f(f(rate) * g)) - f(f(f(rate) * f(decay)) * w)),
  "with fused multiply–add": (w, g, rate, decay) => f(w - f(rate) * f(g + f(decay) * w)),
  "double inside, options in double": (w, g, rate, decay) => f(w - rate * (g + decay * w)),
};

const descend = ({ inputs, options }: Case, step: (typeof groupings)[string]): Readonly<Record<string, Tensor>> => {
  const outputs: Record<string, Tensor> = {};
  for (const [name, start] of Object.entries(inputs).filter(([each]) => each.startsWith("params."))) {
    let { values } = start;
    for (let i = 1; inputs[name.replace("params", `gradients.${i}`)] !== undefined; i++) {
      const gradient = inputs[name.replace("params", `gradients.${i}`)]!.values;
      values = values.map((w, at) => step(w, gradient[at]!, options["rate"] as number, options["weightDecay"] as number));
      outputs[name.replace("params", `params.${i}`)] = new Tensor(start.shape, values);
    }
  }
  return outputs;
};

describe("the radius of gradient descent", () => {
  it.each(Object.entries(groupings))("holds for honest float32 code: %s", (name, step) => {
    let worst = 0;
    for (const one of drawn("gradientDescent", "rounding", runs(300), 41)) {
      const { expected, radius } = reference("gradientDescent", one.inputs, one.options);
      for (const [output, got] of Object.entries(descend(one, step))) {
        worst = Math.max(worst, compare(got, expected.outputs[output]!, radius.outputs[output]).ratio);
      }
    }
    console.info(`${name}: worst error as a share of the radius ${worst.toFixed(3)}`);
    expect(worst).toBeLessThanOrEqual(1);
    expect(worst, "so wide that it means nothing").toBeGreaterThan(0.05);
  });

  it("is left by a rate that is one part in 10⁵ off, and by weight decay that is forgotten", () => {
    const inputs = { "params.w": tensor([1]), "gradients.1.w": tensor([2]) };
    const { expected, radius } = reference("gradientDescent", inputs, { rate: 0.1, weightDecay: 0.05 });
    const ratio = (got: number): number => compare(tensor([got]), expected.outputs["params.1.w"]!, radius.outputs["params.1.w"]).ratio;
    expect(ratio(1 - 0.1 * 2.05)).toBeLessThanOrEqual(1);
    expect(ratio(1 - 0.100001 * 2.05)).toBeGreaterThan(1);
    expect(ratio(1 - 0.1 * 2)).toBeGreaterThan(1000);
  });

  it("grows from step to step by what the steps before left", () => {
    const zero = { "gradients.1.w": tensor([0]), "gradients.2.w": tensor([0]), "gradients.3.w": tensor([0]) };
    const { outputs } = gradientDescentEntry.radius({ "params.w": tensor([1]), ...zero }, { rate: 0.1, weightDecay: 0 }, undefined, { name: "float32", unit: 2 ** -24, tiny: 0, exactBelow: 2 ** 24 });
    expect([1, 2, 3].map((step) => outputs[`params.${step}.w`]!.values[0]! * 2 ** 24)).toEqual([3, 6, 9]);
  });
});

describe("gradient descent in the catalog", () => {
  it("answers with every step's parameters", () => {
    const inputs = { "params.w": tensor([1]), "params.b": tensor([[2]]), "gradients.1.w": tensor([2]), "gradients.1.b": tensor([[4]]), "gradients.2.w": tensor([-2]), "gradients.2.b": tensor([[0]]) };
    expect(mapNames(gradientDescentEntry.forward(inputs, { rate: 0.5 }), ({ values }) => values))
      .toEqual({ "params.1.w": [0], "params.1.b": [0], "params.2.w": [1], "params.2.b": [0] });
  });

  it("refuses steps with a gap", () => {
    const inputs = { "params.w": tensor([1]), "gradients.1.w": tensor([2]), "gradients.3.w": tensor([2]) };
    expect(thrown(() => gradientDescentEntry.forward(inputs, { rate: 1 })))
      .toBe('RangeError: gradientDescent: expected gradients.1.*, gradients.2.* and so on without a gap, got ["1", "3"]');
  });

  it("is exact in its structure tier: float32 code of every grouping gives the very numbers", () => {
    for (const one of drawn("gradientDescent", "structure", runs(150), 43)) {
      const { expected } = reference("gradientDescent", one.inputs, one.options);
      for (const [name, step] of Object.entries(groupings)) {
        for (const [output, got] of Object.entries(descend(one, step))) expect(compare(got, expected.outputs[output]!).agrees, `${name}: ${output}`).toBe(true);
      }
    }
  });

  it("is drawn with one to three steps, one or two parameters, with and without decay", () => {
    const found = shares(drawn("gradientDescent", "rounding", 200), {
      "three steps": ({ inputs }) => inputs["gradients.3.w"] !== undefined,
      "two parameters": ({ inputs }) => inputs["params.bias"] !== undefined,
      decay: ({ options }) => options["weightDecay"] !== 0,
      "no decay": ({ options }) => options["weightDecay"] === 0,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.2), JSON.stringify(found)).toEqual([]);
  });
});
