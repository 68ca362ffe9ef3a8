"""Each disagreement of PyTorch in docs/findings.md in plain PyTorch, without etalon: what it answers, beside the arithmetic by hand.

    python3 examples/peers/reproductions.py
"""
import math

import torch
import torch.nn.functional as F

INFINITY = math.inf


def value_and_slope(f, x, real=torch.float64):
    """f(x) and f'(x) as PyTorch has them."""
    point = torch.tensor(x, dtype=real, requires_grad=True)
    value = f(point)
    value.backward()
    return f"{value.item()!r}, slope {point.grad.item()!r}"


def outcome(compute):
    try:
        return compute().tolist()
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"


def exact_gelu(x):
    return x * math.erfc(-x / math.sqrt(2)) / 2


def entropy(x):
    return F.binary_cross_entropy(x, torch.ones_like(x))


REPRODUCTIONS = [
    ("hardsigmoid at 0.5, double", lambda: value_and_slope(F.hardsigmoid, 0.5),
     f"0.5/6 + 0.5 = {0.5 / 6 + 0.5!r}, slope 1/6 = {1 / 6!r}; 1/6 in float32 is {torch.tensor(1 / 6).item()!r}"),
    ("binary_cross_entropy of 1e-13 against 1, double", lambda: value_and_slope(entropy, 1e-13),
     f"-log 1e-13 = {-math.log(1e-13)!r}, slope -1/x = -1e13"),
    ("the same of 1e-11", lambda: value_and_slope(entropy, 1e-11), "slope -1e11"),
    ("1e-12 in float32", lambda: torch.tensor(1e-12).item(), "the double gradient above is -(1 - 1e-13) over this"),
    ("softplus at 20, double", lambda: value_and_slope(F.softplus, 20.0), f"{20 + math.log1p(math.exp(-20))!r}, slope {1 / (1 + math.exp(-20))!r}"),
    ("softplus at 20.5, double", lambda: value_and_slope(F.softplus, 20.5),
     f"{20.5 + math.log1p(math.exp(-20.5))!r}, slope {1 / (1 + math.exp(-20.5))!r}"),
    ("avg_pool3d of one cell, window 3, padding 1", lambda: outcome(lambda: F.avg_pool3d(torch.ones(1, 1, 1, 1, 1), 3, 1, 1)),
     "1/27 = 0.037: the padded input has 3 cells along each axis, one window"),
    ("avg_pool2d of one cell, window 3, padding 1", lambda: outcome(lambda: F.avg_pool2d(torch.ones(1, 1, 1, 1), 3, 1, 1)), "1/9 = 0.111"),
    *[(f"gelu at {x}, float32", lambda x=x: value_and_slope(F.gelu, x, torch.float32), f"{exact_gelu(x)!r}") for x in (-5.0, -5.5, -6.0)],
    ("gelu at -10, double", lambda: value_and_slope(F.gelu, -10.0), f"{exact_gelu(-10.0)!r}"),
    ("sigmoid at 17, float32", lambda: value_and_slope(torch.sigmoid, 17.0, torch.float32), f"slope {math.exp(-17) / (1 + math.exp(-17)) ** 2!r}"),
    ("sigmoid at -17, float32", lambda: value_and_slope(torch.sigmoid, -17.0, torch.float32), "the same slope"),
    ("tanh at 10, float32", lambda: value_and_slope(torch.tanh, 10.0, torch.float32), f"slope {1 / math.cosh(10) ** 2!r}"),
    ("silu at -infinity", lambda: value_and_slope(F.silu, -INFINITY), "0, the limit of x·e^x; slope 0"),
    ("gelu at -infinity", lambda: value_and_slope(F.gelu, -INFINITY), "0; slope 0"),
    ("gelu at infinity", lambda: value_and_slope(F.gelu, INFINITY), "infinity; slope 1"),
    ("softsign at infinity", lambda: value_and_slope(F.softsign, INFINITY), "1; slope 0"),
    ("lp_pool1d of -1 -1, power 3, window 2", lambda: outcome(lambda: F.lp_pool1d(torch.tensor([[[-1.0, -1.0]]]), 3, 2)),
     "(1 + 1)^(1/3) = 1.26 by |x|^p; by x^p, as PyTorch writes it, the root of -2, -1.26"),
    ("lp_pool1d of 3 4 6, power 2, window 2, ceil_mode", lambda: outcome(lambda: F.lp_pool1d(torch.tensor([[[3.0, 4.0, 6.0]]]), 2, 2, 2, True)),
     "√(9 + 16) = 5, √36 = 6"),
]

if __name__ == "__main__":
    print("PyTorch", torch.__version__, end="\n\n")
    for name, got, expected in REPRODUCTIONS:
        print(f"{name}\n  got       {got()}\n  expected  {expected}\n")
