/**
 * etalon: the reference that convolutional and recurrent networks are measured against.
 *
 * This is the table of contents, in the order of the notes; each chapter is also a module of its own.
 *
 * @module
 */
export * from "./tensor/index.ts";
export * from "./learning/index.ts";
export * from "./cnn/index.ts";
export * from "./rnn/index.ts";
export * from "./oracle/index.ts";
