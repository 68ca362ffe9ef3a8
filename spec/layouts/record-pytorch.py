"""What PyTorch answers, in double, for parameters under its own names: one JSON object a line.

    python3 spec/layouts/record-pytorch.py COUNT SEED > spec/layouts/pytorch.jsonl
"""
import json
import random
import sys

import torch

count, seed = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(seed)
draw = random.Random(seed)


def numbers(*shape):
    """Multiples of 1/16 between -1 and 1, which are short in decimals."""
    return torch.randint(-16, 17, shape).double() / 16


def plain(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().reshape(-1).tolist()}


for number in range(count):
    cell = ["simpleRnn", "lstm", "gru"][number % 3]
    inputs, units, layers, both, bias = draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 2), draw.random() < 0.5, draw.random() < 0.7
    activation = draw.choice(["tanh", "relu"])
    make = {"simpleRnn": lambda *sizes, **rest: torch.nn.RNN(*sizes, nonlinearity=activation, **rest), "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    module = make(inputs, units, layers, bias=bias, bidirectional=both).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(*parameter.shape))
    steps, samples, ways = draw.randint(1, 3), draw.randint(1, 2), 2 if both else 1
    x, h = numbers(steps, samples, inputs), numbers(layers * ways, samples, units)
    state = (h, numbers(layers * ways, samples, units)) if cell == "lstm" else h
    output, last = module(x, state)
    first, final = (state, last) if cell == "lstm" else ((state,), (last,))
    print(json.dumps({
        "cell": cell, "layers": layers, "options": {"activation": activation} if cell == "simpleRnn" else {},
        "weights": {name: plain(tensor) for name, tensor in module.state_dict().items()},
        "input": plain(x), "initial": [plain(tensor) for tensor in first],
        "output": plain(output), "final": [plain(tensor) for tensor in final],
    }, separators=(",", ":")))
