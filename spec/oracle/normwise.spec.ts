import { describe, expect, it } from "vitest";
import { findOperation, reference } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import { gamma } from "../../src/oracle/error-bound.ts";
import { withHabits } from "../../src/oracle/kill-matrix.ts";
import { tiers } from "../../src/oracle/lattice.ts";
import type { Tier } from "../../src/oracle/lattice.ts";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import { declaredPrecision, normwiseOperations, precisions } from "../../src/oracle/precision.ts";
import type { AlgorithmClass, Declaration } from "../../src/oracle/precision.ts";
import { questioner } from "../../src/oracle/question.ts";
import { verifyStatistics } from "../../src/oracle/statistics-tier.ts";
import { faultOfStatistic, mostNormwiseRms, mostRmsOf } from "../../src/oracle/statistics.ts";
import { nearest } from "../../src/oracle/storage.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import { verify } from "../../src/oracle/verify.ts";
import { raw, tensor } from "../../src/tensor/tensor.ts";
import { atLength, everything, runs } from "../support/runs.ts";
import { convolutions, fourier, products, strassen, transforms, winograd } from "./fast-algorithms.ts";
import type { Transforms } from "./fast-algorithms.ts";
import { drawn, mapNames } from "./support.ts";

const normwise = declaredPrecision("spec", { algorithm: "normwise" });
const u = 2 ** -24 + 2 ** -53;

const honest: readonly (readonly [name: string, operations: CandidateModule["operations"]])[] = [
  ["Winograd on tiles of 4", convolutions(winograd(4))],
  ["Winograd on tiles of 6", convolutions(winograd(6))],
  ["Fourier", convolutions(fourier)],
  ["Strassen", products(strassen)],
];

const faultsOf = async (
  operations: CandidateModule["operations"], declared: Declaration, of: readonly Tier[], count: number, seed: number, axisCount?: number,
): Promise<readonly string[]> => {
  const candidate = moduleCandidate({ name: "mine", operations, ...declared });
  const found: string[] = [];
  for (const name of Object.keys(operations)) {
    const ask = questioner(candidate, findOperation(name));
    for (const tier of of) {
      for (const one of drawn(name, tier, count, seed, declaredPrecision("mine", candidate))) {
        if (axisCount !== undefined && "kernel" in one.inputs && one.inputs["kernel"].shape.length !== axisCount + 2) continue;
        for (const { where, message, ratio } of (await ask(one)).judgement.faults) found.push(`${name} ${tier} ${where}: ${message} (${ratio}, seed ${seed})`);
      }
    }
  }
  return found;
};

