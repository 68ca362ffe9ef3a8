import { parameterCount } from "etalon/cnn";
import {
  AdamW, FullyConnected, absoluteError, absoluteErrorBackward, clipped, cosineDecay, lossFunction, shuffledBatches, startTraining, train,
} from "etalon/learning";
import type { Layer } from "etalon/learning";
import { Gru, everyStep, everyStepLoss, fromZeros, scan } from "etalon/rnn";
import type { Steps } from "etalon/rnn";
import { key, tensor } from "etalon/tensor";
import type { Tensor } from "etalon/tensor";
import { deviation, mean, table } from "./support/numbers.ts";
import { plot } from "./support/plot.ts";
import type { Show } from "./support/show.ts";
import { Forgetful, temperatures, usual } from "./support/weather.ts";

export const summary = "Tomorrow's highest temperature in Seattle: a recurrent network learns from three years and forecasts a fourth.";
export const long = true;

const days = temperatures();
const heldOut = days.findIndex(({ year }) => year === 2015);
const known = days.slice(0, heldOut);
const [average, spread] = [mean, deviation].map((of) => of(known.map(({ highest }) => highest))) as [number, number];

/** What is told of a day: its temperature and those of the days before it, so many in all, and the time of the year. */
const told = (day: number, count: number): readonly number[] => [
  ...Array.from({ length: count }, (_, i) => (days[Math.max(0, day - i)]!.highest - average) / spread),
  Math.sin(2 * Math.PI * days[day]!.season), Math.cos(2 * Math.PI * days[day]!.season),
];
/** What is asked: how much warmer the next day is. */
const rise = (day: number): readonly number[] => [(days[day + 1]!.highest - days[day]!.highest) / spread];

/** Weighted sums: a network whose cell remembers nothing. */
const linear = (count: number) => fromZeros(everyStep(scan(Forgetful), FullyConnected({ inputs: count + 2, outputs: 1 })));
const gru = fromZeros(everyStep(scan(Gru({ inputs: 3, units: 16 })), FullyConnected({ inputs: 16, outputs: 1 })));
const networks = [["linear in today", linear(1), 1, 60], ["linear in seven days", linear(7), 7, 60], ["GRU, told day by day", gru, 1, 10]] as const;

/** A network that learned from stretches of 32 days, one beginning every 8 days: its forecast, each day, of the next. */
function learn(layer: Layer<any, Steps<Tensor>, readonly Tensor[]>, count: number, epochs: number, seed: number) {
  const first = Array.from({ length: Math.floor((heldOut - 33) / 8) }, (_, i) => 8 * i);
  const steps = (of: (day: number) => readonly number[]): readonly Tensor[] =>
    Array.from({ length: 32 }, (_, t) => tensor(first.map((day) => of(day + t))));
  const rate = cosineDecay({ rate: 0.02, steps: epochs * Math.ceil(first.length / 16) });
  const { params } = train(startTraining(layer, key(seed)), {
    layer, loss: everyStepLoss(lossFunction(absoluteError, absoluteErrorBackward)), epochs,
    rule: clipped(AdamW({ rate, weightDecay: 0.5 }), { maxNorm: 1 }),
    batches: shuffledBatches({ input: [steps((day) => told(day, count))] as Steps<Tensor>, target: steps(rise) }, 16),
  });
  const [rises] = layer.apply(params, [days.slice(0, -1).map((_, day) => tensor([told(day, count)]))]);
  return { parameters: parameterCount(params), forecast: rises.map(({ values }, day) => days[day]!.highest + spread * values[0]!) };
}

export function run({ print, picture }: Show, short = false): void {
  const test = days.slice(heldOut).map((_, i) => heldOut + i - 1);
  const errors = (forecast: readonly number[]): readonly number[] => test.map((day) => Math.abs(forecast[day]! - days[day + 1]!.highest));
  const learned = networks.map(([name, layer, count, epochs]) => {
    const each = (short ? [1] : [1, 2, 3, 4, 5]).map((seed) => learn(layer, count, short ? 1 : epochs, seed));
    return { name, parameters: each[0]!.parameters, forecasts: each.map(({ forecast }) => forecast) };
  });
  const today = { name: "as warm as today", parameters: 0, forecasts: [days.map(({ highest }) => highest)] };
  const season = { name: "as usual at the time", parameters: 0, forecasts: [days.slice(1).map((day) => usual(known, day.season))] };

  print(`${known.length} days to learn from, ${test.length} to be forecast, each on the day before; mean absolute error in °C over five trainings:`);
  const rows = [today, season, ...learned].map(({ name, parameters, forecasts }) => {
    const means = forecasts.map((forecast) => mean(errors(forecast)));
    return [name, String(parameters), ...[mean(means), Math.min(...means), Math.max(...means)].map((each) => each.toFixed(2))];
  });
  table([["forecast", "parameters", "error", "least", "most"], ...rows]).forEach((line) => print(line));
  const forecast = learned[2]!.forecasts[0]!;
  for (const { name, forecasts } of [today, learned[1]!]) {
    const gains = errors(forecasts[0]!).map((error, i) => error - errors(forecast)[i]!);
    const doubt = deviation(gains) / Math.sqrt(gains.length);
    print(`the first GRU against "${name}": ${mean(gains).toFixed(2)} °C nearer, with a standard error of ${doubt.toFixed(2)}`);
  }
  const line = (label: string, value: (day: number) => number) => ({ label, points: test.map((day) => [day + 2 - heldOut, value(day)] as const) });
  picture("weather.svg", plot({
    title: "Highest temperatures in Seattle, 2015",
    description: "the forecast of the day before follows what happened, cuts off peaks, and comes a day late where the weather turns",
    x: { label: "day of the year", from: 0, to: 365, step: 50 }, y: { label: "°C" },
    series: [line("what happened", (day) => days[day + 1]!.highest), line("forecast on the day before", (day) => forecast[day]!)],
  }, 1000));
}
