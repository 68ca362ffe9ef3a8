import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import type { Case } from "../../../src/oracle/case.ts";
import { combined, detour, gradientsZeroed, outputsChanged, renamed, reread, without, withOptions } from "../../../src/oracle/variants/detour.ts";
import { map, tensor } from "../../../src/tensor/tensor.ts";

const one: Case = {
  operation: "fullyConnected", tier: "structure", features: [], options: {},
  inputs: { input: tensor([[1, 2]]), weight: tensor([[3, 4]]), bias: tensor([5]) }, cotangents: { output: tensor([[1]]) },
};
const operation = findOperation("fullyConnected");
const valuesOf = (variant: ReturnType<typeof detour>) => {
  const { outputs, gradients } = variant(operation, one)!;
  return Object.fromEntries(Object.entries({ ...outputs, ...gradients }).map(([name, { values }]) => [name, values]));
};

describe("a detour through another case", () => {
  it("leaves inputs out, whose gradients are 0", () => {
    expect(valuesOf(detour((given) => without(given, (name) => name === "bias")))).toEqual({ output: [11], input: [3, 4], weight: [1, 2], bias: [0] });
    expect(without(one, () => false)).toBeUndefined();
    const { cotangents: _, ...forward } = one;
    expect(without(forward, (name) => name === "bias")!.back({ outputs: {}, gradients: {} })).toEqual({ outputs: {}, gradients: {} });
  });

  it("reads inputs in another way, and brings their gradients home", () => {
    const doubled = (t: Parameters<typeof map>[0]) => map(t, (value) => 2 * value);
    expect(valuesOf(detour((given) => reread(given, (name) => name === "weight", doubled, doubled)))).toEqual({ output: [27], input: [6, 8], weight: [2, 4], bias: [1] });
    expect(reread(one, () => false, doubled, doubled)).toBeUndefined();
  });

  it("takes inputs for one another", () => {
    const swapped = (name: string) => ({ input: "weight", weight: "input" })[name] ?? name;
    expect(valuesOf(detour((given) => renamed(given, swapped)))).toEqual({ output: [16], input: [3, 4], weight: [1, 2], bias: [1] });
    expect(renamed(one, (name) => name)).toBeUndefined();
  });

  it("changes outputs, and cotangents on their way back", () => {
    const tenfold = (t: Parameters<typeof map>[0]) => map(t, (value) => 10 * value);
    const doubled = (t: Parameters<typeof map>[0]) => map(t, (value) => 2 * value);
    expect(valuesOf(detour((given) => outputsChanged(given, () => true, tenfold, doubled)))).toEqual({ output: [160], input: [6, 8], weight: [2, 4], bias: [2] });
    const { cotangents: _, ...forward } = one;
    expect(outputsChanged(forward, () => true, tenfold, tenfold).one).toBe(forward);
  });

  it("is none where there is no room for it", () => {
    expect(detour(() => undefined)(operation, one)).toBeUndefined();
    expect(combined(() => undefined)(operation, one)).toBeUndefined();
  });

  it("changes options, sums the reference under several, and takes inputs for constants", () => {
    expect(withOptions({ ...one, options: { a: 1 } }, { b: 2 }).one.options).toEqual({ a: 1, b: 2 });
    expect(valuesOf(combined(() => [[2, {}], [-1, {}], [0.5, {}]]))["output"]).toEqual([24]);
    expect(valuesOf(combined(() => [[2, {}], [-1, {}], [0.5, {}]]))["weight"]).toEqual([1.5, 3]);
    expect(valuesOf(gradientsZeroed((name) => name === "weight"))).toEqual({ output: [16], input: [3, 4], weight: [0, 0], bias: [1] });
  });
});
