"""How far a call is: a tqdm bar, a notebook's line or a terminal's, from the program's reports."""
from __future__ import annotations

import os
import sys
import warnings
from typing import Any, Protocol


class Bar(Protocol):
    """What shows one phase of a call."""

    def update(self, done: int, total: int) -> None: ...

    def close(self) -> None: ...


class Progress:
    """Shows the reports of one call; a bar a phase.

    `wanted` is False for none, None for one where somebody looks (a terminal or a notebook), or a
    function of `(label, done, total)`.
    """

    def __init__(self, wanted: Any):
        self._function = wanted if callable(wanted) else None
        if wanted is None:
            wanted = os.environ.get("HWSIM_PROGRESS", "1") != "0" and (
                _in_notebook() or sys.stderr is not None and sys.stderr.isatty())
        self.is_wanted = bool(wanted)
        self._label: str | None = None
        self._bar: Bar | None = None

    def report(self, label: str, done: int, total: int) -> None:
        if self._function is not None:
            self._function(label, done, total)
            return
        if label != self._label:
            self.close()
            self._label = label
            self._bar = _bar(label, total)
        if self._bar is not None:
            self._bar.update(done, total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None
        self._label = None


def _in_notebook() -> bool:
    # IPython is there already wherever a notebook runs.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _bar(label: str, total: int) -> Bar:
    try:
        with warnings.catch_warnings():
            # Without ipywidgets tqdm draws text, and warns.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
            return _TqdmBar(tqdm(total=total, desc=f"hwsim {label}", leave=False))
    except ImportError:
        return _NotebookLine(label) if _in_notebook() else _TerminalLine(label)


class _TqdmBar:
    def __init__(self, bar: Any):
        self._bar = bar

    def update(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _TerminalLine:
    def __init__(self, label: str):
        self._label = label

    def update(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} {self._label} ({percent}%)")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _NotebookLine:
    def __init__(self, label: str):
        from IPython.display import display
        self._label = label
        self._handle = display(_Text(label), display_id=True)

    def update(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        self._handle.update(_Text(f"{done:,} of {total:,} {self._label} ({percent}%)"))

    def close(self) -> None:
        self._handle.update(_Text(""))


class _Text:
    def __init__(self, text: str):
        self._text = text

    def __repr__(self) -> str:
        return self._text
