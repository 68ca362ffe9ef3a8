/**
 * Random sliding windows: small, and such that they hurt. Sizes, strides, dilations and paddings are drawn for every axis by itself and
 * spelled in every way that the options allow.
 */
import fc from "fast-check";
import { expect } from "vitest";
import type { ConvolutionOptions } from "../../src/cnn/convolution.ts";
import type { PoolingOptions } from "../../src/cnn/pooling.ts";
import type { Padding, Sides } from "../../src/cnn/window.ts";

/** A window that fits, with the options in some spelling. */
export interface Geometry {
  readonly space: readonly number[];
  readonly size: readonly number[];
  readonly options: ConvolutionOptions & { readonly ceilMode?: boolean };
}

const lengths = [[], [1, 1, 2, 3, 4, 5, 7, 11], [1, 2, 3, 4, 5], [1, 2, 2, 3]] as const;

const axisOf = (axes: number) =>
  fc.record({
    length: fc.constantFrom(...lengths[axes]!),
    size: fc.constantFrom(1, 2, 2, 3, 3),
    stride: fc.constantFrom(1, 1, 2, 3, 4),
    dilation: fc.constantFrom(1, 1, 2, 3),
    before: fc.constantFrom(0, 0, 1, 1, 2, 3),
    after: fc.constantFrom(0, 0, 1, 1, 2, 3),
  });

const spellings = ["none", "valid", "same", "sameLower", "full", "number", "numbers", "pairs", "pairs", "pairs", "pairs", "mixed", "mixed", "mixed"] as const;

/** One number where all axes have the same, else one per axis. */
const spell = (values: readonly number[]): number | readonly number[] => (values.every((value) => value === values[0]) ? values[0]! : values);

/** Windows over so many spatial axes; in ceilMode the one window may hang over by less than a stride, where there will be that stride. */
export const geometries = (axes: number, spareStride = true): fc.Arbitrary<Geometry> =>
  fc.record({
    spelling: fc.constantFrom(...spellings),
    all: fc.integer({ min: 0, max: 2 }),
    ceilMode: fc.constantFrom(true, true, false),
    drawn: fc.array(axisOf(axes), { minLength: axes, maxLength: axes }),
  }).map(({ spelling, all, ceilMode, drawn }) => {
    const entries = drawn.map(({ before, after }, axis): number | Sides =>
      spelling === "number" ? all : spelling === "numbers" || (spelling === "mixed" && axis % 2 === 1) ? before : [before, after]);
    const padding: Padding | undefined = spelling === "none" ? undefined
      : spelling === "number" ? all
      : spelling === "numbers" || spelling === "pairs" || spelling === "mixed" ? entries : spelling;
    const grows = spelling === "same" || spelling === "sameLower" || spelling === "full";
    return {
      space: drawn.map(({ length }) => length),
      size: drawn.map(({ length, size, stride, dilation }, axis) => {
        const [before, after] = bothSides(padding === undefined || padding === "valid" ? 0 : entries[axis]!);
        const most = length + before + after + (ceilMode && spareStride ? stride - 1 : 0);
        return grows ? size : Math.min(size, Math.floor((most - 1) / dilation) + 1);
      }),
      options: {
        stride: spell(drawn.map(({ stride }) => stride)),
        dilation: spell(drawn.map(({ dilation }) => dilation)),
        ...(padding === undefined ? {} : { padding }),
        ...(ceilMode && !grows ? { ceilMode } : {}),
      },
    };
  });

const bothSides = (entry: number | Sides): Sides => (typeof entry === "number" ? [entry, entry] : entry);

/** A convolution: shapes and options. */
export interface ConvolutionCase {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly hasBias: boolean;
  readonly options: ConvolutionOptions;
  readonly seed: number;
}

/** Without fast-check's preference for small numbers: few seeds would come again and again. */
const seeds = fc.noBias(fc.integer({ min: 0, max: 2 ** 30 }));

/** Groups, channels of a group and filters of a group. */
const groupings = [[1, 1, 1], [1, 1, 3], [1, 2, 2], [1, 3, 1], [1, 2, 5], [2, 1, 1], [2, 2, 1], [2, 1, 2], [3, 1, 2]] as const;

/** Convolutions over so many spatial axes. */
export const convolutions = (axes: number): fc.Arbitrary<ConvolutionCase> =>
  fc.record({
    geometry: geometries(axes, false),
    samples: fc.constantFrom(...(axes === 1 ? [1, 2, 3] : [1, 2])),
    channels: fc.constantFrom(...groupings),
    hasBias: fc.boolean(),
    seed: seeds,
  }).map(({ geometry, samples, channels: [groups, groupChannels, groupFilters], hasBias, seed }) => {
    const { ceilMode: _, ...options } = geometry.options;
    return {
      input: [samples, groups * groupChannels, ...geometry.space],
      kernel: [groups * groupFilters, groupChannels, ...geometry.size],
      hasBias, seed,
      options: groups === 1 ? options : { ...options, groups },
    };
  });

