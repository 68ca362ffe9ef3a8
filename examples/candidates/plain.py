"""A candidate in plain Python, forward only: shows how any language plugs in by one JSON object a line.

    etalon verify --command "python3 examples/candidates/plain.py"

A tensor is a pair (shape, values), the values flat in row-major order. Python computes in doubles; every result is rounded to
float32 once, when it is written.
"""
import json
import math
import struct
import sys
from itertools import product


def windows(space, window, stride, padding, dilation, ceilMode=False):
    """The output's spatial sizes, and for each window the flat positions of its taps: None in the padding, nothing beyond it."""
    axes = []
    for length, size, step, (before, after), gap in zip(space, window, stride, padding, dilation):
        room = length + before + after - (size - 1) * gap - 1
        last = -(-room // step) if ceilMode else room // step
        if ceilMode and last * step >= length + before:
            last -= 1
        starts = [position * step - before for position in range(last + 1)]
        axes.append([[start + tap * gap for tap in range(size) if start + tap * gap < length + after] for start in starts])

    def flat(place):
        position = 0
        for at, length in zip(place, space):
            if not 0 <= at < length:
                return None
            position = position * length + at
        return position

    return [len(axis) for axis in axes], [[flat(place) for place in product(*axis)] for axis in product(*axes)]


def convolution(input, kernel, bias=None, *, groups, **sliding):
    (batch, channels, *space), x = input
    (filters, share, *window), w = kernel
    plane, taps = math.prod(space), math.prod(window)
    size, places = windows(space, window, **sliding)
    values = []
    for n, k in product(range(batch), range(filters)):
        first = n * channels + k * groups // filters * share
        for place in places:
            total = bias[1][k] if bias else 0.0
            for c in range(share):
                for tap, at in enumerate(place):
                    if at is not None:
                        total += x[(first + c) * plane + at] * w[(k * share + c) * taps + tap]
            values.append(total)
    return {"output": ([batch, filters, *size], values)}


def planes(input):
    (batch, channels, *space), x = input
    size = math.prod(space)
    return [batch, channels], space, [x[start * size:(start + 1) * size] for start in range(batch * channels)]


def pool_extreme(input, window, beats, sliding):
    leading, space, data = planes(input)
    size, places = windows(space, window, **sliding)
    winners = []
    for plane, place in product(data, places):
        best = None
        for at in place:
            if at is not None and (best is None or beats(plane[at], plane[best]) or math.isnan(plane[at]) > math.isnan(plane[best])):
                best = at
        winners.append((plane[best], best))
    shape = leading + size
    return {"output": (shape, [value for value, _ in winners]), "indices": (shape, [at for _, at in winners])}


def max_pooling(input, *, window, **sliding):
    return pool_extreme(input, window, lambda value, best: value > best, sliding)


def min_pooling(input, *, window, **sliding):
    return pool_extreme(input, window, lambda value, best: value < best, sliding)


def average_pooling(input, *, window, countPadding, divisor=None, **sliding):
    leading, space, data = planes(input)
    size, places = windows(space, window, **sliding)
    values = []
    for plane, place in product(data, places):
        inside = [plane[at] for at in place if at is not None]
        values.append(sum(inside) / (divisor or (len(place) if countPadding else len(inside))))
    return {"output": (leading + size, values)}


def fully_connected(input, weight, bias=None):
    (*leading, _), x = input
    (out, size), w = weight
    values = [
        sum((x[row * size + i] * w[o * size + i] for i in range(size)), bias[1][o] if bias else 0.0)
        for row, o in product(range(math.prod(leading)), range(out))
    ]
    return {"output": ([*leading, out], values)}


def matrix_product(left, right, *, transposeLeft, transposeRight):
    def reader(tensor, transposed):
        """The matrix's rows and columns as they are multiplied, and how to read an element."""
        (*leading, rows, columns), values = tensor
        offset = rows * columns if leading else 0
        if transposed:
            return leading, columns, rows, lambda b, i, j: values[b * offset + j * columns + i]
        return leading, rows, columns, lambda b, i, j: values[b * offset + i * columns + j]

    left_leading, m, inner, a = reader(left, transposeLeft)
    right_leading, _, n, b = reader(right, transposeRight)
    leading = left_leading or right_leading
    values = [
        sum(a(item, i, k) * b(item, k, j) for k in range(inner))
        for item, i, j in product(range(math.prod(leading)), range(m), range(n))
    ]
    return {"output": ([*leading, m, n], values)}


def relu(input):
    shape, x = input
    return {"output": (shape, [0.0 if value <= 0 else value for value in x])}


def cross_entropy(input, target, weight=None, *, reduction, labelSmoothing, ignoreIndex=None):
    (batch, classes, *space), x = input
    plane, probabilities = math.prod(space), len(target[0]) == len(input[0])
    weights = weight[1] if weight else [1.0] * classes
    losses, divisor = [], 0.0
    for n, position in product(range(batch), range(plane)):
        places = [(n * classes + c) * plane + position for c in range(classes)]
        if probabilities:
            wanted, used = [target[1][at] for at in places], 1.0
        else:
            label = int(target[1][n * plane + position])
            if label == ignoreIndex:
                losses.append(0.0)
                continue
            wanted, used = [float(c == label) for c in range(classes)], weights[label]
        highest = max(x[at] for at in places)
        log_sum = math.log(sum(math.exp(x[at] - highest) for at in places))
        shares = [w * ((1 - labelSmoothing) * t + labelSmoothing / classes) for w, t in zip(weights, wanted)]
        losses.append(sum(share * (log_sum - (x[at] - highest)) for share, at in zip(shares, places) if share))
        divisor += used
    if reduction == "none":
        return {"output": ([batch, *space], losses)}
    if reduction == "sum":
        return {"output": ([], [sum(losses)])}
    return {"output": ([], [sum(losses) / divisor if divisor else math.nan])}


def gradient_descent(*, rate, weightDecay, **tensors):
    outputs = {}
    for key in tensors:
        kind, name = key.split(".", 1)
        if kind == "params":
            shape, w = tensors[key]
            step = 1
            while f"gradients.{step}.{name}" in tensors:
                _, gradient = tensors[f"gradients.{step}.{name}"]
                w = [single(p - rate * (g + weightDecay * p)) for p, g in zip(w, gradient)]
                outputs[f"params.{step}.{name}"] = (shape, w)
                step += 1
    return outputs


OPERATIONS = {
    "convolution": convolution, "maxPooling": max_pooling, "minPooling": min_pooling, "averagePooling": average_pooling,
    "fullyConnected": fully_connected, "matrixProduct": matrix_product, "relu": relu, "crossEntropy": cross_entropy,
    "gradientDescent": gradient_descent,
}


def single(value):
    """Rounds to float32."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def encode(value):
    """JSON has no NaN and no infinities, and many readers lose the sign of -0."""
    value = single(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return "-0" if value == 0 and math.copysign(1, value) < 0 else value


def run(request):
    if request["operation"] not in OPERATIONS:
        return {"skipped": "no " + request["operation"]}
    inputs = {name: (tensor["shape"], [float(value) for value in tensor["values"]]) for name, tensor in request["inputs"].items()}
    outputs = OPERATIONS[request["operation"]](**inputs, **request.get("options", {}))
    return {"outputs": {name: {"shape": shape, "values": [encode(v) for v in values]} for name, (shape, values) in outputs.items()}}


def answer(request):
    if request["command"] == "start":
        return {"version": 1, "name": "plain", "language": "python", "precision": "float32", "operations": list(OPERATIONS)}
    try:
        return {"id": request["id"], **run(request)}
    except Exception as error:
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        if request["command"] == "stop":
            break
        print(json.dumps(answer(request)), flush=True)


if __name__ == "__main__":
    main()
