/**
 * Variants of what is sent to recurrent networks, whatever the cell: weights and biases, and the order of axes.
 *
 * @module
 */
import { permute } from "../../tensor/layout.ts";
import { map, reshape } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapNamed } from "../catalog/operation.ts";
import { detour, reread, without, withOptions } from "./detour.ts";
import { values } from "./variant.ts";
import type { Variant } from "./variant.ts";

const cells = ["simpleRnn", "lstm", "gru"];

const transposed = (tensor: Tensor): Tensor => permute(tensor, [1, 0]);

const firstAxesSwapped = (tensor: Tensor): Tensor => permute(tensor, [1, 0, 2]);

const swappedShape = ({ shape: [first, second, ...rest] }: Tensor): readonly number[] => [second!, first!, ...rest];

const twice = (tensor: Tensor): Tensor => map(tensor, (value) => 2 * value);

const isInput = (name: string): boolean => name === "input";

const isOutput = (name: string): boolean => name === "output";

/** @internal */
export const recurrentVariants: readonly Variant[] = [
  {
    name: "biasesLeftOut",
    says: "all biases left out",
    kind: "mistake",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html (bias)",
    operations: cells,
    answer: detour((one) => without(one, (name) => name.endsWith(".bias"))),
  },
  {
    name: "biasesAddedTwice",
    says: "every bias added twice, once with the input and once with the state",
    kind: "mistake",
    source: "https://github.com/pytorch/pytorch/issues/750 (two biases in the place of one, both set)",
    operations: cells,
    answer: detour((one) => reread(one, (name) => name.endsWith(".bias"), twice, twice)),
  },
  {
    name: "recurrentWeightsTransposed",
    says: "the recurrent weights transposed",
    kind: "mistake",
    source: "https://github.com/onnx/onnx/issues/1019",
    operations: cells,
    answer: detour((one) => reread(one, (name) => name.endsWith("wh"), transposed, transposed)),
  },
  {
    name: "inputWeightsReadTransposed",
    says: "the values of the input's weights read as [H, F]",
    kind: "mistake",
    source: "https://github.com/keras-team/keras/issues/8720 (kernels reshaped where they should be transposed)",
    operations: cells,
    answer: detour((one) => reread(
      one, (name) => name.endsWith("wx"),
      (tensor) => transposed(reshape(tensor, tensor.shape.toReversed())), (gradient) => values(gradient, transposed),
    )),
  },
  {
    name: "inputReadBatchFirst",
    says: "the input's values read as [N, T, F] (batch first)",
    kind: "mistake",
    source: "https://github.com/huyanxin/phasen/issues/13 (batch_first left out)",
    operations: cells,
    answer: detour((one) => reread(
      one, isInput, (tensor) => firstAxesSwapped(reshape(tensor, swappedShape(tensor))), (gradient) => values(gradient, firstAxesSwapped),
    )),
  },
  {
    name: "answerBatchFirst",
    says: "its axes in the order [N, T, H] (batch first)",
    kind: "convention",
    source: "https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html (batch_first)",
    operations: cells,
    answer: detour((one) => ({
      one,
      back: ({ outputs, gradients }) => {
        const swapped = (tensors: typeof outputs): typeof outputs =>
          mapNamed(tensors, (tensor, name) => (isOutput(name) || isInput(name) ? firstAxesSwapped(tensor) : tensor));
        return { outputs: swapped(outputs), gradients: swapped(gradients) };
      },
    })),
  },
  {
    name: "activationAlwaysTanh",
    says: "tanh in the place of the other activation that was asked for",
    kind: "mistake",
    source: "https://github.com/intel/ipex-llm/issues/1901",
    operations: cells,
    answer: detour((one) => {
      const option = "activation" in one.options ? "activation" : "candidateActivation";
      return one.options[option] === "tanh" ? undefined : withOptions(one, { [option]: "tanh" });
    }),
  },
];
