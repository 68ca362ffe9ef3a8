/**
 * Numerical gradients: what a derivative is, computed from the forward function alone.
 *
 *     ∂/∂x Σ f(x)·u ≈ (Σ f(x + h)·u − Σ f(x − h)·u) / 2h
 *
 * for every single number x in turn, with a cotangent u for the outputs. Central differences are exact where f is a polynomial of
 * degree at most two in x and nothing is rounded: there a gradient must agree bit for bit. Elsewhere Richardson's extrapolation removes
 * one more power of h² a level.
 *
 * Source: Richardson, "The approximate arithmetical solution by finite differences" (1911); Higham, Accuracy and Stability, section 1.14.
 *
 * Two uses: the library checks itself over double storage, by {@link numericalGradient}; anybody checks a function of their own over
 * float32, by {@link checkGradient}, which knows how much of a difference is rounding, and where a function has a kink.
 *
 * @module
 */
import { checkOptions } from "../tensor/options.ts";
import { foldIn, key as keyOf, uniform } from "../tensor/random.ts";
import type { Key } from "../tensor/random.ts";
import { sameShape, show, sizeOf, stridesOf, wrongKind, wrongValue } from "../tensor/shape.ts";
import { Tensor, adopt, raw, widen } from "../tensor/tensor.ts";
import { leavesOf, mapTree } from "../tensor/tree.ts";

/** How {@link checkGradient} looks. */
export interface GradientCheckOptions {
  /** Draws the cotangent and the sample of numbers. Default `key(0)`. */
  readonly key?: Key;
  /** The largest |given − numerical| / max(1, |numerical|) that agrees. Default 1e-4: float32 outputs carry no finer check. */
  readonly tolerance?: number;
  /** The largest step h, for numbers up to 1; larger numbers take larger steps. Default 1/8. */
  readonly step?: number;
  /** How many numbers of the point are checked, a random choice of them. Default all. */
  readonly atMost?: number;
}

/** A number of the point: the path of its tensor in the tree, and its index there. */
export interface Place {
  /** Dotted, such as `"params.weight"`; empty where the point is a single tensor. */
  readonly path: string;
  /** One number per axis. */
  readonly index: readonly number[];
}

/** The given and the numerical derivative of one number. */
export interface Comparison extends Place {
  /** What `backward` says. */
  readonly analytic: number;
  /** What differences of `f` say. */
  readonly numerical: number;
  /** |analytic − numerical| / max(1, |numerical|). */
  readonly error: number;
  /** How far the numerical derivative itself may be off, by its own account, in the unit of `error`. */
  readonly uncertainty: number;
}

/** A number at which `f` has one slope to the left and another to the right. */
export interface Kink extends Place {
  /** The slope on the side of smaller numbers. */
  readonly left: number;
  /** The slope on the side of larger numbers. */
  readonly right: number;
  /** What `backward` says. */
  readonly given: number;
  /** Whether the given slope lies between the two: any such is a subgradient, which of them is a convention. */
  readonly inside: boolean;
}

/** What {@link checkGradient} found. */
export interface GradientReport {
  /** Whether every number could be judged, and none disagrees. Kinks with a slope from inside count as agreement. */
  readonly agrees: boolean;
  /** How many numbers were judged away from kinks. */
  readonly checked: number;
  /** The judged number with the largest error, if any. */
  readonly worst: Comparison | undefined;
  /** The judged numbers with an error above the tolerance. */
  readonly mismatches: readonly Comparison[];
  /** The numbers at a kink. */
  readonly kinks: readonly Kink[];
  /** The numbers whose numerical derivative is too uncertain to judge by. */
  readonly unresolved: readonly Comparison[];
  /** Tensors whose derivatives are all so small that the tolerance would also pass zeros: agreement there proves nothing. */
  readonly vacuous: readonly string[];
  /** All of this in words. */
  readonly description: string;
}

/**
 * The gradient of Σ f(point)·dOutput by differences, over double storage.
 *
 * @param f - runs on doubles as it runs on float32, as all operations of this library do
 * @param point - a tree of tensors; every number of it is moved in turn
 * @param dOutput - of the output's shape
 * @param step - h; on lattices a power of two, so that x ± h is exact
 * @param levels - of Richardson's extrapolation: level l also takes steps h/2, …, h/2^(l−1); 1 is the plain central difference
 * @returns a tree of the point's form, stored in double
 *
 * @internal
 */
