import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import {
  answerChanged, answerOf, backwardUnder, composed, cornered, gradientsMapped, misread, ofFirstAxis, perAxisChanged, reversed, stored, throughInput, underOptions,
  underOptionsCropped, values, withHabit, withName,
} from "../../../src/oracle/variants/variant.ts";
import type { Variant } from "../../../src/oracle/variants/variant.ts";
import { permute } from "../../../src/tensor/layout.ts";
import { map, tensor } from "../../../src/tensor/tensor.ts";
import type { Case } from "../../../src/oracle/case.ts";

const one: Case = {
  operation: "leakyRelu", tier: "structure", features: [], inputs: { input: tensor([2, -4]) }, options: { slope: 0.5 }, cotangents: { output: tensor([3, 8]) },
};
const operation = findOperation("leakyRelu");

describe("a variant is made of the reference", () => {
  it("on other inputs, options or cotangents", () => {
    const { outputs, gradients } = answerOf(operation, { input: tensor([-1]) }, { slope: 0.25 }, { output: tensor([8]) });
    expect([outputs["output"], gradients["input"]]).toEqual([tensor([-0.25]), tensor([2])]);
    expect(answerOf(operation, one.inputs, one.options, undefined).gradients).toEqual({});
  });

  it("under options of its own, where it has any", () => {
    expect(underOptions((options) => ({ ...options, slope: 0 }))(operation, one)!.outputs["output"]).toEqual(tensor([2, -0]));
    expect(underOptions(() => undefined)(operation, one)).toBeUndefined();
    expect(reversed("stride")({ stride: [1, 2], groups: 1 })).toEqual({ stride: [2, 1], groups: 1 });
    expect([reversed("stride")({ stride: [1] }), reversed("stride")({})]).toEqual([undefined, undefined]);
  });

  it("with its answer changed", () => {
    expect(gradientsMapped((value) => 10 * value)(operation, one)!.gradients["input"]).toEqual(tensor([30, 40]));
    expect(gradientsMapped((value) => 10 * value)(operation, one)!.outputs["output"]).toEqual(tensor([2, -2]));
    const twice = answerChanged(({ outputs }, { options }) => ({ outputs: withName(outputs, "output", (t) => map(t, (v) => v * (options["slope"] as number))), gradients: {} }));
    expect(twice(operation, one)).toEqual({ outputs: { output: tensor([1, -1]) }, gradients: {} });
    expect(withName({ a: tensor([1]) }, "b", () => tensor([2]))).toEqual({ a: tensor([1]) });
    expect(values(tensor([[1, 2, 3], [4, 5, 6]]), (t) => permute(t, [1, 0]))).toEqual(tensor([[1, 4, 2], [5, 3, 6]]));
  });

  it("with an input read in another way, and the way back for its gradient", () => {
    const tenfold = throughInput("input", (input) => map(input, (value) => 10 * value), (gradient, { options }) => map(gradient, (value) => value * (options["slope"] as number)));
    expect(tenfold(operation, one)).toEqual({ outputs: { output: tensor([20, -20]) }, gradients: { input: tensor([1.5, 2]) } });
    expect(throughInput("weight", (t) => t, (t) => t)(operation, one)).toBeUndefined();
    expect(throughInput("input", () => undefined, (t) => t)(operation, one)).toBeUndefined();
  });

  it("with the gradients of another case", () => {
    expect(backwardUnder(({ options }) => ({ options: { slope: 1 + (options["slope"] as number) } }))(operation, one))
      .toEqual({ outputs: { output: tensor([2, -2]) }, gradients: { input: tensor([3, 12]) } });
    expect(backwardUnder(({ inputs }) => ({ inputs: withName(inputs, "input", (t) => map(t, (v) => -v)) }))(operation, one)!.gradients["input"]).toEqual(tensor([1.5, 8]));
    expect(backwardUnder(() => ({ cotangents: { output: tensor([1, 1]) } }))(operation, one)!.gradients["input"]).toEqual(tensor([1, 0.5]));
    expect(backwardUnder(() => undefined)(operation, one)).toBeUndefined();
    const { cotangents: _, ...forward } = one;
    expect(backwardUnder(() => undefined)(operation, forward)).toEqual({ outputs: { output: tensor([2, -2]) }, gradients: {} });
  });

  it("with one entry of an option for all axes, or entries changed where there are several", () => {
    expect(ofFirstAxis("stride")({ stride: [1, 2, 3] })).toEqual({ stride: [1, 1, 1] });
    expect(perAxisChanged("stride", (entries) => entries.slice(1))({ stride: [1, 2], groups: 1 })).toEqual({ stride: [2], groups: 1 });
    expect(perAxisChanged("stride", (entries) => entries)({ stride: [1] })).toBeUndefined();
  });

  it("over outputs of which the first ones are kept", () => {
    const pool = findOperation("maxPooling");
    const wide = { window: [1], stride: [2], padding: [[0, 0]], dilation: [1], ceilMode: false };
    const given: Case = { ...one, operation: "maxPooling", inputs: { input: tensor([[[1, 2, 3]]]) }, options: wide, cotangents: { output: tensor([[[4, 5]]]) } };
    const close = underOptionsCropped((options) => ({ ...options, stride: [1] }));
    expect(close(pool, given)).toEqual({ outputs: { output: tensor([[[1, 2]]]), indices: tensor([[[0, 1]]]) }, gradients: { input: tensor([[[4, 5, 0]]]) } });
    const { cotangents: _, ...forward } = given;
    expect(close(pool, forward)!.gradients).toEqual({});
    expect(underOptionsCropped(() => undefined)(pool, given)).toBeUndefined();
    expect(underOptionsCropped((options) => ({ ...options, stride: [3] }))(pool, given)).toBeUndefined();
  });
});

