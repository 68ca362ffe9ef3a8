import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fromKeras, fromOnnx, fromPyTorch, fromTensorFlow1, toKeras, toOnnx, toPyTorch, toTensorFlow1 } from "../../src/rnn/index.ts";
import type { CellParams, OnnxWeights } from "../../src/rnn/index.ts";
import { toSteps } from "../../src/tensor/layout.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { leavesOf } from "../../src/tensor/tree.ts";
import { atLength } from "../support/runs.ts";
import { answerOf, definitionOf, distance, read, readAll, recorded } from "./frameworks.ts";
import type { Answered, Layers } from "./frameworks.ts";

/** All frameworks but one answered in double; ONNX Runtime sums a few terms in float32, over four steps. */
const [double, single] = [1e-14, 1e-6];

/** What is not worth all cases in a short run is done with each third of them. */
const some = (sample: readonly Answered[]): readonly Answered[] => sample.filter((_, i) => atLength || Math.floor(i / 3) % 3 === 0);

/** Looking for PyTorch takes seconds. */
const python = atLength ? (await import("../pytorch/pytorch.ts")).findPython() : undefined;

/** PyTorch resets the candidate of its GRU after the product. */
const pyTorchCase = (one: Answered): Answered => (one.cell === "gru" ? { ...one, options: { resetAfter: true } } : one);

const pyTorchParams = ({ cell, layers = 1, weights }: Answered): Layers => {
  const both = Object.keys(weights).some((name) => name.endsWith("_reverse"));
  const tensors = readAll(weights);
  return Array.from({ length: layers }, (_, layer) => [
    fromPyTorch(cell, tensors, { suffix: `_l${layer}` }), ...(both ? [fromPyTorch(cell, tensors, { suffix: `_l${layer}_reverse` })] : []),
  ]);
};

const tensorFlowParams = ({ framework, cell, weights, forgetBias }: Answered): Layers => {
  const tensors = readAll(weights);
  if (framework === "Keras") return [[fromKeras(cell, tensors as never)]];
  return [[fromTensorFlow1(cell, tensors, cell === "lstm" ? { forgetBias: forgetBias! } : {})]];
};

const onnxParams = ({ cell, weights, options }: Answered): Layers => {
  const attributes = { ...(cell === "gru" && { resetAfter: options.resetAfter! }), ...(cell === "lstm" && { coupled: options.coupled! }) };
  return [fromOnnx(cell, readAll(weights) as OnnxWeights, attributes)];
};

/** ONNX has its directions apart, `[T, D, N, H]`: side by side they are the output here. */
const onnxCase = (one: Answered): Answered => {
  const steps = toSteps(read(one.output)).map((step) => {
    const [directions, samples, units] = step.shape as [number, number, number];
    return Array.from({ length: samples * directions * units }, (_, i) => {
      const [n, d, j] = [Math.floor(i / (directions * units)), Math.floor(i / units) % directions, i % units];
      return step.values[(d * samples + n) * units + j]!;
    });
  });
  return { ...one, output: { shape: [], values: steps.flat() } };
};

const files: readonly {
  readonly file: string; readonly of: string; readonly params: (one: Answered) => Layers; readonly tolerance: number;
  readonly prepare: (one: Answered) => Answered; readonly count: number;
}[] = [
  { file: "pytorch.jsonl", of: "PyTorch 1.13", params: pyTorchParams, tolerance: double, prepare: pyTorchCase, count: 30 },
  { file: "tensorflow.jsonl", of: "Keras 3.15 and the cells of TensorFlow 1", params: tensorFlowParams, tolerance: double, prepare: (one) => one, count: 60 },
  { file: "onnxruntime.jsonl", of: "ONNX Runtime 1.30", params: onnxParams, tolerance: single, prepare: onnxCase, count: 90 },
];

