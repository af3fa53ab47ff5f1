"""Writes the result documents beside it: the shapes of hwsim.search/1 and hwsim.estimate/1.

The numbers are invented; where they must agree (weight bits are weights times bits, a stacked bar is
the sum of its parts, the frontier is not dominated) they do. Python 3, no packages:
    python3 make.py             writes the documents of the tests
    python3 make.py large FILE  writes a search with many points and long names, to look at
"""
import json
import math
import random
import sys

LAYERS = [("conv1", "Conv", 200, 156_800), ("conv2", "Conv", 3_200, 627_200),
          ("fc1", "Gemm", 50_176, 50_176), ("fc2", "Gemm", 640, 640)]


def envelope(kind, arguments, target, result, model="model.onnx"):
    return {
        "schema": f"hwsim.{kind}/1", "hwsim": {"version": "0.1.0"}, "arguments": arguments,
        "inputs": [{"role": "model", "path": model, "kind": "onnx", "bytes": 218_112,
                    "sha256": "0123456789abcdef" * 4}],
        "target": target, "warnings": [], "result": result}


def write(name, document):
    with open(name, "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def letters(index):
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def frontier(evaluations, cost):
    kept = []
    for row in sorted(evaluations, key=lambda e: (e[cost], -e["accuracy"])):
        if not kept or row["accuracy"] > kept[-1]["accuracy"]:
            kept.append(row)
    return kept


def search(layers, seed, count, error, images=1000, points_wanted=None):
    generator = random.Random(seed)
    candidates = [2, 3, 4, 8]
    hurt = [generator.uniform(0.2, 1) * math.sqrt(m) for _, _, _, m in layers]
    whole = sum(hurt)
    evaluations = []
    for number in range(count):
        if number < len(candidates):
            bits = [candidates[number]] * len(layers)
        elif points_wanted and number < points_wanted:
            # The best allocation at a price a bit: near the frontier.
            price = 10.0 ** (-9 + 8 * number / points_wanted)
            bits = [min(candidates, key=lambda b: h / whole * 2.0 ** (3 - 2 * b) + price * w * b)
                    for h, (_, _, w, _) in zip(hurt, layers)]
        else:
            bits = [generator.choice(candidates) for _ in layers]
        loss = sum(h / whole * 2.0 ** (-2 * b + 3) for h, b in zip(hurt, bits))
        loss = 0.06 + loss * (1 if points_wanted else generator.uniform(0.95, 1.05))
        correct = round(images * (0.985 - 0.5 * (loss - 0.06)))
        weight_bits = sum(w * b for (_, _, w, _), b in zip(layers, bits))
        bops = sum(m * b * 8 for (_, _, _, m), b in zip(layers, bits))
        evaluations.append({
            "weight_bits_per_layer": bits, "input_bits_per_layer": [8] * len(layers),
            "correct": correct, "loss": loss, "accuracy": correct / images,
            "weight_bits": weight_bits, "bops": bops,
            "latency_seconds": 2e-4 + bops * 1.1e-11})
    costs = ["weight_bits", "latency_seconds"]
    kept = frontier(evaluations, "weight_bits")
    points = []
    for index, row in enumerate(kept):
        name = letters(index)
        points.append({
            "id": name, "allocation": f"{name}.json", "evaluation": evaluations.index(row),
            "accuracy": row["accuracy"], "correct": row["correct"], "loss": row["loss"],
            **{c: row[c] for c in costs}, "bops": row["bops"], "on_frontier": True,
            "knee": index == len(kept) // 2,
            "indistinguishable_from": [letters(index + 1)] if index + 1 < len(kept) else [],
            "layers": [{"name": n, "weights": f"int<{b}>", "activations": "uint<8>",
                        "reason": f"{b} bits: next step costs {w * b} bit",
                        "costs": {"weight_bits": w * b, "latency_seconds": m * b * 8 * 1.1e-11}}
                       for (n, _, w, m), b in zip(layers, row["weight_bits_per_layer"])]})
    result = {
        "objectives": [
            {"name": "accuracy", "unit": "%", "direction": "max", "kind": "exact",
             "model": None, "error_percent": None},
            {"name": "weight_bits", "unit": "bit", "direction": "min", "kind": "exact",
             "model": None, "error_percent": None},
            {"name": "latency", "unit": "s", "direction": "min", "kind": "estimate",
             "model": "mcu-linear", "error_percent": error}],
        "layers": [{"name": n, "operator": o, "weights": w, "macs": m, "tie_group": None}
                   for n, o, w, m in layers],
        "candidates": [f"w{b}a8" for b in candidates], "method": "auto", "seed": seed,
        "evaluated": len(evaluations),
        "space": {"configurations": len(candidates) ** len(layers), "name": "w_only"},
        "evaluations": evaluations, "points": points,
        "optimality": {"proved": False, "gap": None},
        "sensitivity": {"metric": "kl", "layers": [
            {"name": n, "candidates": [f"w{b}a8" for b in candidates],
             "values": [h / whole * 2.0 ** (-2 * b + 3) for b in candidates]}
            for (n, _, _, _), h in zip(layers, hurt)]},
        "rank_correlation": {"metric": "kl", "spearman": 0.953, "evaluations": len(evaluations)},
        "baselines": [
            {"name": "uniform", "points": [
                {"label": f"all w{b}a8", **{k: evaluations[i][k] for k in
                 ("accuracy", "loss", "weight_bits", "bops", "latency_seconds")}}
                for i, b in enumerate(candidates)]},
            {"name": "greedy", "points": [
                {"label": f"step {i}", "accuracy": r["accuracy"] - 0.01, "loss": r["loss"] + 0.02,
                 "weight_bits": r["weight_bits"] * 1.05, "bops": r["bops"],
                 "latency_seconds": r["latency_seconds"] * 1.04}
                for i, r in enumerate(kept[1:-1:2])]}]}
    arguments = {"objective": "accuracy,weight_bits,latency", "bits": "2,3,4,8",
                 "space": "w_only", "method": "auto", "seed": seed}
    return envelope("search", arguments, {"id": "stm32f746", "sha256": "fe" * 32}, result)


def estimate(scale, fits):
    names = ["conv2d", "dw_conv", "conv2d_1", "dw_conv_1", "conv2d_2", "average_pool", "fc",
             "softmax"]
    live = [13_000, 17_328, 20_752, 16_000, 16_000, 8_064, 76, 24]
    macs = [320_000, 72_000, 512_000, 72_000, 512_000, 0, 768, 0]
    cycles = [round(c * scale) for c in
              (3_910_000, 1_720_000, 4_400_000, 1_600_000, 4_310_000, 48_000, 9_000, 3_000)]
    total = sum(cycles)
    result = {
        "fits": fits,
        "latency": {"cycles": total, "seconds": total / 216e6, "kind": "estimate",
                    "model": "mcu-linear", "clock_hz": 216e6,
                    "error": {"median_percent": 9.5, "worst_percent": 21,
                              "source": "12 measured models, each left out"}},
        "resources": {
            "sram": {"used": 21_878, "available": 327_680, "kind": "exact"},
            "flash": {"used": 53_658 if fits else 1_153_658, "available": 1_048_576,
                            "kind": "estimate"}},
        "memory": {"sram_bytes": 21_878, "arena_head_bytes": 20_752, "arena_total_bytes": 21_878,
                   "arena_total_bytes_host64": 24_100, "flash_bytes": 53_658},
        "macs": sum(macs),
        "layers": [{"name": n, "operator": "Conv2D" if "conv" in n else "Other", "macs": m,
                    "cycles": c, "seconds": c / 216e6, "live_bytes": b,
                    "weight_bits": 8, "input_bits": 8}
                   for n, m, c, b in zip(names, macs, cycles, live)],
        "peak": {"layer": "conv2d_1", "bytes": 20_752, "tensors": [
            {"name": "conv2d_1/in", "bytes": 8_000}, {"name": "conv2d_1/out", "bytes": 8_000},
            {"name": "scratch", "bytes": 4_752}]},
        "limits": [{"limit": "sram=64KiB", "bound": 65_536, "actual": 21_878, "kept": True}]}
    return envelope("estimate", {"batch": 1}, {"id": "stm32f746", "sha256": "fe" * 32}, result,
                    "kws.tflite")


if __name__ == "__main__":
    if sys.argv[1:2] == ["large"]:
        long_names = [
            (f"backbone/stage_{i // 6}/block_{i % 6}/inverted_residual/depthwise_conv_{i}", "Conv",
             64 * (i + 1) * 9, 20_000 * (30 - i)) for i in range(24)]
        write(sys.argv[2],
              search(long_names, 3, 360, 25, images=100_000, points_wanted=300))
        sys.exit()
    write("search.json", search(LAYERS, 0, 60, 9.1))
    write("search-seed1.json", search(LAYERS, 1, 40, 9.1))
    write("estimate.json", estimate(1, True))
    write("estimate-slower.json", estimate(1.2, False))
