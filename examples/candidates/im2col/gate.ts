/** What recurrent cells are built from: several gates in one matrix product, and their activations with what they keep for the way back. */
import type { Tensor } from "../types.ts";
import { addProduct, matrix, transposed } from "./matrix.ts";
import { columns, plus, sideBySide } from "./recurrent.ts";
import type { Named, Rows, Weights } from "./recurrent.ts";

const { fround } = Math;

/** The names of the weights of one gate: the matrices stand below each other, so what they see is given side by side. */
export interface GateNames {
  readonly matrices: readonly string[];
  readonly bias: string;
}

/** A gate that sees the input and the hidden state before. */
export const gateNames = (gate: string): GateNames => ({ matrices: [`${gate}wx`, `${gate}wh`], bias: `${gate}bias` });

export interface Affine {
  /** What goes into each gate. */
  readonly sums: (seen: Rows) => readonly Rows[];
  /** The gradient of what was seen; those of the weights are added up. */
  readonly back: (seen: Rows, dSums: readonly Rows[]) => Rows;
  readonly gradients: () => Named;
}

/** seen · weight + bias for several gates at once, whose weights are put side by side. */
export const affine = (weights: Weights, gates: readonly GateNames[]): Affine => {
  const [{ matrices }] = gates as readonly [GateNames];
  const sizes = matrices.map((name) => weights(name)!.shape[0]!);
  const size = sizes.reduce((total, each) => total + each, 0);
  const units = unitsOf(weights, matrices[0]!);
  const width = gates.length * units;

  const weight = sideBySide(gates.map((gate) => joined(gate.matrices.map((name) => weights(name)!.data))), units);
  const bias = sideBySide(gates.map((gate) => weights(gate.bias)?.data ?? new Float32Array(units)), units);
  const dWeight = new Float32Array(size * width);
  const dBias = new Float32Array(width);
  const seenBy = (seen: Rows) => matrix(seen, seen.length / size, size);

  return {
    sums: (seen) => {
      const sums = new Float32Array((seen.length / size) * width).map((_, i) => bias[i % width]!);
      addProduct(seenBy(seen), matrix(weight, size, width), matrix(sums, seen.length / size, width));
      return gates.map((_, g) => columns(sums, gates.length, g, units));
    },
    back: (seen, dSums) => {
      const arriving = sideBySide(dSums, units);
      const rows = matrix(arriving, seen.length / size, width);
      const dSeen = new Float32Array(seen.length);
      addProduct(transposed(seenBy(seen)), rows, matrix(dWeight, size, width));
      addProduct(rows, transposed(matrix(weight, size, width)), seenBy(dSeen));
      arriving.forEach((value, i) => (dBias[i % width]! += value));
      return dSeen;
    },
    gradients: () => Object.fromEntries(gates.flatMap((gate, g) => {
      const own = columns(dWeight, gates.length, g, units);
      const starts = sizes.map((_, m) => sizes.slice(0, m).reduce((total, each) => total + each, 0) * units);
      const dMatrices = gate.matrices.map((name, m): [string, Tensor] =>
        [name, { shape: [sizes[m]!, units], data: own.slice(starts[m]!, starts[m]! + sizes[m]! * units) }]);
      return weights(gate.bias) ? [...dMatrices, [gate.bias, { shape: [units], data: columns(dBias, gates.length, g, units) }]] : dMatrices;
    })),
  };
};

export const unitsOf = (weights: Weights, name: string): number => weights(name)!.shape[1]!;

const joined = (parts: readonly Rows[]): Rows => Float32Array.from(parts.flatMap((part) => Array.from(part)));

/** Rows of two widths side by side, as many of each. */
export const beside = (x: Rows, h: Rows, units: number): Rows => {
  const rows = h.length / units;
  const features = x.length / rows;
  const both = new Float32Array(x.length + h.length);
  for (let row = 0; row < rows; row++) {
    both.set(x.subarray(row * features, (row + 1) * features), row * (features + units));
    both.set(h.subarray(row * units, (row + 1) * units), row * (features + units) + features);
  }
  return both;
};

/** The two parts of what was put side by side. */
export const apart = (both: Rows, rows: number, units: number): readonly [x: Rows, h: Rows] => {
  const features = both.length / rows - units;
  const [x, h] = [new Float32Array(rows * features), new Float32Array(rows * units)];
  for (let row = 0; row < rows; row++) {
    const start = row * (features + units);
    x.set(both.subarray(start, start + features), row * features);
    h.set(both.subarray(start + features, start + features + units), row * units);
  }
  return [x, h];
};

export const times = (left: Rows, right: Rows): Rows => left.map((value, i) => value * right[i]!);

export const minus = (left: Rows, right: Rows): Rows => left.map((value, i) => value - right[i]!);

export const oneMinus = (rows: Rows): Rows => rows.map((value) => 1 - value);

/** A function and its derivative, which is told by the value. */
interface Activation {
  readonly value: (a: number) => number;
  readonly slope: (y: number) => number;
}

/** Written so that NaN stays NaN. */
const activations = {
  tanh: { value: Math.tanh, slope: (y) => 1 - fround(y * y) },
  relu: { value: (a) => (a <= 0 ? 0 : a), slope: (y) => (y <= 0 ? 0 : 1) },
  identity: { value: (a) => a, slope: () => 1 },
  sigmoid: { value: (a) => 1 / fround(1 + fround(Math.exp(-a))), slope: (y) => y * fround(1 - y) },
  hardSigmoid: {
    value: (a) => Math.max(0, Math.min(fround(fround(fround(0.2) * a) + 0.5), 1)),
    slope: (y) => (y > 0 && y < 1 ? 0.2 : 0),
  },
} satisfies Readonly<Record<string, Activation>>;

export interface Activated {
  readonly value: Rows;
  readonly back: (dValue: Rows) => Rows;
}

/** The activation of what goes into a gate, limited to ±clip; what lies beyond passes no gradient. */
export const activated = (name: keyof typeof activations, a: Rows, clip = Infinity): Activated => {
  const { value, slope }: Activation = activations[name];
  const limit = fround(clip);
  const y = a.map((each) => value(Math.max(-limit, Math.min(each, limit))));
  return { value: y, back: (dValue) => dValue.map((d, i) => (Math.abs(a[i]!) > limit ? 0 : d * fround(slope(y[i]!)))) };
};

/** Weights by which a gate also sees the cell state, one a unit. */
export interface Peephole {
  /** a + weight∘c */
  readonly add: (a: Rows, c: Rows) => Rows;
  /** The gradient of c, from that of the sum; the weights' is added up. */
  readonly back: (da: Rows, c: Rows) => Rows;
  readonly gradients: () => Named;
}

export const peephole = (weights: Weights, name: string): Peephole => {
  const weight = weights(name);
  if (!weight) return { add: (a) => a, back: (da) => new Float32Array(da.length), gradients: () => ({}) };
  const units = weight.data.length;
  const dWeight = new Float32Array(units);
  const weighted = (rows: Rows): Rows => rows.map((value, i) => value * weight.data[i % units]!);
  return {
    add: (a, c) => plus(a, weighted(c)),
    back: (da, c) => {
      times(da, c).forEach((value, i) => (dWeight[i % units]! += value));
      return weighted(da);
    },
    gradients: () => ({ [name]: { shape: [units], data: dWeight } }),
  };
};
