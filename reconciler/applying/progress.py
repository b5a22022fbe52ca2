"""The progress of an apply: a listener whose methods do nothing until they are overridden."""

from __future__ import annotations

from reconciler.model.addresses import Address
from reconciler.model.changes import Change
from reconciler.model.results.outcome import Result


class Progress:
    """A listener; the command line overrides these methods. None of them may block."""

    def started(self, change: Change) -> None:
        """The first request of a change is about to be sent."""

    def told(self, address: Address, text: str) -> None:
        """Something worth a line happened: a wait, or a retry with its reason."""

    def turned(self, address: Address, state: str) -> None:
        """A change is in a state that it shares with others, such as `waiting for permissions`; empty: no longer."""

    def minute(self) -> None:
        """Another minute has passed; not told in simulated time, which stands still while nothing happens."""

    def ended(self, result: Result) -> None:
        """A change, or a wait, has its result."""

    def throttled(self, what: str, seconds: float) -> None:
        """Azure asked everybody to wait."""

    def held_back(self, what: str, seconds: float) -> None:
        """Requests wait noticeably, to stay within one of Azure's limits."""

    def retrying(self, why: str, seconds: float) -> None:
        """A request keeps failing for a reason that may pass, and is tried again."""
