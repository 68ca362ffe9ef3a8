/**
 * A candidate: the released jax-js on its WebAssembly backend, with the gradients of its `vjp`.
 *
 *     npm run build                                            (at the top of the repository)
 *     npm ci && npm run jax                                    (here)
 *
 * The adapter only names things. What jax-js has no function or parameter for is skipped, with the reason; what throws beyond that is reported as
 * it is thrown.
 */
import * as jax from "@jax-js/jax";

const { lax, nn, numpy: np } = jax;

// Without names `init` asks for WebGPU too, by `navigator`, which Node has from version 21 on.
await jax.init("wasm");
jax.defaultDevice("wasm");

const documentation = "https://jax-js.com/docs/";

/** @param {string} reason */
const skip = (reason) => ({ skipped: reason, url: documentation });

/** jax-js makes no array of an empty buffer. */
const toJax = ({ shape, data }) => (shape.includes(0) ? np.zeros([...shape]) : np.array(Float32Array.from(data)).reshape([...shape]));

/** An array as a plain tensor; reading it uses it up. */
const toPlain = (array) => {
  const shape = [...array.shape];
  return { shape, data: Float32Array.from(array.dataSync()) };
};

/**
 * The output of a function, and where a cotangent comes the gradients of Σ output·cotangent.
 *
 * @param inputs tensors by name, with respect to which there are gradients
 * @param f of the inputs, in their order
 */
const differentiate = (inputs, cotangents, f) => {
  const present = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
  const arrays = () => present.map(([, tensor]) => toJax(tensor));
  if (!cotangents) return { outputs: { output: toPlain(f(...arrays())) } };
  const [output, pullback] = jax.vjp(f, arrays());
  const outputs = { output: toPlain(output) };
  const gradients = pullback(toJax(cotangents.output));
  pullback.dispose();
  return { outputs, gradients: Object.fromEntries(gradients.map((gradient, i) => [present[i][0], toPlain(gradient)])) };
};

/** A bias along the channels, which come second. */
const biased = (y, bias) => (bias ? np.add(y, bias.reshape([-1, ...y.shape.slice(2).map(() => 1)])) : y);

const convolution = ({ input, kernel, bias }, { stride, padding, dilation, groups }, cotangents) =>
  differentiate({ input, kernel, bias }, cotangents, (x, w, b) =>
    biased(lax.convGeneralDilated(x, w, stride, padding, { rhsDilation: dilation, featureGroupCount: groups }), b));

const transposedConvolution = ({ input, kernel, bias }, { stride, padding, dilation, groups, outputPadding }, cotangents) => {
  if (groups > 1) return skip("no groups in transposed convolution");
  if (outputPadding.some((size) => size > 0)) return skip("no output padding");
  return differentiate({ input, kernel, bias }, cotangents, (x, w, b) =>
    biased(lax.convTranspose(x, w, stride, padding, { rhsDilation: dilation, transposeKernel: true }), b));
};

const pad = ({ input }, { padding, mode }, cotangents) => {
  if (mode !== "zero") return skip("pads with zeros");
  return differentiate({ input }, cotangents, (x) => np.pad(x, [[0, 0], [0, 0], ...padding]));
};

const pooling = (reduce) => ({ input }, { window, stride, padding, dilation, ceilMode, divisor, countPadding = false }, cotangents) => {
  if (padding.flat().some((side) => side > 0)) return skip("reduceWindow has no padding");
  if (dilation.some((step) => step > 1)) return skip("reduceWindow has no dilation");
  if (ceilMode) return skip("reduceWindow rounds sizes down");
  if (divisor !== undefined) return skip("mean has no divisor of one's own");
  return differentiate({ input }, cotangents, (x) => lax.reduceWindow(x, reduce, window, stride));
};

const fullyConnected = ({ input, weight, bias }, _options, cotangents) =>
  differentiate({ input, weight, bias }, cotangents, (x, w, b) => {
    const y = np.matmul(x, np.transpose(w));
    return b ? np.add(y, b) : y;
  });

const matrixProduct = ({ left, right }, { transposeLeft, transposeRight }, cotangents) => {
  const turned = (x, turn) => (turn ? np.swapaxes(x, -2, -1) : x);
  return differentiate({ left, right }, cotangents, (a, b) => np.matmul(turned(a, transposeLeft), turned(b, transposeRight)));
};

/** An operation of one input, with its options. */
const unary = (f, refusal = () => undefined) => ({ input }, options, cotangents) => {
  const reason = refusal(options);
  return reason ? skip(reason) : differentiate({ input }, cotangents, (x) => f(x, options));
};

const clipByValue = (inputs, { limit }) => ({
  outputs: Object.fromEntries(Object.entries(inputs).map(([name, gradient]) =>
    [name.replace("gradients.", "clipped."), toPlain(np.clip(toJax(gradient), -limit, limit))])),
});

const otherSelu = ({ alpha, scale }) => (alpha === 1.6732632423543772 && scale === 1.0507009873554805 ? undefined : "selu has constants of its own");
const otherLine = ({ slope, offset }) => (slope === 1 / 6 && offset === 0.5 ? undefined : "hardSigmoid has slope 1/6 and offset 0.5");

export default {
  name: "jax-js 0.1.25 (wasm)",
  precision: "float32",
  operations: {
    convolution, transposedConvolution, pad, maxPooling: pooling((x) => np.max(x)), averagePooling: pooling((x) => np.mean(x)),
    fullyConnected, matrixProduct,
    relu: unary(nn.relu), leakyRelu: unary((x, { slope }) => nn.leakyRelu(x, slope)), elu: unary((x, { alpha }) => nn.elu(x, alpha)),
    selu: unary((x) => nn.selu(x), otherSelu), softsign: unary((x) => nn.softSign(x)), hardSigmoid: unary((x) => nn.hardSigmoid(x), otherLine),
    sigmoid: unary((x) => nn.sigmoid(x)), tanh: unary((x) => np.tanh(x)), silu: unary((x) => nn.silu(x)), softplus: unary((x) => nn.softplus(x)),
    gelu: unary((x, { form }) => nn.gelu(x, { approximate: form === "tanh" })),
    softmax: unary((x, { axis }) => nn.softmax(x, axis)), logSoftmax: unary((x, { axis }) => nn.logSoftmax(x, axis)), clipByValue,
  },
};
