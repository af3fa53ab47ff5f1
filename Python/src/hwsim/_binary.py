"""Where the hwsim program is, and its version."""
from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import shutil
import subprocess

from ._errors import Error


def binary_path() -> str:
    """The program that calls run: `HWSIM_BINARY`, else the installed package's, else PATH's."""
    named = os.environ.get("HWSIM_BINARY")
    if named:
        if not os.access(named, os.X_OK):
            raise Error(
                "file.unreadable", "HWSIM_BINARY names no program", location=named, exit_code=66,
                remedy="unset it to use the one that was installed, or correct the path.")
        return named
    return _installed_path()


@functools.cache
def _installed_path() -> str:
    # The record of what was installed is right for every scheme: environments, --user, --target.
    try:
        files = importlib.metadata.files("hwsim") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "hwsim" and file.parent.name == "bin":
            path = os.path.realpath(str(file.locate()))
            if os.access(path, os.X_OK):
                return path
    found = shutil.which("hwsim")
    if found is None:
        raise Error(
            "file.unreadable", "the hwsim program is not installed", exit_code=66,
            remedy="install the wheel of hwsim, or let HWSIM_BINARY name a built program.")
    return found


def binary_version() -> str:
    """The version of the program, such as `0.1.0`."""
    return _version(binary_path())


@functools.cache
def _version(path: str) -> str:
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.fullmatch(r"hwsim (\S+)\n", text)
    if found is None:
        raise Error(
            "file.unreadable", f"the program does not say its version but {text[:80]!r}",
            location=path, exit_code=66, remedy="name hwsim's own program.")
    return found[1]


def module_version() -> str:
    """The version of the package; of the program where the module runs from its sources."""
    try:
        return importlib.metadata.version("hwsim")
    except importlib.metadata.PackageNotFoundError:
        return binary_version()
