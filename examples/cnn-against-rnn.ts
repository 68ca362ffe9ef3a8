import { Convolution, GlobalMaxPooling, Unravel, parameterCount } from "etalon/cnn";
import { FullyConnected, Relu, accuracy, chain, crossEntropy, crossEntropyBackward, lossFunction, oneHot, startTraining, train } from "etalon/learning";
import type { Layer } from "etalon/learning";
import { Gru, fromZeros, lastStep, scan } from "etalon/rnn";
import type { Steps } from "etalon/rnn";
import { foldIn, fromSteps, key, tensor, toChannelsFirst, toChannelsLast, toSteps, uniform } from "etalon/tensor";
import type { Tensor } from "etalon/tensor";
import { markedSequences, rule } from "./support/memory.ts";
import { percent, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";

export const summary = "A convolutional and a recurrent network on the same sequences: what each sees, needs and remembers.";
export const long = true;

type Task = "pattern" | "order" | "first";
const [count, units, taps] = [4, 16, 5];
const lengths = [12, 24, 48, 96];

/** The steps as one picture of a single row. */
const asImage = (steps: readonly Tensor[]): Tensor => toChannelsFirst(fromSteps(steps, "batchFirst"));

const convolutions = chain(
  Convolution({ inputChannels: count, outputChannels: units, window: [taps], padding: "same" }), Relu,
  Convolution({ inputChannels: units, outputChannels: units, window: [taps], padding: "same" }), Relu,
);
const convolutional = chain(convolutions, GlobalMaxPooling, Unravel, FullyConnected({ inputs: units, outputs: count }));
const test = (steps: number, short: boolean) => markedSequences(key(1000 + steps), short ? 4 : 300, steps);
const recurrent = lastStep(scan(Gru({ inputs: count, units })), FullyConnected({ inputs: units, outputs: count }));

const mostFrequent = (values: readonly number[]): number => Math.max(...values.map((value) => values.filter((each) => each === value).length)) / values.length;

export function run({ print, picture }: Show, short = false): void {
  const longest = 24;
  const learn = <P, X>(layer: Layer<P, X, Tensor>, input: (steps: readonly Tensor[]) => X, task: Task) => {
    const { params } = train(startTraining(layer, key(1)), {
      layer, rule, loss: lossFunction(crossEntropy, crossEntropyBackward), epochs: 1,
      batches: (from) => Array.from({ length: short ? 2 : 300 }, (_, i) => {
        const most = Math.min(longest, 4 + Math.floor(i / 10));
        const drawn = markedSequences(foldIn(from, i), 20, Math.floor(uniform(foldIn(from, i), [], 2, most + 1).values[0]!));
        return { input: input(drawn.steps), target: drawn[task], samples: 20 };
      }),
    });
    return lengths.map((steps) => {
      const drawn = test(steps, short);
      return accuracy(layer.apply(params, input(drawn.steps))[0], drawn[task]);
    });
  };
  const rows = (["pattern", "order", "first"] as const).flatMap((task) => [
    { name: `convolutional, ${task}`, parameters: parameterCount(convolutional.init(key(1))), right: learn(convolutional, asImage, task) },
    { name: `recurrent, ${task}`, parameters: parameterCount(recurrent.init(key(1))), right: learn(recurrent, (steps): Steps<Tensor> => [steps], task) },
    { name: `most frequent answer, ${task}`, parameters: 0, right: lengths.map((steps) => mostFrequent(test(steps, short)[task].values)) },
  ]);
  print(`learned from sequences of 2 to ${longest} steps; right on sequences of so many`);
  table([["network, task", "parameters", ...lengths.map((steps) => `${steps} steps`)],
    ...rows.map(({ name, parameters, right }) => [name, String(parameters), ...right.map(percent)])]).forEach(print);

  // How far the outputs move if the symbol in the middle is another one: of the convolutions, and of the recurrent cell, both as they begin.
  const middle = longest / 2;
  const { steps } = markedSequences(key(5), 1, longest);
  const changed = steps.with(middle, oneHot(tensor([(steps[middle]!.values.indexOf(1) + 1) % count]), count));
  const cell = fromZeros(scan(Gru({ inputs: count, units })));
  const [weights, cellWeights] = [convolutions.init(key(1)), cell.init(key(1))];
  const columns = (image: Tensor): readonly Tensor[] => toSteps(toChannelsLast(image), "batchFirst");
  const outputs = { convolutions: (x: readonly Tensor[]) => columns(convolutions.apply(weights, asImage(x))[0]), "recurrent cell": (x: readonly Tensor[]) => cell.apply(cellWeights, [x])[0] };
  const moves = Object.entries(outputs).map(([label, of]) => {
    const after = of(changed);
    return { label, points: of(steps).map(({ values }, t) => [t, Math.hypot(...values.map((value, i) => value - after[t]!.values[i]!))] as const) };
  });
  for (const { label, points } of moves) {
    const reached = points.filter(([, move]) => move > 0).map(([t]) => t);
    print(`another symbol at step ${middle} of ${longest} changes the outputs of the ${label} at steps ${reached[0]} to ${reached.at(-1)}`);
  }
  picture("cnn-against-rnn.svg", plot({
    title: "What another symbol at step 12 changes", description: "how far the output at each step moves, for two convolutions and for a recurrent cell",
    x: { label: "step" }, y: { label: "movement of the output", from: 0 }, series: moves,
  }));
}
