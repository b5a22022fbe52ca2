"""Azure's first answer to a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Receipt:
    """The first answer to a write.

    `operation` and `location` are the URLs of a long-running operation (Azure-AsyncOperation and Location; never print
    them, they may be signed), `retry_after` the seconds that Azure asks to wait. `adopted`: the object existed already,
    under another name; `unchanged`: nothing was sent, since nothing would have changed.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    operation: str = ""
    location: str = ""
    retry_after: float = 0.0
    adopted: bool = False
    unchanged: bool = False
