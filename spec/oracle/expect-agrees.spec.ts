import { describe, expect, it } from "vitest";
import { expectAgrees } from "../../src/oracle/expect-agrees.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { thrown } from "../support/thrown.ts";

const inputs = { input: tensor([[[1, 2, 3]]]), kernel: tensor([[[1, 10]]]) };
const outcome = (actual: unknown, against: Parameters<typeof expectAgrees>[4] = {}, options: object = {}): string =>
  thrown(() => expectAgrees(actual, "convolution", inputs, options as never, against)).split("\n")[0]!;
const cotangents = { output: tensor([[[1, 0]]]) };

describe("an answer held against the reference", () => {
  it("may be a tensor in any form, or outputs and gradients by name", () => {
    for (const answer of [tensor([[[21, 32]]]), { shape: [1, 1, 2], data: [21, 32] }, { shape: [1, 1, 2], values: [21, 32] }, { outputs: { output: tensor([[[21, 32]]]) } }]) {
      expect(outcome(answer)).toBe("nothing was thrown");
    }
    expect(outcome({ gradients: { kernel: tensor([[[1, 2]]]) } }, { cotangents })).toBe("nothing was thrown");
    expect(outcome(tensor([[[210, 32 * 10 - 288]]]), {}, { stride: 1 })).not.toBe("nothing was thrown");
  });

  it("throws with the worst element, its bound, the cause and the case", () => {
    expect(thrown(() => expectAgrees(tensor([[[12, 23]]]), "convolution", inputs)).split("\n")).toEqual([
      expect.stringMatching(/^Error: convolution: expected output (21|32) ± [\d.e-]+ at \[0, 0, [01]\], got (12|23)$/),
      "Likely cause: the answer equals the reference with the kernel flipped along its spatial axes (the convolution of mathematics instead of cross-correlation).",
      "with stride [1], padding [[0, 0]], dilation [1], groups 1",
      "  input   [1, 1, 3]  1 2 3",
      "  kernel  [1, 1, 2]  1 10",
    ]);
    expect(outcome({ gradients: { kernel: tensor([[[1, 3]]]) } }, { cotangents })).toMatch(/^Error: convolution: expected gradient of kernel 2 ± [\d.e-]+ at \[0, 0, 1\], got 3$/);
    expect(outcome(tensor([21, 32]))).toBe("Error: convolution: expected shape [1, 1, 2], got [2]");
  });

  it("is judged by the bound, or by a tolerance of one's own", () => {
    expect(outcome(tensor([[[21.00001, 32]]]))).toMatch(/^Error: convolution: expected output 21 /);
    expect(outcome(tensor([[[21.00001, 32]]]), { tolerance: 1e-4 })).toBe("nothing was thrown");
    expect(outcome(tensor([[[21.00001, 32]]]), { tolerance: 1e-6 })).toMatch(/^Error: convolution: expected output 21 ± 0.000001 /);
    expect(outcome(tensor([[[21.1, 32]]]), { precision: "bfloat16" })).toBe("nothing was thrown");
    expect(outcome({ shape: [1, 1, 2], data: [21 + 2e-7, 32] }, { precision: "float64" })).toMatch(/^Error/);
  });

  it("is judged by the class of the algorithm that made it", () => {
    const large = { input: tensor([[[1000, 1, 1000]]]), kernel: tensor([[[1, 1]]]) };
    const of = (middle: number, against: object): string => thrown(() => expectAgrees(tensor([[[1001, middle]]]), "convolution", large, {}, against)).split("\n")[0]!;
    const small = { input: tensor([[[1000, 1]]]), kernel: tensor([[[0, 1]]]) };
    const beside = (against: object): string => thrown(() => expectAgrees(tensor([[[1.0001]]]), "convolution", small, {}, against)).split("\n")[0]!;
    expect([beside({}), beside({ algorithm: "normwise" }), beside({ algorithm: { convolution: "normwise" } })])
      .toEqual([expect.stringMatching(/^Error: convolution: expected output 1 /), "nothing was thrown", "nothing was thrown"]);
    expect(beside({ algorithm: { matrixProduct: "normwise" } })).toMatch(/^Error: convolution: expected output 1 /);
    expect(of(1002, { algorithm: "normwise" })).toMatch(/^Error: convolution: expected output 1001 /);
    expect(beside({ algorithm: { lstm: "normwise" } })).toBe("RangeError: expectAgrees: expected algorithm only of convolution, transposedConvolution, fullyConnected, matrixProduct, got lstm");
    expect(beside({ precision: "float8" })).toMatch(/^RangeError: expectAgrees: expected precision float64, float32, /);
  });

  it("has no bound where an infinity or NaN is expected", () => {
    const of = (value: number): string => thrown(() => expectAgrees(tensor([1]), "relu", { input: tensor([value]) })).split("\n")[0]!;
    expect([of(Infinity), of(NaN)]).toEqual(["Error: relu: expected output Infinity at [0], got 1", "Error: relu: expected output NaN at [0], got 1"]);
    expect(of(2)).toMatch(/^Error: relu: expected output 2 ± \S+ at \[0\], got 1$/);
  });

  it("overflows where its precision does", () => {
    const product = (answer: number, precision: "float32" | "float16"): string =>
      thrown(() => expectAgrees(tensor([[answer]]), "matrixProduct", { left: tensor([[300]]), right: tensor([[300]]) }, {}, { precision })).split("\n")[0]!;
    expect(product(Infinity, "float16")).toBe("nothing was thrown");
    expect(product(-Infinity, "float16")).toMatch(/^Error/);
    expect(product(Infinity, "float32")).toMatch(/^Error/);
  });

  it("must hold something: nothing to compare is no agreement", () => {
    const nothing = "RangeError: expectAgrees: expected an answer of convolution to compare, got none";
    expect([undefined, null, { outputs: {} }, { gradients: {} }, { outputs: {}, skipped: "later" }].map((answer) => outcome(answer))).toEqual([nothing, nothing, nothing, nothing, nothing]);
    expect(outcome({ outputs: { output: tensor([[[21, 32]]]) }, gradients: { kernel: tensor([[[1, 2]]]) } }))
      .toBe("RangeError: expectAgrees: expected cotangents to hold gradients against, got none");
  });

  it("wants names of the catalog", () => {
    expect(outcome({ outputs: { result: tensor([[[21, 32]]]) } })).toBe("Error: convolution: expected only output, got result");
    expect(thrown(() => expectAgrees(tensor([1]), "relu", { x: tensor([1]) }))).toBe("RangeError: relu: expected only the inputs input, got x");
    expect(thrown(() => expectAgrees(tensor([1]), "rely", {}))).toMatch(/^RangeError: etalon: expected an operation of the catalog/);
  });
});

it("what an answer is held against is checked: unknown names, options of another operation, a negative tolerance", () => {
  const held = (options: object, against: object) => () => expectAgrees(tensor([1, 2]), "relu", { input: tensor([1, 2]) }, options as never, against);
  expect(held({}, { tol: 1 })).toThrow("expectAgrees: expected only cotangents, precision, algorithm, tolerance, got tol");
  expect(held({}, { tolerance: -1 })).toThrow("expectAgrees: expected tolerance as a number from 0 up, got -1");
  expect(held({ alpha: 1 }, {})).toThrow("relu: expected only the options (none), got alpha");
  expect(held({}, { tolerance: 0 })).not.toThrow();
});
