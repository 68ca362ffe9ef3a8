/**
 * The matrix product in the catalog.
 *
 * @module
 */
import { matrixProduct, matrixProductBackward } from "../../tensor/matrix-product.ts";
import type { MatrixProductOptions } from "../../tensor/matrix-product.ts";
import { radiusOfSums, termsOfProducts } from "../error-bound.ts";
import { caseSpace } from "./operation.ts";
import type { Operation, Options, Tensors } from "./operation.ts";

const forward = ({ left, right }: Tensors, options: Options): Tensors => ({
  output: matrixProduct(left!, right!, options as MatrixProductOptions),
});

const backward = ({ left, right }: Tensors, options: Options, cotangents: Tensors): Tensors =>
  matrixProductBackward(left!, right!, cotangents["output"]!, options as MatrixProductOptions);

const terms = termsOfProducts(forward, backward);

/** The catalog's entry for the matrix product. @internal */
export const matrixProductEntry: Operation = {
  name: "matrixProduct",
  summary: "rows times columns, for one or many pairs of matrices",
  inputs: [
    { name: "left", axes: "[…, m, k]", optional: false, differentiable: true },
    { name: "right", axes: "[…, k, n]", optional: false, differentiable: true },
  ],
  outputs: [{ name: "output", axes: "[…, m, n]", cotangent: true }],
  options: { transposeLeft: "left is stored as […, k, m], default false", transposeRight: "right is stored as […, n, k], default false" },
  exact: true,
  scaled: false,
  complete: (_, { transposeLeft = false, transposeRight = false }) => ({ transposeLeft, transposeRight }),
  forward,
  backward,
  terms,
  radius: radiusOfSums(terms, { outputs: 0, gradients: 0 }),
  space: caseSpace({
    fields: { m: [1, 6], k: [1, 7], n: [1, 6], transposes: [0, 3], leading: [0, 3], outer: [1, 3], inner: [0, 2] },
    build: ({ m, k, n, transposes, leading, outer, inner }) => {
      const [transposeLeft, transposeRight] = [transposes % 2 === 1, transposes >= 2];
      const axes = inner === 0 ? [outer] : [outer, inner];
      const [leftBatch, rightBatch] = [leading === 1 || leading === 3, leading >= 2].map((present) => (present ? axes : []));
      return {
        inputs: {
          left: { shape: [...leftBatch!, ...(transposeLeft ? [k, m] : [m, k])] },
          right: { shape: [...rightBatch!, ...(transposeRight ? [n, k] : [k, n])] },
        },
        options: { transposeLeft, transposeRight },
      };
    },
  }),
};
