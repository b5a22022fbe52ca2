"""Findings about a manifest or an estate, each with a stable code and a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import ClassVar

from reconciler.model.addresses import NOWHERE, Address


class Severity(StrEnum):
    """How serious a finding is: an error makes the run's exit code fail, a warning and information don't.

    The order of members is that of reports.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Its place in the order of reports."""
        return _ORDER.index(self)


_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the manifest: `file` relative to the path that was named, `line` and `column` from 1.

    `end_column` is one past the last column of the text that is meant (0: to the end of the word).
    """

    file: str
    line: int
    column: int
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know. `drift` is its class in `drift` (`unhealthy`, `orphaned` …; empty: never counts there).

    `cause` is what it waits for; `waiting` is what waits for it, where a report tells both in one.
    """

    code: str
    severity: Severity
    message: str
    hint: str = ""
    address: Address = NOWHERE
    place: Place | None = None
    drift: str = ""
    cause: Address = NOWHERE
    waiting: tuple[Address, ...] = ()

    effect: ClassVar[tuple[str, str, str]] = ("waits", "wait", "for this")
    """What is said of one thing, and of several, in `waiting`."""

    @property
    def said(self) -> str:
        """What it says."""
        return self.message

    @property
    def rank(self) -> int:
        """How serious it is: the most serious first."""
        return self.severity.rank

    @property
    def traits(self) -> tuple[str, ...]:
        """What findings have in common that are told in one, besides what they say."""
        return (self.code, self.address.head)

    @property
    def incidental(self) -> tuple[str, ...]:
        """What it says that no other finding does, and that means nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Code:
    """A stable code of a finding or an error: its meaning in one sentence, what to do next, how serious it is.

    `drift` is the class of its findings in `drift`, `group` an error's heading in the reference.
    """

    code: str
    meaning: str
    hint: str
    drift: str = ""
    group: str = ""
    severity: Severity = field(kw_only=True)

    def __str__(self) -> str:
        return self.code

    @property
    def as_error(self) -> Code:
        """The code where it is an error, whatever it is elsewhere."""
        return replace(self, severity=Severity.ERROR)

    def at(
        self,
        message: str,
        *,
        address: Address = NOWHERE,
        place: Place | None = None,
        hint: str = "",
        cause: Address = NOWHERE,
    ) -> Finding:
        """A finding of this code; `hint` replaces the code's own."""
        return Finding(self.code, self.severity, message, hint or self.hint, address, place, self.drift, cause)


error = partial(Code, severity=Severity.ERROR)
warning = partial(Code, severity=Severity.WARNING)
info = partial(Code, severity=Severity.INFO)
"""Make a code of that severity."""


def table(*modules: Mapping[str, object]) -> dict[str, Code]:
    """The codes in these namespaces, by their text; ValueError when two have the same text."""
    codes = [value for names in modules for value in names.values() if isinstance(value, Code)]
    by_name = {code.code: code for code in codes}
    if len(by_name) != len(codes):
        raise ValueError("a finding code is defined twice")
    return by_name
