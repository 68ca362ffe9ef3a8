/**
 * Variants of clipping: of what the norm is taken, which norm it is, and what is done to numbers beyond a limit.
 *
 * @module
 */
import { fromDoubles, map, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options, Tensors } from "../catalog/operation.ts";
import { renamedTensors } from "./detour.ts";
import { underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** The norm of numbers: 1, 2 or ∞. */
const normOf = (values: readonly number[], norm: number): number => {
  const sizes = values.map(Math.abs);
  if (norm === Infinity) return Math.max(0, ...sizes);
  return norm === 1 ? sizes.reduce((sum, each) => sum + each, 0) : Math.hypot(...sizes);
};

const numbersOf = (tensor: Tensor): readonly number[] => Array.from(raw(tensor));

const allOf = (tensors: Tensors): readonly number[] => Object.values(tensors).flatMap(numbersOf);

const clipped = (tensors: Tensors): Tensors => renamedTensors(tensors, (name) => name.replace("gradients.", "clipped."));

const factorOf = (norm: number, most: number): number => (norm <= most ? 1 : most / norm);

/** Every tensor times a factor of its own; the norm is told where the habit has one for all. */
const scaledBy = (
  factor: (tensor: Tensor, all: Tensors, options: Options) => number, told?: (all: Tensors, options: Options) => number,
): Variant["answer"] => (_, { inputs, options }) => ({
  outputs: {
    ...clipped(mapNamed(inputs, (tensor) => {
      const share = factor(tensor, inputs, options);
      return map(tensor, (value) => value * share);
    })),
    ...(told && { norm: fromDoubles(Object.values(inputs), [], Float64Array.of(told(inputs, options))) }),
  },
  gradients: {},
});

const most = ({ maxNorm }: Options): number => maxNorm as number;

const kind = ({ norm }: Options): number => norm as number;

const globalNorm = (all: Tensors, options: Options): number => normOf(allOf(all), kind(options));

const addedNorm = (all: Tensors, options: Options): number => Object.values(all).reduce((sum, tensor) => sum + normOf(numbersOf(tensor), kind(options)), 0);

const averageNorm = (tensor: Tensor, options: Options): number => normOf(numbersOf(tensor), kind(options)) / Math.max(1, raw(tensor).length);

const limitOf = ({ limit }: Options): number => limit as number;

const each = (f: (value: number, limit: number) => number): Variant["answer"] => (_, { inputs, options }) =>
  ({ outputs: clipped(mapNamed(inputs, (tensor) => map(tensor, (value) => f(value, limitOf(options))))), gradients: {} });

/** @internal */
export const clippingVariants: readonly Variant[] = [
  {
    name: "clippedOneByOne",
    says: "each tensor clipped by its own norm",
    kind: "convention",
    source: "https://github.com/keras-team/keras/issues/13575",
    operations: ["clipByGlobalNorm"],
    answer: scaledBy((tensor, _, options) => factorOf(normOf(numbersOf(tensor), kind(options)), most(options))),
  },
  {
    name: "epsilonBesideNorm",
    says: "1e-6 added to the norm that is divided by",
    kind: "convention",
    source: "https://github.com/goodfire-ai/spd/issues/643",
    operations: ["clipByGlobalNorm"],
    answer: scaledBy((_, all, options) => Math.min(1, most(options) / (globalNorm(all, options) + 1e-6)), globalNorm),
  },
  {
    name: "dividedByNorm",
    says: "everything divided by the norm where that is larger than 1, and not multiplied with the norm allowed",
    kind: "mistake",
    source: "https://github.com/tinygrad/tinygrad/pull/4642 (1 in the place of the norm allowed)",
    operations: ["clipByGlobalNorm"],
    answer: scaledBy((_, all, options) => factorOf(globalNorm(all, options), 1), globalNorm),
  },
  {
    name: "normsAdded",
    says: "the sum of the tensors' norms in the place of the norm of all",
    kind: "mistake",
    source: "https://github.com/apache/mxnet/issues/9291 (documented as the sum of their 2-norm)",
    operations: ["clipByGlobalNorm"],
    answer: scaledBy((_, all, options) => factorOf(addedNorm(all, options), most(options)), addedNorm),
  },
  {
    name: "normAlwaysTwo",
    says: "the norm 2, whatever norm was asked for",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/clip_by_global_norm",
    operations: ["clipByGlobalNorm"],
    answer: underOptions((options) => (options["norm"] === 2 ? undefined : { ...options, norm: 2 })),
  },
  {
    name: "averageNorms",
    says: "each tensor clipped by its own norm divided by how many numbers it has",
    kind: "convention",
    source: "https://www.tensorflow.org/api_docs/python/tf/compat/v1/clip_by_average_norm",
    operations: ["clipByGlobalNorm"],
    answer: scaledBy((tensor, _, options) => factorOf(averageNorm(tensor, options), most(options))),
  },
  {
    name: "clippedFromAbove",
    says: "the upper limit alone",
    kind: "mistake",
    source: "https://www.tensorflow.org/api_docs/python/tf/clip_by_value (two limits)",
    operations: ["clipByValue"],
    answer: each((value, limit) => Math.min(value, limit)),
  },
  {
    name: "clippedByLargest",
    says: "each tensor scaled down until its largest number is at the limit",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html (norm_type inf)",
    operations: ["clipByValue"],
    answer: scaledBy((tensor, _, options) => factorOf(normOf(numbersOf(tensor), Infinity), limitOf(options))),
  },
  {
    name: "clippedByOwnNorm",
    says: "each tensor scaled down until its norm 2 is at the limit (clipnorm for clipvalue)",
    kind: "mistake",
    source: "https://github.com/keras-team/keras/blob/master/keras/src/optimizers/base_optimizer.py (clipnorm beside clipvalue)",
    operations: ["clipByValue"],
    answer: scaledBy((tensor, _, options) => factorOf(normOf(numbersOf(tensor), 2), limitOf(options))),
  },
  {
    name: "clippedByNormOfAll",
    says: "all tensors scaled down until their norm 2 is at the limit",
    kind: "mistake",
    source: "https://github.com/keras-team/keras/blob/master/keras/src/optimizers/base_optimizer.py (global_clipnorm beside clipvalue)",
    operations: ["clipByValue"],
    answer: scaledBy((_, all, options) => factorOf(normOf(allOf(all), 2), limitOf(options))),
  },
];