export function numericalGradient<P>(f: (point: P) => Tensor, point: P, dOutput: Tensor, step: number, levels = 1): P {
  const wide = mapTree(point, widen);
  const cotangent = raw(dOutput);
  const lossWith = (moved: number, index: number, by: number): number => {
    let leaf = 0;
    const output = raw(f(mapTree(wide, (tensor) => (leaf++ === moved ? shifted(tensor, index, by) : tensor))));
    let loss = 0;
    for (let i = 0; i < output.length; i++) loss += output[i]! * cotangent[i]!;
    return loss;
  };
  const difference = (leaf: number, index: number, h: number): number =>
    (lossWith(leaf, index, h) - lossWith(leaf, index, -h)) / (2 * h);
  const gradients = leavesOf(wide).map(([, tensor], leaf) =>
    adopt(tensor.shape, Float64Array.from({ length: sizeOf(tensor.shape) }, (_, index) =>
      extrapolate(Array.from({ length: levels }, (_, level) => difference(leaf, index, step * 2 ** -level))))));
  let leaf = 0;
  return mapTree(wide, () => gradients[leaf++]!);
}

/**
 * Checks the gradient of a function of one's own, by differences of the function alone.
 *
 * The outputs are weighed by a random cotangent u: an error in one output cannot hide behind another. Every number x of the point is
 * moved by ±h, ±h/2 and ±h/4, and the three central differences are extrapolated. Where the one-sided slopes do not meet as h shrinks,
 * or rounding blurs the result, smaller steps are tried; two sets of them without a limit common to both sides are a kink.
 *
 * @param f - from a tensor or a tree of tensors to a tensor or a tree of tensors
 * @param backward - from the point and the gradient at the output to the gradient of the point, a tree of the point's form
 * @param point - where to check
 * @throws RangeError where the gradient does not have the point's form and shapes or an option does not fit, TypeError where
 *   something is of the wrong kind
 *
 * @example
 * ```ts
 * import { checkGradient } from "etalon/learning";
 * import { combine, map, tensor } from "etalon/tensor";
 * import type { Tensor } from "etalon/tensor";
 * const cube = (x: Tensor) => map(x, (v) => v ** 3);
 * const right = (x: Tensor, dOutput: Tensor) => combine(x, dOutput, (v, d) => 3 * v * v * d);
 * const wrong = (x: Tensor, dOutput: Tensor) => combine(x, dOutput, (v, d) => 2 * v * v * d);
 * checkGradient(cube, right, tensor([0.5, -1, 2])).agrees; // => true
 * checkGradient(cube, wrong, tensor([0.5, -1, 2])).mismatches.length; // => 3
 * checkGradient((x: Tensor) => map(x, Math.abs), (_x, dOutput) => dOutput, tensor([0, 1])).kinks.map(({ index }) => index); // => [[0]]
 * ```
 */
export function checkGradient<P, Y>(
  f: (point: P) => Y, backward: (point: P, dOutput: Y) => P, point: P, options: GradientCheckOptions = {},
): GradientReport {
  // A key among the options is checked where it is used.
  checkOptions("checkGradient", options, { key: "perAxis", tolerance: "positive", step: "positive", atMost: "wholeNumber" });
  const { key = keyOf(0), tolerance = 1e-4, step = 1 / 8, atMost = Infinity } = options;
  if (atMost < 1) throw wrongValue("checkGradient", "atMost of at least 1", show(atMost));
  for (const given of [f, backward]) if (typeof given !== "function") throw wrongKind("checkGradient", "f and backward as functions", show(given));
  const leaves = treeLeaves("the point", point);
  const output = f(point);
  let cotangents = 0;
  treeLeaves("the output of f", output);
  const dOutput = mapTree(output, ({ shape }) => uniform(foldIn(key, cotangents++), shape, -1, 1));
  const gradients = checkGradients(leaves, backward(point, dOutput));
  const weights = flat(dOutput);
  const base = flat(output);
  const outputs = (moved: number, position: number, to: number): Float64Array => {
    let leaf = 0;
    const values = flat(f(mapTree(point, (tensor) => (leaf++ === moved ? replaced(tensor, position, to) : tensor))));
    if (values.length !== base.length) throw wrongValue("checkGradient", `f to keep its ${base.length} outputs`, String(values.length));
    return values;
  };
  const judged = choose(leaves, atMost, foldIn(key, 2 ** 32)).map(([leaf, position]) => {
    const [path, tensor] = leaves[leaf]!;
    const place = { path, index: stridesOf(tensor.shape).map((stride, axis) => Math.floor(position / stride) % tensor.shape[axis]!) };
    const x = raw(tensor)[position]!;
    const estimates = slopes((to) => outputs(leaf, position, to), base, weights, x, step, tolerance);
    return judge(place, raw(gradients[leaf]!)[position]!, estimates, tolerance);
  });
  return summarize(judged, leaves.map(([path]) => path), tolerance);
}

