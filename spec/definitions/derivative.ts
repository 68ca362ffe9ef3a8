/**
 * Derivatives of a definition by dual numbers: exact up to the rounding of doubles, without a step size.
 *
 *     pushforward   tangents of the inputs → tangents of the outputs, in one run
 *     gradient      of Σ outputs · cotangents with respect to one input, in one run per element of it
 *
 * At a kink the derivative is that of the branch which the value takes: the winner of a maximum, 0 for relu at 0.
 *
 * @module
 */
import { given, type Definition, type Inputs, type Options, type Outputs } from "./definition.ts";
import { at, flatten, mapNested, shapeOf, tabulate, type Nested } from "./nested.ts";
import { dual, duals, type Dual } from "./scalar.ts";

/** The derivative of every output when the inputs move along their tangents; an input without one stands still. */
export function pushforward(
  definition: Definition, inputs: Inputs<number>, options: Options, tangents: Inputs<number>,
): Outputs<number> {
  const moving = Object.entries(inputs).map(([name, input]): [string, Nested<Dual>] => {
    const tangent = tangents[name];
    return [name, tabulate(shapeOf(input), (index) => dual(at(input, index), tangent === undefined ? 0 : at(tangent, index)))];
  });
  const outputs = Object.entries(definition(duals, Object.fromEntries(moving), options));
  return Object.fromEntries(outputs.map(([name, output]) => [name, mapNested(output, (s) => s.derivative)]));
}

/** The gradient of Σ outputs · cotangents with respect to the input of that name. An output without a cotangent counts as zero. */
export function gradient(
  definition: Definition, inputs: Inputs<number>, options: Options, cotangents: Inputs<number>, name: string,
): Nested<number> {
  const shape = shapeOf(given(inputs, name));
  return tabulate(shape, (index) => {
    const unit = tabulate(shape, (other) => other.every((i, axis) => i === index[axis]) ? 1 : 0);
    const outputs = pushforward(definition, inputs, options, { [name]: unit });
    return Object.entries(cotangents).reduce((total, [output, cotangent]) => {
      const weights = flatten(cotangent);
      return flatten(given(outputs, output)).reduce((subtotal, change, i) => subtotal + change * weights[i]!, total);
    }, 0);
  });
}
