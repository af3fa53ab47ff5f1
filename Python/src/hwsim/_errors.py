"""What ends a call without a result."""
from __future__ import annotations

from typing import Any


class Error(Exception):
    """A problem that hwsim explains: what, where, what was expected and what to do.

    `code` is stable (`hwsim explain CODE` tells more), `message` says what is wrong, `location`
    where (file, node, tensor, byte) or is None, `remedy` what to do or is None. `notes` are
    further lines, `problems` all that was found, this one first, and `exit_code` what the command
    ends with.
    """

    def __init__(
        self, code: str, message: str, *, location: str | None = None, remedy: str | None = None,
        notes: list[str] | None = None, exit_code: int = 64,
        problems: list[dict[str, Any]] | None = None,
    ):
        self.code = code
        self.message = message
        self.location = location
        self.remedy = remedy
        self.notes = list(notes or [])
        self.exit_code = exit_code
        self.problems = problems or [
            {"code": code, "message": message, "location": location, "notes": self.notes,
             "help": remedy}
        ]
        super().__init__(str(self))

    @classmethod
    def of_document(cls, error: dict[str, Any]) -> Error:
        """The error of a document's `error` (`hwsim schema error`)."""
        return cls(
            error["code"], error["message"], location=error["location"], remedy=error["help"],
            notes=error["notes"], exit_code=error["exit_code"], problems=error["problems"])

    def __str__(self) -> str:
        lines = []
        for problem in self.problems[:10]:
            lines.append(f"{problem['code']}: {problem['message']}")
            if problem["location"]:
                lines.append(f"  --> {problem['location']}")
            lines += [f"  {note}" for note in problem["notes"]]
            if problem["help"]:
                lines.append(f"help: {problem['help']}")
        if len(self.problems) > 10:
            lines.append(f"... {len(self.problems) - 10} more: .problems has all")
        return "\n".join(lines)

    def __reduce__(self):
        return _rebuilt, (self.__dict__,)


def _rebuilt(state: dict[str, Any]) -> Error:
    return Error(**state)


class HwsimWarning(UserWarning):
    """What a result's reader must know; it also stands in the result's `warnings`."""
