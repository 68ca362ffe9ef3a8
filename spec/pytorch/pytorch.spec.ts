import { afterAll, describe, expect, it } from "vitest";
import { findOperation } from "../../src/oracle/case.ts";
import type { Answers, Operation, Options, Tensors } from "../../src/oracle/catalog/operation.ts";
import { precisions } from "../../src/oracle/precision.ts";
import type { Precision } from "../../src/oracle/precision.ts";
import { fromWire } from "../../src/oracle/protocol.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { raw } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mapNames } from "../oracle/support.ts";
import { atLength, runs } from "../support/runs.ts";
import { askPyTorch, comparable, findPython, recorded, startPyTorch, withoutCounterpart } from "./pytorch.ts";
import type { Answered } from "./pytorch.ts";

/** Optimizers store what float32 makes of each step, and step on from there: several roundings, which their own specifications judge. */
const roundsOnce = ({ backward, name }: Operation): boolean => backward !== undefined || name.startsWith("clip");

/** A recurrent network stores what float32 makes of its state at each step, and goes on from there: so does every float32 implementation. */
const roundsEachStep = ({ name }: Operation): boolean => ["simpleRnn", "lstm", "gru"].includes(name);

/** Where PyTorch's own doubles are known to be off, and by how much. */
const deviations: Readonly<Record<string, { readonly why: string; readonly slack: (side: "outputs" | "gradients", value: number) => number }>> = {
  hardSigmoid: {
    why: "the gradient in double multiplies by 1/6 as float32 has it",
    slack: (side, value) => (side === "gradients" ? 2 ** -24 * Math.abs(value) : 0),
  },
  softplus: {
    why: "beyond its threshold of 20 softplus(x) is x, and its derivative 1",
    slack: (side, value) => (side === "gradients" ? Math.exp(-20) * Math.abs(value) : value > 20 ? Math.exp(-20) : 0),
  },
};

const answersOf = (operation: Operation, { inputs, options, cotangents }: Answered, wide: boolean): Answers<Tensor> => {
  const read = (written: Answered["inputs"]): Tensors => mapNames(written, (tensor, name) => fromWire(name, tensor, wide));
  return {
    outputs: operation.forward(read(inputs), options),
    gradients: cotangents && operation.backward ? operation.backward(read(inputs), options, read(cotangents)) : {},
  };
};

/** Half the distance between the float32 numbers around a value. */
const halfUlp = (value: number): number => Math.max(2 ** -150, 2 ** (Math.floor(Math.log2(Math.abs(value) || 2 ** -149)) - 24));

/**
 * Where the library's doubles or its float32 results lie farther from PyTorch's doubles than they may: by the radius of double sums, which
 * is n·2⁻⁵²·Σ|terms| for sums of products, and by one rounding to float32; or by the radius of float32 where every step is rounded.
 */
function disagreements(answered: Answered, known = deviations): readonly string[] {
  const operation = findOperation(answered.operation);
  const slack = known[operation.name]?.slack ?? (() => 0);
  const read = (written: Answered["inputs"]): Tensors => mapNames(written, (tensor, name) => fromWire(name, tensor, true));
  const radiusOf = (precision: Precision): Answers<Tensor> =>
    operation.radius(read(answered.inputs), answered.options, answered.cotangents && read(answered.cotangents), precision);
  const radius = radiusOf(precisions.float64);
  const steps = roundsEachStep(operation) ? radiusOf(precisions.float32) : undefined;
  const [double, single] = [answersOf(operation, answered, true), answersOf(operation, answered, false)];
  return (["outputs", "gradients"] as const).flatMap((side) => Object.entries(answered[side]).flatMap(([name, theirs]) => {
    const expected = raw(fromWire(name, theirs, true));
    const [own, rounded] = [double[side][name], single[side][name]];
    if (own === undefined || rounded === undefined || `${own.shape}` !== `${theirs.shape}`) return [`${name}: [${own?.shape}] instead of [${theirs.shape}]`];
    // Positions have no radius: they are the very same.
    const radii = radius[side][name] === undefined ? new Float64Array(expected.length) : raw(radius[side][name]);
    return Array.from(expected).flatMap((value, i) => {
      const [exact, stored] = [raw(own)[i]!, raw(rounded)[i]!];
      const apart = (a: number, allowed: number): boolean => !(Object.is(a + 0, value + 0) || Math.abs(a - value) <= allowed);
      const allowed = radii[i]! + slack(side, value);
      const rounding = steps ? raw(steps[side][name]!)[i]! : halfUlp(Math.max(Math.abs(value), Math.abs(exact)));
      const wrong = apart(exact, allowed) || (roundsOnce(operation) && apart(stored, allowed + rounding) && Math.fround(value) !== stored);
      return wrong ? [`${name}[${i}]: ${exact}, ${stored} in float32, instead of ${value} ± ${allowed}`] : [];
    });
  }));
}

