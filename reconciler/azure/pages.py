"""Limits for lists: the number of pages, of pages without new rows, and the time of a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.azure.deadlines import latest
from reconciler.base.clock import Clock
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError

MOST_PAGES = 10_000
MOST_IDLE = 100
"""How many pages in a row may show nothing new: Azure filters rows by permissions after it has cut the pages."""


class Pages:
    """The pages of one list so far; `what` names the list in errors, `first` is the link of its first page."""

    def __init__(self, what: str, clock: Clock, first: str = "") -> None:
        self._what = what
        self._clock = clock
        self._links = {first}
        self._beginnings: set[int] = set()
        self._idle = 0

    def follow(self, rows: Sequence[Any], link: object) -> str:
        """The link to the next page; AzureError `endless-list` when the list seems not to end."""
        if not isinstance(link, str) or link in self._links:
            raise self._endless("a page links to one that was read before")
        self._links.add(link)
        if len(self._links) > MOST_PAGES:
            raise self._endless(f"it has more than {MOST_PAGES} pages")
        self._idle = 0 if self._shows_more(rows) else self._idle + 1
        if self._idle >= MOST_IDLE:
            raise self._endless(f"{MOST_IDLE} pages in a row show nothing new")
        if self._clock.monotonic() > latest():
            raise AzureError(
                f"The time for reading Azure ran out after {len(self._links) - 1} pages of the list {self._what}.",
                code=error_codes.LOOK_TIMEOUT,
                target=self._what,
                hint="run it again, or allow more time with `--look-timeout`",
            )
        return link

    def _shows_more(self, rows: Sequence[Any]) -> bool:
        """Whether a page begins with a row that no earlier page began with."""
        if not rows:
            return False
        beginning = hash(repr(rows[0]))
        is_new = beginning not in self._beginnings
        self._beginnings.add(beginning)
        return is_new

    def _endless(self, why: str) -> AzureError:
        return AzureError(
            f"The list {self._what} does not end: {why}.",
            code=error_codes.ENDLESS_LIST,
            target=self._what,
            hint="run it again; if this persists, check for a proxy, and report it to Azure support with the request id",
        )
