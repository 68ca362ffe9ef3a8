/**
 * Recurrent cells with one mistake: lengths only blank out the output behind the end of a sample. The state runs on through what fills the sample up, and
 * what is given back is the state after the last step of the batch; JAX's reference LSTM did so (jax-ml/jax, pull request 15169). Where all samples are
 * equally long, all is right.
 *
 *     etalon verify examples/candidates/flawed/recurrent-final-state.ts
 */
import { gru } from "../im2col/gru.ts";
import { lstm } from "../im2col/lstm.ts";
import type { Named } from "../im2col/recurrent.ts";
import { simpleRnn } from "../im2col/simple-rnn.ts";
import type { Tensor } from "../types.ts";

const blanked = ({ shape, data }: Tensor, lengths: Tensor): Tensor => {
  const [, samples, width] = shape as [number, number, number];
  return { shape, data: data.map((value, i) => (Math.floor(i / (samples * width)) < lengths.data[Math.floor(i / width) % samples]! ? value : 0)) };
};

const running = <O>(operation: (inputs: Named, options: O, cotangents: Named | undefined) => { readonly outputs: Named; readonly gradients?: Named }) =>
  ({ lengths, ...inputs }: Named, options: O, cotangents: Named | undefined) => {
    if (!lengths) return operation(inputs, options, cotangents);
    const dOutput = cotangents?.["output"];
    const reply = operation(inputs, options, cotangents && { ...cotangents, ...(dOutput && { output: blanked(dOutput, lengths) }) }); // the mistake: no lengths
    return { ...reply, outputs: { ...reply.outputs, output: blanked(reply.outputs["output"]!, lengths) } };
  };

export default {
  name: "state of the last step",
  precision: "float32",
  operations: { simpleRnn: running(simpleRnn), lstm: running(lstm), gru: running(gru) },
};
