import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { encodeRequest } from "../../src/oracle/protocol.ts";
import { answerLine } from "../../src/oracle/service.ts";
import { requestOf } from "../../src/oracle/question.ts";
import { reference } from "../../src/oracle/case.ts";
import { declaredPrecision } from "../../src/oracle/precision.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { runs } from "../support/runs.ts";
import { drawn, tiersOf } from "./support.ts";

const ask = (message: unknown): Record<string, any> => JSON.parse(answerLine(JSON.stringify(message), "1.2.3")!.line);
const relu = { command: "run", id: 1, operation: "relu", inputs: { input: { shape: [2], values: [-1, 2] } } };
const error = (change: object): string => ask({ ...relu, ...change })["error"];

describe("the service", () => {
  it("introduces itself", () => {
    expect(ask({ command: "start", version: 1 })).toEqual({
      version: 1, name: "etalon", language: "typescript", release: "1.2.3", precision: "float32", operations: catalog.map(({ name }) => name),
    });
    expect(ask({ command: "start", version: 2 })).toEqual({ id: null, error: "start: expected version 1, got 2" });
    expect(ask({ command: "start" })["error"]).toBe("start: expected version 1, got undefined");
  });

  it("answers with outputs, gradients and the radius of each", () => {
    expect(ask({ ...relu, cotangents: { output: { shape: [2], values: [5, 7] } } })).toEqual({
      id: 1, outputs: { output: { shape: [2], values: [0, 2] } }, gradients: { input: { shape: [2], values: [0, 7] } },
      radius: { outputs: { output: { shape: [2], values: [0, 0] } }, gradients: { input: { shape: [2], values: [0, 0] } } },
    });
    expect(ask({ ...relu, radius: false })).toEqual({ id: 1, outputs: { output: { shape: [2], values: [0, 2] } }, gradients: {} });
  });

  it("stops when told, says nothing to a blank line, and ignores what it does not know", () => {
    expect(answerLine('{"command":"stop"}')).toEqual({ line: "", stop: true });
    expect(["", "  ", "\t"].map((line) => answerLine(line))).toEqual([undefined, undefined, undefined]);
    expect(ask({ ...relu, radius: false, comment: "hello", failure: "x" })["outputs"]).toBeDefined();
  });

  it("echoes ids as they came", () => {
    for (const id of ["a", 7, 1.5, null, true, ["x", 1], { run: 3 }, "", 0]) expect(ask({ ...relu, id })["id"]).toEqual(id);
    expect(ask({ command: "run", operation: "relu", inputs: {} })["id"]).toBe(null);
    expect(ask({ command: "jump", id: 9 })).toEqual({ id: 9, error: 'etalon: expected command start, run or stop, got "jump"' });
  });

  it("takes every spelling of the options, and defaults", () => {
    const convolution = (options?: object) => ask({
      command: "run", id: 1, operation: "convolution", radius: false, options,
      inputs: { input: { shape: [1, 1, 4], values: [1, 2, 3, 4] }, kernel: { shape: [1, 1, 3], values: [1, 10, 100] } },
    })["outputs"]["output"];
    expect(convolution()).toEqual({ shape: [1, 1, 2], values: [321, 432] });
    expect(convolution({ padding: "same" })).toEqual(convolution({ padding: [[1, 1]], stride: [1], dilation: [1], groups: 1 }));
    expect(convolution({ padding: 1, stride: 2 })).toEqual({ shape: [1, 1, 2], values: [210, 432] });
  });

  it("counts a cotangent that is missing as zero", () => {
    expect(ask({ ...relu, cotangents: {} })["gradients"]).toEqual({ input: { shape: [2], values: [0, 0] } });
  });

  it("rounds inputs and answers to float32, unless float64 is asked for", () => {
    const product = { command: "run", id: 1, operation: "matrixProduct", inputs: { left: { shape: [1, 1], values: [0.1] }, right: { shape: [1, 1], values: [0.3] } } };
    const value = (precision?: string): number => ask({ ...product, precision })["outputs"]["output"]["values"][0];
    expect(value()).toBe(Math.fround(Math.fround(0.1) * Math.fround(0.3)));
    expect(value("float64")).toBe(0.1 * 0.3);
    expect(value("float64")).not.toBe(value());
    const radius = (precision: string): number => ask({ ...product, precision })["radius"]["outputs"]["output"]["values"][0];
    expect(radius("float64")).toBeLessThan(1e-17);
    expect(radius("bfloat16")).toBeGreaterThan(1e-4);
  });

  it("gives the radius of the algorithm class that is asked for, and the same answers", () => {
    const product = {
      command: "run", id: 1, operation: "matrixProduct", cotangents: { output: { shape: [2, 1], values: [1, 1] } },
      inputs: { left: { shape: [2, 2], values: [300, 400, 0, 1] }, right: { shape: [2, 1], values: [1, 2] } },
    };
    const asked = (algorithm?: unknown) => ask({ ...product, algorithm });
    const [own, largest] = [asked(), asked("normwise")];
    expect(largest).toMatchObject({ outputs: own["outputs"], gradients: own["gradients"] });
    const { inputs, cotangents } = { inputs: { left: tensor([[300, 400], [0, 1]]), right: tensor([[1], [2]]) }, cotangents: { output: tensor([[1], [1]]) } };
    const { radius } = reference("matrixProduct", inputs, {}, cotangents, declaredPrecision("mine", { algorithm: "normwise" }));
    expect(largest["radius"]["outputs"]["output"]["values"]).toEqual(radius.outputs["output"]!.values);
    expect(largest["radius"]["gradients"]["right"]["values"]).toEqual(radius.gradients["right"]!.values);
    expect(largest["radius"]["outputs"]["output"]["values"][1]).toBeGreaterThan(100 * own["radius"]["outputs"]["output"]["values"][1]);
    expect(asked({ matrixProduct: "normwise" })).toEqual(largest);
    expect([asked("componentwise"), asked({ convolution: "normwise" }), asked({ matrixProduct: "componentwise" })]).toEqual([own, own, own]);
    expect(ask({ ...relu, algorithm: "normwise" })).toEqual(ask(relu));
    expect(error({ algorithm: "fast" })).toBe('run: expected algorithm componentwise, normwise, got "fast"');
    expect(error({ algorithm: { lstm: "normwise" } })).toBe("run: expected algorithm only of convolution, transposedConvolution, fullyConnected, matrixProduct, got lstm");
  });

  it("adds its own rounding to the radius, so that any correct implementation lies within it", () => {
    const left = { shape: [1, 1], values: [0.1] };
    const { outputs, radius } = ask({ command: "run", id: 1, operation: "matrixProduct", inputs: { left, right: left } });
    const exact = Math.fround(0.1) ** 2;
    const [value, allowed] = [outputs["output"]["values"][0], radius["outputs"]["output"]["values"][0]];
    expect(allowed - Math.abs(value - exact)).toBeGreaterThanOrEqual(exact * 2 ** -24);
  });

  it("has special numbers as words, both ways, with a radius of 0 where the value is not finite", () => {
    const values = ["NaN", "Infinity", "-Infinity", "-0", 1];
    const { outputs, radius } = ask({ ...relu, inputs: { input: { shape: [5], values } } });
    expect(outputs["output"]["values"]).toEqual(["NaN", "Infinity", 0, 0, 1]);
    expect(radius["outputs"]["output"]["values"]).toEqual([0, 0, 0, 0, 0]);
    const descent = ask({ command: "run", id: 1, operation: "gradientDescent", options: { rate: 1 }, inputs: { "params.w": { shape: [2], values: [1, 1] }, "gradients.1.w": { shape: [2], values: ["-Infinity", 1] } } });
    expect([descent["outputs"]["params.1.w"]["values"], descent["radius"]["outputs"]["params.1.w"]["values"][0]]).toEqual([["Infinity", 0], 0]);
  });

  it("gives positions no radius: they are exact", () => {
    const pooled = ask({ command: "run", id: 1, operation: "maxPooling", options: { window: 2 }, inputs: { input: { shape: [1, 1, 4], values: [1, 5, 7, 2] } } });
    expect(pooled["outputs"]["indices"]["values"]).toEqual([1, 2]);
    expect(Object.keys(pooled["radius"]["outputs"])).toEqual(["output"]);
  });
});

