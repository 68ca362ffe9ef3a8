"""Recurrent networks as PyTorch computes them in float64: one to three layers, one direction or two, with lengths, all gradients.

Run: python3 recurrent-networks.py <seed> <count>, one network a line. Written with PyTorch 1.13; recurrent-networks.jsonl keeps a few.

Everything that goes in is a multiple of 1/64, so float32 holds it exactly. Parameters are written gate by gate, as matrices [inputs, outputs], under
<layer>.<forward or backward>.<gate>; the two biases of PyTorch as their sum, but for the candidate of the GRU, whose second one is its recurrentBias.
"""
import json
import random
import sys

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

CELLS = {
    "tanh": (lambda *sizes, **more: torch.nn.RNN(*sizes, nonlinearity="tanh", **more), [""]),
    "relu": (lambda *sizes, **more: torch.nn.RNN(*sizes, nonlinearity="relu", **more), [""]),
    "lstm": (torch.nn.LSTM, ["input.", "forget.", "candidate.", "output."]),
    "gru": (torch.nn.GRU, ["reset.", "update.", "candidate."]),
}


def drawn(*shape, limit=1.0):
    return torch.round((2 * torch.rand(*shape) - 1) * limit * 64) / 64


def plain(t):
    return {"shape": list(t.shape), "values": t.detach().flatten().tolist()}


def by_gate(network, gates, layers, ways, value_of):
    """Values, or gradients, of all parameters under the names of the reference."""
    named = {}
    for layer in range(layers):
        for way in ways:
            suffix = f"_l{layer}" + ("_reverse" if way == "backward" else "")
            parts = {kind: value_of(getattr(network, kind + suffix)).chunk(len(gates)) for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
            for g, gate in enumerate(gates):
                name = f"{layer}.{way}.{gate}"
                named[f"{name}wx"], named[f"{name}wh"] = parts["weight_ih"][g].t(), parts["weight_hh"][g].t()
                named[f"{name}bias"], named[f"{name}recurrentBias"] = parts["bias_ih"][g], parts["bias_hh"][g]
    return named


def written(named, is_gru, joined):
    """The two biases as one wherever they come to the same."""
    kept = {}
    for name, value in named.items():
        if not name.endswith("recurrentBias"):
            kept[name] = value
        elif is_gru and ".candidate." in name:
            kept[name] = value
        else:
            bias = name.replace("recurrentBias", "bias")
            kept[bias] = joined(kept[bias], value)
    return {name: plain(value) for name, value in kept.items()}


def same(first, second):
    assert torch.allclose(first, second, rtol=1e-12, atol=1e-12)
    return first


def network_of(draw):
    cell, layers = draw.choice(list(CELLS)), draw.randint(1, 3)
    ways = draw.choice([["forward"], ["forward", "backward"]])
    steps, samples = draw.randint(6, 9), draw.choice([1, 2, 2, 3, 3, 4])
    inputs, units = draw.sample([size for size in (1, 2, 3, 4, 5) if size != samples], 2)
    make, gates = CELLS[cell]
    network = make(inputs, units, num_layers=layers, bidirectional=len(ways) == 2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(drawn(*parameter.shape, limit=1.5 / (inputs + units) ** 0.5))
    lengths = [draw.randint(1, steps) for _ in range(samples)] if draw.random() < 0.6 else None
    states = ["h", "c"] if cell == "lstm" else ["h"]
    given = draw.random() < 0.7
    x = drawn(steps, samples, inputs, limit=1.5).requires_grad_()
    first = [(drawn if given else torch.zeros)(layers * len(ways), samples, units).requires_grad_() for _ in states]

    sequence = x if lengths is None else pack_padded_sequence(x, lengths, enforce_sorted=False)
    output, last = network(sequence, tuple(first) if cell == "lstm" else first[0])
    if lengths is not None:
        output, _ = pad_packed_sequence(output, total_length=steps)
    last = last if cell == "lstm" else (last,)
    d_output, d_last = drawn(*output.shape), [drawn(*state.shape) for state in last]
    ((output * d_output).sum() + sum((state * d).sum() for state, d in zip(last, d_last))).backward()

    def states_of(values):
        return {f"{layer}.{way}.{state}": plain(value[layer * len(ways) + w])
                for state, value in zip(states, values) for layer in range(layers) for w, way in enumerate(ways)}

    named = lambda value_of, joined: written(by_gate(network, gates, layers, ways, value_of), cell == "gru", joined)
    return {
        "cell": cell, "layers": layers, "ways": ways, "inputs": inputs, "units": units, **({} if lengths is None else {"lengths": lengths}),
        "input": plain(x), "params": named(lambda p: p.detach(), torch.add), "state": states_of(first), "dOutput": plain(d_output), "dLast": states_of(d_last),
        "output": plain(output), "last": states_of(last),
        "dInput": plain(x.grad), "dParams": named(lambda p: p.grad, same), "dState": states_of([each.grad for each in first]),
    }


seed, count = (int(argument) for argument in sys.argv[1:3])
torch.manual_seed(seed)
chosen = random.Random(seed)
for _ in range(count):
    print(json.dumps(network_of(chosen), separators=(",", ":")))
