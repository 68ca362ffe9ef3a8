import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gru, Lstm, SimpleRnn, gradientFlow, residualCell } from "../../src/rnn/index.ts";
import type { Cell } from "../../src/rnn/index.ts";
import { spectralNorm } from "../../src/rnn/gradient-flow.ts";
import { extrapolate } from "../../src/learning/numerical-gradient.ts";
import { orthogonal } from "../../src/learning/initialization.ts";
import { key } from "../../src/tensor/random.ts";
import { adopt, raw, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { drawing, expectClose } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const Identity = SimpleRnn({ inputs: 1, units: 1, activation: "identity" });
const scalar = (wh: number): { readonly wx: Tensor; readonly wh: Tensor } => ({ wx: tensor([[1]]), wh: tensor([[wh]]) });
const start = { h: tensor([[0]]) };
const inputs = (...values: readonly number[]): readonly Tensor[] => values.map((x) => tensor([[x]]));
const powers = (factor: number, steps: number): readonly number[] => Array.from({ length: steps + 1 }, (_, k) => factor ** k);

describe("gradient flow", () => {
  it("of one unit without activation is the power of its weight: it vanishes below 1 and explodes above", () => {
    for (const weight of [0.5, 1, 2, -0.5, 0]) {
      expect(gradientFlow(Identity, scalar(weight), start, inputs(1, 2, 3, 4)).hidden).toEqual(powers(Math.abs(weight), 4));
    }
  });

  it("of one unit with tanh is the product of w·(1 − h²) over the steps, last to first", () => {
    const hidden = [0.3, -0.2, 0.9].reduce<number[]>((h, x) => [...h, Math.tanh(Math.fround(x) + 1.5 * h.at(-1)!)], [0]).slice(1);
    const factors = hidden.map((h) => 1.5 * (1 - h * h)).reverse();
    const expected = factors.reduce<number[]>((product, factor) => [...product, product.at(-1)! * factor], [1]);
    // The arguments are float32, and nothing is rounded on the way.
    const { hidden: flow, state } = gradientFlow(SimpleRnn({ inputs: 1, units: 1 }), scalar(1.5), start, inputs(0.3, -0.2, 0.9));
    expectClose("flow", flow, expected, 1e-14);
    expect(state).toEqual(flow);
  });

  it("with a residual connection around the step is the power of 1 plus the weight", () => {
    expect(gradientFlow(residualCell(Identity), scalar(0.5), start, inputs(1, 2, 3)).hidden).toEqual(powers(1.5, 3));
    expect(gradientFlow(residualCell(Identity), scalar(0), start, inputs(1, 2, 3)).hidden).toEqual([1, 1, 1, 1]);
  });

  it("does not change where the weights turn the state without stretching it", () => {
    const params = { wx: zeros([1, 5]), wh: orthogonal(key(1), [5, 5]) };
    const flow = gradientFlow(SimpleRnn({ inputs: 1, units: 5, activation: "identity" }), params, { h: zeros([1, 5]) }, inputs(...powers(1, 9))).hidden;
    // The weights are float32: each of the steps is a rotation to about 1e-7.
    expectClose("flow", flow, flow.map(() => 1), 1e-5);
  });

  it("of an LSTM whose gates are open is 1 in the whole state, however little there is in the hidden state alone", () => {
    const [open, shut] = [100, -100].map((bias) => ({ wx: zeros([1, 2]), wh: zeros([2, 2]), bias: tensor([bias, bias]) })) as [any, any];
    const params = { input: shut, forget: open, candidate: { ...open, bias: zeros([2]) }, output: { ...shut, bias: zeros([2]) } };
    const { state, hidden } = gradientFlow(Lstm({ inputs: 1, units: 2 }), params, { h: zeros([1, 2]), c: zeros([1, 2]) }, inputs(1, 2, 3));
    // c' = c, h' = c/2 near 0: the derivative by c has a column of 1 and one of 1/2.
    expectClose("state", state, [1, ...powers(1, 2).map(() => Math.sqrt(1.25))], 1e-12);
    expectClose("hidden", hidden, [1, 0, 0, 0], 1e-12);
  });

  const cells: Readonly<Record<string, Cell<any, any, Tensor, Tensor>>> = {
    simple: SimpleRnn({ inputs: 2, units: 3 }), lstm: Lstm({ inputs: 2, units: 2 }), gru: Gru({ inputs: 2, units: 3 }),
    residual: residualCell(Lstm({ inputs: 2, units: 2 })),
  };

  it("is the largest stretch of what differences find, and bounds the stretch in every direction", () => {
    fc.assert(fc.property(fc.constantFrom(...Object.keys(cells)), fc.nat(2 ** 30), (kind, seed) => {
      const [cell, draw] = [cells[kind]!, drawing(seed)];
      const wide = <Tree>(tree: Tree): Tree => mapTree(tree, widen);
      const params: unknown = wide(cell.init(key(seed)) as unknown);
      const state = mapTree(cell.zeroState!(1) as { readonly h: Tensor }, ({ shape }) => draw(1, ...shape));
      const steps = [draw(1, 1, 2), draw(1, 1, 2)];
      const flow = gradientFlow(cell, params, state, steps);
      const values = (tree: unknown): readonly number[] => leavesOf(tree).flatMap(([, leaf]) => leaf.values);
      const run = (from: typeof state, count: number): typeof state => steps.slice(2 - count).reduce((each, step) => cell.apply(params, [each, step])[0][0], from);
      const before = [state, cell.apply(params, [state, steps[0]!])[0][0]];
      [2, 1].forEach((count, i) => {
        const columns = values(before[i]).map((_, moved) => {
          const by = (h: number): readonly number[] => {
            let place = 0;
            return values(run(mapTree(before[i]!, (leaf) => adopt(leaf.shape, Float64Array.from(raw(leaf), (value) => value + (place++ === moved ? h : 0)))), count));
          };
          const differences = [5, 6, 7, 8].map((power) => by(2 ** -power).map((value, n) => (value - by(-(2 ** -power))[n]!) * 2 ** (power - 1)));
          return Float64Array.from(differences[0]!, (_, n) => extrapolate(differences.map((each) => each[n]!)));
        });
        expectClose("state", [flow.state[count]!], [spectralNorm(columns)], 1e-9);
        const own = leavesOf(state).flatMap(([path, { values: each }]) => each.map(() => path === "h"));
        const hidden = columns.filter((_, n) => own[n]).map((column) => column.filter((__, n) => own[n]));
        expectClose("hidden", [flow.hidden[count]!], [spectralNorm(hidden)], 1e-9);
      });
    }), { numRuns: runs(4) });
  });

  it("refuses what is no cell, no steps and more than one sample", () => {
    expect(thrown(() => gradientFlow(3 as never, {}, start, inputs(1)))).toBe("TypeError: gradientFlow: expected cell as a layer (init and apply), got 3");
    expect(thrown(() => gradientFlow(Identity, scalar(1), start, []))).toBe("RangeError: gradientFlow: expected at least one step, got none");
    expect(thrown(() => gradientFlow(Identity, scalar(1), { h: zeros([2, 1]) }, [zeros([2, 1])]))).toBe("RangeError: gradientFlow: expected one sample, got 2");
    expect(thrown(() => gradientFlow(Identity, scalar(1), { h: zeros([2, 1]) }, inputs(1))))
      .toBe("RangeError: gradientFlow: expected inputs and state with one batch axis, got first sizes [2, 1]");
  });
});

describe("the spectral norm", () => {
  const rows = (...matrix: readonly (readonly number[])[]): readonly Float64Array[] => matrix.map((row) => Float64Array.from(row));

  it("is the largest stretch: of a diagonal its largest entry, of a row its length, of a shear the golden ratio", () => {
    expect(spectralNorm(rows([3, 0], [0, -4]))).toBe(4);
    expect(spectralNorm(rows([3, 4]))).toBe(5);
    expect(spectralNorm(rows([3], [4]))).toBe(5);
    expectClose("shear", [spectralNorm(rows([1, 1], [0, 1]))], [(1 + Math.sqrt(5)) / 2], 1e-15);
    expectClose("equal rows", [spectralNorm(rows([1, 2, 2], [1, 2, 2], [1, 2, 2]))], [Math.sqrt(27)], 1e-14);
    expect([spectralNorm(rows([0, 0])), spectralNorm([]), spectralNorm(rows([1, Infinity], [0, 1])), spectralNorm(rows([1, NaN]))]).toEqual([0, 0, Infinity, NaN]);
  });

  it("neither overflows nor vanishes in between", () => {
    for (const size of [1e300, 1e-300, 2 ** -1074]) expectClose("size", [spectralNorm(rows([3 * size, 0], [0, 4 * size])) / (4 * size)], [1], 1e-14);
    expect(spectralNorm(rows([1, 0], [1e-200, 1e-200]))).toBe(1);
  });

  it("is between the longest row and the root of the sum of squares, and that of the transpose", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.nat(2 ** 30), (height, width, seed) => {
      const { values } = drawing(seed)(1, height, width);
      const matrix = Array.from({ length: height }, (_, row) => Float64Array.from(values.slice(row * width, (row + 1) * width)));
      const turned = Array.from({ length: width }, (_, column) => Float64Array.from(matrix, (row) => row[column]!));
      const norm = spectralNorm(matrix);
      expectClose("transpose", [spectralNorm(turned)], [norm], 1e-13);
      expect(norm).toBeGreaterThanOrEqual(Math.max(...matrix.map((row) => Math.hypot(...row))) * (1 - 1e-13));
      expect(norm).toBeLessThanOrEqual(Math.hypot(...values) * (1 + 1e-13));
      // Power iteration on AᵀA never exceeds it, and comes close.
      let vector = turned.map((_, i) => 1 + i / 7);
      for (let i = 0; i < 2000; i++) {
        const image = matrix.map((row) => row.reduce((total, value, j) => total + value * vector[j]!, 0));
        const back = turned.map((column) => column.reduce((total, value, j) => total + value * image[j]!, 0));
        const length = Math.hypot(...back);
        vector = back.map((value) => value / length);
      }
      const stretch = Math.hypot(...matrix.map((row) => row.reduce((total, value, j) => total + value * vector[j]!, 0)));
      expect(stretch).toBeLessThanOrEqual(norm * (1 + 1e-13));
      expect(stretch).toBeGreaterThan(norm * 0.99);
    }), { numRuns: runs(6) });
  });
});