describe("every answer to a case of the catalog", () => {
  it.each(catalog.map(({ name }) => name))("has finite radii of at least 0, and the reference's values: %s", (name) => {
    const operation = catalog.find((entry) => entry.name === name)!;
    for (const tier of tiersOf(operation)) {
      for (const one of drawn(name, tier, runs(8), 51)) {
        const { outputs, radius, error: refusal } = ask(encodeRequest(requestOf(one, "a")));
        expect(refusal).toBeUndefined();
        const { expected } = reference(name, one.inputs, one.options, one.cotangents);
        for (const [output, tensor] of Object.entries(expected.outputs)) {
          expect(outputs[output].values).toEqual(tensor.values.map(Math.fround).map((value) => (!Number.isFinite(value) ? String(value) : Object.is(value, -0) ? "-0" : value)));
        }
        const radii = [...Object.values(radius["outputs"]), ...Object.values(radius["gradients"])].flatMap((each) => (each as { readonly values: number[] }).values);
        expect(radii.filter((value) => !(typeof value === "number" && value >= 0))).toEqual([]);
      }
    }
  });

  it("stays finite where logits are masked, weights negative, and sums beyond float32", () => {
    const radii = (request: object): unknown[] => {
      const { radius, error: refusal } = ask({ command: "run", id: 1, ...request });
      expect(refusal).toBeUndefined();
      return [...Object.values(radius["outputs"]), ...Object.values(radius["gradients"])].flatMap((each) => (each as { readonly values: unknown[] }).values);
    };
    const masked = { operation: "crossEntropy", cotangents: { output: { shape: [], values: [1] } }, inputs: { input: { shape: [1, 3], values: [1, "-Infinity", 2] }, target: { shape: [1], values: [0] } } };
    const huge = { operation: "matrixProduct", precision: "bfloat16", inputs: { left: { shape: [1, 300], values: Array.from({ length: 300 }, () => 3e38) }, right: { shape: [300, 1], values: Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 3e38 : -3e38)) } } };
    const zeros = { ...huge, inputs: { ...huge.inputs, right: { shape: [300, 1], values: Array.from({ length: 300 }, () => 0) } } };
    for (const each of [masked, huge, zeros].flatMap(radii)) expect(typeof each === "number" && each >= 0, `${each}`).toBe(true);
  });
});

