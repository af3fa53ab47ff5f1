#!/usr/bin/env python3
"""Fits the constants of logic of finn-2022.2.json: matrix units and the streams of their weights.

  fit.py ROWS.json

ROWS.json: nodes of FINN builds (conformance/fpga/rows.json). Needs numpy. Counts are those of
FINNMatrixUnit.logic; relative least squares, and the error of each node left out of the fit.
"""
import json, sys
import numpy as np

bits = lambda name: int("".join(c for c in name if c.isdigit()))
units = []
for row in json.load(open(sys.argv[1]))["rows"]:
    if row["kind"] != "finn_layer" or row.get("op") != "MVAU_hls" or not row.get("ooc_synth"):
        continue
    a = row["attr"]
    pe, simd, rows = a["PE"], a["SIMD"], a["MH"] // a["PE"]
    weight, data, acc = (bits(a[k]) for k in ("weightDataType", "inputDataType", "accDataType"))
    thresholds = pe * (2 ** bits(a["outputDataType"]) - 1) * acc
    table = 0 if rows > 64 or rows < 2 else 0.5 if rows <= 32 else 1
    vector, operands = a["MW"] * data, pe * simd * (data + weight)
    units.append(dict(
        lut=([pe * acc, thresholds * (0.5 + table), vector], row["ooc_synth"]["lut"]),
        ff=([pe * acc, thresholds, vector, operands], row["ooc_synth"]["ff"]),
        stream_lut=([pe * simd * weight, 1], row["ooc_synth_wstrm"]["lut"]),
        stream_ff=([pe * simd * weight, 1], row["ooc_synth_wstrm"]["ff"])))


def fit(counts, values):
    return np.linalg.lstsq(counts / values[:, None], np.ones(len(values)), rcond=None)[0]


for name in ("lut", "ff", "stream_lut", "stream_ff"):
    counts = np.array([u[name][0] for u in units], float)
    values = np.array([u[name][1] for u in units], float)
    constants = fit(counts, values)
    own = np.abs(counts @ constants / values - 1)
    left = []
    for i in range(len(values)):
        keep = np.arange(len(values)) != i
        left.append(abs(counts[i] @ fit(counts[keep], values[keep]) / values[i] - 1))
    print(f"{name}: {np.round(constants, 3).tolist()}, mean {100 * own.mean():.1f} %, left out: mean "
          f"{100 * np.mean(left):.1f} %, median {100 * np.median(left):.1f} %, worst {100 * max(left):.0f} %")
