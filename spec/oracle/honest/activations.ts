/** Activations as honest code writes them: several formulas each, with each of several mathematical libraries. */
import type { ActivationOptions, Code, Machine } from "../catalog/machine.ts";

type Value = (x: number) => number;
type Form = (machine: Machine, options: ActivationOptions) => Value;

const { abs, max, min, sign, sqrt } = Math;

/** Values by name; the derivatives are taken in turn. */
const paired = (values: Readonly<Record<string, Form>>, slopes: readonly Form[]): Readonly<Record<string, Code>> =>
  Object.fromEntries(Object.entries(values).map(([name, value], i) =>
    [name, (machine, options) => ({ value: value(machine, options), slope: slopes[i % slopes.length]!(machine, options) })] satisfies [string, Code]));

const bits = new Int32Array(1);
const number = new Float32Array(bits.buffer);

/** All bits of a number where that of the sign is not set, else none. */
const withoutNegative: Value = (x) => {
  number[0] = x;
  bits[0]! &= ~(bits[0]! >> 31);
  return number[0];
};

const relu = paired({
  "0 where it is not above 0": () => (x) => (x <= 0 ? 0 : x),
  "the value where it is above 0": () => (x) => (x > 0 ? x : 0),
  "the larger of both": () => (x) => max(x, 0),
  "half of x + |x|": ({ fl }) => (x) => 0.5 * fl(x + abs(x)),
  "times a mask": () => (x) => x * Number(x > 0),
  "by the bit of the sign": () => withoutNegative,
  "less what is below 0": ({ fl }) => (x) => fl(x - min(x, 0)),
  "the opposite of the smaller": () => (x) => -min(-x, 0),
}, [() => (x) => (x > 0 ? 1 : 0), () => (x) => Number(max(x, 0) > 0), () => (x) => max(0, sign(x)), () => (x) => (1 - Number(x <= 0))]);

const leakyRelu = paired({
  "by cases": ({ fl }, { slope }) => (x) => (x > 0 ? x : fl(fl(slope) * x)),
  "the larger of both": ({ fl }, { slope }) => (x) => max(x, fl(fl(slope) * x)),
  "both parts added": ({ fl }, { slope }) => (x) => fl(max(x, 0) + fl(fl(slope) * min(x, 0))),
  "both parts fused": ({ fl }, { slope }) => (x) => fl(fl(slope) * min(x, 0) + max(x, 0)),
  "less the other part": ({ fl }, { slope }) => (x) => fl(max(x, 0) - fl(fl(slope) * max(-x, 0))),
  "a factor by a mask": ({ fl }, { slope }) => (x) => fl(x * [fl(slope), 1][Number(x > 0)]!),
  "a slope that is a double": ({ fl }, { slope }) => (x) => (x >= 0 ? x : fl(slope * x)),
  "negated twice": ({ fl }, { slope }) => (x) => (x < 0 ? -fl(fl(slope) * -x) : x),
}, [({ fl }, { slope }) => (x) => (x > 0 ? 1 : fl(slope)), (_, { slope }) => (x) => (x > 0 ? 1 : slope)]);

/** e^x - 1 of a number that is not above 0. */
const lessOne: Readonly<Record<string, (machine: Machine) => Value>> = {
  "a difference": ({ fl, exp }) => (x) => fl(exp(x) - 1),
  "expm1": ({ expm1 }) => expm1,
  "by tanh": ({ fl, tanh }) => (x) => {
    const t = tanh(fl(0.5 * x));
    return fl(fl(2 * t) / fl(1 - t));
  },
};

