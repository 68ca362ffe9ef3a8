/**
 * ONNX models as bytes: just enough of protocol buffers to write a graph of a few nodes.
 *
 * Field numbers are those of onnx.proto3, IR version 10. Shapes are left open, so that a model serves for tensors of any size. `OPSET=20` in the
 * environment makes models that older releases can read.
 */

/**
 * @typedef {number | bigint | string | readonly number[] | readonly string[]} Attribute a number is an integer, unless it is wrapped by `real`
 * @typedef {Readonly<Record<string, Attribute | Real>>} Attributes by name
 * @typedef {{ readonly op: string, readonly inputs: readonly string[], readonly outputs: readonly string[], readonly attributes?: Attributes }} Node
 * @typedef {{ readonly real: number | readonly number[] }} Real
 */

const elementTypes = { float32: 1, int32: 6, int64: 7 };
const opset = Number(process.env.OPSET ?? 22);

/** Marks a number, or a list of them, as reals: 1 is an integer otherwise. @returns {Real} */
export const real = (value) => ({ real: value });

/** @param {number | bigint} value @returns {number[]} */
const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
};

const whole = (field, value) => [...varint(field << 3), ...varint(value)];
const float = (field, value) => [...varint((field << 3) | 5), ...new Uint8Array(Float32Array.of(value).buffer)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, new TextEncoder().encode(value));

/** @param {string} name @param {Attribute | Real} value */
const attribute = (name, value) => {
  const [type, content] = typeof value === "string" ? [3, text(4, value)]
    : Array.isArray(value) && typeof value[0] === "string" ? [8, value.flatMap((each) => text(9, each))]
    : Array.isArray(value) ? [7, value.flatMap((each) => whole(8, each))]
    : typeof value !== "object" ? [2, whole(3, value)]
    : Array.isArray(value.real) ? [6, value.real.flatMap((each) => float(7, each))]
    : [1, float(2, value.real)];
  return [...text(1, name), ...content, ...whole(20, type)];
};

/** @param {Node} node */
const nodeBytes = ({ op, inputs, outputs, attributes = {} }) => [
  ...inputs.flatMap((name) => text(1, name)), ...outputs.flatMap((name) => text(2, name)), ...text(4, op),
  ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
];

const valueInfo = ([name, type]) => [...text(1, name), ...bytes(2, bytes(1, whole(1, elementTypes[type])))];

/**
 * @param {Readonly<Record<string, keyof typeof elementTypes>>} inputs the types of the graph's inputs by name
 * @param {Readonly<Record<string, keyof typeof elementTypes>>} outputs the same of its outputs
 * @param {readonly Node[]} nodes
 */
export const onnxModel = (inputs, outputs, nodes) => {
  const graph = [
    ...nodes.flatMap((node) => bytes(1, nodeBytes(node))), ...text(2, "graph"),
    ...Object.entries(inputs).flatMap((each) => bytes(11, valueInfo(each))),
    ...Object.entries(outputs).flatMap((each) => bytes(12, valueInfo(each))),
  ];
  return Uint8Array.from([...whole(1, opset > 20 ? 10 : 9), ...bytes(7, graph), ...bytes(8, [...text(1, ""), ...whole(2, opset)])]);
};
