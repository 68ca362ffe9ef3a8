/**
 * Variants of update rules: where the decay goes, where the epsilon stands, how averages begin, and what is forgotten between two steps.
 *
 * @module
 */
import { map, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { mapNamed } from "../catalog/operation.ts";
import type { Answers, Operation, Options, Tensors } from "../catalog/operation.ts";
import { detour, withOptions } from "./detour.ts";
import { readRule, stepping } from "./rule-steps.ts";
import type { Variant } from "./variant.ts";

const adaptive = ["rmsProp", "adagrad", "adam", "adamW"];

const rules = ["gradientDescent", "momentum", ...adaptive];

const adams = ["adam", "adamW"];

const decays = ({ weightDecay }: Options): boolean => weightDecay !== 0;

/** Every step as if it were the first one, from where the last one led. */
const forgetful = (operation: Operation, { inputs, options }: Case): Answers<Tensor> => {
  const { params, steps } = readRule(inputs);
  let current: Tensors = Object.fromEntries(params);
  const outputs = Array.from({ length: steps }, (_, i) => {
    const gradients = params.map(([param]) => [`gradients.1.${param}`, inputs[`gradients.${i + 1}.${param}`]!] as const);
    const weights = Object.entries(current).map(([param, tensor]) => [`params.${param}`, tensor] as const);
    const next = operation.forward(Object.fromEntries([...weights, ...gradients]), options);
    current = Object.fromEntries(params.map(([param]) => [param, next[`params.1.${param}`]!]));
    return Object.entries(current).map(([param, tensor]) => [`params.${i + 1}.${param}`, tensor] as const);
  }).flat();
  return { outputs: Object.fromEntries(outputs), gradients: {} };
};

/** Each gradient replaced by something of all of its tensor. */
const withGradients = (change: (one: Case, name: string, step: number) => Tensor): Variant["answer"] => detour((one) => ({
  one: {
    ...one,
    inputs: mapNamed(one.inputs, (tensor, input) => {
      const [kind, step, ...name] = input.split(".");
      return kind === "gradients" ? change(one, name.join("."), Number(step)) : tensor;
    }),
  },
  back: (answers) => answers,
}));

/** @internal */
export const ruleVariants: readonly Variant[] = [
  {
    name: "maximizes",
    says: "steps up the gradient and not down",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html (maximize)",
    operations: rules,
    answer: withGradients(({ inputs }, name, step) => map(inputs[`gradients.${step}.${name}`]!, (value) => -value)),
  },
  {
    name: "gradientsAccumulated",
    says: "the gradients of all steps so far added up",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html",
    operations: rules,
    answer: withGradients(({ inputs }, name, step) => Array.from({ length: step - 1 }, (_, i) => inputs[`gradients.${i + 1}.${name}`]!)
      .reduce((sum, each) => map(sum, (value, at) => value + raw(each)[at]!), inputs[`gradients.${step}.${name}`]!)),
  },
  {
    name: "weightDecayLeftOut",
    says: "no weight decay",
    kind: "mistake",
    source: "https://github.com/ml-explore/mlx/pull/473",
    operations: rules,
    answer: detour((one) => (decays(one.options) ? withOptions(one, { weightDecay: 0 }) : undefined)),
  },
  {
    name: "weightDecayWithoutRate",
    says: "weights that decay by weightDecay of themselves before each step, not multiplied with the rate",
    kind: "convention",
    source: "https://github.com/tensorflow/addons/issues/2282",
    operations: ["gradientDescent", "momentum", "adamW"],
    answer: stepping({ decay: "withoutRate" }, decays),
  },
  {
    name: "weightDecayDecoupled",
    says: "weights that decay on their own, by rate·weightDecay of themselves, and not through the gradient",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/pull/21250",
    operations: ["momentum", "rmsProp", "adagrad", "adam"],
    answer: stepping({ decay: "decoupled" }, decays),
  },
  {
    name: "weightDecayCoupled",
    says: "weight decay through the gradient, as Adam has it",
    kind: "convention",
    source: "https://github.com/Alibaba-MIIL/ImageNet21K/issues/33 (Adam where AdamW was meant)",
    operations: ["adamW"],
    answer: stepping({ decay: "coupled" }, decays),
  },
  {
    name: "weightDecayAfterStep",
    says: "weights that decay after each step and not before it",
    kind: "mistake",
    source: "https://github.com/aiqm/torchani/pull/261",
    operations: ["adamW"],
    answer: stepping({ decay: "after" }, decays),
  },
  {
    name: "velocityDampened",
    says: "1 - momentum of each gradient in the velocity",
    kind: "convention",
    source: "https://github.com/HIPS/autograd/issues/289",
    operations: ["momentum"],
    answer: stepping({ dampened: "always" }),
  },
  {
    name: "velocityDampenedLater",
    says: "the whole first gradient in the velocity, and 1 - momentum of each further one",
    kind: "convention",
    source: "https://github.com/torch/optim/issues/163",
    operations: ["momentum"],
    answer: stepping({ dampened: "later" }),
  },
  {
    name: "nesterovIgnored",
    says: "nesterov ignored",
    kind: "mistake",
    source: "https://github.com/ml-explore/mlx/pull/87 (before it)",
    operations: ["momentum"],
    answer: detour((one) => (one.options["nesterov"] === true ? withOptions(one, { nesterov: false }) : undefined)),
  },
  {
    name: "nesterovSubtracted",
    says: "momentum·velocity subtracted from the gradient by nesterov, not added",
    kind: "mistake",
    source: "https://github.com/PaddlePaddle/Paddle/pull/12231",
    operations: ["momentum"],
    answer: stepping({ ahead: -1 }, ({ nesterov }) => nesterov === true),
  },
  {
    name: "stateForgotten",
    says: "what is kept between steps forgotten: each is as the first",
    kind: "mistake",
    source: "https://github.com/keras-team/keras/issues/7502",
    operations: ["momentum", ...adaptive],
    answer: forgetful,
  },
  {
    name: "epsilonInRoot",
    says: "epsilon added inside the root",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/23796",
    operations: adaptive,
    answer: stepping({ epsilon: "inRoot" }),
  },
  {
    name: "centered",
    says: "the variance of the gradients in the place of their mean square",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html (centered)",
    operations: ["rmsProp"],
    answer: stepping({ centered: true }),
  },
  {
    name: "meanSquareFromOne",
    says: "a mean square that starts at 1",
    kind: "convention",
    source: "https://github.com/google-deepmind/optax/pull/55",
    operations: ["rmsProp"],
    answer: stepping({ squareAtFirst: 1 }),
  },
  {
    name: "sumOfSquaresFromTenth",
    says: "a sum of squares that starts at 0.1",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/pull/37819",
    operations: ["adagrad"],
    answer: stepping({ squareAtFirst: 0.1 }),
  },
  {
    name: "meanOfSquares",
    says: "a mean of squares that keeps 0.9 of itself in the place of their sum",
    kind: "convention",
    source: "https://github.com/tensorflow/swift-apis/pull/733",
    operations: ["adagrad"],
    answer: stepping({ squareKept: 0.9 }),
  },
  {
    name: "biasNotCorrected",
    says: "averages that are not corrected for their start at 0",
    kind: "convention",
    source: "https://github.com/google-research/bert/issues/153",
    operations: adams,
    answer: stepping({ correction: "none" }),
  },
  {
    name: "biasCorrectedByFirstPower",
    says: "averages divided by 1 - beta at every step, and not by 1 - beta^t",
    kind: "mistake",
    source: "https://github.com/eriklindernoren/ML-From-Scratch/issues/35",
    operations: adams,
    answer: stepping({ correction: "unpowered" }),
  },
  {
    name: "epsilonBesideUncorrectedRoot",
    says: "epsilon beside the root that is not corrected yet (epsilon hat)",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/35102",
    operations: adams,
    answer: stepping({ epsilon: "besideUncorrected" }),
  },
  {
    name: "stepsCountedFromTwo",
    says: "steps counted from 2",
    kind: "mistake",
    source: "https://github.com/cs231n/cs231n.github.io/issues/179",
    operations: adams,
    answer: stepping({ count: (step) => step + 1 }),
  },
  {
    name: "stepsCountedPerTensor",
    says: "a step counted for every tensor that is updated",
    kind: "mistake",
    source: "https://github.com/flashlight/flashlight/issues/143",
    operations: adams,
    answer: (operation, one) => (readRule(one.inputs).params.length < 2 ? undefined
      : stepping({ count: (step, tensor, tensors) => (step - 1) * tensors + tensor + 1 })(operation, one)),
  },
  {
    name: "largestMeanSquare",
    says: "the largest mean square so far in the place of the present one (AMSGrad)",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html (amsgrad)",
    operations: adams,
    answer: stepping({ largest: true }),
  },
];
