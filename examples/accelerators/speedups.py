#!/usr/bin/env python3
"""Speedups of BitMoD over the other designs, from the answers to bitmod-hpca25.json.

The mean over the figures' twelve bars: six models, each with a prompt of 256 tokens alone and with 20
tokens after it. Usage: speedups.py ANSWER.json (what hwsim estimate --cases ... --json prints).
"""

import json
import sys

cycles = {}
for case in json.load(open(sys.argv[1]))["result"]["cases"]:
    design = case["design"] + (" lossless" if case["weight_bits"] == 6.0625 else "")
    cycles[case["model"], design, case["task"]] = case["expect"]["total_cycles"]
models = sorted({model for model, _, _ in cycles})


def time(model, design, tokens):
    return cycles[model, design, "prefill"] + tokens * cycles[model, design, "generative_step"]


for other in ("fp16", "ant", "olive"):
    ratios = [time(m, other, n) / time(m, "bitmod", n) for m in models for n in (0, 20)]
    print(f"{sum(ratios) / len(ratios):.3f}x over {other}")