describe("the bound in norm", () => {
  it("of a matrix product is that of its largest row and column, for all of its elements", () => {
    const { radius } = reference("matrixProduct", { left: tensor([[3, 4], [0, 1]]), right: tensor([[5, 0], [12, 1]]) }, {}, undefined, normwise);
    // One row of norm 5, one column of norm 13; eight roundings and two terms.
    Array.from(raw(radius.outputs["output"]!)).forEach((each) => expect(each / (16 * gamma(10, u) * 5 * 13)).toBeCloseTo(1, 9));
  });

  it("of matrices with one factor for all is that of the whole batch, and of pairs that of each", () => {
    const left = tensor([[[3, 4]], [[6, 8]]]);
    const rightOf = (right: ReturnType<typeof tensor>) => Array.from(raw(reference("matrixProduct", { left, right }, {}, undefined, normwise).radius.outputs["output"]!));
    const unit = 16 * gamma(10, u);
    expect(rightOf(tensor([[0], [1]])).map((each) => Math.round(each / unit))).toEqual([10, 10]);
    expect(rightOf(tensor([[[0], [1]], [[0], [1]]])).map((each) => Math.round(each / unit))).toEqual([5, 10]);
  });

  it("of a gradient that is summed over a batch has the lines of the whole batch", () => {
    const inputs = { left: tensor([[[3]], [[4]]]), right: tensor([[1]]) };
    const { radius } = reference("matrixProduct", inputs, {}, { output: tensor([[[5]], [[12]]]) }, normwise);
    expect(raw(radius.gradients["right"]!)[0]! / (16 * gamma(10, u) * 5 * 13)).toBeCloseTo(1, 9);
    expect(raw(radius.gradients["left"]!)[0]! / (16 * gamma(9, u) * 12)).toBeCloseTo(1, 9);
  });

  it("of a fully connected layer takes the bias for one term more", () => {
    const inputs = { input: tensor([[3, 4]]), weight: tensor([[5, 12], [0, 0]]), bias: tensor([7, 0]) };
    const [biased, plain] = raw(reference("fullyConnected", inputs, {}, undefined, normwise).radius.outputs["output"]!);
    expect(plain! / (16 * gamma(10, u) * 5 * 13)).toBeCloseTo(1, 9);
    expect((biased! - plain!) / (gamma(10, u) * 7)).toBeCloseTo(1, 6);
  });

  it("of a convolution is that of its planes: of one sample and one filter, over all channels", () => {
    const input = tensor([[[3, 4, 0, 0], [0, 0, 5, 12]], [[0, 0, 0, 1], [0, 0, 0, 0]]]);
    const { radius } = reference("convolution", { input, kernel: tensor([[[0, 2, 0], [1, 0, 0]]]) }, { padding: [[0, 0]] }, undefined, normwise);
    const [first, second] = [5 * 2 + 13 * 1, 1 * 2];
    // Winograd: 11 roundings, the product, one for good measure and two channels; Fourier: 3 stages, 4 and two channels.
    const least = (norm: number) => Math.max(21 * gamma(15, u), gamma(3 * 21 + 4 + 2, u)) * norm;
    expect(Array.from(raw(radius.outputs["output"]!), (each, i) => each / least(i < 2 ? first : second)).every((ratio) => Math.abs(ratio - 1) < 1e-9)).toBe(true);
  });

  it("of a convolution takes the bias of each filter for one term more", () => {
    const inputs = { input: tensor([[[3, 4]], [[3, 4]]]), kernel: tensor([[[1]], [[1]]]), bias: tensor([7, 0]) };
    const bounds = raw(reference("convolution", inputs, {}, undefined, normwise).radius.outputs["output"]!);
    // Two samples of two filters at two positions.
    const [biased, plain] = [[0, 1, 4, 5], [2, 3, 6, 7]].map((positions) => positions.map((i) => bounds[i]!));
    plain!.forEach((each) => expect(each).toBe(plain![0]));
    biased!.forEach((each) => expect((each - plain![0]!) / (gamma(2, u) * 7)).toBeCloseTo(1, 6));
  });

  it("of a kernel's gradient has the overlap of tiles and their number, that of the input's has not", () => {
    const inputs = { input: tensor([[[3, 4, 0, 0]]]), kernel: tensor([[[0, 2, 0]]]) };
    const { radius } = reference("convolution", inputs, { padding: [[0, 0]] }, { output: tensor([[[5, 12]]]) }, normwise);
    expect(raw(radius.gradients["kernel"]!)[0]! / (21 * Math.SQRT2 * gamma(14, u) * 5 * 13)).toBeCloseTo(1, 9);
    expect(raw(radius.gradients["input"]!)[0]! / (21 * gamma(14, u) * 2 * 13)).toBeCloseTo(1, 9);
    // Four positions are two tiles.
    const longer = { input: tensor([[[3, 4, 0, 0, 0, 0]]]), kernel: tensor([[[0, 2, 0]]]) };
    const tiled = reference("convolution", longer, { padding: [[0, 0]] }, { output: tensor([[[5, 12, 0, 0]]]) }, normwise).radius;
    expect(raw(tiled.gradients["kernel"]!)[0]! / (21 * Math.SQRT2 * gamma(15, u) * 5 * 13)).toBeCloseTo(1, 9);
  });

  it("is Fourier's alone where a window has one tap, and that of two axes where three are slid over", () => {
    const first = (input: ReturnType<typeof tensor>, kernel: ReturnType<typeof tensor>) => raw(reference("convolution", { input, kernel }, {}, undefined, normwise).radius.outputs["output"]!)[0]!;
    expect(first(tensor([[[3, 4]]]), tensor([[[1]]])) / (5 * gamma(2 * 21 + 5, u))).toBeCloseTo(1, 9);
    const cube = tensor([[[[[1, 0], [0, 0]], [[0, 0], [0, 0]]]]]);
    expect(first(cube, cube) / (21 ** 2 * gamma(2 * 11 + 2 + 2, u))).toBeCloseTo(1, 9);
  });

  it("is never below the bound of a plain sum, and leaves a bias's gradient to it", () => {
    for (const name of normwiseOperations) {
      for (const { inputs, options, cotangents } of drawn(name, "rounding", runs(3), 3)) {
        const [wide, narrow] = [normwise, precisions.float32].map((precision) => reference(name, inputs, options, cotangents, precision).radius);
        for (const kind of ["outputs", "gradients"] as const) {
          for (const [where, radius] of Object.entries(narrow![kind])) {
            const own = raw(wide![kind][where]!);
            if (where === "bias") expect(own).toEqual(raw(radius));
            expect((raw(radius) as Float64Array).every((each, i) => own[i]! >= each), `${name} ${where}`).toBe(true);
          }
        }
      }
    }
  });

  it("is that of a plain sum where this is wider: of 64 taps in 16 channels", () => {
    const ones = tensor([Array.from({ length: 16 }, () => Array.from({ length: 64 }, () => 1))]);
    const [wide, narrow] = [normwise, precisions.float32].map((precision) => raw(reference("convolution", { input: ones, kernel: ones }, {}, undefined, precision).radius.outputs["output"]!)[0]!);
    expect(wide).toBe(narrow);
    expect(wide! / (gamma(16 * 64, u) * 16 * 64)).toBeCloseTo(1, 3);
  });

  it("is infinite where the roundings are as many as the precision has units, but for norms of 0 nothing beside underflow", () => {
    const coarse = declaredPrecision("spec", { precision: "bfloat16", algorithm: "normwise" });
    const ones = tensor([Array.from({ length: 250 }, () => 1)]);
    const { radius } = reference("fullyConnected", { input: ones, weight: ones }, {}, undefined, coarse);
    expect(raw(radius.outputs["output"]!)[0]).toBe(Infinity);
  });

  it("counts numbers that are none for nothing: those are for the policies on special values", () => {
    const inputs = { left: tensor([[3, 4], [NaN, Infinity]]), right: tensor([[5], [12]]) };
    const { radius } = reference("matrixProduct", inputs, {}, undefined, normwise);
    expect(raw(radius.outputs["output"]!)[0]! / (16 * gamma(10, u) * 5 * 13)).toBeCloseTo(1, 9);
  });

  it("applies to the operations that are declared, and to no other", () => {
    const partly = declaredPrecision("spec", { algorithm: { matrixProduct: "normwise", convolution: "componentwise" } });
    const inputs = { input: tensor([[3, 4]]), weight: tensor([[5, 12]]) };
    expect(reference("fullyConnected", inputs, {}, undefined, partly).radius).toEqual(reference("fullyConnected", inputs, {}).radius);
  });
});

