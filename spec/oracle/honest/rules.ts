/** Update rules and clipping as honest float32 code writes them. */
import { Tensor } from "../../../src/tensor/tensor.ts";
import type { CandidateFunction } from "../../../src/oracle/module-candidate.ts";
import { answered } from "../catalog/weights.ts";
import type { WeightStep } from "../catalog/weights.ts";
import { mapNames } from "../support.ts";
import type { Summation } from "../kernels.ts";

const { abs, fround: f, max, min, sign, sqrt } = Math;

interface Numbers {
  readonly rate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly decay: number;
  readonly epsilon: number;
  readonly beta1: number;
  readonly beta2: number;
}

type Step = WeightStep<Numbers>;

/** A rule as a candidate's function. */
export const ruleOf = (step: Step): CandidateFunction => (inputs, options) => {
  const tensors = mapNames(inputs, ({ shape, data }) => new Tensor(shape, Array.from(data)));
  const answers = answered({ operation: "", tier: "rounding", features: [], options, inputs: tensors }, step);
  return { outputs: mapNames(answers, ({ shape, data }) => ({ shape, data: Float32Array.from(data) })) };
};

/** The gradient with the decay of its weight. */
type Slope = (w: number, dw: number, weightDecay: number) => number;
const plain: Slope = (w, dw, weightDecay) => (weightDecay === 0 ? dw : f(dw + f(f(weightDecay) * w)));
const fusedSlope: Slope = (w, dw, weightDecay) => (weightDecay === 0 ? dw : f(dw + f(weightDecay) * w));
const fromDouble: Slope = (w, dw, weightDecay) => (weightDecay === 0 ? dw : f(dw + weightDecay * w));

/** w - rate·direction */
type Move = (w: number, rate: number, direction: number) => number;
const twice: Move = (w, rate, direction) => f(w - f(f(rate) * direction));
const once: Move = (w, rate, direction) => f(w - f(rate) * direction);
const negated: Move = (w, rate, direction) => f(w + f(-rate * direction));

const descent = (slope: Slope, move: Move): Step => (w, dw, _, { rate, weightDecay }) => move(w, rate, slope(w, dw, weightDecay));
const share = ({ rate, weightDecay }: Numbers): number => f(f(rate) * f(weightDecay));

const gradientDescent: Readonly<Record<string, Step>> = {
  "as it stands": descent(plain, twice),
  "both products fused": descent(fusedSlope, once),
  "the step fused": descent(plain, once),
  "the decay fused": descent(fusedSlope, twice),
  "options in double": descent(fromDouble, negated),
  "doubles inside": (w, dw, _, { rate, weightDecay }) => f(w - rate * (dw + weightDecay * w)),
  "a factor of the weight": (w, dw, _, options) => f(f(w * f(1 - share(options))) - f(f(options.rate) * dw)),
  "the gradient, then the decay": (w, dw, _, options) => f(f(w - f(f(options.rate) * dw)) - f(share(options) * w)),
  "the sum of both steps": (w, dw, _, options) => f(w - f(f(f(options.rate) * dw) + f(share(options) * w))),
};

/** momentum·velocity + g */
type Gain = (share: number, velocity: number, g: number) => number;
const gained: Gain = (share, velocity, g) => f(f(f(share) * velocity) + g);
const gainedAtOnce: Gain = (share, velocity, g) => f(f(share) * velocity + g);
const gainedInDouble: Gain = (share, velocity, g) => f(share * velocity + g);

const heavyBall = (slope: Slope, gain: Gain, move: Move): Step => (w, dw, kept, { rate, weightDecay, momentum, nesterov }) => {
  const g = slope(w, dw, weightDecay);
  const velocity = kept[0] = gain(momentum, kept[0]!, g);
  return move(w, rate, nesterov ? gain(momentum, velocity, g) : velocity);
};

