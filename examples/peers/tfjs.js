/**
 * Candidates of TensorFlow.js, for any of its releases and backends.
 *
 * The adapter only names things: it turns etalon's layouts into TensorFlow.js' own (channels last, kernels [...window, in, out]) and
 * spells the options as TensorFlow.js' parameters. Padding, strides, rounding of sizes and all gradients are TensorFlow.js' own work. What
 * its documentation or its types exclude, and kernels that a backend says it has not, are skipped with the reason; what throws beyond that is
 * reported as it is thrown.
 */

/**
 * @typedef {{ readonly shape: readonly number[], readonly data: ArrayLike<number> }} Plain a tensor as etalon hands it over
 * @typedef {Readonly<Record<string, Plain>>} Named tensors by name
 * @typedef {readonly (readonly [before: number, after: number])[]} Sides padding, one pair per spatial axis
 * @typedef {{ readonly stride: readonly number[], readonly padding: Sides, readonly dilation: readonly number[] }} WindowOptions
 * @typedef {WindowOptions & { readonly window: readonly number[], readonly ceilMode: boolean }} PoolingOptions
 */

const documentation = "https://js.tensorflow.org/api/4.22.0/";

/** @param {string} reason */
const skip = (reason) => ({ skipped: reason, url: documentation });

/** @param {readonly number[]} values */
const allOne = (values) => values.every((value) => value === 1);

