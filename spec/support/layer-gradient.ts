/** The gradient of any layer over trees of tensors, against differences of the layer itself. */
import { expect } from "vitest";
import { extrapolate } from "../../src/learning/numerical-gradient.ts";
import { adopt, raw, widen } from "../../src/tensor/tensor.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { drawing, expectClose } from "./cells.ts";

const inner = (left: unknown, right: unknown): number => {
  const others = new Map(leavesOf(right));
  expect([...others.keys()].sort()).toEqual(leavesOf(left).map(([path]) => path).sort());
  return leavesOf(left).reduce((sum, [path, leaf]) => leaf.values.reduce((each, value, i) => each + value * others.get(path)!.values[i]!, sum), 0);
};

/**
 * In double, the gradients of parameters and input give the slope that differences of the layer have, along directions in which every number moves;
 * what arrives at the output is drawn too.
 */
export function expectLayerGradient<P, X, Y>(
  apply: (params: P, input: X) => readonly [Y, (dOutput: Y) => readonly [P, unknown]], params: P, input: X, seed: number, directions = 2, tolerance = 1e-9,
): void {
  const point = mapTree({ params, input }, widen);
  const [output, pullback] = apply(point.params, point.input);
  const draw = drawing(seed);
  const dOutput = mapTree(output, ({ shape }) => draw(1, ...shape));
  const [dParams, dInput] = pullback(dOutput);
  for (let each = 0; each < directions; each++) {
    const direction = mapTree(point, ({ shape }) => draw(1, ...shape));
    const lossAt = (by: number): number => {
      const at = mapTree(point, (leaf, way) => adopt(leaf.shape, Float64Array.from(raw(leaf), (value, i) => value + by * raw(way!)[i]!)), direction);
      return inner(apply(at.params, at.input)[0], dOutput);
    };
    const slope = extrapolate([5, 6, 7, 8].map((power) => (lossAt(2 ** -power) - lossAt(-(2 ** -power))) * 2 ** (power - 1)));
    expectClose("slope", [inner({ params: dParams, input: dInput }, direction)], [slope], tolerance);
  }
}
