import { FullyConnected, GradientDescent, clipped, lossFunction, squaredError, squaredErrorBackward, startTraining, train } from "etalon/learning";
import type { Rule, Training } from "etalon/learning";
import { gradientFlow, lastStep, residualCell, scan, SimpleRnn, zeroState } from "etalon/rnn";
import { foldIn, key, map, mapTree, normal, tensor } from "etalon/tensor";
import { cells } from "./support/memory.ts";
import type { AnyCell } from "./support/memory.ts";
import { mean, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";

export const long = true;
export const summary = "What is left of a gradient k steps back, in every cell, with and without residual connections; and what clipping does.";

const [inputs, units] = [4, 16];
const descent = GradientDescent({ rate: 0.005 });

/** log10 of ‖∂s_T/∂s_{T−k}‖ for every k, the mean of some networks on normal inputs; weights as they are drawn, or larger by a factor. */
function flowOf(cell: AnyCell, factor: number, steps: number, networks: number): readonly number[] {
  const runs = Array.from({ length: networks }, (_, seed) => {
    const params = mapTree(cell.init(key(seed)) as unknown, (leaf) => (leaf.shape.length === 2 ? map(leaf, (weight) => factor * weight) : leaf));
    const sequence = Array.from({ length: steps }, (_, t) => normal(foldIn(key(seed), t), [1, inputs]));
    return gradientFlow(cell, params, zeroState<any>(cell, 1), sequence).state.map(Math.log10);
  });
  return runs[0]!.map((_, k) => mean(runs.map((run) => run[k]!)));
}

interface Learned {
  readonly losses: readonly number[];
  readonly weight: number;
  readonly end: number;
}

/** A running sum is learned from sequences of 20 numbers, from a recurrent weight that is too large; the loss after every step of the descent. */
function learn(rule: Rule, epochs: number): Learned {
  const layer = lastStep(scan(SimpleRnn({ inputs: 1, units: 1, activation: "identity" })), FullyConnected({ inputs: 1, outputs: 1, bias: false }));
  const sequence = Array.from({ length: 20 }, (_, t) => normal(foldIn(key(1), t), [32, 1]));
  const target = map(sequence[0]!, (_, sample) => sequence.reduce((sum, step) => sum + step.values[sample]!, 0));
  const start = { sequence: { wx: tensor([[1]]), wh: tensor([[1.3]]), bias: tensor([0]) }, head: { weight: tensor([[1]]) } };
  let training: Training<typeof start> = { ...startTraining(layer, key(1)), params: start } as Training<typeof start>;
  const options = { layer, loss: lossFunction(squaredError, squaredErrorBackward), rule, batches: () => [{ input: [sequence] as const, target }], epochs: 1 };
  const result = () => ({ losses: training.history.map(({ loss }) => Math.log10(loss)), weight: training.params.sequence.wh.values[0]!, end: training.step });
  try {
    while (training.epoch < epochs) training = train(training, options as never) as typeof training;
  } catch {
    // train goes on with no loss that is not a number.
  }
  return result();
}

export function run({ print, picture }: Show, short = false): void {
  const [steps, networks] = short ? [10, 1] : [50, 3];
  const flows = [1, 3].flatMap((factor) => Object.entries(cells).flatMap(([name, make]) => [false, true].map((around) => {
    const cell = make({ inputs, units });
    const flow = flowOf(around ? residualCell(cell) : cell, factor, steps, networks);
    return { label: `${name}${factor === 1 ? "" : ", weights × 3"}`, around, flow };
  })));
  const shown = [0.02, 0.04, 0.1, 0.2, 0.4, 1].map((part) => Math.ceil(part * steps));
  print(`power of ten in the norm of the derivative of the last state by that k steps before, ${units} units, mean of ${networks} networks`);
  table([["cell", "residual", ...shown.map((k) => `k = ${k}`)], ...flows.map(({ label, around, flow }) =>
    [label, around ? "yes" : "no", ...shown.map((k) => flow[k]!.toFixed(1).replace("-0.0", "0.0"))])]).forEach(print);
  for (const around of [false, true]) {
    picture(`gradient-flow${around ? "-residual" : ""}.svg`, plot({
      title: `What is left of a gradient, ${around ? "with" : "without"} residual connections from step to step`,
      description: "logarithm of the spectral norm of the derivative of the last state by an earlier one against the distance",
      x: { label: "steps back" }, y: { label: "norm, power of ten" },
      series: flows.filter((each) => each.around === around && !each.label.startsWith("GRU, w")).map(({ label, flow }) =>
        ({ label: label.replace("weights ", ""), points: flow.map((log, k) => [k, log] as const) })),
    }));
  }

  const [free, held] = [descent, clipped(descent, { maxNorm: 1 })].map((rule) => learn(rule, short ? 5 : 300)) as [Learned, Learned];
  print(`without clipping, step ${free.end + 1} of the descent finds no finite loss any more`);
  const places = [0, 0.2, 0.4, 0.6, 1].map((part) => held.losses[Math.floor(part * (held.end - 1))]!.toFixed(1));
  print(`with it the loss is ten to the power of ${places.join(", ")} on the way to step ${held.end}; the weight comes from 1.3 to ${held.weight.toFixed(3)}`);
  picture("clipping.svg", plot({
    title: "A running sum is learned, with gradients clipped to a norm of 1", description: "logarithm of the loss by step of gradient descent",
    x: { label: "step of gradient descent" }, y: { label: "loss, power of ten" },
    series: [{ label: "clipped", points: held.losses.map((loss, step) => [step, loss] as const) }],
  }));
}
