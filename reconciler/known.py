"""What is known of Azure: yes, no, or that it could not be told, and why.

Only `azure/` makes these values: nobody else can tell an absence from an answer that never came. Planning matches on
them, and concludes nothing from the third but a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

_T_co = TypeVar("_T_co", covariant=True)


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
    code: str = "not-known"


NO: Final = No()

Known: TypeAlias = Yes[_T_co] | No | Unsure
