#!/usr/bin/env python3
"""hwsim's own search over widths of tiles beside QuantMCU's (VDQS), on the same patch schedules.

usage: patches_against_vdqs.py [--hwsim PATH] [--shared DIR] [--work DIR] [--evaluations N] [CASE...]

Needs numpy and scikit-image 0.26, whose package holds the eight photographs that the samples are crops of:
no labelled images come with these networks, and the weights of MobileNetV2 are random. The quality is
therefore the divergence from the network as its file has it (`loss` without labels), and `agree` the images
of which a point gives the class that this network gives. VDQS gets 21 weights of entropy and thresholds of 3
and 2 standard deviations, the own search its default (one weight, among its first proposals) and N
evaluations (default 120). Prints, for each point of VDQS, the point of the own frontier that is at least as
good in both and better in one.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np
import skimage
from skimage import io, transform

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PHOTOGRAPHS = ["astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg",
               "hubble_deep_field.jpg", "ihc.png", "retina.jpg"]
MODELS = {"mobilenet_v2_0.35": ("mobilenet/mobilenet_v2_0.35_128_int8", 128),
          "mcunet_vww": ("tinyengine/mcunet_vww", 80)}
# Network, limit in KiB, schedule: the cheapest that fits, and deeper ones that fit.
CASES = {
    "mobilenet-256": ("mobilenet_v2_0.35", 256, "auto"),
    "mobilenet-128": ("mobilenet_v2_0.35", 128, "auto"),
    "mcunet-256": ("mcunet_vww", 256, "auto"),
    "mcunet-128": ("mcunet_vww", 128, "auto"),
    "mobilenet-256-deep": ("mobilenet_v2_0.35", 256, "2 8"),
    "mcunet-128-deep": ("mcunet_vww", 128, "2 7"),
}


def crops(generator, count, size):
    """Square parts of the photographs, at least a third of their smaller side, some mirrored."""
    folder = os.path.join(os.path.dirname(skimage.__file__), "data")
    pictures = [io.imread(os.path.join(folder, name))[..., :3] for name in PHOTOGRAPHS]
    out = []
    for index in range(count):
        picture = pictures[index % len(pictures)]
        height, width = picture.shape[:2]
        side = int(generator.integers(min(height, width) // 3, min(height, width)))
        row = int(generator.integers(0, height - side + 1))
        column = int(generator.integers(0, width - side + 1))
        crop = transform.resize(picture[row:row + side, column:column + side], (size, size),
                                anti_aliasing=True, preserve_range=True)
        out.append(np.clip(np.round(crop[:, ::-1] if generator.random() < 0.5 else crop), 0, 255))
    return np.array(out)


def samples(work, network):
    """Files of samples that decide, of those for calibration, and of more to count agreement on."""
    size = MODELS[network][1]
    generator = np.random.default_rng(1)
    paths = []
    for part, count in (("decide", 32), ("calibrate", 16), ("agree", 64)):
        path = f"{work}/{network}-{part}.npy"
        images = crops(generator, count, size)
        np.save(path, (images - 128).astype(np.int8) if network.startswith("mobilenet")
                else (images / 127.5 - 1).astype(np.float32))
        paths.append(path)
    return paths


def classes(path):
    arrays = np.load(path)
    output = arrays[arrays.files[0]]
    return output.reshape(len(output), -1).argmax(1)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--hwsim", default=f"{ROOT}/.build/release/hwsim")
    parser.add_argument("--shared", default=f"{ROOT}/../shared")
    parser.add_argument("--work", default="patches_against_vdqs")
    parser.add_argument("--evaluations", type=int, default=120)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], default=[])
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)

    def hwsim(*arguments):
        run = subprocess.run([args.hwsim, *arguments], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"hwsim {' '.join(arguments)}\n{run.stderr}")

    def search(name, *arguments):
        folder = f"{args.work}/{name}"
        if not os.path.exists(f"{folder}/search.json"):
            hwsim("search", *arguments, "-o", folder)
        return json.load(open(f"{folder}/search.json"))["result"]

    for case in args.cases or CASES:
        network, limit, schedule = CASES[case]
        model = f"{args.shared}/models/{MODELS[network][0]}.tflite"
        decide, calibrate, agree = samples(args.work, network)
        common = [model, "--inputs", decide, "--calibration", calibrate, "--target", "stm32h743+cmix-nn",
                  "--objective", "loss,bops", "--limit", f"sram={limit}KiB"]
        grid, *split = schedule.split()
        common += ["--patch", grid] + (["--split-after", *split] if split else [])
        weights = ",".join(str(round(i / 20, 2)) for i in range(21))
        vdqs = [p for sigma in (3, 2) for p in search(
            f"{case}-vdqs-{sigma}", *common, "--method", "quantmcu", "--lambda", weights,
            "--outlier-sigma", str(sigma))["points"]]
        own = search(f"{case}-own", *common, "--evaluations", str(args.evaluations))
        patch = own["patch"]
        plain = next(s for s in patch["schedules"][1:] if s.get("point") is None)
        print(f"{case}: {patch['grid']} x {patch['grid']} tiles to block {patch['split_after']}, "
              f"{plain['bops']:,} BitOPs in 8 bits, {plain['sram_bytes']:,} B")
        place = ["--patch", str(patch["grid"]), "--split-after", str(patch["split_after"])]
        hwsim("run", model, "--inputs", agree, "-o", f"{args.work}/{case}-whole.npz")
        whole = classes(f"{args.work}/{case}-whole.npz")

        def agreement(point):
            output = f"{args.work}/{case}-point.npz"
            hwsim("run", model, "--inputs", agree, "--allocation",
                  f"{args.work}/{case}-own/{point['allocation']}", *place, "-o", output)
            return f"{(classes(output) == whole).sum()} of {len(whole)} agree"

        def words(point):
            return f"{plain['bops'] / point['bops']:.2f} times fewer, loss {point['loss']:.4f}"
        unreached = 0
        for point in sorted({(p["bops"], p["loss"]): p for p in vdqs}.values(), key=lambda p: p["bops"]):
            as_good = [p for p in own["points"]
                       if p["bops"] <= point["bops"] and p["loss"] <= point["loss"]]
            better = [p for p in as_good if (p["bops"], p["loss"]) != (point["bops"], point["loss"])]
            unreached += not as_good
            print(f"  VDQS {words(point)}:", f"dominated by {words(better[0])}, {agreement(better[0])}"
                  if better else "equal" if as_good else "NOT REACHED")
        for bound in (0.01, 0.03, 0.1):
            best = min((p for p in own["points"] if p["loss"] <= bound), key=lambda p: p["bops"])
            other = min((p for p in vdqs if p["loss"] <= bound), key=lambda p: p["bops"])
            print(f"  loss up to {bound}: own {plain['bops'] / best['bops']:.2f} times fewer, "
                  f"{agreement(best)}; VDQS {plain['bops'] / other['bops']:.2f}")
        if unreached:
            print(f"  {unreached} points of VDQS are better than the own frontier")


if __name__ == "__main__":
    main()
