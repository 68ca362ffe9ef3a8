"""Property tests in Python with Hypothesis: a convolution of one's own, held against the reference over `etalon serve`.

    pip install hypothesis        # or: apt-get install python3-hypothesis
    python3 hypothesis_example.py

ETALON names the command to start, default "npx etalon serve".
"""
import json, os, shlex, subprocess, sys
from hypothesis import given, settings, strategies as st

service = subprocess.Popen(shlex.split(os.environ.get("ETALON", "npx etalon serve")), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def reference(operation, inputs, options, cotangents):
    """The reference's answer: outputs, gradients, and for each the error that a correct implementation may show."""
    request = {"command": "run", "id": 0, "operation": operation, "inputs": inputs, "options": options, "cotangents": cotangents}
    print(json.dumps(request), file=service.stdin, flush=True)
    answer = json.loads(service.stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


def agrees(answer, name, kind, values):
    # float() also reads "-0", "NaN" and "Infinity", which JSON has no numbers for.
    expected, radius = (list(map(float, part[kind][name]["values"])) for part in (answer, answer["radius"]))
    assert len(values) == len(expected), f"{name}: expected {len(expected)} values, got {len(values)}"
    for i, (value, wanted, allowed) in enumerate(zip(values, expected, radius)):
        assert abs(value - wanted) <= allowed, f"{kind} {name}[{i}]: expected {wanted} +- {allowed}, got {value}"


def convolve(row, kernel, stride):
    """The code under test: one channel, one axis, no padding."""
    steps = (len(row) - len(kernel)) // stride + 1
    return [sum(row[step * stride + tap] * kernel[tap] for tap in range(len(kernel))) for step in range(steps)]


def convolve_backward(row, kernel, stride, cotangent):
    d_row, d_kernel = [0.0] * len(row), [0.0] * len(kernel)
    for step, dy in enumerate(cotangent):
        for tap in range(len(kernel)):
            d_row[step * stride + tap] += dy * kernel[tap]
            d_kernel[tap] += dy * row[step * stride + tap]
    return d_row, d_kernel


numbers = st.floats(min_value=-100, max_value=100, width=32)


@st.composite
def problems(draw):
    kernel = draw(st.lists(numbers, min_size=1, max_size=4))
    row = draw(st.lists(numbers, min_size=len(kernel), max_size=12))
    stride = draw(st.integers(min_value=1, max_value=3))
    steps = (len(row) - len(kernel)) // stride + 1
    return row, kernel, stride, draw(st.lists(numbers, min_size=steps, max_size=steps))


def plane(values):
    return {"shape": [1, 1, len(values)], "values": values}


@settings(max_examples=100, deadline=None, database=None, print_blob=True)
@given(problems())
def test_convolution(problem):
    row, kernel, stride, cotangent = problem
    answer = reference("convolution", {"input": plane(row), "kernel": plane(kernel)}, {"stride": [stride]}, {"output": plane(cotangent)})
    agrees(answer, "output", "outputs", convolve(row, kernel, stride))
    d_row, d_kernel = convolve_backward(row, kernel, stride, cotangent)
    agrees(answer, "input", "gradients", d_row)
    agrees(answer, "kernel", "gradients", d_kernel)


if __name__ == "__main__":
    test_convolution()
    service.stdin.close()
    sys.exit(service.wait())
