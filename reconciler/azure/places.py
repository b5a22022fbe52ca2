"""Where the rows of a list lie: one whose id leads elsewhere is no row of it, and is never taken for what it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from reconciler.azure.fields import id_of
from reconciler.model.ids import ArmId

_Found = TypeVar("_Found")


def within(place: ArmId | str, project: Callable[[Mapping[str, Any]], _Found]) -> Callable[[Mapping[str, Any]], _Found]:
    """`project`, for rows of a list below `place`; it raises ValueError for a row that lies elsewhere.

    Lists may spell what encloses a row in their own case, letters beyond ASCII included.
    """
    head = f"{place}/".casefold()

    def checked(body: Mapping[str, Any]) -> _Found:
        own = id_of(body)
        if not own.text.casefold().startswith(head):
            raise ValueError(f"{own} does not lie in {place}")
        return project(body)

    return checked