/** The difference quotients of one set of steps h, h/2, h/4, and what they say. */
interface Slopes {
  readonly central: number;
  readonly left: number;
  readonly right: number;
  /** right − left in the limit h → 0: zero but at a kink. */
  readonly jump: number;
  /** How far rounding may have moved the one-sided slopes, and how far `central` may be off in all. */
  readonly noise: number;
  readonly uncertainty: number;
  readonly smooth: boolean;
}

/** One set of steps where it settles the slope, else a second and a third, each an eighth of the one before. */
function slopes(
  outputs: (x: number) => Float64Array, base: Float64Array, weights: Float64Array, x: number, step: number, tolerance: number,
): readonly Slopes[] {
  const found: Slopes[] = [];
  const scale = 2 ** Math.max(0, Math.ceil(Math.log2(Math.abs(x) || 1)));
  for (const h of [step, step / 8, step / 64]) {
    const sides = [h, h / 2, h / 4].map((by) => {
      const [below, above] = [Math.fround(x - by * scale), Math.fround(x + by * scale)];
      const [low, high] = [outputs(below), outputs(above)];
      const [down, up] = [difference(low, base, weights), difference(base, high, weights)];
      return {
        left: down.sum / (x - below), right: up.sum / (above - x), central: (down.sum + up.sum) / (above - below),
        noise: (down.noise + up.noise) / (by * scale),
      };
    });
    const [first, second, third] = sides as [(typeof sides)[0], (typeof sides)[0], (typeof sides)[0]];
    const central = extrapolate(sides.map((side) => side.central));
    const [j0, j1, j2] = sides.map((side) => side.right - side.left) as [number, number, number];
    // The jump of a smooth function is an odd series in h: these weights cancel h and h³.
    const jump = (16 * j2 - 10 * j1 + j0) / 7;
    const noise = (16 * third.noise + 10 * second.noise + first.noise) / 7;
    const uncertainty = Math.abs(central - extrapolate([second.central, third.central])) + 2 * third.noise;
    const allowed = tolerance * Math.max(1, Math.abs(central));
    const smooth = Math.abs(jump) <= allowed + noise;
    found.push({ central, jump, noise, uncertainty, smooth, left: 2 * third.left - second.left, right: 2 * third.right - second.right });
    if (smooth && uncertainty <= allowed) break;
  }
  return found;
}

type Judged = { readonly comparison: Comparison; readonly resolved: boolean } | { readonly kink: Kink };

function judge(place: Place, analytic: number, estimates: readonly Slopes[], tolerance: number): Judged {
  const last = estimates.at(-1)!;
  const before = estimates.at(-2);
  const isKink = estimates.length === 3 && Number.isFinite(before!.jump) && !before!.smooth && !last.smooth;
  if (isKink) {
    const { left, right, noise } = before!;
    const slack = noise + tolerance * Math.max(1, Math.abs(left), Math.abs(right));
    const inside = analytic >= Math.min(left, right) - slack && analytic <= Math.max(left, right) + slack;
    return { kink: { ...place, left, right, given: analytic, inside } };
  }
  const scale = Math.max(1, Math.abs(last.central));
  const [error, uncertainty] = [Math.abs(analytic - last.central) / scale, last.uncertainty / scale];
  return { comparison: { ...place, analytic, numerical: last.central, error, uncertainty }, resolved: last.smooth && uncertainty <= tolerance };
}

function summarize(judged: readonly Judged[], paths: readonly string[], tolerance: number): GradientReport {
  const kinks = judged.flatMap((one) => ("kink" in one ? [one.kink] : []));
  const compared = judged.flatMap((one) => ("comparison" in one && one.resolved ? [one.comparison] : []));
  const unresolved = judged.flatMap((one) => ("comparison" in one && !one.resolved ? [one.comparison] : []));
  const mismatches = compared.filter(({ error }) => !(error <= tolerance));
  const worst = compared.reduce<Comparison | undefined>((most, one) => (most && !(one.error > most.error) && !Number.isNaN(one.error) ? most : one), undefined);
  const vacuous = paths.filter((path) => {
    const own = compared.filter((one) => one.path === path);
    return own.length > 0 && own.every(({ numerical, error }) => Math.abs(numerical) <= tolerance && error <= tolerance);
  });
  const outside = kinks.filter(({ inside }) => !inside);
  const agrees = mismatches.length + unresolved.length + outside.length === 0;
  const report = { agrees, checked: compared.length, worst, mismatches, kinks, unresolved, vacuous };
  return { ...report, description: describe(report, tolerance) };
}

