/**
 * Variants of the fully connected layer and the matrix product.
 *
 * @module
 */
import { generate, map, reshape } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Tensors } from "../catalog/operation.ts";
import { answerOf, misread, referenceTo, stored, throughInput } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** The order of axes in which the last two are exchanged. */
const lastTwo = ({ shape }: Tensor): readonly number[] => shape.map((_, axis) => (axis < shape.length - 2 ? axis : 2 * shape.length - 3 - axis));

const columnsFirst = (tensor: Tensor): Tensor => stored(tensor, lastTwo(tensor));
const readColumnsFirst = (tensor: Tensor): Tensor => misread(tensor, lastTwo(tensor));

const swapped = (shape: Shape): Shape => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

/** Zeros but for the first matrix of a batch. */
const firstMatrix = (tensor: Tensor): Tensor => map(tensor, (value, position) => (position < sizeOf(tensor.shape.slice(-2)) ? value : 0));

/** One copy of a matrix for each pair. */
const repeated = ({ shape, values }: Tensor, batch: Shape): Tensor => generate([...batch, ...shape], (position) => values[position % values.length]!);

/** @internal */
export const linearVariants: readonly Variant[] = [
  {
    name: "weightReadInputsFirst",
    says: "the weight's values read as [in, out]",
    kind: "convention",
    source: "https://github.com/huggingface/transformers/issues/4514",
    operations: ["fullyConnected"],
    answer: throughInput("weight", readColumnsFirst, columnsFirst),
  },
  {
    name: "transposesIgnored",
    says: "the values of a transposed operand read as if it were not",
    kind: "mistake",
    source: "https://github.com/OpenNMT/CTranslate2/issues/1583",
    operations: ["matrixProduct"],
    answer: (operation, { inputs, options, cotangents }) => {
      const transposed = (name: string): boolean => options[name === "left" ? "transposeLeft" : "transposeRight"] === true;
      const read = (tensor: Tensor, name: string): Tensor => (transposed(name) ? reshape(tensor, swapped(tensor.shape)) : tensor);
      const { outputs, gradients } = answerOf(operation, mapNamed(inputs, read), { transposeLeft: false, transposeRight: false }, cotangents);
      return { outputs, gradients: mapNamed(gradients, (gradient, name) => reshape(gradient, inputs[name]!.shape)) };
    },
  },
  {
    name: "columnMajor",
    says: "all matrices read and written column by column",
    kind: "convention",
    source: "https://github.com/OpenMathLib/OpenBLAS/issues/302 (CblasColMajor)",
    operations: ["matrixProduct"],
    answer: (operation, { inputs, options, cotangents }) => {
      const { outputs, gradients } = answerOf(operation, mapNamed(inputs, readColumnsFirst), options, cotangents && mapNamed(cotangents, readColumnsFirst));
      return { outputs: mapNamed(outputs, columnsFirst), gradients: mapNamed(gradients, columnsFirst) };
    },
  },
  {
    name: "laterMatricesZero",
    says: "zeros for all but the first matrix of a batch",
    kind: "mistake",
    source: "https://github.com/numpy/numpy-quaddtype/issues/87",
    operations: ["matrixProduct"],
    answer: (operation, one) => {
      const { outputs, gradients } = referenceTo(operation, { ...one, ...(one.cotangents && { cotangents: mapNamed(one.cotangents, firstMatrix) }) });
      return { outputs: mapNamed(outputs, firstMatrix), gradients };
    },
  },
  {
    name: "gradientNotSummedOverBatch",
    says: "a gradient for each pair where one matrix serves them all, not their sum",
    kind: "mistake",
    source: "https://github.com/tensorflow/tfjs/issues/8721",
    operations: ["matrixProduct"],
    answer: (operation, one) => {
      const { outputs } = answerOf(operation, one.inputs, one.options, undefined);
      const batch = outputs["output"]!.shape.slice(0, -2);
      const apart: Tensors = mapNamed(one.inputs, (input) => (input.shape.length === 2 ? repeated(input, batch) : input));
      return { outputs, gradients: answerOf(operation, apart, one.options, one.cotangents).gradients };
    },
  },
];
