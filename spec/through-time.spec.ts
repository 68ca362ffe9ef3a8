/**
 * Backpropagation through time as a whole: every cell in every direction, alone and stacked, over six steps and more, against three things that
 * know nothing of it: fractions, dual numbers through the literal twins, and differences.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extrapolate } from "../src/learning/numerical-gradient.ts";
import { adopt, map, raw } from "../src/tensor/tensor.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { leavesOf, mapTree } from "../src/tensor/tree.ts";
import type { Inputs, Options } from "./definitions/definition.ts";
import { pushforward } from "./definitions/derivative.ts";
import { definitions } from "./definitions/index.ts";
import { at, flatten, mapNested, shapeOf, tabulate } from "./definitions/nested.ts";
import type { Nested } from "./definitions/nested.ts";
import { rational, rationals } from "./definitions/scalar.ts";
import type { Rational } from "./definitions/scalar.ts";
import { countOf, expectClose } from "./support/cells.ts";
import { atLength, runs } from "./support/runs.ts";
import { caseOf, named, optionsOf, run, twinInputs } from "./support/sequences.ts";
import type { Case, Drawn } from "./support/sequences.ts";
import { fitting, namedLayers, nestedSteps, stackOf, stackedCotangents, stackedDefinition, stackedInputs } from "./support/stacks.ts";

/** Three hundred and more where there is time, else a few. */
const cases = (few: number): number => (atLength ? 320 : few);

const sizes = fc.constantFrom([2, 3, 4], [3, 2, 4], [4, 3, 2], [2, 4, 3], [3, 4, 2], [1, 3, 2], [3, 1, 2]);

const cellOptions = {
  simpleRnn: fc.constantFrom<Options>({}, { activation: "relu" }, { activation: "identity" }),
  lstm: fc.record<Options>({
    coupled: fc.boolean(), clip: fc.constantFrom(0.5, 1), gateActivation: fc.constantFrom("sigmoid", "hardSigmoid"),
    candidateActivation: fc.constantFrom("tanh", "relu"),
  }, { requiredKeys: [] }),
  gru: fc.record<Options>({
    resetAfter: fc.boolean(), clip: fc.constantFrom(0.5, 1), gateActivation: fc.constantFrom("sigmoid", "hardSigmoid"),
    candidateActivation: fc.constantFrom("tanh", "relu"),
  }, { requiredKeys: [] }),
} as const;

/** One layer over at least six steps of at least two samples, its sizes all different. */
const layers = fc.record({
  operation: fc.constantFrom<Drawn["operation"]>("simpleRnn", "lstm", "gru"),
  direction: fc.constantFrom<Drawn["direction"]>("forward", "reverse", "bidirectional"),
  merge: fc.constantFrom<Drawn["merge"]>("concat", "sum", "average"), steps: fc.integer({ min: 6, max: 8 }), sizes, seed: fc.integer({ min: 0, max: 2 ** 30 }),
  shares: fc.option(fc.array(fc.constantFrom(0, 0.2, 0.5, 0.8, 1), { minLength: 4, maxLength: 4 }), { nil: undefined, freq: 3 }), peepholes: fc.boolean(),
}).chain(({ sizes: [features, units, samples], shares, ...drawn }) => cellOptions[drawn.operation].map((options): Drawn => ({
  ...drawn, options, features: features!, units: units!, samples: Math.max(2, samples!), shares: shares?.slice(0, Math.max(2, samples!)),
  peepholes: drawn.operation === "lstm" && drawn.peepholes,
})));

/** One to three of them. */
const networks = fc.array(layers, { minLength: 1, maxLength: 3 }).map(fitting);

