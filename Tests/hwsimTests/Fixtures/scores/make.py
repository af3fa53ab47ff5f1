"""Writes autoquantize.json: made-up results in the form of AutoQuantize's `candidate_stats`, converted.

Eight decoder blocks of width 64; each quantization decision has NVFP4, FP8 and NONE, a score that falls
with the bits, and the weight size after compression (effective bits over 16) as its cost. Keys and
values are one more decision. Run: python3 make.py
"""

import json
import random

random.seed(7)
FORMATS = [
    ("NVFP4_DEFAULT_CFG(effective-bits: 4.5)", 4.5),
    ("FP8_DEFAULT_CFG(effective-bits: 8.0)", 8.0),
    ("NONE(effective-bits: 16.0)", 16.0),
]
WIDTH = 64
groups = []


def decision(name, layers, weights, scale):
    base = scale * random.uniform(0.5, 2)
    scores = [round(base, 6), round(base * random.uniform(0.05, 0.3), 6), 0.0]
    groups.append(
        {
            "group": name,
            "layers": layers,
            "formats": [label for label, _ in FORMATS],
            "scores": scores,
            "costs": {"size": [round(weights * bits / 16) for _, bits in FORMATS]},
        }
    )


for block in range(8):
    p = f"model.layers.{block}"
    decision(
        f"{p}.self_attn.qkv",
        [f"{p}.self_attn.{n}_proj" for n in "qkv"], 3 * WIDTH * WIDTH, 1 + block % 3)
    decision(f"{p}.self_attn.o_proj", [f"{p}.self_attn.o_proj"], WIDTH * WIDTH, 0.4)
    decision(
        f"{p}.mlp.gate_up",
        [f"{p}.mlp.gate_proj", f"{p}.mlp.up_proj"], 8 * WIDTH * WIDTH, 0.8)
    decision(f"{p}.mlp.down_proj", [f"{p}.mlp.down_proj"], 4 * WIDTH * WIDTH, 3)
groups.append(
    {
        "group": "kv",
        "layers": ["kv_cache"],
        "role": "kv",
        "formats": ["NVFP4", "FP8", "NONE"],
        "scores": [2.5, 0.2, 0.0],
        "costs": {"size": [4608, 8192, 16384]},
    }
)
with open("autoquantize.json", "w") as file:
    json.dump({"schema": "hwsim.scores/1", "metric": "made-up", "groups": groups}, file, indent=1)
    file.write("\n")