function describe(report: Omit<GradientReport, "description">, tolerance: number): string {
  const { agrees, checked, worst, mismatches, kinks, unresolved, vacuous } = report;
  const digits = (value: number): string => String(Number(value.toPrecision(6)));
  const at = ({ path, index }: Place): string => `${path || "point"}${show(index)}`;
  const compare = (one: Comparison): string =>
    `${at(one)}: given ${digits(one.analytic)}, numerical ${digits(one.numerical)} ± ${digits(one.uncertainty)}, error ${digits(one.error)}`;
  const list = <T>(what: string, items: readonly T[], line: (item: T) => string): readonly string[] =>
    items.length === 0 ? [] : [`${items.length} ${what}:`, ...items.slice(0, 5).map((item) => `  ${line(item)}`), ...(items.length > 5 ? ["  …"] : [])];
  return [
    `the gradient ${agrees ? "agrees" : "does not agree"}: ${checked} numbers checked at tolerance ${tolerance}`,
    ...(worst === undefined ? [] : [`worst: ${compare(worst)}`]),
    ...list("disagree", mismatches, compare),
    ...list("lie at a kink", kinks, (kink) =>
      `${at(kink)}: left ${digits(kink.left)}, right ${digits(kink.right)}, given ${digits(kink.given)}, ${kink.inside ? "inside" : "OUTSIDE"}`),
    ...list("could not be judged, their numerical derivative is too uncertain (try another step)", unresolved, compare),
    ...list("tensors have derivatives within the tolerance of zero, which proves nothing", vacuous, (path) => path || "point"),
  ].join("\n");
}

function treeLeaves(what: string, tree: unknown): ReturnType<typeof leavesOf> {
  let leaves: ReturnType<typeof leavesOf> = [];
  try {
    leaves = leavesOf(tree);
  } catch {
    throw wrongKind("checkGradient", `${what} as a tensor or a tree of tensors`, show(tree));
  }
  if (leaves.every(([, { shape }]) => sizeOf(shape) === 0)) throw wrongValue("checkGradient", `${what} with at least one number`, "none");
  return leaves;
}

/** The gradient's tensors in the order of the point's. */
function checkGradients(leaves: ReturnType<typeof leavesOf>, gradient: unknown): readonly Tensor[] {
  const given = new Map(gradient instanceof Tensor ? [["", gradient]] : treeLeaves("what backward returns", gradient));
  return leaves.map(([path, { shape }]) => {
    const got = given.get(path);
    const wanted = `backward to return a gradient of shape ${show(shape)}${path && ` at ${path}`}`;
    if (got === undefined) throw wrongValue("checkGradient", wanted, `gradients at ${show([...given.keys()])}`);
    if (!sameShape(got.shape, shape)) throw wrongValue("checkGradient", wanted, show(got.shape));
    return got;
  });
}

const flat = (tree: unknown): Float64Array => Float64Array.from(leavesOf(tree).flatMap(([, leaf]) => Array.from(raw(leaf))));

const replaced = (tensor: Tensor, position: number, to: number): Tensor => {
  const values = Float32Array.from(raw(tensor));
  values[position] = to;
  return adopt(tensor.shape, values);
};

/** Σ (to − from)·weight, and how far the rounding of the outputs that differ may have moved it. */
function difference(from: Float64Array, to: Float64Array, weights: Float64Array): { readonly sum: number; readonly noise: number } {
  let sum = 0;
  let noise = 0;
  for (let i = 0; i < from.length; i++) {
    if (from[i] === to[i]) continue;
    sum += (to[i]! - from[i]!) * weights[i]!;
    noise += (Math.abs(from[i]!) + Math.abs(to[i]!)) * Math.abs(weights[i]!) * 2 ** -24;
  }
  return { sum, noise };
}

/** All positions of all leaves, or a random choice of so many. */
function choose(leaves: ReturnType<typeof leavesOf>, atMost: number, key: Key): readonly (readonly [leaf: number, position: number])[] {
  const all = leaves.flatMap(([, { shape }], leaf) => Array.from({ length: sizeOf(shape) }, (_, position): [number, number] => [leaf, position]));
  if (all.length <= atMost) return all;
  const draws = raw(uniform(key, [all.length]));
  return all.map((place, i) => ({ place, draw: draws[i]! })).toSorted((a, b) => a.draw - b.draw).slice(0, atMost).map(({ place }) => place);
}

const shifted = (tensor: Tensor, index: number, by: number): Tensor => {
  const values = Float64Array.from(raw(tensor));
  values[index]! += by;
  return adopt(tensor.shape, values);
};

/** Richardson: each pass combines neighbours so that the lowest remaining power of h² cancels. */
const extrapolate = (estimates: readonly number[]): number => {
  let row = estimates;
  for (let power = 4; row.length > 1; power *= 4) row = row.slice(1).map((finer, i) => (power * finer - row[i]!) / (power - 1));
  return row[0]!;
};
