/**
 * Variants of dropout.
 *
 * @module
 */
import { map } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Options } from "../catalog/operation.ts";
import { answerChanged, throughInput, underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";

const rateOf = (options: Options): number => options["rate"] as number;
const trains = (options: Options): boolean => options["training"] as boolean;

/** What was kept is multiplied by another number than 1/(1 − rate): outputs, gradients or both. */
const scaled = (factor: (rate: number) => number, chosen: readonly ("outputs" | "gradients")[]): Variant["answer"] => answerChanged((answers, { options }) => {
  const by = factor(rateOf(options));
  if (!trains(options) || !Number.isFinite(by)) return undefined;
  const times = (tensor: Tensor): Tensor => map(tensor, (value) => value * by);
  const part = (name: "outputs" | "gradients"): Readonly<Record<string, Tensor>> => (chosen.includes(name) ? mapNamed(answers[name], times) : answers[name]);
  return { outputs: part("outputs"), gradients: part("gradients") };
});

/** @internal */
export const dropoutVariants: readonly Variant[] = [
  {
    name: "keptNotScaled",
    says: "what is kept left as it is, not divided by 1 - rate",
    kind: "mistake",
    source: "https://github.com/rbgirshick/py-faster-rcnn/issues/211",
    operations: ["dropout"],
    answer: scaled((rate) => 1 - rate, ["outputs", "gradients"]),
  },
  {
    name: "scaledInInference",
    says: "nothing scaled in training, and everything multiplied by 1 - rate outside of it, as dropout was first described",
    kind: "convention",
    source: "https://github.com/keras-team/keras/issues/3305",
    operations: ["dropout"],
    answer: answerChanged(({ outputs, gradients }, { options }) => {
      const times = (tensor: Tensor): Tensor => map(tensor, (value) => value * (1 - rateOf(options)));
      return { outputs: mapNamed(outputs, times), gradients: mapNamed(gradients, times) };
    }),
  },
  {
    name: "dividedByRate",
    says: "what is kept divided by the rate instead of 1 - rate (or the rate taken as the share that is kept)",
    kind: "mistake",
    source: "https://github.com/kaldi-asr/kaldi/issues/2814",
    operations: ["dropout"],
    answer: scaled((rate) => (1 - rate) / rate, ["outputs", "gradients"]),
  },
  {
    name: "scaledTwice",
    says: "what is kept divided by 1 - rate twice",
    kind: "mistake",
    source: "https://github.com/CSTR-Edinburgh/mlpractical/pull/32",
    operations: ["dropout"],
    answer: scaled((rate) => 1 / (1 - rate), ["outputs", "gradients"]),
  },
  {
    name: "maskInverted",
    says: "the mask's ones dropped and its zeros kept",
    kind: "mistake",
    source: "https://github.com/titu1994/Inception-v4/issues/5",
    operations: ["dropout"],
    answer: throughInput("mask", (mask, { options }) => (trains(options) ? map(mask, (kept) => 1 - kept) : undefined), (gradient) => gradient),
  },
  {
    name: "alwaysTraining",
    says: "values dropped outside of training too",
    kind: "mistake",
    source: "https://github.com/karpathy/nanoGPT/pull/240",
    operations: ["dropout"],
    answer: underOptions((options) => (trains(options) ? undefined : { ...options, training: true })),
  },
  {
    name: "gradientNotScaled",
    says: "the gradient not divided by 1 - rate",
    kind: "mistake",
    source: "https://github.com/zergtant/pytorch-handbook/issues/69",
    operations: ["dropout"],
    answer: scaled((rate) => 1 - rate, ["gradients"]),
  },
];
