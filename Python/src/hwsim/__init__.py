"""hwsim: what hardware computes from a quantized network, bit for bit, and what it takes for it.

    hwsim.check(hls_model, x)                             does it match, and if not, why?
    hwsim.run("model.tflite", x).array                    the codes that the hardware computes
    hwsim.estimate("model.tflite", "nucleo-l4r5zi")       how fast, how big, does it fit?
    hwsim.search("model.onnx", x, labels, bits=(2, 4, 8)) which layers need how many bits?

Each function runs the program `hwsim`, takes its options as keyword arguments (`time_limit="5s"` is
`--time-limit 5s`), and returns its document as an object.
"""
from ._binary import binary_path, binary_version, module_version as _module_version
from ._commands import (
    assert_bit_exact, cast, check, compare, estimate, explain, formats, inspect, load, report, run,
    schema, search, targets, unit)
from ._errors import Error, HwsimWarning
from ._results import (
    Check, Comparison, Estimate, Inspection, Listing, Point, Record, Result, Run, Search)
from . import hls4ml, onnx

__all__ = [
    "Check", "Comparison", "Error", "Estimate", "HwsimWarning", "Inspection", "Listing", "Point",
    "Record", "Result", "Run", "Search", "assert_bit_exact", "binary_path", "binary_version",
    "cast", "check", "compare", "estimate", "explain", "formats", "hls4ml", "inspect", "load", "onnx",
    "report", "run", "schema", "search", "targets", "unit",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        return _module_version()
    raise AttributeError(f"module 'hwsim' has no attribute '{name}'")