for (const { file, of, params, tolerance, prepare, count } of files) describe(`parameters of ${of}, recorded`, () => {
  const sample = recorded(file).map(prepare);

  it("give its outputs and its last states", () => {
    const worst = Math.max(...sample.map((one) => distance(answerOf(one, params(one)), one)));
    console.info(`${of}: ${sample.length} cases, worst distance ${worst.toExponential(1)}`);
    expect(sample.length).toBe(count);
    expect(worst).toBeLessThanOrEqual(tolerance);
  });

  it("give them by the definitions, too", () => {
    const single = some(sample).filter(({ layers = 1 }) => layers === 1);
    expect(single.length).toBeGreaterThan(3);
    expect(Math.max(...single.map((one) => distance(definitionOf(one, params(one)), one)))).toBeLessThanOrEqual(tolerance);
  });

  it("do not, where two gates of the order are exchanged", () => {
    const gated = some(sample).filter(({ cell }) => cell !== "simpleRnn");
    const exchanged = (layers: Layers): Layers => layers.map((each) => each.map((one) => {
      const gates = one as Record<string, unknown>;
      const [first, second] = "update" in gates ? ["update", "reset"] : ["input", "output"];
      return { ...gates, [first]: gates[second], [second]: gates[first] };
    }));
    const noticed = gated.filter((one) => distance(answerOf(one, exchanged(params(one))), one) > tolerance);
    expect(noticed.length).toBeGreaterThan(0.8 * gated.length);
  });
});

describe("what was recorded covers", () => {
  const has = (file: string, features: Readonly<Record<string, (one: Answered) => boolean>>): void => {
    const sample = recorded(file);
    const missing = Object.entries(features).filter(([, feature]) => sample.filter(feature).length < 3).map(([name]) => name);
    expect(missing).toEqual([]);
  };

  it("of PyTorch: layers, directions, cells with and without biases", () => {
    has("pytorch.jsonl", {
      rnn: ({ cell }) => cell === "simpleRnn", lstm: ({ cell }) => cell === "lstm", gru: ({ cell }) => cell === "gru",
      layers: ({ layers }) => layers === 2,
      backward: ({ weights }) => "weight_ih_l0_reverse" in weights, biases: ({ weights }) => "bias_hh_l0" in weights,
      bare: ({ weights }) => !("bias_hh_l0" in weights),
      "unequal sizes": ({ weights }) => new Set(weights["weight_ih_l0"]!.shape).size === 2 && weights["weight_hh_l0"]!.shape[1]! > 1,
    });
  });

  it("of Keras and TensorFlow 1: both resets, peepholes, the bias of the forget gate", () => {
    has("tensorflow.jsonl", {
      "reset after": ({ options }) => options.resetAfter === true,
      "reset before": ({ options, framework }) => framework === "Keras" && options.resetAfter === false,
      peepholes: ({ weights }) => "w_i_diag" in weights,
      "no peepholes": ({ weights, cell, framework }) => cell === "lstm" && framework === "TensorFlow 1" && !("w_i_diag" in weights),
      "forget bias": ({ forgetBias, cell }) => cell === "lstm" && (forgetBias ?? 0) > 0, gru: ({ weights }) => "gates/kernel" in weights,
      "basic cell": ({ cell, framework }) => cell === "simpleRnn" && framework === "TensorFlow 1",
      bare: ({ weights, framework }) => framework === "Keras" && !("bias" in weights),
    });
  });

  it("of ONNX Runtime: what PyTorch lacks", () => {
    has("onnxruntime.jsonl", {
      peepholes: ({ weights }) => "P" in weights, coupled: ({ options }) => options.coupled === true,
      clip: ({ options }) => options.clip !== undefined,
      "linear before reset": ({ options }) => options.resetAfter === true, "reset before": ({ options }) => options.resetAfter === false,
      reverse: ({ direction }) => direction === "reverse", both: ({ direction }) => direction === "bidirectional",
      lengths: ({ lengths }) => lengths !== undefined,
      "a length of 0": ({ lengths }) => lengths?.includes(0) === true,
      "lengths backwards": ({ lengths, direction }) => new Set(lengths).size > 1 && direction !== "forward",
      hardSigmoid: ({ options }) => options.gateActivation === "hardSigmoid",
      relu: ({ options }) => options.candidateActivation === "relu" || options.activation === "relu",
      identity: ({ options }) => options.activation === "identity", "initial states": ({ initial }) => initial !== undefined,
      "peepholes and lengths": ({ weights, lengths }) => "P" in weights && lengths !== undefined,
      "coupled peepholes": ({ weights, options }) => "P" in weights && options.coupled === true,
    });
  });
});

