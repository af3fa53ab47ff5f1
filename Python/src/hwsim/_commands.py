"""The commands as functions."""
from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._errors import Error
from ._models import as_values, is_compiled, is_hls4ml, model_path, simulate
from ._program import Answer, run as run_program, words
from ._results import (
    CLASSES, Check, Comparison, Estimate, Inspection, Listing, Result, Run, Search)
from ._workspace import Workspace, read_archive


def check(
    model: Any, x: Any = None, y: Any = None, *, layers: Any = None, against: str | None = None,
    datapath: str | None = None, progress: Any = None, **options: Any,
) -> Check:
    """Says whether a model computes what was observed, bit for bit, and if not, where and why.

    `x` are inputs and `y` the observed outputs: an array (the first axis the samples), several in
    the model's order, a dict by name, or paths. `layers` are observed values of layers by name.
    Without `x` an hls4ml project's own test bench data is used. Without `y` and `layers` a compiled
    hls4ml `ModelGraph` is asked itself: its C-simulation, with every layer that has `Trace` set.
    `against` compares with other rules instead. Further options are those of `hwsim check --help`,
    such as `tolerance=1`.
    """
    x = as_values(model, x)
    with Workspace() as workspace:
        if is_hls4ml(model) and is_compiled(model) and x is not None:
            if y is None and layers is None and against is None:
                y, layers = simulate(model, x)
                y = y if len(y) > 1 else y[0]
        arguments = ["check", model_path(model, workspace)]
        arguments += _named("--inputs", x, workspace) + _named("--expected", y, workspace)
        if layers is not None and not (isinstance(layers, Mapping) and not layers):
            path = workspace.archive("layers", layers) if isinstance(layers, Mapping) else layers
            arguments += [f"--layers={os.fspath(path)}"]
        arguments += words({"against": against, "datapath": datapath, **options}, workspace)
        answer = run_program(arguments, workspace, progress)
    return Check(answer.document, answer.exit_code)


def run(
    model: Any, x: Any, *, trace: bool = False, values: bool = False,
    datapath: str | None = None, progress: Any = None, **options: Any,
) -> Run:
    """Computes a model bit for bit: `.array` is its output, `.arrays` are all by name.

    Arrays hold integer codes, with `values` the exact values as float64. With `trace`,
    `.traced_arrays` has every tensor that a layer writes. Further options are those of
    `hwsim run --help`, such as `stats=True` or `allocation=point`.
    """
    with Workspace() as workspace:
        output, traced = workspace.file("outputs.npz"), workspace.file("trace.npz")
        arguments = ["run", model_path(model, workspace)]
        arguments += _named("--inputs", as_values(model, x), workspace)
        arguments += [f"--output={output}"] + ([f"--trace={traced}"] if trace else [])
        arguments += words({"values": values, "datapath": datapath, **options}, workspace)
        answer = run_program(arguments, workspace, progress)
        return Run(
            answer.document, answer.exit_code, read_archive(output),
            read_archive(traced) if trace else {})


def estimate(
    model: Any = None, target: Any = None, *, progress: Any = None, **options: Any
) -> Estimate:
    """Estimates what a model takes on a device, and says whether it fits.

    `target` is a device's id (`hwsim.targets()` lists them), a path or document of a description,
    or several. Further options are those of `hwsim estimate --help`: `bits=("w8a8", "w4a8")`,
    `limit={"sram": "64KiB"}`, `allocation=point`, `patch="auto"`, ...
    """
    with Workspace() as workspace:
        arguments = ["estimate"] + _model(model, workspace)
        arguments += words({"target": target, **options}, workspace)
        answer = run_program(arguments, workspace, progress)
    return Estimate(answer.document, answer.exit_code)


