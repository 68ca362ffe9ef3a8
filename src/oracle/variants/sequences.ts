/**
 * Variants of reading a sequence: what becomes of directions, lengths and states, whatever the cell.
 *
 * @module
 */
import { reverseSteps } from "../../rnn/lengths.ts";
import { fromSteps, permute, toSteps } from "../../tensor/layout.ts";
import { map, reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Options } from "../catalog/operation.ts";
import { detour, gradientsZeroed, outputsChanged, renamed, renamedTensors, without, withOptions } from "./detour.ts";
import { gruCell, lstmCell, simpleRnnCell } from "./recurrent-cells.ts";
import { unrolled } from "./recurrent-network.ts";
import type { LoopHabits } from "./recurrent-network.ts";
import type { Variant } from "./variant.ts";

const cells = ["simpleRnn", "lstm", "gru"];

const stepOf = { simpleRnn: simpleRnnCell, lstm: lstmCell(), gru: gruCell() } as const;

/** A habit of the loop over the steps, whatever the cell. */
const looping = (habits: LoopHabits): Variant["answer"] => (operation, one) => unrolled(stepOf[operation.name as keyof typeof stepOf], habits)(operation, one);

const isState = (name: string): boolean => name.includes(".initialState.");

const isFinal = (name: string): boolean => name.includes(".finalState.");

const isOutput = (name: string): boolean => name === "output";

/** The two halves of the last axis the other way round. */
const halvesSwapped = (tensor: Tensor): Tensor => {
  const width = tensor.shape.at(-1)!;
  return map(tensor, (_, i) => tensor.values[i - (i % width) + ((i % width) + width / 2) % width]!);
};

/** [T, N, 2, H] as [T, 2, N, H], and back. */
const splitAxes = ({ shape: [steps, samples, width] }: Tensor): readonly number[] => [steps!, samples!, 2, width! / 2];

const isConcatenated = (options: Options): boolean => options["direction"] === "bidirectional" && options["merge"] === "concat";

