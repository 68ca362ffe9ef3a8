/**
 * The disagreements of TensorFlow.js 4.22.0 that docs/findings.md describes, each as the condition under which it shows.
 *
 * `tfjs-cpu-remainder.js` and `tfjs-wasm-remainder.js` set aside what they spoil: when all the rest agrees, the conditions explain everything
 * that was found.
 */
import { padOf } from "./tfjs.js";

/**
 * @typedef {object} Axis one spatial axis of a case
 * @property {number} length
 * @property {number} extent of the dilated window
 * @property {number} stride
 * @property {number} before
 * @property {number} after
 *
 * @typedef {object} Known
 * @property {string} name as docs/findings.md calls it
 * @property {readonly string[]} operations
 * @property {"answer" | "gradients" | "indices"} part what of the answer it can spoil
 * @property {(inputs: object, options: object) => boolean} applies whether a case can show it
 */

const windowOf = ({ kernel }, options) => options.window ?? kernel.shape.slice(2);

/** @returns {readonly Axis[]} */
const axesOf = (inputs, options) => windowOf(inputs, options).map((taps, axis) => ({
  length: inputs.input.shape[axis + 2],
  extent: (taps - 1) * options.dilation[axis] + 1,
  stride: options.stride[axis],
  before: options.padding[axis][0],
  after: options.padding[axis][1],
}));

const pad = (inputs, options) => padOf(inputs.input.shape.slice(2), windowOf(inputs, options), options);
const transposedPad = ({ input, kernel }, options) => padOf(outputOf(input, kernel, options), kernel.shape.slice(2), options);
const outputOf = ({ shape }, kernel, { stride, padding, outputPadding }) => shape.slice(2).map((length, axis) =>
  (length - 1) * stride[axis] + kernel.shape[axis + 2] - padding[axis][0] - padding[axis][1] + outputPadding[axis]);
/** Whether the last window that 'same' makes ends before the input does. */
const isPassed = (space, axes) => space.some((length, axis) =>
  (Math.ceil(length / axes[axis].stride) - 1) * axes[axis].stride + axes[axis].extent < length);
const isDilated = ({ dilation }) => dilation.some((step) => step > 1);
const steps = ({ length, extent, stride, before, after }) => (length + before + after - extent) / stride;
const differs = (values) => values.some((value) => value !== values[0]);

const windows = ["convolution", "maxPooling", "averagePooling"];
const pools = ["maxPooling", "averagePooling"];

/** @param {Axis[]} axes */
const unequal = (axes) => differs(axes.map(({ extent }) => extent)) || differs(axes.map(({ stride }) => stride));

