/**
 * Gradient descent, one update per set of gradients.
 *
 *     w ← w − rate · (gradient + weightDecay · w)
 *
 * Names: params.NAME holds the start, gradients.1.NAME, gradients.2.NAME, … the gradients; params.1.NAME, … are the results.
 * Source: PyTorch `torch.optim.SGD` with momentum 0.
 *
 * @module
 */
import { given, type Inputs, type Options, type Outputs } from "./definition.ts";
import { at, shapeOf, tabulate, type Nested } from "./nested.ts";
import type { Arithmetic } from "./scalar.ts";

export function gradientDescent<S>(a: Arithmetic<S>, inputs: Inputs<S>, options: Options): Outputs<S> {
  if (options.rate === undefined) throw new RangeError("gradientDescent: expected an option rate, got none");
  const rate = a.from(options.rate);
  const decay = a.from(options.weightDecay ?? 0);
  const names = Object.keys(inputs).filter((key) => key.startsWith("params.")).map((key) => key.slice("params.".length));
  const descend = (param: Nested<S>, gradient: Nested<S>): Nested<S> => tabulate(shapeOf(param), (index) => {
    const w = at(param, index);
    return a.subtract(w, a.multiply(rate, a.add(at(gradient, index), a.multiply(decay, w))));
  });
  const results: Record<string, Nested<S>> = {};
  for (let step = 1; Object.keys(inputs).some((key) => key.startsWith(`gradients.${step}.`)); step++) {
    for (const name of names) {
      const before = step === 1 ? given(inputs, `params.${name}`) : results[`params.${step - 1}.${name}`]!;
      results[`params.${step}.${name}`] = descend(before, given(inputs, `gradients.${step}.${name}`));
    }
  }
  return results;
}
