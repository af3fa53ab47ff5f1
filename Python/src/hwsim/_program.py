"""One run of the program: words, progress, the document that it answers with."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._binary import binary_path
from ._errors import Error, HwsimWarning
from ._progress import Progress
from ._workspace import Workspace

# Options that are given once a value; lists of others are joined by commas.
REPEATED = {
    "budget", "cost-table", "exclude", "expected", "fix", "inputs", "limit", "merge", "option",
    "outputs", "restrict", "sensitivity-of", "set", "shape", "target",
}
# Options that name a JSON file, and take a document instead.
DOCUMENTS = {"allocation", "cases", "cost-table", "sensitivity", "space", "table", "target"}
# Options that name an array file, and take an array instead.
ARRAYS = {"calibration", "calibration-labels", "labels", "random-bits"}


def words(options: Mapping[str, Any], workspace: Workspace) -> list[str]:
    """Keyword arguments as the command's options: `time_limit="5s"` is `--time-limit 5s`.

    None and False leave an option out, True is a flag. A dict is `NAME=VALUE` an entry, or a
    document's file, and arrays become files.
    """
    result: list[str] = []
    for key, value in options.items():
        name = key.rstrip("_").replace("_", "-")
        if value is None:
            continue
        if isinstance(value, (bool, np.bool_)):
            result += [f"--{name}"] if value else []
            continue
        if name in DOCUMENTS:
            several = name in REPEATED and isinstance(value, (list, tuple))
            value = [
                _document(f"{name}-{index}", one, workspace)
                for index, one in enumerate(value if several else [value])
            ]
        elif name in ARRAYS:
            value = workspace.array(name, value)
        for text in _texts(name, value):
            # One word, so that a value may begin with a dash.
            result.append(f"--{name}={text}")
    return result


def _document(name: str, value: Any, workspace: Workspace) -> Any:
    path = getattr(value, "allocation_path", None)
    if path is not None:
        return path
    if isinstance(value, Mapping) or hasattr(value, "to_dict"):
        return workspace.document(name, value)
    return value


def _texts(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        joint = "x" if name == "shape" else ","
        return [f"{key}={_joined(one, joint)}" for key, one in value.items()]
    if name in REPEATED and isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return [_joined(value, ",")]


def _joined(value: Any, joint: str) -> str:
    if isinstance(value, (list, tuple)):
        return joint.join(str(one) for one in value)
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


class Answer:
    """What one run said: the document and the exit code, 0 for yes and 1 for no."""

    def __init__(self, document: dict[str, Any], exit_code: int):
        self.document = document
        self.exit_code = exit_code


def run(
    arguments: Iterable[str], workspace: Workspace, progress: Any = None, folder: str | None = None
) -> Answer:
    """Runs the program with `--json`, in the current folder or in `folder`, and reads its document.

    An interrupt ends the program, which keeps what it has written, and goes on to the caller.

    Raises `Error` where the program ends without a result.
    """
    shown = Progress(progress)
    line = [binary_path(), *arguments, "--json"]
    line += ["--progress=json"] if shown.is_wanted else ["--quiet"]
    process = subprocess.Popen(
        line, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said: list[str] = []
    faults: list[Exception] = []
    reader = threading.Thread(
        target=_read, args=(process.stderr, shown, said, faults), daemon=True)
    try:
        reader.start()
        output = process.stdout.read()
        process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        reader.join(timeout=5)
        shown.close()
        process.stdout.close()
        process.stderr.close()
    if faults:
        raise faults[0]
    return _answer(output, process.returncode, said, workspace)


def _end(process: subprocess.Popen) -> None:
    # What a terminal's Ctrl-C sends the program too; it ends in under a second.
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(stream: Any, progress: Progress, said: list[str], faults: list[Exception]) -> None:
    for line in stream:
        text = line.decode(errors="replace")
        if not text.startswith('{"progress"'):
            said.append(text)
        elif not faults:
            report = json.loads(text)["progress"]
            try:
                progress.report(report["label"], report["done"], report["total"])
            except Exception as fault:  # A pipe that nobody reads would stop the program.
                faults.append(fault)


def _answer(output: bytes, code: int, said: list[str], workspace: Workspace) -> Answer:
    # Files of the call's own folder are named as arguments are: no result has a path that is gone.
    text = output.decode(errors="replace").replace(workspace.path + os.sep, "")
    try:
        document = json.loads(text)
    except ValueError:
        document = {}
    if "error" in document:
        raise Error.of_document(document["error"])
    if code not in (0, 1) or "result" not in document:
        raise Error(
            "internal.crash", f"hwsim ended with exit code {code} and no document",
            notes=[line.rstrip() for line in said[-20:]],
            exit_code=code if code > 0 else 128 - code,
            remedy="report it with the call, the lines above and the input files.")
    for warning in document["warnings"]:
        place = f" ({warning['location']})" if warning["location"] else ""
        warnings.warn(
            f"{warning['code']}: {warning['message']}{place}", HwsimWarning, stacklevel=4)
    return Answer(document, code)
