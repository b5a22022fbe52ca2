"""Which Azure a command line or a library call chooses, and which clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from reconciler.model.api_versions import DEFAULT
from reconciler.model.errors import UsageError

LOOK_SECONDS = 1800.0
"""The default limit for reading Azure."""

CLOUDS = ("AzureCloud", "AzureUSGovernment", "AzureChinaCloud")
"""The clouds that the tool knows by name."""


class Connection(NamedTuple):
    """Which Azure a command talks to: a sandbox's estate file, another ARM endpoint, or a cloud.

    `clock` None: virtual for a sandbox in this process, else real; `api_version` None: the tool's own;
    `look_seconds`: how long one whole look at Azure may take.
    """

    sandbox: str | None = None
    endpoint: str | None = None
    cloud: str = CLOUDS[0]
    clock: str | None = None
    api_version: str | None = None
    look_seconds: float = LOOK_SECONDS

    @property
    def version(self) -> str:
        """The api-version of DataProtection that Azure is asked with."""
        return self.api_version or DEFAULT

    @property
    def target(self) -> str:
        """The Azure that a plan was made for, as saved plans record it."""
        if self.sandbox:
            return f"sandbox:{Path(self.sandbox).as_posix()}"
        return self.endpoint or self.cloud


class ClockChoice(NamedTuple):
    """The value of `--clock`: `kind` is `real`, `scaled` or `virtual`."""

    kind: str
    scale: float = 1.0
    start: datetime | None = None


def clock_choice(text: str) -> ClockChoice:
    """The clock for `real`, `scaled:N`, `virtual` or `virtual:START` (ISO 8601, UTC unless it says otherwise)."""
    kind, _, rest = text.partition(":")
    try:
        if kind == "real" and not rest:
            return ClockChoice("real")
        if kind == "scaled" and 0 < float(rest) < 1e9:  # noqa: PLR2004 - faster is a typing error
            return ClockChoice("scaled", float(rest))
        if kind == "virtual":
            start = datetime.fromisoformat(rest) if rest else None
            return ClockChoice("virtual", 1.0, start.replace(tzinfo=start.tzinfo or UTC) if start else None)
    except ValueError:
        pass
    raise UsageError(
        f"Unknown value for `--clock`: '{text}'", hint="write real, scaled:60 or virtual:2026-01-05T08:00:00Z"
    )