/** The rate inside the velocity, as Keras keeps it. */
const keras = (gain: Gain): Step => (w, dw, kept, { rate, weightDecay, momentum, nesterov }) => {
  const step = f(f(rate) * plain(w, dw, weightDecay));
  const velocity = kept[0] = gain(momentum, kept[0]!, -step);
  return f(w + (nesterov ? gain(momentum, velocity, -step) : velocity));
};

const momentum: Readonly<Record<string, Step>> = {
  "as it stands": heavyBall(plain, gained, twice),
  "all fused": heavyBall(fusedSlope, gainedAtOnce, once),
  "the velocity fused": heavyBall(plain, gainedAtOnce, twice),
  "the step fused": heavyBall(plain, gained, once),
  "the decay fused": heavyBall(fusedSlope, gained, negated),
  "options in double": heavyBall(fromDouble, gainedInDouble, negated),
  "the rate inside the velocity": keras(gained),
  "the rate inside the velocity, fused": keras(gainedAtOnce),
  "doubles inside": (w, dw, kept, { rate, weightDecay, momentum: kept1, nesterov }) => {
    const g = dw + weightDecay * w;
    const velocity = kept1 * kept[0]! + g;
    kept[0] = f(velocity);
    return f(w - rate * (nesterov ? g + kept1 * velocity : velocity));
  },
};

/** share·old + (1 - share)·fresh */
type Mix = (share: number, old: number, fresh: number) => number;
const mixed: Mix = (s, old, fresh) => f(f(f(s) * old) + f(f(1 - f(s)) * fresh));
const mixedFromDouble: Mix = (s, old, fresh) => f(f(f(s) * old) + f(f(1 - s) * fresh));
const interpolated: Mix = (s, old, fresh) => f(old + f(f(1 - f(s)) * f(fresh - old)));
const fused: Mix = (s, old, fresh) => f(f(s) * old + f(f(1 - f(s)) * fresh));
const mixes = { "mixed": mixed, "1 - share in double": mixedFromDouble, "interpolated": interpolated, "fused": fused };

/** w - rate·numerator / denominator */
type Measured = (w: number, rate: number, numerator: number, denominator: number) => number;
const measured = {
  "the product first": (w, rate, n, d) => f(w - f(f(f(rate) * n) / d)),
  "the quotient first": (w, rate, n, d) => f(w - f(f(rate) * f(n / d))),
  "the rate first": (w, rate, n, d) => f(w - f(f(f(rate) / d) * n)),
  "a reciprocal": (w, rate, n, d) => f(w - f(f(rate) * f(n * f(1 / d)))),
  "the step fused": (w, rate, n, d) => f(w - f(rate) * f(n / d)),
} as const satisfies Readonly<Record<string, Measured>>;

const rooted = (square: number, epsilon: number): number => f(f(sqrt(square)) + f(epsilon));

const rmsProp: Readonly<Record<string, Step>> = {
  ...Object.fromEntries(Object.entries(mixes).flatMap(([mixing, mix]) => Object.entries(measured).map(([order, move]): [string, Step] =>
    [`${mixing}, ${order}`, (w, dw, kept, { rate, decay, epsilon, weightDecay }) => {
      const g = plain(w, dw, weightDecay);
      kept[0] = mix(decay, kept[0]!, f(g * g));
      return move(w, rate, g, rooted(kept[0], epsilon));
    }]))),
  "doubles inside": (w, dw, kept, { rate, decay, epsilon, weightDecay }) => {
    const g = dw + weightDecay * w;
    const square = decay * kept[0]! + (1 - decay) * g * g;
    kept[0] = f(square);
    return f(w - (rate * g) / (sqrt(square) + epsilon));
  },
};

