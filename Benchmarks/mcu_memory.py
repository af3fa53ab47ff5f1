#!/usr/bin/env python3
"""Memory of hwsim's estimates beside what other tools report for the same networks.

usage: mcu_memory.py [--hwsim PATH] [--shared DIR]

Reads conformance/mcu/memory.json (tflite-micro's own figures, Vela's reports) and the X-CUBE-AI figures of
latency.json. tflite-micro's are to be equal; Vela compiles for an NPU and X-CUBE-AI plans in its own way,
so theirs are for comparison only."""
import argparse
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser = argparse.ArgumentParser()
parser.add_argument("--hwsim", default=f"{ROOT}/.build/release/hwsim")
parser.add_argument("--shared", default=f"{ROOT}/../shared")
args = parser.parse_args()


def memory(model, target):
    out = subprocess.run([args.hwsim, "estimate", f"{args.shared}/models/{model}.tflite", "--target",
                          target, "--json"], capture_output=True, text=True)
    return json.loads(out.stdout).get("result", {}).get("memory")


print(f"{'network':42s} {'head':>9s} {'TFLM':>9s} {'total64':>9s} {'TFLM':>9s} {'bound':>9s} "
      f"{'best plan':>9s} {'Vela SRAM':>10s}")
counts = [0, 0, 0]
for model, entry in json.load(open(f"{args.shared}/conformance/mcu/memory.json"))["models"].items():
    ours = memory(model, "nucleo-l4r5zi+tflm")
    if ours is None:
        print(f"{model:42s} not estimated (float or unsupported)")
        continue
    best = memory(model, "nucleo-l4r5zi+x-cube-ai-9")
    tflm = entry["tflm_arena_host64"]
    head, total = tflm.get("head_non_persistent"), tflm.get("total")
    vela = [v["sram_used_KiB"] for v in entry.get("vela", [])
            if v.get("config") == "ethos-u55-128" and v.get("optimise") == "Size" and "sram_used_KiB" in v]
    counts[0] += 1
    counts[1] += ours["arena_head_bytes"] == head
    counts[2] += ours["arena_total_bytes_host64"] == total
    print(f"{model:42s} {ours['arena_head_bytes']:9d} {head or 0:9d} {ours['arena_total_bytes_host64']:9d} "
          f"{total or 0:9d} {ours['liveness_bytes']:9d} {best['arena_head_bytes']:9d} "
          f"{vela[0] if vela else float('nan'):6.1f} KiB")
print(f"head equal {counts[1]} of {counts[0]}, total on a 64-bit host equal {counts[2]} of {counts[0]}\n")

print(f"{'X-CUBE-AI 10 (STM32H747I-DISCO)':42s} {'activations KiB':>16s} {'ours':>8s} {'weights KiB':>12s} {'ours':>8s}"
      f" {'code KiB':>9s} {'ours':>8s}")
for row in json.load(open(f"{args.shared}/conformance/mcu/latency.json"))["stm32_model_zoo"]:
    side = row["resolution"].split("x")[0]
    name = row["model"].replace("mobilenet_", "mobilenet_") + f"_{side}_int8"
    if not os.path.exists(f"{args.shared}/models/mobilenet/{name}.tflite"):
        continue
    ours = memory(f"mobilenet/{name}", "stm32h747i-disco+x-cube-ai-10")
    print(f"{name:42s} {row['activation_ram_KiB']:16.1f} {ours['arena_head_bytes'] / 1024:8.1f} "
          f"{row['weights_flash_KiB']:12.1f} {(ours['weight_bytes'] + ours['table_bytes']) / 1024:8.1f} "
          f"{row['code_flash_KiB']:9.1f} {ours['code_bytes'] / 1024:8.1f}")
