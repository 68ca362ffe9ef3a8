"""A candidate: PyTorch, through the line protocol, in double unless told otherwise.

    etalon verify --command "python3 examples/peers/pytorch.py"
    etalon verify --command "python3 examples/peers/pytorch.py float32"

The adapter only names things. Where PyTorch pads both sides of an axis alike, padding is PyTorch's own; unequal sides are padded or cropped around
its operation. All gradients are those of its autograd. What PyTorch does not offer is skipped, with the reason.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

REAL = torch.float32 if "float32" in sys.argv[1:] else torch.float64


class Skip(Exception):
    """PyTorch has no such thing."""


def only(condition, reason):
    if not condition:
        raise Skip(reason)


def by_axes(input, one, two, three):
    """PyTorch has one function for each number of spatial axes."""
    functions = {3: one, 4: two, 5: three}
    only(functions.get(input.dim()) is not None, f"no such operation for {input.dim() - 2} spatial axes")
    return functions[input.dim()]


def flat_sides(padding):
    """PyTorch lists the last axis first, both sides of each."""
    return [side for sides in reversed(padding) for side in sides]


def is_even(padding):
    return all(before == after for before, after in padding)


def convolution(input, kernel, bias=None, *, stride, padding, dilation, groups):
    operation = by_axes(input, F.conv1d, F.conv2d, F.conv3d)
    if is_even(padding):
        return operation(input, kernel, bias, stride, [before for before, _ in padding], dilation, groups)
    return operation(F.pad(input, flat_sides(padding)), kernel, bias, stride, 0, dilation, groups)


def transposed_convolution(input, kernel, bias=None, *, stride, padding, dilation, groups, outputPadding):
    operation = by_axes(input, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
    if is_even(padding):
        return operation(input, kernel, bias, stride, [before for before, _ in padding], outputPadding, groups, dilation)
    whole = operation(input, kernel, bias, stride, 0, outputPadding, groups, dilation)
    return F.pad(whole, [-side for side in flat_sides(padding)])


def pad(input, *, padding, mode, value=0.0):
    if mode in ("zero", "constant"):
        return F.pad(input, flat_sides(padding), "constant", value)
    only(input.dim() in (3, 4, 5), f"no mode {mode} for {input.dim() - 2} spatial axes")
    return F.pad(input, flat_sides(padding), mode)


def own_padding(padding, window, ceil_mode):
    """The padding that the pooling itself is given, and what is padded around it."""
    if is_even(padding) and all(2 * before <= size for (before, _), size in zip(padding, window)):
        return [before for before, _ in padding], None
    only(not ceil_mode, "ceil_mode with padding that is unequal or beyond half of the window")
    return [0] * len(window), flat_sides(padding)


def max_pooling(input, *, window, stride, padding, dilation, ceilMode):
    operation = by_axes(input, F.max_pool1d, F.max_pool2d, F.max_pool3d)
    own, around = own_padding(padding, window, ceilMode)
    only(around is None or not bool(input.isneginf().any()), "padding around the operation would win beside minus infinities")
    padded = input if around is None else F.pad(input, around, "constant", -math.inf)
    output, indices = operation(padded, window, stride, own, dilation, ceilMode, return_indices=True)
    return {"output": output, "indices": indices if around is None else unpadded(indices, input.shape[2:], padded.shape[2:], padding)}


def unpadded(indices, space, padded_space, padding):
    """Flat positions in a padded plane as flat positions in the plane itself."""
    rest, positions, step = indices, torch.zeros_like(indices), 1
    for length, padded, (before, _) in reversed(list(zip(space, padded_space, padding))):
        positions = positions + (rest % padded - before) * step
        rest, step = rest // padded, step * length
    return positions


def min_pooling(input, **options):
    pooled = max_pooling(-input, **options)
    return {"output": -pooled["output"], "indices": pooled["indices"]}


def average_pooling(input, *, window, stride, padding, dilation, ceilMode, countPadding, divisor=None):
    only(all(gap == 1 for gap in dilation), "average pooling has no dilation")
    operation = by_axes(input, F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)
    only(divisor is None or input.dim() > 3, "avg_pool1d has no divisor_override")
    only(input.dim() < 5 or all(length >= size for length, size in zip(input.shape[2:], window)), "avg_pool3d takes no window larger than its unpadded input")
    own, around = own_padding(padding, window, ceilMode)
    more = {} if divisor is None else {"divisor_override": divisor}
    if around is None:
        return operation(input, window, stride, own, ceilMode, countPadding, **more)
    only(countPadding or divisor is not None, "count_include_pad false with padding that is unequal or beyond half of the window")
    return operation(F.pad(input, around), window, stride, 0, False, True, **more)


def lp_pooling(input, *, window, stride, padding, dilation, ceilMode, power):
    only(all(gap == 1 for gap in dilation), "lp pooling has no dilation")
    only(input.dim() < 5, "no lp_pool3d")
    only(not ceilMode, "lp_pool with ceil_mode scales windows at the edge")
    operation = by_axes(input, F.lp_pool1d, F.lp_pool2d, None)
    # lp_pool takes powers of x itself, not of |x|: absolute values first. Its gradient has the sign of the output as a factor, which is 0 for NaN.
    output = operation(F.pad(input, flat_sides(padding)).abs(), power, window if input.dim() > 3 else window[0], stride if input.dim() > 3 else stride[0])
    only(not bool(output.isnan().any()), "the gradient of lp_pool at NaN is 0")
    return output


def adaptive_max_pooling(input, *, outputSize):
    operation = by_axes(input, F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)
    output, indices = operation(input, outputSize if input.dim() > 3 else outputSize[0], return_indices=True)
    return {"output": output, "indices": indices}


def adaptive_average_pooling(input, *, outputSize):
    operation = by_axes(input, F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)
    return operation(input, outputSize if input.dim() > 3 else outputSize[0])


def matrix_product(left, right, *, transposeLeft, transposeRight):
    return torch.matmul(left.transpose(-1, -2) if transposeLeft else left, right.transpose(-1, -2) if transposeRight else right)


def selu(input, *, alpha, scale):
    only(abs(alpha - 1.6732632423543772) < 1e-15 and abs(scale - 1.0507009873554805) < 1e-15, "selu has constants of its own")
    return F.selu(input)


def hard_sigmoid(input, *, slope, offset):
    only(slope == 1 / 6 and offset == 0.5, "hardsigmoid has slope 1/6 and offset 0.5")
    return F.hardsigmoid(input)


def cross_entropy(input, target, weight=None, *, reduction, labelSmoothing, ignoreIndex=-100):
    classes = target if target.shape == input.shape else target.long()
    return F.cross_entropy(input, classes, weight, ignore_index=ignoreIndex, reduction=reduction, label_smoothing=labelSmoothing)


def negative_log_likelihood(input, target, weight=None, *, reduction, ignoreIndex=-100):
    return F.nll_loss(input, target.long(), weight, ignore_index=ignoreIndex, reduction=reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, posWeight=None, *, reduction):
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction=reduction, pos_weight=posWeight)


def simple_rnn(activation, **inputs):
    only(activation != "identity", "no recurrent cell without an activation")
    return recurrent(torch._VF.rnn_tanh if activation == "tanh" else torch._VF.rnn_relu, [""], ["h"], **inputs)


def lstm(coupled, gateActivation, candidateActivation, clip=None, **inputs):
    only(not coupled, "no coupled gates")
    only_usual(gateActivation, candidateActivation, clip)
    only(not any(name.endswith("peephole") for name in inputs), "no peepholes")
    return recurrent(torch._VF.lstm, ["input.", "forget.", "candidate.", "output."], ["h", "c"], **inputs)


def gru(resetAfter, gateActivation, candidateActivation, clip=None, **inputs):
    only(resetAfter, "the reset gate comes after the product alone")
    only_usual(gateActivation, candidateActivation, clip)
    return recurrent(torch._VF.gru, ["reset.", "update.", "candidate."], ["h"], **inputs)


def only_usual(gate, candidate, clip):
    only(gate == "sigmoid" and candidate == "tanh", "the cell has sigmoid and tanh alone")
    only(clip is None, "no clip of what goes into the gates")


def recurrent(network, gates, states, input, direction, merge="concat", lengths=None, **named):
    """One layer. PyTorch reads in reverse in the second half of a bidirectional layer alone; the first half has weights of zero then."""
    ways = ["forward."] if direction == "forward" else ["forward.", "backward."]
    own = ["backward."] if direction == "reverse" else ways
    (steps, samples, features), units = input.shape, named[f"{own[0]}{gates[0]}wh"].shape[0]

    def stacked(way, name, *shape):
        """The parts of all gates on top of each other, matrices [outputs, inputs]; zeros for what is absent."""
        parts = [named.get(f"{way}{gate}{name}") for gate in gates]
        return torch.cat([torch.zeros(shape, dtype=REAL) if part is None else part.transpose(0, -1) for part in parts])

    weights = [stacked(way, *each) for way in ways
               for each in (("wx", units, features), ("wh", units, units), ("bias", units), ("recurrentBias", units))]
    nothing = torch.zeros(samples, units, dtype=REAL)
    initial = [torch.stack([named.get(f"{way}initialState.{state}", nothing) for way in ways]) for state in states]

    def run(hidden, *sequence, last=()):
        output, *final = network(*sequence, hidden if len(states) > 1 else hidden[0], weights, True, 1, 0.0, False, len(ways) > 1, *last)
        return output, final

    output, final = run(initial, input, last=[False]) if lengths is None else run_packed(run, initial, input, lengths.long(), units * len(ways))
    if direction == "reverse":
        output = output[:, :, units:]
    elif direction == "bidirectional" and merge != "concat":
        output = (output[:, :, :units] + output[:, :, units:]) / (2 if merge == "average" else 1)
    return {"output": output, **{f"{way}finalState.{state}": final[s][ways.index(way)] for way in own for s, state in enumerate(states)}}


def run_packed(run, initial, input, lengths, width):
    """A packed sequence has no samples of length 0: their state stays, their output is 0."""
    steps, samples, _ = input.shape
    present = torch.nonzero(lengths).flatten()
    if len(present) == 0:
        return torch.zeros(steps, samples, width, dtype=REAL), initial
    packed = pack_padded_sequence(input[:, present], lengths[present], enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    data, last = run([state[:, present][:, order] for state in initial], packed.data, packed.batch_sizes)
    output, _ = pad_packed_sequence(PackedSequence(data, packed.batch_sizes, order, back), total_length=steps)
    final = [before.index_copy(1, present, after[:, back]) for before, after in zip(initial, last)]
    return torch.zeros(steps, samples, width, dtype=REAL).index_copy(1, present, output), final


def optimizer(make):
    """Steps from params.* with the gradients of each step."""
    def run(options, tensors):
        params = {name[7:]: torch.nn.Parameter(tensor.clone()) for name, tensor in tensors.items() if name.startswith("params.")}
        steps = sorted({int(name.split(".")[1]) for name in tensors if name.startswith("gradients.")})
        rule, outputs = make(list(params.values()), **options), {}
        for step in steps:
            for name, param in params.items():
                param.grad = tensors[f"gradients.{step}.{name}"].clone()
            rule.step()
            outputs.update({f"params.{step}.{name}": param.detach().clone() for name, param in params.items()})
        return outputs
    return run


OPTIMIZERS = {
    "gradientDescent": optimizer(lambda params, rate, weightDecay: torch.optim.SGD(params, lr=rate, weight_decay=weightDecay)),
    "momentum": optimizer(lambda params, rate, momentum, nesterov, weightDecay:
                          torch.optim.SGD(params, lr=rate, momentum=momentum, nesterov=nesterov and momentum > 0, weight_decay=weightDecay)),
    "rmsProp": optimizer(lambda params, rate, decay, epsilon, weightDecay:
                         torch.optim.RMSprop(params, lr=rate, alpha=decay, eps=epsilon, weight_decay=weightDecay)),
    "adagrad": optimizer(lambda params, rate, epsilon, weightDecay: torch.optim.Adagrad(params, lr=rate, eps=epsilon, weight_decay=weightDecay)),
    "adam": optimizer(lambda params, rate, beta1, beta2, epsilon, weightDecay:
                      torch.optim.Adam(params, lr=rate, betas=(beta1, beta2), eps=epsilon, weight_decay=weightDecay)),
    "adamW": optimizer(lambda params, rate, beta1, beta2, epsilon, weightDecay:
                       torch.optim.AdamW(params, lr=rate, betas=(beta1, beta2), eps=epsilon, weight_decay=weightDecay)),
}


def clip_by_value(options, tensors):
    grads = {name: torch.nn.Parameter(tensor.clone()) for name, tensor in tensors.items()}
    for param in grads.values():
        param.grad = param.detach().clone()
    torch.nn.utils.clip_grad_value_(list(grads.values()), options["limit"])
    return {name.replace("gradients.", "clipped.", 1): param.grad for name, param in grads.items()}


def global_norm(options, tensors):
    """The norm alone: clip_grad_norm_ adds 1e-6 to it before it divides."""
    params = [torch.nn.Parameter(tensor.clone()) for tensor in tensors.values()]
    for param in params:
        param.grad = param.detach().clone()
    return {"norm": torch.nn.utils.clip_grad_norm_(params, options["maxNorm"], norm_type=float(options["norm"]))}


PLAIN = {**OPTIMIZERS, "clipByValue": clip_by_value, "clipByGlobalNorm": global_norm}

DIFFERENTIABLE = {
    "convolution": convolution, "transposedConvolution": transposed_convolution, "pad": pad,
    "maxPooling": max_pooling, "minPooling": min_pooling, "averagePooling": average_pooling, "lpPooling": lp_pooling,
    "adaptiveMaxPooling": adaptive_max_pooling, "adaptiveAveragePooling": adaptive_average_pooling,
    "fullyConnected": lambda input, weight, bias=None: F.linear(input, weight, bias), "matrixProduct": matrix_product,
    "relu": F.relu, "silu": F.silu, "softsign": F.softsign, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": F.softplus,
    "leakyRelu": lambda input, slope: F.leaky_relu(input, slope), "elu": lambda input, alpha: F.elu(input, alpha), "selu": selu,
    "gelu": lambda input, form: F.gelu(input, approximate="tanh" if form == "tanh" else "none"), "hardSigmoid": hard_sigmoid,
    "softmax": lambda input, axis: F.softmax(input, axis), "logSoftmax": lambda input, axis: F.log_softmax(input, axis),
    "squaredError": lambda input, target, reduction: F.mse_loss(input, target, reduction=reduction),
    "absoluteError": lambda input, target, reduction: F.l1_loss(input, target, reduction=reduction),
    "huber": lambda input, target, reduction, delta: F.huber_loss(input, target, reduction, delta),
    "crossEntropy": cross_entropy, "negativeLogLikelihood": negative_log_likelihood,
    "binaryCrossEntropy": lambda input, target, weight=None, *, reduction: F.binary_cross_entropy(input, target, weight, reduction=reduction),
    "binaryCrossEntropyWithLogits": binary_cross_entropy_with_logits,
    "simpleRnn": simple_rnn, "lstm": lstm, "gru": gru,
}

def has_gradient(operation, name):
    loss = operation.endswith(("Error", "Entropy", "Logits", "Likelihood")) or operation == "huber"
    return name not in ("target", "posWeight", "mask", "lengths") and not (loss and name == "weight")


def run(request):
    operation, options = request["operation"], {name: number(value) for name, value in request.get("options", {}).items()}
    tensors = {name: decode(tensor) for name, tensor in request["inputs"].items()}
    if operation in PLAIN:
        return {"outputs": {name: encode(tensor) for name, tensor in PLAIN[operation](options, tensors).items()}}
    only(operation in DIFFERENTIABLE, f"no {operation}")
    wanted = [name for name in tensors if has_gradient(operation, name)] if request.get("cotangents") else []
    for name in wanted:
        tensors[name].requires_grad_()
    answer = DIFFERENTIABLE[operation](**tensors, **options)
    outputs = answer if isinstance(answer, dict) else {"output": answer}
    reply = {"outputs": {name: encode(tensor) for name, tensor in outputs.items()}}
    if wanted:
        loss = sum((outputs[name] * decode(cotangent)).sum() for name, cotangent in request["cotangents"].items())
        # Nothing reaches the loss where all sequences have no steps.
        gradients = torch.autograd.grad(loss, [tensors[name] for name in wanted], allow_unused=True) if loss.requires_grad else [None] * len(wanted)
        reply["gradients"] = {name: encode(torch.zeros_like(tensors[name]) if gradient is None else gradient) for name, gradient in zip(wanted, gradients)}
    return reply


def number(value):
    return float(value) if value in ("NaN", "Infinity", "-Infinity", "-0") else value


def decode(tensor):
    return torch.tensor([float(value) for value in tensor["values"]], dtype=REAL).reshape(tensor["shape"])


def encode(tensor):
    return {"shape": list(tensor.shape), "values": [json_number(value) for value in tensor.detach().reshape(-1).tolist()]}


def json_number(value):
    """JSON has no NaN and no infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def answer(request):
    if request["command"] == "start":
        return {
            "version": 1, "name": "pytorch", "language": "python", "release": torch.__version__,
            "precision": "float32" if REAL == torch.float32 else "float64", "operations": [*DIFFERENTIABLE, *PLAIN],
        }
    try:
        return {"id": request["id"], **run(request)}
    except Skip as reason:
        return {"id": request["id"], "skipped": str(reason)}
    except Exception as error:
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


def main():
    torch.set_num_threads(1)
    for line in sys.stdin:
        request = json.loads(line)
        if request["command"] == "stop":
            break
        print(json.dumps(answer(request)), flush=True)


if __name__ == "__main__":
    main()
