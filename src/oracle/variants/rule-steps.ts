/**
 * Update rules number by number, with a place for each way to differ. Without any habit they are the reference.
 *
 * @module
 */
import { adopt, emptyStorage, raw } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Options, Tensors } from "../catalog/operation.ts";
import type { Variant } from "./variant.ts";

/** One way to differ for each part of a rule that has several. @internal */
export interface RuleHabits {
  /** Where weightDecay goes, in the place of the gradient or, in AdamW, of the weight before the step. */
  readonly decay?: "decoupled" | "coupled" | "withoutRate" | "after";
  /** What the fresh gradient counts in the velocity: 1 − momentum, at every step or from the second one on. */
  readonly dampened?: "always" | "later";
  /** The sign of the look ahead. */
  readonly ahead?: -1;
  readonly epsilon?: "inRoot" | "besideUncorrected";
  /** The mean gradient's square is taken off the mean square. */
  readonly centered?: boolean;
  /** The mean square before the first step. */
  readonly squareAtFirst?: number;
  /** Which share of the sum of squares is kept. */
  readonly squareKept?: number;
  /** How the bias of averages is corrected. */
  readonly correction?: "none" | "unpowered";
  /** The number of a step, from its number, that of the tensor and how many tensors there are. */
  readonly count?: (step: number, tensor: number, tensors: number) => number;
  /** The largest mean square so far serves. */
  readonly largest?: boolean;
}

type Numbers = Readonly<Record<string, number>>;

/** What a rule keeps for one weight. */
interface Memory {
  readonly mean: number;
  readonly square: number;
  readonly largest: number;
}

const average = (share: number, last: number, fresh: number): number => share * last + (1 - share) * fresh;

/** One weight, one step: where it goes, and what is kept. */
function stepOf(name: string, habits: RuleHabits, options: Options, weight: number, gradient: number, last: Memory, t: number): readonly [number, Memory] {
  const { rate = 0, momentum = 0, weightDecay = 0, epsilon = 0, beta1 = 0, beta2 = 0, decay: kept = 0 } = options as Numbers;
  const decay = habits.decay ?? (name === "adamW" ? "decoupled" : "coupled");
  const g = decay === "coupled" ? gradient + weightDecay * weight : gradient;
  const start = decay === "decoupled" ? weight * (1 - rate * weightDecay) : decay === "withoutRate" ? weight * (1 - weightDecay) : weight;
  const [move, memory] = moveOf();
  return [decay === "after" ? (start - move) * (1 - rate * weightDecay) : start - move, memory];

  function moveOf(): readonly [number, Memory] {
    if (name === "gradientDescent") return [rate * g, last];
    if (name === "momentum") {
      const share = habits.dampened === "always" || (habits.dampened === "later" && t > 1) ? 1 - momentum : 1;
      const velocity = momentum * last.mean + share * g;
      const direction = options["nesterov"] === true ? g + (habits.ahead ?? 1) * momentum * velocity : velocity;
      return [rate * direction, { ...last, mean: velocity }];
    }
    const root = (square: number): number => (habits.epsilon === "inRoot" ? Math.sqrt(square + epsilon) : Math.sqrt(square) + epsilon);
    if (name === "adagrad") {
      const square = habits.squareKept === undefined ? last.square + g * g : average(habits.squareKept, last.square, g * g);
      return [rate * g / root(square), { ...last, square }];
    }
    if (name === "rmsProp") {
      const [mean, square] = [average(kept, last.mean, g), average(kept, last.square, g * g)];
      return [rate * g / root(habits.centered === true ? Math.max(square - mean * mean, 0) : square), { ...last, mean, square }];
    }
    const [mean, square] = [average(beta1, last.mean, g), average(beta2, last.square, g * g)];
    const largest = Math.max(last.largest, square);
    const power = habits.correction === "unpowered" ? 1 : t;
    const [meanShare, squareShare] = habits.correction === "none" ? [1, 1] : [1 - beta1 ** power, 1 - beta2 ** power];
    const used = habits.largest === true ? largest : square;
    const below = habits.epsilon === "besideUncorrected" ? (Math.sqrt(used) + epsilon) / Math.sqrt(squareShare) : root(used / squareShare);
    return [rate * (mean / meanShare) / below, { mean, square, largest }];
  }
}

/** The parameters by what is left of their names, and the sets of gradients, step after step. @internal */
export function readRule(inputs: Tensors): { readonly params: readonly (readonly [string, Tensor])[]; readonly steps: number } {
  const params = Object.entries(inputs).flatMap(([name, tensor]) => (name.startsWith("params.") ? [[name.slice("params.".length), tensor] as const] : []));
  const steps = new Set(Object.keys(inputs).filter((name) => name.startsWith("gradients.")).map((name) => name.split(".")[1])).size;
  return { params, steps };
}

/** The rule with a habit, weight by weight. @internal */
export const stepping = (habits: RuleHabits, suits: (options: Options) => boolean = () => true): Variant["answer"] => ({ name }, { inputs, options }) => {
  if (!suits(options)) return undefined;
  const { params, steps } = readRule(inputs);
  const outputs = params.flatMap(([param, start], tensor) => {
    const weights = Float64Array.from(raw(start));
    const memories = Array.from(weights, (): Memory => ({ mean: 0, square: habits.squareAtFirst ?? 0, largest: 0 }));
    return Array.from({ length: steps }, (_, i): readonly [string, Tensor] => {
      const gradients = inputs[`gradients.${i + 1}.${param}`]!;
      const t = habits.count?.(i + 1, tensor, params.length) ?? i + 1;
      const found = emptyStorage([start, gradients], weights.length);
      for (let at = 0; at < found.length; at++) {
        [weights[at], memories[at]] = stepOf(name, habits, options, weights[at]!, raw(gradients)[at]!, memories[at]!, t);
        found[at] = weights[at]!;
      }
      return [`params.${i + 1}.${param}`, adopt(start.shape, found)];
    });
  });
  return { outputs: Object.fromEntries(outputs), gradients: {} };
};