def search(
    model: Any = None, x: Any = None, labels: Any = None, *, objective: Any = None,
    target: Any = None, bits: Any = None, output: Any = None, study: Any = None,
    progress: Any = None, **options: Any,
) -> Search:
    """Finds the allocations of bits that give the best trade of quality and cost.

    `x` are the samples that decide and `labels` their classes. `objective` is a quality and costs,
    such as `("accuracy", "latency")`; what a device's costs are is those of `target`. `output` is
    the folder that keeps the search's files, else they go with the result. Further options are
    those of `hwsim search --help`: `calibration`, `candidates`, `budget={"size": "20KiB"}`,
    `evaluations`, `seed`, ...

    An interrupt ends the search and keeps its study; the command that goes on is printed.
    """
    workspace = Workspace()
    folder = os.fspath(output) if output is not None else None
    if folder is None and model is not None:
        folder = workspace.file("search")
    arguments = ["search"] + _model(model, workspace)
    if x is not None:
        arguments += [f"--inputs={workspace.array('inputs', as_values(model, x))}"]
    arguments += words(
        {
            "labels": labels, "objective": objective, "target": target, "bits": bits,
            "output": folder, "study": study, **options,
        }, workspace)
    try:
        answer = run_program(arguments, workspace, progress)
    except KeyboardInterrupt:
        # Also the arrays: the study belongs to files of their sums.
        workspace.keep()
        print(
            f"hwsim: interrupted; the study is kept, and this goes on from it:\n"
            f"  {shlex.join(['hwsim', *arguments])}", file=sys.stderr)
        raise
    return Search(answer.document, answer.exit_code, folder, workspace)


def inspect(model: Any, *, progress: Any = None, **options: Any) -> Inspection:
    """A model's layers: operators, shapes, formats, work; with `ranges=True` what sums reach."""
    with Workspace() as workspace:
        arguments = ["inspect", model_path(model, workspace), *words(options, workspace)]
        answer = run_program(arguments, workspace, progress)
    return Inspection(answer.document, answer.exit_code)


def compare(a: Any, b: Any, *, threshold: Any = None, **options: Any) -> Comparison:
    """Two results of one kind side by side; `.ok` is whether `b` is no worse by `threshold`."""
    with Workspace() as workspace:
        arguments = ["compare"]
        arguments += [_result_path(one, name, workspace) for one, name in ((a, "a"), (b, "b"))]
        arguments += words({"threshold": threshold, **options}, workspace)
        answer = run_program(arguments, workspace, progress=False)
    return Comparison(answer.document, answer.exit_code)


def report(*results: Any, output: Any, **options: Any) -> None:
    """Shows results on one page: an HTML file, or with `markdown=True` Markdown."""
    with Workspace() as workspace:
        # A page names its results; a folder that is gone tomorrow has no place there.
        are_objects = all(isinstance(one, Result) for one in results)
        arguments = ["report"]
        for index, one in enumerate(results, 1):
            path = _result_path(one, f"result-{index}", workspace)
            arguments.append(os.path.basename(path) if are_objects else path)
        arguments += words({"output": os.path.abspath(output), **options}, workspace)
        run_program(
            arguments, workspace, progress=False, folder=workspace.path if are_objects else None)


def load(path: str | os.PathLike[str]) -> Result:
    """A result that `save`, `--json` or `--json-file` wrote, or the `search.json` of a search."""
    import json

    try:
        with open(path, "rb") as file:
            document = json.load(file)
        kind = str(document["schema"]).removeprefix("hwsim.").split("/")[0]
        document["result"], document["warnings"]
    except OSError as error:
        raise Error(
            "file.unreadable", str(error.strerror), location=os.fspath(path), exit_code=66,
            remedy="check the path; it is relative to the current folder.") from None
    except (ValueError, KeyError, TypeError):
        raise Error(
            "report.result", "the file holds no result", location=os.fspath(path), exit_code=65,
            remedy="name a file that .save() or --json-file wrote.") from None
    if kind == "search":
        return Search(document, folder=os.path.dirname(os.path.abspath(path)))
    if kind == "run":
        return Run(document, 0, {}, {})
    return CLASSES.get(kind, Listing)(document)


def targets(id: str | None = None, **options: Any) -> Listing:
    """The devices, or every constant of one with its source."""
    return _listing("targets", id, options)


def formats(name: str | None = None, **options: Any) -> Listing:
    """The families of number formats, or the facts of one, such as `ap_fixed<8,3,RND,SAT>`."""
    return _listing("formats", name, options)


