/**
 * Vectors: a few frozen cases of each operation with the reference's answers, for implementations that can only read files.
 *
 * Cases are drawn until every variant of the operation is caught by one: until each habit, run as a candidate, answers at least one of them
 * beyond the radius. Of these cases a few are kept, which catch the same and hold every kind of numbers and every option beyond its least.
 * The same seed gives the same bytes, whatever version fast-check has.
 *
 * @module
 */
import { show, sizeOf, wrongValue } from "../tensor/shape.ts";
import type { Shape } from "../tensor/shape.ts";
import { raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { caseOf, findOperation, reference } from "./case.ts";
import type { Case, Reference } from "./case.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Operation, Options, Range, Tensors } from "./catalog/operation.ts";
import { judge } from "./judgement.ts";
import { withHabits } from "./kill-matrix.ts";
import { nameHash, noise, regimes } from "./lattice.ts";
import type { Tier } from "./lattice.ts";
import { declaredPrecision, isNormwise } from "./precision.ts";
import type { PrecisionName } from "./precision.ts";
import { toWireOptions } from "./protocol.ts";
import type { Reply } from "./protocol.ts";
import { requestOf } from "./question.ts";
import { variants } from "./variants/index.ts";
import type { Variant } from "./variants/index.ts";

/** A tensor in a file of vectors: finite numbers, row-major. */
export interface VectorTensor {
  readonly shape: Shape;
  readonly values: readonly number[];
}

/** A habit that vectors catch. */
export interface VectorFlag {
  /** A convention that others have for good reasons, or a mistake. */
  readonly bugType: Variant["kind"];
  /** Completes "what fails here may equal the reference with …". */
  readonly description: string;
  /** Where it was seen. */
  readonly source: string;
}

/** One case, and what the reference answers to it. */
export interface Vector {
  readonly id: string;
  readonly tier: Tier;
  /** The habits that it catches. */
  readonly flags: readonly string[];
  /** Exact float32 numbers. */
  readonly inputs: Readonly<Record<string, VectorTensor>>;
  /** Complete and explicit, as the protocol sends them. */
  readonly options: Options;
  /** Exact float32 numbers; absent where the operation has no gradient. */
  readonly cotangents?: Readonly<Record<string, VectorTensor>>;
  /** Doubles. */
  readonly expected: Answers<VectorTensor>;
  /** The error that a correct float32 implementation may show, of the same names and shapes. */
  readonly radius: Answers<VectorTensor>;
  /** The error that a float32 implementation may show whose algorithm is normwise; only of operations that have such algorithms. */
  readonly normwiseRadius?: Answers<VectorTensor>;
}

/** All vectors of one operation. */
export interface VectorFile {
  readonly version: 1;
  readonly operation: string;
  readonly summary: string;
  readonly precision: PrecisionName;
  readonly seed: number;
  /** Every variant of the operation, by name. */
  readonly flags: Readonly<Record<string, VectorFlag>>;
  /** Variants that no vector catches: none, unless the search was cut short. */
  readonly uncaught: readonly string[];
  readonly vectors: readonly Vector[];
}

/** Cases that are drawn at once. */
const batch = 24;
/** Batches after which a variant that nothing caught is given up. */
const mostBatches = 20;
/** Cases of fewer numbers than this are not smaller to a reader. */
const slight = 16;

/** A case, its answer, and the kind of numbers that it holds. */
interface Trial {
  readonly one: Case;
  readonly known: Reference;
  readonly regime: string;
}

/**
 * The vectors of one operation.
 *
 * @param operation - a name of the catalog
 * @param seed - a whole number from which all cases follow; default 1
 * @throws RangeError for an unknown operation or a seed that is no whole number
 *
 * @example
 * ```ts
 * import { vectorsOf } from "etalon/oracle";
 * const { vectors, flags, uncaught } = vectorsOf("matrixProduct");
 * uncaught; // => []
 * vectors.every((vector) => vector.flags.length > 0 && flags[vector.flags[0]!] !== undefined); // => true
 * ```
 */
export function vectorsOf(operation: string, seed = 1): VectorFile {
  if (!Number.isInteger(seed)) throw wrongValue("vectorsOf", "seed as a whole number", show(seed));
  const entry = findOperation(operation);
  const habits = variants.filter(({ operations }) => operations.includes(operation));
  const chosen = cover(entry, habits, seed);
  return {
    version: 1, operation, summary: entry.summary, precision: "float32", seed,
    flags: Object.fromEntries(habits.map(({ name, kind, says, source }) => [name, { bugType: kind, description: says, source }])),
    uncaught: habits.filter((habit) => chosen.every(({ flags }) => !flags.includes(habit))).map(({ name }) => name),
    vectors: chosen.map(({ trial, flags }, i) => vectorOf(`${operation}/${i + 1}`, trial, flags)),
  };
}

/** A case with the habits that it catches, and all that it shows: each place in which it catches each, its kind of numbers, its features. */
interface Chosen {
  readonly trial: Trial;
  readonly flags: readonly Variant[];
  readonly shows: ReadonlySet<string>;
}

/** Cases that together catch all habits and show whatever the first of them show; smallest first. */
function cover(operation: Operation, habits: readonly Variant[], seed: number): readonly Chosen[] {
  const drawn = (round: number, open: readonly Variant[]): readonly Chosen[] =>
    Array.from({ length: batch }, (_, i) => trialOf(operation, seed, round * batch + i))
      .flatMap((trial) => (trial === undefined ? [] : [chosenOf(operation, open, trial)]));
  let found = drawn(0, habits);
  for (let round = 1; round < mostBatches; round++) {
    const open = habits.filter((habit) => found.every(({ flags }) => !flags.includes(habit)));
    if (open.length === 0) break;
    // Of these cases only those that are new are told what else they catch.
    const useful = drawn(round, open).filter(({ flags }) => flags.length > 0);
    found = [...found, ...useful.map(({ trial }) => chosenOf(operation, habits, trial))];
  }
  return greedily(found).toSorted((a, b) => extent(a.trial.one) - extent(b.trial.one));
}

function chosenOf(operation: Operation, habits: readonly Variant[], trial: Trial): Chosen {
  const caught = habits.map((habit) => ({ habit, places: wrongPlaces(operation, habit, trial) })).filter(({ places }) => places.length > 0);
  return {
    trial, flags: caught.map(({ habit }) => habit),
    shows: new Set(caught.length === 0 ? [] : [
      trial.regime, ...trial.one.features.map((feature) => `feature ${feature}`),
      ...caught.flatMap(({ habit, places }) => places.map((where) => `${habit.name}: ${where}`)),
    ]),
  };
}

/** Takes, again and again, the case that shows the most that none did before, small cases before large ones. */
function greedily(all: readonly Chosen[]): readonly Chosen[] {
  const taken: Chosen[] = [];
  let open = new Set(all.flatMap((each) => [...each.shows]));
  while (open.size > 0) {
    const worth = ({ trial, shows }: Chosen): number => [...shows].filter((each) => open.has(each)).length / Math.sqrt(extent(trial.one) + slight);
    const best = all.reduce((most, each) => (worth(each) > worth(most) ? each : most));
    taken.push(best);
    open = new Set([...open].filter((each) => !best.shows.has(each)));
  }
  return taken;
}

/** How many numbers a case holds. */
const extent = ({ inputs }: Case): number => Object.values(inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/**
 * The case of a number, with its answer: kinds of data in turn, and sizes that lean towards the least in two of three. None where a number is
 * not finite, which plain JSON could not hold.
 */
function trialOf(operation: Operation, seed: number, count: number): Trial | undefined {
  const tier: Tier = operation.exact && count % 2 === 0 ? "structure" : "rounding";
  const draw = (name: string, axis: number, [least, most]: Range): number =>
    least + Math.floor(noise(seed, `${operation.name} ${name}`, [count, axis], 3) ** (1 + (count % 3)) * (most - least + 1));
  const { fields, axes, axisCount } = operation.space;
  const regime = Math.floor(count / 2) % regimes[tier];
  const one = caseOf(operation, tier, {
    fields: mapNamed(fields, (range, name) => draw(name, 0, range)),
    axes: Array.from({ length: draw("axes", 0, axisCount) }, (_, axis) => mapNamed(axes, (range, name) => draw(name, axis + 1, range))),
    regime, seed: nameHash(seed, `${operation.name} ${count}`),
  });
  const known = reference(one.operation, one.inputs, one.options, one.cotangents);
  const radius = isExact(operation, one) ? { outputs: {}, gradients: {} } : known.radius;
  const numbers = [known.expected, radius].flatMap(({ outputs, gradients }) => [...Object.values(outputs), ...Object.values(gradients)]);
  if (!numbers.every((tensor) => raw(tensor).every(Number.isFinite))) return undefined;
  return { one, known: { expected: known.expected, radius }, regime: `numbers ${tier} ${regime}` };
}

const isExact = ({ exact, scaled }: Operation, { tier }: Case): boolean => tier === "structure" && exact && !scaled;

/** Where an implementation with a habit answers a case wrongly. */
const wrongPlaces = (operation: Operation, habit: Variant, { one, known }: Trial): readonly string[] =>
  judge(operation, one, known, withHabits(habit, operation.name).run(requestOf(one, one.operation)) as Reply).faults.map(({ where }) => where);

function vectorOf(id: string, { one, known: { expected, radius } }: Trial, flags: readonly Variant[]): Vector {
  const answers = (value: (tensor: Tensor, allowed: Tensor | undefined) => VectorTensor): Answers<VectorTensor> => ({
    outputs: mapNamed(expected.outputs, (tensor, name) => value(tensor, radius.outputs[name])),
    gradients: mapNamed(expected.gradients, (tensor, name) => value(tensor, radius.gradients[name])),
  });
  const normwise = declaredPrecision("vectorsOf", { algorithm: "normwise" });
  const { outputs, gradients } = reference(one.operation, one.inputs, one.options, one.cotangents, normwise).radius;
  return {
    id, tier: one.tier, flags: flags.map(({ name }) => name),
    inputs: written(one.inputs), options: toWireOptions(one.options) as Options,
    ...(one.cotangents && { cotangents: written(one.cotangents) }),
    expected: answers(writtenTensor),
    radius: answers((tensor, allowed) => (allowed === undefined ? { shape: tensor.shape, values: tensor.values.map(() => 0) } : writtenTensor(allowed))),
    ...(isNormwise(normwise, one.operation) && { normwiseRadius: { outputs: written(outputs), gradients: written(gradients) } }),
  };
}

const written = (tensors: Tensors): Readonly<Record<string, VectorTensor>> => mapNamed(tensors, writtenTensor);

/** Zeros lose their sign: JSON has none to give them. */
const writtenTensor = (tensor: Tensor): VectorTensor => ({ shape: tensor.shape, values: Array.from(raw(tensor), (value) => value + 0) });

/**
 * A file of vectors as its text: JSON with one flag and one vector a line, and the name of its schema.
 *
 * @example
 * ```ts
 * import { vectorsOf, vectorsText } from "etalon/oracle";
 * const file = vectorsOf("relu");
 * JSON.parse(vectorsText(file)).vectors.length === file.vectors.length; // => true
 * vectorsText(file) === vectorsText(vectorsOf("relu")); // => true
 * ```
 */
export function vectorsText({ flags, vectors, ...head }: VectorFile): string {
  const named = Object.entries(flags).map(([name, flag]) => `  ${JSON.stringify(name)}: ${JSON.stringify(flag)}`);
  return [
    "{",
    ...Object.entries({ $schema: "schema.json", ...head }).map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)},`),
    ' "flags": {', named.join(",\n"), " },",
    ' "vectors": [', vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(",\n"), " ]",
    "}", "",
  ].join("\n");
}
