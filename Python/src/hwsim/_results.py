"""Results as objects: attributes are the keys of the program's documents."""
from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from ._errors import Error
from ._workspace import Workspace

_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class Record:
    """A JSON object: a key is an attribute, `record["a key"]` where it is no Python name."""

    def __init__(self, members: Mapping[str, Any]):
        self._members = members

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for attributes before there are members.
        if name.startswith("_") or name not in self._members:
            raise AttributeError(
                f"{type(self).__name__} has no '{name}'; it has: "
                f"{', '.join(self.__dict__.get('_members', {}))}")
        return self._wrapped(name, self._members[name])

    def __getitem__(self, key: str) -> Any:
        return self._wrapped(key, self._members[key])

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._members == other._members

    __hash__ = None  # type: ignore[assignment]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]

    def __repr__(self) -> str:
        def shown(value: Any) -> str:
            if isinstance(value, Mapping):
                return "{...}" if value else "{}"
            if isinstance(value, list) and len(value) > 4:
                return f"[{len(value)} items]"
            return repr(value)

        inner = ", ".join(f"{key}={shown(value)}" for key, value in self._members.items())
        return f"{type(self).__name__}({inner})"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain dicts, lists and numbers."""
        return json.loads(json.dumps(self._members))

    def _wrapped(self, key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return Record(value)
        if isinstance(value, list):
            return [self._wrapped(key, one) for one in value]
        # JSON has no such numbers; the documents write them as words.
        return _NUMBERS.get(value, value) if isinstance(value, str) else value


class Result(Record):
    """A command's answer: the keys of its document's `result` are attributes.

    `document` is the whole document (what was asked, of which files, with their sums), `ok` whether
    the answer is a yes. In a notebook a result shows itself as the program's report does.
    """

    #: Keys of which the first that is there is the table of `to_pandas`.
    tables: ClassVar[tuple[str, ...]] = ()
    #: Whether `hwsim report` draws such results.
    has_report: ClassVar[bool] = False

    def __init__(self, document: dict[str, Any], exit_code: int = 0):
        super().__init__(document["result"])
        self.document = document
        self.exit_code = exit_code

    @property
    def ok(self) -> bool:
        """Whether the answer is a yes: matches, fits, found, no worse."""
        return self.exit_code == 0

    @property
    def warnings(self) -> list[Record]:
        """What a reader of the result must know."""
        return [Record(one) for one in self.document["warnings"]]

    def to_dict(self) -> dict[str, Any]:
        """The whole document as plain dicts, lists and numbers (`hwsim schema NAME`)."""
        return json.loads(json.dumps(self.document))

    def to_pandas(self, key: str | None = None) -> Any:
        """A table of the result as a DataFrame: the list under `key`, or the main one.

        Objects in a row become columns named `latency.seconds`. Needs pandas.
        """
        import pandas

        if key is None:
            key = next((one for one in self.tables if self._members.get(one)), None)
        if key is None:
            key = next((one for one in self.tables if one in self._members), None)
        rows = self._members.get(key) if key else [dict(self._members)]
        if not isinstance(rows, list):
            raise Error(
                "usage.arguments", f"'{key}' is no table of this result",
                remedy="name one of: " + ", ".join(self._table_keys()))
        if rows and not isinstance(rows[0], dict):
            return pandas.DataFrame({key: rows})
        return pandas.json_normalize(rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the document for `hwsim report`, `hwsim compare` and `hwsim.load`."""
        with open(path, "w") as file:
            json.dump(self.document, file, indent=2)
            file.write("\n")

    def report(self, path: str | os.PathLike[str]) -> None:
        """Writes the result as one HTML file that needs nothing else; a `.md` file is Markdown."""
        self._report(os.path.abspath(path), *(["--markdown"] if str(path).endswith(".md") else []))

    def __repr__(self) -> str:
        return f"<hwsim.{type(self).__name__}: {self._summary()}>"

    def __str__(self) -> str:
        return self._page("--markdown") if self.has_report else self.__repr__()

    def _repr_html_(self) -> str | None:
        return self._page("--fragment") if self.has_report else None

    def _summary(self) -> str:
        parts = [
            f"{key} {value}" for key, value in self._members.items()
            if isinstance(value, (str, int, float)) and not isinstance(value, bool)
        ]
        return ", ".join(parts[:4]) or ", ".join(self._table_keys())

    def _table_keys(self) -> list[str]:
        return [key for key, value in self._members.items() if isinstance(value, list)]

    def _page(self, form: str) -> str:
        with Workspace() as workspace:
            path = workspace.file("page")
            self._report(path, form)
            with open(path) as file:
                return file.read()

    def _report(self, path: str, *options: str) -> None:
        from ._program import run

        with Workspace() as workspace:
            # A page names its results; a folder that is gone tomorrow has no place there.
            name = f"{type(self).__name__.lower()}.json"
            self.save(workspace.file(name))
            run(["report", name, "-o", path, *options], workspace, False, workspace.path)


