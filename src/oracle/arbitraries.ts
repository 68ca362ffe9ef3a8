/**
 * Arbitraries: cases for property-based tests with fast-check, valid by construction.
 *
 * A case is drawn as a few whole numbers (sizes, strides, paddings …), every combination of which is valid, and one seed for all values.
 * Shrinking therefore makes shapes smaller first, and what remains keeps its numbers.
 *
 * This module needs fast-check (an optional peer dependency); nothing else of the library does.
 *
 * @module
 */
import fc from "fast-check";
import { show, sizeOf, wrongValue } from "../tensor/shape.ts";
import { caseOf, findOperation } from "./case.ts";
import type { Case, CaseNumbers } from "./case.ts";
import { isExtent } from "./catalog/operation.ts";
import type { CaseSpace, Range } from "./catalog/operation.ts";
import { regimes, tiers } from "./lattice.ts";
import type { Tier } from "./lattice.ts";
import { precisions } from "./precision.ts";
import type { Precision, PrecisionName } from "./precision.ts";
import { checkOnly } from "./words.ts";

/** Which cases are drawn. */
export interface CaseConstraints {
  /** Whole numbers with exact results, reals that make rounding visible, special values, sizes at their edges, or long axes. Default `"structure"`. */
  readonly tier?: Tier;
  /** Narrows the whole numbers a case is drawn from, by name, to a range or to one number, within the catalog's own. Default none. */
  readonly ranges?: Readonly<Record<string, Range | number>>;
  /** How many spatial axes. Default the catalog's own range. */
  readonly axisCount?: Range | number;
  /** The precision in whose sums whole numbers must stay exact, by name or as declared. Default `"float32"`. */
  readonly precision?: PrecisionName | Precision;
}

/**
 * Cases of an operation: inputs, complete options, and cotangents for its gradients.
 *
 * @param operation - a name of the catalog
 * @throws RangeError for an unknown operation or constraint, or a range that the catalog does not hold
 *
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { cases } from "etalon/arbitraries";
 * import { convolution } from "etalon/cnn";
 * const plain = cases("convolution", { ranges: { groups: 1, dilated: 0 }, axisCount: 2 });
 * fc.assert(fc.property(plain, ({ inputs: { input, kernel }, options }) =>
 *   convolution({ kernel: kernel! }, input!, options).shape.length === 4), { numRuns: 20 });
 * ```
 */
export function cases(operation: string, constraints: CaseConstraints = {}): fc.Arbitrary<Case> {
  const { tier = "structure" } = constraints;
  if (!drawnTiers.includes(tier)) throw wrongValue("cases", `tier ${drawnTiers.join(", ")}`, show(tier));
  return casesLater(operation, constraints).map((make) => make());
}

/** Laws hold between several questions, and statistics come from many: neither is one case. */
const drawnTiers: readonly Tier[] = tiers.filter((tier) => tier !== "laws" && tier !== "statistics");

/** The same cases, each made when it is first called for: to pass one over costs next to nothing. @internal */
export function casesLater(operation: string, constraints: CaseConstraints = {}): fc.Arbitrary<() => Case> {
  checkOnly("cases", "", ["tier", "ranges", "axisCount", "precision"], constraints);
  const { tier = "structure", ranges = {}, axisCount, precision = "float32" } = constraints;
  const entry = findOperation(operation);
  const numbers = typeof precision === "string" ? precisions[precision] : precision;
  const space = narrow(operation, entry.space, ranges, axisCount);
  const described = tier === "sizes" ? longNumbers(space, Object.keys(ranges)) : numbersOf(space, tier, ranges["samples"] === undefined);
  return described.map((drawn) => {
    let made: Case | undefined;
    return () => (made ??= caseOf(entry, tier, drawn, numbers));
  });
}

function numbersOf(space: CaseSpace, tier: Tier, mayBeEmpty: boolean): fc.Arbitrary<CaseNumbers> {
  const number = (name: string, [min, max]: Range): fc.Arbitrary<number> => {
    const any = fc.integer({ min, max });
    if (tier !== "degenerate") return any;
    const edge = [{ weight: 3, arbitrary: fc.constant(min) }, { weight: 3, arbitrary: fc.constant(max) }, { weight: 3, arbitrary: any }] as const;
    // The field of that name counts the batch, which may be empty.
    const empty = name === "samples" && mayBeEmpty ? [{ weight: 1, arbitrary: fc.constant(0) }] : [];
    return fc.oneof({ withCrossShrink: true }, ...edge, ...empty);
  };
  const record = (ranges: Readonly<Record<string, Range>>): fc.Arbitrary<Record<string, number>> =>
    fc.record(Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, number(name, range)])));
  const [minLength, maxLength] = space.axisCount;
  return fc.record({
    axes: fc.array(record(space.axes), { minLength, maxLength }),
    fields: record(space.fields),
    regime: fc.integer({ min: 0, max: regimes[tier] - 1 }),
    seed: fc.noShrink(fc.integer()),
  });
}

