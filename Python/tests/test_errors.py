"""What bad input says: a code, and what to do; an interrupt, and what it keeps."""
import json
import os
import pathlib
import pickle
import shlex
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import hwsim

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS, CNN = ROOT / "examples" / "digits", ROOT / "examples" / "digits_cnn"
X = np.load(DIGITS / "input.npy")
TFLITE = (CNN / "model.tflite").read_bytes()


def uneven():
    return np.array([[1, 2], [3]], dtype=object)


BAD = {
    "no such file": (lambda: hwsim.check("no/such.tflite", X), "file.unreadable", 66),
    "no model": (lambda: hwsim.run(DIGITS / "input.npy", X), None, 65),
    "half a model": (lambda: hwsim.run(TFLITE[:9000], X), None, 65),
    "a damaged model": (lambda: hwsim.estimate(b"\xff\xff\xff\x7f" + TFLITE[4:],
                                               "stm32f746"), None, 65),
    "another shape": (lambda: hwsim.run(DIGITS / "project", np.zeros((3, 4))), "array.shape", 65),
    "no number": (lambda: hwsim.run(DIGITS / "project", X * np.nan), None, 65),
    "words": (lambda: hwsim.run(DIGITS / "project", np.array(["a", "b"])),
              "array.unrecognized", 65),
    "rows of unequal length": (lambda: hwsim.run(DIGITS / "project", uneven()),
                               "array.unrecognized", 65),
    "unknown target": (lambda: hwsim.estimate(TFLITE, "stm32f7"), None, 64),
    "unknown option": (lambda: hwsim.estimate(TFLITE, "stm32f746", clok="80MHz"),
                       "usage.arguments", 64),
    "unknown format": (lambda: hwsim.cast(X, "e9m9m9"), None, 64),
    "unknown layer": (lambda: hwsim.check(DIGITS / "project", X, layers={"hiden1": X}),
                      "check.layers", 65),
    "too few labels": (lambda: hwsim.search(DIGITS / "network.onnx", DIGITS / "images.npy",
                                            np.zeros(5, int)), None, 65),
    "an impossible objective": (lambda: hwsim.search(
        DIGITS / "network.onnx", DIGITS / "images.npy", objective="speed"), None, None),
    "a broken target": (lambda: hwsim.estimate(TFLITE, {"schema": "hwsim.target/1", "id": "x"}),
                        None, 65),
    "an object that is no model": (lambda: hwsim.check(object(), X), "usage.arguments", 64),
    "a result that is none": (lambda: hwsim.load(DIGITS / "input.npy"), "report.result", 65),
    "a result that is missing": (lambda: hwsim.load("none.json"), "file.unreadable", 66),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_has_a_code_and_a_remedy(name):
    call, code, exit_code = BAD[name]
    with pytest.raises(hwsim.Error) as raised:
        call()
    error = raised.value
    assert error.code and error.message and error.remedy
    assert code in (None, error.code)
    assert exit_code in (None, error.exit_code)
    text = str(error)
    assert text.startswith(f"{error.code}: {error.message}") and error.remedy in text
    # No path of a folder that is gone; the codes are those that the program explains.
    assert "/hwsim-" not in text
    assert hwsim.explain(error.code).explanations[0].code == error.code
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.remedy, str(again)) == (error.code, error.remedy, text)


def test_all_problems_of_a_file_are_told():
    with pytest.raises(hwsim.Error) as raised:
        hwsim.estimate(
            TFLITE, {"schema": "hwsim.target/1", "id": "x", "family": "mcu", "nmae": "y"})
    assert len(raised.value.problems) > 1
    assert all(one["message"] in str(raised.value) for one in raised.value.problems[:10])


def test_a_program_that_dies_is_said_to(tmp_path, monkeypatch):
    program = tmp_path / "hwsim"
    program.write_text("#!/bin/sh\necho 'error[internal.crash]: trap' >&2\nexit 70\n")
    program.chmod(0o755)
    monkeypatch.setenv("HWSIM_BINARY", str(program))
    with pytest.raises(hwsim.Error) as raised:
        hwsim.targets()
    assert raised.value.code == "internal.crash" and raised.value.exit_code == 70
    assert "trap" in str(raised.value) and raised.value.remedy
    monkeypatch.setenv("HWSIM_BINARY", str(tmp_path / "none"))
    with pytest.raises(hwsim.Error, match="HWSIM_BINARY"):
        hwsim.targets()


