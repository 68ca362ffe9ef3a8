import { describe, expect, it } from "vitest";
import { matrixProductEntry } from "../../../src/oracle/catalog/matrix-product.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

describe("the matrix product in the catalog", () => {
  it("counts the inner size, in the gradient of a shared side once for each pair", () => {
    const inputs = { left: tensor([[[1, -2]], [[3, 4]]]), right: tensor([[1], [-1]]) };
    const { outputs, gradients } = matrixProductEntry.terms!(inputs, {}, { output: tensor([[[1]], [[-2]]]) });
    expect(outputs["output"]!.count.values).toEqual([2, 2]);
    expect(outputs["output"]!.sum.values).toEqual([3, 7]);
    expect(gradients["right"]!.count.values).toEqual([2, 2]);
    expect(gradients["right"]!.sum.values).toEqual([7, 10]);
    expect(gradients["left"]!.count.values).toEqual([1, 1, 1, 1]);
  });

  it("is drawn in all four orientations, with leading axes on either side, on both and on none", () => {
    const found = shares(drawn("matrixProduct", "structure", 300), {
      "neither transposed": ({ options }) => options["transposeLeft"] === false && options["transposeRight"] === false,
      "left transposed": ({ options }) => options["transposeLeft"] === true && options["transposeRight"] === false,
      "right transposed": ({ options }) => options["transposeLeft"] === false && options["transposeRight"] === true,
      "both transposed": ({ options }) => options["transposeLeft"] === true && options["transposeRight"] === true,
      "leading axes left": ({ inputs }) => inputs["left"]!.shape.length > 2 && inputs["right"]!.shape.length === 2,
      "leading axes right": ({ inputs }) => inputs["left"]!.shape.length === 2 && inputs["right"]!.shape.length > 2,
      "leading axes on both": ({ inputs }) => inputs["left"]!.shape.length > 2 && inputs["right"]!.shape.length > 2,
      "one leading axis": ({ inputs }) => inputs["left"]!.shape.length === 3 || inputs["right"]!.shape.length === 3,
      "one pair": ({ inputs }) => inputs["left"]!.shape.length === 2 && inputs["right"]!.shape.length === 2,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.15), JSON.stringify(found)).toEqual([]);
  });
});
