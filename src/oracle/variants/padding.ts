/**
 * Variants of padding: what its cells are copies of, and what comes back from them.
 *
 * @module
 */
import { generate } from "../../tensor/tensor.ts";
import { stridesOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { answerChanged, underOptions, withName } from "./variant.ts";
import type { Variant } from "./variant.ts";

/** The edge repeated, then what lies behind it: … b a | a b c | c b …; where the padding is longer than the axis, there is no room. */
const mirrored = (at: number, length: number): number => (at < 0 ? -1 - at : at >= length ? 2 * length - 1 - at : at);

const symmetric: Variant["answer"] = (_, { inputs: { input }, options, cotangents }) => {
  const padding = options["padding"] as readonly (readonly [number, number])[];
  if (options["mode"] !== "reflect") return undefined;
  const { shape, values } = input!;
  const output = shape.map((size, axis) => (axis < 2 ? size : size + padding[axis - 2]![0] + padding[axis - 2]![1]));
  const [from, to] = [stridesOf(shape), stridesOf(output)];
  const source = (position: number): number => output.reduce((sum, size, axis) => {
    const at = Math.floor(position / to[axis]!) % size;
    return sum + from[axis]! * (axis < 2 ? at : mirrored(at - padding[axis - 2]![0], shape[axis]!));
  }, 0);
  const back = (cotangent: Tensor): Tensor => {
    const sums = new Float64Array(values.length);
    cotangent.values.forEach((value, position) => {
      sums[source(position)]! += value;
    });
    return generate(shape, (cell) => sums[cell]!);
  };
  return {
    outputs: { output: generate(output, (position) => values[source(position)]!) },
    gradients: cotangents === undefined ? {} : { input: back(cotangents["output"]!) },
  };
};

/** @internal */
export const paddingVariants: readonly Variant[] = [
  {
    name: "reflectionRepeatsEdge",
    says: "the edge repeated where a reflection should leave it out",
    kind: "convention",
    source: "https://github.com/apple/coremltools/pull/2720 (symmetric padding)",
    operations: ["pad"],
    answer: symmetric,
  },
  {
    name: "reflectAndReplicateExchanged",
    says: "the modes reflect and replicate exchanged",
    kind: "mistake",
    source: "https://github.com/kan-bayashi/ParallelWaveGAN/pull/186",
    operations: ["pad"],
    answer: underOptions((options) => {
      const mode = ({ reflect: "replicate", replicate: "reflect" } as Readonly<Record<string, string>>)[options["mode"] as string];
      return mode === undefined ? undefined : { ...options, mode };
    }),
  },
  {
    name: "constantIgnored",
    says: "zeros instead of the constant",
    kind: "mistake",
    source: "https://github.com/mpc-msri/EzPC/issues/85",
    operations: ["pad"],
    answer: underOptions((options) => (options["mode"] === "constant" ? { ...options, value: 0 } : undefined)),
  },
  {
    name: "modeIgnored",
    says: "zeros around the input, whatever the mode",
    kind: "mistake",
    source: "https://github.com/llvm/torch-mlir/issues/3457",
    operations: ["pad"],
    answer: underOptions(({ padding }) => ({ padding, mode: "zero" })),
  },
  {
    name: "inputAsGradient",
    says: "the input itself as its gradient",
    kind: "mistake",
    source: "https://github.com/torch/nn/pull/344",
    operations: ["pad"],
    answer: answerChanged(({ outputs, gradients }, { inputs }) => ({ outputs, gradients: withName(gradients, "input", () => inputs["input"]!) })),
  },
];
