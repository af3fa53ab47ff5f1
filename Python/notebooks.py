"""Runs the notebooks of examples/ from top to bottom and keeps their outputs, nothing of the day.

    HWSIM_BINARY=.build/release/hwsim PYTHONPATH=Python/src python Python/notebooks.py [NAME...]

Needs nbclient, ipykernel and what the notebooks import.
"""
import os
import pathlib
import sys

import nbclient
import nbformat

import hwsim

ROOT = pathlib.Path(__file__).resolve().parents[1]


def kept(output):
    """Progress and warnings of packages go; results stay."""
    return output.get("name") != "stderr"


def execute(path):
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if kept(one)]
            for one in cell.outputs:
                if "metadata" in one:
                    one.metadata = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, path)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    # The kernel runs in examples/, where relative paths name nothing.
    os.environ.update(
        HWSIM_PROGRESS="0", HWSIM_BINARY=os.path.abspath(hwsim.binary_path()),
        PYTHONPATH=str(pathlib.Path(hwsim.__file__).resolve().parents[1]))
    for name in sys.argv[1:] or ["fpga", "tinyml"]:
        execute(ROOT / "examples" / f"{name}.ipynb")
