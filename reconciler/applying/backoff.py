"""How long to wait before the next try: exponential, with full jitter, reproducible from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

LAG_SECONDS = 180.0
"""How long what Azure shows may trail what it accepted, before it is believed against us."""

ROLE_WINDOW_SECONDS = 1800.0
"""How long a role assignment may take to become effective: up to 30 minutes by Microsoft staff's word."""


def delays(random: Random, first: float, most: float) -> Iterator[float]:
    """Seconds to wait before each next try: between half of and all of a bound that doubles from `first` to `most`.

    The half that is certain keeps a burst of unlucky draws from hammering Azure; the other half spreads the herd.
    """
    bound = first
    while True:
        yield bound / 2 + random.random() * bound / 2
        bound = min(bound * 2, most)
