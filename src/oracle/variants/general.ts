/**
 * Variants that any operation with a gradient may have.
 *
 * @module
 */
import { losses } from "./learning.ts";
import { gradientsMapped } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** @internal */
export const generalVariants: readonly Variant[] = [
  {
    name: "gradientNegated",
    says: "the opposite sign",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/notes/gradcheck.html",
    operations: [
      "convolution", "maxPooling", "minPooling", "averagePooling", "fullyConnected", "matrixProduct", "relu", "softmax", "logSoftmax", ...losses,
    ],
    answer: gradientsMapped((value) => -value),
  },
];
