/**
 * The service: the reference as a candidate, one line of JSON in, one line out.
 *
 * It accepts defaults and every spelling of the options, and adds to each answer the radius that a correct implementation of the precision and
 * algorithm class that were asked for may need. A line that it cannot use gets an error for an answer and nothing else happens.
 *
 * @module
 */
import { show, wrongKind, wrongValue } from "../tensor/shape.ts";
import { adopt, map, raw } from "../tensor/tensor.ts";
import { findOperation, reference } from "./case.ts";
import { catalog } from "./catalog/index.ts";
import { checkNames, checkOptionNames, mapNamed } from "./catalog/operation.ts";
import type { Options, Tensors } from "./catalog/operation.ts";
import { declaredPrecision, precisions } from "./precision.ts";
import type { AlgorithmClass, Precision, PrecisionName } from "./precision.ts";
import { fromWire, fromWireOptions, protocolVersion, toWire } from "./protocol.ts";

/** What the service says to one line; `stop` asks its host to end. */
export interface ServiceAnswer {
  readonly line: string;
  readonly stop: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Answers one line of the protocol.
 *
 * @param release - the version that `start` names
 * @returns the line to write, and whether to stop; undefined for a blank line, which wants no answer
 *
 * @example
 * ```ts
 * import { answerLine } from "etalon/oracle";
 * const request = { command: "run", id: 1, operation: "relu", inputs: { input: { shape: [2], values: [-1, 2] } }, radius: false };
 * answerLine(JSON.stringify(request))?.line; // => '{"id":1,"outputs":{"output":{"shape":[2],"values":[0,2]}},"gradients":{}}'
 * answerLine("nonsense")?.line.startsWith('{"id":null,"error":'); // => true
 * ```
 */
export function answerLine(line: string, release = ""): ServiceAnswer | undefined {
  if (line.trim() === "") return undefined;
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch (thrown) {
    return say({ id: null, error: `expected one JSON object a line, got text that is none: ${(thrown as Error).message}` });
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    return say({ id: null, error: `expected one JSON object a line, got ${show(message)}` });
  }
  const fields = message as Fields;
  const id = isWritable(fields["id"]) ? fields["id"] ?? null : null;
  try {
    switch (fields["command"]) {
      case "start":
        return say(greeting(fields, release));
      case "run":
        return say({ id, ...answer(fields) });
      case "stop":
        return { line: "", stop: true };
      default:
        throw wrongValue("etalon", "command start, run or stop", show(fields["command"]));
    }
  } catch (thrown) {
    return say({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

const say = (message: Fields): ServiceAnswer => ({ line: JSON.stringify(message), stop: false });

/** Whether a value can be written back: JSON may nest deeper than it can be written. */
const isWritable = (value: unknown): boolean => {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
};

function greeting({ version }: Fields, release: string): Fields {
  if (version !== protocolVersion) throw wrongValue("start", `version ${protocolVersion}`, show(version));
  return { version: protocolVersion, name: "etalon", language: "typescript", release, precision: "float32", operations: catalog.map(({ name }) => name) };
}

function answer(fields: Fields): Fields {
  const { operation: name, inputs: wireInputs, options: wireOptions = {}, cotangents: wireCotangents } = fields;
  const { radius = true, precision: wanted = "float32", algorithm = "componentwise" } = fields;
  if (typeof name !== "string") throw wrongKind("run", "operation as a string", show(name));
  if (typeof wanted !== "string" || !Object.hasOwn(precisions, wanted)) {
    throw wrongValue("run", `precision ${Object.keys(precisions).join(", ")}`, show(wanted));
  }
  if (typeof radius !== "boolean") throw wrongKind("run", "radius true or false", show(radius));
  const operation = findOperation(name);
  const precision = declaredPrecision("run", { precision: wanted as PrecisionName, algorithm: algorithm as AlgorithmClass });
  const wide = precision.name === "float64";
  const inputs = readTensors(name, "inputs", wireInputs, wide);
  const cotangents = wireCotangents === undefined ? undefined : readTensors(name, "cotangents", wireCotangents, wide);
  if (typeof wireOptions !== "object" || wireOptions === null || Array.isArray(wireOptions)) {
    throw wrongKind(name, "options as an object", show(wireOptions));
  }
  const options = fromWireOptions(wireOptions) as Options;
  checkNames(operation, inputs, cotangents);
  const completed = operation.complete(inputs, options);
  checkOptionNames(operation, options);
  checkExtent(name, inputs, completed);
  const known = reference(name, inputs, completed, withAll(operation, inputs, completed, cotangents), precision);
  const rounded = (tensors: Tensors): Tensors => (wide ? tensors : mapNamed(tensors, (tensor) => adopt(tensor.shape, new Float32Array(raw(tensor)))));
  const wire = (tensors: Tensors): Fields => mapNamed(tensors, toWire);
  return {
    outputs: wire(rounded(known.expected.outputs)),
    gradients: wire(rounded(known.expected.gradients)),
    ...(radius ? { radius: {
      outputs: wire(radii(known.expected.outputs, known.radius.outputs, wide, precision)),
      gradients: wire(radii(known.expected.gradients, known.radius.gradients, wide, precision)),
    } } : {}),
  };
}

/** More numbers than this that are only padding are refused: a line of a hundred characters could ask for all memory there is. */
const mostPadded = 2 ** 24;

function checkExtent(name: string, inputs: Tensors, { padding, outputSize }: Options): void {
  const { input, kernel } = inputs;
  // A sum over nothing costs no numbers to ask for, and may have as many results as the other sizes say.
  const hollow = Object.values(inputs).filter(({ shape }) => shape.includes(0)).flatMap(({ shape }) => shape.filter((size) => size > 0));
  const results = hollow.reduce((product, size) => product * size, 1);
  if (results > mostPadded) throw wrongValue(name, `at most ${mostPadded} sums over nothing`, String(results));
  if (input !== undefined && Array.isArray(outputSize)) {
    const planes = Math.max(1, (input.shape[0] ?? 1) * (input.shape[1] ?? 1));
    const outputs = outputSize.reduce((product: number, size: number) => product * size, planes);
    if (outputs > mostPadded) throw wrongValue(name, `an output of at most ${mostPadded} numbers`, String(outputs));
  }
  if (input === undefined || !Array.isArray(padding)) return;
  const [samples = 1, channels = 1, ...space] = input.shape;
  const planes = samples * Math.max(channels, kernel?.shape[0] ?? 1);
  const padded = space.reduce((cells, size, axis) => cells * (size + padding[axis][0] + padding[axis][1]), planes);
  if (padded > Math.max(mostPadded, 4 * raw(input).length)) {
    throw wrongValue(name, `an input of at most ${mostPadded} numbers with its padding`, String(padded));
  }
}

/** Gradients need a cotangent for every output through which they flow: a missing one counts as zero. */
function withAll(
  operation: ReturnType<typeof findOperation>, inputs: Tensors, options: Options, cotangents: Tensors | undefined,
): Tensors | undefined {
  if (cotangents === undefined || operation.backward === undefined) return undefined;
  const outputs = operation.forward(inputs, options);
  const missing = operation.outputs.filter(({ name, cotangent }) => cotangent && outputs[name] !== undefined && cotangents[name] === undefined);
  return { ...cotangents, ...Object.fromEntries(missing.map(({ name }) => [name, map(outputs[name]!, () => 0)])) };
}

/** The radius of each answer: of a correct implementation, and of the answer's own rounding; none for positions, which are exact. */
const radii = (expected: Tensors, radius: Tensors, wide: boolean, { unit }: Precision): Tensors =>
  Object.fromEntries(Object.entries(expected).flatMap(([name, tensor]) => {
    if (name === "indices") return [];
    const allowed = radius[name] && raw(radius[name]);
    return [[name, adopt(tensor.shape, Float64Array.from(raw(tensor), (value, i) => {
      if (!Number.isFinite(value)) return 0;
      const own = wide ? 0 : Math.abs(Math.fround(value) - value);
      return Math.min(Number.MAX_VALUE, (allowed?.[i] ?? unit * Math.abs(value)) + (Number.isFinite(own) ? own : 0));
    }))]];
  }));

function readTensors(name: string, what: string, value: unknown, wide: boolean): Tensors {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongKind(name, `${what} as an object of tensors`, show(value));
  return Object.fromEntries(Object.entries(value).map(([input, tensor]) => [input, fromWire(`${name}: ${input}`, tensor, wide)]));
}
