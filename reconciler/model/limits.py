"""Azure's limits and support rules that more than one floor uses."""

from datetime import timedelta

CLOCKS_APART = timedelta(minutes=5)
"""How far apart the clocks of two machines may be, and Azure's times of one event."""

LONGEST_DAYS = 365
MOST_SNAPSHOTS = 450
"""Snapshots of a disk that a policy may keep; Azure's hard limit is 500."""


SLOW_SKUS = frozenset({"premiumv2_lrs", "ultrassd_lrs"})
"""SKUs that Azure backs up only every 12 hours or daily."""
SLOW_HOURS = 12