describe("values under another layout", () => {
  it("are read as they were stored", () => {
    const matrix = tensor([[1, 2, 3], [4, 5, 6]]);
    expect(stored(matrix, [1, 0])).toEqual(tensor([[1, 4, 2], [5, 3, 6]]));
    expect(misread(matrix, [1, 0])).toEqual(tensor([[1, 3, 5], [2, 4, 6]]));
    const cube = tensor([[[1, 2, 3], [4, 5, 6]]]);
    for (const order of [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]]) expect(misread(stored(cube, order), order)).toEqual(cube);
  });

  it("keep the corner of a box", () => {
    expect(cornered(tensor([[1, 2, 3], [4, 5, 6]]), [1, 2])).toEqual(tensor([[1, 2]]));
    expect(cornered(tensor([[1, 2], [3, 4]]), [3, 3])).toEqual(tensor([[1, 2, 0], [3, 4, 0], [0, 0, 0]]));
  });
});

describe("two habits", () => {
  const habit = (name: string, answer: Variant["answer"], operations = ["leakyRelu"]): Variant =>
    ({ name, says: `${name} said`, kind: "convention", source: `https://example.org/${name}`, operations, answer });
  const opposite = habit("opposite", throughInput("input", (input) => map(input, (value) => -value), (gradient) => map(gradient, (value) => -value)));
  const steeper = habit("steeper", underOptions((options) => ({ slope: 2 * (options["slope"] as number) })));
  const raised = habit("raised", answerChanged(({ outputs, gradients }) => ({ outputs: withName(outputs, "output", (t) => map(t, (v) => v + 1)), gradients })));
  const none = habit("none", () => undefined);

  it("compose: the first is built on the second", () => {
    const both = composed(opposite, steeper);
    // Of 2 and −4 the opposites are −2 and 4: −2 · 2 · 0.5 and 4; gradients 3 · 1 and 8, turned back.
    expect(both.answer(operation, one)).toEqual({ outputs: { output: tensor([-2, 4]) }, gradients: { input: tensor([-3, -8]) } });
    expect(composed(steeper, opposite).answer(operation, one)).toEqual(both.answer(operation, one));
    const doubled = habit("doubled", throughInput("input", (input) => map(input, (value) => 2 * value), (gradient) => map(gradient, (value) => 2 * value)));
    expect(composed(doubled, raised).answer(operation, one)!.outputs["output"]).toEqual(tensor([5, -3]));
    const halved = habit("halved", answerChanged(({ outputs, gradients }) => ({ outputs: withName(outputs, "output", (t) => map(t, (v) => v / 2)), gradients })));
    expect([composed(halved, raised), composed(raised, halved)].map(({ answer }) => answer(operation, one)!.outputs["output"])).toEqual([tensor([1.5, -0.5]), tensor([2, 0])]);
  });

  it("are the other alone where one has no room, and nothing where neither has", () => {
    expect(composed(none, steeper).answer(operation, one)).toEqual(steeper.answer(operation, one));
    expect(composed(steeper, none).answer(operation, one)).toEqual(steeper.answer(operation, one));
    expect(composed(none, none).answer(operation, one)).toBeUndefined();
  });

  it("are called by both names, for the operations of both", () => {
    const mistake: Variant = { ...habit("mistake", () => undefined, ["relu", "leakyRelu"]), kind: "mistake" };
    expect(composed(opposite, mistake)).toMatchObject({
      name: "opposite + mistake", says: "opposite said, and with mistake said", kind: "mistake", source: "https://example.org/opposite; https://example.org/mistake",
      operations: ["leakyRelu"],
    });
    expect([composed(mistake, opposite).kind, composed(opposite, steeper).kind]).toEqual(["mistake", "convention"]);
  });

  it("make an operation that answers by the habit, gradients only where it has any", () => {
    const steep = withHabit(operation, steeper);
    expect(steep.forward(one.inputs, one.options)).toEqual({ output: tensor([2, -4]) });
    expect(steep.backward!(one.inputs, one.options, one.cotangents!)).toEqual({ input: tensor([3, 8]) });
    expect(withHabit(findOperation("clipByValue"), { ...none, operations: ["clipByValue"] }).backward).toBeUndefined();
  });
});
