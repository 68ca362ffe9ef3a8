/**
 * Clipping of gradients in the catalog.
 *
 * @module
 */
import { clipByGlobalNorm, clipByValue } from "../../learning/clipping.ts";
import type { ClipByGlobalNormOptions, ClipByValueOptions } from "../../learning/clipping.ts";
import { adopt, fromDoubles, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ballArithmetic } from "../ball.ts";
import type { Ball } from "../ball.ts";
import { caseSpace, mapNamed } from "./operation.ts";
import type { CaseSpace, InputDraft, InputSlot, Operation, Options, Range, Tensors } from "./operation.ts";
import type { Numbers } from "../lattice.ts";

const input: InputSlot = { name: "gradients.*", axes: "any", optional: false, differentiable: false };

const renamed = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name.replace("gradients.", "clipped."), tensor]));

/** One to three tensors. */
const clippingSpace = (
  more: Readonly<Record<string, Range>>, options: (fields: Readonly<Record<string, number>>, tier: Numbers) => Options, draft: Partial<InputDraft>,
): CaseSpace => caseSpace({
  fields: { sizes: [1, 5], second: [0, 3], third: [0, 2], ...more },
  build: ({ sizes, second, third, ...others }, _, tier) => ({
    inputs: {
      "gradients.w": { shape: [sizes], ...draft },
      ...(second === 0 ? {} : { "gradients.bias": { shape: [second, 2], ...draft } }),
      ...(third === 0 ? {} : { "gradients.conv.kernel": { shape: [2, third], ...draft } }),
    },
    options: options(others, tier),
  }),
});

/** The catalog's entry for clipping by value; what it copies is exact, and only the limit itself may be rounded. @internal */
export const clipByValueEntry: Operation = {
  name: "clipByValue",
  summary: "each gradient between −limit and limit",
  inputs: [input],
  outputs: [{ name: "clipped.*", axes: "those of gradients.*", cotangent: false }],
  options: { limit: "the largest absolute value; no default" },
  exact: true,
  scaled: false,
  complete: (_, { limit }) => ({ limit }),
  forward: (inputs, options) => renamed(clipByValue(inputs, options as unknown as ClipByValueOptions)),
  radius: (inputs, options, _, precision) => {
    const { value: limit, error } = ballArithmetic(precision).constant((options as unknown as ClipByValueOptions).limit);
    return {
      outputs: renamed(mapNamed(inputs, (gradient) =>
        adopt(gradient.shape, Float64Array.from(raw(gradient), (value) => (Math.abs(value) >= limit - error ? error : 0))))),
      gradients: {},
    };
  },
  space: clippingSpace({ limit: [0, 2] }, ({ limit }, tier) => ({ limit: (tier === "structure" ? [1, 2, 4] : [0.1, 0.75, 1])[limit!] }), {}),
};

/**
 * The norm of n numbers in k tensors, in one sum or as the norm of the tensors' norms.
 *
 *     1    no number takes part in more than n − 1 additions
 *     2    of the roundings under a root half count: n for squares and sum. Numbers divided by the largest of them are rounded twice more in
 *          their squares, and their root once more; norms of tensors are squared again, and k of them added: (n + k)/2 + 4 in all
 *     ∞    the largest value is only copied
 *
 * Squares may underflow besides.
 */
function normBall(inputs: Tensors, power: number, precision: Parameters<typeof ballArithmetic>[0]): Ball {
  const balls = ballArithmetic(precision);
  const norm = balls.exact(clipByGlobalNorm(inputs, { maxNorm: Infinity, norm: power }).norm);
  if (power === Infinity || norm.value === 0) return norm;
  const [n, k] = [Object.values(inputs).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0), Object.keys(inputs).length];
  if (power === 1) return balls.rounded(norm, gammaCount(n - 1, precision.unit));
  // √s changes by at most √e and by at most e/√s where s changes by e.
  const lost = n * precision.tiny;
  const underflow = Math.min(Math.sqrt(lost), lost / norm.value);
  return balls.rounded({ value: norm.value, error: underflow }, gammaCount((n + k) / 2 + 4, precision.unit));
}

/** So many roundings one on top of the other, in roundings side by side. */
const gammaCount = (roundings: number, unit: number): number => (roundings * unit < 1 ? roundings / (1 - roundings * unit) : Infinity);

/** The catalog's entry for clipping by global norm. @internal */
export const clipByGlobalNormEntry: Operation = {
  name: "clipByGlobalNorm",
  summary: "all gradients times min(1, maxNorm / norm), with the norm over all of them together",
  inputs: [input],
  outputs: [
    { name: "clipped.*", axes: "those of gradients.*", cotangent: false },
    { name: "norm", axes: "[]: the norm before clipping", cotangent: false },
  ],
  options: { maxNorm: "the largest norm; no default", norm: "1, 2 or Infinity, default 2" },
  exact: false,
  scaled: true,
  complete: (_, { maxNorm, norm = 2 }) => ({ maxNorm, norm }),
  forward: (inputs, options) => {
    const { clipped, norm } = clipByGlobalNorm(inputs, options as unknown as ClipByGlobalNormOptions);
    return { ...renamed(clipped), norm: fromDoubles(Object.values(inputs), [], Float64Array.of(norm)) };
  },
  /**
   * Each number is multiplied with maxNorm and divided by norm in any order: three roundings besides those of both. So it may be where nothing is
   * to be clipped, too: TensorFlow multiplies with maxNorm·min(1/norm, 1/maxNorm) always.
   */
  radius: (inputs, options, _, precision) => {
    const { maxNorm, norm: power = 2 } = options as unknown as ClipByGlobalNormOptions;
    const balls = ballArithmetic(precision);
    const norm = normBall(inputs, power, precision);
    const allowed = balls.constant(maxNorm);
    const isSmall = norm.value + norm.error <= maxNorm - allowed.error;
    const { value: factor, error } = isSmall ? balls.rounded(balls.exact(1), 2) : balls.rounded(balls.quotient(allowed, norm), 1);
    // An infinite norm makes everything 0 or NaN, and rounds nothing.
    const isBounded = Number.isFinite(norm.value);
    const radiusOf = (value: number): number => (isBounded ? balls.product(balls.exact(value), { value: factor, error }).error : 0);
    return {
      outputs: {
        ...renamed(mapNamed(inputs, (gradient: Tensor) => adopt(gradient.shape, Float64Array.from(raw(gradient), radiusOf)))),
        norm: adopt([], Float64Array.of(isBounded ? norm.error : 0)),
      },
      gradients: {},
    };
  },
  space: clippingSpace(
    { maxNorm: [0, 3], norm: [0, 2] },
    ({ maxNorm, norm }) => ({ maxNorm: [0.1, 1, 3, 1000][maxNorm!], norm: [1, 2, Infinity][norm!] }),
    { value: (noise) => Math.fround((2 * noise - 1) * 2 ** (Math.floor((noise * 1009) % 1 * 12) - 8)) },
  ),
};
