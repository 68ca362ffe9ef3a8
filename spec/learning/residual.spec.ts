import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Relu } from "../../src/learning/activation.ts";
import { chain } from "../../src/learning/combinators.ts";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import { numericalGradient } from "../../src/learning/numerical-gradient.ts";
import { parameterless } from "../../src/learning/layer.ts";
import type { AnyLayer, Layer } from "../../src/learning/layer.ts";
import { residual } from "../../src/learning/residual.ts";
import { key } from "../../src/tensor/random.ts";
import { map, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mapTree } from "../../src/tensor/tree.ts";
import { runs } from "../support/runs.ts";
import { inWords, odd, plain, refusal, seeds, tally, whole } from "./support.ts";

describe("residual", () => {
  it("adds its input to what the layer makes of it", () => {
    const layer = residual(FullyConnected({ inputs: 2, outputs: 2 }));
    const [output] = layer.apply({ weight: tensor([[1, 2], [3, 4]]), bias: tensor([5, 6]) }, tensor([[10, 100]]));
    expect(output).toEqual(tensor([[10 + 200 + 5 + 10, 30 + 400 + 6 + 100]]));
  });

  it("lets the gradient past a layer that stops it: this is why it cures vanishing gradients", () => {
    const Stop = parameterless((x) => map(x, () => 0), (x) => map(x, () => 0));
    const stack = chain(residual(Stop), residual(Stop), residual(Stop));
    expect(stack.apply([{}, {}, {}], tensor([7, -7]))[1](tensor([1, 2]))[1]).toEqual(tensor([1, 2]));
    expect(chain(Stop, Stop, Stop).apply([{}, {}, {}], tensor([7, -7]))[1](tensor([1, 2]))[1]).toEqual(tensor([0, 0]));
  });

  it("hands through the parameters, their gradients and the key", () => {
    const layer = FullyConnected({ inputs: 2, outputs: 2 });
    expect(residual(layer).init(key(3))).toEqual(layer.init(key(3)));
    const params = layer.init(key(3));
    const dParams = layer.apply(params, tensor([[1, 2]]))[1](tensor([[3, 4]]))[0];
    expect(residual(layer).apply(params, tensor([[1, 2]]))[1](tensor([[3, 4]]))[0]).toEqual(dParams);
    const seen: unknown[] = [];
    const Watch = { init: () => ({}), apply: (_params: object, x: Tensor, from?: unknown) => (seen.push(from), [x, (d: Tensor) => [{}, d] as const] as const) };
    residual(Watch).apply({}, tensor([1]), key(9));
    residual(Watch).apply({}, tensor([1]));
    expect(seen).toEqual([key(9), undefined]);
  });

  it("adds step by step where the layer runs over a sequence", () => {
    const Halves = parameterless<readonly Tensor[], readonly Tensor[]>((xs) => xs.map((x) => map(x, (v) => v / 2)), (_xs, ds) => ds.map((d) => map(d, (v) => v / 2)));
    const [steps, pullback] = residual(Halves).apply({}, [tensor([2]), tensor([4])]);
    expect(steps).toEqual([tensor([3]), tensor([6])]);
    expect(pullback([tensor([10]), tensor([20])])[1]).toEqual([tensor([15]), tensor([30])]);
  });

  describe("around chains of fully connected layers and relu, on lattices", () => {
    const seen = tally();
    const shapes = fc.record({ samples: fc.constantFrom(2, 1), features: fc.constantFrom(2, 3, 1), hidden: fc.constantFrom(3, 2, 1), withRelu: fc.boolean(), seed: seeds });

    it("has the gradient that differences have, bit for bit", () => {
      fc.assert(fc.property(shapes, ({ samples, features, hidden, withRelu, seed }) => {
        const last = FullyConnected({ inputs: hidden, outputs: features, bias: false });
        // Even inputs and odd biases make odd pre-activations: steps that move them by less than 1 do not reach the kink.
        const even = (from: number, shape: readonly number[]): Tensor => map(whole(from, shape, 3), (v) => 2 * v);
        const inner = FullyConnected({ inputs: features, outputs: hidden });
        const layer: Layer<unknown, Tensor, Tensor> = residual(withRelu ? chain(inner, Relu, last) as AnyLayer : chain(inner, last));
        const innerParams = { weight: whole(seed, [hidden, features], 3), bias: odd(seed + 1, [hidden], 3) };
        const lastParams = { weight: whole(seed + 2, [features, hidden], 3) };
        const params: unknown = withRelu ? [innerParams, {}, lastParams] : [innerParams, lastParams];
        const input = even(seed + 3, [samples, features]);
        const dOutput = whole(seed + 4, [samples, features]);
        seen.count({ "with relu": withRelu, "hidden ≠ features": hidden !== features, "two samples or more": samples > 1 });
        const [dParams, dInput] = layer.apply(params, input)[1](dOutput);
        // Steps of 1/64 move a pre-activation by at most 6/64 through a weight, 3/64 through an input, 1/64 through a bias: below 1.
        const numerical = numericalGradient(({ params, input }) => layer.apply(params, input)[0], { params, input }, dOutput, 1 / 64);
        expect(mapTree({ params: dParams, input: dInput }, plain)).toEqual(mapTree(numerical, plain));
      }), { numRuns: runs(120) });
    });

    it("has seen every kind of configuration", async ({ annotate }) => {
      await annotate(inWords(seen.shares()));
      expect(seen.missing(0.2)).toEqual([]);
    });
  });

  it("refuses what is no layer, and a layer that changes the shape", () => {
    expect(refusal(() => residual(7 as never))).toBe("TypeError: residual: expected its argument as a layer (init and apply), got 7");
    const layer = residual(FullyConnected({ inputs: 2, outputs: 3 }));
    expect(refusal(() => layer.apply({ weight: zeros([3, 2]) }, zeros([1, 2]))))
      .toBe("RangeError: residual: expected a layer that keeps the input's shape [1, 2], got [1, 3]");
  });
});