describe("a line that is of no use", () => {
  it("gets an error, whatever it is", () => {
    expect(JSON.parse(answerLine("{oops")!.line)).toMatchObject({ id: null, error: expect.stringMatching(/^expected one JSON object a line, got text that is none: /) });
    expect(JSON.parse(answerLine("[1]")!.line)).toEqual({ id: null, error: "expected one JSON object a line, got [1]" });
    expect(JSON.parse(answerLine("null")!.line)).toEqual({ id: null, error: "expected one JSON object a line, got null" });
  });

  it.each([
    [{ operation: 3 }, "run: expected operation as a string, got 3"],
    [{ operation: "nothing" }, `etalon: expected an operation of the catalog (${catalog.map(({ name }) => name).join(", ")}), got "nothing"`],
    [{ operation: "constructor" }, `etalon: expected an operation of the catalog (${catalog.map(({ name }) => name).join(", ")}), got "constructor"`],
    [{ precision: "float8" }, 'run: expected precision float64, float32, tf32, bfloat16, float16, got "float8"'],
    [{ precision: null }, "run: expected precision float64, float32, tf32, bfloat16, float16, got null"],
    [{ radius: "no" }, 'run: expected radius true or false, got "no"'],
    [{ inputs: [] }, "relu: expected inputs as an object of tensors, got []"],
    [{ inputs: undefined }, "relu: expected inputs as an object of tensors, got undefined"],
    [{ inputs: {} }, "relu: expected the input input, got none of that name"],
    [{ inputs: { ...relu.inputs, bias: { shape: [1], values: [1] } } }, "relu: expected only the inputs input, got bias"],
    [{ inputs: { input: { shape: [3], values: [1] } } }, "relu: input: expected 3 values for shape [3], got 1"],
    [{ inputs: { input: { shape: [1], values: [null] } } }, "relu: input: expected values that are numbers, got null at position 0"],
    [{ inputs: { input: 7 } }, 'relu: input: expected a tensor { "shape", "values" }, got 7'],
    [{ options: [] }, "relu: expected options as an object, got []"],
    [{ options: { slope: 1 } }, "relu: expected only the options (none), got slope"],
    [{ cotangents: { indices: { shape: [], values: [1] } } }, "relu: expected only cotangents of output, got indices"],
    [{ cotangents: 5 }, "relu: expected cotangents as an object of tensors, got 5"],
    [{ cotangents: { output: { shape: [3], values: [1, 2, 3] } } }, "reluBackward: expected dOutput of shape [2], got [3]"],
  ])("is told what is wrong: %j", (change, message) => {
    expect(error(change)).toBe(message);
  });

  it("gets an error even where it nests deeper than it can be written", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    for (const line of [deep, `{"id":${deep},"command":"run"}`, `{"id":1,"command":"run","operation":${deep}}`, `{"id":1,"command":"run","operation":"relu","inputs":${deep}}`,
      `{"id":1,"command":"run","operation":"relu","inputs":{"input":{"shape":[1],"values":[1]}},"options":{"a":${deep}}}`]) {
      expect(JSON.parse(answerLine(line)!.line)["error"]).toBeTypeOf("string");
    }
  });

  it("cannot be asked for all memory by a short line", () => {
    const input = { shape: [1, 1, 3], values: [1, 2, 3] };
    const huge = (operation: string, options: object): string => ask({ command: "run", id: 1, operation, options, inputs: { input, ...(operation === "convolution" ? { kernel: { shape: [1, 1, 1], values: [1] } } : {}) } })["error"];
    expect(huge("convolution", { padding: 2 ** 24 })).toBe("convolution: expected an input of at most 16777216 numbers with its padding, got 33554435");
    expect(huge("maxPooling", { window: 2 ** 31, padding: 2 ** 30, stride: 1 })).toMatch(/^maxPooling: expected an input of at most 16777216 numbers/);
    expect(huge("averagePooling", { window: 2 ** 31 })).toMatch(/^averagePooling: expected a window of at most 3 cells/);
    expect(huge("convolution", { padding: 1e308 })).toBeTypeOf("string");
    expect(huge("convolution", { padding: 1000 })).toBeUndefined();
    expect(huge("adaptiveMaxPooling", { outputSize: 2 ** 24 + 1 })).toBe("adaptiveMaxPooling: expected an output of at most 16777216 numbers, got 16777217");
    expect(huge("adaptiveAveragePooling", { outputSize: 2 ** 53 })).toMatch(/^adaptiveAveragePooling: expected an output of at most 16777216 numbers/);
    expect(huge("adaptiveAveragePooling", { outputSize: 1000 })).toBeUndefined();
  });

  const value = fc.oneof(fc.jsonValue(), fc.constantFrom("NaN", "-0", "Infinity", -0, 1e308, -1, 0.5, 2 ** 31, 2 ** 53, "same", [[1, 1]], { shape: [1], values: [1] }, { shape: [1, 1, 3], values: [1, 2, "NaN"] }, { shape: [-1], values: [] }, { shape: [2, 0], values: [] }));
  const answered = (line: string): void => {
    const answer = answerLine(line);
    if (answer === undefined || answer.stop) {
      expect(answer === undefined ? line.trim() : JSON.parse(line)["command"]).toBe(answer === undefined ? "" : "stop");
      return;
    }
    expect(answer.line).not.toContain("\n");
    const { error: refusal, outputs, version } = JSON.parse(answer.line) as Record<string, unknown>;
    expect([typeof refusal === "string", typeof outputs === "object", version === 1]).toContain(true);
  };

  it("never makes the service throw: arbitrary text, truncated requests", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: "grapheme" })), answered), { numRuns: runs(150) });
    const whole = JSON.stringify(relu);
    for (let length = 1; length < whole.length; length++) answered(whole.slice(0, length));
  });

  it("never makes the service throw: wrong types in every field of valid requests", () => {
    const requests = catalog.flatMap((operation) => drawn(operation.name, tiersOf(operation)[0]!, 3).map((one) => JSON.parse(JSON.stringify(encodeRequest(requestOf(one, "a")))) as object));
    const places = (node: unknown, path: readonly string[] = []): (readonly string[])[] =>
      typeof node === "object" && node !== null ? [...(path.length > 0 ? [path] : []), ...Object.entries(node).flatMap(([name, part]) => places(part, [...path, name]))] : [path];
    const put = (node: unknown, [name, ...rest]: readonly string[], change: unknown): unknown =>
      name === undefined ? change : Array.isArray(node) ? node.with(Number(name), put(node[Number(name)], rest, change)) : { ...(node as object), [name]: put((node as Record<string, unknown>)[name], rest, change) };
    const spoiled = fc.constantFrom(...requests).chain((request) => fc.tuple(fc.constant(request), fc.constantFrom(...places(request)), value));
    fc.assert(fc.property(spoiled, ([request, place, change]) => answered(JSON.stringify(put(request, place, change)))), { numRuns: runs(150) });
  });
});