describe("the constants of the bound", () => {
  const norm = (row: readonly number[]): number => Math.hypot(...row);
  const growth = ({ cells, kernel, back }: Transforms): number =>
    Math.max(...back.map((row) => row.reduce((sum, factor, i) => sum + Math.abs(factor) * norm(cells[i]!) * norm(kernel[i]!), 0)));

  it("hold for every F(m, r) on tiles of 4 and of 6: at most 20.6 along an axis", () => {
    const all = ([[4, 2], [4, 3], [6, 2], [6, 3], [6, 4], [6, 5]] as const).map(([tile, r]) => growth(transforms(tile - r + 1, r)));
    expect(all.map((each) => Number(each.toFixed(1)))).toEqual([3.4, 3.9, 18.7, 19.5, 20.1, 20.6]);
  });

  it("are those of transforms as the literature has them, up to scales and signs", () => {
    expect(transforms(2, 3).cells).toEqual([[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]);
    expect(transforms(4, 3).cells[0]).toEqual([4, 0, -5, 0, 1, 0]);
    expect(transforms(4, 3).kernel[3]!.map((factor) => Math.round(factor * 24))).toEqual([1, 2, 4]);
    expect(transforms(4, 3).back[3]).toEqual([0, 1, -1, 8, -8, 1]);
  });
});

describe("the cases of the structure tier under a normwise declaration", () => {
  it("have radii below one half, so that no other whole number lies within", () => {
    for (const name of normwiseOperations) {
      for (const { inputs, options, cotangents } of drawn(name, "structure", runs(6), 5, normwise)) {
        const { outputs, gradients } = reference(name, inputs, options, cotangents, normwise).radius;
        const most = [...Object.values(outputs), ...Object.values(gradients)].flatMap((radius) => Array.from(raw(radius))).reduce((all, each) => Math.max(all, each), 0);
        expect(most, name).toBeLessThan(0.5);
      }
    }
  });
});

describe("honest fast algorithms", () => {
  const seeds = everything ? 20 : 1;
  const count = everything ? 4 : atLength ? 2 : 1;
  it.each(honest)("raise no alarm where they are declared normwise: %s", { timeout: 3_600_000 }, async (_, operations) => {
    const found: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      found.push(...(await faultsOf(operations, { algorithm: "normwise" }, tiers.filter((tier) => tier !== "statistics"), count, seed, everything ? undefined : 1)));
    }
    expect(found).toEqual([]);
  });

  it.each(honest)("are rejected where they are not: %s", { timeout: 600_000 }, async (_, operations) => {
    expect((await faultsOf(operations, {}, ["rounding"], 40, 1, operations["convolution"] ? 1 : undefined)).length).toBeGreaterThan(0);
  });

  it.runIf(atLength || everything).each(honest)("leave errors of a few units in long sums: %s", { timeout: 3_600_000 }, async (name, operations) => {
    const worst: string[] = [];
    for (const length of everything ? [9, 576, 4608] : [9]) {
      const shown = await Promise.all(Object.keys(operations).map((operation) => statisticsOf(operations, operation, length)));
      expect(shown.flatMap(({ failures }) => failures.map(({ fault }) => `${fault.where}: ${fault.message}`))).toEqual([]);
      worst.push(Math.max(...shown.map(({ report }) => report.worst.ratio * mostNormwiseRms)).toFixed(2));
    }
    if (everything) console.log(`| ${name} | ${worst.join(" | ")} |`);
  });
});

