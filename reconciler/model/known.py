"""What is known of Azure: yes, no, or that it could not be told, and why.

Only `azure/` makes these values, since only it can tell absence from a missing answer. Planning matches on them; from
the third it concludes nothing but a finding with one of the two codes here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from reconciler.model.findings import Code, error

_T_co = TypeVar("_T_co", covariant=True)

NOT_KNOWN = error(
    "not-known",
    "Azure's answer doesn't tell what was asked, so nothing was concluded from it.",
    "run the command again; if it fails again, follow the message: usually a proxy answers in Azure's place",
    "out-of-reach",
)
OUT_OF_REACH = error(
    "out-of-reach",
    "The caller lacks permission to read an object, so nothing is known about it.",
    "grant the caller the Reader role there",
    "out-of-reach",
)
_From = TypeVar("_From")
_To = TypeVar("_To")


@dataclass(frozen=True, slots=True)
class Yes(Generic[_T_co]):
    """Yes; `value` is what was read."""

    value: _T_co


@dataclass(frozen=True, slots=True)
class No:
    """No, according to Azure itself."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """It could not be told: `because` says why in one clause, `hint` how to find out, `code` is the finding's code."""

    because: str
    hint: str = ""
    code: Code = NOT_KNOWN


NO: Final = No()

Known: TypeAlias = Yes[_T_co] | No | Unsure


def mapped(found: Known[_From], change: Callable[[_From], _To]) -> Known[_To]:
    """The answer with its value changed; No and Unsure stay as they are."""
    return Yes(change(found.value)) if isinstance(found, Yes) else found
