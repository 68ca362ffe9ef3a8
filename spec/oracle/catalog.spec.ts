import { describe, expect, it } from "vitest";
import { reference } from "../../src/oracle/case.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import type { Case } from "../../src/oracle/case.ts";
import type { Operation } from "../../src/oracle/catalog/operation.ts";
import { noise } from "../../src/oracle/lattice.ts";
import { precisions } from "../../src/oracle/precision.ts";
import { generate, raw } from "../../src/tensor/tensor.ts";
import { flatten, gradient, pushforward } from "../definitions/index.ts";
import { atLength, runs } from "../support/runs.ts";
import { definitionOf, distance, drawn, mapNames, nested, nestedAll, tiersOf, twinOutputs, wideAll } from "./support.ts";

/** The norm for smooth functions in doubles: |a − b| ≤ 1e-12·max(1, |b|). */
const smooth = 1e-12;

/** Where nothing is rounded, both sides are the very numbers. */
const toleranceOf = ({ exact, scaled }: Operation, { tier }: Case): number => (exact && !scaled && tier === "structure" ? 0 : smooth);

/**
 * Sums of 10²⁷ and 10⁻²⁷ have no scale of 1: they are compared within the bound of double arithmetic. Smooth gradients are linear in
 * their cotangents, which reach 2²⁰: their scale is 1 times the largest of them.
 */
function expectSame(operation: Operation, one: Case, actual: readonly number[], expected: readonly number[], radius: readonly number[] | undefined, what: string): void {
  const limit = toleranceOf(operation, one);
  if (limit === 0 || radius === undefined || !operation.exact) {
    const scale = Math.max(1, ...Object.values(one.cotangents ?? {}).flatMap(({ values }) => values.map(Math.abs)));
    const scaled = (values: readonly number[]): readonly number[] => (limit === 0 ? values : values.map((value) => value / scale));
    expect(distance(scaled(actual), scaled(expected)), what).toBeLessThanOrEqual(limit);
    return;
  }
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(Object.is(value, expected[i]) ? 0 : Math.abs(value - expected[i]!), `${what} at ${i}`).toBeLessThanOrEqual(radius[i]!));
}

const sizeOf = ({ inputs }: Case): number => Object.values(inputs).reduce((sum, { values }) => sum + values.length, 0);

