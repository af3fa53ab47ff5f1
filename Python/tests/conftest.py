"""What tests share: the repository's examples, and a program to run."""
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def built_program():
    """The program to test: HWSIM_BINARY, an installed wheel's, else the debug build's."""
    import hwsim

    try:
        hwsim.binary_path()
    except hwsim.Error:
        os.environ["HWSIM_BINARY"] = str(ROOT / ".build" / "debug" / "hwsim")
        hwsim.binary_path()


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """A folder of its own, nothing kept in the home of whoever tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HWSIM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def digits():
    return ROOT / "examples" / "digits"


@pytest.fixture
def digits_cnn():
    return ROOT / "examples" / "digits_cnn"
