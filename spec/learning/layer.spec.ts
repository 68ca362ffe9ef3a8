import { describe, expect, expectTypeOf, it } from "vitest";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import type { FullyConnectedParams } from "../../src/learning/fully-connected.ts";
import { checkLayer, parameterless } from "../../src/learning/layer.ts";
import type { InputOf, Layer, NoParams, OutputOf, ParamsOf } from "../../src/learning/layer.ts";
import { key } from "../../src/tensor/random.ts";
import { combine, map, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import { refusal } from "./support.ts";

const Square = parameterless((x) => map(x, (v) => v * v), (x, dOutput) => combine(x, dOutput, (v, d) => 2 * v * d));

describe("a layer", () => {
  it("gives the output and, from the gradient there, those of its parameters and its input", () => {
    const [output, pullback] = FullyConnected({ inputs: 1, outputs: 1 }).apply({ weight: tensor([[3]]), bias: tensor([1]) }, tensor([[5]]));
    expect(output).toEqual(tensor([[16]]));
    expect(pullback(tensor([[10]]))).toEqual([{ weight: tensor([[50]]), bias: tensor([10]) }, tensor([[30]])]);
  });

  it("has a pullback that may be used again, for another gradient", () => {
    const [, pullback] = Square.apply({}, tensor([3]));
    expect(pullback(tensor([1]))[1].values).toEqual([6]);
    expect(pullback(tensor([10]))[1].values).toEqual([60]);
    expect(pullback(tensor([1]))[1].values).toEqual([6]);
  });

  it("shows its parameters, input and output in its type", () => {
    expectTypeOf<ParamsOf<ReturnType<typeof FullyConnected>>>().toEqualTypeOf<FullyConnectedParams>();
    expectTypeOf<ParamsOf<typeof Square>>().toEqualTypeOf<NoParams>();
    expectTypeOf<InputOf<Layer<NoParams, readonly Tensor[], Tensor>>>().toEqualTypeOf<readonly Tensor[]>();
    expectTypeOf<OutputOf<Layer<NoParams, readonly Tensor[], Tensor>>>().toEqualTypeOf<Tensor>();
  });
});

describe("parameterless", () => {
  it("makes a layer of a forward and a backward function", () => {
    const [output, pullback] = Square.apply({}, tensor([3, -4]));
    expect(output.values).toEqual([9, 16]);
    expect(pullback(tensor([1, 10]))).toEqual([{}, tensor([6, -80])]);
  });

  it("has parameters without a tensor, as a value and as a gradient", () => {
    expect(leavesOf(Square.init(key(1)))).toEqual([]);
    expect(Object.isFrozen(Square.init(key(1)))).toBe(true);
  });

  it("lifts functions between other things than single tensors, too", () => {
    const Second = parameterless<readonly [Tensor, Tensor], Tensor>(([, b]) => b, ([a], dOutput) => [map(a, () => 0), dOutput]);
    const [output, pullback] = Second.apply({}, [tensor([1]), tensor([2])]);
    expect(output.values).toEqual([2]);
    expect(pullback(tensor([7]))[1]).toEqual([tensor([0]), tensor([7])]);
  });
});

describe("checkLayer", () => {
  it("tells a layer from anything else", () => {
    expect(checkLayer("chain", "argument 1", Square)).toBe(Square);
    expect(refusal(() => checkLayer("chain", "argument 1", { init: 1 }))).toBe("TypeError: chain: expected argument 1 as a layer (init and apply), got an object with init");
    expect(refusal(() => checkLayer("chain", "argument 2", { init: () => ({}) }))).toBe("TypeError: chain: expected argument 2 as a layer (init and apply), got an object with init");
    expect(refusal(() => checkLayer("chain", "argument 2", { apply: () => [] }))).toBe("TypeError: chain: expected argument 2 as a layer (init and apply), got an object with apply");
    expect(refusal(() => checkLayer("both", "second", null))).toBe("TypeError: both: expected second as a layer (init and apply), got null");
  });
});
