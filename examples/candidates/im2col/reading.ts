import type { Tensor } from "../types.ts";
import type { CellOf } from "./recurrent.ts";

/**
 * A cell that reads its weights under other names, or changed: what it takes for the weight `name` is what is sent as `sentAs(name)`, after the
 * change. The gradients go the same way back, so the change must be linear and its own inverse and transpose.
 */
export const reading = (sentAs: (name: string) => string, change: (weight: Tensor, name: string) => Tensor = (weight) => weight) =>
  <O>(cellOf: CellOf<O>): CellOf<O> => (weights, options) => {
    const cell = cellOf((name) => {
      const weight = weights(sentAs(name));
      return weight && change(weight, name);
    }, options);
    return {
      ...cell,
      gradients: () => Object.fromEntries(Object.entries(cell.gradients()).map(([name, gradient]) => [sentAs(name), change(gradient, name)])),
    };
  };