/** @type {readonly Known[]} */
export const known = [
  {
    name: "conv1d pads the axis it makes up",
    operations: ["convolution"],
    part: "answer",
    applies: (inputs, options) => options.stride.length === 1 && typeof pad(inputs, options) === "number",
  },
  {
    name: "a number as padding sizes the width by the height's window and stride",
    operations: windows,
    part: "answer",
    applies: (inputs, options) => {
      const axes = axesOf(inputs, options);
      return axes.length === 2 && typeof pad(inputs, options) === "number" && unequal(axes);
    },
  },
  {
    name: "a number as padding, in the convolution that is transposed",
    operations: ["transposedConvolution"],
    part: "answer",
    applies: (inputs, options) => options.stride.length === 2 && typeof transposedPad(inputs, options) === "number" && unequal(axesOf(inputs, options)),
  },
  {
    name: "'same' in three dimensions crops where the stride passes the window",
    operations: windows,
    part: "answer",
    applies: (inputs, options) => options.stride.length === 3 && pad(inputs, options) === "same" &&
      axesOf(inputs, options).some(({ length, extent, stride }) => (Math.ceil(length / stride) - 1) * stride + extent < length),
  },
  {
    name: "'same' in three dimensions, in the convolution that is transposed",
    operations: ["transposedConvolution"],
    part: "answer",
    applies: (inputs, options) => options.stride.length === 3 && transposedPad(inputs, options) === "same" &&
      isPassed(outputOf(inputs.input, inputs.kernel, options), axesOf(inputs, options)),
  },
  {
    name: "tf.pool with dilations ignores padding or fills it with zeros",
    operations: pools,
    part: "answer",
    applies: (_, options) => isDilated(options) && options.padding.flat().some((side) => side > 0),
  },
  {
    name: "tf.pool with dilations refuses dimRoundingMode",
    operations: pools,
    part: "answer",
    applies: (_, options) => isDilated(options) && options.ceilMode,
  },
  {
    name: "sizes rounded up count windows wholly beyond the input",
    operations: pools,
    part: "answer",
    applies: (inputs, options) => options.ceilMode &&
      axesOf(inputs, options).some((axis) => Math.ceil(steps(axis)) * axis.stride >= axis.length + axis.before),
  },
  {
    name: "the gradient of two-dimensional pooling forgets dimRoundingMode",
    operations: pools,
    part: "gradients",
    applies: (inputs, options) => options.ceilMode && options.stride.length === 2 &&
      axesOf(inputs, options).some((axis) => !Number.isInteger(steps(axis))),
  },
  {
    name: "the gradient of average pooling divides by the whole window",
    operations: ["averagePooling"],
    part: "gradients",
    applies: (inputs, options) => axesOf(inputs, options).some((axis) =>
      axis.before > 0 || Math.ceil(options.ceilMode ? steps(axis) : Math.floor(steps(axis))) * axis.stride + axis.extent > axis.length + axis.before),
  },
  {
    name: "the gradient of maxPool3d takes the last of equal values, and mistakes positions in windows of unequal height and width",
    operations: ["maxPooling"],
    part: "gradients",
    applies: ({ input }, { window }) =>
      window.length === 3 && (window[1] !== window[2] || new Set(input.data).size < input.data.length),
  },
  {
    name: "the gradient of matMul keeps broadcast axes",
    operations: ["matrixProduct"],
    part: "gradients",
    applies: ({ left, right }) => left.shape.length !== right.shape.length,
  },
  {
    name: "the gradient of mirrorPad goes to the cells in place alone, and not to those that are mirrored",
    operations: ["pad"],
    part: "gradients",
    applies: (_, { mode, padding }) => mode === "reflect" && padding.flat().some((side) => side > 0),
  },
  {
    name: "mirrorPad refuses tensors without cells",
    operations: ["pad"],
    part: "answer",
    applies: ({ input }, { mode }) => mode === "reflect" && input.shape.includes(0),
  },
  {
    name: "a mean of nothing is 0",
    operations: ["crossEntropy"],
    part: "answer",
    applies: ({ input }, { reduction }) => reduction === "mean" && input.shape.includes(0),
  },
  {
    name: "NaN times what is cut off is nothing",
    operations: ["transposedConvolution"],
    part: "gradients",
    applies: ({ input }) => input.data.some(Number.isNaN),
  },
  {
    name: "a window of minus infinities, or of NaN alone, has no winner: its position is -1",
    operations: ["maxPooling"],
    part: "indices",
    applies: ({ input }) => input.data.some((value) => value === -Infinity || Number.isNaN(value)),
  },
  {
    name: "the same of its gradient, which goes nowhere",
    operations: ["maxPooling"],
    part: "gradients",
    applies: ({ input }) => input.data.includes(-Infinity),
  },
];

/** NaN is not. @param {number} value */
const isPositive = (value) => value > 0;

