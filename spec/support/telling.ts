/** What the spec of the examples' sequences needs, as one module, so that all of it shares the same tensors. */
export * from "../../examples/support/delayed.ts";
export * from "../../examples/support/ngrams.ts";
export * from "../../examples/support/telling.ts";
export { SimpleRnn, reverse, scan } from "etalon/rnn";
export { key, tensor, toNested, zeros } from "etalon/tensor";
