/**
 * Timing for bench.js: contestants in turn, round after round, in processor time.
 */
import { generate } from "../../dist/tensor/index.js";

/** How many rounds; ROUNDS in the environment. */
export const rounds = Number(process.env.ROUNDS ?? 5);
/** Milliseconds that one sample takes at least. */
const sample = 60;

/** Milliseconds of processor time. @param {() => unknown} work */
const timed = (work) => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

/** How many calls fill a sample; the calls made on the way warm the code up. @param {() => unknown} call */
const callsOf = (call) => {
  for (let calls = 1; ; calls *= 2) {
    const spent = timed(() => { for (let i = 0; i < calls; i++) call(); });
    if (spent >= sample || calls >= 2 ** 20) return Math.max(1, Math.ceil((calls * sample) / Math.max(spent, 1)));
  }
};

/** @param {readonly number[]} values */
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds a call of each contestant in each round, interleaved. @param {Readonly<Record<string, () => unknown>>} contestants */
export const race = (contestants) => {
  const entries = Object.entries(contestants).map(([name, call]) => ({ name, call, calls: callsOf(call) }));
  const perCall = ({ name, call, calls }) => [name, timed(() => { for (let i = 0; i < calls; i++) call(); }) / calls];
  return Array.from({ length: rounds }, (_, round) =>
    Object.fromEntries((round % 2 === 1 ? entries.toReversed() : entries).map(perCall)));
};

/** A tensor of numbers in [-0.5, 0.5) without a pattern that a cache or a branch could learn. */
export const noise = (shape, seed) => {
  let state = seed;
  return generate(shape, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 32;
  });
};

/** The micro-kernel of the limit: three rows by two columns, all in the first-level cache, six sums in registers. */
const microDepth = 256;
const microRows = Float64Array.from({ length: 5 * microDepth }, (_, i) => (i % 17) / 17);
export const micro = () => {
  const a = microRows;
  let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0;
  for (let k = 0; k < microDepth; k++) {
    const b0 = a[k + 3 * microDepth], b1 = a[k + 4 * microDepth];
    const a0 = a[k], a1 = a[k + microDepth], a2 = a[k + 2 * microDepth];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s20 += a2 * b0;
    s21 += a2 * b1;
  }
  return s00 + s01 + s10 + s11 + s20 + s21;
};
export const microFlops = 12 * microDepth;
