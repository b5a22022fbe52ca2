"""Azure's limits and support rules that more than one floor holds to."""

from __future__ import annotations

LONGEST_DAYS = 365
MOST_SNAPSHOTS = 450
"""Snapshots of a disk that a policy may keep; Azure's hard limit is 500."""


SLOW_SKUS = frozenset({"premiumv2_lrs", "ultrassd_lrs"})
"""Kinds of disk that Azure backs up every 12 hours or daily only."""
SLOW_HOURS = 12
