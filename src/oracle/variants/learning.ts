/**
 * Variants of losses, activations, dropout and update rules.
 *
 * @module
 */
import { underOptions } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** @internal */
export const losses: readonly string[] = [
  "squaredError", "absoluteError", "huber", "crossEntropy", "negativeLogLikelihood", "binaryCrossEntropy", "binaryCrossEntropyWithLogits",
];

/** @internal */
export const learningVariants: readonly Variant[] = [
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
];