const featuresOf = (drawn: readonly Drawn[]): Readonly<Record<string, boolean>> => {
  const some = (is: (layer: Drawn) => boolean): boolean => drawn.some(is);
  return {
    "one layer": drawn.length === 1, "three layers": drawn.length === 3, "simple RNN": some(({ operation }) => operation === "simpleRnn"),
    LSTM: some(({ operation }) => operation === "lstm"), GRU: some(({ operation }) => operation === "gru"),
    "both directions": some(({ direction }) => direction === "bidirectional"), reverse: some(({ direction }) => direction === "reverse"),
    peepholes: some(({ peepholes }) => peepholes === true), coupled: some(({ options }) => options?.coupled === true),
    "reset after": some(({ options }) => options?.resetAfter === true), clip: some(({ options }) => options?.clip !== undefined),
    "lengths that differ": new Set(drawn[0]!.shares?.slice(0, drawn[0]!.samples)).size > 1, "no lengths": drawn[0]!.shares === undefined,
  };
};

/** Numbers from −1 to 1, of the form of these. */
const directionsOf = (inputs: Inputs<number>, seed: number): Inputs<number> => {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, mapNested(values, next)]));
};

const inner = (a: Nested<number>, b: Nested<number>): number => {
  const factors = flatten(b);
  return flatten(a).reduce((sum, value, i) => sum + value * factors[i]!, 0);
};

const gradientsOf = (each: Case, drawn: readonly Drawn[]): Inputs<number> => {
  const { dParams, dState, dInputs } = run(each);
  return { input: nestedSteps(dInputs), ...namedLayers(dParams, drawn), ...namedLayers(dState, drawn, "initialState.") };
};

describe("backpropagation through time", () => {
  it("is the derivative of a polynomial, with identity activation: bit for bit what fractions give", () => {
    fc.assert(fc.property(layers, fc.integer({ min: 0, max: 2 ** 20 }), (layer, place) => {
      const drawn: Drawn = { ...layer, operation: "simpleRnn", options: { activation: "identity" }, peepholes: false, units: 2, features: 3 };
      // Quarters: over eight steps every sum of their products stays exact in a double.
      let count = 0;
      const each = caseOf(drawn, (_, ...shape) => adopt(shape, Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
        ((Math.imul(++count + drawn.seed, 2654435761) >>> 8) % 9 - 4) / 4)));
      const { dParams, dState, dInputs } = run(each);
      const actual = { input: nestedSteps(dInputs), ...named(dParams, drawn), ...named(dState, drawn, "initialState.") };
      const inputs = twinInputs(each, drawn);
      const cotangents = { output: nestedSteps(each.dOutputs), ...named(each.dLast, drawn, "finalState.") };
      for (const [name, values] of Object.entries(actual)) {
        const index = placeIn(shapeOf(values), place);
        expect(at(values, index) + 0, `${name} at ${index.join()}`).toBe(polynomialDerivative(inputs, optionsOf(drawn), cotangents, name, index));
      }
    }), { numRuns: runs(2) });
  });

  it("is the derivative of the definition in every direction, whatever the cells, their layers and the lengths: to the rounding of doubles", () => {
    const counts = countOf();
    fc.assert(fc.property(networks, (drawn) => {
      counts.note(featuresOf(drawn));
      const each = stackOf(drawn);
      const [inputs, cotangents, gradients] = [stackedInputs(each, drawn), stackedCotangents(each, drawn), gradientsOf(each, drawn)];
      const directions = directionsOf(gradients, drawn[0]!.seed);
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(inputs).filter((name) => name !== "lengths").sort());
      // Of one layer every gradient for itself, of more layers all of them at once.
      const names = Object.keys(gradients);
      for (const moving of drawn.length === 1 ? names.map((name) => [name]) : [names]) {
        const tangents = Object.fromEntries(moving.map((name) => [name, directions[name]!]));
        const moved = pushforward(stackedDefinition(drawn), inputs, {}, tangents);
        const expected = Object.entries(cotangents).reduce((sum, [output, cotangent]) => sum + inner(moved[output]!, cotangent), 0);
        expectClose(moving.join(), [moving.reduce((sum, name) => sum + inner(gradients[name]!, directions[name]!), 0)], [expected], 1e-12);
      }
    }), { numRuns: cases(3) });
    if (atLength) counts.expectAll();
  });

  it("is what differences give, wherever all is smooth", () => {
    const smooth = networks.map((drawn) => drawn.map(({ options, ...layer }) => {
      const { coupled, resetAfter } = options ?? {};
      return { ...layer, options: { ...(coupled && { coupled }), ...(resetAfter && { resetAfter }) } };
    }));
    fc.assert(fc.property(smooth, (drawn) => {
      const each = stackOf(drawn);
      const gradients = run(each);
      const cotangents = leavesOf([each.dLast, each.dOutputs]).map(([, leaf]) => raw(leaf));
      const loss = (moved: Case): number => {
        const [[last, outputs]] = moved.network.apply(moved.params, [moved.state, moved.inputs, moved.ends && lengthsTensor(moved.ends)]);
        return leavesOf([last, outputs]).reduce((sum, [, leaf], i) => sum + inner([...raw(leaf)], [...cotangents[i]!]), 0);
      };
      for (const [part, gradient] of [["params", gradients.dParams], ["state", gradients.dState], ["inputs", gradients.dInputs]] as const) {
        let state = drawn[0]!.seed;
        const direction = mapTree(each[part] as unknown, (leaf) => map(leaf, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31));
        const along = (by: number): Case => ({ ...each, [part]: mapTree(each[part] as unknown, (leaf, d) => adopt(leaf.shape,
          Float64Array.from(raw(leaf), (value, i) => value + by * raw(d!)[i]!)), direction) });
        // All numbers of a part move at once, so the steps are smaller than for one of them.
        const estimates = [8, 9, 10, 11].map((level) => (loss(along(2 ** -level)) - loss(along(-(2 ** -level)))) / 2 ** (1 - level));
        const actual = leavesOf(gradient).reduce((sum, [path, leaf]) =>
          sum + inner([...raw(leaf)], [...raw(leavesOf(direction).find(([other]) => other === path)![1])]), 0);
        expectClose(part, [actual], [extrapolate(estimates)], 1e-9);
      }
    }), { numRuns: cases(2) });
  });
});