/** How long axes are in the sizes tier, one of them and one beside it: longer than what tiles, vector registers and unrolled loops hold. */
const [longest, longestBeside] = [130, 20];

/** Of how many steps in time the longest one consists: the bound of a recurrent network looks back from every number of every step. */
const longestInTime = 34;

/** How many numbers the inputs of such a case may have: the bounds of recurrent networks with more would take seconds. */
const mostNumbers = 1500;

const numbersIn = ({ build }: CaseSpace, { fields, axes }: CaseNumbers): number =>
  Object.values(build(fields, axes, "structure").inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Two axes drawn long, all others short: a fault beyond the end of a tile shows on its own axis, or on the product of two. */
function longNumbers(space: CaseSpace, narrowed: readonly string[]): fc.Arbitrary<CaseNumbers> {
  const extentsIn = (ranges: Readonly<Record<string, Range>>): string[] =>
    Object.keys(ranges).filter((name) => isExtent(name, ranges[name]!) && !narrowed.includes(name));
  const [ofCase, ofAxes] = [extentsIn(space.fields), extentsIn(space.axes)];
  const short = (ranges: Readonly<Record<string, Range>>, names: readonly string[]): Record<string, Range> =>
    Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, names.includes(name) ? [range[0], range[0] + 1] as const : range]));
  const [fewest, most] = space.axisCount;
  const axisCount: Range = [ofCase.length > 0 ? fewest : Math.min(Math.max(fewest, 1), most), Math.max(fewest, Math.min(most, 2))];
  const long = (size: number): fc.Arbitrary<{ readonly place: number; readonly size: number }> =>
    fc.record({ place: fc.nat({ max: 59 }), size: fc.integer({ min: 1, max: size }) });
  return fc.record({
    numbers: numbersOf({ ...space, fields: short(space.fields, ofCase), axes: short(space.axes, ofAxes), axisCount }, "sizes", false),
    beside: long(longestBeside),
    own: long(longest),
  }).map(({ numbers, own, beside }) => {
    const places = [...ofCase.map((name) => ({ name })), ...numbers.axes.flatMap((_, axis) => ofAxes.map((name) => ({ name, axis })))];
    const first = places[own.place % places.length];
    const others = places.filter((place) => place !== first);
    const second = others[beside.place % others.length];
    const sizeOn = (place: Extent | undefined, size: number): number => (place?.name === "steps" ? Math.ceil((size * longestInTime) / longest) : size);
    const fits = (drawn: CaseNumbers): boolean => numbersIn(space, drawn) <= mostNumbers;
    const both = lengthened(lengthened(numbers, second, sizeOn(second, beside.size)), first, sizeOn(first, own.size));
    if (fits(both)) return both;
    for (let size = sizeOn(first, own.size); ; size = Math.ceil(size / 2)) {
      const long = lengthened(numbers, first, size);
      if (size === 1 || fits(long)) return long;
    }
  });
}

/** An extent of the whole case, or of one spatial axis. */
interface Extent {
  readonly name: string;
  readonly axis?: number;
}

/** The numbers with one extent changed. */
function lengthened(numbers: CaseNumbers, place: Extent | undefined, size: number): CaseNumbers {
  if (place === undefined) return numbers;
  const { fields, axes } = numbers;
  if (place.axis === undefined) return { ...numbers, fields: { ...fields, [place.name]: size } };
  return { ...numbers, axes: axes.map((axis, i) => (i === place.axis ? { ...axis, [place.name]: size } : axis)) };
}

function narrow(operation: string, space: CaseSpace, ranges: Readonly<Record<string, Range | number>>, axisCount: Range | number | undefined): CaseSpace {
  const known = { ...space.fields, ...space.axes };
  const within = (name: string, range: Range | number, [low, high]: Range): Range => {
    const [least, most] = typeof range === "number" ? [range, range] : range;
    if (!(low <= least && least <= most && most <= high)) {
      throw wrongValue("cases", `${name} of ${operation} within ${show([low, high])}`, show([least, most]));
    }
    return [least, most];
  };
  for (const name of Object.keys(ranges)) {
    if (known[name] === undefined) throw wrongValue("cases", `a range of ${operation} (${Object.keys(known).join(", ")})`, name);
  }
  const narrowed = (own: Readonly<Record<string, Range>>): Record<string, Range> =>
    Object.fromEntries(Object.entries(own).map(([name, range]) => [name, ranges[name] === undefined ? range : within(name, ranges[name], range)]));
  return {
    ...space,
    fields: narrowed(space.fields),
    axes: narrowed(space.axes),
    axisCount: axisCount !== undefined ? within("axisCount", axisCount, space.axisCount) : space.axisCount,
  };
}
