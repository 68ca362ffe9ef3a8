/** Property tests with Node's own runner: a fully connected layer in float32, held against the reference. */
import test from "node:test";
import fc from "fast-check";
import { cases } from "etalon/arbitraries";
import { expectAgrees } from "etalon/oracle";

// Node's runner does not print the cause of an error; so what expectAgrees says goes into fast-check's own message.
fc.configureGlobal({ includeErrorInReport: true });

/** The code under test: every row of the input times every row of the weight, summed in float32. */
function linear(input, weight, bias) {
  const [outputs, inputs] = weight.shape;
  const rows = input.values.length / inputs;
  const data = Float32Array.from({ length: rows * outputs }, (_, position) => {
    const [row, output] = [Math.floor(position / outputs), position % outputs];
    let sum = bias?.values[output] ?? 0;
    for (let i = 0; i < inputs; i++) sum = Math.fround(sum + Math.fround(input.values[row * inputs + i] * weight.values[output * inputs + i]));
    return sum;
  });
  return { shape: [...input.shape.slice(0, -1), outputs], data };
}

for (const tier of ["structure", "rounding"]) {
  test(`linear agrees with the reference: ${tier}`, () => {
    fc.assert(fc.property(cases("fullyConnected", { tier }), ({ inputs }) => {
      expectAgrees(linear(inputs.input, inputs.weight, inputs.bias), "fullyConnected", inputs);
    }));
  });
}
