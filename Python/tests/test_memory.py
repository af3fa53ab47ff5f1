"""A call needs no copies of its arrays."""
import os
import pathlib
import subprocess
import sys

import hwsim

ROOT = pathlib.Path(__file__).resolve().parents[2]

CALL = """
import resource, sys
import numpy as np
import hwsim

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

x = np.ones((30_000, 64))
hwsim.run(sys.argv[1], x[:2], progress=False)
before = peak()
codes = hwsim.cast(x, "fixed<9,4>", progress=False)
assert codes.shape == x.shape and codes.dtype == np.int16
hwsim.run(sys.argv[1], x, first=20, progress=False)
print(peak() - before, x.nbytes + codes.nbytes)
"""


def test_memory_of_a_call_is_less_than_twice_its_arrays():
    run = subprocess.run(
        [sys.executable, "-c", CALL, str(ROOT / "examples" / "digits" / "project")],
        capture_output=True, text=True, check=False,
        env={**os.environ, "HWSIM_BINARY": hwsim.binary_path(),
             "PYTHONPATH": str(pathlib.Path(hwsim.__file__).parents[1])})
    assert run.returncode == 0, run.stderr
    added, arrays = map(int, run.stdout.split())
    assert added < 2 * arrays, f"{added:,} B more for {arrays:,} B of arrays"
