/**
 * The catalog: every operation that can be verified and served, under its name in library and protocol.
 *
 * @module
 */
import { reluEntry } from "./activation.ts";
import { convolutionEntry } from "./convolution.ts";
import { fullyConnectedEntry } from "./fully-connected.ts";
import { gradientDescentEntry } from "./gradient-descent.ts";
import { crossEntropyEntry } from "./loss.ts";
import { matrixProductEntry } from "./matrix-product.ts";
import { deepFreeze } from "../../tensor/tree.ts";
import type { Operation } from "./operation.ts";
import { averagePoolingEntry, maxPoolingEntry, minPoolingEntry } from "./pooling.ts";

/** All operations, in the order of the notes. */
export const catalog: readonly Operation[] = deepFreeze([
  convolutionEntry, maxPoolingEntry, minPoolingEntry, averagePoolingEntry,
  fullyConnectedEntry, matrixProductEntry, reluEntry, crossEntropyEntry, gradientDescentEntry,
]);
