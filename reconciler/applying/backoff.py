"""How long to wait before a retry: exponential, with equal jitter, reproducible from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

LAG_SECONDS = 180.0
"""How long Azure's reads may lag behind accepted writes; after that a contradicting read is believed."""

ROLE_WINDOW_SECONDS = 1800.0
"""How long a role assignment may take to become effective: 30 minutes, according to Microsoft staff."""


def delays(random: Random, first: float, most: float) -> Iterator[float]:
    """Seconds to wait before each retry: between half and all of a bound that doubles from `first` to `most`.

    The fixed half keeps a series of short draws from flooding Azure; the random half spreads the retries.
    """
    bound = first
    while True:
        yield bound / 2 + random.random() * bound / 2
        bound = min(bound * 2, most)