const adagrad: Readonly<Record<string, Step>> = {
  ...Object.fromEntries(([["squares", plain, false], ["fused squares", fusedSlope, true]] as const).flatMap(([adding, slope, isFused]) =>
    Object.entries(measured).map(([order, move]): [string, Step] => [`${adding}, ${order}`, (w, dw, kept, { rate, epsilon, weightDecay }) => {
      const g = slope(w, dw, weightDecay);
      kept[0] = f(kept[0]! + (isFused ? g * g : f(g * g)));
      return move(w, rate, g, rooted(kept[0], epsilon));
    }]))),
  "doubles inside": (w, dw, kept, { rate, epsilon, weightDecay }) => {
    const g = dw + weightDecay * w;
    const square = kept[0]! + g * g;
    kept[0] = f(square);
    return f(w - (rate * g) / (sqrt(square) + epsilon));
  },
};

/** What Adam does with its averages; their shares are 1 - beta^t. */
type Correction = (w: number, mean: number, square: number, options: Numbers, share1: number, share2: number, t: number) => number;
const corrections: Readonly<Record<string, Correction>> = {
  "averages divided by their shares": (w, m, s, { rate, epsilon }, c1, c2) => measured["the product first"](w, rate, f(m / c1), rooted(f(s / c2), epsilon)),
  "the quotient of both first": (w, m, s, { rate, epsilon }, c1, c2) => measured["the quotient first"](w, rate, f(m / c1), rooted(f(s / c2), epsilon)),
  "the step size first": (w, m, s, { rate, epsilon }, c1, c2) => f(w - f(f(f(rate) / c1) * f(m / f(f(f(sqrt(s)) / f(sqrt(c2))) + f(epsilon))))),
  "shares in double": (w, m, s, { rate, epsilon, beta1, beta2 }, _, __, t) =>
    f(w - f(f(rate / (1 - beta1 ** t)) * f(m / f(f(f(sqrt(s)) / f(sqrt(1 - beta2 ** t))) + f(epsilon))))),
  "one factor for both shares": (w, m, s, { rate, epsilon }, c1, c2) =>
    f(w - f(f(f(f(f(rate) * f(sqrt(c2))) / c1) * m) / f(f(sqrt(s)) + f(f(epsilon) * f(sqrt(c2)))))),
};

const power = (beta: number, t: number): number => f(f(beta) ** t);
const multiplied = (beta: number, t: number): number => Array.from({ length: t - 1 }).reduce<number>((product) => f(product * f(beta)), f(beta));

/** Adam, or with the decay apart AdamW. */
const adams = (isApart: boolean): Readonly<Record<string, Step>> => ({
  ...Object.fromEntries(Object.entries(corrections).flatMap(([correcting, correct]) => Object.entries(mixes).map(([mixing, mix], i): [string, Step] =>
    [`${correcting}, ${mixing}`, (w, dw, kept, options, t) => {
      const g = isApart ? dw : plain(w, dw, options.weightDecay);
      const start = !isApart ? w : i % 2 === 0 ? f(w * f(1 - share(options))) : f(w - f(share(options) * w));
      [kept[0], kept[1]] = [mix(options.beta1, kept[0]!, g), mix(options.beta2, kept[1]!, f(g * g))];
      const powerOf = i % 2 === 0 ? power : multiplied;
      return correct(start, kept[0], kept[1], options, f(1 - powerOf(options.beta1, t)), f(1 - powerOf(options.beta2, t)), t);
    }]))),
  "doubles inside": (w, dw, kept, { rate, epsilon, weightDecay, beta1, beta2 }, t) => {
    const g = isApart ? dw : dw + weightDecay * w;
    const [m, s] = [beta1 * kept[0]! + (1 - beta1) * g, beta2 * kept[1]! + (1 - beta2) * g * g];
    [kept[0], kept[1]] = [f(m), f(s)];
    return f((isApart ? w - rate * weightDecay * w : w) - (rate * (m / (1 - beta1 ** t))) / (sqrt(s / (1 - beta2 ** t)) + epsilon));
  },
});

/** For every rule its steps. */
export const ruleSteps: Readonly<Record<string, Readonly<Record<string, Step>>>> = {
  gradientDescent, momentum, rmsProp, adagrad, adam: adams(false), adamW: adams(true),
};

