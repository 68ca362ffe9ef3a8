import { describe, expect, it } from "vitest";
import { moduleCandidate } from "../../src/oracle/module-candidate.ts";
import type { CandidateModule } from "../../src/oracle/module-candidate.ts";
import { declaredPrecision, precisions } from "../../src/oracle/precision.ts";
import type { PrecisionName } from "../../src/oracle/precision.ts";
import { readAnswer } from "../../src/oracle/protocol.ts";
import { raw } from "../../src/tensor/tensor.ts";
import { questioner } from "../../src/oracle/question.ts";
import { findOperation } from "../../src/oracle/case.ts";
import { causesOfError, faultOfStatistic, mostNormwiseRms, mostRms, mostRmsOf, reductionLengths, statisticOf, statisticsCases, yardstick } from "../../src/oracle/statistics.ts";
import { verifyStatistics } from "../../src/oracle/statistics-tier.ts";
import { nearest } from "../../src/oracle/storage.ts";
import { everything } from "../support/runs.ts";
import { cutOff, loadKernels, orders, sumsIn } from "./kernels.ts";

const kernels = await loadKernels();
const operations = ["convolution", "transposedConvolution", "fullyConnected", "matrixProduct", "averagePooling"] as const;
const formats = ["bfloat16", "float16", "tf32"] as const;
const float32 = declaredPrecision("spec", {});
const isFull = everything;

const run = async (own: CandidateModule["operations"], operation: string, lengths: readonly number[], seed = 1) =>
  verifyStatistics(findOperation(operation), float32, questioner(moduleCandidate({ name: "measured", operations: own }), findOperation(operation)), { lengths, seed, deadline: Infinity }, []);

const roundedInputs = (name: PrecisionName) => kernels({ sum: orders["sequential"]!, given: (value) => nearest(value, precisions[name]) });
const roundedSums = (name: PrecisionName) => kernels({ sum: sumsIn(precisions[name]) });

describe("a statistic", () => {
  it("is the RMS of errors in units of what one rounding may cost, and their mean away from 0", () => {
    expect(statisticOf([11, -18, 5], [10, -20, 5], [1, 1, 1])).toEqual({ count: 3, rms: Math.sqrt(5 / 3), bias: (1 - 2) / 3 });
    expect(statisticOf([1, 2], [1, 2], [0, 0])).toEqual({ count: 0, rms: 0, bias: 0 });
  });

  it("counts an error that many elements share once", () => {
    expect(statisticOf([2, 2, 2, 3], [1, 1, 1, 1], [1, 1, 1, 1]).count).toBe(2);
  });

  it("is too large above 4, and where it is no number", () => {
    expect([0.5, mostRms, 4.1, NaN, Infinity].map((rms) => faultOfStatistic({ count: 100, rms, bias: 0 }))).toEqual([undefined, undefined, "precision", "precision", "precision"]);
  });

  it("is biased where the mean is many standard errors and a good part of the RMS away from 0", () => {
    const bias = (count: number, of: number) => faultOfStatistic({ count, rms: 1, bias: of });
    expect([bias(900, 0.3), bias(900, -0.3), bias(900, 0.2), bias(400, 0.28), bias(20, -2)]).toEqual(["bias", "bias", undefined, undefined, undefined]);
    // However many there are, a small part of the RMS does not count.
    expect([bias(1e6, 0.24), bias(1e6, 0.26)]).toEqual([undefined, "bias"]);
  });
});

describe("statistics under a normwise declaration", () => {
  const normwise = declaredPrecision("spec", { algorithm: "normwise" });
  const [one] = statisticsCases("matrixProduct", 9, 1, normwise);

  it("have a wider RMS and no bias, for the operations that are declared", () => {
    expect([mostRmsOf(normwise, "convolution"), mostRmsOf(normwise, "averagePooling"), mostRmsOf(float32, "convolution")]).toEqual([mostNormwiseRms, mostRms, mostRms]);
    expect([mostRms, mostNormwiseRms].map((most) => faultOfStatistic({ count: 900, rms: 3, bias: 2 }, most))).toEqual(["bias", undefined]);
  });

  it("measure all elements of a tensor with one yardstick: the RMS of what each has of its own", () => {
    const [wide, narrow] = [normwise, float32].map((precision) => raw(yardstick(one!, precision).unit.outputs["output"]!) as Float64Array);
    const rms = Math.sqrt(narrow!.reduce((sum, each) => sum + each * each, 0) / narrow!.length);
    expect(new Set(narrow).size).toBe(144);
    wide!.forEach((each) => expect(each / rms).toBeCloseTo(1, 9));
  });

  it("name no format for sums that are short: their size does not tell it", () => {
    const { expected, unit } = yardstick(one!, normwise);
    const [values, units] = [raw(expected.outputs["output"]!), raw(unit.outputs["output"]!)];
    const got = Float32Array.from(values, (value, i) => value + (i % 2 === 0 ? 1 : -1) * 2 ** 12 * units[i]!);
    const causes = (precision: typeof float32) => causesOfError(one!, { kind: "outputs", name: "output" }, got, precision);
    expect(causes(normwise)).toEqual([{ variant: "short sums", says: "sums kept in fewer bits than declared" }]);
    expect(causes(float32).map(({ variant }) => variant)).toEqual(["float16 sums", "tf32 sums"]);
  });
});