const elu: Readonly<Record<string, Code>> = paired({
  ...Object.fromEntries(Object.entries(lessOne).map(([name, power]): [string, Form] =>
    [name, (machine, { alpha }) => (x) => (x > 0 ? x : machine.fl(machine.fl(alpha) * power(machine)(x)))])),
  "both parts added": ({ fl, expm1 }, { alpha }) => (x) => fl(max(x, 0) + fl(fl(alpha) * expm1(min(x, 0)))),
  "alpha taken off in one step": ({ fl, exp }, { alpha }) => (x) => (x > 0 ? x : fl(fl(alpha) * exp(x) - fl(alpha))),
}, [
  ({ fl, exp }, { alpha }) => (x) => (x > 0 ? 1 : fl(fl(alpha) * exp(x))),
  ({ fl, expm1 }, { alpha }) => (x) => (x > 0 ? 1 : fl(fl(fl(alpha) * expm1(x)) + fl(alpha))),
  ({ fl, exp }, { alpha }) => (x) => (x > 0 ? 1 : fl(fl(fl(alpha) * fl(exp(x) - 1)) + fl(alpha))),
]);

const selu: Readonly<Record<string, Code>> = paired({
  ...Object.fromEntries(Object.entries(lessOne).flatMap(([name, power]): [string, Form][] => [
    [`${name}, one factor`, (machine, { alpha, scale }) => (x) => {
      const { fl } = machine;
      return x > 0 ? fl(fl(scale) * x) : fl(fl(fl(scale) * fl(alpha)) * power(machine)(x));
    }],
    [`${name}, two factors`, (machine, { alpha, scale }) => (x) => {
      const { fl } = machine;
      return fl(fl(scale) * (x > 0 ? x : fl(fl(alpha) * power(machine)(x))));
    }],
  ])),
}, [
  ({ fl, exp }, { alpha, scale }) => (x) => (x > 0 ? fl(scale) : fl(fl(fl(scale) * fl(alpha)) * exp(x))),
  ({ fl, exp }, { alpha, scale }) => (x) => (x > 0 ? fl(scale) : fl(fl(scale * alpha) * exp(x))),
  ({ fl, expm1 }, { alpha, scale }) => (x) => (x > 0 ? fl(scale) : fl(fl(fl(scale * alpha) * expm1(x)) + fl(scale * alpha))),
]);

const softsign = paired({
  "a quotient": ({ fl }) => (x) => fl(x / fl(1 + abs(x))),
  "times a reciprocal": ({ fl }) => (x) => fl(x * fl(1 / fl(1 + abs(x)))),
  "by cases": ({ fl }) => (x) => (x < 0 ? fl(x / fl(1 - x)) : fl(x / fl(x + 1))),
  "the sign put back": ({ fl }) => (x) => sign(x) * fl(abs(x) / fl(1 + abs(x))),
  "by 1 / |x| from 1 on": ({ fl }) => (x) => (abs(x) > 1 ? sign(x) * fl(1 / fl(1 + fl(1 / abs(x)))) : fl(x / fl(1 + abs(x)))),
}, [
  ({ fl }) => (x) => fl(1 / fl(fl(1 + abs(x)) * fl(1 + abs(x)))),
  ({ fl }) => (x) => fl(fl(1 / fl(1 + abs(x))) * fl(1 / fl(1 + abs(x)))),
  ({ fl }) => (x) => fl(fl(1 / fl(1 + abs(x))) / fl(1 + abs(x))),
  ({ fl }) => (x) => fl(fl(1 / fl(1 + abs(x))) - fl(fl(abs(x) / fl(1 + abs(x))) / fl(1 + abs(x)))),
]);