/** @internal */
export const sequenceVariants: readonly Variant[] = [
  {
    name: "lengthsIgnored",
    says: "the lengths ignored: what fills samples up is read as if it belonged to them",
    kind: "mistake",
    source: "https://github.com/deeplearning4j/deeplearning4j/issues/1030",
    operations: cells,
    answer: detour((one) => {
      const { lengths, ...inputs } = one.inputs;
      return lengths && { one: { ...one, inputs }, back: (answers) => answers };
    }),
  },
  {
    name: "paddingReadFirst",
    says: "samples read in reverse from the last step of the batch, their filling first",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/1811 (the wrong case)",
    operations: cells,
    answer: looping({ paddingFirst: true }),
  },
  {
    name: "finalStateAfterPadding",
    says: "the final state after the last step of the batch, where it should be after the sample's own",
    kind: "mistake",
    source: "https://github.com/ray-project/ray/issues/21392",
    operations: cells,
    answer: looping({ runsOn: true }),
  },
  {
    name: "directionIgnored",
    says: "reverse read forwards",
    kind: "mistake",
    source: "https://github.com/onnx/onnx/pull/7935",
    operations: cells,
    answer: detour((one) => {
      if (one.options["direction"] !== "reverse") return undefined;
      const [forwards, backwards] = [(name: string) => name.replace("backward.", "forward."), (name: string) => name.replace("forward.", "backward.")];
      const way = renamed(one, forwards)!;
      const cotangents = one.cotangents && renamedTensors(one.cotangents, forwards);
      return {
        one: { ...way.one, options: { ...one.options, direction: "forward" }, ...(cotangents && { cotangents }) },
        back: (answers) => {
          const { outputs, gradients } = way.back(answers);
          return { outputs: renamedTensors(outputs, backwards), gradients };
        },
      };
    }),
  },
  {
    name: "reverseOutputNotTurned",
    says: "the outputs of the reverse direction in the order in which they were made, the last step's first",
    kind: "convention",
    source: "https://github.com/microsoft/onnxruntime/issues/4187 (Keras, go_backwards)",
    operations: cells,
    answer: looping({ notTurned: true }),
  },
  {
    name: "wholeSequenceTurned",
    says: "samples of the reverse direction turned with their filling, so that outputs stand at the end of the batch",
    kind: "mistake",
    source: "https://github.com/keras-team/keras/issues/2536 (abcd000 becomes 000dcba)",
    operations: cells,
    answer: detour((one) => {
      const { lengths } = one.inputs;
      if (lengths === undefined || one.options["direction"] !== "reverse") return undefined;
      const turned = (tensor: Tensor): Tensor => fromSteps(reverseSteps(reverseSteps(toSteps(tensor), lengths)));
      const back = (tensor: Tensor): Tensor => fromSteps(reverseSteps(reverseSteps(toSteps(tensor)), lengths));
      return outputsChanged(one, isOutput, turned, back);
    }),
  },
  {
    name: "directionsSwapped",
    says: "the two directions concatenated in the opposite order, the backward one first",
    kind: "mistake",
    source: "https://github.com/soumith/cudnn.torch/issues/357 (which of four orders)",
    operations: cells,
    answer: detour((one) => (isConcatenated(one.options) ? outputsChanged(one, isOutput, halvesSwapped, halvesSwapped) : undefined)),
  },
  {
    name: "directionsOutermost",
    says: "its values in the order [T, 2, N, H], as if directions were not concatenated",
    kind: "convention",
    source: "https://onnx.ai/onnx/operators/onnx__LSTM.html (Y)",
    operations: cells,
    answer: detour((one) => {
      const swap = (tensor: Tensor, shape: readonly number[]): Tensor => reshape(permute(reshape(tensor, shape), [0, 2, 1, 3]), tensor.shape);
      const swapped = (tensor: Tensor): Tensor => swap(tensor, splitAxes(tensor));
      const back = (tensor: Tensor): Tensor => {
        const [steps, samples, two, size] = splitAxes(tensor);
        return swap(tensor, [steps!, two!, samples!, size!]);
      };
      return isConcatenated(one.options) ? outputsChanged(one, isOutput, swapped, back) : undefined;
    }),
  },
  {
    name: "sumAndAverageExchanged",
    says: "sum and average exchanged in the merge of both directions",
    kind: "convention",
    source: "https://keras.io/api/layers/recurrent_layers/bidirectional/ (merge_mode)",
    operations: cells,
    answer: detour((one) => {
      const merge = ({ sum: "average", average: "sum" } as Readonly<Record<string, string>>)[one.options["merge"] as string];
      return merge === undefined || one.options["direction"] !== "bidirectional" ? undefined : withOptions(one, { merge });
    }),
  },
  {
    name: "stateNotCarried",
    says: "every step started from the initial state",
    kind: "mistake",
    source: "https://github.com/tracel-ai/burn/issues/2701",
    operations: cells,
    answer: looping({ forgetful: true }),
  },
  {
    name: "initialStateIgnored",
    says: "an initial state of zeros",
    kind: "mistake",
    source: "https://github.com/nyu-dl/dl4mt-tutorial/pull/65",
    operations: cells,
    answer: detour((one) => without(one, isState)),
  },
  {
    name: "initialStateConstant",
    says: "no gradient for the initial state: zeros",
    kind: "convention",
    source: "https://github.com/pytorch/examples/blob/main/word_language_model/main.py (repackage_hidden)",
    operations: cells,
    answer: gradientsZeroed(isState),
  },
  {
    name: "finalStateGradientDropped",
    says: "what flows back from the final states left out",
    kind: "mistake",
    source: "https://github.com/deeplearning4j/deeplearning4j/issues/8838",
    operations: cells,
    answer: detour((one) => one.cotangents && ({
      one: { ...one, cotangents: Object.fromEntries(Object.entries(one.cotangents).filter(([name]) => !isFinal(name))) }, back: (answers) => answers,
    })),
  },
  {
    name: "backpropagationStopped",
    says: "the state before each step taken for a constant: nothing flows back through time",
    kind: "mistake",
    source: "https://github.com/qixianbiao/RNN/issues/2",
    operations: cells,
    answer: looping({ detached: true }),
  },
  {
    name: "recurrentGradientLate",
    says: "the state after each step, not before it, in the gradient of the recurrent weights",
    kind: "mistake",
    source: "https://github.com/VikParuchuri/zero_to_gpt/issues/9",
    operations: ["simpleRnn", "lstm"],
    answer: looping({ late: true }),
  },
];