/** Those of the WebAssembly backend alone. @type {readonly Known[]} */
export const knownOfWasm = [
  {
    name: "'same' in two dimensions is all zeros where the stride passes the window",
    operations: ["convolution"],
    part: "answer",
    applies: (inputs, options) => options.stride.length < 3 && pad(inputs, options) === "same" &&
      isPassed(inputs.input.shape.slice(2), axesOf(inputs, options)),
  },
  {
    name: "the same of the gradient of the convolution that is transposed",
    operations: ["transposedConvolution"],
    part: "gradients",
    applies: (inputs, options) => options.stride.length < 3 && transposedPad(inputs, options) === "same" &&
      isPassed(outputOf(inputs.input, inputs.kernel, options), axesOf(inputs, options)),
  },
  {
    name: "the gradients of conv3d lose positions under strides, and along the depth",
    operations: ["convolution"],
    part: "gradients",
    applies: ({ input }, { stride }) => stride.length === 3 && (stride.some((step) => step > 1) || input.shape[2] > 1),
  },
  {
    name: "conv3dTranspose, which is one of them",
    operations: ["transposedConvolution"],
    part: "answer",
    applies: ({ input, kernel }, options) => options.stride.length === 3 &&
      (options.stride.some((step) => step > 1) || outputOf(input, kernel, options)[0] > 1),
  },
  {
    name: "sums over nothing are whatever the memory held, and batches of nothing divide by zero",
    operations: ["convolution", "transposedConvolution", "maxPooling", "averagePooling", "fullyConnected", "matrixProduct", "softmax", "crossEntropy"],
    part: "answer",
    applies: (inputs) => Object.values(inputs).some(({ shape }) => shape.includes(0)),
  },
  {
    name: "the largest of a window is never below 1.18e-38: maxPool3d",
    operations: ["maxPooling"],
    part: "answer",
    applies: ({ input }) => input.shape.length === 5 && !input.data.every(isPositive),
  },
  {
    name: "the same of maxPoolWithArgmax",
    operations: ["maxPooling"],
    part: "indices",
    applies: ({ input }) => !input.data.every(isPositive),
  },
  {
    name: "the same of the gradient of maxPool",
    operations: ["maxPooling"],
    part: "gradients",
    applies: ({ input }) => !input.data.every(isPositive),
  },
  {
    name: "the gradient of maxPool takes the last of equal values",
    operations: ["maxPooling"],
    part: "gradients",
    applies: ({ input }) => new Set(input.data).size < input.data.length,
  },
  {
    name: "the same of maxPoolWithArgmax, for equal values",
    operations: ["maxPooling"],
    part: "indices",
    applies: ({ input }) => new Set(input.data).size < input.data.length,
  },
  {
    name: "sizes rounded up are not computed: outputs are whatever the memory held",
    operations: pools,
    part: "answer",
    applies: (inputs, options) => options.ceilMode && options.stride.length === 2 && axesOf(inputs, options).some((axis) => !Number.isInteger(steps(axis))),
  },
  {
    name: "avgPool makes NaN minus infinity",
    operations: ["averagePooling"],
    part: "answer",
    applies: ({ input }) => input.data.some((value) => !Number.isFinite(value)),
  },
  {
    name: "maxPool makes NaN minus infinity, where it comes first",
    operations: ["maxPooling"],
    part: "answer",
    applies: ({ input }) => input.data.some(Number.isNaN),
  },
  {
    name: "softmax has zeros where exp(x - max) is below the normal numbers",
    operations: ["softmax"],
    part: "answer",
    applies: ({ input: { data } }) => {
      const numbers = data.filter((value) => !Number.isNaN(value));
      return Math.max(...numbers) - Math.min(...numbers) > 87;
    },
  },
];

/** A candidate without what is known to disagree. @param {readonly Known[]} conditions */
export const remainder = (candidate, conditions) => {
  const find = (operation, part, inputs, options) =>
    conditions.find((each) => each.operations.includes(operation) && each.part === part && each.applies(inputs, options));
  const withoutKnown = (name, operation) => (inputs, options, cotangents) => {
    const spoilt = find(name, "answer", inputs, options);
    if (spoilt) return { skipped: `known: ${spoilt.name}` };
    const gradients = cotangents && find(name, "gradients", inputs, options);
    const answer = gradients ? { ...operation(inputs, options), gradientError: `known: ${gradients.name}` } : operation(inputs, options, cotangents);
    if (!answer.outputs?.indices || !find(name, "indices", inputs, options)) return answer;
    return { ...answer, outputs: { output: answer.outputs.output } };
  };
  return {
    ...candidate,
    name: `${candidate.name}, known disagreements set aside`,
    operations: Object.fromEntries(Object.entries(candidate.operations).map(([name, operation]) => [name, withoutKnown(name, operation)])),
  };
};