const findings = (all: readonly Answered[]): readonly string[] =>
  all.flatMap((one) => disagreements(one).slice(0, 1).map((what) => `${what} in ${JSON.stringify(one)}`));

describe("what PyTorch once answered, recorded", () => {
  const sample = recorded();

  it("covers every operation that PyTorch has, with gradients wherever there are any", () => {
    expect([...new Set(sample.map(({ operation }) => operation))]).toEqual(comparable);
    const bare = comparable.filter((name) => findOperation(name).backward !== undefined
      && sample.some(({ operation, gradients }) => operation === name && Object.keys(gradients).length === 0));
    expect(bare).toEqual([]);
    expect(Object.keys(withoutCounterpart).filter((name) => findOperation(name).name !== name)).toEqual([]);
  });

  for (const name of comparable) {
    it(`${name} gives the same, output and gradients`, () => {
      expect(findings(sample.filter(({ operation }) => operation === name))).toEqual([]);
    });
  }

  for (const [name, { why }] of Object.entries(deviations)) {
    it(`${name} differs where PyTorch is known to: ${why}`, () => {
      const own = sample.filter(({ operation }) => operation === name);
      expect(own.flatMap((one) => disagreements(one, {})).length).toBeGreaterThan(0);
    });
  }

  it("a wrong sign, a factor and the eighth digit would each be noticed", () => {
    for (const change of [(value: number) => -value, (value: number) => 2 * value, (value: number) => value * (1 + 2 ** -22)]) {
      const one = sample.find(({ operation, outputs }) => operation === "convolution" && outputs["output"]!.values.every((value) => value !== 0))!;
      const changed = { ...one, outputs: mapNames(one.outputs, ({ shape, values }) => ({ shape, values: values.map((value) => change(Number(value))) })) };
      expect(disagreements(changed).length).toBe(one.outputs["output"]!.values.length);
    }
  });
});

/** Its answers are recorded: asked anew in the full run. */
const python = atLength ? findPython() : undefined;

describe.runIf(python !== undefined)("PyTorch, asked now (where it is installed; in the full run)", () => {
  const process = python === undefined ? undefined : startPyTorch(python);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const count = 500;

  afterAll(async () => (await process)?.close());

  for (const name of comparable) {
    it(`${name} gives the same, output and gradients`, async ({ annotate }) => {
      const { answered, refused } = await askPyTorch((await process)!, name, count, seed);
      await annotate(`${answered.length} cases compared, ${refused} refused by PyTorch; seed ${seed}`);
      expect(answered.length).toBe(count);
      expect(findings(answered)).toEqual([]);
    });
  }
});

describe.runIf(python !== undefined)("update rules beside PyTorch's, for twenty steps (where it is installed; in the full run)", () => {
  const process = python === undefined ? undefined : startPyTorch(python);
  const steps = 20;
  const options: Readonly<Record<string, Options>> = {
    gradientDescent: { rate: 0.1, weightDecay: 0.01 },
    momentum: { rate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    rmsProp: { rate: 0.01, decay: 0.99, epsilon: 1e-8, weightDecay: 0 },
    adagrad: { rate: 0.1, epsilon: 1e-10, weightDecay: 0.01 },
    adam: { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    adamW: { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  };

  afterAll(async () => (await process)?.close());

  for (const [name, chosen] of Object.entries(options)) {
    it(`${name}, storing float32 after every step, stays within steps·2⁻²³ of the largest parameter on the way`, async () => {
      for (let seed = 0; seed < runs(3); seed++) {
        const drawn = (stream: number, shape: readonly number[]): Tensor => uniform(foldIn(key(seed), stream), shape, -2, 2);
        const inputs = Object.fromEntries([
          ["params.w", drawn(0, [3, 4])], ["params.bias", drawn(1, [5])],
          ...Array.from({ length: steps }, (_, t) => [[`gradients.${t + 1}.w`, drawn(2 * t + 2, [3, 4])], [`gradients.${t + 1}.bias`, drawn(2 * t + 3, [5])]] as const).flat(),
        ]) as Tensors;
        const own = findOperation(name).forward(inputs, chosen);
        const { outputs } = await (await process)!.run({ id: "", operation: name, inputs, options: chosen });
        const theirs = mapNames(outputs as Answered["outputs"], (tensor, each) => raw(fromWire(each, tensor, true)));
        const largest = Math.max(...Object.values(theirs).flatMap((values) => Array.from(values, Math.abs)), ...inputs["params.w"]!.values.map(Math.abs));
        expect(Object.keys(theirs).sort()).toEqual(Object.keys(own).sort());
        for (const [each, values] of Object.entries(theirs)) {
          const worst = Math.max(...Array.from(values, (value, i) => Math.abs(value - raw(own[each]!)[i]!)));
          expect(worst, each).toBeLessThanOrEqual(steps * 2 ** -23 * largest);
        }
      }
    });
  }
});
