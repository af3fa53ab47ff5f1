"""The trained network of models/mnist_cnn under one candidate for all layers.

usage: python trained.py MODELDIR CANDIDATE...     (needs onnx beside numpy and ml_dtypes)"""
import json
import sys
import numpy as np
import onnx
from onnx import numpy_helper
from reference import *

folder = sys.argv[1]
graph = onnx.load(folder + "/model.onnx").graph
constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
data = np.load(folder + "/data.npz")
images = {k: (data[k + "_x"].astype(f4) / f4(data["divisor"]))[:, None] for k in ("eval", "calib")}
labels = data["eval_y"]
nodes = {}
for node in graph.node:
    if node.op_type in ("Conv", "Gemm"):
        w, b = constants[node.input[1]], constants[node.input[2]]
        a = {t.name: t for t in node.attribute}
        if node.op_type == "Gemm":
            nodes[node.name] = Layer(node.name, w, b)
        else:
            t, l, d, r = list(a["pads"].ints) if "pads" in a else [0] * 4
            nodes[node.name] = Layer(node.name, w, b, groups=a["group"].i if "group" in a else 1, pad=((t, d), (l, r)))


def forward(x, run, quantized=None):
    values = {graph.input[0].name: x}
    for node in graph.node:
        x = values[node.input[0]]
        if node.name in nodes:
            layer = nodes[node.name]
            y = layer.folded(run(layer, x))
            if quantized is not None and node.input[0] != graph.input[0].name:
                values[node.input[0]] = quantized(layer, x)  # what an addition reads
        elif node.op_type == "Relu":
            y = np.maximum(x, 0)
        elif node.op_type == "MaxPool":
            h, v = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
            y = x[:, :, :h, :v].reshape(len(x), x.shape[1], h // 2, 2, v // 2, 2).max((3, 5))
        elif node.op_type == "Flatten":
            y = x.reshape(len(x), -1)
        elif node.op_type == "Add":
            y = x + values[node.input[1]]
        else:
            raise SystemExit(node.op_type)
        values[node.output[0]] = y
    return values[graph.output[0].name]


inputs = {}


def exact(layer, x):
    inputs[layer.name] = x
    return layer.sums(x, layer.rows.astype(np.float64)) + layer.b


largest = {}


def calibrate(layer, x):
    largest[layer.name] = float(x.max())
    assert x.min() >= 0
    return layer.sums(x, layer.rows) + layer.b


forward(images["calib"], calibrate)
forward(images["calib"].astype(np.float64), exact)
for name in sys.argv[2:]:
    w, a, _ = parse(name)
    widths, shares = {}, []
    if isinstance(w, tuple) and w[3]:
        for layer in nodes.values():
            widths[layer.name], share = unequal(layer, w[1], a, largest[layer.name], False, inputs[layer.name])
            shares.append(share)
    scores = forward(
        images["eval"],
        lambda layer, x: run_layer(layer, x, name, largest[layer.name], False, widths.get(layer.name)),
        lambda layer, x: quantize_input(x, a, largest[layer.name], False)).astype(np.float64)
    shifted = scores - scores.max(1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]
    print(json.dumps({
        "candidate": name, "correct": int((scores.argmax(1) == labels).sum()), "loss": float(losses.mean()),
        "tenths": shares}), flush=True)
