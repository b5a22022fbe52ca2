"""Checks that the rows of a list belong to it: a row whose id is elsewhere is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from reconciler.azure.fields import id_of
from reconciler.model.ids import ArmId

_Found = TypeVar("_Found")


def within(place: ArmId | str, project: Callable[[Mapping[str, Any]], _Found]) -> Callable[[Mapping[str, Any]], _Found]:
    """`project` for rows of a list below `place`, raising ValueError for a row that is elsewhere.

    Lists may spell the enclosing resource in another case, non-ASCII letters included.
    """
    head = f"{place}/".casefold()

    def checked(body: Mapping[str, Any]) -> _Found:
        own = id_of(body)
        if not own.text.casefold().startswith(head):
            raise ValueError(f"{own} is not in {place}")
        return project(body)

    return checked
