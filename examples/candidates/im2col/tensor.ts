import type { Tensor } from "../types.ts";

export const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export const zeros = (shape: readonly number[]): Tensor => ({ shape, data: new Float32Array(count(shape)) });
