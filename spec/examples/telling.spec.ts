import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberWords } from "../../examples/support/number-words.ts";
import { deviation } from "../../examples/support/numbers.ts";
import { pianoRolls } from "../../examples/support/piano-roll.ts";
import { rollOf, soundOf } from "../../examples/support/tunes.ts";
import { usual } from "../../examples/support/weather.ts";
import { root } from "../support/documents.ts";
import { runs } from "../support/runs.ts";
import { faultsOfXml } from "../support/xml.ts";

// Examples import the package by its name; their own loader leads it to the sources.
const { load } = (await import(/* @vite-ignore */ `${root}examples/support/load.js`)) as { load: (path: string) => Promise<unknown> };
const {
  SimpleRnn, alphabetOf, chosen, delayed, drawn, key, mark, naming, ngrams, probabilitiesOf, reading, reverse, scan, tableOf, telling, tellingBatches,
  tellingLoss, tensor, toNested, zeros,
} = (await load("spec/support/telling.ts")) as typeof import("../support/telling.ts");

const words = [["b", "a"], ["a"], ["a", "b", "a"]];
const alphabet = alphabetOf(words);

describe("sequences of symbols", () => {
  it("have the mark as class 0 and their symbols behind it, in order", () => {
    expect(alphabet).toEqual([mark, "a", "b"]);
  });

  it("are read as one-hot vectors, with the length of each", () => {
    const [steps, lengths] = reading([["b", "a"], ["a"]], alphabet);
    expect(steps.map(toNested)).toEqual([[[0, 0, 1], [0, 1, 0]], [[0, 1, 0], [1, 0, 0]]]);
    expect(lengths!.values).toEqual([2, 1]);
  });

  it("are told from the mark on, and the mark last; behind it nothing is told", () => {
    const { input: [steps, lengths], target } = telling([["b", "a"], ["a"]], alphabet);
    expect(steps.map(toNested)).toEqual([[[1, 0, 0], [1, 0, 0]], [[0, 0, 1], [0, 1, 0]], [[0, 1, 0], [1, 0, 0]]]);
    expect(lengths!.values).toEqual([3, 2]);
    expect(target.map(({ values }) => values)).toEqual([[2, 1], [1, 0], [0, -1]]);
  });

  it("are named each in its place, without any mark", () => {
    const { input: [steps, lengths], target } = naming([["b", "a"], ["a"]], ["a", "b"]);
    expect(steps.map(toNested)).toEqual([[[0, 1], [1, 0]], [[1, 0], [1, 0]]]);
    expect(lengths!.values).toEqual([2, 1]);
    expect(target.map(({ values }) => values)).toEqual([[1, 0], [0, -1]]);
  });

  it("come in batches as long as their longest, every sequence once", () => {
    const batches = [...tellingBatches(words, alphabet, 1)(key(1))];
    expect(batches.map(({ input: [steps], target }) => [steps.length, target.length]).sort()).toEqual([[2, 2], [3, 3], [4, 4]]);
  });

  it("cost the logarithm of the number of symbols where all are equally likely, whatever stands behind the end", () => {
    const { target } = telling(words, alphabet);
    const [loss] = tellingLoss(target.map(() => zeros([3, 3])), target);
    expect(loss.values[0]).toBeCloseTo(Math.log(3), 6);
  });

  it("have as many probabilities as symbols to be told", () => {
    const shares = probabilitiesOf([tensor([[0, 0], [0, 0]]), tensor([[0, 0], [0, 0]])], tensor([2, 1]));
    expect(shares).toEqual([[[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5]]]);
  });

  it("are drawn symbol by symbol, until the mark", () => {
    // Behind the mark a, behind a b, behind b the mark: all but certain.
    const sure = { wx: tensor([[0, 99, 0], [0, 0, 99], [99, 0, 0]]), wh: zeros([3, 3]) };
    expect(drawn(scan(SimpleRnn({ inputs: 3, units: 3, activation: "identity" })), sure, alphabet, 2, key(1))).toEqual([["a", "b"], ["a", "b"]]);
  });

  it("are drawn by shares of the line from 0 to 1", () => {
    expect([0, 0.24, 0.25, 0.99, 1].map((draw) => chosen([0.25, 0, 0.75], draw))).toEqual([0, 0, 2, 2, 2]);
  });
});

describe("tables of what follows", () => {
  it("count: behind b always a, behind a once b and else the end", () => {
    const { counts, probabilities } = ngrams(words, alphabet, 1, 0.0001);
    // Without context: the mark 3, a 4, b 2 of 9. Behind the mark a and b, behind a the mark and b, behind b a.
    expect(counts).toBe(3 + 2 + 2 + 1);
    const close = (shares: readonly number[]): readonly number[] => shares.map((share) => Number(share.toFixed(3)));
    expect([["b"], ["a"], []].map((before) => close(probabilities(before)))).toEqual([[0, 1, 0], [0.75, 0, 0.25], [0, 0.667, 0.333]]);
  });

  it("lend from shorter contexts: with strength 9, half of what is known without any", () => {
    // No context: (3, 4, 2)/9 and an even third, each with weight 9; behind b: one a, with weight 1, against that.
    const without = [3, 4, 2].map((count) => (count + 9 / 3) / 18);
    const { probabilities } = ngrams(words, alphabet, 1, 9);
    probabilities(["b"]).forEach((share, i) => expect(share).toBeCloseTo(((i === 1 ? 2 : 0) + 9 * without[i]!) / 11, 12));
  });

  it("sum to 1, and give nothing probability 0", () => {
    const letter = fc.constantFrom("a", "b");
    fc.assert(fc.property(fc.array(letter, { maxLength: 6 }), fc.integer({ min: 0, max: 3 }), fc.double({ min: 0.01, max: 20, noNaN: true }), (before, context, strength) => {
      const shares = ngrams(words, alphabet, context, strength).probabilities(before);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...shares)).toBeGreaterThan(0);
    }), { numRuns: runs(20) });
  });
});

