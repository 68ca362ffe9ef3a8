/**
 * Variants: named ways to differ from the reference. Each answers a case as an implementation with that one habit would.
 *
 * @module
 */
import { activationVariants } from "./activations.ts";
import { adaptiveVariants } from "./adaptive.ts";
import { binaryVariants } from "./binary-cross-entropy.ts";
import { clippingVariants } from "./clipping.ts";
import { convolutionVariants } from "./convolution.ts";
import { dropoutVariants } from "./dropout.ts";
import { generalVariants } from "./general.ts";
import { gatedVariants, gruVariants } from "./gru.ts";
import { linearVariants } from "./linear.ts";
import { lossVariants } from "./losses.ts";
import { lstmVariants } from "./lstm.ts";
import { paddingVariants } from "./padding.ts";
import { poolingVariants } from "./pooling.ts";
import { recurrentVariants } from "./recurrent.ts";
import { ruleVariants } from "./rules.ts";
import { sequenceVariants } from "./sequences.ts";
import { softmaxVariants } from "./softmax.ts";
import { windowVariants } from "./windows.ts";
import { winnerVariants } from "./winners.ts";
import type { Variant } from "./variant.ts";

export type { Variant } from "./variant.ts";

/** All variants, simplest first. @internal */
export const variants: readonly Variant[] = [
  ...windowVariants, ...convolutionVariants, ...poolingVariants, ...winnerVariants, ...adaptiveVariants,
  ...paddingVariants, ...linearVariants, ...dropoutVariants,
  ...lossVariants, ...binaryVariants, ...activationVariants, ...softmaxVariants, ...ruleVariants, ...clippingVariants,
  ...recurrentVariants, ...sequenceVariants, ...lstmVariants, ...gruVariants, ...gatedVariants,
  ...generalVariants,
];
