/**
 * Variants of losses: what a mean divides by, what weights and targets mean, and factors that come and go.
 *
 * @module
 */
import { crossEntropy, crossEntropyBackward } from "../../learning/cross-entropy.ts";
import { softmax, softmaxBackward } from "../../learning/softmax.ts";
import { toChannelsFirst, toChannelsLast } from "../../tensor/layout.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { map, raw, reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers } from "../catalog/operation.ts";
import { combined, detour, reread } from "./detour.ts";
import { activatedFirst, asLoss, ofEach, scaled, withoutInput } from "./loss-habits.ts";
import { answerChanged, underOptions, values } from "./variant.ts";
import type { Variant } from "./variant.ts";

const losses = [
  "squaredError", "absoluteError", "huber", "crossEntropy", "negativeLogLikelihood", "binaryCrossEntropy", "binaryCrossEntropyWithLogits",
];

const ofClasses = ["crossEntropy", "negativeLogLikelihood"];

const isMean = ({ options }: Case): boolean => options["reduction"] === "mean";

/** How many rows of classes there are. */
const rowsOf = ({ inputs }: Case): number => {
  const [samples, , ...space] = inputs["input"]!.shape;
  return samples! * sizeOf(space);
};

const targetsOf = ({ inputs }: Case): readonly number[] => Array.from(raw(inputs["target"]!));

/** Whether targets are class indices and not probabilities. */
const hasIndices = ({ inputs }: Case): boolean => inputs["target"]!.shape.length < inputs["input"]!.shape.length;

const ignoredIn = (one: Case): number => {
  const { ignoreIndex } = one.options;
  return ignoreIndex === undefined ? 0 : targetsOf(one).filter((target) => target === ignoreIndex).length;
};

/** A mean that divides by another number: the sum, divided. */
const dividedBy = (divisor: (one: Case) => number | undefined): Variant["answer"] => combined((one) => {
  const other = isMean(one) ? divisor(one) : undefined;
  return other === undefined ? undefined : [[1 / other, { reduction: "sum" }]];
});

const gradientScaled = (factor: (one: Case) => number): Variant["answer"] => answerChanged(({ outputs, gradients }, one): Answers<Tensor> =>
  ({ outputs, gradients: mapNamed(gradients, (gradient) => map(gradient, (value) => factor(one) * value)) }));

