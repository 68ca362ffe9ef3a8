"""What Keras and the cells of TensorFlow 1 answer, in double, for weights under their own names: one JSON object a line.

    python3 spec/layouts/record-tensorflow.py COUNT SEED > spec/layouts/tensorflow.jsonl

Recorded with Keras 3.15.1 and TensorFlow 2.21.0, which keeps the cells of `tf.nn.rnn_cell` in a module of its own.
"""
import json
import os
import random
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import keras
import numpy
import tensorflow as tf
from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as cells

count, seed = int(sys.argv[1]), int(sys.argv[2])
keras.config.set_floatx("float64")
draw = random.Random(seed)
dice = numpy.random.default_rng(seed)


def numbers(*shape):
    """Multiples of 1/16 between -1 and 1, which are short in decimals."""
    return dice.integers(-16, 17, shape) / 16


def plain(array):
    array = numpy.asarray(array)
    return {"shape": list(array.shape), "values": array.reshape(-1).tolist()}


def of_keras(cell, inputs, units, x, first):
    """A whole layer."""
    activation, bias, reset_after = draw.choice(["tanh", "relu"]), draw.random() < 0.7, draw.random() < 0.5
    rest = {"activation": activation, "use_bias": bias, "return_sequences": True, "return_state": True}
    if cell == "gru":
        rest["reset_after"] = reset_after
    layer = {"simpleRnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell](units, **rest)
    layer.build((None, None, inputs))
    layer.set_weights([numbers(*weight.shape) for weight in layer.get_weights()])
    output, *final = layer(numpy.swapaxes(x, 0, 1), initial_state=[tf.constant(each) for each in first])
    option = {"activation" if cell == "simpleRnn" else "candidateActivation": activation}
    if cell == "gru":
        option["resetAfter"] = reset_after
    return {
        "framework": "Keras", "options": option, "weights": {weight.name: plain(weight.numpy()) for weight in layer.weights},
        "output": plain(numpy.swapaxes(output.numpy(), 0, 1)), "final": [plain(each) for each in final],
    }


def of_tensorflow(cell, inputs, units, x, first):
    """A cell, step by step."""
    forget_bias, peepholes = draw.choice([0.0, 0.5, 1.0]), draw.random() < 0.5
    made = {
        "simpleRnn": lambda: cells.BasicRNNCell(units, dtype=tf.float64),
        "gru": lambda: cells.GRUCell(units, dtype=tf.float64),
        "lstm": lambda: cells.LSTMCell(units, use_peepholes=True, forget_bias=forget_bias, dtype=tf.float64) if peepholes
        else cells.BasicLSTMCell(units, forget_bias=forget_bias, dtype=tf.float64),
    }[cell]()
    made.build((x.shape[1], inputs))
    for variable in made.variables:
        variable.assign(numbers(*variable.shape))
    state = cells.LSTMStateTuple(c=tf.constant(first[1]), h=tf.constant(first[0])) if cell == "lstm" else tf.constant(first[0])
    output = []
    for step in x:
        each, state = made(tf.constant(step), state)
        output.append(each)
    final = [state.h, state.c] if cell == "lstm" else [state]
    return {
        "framework": "TensorFlow 1", "options": {}, "forgetBias": forget_bias,
        "weights": {variable.name.split(":")[0].split("/", 1)[1]: plain(variable.numpy()) for variable in made.variables},
        "output": plain(output), "final": [plain(each) for each in final],
    }


for number in range(count):
    cell = ["simpleRnn", "lstm", "gru"][number % 3]
    inputs, units, steps, samples = draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 2)
    x, first = numbers(steps, samples, inputs), [numbers(samples, units) for _ in range(2 if cell == "lstm" else 1)]
    answer = (of_keras if number // 3 % 2 == 0 else of_tensorflow)(cell, inputs, units, x, first)
    print(json.dumps({"cell": cell, "input": plain(x), "initial": [plain(each) for each in first], **answer}, separators=(",", ":")))