/** A pooling: the input's shape, and options. */
export interface PoolingCase {
  readonly input: readonly number[];
  readonly options: PoolingOptions;
  readonly seed: number;
}

/** Whether every window of a geometry has a tap over the input along every axis. */
function reaches({ space, size, options: { stride, dilation = 1, padding = 0, ceilMode = false } }: Geometry): boolean {
  return space.every((length, axis) => {
    const [taps, gap] = [size[axis]!, typeof dilation === "number" ? dilation : dilation[axis]!];
    const step = stride === undefined ? taps : typeof stride === "number" ? stride : stride[axis]!;
    const extent = (taps - 1) * gap + 1;
    const total = Math.max(0, (Math.ceil(length / step) - 1) * step + extent - length);
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    const words = { valid: 0, full: extent - 1, same: [less, more], sameLower: [more, less] } as const;
    const [before, after] = bothSides(typeof padding === "string" ? words[padding] : typeof padding === "number" ? padding : padding[axis]!);
    const room = length + before + after - extent;
    const starts = Array.from({ length: room + step }, (_, start) => start - before)
      .filter((start) => (start + before) % step === 0 && (start + before <= room || (ceilMode && start < length)));
    return starts.every((start) => Array.from({ length: taps }, (_, t) => start + t * gap).some((cell) => cell >= 0 && cell < length));
  });
}

/** Poolings over so many spatial axes; the stride is sometimes left to its default. Windows may be wholly in padding only if wanted. */
export const poolings = (axes: number, emptyWindows = false): fc.Arbitrary<PoolingCase> =>
  fc.constantFrom(true, true, false).chain((keepsStride) => fc.record({
    geometry: geometries(axes, keepsStride).map((geometry) => (keepsStride ? geometry : withoutStride(geometry))),
    batch: fc.constantFrom(...(axes < 3 ? [[1, 2], [2, 1], [2, 1], [2, 2]] : [[1, 2], [2, 1]])),
    seed: seeds,
  })).filter(({ geometry }) => emptyWindows || reaches(geometry)).map(({ geometry, batch, seed }) => ({
    input: [...batch, ...geometry.space],
    options: { window: spell(geometry.size), ...geometry.options },
    seed,
  }));

function withoutStride({ options: { stride: _, ...options }, ...rest }: Geometry): Geometry {
  return { ...rest, options };
}

/** Counts how many of the cases had each of the features that break implementations. */
export interface Shares {
  readonly note: (space: readonly number[], options: ConvolutionOptions & { readonly window?: unknown; readonly ceilMode?: boolean }) => void;
  /** Prints the shares, and expects each of the named features in at least a tenth of the cases. */
  readonly expectTenth: (what: string, features: readonly string[]) => void;
}

export function countShares(): Shares {
  const counts = new Map<string, number>();
  let cases = 0;
  return {
    note: (space, { stride, dilation, padding, groups, ceilMode, window }) => {
      cases++;
      const lists = [stride, dilation, window, padding].filter(Array.isArray) as unknown[][];
      const has = {
        groups: groups !== undefined,
        dilation: dilation !== undefined && dilation !== 1,
        "asymmetric padding": Array.isArray(padding) && padding.some((entry) => Array.isArray(entry) && entry[0] !== entry[1]),
        "axes that differ": lists.some((list) => list.some((entry) => JSON.stringify(entry) !== JSON.stringify(list[0]))),
        ceilMode: ceilMode === true,
        "padding in words": typeof padding === "string" && padding !== "valid",
        "sizes of 1": space.includes(1),
      };
      for (const [feature, present] of Object.entries(has)) counts.set(feature, (counts.get(feature) ?? 0) + (present ? 1 : 0));
    },
    expectTenth: (what, features) => {
      const shares = features.map((feature) => [feature, (counts.get(feature) ?? 0) / cases] as const);
      console.info(`${what}, ${cases} cases: ${shares.map(([feature, share]) => `${feature} ${Math.round(100 * share)} %`).join(", ")}`);
      // A tenth is expected; of few cases it may be less by three standard deviations, but never none.
      const least = Math.max(1 / cases, 0.1 - 3 * Math.sqrt((0.1 * 0.9) / cases));
      for (const [feature, share] of shares) expect(share, `${what}: ${feature}`).toBeGreaterThanOrEqual(least);
    },
  };
}
