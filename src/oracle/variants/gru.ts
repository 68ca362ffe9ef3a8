/**
 * Variants of the GRU, and of what it has in common with the LSTM.
 *
 * @module
 */
import { add } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import type { Tensors } from "../catalog/operation.ts";
import { detour, withOptions } from "./detour.ts";
import type { Detour } from "./detour.ts";
import { complemented, regated, where, whereClipped } from "./gate-habits.ts";
import { gruCell, lstmCell, sixth } from "./recurrent-cells.ts";
import type { GruHabits } from "./recurrent-cells.ts";
import { unrolled } from "./recurrent-network.ts";
import type { Variant } from "./variant.ts";

const gruWith = (habits: GruHabits): Variant["answer"] => unrolled(gruCell(habits));

/** The candidate's two biases as one that stands outside the reset gate; each gets the gradient of the sum. */
const biasesMerged = (one: Case, resetAfter: boolean): Detour | undefined => {
  const ways = ["forward", "backward"].filter((way) => one.inputs[`${way}.candidate.recurrentBias`] !== undefined);
  if (ways.length === 0 && resetAfter) return undefined;
  const names = ways.map((way) => ({ bias: `${way}.candidate.bias`, recurrent: `${way}.candidate.recurrentBias` }));
  const others = Object.entries(one.inputs).filter(([name]) => !name.endsWith("recurrentBias"));
  const sums = names.map(({ bias, recurrent }) => {
    const [own, other] = [one.inputs[bias], one.inputs[recurrent]!];
    return [bias, own === undefined ? other : add(own, other)] as const;
  });
  return {
    one: { ...one, inputs: Object.fromEntries([...others, ...sums]), options: { ...one.options, resetAfter } },
    back: ({ outputs, gradients }) => {
      const shared: Record<string, Tensor> = { ...gradients };
      for (const { bias, recurrent } of names) {
        if (gradients[bias] === undefined) continue;
        shared[recurrent] = gradients[bias];
        if (one.inputs[bias] === undefined) delete shared[bias];
      }
      return { outputs, gradients: shared as Tensors };
    },
  };
};

/** @internal */
export const gruVariants: readonly Variant[] = [
  {
    name: "resetPlaceExchanged",
    says: "the reset gate on the other side of the product with the recurrent weights",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/99531",
    operations: ["gru"],
    answer: detour((one) => (one.options["resetAfter"] === true ? biasesMerged(one, false) : withOptions(one, { resetAfter: true }))),
  },
  {
    name: "updateComplemented",
    says: "the update gate z where 1 - z should be, and the reverse",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/issues/20129",
    operations: ["gru"],
    answer: detour((one) => complemented(one, "update")),
  },
  {
    name: "resetAndUpdateSwapped",
    says: "the weights of the reset gate and of the update gate taken for each other's (PyTorch's order r, z, n read as Keras's z, r, h, or the reverse)",
    kind: "convention",
    source: "https://github.com/keras-team/keras/issues/8720",
    operations: ["gru"],
    answer: regated({ reset: "update", update: "reset" }),
  },
  {
    name: "gateBiasesSwapped",
    says: "the biases alone of the reset gate and of the update gate taken for each other's",
    kind: "mistake",
    source: "https://github.com/openvinotoolkit/openvino/pull/17651",
    operations: ["gru"],
    answer: regated({ reset: "update", update: "reset" }, ["bias"]),
  },
  {
    name: "candidateBiasesMerged",
    says: "the candidate's two biases added up, outside the reset gate",
    kind: "mistake",
    source: "https://github.com/nntrainer/nntrainer/issues/1768 (the effect of two biases, and one bias)",
    operations: ["gru"],
    answer: where("resetAfter", true, detour((one) => biasesMerged(one, true))),
  },
  {
    name: "recurrentBiasMissingAtFirst",
    says: "no recurrent bias in the first step where no initial state is given",
    kind: "mistake",
    source: "https://github.com/ml-explore/mlx/issues/3249",
    operations: ["gru"],
    answer: where("resetAfter", true, gruWith({ nothingAtFirst: true })),
  },
  {
    name: "resetLeftOut",
    says: "a reset gate that is always 1",
    kind: "convention",
    source: "https://github.com/mravanelli/pytorch-kaldi/issues/71 (light GRU)",
    operations: ["gru"],
    answer: gruWith({ withoutReset: true }),
  },
];

/** @internal */
export const gatedVariants: readonly Variant[] = [
  {
    name: "gateActivationExchanged",
    says: "sigmoid and hard sigmoid exchanged in the gates",
    kind: "convention",
    source: "https://github.com/tensorflow/tensorflow/issues/47495",
    operations: ["lstm", "gru"],
    answer: detour((one) => withOptions(one, { gateActivation: one.options["gateActivation"] === "sigmoid" ? "hardSigmoid" : "sigmoid" })),
  },
  {
    name: "gatesOfRelu6",
    says: "the hard sigmoid relu6(a + 3) / 6 in the gates, of slope 1/6 and not 0.2",
    kind: "convention",
    source: "https://github.com/pytorch/pytorch/pull/34545",
    operations: ["lstm", "gru"],
    answer: where("gateActivation", "hardSigmoid", (operation, one) =>
      unrolled(operation.name === "lstm" ? lstmCell({ hardSigmoid: sixth }) : gruCell({ hardSigmoid: sixth }))(operation, one)),
  },
  {
    name: "clipIgnored",
    says: "nothing limited to ±clip",
    kind: "mistake",
    source: "https://github.com/sonos/tract/issues/2751 (clip is silently ignored)",
    operations: ["lstm", "gru"],
    answer: whereClipped(detour((one) => {
      const { clip: _, ...options } = one.options;
      return { one: { ...one, options }, back: (answers) => answers };
    })),
  },
];