def explain(code: str | None = None) -> Listing:
    """The codes of errors and warnings, or one at length."""
    return _listing("explain", code, {})


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document."""
    return _listing("schema", name, {}).to_dict()["result"]["schema"]


def cast(x: Any, to: str, *, progress: Any = None, **options: Any) -> np.ndarray:
    """An array moved into a number format: its codes, or with `values=True` its exact values.

    `options` are those of `hwsim cast --help`: `rounding="TiesToEven"`, `overflow="sat"`,
    `from_="e4m3"`, ...
    """
    with Workspace() as workspace:
        output = workspace.file("cast.npy")
        arguments = ["cast", workspace.array("array", x), f"--to={to}", f"--output={output}"]
        run_program(arguments + words(options, workspace), workspace, progress)
        return np.load(output, allow_pickle=False)


def unit(
    operation: str, arrays: Mapping[str, Any], *, progress: Any = None, **options: Any
) -> np.ndarray:
    """What an arithmetic unit computes from arrays of codes `a`, `b`, `c`.

    `options` are those of `hwsim unit --help`: `a="e2m1"`, `b="e2m1"`, `out="e4m3"`, ...
    """
    with Workspace() as workspace:
        output = workspace.file("out.npz")
        arguments = [
            "unit", operation, f"--inputs={workspace.archive('arrays', arrays)}",
            f"--output={output}",
        ]
        run_program(arguments + words(options, workspace), workspace, progress)
        return read_archive(output)["out"]


def assert_bit_exact(
    model: Any, x: Any = None, y: Any = None, *, layers: Any = None, **options: Any
) -> None:
    """Raises `AssertionError` with the diagnosis unless `check` finds every value equal.

    Values that were printed count where their digits tell each from its neighbours.
    """
    __tracebackhide__ = True
    found = check(model, x, y, layers=layers, progress=False, **options)
    if found.verdict == "BIT-EXACT":
        return
    printed = found.verdict == "EXACT AS PRINTED"
    if printed and found.distinguishable_values == found.compared_values:
        return
    raise AssertionError(diagnosis(found))


def diagnosis(found: Check) -> str:
    """A check's verdict in lines: the first layer that differs, its cause, some mismatches."""
    lines = [
        f"{found.verdict}: {found.equal_values:,} of {found.compared_values:,} values equal, "
        f"at most {found.max_lsb:g} LSB"
    ]
    first = found.first_divergence
    if first is not None:
        place = ", ".join(str(one) for one in first.index)
        lines.append(
            f"first differs at {first.node}[{place}]: expected {first.expected!r}, "
            f"hwsim {first.actual!r}")
        if first.cause is not None:
            lines.append(
                f"cause: {first.cause.kind} of the {first.cause.object} at {first.cause.node}: "
                f"{first.cause.detail} (reproduces {first.cause.reproduces:,} values)")
    for one in found.mismatches:
        place = ", ".join(str(index) for index in [one.sample, *one.index])
        lines.append(
            f"  {one.name}[{place}]: expected {one.expected!r}, hwsim {one.actual!r}, "
            f"{one.lsb:g} LSB")
    for one in found.overflows:
        lines.append(
            f"  {one.node}: the {one.object} of {one.bits} bits overflows in "
            f"{one['values']:,} values"
            + (f", needs {one.bits_needed}" if one.bits_needed else ""))
    return "\n".join(lines)


def _model(model: Any, workspace: Workspace) -> list[str]:
    return [] if model is None else [model_path(model, workspace)]


def _named(option: str, value: Any, workspace: Workspace) -> list[str]:
    if value is None:
        return []
    return [f"{option}={word}" for word in workspace.arrays(option.strip("-"), value)]


def _result_path(value: Any, name: str, workspace: Workspace) -> str:
    if isinstance(value, Result):
        return workspace.document(name, value)
    return os.fspath(value)


def _listing(command: str, name: str | None, options: Mapping[str, Any]) -> Listing:
    with Workspace() as workspace:
        arguments = [command, *([name] if name is not None else []), *words(options, workspace)]
        answer: Answer = run_program(arguments, workspace, progress=False)
    return Listing(answer.document, answer.exit_code)
