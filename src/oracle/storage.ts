/**
 * Storage: cases whose numbers a candidate can hold, and what storing its answers costs.
 *
 * A candidate that stores its inputs and outputs in few bits is sent numbers that it has exactly. Each number of its answer is then rounded
 * once more, by no more than
 *
 *     u·(|y| + r) + η/2      u, η of the storage, r the radius of the answer before it is stored
 *
 * Source: IEEE 754-2019, section 4.3 (rounding to nearest); Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 2.1.
 *
 * @module
 */
import { adopt, raw } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mapNamed } from "./catalog/operation.ts";
import type { Answers, Tensors } from "./catalog/operation.ts";
import { precisions } from "./precision.ts";
import type { Format, Precision, PrecisionName } from "./precision.ts";

/**
 * The nearest number of a format; beyond the largest an infinity.
 *
 * @internal
 */
export function nearest(value: number, { name, unit, tiny, largest }: Format): number {
  if (!Number.isFinite(value) || value === 0 || name === "float64") return value;
  const spacing = Math.max(tiny, 2 * unit * 2 ** Math.floor(Math.log2(Math.abs(value))));
  const whole = Math.abs(value) / spacing;
  const below = Math.floor(whole);
  const up = whole - below === 0.5 ? below % 2 === 1 : whole - below > 0.5;
  const rounded = (below + Number(up)) * spacing;
  return Math.sign(value) * (rounded > largest ? Infinity : rounded);
}

/** Whether a format reaches far less than float32, so that products and sums of what the tiers draw would overflow. */
const isNarrow = ({ largest }: Format): boolean => largest < 2 ** 100;

/**
 * Makes numbers such that a candidate holds them exactly: the nearest ones of its storage. Where that reaches far less than float32, what
 * is larger than `most`, or far smaller than 1, keeps its sign and significand and gets an exponent near 0.
 *
 * @internal
 */
export function fitting({ storage }: Precision): (tensor: Tensor, most: number) => Tensor {
  if (storage === undefined) return (tensor) => tensor;
  const held = precisions[storage.name as PrecisionName];
  return (tensor, most) => {
    const data = raw(tensor).slice();
    const fold = isNarrow(held) ? (value: number) => folded(value, most, most > mostOf.free ? 0 : 2 ** -6) : (value: number) => value;
    for (let i = 0; i < data.length; i++) data[i] = nearest(fold(data[i]!), held);
    return adopt(tensor.shape, data);
  };
}

/** Sizes beyond which numbers are folded: of free reals, of those that an operation draws itself, and of whole numbers. @internal */
export const mostOf: { readonly free: number; readonly own: number; readonly whole: number } = { free: 4, own: 256, whole: Infinity };

/** A number within two sizes; one outside of them keeps its significand and the parity of its exponent. */
function folded(value: number, most: number, least: number): number {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0 || (size <= most && size >= least)) return value;
  const exponent = Math.floor(Math.log2(size));
  return (value / 2 ** exponent) * 2 ** (((exponent % 2) + 2) % 2);
}

/** The radii of answers that are stored, or flushed to 0 where they are subnormal. Positions are whole numbers that nobody rounds. @internal */
export function storedRadius(expected: Answers<Tensor>, radius: Answers<Tensor>, { storage, flushed = false, tiny }: Precision): Answers<Tensor> {
  if (storage === undefined && !flushed) return radius;
  const lost = flushed ? tiny : 0;
  const stored = (size: number, r: number): number => {
    if (storage === undefined || size === 0 || Number.isNaN(size)) return r + lost;
    return r + storage.unit * size + storage.tiny / 2 + lost;
  };
  const each = (values: Tensors, radii: Tensors): Tensors => mapNamed(radii, (tensor, name) => {
    if (name === "indices") return tensor;
    const answers = raw(values[name]!);
    return adopt(tensor.shape, Float64Array.from(raw(tensor), (r, i) => stored(Math.abs(answers[i]!) + r, r)));
  });
  return { outputs: each(expected.outputs, radius.outputs), gradients: each(expected.gradients, radius.gradients) };
}