type Plain = Parameters<CandidateFunction>[0];

/** Each tensor of gradients with every number changed, under the names of what is clipped. */
const clippedBy = (inputs: Plain, change: (g: number) => number): Plain => Object.fromEntries(Object.entries(inputs).map(([name, { shape, data }]) =>
  [name.replace("gradients", "clipped"), { shape, data: Float32Array.from(data, change) }]));

const limits: Readonly<Record<string, (g: number, limit: number) => number>> = {
  "from above, then from below": (g, limit) => max(-f(limit), min(g, f(limit))),
  "from below, then from above": (g, limit) => min(f(limit), max(g, -f(limit))),
  "by cases": (g, limit) => (g > f(limit) ? f(limit) : g < -f(limit) ? -f(limit) : g),
  "by size": (g, limit) => (abs(g) > f(limit) ? sign(g) * f(limit) : g),
  "the sign put back": (g, limit) => sign(g) * min(abs(g), f(limit)),
  "the middle of three": (g, limit) => [g, f(limit), -f(limit)].sort((a, b) => a - b)[1]!,
  "a limit in double": (g, limit) => max(-limit, min(g, limit)),
  "kept where it is small": (g, limit) => (abs(g) < f(limit) ? g : sign(g) * f(limit)),
};

/** Clipping by value in its forms. */
export const valueClippings: Readonly<Record<string, CandidateFunction>> =
  Object.fromEntries(Object.entries(limits).map(([name, change]): [string, CandidateFunction] =>
    [name, (inputs, options) => ({ outputs: clippedBy(inputs, (g) => change(g, options["limit"] as number)) })]));

type Norm = (tensors: readonly (readonly number[])[], norm: number, sum: Summation) => number;
const largest = (values: readonly number[]): number => values.reduce((most, value) => max(most, abs(value)), 0);
const inOneSum: Norm = (tensors, norm, sum) => {
  const all = tensors.flat();
  return norm === Infinity ? largest(all) : norm === 1 ? sum(all.map(abs)) : f(sqrt(sum(all.map((g) => g * g))));
};
const normOfNorms: Norm = (tensors, norm, sum) => inOneSum([tensors.map((values) => inOneSum([values], norm, sum))], norm, sum);
const relativeToLargest: Norm = (tensors, norm, sum) => {
  const most = largest(tensors.flat());
  return norm !== 2 || most === 0 ? inOneSum(tensors, norm, sum) : f(most * f(sqrt(sum(tensors.flat().map((g) => f(g / most) ** 2)))));
};
const scalings: readonly ((g: number, maxNorm: number, norm: number) => number)[] = [
  (g, maxNorm, norm) => f(g * min(1, f(maxNorm / norm))),
  (g, maxNorm, norm) => (norm <= maxNorm ? g : f(f(g * maxNorm) / norm)),
  (g, maxNorm, norm) => f(f(g * maxNorm) / max(norm, maxNorm)),
  (g, maxNorm, norm) => (norm <= maxNorm ? g : f(f(g * maxNorm) * f(1 / norm))),
];

/** Clipping by global norm with sums in one order: three norms, each with all ways to scale. */
export const normClippings = (sum: Summation): Readonly<Record<string, CandidateFunction>> =>
  Object.fromEntries(Object.entries({ "in one sum": inOneSum, "norm of norms": normOfNorms, "relative to the largest": relativeToLargest })
    .flatMap(([name, normOf]) => scalings.map((scale, i): [string, CandidateFunction] => [`${name}, scaling ${i + 1}`, (inputs, { maxNorm, norm: order }) => {
      const norm = normOf(Object.values(inputs).map(({ data }) => Array.from(data)), order as number, sum);
      const clipped = clippedBy(inputs, (g) => (g === 0 ? 0 : scale(g, f(maxNorm as number), norm)));
      return { outputs: { ...clipped, norm: { shape: [], data: Float32Array.of(norm) } } };
    }])));
