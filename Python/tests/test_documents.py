"""The README's Python lines and its CI job; the notebooks, from top to bottom."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import hwsim

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def blocks(language):
    return re.findall(rf"(?m)^```{language}\n(.*?)^```$", README, re.DOTALL)


def environment():
    """What finds the module and the program that are under test, in a folder of another."""
    return {
        **os.environ, "HWSIM_BINARY": hwsim.binary_path(),
        "PYTHONPATH": str(pathlib.Path(hwsim.__file__).parents[1]),
    }


def test_python_lines_of_the_readme(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    lines = "".join(blocks("python"))
    assert "import hwsim" in lines
    run = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, cwd=tmp_path,
        env=environment())
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("BIT-EXACT\n")
    accuracy, _, counted = map(float, run.stdout.splitlines()[2].split())
    assert accuracy == pytest.approx(counted)
    assert run.stdout.splitlines()[3].startswith("array.shape ")


def test_the_ci_job_of_the_readme(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    job = next(one for one in blocks("yaml") if "hwsim" in one)
    commands = [line for line in re.findall(r"(?m)- run: (.*)$", job) if line.startswith("hwsim ")]
    assert [line.split()[1] for line in commands] == ["check", "estimate", "compare"]
    for line in commands:
        if "baseline.json" in line:
            shutil.copy(tmp_path / "new.json", tmp_path / "baseline.json")
        words = shlex.split(line)
        run = subprocess.run(
            [hwsim.binary_path(), *words[1:]], capture_output=True, text=True, cwd=tmp_path)
        assert run.returncode == 0, run.stdout + run.stderr


def imported(notebook):
    lines = "".join("".join(one["source"]) + "\n" for one in notebook["cells"]
                    if one["cell_type"] == "code")
    return sorted(set(re.findall(r"(?m)^(?:import|from) (\w+)", lines)) - {"os", "hwsim"})


def test_there_are_notebooks():
    assert {one.stem for one in NOTEBOOKS} == {"fpga", "tinyml"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda one: one.stem)
def test_notebook_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    for package in imported(json.loads(path.read_text())):
        pytest.importorskip(package)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path / "examples")}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda one: one.stem)
def test_notebook_is_kept_with_small_outputs(path):
    notebook = json.loads(path.read_text())
    assert path.stat().st_size < 300_000
    code = [one for one in notebook["cells"] if one["cell_type"] == "code"]
    if not any(one["outputs"] for one in code):
        pytest.skip("no outputs are kept yet: Python/notebooks.py runs the notebooks and keeps them")
    assert all(one["execution_count"] == number for number, one in enumerate(code, 1))
    outputs = [output for one in code for output in one["outputs"]]
    assert not any(one.get("name") == "stderr" or one["output_type"] == "error" for one in outputs)
    # Nothing of the machine that ran it.
    kept = json.dumps(outputs)
    for word in ("/tmp/", "://", str(ROOT), str(pathlib.Path.home())):
        assert word not in kept