const clamped = (line: Form): Form => (machine, options) => (x) => max(0, min(1, line(machine, options)(x)));
const lines: Readonly<Record<string, Form>> = {
  "a product and a sum": ({ fl }, { slope, offset }) => (x) => fl(fl(fl(slope) * x) + fl(offset)),
  "fused": ({ fl }, { slope, offset }) => (x) => fl(fl(slope) * x + fl(offset)),
  "constants in double": ({ fl }, { slope, offset }) => (x) => fl(slope * x + offset),
  "a sum and a product": ({ fl }, { slope, offset }) => (x) => fl(fl(slope) * fl(x + fl(fl(offset) / fl(slope)))),
  "a sum and a quotient": ({ fl }, { slope, offset }) => (x) => fl(fl(x + fl(offset / slope)) / fl(1 / slope)),
};
const hardSigmoid: Readonly<Record<string, Code>> = {
  ...paired(Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, clamped(line)])),
    Object.values(lines).map((line): Form => (machine, options) => (x) => {
      const y = line(machine, options)(x);
      return y > 0 && y < 1 ? machine.fl(options.slope) : 0;
    })),
  "limited before it is multiplied": ({ fl }, { slope, offset }) => {
    const [least, most] = [fl(offset / slope), fl(1 / slope)];
    return {
      value: (x) => min(1, fl(max(0, min(most, fl(x + least))) * fl(slope))),
      slope: (x) => (fl(x + least) > 0 && fl(x + least) < most ? fl(slope) : 0),
    };
  },
  "by the ends of the line": ({ fl }, { slope, offset }) => {
    const [from, to] = [fl(-offset / slope), fl((1 - offset) / slope)];
    const line = (x: number): number => fl(fl(fl(slope) * x) + fl(offset));
    return { value: (x) => (x <= from ? 0 : x >= to ? 1 : max(0, min(1, line(x)))), slope: (x) => (x > from && x < to ? fl(slope) : 0) };
  },
};

const sigmoids: Readonly<Record<string, Form>> = {
  "1 / (1 + e^-x)": ({ fl, exp }) => (x) => fl(1 / fl(1 + exp(-x))),
  "by the sign of x": ({ fl, exp }) => (x) => (x < 0 ? fl(exp(x) / fl(1 + exp(x))) : fl(1 / fl(1 + exp(-x)))),
  "½ + ½·tanh(x/2)": ({ fl, tanh }) => (x) => fl(0.5 + 0.5 * tanh(fl(0.5 * x))),
  "1 - 1 / (1 + e^x)": ({ fl, exp }) => (x) => fl(1 - fl(1 / fl(1 + exp(x)))),
};
const eachSigmoid = (code: (machine: Machine, s: Value) => ReturnType<Code>): Readonly<Record<string, Code>> =>
  Object.fromEntries(Object.entries(sigmoids).map(([name, s]) =>
    [name, (machine: Machine, options: ActivationOptions) => code(machine, s(machine, options))]));

/** e^-|x| / (1 + e^-|x|)² */
const slopeByPowers: Form = ({ fl, exp }) => (x) => {
  const sum = fl(1 + exp(-abs(x)));
  return fl(exp(-abs(x)) / fl(sum * sum));
};

const sigmoid: Readonly<Record<string, Code>> = {
  ...eachSigmoid(({ fl }, s) => ({ value: s, slope: (x) => fl(s(x) * fl(1 - s(x))) })),
  "its derivative by powers": (machine, options) => ({ value: sigmoids["by the sign of x"]!(machine, options), slope: slopeByPowers(machine, options) }),
  "its derivative from both sides": (machine, options) => {
    const s = sigmoids["1 / (1 + e^-x)"]!(machine, options);
    return { value: s, slope: (x) => machine.fl(s(x) * s(-x)) };
  },
};

const tanh: Readonly<Record<string, Code>> = paired({
  "a library's": (machine) => machine.tanh,
  "expm1 of -2|x|": ({ fl, expm1 }) => (x) => {
    const lost = expm1(-2 * abs(x));
    return sign(x) * fl(-lost / fl(lost + 2));
  },
  "expm1 of 2|x|": ({ fl, expm1 }) => (x) => {
    const gained = expm1(2 * min(abs(x), 20));
    return sign(x) * fl(gained / fl(gained + 2));
  },
}, [
  ({ fl, tanh: of }) => (x) => fl(1 - fl(of(x) * of(x))),
  ({ fl, tanh: of }) => (x) => fl(fl(1 - of(x)) * fl(1 + of(x))),
  (machine, options) => (x) => 4 * slopeByPowers(machine, options)(2 * x),
]);

