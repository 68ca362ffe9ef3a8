import { describe, expect, it } from "vitest";
import { activationVariants } from "../../../src/oracle/variants/activations.ts";
import { habitsOf } from "./habits.ts";

const habit = habitsOf(activationVariants);
const of = (name: string, operation: string, input: readonly number[], options: object = {}) =>
  habit(name, operation, { input }, options as never, { output: input.map(() => 8) });
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

describe("an activation with a habit", () => {
  it("has the right outputs and another derivative", () => {
    expect(of("slopeOfOne", "relu", [-1, 2])).toEqual({ outputs: { output: [0, 2] }, gradients: { input: [8, 8] } });
    expect(of("slopeAtZeroFromAbove", "relu", [-1, 0])).toEqual({ outputs: { output: [0, 0] }, gradients: { input: [0, 8] } });
    expect(of("slopeAtZeroFromAbove", "leakyRelu", [-1, 0], { slope: 0.5 })!.gradients["input"]).toEqual([4, 8]);
    expect(of("slopeAtOutput", "softsign", [1])).toEqual({ outputs: { output: [0.5] }, gradients: { input: [expect.closeTo(32 / 9, 5)] } }); // 1 / (1 + ½)²; right: ¼
    expect(of("slopeFormulaOfOutputAtInput", "sigmoid", [3])!.gradients["input"]).toEqual([-48]);
    expect(of("slopeFormulaOfOutputAtInput", "tanh", [3])!.gradients["input"]).toEqual([-64]);
    // Below 0 with alpha 2 and scale 3: y = 6·(e^x − 1), and the slope 3·(y + 2) where 6·e^x is right.
    expect(of("slopeScaledTwice", "selu", [-Math.LN2, 1], { alpha: 2, scale: 3 })!.gradients["input"]).toEqual(close([8 * 3 * (-3 + 2), 24]));
  });

  it("has constants of its own", () => {
    expect(of("slopeAsOfTensorFlow", "leakyRelu", [-1], { slope: 0.5 })!.outputs["output"]).toEqual(close([-0.2]));
    expect(of("slopeAsOfTensorFlow", "leakyRelu", [-1], { slope: 0.2 })).toBeUndefined();
    expect(of("slopeAsOfDarknet", "leakyRelu", [-1], { slope: 0.5 })!.outputs["output"]).toEqual(close([-0.1]));
    expect(of("alphaIgnored", "elu", [-Math.LN2], { alpha: 2 })!.outputs["output"]).toEqual(close([-0.5]));
    expect(of("slopeAsOfOnnx", "hardSigmoid", [1], { slope: 0.25 })!.outputs["output"]).toEqual(close([0.7]));
    expect(of("slopeAsOfPytorch", "hardSigmoid", [1], { slope: 0.25 })!.outputs["output"]).toEqual(close([2 / 3]));
    expect(of("slopeOfHalf", "hardSigmoid", [0.5], { slope: 0.25 })!.outputs["output"]).toEqual([0.75]);
  });

  it("is another function, with that one's derivative", () => {
    expect(of("alphaDividesExponent", "elu", [-2 * Math.LN2, 1], { alpha: 2 })).toEqual({ outputs: { output: close([-1, 1]) }, gradients: { input: close([4, 8]) } });
    expect(of("straightBelowZero", "selu", [-1, 1], { alpha: 2, scale: 3 })).toEqual({ outputs: { output: [-6, 3] }, gradients: { input: [48, 24] } });
    expect(of("hardSigmoidInstead", "sigmoid", [1, 9])).toEqual({ outputs: { output: close([0.7, 1]) }, gradients: { input: close([1.6, 0]) } });
    expect(of("hardSwishInstead", "silu", [1.5])).toEqual({ outputs: { output: close([1.5 * 0.75]) }, gradients: { input: close([8 * (0.75 + 0.25)]) } });
    expect(of("quickGelu", "gelu", [1])!.outputs["output"]).toEqual(close([1 / (1 + Math.exp(-1.702))]));
    expect(of("quickGelu", "gelu", [0])!.gradients["input"]).toEqual([4]);
    const [erf, byTanh] = [of("formExchanged", "gelu", [1], { form: "tanh" }), of("formExchanged", "gelu", [1], { form: "erf" })];
    expect([erf!.outputs["output"]![0], byTanh!.outputs["output"]![0]]).toEqual(close([0.841345, 0.841192]));
    expect(of("exponentialOverflows", "softplus", [100, 0])).toEqual({ outputs: { output: [Infinity, expect.closeTo(Math.LN2, 6)] }, gradients: { input: [NaN, 4] } });
  });
});