describe("parameters on the way back", () => {
  it("to PyTorch: only the two biases of a gate have become one", () => {
    for (const one of some(recorded("pytorch.jsonl"))) {
      const suffixes = Object.keys(one.weights).flatMap((name) => (name.startsWith("weight_ih") ? [name.slice("weight_ih".length) as "_l0"] : []));
      for (const suffix of suffixes) {
        const back = toPyTorch(one.cell, fromPyTorch(one.cell, readAll(one.weights), { suffix }), { suffix });
        const [ih, hh, bih, bhh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => one.weights[name + suffix]);
        expect(Object.keys(back).length).toBe(bih === undefined ? 2 : 4);
        expect([back[`weight_ih${suffix}`]!.values, back[`weight_hh${suffix}`]!.values]).toEqual([ih!.values, hh!.values]);
        if (bih && bhh) expect(sums(back[`bias_ih${suffix}`]!.values, back[`bias_hh${suffix}`]!.values)).toEqual(sums(bih.values, bhh.values));
      }
    }
  });

  it("to Keras: the same again, but for the two rows of a bias", () => {
    for (const one of recorded("tensorflow.jsonl").filter(({ framework }) => framework === "Keras")) {
      const resetAfter = one.options.resetAfter === true;
      const back = toKeras(one.cell, fromKeras(one.cell, readAll(one.weights) as never), one.cell === "gru" ? { resetAfter } : {});
      const { bias, ...matrices } = one.weights;
      expect(leavesOf({ kernel: back.kernel, recurrent_kernel: back.recurrent_kernel })).toEqual(leavesOf(readAll(matrices)));
      expect(back.bias?.shape).toEqual(bias?.shape);
      const rowSums = (values: readonly number[]): readonly number[] => (resetAfter ? sums(...halves(values)) : values);
      if (back.bias && bias) expect(rowSums(back.bias.values)).toEqual(rowSums(bias.values));
    }
  });

  it("to TensorFlow 1: the very same", () => {
    for (const one of recorded("tensorflow.jsonl").filter(({ framework }) => framework === "TensorFlow 1")) {
      const options = one.cell === "lstm" ? { forgetBias: one.forgetBias! } : {};
      const back = toTensorFlow1(one.cell, fromTensorFlow1(one.cell, readAll(one.weights), options), options);
      expect(Object.entries(back).sort()).toEqual(Object.entries(readAll(one.weights)).sort());
    }
  });

  it("to ONNX: only the two biases of a gate have become one, and a coupled cell has nothing for its forget gate", () => {
    for (const one of some(recorded("onnxruntime.jsonl"))) {
      const params = onnxParams(one)[0] as readonly [CellParams[typeof one.cell]];
      const back = toOnnx(one.cell, params);
      expect(Object.keys(back)).toEqual(Object.keys(one.weights));
      const written = Object.fromEntries(Object.entries(back).map(([name, { shape, values }]) => [name, { shape, values }]));
      expect(onnxParams({ ...one, weights: written })[0]).toEqual(params);
      if (one.options.coupled === true) continue;
      expect([back.W, back.R, back.P]).toEqual([read(one.weights["W"]!), read(one.weights["R"]!), one.weights["P"] && read(one.weights["P"])]);
      const biasSums = (both: Tensor): unknown => toSteps(both).map(({ values }) => sums(...halves(values)));
      if (back.B) expect(biasSums(back.B)).toEqual(biasSums(read(one.weights["B"]!)));
    }
  });
});

const sums = (first: readonly number[], second: readonly number[]): readonly number[] => first.map((value, i) => value + second[i]!);

const halves = (values: readonly number[]): readonly [readonly number[], readonly number[]] =>
  [values.slice(0, values.length / 2), values.slice(values.length / 2)];

describe.runIf(python !== undefined)("PyTorch, asked now (where it is installed)", () => {
  it("gives the same for 300 networks more", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const script = fileURLToPath(new URL("record-pytorch.py", import.meta.url));
    const { stdout } = spawnSync(python!, [script, "300", String(seed)], { encoding: "utf8", maxBuffer: 2 ** 26 });
    const answered = stdout.trim().split("\n").map((line) => pyTorchCase(JSON.parse(line) as Answered));
    expect(answered.length).toBe(300);
    expect(Math.max(...answered.map((one) => distance(answerOf(one, pyTorchParams(one)), one))), `seed ${seed}`).toBeLessThanOrEqual(double);
  });
});
