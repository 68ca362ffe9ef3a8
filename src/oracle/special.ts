/**
 * Special values: what the special tier puts in the place of ordinary numbers of an operation's first input.
 *
 * One kind a case: NaN, infinities of both signs, zeros of both signs, subnormal numbers, very large ones; or all of its numbers negative, or
 * all −Infinity. The first number of a tensor is always a special one, of the others about a third.
 *
 * @module
 */

/** The kinds of special values; a case draws one. @internal */
export const specialRegimes = ["NaN", "Infinity", "zero", "subnormal", "huge", "negative", "-Infinity"] as const;

/** What an operation's first input may hold at most, where honest float32 code overflows on the way at 10³⁰, or takes no number outside a range. */
interface Limits {
  /** The largest magnitude that is drawn. */
  readonly largest?: number;
  /** Numbers are brought into this range, and NaN to its start: the operation refuses others. */
  readonly domain?: readonly [least: number, most: number];
}

/**
 * Squares, powers and products of several steps leave the range of float32 from 10³⁰ on; of logits beyond 10⁶ the sum max + log S, which
 * honest code takes, has no digits left for log S.
 */
const limits: Readonly<Record<string, Limits>> = {
  softmax: { largest: 1e6 }, logSoftmax: { largest: 1e6 }, crossEntropy: { largest: 1e6 }, lpPooling: { largest: 1e7 },
  gelu: { largest: 1e12 }, squaredError: { largest: 1e15 }, clipByGlobalNorm: { largest: 1e15 },
  simpleRnn: { largest: 1e10 }, lstm: { largest: 1e10 }, gru: { largest: 1e10 }, binaryCrossEntropy: { domain: [0, 1] },
};

/**
 * A number of a special case.
 *
 * @param value - the ordinary number in its place
 * @param first - whether it is the first of its tensor
 * @param noise - in [0, 1): whether it is special, and which
 *
 * @internal
 */
export function specialNumber(operation: string, regime: number, value: number, first: boolean, noise: number, second: number): number {
  const { largest = 1e30, domain } = limits[operation] ?? {};
  const sign = second < 0.5 ? -1 : 1;
  const special = (): number => {
    switch (specialRegimes[regime]) {
      case "NaN": return NaN;
      case "Infinity": return sign * Infinity;
      case "zero": return sign * 0;
      case "subnormal": return sign * 2 ** -140 * Math.ceil(8 * second);
      default: return sign * largest;
    }
  };
  const kind = specialRegimes[regime];
  const changed = kind === "negative" ? -Math.abs(value) : kind === "-Infinity" ? -Infinity : first || noise < 0.3 ? special() : value;
  if (domain === undefined) return changed;
  return Number.isNaN(changed) ? domain[0] : Math.min(Math.max(changed, domain[0]), domain[1]);
}
