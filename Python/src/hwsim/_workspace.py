"""The temporary folder of a call: what goes to the program as files, and what comes back."""
from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import Error


class Workspace:
    """A folder that is removed with the last reference to it, unless it is to be kept."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="hwsim-")
        self._removal = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        # Kept folders have no removal left to do.
        self._removal()

    def keep(self) -> None:
        """Leaves the folder where it is."""
        self._removal.detach()

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def write(self, name: str, content: bytes) -> str:
        path = self.file(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def document(self, name: str, value: Any) -> str:
        """`value` as a JSON file."""
        plain = value.to_dict() if hasattr(value, "to_dict") else value
        return self.write(f"{name}.json", json.dumps(plain).encode())

    def array(self, name: str, value: Any) -> str:
        """The path of an array: of a file as it is, of anything else as an `.npy` file."""
        if isinstance(value, (str, os.PathLike)):
            return os.fspath(value)
        array = _array(name, value)
        path = self.file(f"{name}.npy")
        np.save(path, array, allow_pickle=False)
        return path

    def arrays(self, name: str, value: Any) -> list[str]:
        """The words of options such as `--inputs`: one array, several in the model's order, or
        several by name."""
        if isinstance(value, Mapping):
            return [self.archive(name, value)]
        if is_sequence_of_arrays(value):
            return [self.array(f"{name}-{index}", one) for index, one in enumerate(value)]
        return [self.array(name, value)]

    def archive(self, name: str, values: Mapping[str, Any]) -> str:
        """Arrays by name as an `.npz` file."""
        path = self.file(f"{name}.npz")
        with zipfile.ZipFile(path, "w") as archive:
            for key, value in values.items():
                # Names may have slashes, and may be those of numpy.savez's own parameters.
                with archive.open(f"{key}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, _array(key, value), allow_pickle=False)
        return path


def is_sequence_of_arrays(value: Any) -> bool:
    """Whether a list or tuple stands for several arrays and not for the numbers of one."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or not value:
        return False
    return all(
        isinstance(one, (str, os.PathLike)) or getattr(one, "ndim", 0) > 0 for one in value)


def _array(name: str, value: Any) -> np.ndarray:
    # A tensor of PyTorch that is part of a graph, or on a device, says no to numpy.
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value)
    if array.dtype.hasobject or array.dtype.kind in "USVMm":
        raise Error(
            "array.unrecognized", f"an array of numbers is expected, found {array.dtype}",
            location=name,
            remedy="give numbers of one type; rows of different lengths are no array.",
            exit_code=65)
    return array


def read_archive(path: str) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by name."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