const lengthsTensor = (ends: readonly number[]): Tensor => adopt([ends.length], Float64Array.from(ends));

/** Some place of a tensor of this shape. */
const placeIn = (shape: readonly number[], number: number): readonly number[] => {
  let left = number;
  return shape.map((size) => {
    const index = left % size;
    left = Math.floor(left / size);
    return index;
  });
};

/**
 * The derivative of Σ outputs · cotangents with respect to one number: it is a polynomial in that number, of a degree of at most T, so its values at
 * T + 1 places tell it whole. Lagrange's formula in fractions; nothing is rounded.
 */
function polynomialDerivative(inputs: Inputs<number>, options: Options, cotangents: Inputs<number>, name: string, index: readonly number[]): number {
  const degree = shapeOf(inputs["input"]!)[0]!;
  const exact = Object.fromEntries(Object.entries(inputs).map(([each, values]) => [each, mapNested(values, rationals.from)]));
  const { add, subtract, multiply, divide, from } = rationals;
  const values = Array.from({ length: degree + 1 }, (_, by) => {
    const moved = tabulate(shapeOf(exact[name]!), (place) => {
      const value = at(exact[name]!, place);
      return place.every((i, axis) => i === index[axis]) ? add(value, from(by)) : value;
    });
    const outputs = definitions["simpleRnn"]!(rationals, { ...exact, [name]: moved }, options);
    return Object.entries(cotangents).reduce<Rational>((sum, [output, cotangent]) => {
      const weights = flatten(cotangent);
      return flatten(outputs[output]!).reduce((total, value, i) => add(total, multiply(value, from(weights[i]!))), sum);
    }, from(0));
  });
  // d/ds of Π_{j≠i} (s − j)/(i − j) at s = 0, summed with the values at i.
  const derivative = values.reduce<Rational>((sum, value, i) => {
    const others = values.map((_, j) => j).filter((j) => j !== i);
    const slope = others.reduce<Rational>((total, left) =>
      add(total, others.reduce<Rational>((product, j) => divide(multiply(product, j === left ? rational(1n) : from(-j)), from(i - j)), from(1))), from(0));
    return add(sum, multiply(value, slope));
  }, from(0));
  return rationals.toNumber(subtract(derivative, from(0)));
}