def test_warnings_are_python_s_and_the_result_s():
    with pytest.warns(hwsim.HwsimWarning, match="search.calibration"):
        found = hwsim.search(DIGITS / "network.onnx", DIGITS / "images.npy", DIGITS / "classes.npy",
                             bits="4,8", evaluations=2, screening=2)
    assert found.warnings[0].code == "search.calibration"


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    hwsim.check(DIGITS / "project", X, np.load(DIGITS / "output.npy"))._repr_html_()
    with pytest.raises(hwsim.Error):
        hwsim.run(DIGITS / "project", X[:, :3])
    found = hwsim.search(DIGITS / "network.onnx", DIGITS / "images.npy", DIGITS / "classes.npy",
                         calibration=DIGITS / "calibration.npy", bits="4,8", evaluations=2,
                         screening=2)
    point = found.points[0]
    del found
    # The files of a point live as long as it.
    assert os.path.exists(point.allocation_path)
    del point
    assert os.listdir(scratch) == []


def test_progress(capsys):
    seen = []
    hwsim.search(DIGITS / "network.onnx", DIGITS / "images.npy", DIGITS / "classes.npy",
                 calibration=DIGITS / "calibration.npy", bits="4,8", evaluations=6, screening=2,
                 progress=lambda *report: seen.append(report))
    assert {label for label, _, _ in seen} >= {"evaluations"}
    assert all(0 <= done <= total for _, done, total in seen)
    assert capsys.readouterr().err == ""


def test_the_line_of_a_terminal(monkeypatch, capsys):
    from hwsim._progress import Progress

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    progress = Progress(True)
    progress.report("samples", 500, 2000)
    progress.report("runs", 1, 4)
    progress.close()
    assert capsys.readouterr().err == (
        "\r\x1b[K500 of 2,000 samples (25%)\r\x1b[K\r\x1b[K1 of 4 runs (25%)\r\x1b[K")


SEARCH = """
import json, sys
import numpy as np
import hwsim
folder, options = sys.argv[1], json.loads(sys.argv[2])
try:
    hwsim.search(
        folder + "/network.onnx", np.load(folder + "/images.npy"), np.load(folder + "/classes.npy"),
        calibration=np.load(folder + "/calibration.npy"), bits=(2, 3, 4, 8), space="w_only",
        evaluations=60, screening=0, threads=1,
        progress=lambda label, done, total: print(label, done, flush=True), **options)
except KeyboardInterrupt:
    print("INTERRUPTED", flush=True)
"""


@pytest.fixture(scope="module")
def whole():
    """The points of that search where nobody interrupts it."""
    found = hwsim.search(
        DIGITS / "network.onnx", DIGITS / "images.npy", DIGITS / "classes.npy",
        calibration=DIGITS / "calibration.npy", bits=(2, 3, 4, 8), space="w_only", evaluations=60,
        screening=0, progress=False)
    return found.to_dict()["result"]["points"]


@pytest.mark.parametrize("options", [{}, {"output": "out"}, {"study": "s.jsonl", "output": "out"}])
def test_an_interrupt_keeps_a_study_that_the_command_line_resumes(options, tmp_path, whole):
    process = subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(DIGITS), json.dumps(options)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(hwsim.__file__).parents[1])})
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    for line in process.stdout:
        if line.startswith("evaluations"):
            break
    start = time.monotonic()
    # Only Python is told, as a notebook tells its kernel.
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert time.monotonic() - start < 5
    process.wait()
    reader.join()
    assert "INTERRUPTED" in rest, errors
    told = next(line for line in errors[0].splitlines() if line.startswith("  hwsim search "))
    arguments = shlex.split(told)[1:]
    study = options.get("study") or next(
        one.split("=", 1)[1] for one in arguments if one.startswith("--output=")) + "/study.jsonl"
    kept = (tmp_path / study).read_text().splitlines()
    assert 2 <= len(kept) < 60, "interrupted in the middle"
    resumed = subprocess.run(
        [hwsim.binary_path(), *arguments, "--json"], capture_output=True, text=True, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    found = json.loads(resumed.stdout)["result"]
    # The same answer as of a search that nobody interrupted, and what was kept was not run again.
    assert found["points"] == whole
    # Evaluations stand in the order in which they were made until the search has ended.
    lines = (tmp_path / study).read_text().splitlines()
    assert lines[0] == kept[0] and set(kept[1:-1]) <= set(lines)
