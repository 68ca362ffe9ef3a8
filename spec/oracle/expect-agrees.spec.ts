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
