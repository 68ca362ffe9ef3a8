/**
 * The disagreements of TensorFlow.js 4.22.0 that docs/findings.md describes, each as the condition under which it shows.
 *
 * `tfjs-cpu-remainder.js` sets aside what they spoil: when all the rest agrees, the conditions explain everything that was found.
 */
import { padOf } from "./tfjs-cpu.js";

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
 * @property {"answer" | "gradients"} part what of the answer it can spoil
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
const isDilated = ({ dilation }) => dilation.some((step) => step > 1);
const steps = ({ length, extent, stride, before, after }) => (length + before + after - extent) / stride;
const differs = (values) => values.some((value) => value !== values[0]);

const windows = ["convolution", "maxPooling", "averagePooling"];
const pools = ["maxPooling", "averagePooling"];

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
      return axes.length === 2 && typeof pad(inputs, options) === "number" &&
        (differs(axes.map(({ extent }) => extent)) || differs(axes.map(({ stride }) => stride)));
    },
  },
  {
    name: "'same' in three dimensions crops where the stride passes the window",
    operations: windows,
    part: "answer",
    applies: (inputs, options) => options.stride.length === 3 && pad(inputs, options) === "same" &&
      axesOf(inputs, options).some(({ length, extent, stride }) => (Math.ceil(length / stride) - 1) * stride + extent < length),
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
];

/** What is known to spoil a part of the answer to a case; gradients are spoilt by wrong answers too. */
export const knownOf = (operation, part, inputs, options) =>
  known.find((each) => each.operations.includes(operation) && (part === "gradients" || each.part === part) && each.applies(inputs, options));