const statisticsOf = (operations: CandidateModule["operations"], operation: string, length: number) => {
  const candidate = moduleCandidate({ name: "mine", operations, algorithm: "normwise" });
  const entry = findOperation(operation);
  return verifyStatistics(entry, normwise, questioner(candidate, entry), { lengths: [length], seed: 1, deadline: Infinity }, []);
};

describe("flawed fast algorithms are rejected all the same", () => {
  const signed = ({ cells, kernel, back }: Transforms): Transforms => ({ cells, kernel, back: back.map((row, k) => row.map((factor, i) => (k === 1 && i === 2 ? -factor : factor))) });
  const tapless = ({ cells, kernel, back }: Transforms): Transforms => ({ cells, back, kernel: kernel.map((row) => row.map((factor, i) => (i === row.length - 1 ? 0 : factor))) });

  it.each([
    ["a sign of a transform is wrong", convolutions(winograd(6, { change: signed }))],
    ["the tiles at the border are left out", convolutions(winograd(4, { withoutBorder: true }))],
    ["the last tap is lost", convolutions(winograd(6, { change: tapless }))],
  ])("%s", { timeout: 600_000 }, async (_, operations) => {
    expect((await faultsOf(operations, { algorithm: "normwise" }, ["structure"], 5, 2, 1)).length).toBeGreaterThan(0);
  });

  it.runIf(everything)("by any habit of the catalog, each within 200 cases", { timeout: 3_600_000 }, async () => {
    const pairs = normwiseOperations.flatMap((operation) => variants.filter(({ operations }) => operations.includes(operation)).map((habit) => ({ operation, habit })));
    const missed: string[] = [];
    let named = 0;
    for (const { operation, habit } of pairs) {
      const candidate = { ...withHabits(habit, operation), algorithm: "normwise" as const };
      const { failures: [failure] } = (await verify(candidate, { operations: [operation], tiers: ["structure", "rounding"], cases: 200, bail: true })).operations[0]!;
      if (failure === undefined) missed.push(`${operation}: ${habit.name}`);
      if (failure?.causes[0]?.variant === habit.name) named++;
    }
    console.log(`${pairs.length} habits, ${named} named first`);
    expect(missed).toEqual([]);
  });

  const roundedTo = (format: keyof typeof precisions, operations: CandidateModule["operations"]): CandidateModule["operations"] => {
    const rounded = (given: Parameters<CandidateModule["operations"][string]>[0]) =>
      mapNames(given, ({ shape, data }) => ({ shape, data: Float32Array.from(data, (value) => nearest(value, precisions[format])) }));
    return mapNames(operations, (run) => (inputs, options, cotangents) => run(rounded(inputs), options, cotangents && rounded(cotangents)));
  };

  const formats = ["bfloat16", "float16", "tf32"] as const;
  const lossy = formats.flatMap((format) => [
    [`Winograd with inputs of ${format}`, roundedTo(format, convolutions(winograd(6)))],
    [`Winograd with sums of ${format}`, convolutions(winograd(6, { round: (value) => nearest(value, precisions[format]) }))],
    [`Fourier with inputs of ${format}`, roundedTo(format, convolutions(fourier))],
    [`Strassen with inputs of ${format}`, roundedTo(format, products(strassen))],
  ] as const);

  it.each(atLength || everything ? lossy : lossy.slice(-1))("silent loss of precision: %s", { timeout: 3_600_000 }, async (_, operations) => {
    for (const length of everything ? [9, 576] : [9]) {
      for (const operation of Object.keys(operations)) {
        const { failures } = await statisticsOf(operations, operation, length);
        expect(failures.map(({ fault }) => fault.where), `${operation} ${length}`).toContain("output");
      }
    }
  });
});