/** @internal */
export const lossVariants: readonly Variant[] = [
  {
    name: "meanInsteadOfSum",
    says: "mean and sum exchanged in the reduction",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html (reduction)",
    operations: losses,
    answer: underOptions((options) => {
      const other = ({ mean: "sum", sum: "mean" } as Readonly<Record<string, string>>)[options["reduction"] as string];
      return other === undefined ? undefined : { ...options, reduction: other };
    }),
  },
  {
    name: "meanOverSamples",
    says: "a mean that divides by the number of samples and not by that of all losses",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html (batchmean)",
    operations: losses,
    answer: dividedBy((one) => {
      const { shape } = one.inputs["input"]!;
      return shape.length < (hasIndices(one) || one.operation === "crossEntropy" ? 3 : 2) ? undefined : shape[0];
    }),
  },
  {
    name: "lossHalved",
    says: "half of it: the loss (x - t)^2 / 2",
    kind: "convention",
    source: "https://github.com/tiny-dnn/tiny-dnn/issues/159",
    operations: ["squaredError"],
    answer: scaled(0.5),
  },
  {
    name: "slopeWithoutTwo",
    says: "half the gradient: x - t, without the factor 2 of the square",
    kind: "mistake",
    source: "https://github.com/davisking/dlib/issues/1169",
    operations: ["squaredError"],
    answer: gradientScaled(() => 0.5),
  },
  {
    name: "dividedByDelta",
    says: "everything divided by delta (smooth L1)",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/48595",
    operations: ["huber"],
    answer: combined(({ options }) => [[1 / (options["delta"] as number), {}]]),
  },
  {
    name: "deltaIgnored",
    says: "a delta of 1",
    kind: "mistake",
    source: "https://github.com/torch/nn/issues/579",
    operations: ["huber"],
    answer: underOptions((options) => (options["delta"] === 1 ? undefined : { ...options, delta: 1 })),
  },
  {
    name: "deltaInThresholdOnly",
    says: "delta in the threshold alone: |d| - 1/2 beyond it",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/pull/17447 (in review)",
    operations: ["huber"],
    answer: ofEach(
      (x, t, { delta }) => (Math.abs(x - t) <= (delta as number) ? (x - t) ** 2 / 2 : Math.abs(x - t) - 0.5),
      (x, t, { delta }) => (Math.abs(x - t) <= (delta as number) ? x - t : Math.sign(x - t)),
    ),
  },
  {
    name: "meanByCount",
    says: "a mean that divides by the number of rows and not by the sum of their weights",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/61309",
    operations: ofClasses,
    answer: dividedBy((one) => (one.inputs["weight"] && hasIndices(one) ? rowsOf(one) - ignoredIn(one) : undefined)),
  },
  {
    name: "meanCountsIgnored",
    says: "a mean that counts ignored rows too",
    kind: "convention",
    source: "https://github.com/chainer/chainer/pull/1538 (normalize)",
    operations: ofClasses,
    answer: dividedBy((one) => (ignoredIn(one) > 0 && !one.inputs["weight"] ? rowsOf(one) : undefined)),
  },
  {
    name: "ignoreIndexUnknown",
    says: "rows counted that should be ignored",
    kind: "mistake",
    source: "https://github.com/flagos-ai/FlagGems/pull/73 (which adds it)",
    operations: ofClasses,
    answer: underOptions(({ ignoreIndex, ...options }) => (typeof ignoreIndex === "number" && ignoreIndex >= 0 ? options : undefined)),
  },
  {
    name: "weightsLeftOut",
    says: "no weights",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/8062",
    operations: [...ofClasses, "binaryCrossEntropy", "binaryCrossEntropyWithLogits"],
    answer: withoutInput("weight"),
  },
  {
    name: "smoothingLeftOut",
    says: "no label smoothing",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/7455",
    operations: ["crossEntropy"],
    answer: underOptions((options) => (options["labelSmoothing"] === 0 ? undefined : { ...options, labelSmoothing: 0 })),
  },
  {
    name: "smoothingOverOthers",
    says: "the smoothed share spread over the other C - 1 classes alone",
    kind: "convention",
    source: "https://github.com/mindspore-ai/mindspore/issues/73",
    operations: ["crossEntropy"],
    // As smoothing over all classes of a share that is larger by C / (C − 1).
    answer: underOptions((options, inputs) => {
      const classes = inputs["input"]!.shape[1]!;
      const share = (options["labelSmoothing"] as number) * classes / (classes - 1);
      return options["labelSmoothing"] === 0 || !(share <= 1) ? undefined : { ...options, labelSmoothing: share };
    }),
  },
  {
    name: "smoothingAddsWhole",
    says: "1/C added to every class by label smoothing, and not its share of that",
    kind: "mistake",
    source: "https://github.com/TimDettmers/ConvE/issues/55",
    operations: ["crossEntropy"],
    answer: combined(({ options }) => {
      const share = options["labelSmoothing"] as number;
      return share === 0 ? undefined : [[1, {}], [1 - share, { labelSmoothing: 1 }]];
    }),
  },
  {
    name: "smoothingKeepsTarget",
    says: "the true class smoothed by its own share alone, 1 - epsilon/C + epsilon/C",
    kind: "mistake",
    source: "https://github.com/ildoonet/pytorch-randaugment/issues/30",
    operations: ["crossEntropy"],
    answer: combined(({ inputs, options }) => {
      const share = options["labelSmoothing"] as number;
      return share === 0 ? undefined : [[1, {}], [share - share / inputs["input"]!.shape[1]!, { labelSmoothing: 0 }]];
    }),
  },
  {
    name: "logarithmOfTen",
    says: "logarithms to base 10",
    kind: "mistake",
    source: "https://github.com/srendle/libfm/issues/21",
    operations: ["crossEntropy", "binaryCrossEntropy", "binaryCrossEntropyWithLogits"],
    answer: scaled(Math.LOG10E),
  },
  {
    name: "logarithmPositive",
    says: "the opposite sign: the logarithm itself and not its negative",
    kind: "mistake",
    source: "https://github.com/cs231n/cs231n.github.io/pull/244",
    operations: ofClasses,
    answer: scaled(-1),
  },
  {
    name: "softmaxTwice",
    says: "softmax applied once more to the logits",
    kind: "mistake",
    source: "https://github.com/Lightning-Universe/lightning-bolts/issues/654",
    operations: ["crossEntropy"],
    answer: activatedFirst((x) => softmax(x, { axis: 1 }), (x, dy) => softmaxBackward(x, dy, { axis: 1 })),
  },
  {
    name: "logSoftmaxTwice",
    says: "the logarithm of softmax applied once more to what are log-probabilities already",
    kind: "mistake",
    source: "https://github.com/bhanML/Co-teaching/issues/4",
    operations: ["negativeLogLikelihood"],
    answer: asLoss(crossEntropy, crossEntropyBackward),
  },
  {
    name: "classesLast",
    says: "the input's values read with the classes on its last axis",
    kind: "convention",
    source: "https://github.com/keras-team/keras/issues/21097",
    operations: ofClasses,
    answer: detour((one) => {
      const last = ({ shape: [samples, classes, ...space] }: Tensor): readonly number[] => [samples!, ...space, classes!];
      return one.inputs["input"]!.shape.length < 3 ? undefined
        : reread(one, (name) => name === "input", (input) => toChannelsFirst(reshape(input, last(input))), (gradient) => values(gradient, toChannelsLast));
    }),
  },
];
