"""Writes cases.json: a small random network under candidates, every score by NumPy.

usage: python generate.py     (Python 3.11, numpy 2.2, ml_dtypes 0.5, gfloat 0.5; see README.md)"""
import json
import numpy as np
from reference import *

random = np.random.default_rng(20)


def weights(*shape):
    w = random.standard_normal(shape) * random.uniform(0.2, 1.5, (shape[0],) + (1,) * (len(shape) - 1))
    # Outliers, so that filters differ in kurtosis and blocks in their scales.
    w[random.random(shape) < 0.03] *= 6
    return (w * 0.4).astype(f4)


conv1 = Layer("conv1", weights(11, 6, 3, 2), weights(11), pad=((1, 1), (0, 1)))
conv1.w[4] = conv1.rows[4] = 0
layers = [
    conv1, Layer("depth2", weights(11, 1, 3, 3), weights(11), groups=11, pad=((1, 1), (1, 1))),
    Layer("point3", weights(40, 11, 1, 1), weights(40)),
    Layer("group4", weights(20, 20, 2, 2), weights(20), groups=2, stride=2),
    Layer("dense5", weights(6, 80), weights(6)),
]
samples = random.standard_normal((3, 6, 4, 4)).astype(f4)
calibration = random.standard_normal((5, 6, 4, 4)).astype(f4)


def forward(x, run):
    for index, layer in enumerate(layers):
        if layer.w.ndim == 2:
            x = x.reshape(len(x), -1)
        x = layer.folded(run(index, layer, x))
        if index + 1 < len(layers):
            x = np.maximum(x, 0)
    return x


ranges, inputs = [], []


def calibrate(index, layer, x):
    ranges.append((float(x.min()), float(x.max())))
    return layer.sums(x, layer.rows) + layer.b


def exact(index, layer, x):
    inputs.append(x)
    return layer.sums(x, layer.rows.astype(np.float64)) + layer.b


forward(calibration, calibrate)
forward(calibration.astype(np.float64), exact)
largest = [max(high, -low, 0) for low, high in ranges]
signed = [low < 0 for low, _ in ranges]

uniform = [
    "mxfp4/mxfp4", "mxfp4/mxfp8_e4m3", "mxfp6_e3m2/mxfp6_e2m3", "mxfp8_e5m2/mxint8", "mxint8/mxfp6_e3m2", "nvfp4/nvfp4",
    "nvfp4-block/mxfp8_e4m3", "mxfp4/float", "nvfp4/uint<8>", "mxfp8_e4m3/e4m3", "e4m3/nvfp4",
    "w4g32a8", "w4g8a8", "w3g5a6", "w12g16a12", "w4g32", "w4g32/mxfp8_e4m3", "w2g1a4", "w8g4000a8",
    "w8a8p16", "w8a8p12", "w4a4p9", "w12a12p20", "w12a12p30", "w8a8p32", "w4g8a8p11", "w12g40a12p18",
    "w4ua8", "w3ua4", "w8u", "w5ua8p14", "w4u/mxfp8_e4m3",
]
mixed = [
    ["w4ua8", "mxfp8_e4m3/mxfp8_e4m3", "w4g8a8", "nvfp4/nvfp4", "w8a8p16"],
    ["float", "w8a8p12", "mxfp4/uint<8>", "w6ua6", "w4g16a4"],
]
cases = []
for row in [[name] * len(layers) for name in uniform] + mixed:
    widths, tenths = [], []
    for index, layer in enumerate(layers):
        w, a, _ = parse(row[index])
        found = unequal(layer, w[1], a, largest[index], signed[index], inputs[index]) \
            if isinstance(w, tuple) and w[3] else None
        widths.append(None if found is None else [int(t) for t in found[0]])
        tenths.append(None if found is None else found[1])
    scores = forward(samples, lambda i, layer, x: run_layer(
        layer, x, row[i], largest[i], signed[i], widths[i]))
    cases.append({"candidates": row, "widths": widths, "scores": [float(v) for v in scores.ravel()]})
    print(row if row not in [[n] * 5 for n in uniform] else row[0], tenths)

# Blocks once more by gfloat.
import gfloat
from gfloat import block, formats
from gfloat.formats import format_info_ocp_e2m1, format_info_ocp_e3m2, format_info_ocp_e4m3, format_info_ocp_e5m2
for info, name in [(format_info_ocp_e2m1, "mxfp4"), (format_info_ocp_e3m2, "mxfp6_e3m2"),
                   (format_info_ocp_e4m3, "mxfp8_e4m3"), (format_info_ocp_e5m2, "mxfp8_e5m2")]:
    for layer in layers:
        ours = quantize_blocks(layer.rows, name, 0)
        for row, made in zip(layer.rows, ours):
            for s in blocks(row, 32):
                m = float(np.abs(row[s]).max())
                e = int(np.floor(np.log2(m))) - info.emax if m > 0 else -127
                theirs = [gfloat.round_float(info, float(v) / 2.0**e, sat=True) * 2.0**e for v in row[s]]
                assert np.array_equal(np.array(theirs, f4), made[s]), name

document = {
    "layers": [
        {"name": layer.name, "weights": {"shape": list(layer.w.shape), "values": [float(v) for v in layer.w.ravel()]},
         "bias": [float(v) for v in layer.b], "groups": layer.groups, "stride": layer.stride,
         "pad": [t for pair in layer.pad for t in pair]} for layer in layers],
    "input": [1, 6, 4, 4], "samples": [float(v) for v in samples.ravel()],
    "calibration": [float(v) for v in calibration.ravel()],
    "ranges": ranges, "cases": cases,
}
with open("cases.json", "w") as file:
    json.dump(document, file, separators=(",", ":"))
    file.write("\n")
