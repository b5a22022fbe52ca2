"""What is known of Azure: yes, no, or that it could not be told, and why.

Only `azure/` makes these values: nobody else can tell an absence from an answer that never came. Planning matches on
them, and concludes nothing from the third but a finding, of one of the two codes here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from reconciler.model.findings import Code, Severity

_T_co = TypeVar("_T_co", covariant=True)

NOT_KNOWN = Code(
    "not-known",
    Severity.ERROR,
    "Azure's answer doesn't tell whether something is so, and nothing was concluded from it.",
    "run it again; if it stays, follow the message: mostly a proxy answers in Azure's place",
    "out-of-reach",
)
OUT_OF_REACH = Code(
    "out-of-reach",
    Severity.ERROR,
    "The caller's rights don't reach an object, so nothing is known of it.",
    "grant the caller Reader there",
    "out-of-reach",
)
_From = TypeVar("_From")
_To = TypeVar("_To")


@dataclass(frozen=True, slots=True)
class Yes(Generic[_T_co]):
    """It is so, and `value` is what was read."""

    value: _T_co


@dataclass(frozen=True, slots=True)
class No:
    """It isn't so, by Azure's own word."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody can tell: `because` is one clause, `hint` the way to know, `code` that of the finding it becomes."""

    because: str
    hint: str = ""
    code: Code = NOT_KNOWN


NO: Final = No()

Known: TypeAlias = Yes[_T_co] | No | Unsure


def mapped(found: Known[_From], change: Callable[[_From], _To]) -> Known[_To]:
    """What follows from what was read; a no stays a no, and a doubt a doubt."""
    return Yes(change(found.value)) if isinstance(found, Yes) else found
