/**
 * Variants of binary cross entropy: where probabilities are kept from 0 and 1, and what its two weights are factors of.
 *
 * @module
 */
import {
  binaryCrossEntropy, binaryCrossEntropyBackward, binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward,
} from "../../learning/binary-cross-entropy.ts";
import { sigmoid, sigmoidBackward } from "../../learning/smooth-activation.ts";
import { combine, map, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Options } from "../catalog/operation.ts";
import { detour, reread } from "./detour.ts";
import { activatedFirst, asLoss, ofEach, withoutInput } from "./loss-habits.ts";
import type { Variant } from "./variant.ts";

const least = 1e-12;

const rounded = (tensor: Tensor): Tensor => map(tensor, Math.fround);

/** @internal */
export const binaryVariants: readonly Variant[] = [
  {
    name: "probabilitiesTakenForLogits",
    says: "the probabilities taken for logits",
    kind: "mistake",
    source: "https://keras.io/api/losses/probabilistic_losses/ (from_logits)",
    operations: ["binaryCrossEntropy"],
    answer: asLoss(binaryCrossEntropyWithLogits, binaryCrossEntropyWithLogitsBackward),
  },
  {
    name: "probabilitiesClipped",
    says: "probabilities kept between 1e-7 and 1 - 1e-7",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/pull/41595",
    operations: ["binaryCrossEntropy"],
    answer: detour((one) => reread(
      one, (name) => name === "input", (input) => map(input, (p) => Math.min(Math.max(p, 1e-7), 1 - 1e-7)),
      (gradient, input) => combine(gradient, input, (d, p) => (p >= 1e-7 && p <= 1 - 1e-7 ? d : 0)),
    )),
  },
  {
    name: "epsilonInLogarithm",
    says: "1e-12 added inside each logarithm, where their values should be no less than -100",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/4867",
    operations: ["binaryCrossEntropy"],
    answer: ofEach(
      (p, t) => -(t * Math.log(p + least) + (1 - t) * Math.log(1 - p + least)),
      (p, t) => (p - t) / ((1 - p + least) * (p + least)),
    ),
  },
  {
    name: "slopeUnbounded",
    says: "a gradient that divides by p(1 - p) however small it is",
    kind: "mistake",
    source: "https://github.com/pytorch/xla/pull/2448",
    operations: ["binaryCrossEntropy"],
    answer: (operation, one) => {
      const answers = ofEach(() => 0, (p, t) => (p - t) / (p * (1 - p)))(operation, one);
      return answers && { ...answers, outputs: operation.forward(one.inputs, one.options) };
    },
  },
  {
    name: "positiveWeightLeftOut",
    says: "no posWeight",
    kind: "mistake",
    source: "https://github.com/PaddlePaddle/Paddle/pull/65859",
    operations: ["binaryCrossEntropyWithLogits"],
    answer: withoutInput("posWeight"),
  },
  {
    name: "positiveWeightOnAll",
    says: "the whole loss times 1 + (posWeight - 1)·target",
    kind: "mistake",
    source: "https://github.com/paiml/aprender/pull/2204",
    operations: ["binaryCrossEntropyWithLogits"],
    answer: detour((one) => {
      const { posWeight, weight, ...inputs } = one.inputs;
      if (posWeight === undefined) return undefined;
      const [q, w] = [raw(posWeight), weight && raw(weight)];
      const whole = map(inputs["target"]!, (t, i) => (w === undefined ? 1 : w[i % w.length]!) * (1 + (q[i % q.length]! - 1) * t));
      return { one: { ...one, inputs: { ...inputs, weight: whole } }, back: (answers) => answers };
    }),
  },
  {
    name: "weightOnPositiveOnly",
    says: "the weight on the term of positive targets alone",
    kind: "mistake",
    source: "https://github.com/open-mmlab/mmdetection/pull/5776",
    operations: ["binaryCrossEntropyWithLogits"],
    answer: detour((one) => {
      const { posWeight, weight, ...inputs } = one.inputs;
      return weight === undefined || posWeight !== undefined ? undefined
        : { one: { ...one, inputs: { ...inputs, posWeight: weight } }, back: (answers) => answers };
    }),
  },
  {
    name: "sigmoidTwice",
    says: "the sigmoid applied once more to the logits",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html (combines a sigmoid layer and the loss)",
    operations: ["binaryCrossEntropyWithLogits"],
    answer: activatedFirst(sigmoid, sigmoidBackward),
  },
  {
    name: "logarithmOfRoundedSigmoid",
    says: "the logarithm of a sigmoid in float32, no less than -100",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/103316",
    operations: ["binaryCrossEntropyWithLogits"],
    answer: (operation, one) => (one.inputs["posWeight"] ? undefined : asLoss(
      (input, target, options: Options) => binaryCrossEntropy(rounded(sigmoid(input)), target, options),
      (input, target, dOutput, options) => sigmoidBackward(input, binaryCrossEntropyBackward(rounded(sigmoid(input)), target, dOutput, options)),
    )(operation, one)),
  },
];