class Check(Result):
    """Whether a model computes what was observed: `verdict`, `first_divergence`, `layers`, ..."""

    tables = ("layers", "outputs")
    has_report = True

    @property
    def is_exact(self) -> bool:
        """Whether every compared value is equal, as codes or as it was printed."""
        return self.verdict in ("BIT-EXACT", "EXACT AS PRINTED")

    def _summary(self) -> str:
        return f"{self.verdict}, {self.equal_values:,} of {self.compared_values:,} values equal"


class Run(Result):
    """What a model computed: `arrays` has the outputs by name, `traced_arrays` the layers."""

    tables = ("tensors", "outputs")
    has_report = True

    def __init__(
        self, document: dict[str, Any], exit_code: int, arrays: dict[str, np.ndarray],
        traced_arrays: dict[str, np.ndarray],
    ):
        super().__init__(document, exit_code)
        self.arrays = arrays
        self.traced_arrays = traced_arrays

    @property
    def array(self) -> np.ndarray:
        """The output of a model that has one."""
        if len(self.arrays) != 1:
            raise Error(
                "usage.arguments", f"the model has {len(self.arrays)} outputs",
                remedy="take one of .arrays: " + ", ".join(self.arrays))
        return next(iter(self.arrays.values()))

    def _summary(self) -> str:
        shapes = ", ".join(f"{key} {one.shape}" for key, one in self.arrays.items())
        return f"{self.samples:,} samples, {shapes}"


class Estimate(Result):
    """What a model takes on a device: `fits`, `latency`, `memory`, `layers`, ...

    Several widths, batches or devices are `results` (of transformers `rows`).
    """

    tables = ("layers", "results", "rows", "calibrations")
    has_report = True

    def _summary(self) -> str:
        if "fits" not in self:
            return ", ".join(f"{len(self[key])} {key}" for key in self._table_keys())
        word = {True: "FITS", False: "DOES NOT FIT", None: "NO VERDICT"}[self.fits]
        seconds = self.latency.seconds if self._members.get("latency") else None
        time = "" if seconds is None else f", latency {seconds * 1e3:.3g} ms"
        return f"{word} {self.target}{time}"


class Point(Record):
    """An allocation of a search's frontier; options take it as `allocation=point`."""

    def __init__(self, members: Mapping[str, Any], search: Search):
        super().__init__(members)
        self._search = search

    @property
    def allocation_path(self) -> str:
        """The point's allocation file (`--allocation`)."""
        return self.file(self._members["allocation"])

    def file(self, name: str) -> str:
        """The path of a file of the search's folder.

        Raises `Error` where the search wrote none.
        """
        path = os.path.join(self._search.folder or "", name)
        if self._search.folder is None or not os.path.exists(path):
            raise Error(
                "file.unreadable", f"the search wrote no {name}",
                location=self._search.folder, exit_code=66,
                remedy="search with hwsim.search(), or load the search.json in its folder.")
        return path


class Search(Result):
    """The best allocations found: `points` (the frontier), `evaluations`, `sensitivity`, ...

    `folder` holds what the search wrote: the study, an allocation file a point, and the files that
    apply one. It goes with the result unless `output` named it.
    """

    tables = ("points", "problems", "evaluations")
    has_report = True

    def __init__(
        self, document: dict[str, Any], exit_code: int = 0, folder: str | None = None,
        workspace: Workspace | None = None,
    ):
        super().__init__(document, exit_code)
        self.folder = folder
        self._workspace = workspace

    @property
    def knee(self) -> Point:
        """The point that the search marks as the knee of the frontier."""
        found = [point for point in self.points if point.knee] if "points" in self else []
        if not found:
            raise Error(
                "usage.arguments", "the search has no knee",
                remedy="take a point of .points, or look at .infeasible.", exit_code=65)
        return found[0]

    def point(self, id: str) -> Point:
        """The point of this id."""
        for point in self.points:
            if point.id == id:
                return point
        raise Error(
            "usage.arguments", f"there is no point '{id}'",
            remedy="take one of: " + ", ".join(point.id for point in self.points))

    def _wrapped(self, key: str, value: Any) -> Any:
        if key == "points" and isinstance(value, Mapping):
            return Point(value, self)
        return super()._wrapped(key, value)

    def _summary(self) -> str:
        if "problems" in self:
            return f"{len(self.problems)} problems"
        if self.infeasible:
            return "INFEASIBLE"
        return f"{len(self.points)} points on the frontier, {self.evaluated:,} evaluated"


class Inspection(Result):
    """A model's layers: `nodes`, `inputs`, `outputs`, `ranges`, ..."""

    tables = ("nodes", "linears", "tensors")


class Comparison(Result):
    """Two results side by side: `verdict`, `quantities`, ...; `ok` if nothing is worse."""

    tables = ("quantities",)

    def _summary(self) -> str:
        return f"{self.verdict}, {self.worse} worse, {self.better} better"


class Listing(Result):
    """What a command lists: `targets`, `families`, `explanations`, `schemas`, ..."""

    tables = ("targets", "families", "explanations", "schemas", "settings", "problems")


CLASSES: dict[str, type[Result]] = {
    "check": Check, "estimate": Estimate, "search": Search, "inspect": Inspection,
    "compare": Comparison,
}