const silu: Readonly<Record<string, Code>> = {
  ...eachSigmoid(({ fl }, s) => ({ value: (x) => fl(x * s(x)), slope: (x) => fl(s(x) * fl(1 + fl(x * fl(1 - s(x))))) })),
  "a quotient, and s + y·(1 - s)": (machine, options) => {
    const { fl, exp } = machine;
    const s = sigmoids["1 / (1 + e^-x)"]!(machine, options);
    return { value: (x) => fl(x / fl(1 + exp(-x))), slope: (x) => fl(s(x) + fl(fl(x * s(x)) * fl(1 - s(x)))) };
  },
};

const softplus: Readonly<Record<string, Code>> = paired({
  "the positive part and log1p": ({ fl, exp, log1p }) => (x) => fl(max(x, 0) + log1p(exp(-abs(x)))),
  "log(1 + e^x) up to 88": ({ fl, exp, log }) => (x) => (x > 88 ? x : log(fl(1 + exp(x)))),
  "log1p, and x from 20 on": ({ fl, exp, log1p }) => (x) => (x > (fl(1 + exp(-20)) === 1 ? 20 : 40) ? x : log1p(exp(x))),
  "the positive part and log": ({ fl, exp, log }) => (x) => fl(max(x, 0) + log(fl(1 + exp(-abs(x))))),
  "log1p up to 88": ({ exp, log1p }) => (x) => (x > 88 ? x : log1p(exp(x))),
}, Object.values(sigmoids));

const cubic: Form = ({ fl }) => (x) => fl(fl(sqrt(2 / Math.PI)) * fl(x + fl(fl(0.044715) * fl(fl(x * x) * x))));
const cubicSlope: Form = ({ fl }) => (x) => fl(fl(sqrt(2 / Math.PI)) * fl(1 + fl(fl(3 * fl(0.044715)) * fl(x * x))));
const density: Form = ({ fl, exp }) => (x) => fl(exp(fl(-0.5 * fl(x * x))) * fl(1 / sqrt(2 * Math.PI)));

/** Gelu from the share of x that it lets through; both derivatives come from the share. */
const geluOf = (byErf: Form, byTanh: Form, value: (fl: Value, x: number, share: number) => number): Code => (machine, options) => {
  const { fl } = machine;
  const share = (options.form === "erf" ? byErf : byTanh)(machine, options);
  const [bell, growth] = [density(machine, options), cubicSlope(machine, options)];
  return {
    value: (x) => value(fl, x, share(x)),
    slope: options.form === "erf" ? (x) => fl(share(x) + fl(x * bell(x)))
      : (x) => fl(share(x) + fl(fl(fl(x * share(x)) * fl(1 - share(x))) * fl(2 * growth(x)))),
  };
};
const [erfShare, erfcShare, tanhShare, powerShare]: readonly Form[] = [
  ({ fl, erf }) => (x) => fl(0.5 * fl(1 + erf(fl(x * fl(Math.SQRT1_2))))),
  ({ fl, erfc }) => (x) => fl(0.5 * erfc(fl(-x * fl(Math.SQRT1_2)))),
  (machine, options) => (x) => machine.fl(0.5 * machine.fl(1 + machine.tanh(cubic(machine, options)(x)))),
  (machine, options) => (x) => machine.fl(1 / machine.fl(1 + machine.exp(machine.fl(-2 * cubic(machine, options)(x))))),
];
const gelu: Readonly<Record<string, Code>> = {
  "x times its share": geluOf(erfShare!, tanhShare!, (fl, x, share) => fl(x * share)),
  "half of x first": geluOf(erfShare!, tanhShare!, (fl, x, share) => fl(fl(0.5 * x) * fl(2 * share))),
  "erfc, or the sigmoid of 2a": geluOf(erfcShare!, powerShare!, (fl, x, share) => fl(x * share)),
};

/** For every activation its pieces of code. */
export const activationCodes: Readonly<Record<string, Readonly<Record<string, Code>>>> = {
  relu, leakyRelu, elu, selu, softsign, hardSigmoid, sigmoid, tanh, silu, softplus, gelu,
};
