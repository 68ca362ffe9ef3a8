import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, map, tensor } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { deepCopy, deepFreeze, leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const { tree: trees } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.integer().map((value) => tensor(value)),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("kernel", "bias", "__proto__", "toString", "0"), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe("a tree of tensors", () => {
  const params = { convolution: { kernel: tensor([1, 2]), bias: tensor(3) }, layers: [tensor([4]), {}] };

  it("lists its leaves by their paths, in the order of the fields", () => {
    expect(leavesOf(params)).toEqual([
      ["convolution.kernel", tensor([1, 2])], ["convolution.bias", tensor(3)], ["layers.0", tensor([4])],
    ]);
    expect(leavesOf(tensor(1))).toEqual([["", tensor(1)]]);
    expect(leavesOf({})).toEqual([]);
  });

  it("maps to a fresh tree of its form", () => {
    const doubled = mapTree(params, (leaf) => map(leaf, (x) => 2 * x));
    expect(doubled).toEqual({ convolution: { kernel: tensor([2, 4]), bias: tensor(6) }, layers: [tensor([8]), {}] });
    expect(doubled.layers).not.toBe(params.layers);
    expect(doubled.layers[1]).not.toBe(params.layers[1]);
  });

  it("maps by the identity to itself, whatever its form", () => {
    fc.assert(fc.property(trees, (tree) => {
      expect(mapTree(tree, (leaf) => leaf)).toStrictEqual(tree);
    }), { numRuns: runs(200) });
  });

  it("meets the leaves of other trees at the same place, and visits in the order of leavesOf", () => {
    fc.assert(fc.property(trees, (tree) => {
      const visited: Tensor[] = [];
      const sum = mapTree(tree, (leaf, other, third) => {
        visited.push(leaf);
        return add(add(leaf, other!), third!);
      }, tree, tree);
      expect(visited).toEqual(leavesOf(tree).map(([, leaf]) => leaf));
      expect(leavesOf(sum).map(([path, leaf]) => [path, leaf.values[0]])).toEqual(leavesOf(tree).map(([path, leaf]) => [path, Math.fround(3 * leaf.values[0]!)]));
    }), { numRuns: runs(100) });
  });

  it("may be made of objects without a prototype", () => {
    const bare = Object.assign(Object.create(null), { a: tensor(1) }) as { a: Tensor };
    expect(mapTree(bare, (leaf) => leaf)).toEqual({ a: tensor(1) });
  });

  it("does not mind the order of the other trees' fields", () => {
    expect(mapTree({ a: tensor(1), b: tensor(2) }, (x, y) => add(x, y!), { b: tensor(20), a: tensor(10) })).toEqual({ a: tensor(11), b: tensor(22) });
  });

  it.each([
    [() => mapTree({ a: tensor(1) }, (leaf) => leaf, { b: tensor(1) }), "RangeError: mapTree: expected a tree with a, got b"],
    [() => mapTree({ a: tensor(1) }, (leaf) => leaf, { a: tensor(1), b: tensor(1) }), "RangeError: mapTree: expected a tree with a, got a, b"],
    [() => mapTree({ a: { b: tensor(1), c: tensor(1) } }, (leaf) => leaf, { a: { b: tensor(1) } }), "RangeError: mapTree: expected a tree with b, c at a, got b"],
    [() => mapTree({ a: { b: tensor(1) } }, (leaf) => leaf, { a: tensor(1) }), "RangeError: mapTree: expected a tree with b at a, got a Tensor"],
    [() => mapTree([tensor(1)], (leaf) => leaf, { 0: tensor(1) }), "RangeError: mapTree: expected a tree with 0, got an object with 0"],
    [() => mapTree({}, (leaf) => leaf, { a: tensor(1) }), "RangeError: mapTree: expected a tree with no branches, got a"],
    [() => mapTree({ a: [tensor(1)] }, (leaf) => leaf, { a: [1] }), "TypeError: mapTree: expected a Tensor at a.0, got 1"],
    [() => mapTree(tensor(1), (leaf) => leaf, undefined), "TypeError: mapTree: expected a Tensor at the root, got undefined"],
    [() => mapTree({ a: { b: 1 } }, (leaf) => leaf), "TypeError: mapTree: expected a Tensor, an array or a plain object at a.b, got 1"],
    [() => mapTree(null, (leaf) => leaf), "TypeError: mapTree: expected a Tensor, an array or a plain object at the root, got null"],
    [() => leavesOf({ a: new Float32Array(1) }), "TypeError: leavesOf: expected a Tensor, an array or a plain object at a, got a Float32Array"],
    [() => leavesOf(1), "TypeError: leavesOf: expected a Tensor, an array or a plain object at the root, got 1"],
  ])("is refused where forms or leaves do not fit: %#", (call, message) => {
    expect(thrown(call)).toBe(message);
  });
});

describe("a value that is copied to its depths", () => {
  it("is equal, and shares nothing that can be changed", () => {
    const [one, store] = [tensor(1), new Float32Array([1, 2])];
    const value = { list: [{ name: "a" }, undefined], one, store, f: Math.max };
    const copy = deepCopy(value);
    expect(copy).toStrictEqual(value);
    expect([copy.list === value.list, copy.list[0] === value.list[0], copy.store.buffer === store.buffer]).toEqual([false, false, false]);
    expect([copy.one, copy.f]).toEqual([one, Math.max]);
    expect(copy.one).toBe(one);
  });

  it("may hold itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    const copy = deepCopy(loop);
    expect(copy[0]).toBe(copy);
    expect(copy).not.toBe(loop);
  });
});

describe("a constant that is frozen to its depths", () => {
  it("is the same value, and no part of it can be changed", () => {
    const value = { list: [{ name: "a" }], f: () => 1, store: new Float32Array(1) };
    expect(deepFreeze(value)).toBe(value);
    expect([value, value.list, value.list[0]].every(Object.isFrozen)).toBe(true);
    expect(() => value.list.push({ name: "b" })).toThrow(TypeError);
    expect(() => { value.list[0]!.name = "b"; }).toThrow(TypeError);
  });

  it("may hold itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(Object.isFrozen(deepFreeze(loop))).toBe(true);
  });
});