describe("under a normwise declaration", () => {
  it("a mean error away from 0 is no fault, and an RMS of 16 is none", () => {
    expect(faultOfStatistic({ count: 900, rms: 16, bias: 8 }, mostNormwiseRms)).toBe(undefined);
    expect(faultOfStatistic({ count: 900, rms: 16.1, bias: 0 }, mostNormwiseRms)).toBe("precision");
    expect(faultOfStatistic({ count: 900, rms: 3, bias: 2 })).toBe("bias");
    expect([mostRmsOf(normwise, "convolution"), mostRmsOf(normwise, "averagePooling")]).toEqual([16, 4]);
  });

  it("NaN may reach a whole tile, and only under it; a number where NaN belongs is wrong as ever", async () => {
    const inputs = { input: tensor([[[NaN, 1, 2, 3]]]), kernel: tensor([[[1, 2]]]) };
    const one: Case = { operation: "convolution", tier: "special", features: [], inputs, options: findOperation("convolution").complete(inputs, {}) };
    const asked = async (data: readonly number[], algorithm: AlgorithmClass) => {
      const candidate = moduleCandidate({ name: "mine", algorithm, operations: { convolution: () => ({ outputs: { output: { shape: [1, 1, 3], data } } }) } });
      return (await questioner(candidate, findOperation("convolution"))(one)).judgement;
    };
    expect(await asked([NaN, NaN, 8], "normwise")).toMatchObject({ faults: [], policies: ["spreads"] });
    expect((await asked([NaN, NaN, 8], "componentwise")).faults).toHaveLength(1);
    expect((await asked([5, NaN, 8], "normwise")).faults).toHaveLength(1);
    expect((await asked([NaN, NaN, 9], "normwise")).faults).toHaveLength(1);
  });

  it("the report says so", async () => {
    const { candidate } = await verify(moduleCandidate({ name: "mine", algorithm: "normwise", operations: {} }), { operations: ["relu"], cases: 1 });
    expect(candidate.precision).toBe("float32, normwise");
  });
});