describe.each(catalog.map((operation) => [operation.name, operation] as const))("%s in the catalog", (name, operation) => {
  it("answers as its definition says, on cases of its own space", () => {
    for (const tier of tiersOf(operation)) {
      for (const one of drawn(name, tier, atLength ? runs(8) : 5, 11)) {
        const { expected, radius } = reference(name, one.inputs, one.options, undefined, precisions.float64);
        const twin = twinOutputs(one);
        expect(Object.keys(expected.outputs).sort()).toEqual(Object.keys(twin).sort());
        for (const [output, { shape, values }] of Object.entries(twin)) {
          const tensor = expected.outputs[output]!;
          expect(tensor.shape, `${tier}: shape of ${output}`).toEqual(shape);
          expectSame(operation, one, tensor.values, values, radius.outputs[output]?.values, `${tier}: ${output}`);
        }
      }
    }
  });

  if (operation.backward !== undefined) it("has the gradients of its definition, element by element on small cases, along directions on all", () => {
    let elements = 0;
    for (const tier of tiersOf(operation)) {
      for (const [turn, one] of drawn(name, tier, runs(8), 13).entries()) {
        const definition = definitionOf(name);
        const [inputs, cotangents] = [nestedAll(one.inputs), nestedAll(one.cotangents!)];
        const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents, precisions.float64);
        const differentiable = operation.inputs.filter((slot) => slot.differentiable && one.inputs[slot.name] !== undefined).map((slot) => slot.name);
        expect(Object.keys(expected.gradients).sort()).toEqual(differentiable.sort());
        // A mean over nothing is NaN; its gradient is 0 by convention, where the definition's is NaN.
        const overNothing = Object.values(expected.outputs).some(({ values }) => values.some(Number.isNaN));
        if (overNothing) expect(Object.values(expected.gradients).flatMap(({ values }) => values).filter((value) => value !== 0)).toEqual([]);
        // Of many inputs each case takes some, all of them in turn.
        const apart = Math.ceil(differentiable.length / 6);
        for (const input of overNothing ? [] : differentiable.filter((_, i) => (i + turn) % apart === 0)) {
          const own = expected.gradients[input]!;
          expect(own.shape).toEqual(one.inputs[input]!.shape);
          if (sizeOf(one) * raw(one.inputs[input]!).length < (atLength ? 2500 : 800)) {
            elements += own.values.length;
            expectSame(operation, one, own.values, flatten(gradient(definition, inputs, one.options, cotangents, input)), radius.gradients[input]?.values, `${tier}: gradient of ${input}`);
          }
          // ⟨gradient, direction⟩ = ⟨cotangent, change of the output along the direction⟩, with a direction of whole numbers.
          const direction = generate(own.shape, (i) => Math.floor(5 * noise(3, input, [i], 0)) - 2);
          const change = pushforward(definition, inputs, one.options, { [input]: nested(direction) });
          const forward = Object.entries(cotangents).reduce((sum, [output, cotangent]) => {
            const weights = flatten(cotangent);
            return flatten(change[output]!).reduce((partial, value, i) => partial + value * weights[i]!, sum);
          }, 0);
          const backward = own.values.reduce((sum, value, i) => sum + value * raw(direction)[i]!, 0);
          const size = own.values.reduce((sum, value, i) => sum + Math.abs(value * raw(direction)[i]!), 0);
          const slack = 2 * (radius.gradients[input]?.values ?? []).reduce((sum, each, i) => sum + each * Math.abs(raw(direction)[i]!), 0);
          expect(Math.abs(forward - backward), `${tier}: ${input}`).toBeLessThanOrEqual(toleranceOf(operation, one) === 0 ? 0 : smooth * Math.max(1, size, Math.abs(forward)) + slack);
        }
      }
    }
    expect(elements, "elements compared one by one").toBeGreaterThan(10);
  });

  it("completes its options to what it then leaves as it is, and to the same answer", () => {
    for (const tier of tiersOf(operation)) {
      for (const one of drawn(name, tier, runs(2), 17)) {
        const again = operation.complete(one.inputs, one.options);
        expect(again).toEqual(one.options);
        expect(Object.keys(again).filter((option) => !Object.hasOwn(operation.options, option)), "options that are not documented").toEqual([]);
        expect(() => operation.forward(one.inputs, again)).not.toThrow();
      }
    }
  });

  it("counts a radius of at least 0 for every output and gradient, and none elsewhere", () => {
    for (const tier of tiersOf(operation)) {
      for (const one of drawn(name, tier, runs(2), 19)) {
        const { expected, radius } = reference(name, one.inputs, one.options, one.cotangents);
        expect(mapNames(radius.gradients, ({ shape }) => shape)).toEqual(mapNames(expected.gradients, ({ shape }) => shape));
        expect(mapNames(radius.outputs, ({ shape }) => shape)).toEqual(mapNames(expected.outputs, ({ shape }) => shape));
        const all = [...Object.values(radius.outputs), ...Object.values(radius.gradients)].flatMap(({ values }) => values);
        expect(all.filter((value) => !(value >= 0 && Number.isFinite(value)))).toEqual([]);
      }
    }
  });

  it("writes to nothing that it is given", () => {
    const [one] = drawn(name, tiersOf(operation)[0]!, 1, 23);
    const before = JSON.stringify([one!.inputs, one!.cotangents, one!.options].map(String)) + JSON.stringify(Object.values(one!.inputs).map(({ values }) => values));
    reference(name, wideAll(one!.inputs), one!.options, one!.cotangents);
    operation.forward(one!.inputs, one!.options);
    expect(JSON.stringify([one!.inputs, one!.cotangents, one!.options].map(String)) + JSON.stringify(Object.values(one!.inputs).map(({ values }) => values))).toBe(before);
  });
});

describe("the catalog", () => {
  it("holds every operation once, each with a sentence, and names that are the definitions'", () => {
    const names = catalog.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, summary, inputs, outputs } of catalog) {
      expect(definitionOf(name), name).toBeTypeOf("function");
      expect(summary.length).toBeGreaterThan(10);
      expect(inputs.length * outputs.length).toBeGreaterThan(0);
    }
  });
});