/** The padding that the word 'same' stands for. @returns {Sides} */
const samePadding = (space, window, { stride, dilation }) => space.map((length, axis) => {
  const extent = (window[axis] - 1) * dilation[axis] + 1;
  const total = Math.max(0, (Math.ceil(length / stride[axis]) - 1) * stride[axis] + extent - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
});

/**
 * Padding in TensorFlow.js' words, as its users would write it: a word where one says it, a number where all sides are equal, pairs
 * otherwise. Where sizes are rounded up, it takes numbers only.
 *
 * @param {readonly number[]} space
 * @param {readonly number[]} window
 * @param {WindowOptions & { readonly ceilMode?: boolean }} options
 * @returns {"same" | "valid" | number | tf.backend_util.ExplicitPadding}
 */
export const padOf = (space, window, options) => {
  const { padding, ceilMode = false } = options;
  const equals = (sides) => padding.every(([before, after], axis) => before === sides[axis][0] && after === sides[axis][1]);
  const [first] = padding[0];
  if (!ceilMode && equals(samePadding(space, window, options))) return "same";
  if (!ceilMode && padding.flat().every((side) => side === 0)) return "valid";
  if (padding.flat().every((side) => side === first)) return first;
  const rows = padding.length === 1 ? [[0, 0]] : []; // one-dimensional operations are two-dimensional ones of height 1
  return [[0, 0], ...rows, ...padding.map((sides) => [...sides]), [0, 0]];
};

/** What a computation gives, or nothing where TensorFlow.js says that it has no kernel or no gradient for it. */
const withKernels = (compute) => {
  try {
    return compute();
  } catch (thrown) {
    if (/^Kernel '.*' not registered for backend|gradient function not found for/.test(thrown.message)) return undefined;
    throw thrown;
  }
};

/**
 * The operations of a TensorFlow.js whose backend is set.
 *
 * @param {typeof import("@tensorflow/tfjs")} tf
 */
const operationsOf = (tf) => {
  /** @param {Plain} tensor */
  const toTf = ({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape], "float32");

  /** @param {tf.Tensor} tensor */
  const toPlain = (tensor) => ({ shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) });

  /**
   * The output of a function, and where a cotangent comes the gradients of Σ output·cotangent, each as far as there is one.
   *
   * @param {Named} inputs those with respect to which there are gradients
   * @param {Named | undefined} cotangents
   * @param {(...tensors: tf.Tensor[]) => tf.Tensor} f of the inputs, in their order
   */
  const differentiate = (inputs, cotangents, f) => {
    const names = Object.keys(inputs);
    const tensors = Object.values(inputs).map(toTf);
    const output = withKernels(() => f(...tensors));
    if (output === undefined) return skip("the backend has no kernel for it");
    const outputs = { output: toPlain(output) };
    if (!cotangents) return { outputs };
    const dOutput = toTf(cotangents.output);
    const all = withKernels(() => tf.grads(f)(tensors, dOutput)) ?? names.map((_, place) =>
      withKernels(() => tf.grad((x) => f(...tensors.map((tensor, i) => (i === place ? x : tensor))))(tensors[place], dOutput)));
    const gradients = Object.fromEntries(all.flatMap((gradient, i) => (gradient ? [[names[i], toPlain(gradient)]] : [])));
    return { outputs, ...(Object.keys(gradients).length > 0 ? { gradients } : { gradientError: "there is no gradient" }) };
  };

  /** @param {Named} inputs @param {string[]} names */
  const pick = (inputs, ...names) => Object.fromEntries(names.filter((name) => inputs[name]).map((name) => [name, inputs[name]]));

  /** [N, C, ...space] as [N, ...space, C]. @param {tf.Tensor} x */
  const channelsLast = (x) => tf.transpose(x, [0, ...x.shape.slice(2).map((_, axis) => axis + 2), 1]);

  /** [N, ...space, C] as [N, C, ...space]. @param {tf.Tensor} x */
  const channelsFirst = (x) => tf.transpose(x, [0, x.rank - 1, ...x.shape.slice(2).map((_, axis) => axis + 1)]);

  /** [K, C, ...window] as [...window, C, K]. @param {tf.Tensor} kernel */
  const kernelLast = (kernel) => tf.transpose(kernel, [...kernel.shape.slice(2).map((_, axis) => axis + 2), 1, 0]);

  const convolution = ({ input, kernel, bias }, options, cotangents) => {
    const { stride, dilation, groups } = options;
    const [, channels, ...space] = input.shape;
    const [, , ...window] = kernel.shape;
    const depthwise = groups > 1 && groups === channels;
    if (groups > 1 && !depthwise) return skip("no groups of more than one channel");
    if (depthwise && space.length !== 2) return skip("depthwise convolution has two spatial axes");
    if (!allOne(stride) && !allOne(dilation)) return skip("either strides or dilations must be 1");
    const pad = padOf(space, window, options);
    if (space.length === 3 && typeof pad !== "string") return skip("three-dimensional convolution pads 'same' or 'valid' only");

    const convolve = (x, w) =>
      depthwise ? tf.depthwiseConv2d(x, depthwiseKernel(w, groups), stride, pad, "NHWC", dilation)
        : space.length === 1 ? tf.conv1d(x, kernelLast(w), stride[0], pad, "NWC", dilation[0])
        : space.length === 2 ? tf.conv2d(x, kernelLast(w), stride, pad, "NHWC", dilation)
        : tf.conv3d(x, kernelLast(w), stride, pad, "NDHWC", dilation);
    const f = (x, w, b) => {
      const y = convolve(channelsLast(x), w);
      return channelsFirst(b ? tf.add(y, b) : y);
    };
    const inputs = pick({ input, kernel, bias }, "input", "kernel", "bias");
    if (allOne(dilation)) return differentiate(inputs, cotangents, f);
    return { ...differentiate(inputs, undefined, f), gradientError: "dilation rates greater than 1 are not yet supported in gradients" };
  };

  /** [groups · multiplier, 1, ...window] as [...window, groups, multiplier]. */
  const depthwiseKernel = (w, groups) => {
    const [filters, , ...window] = w.shape;
    return tf.transpose(tf.reshape(w, [groups, filters / groups, ...window]), [2, 3, 0, 1]);
  };

  const transposedConvolution = ({ input, kernel, bias }, options, cotangents) => {
    const { stride, dilation, groups, padding, outputPadding } = options;
    const [samples, , ...space] = input.shape;
    const [, filters, ...window] = kernel.shape;
    if (groups > 1) return skip("no groups in transposed convolution");
    if (!allOne(dilation)) return skip("no dilation in transposed convolution");
    if (space.length === 1) return skip("transposed convolution has two or three spatial axes");
    const sizes = space.map((length, axis) =>
      (length - 1) * stride[axis] + window[axis] - padding[axis][0] - padding[axis][1] + outputPadding[axis]);
    const pad = padOf(sizes, window, options);
    if (space.some((length, axis) => length !== Math.floor((sizes[axis] + padding[axis][0] + padding[axis][1] - window[axis]) / stride[axis]) + 1)) {
      return skip("the convolution that is transposed must have the input's size");
    }
    if (space.length === 3 && typeof pad !== "string") return skip("three-dimensional convolution pads 'same' or 'valid' only");
    const transpose = space.length === 2 ? tf.conv2dTranspose : tf.conv3dTranspose;
    return differentiate(pick({ input, kernel, bias }, "input", "kernel", "bias"), cotangents, (x, w, b) => {
      const y = transpose(channelsLast(x), kernelLast(w), [samples, ...sizes, filters], stride, pad);
      return channelsFirst(b ? tf.add(y, b) : y);
    });
  };

  const pad = ({ input }, { padding, mode, value = 0 }, cotangents) => {
    if (mode === "replicate" || mode === "circular") return skip("pads with a constant, or reflected");
    const sides = [[0, 0], [0, 0], ...padding];
    return differentiate({ input }, cotangents, (x) => (mode === "reflect" ? tf.mirrorPad(x, sides, mode) : tf.pad(x, sides, value)));
  };

  /**
   * Max or average pooling as TensorFlow.js calls it, or the reason why it cannot.
   *
   * @param {Plain} input
   * @param {PoolingOptions} options
   * @param {"max" | "avg"} kind
   */
  const pooling = (input, options, kind) => {
    const { window, stride, dilation, ceilMode } = options;
    const [, , ...space] = input.shape;
    const rounding = ceilMode ? "ceil" : undefined;
    if (space.length === 1) return "pools two or three spatial axes";
    const pad = padOf(space, window, options);
    if (!allOne(dilation)) {
      if (space.length !== 2) return "only two-dimensional pooling has dilations";
      if (!allOne(stride)) return "either strides or dilations must be 1";
      return { pad, apply: (x) => tf.pool(x, window, kind, pad, dilation, stride, rounding) };
    }
    if (space.length === 3) {
      if (typeof pad === "object") return "three-dimensional pooling pads all sides alike";
      return { pad, apply: (x) => (kind === "max" ? tf.maxPool3d : tf.avgPool3d)(x, window, stride, pad, rounding) };
    }
    return { pad, apply: (x) => (kind === "max" ? tf.maxPool : tf.avgPool)(x, window, stride, pad, rounding) };
  };

  const maxPooling = ({ input }, options, cotangents) => {
    const pool = pooling(input, options, "max");
    if (typeof pool === "string") return skip(pool);
    const answer = differentiate({ input }, cotangents, (x) => channelsFirst(pool.apply(channelsLast(x))));
    const { window, stride, dilation, ceilMode } = options;
    if (input.shape.length !== 4 || !allOne(dilation) || ceilMode || typeof pool.pad === "object") return answer;
    const { indexes } = tf.maxPoolWithArgmax(channelsLast(toTf(input)), window, stride, pool.pad, true);
    return { ...answer, outputs: { ...answer.outputs, indices: planePositions(channelsFirst(indexes), input.shape) } };
  };

  /** ((sample · height + row) · width + column) · channels + channel, as row · width + column. */
  const planePositions = (indexes, [, channels, ...space]) => {
    const plane = space[0] * space[1];
    return { shape: indexes.shape, data: Float32Array.from(indexes.dataSync(), (index) => Math.floor(index / channels) % plane) };
  };

  const averagePooling = ({ input }, options, cotangents) => {
    if (options.divisor !== undefined) return skip("no divisor of one's own");
    if (options.countPadding && options.padding.flat().some((side) => side > 0)) return skip("padding never counts in the divisor");
    const pool = pooling(input, options, "avg");
    if (typeof pool === "string") return skip(pool);
    return differentiate({ input }, cotangents, (x) => channelsFirst(pool.apply(channelsLast(x))));
  };

  const fullyConnected = (inputs, _options, cotangents) =>
    differentiate(pick(inputs, "input", "weight", "bias"), cotangents, (x, w, b) => {
      const rows = tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)]), w, false, true);
      return tf.reshape(b ? tf.add(rows, b) : rows, [...x.shape.slice(0, -1), w.shape[0]]);
    });

  const matrixProduct = ({ left, right }, { transposeLeft, transposeRight }, cotangents) =>
    differentiate({ left, right }, cotangents, (a, b) => tf.matMul(a, b, transposeLeft, transposeRight));

  /** An operation of one input without options, or with those that TensorFlow.js takes. */
  const unary = (f) => ({ input }, options, cotangents) => differentiate({ input }, cotangents, (x) => f(x, options));

  const elu = (inputs, options, cotangents) => (options.alpha === 1 ? unary(tf.elu)(inputs, {}, cotangents) : skip("elu has an alpha of 1"));

  const selu = (inputs, { alpha, scale }, cotangents) =>
    alpha === 1.6732632423543772 && scale === 1.0507009873554805 ? unary(tf.selu)(inputs, {}, cotangents) : skip("selu has its own constants");

  const normalized = (f) => ({ input }, { axis }, cotangents) => {
    const place = axis < 0 ? axis + input.shape.length : axis;
    if (place !== input.shape.length - 1) return skip("softmax has its rows along the last axis");
    return differentiate({ input }, cotangents, (x) => f(x));
  };

  const reductions = { mean: tf.Reduction.MEAN, sum: tf.Reduction.SUM, none: tf.Reduction.NONE };

  /** Its logits are [batch, classes] and its weights belong to samples: positions become samples, class weights those of the targets. */
  const crossEntropy = ({ input, target, weight }, { reduction, ignoreIndex, labelSmoothing }, cotangents) => {
    const [, classes] = input.shape;
    const soft = target.shape.length === input.shape.length;
    if (soft && weight) return skip("weights belong to samples, not to classes");
    if (weight && labelSmoothing > 0) return skip("weights belong to samples, not to classes, which label smoothing tells apart");
    const rowsOf = (x) => tf.reshape(channelsLast(x), [-1, classes]);
    const labels = soft ? rowsOf(toTf(target)) : oneHot(target.data, classes);
    const nothing = ignoreIndex !== undefined && target.data.every((index) => index === ignoreIndex);
    if (nothing && reduction === "mean") return skip("no mean of nothing");
    const weightOf = (index) => (index === ignoreIndex ? 0 : weight ? weight.data[index] : 1);
    const weighted = weight !== undefined || ignoreIndex !== undefined;
    const weights = weighted ? tf.tensor1d(Float32Array.from(target.data, weightOf)) : undefined;
    return differentiate({ input }, cotangents, (logits) => {
      const loss = tf.losses.softmaxCrossEntropy(labels, rowsOf(logits), weights, labelSmoothing, reductions[reduction]);
      return reduction === "none" ? tf.reshape(loss, [input.shape[0], ...input.shape.slice(2)]) : loss;
    });
  };

  /** tf.oneHot, which refuses a single class. */
  const oneHot = (indices, classes) => {
    const flags = Float32Array.from({ length: indices.length * classes }, (_, i) => Number(indices[Math.floor(i / classes)] === i % classes));
    return tf.tensor2d(flags, [indices.length, classes]);
  };

  /** Steps on variables of the inputs' names; the parameters after each step are the outputs. */
  const gradientDescent = (inputs, { rate, weightDecay }) => {
    if (weightDecay !== 0) return skip("no weight decay");
    const optimizer = tf.train.sgd(rate);
    const names = Object.keys(inputs).flatMap((name) => (name.startsWith("params.") ? [name.slice("params.".length)] : []));
    const variables = names.map((name) => tf.variable(toTf(inputs[`params.${name}`]), true, `params.${name}`));
    const outputs = {};
    for (let step = 1; names.every((name) => inputs[`gradients.${step}.${name}`]); step++) {
      optimizer.applyGradients(names.map((name) => ({ name: `params.${name}`, tensor: toTf(inputs[`gradients.${step}.${name}`]) })));
      names.forEach((name, i) => (outputs[`params.${step}.${name}`] = toPlain(variables[i])));
    }
    tf.dispose(variables);
    optimizer.dispose();
    return { outputs };
  };

  /** Frees what a call allocates. */
  const tidied = (operation) => (inputs, options, cotangents) => tf.tidy(() => operation(inputs, options, cotangents));

  const operations = {
    convolution, transposedConvolution, pad, maxPooling, averagePooling, fullyConnected, matrixProduct,
    relu: unary((x) => tf.relu(x)), leakyRelu: unary((x, { slope }) => tf.leakyRelu(x, slope)), elu, selu,
    sigmoid: unary((x) => tf.sigmoid(x)), tanh: unary((x) => tf.tanh(x)), softplus: unary((x) => tf.softplus(x)),
    softmax: normalized((x) => tf.softmax(x)), logSoftmax: normalized((x) => tf.logSoftmax(x)), crossEntropy, gradientDescent,
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, tidied(operation)]));
};

/**
 * A candidate: one release of TensorFlow.js on one of its backends.
 *
 * @param {typeof import("@tensorflow/tfjs")} tf
 * @param {"cpu" | "wasm"} backend
 */
export const tfjsCandidate = async (tf, backend) => {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its backend ${backend}`);
  await tf.ready();
  return { name: `tfjs-backend-${backend} ${tf.version_core}`, precision: "float32", operations: operationsOf(tf) };
};
