"""What the module adds to the bare command: time of a call, memory of the calling process.

    python overhead.py EXAMPLES

Prints medians of interleaved runs of the same work, files and arrays, small and large.
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import hwsim


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(model, x, repeats):
    with tempfile.TemporaryDirectory() as folder:
        given, output = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npz")
        np.save(given, x)
        command = [hwsim.binary_path(), "run", model, f"--inputs={given}", f"--output={output}",
                   "--json"]
        bare, module = [], []
        for _ in range(repeats):
            bare.append(timed(lambda: json.loads(subprocess.check_output(command))))
            module.append(timed(lambda: hwsim.run(model, x, progress=False)))
        arrays = x.nbytes + hwsim.run(model, x[:1], progress=False).array.nbytes * len(x)
    return statistics.median(bare), statistics.median(module), arrays


def main(examples):
    project = str(pathlib.Path(examples) / "digits" / "project")
    x = np.load(pathlib.Path(examples) / "digits" / "input.npy")
    for samples, repeats in ((200, 21), (20_000, 9), (200_000, 5)):
        many = np.resize(x, (samples, 64))
        before = peak_bytes()
        bare, module, arrays = compare(project, many, repeats)
        print(f"{samples:>7} samples, {arrays / 1e6:6.1f} MB of arrays: "
              f"command {bare * 1e3:7.1f} ms, "
              f"module {module * 1e3:7.1f} ms, +{(module - bare) * 1e3:5.1f} ms; "
              f"memory +{(peak_bytes() - before) / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1])
