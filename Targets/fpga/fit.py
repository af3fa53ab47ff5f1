#!/usr/bin/env python3
"""Fits the constants of hls4ml.json: look-up tables and flip-flops of dense layers.

  fit.py ROWS.json PUBLISHED.json

ROWS.json: layers of synthesis reports (conformance/fpga/rows.json); PUBLISHED.json: networks of the
wa-hls4ml data set (conformance/hls/published_fpga.json). Needs numpy and scipy. Prints constants, and
errors with each design (or each third of the networks) left out of the fit.

Latency strategy, by what FabricLogic.LatencyCounts counts, less what a flow's adders take beyond their
bits; relative least squares, no constant below 0, each design with the same weight. Resource strategy: sums over layers, each network alike.
"""
import glob, json, math, os, re, sys
import numpy as np
from scipy.optimize import nnls


def fixed(text):
    unsigned, bits, integer = re.match(r"ap_(u?)fixed<(-?\d+),(-?\d+)", text).groups()
    return int(bits), int(bits) - int(integer)


def multiplier_lut(tool, bits):
    """LUT of one product in logic, as reports state it."""
    if tool == "vitis_hls 2021.1":
        return {18: 366}.get(bits, 62)
    return {4: 12, 6: 23, 7: 33, 8: 41, 9: 50, 10: 63}.get(bits, 0.62 * bits * bits)


def adder_extra(tool):
    """adder_extra_lut of the flow: 7 from Vitis HLS 2022.2 on (vN.json)."""
    name, version = tool.split()
    return 7 if name == "vitis_hls" and version >= "2022.2" else 0


def tables(key):
    """A constant of each part or flow by its id."""
    folder = os.path.dirname(os.path.abspath(__file__))
    found = {}
    for path in glob.glob(folder + "/*.json"):
        document = json.load(open(path))
        if key in document:
            found[document["id"]] = document[key]["value"]
    return found


ADDER, PRODUCT, UNCERTAINTY = map(tables, ("adder_ns", "product_ns", "clock_uncertainty"))


def stage_words(terms, multiplies, part, tool, clock):
    """FabricFlow.Timing.stageWords: partial sums of an output that stages of the pipeline hand on."""
    if terms > 256:
        return terms
    name, version = tool.split()
    flow = name.replace("_hls", "") + "-" + ".".join(version.split(".")[:2])
    usable = clock * (1 - UNCERTAINTY[flow])
    adder, product = ADDER[part], PRODUCT[part] if multiplies else 0
    end = product + math.ceil(math.log2(terms + 1)) * adder
    words, time = 0, usable
    while time < end:
        words += max(terms / 2 ** max(math.floor((time - product) / adder), 0), 1)
        time += usable
    return words


def latency_rows(rows):
    for r in rows:
        if r["kind"] != "layer" or "weights" not in r or r["io_type"] != "io_parallel":
            continue
        l, w, c = r["layer"], r["weights"], r["csynth"]
        (data, data_f), (weight, weight_f), (acc, acc_f) = map(
            fixed, (l["in_t"], l["weight_t"], l["accum_t"]))
        n_in, n_out, reuse = l["n_in"], l["n_out"], l["reuse_factor"]
        nonzeros = n_in * n_out - w["zeros"]
        odd = l["wstat"]["oddbits"]
        mean = sum(int(b) * n for b, n in odd.items()) / sum(odd.values())
        products = w["distinct_input_weight_csd3plus"]
        made = min(products, max(-(-n_in * n_out // reuse) - w["zeros"] // reuse, 1))
        dropped = max(0, data_f + weight_f - acc_f)
        bits = min(acc, max(data + mean - dropped + 0.5 * math.log2(nonzeros / n_out + 2), 1))
        words = stage_words(nonzeros / n_out, products > 0, r["part"].split("-")[0], r["tool"],
                            r["clock_ns"])
        logic = 0 if c["dsp"] > 0 else made * multiplier_lut(r["tool"], max(data, weight))
        delay = reuse == 1
        yield dict(
            design=r["net"].split(":")[0] + r["net"].split("hls4ml_prj")[0][-24:],
            lut=c["lut"], ff=c["ff"],
            extra=adder_extra(r["tool"]) * (nonzeros + w["distinct_input_weight_csd2"]),
            lut_counts=[bits * (nonzeros + w["distinct_input_weight_csd2"]), n_out * acc, logic,
                        data * products if made < products else 0, data * nonzeros * delay],
            ff_counts=[bits * n_out * words, bits * n_out * words * delay, bits * nonzeros])


def relative(counts, values, fixed, weights):
    return nnls(counts / values[:, None] * weights[:, None], (1 - fixed / values) * weights)[0]


def report(name, counts, values, groups, fixed=0):
    counts, values = np.array(counts, float), np.array(values, float)
    fixed = np.zeros(len(values)) + fixed
    members = {g: groups.count(g) for g in groups}
    weights = np.array([members[g] ** -0.5 for g in groups])
    constants = relative(counts, values, fixed, weights)
    inside = abs((counts @ constants + fixed) / values - 1)
    outside = np.zeros(len(values))
    for g in members:
        out = np.array([x == g for x in groups])
        own = relative(counts[~out], values[~out], fixed[~out], weights[~out])
        outside[out] = abs((counts[out] @ own + fixed[out]) / values[out] - 1)
    print(f"{name}: {len(values)} rows, {len(members)} groups")
    print("  constants", [float(x) for x in np.round(constants, 3)])
    for word, e in (("fitted", inside), ("left out", outside)):
        print(f"  {word}: mean {100 * e.mean():.1f} % median {100 * np.median(e):.1f} % "
              f"worst {100 * e.max():.0f} %")


def snapped(n_in, n_out, request):
    n = n_in * n_out
    valid = [r for r in range(1, n + 1)
             if n % r == 0 and (r < n_in or r % n_in == 0)
             and (-(-n // min(n_in, r)) % n_out == 0 or r >= n_in)]
    return min(valid, key=lambda r: (abs(r - request), r))


def folded_rows(published):
    for data in published["datasets"][:2]:
        for r in data["rows"]:
            lut, ff = np.zeros(4), np.zeros(3)
            for n_in, n_out in zip(r["layers"], r["layers"][1:]):
                made = -(-n_in * n_out // snapped(n_in, n_out, r["requested_reuse_factor"]))
                bits = r["precision_bits"]
                lut += [n_out * bits, n_in, n_out, made * bits]
                ff += [n_in, n_out, made * bits]
            yield lut, ff, r["lut"], r["ff"]


def main(rows_path, published_path):
    layers = list(latency_rows(json.load(open(rows_path))["rows"]))
    groups = [x["design"] for x in layers]
    report("Latency LUT", [x["lut_counts"] for x in layers], [x["lut"] for x in layers], groups,
           np.array([x["extra"] for x in layers]))
    report("Latency FF", [x["ff_counts"] for x in layers], [x["ff"] for x in layers], groups)
    folded = list(folded_rows(json.load(open(published_path))))
    thirds = [i % 3 for i in range(len(folded))]
    report("Resource LUT", [x[0] for x in folded], [x[2] for x in folded], thirds)
    report("Resource FF", [x[1] for x in folded], [x[3] for x in folded], thirds)


if __name__ == "__main__":
    main(*sys.argv[1:])
