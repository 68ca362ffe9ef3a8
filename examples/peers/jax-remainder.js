/**
 * jax-js as in jax.js, with all that `known` describes set aside: the rest should agree.
 *
 *     node ../../dist/cli/etalon.js verify jax-remainder.js
 */
import jax from "./jax.js";
import { remainder } from "./known.js";

const extentOf = ({ kernel }, { dilation }) => kernel.shape.slice(2).map((taps, axis) => (taps - 1) * dilation[axis] + 1);
const isEmpty = (inputs) => Object.values(inputs).some(({ shape }) => shape.includes(0));
const convolutions = ["convolution", "transposedConvolution"];

/** The disagreements of jax-js 0.1.25, each as the condition under which it shows. @type {readonly import("./known.js").Known[]} */
export const known = [
  {
    name: "matmul lays out the products of a matrix with many others wrongly",
    operations: ["matrixProduct"],
    part: "answer",
    applies: ({ left, right }) => left.shape.length !== right.shape.length,
  },
  {
    name: "the logarithm is right to six digits",
    operations: ["softplus", "logSoftmax"],
    part: "answer",
    applies: () => true,
  },
  {
    name: "tanh is the quotient of two differences, which near zero has nothing of the digits left",
    operations: ["tanh"],
    part: "answer",
    applies: () => true,
  },
  {
    name: "slopes where exp overflows are NaN",
    operations: ["elu", "selu", "sigmoid", "silu"],
    part: "gradients",
    applies: ({ input }) => input.data.some((value) => Math.abs(value) > 44),
  },
  {
    name: "the slope of softSign is that of a quotient, whose parts are subtracted",
    operations: ["softsign"],
    part: "gradients",
    applies: () => true,
  },
  {
    name: "softmax has zeros where exp(x - max) is below the normal numbers",
    operations: ["softmax"],
    part: "answer",
    applies: ({ input: { data } }) => Math.max(...data) - Math.min(...data) > 87 || data.some(Number.isNaN),
  },
  {
    name: "at a kink the slope is that above it",
    operations: ["relu", "leakyRelu", "elu", "selu"],
    part: "gradients",
    applies: ({ input }) => input.data.includes(0),
  },
  {
    name: "the slope of hardSigmoid at its ends",
    operations: ["hardSigmoid"],
    part: "gradients",
    applies: ({ input }) => input.data.some((value) => Math.abs(value) === 3),
  },
  {
    name: "equal winners of a window share its gradient",
    operations: ["maxPooling"],
    part: "gradients",
    applies: ({ input }) => new Set(input.data).size < input.data.length,
  },
  {
    name: "no convolution of an input that is shorter than the stride",
    operations: ["convolution"],
    part: "answer",
    applies: ({ input }, { stride, padding }) =>
      stride.some((step, axis) => input.shape[axis + 2] + padding[axis][0] + padding[axis][1] < step),
  },
  {
    name: "no gradient of a transposed convolution whose output is shorter than the stride",
    operations: ["transposedConvolution"],
    part: "gradients",
    applies: (inputs, options) =>
      extentOf(inputs, options).some((extent, axis) => (inputs.input.shape[axis + 2] - 1) * options.stride[axis] + extent < options.stride[axis]),
  },
  {
    name: "no pooling of an input that is shorter than the stride",
    operations: ["maxPooling", "averagePooling"],
    part: "answer",
    applies: ({ input }, { stride }) => stride.some((step, axis) => input.shape[axis + 2] < step),
  },
  {
    name: "no gradient where padding is longer than the window",
    operations: ["convolution"],
    part: "gradients",
    applies: (inputs, options) => options.padding.some((sides, axis) => Math.max(...sides) >= extentOf(inputs, options)[axis]),
  },
  {
    name: "no transposed convolution where padding is longer than the window",
    operations: ["transposedConvolution"],
    part: "answer",
    applies: (inputs, options) => options.padding.some((sides, axis) => Math.max(...sides) >= extentOf(inputs, options)[axis]),
  },
  {
    name: "the gradients of no samples are whatever the memory held",
    operations: convolutions,
    part: "gradients",
    applies: isEmpty,
  },
  {
    name: "NaN times what is cut off is nothing",
    operations: ["transposedConvolution"],
    part: "gradients",
    applies: ({ input }) => input.data.some(Number.isNaN),
  },
];

export default remainder(jax, known);