describe("tables of what stands beside", () => {
  it("count by the nearest, which comes last, and know the farther ones only together with it", () => {
    const places = [["x", "a"], ["y", "a"], ["y", "a"], ["y", "b"]].map((beside, i) => ({ beside, symbol: i === 0 ? "p" : "q" }));
    const { counts, probabilities } = tableOf(places, ["p", "q"], 2, 0.0001);
    // p and q beside nothing and beside a, q beside b; beside x a p, beside y a q, beside y b q.
    expect(counts).toBe(2 + 2 + 1 + 3);
    expect([["x", "a"], ["z", "a"], ["x", "b"]].map((beside) => probabilities(beside)[0]!.toFixed(3))).toEqual(["1.000", "0.333", "0.000"]);
  });
});

describe("a network that answers for a step before it has read it", () => {
  const sum = { wx: tensor([[1]]), wh: tensor([[1]]) };
  const late = delayed(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })));
  const steps = [tensor([[1], [2]]), tensor([[10], [20]]), tensor([[100], [NaN]])];
  const state = { h: zeros([2, 1]) };
  const ones = steps.map(() => tensor([[1], [1]]));

  it("knows what stands before it, or turned round what stands behind it up to the sample's own end", () => {
    const outputs = [late, reverse(late)].map((network) => network.apply(sum, [state, steps, tensor([3, 2])])[0][1].map(toNested));
    expect(outputs).toEqual([[[[0], [0]], [[1], [2]], [[11], [0]]], [[[110], [20]], [[100], [0]], [[0], [0]]]]);
  });

  it("hands each step the gradient of the outputs that know it", () => {
    const [, pullback] = late.apply(sum, [state, steps, tensor([3, 2])]);
    const [, [, dSteps]] = pullback([{ h: zeros([2, 1]) }, ones]);
    expect(dSteps.map(toNested)).toEqual([[[2], [1]], [[1], [0]], [[0], [0]]]);
  });
});

describe("what else the examples of sequences stand on", () => {
  it("numbers in words: all different, with \"and\" behind hundreds", () => {
    expect([0, 7, 13, 20, 85, 100, 307, 999].map((number) => numberWords(number).join(" "))).toEqual([
      "zero", "seven", "thirteen", "twenty", "eighty five", "one hundred", "three hundred and seven", "nine hundred and ninety nine",
    ]);
    expect(new Set(Array.from({ length: 1000 }, (_, number) => numberWords(number).join(" "))).size).toBe(1000);
  });

  it("notes: pitch in half tones above middle C, length in eighths", () => {
    expect(["C", "G,4", "^F", "c2", "B3"].map(soundOf)).toEqual([
      { pitch: 0, length: 1 }, { pitch: -5, length: 4 }, { pitch: 6, length: 1 }, { pitch: 12, length: 2 }, { pitch: 11, length: 3 },
    ]);
    expect(() => soundOf("H")).toThrow(/^soundOf: expected a note in ABC notation, got H$/);
  });

  it("piano rolls: a rectangle a note, high for high, outlined where it is wrong", () => {
    const file = pianoRolls({ title: "a & b", description: "c", bar: 2, eighths: 4, rolls: [rollOf("tune", ["C2", "E", "C"], ["C2", "D", "C", "C"], 1)] });
    expect(faultsOfXml(file)).toEqual([]);
    const rectangles = Array.from(file.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="5" (.*)\/>/g), (match) => match.slice(1));
    expect(rectangles).toEqual([
      ["20.8", "82.5", "12.4", 'fill="#59636e"'], ["34.8", "70.5", "5.4", 'fill="#ffffff" stroke="#d55e00" stroke-width="1.5"'],
      ["41.8", "82.5", "5.4", 'fill="#0072b2"'],
    ]);
    expect(file).toContain('d="M20 70v18M34 70v18M48 70v18"');
  });

  it("what is usual at a time of the year: the mean of two weeks around it, across the new year too", () => {
    const known = [0, 0.01, 0.5, 0.99].map((season, i) => ({ year: 2012, season, highest: 10 ** i }));
    expect([0, 0.5].map((season) => usual(known, season))).toEqual([(1 + 10 + 1000) / 3, 100]);
  });

  it("the deviation from the mean", () => {
    expect(deviation([1, 3, 1, 3])).toBe(1);
  });
});