describe("the cases of the tier", () => {
  it("sum 9, 576 or 4608 terms, in outputs or in gradients, and a candidate's storage holds their numbers", () => {
    expect(reductionLengths).toEqual([9, 576, 4608]);
    const [wide, long] = statisticsCases("fullyConnected", 576, 1, declaredPrecision("spec", { storage: "bfloat16" }));
    expect([wide!.inputs["weight"]!.shape, long!.inputs["input"]!.shape]).toEqual([[12, 576], [576, 9]]);
    for (const { values } of Object.values(wide!.inputs)) expect(values.filter((value) => nearest(value, precisions.bfloat16) !== value)).toEqual([]);
  });
});

describe("honest sums", () => {
  const some = isFull ? Object.entries(orders) : Object.entries(orders).filter(([name]) => name === "pairwise");
  it.each(some)("show nothing, in any operation: %s", { timeout: 600_000 }, async (_, sum) => {
    const worst: number[] = [];
    for (const operation of isFull ? operations : operations.slice(3)) {
      const { report: tier, failures } = await run(kernels({ sum }), operation, isFull ? reductionLengths : [9]);
      expect(failures.map(({ fault }) => `${operation} ${fault.where}: ${fault.message}`)).toEqual([]);
      worst.push(tier.worst.ratio * mostRms);
    }
    if (isFull) console.log(`| ${_} | ${worst.map((ratio) => ratio.toFixed(2)).join(" | ")} |`);
    expect(Math.max(...worst)).toBeLessThan(1);
  });
});

describe("silent loss of precision", () => {
  const lengths = isFull ? [9, 576, 4608] : [9];
  const some = isFull ? operations : operations.slice(3, 4);
  const found = async (own: CandidateModule["operations"], operation: string, n: number) => {
    const { failures } = await run(own, operation, [n]);
    return { places: failures.map(({ fault }) => fault.where), causes: failures.map(({ causes }) => causes.map(({ variant }) => variant)) };
  };

  /** Of the outputs with n terms. */
  const rmsOf = async (own: CandidateModule["operations"], operation: string, n: number): Promise<number> => {
    const one = statisticsCases(operation, n, 1, float32)[0]!;
    const { outputs } = await moduleCandidate({ name: "measured", operations: own }).run({ ...one, cotangents: one.cotangents!, id: "1" });
    const { expected, unit } = yardstick(one, float32);
    const got = readAnswer(outputs!["output"]) as { readonly data: Float64Array };
    return statisticOf(got.data, raw(expected.outputs["output"]!), raw(unit.outputs["output"]!)).rms;
  };

  it.each(formats)("is seen and named: inputs and sums of %s", { timeout: 600_000 }, async (format) => {
    for (const operation of some) for (const n of lengths) {
      for (const [what, own] of [["inputs", roundedInputs(format)], ["sums", roundedSums(format)]] as const) {
        const { causes, places } = await found(own, operation, n);
        if (isFull) console.log(`| ${operation} | ${format} ${what} | ${n} | ${(await rmsOf(own, operation, n)).toPrecision(3)} | ${causes[places.indexOf("output")]!.join(", ")} |`);
        expect(places, `${operation} ${n} ${format} ${what}`).toContain("output");
        // Of a sum with one term, that is the same as an answer that is rounded.
        for (const named of causes) {
          const wanted = what === "inputs" ? [`${format} inputs`] : [`${format} sums`, `${format} answers`];
          if (format === "bfloat16") expect(named).toHaveLength(1);
          expect(named.some((name) => wanted.includes(name)), `${operation} ${n} ${format} ${what}: ${named.join(", ")}`).toBe(true);
        }
      }
    }
  });

  it("numbers that are cut off instead of rounded are seen from their bias or their size", { timeout: 600_000 }, async () => {
    for (const operation of isFull ? operations.filter((name) => name !== "averagePooling") : (["matrixProduct"] as const)) {
      const { failures } = await run(kernels({ sum: cutOff }), operation, isFull ? reductionLengths : [576]);
      expect(failures.flatMap(({ causes }) => causes.map(({ variant }) => variant))).toContain("cut off");
    }
  });
});
