import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FullyConnected } from "../../src/learning/fully-connected.ts";
import { Gru, Lstm, SimpleRnn, gruCost, historyCost, lstmCost, simpleRnnCost } from "../../src/rnn/index.ts";
import { key } from "../../src/tensor/random.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

/** How many numbers there really are: in all, and in matrices, each of which is multiplied by once a step. */
const countOf = (params: unknown): { readonly parameters: number; readonly multiplyAdds: number } => {
  const leaves = leavesOf(params).map(([, leaf]) => leaf);
  const total = (all: typeof leaves): number => all.reduce((sum, { values }) => sum + values.length, 0);
  return { parameters: total(leaves), multiplyAdds: total(leaves.filter(({ shape }) => shape.length === 2)) };
};

const sizes = fc.record({ inputs: fc.integer({ min: 1, max: 6 }), units: fc.integer({ min: 1, max: 6 }) });

describe("the cost of a cell", () => {
  it("is that of one layer for the simple RNN, of three for the GRU, of four for the LSTM, each over input and state", () => {
    const size = { inputs: 10, units: 20 };
    expect(simpleRnnCost(size)).toEqual({ parameters: 20 * (10 + 20) + 20, multiplyAdds: 20 * (10 + 20) });
    expect(gruCost(size)).toEqual({ parameters: 3 * 620, multiplyAdds: 3 * 600 });
    expect(lstmCost(size)).toEqual({ parameters: 4 * 620, multiplyAdds: 4 * 600 });
  });

  it("is what the cell's own parameters count", () => {
    fc.assert(fc.property(sizes, fc.boolean(), (size, yes) => {
      expect(simpleRnnCost({ ...size, activation: "relu" })).toEqual(countOf(SimpleRnn(size).init(key(1))));
      expect(lstmCost({ ...size, coupled: yes })).toEqual(countOf(Lstm({ ...size, coupled: yes }).init(key(1))));
      expect(gruCost({ ...size, resetAfter: yes })).toEqual(countOf(Gru({ ...size, resetAfter: yes }).init(key(1))));
    }), { numRuns: runs(10) });
  });

  it("does not depend on the length of the sequence; that of a layer that is fed the whole history does", () => {
    fc.assert(fc.property(sizes, fc.integer({ min: 1, max: 9 }), ({ inputs, units }, steps) => {
      expect(historyCost({ inputs, units, steps })).toEqual(countOf(FullyConnected({ inputs: inputs * steps, outputs: units }).init(key(1))));
    }), { numRuns: runs(10) });
    // With ten numbers a step the simple RNN of 20 units is the smaller one from the fourth step on, the LSTM from the thirteenth.
    const grown = (steps: number): number => historyCost({ inputs: 10, units: 20, steps }).parameters;
    expect([grown(3), simpleRnnCost({ inputs: 10, units: 20 }).parameters, grown(4)]).toEqual([620, 620, 820]);
    expect([grown(12), lstmCost({ inputs: 10, units: 20 }).parameters, grown(13)]).toEqual([2420, 2480, 2620]);
  });

  it("is refused for sizes and options that a cell refuses", () => {
    expect(thrown(() => simpleRnnCost({ inputs: 0, units: 1 }))).toBe("RangeError: SimpleRnn: expected inputs and units of at least 1, got 0 and 1");
    expect(thrown(() => lstmCost({ inputs: 1, units: 1.5 }))).toBe("RangeError: Lstm: expected units a whole number, got 1.5");
    expect(thrown(() => gruCost({ inputs: 1, units: 0 }))).toBe("RangeError: Gru: expected inputs and units of at least 1, got 1 and 0");
    expect(thrown(() => historyCost({ inputs: 1, units: 1, steps: 0 }))).toBe("RangeError: historyCost: expected inputs, units and steps of at least 1, got 1, 1 and 0");
    expect(thrown(() => historyCost({ inputs: 1, units: 1, steps: 1.5 }))).toBe("RangeError: historyCost: expected steps a whole number, got 1.5");
    for (const size of [{ inputs: 0, units: 1, steps: 1 }, { inputs: 1, units: 0, steps: 1 }]) {
      expect(thrown(() => historyCost(size))).toContain("RangeError: historyCost: expected inputs, units and steps of at least 1");
    }
  });
});
